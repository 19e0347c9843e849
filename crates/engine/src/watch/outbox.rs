//! Results on their way out: failures wait until others were heard, and what a sick location found says nothing.

use super::health::Health;
use allclear_model::check::CheckOutcome;
use allclear_model::signal::CheckResult;
use allclear_model::{Slug, Time};
use std::collections::BTreeMap;

/// A failure is told only after so long: meanwhile the location has heard others, and knows whether it is sick. Milliseconds.
const HOLD_MS: i64 = 20_000;
/// One that is news waits until the control targets were asked since, if there are any, and until another location has said what it sees, if one checks the
/// same, but no longer than this. Milliseconds.
const LONGEST_MS: i64 = 90_000;
/// What another location saw while the failure was asked about again counts, too: for so long before it was certain here. Milliseconds.
const ASKED_AGAIN_MS: i64 = 15_000;
/// Nothing waits longer than this, unless the machine slept. Milliseconds.
const STALE_MS: i64 = 120_000;

/// When another location last said what it sees of a service, by the clock of the day; `None` where no other location checks it.
pub type Elsewhere<'a> = &'a dyn Fn(&Slug) -> Option<Time>;

/// Results on their way out.
#[derive(Debug)]
pub struct Outbox {
    /// Where they were found.
    location: Slug,
    held: Vec<Held>,
    /// Services of which the last word that was told is a failure, with when the first of these was measured: the next one is no news.
    failing: BTreeMap<Slug, Time>,
}

#[derive(Debug)]
struct Held {
    /// When it was measured, as the schedule has it, and as the day has it.
    at: Time,
    day: Time,
    result: CheckResult,
}

impl Outbox {
    /// An empty one of this location.
    pub fn new(location: Slug) -> Outbox {
        Outbox { location, held: Vec::new(), failing: BTreeMap::new() }
    }

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

    /// What may be told now. Of a sick location nothing that it found says anything, nor do failures from before it knew, of which those that were told already
    /// are taken back; what a machine that slept still has is forgotten. `elsewhere`: see [`Elsewhere`].
    pub fn take(&mut self, now: Time, day: Time, health: &Health, elsewhere: Elsewhere<'_>) -> Vec<CheckResult> {
        let mut ready = Vec::new();
        let mut held = Vec::new();
        let back = self.withdrawn(health);
        for h in std::mem::take(&mut self.held).into_iter().filter(|h| day.since_ms(h.day) < STALE_MS) {
            let ill = match h.result.outcome {
                CheckOutcome::Down => health.doubts(h.at),
                CheckOutcome::Up | CheckOutcome::Blocked => health.sick().map(|(_, ill)| ill),
                CheckOutcome::Inconclusive => None,
            };
            let result = match ill {
                Some(ill) => unclear(h.result, &ill.said(self.location.as_str())),
                None if h.result.outcome == CheckOutcome::Down && now < self.due(&h, health, elsewhere) => {
                    held.push(h);
                    continue;
                }
                None => h.result,
            };
            match result.outcome {
                CheckOutcome::Down => _ = self.failing.entry(result.service.clone()).or_insert(h.at),
                CheckOutcome::Up | CheckOutcome::Inconclusive => _ = self.failing.remove(&result.service),
                CheckOutcome::Blocked => {}
            }
            ready.push(result);
        }
        self.held = held;
        ready.extend(back);
        ready
    }

    /// What takes back failures that began when the location was sick and did not know yet.
    fn withdrawn(&mut self, health: &Health) -> Vec<CheckResult> {
        let Some((since, ill)) = health.sick() else { return Vec::new() };
        let back = self.failing.iter().filter(|(_, first)| **first >= since).map(|(service, _)| service.clone());
        let back: Vec<Slug> = back.collect();
        let why = ill.said(self.location.as_str());
        let one = |service: Slug| {
            self.failing.remove(&service);
            CheckResult { withdraws: true, ..CheckResult::new(service, CheckOutcome::Inconclusive, Some(&why), None) }
        };
        back.into_iter().map(one).collect()
    }

    /// When a failure may be told.
    fn due(&self, h: &Held, health: &Health, elsewhere: Elsewhere<'_>) -> Time {
        // An agent's results say themselves when they were measured, by the site's clock.
        let measured = h.result.at.unwrap_or(h.day);
        let answered = || elsewhere(&h.result.service).is_none_or(|said| measured.since_ms(said) <= ASKED_AGAIN_MS);
        let sure = self.failing.contains_key(&h.result.service) || (health.vouches(h.at) && answered());
        h.at.plus_ms(if sure { HOLD_MS } else { LONGEST_MS })
    }

