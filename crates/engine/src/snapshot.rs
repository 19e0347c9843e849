//! Writing pictures of the board's memory beside the journal, off the writer's task.

use crate::EngineError;
use crate::command::Answer;
use crate::metrics::Metrics;
use crate::progress::Progress;
use allclear_detect::Board;
use allclear_model::Time;
use allclear_ports::Snapshots;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

/// Longest wait for the last snapshot; a stop must end within 5 seconds, and without it the next start only reads more.
const LAST_WAIT: Duration = Duration::from_secs(3);

/// Takes snapshots when they are due or asked for.
pub(crate) struct Snapshotter {
    files: Arc<dyn Snapshots>,
    tracker: TaskTracker,
    every_ms: i64,
    last: Time,
    running: Arc<AtomicBool>,
    one_at_a_time: Arc<Mutex<()>>,
    metrics: Metrics,
    progress: Arc<Progress>,
}

impl Snapshotter {
    pub(crate) fn new(
        files: Arc<dyn Snapshots>,
        tracker: TaskTracker,
        every_s: u32,
        last: Time,
        metrics: Metrics,
        progress: Arc<Progress>,
    ) -> Snapshotter {
        Snapshotter {
            files,
            tracker,
            every_ms: i64::from(every_s.max(1)) * 1000,
            last,
            running: Arc::default(),
            one_at_a_time: Arc::default(),
            metrics,
            progress,
        }
    }

    /// Whether it is time for the next one.
    pub(crate) fn due(&self, now: Time) -> bool {
        now.since_ms(self.last) >= self.every_ms && !self.running.load(Ordering::Acquire)
    }

    /// Copies the board's memory now and writes it in the background. Only while no word of the judge waits to be written.
    pub(crate) fn take(&mut self, board: &Board, answers: Vec<Answer<u64>>) {
        drop(self.begin(board, answers));
    }

    /// The snapshot of a stop: waits for it, though not for ever.
    pub(crate) async fn last(&mut self, board: &Board) {
        if board.seq() == self.progress.snapshot_seq() {
            return;
        }
        let writing = self.begin(board, Vec::new());
        if tokio::time::timeout(LAST_WAIT, writing).await.is_err() {
            tracing::warn!("snapshot: not done in time; the next start reads more of the journal");
        }
    }

    fn begin(&mut self, board: &Board, answers: Vec<Answer<u64>>) -> tokio::task::JoinHandle<()> {
        let began = Instant::now();
        let (seq, bytes) = (board.seq(), board.to_bytes());
        self.last = board.at();
        self.running.store(true, Ordering::Release);
        self.metrics.snapshot_bytes.set(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
        let (files, running, one) = (self.files.clone(), self.running.clone(), self.one_at_a_time.clone());
        let (metrics, progress) = (self.metrics.clone(), self.progress.clone());
        self.tracker.spawn_blocking(move || {
            let guard = one.lock().unwrap_or_else(PoisonError::into_inner);
            let done = files.write(seq, &bytes);
            match &done {
                Ok(()) => progress.snapshot(seq),
                Err(e) => {
                    metrics.snapshot_failures.inc();
                    tracing::error!(error = %e, "snapshot: not written; tried again later");
                }
            }
            drop(guard);
            running.store(false, Ordering::Release);
            metrics.snapshot_seconds.observe(began.elapsed().as_secs_f64());
            for answer in answers {
                drop(answer.send(done.as_ref().map(|()| seq).map_err(EngineError::not_done)));
            }
        })
    }
}
