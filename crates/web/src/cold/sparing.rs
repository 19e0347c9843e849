//! How often the forms that are not reports are taken.

use crate::lock::lock;
use crate::problem::{Problem, Refused};
use allclear_model::words::problems::{self as words, ProblemKind};
use allclear_model::{NetworkHash, Time};
use std::collections::HashMap;
use std::sync::Mutex;

/// Keeps the forms that are not reports (suggestions, feedback) from filling the archive: so many per network and hour.
#[derive(Default)]
pub(crate) struct Sparing {
    hour: Mutex<(i64, HashMap<NetworkHash, u32>)>,
}

/// Forms per network and hour.
const FORMS_PER_HOUR: u32 = 20;
/// Networks that are told apart within an hour; beyond them all share the refusal.
const NETWORKS_MAX: usize = 10_000;

impl Sparing {
    pub(crate) fn take(&self, network: NetworkHash, now: Time) -> Result<(), Refused> {
        let hour = now.seconds().div_euclid(3600);
        let mut state = lock(&self.hour);
        if state.0 != hour {
            *state = (hour, HashMap::new());
        }
        let full = state.1.len() >= NETWORKS_MAX;
        let used = match state.1.get_mut(&network) {
            Some(n) => n,
            None if full => return Err(Sparing::refuse(now)),
            None => state.1.entry(network).or_insert(0),
        };
        if *used >= FORMS_PER_HOUR {
            return Err(Sparing::refuse(now));
        }
        *used += 1;
        Ok(())
    }

    /// Networks told apart in the hour of the last form.
    pub(crate) fn len(&self) -> usize {
        lock(&self.hour).1.len()
    }

    fn refuse(now: Time) -> Refused {
        let left = 3600 - u64::try_from(now.seconds().rem_euclid(3600)).unwrap_or(0);
        let mut p = Problem::new(ProblemKind::TooMany, words::too_many(left));
        p.retry_after_s = Some(left);
        p
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_forms_are_taken_sparingly_per_network_and_hour() {
        let s = Sparing::default();
        let now = Time::parse("2026-11-22T10:15:00Z").unwrap();
        for _ in 0..FORMS_PER_HOUR {
            assert!(s.take(NetworkHash(1), now).is_ok());
        }
        let refused = s.take(NetworkHash(1), now).unwrap_err();
        assert_eq!((refused.kind, refused.retry_after_s), (ProblemKind::TooMany, Some(2700)));
        assert!(s.take(NetworkHash(2), now).is_ok(), "another network");
        assert!(s.take(NetworkHash(1), now.plus_s(2700)).is_ok(), "the next hour");
    }
}
