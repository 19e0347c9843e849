//! The words of the domain: parsed types without I/O, clocks or randomness.
//!
//! Everything that crosses a seam of the house (a report, a signal, a verdict, an incident, a
//! catalogue entry) is defined here once, validated when it is built, and serialised in one way.

pub mod act;
pub mod agent;
pub mod catalogue;
pub mod check;
pub mod facts;
pub mod id;
pub mod incident;
pub mod kept;
pub mod level;
pub mod moderation;
mod month;
mod named;
pub mod official;
mod part;
pub mod place;
pub mod redact;
pub mod signal;
pub mod text;
pub mod time;
pub mod verdict;
pub mod words;

pub use act::{Act, Acted};
pub use agent::{AgentBatch, AgentKey};
pub use catalogue::{Catalogue, Category, Guide, Service, Symptom, Topic};
pub use facts::Facts;
pub use id::{IncidentId, ReportId, RequestKey};
pub use incident::{Incident, IncidentEvent, IncidentStep};
pub use level::{Level, Phase};
pub use moderation::{Actor, Decider, Decision, Reason, TextState};
pub use month::Month;
pub use place::{Country, NetworkHash, NetworkKeys, SourceHash, SourceKeys};
pub use redact::{FreeText, Removed};
pub use signal::{Entry, Signal};
pub use text::{Slug, SymptomId};
pub use time::{Minute, Time};
pub use verdict::{Evidence, ReportsWindow, Verdict, Witness};

/// A value that did not parse: which field, what was wrong, what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct ParseError {
    /// The field or type that was being read, in the words of DESIGN ("slug", "country").
    pub field: &'static str,
    /// A lower-case sentence that says what is wrong and what is allowed.
    pub problem: String,
}

impl ParseError {
    /// An error about `field`.
    pub fn new(field: &'static str, problem: impl Into<String>) -> Self {
        // It repeats what did not parse, and goes into answers and logs: without secrets.
        Self { field, problem: redact::redact(&problem.into()) }
    }
}
