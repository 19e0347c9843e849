//! What our own checks say of one service: which locations speak, and from how many of them it fails.
//!
//! A location is believed from its first `up` on: a check that has never passed may be wrong itself. It speaks for ten
//! minutes after its last `up` or `down`; what is blocked or inconclusive says nothing, and ends nothing. Time only
//! silences locations at the ends of minutes, so that all who judge in between go by the same.

mod strip;
mod whys;

use super::counts::{DAY, bin_of};
use super::trace::{Heard, Trace};
use super::{Board, Change};
use allclear_model::check::{CheckOutcome, UNPROVEN};
use allclear_model::signal::{CheckResult, CheckResults, REASON_MAX, reason_start};
use allclear_model::{Minute, Slug, Time};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::sync::Arc;
pub use strip::CheckCell;
use strip::Strip;
pub(crate) use whys::Whys;

/// A location speaks for so long after its last `up` or `down`: twice the longest interval between checks, 5 minutes, so
/// that one run that could not tell silences nobody. Milliseconds.
const SPEAKS_MS: i64 = 600_000;
/// The same as evidence has it. Seconds.
pub(super) const WINDOW_S: u32 = 600;
/// Locations told apart per service.
pub(super) const SPOTS: usize = 16;
/// Good runs in a row that end a failure while no other location speaks.
const ALONE: u8 = 3;

/// Share of outages that no check sees. This and the likelihoods: docs/DETECTION.md, section 6.
const UNSEEN: f64 = 0.35;
/// How many times likelier a failure is in an outage that checks see than without one.
const FAILED: f64 = 0.15 / 0.0085;
/// The same of a good run.
const GOOD: f64 = 0.17 / 0.99;
/// Most that checks say for a problem, what two failing locations say: all of them run the same check. Nats.
const MOST: f64 = 5.3;

/// One location of a service's checks, as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpotNow {
    /// From where.
    pub location: Slug,
    /// What its last run in time said.
    pub outcome: CheckOutcome,
    /// When that was.
    pub at: Time,
    /// Why it was not up, or what was noticed though it was.
    pub reason: Option<String>,
    /// How long it took. Milliseconds.
    pub ms: Option<u32>,
    /// How long it usually takes, between these: eight of ten quarters of an hour of the last day. Milliseconds.
    pub usual_ms: Option<(u32, u32)>,
    /// Until when the certificate is valid that was last seen.
    pub certificate: Option<Time>,
    /// Whether a run was ever up from there; before that, no failure counts.
    pub proven: bool,
    /// Whether it was heard lately enough to say anything.
    pub speaks: bool,
    /// Since when it fails, if it speaks of a failure.
    pub failing_since: Option<Time>,
    /// 96 quarters of an hour, oldest first; the last one is under way.
    pub cells: Vec<CheckCell>,
    /// Why it was not up in which of them, as far as that is kept, in order.
    pub whys: Vec<(RangeInclusive<usize>, Arc<str>)>,
}

impl SpotNow {
    /// Why it was not up in cell `k`; of several reasons the last of the worst outcome.
    pub fn why(&self, k: usize) -> Option<&str> {
        self.whys.iter().find(|(cells, _)| cells.contains(&k)).map(|(_, why)| &**why)
    }
}

/// What a location says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stance {
    /// Nothing.
    Silent,
    /// The service is up.
    Good,
    /// It is down since then, in spite of so many good runs in a row.
    Failing { since: Time, ups: u8 },
}

impl Stance {
    /// A failure with so many good runs behind it; `None` when these would have ended it.
    pub(crate) fn failing(since: Time, ups: u8) -> Option<Stance> {
        (ups < ALONE).then_some(Stance::Failing { since, ups })
    }

    fn failing_since(self) -> Option<Time> {
        if let Stance::Failing { since, .. } = self { Some(since) } else { None }
    }
}

/// What all locations together say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    pub failing: usize,
    pub speaking: usize,
}

impl Word {
    /// More than half of those that speak say that it is down.
    pub(crate) fn is_failing(self) -> bool {
        2 * self.failing > self.speaking
    }

    /// Somebody speaks, and nobody says that it is down.
    pub(crate) fn is_fine(self) -> bool {
        self.speaking > 0 && self.failing == 0
    }

    /// Nats for a problem; `None` when the locations disagree or nobody speaks.
    pub(crate) fn weight(self) -> Option<f64> {
        if !self.is_failing() && !self.is_fine() {
            return None;
        }
        let good = self.speaking.saturating_sub(self.failing);
        let ratio: f64 = [(FAILED, self.failing), (GOOD, good)].iter().flat_map(|(r, n)| (0..*n).map(|_| *r)).product();
        Some(libm::log(UNSEEN + (1.0 - UNSEEN) * ratio).min(MOST))
    }
}

