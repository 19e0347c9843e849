//! Results on their way out: failures wait until others were heard, and what a sick location found says nothing.

use super::health::{Health, Illness};
use allclear_model::Time;
use allclear_model::check::CheckOutcome;
use allclear_model::signal::CheckResult;

/// A failure is told only after so long: meanwhile the location has heard others, and knows whether it is sick. Milliseconds.
const HOLD_MS: i64 = 20_000;
/// Nothing waits longer than this, unless the machine slept. Milliseconds.
const STALE_MS: i64 = 60_000;

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

    /// What may be told now. Of a sick location nothing that it found says anything, nor do failures from before it knew; what a machine that slept still
    /// has is forgotten.
    pub fn take(&mut self, now: Time, day: Time, health: &Health) -> Vec<CheckResult> {
        let mut ready = Vec::new();
        let mut held = Vec::new();
        for h in self.held.drain(..).filter(|h| day.since_ms(h.day) < STALE_MS) {
            let ill = match h.result.outcome {
                CheckOutcome::Down => health.doubts(h.at),
                CheckOutcome::Up | CheckOutcome::Blocked => health.sick().map(|(_, ill)| ill),
                CheckOutcome::Inconclusive => None,
            };
            match ill {
                Some(ill) => ready.push(unclear(h.result, ill)),
                None if h.result.outcome == CheckOutcome::Down && now.since_ms(h.at) < HOLD_MS => held.push(h),
                None => ready.push(h.result),
            }
        }
        self.held = held;
        ready
    }

    /// Whether a failure waits.
    pub fn waits(&self) -> bool {
        !self.held.is_empty()
    }

    /// When the next failure may be told; `None` when none waits.
    pub fn next(&self) -> Option<Time> {
        self.held.iter().map(|h| h.at.plus_ms(HOLD_MS)).min()
    }
}

/// What a sick location saw.
fn unclear(seen: CheckResult, ill: Illness) -> CheckResult {
    CheckResult {
        at: seen.at,
        certificate: seen.certificate,
        ..CheckResult::new(seen.service, CheckOutcome::Inconclusive, Some(&ill.said()), seen.ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Reach;
    use allclear_model::Slug;

    fn at(s: i64) -> Time {
        Time(s * 1000)
    }

    fn down(slug: &str) -> CheckResult {
        CheckResult::new(Slug::parse(slug).unwrap(), CheckOutcome::Down, Some("refused"), Some(3))
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
            h.note(host, Reach::Lost, None, at(31));
        }
        let told = out.take(at(32), at(32), &h);
        assert_eq!((told[0].outcome, told.len()), (CheckOutcome::Inconclusive, 1));
        // What was measured while it was sick says nothing, though it is well by now.
        out.put(down("a"), at(33), at(33));
        for host in ["x", "y", "z"] {
            h.note(host, Reach::Reached, None, at(34));
        }
        assert_eq!(h.sick(), None);
        assert_eq!(out.take(at(35), at(35), &h)[0].outcome, CheckOutcome::Inconclusive);
        assert!(h.doubts(at(33)).is_some() && h.doubts(at(34)).is_none());
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
