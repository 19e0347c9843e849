//! What operators do to a site, one act a signal: so that it is known who did what, and can be taken back without
//! rewriting the past.

use crate::{Actor, AgentKey, FreeText, IncidentId, Slug, Time};
use serde::{Deserialize, Serialize};

/// An act and who did it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acted {
    /// Who.
    pub actor: Actor,
    /// What.
    pub act: Act,
}

/// An operator's act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Pins words on a service's page, until an instant.
    NoteAdded {
        /// Which page.
        service: Slug,
        /// The words.
        note: Note,
    },
    /// Takes a note away.
    NoteRemoved {
        /// Which page.
        service: Slug,
        /// The note's number: the sequence number of the act that added it.
        note: u64,
    },
    /// Says something about an incident; no words take what was said away.
    IncidentAnnotated {
        /// Of which service.
        service: Slug,
        /// Which incident.
        incident: IncidentId,
        /// The words.
        words: Option<FreeText>,
    },
    /// Says that an incident was none.
    IncidentRetracted {
        /// Of which service.
        service: Slug,
        /// Which incident.
        incident: IncidentId,
        /// Why, in words; none takes the retraction back.
        reason: Option<FreeText>,
    },
    /// Decides a suggestion.
    SuggestionDecided {
        /// Its number.
        suggestion: u64,
        /// What it came to.
        outcome: Outcome,
    },
    /// Closes a piece of feedback, or opens it again.
    FeedbackClosed {
        /// Its number.
        feedback: u64,
        /// False: it is open again.
        closed: bool,
    },
    /// No check may contact this host, or may again.
    OptOut {
        /// Lower case, without port.
        host: String,
        /// False: it may be contacted again.
        out: bool,
    },
    /// Lets an agent send results of checks; one of that name before it is forgotten.
    AgentAdded {
        /// Its name, which is its location.
        name: Slug,
        /// What its token is recognised by.
        key: AgentKey,
    },
    /// Says what is usual for a service, from elsewhere; the figures stand in the entry before.
    BaselineImported {
        /// Which service.
        service: Slug,
    },
    /// Takes an agent's token no longer, or takes it again.
    AgentRevoked {
        /// Its name.
        name: Slug,
        /// False: its token is taken again.
        revoked: bool,
    },
}

/// What a suggestion came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The service is watched under this slug.
    Accepted {
        /// Its slug.
        service: Slug,
    },
    /// It is not going to be watched.
    Rejected,
    /// It waits again.
    Open,
}

/// Words of an operator on a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What it says.
    pub words: FreeText,
    /// Where to read more; an `https://` or `http://` address.
    #[serde(default)]
    pub link: Option<String>,
    /// Until when it stands; `None`: until it is removed.
    #[serde(default)]
    pub until: Option<Time>,
}

impl Act {
    /// As the audit names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Act::NoteAdded { .. } => "note_added",
            Act::NoteRemoved { .. } => "note_removed",
            Act::IncidentAnnotated { .. } => "incident_annotated",
            Act::IncidentRetracted { reason: Some(_), .. } => "incident_retracted",
            Act::IncidentRetracted { reason: None, .. } => "incident_reinstated",
            Act::SuggestionDecided { outcome: Outcome::Accepted { .. }, .. } => "suggestion_accepted",
            Act::SuggestionDecided { outcome: Outcome::Rejected, .. } => "suggestion_rejected",
            Act::SuggestionDecided { outcome: Outcome::Open, .. } => "suggestion_reopened",
            Act::FeedbackClosed { closed: true, .. } => "feedback_closed",
            Act::FeedbackClosed { closed: false, .. } => "feedback_reopened",
            Act::OptOut { out: true, .. } => "optout_added",
            Act::OptOut { out: false, .. } => "optout_removed",
            Act::BaselineImported { .. } => "baseline_imported",
            Act::AgentAdded { .. } => "agent_added",
            Act::AgentRevoked { revoked: true, .. } => "agent_revoked",
            Act::AgentRevoked { revoked: false, .. } => "agent_reinstated",
        }
    }

    /// Whose page it concerns, if one's.
    pub fn service(&self) -> Option<&Slug> {
        match self {
            Act::NoteAdded { service, .. }
            | Act::NoteRemoved { service, .. }
            | Act::IncidentAnnotated { service, .. }
            | Act::IncidentRetracted { service, .. }
            | Act::BaselineImported { service } => Some(service),
            Act::SuggestionDecided { .. }
            | Act::FeedbackClosed { .. }
            | Act::OptOut { .. }
            | Act::AgentAdded { .. }
            | Act::AgentRevoked { .. } => None,
        }
    }
}