/// A line of a replay bundle about a location, on its way back to the board.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Told {
    /// What it said when the bundle began.
    Known(Stance),
    /// From the end of this minute on it says nothing.
    Silent,
    /// It is no longer told apart.
    Gone,
    /// It takes its failure back.
    Withdrawn,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Spot {
    location: Slug,
    proven: bool,
    stance: Stance,
    /// Its last `up` or `down` that counted.
    spoke: Time,
    outcome: CheckOutcome,
    at: Time,
    reason: Option<Box<str>>,
    ms: Option<u32>,
    strip: Strip,
}

impl Spot {
    fn new(location: &Slug, at: Time) -> Spot {
        Spot {
            location: location.clone(),
            proven: false,
            stance: Stance::Silent,
            spoke: at,
            outcome: CheckOutcome::Inconclusive,
            at,
            reason: None,
            ms: None,
            strip: Strip::new(bin_of(at.minute())),
        }
    }

    /// What a run that says `outcome` is taken for.
    fn taken(&self, outcome: CheckOutcome) -> CheckOutcome {
        if outcome == CheckOutcome::Down && !self.proven { CheckOutcome::Inconclusive } else { outcome }
    }

    /// Why a run was not up that is taken for `taken`, or what was noticed though it was.
    fn reason(taken: CheckOutcome, r: &CheckResult) -> Option<&str> {
        if taken == r.outcome { r.reason.as_deref().map(reason_start) } else { Some(UNPROVEN) }
    }

    fn put(&mut self, bin: i64, taken: CheckOutcome, why: Option<&str>, whys: &mut Option<Box<Whys>>) {
        let cell = match taken {
            CheckOutcome::Up => CheckCell::Up,
            CheckOutcome::Down => CheckCell::Down,
            CheckOutcome::Blocked | CheckOutcome::Inconclusive => CheckCell::Unclear,
        };
        // The reason of the worst outcome, the last of several: it is what the cell shows.
        if cell > CheckCell::Up && cell >= self.strip.get(bin) && self.strip.reaches(bin) {
            Whys::put(whys, &self.location, bin, why);
        }
        self.strip.put(bin, cell);
    }

    /// Says nothing any more instead of the failure since then, which was its own. It was not seen to be up either.
    fn withdraw(&mut self, since: Time, at: Time, why: Option<&str>, whys: &mut Option<Box<Whys>>) {
        self.stance = Stance::Silent;
        let now = bin_of(at.minute());
        for bin in bin_of(since.minute()).max(now - DAY + 1)..=now {
            if self.strip.soften(bin) {
                self.put(bin, CheckOutcome::Inconclusive, why, whys);
            }
        }
    }
}

/// The checks of one service.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Checks {
    /// In order of location.
    spots: Vec<Spot>,
    /// Since when all who speak say that it is up.
    fine_since: Option<Time>,
    /// Behind everything else in a snapshot.
    #[serde(skip)]
    pub whys: Option<Box<Whys>>,
    #[serde(skip)]
    pub evicted: u64,
    /// In a replay of a bundle: who falls silent at the end of the minute, instead of the time that has passed.
    #[serde(skip)]
    given: Option<Vec<Slug>>,
}

impl Checks {
    /// In a replay of a bundle.
    pub(crate) fn given(fine_since: Option<Time>) -> Checks {
        Checks { fine_since, given: Some(Vec::new()), ..Checks::default() }
    }

    pub(crate) fn word(&self) -> Word {
        let count = |of: fn(&Stance) -> bool| self.spots.iter().filter(|s| of(&s.stance)).count();
        Word { failing: count(|s| s.failing_since().is_some()), speaking: count(|s| !matches!(s, Stance::Silent)) }
    }

    pub(crate) fn fine_since(&self) -> Option<Time> {
        self.fine_since
    }

    /// Since when the first of those that fail does.
    pub(crate) fn failing_since(&self) -> Option<Time> {
        self.spots.iter().filter_map(|s| s.stance.failing_since()).min()
    }

