//! The lane of our own checks: a strip for each location, as few shapes as its day has runs. The official page's is drawn alike.
//!
//! How high a cell stands says what it is, so that colour only repeats it: a low bar where it was up, a half one where it could
//! not tell, a full one where it failed; hatched where nothing was heard. What scripts say of the cells is in [`said`].

pub(super) mod said;

use super::{Plan, hit};
use crate::page::checks::{SHOWN, in_order};
use crate::page::html::esc;
use allclear_engine::view::{CheckCell, SpotNow};
use allclear_model::words::pages as words;
use std::fmt::Write;

/// Whose cells each strip has: those of one location; the last one the worst of all without a strip of their own.
fn rows(spots: &[SpotNow]) -> Vec<Vec<&SpotNow>> {
    let mut all = in_order(spots);
    let rest = all.split_off(all.len().min(SHOWN - 1));
    let mut rows: Vec<Vec<&SpotNow>> = all.into_iter().map(|s| vec![s]).collect();
    if !rest.is_empty() {
        rows.push(rest);
    }
    rows
}

/// Cell `i` of the last `n`, of the location with the worst one.
fn worst<'a>(row: &[&'a SpotNow], i: usize, n: usize) -> Option<(&'a SpotNow, usize, CheckCell)> {
    let cells = row.iter().filter_map(|s| {
        let k = (s.cells.len() + i).checked_sub(n)?;
        Some((*s, k, *s.cells.get(k)?))
    });
    // The first of those that are as bad.
    cells.reduce(|a, b| if b.2 > a.2 { b } else { a })
}

/// What a strip is called: its location, or how many it has.
fn name(row: &[&SpotNow]) -> String {
    match row {
        [one] => one.location.to_string(),
        many => words::locations(many.len()),
    }
}

/// How much higher than one strip the lane is.
pub(super) fn grown(spots: &[SpotNow], p: &Plan) -> f64 {
    match rows(spots).len() {
        0 | 1 => 0.0,
        n => p.row_pitch * (n as f64 - 1.0) + p.row - p.strip,
    }
}

/// Draws the lane of `n` bins at `top`, each strip a lane of its own for whoever points at it or reaches it by keyboard.
pub(super) fn draw(s: &mut String, spots: &[SpotNow], n: usize, p: &Plan, top: f64) {
    let w = &words::EN;
    let rows = rows(spots);
    let high = if rows.len() > 1 { p.row } else { p.strip };
    for (k, row) in rows.iter().enumerate() {
        let (top, name) = (top + p.row_pitch * k as f64, name(row));
        let _ = write!(
            s,
            "<g data-lane=\"checks\" data-row=\"{k}\" data-label=\"{}\" data-name=\"{}\">",
            esc(&words::checks_from(&name)),
            esc(&name)
        );
        let cells: Vec<Option<Shape>> =
            (0..n).map(|i| shape(worst(row, i, n).map_or(CheckCell::Nothing, |w| w.2), high)).collect();
        strip(s, &cells, p, top, high);
        hit(s, p, top, top + high);
        if rows.len() > 1 {
            title(s, &name, k == 0, p, top, high);
        }
    }
    if rows.len() < 2 || p.names_left {
        let name = if rows.len() > 1 { &words::checks_from("") } else { w.lane_checks };
        let y = if p.names_left && rows.len() < 2 { top + p.strip - 4.0 } else { top - 7.0 };
        let _ = write!(s, "<text class=\"name\" x=\"0\" y=\"{y}\">{}</text>", esc(name.trim_end()));
    }
}

/// The name of one of several strips: left of it, or above it.
fn title(s: &mut String, name: &str, first: bool, p: &Plan, top: f64, high: f64) {
    let short: String = if name.chars().count() > p.name_chars {
        name.chars().take(p.name_chars - 1).chain(['…']).collect()
    } else {
        name.to_owned()
    };
    if p.names_left {
        let _ = write!(s, "<text x=\"0\" y=\"{:.1}\">{}</text>", top + high - 2.0, esc(&short));
    } else {
        let (class, said) = if first { (" class=\"name\"", words::checks_from(&short)) } else { ("", short) };
        let _ = write!(s, "<text{class} x=\"0\" y=\"{:.1}\">{}</text>", top - 7.0, esc(&said));
    }
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
