//! Google Cloud, Workspace, Maps and Ads: `incidents.json`, a bare list of what happened of late. Calm is a list without an
//! incident that is open; there is no word for "all is well".
//!
//! An incident names products by id and title, and Cloud's name locations too. A service is scoped to a product by its id, since
//! titles change, or to `product@location`.

use super::Format;
use super::shared::{at, known, newest_first, once};
use crate::official::page::{Event, EventKind, EventPhase, Page, Update};
use crate::official::read::{self, Unread, nullable};
use allclear_model::Level;
use serde::Deserialize;

pub(super) const FORMAT: Format = Format { name: "google", path: Some("/incidents.json"), log: true, parse };

#[derive(Deserialize)]
struct EventOf {
    id: String,
    begin: String,
    #[serde(default, deserialize_with = "nullable")]
    end: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    modified: Option<String>,
    external_desc: String,
    #[serde(default, deserialize_with = "nullable")]
    status_impact: String,
    #[serde(default, deserialize_with = "nullable")]
    service_name: String,
    #[serde(default, deserialize_with = "nullable")]
    affected_products: Vec<Named>,
    #[serde(default, deserialize_with = "nullable")]
    currently_affected_locations: Vec<Named>,
    #[serde(default, deserialize_with = "nullable")]
    previously_affected_locations: Vec<Named>,
    #[serde(default, deserialize_with = "nullable")]
    updates: Vec<UpdateOf>,
    #[serde(default, deserialize_with = "nullable")]
    uri: Option<String>,
}

/// A product or a location.
#[derive(Deserialize)]
struct Named {
    #[serde(default, deserialize_with = "nullable")]
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    title: String,
    #[serde(default, deserialize_with = "nullable")]
    current_title: String,
}

#[derive(Deserialize)]
struct UpdateOf {
    #[serde(default, deserialize_with = "nullable")]
    when: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    text: String,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let list: Vec<EventOf> = read::list(FORMAT.name, payload)?;
    let mut warnings = Vec::new();
    let events = list.into_iter().map(|e| event(e, &mut warnings)).collect();
    Ok(Page { events, warnings, ..Page::default() })
}

fn event(e: EventOf, warnings: &mut Vec<String>) -> Event {
    let (kind, impact) = known(
        |word| {
            Some(match word {
                "SERVICE_INFORMATION" => (EventKind::Notice, Level::Unknown),
                "SERVICE_DISRUPTION" => (EventKind::Incident, Level::DegradedPerformance),
                "SERVICE_OUTAGE" => (EventKind::Incident, Level::MajorOutage),
                _ => return None,
            })
        },
        &e.status_impact,
        format_args!("event {:?} has the unknown impact", e.id),
        warnings,
    );
    let end = at(e.end.as_ref());
    let mut updates: Vec<Update> = e
        .updates
        .iter()
        .map(|u| Update {
            // "Available" is said while a repair is watched, and once more when the incident is over.
            phase: if u.status == "AVAILABLE" { EventPhase::Monitoring } else { EventPhase::Unknown },
            text: markdown(&u.text),
            at: at(u.when.as_ref()),
        })
        .collect();
    newest_first(&mut updates);
    // What is written after the end is the report on it.
    for update in updates.iter_mut().filter(|u| end.is_some() && u.at >= end) {
        update.phase = EventPhase::Resolved;
    }
    let phase = match updates.first() {
        _ if e.end.is_some() => EventPhase::Resolved,
        Some(newest) => newest.phase,
        None => EventPhase::Unknown,
    };
    // Until the first update says where, the places of before are the best that is known.
    let places = if e.currently_affected_locations.is_empty() {
        e.previously_affected_locations
    } else {
        e.currently_affected_locations
    };
    let is_everywhere = |p: &Named| p.id == "global" || p.title.eq_ignore_ascii_case("global");
    let limited: Vec<Vec<String>> = if places.iter().any(is_everywhere) {
        Vec::new()
    } else {
        let names = |p: &Named| once([&p.id, &p.title, &p.current_title].into_iter().cloned());
        places.iter().map(names).filter(|names| !names.is_empty()).collect()
    };
    let names = e.affected_products.into_iter().chain(places).flat_map(|p| [p.id, p.title, p.current_title]);
    let components = once(names.chain((e.service_name != "Multiple Products").then_some(e.service_name)));
    Event {
        id: e.id,
        kind,
        title: title(&e.external_desc),
        phase,
        impact,
        started_at: at(Some(&e.begin)),
        resolved_at: end,
        updated_at: updates.first().and_then(|u| u.at).or_else(|| at(e.modified.as_ref())),
        components,
        places: limited,
        // Others are relative to a page that the payload does not name.
        url: e.uri.filter(|u| u.starts_with("https://")),
        updates,
        ..Event::default()
    }
}

