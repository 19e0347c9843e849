//! Everything that may change what the site says. The journal is the ordered, durable log of these.
//!
//! The kinds of the other witnesses and of moderation join this enum when they are judged; a journal
//! stores the kind as a word beside the body, so an older binary names the kind it does not know.

use crate::{
    Catalogue, Country, Incident, NetworkHash, ReportId, RequestKey, Slug, SourceHash, SymptomId, Time, Verdict,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A signal. `source` and `network` are kept in columns of their own, because they are blanked when the day's key dies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Signal {
    /// One person's report, accepted.
    ReportAccepted(ReportAccepted),
    /// The author changed or withdrew a report.
    ReportUpdated(ReportUpdated),
    /// "It works for me."
    Vote(Vote),
    /// Page views of one service since the last such signal.
    Visits(Visits),
    /// Counted reports without single ones: from a replay file or an import.
    Counted(Counted),
    /// A learned baseline, instead of weeks of history: from a replay file or an import.
    Baseline(Baseline),
    /// The effective catalogue from here on.
    CatalogueChanged {
        /// The whole content, so that the board needs nothing else.
        catalogue: Arc<Catalogue>,
    },
    /// Time passed and nothing else did.
    Tick,
    /// The site watches again. From `stopped` until here nobody listened, so silence in between means nothing.
    Resumed {
        /// The last instant that was watched.
        stopped: Time,
    },
    /// The judge's own word. Readers show it; recomputing it only verifies it.
    VerdictChanged {
        /// Whose.
        service: Slug,
        /// The new verdict.
        verdict: Box<Verdict>,
        /// The incident, when this verdict opened or changed one.
        incident: Option<Box<Incident>>,
        /// Lines of the incident's replay bundle that are new with this word: counts, and nothing of who sent them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        bundle: Vec<String>,
    },
}

impl Signal {
    /// The kind as the journal's column has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Signal::ReportAccepted(_) => "report_accepted",
            Signal::ReportUpdated(_) => "report_updated",
            Signal::Vote(_) => "vote",
            Signal::Visits(_) => "visits",
            Signal::Counted(_) => "counted",
            Signal::Baseline(_) => "baseline",
            Signal::CatalogueChanged { .. } => "catalogue_changed",
            Signal::Tick => "tick",
            Signal::Resumed { .. } => "resumed",
            Signal::VerdictChanged { .. } => "verdict_changed",
        }
    }
}

/// One person's report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportAccepted {
    /// Its id.
    pub id: ReportId,
    /// Which service.
    pub service: Slug,
    /// Which symptom, or `other`.
    pub symptom: SymptomId,
    /// Country, as said or as looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Decided by the writer in append order: one counted report per source and service per 6 hours.
    pub counted: bool,
    /// Source under the key of the day. In a column of its own; `None` once blanked.
    #[serde(skip)]
    pub source: Option<SourceHash>,
    /// Network under the key of the day. In a column of its own; `None` once blanked.
    #[serde(skip)]
    pub network: Option<NetworkHash>,
    /// Hash of the request's idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<RequestKey>,
}

/// What an author may do to a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum ReportChange {
    /// Another symptom or country; both are given whole.
    Amended {
        /// Symptom from here on.
        symptom: SymptomId,
        /// Country from here on.
        country: Option<Country>,
    },
    /// Not shown any more. The count it gave stays in the past: history is not rewritten.
    Withdrawn,
}

/// The author changed or withdrew a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportUpdated {
    /// Which report.
    pub id: ReportId,
    /// Of which service.
    pub service: Slug,
    /// What changed.
    pub change: ReportChange,
}

/// "It works for me."
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vote {
    /// Which service.
    pub service: Slug,
    /// Country, as said or as looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Decided by the writer: one counted vote per source and service per 6 hours.
    pub counted: bool,
    /// Source under the key of the day. In a column of its own.
    #[serde(skip)]
    pub source: Option<SourceHash>,
    /// Network under the key of the day. In a column of its own.
    #[serde(skip)]
    pub network: Option<NetworkHash>,
}

/// Page views of one service in the minute before the signal, by coarse referrer class. No identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visits {
    /// Which service.
    pub service: Slug,
    /// No referrer.
    pub direct: u64,
    /// From a search engine.
    pub search: u64,
    /// From news or social media.
    pub social: u64,
    /// From anywhere else.
    pub other: u64,
}

/// Counted reports of one minute, without single ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Which service.
    pub service: Slug,
    /// Symptom, or `other`.
    pub symptom: SymptomId,
    /// How many; all count.
    pub count: u64,
    /// From how many distinct networks, at most `count`; `None`: each report is its own network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<u64>,
}

/// A learned baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Which service.
    pub service: Slug,
    /// 168 finite rates in reports per minute, none below 0: one per hour of the week, which begins on Monday at 00:00 UTC.
    pub profile: Vec<f64>,
    /// Negative-binomial dispersion, 0.05 to 2; `None`: the prior's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// Over how many weeks it was learned, at least 0.1; `None`: 8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weeks: Option<f64>,
}

/// A signal with its place in the journal. `at` never goes back.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Sequence number, from 1, without gaps.
    pub seq: u64,
    /// When the writer stamped it: `max(clock, last at)`.
    pub at: Time,
    /// What.
    pub signal: Signal,
}
