//! The three lanes on one clock, drawn twice: wide, and for phones with larger text and fewer ticks.
//!
//! Bars are paths, not 96 elements each; scripts find the bin under a pointer by its place and read its numbers
//! from the table below the drawing, so there is one source for both.

pub(crate) mod days;
mod official;
mod strips;

use crate::page::html::{self, Shape, clock, esc};
use crate::page::{PageCx, checks};
use allclear_engine::view::{Bin, SpotNow};
use allclear_model::words::pages as words;
use allclear_model::{Level, Time};
use std::fmt::Write;

/// What is drawn.
pub(crate) struct Lanes<'a> {
    /// Bins, oldest first; at most 96 are drawn, the newest ones.
    pub(crate) bins: &'a [Bin],
    /// The problem to shade: from, and until when it is over.
    pub(crate) incident: Option<(Time, Option<Time>)>,
    /// Whether the last bin is the one under way.
    pub(crate) until_now: bool,
    /// Whether the lanes of the other two witnesses are drawn.
    pub(crate) all_lanes: bool,
    /// What our checks found; without any, their lane says that nobody watches.
    pub(crate) checks: &'a [SpotNow],
    /// What the official page said; `None`: its lane says that nobody watches.
    pub(crate) official: Option<&'a [Option<Level>]>,
}

/// Where things stand in one drawing; user units.
struct Plan {
    class: &'static str,
    width: f64,
    x0: f64,
    x1: f64,
    top: f64,
    base: f64,
    /// Top of the strips of checks and official page, and their height.
    strips: [f64; 2],
    strip: f64,
    /// Height of each of several strips of checks, and from one to the next; how many characters of a location's name there is room for.
    row: f64,
    row_pitch: f64,
    name_chars: usize,
    /// Lane names stand left of the lanes, or above them.
    names_left: bool,
    ticks_every_h: i64,
    /// Whether the value axis has all its ticks, or only the middle and the top.
    all_ticks: bool,
}

const WIDE: Plan = Plan {
    class: "wide",
    width: 720.0,
    x0: 96.0,
    x1: 714.0,
    top: 14.0,
    base: 168.0,
    strips: [190.0, 222.0],
    strip: 16.0,
    row: 12.0,
    row_pitch: 16.0,
    name_chars: 14,
    names_left: true,
    ticks_every_h: 3,
    all_ticks: true,
};
const NARROW: Plan = Plan {
    class: "narrow",
    width: 340.0,
    x0: 44.0,
    x1: 336.0,
    top: 30.0,
    base: 182.0,
    strips: [216.0, 264.0],
    strip: 16.0,
    row: 12.0,
    row_pitch: 34.0,
    name_chars: 28,
    names_left: false,
    ticks_every_h: 6,
    all_ticks: false,
};

/// Both drawings; CSS shows one of them.
pub(crate) fn svg(lanes: &Lanes<'_>) -> String {
    let mut out = draw(lanes, &WIDE);
    out.push_str(&draw(lanes, &NARROW));
    out
}

/// A round number at or above `x` that ticks divide evenly: 1, 2, 4, 5 or 8 times a power of ten, at least 4.
pub(crate) fn ceiling(x: f64) -> f64 {
    if !x.is_finite() || x <= 4.0 {
        return 4.0;
    }
    let mut unit = 1.0;
    while unit * 10.0 < x {
        unit *= 10.0;
    }
    [1.0, 2.0, 4.0, 5.0, 8.0, 10.0].into_iter().map(|m| m * unit).find(|c| *c >= x).unwrap_or(unit * 10.0)
}

/// Into how many parts the value axis is divided so that every tick is a whole, round number. `max` is a [`ceiling`].
fn ticks(max: f64, all: bool) -> u32 {
    let mut first = max;
    while first >= 10.0 {
        first /= 10.0;
    }
    let by_five = first < 1.5 || (first - 5.0).abs() < 0.5;
    match (all, by_five) {
        (true, true) => 5,
        (true, false) => 4,
        (false, _) if max < 10.0 && by_five => 1,
        (false, _) => 2,
    }
}

