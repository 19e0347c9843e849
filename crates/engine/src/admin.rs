//! What an operator may do to a running site.

use crate::archive::Archive;
use crate::command::{Answer, Command, ask};
use crate::progress::Progress;
use crate::{IntakeResult, Site, Speaks, WatchRules, Watching};
use allclear_model::official::OfficialPages;
use allclear_model::signal::{Baseline, CheckResults};
use allclear_model::{Catalogue, Time};
use allclear_ports::{Listing, Suggestion, Survey};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Handle for operators. Cheap to clone.
#[derive(Clone)]
pub struct Admin {
    pub(crate) writer: mpsc::Sender<Command>,
    pub(crate) maintenance: mpsc::Sender<Answer<()>>,
    pub(crate) archive: Archive,
    pub(crate) site: Site,
    pub(crate) progress: Arc<Progress>,
    pub(crate) stop: CancellationToken,
    pub(crate) rules: WatchRules,
    pub(crate) watching: Watching,
}

/// Where the site stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminStatus {
    /// When this process started.
    pub started: Time,
    /// Up to which instant the judge has judged.
    pub judged: Time,
    /// Last durable sequence number of the journal.
    pub seq: u64,
    /// Last sequence number in the archive.
    pub projected: u64,
    /// Sequence number of the newest snapshot; 0 when there is none yet.
    pub snapshot: u64,
    /// Services watched.
    pub services: u64,
    /// Requests waiting for the writer.
    pub waiting: usize,
    /// What was found damaged since the start, each a sentence with the file and what to do; usually empty.
    pub damage: Vec<String>,
    /// Whether checks from here speak.
    pub checks: Speaks,
}

impl Admin {
    pub(crate) fn archive(&self) -> &Archive {
        &self.archive
    }

    pub(crate) fn rules(&self) -> &WatchRules {
        &self.rules
    }

    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    pub(crate) fn writer(&self) -> &mpsc::Sender<Command> {
        &self.writer
    }

    /// Watches what `catalogue` says from here on, as a signal in the journal. `Ok(false)`: it said nothing new. Load
    /// and check it first ([`crate::catalogue::load`]); a broken one never gets here.
    ///
    /// # Errors
    /// [`crate::EngineError::Unavailable`]; then nothing has changed.
    pub async fn reload(&self, catalogue: Catalogue) -> IntakeResult<bool> {
        let catalogue = Arc::new(catalogue);
        ask(&self.writer, |answer| Command::Reload { catalogue, answer }).await
    }

    /// Takes what is usual for a service from elsewhere, instead of weeks of learning.
    ///
    /// # Errors
    /// [`crate::EngineError::NoService`], [`crate::EngineError::Invalid`] when it is not 168 rates, or
    /// [`crate::EngineError::Unavailable`].
    pub async fn learned(&self, baseline: Baseline) -> IntakeResult<()> {
        let baseline = Box::new(baseline);
        ask(&self.writer, |answer| Command::Learned { baseline, answer }).await
    }

    /// Believes what our own checks found. What is about no service of the catalogue is passed over.
    ///
    /// # Errors
    /// [`crate::EngineError::Unavailable`]; then nothing of it is kept.
    pub async fn checked(&self, results: CheckResults) -> IntakeResult<()> {
        let results = Box::new(results);
        ask(&self.writer, |answer| Command::Checked { results, answer }).await
    }

    /// Believes what official pages said. What is about no service of the catalogue, or larger than a reader makes it, is passed
    /// over.
    ///
    /// # Errors
    /// [`crate::EngineError::Unavailable`]; then nothing of it is kept.
    pub async fn announced(&self, pages: OfficialPages) -> IntakeResult<()> {
        let pages = Box::new(pages);
        ask(&self.writer, |answer| Command::Announced { pages, answer }).await
    }

    /// Writes a snapshot now; returns the sequence number it stands at.
    ///
    /// # Errors
    /// [`crate::EngineError::Unavailable`] when it could not be written.
    pub async fn snapshot(&self) -> IntakeResult<u64> {
        ask(&self.writer, |answer| Command::Snapshot { answer }).await
    }

    /// Judges and publishes up to the clock's present minute, as the timer would within a second; returns the last
    /// sequence number.
    ///
    /// # Errors
    /// [`crate::EngineError::Unavailable`] when the journal could not be written.
    pub async fn catch_up(&self) -> IntakeResult<u64> {
        ask(&self.writer, |answer| Command::CatchUp { answer }).await
    }

    /// Runs retention, pruning, blanking and checkpoints now, as the timer would within a minute, and waits for it.
    ///
    /// # Errors
    /// [`crate::EngineError::Unavailable`] when a part failed; it is tried again.
    pub async fn maintain(&self) -> IntakeResult<()> {
        ask(&self.maintenance, |answer| answer).await
    }

    /// Waits until the archive holds everything that is durable now.
    ///
    /// # Errors
    /// [`crate::EngineError::Unavailable`] when that takes more than 2 seconds.
    pub async fn projected(&self) -> IntakeResult<()> {
        self.progress.projected_up_to_now().await
    }

    /// Where the site stands; never waits.
    pub fn status(&self) -> AdminStatus {
        AdminStatus {
            started: self.progress.started(),
            judged: self.progress.at(),
            seq: self.progress.seq(),
            projected: self.progress.projected(),
            snapshot: self.progress.snapshot_seq(),
            services: self.progress.services(),
            waiting: self.writer.max_capacity() - self.writer.capacity(),
            damage: self.progress.damage(),
            checks: self.watching.checks(),
        }
    }

    /// Suggested services, newest first.
    ///
    /// # Errors
    /// [`crate::EngineError::Unavailable`].
    pub async fn suggestions(&self, which: Listing) -> IntakeResult<Vec<Suggestion>> {
        // What was decided a moment ago is to be seen.
        self.projected().await?;
        self.archive.suggestions(which).await
    }

    /// Answers of the feedback form, newest first.
    ///
    /// # Errors
    /// [`crate::EngineError::Unavailable`].
    pub async fn surveys(&self, which: Listing) -> IntakeResult<Vec<Survey>> {
        self.projected().await?;
        self.archive.surveys(which).await
    }

    /// Begins an orderly stop: what was accepted is kept, a snapshot is written. Returns at once; the task tracker tells
    /// when it is done.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}
