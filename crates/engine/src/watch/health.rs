//! Whether this location itself is well. Where most of what it asks fails at once, whatever it is, or its control targets cannot be reached, the fault is its
//! own; so it is where most hosts agree that its clock is wrong. Its results say nothing until that is over.

use super::controls::Controls;
use allclear_model::Time;
use std::collections::{BTreeSet, VecDeque};

/// Hosts, those heard last, that are asked what they say of this location. A dozen unrelated hosts do not fail together.
const HOSTS: usize = 12;
/// What is older says nothing of now. Milliseconds.
const FRESH_MS: i64 = 300_000;
/// With fewer hosts than this nothing can be told.
const FEW: usize = 3;
/// A clock that is further off than this is wrong. Certificates are judged by it, and hosts' own dates are rarely off by seconds. Milliseconds.
const CLOCK_MS: i64 = 120_000;

/// Around the name of a location in the reason of whatever it finds while it is sick; what is wrong with it follows.
const PAUSED: [&str; 2] = ["our checks from ", " are paused: "];

/// What the location suffers from that gave this reason for a result; `None` where the reason is another one.
pub fn paused(reason: &str) -> Option<&str> {
    let [before, behind] = PAUSED;
    let (location, why) = reason.strip_prefix(before)?.split_once(behind)?;
    // A name is one word; whoever answers a check has a hand in reasons.
    (!location.is_empty() && !location.contains(' ')).then_some(why)
}

/// What is wrong with a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Illness {
    /// Hosts that have nothing to do with each other cannot be reached.
    NoWayOut,
    /// It gets no addresses for their names.
    NoNames,
    /// Its clock is wrong.
    WrongClock,
}

impl Illness {
    /// What it is, in words.
    pub fn why(self) -> &'static str {
        match self {
            Illness::NoWayOut => "most of what they ask fails at once",
            Illness::NoNames => "names are not resolved here",
            Illness::WrongClock => "the clock here is wrong",
        }
    }

    /// Why a result from `location` says nothing while that has this.
    pub fn said(self, location: &str) -> String {
        let [before, behind] = PAUSED;
        format!("{before}{location}{behind}{}", self.why())
    }
}

/// What was heard of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It answered.
    Reached,
    /// It did not.
    Lost,
    /// It could not even be asked: its name gave no address.
    Unnamed,
}

/// What a location hears of unrelated hosts.
#[derive(Debug, Default)]
pub struct Health {
    /// The last word of each of the last hosts, oldest first.
    heard: VecDeque<Heard>,
    controls: Controls,
    /// Hosts that failed though there was a way out, until they are reached again: their failing says nothing of this place.
    vouched: BTreeSet<String>,
    sick: Option<(Time, Illness)>,
    /// When it last became well, and of what.
    healed: Option<(Time, Illness)>,
}

#[derive(Debug)]
struct Heard {
    host: String,
    at: Time,
    reach: Reach,
    ahead_ms: Option<i64>,
}

impl Health {
    /// Nothing heard yet; `controls` are its control targets.
    pub fn new(controls: Controls) -> Health {
        Health { controls, ..Health::default() }
    }

    /// Its control targets. After one was heard, [`Health::judge`].
    pub fn controls(&mut self) -> &mut Controls {
        &mut self.controls
    }

    /// A host was reached, or was not; what was not asked at all says nothing, and is not to be noted. `ahead_ms`: how far the clock that it named is ahead
    /// of ours.
    pub fn note(&mut self, host: &str, reach: Reach, ahead_ms: Option<i64>, now: Time) {
        self.heard.retain(|h| h.host != host);
        if reach == Reach::Reached {
            self.vouched.remove(host);
        }
        self.heard.push_back(Heard { host: host.to_owned(), at: now, reach, ahead_ms });
        self.judge(now);
    }

    /// Judges anew by what was heard.
    pub fn judge(&mut self, now: Time) {
        self.heard.retain(|h| now.since_ms(h.at) <= FRESH_MS);
        while self.heard.len() > HOSTS {
            self.heard.pop_front();
        }
        if let Some((at, true)) = self.controls.word(now) {
            let lost = self.heard.iter().filter(|h| h.reach != Reach::Reached && h.at <= at);
            self.vouched.extend(lost.map(|h| h.host.clone()));
        }
        let before = self.sick;
        self.sick = match (self.ill(now), before) {
            (Some(ill), Some((since, _))) => Some((since, ill)),
            (Some(ill), None) => {
                let first = self.heard.iter().find(|h| h.reach != Reach::Reached);
                Some((first.map_or(now, |h| h.at), ill))
            }
            (None, _) => None,
        };
        if let (None, Some((_, ill))) = (self.sick, before) {
            self.healed = Some((now, ill));
        }
    }

