//! The lane of our own checks: a strip for each location, as few shapes as its day has runs. The official page's is drawn alike.
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

/// Draws the lane of `n` bins at `top`, with what scripts say of each bin; `last`: its column of the table is the last one.
pub(super) fn draw(s: &mut String, spots: &[SpotNow], n: usize, p: &Plan, top: f64, last: bool) {
    let w = &words::EN;
    let tip = match spots {
        [one] => w.tip_check.replace("{location}", &one.location),
        _ => w.tip_checks.to_owned(),
    };
    let _ = write!(
        s,
        "<g data-lane=\"checks\"{} data-label=\"{}\" data-tip=\"{}\" data-none=\"{}\">",
        if last { "" } else { " data-back=\"2\"" },
        esc(w.lane_checks),
        esc(&tip),
        esc(w.tip_unchecked)
    );
    let rows = rows(spots, n);
    let high = (p.strip - APART * (rows.len() as f64 - 1.0)) / rows.len() as f64;
    for (cells, i) in rows.iter().zip(0u32..) {
        let shapes: Vec<Option<Shape>> = cells.iter().map(|c| shape(*c, high)).collect();
        strip(s, &shapes, p, top + f64::from(i) * (high + APART), high);
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

/// How a cell is drawn: its class, where it begins and how high it is, in shares of the strip.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    pub(super) class: &'static str,
    pub(super) from: f64,
    pub(super) high: f64,
}

fn shape(cell: CheckCell, strip: f64) -> Option<Shape> {
    let standing = |class, high| Some(Shape { class, from: 1.0 - high, high });
    match cell {
        // Never too low to be seen.
        CheckCell::Up => standing("c-up", (0.25f64).max(1.0 / strip)),
        CheckCell::Unclear => standing("c-unclear", 0.55),
        CheckCell::Down => standing("c-down", 1.0),
        CheckCell::Nothing => None,
    }
}

/// One strip: a shape for each run of equal cells, all of a class in one path; hatched where there is none.
pub(super) fn strip(s: &mut String, cells: &[Option<Shape>], p: &Plan, top: f64, high: f64) {
    let step = (p.x1 - p.x0) / cells.len().max(1) as f64;
    let mut paths: Vec<(&'static str, String)> = Vec::with_capacity(4);
    let mut from = 0;
    for run in cells.chunk_by(PartialEq::eq) {
        let (x, wide) = (p.x0 + step * from as f64, step * run.len() as f64);
        from += run.len();
        let Some(Some(shape)) = run.first() else {
            let _ = write!(
                s,
                "<rect class=\"gap\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" fill=\"url(#gap-{})\"/>",
                p.class
            );
            continue;
        };
        let (y, h) = (top + high * shape.from, high * shape.high);
        let path = format!("M{x:.1} {y:.1}h{wide:.1}v{h:.1}h-{wide:.1}z");
        match paths.iter_mut().find(|(class, _)| *class == shape.class) {
            Some((_, d)) => d.push_str(&path),
            None => paths.push((shape.class, path)),
        }
    }
    for (class, d) in &paths {
        let _ = write!(s, "<path class=\"{class}\" d=\"{d}\"/>");
    }
}
