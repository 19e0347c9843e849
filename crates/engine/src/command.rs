//! What the one writer is asked to do, and how its callers wait for the answer.

use crate::intake::{NewReport, Origin};
use crate::{EngineError, IntakeResult};
use allclear_model::official::OfficialPages;
use allclear_model::signal::{Baseline, CheckResults, Moderated, ReportChange};
use allclear_model::words::problems::NotNow;
use allclear_model::{AgentKey, Catalogue, Country, Decision, FreeText, ReportId, Signal, Slug, Time};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Where an answer goes. Nobody may be waiting any more; that is no error.
pub(crate) type Answer<T> = oneshot::Sender<IntakeResult<T>>;

/// A request to the writer. It is answered once what it asks for is durable and applied; what it changed is published by
/// then while changes are few, else soon after.
pub(crate) enum Command {
    /// Accept a report.
    Report { arrived: Box<Arrived>, answer: Answer<Accepted> },
    /// Accept a vote; answered with whether it counts.
    Vote { service: Slug, country: Option<Country>, from: Origin, answer: Answer<bool> },
    /// Change a report that exists, on behalf of its author.
    Update { id: ReportId, service: Slug, change: ReportChange, text: Option<FreeText>, answer: Answer<()> },
    /// A reader flags a shown text; answered with whether the flag counts.
    Flag { id: ReportId, service: Slug, from: Origin, answer: Answer<bool> },
    /// A person's act, checked against the archive; answered with its sequence number.
    Act { signal: Box<Signal>, answer: Answer<u64> },
    /// Take what is usual for a service from elsewhere, instead of learning it.
    Learned { baseline: Box<Baseline>, answer: Answer<()> },
    /// Believe what our own checks found; answered once it is durable.
    Checked { results: Box<CheckResults>, answer: Answer<()> },
    /// Believe what an agent found; answered, once it is durable, with how many results came too late to speak.
    Batch { results: Box<CheckResults>, key: AgentKey, answer: Answer<usize> },
    /// Believe what official pages said; answered once it is durable.
    Announced { pages: Box<OfficialPages>, answer: Answer<()> },
    /// Use another catalogue; answered with whether it differed.
    Reload { catalogue: Arc<Catalogue>, answer: Answer<bool> },
    /// Write a snapshot; answered with its sequence number.
    Snapshot { answer: Answer<u64> },
    /// Judge and publish up to now.
    CatchUp { answer: Answer<u64> },
}

/// A report that has passed the door.
pub(crate) struct Arrived {
    pub(crate) new: NewReport,
    pub(crate) from: Origin,
    /// Whether its source may report now; one that may not gets the answer it had before, if this is the same request.
    pub(crate) allowed: IntakeResult<()>,
    /// What the rules say of its text.
    pub(crate) moderated: Option<Moderated>,
    /// What it counts, hundredths.
    pub(crate) weight: u8,
}

/// A report the writer has accepted, now or earlier under the same request key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Accepted {
    /// Its id.
    pub(crate) id: ReportId,
    /// Whether it counts.
    pub(crate) counted: bool,
    /// When it was accepted.
    pub(crate) at: Time,
    /// What becomes of its text; not known of a report that was accepted earlier.
    pub(crate) text: Option<Decision>,
    /// Whether it is new, or known from its request key.
    pub(crate) fresh: bool,
}

/// Sends a command without waiting for room, and waits for its answer. A command that was sent is carried out even
/// when the caller goes away.
pub(crate) async fn ask<C, T>(to: &mpsc::Sender<C>, make: impl FnOnce(Answer<T>) -> C) -> IntakeResult<T> {
    let (answer, got) = oneshot::channel();
    match to.try_send(make(answer)) {
        // Whoever took the command is gone without a word: it may have been done.
        Ok(()) => got.await.unwrap_or_else(|_| Err(EngineError::not_now(NotNow::Unknown))),
        Err(mpsc::error::TrySendError::Full(_)) => Err(EngineError::not_now(NotNow::Waiting)),
        Err(mpsc::error::TrySendError::Closed(_)) => Err(EngineError::not_now(NotNow::Stopping)),
    }
}

impl Command {
    /// Answers without doing anything.
    pub(crate) fn refuse(self, e: EngineError) {
        match self {
            Command::Report { answer, .. } => drop(answer.send(Err(e))),
            Command::Vote { answer, .. } | Command::Reload { answer, .. } | Command::Flag { answer, .. } => {
                drop(answer.send(Err(e)));
            }
            Command::Update { answer, .. }
            | Command::Learned { answer, .. }
            | Command::Checked { answer, .. }
            | Command::Announced { answer, .. } => drop(answer.send(Err(e))),
            Command::Batch { answer, .. } => drop(answer.send(Err(e))),
            Command::Snapshot { answer } | Command::CatchUp { answer } | Command::Act { answer, .. } => {
                drop(answer.send(Err(e)));
            }
        }
    }
}
