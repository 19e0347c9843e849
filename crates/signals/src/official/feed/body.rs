//! One item's text: what it states outright, and the updates that stand in it.

use crate::official::page::EventPhase;
use crate::official::{read, times, words};
use allclear_model::Time;

/// Updates after these stay part of the last: a few bytes of nonsense would else become a hundred each.
const MOST_PARTS: usize = 200;

/// What an item's text says.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// What stands behind "Status:".
    pub(super) status: Option<String>,
    /// What stands behind "Severity:".
    pub(super) severity: Option<String>,
    /// The updates in it, newest first; one without phase and time when the text is not divided.
    pub(super) parts: Vec<Part>,
}

/// One update in a text.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// When, if it says so with its year.
    pub(super) at: Option<Time>,
    /// Where it stands, if a word of its own says so.
    pub(super) phase: Option<EventPhase>,
    /// The rest, plain.
    pub(super) text: String,
    /// True once it has a date or a heading.
    headed: bool,
}

/// Takes a text apart.
pub(super) fn read(markup: &str) -> Body {
    let mut parts: Vec<Part> = Vec::new();
    let mut lead = String::new();
    for block in blocks(markup) {
        let text = read::plain(block);
        if text.is_empty() || label(&text, "status").is_some() || label(&text, "severity").is_some() {
            continue;
        }
        let full = parts.len() >= MOST_PARTS;
        let at = times::text(&text).filter(|_| !full);
        let head = words::heading(&text).filter(|_| !full);
        let fresh = parts.last().is_some_and(|p| p.text.is_empty() && p.phase.is_none());
        if at.is_some() || !full && is_date(&text) {
            parts.push(Part { at, headed: true, ..Part::default() });
        } else if let Some((phase, rest)) = head {
            if !fresh {
                parts.push(Part::default());
            }
            if let Some(part) = parts.last_mut() {
                part.phase = phase;
                part.headed = true;
                rest.clone_into(&mut part.text);
            }
        } else {
            let place = parts.last_mut().map_or(&mut lead, |part| &mut part.text);
            if !place.is_empty() {
                place.push(' ');
            }
            place.push_str(&text);
        }
    }
    // "Updates:" alone is a heading above others, not an update.
    parts.retain(|p| !p.text.is_empty() || p.phase.is_some());
    if parts.len() > 1 && parts.iter().all(|p| p.at.is_some()) {
        parts.sort_by_key(|p| std::cmp::Reverse(p.at));
    }
    // What stands before the updates is about all of them, so it is not the newest; alone it is all there is.
    if !lead.is_empty() {
        parts.push(Part { text: lead, ..Part::default() });
    }
    Body { status: labelled(markup, "status"), severity: labelled(markup, "severity"), parts }
}

/// Tags that begin a line of their own.
const BLOCKS: [&str; 16] =
    ["p", "div", "br", "hr", "li", "ul", "ol", "tr", "td", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"];

/// The pieces between such tags.
fn blocks(markup: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(markup);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.match_indices('<').find(|(at, _)| {
            let tag = text.get(at + 1..).unwrap_or_default().trim_start_matches('/');
            BLOCKS.iter().any(|name| {
                let (own, next) = (tag.get(..name.len()), tag.as_bytes().get(name.len()));
                own.is_some_and(|own| own.eq_ignore_ascii_case(name)) && !next.is_some_and(u8::is_ascii_alphanumeric)
            })
        });
        let Some((at, _)) = end else {
            rest = None;
            return Some(text);
        };
        rest = text.get(at..).and_then(|t| t.find('>').and_then(|close| t.get(close + 1..)));
        text.get(..at)
    })
}

/// `Sep 3, 12:00 PDT`, the way Statuspage dates updates in its feeds: no year, so it divides the text and dates nothing.
fn is_date(text: &str) -> bool {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()).take(8).collect();
    let month = words.first().is_some_and(|w| times::month(w).is_some());
    let day = words.get(1).is_some_and(|d| d.len() <= 2 && d.bytes().all(|b| b.is_ascii_digit()));
    let clock = words.get(2).is_some_and(|t| t.contains(':') && t.starts_with(|c: char| c.is_ascii_digit()));
    (3..=7).contains(&words.len()) && month && day && clock
}

