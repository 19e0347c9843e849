//! Which other locations are paused, by what their checks say: an agent tells of it beside each result, and what it found of other services before
//! stands until it asks them again, so that one word is enough.

use crate::view::{CheckOutcome, Pause, ServiceView, SpotNow};
use crate::watch;
use allclear_model::{Slug, Time};
use std::collections::BTreeMap;

/// A location of which nothing was heard for so long may be well again. Milliseconds.
const RECENT_MS: i64 = 600_000;
/// Locations that are looked at. There are as many as agents that an operator added.
const MOST: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Pauses(BTreeMap<Slug, Paused>);

#[derive(Debug)]
struct Paused {
    since: Time,
    at: Time,
    why: String,
}

impl Pauses {
    /// Hears what each location says in the new picture of a service.
    pub(crate) fn hear(&mut self, view: &ServiceView) {
        view.checks.iter().for_each(|spot| self.heard(spot));
    }

    fn heard(&mut self, spot: &SpotNow) {
        let unclear = spot.outcome == CheckOutcome::Inconclusive;
        let why = spot.reason.as_deref().and_then(watch::paused).filter(|_| unclear);
        let Some(known) = self.0.get_mut(&spot.location) else {
            if let Some(why) = why.filter(|_| self.0.len() < MOST) {
                let paused = Paused { since: spot.at, at: spot.at, why: why.to_owned() };
                self.0.insert(spot.location.clone(), paused);
            }
            return;
        };
        match why {
            Some(why) if spot.at >= known.at => (known.at, known.why) = (spot.at, why.to_owned()),
            Some(_) => known.since = known.since.min(spot.at),
            // What it found before it fell sick ends nothing, and what it could not ask says nothing of the place.
            None if !unclear && spot.at > known.at => _ = self.0.remove(&spot.location),
            None => {}
        }
    }

    /// Those of these locations that are paused at `now`.
    pub(crate) fn of<'a>(&mut self, locations: impl Iterator<Item = &'a Slug>, now: Time) -> Vec<Pause> {
        self.0.retain(|_, p| now.since_ms(p.at) < RECENT_MS);
        let pause = |location: &Slug| {
            let p = self.0.get(location)?;
            Some(Pause { location: location.clone(), since: p.since, why: p.why.clone() })
        };
        locations.filter_map(pause).collect()
    }
}