    /// Services of which a failure waits that is news.
    pub fn news(&self) -> impl Iterator<Item = &Slug> {
        let services = self.held.iter().filter(|h| h.result.outcome == CheckOutcome::Down).map(|h| &h.result.service);
        services.filter(|service| !self.failing.contains_key(*service))
    }

    /// When the next failure may be told; `None` when none waits.
    pub fn next(&self, health: &Health, elsewhere: Elsewhere<'_>) -> Option<Time> {
        self.held.iter().map(|h| self.due(h, health, elsewhere)).min()
    }
}

/// What a sick location saw.
fn unclear(seen: CheckResult, why: &str) -> CheckResult {
    CheckResult {
        at: seen.at,
        certificate: seen.certificate,
        ..CheckResult::new(seen.service, CheckOutcome::Inconclusive, Some(why), seen.ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::{Controls, Hosts, Reach, paused};
    use allclear_model::check::{Check, HttpCheck};

    fn at(s: i64) -> Time {
        Time(s * 1000)
    }

    /// No other location checks anything.
    const ALONE: Elsewhere<'static> = &|_| None;

    fn outbox() -> Outbox {
        Outbox::new(Slug::parse("oslo").unwrap())
    }

    fn down(slug: &str) -> CheckResult {
        CheckResult::new(Slug::parse(slug).unwrap(), CheckOutcome::Down, Some("refused"), Some(3))
    }

    #[test]
    fn a_failure_waits_until_others_were_heard_and_a_sick_location_s_says_nothing() {
        let mut h = Health::default();
        let mut out = outbox();
        let up = CheckResult::new(Slug::parse("b").unwrap(), CheckOutcome::Up, None, None);
        out.put(down("a"), at(0), at(0));
        out.put(up.clone(), at(0), at(0));
        assert_eq!(out.take(at(0), at(0), &h, ALONE), [up]);
        assert_eq!(out.next(&h, ALONE), Some(at(20)));
        out.put(down("a"), at(10), at(10));
        assert!(out.take(at(19), at(19), &h, ALONE).is_empty());
        assert_eq!(out.take(at(20), at(20), &h, ALONE), [down("a")], "one that goes on does not wait anew");
        assert_eq!(out.next(&h, ALONE), None);
        out.put(down("a"), at(30), at(30));
        for host in ["x", "y", "z"] {
            h.note(host, Reach::Lost, None, at(31));
        }
        let told = out.take(at(32), at(32), &h, ALONE);
        assert_eq!((told[0].outcome, told.len()), (CheckOutcome::Inconclusive, 1));
        let why = told[0].reason.as_deref().unwrap();
        assert_eq!(why, "our checks from oslo are paused: most of what they ask fails at once");
        assert_eq!(paused(why), Some("most of what they ask fails at once"));
        let strange = ["our checks from  are paused: x", "our checks from my own place are paused: x", "refused"];
        assert_eq!(strange.map(paused), [None; 3]);
        // What was measured while it was sick says nothing, though it is well by now.
        out.put(down("a"), at(33), at(33));
        for host in ["x", "y", "z"] {
            h.note(host, Reach::Reached, None, at(34));
        }
        assert_eq!(h.sick(), None);
        assert_eq!(out.take(at(35), at(35), &h, ALONE)[0].outcome, CheckOutcome::Inconclusive);
        assert!(h.doubts(at(33)).is_some() && h.doubts(at(34)).is_none());
    }

    #[test]
    fn a_location_that_learns_that_it_was_sick_takes_back_what_it_told_of_since_then_and_nothing_older() {
        let (mut h, mut out) = (Health::default(), outbox());
        out.put(down("old"), at(0), at(0));
        assert_eq!(out.take(at(20), at(20), &h, ALONE), [down("old")]);
        for (host, s) in [("a", 100), ("b", 130)] {
            h.note(host, Reach::Lost, None, at(s));
            out.put(down(host), at(s), at(s));
        }
        assert_eq!(out.take(at(150), at(150), &h, ALONE), [down("a"), down("b")], "two hosts can tell nothing");
        h.note("c", Reach::Lost, None, at(160));
        let told = out.take(at(160), at(160), &h, ALONE);
        let said: Vec<_> = told.iter().map(|r| (r.service.as_str(), r.outcome, r.withdraws)).collect();
        assert_eq!(said, [("a", CheckOutcome::Inconclusive, true), ("b", CheckOutcome::Inconclusive, true)]);
        assert!(told.iter().all(|r| r.reason.as_deref().and_then(paused).is_some()), "{told:?}");
        assert!(out.take(at(165), at(165), &h, ALONE).is_empty(), "once");
    }

    #[test]
    fn a_newer_word_takes_the_place_of_a_failure_that_waits_and_a_machine_that_slept_tells_nothing_old() {
        let (h, mut out) = (Health::default(), outbox());
        let up = CheckResult::new(Slug::parse("a").unwrap(), CheckOutcome::Up, None, None);
        out.put(down("a"), at(0), at(0));
        out.put(up.clone(), at(5), at(5));
        assert_eq!(out.take(at(5), at(5), &h, ALONE), [up]);
        assert!(out.take(at(30), at(30), &h, ALONE).is_empty());
        out.put(down("a"), at(40), at(40));
        assert!(
            out.take(at(60), at(4000), &h, ALONE).is_empty(),
            "an hour has gone by that the schedule knows nothing of"
        );
    }

    #[test]
    fn a_failure_that_is_news_waits_until_controls_were_asked_since_and_one_that_goes_on_does_not() {
        let control = ("c".to_owned(), Check::Http(HttpCheck::get("http://c.example/")));
        let mut h = Health::new(Controls::new(vec![control], false));
        let round = |h: &mut Health, reached, s| {
            for (i, _) in h.controls().take(true, &Hosts::default(), at(s)) {
                h.controls().heard(i, reached, at(s));
            }
            h.judge(at(s));
        };
        let mut out = outbox();
        round(&mut h, true, 0);
        out.put(down("a"), at(5), at(5));
        assert!(
            out.news().next().is_some() && out.take(at(59), at(59), &h, ALONE).is_empty(),
            "what was heard before says nothing"
        );
        round(&mut h, true, 60);
        assert_eq!(out.take(at(60), at(60), &h, ALONE), [down("a")]);
        out.put(down("a"), at(65), at(65));
        assert_eq!(out.news().count(), 0);
        assert_eq!(out.take(at(85), at(85), &h, ALONE), [down("a")]);
        // Controls that are never heard do not keep it for ever.
        out.put(down("b"), at(90), at(90));
        assert_eq!(
            (out.take(at(179), at(179), &h, ALONE), out.take(at(180), at(180), &h, ALONE)),
            (vec![], vec![down("b")])
        );
        // And where they are lost, nothing is told.
        out.put(down("c"), at(200), at(200));
        round(&mut h, false, 201);
        assert_eq!(out.take(at(202), at(202), &h, ALONE)[0].outcome, CheckOutcome::Inconclusive);
    }

    #[test]
    fn a_failure_that_is_news_waits_until_another_location_has_looked_or_for_90_seconds_and_one_that_goes_on_does_not()
    {
        let (h, mut out) = (Health::default(), outbox());
        // The other one looked a minute before.
        let old: Elsewhere<'_> = &|_| Some(at(40));
        out.put(down("a"), at(100), at(100));
        assert!(out.take(at(120), at(120), &h, old).is_empty());
        assert_eq!((out.next(&h, old), out.news().count()), (Some(at(190)), 1));
        let answered: Elsewhere<'_> = &|_| Some(at(130));
        assert_eq!(out.take(at(130), at(130), &h, answered), [down("a")]);
        out.put(down("a"), at(200), at(200));
        assert_eq!(out.take(at(220), at(220), &h, answered), [down("a")], "it is known to fail");
        // Whoever never answers keeps nothing back for ever.
        out.put(down("b"), at(300), at(300));
        assert!(out.take(at(389), at(389), &h, old).is_empty());
        assert_eq!(out.take(at(390), at(390), &h, old), [down("b")]);
        // What it saw while the failure was asked about again is an answer, and of whom nobody else checks none is waited for.
        out.put(down("c"), at(400), at(400));
        out.put(down("d"), at(400), at(400));
        let meanwhile: Elsewhere<'_> = &|service| (service.as_str() == "c").then_some(at(385));
        assert_eq!(out.take(at(420), at(420), &h, meanwhile), [down("c"), down("d")]);
    }

    #[test]
    fn an_agent_s_failure_is_compared_with_what_others_saw_by_the_clock_of_the_site() {
        let (h, mut out) = (Health::default(), outbox());
        // This machine's clock is an hour behind.
        let hour = 3600;
        out.put(CheckResult { at: Some(at(hour + 100)), ..down("a") }, at(100), at(100));
        let before: Elsewhere<'_> = &|_| Some(at(hour + 60));
        assert!(out.take(at(130), at(130), &h, before).is_empty());
        let since: Elsewhere<'_> = &|_| Some(at(hour + 131));
        assert_eq!(out.take(at(131), at(131), &h, since).len(), 1);
    }
}