/// A count on the axis: `40`, `1.5k`, `300k`, `2M`.
fn compact(x: f64) -> String {
    let (v, unit) = if x >= 1e6 {
        (x / 1e6, "M")
    } else if x >= 1e3 {
        (x / 1e3, "k")
    } else {
        (x, "")
    };
    let s = format!("{v:.1}");
    format!("{}{unit}", s.strip_suffix(".0").unwrap_or(&s))
}

fn draw(lanes: &Lanes<'_>, p: &Plan) -> String {
    let w = &words::EN;
    let bins = &lanes.bins[lanes.bins.len().saturating_sub(96)..];
    let n = bins.len().max(1) as f64;
    let step = (p.x1 - p.x0) / n;
    let bar = (step * 0.76).max(1.0);
    let most =
        bins.iter().map(|b| (b.actual as f64).max(if b.upper.is_finite() { b.upper } else { 0.0 })).fold(0.0, f64::max);
    let max = ceiling(most);
    let y = |v: f64| p.base - (p.base - p.top) * (v / max).clamp(0.0, 1.0);
    // Several strips of checks push the official page down.
    let strips = [p.strips[0], p.strips[1] + strips::grown(lanes.checks, p)];
    let end = if lanes.all_lanes { strips[1] + p.strip } else { p.base };
    let height = end + 26.0;
    let mut s = String::with_capacity(9000);
    let _ = write!(
        s,
        "<svg class=\"lanes {}\" viewBox=\"0 0 {} {height}\" role=\"img\" aria-label=\"{}\" data-x0=\"{}\" data-step=\"{step:.3}\" data-n=\"{}\">",
        p.class,
        p.width,
        esc(w.day_sub),
        p.x0,
        bins.len()
    );
    let _ = write!(
        s,
        "<defs><pattern id=\"gap-{0}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V6\"/></pattern></defs>",
        p.class
    );
    incident(&mut s, lanes, bins, p, step, end);
    // Value axis: from zero, whole numbers only.
    let parts = ticks(max, p.all_ticks);
    for i in 0..=parts {
        let v = max * f64::from(i) / f64::from(parts);
        let _ = write!(
            s,
            "<path class=\"grid\" d=\"M{} {:.1}H{}\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            p.x0,
            y(v),
            p.x1,
            p.x0 - 6.0,
            y(v) + 4.0,
            compact(v)
        );
    }
    lane_names(&mut s, lanes, p, &strips);
    let _ = write!(s, "<g data-lane=\"reports\" data-label=\"{} {}\">", esc(w.lane_reports), esc(w.lane_per));
    gaps(&mut s, bins, p, step);
    band(&mut s, bins, p, step, &y);
    for high in [false, true] {
        let mut d = String::new();
        for (i, b) in bins.iter().enumerate() {
            if b.actual == 0 || (b.actual as f64 > b.upper) != high {
                continue;
            }
            let x = p.x0 + step * i as f64 + (step - bar) / 2.0;
            let h = (p.base - y(b.actual as f64)).max(2.0);
            let _ = write!(d, "M{x:.1} {:.1}h{bar:.1}v{h:.1}h-{bar:.1}z", p.base - h);
        }
        if !d.is_empty() {
            let _ = write!(s, "<path class=\"{}\" d=\"{d}\"/>", if high { "high" } else { "bar" });
        }
    }
    let _ = write!(s, "<path class=\"axis\" d=\"M{} {}H{}\"/>", p.x0, p.base, p.x1);
    hit(&mut s, p, p.top, p.base);
    if lanes.all_lanes {
        for (i, (lane, name)) in [("checks", w.lane_checks), ("official", w.lane_official)].into_iter().enumerate() {
            let top = strips[i];
            if lane == "checks" && !lanes.checks.is_empty() {
                strips::draw(&mut s, lanes.checks, bins.len(), p, top);
                continue;
            }
            if let ("official", Some(cells)) = (lane, lanes.official) {
                official::draw(&mut s, cells, bins.len(), p, top);
                continue;
            }
            let mid = f64::midpoint(p.x0, p.x1);
            let _ = write!(
                s,
                "<g data-lane=\"{lane}\" data-label=\"{0}\" data-fixed=\"{0}: {1}\"><rect class=\"gap\" x=\"{2}\" y=\"{top}\" width=\"{3:.1}\" height=\"{4}\" fill=\"url(#gap-{5})\"/>",
                esc(name),
                esc(w.lane_unwatched),
                p.x0,
                p.x1 - p.x0,
                p.strip,
                p.class
            );
            let _ = write!(
                s,
                "<rect class=\"paper\" x=\"{:.1}\" y=\"{}\" width=\"124\" height=\"{}\"/><text x=\"{mid:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                mid - 62.0,
                top - 1.0,
                p.strip + 2.0,
                top + p.strip - 4.0,
                esc(w.lane_unwatched)
            );
            hit(&mut s, p, top, top + p.strip);
        }
    }
    clock_axis(&mut s, lanes, bins, p, step, end);
    s.push_str("</svg>");
    s
}

