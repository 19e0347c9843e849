//! The few bits of markup that are made in code: times, pills, escaped text, rendered Markdown.

use crate::page::PageCx;
use allclear_model::words::pages as words;
use allclear_model::{Level, Phase, Time};
use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

/// Text as it may stand in markup, also inside quoted attributes.
pub(crate) fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Shape of a printed instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `10:18 UTC`, with the date when it is not the day of `cx.now`.
    Zoned,
    /// The same without the zone, where a heading names it.
    Plain,
    /// `22 Nov 2026`.
    Date,
    /// `22 Nov 2026, 10:18 UTC`.
    Full,
}

/// A `<time>` in UTC that scripts rewrite into the reader's zone.
pub(crate) fn time(cx: &PageCx, t: Time, shape: Shape) -> String {
    let z = t.to_jiff().to_zoned(jiff::tz::TimeZone::UTC);
    let today = t.0.div_euclid(86_400_000) == cx.now.0.div_euclid(86_400_000);
    let this_year = z.year() == cx.now.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).year();
    let utc = words::EN.utc;
    let (kind, text) = match shape {
        Shape::Date => ("d", date(t)),
        Shape::Full => ("f", format!("{}, {} {utc}", date(t), clock(t))),
        Shape::Zoned | Shape::Plain => {
            let text = match (today, this_year) {
                (true, _) => clock(t),
                (false, true) => format!("{}, {}", words::day(z.day(), z.month()), clock(t)),
                (false, false) => format!("{}, {}", date(t), clock(t)),
            };
            if shape == Shape::Zoned { ("z", format!("{text} {utc}")) } else { ("p", text) }
        }
    };
    format!("<time datetime=\"{}\" data-t=\"{kind}\">{text}</time>", iso(t))
}

/// `10:18` in UTC, for axis labels.
pub(crate) fn clock(t: Time) -> String {
    let s = t.seconds().rem_euclid(86_400);
    format!("{:02}:{:02}", s / 3600, s % 3600 / 60)
}

/// RFC 3339 to the second.
pub(crate) fn iso(t: Time) -> String {
    Time(t.seconds().saturating_mul(1000)).to_string()
}

/// A date in plain text, for titles.
pub(crate) fn date(t: Time) -> String {
    let z = t.to_jiff().to_zoned(jiff::tz::TimeZone::UTC);
    words::date(z.day(), z.month(), z.year())
}

/// Class that carries colour and shape of a level.
pub(crate) fn tone(level: Level) -> &'static str {
    match level {
        Level::Unknown => "unk",
        Level::Operational => "ok",
        Level::UnderMaintenance => "maint",
        Level::DegradedPerformance => "warn",
        Level::PartialOutage => "part",
        Level::MajorOutage => "bad",
    }
}

/// A level as colour, shape and word.
pub(crate) fn pill(level: Level, confirmed: bool) -> String {
    format!("<span class=\"pill {}\">{}</span>", tone(level), words::level(level, confirmed))
}

/// The level that may be shown now: unknown once the picture is too old.
pub(crate) fn fresh(level: Level, stale: bool) -> Level {
    if stale { Level::Unknown } else { level }
}

/// True while a problem is going on, from people or confirmed.
pub(crate) fn going_on(level: Level, phase: Phase) -> bool {
    level.is_problem() && matches!(phase, Phase::Open | Phase::Recovering)
}

/// Markdown of the catalogue as markup. Raw HTML in it becomes text; links go to the web or stay on the page.
pub(crate) fn markdown(text: &str) -> String {
    let mut dropped = 0u32;
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).filter_map(|e| match e {
        Event::Html(t) | Event::InlineHtml(t) => Some(Event::Text(t)),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::Link { dest_url, title, id, link_type }) => {
            if allowed(&dest_url, link_type) {
                Some(Event::Start(Tag::Link { dest_url, title, id, link_type }))
            } else {
                dropped += 1;
                None
            }
        }
        Event::End(TagEnd::Link) if dropped > 0 => {
            dropped -= 1;
            None
        }
        Event::Start(Tag::Heading { level, .. }) => {
            Some(Event::Start(Tag::Heading { level, id: None, classes: Vec::new(), attrs: Vec::new() }))
        }
        other => Some(other),
    });
    let mut out = String::with_capacity(text.len() * 2);
    pulldown_cmark::html::push_html(&mut out, events);
    // Alignment of table cells would be an inline style; nothing here asks for one.
    out.replace(" style=\"text-align: left\"", "")
        .replace(" style=\"text-align: right\"", "")
        .replace(" style=\"text-align: center\"", "")
}

fn allowed(url: &CowStr<'_>, kind: LinkType) -> bool {
    kind != LinkType::Email && (url.starts_with("https://") || url.starts_with("http://") || url.starts_with('#'))
}

/// An outside address as a link target: only the web, else `None`.
pub(crate) fn web_address(url: &str) -> Option<&str> {
    let ok = (url.starts_with("https://") || url.starts_with("http://")) && !url.contains(char::is_whitespace);
    ok.then_some(url)
}
