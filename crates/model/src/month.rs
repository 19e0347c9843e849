//! Calendar months in UTC, as plain numbers, so that counting by month needs no calendar library.

use crate::{Minute, Time};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A calendar month, UTC: `year * 12 + month - 1`. Displayed as `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(pub i32);

impl Month {
    /// The month of an instant.
    pub fn of(at: Time) -> Month {
        // The civil date of a day (Howard Hinnant, "chrono-compatible low-level date algorithms").
        let z = at.0.clamp(0, Time::MAX.0).div_euclid(86_400_000) + 719_468;
        let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let mp = (5 * (doe - (365 * yoe + yoe / 4 - yoe / 100)) + 2) / 153;
        let (month, turn) = if mp < 10 { (mp + 3, 0) } else { (mp - 9, 1) };
        Month(i32::try_from((yoe + era * 400 + turn) * 12 + month - 1).unwrap_or(i32::MAX))
    }

    /// Year.
    pub fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// Month of the year, 1 to 12.
    pub fn number(self) -> usize {
        usize::try_from(self.0.rem_euclid(12)).unwrap_or(0) + 1
    }

    /// The first instant.
    pub fn start(self) -> Time {
        let (y, m) = (i64::from(self.year()), self.0.rem_euclid(12) + 1);
        let y = if m <= 2 { y - 1 } else { y };
        let (era, yoe) = (y.div_euclid(400), y.rem_euclid(400));
        let doy = (153 * (i64::from(m) + if m > 2 { -3 } else { 9 }) + 2) / 5;
        Time((era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468) * 86_400_000)
    }

    /// The month after this one.
    #[must_use]
    pub fn next(self) -> Month {
        Month(self.0.saturating_add(1))
    }

    /// The first minute of this month and the first of the next.
    pub fn minutes(self) -> (Minute, Minute) {
        (self.start().minute(), self.next().start().minute())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_agree_with_the_calendar() {
        let mut m = Month::of(Time(0));
        assert_eq!((m.to_string(), m.start()), ("1970-01".to_owned(), Time(0)));
        for _ in 0..6000 {
            let text = format!("{m}-01T00:00:00Z");
            assert_eq!(Time::parse(&text).unwrap(), m.start(), "{text}");
            assert_eq!(Month::of(m.start()), m);
            assert_eq!(Month::of(m.next().start().plus_ms(-1)), m);
            m = m.next();
        }
        assert_eq!(Month::of(Time::MAX).to_string(), "9998-12");
    }
}
