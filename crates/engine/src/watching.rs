//! How watching from this process goes: whether its checks speak, and what was asked, for the page of the site's own health and for metrics.

use crate::metrics::{Metrics, ReasonLabel};
use crate::watch::{Came, Illness};
use allclear_model::Time;
use allclear_model::check::CheckOutcome;
use std::sync::{Arc, Mutex, PoisonError};

/// Whether the checks that run from here speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Speaks {
    /// None run.
    #[default]
    Off,
    /// They run.
    On,
    /// They run and say nothing, since then and for that reason.
    Paused(Time, Illness),
}

/// What is told of it, by whoever runs it. Clones are the same one.
#[derive(Clone)]
pub struct Watching {
    metrics: Metrics,
    checks: Arc<Mutex<Speaks>>,
}

impl Watching {
    pub(crate) fn new(metrics: Metrics) -> Watching {
        Watching { metrics, checks: Arc::default() }
    }

    /// Whether checks from here speak from now on.
    pub fn speaks(&self, speaks: Speaks) {
        self.metrics.checks_paused.set(i64::from(matches!(speaks, Speaks::Paused(..))));
        *self.checks.lock().unwrap_or_else(PoisonError::into_inner) = speaks;
    }

    /// Whether they do.
    pub fn checks(&self) -> Speaks {
        *self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A check has run.
    pub fn ran(&self, said: CheckOutcome) {
        self.metrics.checks.get_or_create(&ReasonLabel { reason: said.as_str() }).inc();
    }

    /// So many turns of checks were left out, because they came too late.
    pub fn missed(&self, turns: u64) {
        self.metrics.checks_missed.inc_by(turns);
    }

    /// An official page was asked.
    pub fn read(&self, came: Came) {
        let reason = match came {
            Came::Read => "read",
            Came::Unread => "unread",
            Came::Unasked => "unasked",
        };
        self.metrics.readings.get_or_create(&ReasonLabel { reason }).inc();
    }
}
