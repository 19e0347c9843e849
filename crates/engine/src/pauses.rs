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
pub(crate) struct Pauses(BTreeMap<Slug, Place>);

/// What is known of a location.
#[derive(Debug, Default)]
struct Place {
    /// When it last found something. What it said before of being paused is over, however late a service's picture shows it.
    well: Option<Time>,
    paused: Option<Paused>,
}

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
        if self.0.len() >= MOST && !self.0.contains_key(&spot.location) {
            return;
        }
        let place = self.0.entry(spot.location.clone()).or_default();
        if spot.outcome != CheckOutcome::Inconclusive {
            // What it found before it fell sick ends nothing.
            place.well = place.well.max(Some(spot.at));
            place.paused.take_if(|p| p.at < spot.at);
            return;
        }
        // What it could not ask says nothing of the place.
        let why = spot.reason.as_deref().and_then(watch::paused);
        let Some(why) = why.filter(|_| place.well < Some(spot.at)) else { return };
        match &mut place.paused {
            Some(known) if spot.at >= known.at => (known.at, known.why) = (spot.at, why.to_owned()),
            Some(known) => known.since = known.since.min(spot.at),
            none => *none = Some(Paused { since: spot.at, at: spot.at, why: why.to_owned() }),
        }
    }

    /// Those of these locations that are paused at `now`.
    pub(crate) fn of<'a>(&mut self, locations: impl Iterator<Item = &'a Slug>, now: Time) -> Vec<Pause> {
        let recent = |at: Time| now.since_ms(at) < RECENT_MS;
        self.0.values_mut().for_each(|place| _ = place.paused.take_if(|p| !recent(p.at)));
        self.0.retain(|_, place| place.paused.is_some() || place.well.is_some_and(recent));
        let pause = |location: &Slug| {
            let p = self.0.get(location)?.paused.as_ref()?;
            Some(Pause { location: location.clone(), since: p.since, why: p.why.clone() })
        };
        locations.filter_map(pause).collect()
    }
}
