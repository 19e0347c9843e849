//! What scripts say of each cell of the strips, for pointers and keyboards. It is written once beside both drawings; without a script the
//! lines and the table below the lanes have the same, but for the reasons of the past.

use super::{rows, worst};
use allclear_engine::view::{CheckCell, SpotNow};
use allclear_model::words::pages as words;
use serde::Serialize;

/// All that is said, and which of it in each cell of each strip, oldest first.
#[derive(Serialize)]
struct Said {
    said: Vec<String>,
    rows: Vec<Vec<usize>>,
}

/// The last `n` cells of all strips, as JSON; nothing where there are none.
pub(crate) fn json(spots: &[SpotNow], n: usize) -> Option<String> {
    if spots.is_empty() {
        return None;
    }
    let mut said: Vec<String> = Vec::new();
    let mut place = |text: String| {
        said.iter().position(|s| *s == text).unwrap_or_else(|| {
            said.push(text);
            said.len() - 1
        })
    };
    let mut cell = |row: &[&SpotNow], i: usize| {
        let (outcome, from, why) = match worst(row, i, n) {
            Some((s, k, cell)) => (cell, (row.len() > 1).then_some(s.location.as_str()), s.why(k)),
            None => (CheckCell::Nothing, None, None),
        };
        place(match outcome {
            CheckCell::Nothing => words::EN.cell_nothing.to_owned(),
            // That the worst of several is up says that all are that were heard.
            CheckCell::Up => words::EN.check_up.to_owned(),
            CheckCell::Unclear => words::strip_cell(words::EN.check_unclear, from, why),
            CheckCell::Down => words::strip_cell(words::EN.check_failed, from, why),
        })
    };
    let rows = rows(spots).iter().map(|row| (0..n).map(|i| cell(row, i)).collect()).collect();
    serde_json::to_string(&Said { said, rows }).ok()
}
