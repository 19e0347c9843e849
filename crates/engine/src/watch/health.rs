//! Whether this location itself is well. Where most of what it asks fails at once, whatever it is, the fault is its own: its results say nothing
//! until that is over.

use allclear_model::Time;
use allclear_model::check::CheckOutcome;
use allclear_model::signal::CheckResult;
use std::collections::VecDeque;

/// Hosts, those heard last, that are asked what they say of this location. A dozen unrelated hosts do not fail together.
const HOSTS: usize = 12;
/// What is older says nothing of now. Milliseconds.
const FRESH_MS: i64 = 300_000;
/// With fewer hosts than this nothing can be told.
const FEW: usize = 3;
/// A failure is told only after so long: meanwhile the location has heard others, and knows whether it is sick. Milliseconds.
const HOLD_MS: i64 = 20_000;
/// Nothing waits longer than this, unless the machine slept. Milliseconds.
const STALE_MS: i64 = 60_000;

/// Why a failure of a sick location says nothing.
pub const PAUSED: &str = "our checks from here are paused: most of what they ask fails at once";

/// What a location hears of unrelated hosts.
#[derive(Debug, Default)]
pub struct Health {
    /// The last word of each of the last hosts, oldest first: when, and whether it was reached.
    heard: VecDeque<(String, Time, bool)>,
    sick: Option<Time>,
    /// When it last became well.
    well_since: Option<Time>,
}

impl Health {
    /// A host was reached, or was not. What was not asked at all says nothing, and is not to be noted.
    pub fn note(&mut self, host: &str, reached: bool, now: Time) {
        self.heard.retain(|(h, at, _)| h != host && now.since_ms(*at) <= FRESH_MS);
        self.heard.push_back((host.to_owned(), now, reached));
        while self.heard.len() > HOSTS {
            self.heard.pop_front();
        }
        let all = self.heard.len();
        let failed = self.heard.iter().filter(|(.., reached)| !reached).count();
        let first = self.heard.iter().find(|(.., reached)| !reached).map(|(_, at, _)| *at);
        let was_sick = self.sick.is_some();
        self.sick = match self.sick {
            // Few hosts must agree, of many most.
            None if all >= FEW && (failed == all || (all >= HOSTS && 2 * failed > all)) => first,
            Some(_) if 4 * failed < all || all < FEW => None,
            as_before => as_before,
        };
        if was_sick && self.sick.is_none() {
            self.well_since = Some(now);
        }
    }

    /// Whether a failure of what began then may be the location's own: it is sick now, or was when that began.
    pub fn doubts(&self, began: Time) -> bool {
        self.sick.is_some() || self.well_since.is_some_and(|well| began < well)
    }

    /// Since when the location is sick; `None` while it is well, as far as it knows.
    pub fn sick(&self) -> Option<Time> {
        self.sick
    }
}

/// Results on their way out.
#[derive(Debug, Default)]
pub struct Outbox {
    held: Vec<Held>,
}

#[derive(Debug)]
struct Held {
    /// When it was measured, as the schedule has it, and as the day has it.
    at: Time,
    day: Time,
    result: CheckResult,
}

impl Outbox {
    /// A result that is to be told, measured at `now`, which is `day` by the clock of the day. It takes the place of an older failure of the same service
    /// that still waits; a failure that goes on does not wait anew.
    pub fn put(&mut self, result: CheckResult, now: Time, day: Time) {
        let waits = |h: &Held| h.result.service == result.service && h.result.outcome == CheckOutcome::Down;
        match result.outcome {
            CheckOutcome::Down if self.held.iter().any(waits) => return,
            CheckOutcome::Up | CheckOutcome::Blocked => self.held.retain(|h| !waits(h)),
            CheckOutcome::Down | CheckOutcome::Inconclusive => {}
        }
        self.held.push(Held { at: now, day, result });
    }

    /// What may be told now. Failures of a sick location become inconclusive, also those from before it knew; what a machine that slept still has is
    /// forgotten.
    pub fn take(&mut self, now: Time, day: Time, health: &Health) -> Vec<CheckResult> {
        let mut ready = Vec::new();
        let mut held = Vec::new();
        for h in self.held.drain(..).filter(|h| day.since_ms(h.day) < STALE_MS) {
            match h.result.outcome {
                CheckOutcome::Down if health.doubts(h.at) => ready.push(unclear(h.result)),
                CheckOutcome::Down if now.since_ms(h.at) < HOLD_MS => held.push(h),
                _ => ready.push(h.result),
            }
        }
        self.held = held;
        ready
    }

