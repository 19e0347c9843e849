//! How often the same longer text came lately: copies of one text are a campaign more often than a coincidence.

use allclear_model::Time;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Remembered for this long. Milliseconds.
const KEEP_MS: i64 = 3_600_000;
/// Texts told apart; the oldest go first.
const CAP: usize = 8_192;

/// Texts of the last hour, as hashes of their words.
#[derive(Debug, Default)]
pub(crate) struct Likeness {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    counts: HashMap<u64, u32>,
    order: VecDeque<(Time, u64)>,
    /// Forgotten before their hour was over.
    evicted: u64,
}

impl Likeness {
    /// Texts known now, and how many were forgotten for others.
    pub(crate) fn size(&self) -> (usize, u64) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        (seen.order.len(), seen.evicted)
    }

    /// Notes a text and says how many came before it with the same words.
    pub(crate) fn note(&self, words: u64, now: Time) -> u32 {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Seen { counts, order, evicted } = &mut *seen;
        while let Some((at, old)) = order.front().copied() {
            let lasting = now.since_ms(at) < KEEP_MS;
            if order.len() < CAP && lasting {
                break;
            }
            *evicted += u64::from(lasting);
            order.pop_front();
            if let Some(n) = counts.get_mut(&old) {
                *n -= 1;
                if *n == 0 {
                    counts.remove(&old);
                }
            }
        }
        order.push_back((now, words));
        let n = counts.entry(words).or_insert(0);
        *n += 1;
        *n - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_counted_for_an_hour_and_a_bounded_number_is_remembered() {
        let l = Likeness::default();
        assert_eq!([l.note(1, Time(0)), l.note(1, Time(1)), l.note(2, Time(2))], [0, 1, 0]);
        assert_eq!(l.note(1, Time(KEEP_MS)), 1, "the first is an hour old");
        for n in 0..2 * CAP as u64 {
            l.note(100 + n, Time(KEEP_MS + 1));
        }
        assert_eq!(l.size(), (CAP, 2 * CAP as u64 + 2 - CAP as u64));
        assert!(l.seen.lock().unwrap().counts.len() <= CAP);
    }
}