    fn ill(&self, now: Time) -> Option<Illness> {
        if self.clock_is_wrong() {
            return Some(Illness::WrongClock);
        }
        // That there was a way out says nothing of what was lost since.
        let lost_it = self.controls.word(now).is_some_and(|(_, out)| !out) || self.most_fail();
        let mut lost = self.heard.iter().filter(|h| h.reach != Reach::Reached).peekable();
        let names = lost.peek().is_some() && lost.all(|h| h.reach == Reach::Unnamed);
        let illness = if names { Illness::NoNames } else { Illness::NoWayOut };
        lost_it.then_some(illness)
    }

    /// Of few hosts all must agree, of many most. Whoever is sick stays so until three quarters of many are reached, or half of few.
    fn most_fail(&self) -> bool {
        let heard = || self.heard.iter().filter(|h| !self.vouched.contains(&h.host));
        let all = heard().count();
        let failed = heard().filter(|h| h.reach != Reach::Reached).count();
        let many = all >= HOSTS;
        match self.sick {
            _ if all < FEW => false,
            Some((_, Illness::NoWayOut | Illness::NoNames)) if many => 4 * failed >= all,
            Some((_, Illness::NoWayOut | Illness::NoNames)) => 2 * failed > all,
            _ => failed == all || (many && 2 * failed > all),
        }
    }

    /// Three quarters of the clocks that were heard are off in the same direction, or half of them once that was so.
    fn clock_is_wrong(&self) -> bool {
        let ahead: Vec<i64> = self.heard.iter().filter_map(|h| h.ahead_ms).collect();
        let before = ahead.iter().filter(|ms| **ms < -CLOCK_MS).count();
        let off = before.max(ahead.iter().filter(|ms| **ms > CLOCK_MS).count());
        match self.sick {
            _ if ahead.len() < FEW => false,
            Some((_, Illness::WrongClock)) => 2 * off > ahead.len(),
            _ => 4 * off >= 3 * ahead.len(),
        }
    }

    /// What the location is ill of, if that makes what began then doubtful: it is sick now, or was when that began.
    pub fn doubts(&self, began: Time) -> Option<Illness> {
        let healed = self.healed.filter(|(at, _)| began < *at);
        self.sick.or(healed).map(|(_, ill)| ill)
    }

    /// Whether it is known that there was a way out after `at`, or there is nothing that could tell.
    pub(super) fn vouches(&self, at: Time) -> bool {
        self.controls.since(at)
    }

