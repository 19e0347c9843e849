//! Counts over time: the last minutes, quarters of an hour for two days, and sparse counts by symptom or country.

use allclear_model::Minute;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Minutes of a bin.
pub(crate) const BIN_MIN: i64 = 15;
/// Bins kept: 48 hours.
pub(crate) const BINS: usize = 192;
/// Bins of a day.
pub(crate) const DAY: i64 = 96;
/// Minutes whose counts are kept one by one: enough for the onset of a slow rise.
const RAW_MINUTES: i64 = 256;
const EFFECTIVE_MINUTES: i64 = 16;
/// Sparse counts are dropped when the oldest is out of date by so many bins (4 hours).
const LAZY: i64 = 16;

/// The bin a minute falls in.
pub(crate) fn bin_of(m: Minute) -> i64 {
    m.0.div_euclid(BIN_MIN)
}

/// Counts of the last minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Last {
    /// The last minute that was written with a count above zero.
    newest: i64,
    raw: Vec<u32>,
    effective: [f64; EFFECTIVE_MINUTES as usize],
    effective_at: [i64; EFFECTIVE_MINUTES as usize],
}

impl Last {
    pub(crate) fn new() -> Last {
        Last {
            newest: i64::MIN,
            raw: vec![0; RAW_MINUTES as usize],
            effective: [0.0; 16],
            effective_at: [i64::MIN; 16],
        }
    }

    /// Adds to a minute; minutes never go back.
    pub(crate) fn add(&mut self, m: Minute, raw: u32, effective: f64) {
        if self.newest < m.0 {
            if self.newest < m.0 - RAW_MINUTES {
                self.raw.fill(0);
            } else {
                for k in self.newest + 1..=m.0 {
                    self.raw[k.rem_euclid(RAW_MINUTES) as usize] = 0;
                }
            }
            self.newest = m.0;
        }
        let i = m.0.rem_euclid(RAW_MINUTES) as usize;
        self.raw[i] = self.raw[i].saturating_add(raw);
        let e = m.0.rem_euclid(EFFECTIVE_MINUTES) as usize;
        if self.effective_at[e] != m.0 {
            self.effective_at[e] = m.0;
            self.effective[e] = 0.0;
        }
        self.effective[e] += effective;
    }

    /// Says what the reports of minute `m` are worth, when that is known for all of them together.
    pub(crate) fn set_effective(&mut self, m: Minute, effective: f64) {
        let e = m.0.rem_euclid(EFFECTIVE_MINUTES) as usize;
        self.effective_at[e] = m.0;
        self.effective[e] = effective;
    }

    /// True when there is no report in the `n` minutes up to and with `m`.
    pub(crate) fn silent(&self, m: Minute, n: i64) -> bool {
        self.newest <= m.0 - n
    }

    /// Reports in the minutes `from..=to`, as far back as they are kept.
    pub(crate) fn sum(&self, from: Minute, to: Minute) -> u64 {
        let last = self.newest.min(to.0);
        let first = from.0.max(self.newest.saturating_sub(RAW_MINUTES - 1));
        (first..=last).map(|k| u64::from(self.raw[k.rem_euclid(RAW_MINUTES) as usize])).sum()
    }

    /// Effective reports in the `n` (at most 16) minutes up to and with `m`.
    pub(crate) fn effective(&self, m: Minute, n: i64) -> f64 {
        (m.0 - n + 1..=m.0)
            .map(|k| {
                let e = k.rem_euclid(EFFECTIVE_MINUTES) as usize;
                if self.effective_at[e] == k { self.effective[e] } else { 0.0 }
            })
            .sum()
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.raw.len() == RAW_MINUTES as usize
    }
}

/// A finished quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Bin {
    pub actual: u32,
    pub expected: f32,
    pub upper: f32,
}

/// The bins of two days, and the one under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bins {
    /// Number of the bin under way.
    now: i64,
    pub actual: u64,
    pub expected: f64,
    ring: Vec<Bin>,
}

impl Bins {
    /// Two days in which nothing was reported and `usual` is the bin that was usual.
    pub(crate) fn new(m: Minute, usual: Bin) -> Bins {
        Bins { now: bin_of(m), actual: 0, expected: 0.0, ring: vec![usual; BINS] }
    }

    /// Ends the bin under way and begins `next`; bins in between were not watched.
    pub(crate) fn turn(&mut self, next: i64, upper: f64) {
        if next <= self.now {
            return;
        }
        let i = self.now.rem_euclid(BINS as i64) as usize;
        self.ring[i] = Bin {
            actual: u32::try_from(self.actual).unwrap_or(u32::MAX),
            expected: self.expected as f32,
            upper: upper as f32,
        };
        for k in (self.now + 1..next).take(BINS) {
            self.ring[k.rem_euclid(BINS as i64) as usize] = Bin::default();
        }
        self.now = next;
        self.actual = 0;
        self.expected = 0.0;
    }

    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    /// A finished bin, if it is still kept.
    pub(crate) fn get(&self, bin: i64) -> Option<Bin> {
        (bin < self.now && bin > self.now - BINS as i64).then(|| self.ring[bin.rem_euclid(BINS as i64) as usize])
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.ring.len() == BINS && self.expected.is_finite() && self.now.unsigned_abs() < 1 << 40
    }
}

/// Counts by key and bin of the last 24 hours, in order of bin.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Sparse {
    list: Vec<(i32, u16, u32)>,
    pub evicted: u64,
}