/// The title: Workspace writes it below a heading of that name.
fn title(text: &str) -> String {
    let mut lines = text.lines().map(markdown).filter(|l| !l.is_empty());
    let first = lines.next().unwrap_or_default();
    let heading = first.trim_end_matches(':').to_lowercase();
    if heading == "title" || heading == "summary" { lines.next().unwrap_or(first) } else { first }
}

/// Plain text out of Markdown: without marks for headings and emphasis, and without escapes.
fn markdown(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for line in text.lines() {
        // Some headings are headings with an escaped sign for one.
        let line = line.trim_start_matches(['#', '\\', ' ']);
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' if chars.peek().is_some_and(char::is_ascii_punctuation) => words.extend(chars.next()),
                '*' if chars.peek() == Some(&'*') => _ = chars.next(),
                c => words.push(c),
            }
        }
        words.push('\n');
    }
    read::plain(&words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::Time;

    fn page(more: &str) -> Page {
        let payload = format!(
            r#"[{{"id":"x","begin":"2026-05-01T08:00:00+00:00","external_desc":"Requests fail","service_name":"Multiple Products",
            "affected_products":[{{"id":"P1","title":"Old name","current_title":"New name"}}]{more}}}]"#
        );
        parse(payload.as_bytes()).unwrap()
    }

    #[test]
    fn an_open_incident_names_its_products_and_places() {
        let page = page(
            r#","status_impact":"SERVICE_OUTAGE","currently_affected_locations":[{"id":"europe-west4","title":"Netherlands"}],
            "previously_affected_locations":[{"id":"us-east1","title":"Carolina"}],"updates":[
            {"when":"2026-05-01T08:10:00+00:00","status":"SERVICE_OUTAGE","text":"First"},
            {"when":"2026-05-01T08:20:00+00:00","status":"SERVICE_OUTAGE","text":"\\# **Second**"}],"uri":"incidents/x""#,
        );
        let e = &page.events[0];
        assert_eq!((e.kind, e.impact, e.phase), (EventKind::Incident, Level::MajorOutage, EventPhase::Unknown));
        assert!(e.phase.is_open() && e.resolved_at.is_none());
        assert_eq!(e.components, ["P1", "Old name", "New name", "europe-west4", "Netherlands"]);
        assert_eq!((e.updates[0].text.as_str(), e.url.as_ref()), ("Second", None));
        assert_eq!(e.updated_at, Time::parse("2026-05-01T08:20:00Z").ok());
    }

    #[test]
    fn a_repair_that_is_watched_is_open_and_an_end_is_the_end() {
        let updates = r#","status_impact":"SERVICE_DISRUPTION","updates":[{"when":"2026-05-01T09:00:00+00:00",
            "status":"AVAILABLE","text":"It works"}]"#;
        assert_eq!(page(updates).events[0].phase, EventPhase::Monitoring);
        let over = page(&format!(r#"{updates},"end":"2026-05-01T09:00:00+00:00""#));
        assert_eq!(
            (over.events[0].phase, over.events[0].updates[0].phase),
            (EventPhase::Resolved, EventPhase::Resolved)
        );
        assert_eq!(over.events[0].resolved_at, Time::parse("2026-05-01T09:00:00Z").ok());
    }

    #[test]
    fn information_is_a_notice_and_null_lists_are_empty() {
        let page = page(r#","status_impact":"SERVICE_INFORMATION","updates":null,"end":null"#);
        assert_eq!((page.events[0].kind, page.warnings.len()), (EventKind::Notice, 0));
        assert!(parse(b"[]").unwrap().events.is_empty());
    }

    #[test]
    fn an_unknown_impact_is_unknown_and_told() {
        let page = page(r#","status_impact":"SERVICE_ON_FIRE""#);
        assert_eq!((page.events[0].kind, page.events[0].impact), (EventKind::Incident, Level::Unknown));
        assert!(page.warnings[0].contains("SERVICE_ON_FIRE"));
    }

    #[test]
    fn a_title_stands_below_its_heading() {
        assert_eq!(title("**Title:**\nMail is slow\n\n**Description:**\nLong"), "Mail is slow");
        assert_eq!(title("Mail is slow.\nMore"), "Mail is slow.");
        assert_eq!(title("**Summary**"), "Summary");
    }
}