/// What stands behind `name:` at the start of `text`.
fn label<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let head = text.get(..name.len())?;
    if head.eq_ignore_ascii_case(name) { text.get(name.len()..)?.trim_start().strip_prefix(':') } else { None }
}

/// The value behind `name:` where that begins a line or an element: up to the next tag, or when that is at once, to the one after.
fn labelled(markup: &str, name: &str) -> Option<String> {
    // Most texts have no such label anywhere, which is known sooner than where their lines begin.
    let ends_with = |text: &str| {
        text.len()
            .checked_sub(name.len())
            .and_then(|at| text.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case(name))
    };
    if !markup.match_indices(':').any(|(at, _)| markup.get(..at).is_some_and(|before| ends_with(before.trim_end()))) {
        return None;
    }
    let mut starts = std::iter::once(0).chain(markup.match_indices(['>', '\n']).map(|(at, _)| at + 1));
    starts.find_map(|at| {
        // A line break is a start of its own, and a value is near its label: else each start would pass over all the rest.
        let line = markup.get(at..markup.floor_char_boundary(at + 500))?;
        let mut value = label(line.trim_start_matches(|c: char| c.is_whitespace() && c != '\n'), name)?;
        // Tags and blanks before the value: "<b>Status:</b> Resolved".
        loop {
            value = value.trim_start();
            if !value.starts_with('<') {
                break;
            }
            value = value.split_once('>')?.1;
        }
        let end = value.find(['<', '\n', '\r']).unwrap_or(value.len());
        let value: String = read::plain(value.get(..end)?).chars().take(60).collect();
        Some(value).filter(|v| !v.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_is_stated_is_read() {
        let status = |markup: &str| read(markup).status;
        assert_eq!(status("<b>Status: Resolved</b><br/>It works."), Some("Resolved".to_owned()));
        assert_eq!(status("<p><strong>Status:</strong> Identified</p>"), Some("Identified".to_owned()));
        assert_eq!(status("Text\n STATUS : Monitoring\nmore"), Some("Monitoring".to_owned()));
        assert_eq!(status("<p>We say status: all is lost</p>"), None);
        assert_eq!(status("<b>Status:"), None);
        assert_eq!(read("<h3>Status: RESOLVED</h3><p>Severity: available</p>").severity, Some("available".to_owned()));
    }

    #[test]
    fn a_text_of_blank_lines_is_read_in_time() {
        let start = tokio::time::Instant::now();
        for blanks in [">\n \n", "\nstatus:<"] {
            assert_eq!(labelled(&blanks.repeat(300_000), "status"), None);
        }
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }

    #[test]
    fn updates_without_years_stand_newest_first() {
        let body = read(
            "<p><small>Sep <var>3</var>, <var>12:30</var> PDT</small><br><strong>Resolved</strong> - It works.</p>\
             <p><small>Sep <var>3</var>, <var>12:00</var> PDT</small><br><strong>Investigating</strong> - We look.</p>",
        );
        let parts: Vec<_> = body.parts.iter().map(|p| (p.phase, p.text.as_str())).collect();
        assert_eq!(parts, [(Some(EventPhase::Resolved), "It works."), (Some(EventPhase::Investigating), "We look.")]);
    }

    #[test]
    fn updates_with_dates_are_put_in_order() {
        let body = read(
            "<h4>Updates:</h4><div><p><strong>Mon, 18 May 2026 02:29:34 GMT</strong></p><h3>Investigating</h3><p>We look</p></div>\
             <div><p><strong>Mon, 18 May 2026 12:00:00 GMT</strong></p><h3>Updated</h3><p>It works.</p></div>",
        );
        let parts: Vec<_> = body.parts.iter().map(|p| (p.phase, p.text.as_str())).collect();
        assert_eq!(parts, [(None, "It works."), (Some(EventPhase::Investigating), "We look")]);
        assert_eq!(body.parts[0].at, Time::parse("2026-05-18T12:00:00Z").ok());
    }

    #[test]
    fn an_undivided_text_is_one_part() {
        let body = read("<p>Disks are slow.</p><p>More to come.</p>");
        assert_eq!(body.parts.len(), 1);
        assert_eq!(body.parts[0].text, "Disks are slow. More to come.");
        assert!(read("").parts.is_empty());
    }
}
