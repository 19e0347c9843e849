//! How many minutes each level held, by calendar month: what uptime is made of.

use allclear_model::{Level, Minute, Month};
use serde::{Deserialize, Serialize};

/// Months kept: the present one and the twelve before.
const KEPT: usize = 13;

/// Minutes of one month at each level that says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthNow {
    /// Which.
    pub month: Month,
    /// Minutes at `operational`, `under_maintenance`, `degraded_performance`, `partial_outage` and `major_outage`, as the
    /// page said at the end of each. Minutes at `unknown`, and those in which nobody listened, are in none of them.
    pub minutes: [u32; 5],
}

/// The months of one service that have any such minute, oldest first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Months {
    list: Vec<MonthNow>,
}

impl Months {
    /// A minute of `month` ends at `level`.
    pub(crate) fn add(&mut self, month: Month, level: Level) {
        let Some(i) = Level::ALL.iter().position(|l| *l == level).and_then(|i| i.checked_sub(1)) else { return };
        if self.list.last().is_none_or(|m| m.month != month) {
            if self.list.len() >= KEPT {
                self.list.remove(0);
            }
            self.list.push(MonthNow { month, minutes: [0; 5] });
        }
        if let Some(n) = self.list.last_mut().and_then(|m| m.minutes.get_mut(i)) {
            *n = n.saturating_add(1);
        }
    }

    pub(crate) fn list(&self) -> &[MonthNow] {
        &self.list
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// False when a restored list cannot be one.
    pub(crate) fn is_sound(&self) -> bool {
        self.list.len() <= KEPT && self.list.is_sorted_by(|a, b| a.month < b.month)
    }
}

/// The present month, computed again only when a minute falls outside of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Present {
    month: Month,
    span: (i64, i64),
}

impl Present {
    pub(crate) fn at(&mut self, minute: Minute) -> Month {
        if !(self.span.0..self.span.1).contains(&minute.0) {
            self.month = Month::of(minute.start());
            let (from, to) = self.month.minutes();
            self.span = (from.0, to.0);
        }
        self.month
    }
}
