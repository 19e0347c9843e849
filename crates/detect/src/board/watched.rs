//! A service on the board: what people say of it, what other witnesses say, and the verdict of all.

use super::Change;
use super::days::Days;
use super::others::Others;
use super::people::People;
use super::state::{Cx, State};
use super::trace::Trace;
use super::verdict::{Frame, change};
use allclear_model::{Level, Minute, Month, Phase, Slug, Time};
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
    pub(super) others: Option<Box<Others>>,
    /// A snapshot has it apart.
    #[serde(skip)]
    pub(super) days: Option<Box<Days>>,
}

impl Watched {
    pub(super) fn frame<'a>(&self, cx: &'a Cx, gaps: &'a [(i64, i64)]) -> Frame<'a> {
        Frame { cx, watching_since: self.since, outages: self.outages, listed: self.listed as usize, gaps }
    }

    /// Level and phase by what people report.
    pub(super) fn stand(&self) -> (Level, Phase) {
        self.state.as_deref().map_or((Level::Unknown, Phase::None), |s| (s.stand.level().0, s.stand.phase()))
    }

    /// The witnesses that are not people, from now on if there were none; and where what they say is noted.
    pub(super) fn others(&mut self) -> (&mut Others, Option<&mut Trace>) {
        let stand = self.stand();
        let trace = self.state.as_deref_mut().and_then(|s| s.trace.as_deref_mut());
        (self.others.get_or_insert_with(|| Box::new(Others::new(stand))), trace)
    }

    /// True when the others make the verdict say something else than when this was last asked.
    pub(super) fn turned(&mut self) -> bool {
        self.others.is_some() && {
            let stand = self.stand();
            self.others.as_deref_mut().is_some_and(|o| o.turned(stand))
        }
    }

    /// Ends what the others said too long ago; the trace has it as of `noted`.
    pub(super) fn age(&mut self, at: Time, noted: Time) -> bool {
        let mut trace = self.state.as_deref_mut().and_then(|s| s.trace.as_deref_mut());
        let Some(others) = self.others.as_deref_mut() else { return false };
        let checks = others.checks.age(at, noted, trace.as_deref_mut());
        others.official.as_deref_mut().is_some_and(|p| p.age(at, noted, trace)) || checks
    }

    /// A minute, which is of `month`, has ended as the verdict says.
    pub(super) fn lived(&mut self, minute: Minute, month: Month) {
        let level = self.others.as_deref().map_or_else(|| self.stand().0, |o| o.told().level);
        match (self.state.as_deref_mut(), self.others.as_deref_mut()) {
            (Some(s), _) => s.months.add(month, level),
            (None, Some(o)) => o.months.add(month, level),
            (None, None) => {}
        }
        if level != Level::Unknown {
            self.days.get_or_insert_default().add(minute, level);
        }
    }

    /// The judge's new word.
    pub(super) fn word(&mut self, cx: &Cx, gaps: &[(i64, i64)]) -> Change {
        self.turned();
        let f = self.frame(cx, gaps);
        change(&self.slug, &f, self.state.as_deref_mut(), self.others.as_deref())
    }
}