impl Sparse {
    pub(crate) fn add(&mut self, bin: i64, key: u16, count: u32, cap: usize) {
        let bin = bin as i32;
        for e in self.list.iter_mut().rev() {
            if e.0 != bin {
                break;
            }
            if e.1 == key {
                e.2 = e.2.saturating_add(count);
                return;
            }
        }
        if self.list.len() >= cap.max(16) {
            self.drop_before(i64::from(bin) - DAY + 1);
        }
        if self.list.len() >= cap.max(16) {
            self.shrink(bin, cap.max(16));
        }
        if self.list.len() == self.list.capacity() {
            self.list.reserve_exact((self.list.len() / 4).max(8));
        }
        self.list.push((bin, key, count));
    }

    /// One of a bin is counted under another key, or no longer, or only now. What was not counted there (any more) is not
    /// taken from what others have said.
    pub(crate) fn change(&mut self, bin: i64, from: Option<u16>, to: Option<u16>) {
        let bin = bin as i32;
        if from == to {
            return;
        }
        if let Some(from) = from {
            let Some(f) = self.list.iter_mut().find(|e| e.0 == bin && e.1 == from && e.2 > 0) else { return };
            f.2 -= 1;
        }
        if let Some(to) = to {
            match self.list.iter_mut().find(|e| e.0 == bin && e.1 == to) {
                Some(t) => t.2 = t.2.saturating_add(1),
                None => self.list.insert(self.list.partition_point(|e| e.0 <= bin), (bin, to, 1)),
            }
        }
        self.list.retain(|e| e.2 > 0);
    }

    /// Forgets bins before `first`, some of them later: [`Sparse::since`] is asked for nothing that old, and moving the list
    /// every quarter of an hour would be dear.
    pub(crate) fn forget(&mut self, first: i64) {
        if self.list.first().is_some_and(|e| i64::from(e.0) + LAZY <= first) {
            self.drop_before(first);
        }
    }

    fn drop_before(&mut self, first: i64) {
        let old = self.list.partition_point(|e| i64::from(e.0) < first);
        self.list.drain(..old);
        if self.list.len() * 4 < self.list.capacity() {
            self.list.shrink_to_fit();
        }
    }

    /// Sums by key over the bins from `first` on, in order of key.
    pub(crate) fn since(&self, first: i64) -> BTreeMap<u16, u64> {
        let mut sums = BTreeMap::new();
        for (bin, key, n) in self.list.iter().rev() {
            if i64::from(*bin) < first {
                break;
            }
            *sums.entry(*key).or_insert(0) += u64::from(*n);
        }
        sums
    }

    /// A copy of the bins from `first` on.
    pub(crate) fn tail(&self, first: i64) -> Sparse {
        let from = self.list.partition_point(|e| i64::from(e.0) < first);
        Sparse { list: self.list.get(from..).unwrap_or_default().to_vec(), evicted: 0 }
    }

    /// Makes room: what is older than two hours is merged by the hour, then the smallest of it goes.
    fn shrink(&mut self, now: i32, cap: usize) {
        let fine = now.saturating_sub(8);
        let mut merged: BTreeMap<(i32, u16), u32> = BTreeMap::new();
        for (bin, key, n) in self.list.drain(..) {
            let b = if bin < fine { bin & !3 } else { bin };
            let e = merged.entry((b, key)).or_insert(0);
            *e = e.saturating_add(n);
        }
        if merged.len() > cap * 3 / 4 {
            let mut by_size: Vec<(bool, u32, i32, u16)> =
                merged.iter().map(|((b, k), n)| (*b >= fine, *n, *b, *k)).collect();
            by_size.sort_unstable();
            for (_, _, b, k) in by_size.into_iter().take(merged.len() - cap * 3 / 4) {
                merged.remove(&(b, k));
                self.evicted += 1;
            }
        }
        self.list = merged.into_iter().map(|((b, k), n)| (b, k, n)).collect();
    }

    /// Counts kept.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn is_sound(&self, keys: u16) -> bool {
        self.list.iter().all(|e| e.1 < keys) && self.list.is_sorted_by_key(|e| e.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_list_drops_the_small_old_counts_first_and_keeps_the_last_two_hours() {
        let mut s = Sparse::default();
        for bin in 0..96i64 {
            for key in 0..40u16 {
                s.add(bin, key, if key < 3 { 100 } else { 1 }, 768);
            }
        }
        assert!(s.list.len() <= 768 && s.evicted > 0);
        let hour = s.since(92);
        assert_eq!(hour.len(), 40);
        assert_eq!(hour[&0], 400);
        assert!(s.since(0)[&0] > 9000);
    }

    #[test]
    fn what_is_forgotten_later_is_never_counted() {
        let (mut later, mut at_once) = (Sparse::default(), Sparse::default());
        let mut seed = 7u32;
        for bin in 0..1000i64 {
            for s in [&mut later, &mut at_once] {
                s.forget(bin - DAY + 1);
            }
            at_once.drop_before(bin - DAY + 1);
            for _ in 0..seed % 5 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                for s in [&mut later, &mut at_once] {
                    s.add(bin, (seed >> 28) as u16, 1 + (seed >> 8) % 3, 150);
                }
            }
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) >> (bin % 3);
            assert_eq!(later.since(bin - DAY + 1), at_once.since(bin - DAY + 1), "{bin}");
            assert!(later.list.len() <= 150);
        }
        assert!(at_once.evicted > 0 && at_once.evicted == later.evicted);
    }

    #[test]
    fn the_last_minutes_add_up() {
        let mut l = Last::new();
        for m in 0..1000 {
            if m % 3 == 0 {
                l.add(Minute(m), 2, 1.5);
            }
        }
        assert_eq!(l.sum(Minute(985), Minute(999)), 10);
        assert_eq!(l.effective(Minute(999), 15), 7.5);
        assert!(l.silent(Minute(1020), 15) && !l.silent(Minute(1000), 15));
        assert_eq!(l.sum(Minute(1500), Minute(1514)), 0);
    }
}
