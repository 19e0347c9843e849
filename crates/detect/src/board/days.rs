//! How many minutes each level held, by day (UTC): what the bars of the last 90 days are made of.

use allclear_model::{Level, Minute};
use serde::{Deserialize, Serialize};

/// Days kept: the present one and the 89 before.
pub(crate) const KEPT: i64 = 90;
const MINUTES: i64 = 1440;

/// Minutes of one day at each level that says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayNow {
    /// Which: days since 1970-01-01.
    pub day: i64,
    /// As [`super::MonthNow::minutes`].
    pub minutes: [u16; 5],
}

/// The days of one service that have any such minute, oldest first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Days {
    list: Vec<DayNow>,
}

impl Days {
    /// `minute` ends at `level`, which says something.
    pub(crate) fn add(&mut self, minute: Minute, level: Level) {
        let Some(i) = (level as usize).checked_sub(1) else { return };
        let day = minute.0.div_euclid(MINUTES);
        if self.list.last().is_none_or(|d| d.day != day) {
            self.list.retain(|d| d.day > day - KEPT);
            self.list.push(DayNow { day, minutes: [0; 5] });
        }
        if let Some(n) = self.list.last_mut().and_then(|d| d.minutes.get_mut(i)) {
            *n = n.saturating_add(1);
        }
    }

    /// The days that are kept on the day of `minute`.
    pub(crate) fn at(&self, minute: Minute) -> Vec<DayNow> {
        let day = minute.0.div_euclid(MINUTES);
        self.list.iter().copied().filter(|d| d.day > day - KEPT).collect()
    }

    /// False when a restored list cannot be one.
    pub(crate) fn is_sound(&self) -> bool {
        let whole = |d: &DayNow| d.minutes.iter().map(|n| i64::from(*n)).sum::<i64>() <= MINUTES;
        self.list.len() as i64 <= KEPT && self.list.is_sorted_by(|a, b| a.day < b.day) && self.list.iter().all(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_counts_its_minutes_and_the_ninety_first_is_forgotten() {
        let mut days = Days::default();
        for m in 0..200 * MINUTES {
            let level = if m % MINUTES < 10 { Level::PartialOutage } else { Level::ALL[(m % 2) as usize] };
            days.add(Minute(m), level);
        }
        let now = Minute(200 * MINUTES - 1);
        let all = days.at(now);
        assert_eq!((all.len(), all[0].day, all[89].day, days.is_sound()), (90, 110, 199, true));
        assert!(all.iter().all(|d| d.minutes == [715, 0, 0, 10, 0]));
        assert_eq!(days.at(Minute(now.0 + 30 * MINUTES)).len(), 60);
        assert!(days.at(Minute(now.0 + 900 * MINUTES)).is_empty());
    }
}
