//! The lane of the official page: one strip, as few shapes as its day has runs.

use super::strips::{Shape, strip};
use super::{Plan, hit};
use crate::page::html::esc;
use allclear_model::Level;
use allclear_model::words::pages as words;
use std::fmt::Write;

/// How a level is drawn: the worse, the higher. Maintenance is no problem that has come about, so it floats; where the page said
/// nothing clear there is a thin line.
fn shape(level: Level) -> Shape {
    let standing = |class, high| Shape { class, from: 1.0 - high, high };
    match level {
        Level::Operational => standing("c-up", 0.25),
        Level::DegradedPerformance => standing("c-unclear", 0.5),
        Level::PartialOutage => standing("c-part", 0.75),
        Level::MajorOutage => standing("c-down", 1.0),
        Level::UnderMaintenance => Shape { class: "c-maint", from: 0.25, high: 0.4 },
        Level::Unknown => Shape { class: "c-unk", from: 0.45, high: 0.1 },
    }
}

/// Draws the lane of `n` bins at `top`, with what scripts say of each bin.
pub(super) fn draw(s: &mut String, cells: &[Option<Level>], n: usize, p: &Plan, top: f64) {
    let w = &words::EN;
    let _ = write!(
        s,
        "<g data-lane=\"official\" data-label=\"{}\" data-tip=\"{}\" data-none=\"{}\">",
        esc(w.lane_official),
        esc(w.tip_official),
        esc(w.tip_unread)
    );
    let newest = cells.iter().rev().copied().chain(std::iter::repeat(None)).take(n);
    let mut row: Vec<Option<Shape>> = newest.map(|l| l.map(shape)).collect();
    row.reverse();
    strip(s, &row, p, top, p.strip);
    hit(s, p, top, top + p.strip);
}
