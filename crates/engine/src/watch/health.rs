//! Whether this location itself is well. Where most of what it asks fails at once, whatever it is, the fault is its own: its results say nothing
//! until that is over.

use allclear_model::check::CheckOutcome;
use allclear_model::signal::CheckResult;
use allclear_model::{Slug, Time};
use std::collections::VecDeque;

/// Hosts, those heard last, that are asked what they say of this location. A dozen unrelated hosts do not fail together.
const HOSTS: usize = 12;
/// What is older says nothing of now. Milliseconds.
const FRESH_MS: i64 = 300_000;
/// With fewer hosts than this nothing can be told.
const FEW: usize = 3;
/// A failure is told only after so long: meanwhile the location has heard others, and knows whether it is sick. Milliseconds.
const HOLD_MS: i64 = 20_000;

/// What a location hears of unrelated hosts.
#[derive(Debug, Default)]
pub struct Health {
    /// The last word of each of the last hosts, oldest first: when, and whether it was reached.
    heard: VecDeque<(String, Time, bool)>,
    sick: Option<Time>,
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
        self.sick = match self.sick {
            // Few hosts must agree, of many most.
            None if all >= FEW && (failed == all || (all >= HOSTS && 2 * failed > all)) => first,
            Some(_) if 4 * failed < all || all < FEW => None,
            as_before => as_before,
        };
    }

    /// Since when the location is sick; `None` while it is well, as far as it knows.
    pub fn sick(&self) -> Option<Time> {
        self.sick
    }
}

/// Results on their way out.
#[derive(Debug, Default)]
pub struct Outbox {
    held: Vec<(Time, CheckResult)>,
}

impl Outbox {
    /// A result that is to be told, measured at `now`.
    pub fn put(&mut self, result: CheckResult, now: Time) {
        self.held.push((now, result));
    }

    /// What may be told now. Failures of a sick location become inconclusive, also those from before it knew.
    pub fn take(&mut self, now: Time, health: &Health) -> Vec<CheckResult> {
        let mut ready = Vec::new();
        let mut held = Vec::new();
        for (at, result) in self.held.drain(..) {
            match result.outcome {
                CheckOutcome::Down if health.sick().is_some() => ready.push(unclear(result.service, result.ms)),
                CheckOutcome::Down if now.since_ms(at) < HOLD_MS => held.push((at, result)),
                _ => ready.push(result),
            }
        }
        self.held = held;
        ready
    }

    /// When the next failure may be told; `None` when none waits.
    pub fn next(&self) -> Option<Time> {
        self.held.iter().map(|(at, _)| at.plus_ms(HOLD_MS)).min()
    }
}

/// What a failure is that a sick location saw.
fn unclear(service: Slug, ms: Option<u32>) -> CheckResult {
    let why = "our checks from here are paused: most of what they ask fails at once";
    CheckResult::new(service, CheckOutcome::Inconclusive, Some(why), ms)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        out.put(down("a"), at(0));
        out.put(up.clone(), at(0));
        assert_eq!(out.take(at(0), &h), [up]);
        assert_eq!(out.next(), Some(at(20)));
        assert!(out.take(at(19), &h).is_empty());
        assert_eq!(out.take(at(20), &h), [down("a")]);
        assert_eq!(out.next(), None);
        out.put(down("a"), at(30));
        for host in ["x", "y", "z"] {
            h.note(host, false, at(31));
        }
        let told = out.take(at(32), &h);
        assert_eq!((told[0].outcome, told.len()), (CheckOutcome::Inconclusive, 1));
    }
}
