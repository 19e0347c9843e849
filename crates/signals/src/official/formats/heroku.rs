//! Heroku, `https://status.heroku.com/api/v4/current-status`: three systems by colour, incidents, and announced work.
//!
//! `resolved` may be false beside `state: resolved`, so the state counts. `scheduled` keeps work that was over months ago, still
//! "upcoming": that work is under way is taken from the colours alone.

use super::Format;
use super::shared::{at, known, newest_first, worst_now};
use crate::official::page::{Component, Event, EventKind, EventPhase, Page, Update};
use crate::official::read::{self, Unread, nullable};
use crate::official::words;
use allclear_model::Level;
use serde::Deserialize;

pub(super) const FORMAT: Format = Format { name: "heroku", path: Some("/api/v4/current-status"), log: false, parse };

#[derive(Deserialize)]
struct Document {
    status: Vec<System>,
    #[serde(default, deserialize_with = "nullable")]
    incidents: Vec<EventOf>,
    #[serde(default, deserialize_with = "nullable")]
    scheduled: Vec<EventOf>,
}

#[derive(Deserialize)]
struct System {
    system: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
}

#[derive(Deserialize)]
struct EventOf {
    id: u64,
    #[serde(default, deserialize_with = "nullable")]
    title: String,
    #[serde(default, deserialize_with = "nullable")]
    state: String,
    #[serde(default, deserialize_with = "nullable")]
    resolved: bool,
    #[serde(default, deserialize_with = "nullable")]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    updated_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    full_url: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    systems: Vec<Affected>,
    #[serde(default, deserialize_with = "nullable")]
    updates: Vec<UpdateOf>,
}

#[derive(Deserialize)]
struct Affected {
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
}

#[derive(Deserialize)]
struct UpdateOf {
    #[serde(default, deserialize_with = "nullable")]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    contents: String,
    #[serde(default, deserialize_with = "nullable")]
    update_type: String,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let document: Document = read::object(FORMAT.name, payload)?;
    if document.status.is_empty() {
        return Err(read::not_of(FORMAT.name, "it lists no system"));
    }
    let mut warnings = Vec::new();
    let components = document
        .status
        .into_iter()
        .map(|s| Component {
            level: known(
                colour,
                &s.status,
                format_args!("system {:?} has the unknown status", s.system),
                &mut warnings,
            ),
            name: s.system,
            ..Component::default()
        })
        .collect();
    let mut events: Vec<Event> = Vec::new();
    for (kind, list) in [(EventKind::Incident, document.incidents), (EventKind::Maintenance, document.scheduled)] {
        events.extend(list.into_iter().map(|e| event(kind, e, &mut warnings)));
    }
    let updated_at = events.iter().filter_map(|e| e.updated_at).max();
    Ok(Page {
        identity: Some("heroku".to_owned()),
        name: Some("Heroku".to_owned()),
        updated_at,
        components,
        events,
        warnings,
        ..Page::default()
    })
}

fn event(kind: EventKind, e: EventOf, warnings: &mut Vec<String>) -> Event {
    let mut updates: Vec<Update> = e
        .updates
        .iter()
        .map(|u| Update {
            // "issue", "update" and words we do not know leave open where the event stands.
            phase: words::phase(&u.update_type).unwrap_or_default(),
            text: read::plain(&u.contents),
            at: at(u.created_at.as_ref()),
        })
        .collect();
    newest_first(&mut updates);
    let over = e.resolved || matches!(e.state.as_str(), "resolved" | "closed" | "completed");
    let phase = match (kind, e.state.as_str()) {
        (EventKind::Maintenance, _) if over => EventPhase::Completed,
        (EventKind::Maintenance, _) => EventPhase::Scheduled,
        _ if over => EventPhase::Resolved,
        // The state says no more than that it is open; the newest update that is more than an update says where it stands.
        (_, "open") => updates.iter().map(|u| u.phase).find(|p| *p != EventPhase::Unknown).unwrap_or_default(),
        (_, "upcoming" | "scheduled") => EventPhase::Scheduled,
        (_, word) => {
            read::tell(warnings, format_args!("event {:?} has the unknown state {word:?}", e.title));
            EventPhase::Unknown
        }
    };
    let newest = updates.iter().filter_map(|u| u.at).max();
    let updated_at = at(e.updated_at.as_ref()).max(newest).or_else(|| at(e.created_at.as_ref()));
    Event {
        id: e.id.to_string(),
        kind,
        title: read::plain(&e.title),
        phase,
        impact: worst_now(e.systems.iter().filter_map(|s| colour(&s.status))),
        started_at: at(e.created_at.as_ref()),
        resolved_at: updated_at.filter(|_| over),
        updated_at,
        components: e.systems.into_iter().map(|s| s.name).collect(),
        url: e.full_url,
        updates,
        ..Event::default()
    }
}

