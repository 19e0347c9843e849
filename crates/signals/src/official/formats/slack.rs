//! Slack: `/api/v2.0.0/current`, and `/api/v2.0.0/history` with the last fifty incidents as a bare list.
//!
//! It names what is wrong, not how its parts are; only "ok" is a word for the whole.

use super::Format;
use super::shared::{at, known, newest_first};
use crate::official::page::{Event, EventKind, EventPhase, Page, Update};
use crate::official::read::{self, Unread, Word, nullable};
use crate::official::words;
use allclear_model::Level;
use serde::Deserialize;

pub(super) const FORMAT: Format = Format { name: "slack", path: Some("/api/v2.0.0/current"), log: true, parse };

#[derive(Deserialize)]
struct Current {
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    date_updated: Option<String>,
    active_incidents: Option<Vec<EventOf>>,
}

#[derive(Deserialize)]
struct EventOf {
    id: Word,
    title: String,
    #[serde(rename = "type")]
    kind: String,
    status: String,
    date_created: String,
    #[serde(default, deserialize_with = "nullable")]
    date_updated: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    url: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    services: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    notes: Vec<Note>,
}

#[derive(Deserialize)]
struct Note {
    #[serde(default, deserialize_with = "nullable")]
    body: String,
    #[serde(default, deserialize_with = "nullable")]
    date_created: Option<String>,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let mut warnings = Vec::new();
    let (indicator, updated_at, list) = if read::body(payload)?.starts_with(b"[") {
        let list: Vec<EventOf> = read::list(FORMAT.name, payload)?;
        if list.is_empty() {
            return Err(read::not_of(FORMAT.name, "an empty list is nobody's"));
        }
        (None, None, list)
    } else {
        let current: Current = read::object(FORMAT.name, payload)?;
        let Some(list) = current.active_incidents else {
            return Err(read::not_of(FORMAT.name, "it has no active_incidents"));
        };
        let indicator = match current.status.as_str() {
            "ok" => Some(Level::Operational),
            // The incidents say how bad it is.
            "active" if !list.is_empty() => None,
            word => {
                read::tell(
                    &mut warnings,
                    format_args!("the page has the status {word:?}, which its incidents do not explain"),
                );
                Some(Level::Unknown)
            }
        };
        (indicator, at(current.date_updated.as_ref()), list)
    };
    let events = list.into_iter().map(|e| event(e, &mut warnings)).collect();
    Ok(Page { updated_at, indicator, events, warnings, ..Page::default() })
}

fn event(e: EventOf, warnings: &mut Vec<String>) -> Event {
    let unknown = format_args!("event {:?} has the unknown", e.title);
    let open = e.status == "active";
    let phase = if open {
        EventPhase::Unknown
    } else {
        known(words::phase, &e.status, format_args!("{unknown} status"), warnings)
    };
    let (kind, impact) = known(kind, &e.kind, format_args!("{unknown} type"), warnings);
    let kind = if phase == EventPhase::Scheduled { EventKind::Maintenance } else { kind };
    let mut updates: Vec<Update> = e
        .notes
        .iter()
        .map(|n| Update { phase: EventPhase::Unknown, text: read::plain(&n.body), at: at(n.date_created.as_ref()) })
        .collect();
    newest_first(&mut updates);
    let heard = updates.first().and_then(|u| u.at).max(at(e.date_updated.as_ref()));
    Event {
        id: e.id.0,
        kind,
        title: read::plain(&e.title),
        phase,
        impact,
        started_at: at(Some(&e.date_created)),
        resolved_at: heard.filter(|_| phase.is_over()),
        updated_at: heard,
        components: e.services,
        url: e.url,
        updates,
        ..Event::default()
    }
}

fn kind(word: &str) -> Option<(EventKind, Level)> {
    Some(match word {
        "outage" => (EventKind::Incident, Level::MajorOutage),
        "incident" => (EventKind::Incident, Level::DegradedPerformance),
        "notice" => (EventKind::Notice, Level::Unknown),
        "maintenance" => (EventKind::Maintenance, Level::UnderMaintenance),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::Time;

    fn incident(kind: &str, status: &str) -> String {
        format!(
            r#"{{"id":7,"date_created":"2026-05-01T01:00:00-07:00","date_updated":"2026-05-01T02:00:00-07:00",
            "title":"Files do not load","type":{kind:?},"status":{status:?},"url":"https://example.com/7","services":["Files"],
            "notes":[{{"body":"<p>We look</p>","date_created":"2026-05-01T01:30:00-07:00"}}]}}"#
        )
    }

    fn current(status: &str, incidents: &str) -> Page {
        parse(format!(r#"{{"status":{status:?},"active_incidents":[{incidents}]}}"#).as_bytes()).unwrap()
    }

    #[test]
    fn ok_is_well_and_active_is_as_bad_as_its_incidents() {
        assert_eq!(current("ok", "").indicator, Some(Level::Operational));
        let page = current("active", &format!("{},{}", incident("outage", "active"), incident("incident", "active")));
        assert_eq!(page.indicator, None);
        assert_eq!(
            page.events.iter().map(|e| e.impact).collect::<Vec<_>>(),
            [Level::MajorOutage, Level::DegradedPerformance]
        );
        let e = &page.events[0];
        assert!(e.phase.is_open() && page.warnings.is_empty());
        assert_eq!(
            (e.started_at, e.updated_at),
            (Time::parse("2026-05-01T08:00:00Z").ok(), Time::parse("2026-05-01T09:00:00Z").ok())
        );
        assert_eq!((e.updates[0].text.as_str(), &e.components[..]), ("We look", &["Files".to_owned()][..]));
    }

    #[test]
    fn history_is_a_list_of_what_is_over_and_what_is_planned() {
        let list = format!(
            "[{},{},{}]",
            incident("incident", "resolved"),
            incident("notice", "scheduled"),
            incident("notice", "completed")
        );
        let page = parse(list.as_bytes()).unwrap();
        assert_eq!(
            page.events.iter().map(|e| (e.kind, e.phase)).collect::<Vec<_>>(),
            [
                (EventKind::Incident, EventPhase::Resolved),
                (EventKind::Maintenance, EventPhase::Scheduled),
                (EventKind::Notice, EventPhase::Completed)
            ]
        );
    }

    #[test]
    fn unknown_words_are_unknown_and_told() {
        let page = current("on_fire", &incident("melting", "pondering"));
        assert_eq!((page.indicator, page.events[0].impact), (Some(Level::Unknown), Level::Unknown));
        assert_eq!(page.events[0].phase, EventPhase::Unknown);
        for word in ["on_fire", "melting", "pondering"] {
            assert!(page.warnings.iter().any(|w| w.contains(word)), "{word}");
        }
    }

    #[test]
    fn an_active_page_without_incidents_is_not_well() {
        let page = current("active", "");
        assert_eq!((page.indicator, page.warnings.len()), (Some(Level::Unknown), 1));
    }

    #[test]
    fn an_answer_without_incidents_is_refused() {
        for other in [r#"{"status":"ok"}"#, r#"{"status":"ok","active_incidents":null}"#, "[]"] {
            assert!(matches!(parse(other.as_bytes()), Err(Unread::Shape { .. })), "{other}");
        }
    }
}
