//! Why a service's checks were not up in the last day, for the strips of a page: of each location one reason for each quarter of an hour.
//!
//! Reasons repeat, so each is kept once and a cell has its number. Nothing is kept of a location that was always up.

use super::super::counts::DAY;
use super::SPOTS;
use allclear_model::Slug;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Different reasons of one service that are kept; the one that was not heard for longest makes room. A number must fit four bits.
const TEXTS: usize = 8;
/// Longest reason, bytes; what a tip has room for.
const TEXT_MAX: usize = 80;
/// Bytes of a day's numbers, two in each.
const ROW_BYTES: usize = DAY as usize / 2;

/// The reasons of one service.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Whys {
    texts: Vec<Box<str>>,
    /// In order of location.
    rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Row {
    location: Slug,
    newest: i64,
    /// By the number of the bin within a day: 0 where no reason is kept, else the place of the text and 1.
    cells: Box<[u8]>,
}

impl Row {
    fn slot(bin: i64) -> (usize, usize) {
        let i = bin.rem_euclid(DAY) as usize;
        (i / 2, i % 2 * 4)
    }

    fn get(&self, bin: i64) -> u8 {
        let (byte, shift) = Row::slot(bin);
        let known = bin <= self.newest && bin > self.newest - DAY;
        self.cells.get(byte).filter(|_| known).map_or(0, |b| b >> shift & 15)
    }

    fn set(&mut self, bin: i64, number: u8) {
        let (byte, shift) = Row::slot(bin);
        if let Some(b) = self.cells.get_mut(byte) {
            *b = *b & !(15 << shift) | number << shift;
        }
    }

    fn put(&mut self, bin: i64, number: u8) {
        if bin > self.newest {
            for b in self.newest.max(bin - DAY) + 1..=bin {
                self.set(b, 0);
            }
            self.newest = bin;
        }
        if bin > self.newest - DAY {
            self.set(bin, number);
        }
    }

    fn bins(&self) -> RangeInclusive<i64> {
        self.newest - DAY + 1..=self.newest
    }
}

impl Whys {
    /// In this quarter of an hour the location was not up because of `reason`, instead of what was kept for it; `None`: nobody knows why.
    pub(super) fn put(kept: &mut Option<Box<Whys>>, location: &Slug, bin: i64, reason: Option<&str>) {
        let reason = reason.map(cut).filter(|r| !r.trim().is_empty());
        if kept.is_some() || reason.is_some() {
            kept.get_or_insert_default().place(location, bin, reason);
        }
    }

    fn place(&mut self, location: &Slug, bin: i64, reason: Option<Cow<'_, str>>) {
        let at = self.rows.binary_search_by(|r| r.location.cmp(location));
        let number = match reason {
            Some(reason) => self.number(&reason),
            None if at.is_err() => return,
            None => 0,
        };
        let i = at.unwrap_or_else(|i| {
            let cells = vec![0; ROW_BYTES].into();
            self.rows.reserve_exact(1);
            self.rows.insert(i, Row { location: location.clone(), newest: bin, cells });
            i
        });
        if let Some(row) = self.rows.get_mut(i) {
            row.put(bin, number);
        }
    }

    /// The number of a reason, which is kept from here on.
    fn number(&mut self, reason: &str) -> u8 {
        if let Some(i) = self.texts.iter().position(|t| **t == *reason) {
            return i as u8 + 1;
        }
        if self.texts.len() < TEXTS {
            self.texts.reserve_exact(1);
            self.texts.push(reason.into());
            return self.texts.len() as u8;
        }
        let mut heard = [i64::MIN; TEXTS];
        for (row, bin) in self.rows.iter().flat_map(|r| r.bins().map(move |b| (r, b))) {
            if let Some(last) = usize::from(row.get(bin)).checked_sub(1).and_then(|i| heard.get_mut(i)) {
                *last = bin.max(*last);
            }
        }
        let oldest = (0..TEXTS).min_by_key(|i| heard[*i]).unwrap_or_default();
        let number = oldest as u8 + 1;
        for row in &mut self.rows {
            for bin in row.bins().filter(|b| row.get(*b) == number).collect::<Vec<_>>() {
                row.set(bin, 0);
            }
        }
        if let Some(text) = self.texts.get_mut(oldest) {
            *text = reason.into();
        }
        number
    }

    /// The location is told apart no more.
    pub(super) fn forget(kept: &mut Option<Box<Whys>>, location: &Slug) {
        if let Some(w) = kept {
            w.rows.retain(|r| r.location != *location);
        }
        // A snapshot has nothing of reasons without cells.
        kept.take_if(|w| w.rows.is_empty());
    }

    /// All texts, to be shared by [`Whys::day`]s.
    pub(super) fn texts(&self) -> Vec<Arc<str>> {
        self.texts.iter().map(|t| Arc::from(&**t)).collect()
    }