    /// Since when the location is sick, and of what; `None` while it is well, as far as it knows.
    pub fn sick(&self) -> Option<(Time, Illness)> {
        self.sick
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Hosts;
    use Reach::{Lost, Reached, Unnamed};
    use allclear_model::check::{Check, HttpCheck};

    fn at(s: i64) -> Time {
        Time(s * 1000)
    }

    /// A dozen hosts are reached, one a second.
    fn well() -> Health {
        let mut h = Health::default();
        for i in 0..12 {
            h.note(&format!("h{i}"), Reached, None, at(i));
        }
        h
    }

    #[test]
    fn a_location_from_which_most_hosts_fail_is_sick_from_the_first_of_them_and_well_once_most_are_reached() {
        let mut h = well();
        for i in 0..6 {
            h.note(&format!("h{i}"), Lost, None, at(20 + i));
            assert_eq!(h.sick(), None, "half of them is not most");
        }
        h.note("h6", Lost, None, at(26));
        assert_eq!(h.sick(), Some((at(20), Illness::NoWayOut)));
        for i in 0..5 {
            h.note(&format!("h{i}"), Reached, None, at(40 + i));
        }
        assert_eq!(h.sick(), None);
        assert!(h.doubts(at(43)).is_some() && h.doubts(at(44)).is_none(), "what began before says nothing");
    }

    #[test]
    fn one_host_that_fails_again_and_again_makes_nobody_sick() {
        let mut h = well();
        for t in 0..50 {
            h.note("bad", Lost, None, at(20 + t));
        }
        assert_eq!(h.sick(), None);
    }

    #[test]
    fn of_few_hosts_all_must_fail_and_two_can_tell_nothing() {
        let mut h = Health::default();
        h.note("a", Lost, None, at(0));
        h.note("b", Unnamed, None, at(1));
        assert_eq!(h.sick(), None);
        h.note("c", Unnamed, None, at(2));
        assert_eq!(h.sick(), Some((at(0), Illness::NoWayOut)));
        // What is long ago says nothing, either way.
        h.note("a", Unnamed, None, at(1000));
        assert_eq!(h.sick(), None);
        for host in ["a", "b", "c"] {
            h.note(host, Unnamed, None, at(1001));
        }
        assert_eq!(h.sick().map(|s| s.1), Some(Illness::NoNames));
    }

    /// A round of three controls, all reached or none.
    fn round(h: &mut Health, reached: bool, s: i64) {
        for (i, _) in h.controls().take(true, &Hosts::default(), at(s)) {
            h.controls().heard(i, reached, at(s));
        }
        h.judge(at(s));
    }

    #[test]
    fn controls_tell_a_location_with_one_service_to_watch_from_its_lost_way_and_an_outage_of_many_from_its_own() {
        let control = |i| (format!("c{i}"), Check::Http(HttpCheck::get(format!("http://c{i}.example/"))));
        let controlled = || Health::new(Controls::new((0..3).map(control).collect(), false));
        let mut one = controlled();
        round(&mut one, true, 0);
        one.note("only", Lost, None, at(100));
        round(&mut one, true, 101);
        assert_eq!(one.sick(), None, "the failure is its own");
        round(&mut one, false, 161);
        assert_eq!(one.sick(), Some((at(100), Illness::NoWayOut)));
        round(&mut one, true, 221);
        assert_eq!(one.sick(), None);

        let mut many = controlled();
        for i in 0..12 {
            many.note(&format!("h{i}"), Lost, None, at(i));
        }
        assert!(many.sick().is_some());
        round(&mut many, true, 20);
        assert_eq!(many.sick(), None, "there is a way out: they fail");
        // They go on failing, with a round each minute and without one: that is no news of this place.
        for t in 30..1000 {
            many.note(&format!("h{}", t % 12), Lost, None, at(t));
            if t % 60 == 0 && t < 500 {
                round(&mut many, true, t);
            }
            assert_eq!(many.sick(), None, "second {t}");
        }
        // What is lost after the last round is another matter.
        for i in 0..3 {
            many.note(&format!("new{i}"), Lost, None, at(1000 + i));
        }
        assert!(many.sick().is_some());
    }

    #[test]
    fn a_small_location_without_controls_is_well_again_once_half_of_its_hosts_are_reached_and_a_mended_clock_is_no_lost_way()
     {
        let mut h = Health::default();
        for host in ["a", "b", "c"] {
            h.note(host, Lost, None, at(0));
        }
        assert!(h.sick().is_some());
        h.note("a", Reached, None, at(60));
        assert!(h.sick().is_some());
        h.note("b", Reached, None, at(61));
        assert_eq!(h.sick(), None, "the third is really broken");

        let mut h = Health::default();
        for host in ["a", "b", "c", "d"] {
            h.note(host, Reached, Some(600_000), at(0));
        }
        assert_eq!(h.sick().map(|s| s.1), Some(Illness::WrongClock));
        h.note("d", Lost, None, at(60));
        for host in ["a", "b", "c"] {
            h.note(host, Reached, Some(0), at(61));
        }
        assert_eq!(h.sick(), None);
    }

    #[test]
    fn where_most_hosts_name_another_time_the_clock_here_is_wrong_and_one_host_with_a_wrong_clock_is_its_own_affair() {
        let mut h = Health::default();
        let hour = 3_600_000;
        h.note("a", Reached, Some(-hour), at(0));
        h.note("b", Reached, Some(700), at(1));
        h.note("c", Reached, Some(-200), at(2));
        assert_eq!(h.sick(), None);
        h.note("b", Reached, Some(-hour), at(3));
        h.note("c", Reached, Some(hour), at(4));
        assert_eq!(h.sick(), None, "they do not agree");
        h.note("c", Reached, Some(1 - hour), at(5));
        assert_eq!(h.sick(), Some((at(5), Illness::WrongClock)));
        h.note("d", Reached, Some(0), at(6));
        assert!(h.sick().is_some());
        for host in ["a", "b"] {
            h.note(host, Reached, Some(0), at(7));
        }
        assert_eq!(h.sick(), None);
    }
}
