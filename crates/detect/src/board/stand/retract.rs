//! An incident that an operator says was none, and the operator who takes that back.

use super::{Cx, Stand, State, Suspicion, current};
use crate::rule::{Cusum3, Learn};
use allclear_model::{Incident, IncidentId, Minute, Phase, Slug, Time};
use serde::{Deserialize, Serialize};

/// A retracted incident as it would go on if nobody had retracted it. It is forgotten when it is over, or when another one opens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Retracted {
    /// Effective reports of the minute under way.
    x: f64,
    sums: Cusum3,
    stand: Stand,
}

impl Retracted {
    pub(crate) fn count(&mut self, symptom: u16, n: u32, effective: f64) {
        self.x += effective;
        if n > 0 {
            self.stand.count(symptom, u64::from(n));
        }
    }

    /// What the minute `m` may teach: reports of what was no problem are not usual either.
    pub(crate) fn learn(&self, m: Minute) -> Learn {
        self.stand.learn(m)
    }

    /// What is usual is another than the sums went by.
    pub(crate) fn restart(&mut self) {
        self.sums = Cusum3::default();
    }

    pub(crate) fn pause(&mut self) {
        self.x = 0.0;
        self.restart();
        self.stand.pause();
    }

    pub(crate) fn is_sound(&self, keys: u16) -> bool {
        self.stand.track.is_some() && self.stand.is_sound(keys)
    }

    fn swap(&mut self, state: &mut State) {
        std::mem::swap(&mut self.x, &mut state.x);
        std::mem::swap(&mut self.sums, &mut state.detector.cusum);
        std::mem::swap(&mut self.stand, &mut state.stand);
    }
}

/// The incident was none: it ends here without a word, nothing of what spoke for it is left, and it does not open again.
/// Given is how it ended; `None` when it was over already.
pub(crate) fn retract(state: &mut State, incident: &IncidentId, at: Time) -> Option<Incident> {
    let mut ended = current(state).filter(|i| i.id == *incident)?;
    ended.closed.get_or_insert(at);
    let (x, sums, stand) = (state.x, state.detector.cusum.clone(), state.stand.clone());
    state.retracted = state.stand.track.is_some().then(|| Box::new(Retracted { x, sums, stand }));
    let s = &mut state.stand;
    if s.track.take().is_some() {
        s.since = at;
        s.frozen = None;
    }
    s.phase = Phase::None;
    s.suspicion = Suspicion::default();
    *s.incidents.last_mut()? = ended.clone();
    state.x = 0.0;
    state.raw = 0;
    state.detector.cusum = Cusum3::default();
    state.trace = None;
    Some(ended)
}

/// It was one after all. True when it goes on from here; one that is over by now, or that another one followed, stays as it
/// was retracted.
pub(crate) fn reinstate(state: &mut State, incident: &IncidentId) -> bool {
    let is_it = |k: &mut Box<Retracted>| k.stand.incidents.last().is_some_and(|i| i.id == *incident);
    let Some(mut kept) = state.retracted.take_if(is_it) else { return false };
    kept.swap(state);
    // A snapshot keeps reasons once: with the incidents that were shown.
    for (i, shown) in state.stand.incidents.iter_mut().zip(kept.stand.incidents) {
        (i.confirmed, i.evidence) = (shown.confirmed, shown.evidence);
    }
    // Its bundle ends where it was retracted.
    state.trace = None;
    true
}

/// Judges what is behind a retraction in the same places as the service itself; `ended`: on the end of a minute.
pub(crate) fn go_on(state: &mut State, cx: &Cx, slug: &Slug, ended: bool) {
    let Some(mut kept) = state.retracted.take() else { return };
    if state.stand.track.is_some() {
        return;
    }
    let trace = state.trace.take();
    kept.swap(state);
    if ended {
        let stat = state.detector.add(cx.minute, state.x);
        Stand::judge(state, cx, slug, &stat, true);
        state.stand.cap(&mut state.detector.cusum);
        state.x = 0.0;
    } else if state.x > 0.0 {
        let stat = state.detector.preview(state.x);
        Stand::judge(state, cx, slug, &stat, false);
    }
    kept.swap(state);
    state.trace = trace;
    state.retracted = kept.stand.track.is_some().then_some(kept);
}
