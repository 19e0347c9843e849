//! The lane of our own checks: a strip for each location, as few shapes as its day has runs.
//!
//! How high a cell stands says what it is, so that colour only repeats it: a low bar where it was up, a half one where it could
//! not tell, a full one where it failed; hatched where nothing was heard.

use super::{Plan, hit};
use crate::page::checks::{SHOWN, in_order};
use crate::page::html::esc;
use allclear_engine::view::{CheckCell, SpotNow};
use allclear_model::words::pages as words;
use std::fmt::Write;

/// User units between two strips.
const APART: f64 = 1.0;

/// Draws the lane of `n` bins at `top`, with what scripts say of each bin.
pub(super) fn draw(s: &mut String, spots: &[SpotNow], n: usize, p: &Plan, top: f64) {
    let w = &words::EN;
    let tip = match spots {
        [one] => w.tip_check.replace("{location}", &one.location),
        _ => w.tip_checks.to_owned(),
    };
    let _ = write!(
        s,
        "<g data-lane=\"checks\" data-label=\"{}\" data-tip=\"{}\" data-none=\"{}\">",
        esc(w.lane_checks),
        esc(&tip),
        esc(w.tip_unchecked)
    );
    let rows = rows(spots, n);
    let high = (p.strip - APART * (rows.len() as f64 - 1.0)) / rows.len() as f64;
    for (cells, i) in rows.iter().zip(0u32..) {
        strip(s, cells, p, top + f64::from(i) * (high + APART), high);
    }
    hit(s, p, top, top + p.strip);
}

/// The cells of each strip, `n` of them; the last strip has the worst of all locations without one of their own.
fn rows(spots: &[SpotNow], n: usize) -> Vec<Vec<CheckCell>> {
    let mut rows: Vec<Vec<CheckCell>> = Vec::with_capacity(SHOWN);
    for spot in in_order(spots) {
        let newest = spot.cells.iter().rev().copied().chain(std::iter::repeat(CheckCell::Nothing)).take(n);
        if rows.len() < SHOWN {
            let mut cells: Vec<CheckCell> = newest.collect();
            cells.reverse();
            rows.push(cells);
        } else if let Some(last) = rows.last_mut() {
            last.iter_mut().rev().zip(newest).for_each(|(worst, cell)| *worst = cell.max(*worst));
        }
    }
    rows
}

/// One strip: a shape for each run of equal cells, all of a kind in one path.
fn strip(s: &mut String, cells: &[CheckCell], p: &Plan, top: f64, high: f64) {
    let step = (p.x1 - p.x0) / cells.len().max(1) as f64;
    let mut paths = [("c-up", String::new()), ("c-unclear", String::new()), ("c-down", String::new())];
    let mut from = 0;
    for run in cells.chunk_by(PartialEq::eq) {
        let (x, wide) = (p.x0 + step * from as f64, step * run.len() as f64);
        from += run.len();
        let (kind, h) = match run.first() {
            Some(CheckCell::Up) => (0, (high * 0.25).max(1.0)),
            Some(CheckCell::Unclear) => (1, high * 0.55),
            Some(CheckCell::Down) => (2, high),
            Some(CheckCell::Nothing) | None => {
                let _ = write!(
                    s,
                    "<rect class=\"gap\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" fill=\"url(#gap-{})\"/>",
                    p.class
                );
                continue;
            }
        };
        if let Some((_, d)) = paths.get_mut(kind) {
            let _ = write!(d, "M{x:.1} {:.1}h{wide:.1}v{h:.1}h-{wide:.1}z", top + high - h);
        }
    }
    for (class, d) in paths.iter().filter(|(_, d)| !d.is_empty()) {
        let _ = write!(s, "<path class=\"{class}\" d=\"{d}\"/>");
    }
}