    /// Takes a result. What changes what its location says is told to `trace`.
    fn take(&mut self, at: Time, location: &Slug, r: &CheckResult, mut trace: Option<&mut Trace>) {
        if r.late {
            let spot = self.spots.iter_mut().find(|s| s.location == *location);
            if let (Some(s), Some(measured)) = (spot, r.at.filter(|t| *t <= at)) {
                let taken = s.taken(r.outcome);
                s.put(bin_of(measured.minute()), taken, Spot::reason(taken, r), &mut self.whys);
            }
            return;
        }
        let Some(i) = self.place(at, location, trace.as_deref_mut()) else { return };
        let alone = self.word().speaking < 2;
        let Some(s) = self.spots.get_mut(i) else { return };
        let before = (s.proven, s.stance);
        let taken = s.taken(r.outcome);
        let why = Spot::reason(taken, r);
        s.put(bin_of(at.minute()), taken, why, &mut self.whys);
        s.outcome = taken;
        s.at = at;
        s.ms = r.ms;
        s.reason = why.map(Into::into);
        let heard = match taken {
            CheckOutcome::Up => {
                s.proven = true;
                s.stance = match s.stance {
                    Stance::Failing { since, ups } if alone && ups + 1 < ALONE => {
                        Stance::Failing { since, ups: ups + 1 }
                    }
                    _ => Stance::Good,
                };
                Heard::Up
            }
            CheckOutcome::Down => {
                let since = s.stance.failing_since().unwrap_or(at);
                s.stance = Stance::Failing { since, ups: 0 };
                Heard::Down
            }
            CheckOutcome::Inconclusive if r.withdraws => {
                let Some(since) = s.stance.failing_since() else { return };
                s.withdraw(since, at, why, &mut self.whys);
                Heard::Withdrawn
            }
            CheckOutcome::Blocked | CheckOutcome::Inconclusive => return,
        };
        s.spoke = at;
        if (s.proven, s.stance) != before
            && let Some(t) = trace
        {
            t.heard(at, location, heard);
        }
        self.settle(at);
    }

    /// The place of a location, made when it is new. Of those that say nothing, whoever was heard longest ago makes room for it;
    /// `None` when all of them speak: who speaks is not forgotten for somebody new.
    fn place(&mut self, at: Time, location: &Slug, trace: Option<&mut Trace>) -> Option<usize> {
        let mut to = match self.spots.binary_search_by(|s| s.location.cmp(location)) {
            Ok(i) => return Some(i),
            Err(to) => to,
        };
        if self.spots.len() >= SPOTS {
            self.evicted = self.evicted.saturating_add(1);
            let silent = self.spots.iter().enumerate().filter(|(_, s)| s.stance == Stance::Silent);
            let (oldest, _) = silent.min_by_key(|(_, s)| s.at)?;
            let gone = self.spots.remove(oldest);
            to -= usize::from(oldest < to);
            Whys::forget(&mut self.whys, &gone.location);
            if let Some(t) = trace.filter(|_| gone.proven) {
                t.heard(at, &gone.location, Heard::Gone);
            }
        }
        self.spots.reserve_exact(1);
        self.spots.insert(to, Spot::new(location, at));
        Some(to)
    }

    /// Ends what was said too long ago at `at`, the end of a minute or of a gap; `trace` has it as of `noted`. True when there
    /// was any such.
    pub(crate) fn age(&mut self, at: Time, noted: Time, mut trace: Option<&mut Trace>) -> bool {
        let mut aged = false;
        for s in self.spots.iter_mut().filter(|s| s.stance != Stance::Silent) {
            let silent = match &self.given {
                Some(given) => given.contains(&s.location),
                None => at.since_ms(s.spoke) >= SPEAKS_MS,
            };
            if silent {
                s.stance = Stance::Silent;
                aged = true;
                if let Some(t) = trace.as_deref_mut() {
                    t.heard(noted, &s.location, Heard::Silent);
                }
            }
        }
        if let Some(given) = &mut self.given {
            given.clear();
        }
        if aged {
            self.settle(at);
        }
        aged
    }

    fn settle(&mut self, at: Time) {
        self.fine_since = self.word().is_fine().then(|| self.fine_since.unwrap_or(at));
    }

    /// Takes a line of a bundle.
    fn tell(&mut self, at: Time, location: &Slug, told: Told) {
        match told {
            Told::Known(stance) => {
                if let Some(s) = self.place(at, location, None).and_then(|i| self.spots.get_mut(i)) {
                    s.proven = true;
                    s.stance = stance;
                    s.spoke = at;
                }
            }
            Told::Silent => {
                if let Some(given) = self.given.as_mut().filter(|g| g.len() < SPOTS) {
                    given.push(location.clone());
                }
            }
            Told::Gone => {
                self.spots.retain(|s| s.location != *location);
                Whys::forget(&mut self.whys, location);
                self.settle(at);
            }
            Told::Withdrawn => {
                if let Some(s) = self.spots.iter_mut().find(|s| s.location == *location) {
                    s.stance = Stance::Silent;
                }
                self.settle(at);
            }
        }
    }

    /// The check is another one from now on. What the old one said holds for as long as it would have; the new one has to pass first.
    pub(crate) fn begin_anew(&mut self) {
        self.spots.iter_mut().for_each(|s| s.proven = false);
    }

