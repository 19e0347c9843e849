//! What a use case can refuse, without a word of HTTP and without a sentence: those stand in the table of words.

use allclear_model::words::agents;
use allclear_model::words::problems::{self as words, NotNow, ProblemKind};
use allclear_ports::PortError;
use std::fmt;

/// Why a report, a vote or a cold read was not done. Its `Display` is the sentence of the table.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The request names something that does not parse or does not exist for this service.
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// No service has this slug.
    NoService(String),
    /// No such report, incident or follow link.
    NotFound,
    /// Too many from this source or network, or for this report.
    Limited {
        /// When it makes sense to try again, seconds.
        retry_after_s: u64,
    },
    /// The idempotency key was used with another service or other content.
    KeyReused,
    /// Whoever asks is no agent of this site; why, as a sentence.
    NoAgent(String),
    /// An agent's clock is too far off; how far, as a sentence.
    WrongTime(String),
    /// An agent speaks another version of the protocol; which side is to be updated, as a sentence.
    OtherVersion(String),
    /// A batch of an agent with this number, or a later one, is kept already.
    Replayed {
        /// The number that was sent.
        seq: u64,
        /// The last that is kept.
        last: u64,
    },
    /// Not now. The disk is full, the store is down, or the site is stopping.
    Unavailable {
        /// Why, and what became of what was sent.
        why: NotNow,
        /// When to try again, seconds.
        retry_after_s: u64,
    },
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EngineError::Invalid { field, problem } => write!(f, "{field}: {problem}"),
            EngineError::NoService(slug) => f.write_str(&words::no_service(slug)),
            EngineError::NotFound => f.write_str(words::NO_ITEM),
            EngineError::Limited { retry_after_s } => {
                write!(f, "{}. {}", ProblemKind::TooMany.title(), words::too_many(*retry_after_s))
            }
            EngineError::NoAgent(why) | EngineError::WrongTime(why) | EngineError::OtherVersion(why) => {
                f.write_str(why)
            }
            EngineError::Replayed { seq, last } => f.write_str(&agents::replayed(*seq, *last)),
            EngineError::KeyReused => f.write_str(ProblemKind::KeyReused.title()),
            EngineError::Unavailable { why, .. } => f.write_str(why.sentence()),
        }
    }
}

impl EngineError {
    /// Not now, for this reason.
    pub fn not_now(why: NotNow) -> EngineError {
        let retry_after_s = match why {
            NotNow::Busy | NotNow::Waiting => 2,
            NotNow::Stopping => 5,
            NotNow::NotKept | NotNow::Unknown | NotNow::Unread => 10,
            NotNow::Full => 60,
        };
        EngineError::Unavailable { why, retry_after_s }
    }

    /// What a caller is told whose entry could not be appended. A full disk keeps nothing; after any other failure the
    /// entry may be in the journal all the same.
    pub(crate) fn of_append(e: &PortError) -> EngineError {
        EngineError::not_now(match e {
            PortError::Full { .. } => NotNow::Full,
            PortError::Unavailable { .. } | PortError::Unusable { .. } => NotNow::Unknown,
        })
    }

    /// What a caller is told of work that was not done at all; the details are for the log.
    pub(crate) fn not_done(e: &PortError) -> EngineError {
        EngineError::not_now(match e {
            PortError::Full { .. } => NotNow::Full,
            PortError::Unavailable { .. } | PortError::Unusable { .. } => NotNow::NotKept,
        })
    }

    /// What a metric calls it.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            EngineError::Invalid { .. } => "invalid",
            EngineError::NoService(_) => "no_service",
            EngineError::NotFound => "not_found",
            EngineError::Limited { .. } => "limited",
            EngineError::NoAgent(_) => "no_agent",
            EngineError::WrongTime(_) => "wrong_time",
            EngineError::OtherVersion(_) => "other_version",
            EngineError::Replayed { .. } => "replayed",
            EngineError::KeyReused => "key_reused",
            EngineError::Unavailable { why: NotNow::Busy, .. } => "busy",
            EngineError::Unavailable { .. } => "unavailable",
        }
    }
}
