//! How long a service's checks take from one location, and until when its certificate is valid there.

use super::checks::SPOTS;
use super::counts::{DAY, bin_of};
use allclear_model::check::CheckOutcome;
use allclear_model::signal::CheckResult;
use allclear_model::{Slug, Time};
use serde::{Deserialize, Serialize};

/// So many quarters of an hour must have been measured before anything is called usual: two hours.
const ENOUGH: usize = 8;

/// What is measured from one location.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pace {
    location: Slug,
    /// The newest quarter of an hour that was measured.
    newest: i64,
    /// Mean of each quarter of an hour, milliseconds, 0 where nothing was measured; by its number within a day.
    ms: Box<[u16]>,
    /// Runs in the newest one.
    runs: u16,
    certificate: Option<Time>,
}

/// The paces of one service, in order of location.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Paces {
    list: Vec<Pace>,
}

impl Pace {
    fn new(location: &Slug, bin: i64) -> Pace {
        Pace { location: location.clone(), newest: bin, ms: vec![0; DAY as usize].into(), runs: 0, certificate: None }
    }

    fn slot(bin: i64) -> usize {
        bin.rem_euclid(DAY) as usize
    }

    fn put(&mut self, bin: i64, ms: u32) {
        if bin > self.newest {
            for b in self.newest.max(bin - DAY) + 1..=bin {
                if let Some(cell) = self.ms.get_mut(Pace::slot(b)) {
                    *cell = 0;
                }
            }
            (self.newest, self.runs) = (bin, 0);
        }
        if bin < self.newest {
            return;
        }
        let Some(cell) = self.ms.get_mut(Pace::slot(bin)) else { return };
        let (before, new) = (u32::from(*cell) * u32::from(self.runs), ms.clamp(1, u32::from(u16::MAX)));
        self.runs = self.runs.saturating_add(1);
        *cell = ((before + new) / u32::from(self.runs)).clamp(1, u32::from(u16::MAX)) as u16;
    }

    /// The tenth and the ninetieth of a hundred quarters of an hour, of the day up to `bin`.
    fn usual(&self, bin: i64) -> Option<(u32, u32)> {
        let of_day = (bin - DAY + 1..=bin.min(self.newest)).filter_map(|b| self.ms.get(Pace::slot(b)).copied());
        let mut known: Vec<u16> = of_day.filter(|ms| *ms > 0).collect();
        known.sort_unstable();
        let last = known.len().checked_sub(1).filter(|_| known.len() >= ENOUGH)?;
        let at = |share: usize| known.get((last * share + 50) / 100).copied().map(u32::from);
        Some((at(10)?, at(90)?))
    }
}

impl Paces {
    /// Takes a result of a location that is told apart; `known` says which those are.
    pub(crate) fn take(&mut self, at: Time, location: &Slug, r: &CheckResult, known: &dyn Fn(&Slug) -> bool) {
        if r.late || !known(location) {
            return;
        }
        self.list.retain(|p| known(&p.location));
        let bin = bin_of(at.minute());
        let i = match self.list.binary_search_by(|p| p.location.cmp(location)) {
            Ok(i) => i,
            // Nothing is kept of those that measure nothing.
            Err(_) if r.certificate.is_none() && (r.outcome != CheckOutcome::Up || r.ms.is_none()) => return,
            Err(i) => {
                self.list.insert(i, Pace::new(location, bin));
                i
            }
        };
        let Some(pace) = self.list.get_mut(i) else { return };
        if let (CheckOutcome::Up, Some(ms)) = (r.outcome, r.ms) {
            pace.put(bin, ms);
        }
        pace.certificate = r.certificate.or(pace.certificate);
    }

    /// How long a check usually takes from there in milliseconds, and until when the certificate is valid.
    pub(crate) fn at(&self, location: &Slug, bin: i64) -> (Option<(u32, u32)>, Option<Time>) {
        let pace = self.list.iter().find(|p| p.location == *location);
        pace.map_or((None, None), |p| (p.usual(bin), p.certificate))
    }

    /// False when restored ones cannot be any.
    pub(crate) fn is_sound(&self) -> bool {
        self.list.len() <= SPOTS
            && self.list.is_sorted_by(|a, b| a.location < b.location)
            && self.list.iter().all(|p| p.ms.len() == DAY as usize && p.newest.unsigned_abs() < 1 << 40)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up(ms: u32) -> CheckResult {
        CheckResult::new(Slug::parse("a").unwrap(), CheckOutcome::Up, None, Some(ms))
    }

    #[test]
    fn the_usual_time_is_that_of_most_quarters_of_the_last_day_and_known_after_two_hours() {
        let (fra, mut paces) = (Slug::parse("fra").unwrap(), Paces::default());
        let at = |bin: i64| Time(bin * 900_000);
        for bin in 0..200 {
            // Mean 100; every twentieth quarter of an hour is slow.
            for ms in if bin % 20 == 0 { [900, 1100] } else { [90, 110] } {
                paces.take(at(bin), &fra, &up(ms), &|_| true);
            }
            let usual = paces.at(&fra, bin).0;
            assert_eq!(usual.is_some(), bin >= 7, "{bin}");
        }
        assert_eq!(paces.at(&fra, 199).0, Some((100, 100)));
        assert_eq!(paces.at(&fra, 199 + 95).0, None, "of yesterday nothing is left");
        // A failure is no measure, what is too long is cut, and a location that is told apart no more is forgotten.
        paces.take(at(400), &fra, &CheckResult { outcome: CheckOutcome::Down, ..up(7) }, &|_| true);
        paces.take(at(400), &fra, &up(u32::MAX), &|_| true);
        assert_eq!((paces.list[0].runs, paces.list[0].ms[Pace::slot(400)], paces.is_sound()), (1, u16::MAX, true));
        paces.take(at(401), &Slug::parse("iad").unwrap(), &up(5), &|l| l.as_str() == "iad");
        assert_eq!(paces.list.len(), 1);
    }

    #[test]
    fn the_certificate_is_the_last_that_was_seen() {
        let (fra, mut paces) = (Slug::parse("fra").unwrap(), Paces::default());
        let with = |until| CheckResult { certificate: until, ..up(5) };
        for (until, known) in
            [(None, None), (Some(Time(9)), Some(Time(9))), (None, Some(Time(9))), (Some(Time(12)), Some(Time(12)))]
        {
            paces.take(Time(0), &fra, &with(until), &|_| true);
            assert_eq!(paces.at(&fra, 0).1, known);
        }
        paces.take(Time(0), &fra, &CheckResult { late: true, ..with(Some(Time(99))) }, &|_| true);
        assert_eq!(paces.at(&fra, 0).1, Some(Time(12)));
    }
}
