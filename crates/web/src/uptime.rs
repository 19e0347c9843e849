//! Uptime by month and by day, from one picture.

use allclear_engine::view::ServiceView;
use allclear_model::kept::DAY_MS;
use allclear_model::{Level, Month, Time};

/// Months shown: the present one and the twelve before.
const MONTHS: i32 = 13;
/// Days shown: the present one and the 89 before.
const DAYS: i64 = 90;
/// One in so many minutes must be known before a percentage is made of them, and so many in all: of a month a day, of a day an hour.
const ENOUGH: u64 = 2;
const ENOUGH_OF_MONTH: u64 = 1440;
const ENOUGH_OF_DAY: u64 = 60;
/// A day is drawn as the worst level that held for so many of its minutes.
const LASTED: u32 = 5;

/// A month or a day of a service since it is watched.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    /// Its first instant.
    pub(crate) start: Time,
    /// The same, or that of watching.
    pub(crate) from: Time,
    /// Its end, or the instant of the picture.
    pub(crate) to: Time,
    /// Whole minutes from `from` to `to`.
    pub(crate) elapsed: u64,
    /// As [`allclear_engine::view::MonthNow::minutes`].
    pub(crate) minutes: [u32; 5],
    /// Minutes that must be known before a percentage is made of them.
    enough: u64,
}

impl Span {
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
        let enough = known >= self.enough && known.saturating_mul(ENOUGH) >= self.elapsed && judged > 0;
        enough.then(|| (up * 10_000 / judged) as f64 / 10_000.0)
    }

    /// The level that stands for all of it: the worst that lasted; `None` where nothing is known.
    pub(crate) fn level(&self) -> Option<Level> {
        let lasted = |(_, n): &(&Level, u32)| *n >= LASTED;
        let problem = Level::ALL[3..].iter().zip(self.minutes[2..].iter().copied()).rev().find(lasted);
        let calm =
            [(1, self.minutes[0]), (2, self.minutes[1])].into_iter().filter(|(_, n)| *n > 0).max_by_key(|(_, n)| *n);
        problem.map(|(level, _)| *level).or_else(|| calm.and_then(|(i, _)| Level::ALL.get(i).copied())).or_else(|| {
            // Some minutes of a problem and nothing else.
            (self.known() > 0).then_some(Level::DegradedPerformance)
        })
    }
}

/// Months of a service, newest first; none from before it was watched.
pub(crate) fn months(view: &ServiceView) -> Vec<(Month, Span)> {
    let last = Month::of(view.measured_at);
    let first = Month::of(view.watching_since).max(Month(last.0 - MONTHS + 1));
    let one = |n: i32| {
        let month = Month(n);
        let known = view.months.iter().find(|m| m.month == month);
        let minutes = known.map_or([0; 5], |m| m.minutes);
        (month, span(view, (month.start(), month.next().start()), minutes, ENOUGH_OF_MONTH))
    };
    (first.0..=last.0).rev().map(one).collect()
}

/// Days (UTC) of a service, oldest first; none from before it was watched.
pub(crate) fn days(view: &ServiceView) -> Vec<Span> {
    let day = |t: Time| t.0.div_euclid(DAY_MS);
    let last = day(view.measured_at);
    let first = day(view.watching_since).max(last - DAYS + 1);
    let one = |n: i64| {
        let known = view.days.iter().find(|d| d.day == n);
        let minutes = known.map_or([0; 5], |d| d.minutes.map(u32::from));
        span(view, (Time(n * DAY_MS), Time((n + 1) * DAY_MS)), minutes, ENOUGH_OF_DAY)
    };
    (first..=last).map(one).collect()
}

fn span(view: &ServiceView, (start, end): (Time, Time), minutes: [u32; 5], enough: u64) -> Span {
    let (from, to) = (start.max(view.watching_since), end.min(view.measured_at));
    let elapsed = u64::try_from(to.since_ms(from) / 60_000).unwrap_or(0);
    Span { start, from, to, elapsed, minutes, enough }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(minutes: [u32; 5], elapsed: u64) -> Span {
        Span { start: Time(0), from: Time(0), to: Time(0), elapsed, minutes, enough: ENOUGH_OF_MONTH }
    }

    #[test]
    fn a_day_stands_for_the_worst_that_lasted_and_for_nothing_where_nothing_is_known() {
        for (minutes, level) in [
            ([0; 5], None),
            ([1440, 0, 0, 0, 0], Some(Level::Operational)),
            ([1436, 0, 4, 0, 0], Some(Level::Operational)),
            ([1435, 0, 5, 0, 0], Some(Level::DegradedPerformance)),
            ([1000, 0, 300, 30, 4], Some(Level::PartialOutage)),
            ([0, 0, 0, 0, 1440], Some(Level::MajorOutage)),
            ([300, 900, 0, 0, 0], Some(Level::UnderMaintenance)),
            ([900, 300, 0, 0, 0], Some(Level::Operational)),
            ([0, 0, 0, 1, 0], Some(Level::DegradedPerformance)),
        ] {
            assert_eq!(month(minutes, 1440).level(), level, "{minutes:?}");
        }
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
