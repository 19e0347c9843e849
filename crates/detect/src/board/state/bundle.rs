//! A state on its way into a replay bundle, and back.

use super::super::counts::{Last, Sparse, bin_of};
use super::super::others::Others;
use super::super::stand::Stand;
use super::super::trace::{Seen, Subject, Trace, Weighed};
use super::{Cx, State};
use crate::limits::Limits;
use crate::rule::Detector;
use allclear_model::{Minute, Phase, SymptomId, Time};
use serde::{Deserialize, Serialize};

/// Bins of symptoms that a bundle begins with: six hours, longer than any onset lies back.
const SEED_BINS: i64 = 24;

/// What the judge goes by, apart from sources, networks, countries and single reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seed {
    watched_from: Minute,
    detector: Detector,
    x: f64,
    raw: u32,
    ratio: f64,
    stand: Stand,
    last: Last,
    symptoms: Sparse,
    names: Vec<SymptomId>,
    usual_by_symptom: Vec<f64>,
    learned: (f64, f64),
    prior: f64,
}

impl Seed {
    /// First minute of the stretch of watching that it belongs to.
    pub(crate) fn watched_from(&self) -> Minute {
        self.watched_from
    }

    /// Usual raw reports per minute.
    pub(crate) fn usual(&self) -> f64 {
        self.detector.mu() * self.ratio
    }
}

impl State {
    /// From how many networks reports came, and what the heaviest are worth.
    pub(crate) fn seen(&mut self, minute: Minute, ended: bool) -> Seen {
        if let Some(given) = &self.given {
            return if ended { given.1 } else { given.0 };
        }
        let heaviest = self.networks.heaviest(minute, self.detector.mu());
        let seen = Seen {
            networks: self.networks.distinct(minute),
            // A sum of nothing is -0.
            heaviest: heaviest.worth + 0.0,
            doubted: heaviest.doubted + 0.0,
        };
        if let Some(t) = &mut self.trace {
            t.see(seen);
        }
        seen
    }

    /// True when no network can have sent twice, and nobody wants to know what was seen of them.
    pub(crate) fn all_single(&self) -> bool {
        self.networks.all_single() && self.trace.is_none() && self.given.is_none()
    }

    /// Takes a line of a bundle. True when there is something to judge at once.
    pub(crate) fn weighed(&mut self, cx: &Cx, w: &Weighed) -> bool {
        let given = self.given.get_or_insert_default();
        if w.ended {
            given.1 = w.seen.unwrap_or(given.1);
            return false;
        }
        given.0 = w.seen.unwrap_or(given.0);
        for (symptom, count) in &w.counts {
            let key = self.symptom_key(symptom);
            self.count(cx, key, None, *count, 0.0);
        }
        self.x = w.effective;
        self.last.set_effective(cx.minute, w.effective);
        self.stand.keep(w.kept);
        true
    }

    /// After the minute `cx.minute`: what the judge saw is noted; a trace that has nothing more to tell ends or begins anew.
    pub(super) fn trace_on(&mut self, cx: &Cx, others: Option<&Others>) {
        let calm = self.stand.phase() == Phase::None;
        let Some(t) = &mut self.trace else { return };
        t.ended(cx.minute);
        if calm && self.detector.cusum.is_zero() {
            self.trace = None;
        } else if t.is_spent(self.stand.current().is_some()) {
            self.trace = Some(Box::new(Trace::begin(self, &Cx { minute: cx.minute.next(), ..*cx }, others)));
        }
    }

    /// Lines of a bundle since this was last asked, if there are any.
    pub(crate) fn take_trace(&mut self, of: &Subject<'_>) -> Vec<String> {
        let Some(t) = &mut self.trace else { return Vec::new() };
        t.take(of, &self.names)
    }

    /// What a bundle begins with: all that the judge goes by, and nothing that tells of single sources or places.
    pub(crate) fn seed(&self, cx: &Cx) -> Seed {
        Seed {
            watched_from: cx.watched_from,
            detector: self.detector.clone(),
            x: self.x,
            raw: self.raw,
            ratio: self.ratio,
            stand: self.stand.seed(),
            last: self.last.clone(),
            symptoms: self.symptoms.tail(bin_of(cx.minute) - SEED_BINS),
            names: self.names.clone(),
            usual_by_symptom: self.usual_by_symptom.clone(),
            learned: (self.learned_raw, self.learned_effective),
            prior: self.detector.baseline.prior(),
        }
    }

    /// A state that goes on as the one that `seed` was made of; `None` when it cannot be one.
    pub(crate) fn from_seed(seed: Seed, minute: Minute, since: Time) -> Option<State> {
        let fits = seed.watched_from <= minute && seed.watched_from.0 >= 0;
        let finite = [seed.x, seed.ratio, seed.learned.0, seed.learned.1, seed.prior].into_iter().all(f64::is_finite);
        let cx = Cx { at: minute.start(), minute, watched_from: seed.watched_from, seq: 0, limits: Limits::default() };
        let mut detector = seed.detector;
        detector.baseline.set_prior(seed.prior);
        let state = State {
            detector,
            x: seed.x,
            raw: seed.raw,
            ratio: seed.ratio,
            stand: seed.stand,
            last: seed.last,
            symptoms: seed.symptoms,
            names: seed.names,
            usual_by_symptom: seed.usual_by_symptom,
            learned_raw: seed.learned.0,
            learned_effective: seed.learned.1,
            given: Some(Box::default()),
            ..State::new(&cx, 0, since, seed.prior)
        };
        (fits && finite && state.is_sound()).then_some(state)
    }
}
