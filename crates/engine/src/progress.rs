//! How far writer, projector and snapshots have come: read by operators, metrics and those who wait for a projection.

use crate::{EngineError, IntakeResult};
use allclear_model::Time;
use allclear_model::words::problems::NotNow;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How long a reader waits for the projector before it is told to try again.
const PROJECTION_WAIT: Duration = Duration::from_secs(2);

/// Numbers that only grow (times may be 0: not yet).
#[derive(Debug)]
pub(crate) struct Progress {
    seq: watch::Sender<u64>,
    projected: watch::Sender<u64>,
    at: AtomicI64,
    snapshot_seq: AtomicU64,
    services: AtomicU64,
    started: Time,
    damage: Mutex<Vec<String>>,
}

impl Progress {
    pub(crate) fn new(started: Time, seq: u64, projected: u64) -> Progress {
        Progress {
            seq: watch::Sender::new(seq),
            projected: watch::Sender::new(projected),
            at: AtomicI64::new(0),
            snapshot_seq: AtomicU64::new(0),
            services: AtomicU64::new(0),
            started,
            damage: Mutex::default(),
        }
    }

    /// The journal is durable up to `seq`, and the judge stands at `at`.
    pub(crate) fn written(&self, seq: u64, at: Time, services: usize) {
        self.at.store(at.0, Ordering::Relaxed);
        self.services.store(services as u64, Ordering::Relaxed);
        self.seq.send_if_modified(|s| std::mem::replace(s, seq) != seq);
    }

    pub(crate) fn project(&self, seq: u64) {
        self.projected.send_if_modified(|s| std::mem::replace(s, seq) != seq);
    }

    pub(crate) fn snapshot(&self, seq: u64) {
        self.snapshot_seq.store(seq, Ordering::Relaxed);
    }

    /// Wakes when more is in the journal.
    pub(crate) fn watch_written(&self) -> watch::Receiver<u64> {
        self.seq.subscribe()
    }

    pub(crate) fn seq(&self) -> u64 {
        *self.seq.borrow()
    }

    pub(crate) fn projected(&self) -> u64 {
        *self.projected.borrow()
    }

    pub(crate) fn snapshot_seq(&self) -> u64 {
        self.snapshot_seq.load(Ordering::Relaxed)
    }

    pub(crate) fn at(&self) -> Time {
        Time(self.at.load(Ordering::Relaxed))
    }

    pub(crate) fn services(&self) -> u64 {
        self.services.load(Ordering::Relaxed)
    }

    pub(crate) fn started(&self) -> Time {
        self.started
    }

    /// A sentence about damage that was found in a file. Kept until the end of the process: only a person mends it.
    pub(crate) fn found_damage(&self, sentence: String) {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner).push(sentence);
    }

    pub(crate) fn damage(&self) -> Vec<String> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until everything that is in the journal now is in the archive.
    pub(crate) async fn projected_up_to_now(&self) -> IntakeResult<()> {
        let seq = self.seq();
        let mut projected = self.projected.subscribe();
        match tokio::time::timeout(PROJECTION_WAIT, projected.wait_for(|p| *p >= seq)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(EngineError::not_now(NotNow::Unread)),
        }
    }
}