fn colour(word: &str) -> Option<Level> {
    Some(match word {
        "green" => Level::Operational,
        "blue" => Level::UnderMaintenance,
        "yellow" => Level::DegradedPerformance,
        "red" => Level::MajorOutage,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::{Scope, judge};
    use allclear_model::Time;

    fn read(incidents: &str, scheduled: &str, apps: &str) -> Page {
        let text = format!(
            r#"{{"status":[{{"system":"Apps","status":"{apps}"}},{{"system":"Data","status":"green"}}],
                "incidents":{incidents},"scheduled":{scheduled}}}"#
        );
        parse(text.as_bytes()).unwrap()
    }

    fn level(page: Page) -> Level {
        judge(&FORMAT, page, &Scope::whole(), Time::parse("2026-05-01T12:00:00Z").unwrap()).level
    }

    #[test]
    fn colours_are_levels() {
        assert_eq!(level(read("[]", "[]", "green")), Level::Operational);
        assert_eq!(level(read("null", "null", "yellow")), Level::DegradedPerformance);
        assert_eq!(level(read("null", "null", "red")), Level::MajorOutage);
        assert_eq!(level(read("null", "null", "blue")), Level::UnderMaintenance);
        let page = read("[]", "[]", "mauve");
        assert_eq!(page.warnings, [r#"system "Apps" has the unknown status "mauve""#]);
        assert_eq!(level(page), Level::Unknown);
    }

    #[test]
    fn an_open_incident_counts_and_a_resolved_one_does_not() {
        let incident = |state: &str| {
            format!(
                r#"[{{"id":7,"title":"Slow","state":"{state}","resolved":false,"created_at":"2026-05-01T10:00:00Z",
                    "systems":[{{"name":"Apps","status":"red"}}],"updates":[
                    {{"created_at":"2026-05-01T11:00:00Z","contents":"More soon","update_type":"update"}},
                    {{"created_at":"2026-05-01T10:00:00Z","contents":"We look","update_type":"investigating"}}]}}]"#
            )
        };
        let page = read(&incident("open"), "[]", "green");
        assert_eq!((page.events[0].phase, page.events[0].impact), (EventPhase::Investigating, Level::MajorOutage));
        assert_eq!(level(page), Level::MajorOutage);
        let page = read(&incident("resolved"), "[]", "green");
        assert_eq!(page.events[0].phase, EventPhase::Resolved);
        assert_eq!(level(page), Level::Operational);
        let page = read(&incident("odd"), "[]", "green");
        assert_eq!((page.events[0].phase, page.warnings.len()), (EventPhase::Unknown, 1));
    }

    #[test]
    fn announced_work_never_counts_of_itself() {
        let page =
            read("[]", r#"[{"id":8,"title":"Work","state":"upcoming","created_at":"2026-04-30T10:00:00Z"}]"#, "green");
        assert_eq!((page.events[0].kind, page.events[0].phase), (EventKind::Maintenance, EventPhase::Scheduled));
        assert_eq!(level(page), Level::Operational);
    }

    #[test]
    fn other_documents_are_refused() {
        for other in [r#"{"status":{"indicator":"none"}}"#, r#"{"status":[]}"#, "[]", "{}"] {
            assert!(matches!(parse(other.as_bytes()), Err(Unread::Shape { .. })), "{other}");
        }
    }
}
