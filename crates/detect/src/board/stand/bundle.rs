//! What a replay bundle needs of a stand.

use super::Stand;
use allclear_model::Incident;

impl Stand {
    /// What judging in the middle of a minute leaves behind beside phase and level: the worth of shared networks that the
    /// sums may still remember, and whether the last minute ended over the threshold.
    pub(crate) fn kept(&self) -> (f64, bool) {
        (self.shared, self.over)
    }

    /// Takes [`Stand::kept`] of another stand.
    pub(crate) fn keep(&mut self, (shared, over): (f64, bool)) {
        self.shared = shared;
        self.over = over;
    }

    /// As it is, with no more of past incidents than when the last one ended.
    pub(crate) fn seed(&self) -> Stand {
        let last = self.incidents.last();
        Stand {
            phase: self.phase,
            level: self.level,
            since: self.since,
            left: self.left,
            over: self.over,
            shared: self.shared,
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
