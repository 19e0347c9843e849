//! Clocks: the machine's, and one that can be driven through a simulated past and then handed over to the machine's.

use allclear_model::Time;
use allclear_ports::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Wall-clock time of the machine: the only place that reads the time of day.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else takes")]
    fn now(&self) -> Time {
        Time(jiff::Timestamp::now().as_millisecond())
    }
}

/// Tells what it was set to, until it is let go.
#[derive(Debug)]
pub(crate) struct Driven {
    system: SystemClock,
    /// [`FREE`] once let go.
    set: AtomicI64,
}

const FREE: i64 = i64::MIN;

impl Driven {
    /// A clock that runs with the machine's until it is set.
    pub(crate) fn new(system: SystemClock) -> Arc<Driven> {
        Arc::new(Driven { system, set: AtomicI64::new(FREE) })
    }

    /// From here on it is `to`, until it is set again or let go.
    pub(crate) fn set(&self, to: Time) {
        self.set.store(to.0, Ordering::SeqCst);
    }

    /// From here on it runs with the machine's clock.
    pub(crate) fn let_go(&self) {
        self.set.store(FREE, Ordering::SeqCst);
    }

    /// The machine's time, whatever it was set to.
    pub(crate) fn real(&self) -> Time {
        self.system.now()
    }
}

impl Clock for Driven {
    fn now(&self) -> Time {
        match self.set.load(Ordering::SeqCst) {
            FREE => self.system.now(),
            ms => Time(ms),
        }
    }
}
