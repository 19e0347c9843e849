//! Uptime by month, from one picture.

use allclear_engine::view::ServiceView;
use allclear_model::{Month, Time};

/// Months shown: the present one and the twelve before.
const MONTHS: i32 = 13;
/// Share of a month, and minutes in all, that must be known before a percentage is made of them.
const ENOUGH: (u64, u64) = (2, 1440);

/// One month of a service since it is watched.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MonthOf {
    pub(crate) month: Month,
    /// Its beginning, or that of watching.
    pub(crate) from: Time,
    /// Its end, or the instant of the picture.
    pub(crate) to: Time,
    /// Whole minutes from `from` to `to`.
    pub(crate) elapsed: u64,
    /// As [`allclear_engine::view::MonthNow::minutes`].
    pub(crate) minutes: [u32; 5],
}

impl MonthOf {
    /// Minutes at any level that says something.
    pub(crate) fn known(&self) -> u64 {
        self.minutes.iter().map(|m| u64::from(*m)).sum()
    }

    /// Minutes of problems.
    pub(crate) fn problems(&self) -> u64 {
        self.minutes[2..].iter().map(|m| u64::from(*m)).sum()
    }

    /// Share of minutes without a problem in those that are known, rounded down to four digits; only where enough is known.
    /// Announced work counts neither way.
    pub(crate) fn share(&self) -> Option<f64> {
        let (up, known) = (u64::from(self.minutes[0]), self.known());
        let judged = up + self.problems();
        let enough = known >= ENOUGH.1 && known.saturating_mul(ENOUGH.0) >= self.elapsed && judged > 0;
        enough.then(|| (up * 10_000 / judged) as f64 / 10_000.0)
    }
}

/// Months of a service, newest first; none from before it was watched.
pub(crate) fn months(view: &ServiceView) -> Vec<MonthOf> {
    let (since, now) = (view.watching_since, view.measured_at);
    let last = Month::of(now);
    let first = Month::of(since).max(Month(last.0 - MONTHS + 1));
    let one = |n: i32| {
        let month = Month(n);
        let (from, to) = (month.start().max(since), month.next().start().min(now));
        let known = view.months.iter().find(|m| m.month == month);
        MonthOf {
            month,
            from,
            to,
            elapsed: u64::try_from(to.since_ms(from) / 60_000).unwrap_or(0),
            minutes: known.map_or([0; 5], |m| m.minutes),
        }
    };
    (first.0..=last.0).rev().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(minutes: [u32; 5], elapsed: u64) -> MonthOf {
        MonthOf { month: Month(24_000), from: Time(0), to: Time(0), elapsed, minutes }
    }

    #[test]
    fn a_percentage_is_only_made_of_enough_and_is_never_rounded_up_to_all() {
        for (minutes, elapsed, wanted) in [
            ([0; 5], 43_200, None),
            ([0; 5], 0, None),
            ([1439, 0, 0, 0, 0], 1439, None),
            ([1440, 0, 0, 0, 0], 1440, Some(1.0)),
            ([20_000, 0, 0, 0, 0], 43_200, None),
            ([21_600, 0, 0, 0, 0], 43_200, Some(1.0)),
            ([0, 0, 0, 0, 60], 43_200, None),
            ([0, 43_200, 0, 0, 0], 43_200, None),
            ([43_199, 0, 1, 0, 0], 43_200, Some(0.9999)),
            ([40_000, 3000, 100, 50, 50], 43_200, Some(0.995)),
            ([0, 0, 0, 0, 43_200], 43_200, Some(0.0)),
        ] {
            assert_eq!(month(minutes, elapsed).share(), wanted, "{minutes:?} of {elapsed}");
        }
    }
}
