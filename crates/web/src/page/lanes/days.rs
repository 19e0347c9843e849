//! The last 90 days as a strip: a bar for each day, drawn as the official page's strip draws a quarter of an hour.

use super::official::shape;
use crate::page::html::esc;
use crate::uptime::Span;
use allclear_model::words::pages as words;
use std::fmt::Write;

/// Size of the drawing, user units; it is stretched to the width of its place.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 32.0;

/// Draws `days`, oldest first, each with its words for pointers. The numbers stand in the table beside it.
pub(crate) fn draw(days: &[(String, &Span)], name: &str) -> String {
    let step = WIDTH / days.len().max(1) as f64;
    let bar = (step * 0.8).max(1.0);
    let mut s = String::with_capacity(200 + days.len() * 120);
    let _ = write!(
        s,
        "<svg class=\"lanes days\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\"><defs><pattern id=\"gap-days\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V6\"/></pattern></defs>",
        esc(name)
    );
    for (i, (said, day)) in days.iter().enumerate() {
        let x = step * i as f64 + (step - bar) / 2.0;
        let (class, fill, from, high) = match day.level().map(shape) {
            Some(shape) => (shape.class, "", shape.from, shape.high),
            None => ("gap", " fill=\"url(#gap-days)\"", 0.0, 1.0),
        };
        let _ = write!(
            s,
            "<rect class=\"{class}\"{fill} x=\"{x:.1}\" y=\"{:.1}\" width=\"{bar:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
            HEIGHT * from,
            HEIGHT * high,
            esc(said)
        );
    }
    s.push_str("</svg>");
    s
}

/// What a day was, in words: its level, or that nothing is known.
pub(crate) fn level(day: &Span) -> &'static str {
    day.level().map_or(words::EN.uptime_unknown, |l| words::level(l, true))
}
