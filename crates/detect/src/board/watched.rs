//! A service on the board: what people say of it, what checks find, and the verdict of both.

use super::Change;
use super::checks::Checks;
use super::people::People;
use super::state::{Cx, State};
use super::verdict::{Frame, change};
use allclear_model::{Level, Month, Phase, Slug, Time};
use serde::{Deserialize, Serialize};

/// A service, and what is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Watched {
    pub(super) slug: Slug,
    pub(super) since: Time,
    /// Minutes the board had watched when this service came.
    pub(super) minutes_before: u64,
    pub(super) outages: f64,
    pub(super) listed: u32,
    pub(super) state: Option<Box<State>>,
    /// A snapshot has it apart.
    #[serde(skip)]
    pub(super) people: Option<Box<People>>,
    /// A snapshot has it apart.
    #[serde(skip)]
    pub(super) checks: Option<Box<Checks>>,
}

impl Watched {
    pub(super) fn frame<'a>(&self, cx: &'a Cx, gaps: &'a [(i64, i64)]) -> Frame<'a> {
        Frame { cx, watching_since: self.since, outages: self.outages, listed: self.listed as usize, gaps }
    }

    /// Level and phase by what people report.
    pub(super) fn stand(&self) -> (Level, Phase) {
        self.state.as_deref().map_or((Level::Unknown, Phase::None), |s| (s.stand.level().0, s.stand.phase()))
    }

    /// True when the checks make the verdict say something else than when this was last asked.
    pub(super) fn turned(&mut self) -> bool {
        self.checks.is_some() && {
            let stand = self.stand();
            self.checks.as_deref_mut().is_some_and(|c| c.turned(stand))
        }
    }

    /// Ends what the checks said too long ago; the trace has it as of `noted`.
    pub(super) fn age(&mut self, at: Time, noted: Time) -> bool {
        let trace = self.state.as_deref_mut().and_then(|s| s.trace.as_deref_mut());
        self.checks.as_deref_mut().is_some_and(|c| c.age(at, noted, trace))
    }

    /// A minute of `month` has ended as the verdict says.
    pub(super) fn lived(&mut self, month: Month) {
        let level = self.checks.as_deref().map_or_else(|| self.stand().0, |c| c.told().level);
        match (self.state.as_deref_mut(), self.checks.as_deref_mut()) {
            (Some(s), _) => s.months.add(month, level),
            (None, Some(c)) => c.months.add(month, level),
            (None, None) => {}
        }
    }

    /// The judge's new word.
    pub(super) fn word(&mut self, cx: &Cx, gaps: &[(i64, i64)]) -> Change {
        self.turned();
        let f = self.frame(cx, gaps);
        change(&self.slug, &f, self.state.as_deref_mut(), self.checks.as_deref())
    }
}