    /// When the next failure may be told; `None` when none waits.
    pub fn next(&self) -> Option<Time> {
        self.held.iter().map(|h| h.at.plus_ms(HOLD_MS)).min()
    }
}

/// What a failure is that a sick location saw.
fn unclear(seen: CheckResult) -> CheckResult {
    CheckResult {
        at: seen.at,
        certificate: seen.certificate,
        ..CheckResult::new(seen.service, CheckOutcome::Inconclusive, Some(PAUSED), seen.ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::Slug;

    fn at(s: i64) -> Time {
        Time(s * 1000)
    }

    fn down(slug: &str) -> CheckResult {
        CheckResult::new(Slug::parse(slug).unwrap(), CheckOutcome::Down, Some("refused"), Some(3))
    }

    #[test]
    fn a_location_from_which_most_hosts_fail_is_sick_from_the_first_of_them_and_well_once_most_are_reached() {
        let mut h = Health::default();
        for i in 0..12 {
            h.note(&format!("h{i}"), true, at(i));
        }
        for i in 0..6 {
            h.note(&format!("h{i}"), false, at(20 + i));
            assert_eq!(h.sick(), None, "half of them is not most");
        }
        h.note("h6", false, at(26));
        assert_eq!(h.sick(), Some(at(20)));
        for i in 0..5 {
            h.note(&format!("h{i}"), true, at(40 + i));
        }
        assert_eq!(h.sick(), None);
    }

    #[test]
    fn one_host_that_fails_again_and_again_makes_nobody_sick() {
        let mut h = Health::default();
        for i in 0..11 {
            h.note(&format!("h{i}"), true, at(i));
        }
        for t in 0..50 {
            h.note("bad", false, at(20 + t));
        }
        assert_eq!(h.sick(), None);
    }

    #[test]
    fn of_few_hosts_all_must_fail_and_two_can_tell_nothing() {
        let mut h = Health::default();
        h.note("a", false, at(0));
        h.note("b", false, at(1));
        assert_eq!(h.sick(), None);
        h.note("c", false, at(2));
        assert_eq!(h.sick(), Some(at(0)));
        // What is long ago says nothing, either way.
        h.note("a", false, at(1000));
        assert_eq!(h.sick(), None);
    }

    #[test]
    fn a_failure_waits_until_others_were_heard_and_a_sick_location_s_says_nothing() {
        let mut h = Health::default();
        let mut out = Outbox::default();
        let up = CheckResult::new(Slug::parse("b").unwrap(), CheckOutcome::Up, None, None);
        out.put(down("a"), at(0), at(0));
        out.put(up.clone(), at(0), at(0));
        assert_eq!(out.take(at(0), at(0), &h), [up]);
        assert_eq!(out.next(), Some(at(20)));
        out.put(down("a"), at(10), at(10));
        assert!(out.take(at(19), at(19), &h).is_empty());
        assert_eq!(out.take(at(20), at(20), &h), [down("a")], "one that goes on does not wait anew");
        assert_eq!(out.next(), None);
        out.put(down("a"), at(30), at(30));
        for host in ["x", "y", "z"] {
            h.note(host, false, at(31));
        }
        let told = out.take(at(32), at(32), &h);
        assert_eq!((told[0].outcome, told.len()), (CheckOutcome::Inconclusive, 1));
        // What was measured while it was sick says nothing, though it is well by now.
        out.put(down("a"), at(33), at(33));
        for host in ["x", "y", "z"] {
            h.note(host, true, at(34));
        }
        assert_eq!(h.sick(), None);
        assert_eq!(out.take(at(35), at(35), &h)[0].outcome, CheckOutcome::Inconclusive);
        assert!(h.doubts(at(33)) && !h.doubts(at(34)));
    }

    #[test]
    fn a_newer_word_takes_the_place_of_a_failure_that_waits_and_a_machine_that_slept_tells_nothing_old() {
        let (h, mut out) = (Health::default(), Outbox::default());
        let up = CheckResult::new(Slug::parse("a").unwrap(), CheckOutcome::Up, None, None);
        out.put(down("a"), at(0), at(0));
        out.put(up.clone(), at(5), at(5));
        assert_eq!(out.take(at(5), at(5), &h), [up]);
        assert!(out.take(at(30), at(30), &h).is_empty());
        out.put(down("a"), at(40), at(40));
        assert!(out.take(at(60), at(4000), &h).is_empty(), "an hour has gone by that the schedule knows nothing of");
    }
}
