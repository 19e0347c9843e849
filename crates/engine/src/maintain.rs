//! What has passed its time goes: day keys and what was hashed with them, old journal entries, old rows. In small steps
//! with pauses, so that nobody who reports or reads has to wait for it.

use crate::command::Answer;
use crate::keys::{Keys, blank_before, blank_names_before};
use crate::metrics::{FileLabel, Metrics};
use crate::progress::Progress;
use crate::{CoreConfig, EngineError};
use allclear_model::Time;
use allclear_model::kept::{DAY_MS, TEXTS_DAYS};
use allclear_ports::{Clock, Journal, PortError, Snapshots, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Between two passes.
const EVERY: Duration = Duration::from_mins(1);

/// Between two checkpoints: the write-ahead logs stay small, and no commit has to copy one back.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);

/// Rows per step: a few milliseconds of the file's one writer.
const STEP: usize = 500;

/// Rows of packed results per step; each holds what one service was found to be in an hour.
const PACKED: u32 = 250;

/// Between two steps, so that appends and readers go first.
const PAUSE: Duration = Duration::from_millis(20);

/// Steps of one kind in one pass; the rest waits for the next minute.
const STEPS: usize = 400;

/// What the passes work on.
pub(crate) struct Maintenance {
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
    store: Arc<dyn Store>,
    snapshots: Arc<dyn Snapshots>,
    keys: Arc<Keys>,
    progress: Arc<Progress>,
    metrics: Metrics,
    tracker: TaskTracker,
    keep_ms: i64,
    /// Everything stamped before this is blanked already.
    blanked: Option<Time>,
}

/// Where the passes get what they need.
pub(crate) struct Parts {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) snapshots: Arc<dyn Snapshots>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) metrics: Metrics,
    pub(crate) tracker: TaskTracker,
}

impl Maintenance {
    pub(crate) fn new(cfg: &CoreConfig, p: Parts) -> Maintenance {
        Maintenance {
            clock: p.clock,
            journal: p.journal,
            store: p.store,
            snapshots: p.snapshots,
            keys: p.keys,
            progress: p.progress,
            metrics: p.metrics,
            tracker: p.tracker,
            keep_ms: i64::from(cfg.journal_days) * DAY_MS,
            blanked: None,
        }
    }

    /// A pass now, each minute and when asked, until `stop`.
    pub(crate) async fn run(mut self, mut asked: mpsc::Receiver<Answer<()>>, stop: CancellationToken) {
        // As for the writer: a site that keeps what must go stops as a whole.
        let _stops = stop.clone().drop_guard();
        let work = async {
            let mut answer: Option<Answer<()>> = None;
            loop {
                let done = self.pass().await;
                if let Some(a) = answer.take() {
                    drop(a.send(done));
                }
                let next = tokio::time::Instant::now() + EVERY;
                while answer.is_none() && tokio::time::Instant::now() < next {
                    // A failure here is seen again, and then logged, by the pass.
                    let _ = self.checkpoints().await;
                    tokio::select! {
                        () = tokio::time::sleep(CHECKPOINT_EVERY) => {}
                        a = asked.recv() => match a {
                            Some(a) => answer = Some(a),
                            None => return,
                        },
                    }
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = work => {}
        }
    }

    async fn checkpoints(&self) -> Result<(), PortError> {
        let done = |file, checkpoint: Result<(), PortError>| {
            checkpoint.inspect(|()| {
                self.metrics.checkpoints.get_or_create(&FileLabel { file }).inc();
            })
        };
        let journal = done("journal", self.journal.checkpoint().await);
        done("archive", self.store.checkpoint().await).and(journal)
    }

    /// One pass. A part that fails is logged and tried again in the next pass; the others still run.
    async fn pass(&mut self) -> Result<(), EngineError> {
        let now = self.clock.now();
        let mut result = Ok(());
        let mut note = |what: &str, done: Result<(), PortError>| {
            if let Err(e) = done {
                self.metrics.maintenance_failures.inc();
                tracing::warn!(what, error = %e, "maintenance: tried again in a minute");
                result = Err(EngineError::not_done(&e));
            }
        };
        let keys = self.keys.clone();
        let tidied = self.tracker.spawn_blocking(move || keys.tidy(now)).await;
        note(
            "keys",
            tidied.unwrap_or_else(|e| Err(PortError::Unavailable { action: "tidy the keys", detail: e.to_string() })),
        );
        let before = blank_before(now);
        if self.blanked.is_none_or(|b| b < before) {
            let done = self.blank(before, blank_names_before(now)).await;
            if done.is_ok() {
                self.blanked = Some(before);
            }
            note("blanking", done);
        }
        note("journal", self.prune(now).await);
        note("texts", self.forget_texts(now).await);
        note("results of checks", self.pack(now).await);
        note("archive", self.retain(now).await);
        note("checkpoint", self.checkpoints().await);
        result
    }

    async fn blank(&self, before: Time, names_before: Time) -> Result<(), PortError> {
        loop {
            let hashes = self.journal.blank_sources(before, STEP).await?;
            let names = self.journal.blank_network_names(names_before, STEP).await?;
            let rows = hashes.rows + names.rows;
            if rows > 0 {
                tracing::debug!(rows, "maintenance: sources blanked");
            }
            if hashes.done && names.done {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Old entries leave the journal when they are projected, older than the second newest snapshot, and past their days.
    async fn prune(&self, now: Time) -> Result<(), PortError> {
        let files = self.snapshots.clone();
        let seqs = self
            .tracker
            .spawn_blocking(move || files.newest_first())
            .await
            .map_err(|e| PortError::Unavailable { action: "list the snapshots", detail: e.to_string() })??;
        let Some(second) = seqs.get(1) else { return Ok(()) };
        let old = self.first_since(now.plus_ms(-self.keep_ms)).await?;
        let before = old.min(second + 1).min(self.progress.projected() + 1);
        for _ in 0..STEPS {
            let removed = self.journal.prune(before, STEP).await?;
            self.metrics.removed.get_or_create(&FileLabel { file: "journal" }).inc_by(removed);
            if removed < STEP as u64 {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Sequence number of the first entry stamped at `since` or later; found by halving, because stamps never go back.
    async fn first_since(&self, since: Time) -> Result<u64, PortError> {
        let (Some(mut low), Some((last, _))) = (self.journal.first().await?, self.journal.last().await?) else {
            return Ok(0);
        };
        let mut high = last + 1;
        while low < high {
            let middle = low + (high - low) / 2;
            match self.journal.read(middle, 1).await?.first() {
                Some(e) if e.at < since => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }

    async fn forget_texts(&self, now: Time) -> Result<(), PortError> {
        for _ in 0..STEPS {
            let removed = self.journal.forget_texts(now.plus_ms(-TEXTS_DAYS * DAY_MS), STEP).await?;
            if removed < STEP as u64 {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn pack(&self, now: Time) -> Result<(), PortError> {
        for _ in 0..STEPS {
            if !self.store.pack(now, PACKED).await? {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn retain(&self, now: Time) -> Result<(), PortError> {
        for _ in 0..STEPS {
            let removed = self.store.retain(now, STEP as u32).await?;
            self.metrics.removed.get_or_create(&FileLabel { file: "archive" }).inc_by(removed);
            if removed == 0 {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }
}
