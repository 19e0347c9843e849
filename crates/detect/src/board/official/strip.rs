//! A day of an official page in quarters of an hour, for the lanes of a page.

use super::super::counts::DAY;
use allclear_model::Level;
use serde::{Deserialize, Serialize};

/// Bytes of a day's cells, two in each.
const CELL_BYTES: usize = DAY as usize / 2;

/// The worst level that was read in each quarter of an hour, four bits each; 0 where it was not read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Levels {
    newest: i64,
    cells: Box<[u8]>,
}

impl Levels {
    pub(super) fn new(bin: i64) -> Levels {
        Levels { newest: bin, cells: vec![0; CELL_BYTES].into() }
    }

    fn slot(bin: i64) -> (usize, usize) {
        let i = bin.rem_euclid(DAY) as usize;
        (i / 2, i % 2 * 4)
    }

    fn raw(&self, bin: i64) -> u8 {
        let (byte, shift) = Levels::slot(bin);
        let known = bin <= self.newest && bin > self.newest - DAY;
        self.cells.get(byte).filter(|_| known).map_or(0, |b| b >> shift & 15)
    }

    fn set(&mut self, bin: i64, cell: u8) {
        let (byte, shift) = Levels::slot(bin);
        if let Some(b) = self.cells.get_mut(byte) {
            *b = *b & !(15 << shift) | cell << shift;
        }
    }

    pub(super) fn get(&self, bin: i64) -> Option<Level> {
        Level::ALL.get(usize::from(self.raw(bin)).checked_sub(1)?).copied()
    }

    /// Keeps the worse of `level` and what is known of the bin. What is older than a day is left out.
    pub(super) fn put(&mut self, bin: i64, level: Level) {
        if bin > self.newest {
            for b in self.newest.max(bin - DAY) + 1..=bin {
                self.set(b, 0);
            }
            self.newest = bin;
        }
        let cell = level as u8 + 1;
        if bin > self.newest - DAY && cell > self.raw(bin) {
            self.set(bin, cell);
        }
    }

    pub(super) fn is_sound(&self) -> bool {
        self.newest.unsigned_abs() < 1 << 40 && self.cells.len() == CELL_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_keeps_the_worst_level_of_each_quarter_of_an_hour_and_forgets_what_is_older() {
        let mut s = Levels::new(1000);
        for (bin, level) in [(1000, Level::MajorOutage), (1000, Level::Operational), (1003, Level::Unknown)] {
            s.put(bin, level);
        }
        s.put(1000 - DAY, Level::MajorOutage);
        assert_eq!(
            [999, 1000, 1001, 1003].map(|b| s.get(b)),
            [None, Some(Level::MajorOutage), None, Some(Level::Unknown)]
        );
        for (k, level) in (0..).zip(Level::ALL) {
            s.put(1000 + DAY + k, level);
            assert_eq!(s.get(1000 + DAY + k), Some(level));
        }
        assert_eq!((s.get(1000), s.get(1003)), (None, None));
        s.put(1 << 39, Level::Operational);
        assert!((0..DAY).all(|k| s.get((1 << 39) - k) == (k == 0).then_some(Level::Operational)));
    }
}
