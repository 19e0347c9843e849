//! Which other locations are paused, by what their checks say: an agent tells of it beside each result, and what it found of other services before
//! stands until it asks them again, so that one word is enough.

use crate::view::{CheckOutcome, Pause, ServiceView, SpotNow};
use crate::watch;
use allclear_model::{Slug, Time};
use std::collections::BTreeMap;

/// A location of which nothing was heard for so long may be well again. Milliseconds.
const RECENT_MS: i64 = 600_000;

/// By location: there are as many as agents that an operator added.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(location: &str, minute: i64, outcome: CheckOutcome, reason: Option<&str>) -> SpotNow {
        SpotNow {
            location: Slug::parse(location).unwrap(),
            outcome,
            at: Time(minute * 60_000),
            reason: reason.map(str::to_owned),
            ms: None,
            usual_ms: None,
            certificate: None,
            proven: true,
            speaks: true,
            failing_since: None,
            cells: Vec::new(),
            whys: Vec::new(),
        }
    }

    fn found(location: &str, minute: i64) -> SpotNow {
        spot(location, minute, CheckOutcome::Down, Some("refused"))
    }

    fn paused(location: &str, minute: i64, why: &str) -> SpotNow {
        spot(
            location,
            minute,
            CheckOutcome::Inconclusive,
            Some(&format!("our checks from {location} are paused: {why}")),
        )
    }

    /// What is told at `minute` of these locations: since when, and why.
    fn told(pauses: &mut Pauses, locations: &[&str], minute: i64) -> Vec<(String, i64, String)> {
        let slugs: Vec<Slug> = locations.iter().map(|l| Slug::parse(l).unwrap()).collect();
        let all = pauses.of(slugs.iter(), Time(minute * 60_000));
        all.into_iter().map(|p| (p.location.to_string(), p.since.0 / 60_000, p.why)).collect()
    }

    #[test]
    fn one_word_of_a_location_is_enough_until_it_finds_something_again() {
        let mut pauses = Pauses::default();
        for (minute, service) in [(1, found("lisbon", 1)), (3, paused("lisbon", 3, "no way out"))] {
            pauses.heard(&service);
            assert_eq!(told(&mut pauses, &["lisbon"], minute).len(), usize::from(minute == 3));
        }
        // Another service, which it said earlier; and the first one, which it says again.
        pauses.heard(&paused("lisbon", 2, "no way out"));
        pauses.heard(&paused("lisbon", 4, "no names"));
        assert_eq!(told(&mut pauses, &["lisbon"], 4), [("lisbon".into(), 2, "no names".into())]);
        assert_eq!(told(&mut pauses, &["tokyo"], 4), [], "of an agent that is gone nobody asks");
        pauses.heard(&found("lisbon", 5));
        assert_eq!(told(&mut pauses, &["lisbon"], 5), []);
    }

    #[test]
    fn what_was_found_before_a_pause_does_not_end_it_and_a_pause_that_is_over_does_not_come_back_with_an_older_picture()
    {
        let mut pauses = Pauses::default();
        pauses.heard(&paused("lisbon", 3, "no names"));
        pauses.heard(&found("lisbon", 2));
        assert_eq!(told(&mut pauses, &["lisbon"], 3).len(), 1);
        pauses.heard(&found("lisbon", 4));
        pauses.heard(&paused("lisbon", 3, "no names"));
        assert_eq!(told(&mut pauses, &["lisbon"], 4), []);
    }

    #[test]
    fn a_location_of_which_nothing_is_heard_for_ten_minutes_is_not_called_paused_any_more() {
        let mut pauses = Pauses::default();
        pauses.heard(&paused("lisbon", 3, "no names"));
        assert_eq!(told(&mut pauses, &["lisbon"], 12).len(), 1);
        assert_eq!(told(&mut pauses, &["lisbon"], 13), []);
        assert!(pauses.0.is_empty(), "nor is it remembered");
    }

    #[test]
    fn what_a_location_could_not_ask_for_another_reason_is_no_pause() {
        let mut pauses = Pauses::default();
        pauses.heard(&spot("lisbon", 3, CheckOutcome::Inconclusive, Some("the robots.txt forbids it")));
        pauses.heard(&spot("tokyo", 3, CheckOutcome::Inconclusive, None));
        assert_eq!(told(&mut pauses, &["lisbon", "tokyo"], 3), []);
    }

    #[test]
    fn many_healthy_locations_do_not_hide_a_paused_one() {
        let mut pauses = Pauses::default();
        (0..1000).for_each(|n| pauses.heard(&found(&format!("place-{n}"), 3)));
        pauses.heard(&paused("lisbon", 3, "no names"));
        assert_eq!(told(&mut pauses, &["lisbon"], 3).len(), 1);
    }
}