/// Closes a lane's group with the frame that shows focus and takes pointers, and the mark of the chosen bin.
fn hit(s: &mut String, p: &Plan, top: f64, bottom: f64) {
    let _ = write!(
        s,
        "<rect class=\"cursor\" y=\"{top}\" height=\"{:.1}\" width=\"0\"/><rect class=\"hit\" x=\"{}\" y=\"{}\" width=\"{:.1}\" height=\"{:.1}\"/></g>",
        bottom - top,
        p.x0 - 2.0,
        top - 2.0,
        p.x1 - p.x0 + 4.0,
        bottom - top + 4.0
    );
}

/// Names of the lanes, but for that of checks where there are any.
fn lane_names(s: &mut String, lanes: &Lanes<'_>, p: &Plan, strips: &[f64]) {
    let w = &words::EN;
    let strip_names = [w.lane_checks, w.lane_official];
    if p.names_left {
        let _ = write!(
            s,
            "<text class=\"name\" x=\"0\" y=\"{}\">{}</text><text x=\"0\" y=\"{}\">{}</text>",
            p.top + 4.0,
            esc(w.lane_reports),
            p.top + 20.0,
            esc(w.lane_per)
        );
    } else {
        let _ = write!(s, "<text class=\"name\" x=\"0\" y=\"14\">{} {}</text>", esc(w.lane_reports), esc(w.lane_per));
    }
    if lanes.all_lanes {
        let unnamed = usize::from(!lanes.checks.is_empty());
        for (top, name) in strips.iter().zip(strip_names).skip(unnamed) {
            let y = if p.names_left { top + p.strip - 4.0 } else { top - 7.0 };
            let _ = write!(s, "<text class=\"name\" x=\"0\" y=\"{y}\">{}</text>", esc(name));
        }
    }
}

/// The problem as a shade behind all lanes and a line on top of it.
fn incident(s: &mut String, lanes: &Lanes<'_>, bins: &[Bin], p: &Plan, step: f64, end: f64) {
    let (Some((from, to)), Some(first)) = (lanes.incident, bins.first()) else { return };
    let at = |t: Time| (p.x0 + step * t.since_ms(first.start) as f64 / 900_000.0).clamp(p.x0, p.x1);
    let (x, x2) = (at(from), to.map_or(p.x1, at));
    if x2 - x < 0.5 {
        return;
    }
    let _ = write!(
        s,
        "<rect class=\"inc\" x=\"{x:.1}\" y=\"{0}\" width=\"{1:.1}\" height=\"{2:.1}\"/><path class=\"inc-top\" d=\"M{x:.1} {0}H{x2:.1}\"/>",
        p.top - 4.0,
        x2 - x,
        end - p.top + 4.0
    );
}