    /// Locations that were ever up, in order, and what they say.
    pub(crate) fn known(&self) -> Vec<(Slug, Stance)> {
        let says = |s: &&Spot| s.proven || s.stance != Stance::Silent;
        self.spots.iter().filter(says).map(|s| (s.location.clone(), s.stance)).collect()
    }

    /// Each location, in order, as pages show it in minute `m`.
    pub(crate) fn now(&self, m: Minute) -> Vec<SpotNow> {
        let bin = bin_of(m);
        let whys = self.whys.as_deref().map(|w| (w, w.texts()));
        let one = |s: &Spot| SpotNow {
            location: s.location.clone(),
            outcome: s.outcome,
            at: s.at,
            reason: s.reason.as_deref().map(str::to_owned),
            ms: s.ms,
            usual_ms: None,
            certificate: None,
            proven: s.proven,
            speaks: s.stance != Stance::Silent,
            failing_since: s.stance.failing_since(),
            cells: (bin - DAY + 1..=bin).map(|b| s.strip.get(b)).collect(),
            whys: whys.as_ref().map_or_else(Vec::new, |(w, texts)| w.day(&s.location, bin, texts)),
        };
        self.spots.iter().map(one).collect()
    }

    /// Whether a location is told apart.
    pub(crate) fn has(&self, location: &Slug) -> bool {
        self.spots.binary_search_by(|s| s.location.cmp(location)).is_ok()
    }

    /// Locations told apart.
    pub(crate) fn len(&self) -> usize {
        self.spots.len()
    }

    /// False when restored checks cannot be ones.
    pub(crate) fn is_sound(&self) -> bool {
        self.spots.len() <= SPOTS
            && self.spots.is_sorted_by(|a, b| a.location < b.location)
            && self.spots.iter().all(|s| {
                s.strip.is_sound()
                    && s.reason.as_ref().is_none_or(|r| r.len() <= REASON_MAX)
                    && !matches!(s.stance, Stance::Failing { ups, .. } if ups >= ALONE)
            })
    }
}

impl Board {
    /// Takes what checks found from one location, and judges at once.
    pub(super) fn check_results(&mut self, c: &CheckResults, out: &mut Vec<Change>) {
        let before = out.len();
        if let Some(batch) = &c.batch {
            let late = c.results.iter().any(|r| r.late);
            self.agents.heard(self.at, &c.location, batch, late);
        }
        for r in &c.results {
            if let Some(i) = self.find(&r.service) {
                self.check_result(i, &c.location, r, out);
            }
        }
        // By slug; words about one service stay in their order.
        out[before..].sort_by(|a, b| a.service.cmp(&b.service));
    }

    fn check_result(&mut self, i: usize, location: &Slug, r: &CheckResult, out: &mut Vec<Change>) {
        let cx = self.service_cx(i);
        let Some(w) = self.services.get_mut(i) else { return };
        // A late result is about a location that is known.
        if w.others.is_none() && r.late {
            return;
        }
        let (others, trace) = w.others();
        others.checks.take(cx.at, location, r, trace);
        let checks = &others.checks;
        others.paces.take(cx.at, location, r, &|l| checks.has(l));
        self.heard(i, &cx, out);
    }

    /// Takes a line of a replay bundle about a location.
    pub(crate) fn tell_of(&mut self, i: usize, location: &Slug, told: Told, out: &mut Vec<Change>) {
        let cx = self.service_cx(i);
        let Some(w) = self.services.get_mut(i) else { return };
        let Some(others) = w.others.as_deref_mut() else { return };
        others.checks.tell(cx.at, location, told);
        if matches!(told, Told::Known(_)) {
            // Said before the bundle begins: no news.
            w.turned();
        } else if w.turned() {
            out.push(w.word(&cx, &self.gaps));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_is_checked_from_five_locations_costs_about_a_kilobyte() {
        assert!(size_of::<Checks>() + 5 * size_of::<Spot>() <= 800, "{} {}", size_of::<Checks>(), size_of::<Spot>());
    }

    #[test]
    fn more_locations_weigh_more_up_to_what_two_say_and_those_who_disagree_weigh_nothing() {
        let weight = |failing, speaking| Word { failing, speaking }.weight().map(|w| (w * 100.0).round() / 100.0);
        assert_eq!(
            [weight(1, 1), weight(2, 3), weight(2, 2), weight(16, 16)].map(Option::unwrap),
            [2.47, 3.56, 5.3, 5.3]
        );
        assert_eq!([weight(0, 1), weight(0, 2), weight(0, 3)].map(Option::unwrap), [-0.77, -1.0, -1.04]);
        assert_eq!([weight(0, 0), weight(1, 2), weight(1, 3)], [None; 3]);
    }
}
