//! Time under the test's control.

use allclear_model::Time;
use allclear_ports::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that stands still until it is told to move. Clones share the same time.
#[derive(Debug, Clone)]
pub struct VirtualClock {
    ms: Arc<AtomicI64>,
}

impl VirtualClock {
    /// A clock that shows `now`.
    pub fn at(now: Time) -> VirtualClock {
        VirtualClock { ms: Arc::new(AtomicI64::new(now.0)) }
    }

    /// Sets the time, also backwards, as somebody may set a machine's clock.
    pub fn set(&self, now: Time) {
        self.ms.store(now.0, Ordering::SeqCst);
    }

    /// Moves the time by `ms` milliseconds (negative: back) and says what it is then.
    pub fn advance_ms(&self, ms: i64) -> Time {
        let moved = |now: i64| Some(now.saturating_add(ms));
        let before = self.ms.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved).unwrap_or_else(|now| now);
        Time(before).plus_ms(ms)
    }

    /// Moves the time by `minutes` and says what it is then.
    pub fn advance_minutes(&self, minutes: i64) -> Time {
        self.advance_ms(minutes.saturating_mul(allclear_model::time::MINUTE_MS))
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Time {
        Time(self.ms.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_a_time_that_goes_either_way() {
        let clock = VirtualClock::at(Time(1000));
        let seen = clock.clone();
        assert_eq!((clock.advance_ms(5), seen.now()), (Time(1005), Time(1005)));
        assert_eq!((clock.advance_minutes(2), seen.now()), (Time(121_005), Time(121_005)));
        assert_eq!((clock.advance_ms(-21_005), seen.now()), (Time(100_000), Time(100_000)));
        seen.set(Time(7));
        assert_eq!(clock.now(), Time(7));
    }
}