    /// The day up to `bin` as runs of cells, counted from its first, with why a location was not up in them.
    pub(super) fn day(&self, location: &Slug, bin: i64, texts: &[Arc<str>]) -> Vec<(RangeInclusive<usize>, Arc<str>)> {
        let Some(row) = self.rows.iter().find(|r| r.location == *location) else { return Vec::new() };
        let day: Vec<u8> = (bin - DAY + 1..=bin).map(|b| row.get(b)).collect();
        let mut from = 0;
        let mut runs = Vec::new();
        for run in day.chunk_by(PartialEq::eq) {
            let number = run.first().copied().map_or(0, usize::from);
            if let Some(text) = number.checked_sub(1).and_then(|i| texts.get(i)) {
                runs.push((from..=from + run.len() - 1, text.clone()));
            }
            from += run.len();
        }
        runs
    }

    /// False when restored ones cannot be any.
    pub(crate) fn is_sound(&self) -> bool {
        self.texts.len() <= TEXTS
            && self.texts.iter().all(|t| t.len() <= TEXT_MAX)
            && (1..=SPOTS).contains(&self.rows.len())
            && self.rows.is_sorted_by(|a, b| a.location < b.location)
            && self.rows.iter().all(|r| r.cells.len() == ROW_BYTES && r.newest.unsigned_abs() < 1 << 40)
    }
}

/// As much of a reason as is kept.
fn cut(reason: &str) -> Cow<'_, str> {
    if reason.len() <= TEXT_MAX {
        return reason.into();
    }
    let end = reason.floor_char_boundary(TEXT_MAX - '…'.len_utf8());
    format!("{}…", reason.get(..end).unwrap_or_default().trim_end()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(text: &str) -> Slug {
        Slug::parse(text).unwrap()
    }

    /// What is told of a location's day up to `bin`.
    fn day(w: Option<&Whys>, location: &str, bin: i64) -> Vec<(RangeInclusive<usize>, String)> {
        let Some(w) = w else { return Vec::new() };
        w.day(&slug(location), bin, &w.texts()).into_iter().map(|(r, t)| (r, t.to_string())).collect()
    }

    #[test]
    fn a_day_keeps_the_reason_of_each_quarter_of_an_hour_and_forgets_what_is_older() {
        let (fra, mut w) = (slug("fra"), None);
        Whys::put(&mut w, &fra, 1000, None);
        assert!(w.is_none(), "nothing is kept of nothing");
        for (bin, reason) in [(1000, "refused"), (1001, "refused"), (1004, "status 503"), (1005, " ")] {
            Whys::put(&mut w, &fra, bin, Some(reason));
        }
        Whys::put(&mut w, &slug("iad"), 1005, Some("refused"));
        assert_eq!(
            day(w.as_deref(), "fra", 1005),
            [(90..=91, "refused".to_owned()), (94..=94, "status 503".to_owned())]
        );
        assert_eq!(
            (day(w.as_deref(), "iad", 1005), day(w.as_deref(), "oslo", 1005)),
            (vec![(95..=95, "refused".to_owned())], vec![])
        );
        // What comes late has its place, what comes a day late has none.
        Whys::put(&mut w, &fra, 1002, Some("refused"));
        Whys::put(&mut w, &fra, 1005 - DAY, Some("refused"));
        assert_eq!(day(w.as_deref(), "fra", 1005)[0], (90..=92, "refused".to_owned()));
        assert_eq!(day(w.as_deref(), "fra", 1001 + DAY)[0], (0..=0, "refused".to_owned()));
        Whys::put(&mut w, &fra, 1 << 39, Some("refused"));
        assert_eq!(day(w.as_deref(), "fra", 1 << 39), [(95..=95, "refused".to_owned())]);
        Whys::forget(&mut w, &fra);
        assert!(day(w.as_deref(), "fra", 1 << 39).is_empty() && w.as_ref().is_some_and(|w| w.is_sound()));
        Whys::forget(&mut w, &slug("iad"));
        assert!(w.is_none(), "nothing is kept of nobody");
    }

    #[test]
    fn the_newest_reasons_are_kept_and_no_cell_has_that_of_another() {
        let (fra, mut w) = (slug("fra"), None);
        for bin in 0..200 {
            Whys::put(&mut w, &fra, bin, Some(&format!("took {bin} ms")));
            // One that is heard again and again stays.
            Whys::put(&mut w, &slug("iad"), bin, Some("refused"));
        }
        let told = day(w.as_deref(), "fra", 199);
        let newest: Vec<_> = (0..7).map(|k| (89 + k..=89 + k, format!("took {} ms", 193 + k))).collect();
        assert_eq!(told, newest);
        assert_eq!(day(w.as_deref(), "iad", 199), [(0..=95, "refused".to_owned())]);
    }

    #[test]
    fn a_busy_service_keeps_about_a_kilobyte_of_reasons_whatever_they_are() {
        let mut w = None;
        for bin in 0..300 {
            for location in ["fra", "iad", "nrt"] {
                Whys::put(&mut w, &slug(location), bin, Some(&format!("{bin}{location}{}", "ä".repeat(400))));
            }
        }
        let w = w.unwrap();
        assert!(w.is_sound() && w.texts.iter().all(|t| t.ends_with('…')));
        let texts: usize = w.texts.iter().map(|t| t.len() + size_of::<Box<str>>()).sum();
        let rows: usize = w.rows.iter().map(|r| r.cells.len() + size_of::<Row>() + r.location.len()).sum();
        assert!(texts + rows <= 1100, "{texts} + {rows}");
    }
}
