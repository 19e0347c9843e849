//! A day of a location in quarters of an hour, for the lanes of a page.

use super::super::counts::DAY;
use serde::{Deserialize, Serialize};

/// Bytes of a day's cells, four in each.
const CELL_BYTES: usize = DAY as usize / 4;

/// What the runs of a quarter of an hour found, the worst of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckCell {
    /// Nothing was heard.
    Nothing,
    /// All were up.
    Up,
    /// Blocked or inconclusive.
    Unclear,
    /// Down.
    Down,
}

/// A day of quarters of an hour, two bits each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Strip {
    newest: i64,
    cells: [u8; CELL_BYTES],
}

impl Strip {
    pub(super) fn new(bin: i64) -> Strip {
        Strip { newest: bin, cells: [0; CELL_BYTES] }
    }

    fn slot(bin: i64) -> (usize, usize) {
        let i = bin.rem_euclid(DAY) as usize;
        (i / 4, i % 4 * 2)
    }

    pub(super) fn get(&self, bin: i64) -> CheckCell {
        let (byte, shift) = Strip::slot(bin);
        let known = bin <= self.newest && bin > self.newest - DAY;
        match self.cells.get(byte).filter(|_| known).map_or(0, |b| b >> shift & 3) {
            0 => CheckCell::Nothing,
            1 => CheckCell::Up,
            2 => CheckCell::Unclear,
            _ => CheckCell::Down,
        }
    }

    fn set(&mut self, bin: i64, cell: CheckCell) {
        let (byte, shift) = Strip::slot(bin);
        if let Some(b) = self.cells.get_mut(byte) {
            *b = *b & !(3 << shift) | (cell as u8) << shift;
        }
    }

    /// Whether a bin is not older than a day.
    pub(super) fn reaches(&self, bin: i64) -> bool {
        bin > self.newest - DAY
    }

    /// Keeps the worse of `cell` and what is known of the bin. What is older than a day is left out.
    pub(super) fn put(&mut self, bin: i64, cell: CheckCell) {
        if bin > self.newest {
            for b in self.newest.max(bin - DAY) + 1..=bin {
                self.set(b, CheckCell::Nothing);
            }
            self.newest = bin;
        }
        if self.reaches(bin) && cell > self.get(bin) {
            self.set(bin, cell);
        }
    }

    /// What was down in a bin is not known any more. True when it was down.
    pub(super) fn soften(&mut self, bin: i64) -> bool {
        let down = self.reaches(bin) && self.get(bin) == CheckCell::Down;
        if down {
            self.set(bin, CheckCell::Unclear);
        }
        down
    }

    pub(super) fn is_sound(&self) -> bool {
        self.newest.unsigned_abs() < 1 << 40
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_keeps_the_worst_of_each_quarter_of_an_hour_and_forgets_what_is_older_than_a_day() {
        let mut s = Strip::new(1000);
        s.put(1000, CheckCell::Down);
        s.put(1000, CheckCell::Up);
        s.put(1003, CheckCell::Unclear);
        s.put(1001, CheckCell::Up);
        s.put(1000 - DAY, CheckCell::Down);
        let cells = [1000, 1001, 1002, 1003, 1004].map(|b| s.get(b));
        use CheckCell::{Down, Nothing, Unclear, Up};
        assert_eq!(cells, [Down, Up, Nothing, Unclear, Nothing]);
        s.put(1000 + DAY, CheckCell::Up);
        assert_eq!([1000, 1001, 1000 + DAY].map(|b| s.get(b)), [Nothing, Up, Up]);
        s.put(1 << 39, CheckCell::Up);
        assert!((0..DAY).all(|k| s.get((1 << 39) - k) == if k == 0 { Up } else { Nothing }));
    }
}
