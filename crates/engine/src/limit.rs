//! Refusing too many from one source or network. Bounded: the oldest windows go first.

use allclear_model::Time;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Windows kept per limiter. A forgotten window only lets its key begin anew.
const CAP: usize = 65_536;

/// Counts per key in windows that begin with the key's first event.
#[derive(Debug)]
pub(crate) struct Limiter<K> {
    limit: u32,
    period_ms: i64,
    windows: HashMap<K, Window>,
    /// Windows by beginning, oldest first; times never go back, so the first ones end first.
    order: VecDeque<(Time, K)>,
    evicted: u64,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    start: Time,
    count: u32,
}

impl<K: Copy + Eq + Hash> Limiter<K> {
    /// At most `limit` per `period_s`; 0 means no limit.
    pub(crate) fn new(limit: u32, period_s: i64) -> Limiter<K> {
        Limiter { limit, period_ms: period_s * 1000, windows: HashMap::new(), order: VecDeque::new(), evicted: 0 }
    }

    /// Takes one, or says after how many seconds there is room again.
    pub(crate) fn take(&mut self, key: K, at: Time) -> Result<(), u64> {
        if self.limit == 0 {
            return Ok(());
        }
        while let Some((start, old)) = self.order.front().copied() {
            let over = at.since_ms(start) >= self.period_ms;
            if !over && self.order.len() < CAP {
                break;
            }
            self.evicted += u64::from(!over);
            self.order.pop_front();
            if self.windows.get(&old).is_some_and(|w| w.start == start) {
                self.windows.remove(&old);
            }
        }
        self.room(key, at)?;
        match self.windows.get_mut(&key) {
            Some(w) if at.since_ms(w.start) < self.period_ms => w.count += 1,
            // None, or one that is over and stands behind another one: the clock was set back.
            _ => {
                self.windows.insert(key, Window { start: at, count: 1 });
                self.order.push_back((at, key));
            }
        }
        Ok(())
    }

    /// Whether one could be taken, or after how many seconds. Takes nothing.
    pub(crate) fn room(&self, key: K, at: Time) -> Result<(), u64> {
        let Some(w) = self.windows.get(&key).filter(|w| self.limit > 0 && w.count >= self.limit) else { return Ok(()) };
        let left = u64::try_from(self.period_ms - at.since_ms(w.start)).unwrap_or(0);
        if left == 0 { Ok(()) } else { Err(left.div_ceil(1000)) }
    }

    /// Gives one back that was taken for something that then was not kept.
    pub(crate) fn give_back(&mut self, key: K) {
        if let Some(w) = self.windows.get_mut(&key) {
            w.count = w.count.saturating_sub(1);
        }
    }

    /// Windows kept, and windows dropped before their end.
    pub(crate) fn size(&self) -> (usize, u64) {
        (self.windows.len(), self.evicted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_is_refused_until_the_window_ends_and_what_was_not_kept_costs_nothing() {
        let mut l = Limiter::new(2, 60);
        assert_eq!(l.take(1, Time(0)), Ok(()));
        assert_eq!(l.take(1, Time(30_000)), Ok(()));
        assert_eq!(l.take(1, Time(30_001)), Err(30));
        assert_eq!((l.room(1, Time(30_001)), l.room(2, Time(30_001))), (Err(30), Ok(())), "asking takes nothing");
        assert_eq!(l.take(2, Time(30_001)), Ok(()));
        l.give_back(1);
        assert_eq!(l.room(1, Time(30_001)), Ok(()));
        assert_eq!(l.take(1, Time(59_999)), Ok(()));
        assert_eq!(l.take(1, Time(59_999)), Err(1));
        assert_eq!(
            (l.room(1, Time(59_999)), l.room(1, Time(60_000))),
            (Err(1), Ok(())),
            "before the old window is removed"
        );
        assert_eq!(l.take(1, Time(60_000)), Ok(()));
    }

    #[test]
    fn a_window_that_is_over_begins_anew_also_when_the_clock_was_set_back_meanwhile() {
        let mut l = Limiter::new(1, 60);
        assert_eq!(l.take(1, Time(100_000)), Ok(()));
        assert_eq!(l.take(2, Time(0)), Ok(()));
        assert_eq!(l.take(2, Time(60_000)), Ok(()));
        assert_eq!(l.take(2, Time(60_001)), Err(60));
        assert_eq!(l.take(3, Time(160_000)), Ok(()), "both are over");
        assert_eq!(l.size(), (1, 0));
    }

    #[test]
    fn no_limit_remembers_nobody_and_a_limit_remembers_a_bounded_number() {
        let mut none = Limiter::new(0, 60);
        let mut some = Limiter::new(1, 60);
        for key in 0..CAP as u64 + 10 {
            assert_eq!(none.take(key, Time(0)), Ok(()));
            assert_eq!(some.take(key, Time(0)), Ok(()));
        }
        assert_eq!(none.size(), (0, 0));
        assert_eq!(some.size(), (CAP, 10));
        assert_eq!(some.take(0, Time(1)), Ok(()), "the oldest was forgotten");
    }
}
