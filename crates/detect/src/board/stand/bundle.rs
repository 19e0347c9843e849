//! What a replay bundle needs of a stand.

use super::super::alarm::Suspicion;
use super::Stand;
use allclear_model::Incident;

impl Stand {
    /// What judging in the middle of a minute leaves behind beside phase and level: what is held against networks that the sums
    /// may still remember, and whether the last minute ended over the threshold.
    pub(crate) fn kept(&self) -> (f64, bool) {
        (self.suspicion.taken, self.suspicion.over)
    }

    /// Takes [`Stand::kept`] of another stand.
    pub(crate) fn keep(&mut self, (taken, over): (f64, bool)) {
        self.suspicion = Suspicion { over, taken };
    }

    /// As it is, with no more of past incidents than when the last one ended.
    pub(crate) fn seed(&self) -> Stand {
        let last = self.incidents.last();
        Stand {
            phase: self.phase,
            level: self.level,
            since: self.since,
            left: self.left,
            suspicion: self.suspicion,
            frozen: self.frozen,
            track: None,
            incidents: last
                .map(|i| Incident { events: Vec::new(), symptoms: Vec::new(), ..i.clone() })
                .into_iter()
                .collect(),
            symptoms: Vec::new(),
            countries: Vec::new(),
        }
    }
}
