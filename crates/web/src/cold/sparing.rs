//! How often the forms that are not reports are taken.

use crate::lock::lock;
use crate::problem::{Problem, Refused};
use allclear_model::words::problems::{self as words, ProblemKind};
use allclear_model::{NetworkHash, Time};
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Keeps the forms that are not reports (suggestions, feedback) from filling the archive: so many per network and hour.
#[derive(Default)]
pub(crate) struct Sparing {
    hour: Mutex<Hour>,
    evicted: AtomicU64,
}

/// Who sent how much in one hour.
#[derive(Default)]
struct Hour {
    number: i64,
    /// Forms of a network, and how many networks came before it.
    of: HashMap<NetworkHash, (u32, u64)>,
    /// The same by forms and order: the first is the next to be forgotten.
    by_use: BTreeMap<(u32, u64), NetworkHash>,
    came: u64,
}

/// Forms per network and hour.
const FORMS_PER_HOUR: u32 = 20;
/// Networks that are told apart within an hour. Beyond them the one with the fewest forms is forgotten, of several the one
/// that came first: a flood of made-up networks forgets itself, and who has used up an hour's forms stays known.
const NETWORKS_MAX: usize = 10_000;

impl Sparing {
    /// Whether a form of this network would be taken, without taking it: before it is read.
    pub(crate) fn room(&self, network: NetworkHash, now: Time) -> Result<(), Refused> {
        let hour = lock(&self.hour);
        let used = hour.of.get(&network).filter(|_| hour.number == number(now)).map_or(0, |(used, _)| *used);
        if used < FORMS_PER_HOUR { Ok(()) } else { Err(Sparing::refuse(now)) }
    }

    /// Takes a form of this network's allowance.
    pub(crate) fn take(&self, network: NetworkHash, now: Time) -> Result<(), Refused> {
        let mut hour = lock(&self.hour);
        if hour.number != number(now) {
            *hour = Hour { number: number(now), ..Hour::default() };
        }
        let Hour { of, by_use, came, .. } = &mut *hour;
        let (used, order) = match of.get(&network) {
            Some((used, _)) if *used >= FORMS_PER_HOUR => return Err(Sparing::refuse(now)),
            Some((used, order)) => {
                by_use.remove(&(*used, *order));
                (*used + 1, *order)
            }
            None => {
                if of.len() >= NETWORKS_MAX
                    && let Some((_, forgotten)) = by_use.pop_first()
                {
                    of.remove(&forgotten);
                    self.evicted.fetch_add(1, Ordering::Relaxed);
                }
                *came += 1;
                (1, *came)
            }
        };
        of.insert(network, (used, order));
        by_use.insert((used, order), network);
        Ok(())
    }

    /// Networks known now, and networks forgotten so far.
    pub(crate) fn counts(&self) -> [u64; 2] {
        [lock(&self.hour).of.len() as u64, self.evicted.load(Ordering::Relaxed)]
    }

    fn refuse(now: Time) -> Refused {
        let left = 3600 - u64::try_from(now.seconds().rem_euclid(3600)).unwrap_or(0);
        let mut p = Problem::new(ProblemKind::TooMany, words::too_many(left));
        p.retry_after_s = Some(left);
        p
    }
}

/// Which hour it is.
fn number(now: Time) -> i64 {
    now.seconds().div_euclid(3600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_forms_are_taken_sparingly_per_network_and_hour() {
        let s = Sparing::default();
        let now = Time::parse("2026-11-22T10:15:00Z").unwrap();
        for _ in 0..FORMS_PER_HOUR {
            assert!(s.room(NetworkHash(1), now).is_ok() && s.take(NetworkHash(1), now).is_ok());
        }
        assert!(s.room(NetworkHash(1), now).is_err() && s.room(NetworkHash(2), now).is_ok());
        assert!(s.room(NetworkHash(1), now.plus_s(2700)).is_ok());
        let refused = s.take(NetworkHash(1), now).unwrap_err();
        assert_eq!((refused.kind, refused.retry_after_s), (ProblemKind::TooMany, Some(2700)));
        assert!(s.take(NetworkHash(2), now).is_ok(), "another network");
        assert!(s.take(NetworkHash(1), now.plus_s(2700)).is_ok(), "the next hour");
    }

    #[test]
    fn a_flood_of_networks_forgets_itself_and_not_who_used_up_an_hours_forms() {
        let s = Sparing::default();
        let now = Time::parse("2026-11-22T10:15:00Z").unwrap();
        for _ in 0..FORMS_PER_HOUR {
            s.take(NetworkHash(1), now).unwrap();
        }
        s.take(NetworkHash(2), now).unwrap();
        s.take(NetworkHash(2), now).unwrap();
        let flood = 3 * NETWORKS_MAX as u64;
        for n in 0..flood {
            assert!(s.take(NetworkHash(1000 + n), now).is_ok(), "nobody is refused for what others do");
        }
        let most = NETWORKS_MAX as u64;
        assert_eq!(s.counts(), [most, flood + 2 - most]);
        assert!(s.take(NetworkHash(1), now).is_err(), "still known");
        for left in (0..FORMS_PER_HOUR - 2).rev() {
            assert!(s.take(NetworkHash(2), now).is_ok(), "{left} left");
        }
        assert!(s.take(NetworkHash(2), now).is_err(), "what it sent before the flood was not forgotten");
        assert!(s.take(NetworkHash(1), now.plus_s(2700)).is_ok(), "the next hour");
        assert_eq!(s.counts()[0], 1);
    }
}