/// Runs of bins in which nobody listened.
fn gaps(s: &mut String, bins: &[Bin], p: &Plan, step: f64) {
    let mut i = 0;
    while i < bins.len() {
        if !is_gap(&bins[i]) {
            i += 1;
            continue;
        }
        let from = i;
        while i < bins.len() && is_gap(&bins[i]) {
            i += 1;
        }
        let _ = write!(
            s,
            "<rect class=\"gap\" x=\"{:.1}\" y=\"{}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"url(#gap-{})\"/>",
            p.x0 + step * from as f64,
            p.top,
            step * (i - from) as f64,
            p.base - p.top,
            p.class
        );
    }
}

/// Whether it is known that nobody listened. Of what the archive keeps no count of, nothing is known.
pub(crate) fn is_gap(b: &Bin) -> bool {
    !b.watched && b.upper.is_finite()
}

/// Whether it is known what was usual: somebody listened, and it was kept. The archive keeps counts only.
fn has_band(b: &Bin) -> bool {
    b.watched && b.upper.is_finite()
}

/// The band of what is usual: an area from zero with a line on top, in steps; only where somebody listened.
fn band(s: &mut String, bins: &[Bin], p: &Plan, step: f64, y: &dyn Fn(f64) -> f64) {
    let (mut area, mut line) = (String::new(), String::new());
    let mut i = 0;
    while i < bins.len() {
        if !has_band(&bins[i]) {
            i += 1;
            continue;
        }
        let x = p.x0 + step * i as f64;
        let _ = write!(area, "M{x:.1} {}", p.base);
        let mut last = f64::NAN;
        let mut begun = false;
        while i < bins.len() && has_band(&bins[i]) {
            let top = y(bins[i].upper);
            if (top - last).abs() > 0.05 || last.is_nan() {
                let _ = write!(area, "V{top:.1}");
                let _ = if begun { write!(line, "V{top:.1}") } else { write!(line, "M{x:.1} {top:.1}") };
                last = top;
            }
            begun = true;
            let _ = write!(area, "H{:.1}", p.x0 + step * (i + 1) as f64);
            let _ = write!(line, "H{:.1}", p.x0 + step * (i + 1) as f64);
            i += 1;
        }
        let _ = write!(area, "V{}z", p.base);
    }
    if !area.is_empty() {
        let _ = write!(s, "<path class=\"band\" d=\"{area}\"/><path class=\"band-top\" d=\"{line}\"/>");
    }
}

/// Ticks at whole hours in UTC; scripts rewrite the labels into the reader's zone.
fn clock_axis(s: &mut String, lanes: &Lanes<'_>, bins: &[Bin], p: &Plan, step: f64, end: f64) {
    let every = p.ticks_every_h * 3_600_000;
    let room = if p.names_left { 46.0 } else { 56.0 };
    for (i, b) in bins.iter().enumerate() {
        let x = p.x0 + step * i as f64;
        if b.start.0.rem_euclid(every) != 0 || (lanes.until_now && x > p.x1 - room) {
            continue;
        }
        let _ = write!(
            s,
            "<path class=\"tick\" d=\"M{x:.1} {end}v5\"/><text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\" data-clock=\"{}\">{}</text>",
            end + 20.0,
            b.start.0,
            clock(b.start)
        );
    }
    if lanes.until_now {
        let _ = write!(
            s,
            "<path class=\"tick\" d=\"M{} {end}v5\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            p.x1,
            p.x1,
            end + 20.0,
            esc(words::EN.lane_now)
        );
    }
}

/// What scripts say of each quarter of an hour of the strips of checks, as JSON; `n` of them.
pub(crate) fn said(checks: &[SpotNow], n: usize) -> Option<String> {
    strips::said::json(checks, n.min(96))
}

/// The numbers behind the drawing, one row per bin; with what our checks found and the official page said then, where there are any.
pub(crate) fn table_rows(cx: &PageCx, bins: &[Bin], spots: &[SpotNow], page: Option<&[Option<Level>]>) -> String {
    let w = &words::EN;
    let bins = &bins[bins.len().saturating_sub(96)..];
    let mut s = String::with_capacity(bins.len() * 110);
    for (i, b) in bins.iter().enumerate() {
        let known = b.watched || is_gap(b);
        let actual = if known { words::grouped(b.actual) } else { "–".to_owned() };
        let _ = write!(s, "<tr><th scope=\"row\">{}<td>{actual}", html::time(cx, b.start, Shape::Plain));
        if has_band(b) {
            let _ = write!(s, "<td>{}<td>{}", words::usual_number(b.expected), words::usual_number(b.upper));
        } else if !is_gap(b) {
            s.push_str("<td>–<td>–");
        } else {
            // Whoever was counted was listened to.
            let gap = if b.actual > 0 { w.table_part } else { w.table_gap };
            let _ = write!(s, "<td colspan=\"2\">{}", esc(gap));
        }
        if !spots.is_empty() {
            let _ = write!(s, "<td>{}", esc(&checks::cell(spots, i, bins.len())));
        }
        if let Some(cells) = page {
            let _ = write!(s, "<td>{}", esc(crate::page::official::cell(cells, i, bins.len())));
        }
    }
    s
}
