//! What the one writer is asked to do, and how its callers wait for the answer.

use crate::intake::{NewReport, Origin};
use crate::{EngineError, IntakeResult};
use allclear_model::signal::{Baseline, ReportChange};
use allclear_model::words::problems::NotNow;
use allclear_model::{Catalogue, Country, ReportId, Slug, Time};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Where an answer goes. Nobody may be waiting any more; that is no error.
pub(crate) type Answer<T> = oneshot::Sender<IntakeResult<T>>;

/// A request to the writer. It is answered once what it asks for is durable and applied; what it changed is published by
/// then while changes are few, else soon after.
pub(crate) enum Command {
    /// Accept a report.
    Report { new: NewReport, from: Origin, answer: Answer<Accepted> },
    /// Accept a vote; answered with whether it counts.
    Vote { service: Slug, country: Option<Country>, from: Origin, answer: Answer<bool> },
    /// Change a report that exists, on behalf of its author.
    Update { id: ReportId, service: Slug, change: ReportChange, answer: Answer<()> },
    /// Take what is usual for a service from elsewhere, instead of learning it.
    Learned { baseline: Box<Baseline>, answer: Answer<()> },
    /// Use another catalogue; answered with whether it differed.
    Reload { catalogue: Arc<Catalogue>, answer: Answer<bool> },
    /// Write a snapshot; answered with its sequence number.
    Snapshot { answer: Answer<u64> },
    /// Judge and publish up to now.
    CatchUp { answer: Answer<u64> },
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
            Command::Vote { answer, .. } | Command::Reload { answer, .. } => drop(answer.send(Err(e))),
            Command::Update { answer, .. } | Command::Learned { answer, .. } => drop(answer.send(Err(e))),
            Command::Snapshot { answer } | Command::CatchUp { answer } => drop(answer.send(Err(e))),
        }
    }
}
