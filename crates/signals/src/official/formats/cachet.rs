//! Cachet: `/api/v1/components` and `/api/v1/incidents` of versions 1 and 2, `/api/components`, `/api/incidents` and
//! `/api/schedules` of version 3, which writes JSON:API.
//!
//! Each is a document of its own. States are numbers, sometimes as texts, and in version 3 with their words in an object; the words
//! are in the page's language. In version 2 an incident of state 0 is announced work; in version 3 it has no known state.

use super::Format;
use super::shared::{newest_first, only};
use crate::official::page::{Component, Event, EventKind, EventPhase, Page, Update};
use crate::official::read::{self, Unread, nullable};
use crate::official::times;
use allclear_model::{Level, Time};
use serde::Deserialize;

pub(super) const FORMAT: Format =
    Format { name: "cachet", path: Some("/api/v1/components?per_page=500"), log: false, parse };

#[derive(Deserialize)]
struct Document {
    data: Vec<Fields>,
    #[serde(default, deserialize_with = "nullable")]
    meta: Meta,
}

#[derive(Deserialize, Default)]
struct Meta {
    #[serde(default, deserialize_with = "nullable")]
    pagination: Option<Pagination>,
    #[serde(default, deserialize_with = "nullable")]
    last_page: i64,
}

#[derive(Deserialize)]
struct Pagination {
    #[serde(default, deserialize_with = "nullable")]
    total_pages: i64,
}

/// A component, an incident or work: with its fields here, or in version 3 in `attributes`.
#[derive(Deserialize)]
struct Fields {
    id: Option<Number>,
    #[serde(default, rename = "type", deserialize_with = "nullable")]
    kind: Option<String>,
    attributes: Option<Box<Fields>>,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    message: Option<String>,
    status: Option<Number>,
    latest_status: Option<Number>,
    status_name: Option<String>,
    human_status: Option<String>,
    component_id: Option<Number>,
    group_id: Option<Number>,
    #[serde(default, deserialize_with = "nullable")]
    permalink: Option<String>,
    enabled: Option<bool>,
    scheduled_at: Option<Moment>,
    occurred_at: Option<Moment>,
    created_at: Option<Moment>,
    updated_at: Option<Moment>,
    scheduled: Option<Moment>,
    completed: Option<Moment>,
    occurred: Option<Moment>,
    created: Option<Moment>,
    updated: Option<Moment>,
    #[serde(default, deserialize_with = "nullable")]
    updates: Vec<UpdateOf>,
}

#[derive(Deserialize)]
struct UpdateOf {
    status: Option<Number>,
    #[serde(default, deserialize_with = "nullable")]
    message: String,
    created_at: Option<Moment>,
}

/// A number as such, as text, or in an object beside its word.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Is(i64),
    Text(String),
    Within { value: i64 },
}

impl Number {
    fn value(&self) -> Option<i64> {
        match self {
            Number::Is(n) | Number::Within { value: n } => Some(*n),
            Number::Text(text) => text.trim().parse().ok(),
        }
    }

    fn text(&self) -> String {
        match self {
            Number::Is(n) | Number::Within { value: n } => n.to_string(),
            Number::Text(text) => text.clone(),
        }
    }
}

/// A time as text, or in an object beside words such as "3 days ago". No zone: the server's, mostly UTC.
#[derive(Deserialize)]
#[serde(untagged)]
enum Moment {
    Text(String),
    Within { string: Option<String> },
}

fn at(moment: Option<&Moment>) -> Option<Time> {
    match moment? {
        Moment::Text(text) => times::text(text),
        Moment::Within { string } => times::text(string.as_deref()?),
    }
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let document: Document = read::object(FORMAT.name, payload)?;
    if document.data.is_empty() && document.meta.pagination.is_none() {
        return Err(read::not_of(FORMAT.name, "it lists nothing"));
    }
    let mut page = Page::default();
    let pages = document.meta.pagination.map_or(document.meta.last_page, |p| p.total_pages);
    if pages > 1 {
        read::tell(&mut page.warnings, format_args!("this is one page of {pages}; the others are not read"));
    }
    for mut fields in document.data {
        let (three, id, kind) = (fields.attributes.is_some(), fields.id.take(), fields.kind.take());
        let fields = match fields.attributes.take() {
            Some(attributes) => *attributes,
            None => fields,
        };
        let id =
            id.or_else(|| fields.id.as_ref().map(|n| Number::Text(n.text()))).map(|n| n.text()).unwrap_or_default();
        match kind.as_deref() {
            Some("components") if three => component(id, fields, &mut page),
            Some("incidents") if three => incident(id, fields, false, &mut page),
            Some("schedules") if three => schedule(id, fields, &mut page),
            None if fields.status_name.is_some() && fields.status.is_some() => component(id, fields, &mut page),
            None if fields.human_status.is_some() && fields.status.is_some() => incident(id, fields, true, &mut page),
            _ => return Err(read::not_of(FORMAT.name, "it lists something else")),
        }
    }
    Ok(page)
}

fn component(id: String, f: Fields, page: &mut Page) {
    if f.enabled == Some(false) {
        return;
    }
    let number = f.status.as_ref().and_then(Number::value);
    let level = match number {
        Some(1) => Level::Operational,
        Some(2) => Level::DegradedPerformance,
        Some(3) => Level::PartialOutage,
        Some(4) => Level::MajorOutage,
        // The page's own word for "not known".
        Some(5) => Level::Unknown,
        Some(6) => Level::UnderMaintenance,
        _ => {
            let word = f.status.as_ref().map(Number::text).unwrap_or_default();
            read::tell(&mut page.warnings, format_args!("component {:?} has the unknown status {word:?}", f.name));
            Level::Unknown
        }
    };
    page.updated_at = page.updated_at.max(at(f.updated_at.as_ref().or(f.updated.as_ref())));
    let group_id = f.group_id.as_ref().map(Number::text).filter(|id| id != "0");
    page.components.push(Component { id, group_id, name: read::plain(&f.name), level, ..Component::default() });
}

fn incident(id: String, f: Fields, two: bool, page: &mut Page) {
    let number = f.latest_status.as_ref().or(f.status.as_ref());
    let of = |number: Option<&Number>| match number.and_then(Number::value) {
        Some(0) if two => Some(EventPhase::Scheduled),
        Some(1) => Some(EventPhase::Investigating),
        Some(2) => Some(EventPhase::Identified),
        Some(3) => Some(EventPhase::Monitoring),
        Some(4) => Some(EventPhase::Resolved),
        _ => None,
    };
    let phase = of(number).unwrap_or_else(|| {
        let word = number.map(Number::text).unwrap_or_default();
        read::tell(&mut page.warnings, format_args!("event {:?} has the unknown status {word:?}", f.name));
        EventPhase::Unknown
    });
    let created = at(f.created_at.as_ref().or(f.created.as_ref()));
    let started_at = at(f.occurred_at.as_ref().or(f.occurred.as_ref())).or(created);
    let mut updates: Vec<Update> = f
        .updates
        .iter()
        .map(|u| Update {
            phase: of(u.status.as_ref()).unwrap_or_default(),
            text: read::plain(&u.message),
            at: at(u.created_at.as_ref()),
        })
        .collect();
    // The incident's own message is its first update.
    let first = if updates.is_empty() { phase } else { of(f.status.as_ref()).unwrap_or_default() };
    updates.extend(only(first, f.message.as_deref().unwrap_or_default(), started_at));
    newest_first(&mut updates);
    let updated_at =
        at(f.updated_at.as_ref().or(f.updated.as_ref())).max(updates.iter().filter_map(|u| u.at).max()).or(started_at);
    page.updated_at = page.updated_at.max(updated_at);
    let work = phase == EventPhase::Scheduled;
    page.events.push(Event {
        id,
        kind: if work { EventKind::Maintenance } else { EventKind::Incident },
        title: read::plain(&f.name),
        phase,
        impact: Level::Unknown,
        started_at,
        resolved_at: updated_at.filter(|_| phase.is_over()),
        scheduled_for: at(f.scheduled_at.as_ref()),
        updated_at,
        components: f.component_id.as_ref().map(Number::text).filter(|id| id != "0").into_iter().collect(),
        url: f.permalink,
        updates,
        ..Event::default()
    });
}

/// Work, in version 3.
fn schedule(id: String, f: Fields, page: &mut Page) {
    let phase = match f.status.as_ref().and_then(Number::value) {
        Some(0) => EventPhase::Scheduled,
        Some(1) => EventPhase::InProgress,
        Some(2) => EventPhase::Completed,
        _ => {
            let word = f.status.as_ref().map(Number::text).unwrap_or_default();
            read::tell(&mut page.warnings, format_args!("work {:?} has the unknown status {word:?}", f.name));
            EventPhase::Unknown
        }
    };
    let completed = at(f.completed.as_ref());
    let updated_at = at(f.updated.as_ref());
    page.events.push(Event {
        id: format!("schedule-{id}"),
        kind: EventKind::Maintenance,
        title: read::plain(&f.name),
        phase,
        impact: Level::UnderMaintenance,
        started_at: at(f.scheduled.as_ref()),
        resolved_at: completed,
        scheduled_for: at(f.scheduled.as_ref()),
        scheduled_until: completed,
        updated_at,
        updates: only(phase, f.message.as_deref().unwrap_or_default(), updated_at),
        ..Event::default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::{Scope, judge};

    fn level(page: &Page) -> Level {
        judge(&FORMAT, page.clone(), &Scope::whole(), Time::parse("2026-05-01T12:00:00Z").unwrap()).level
    }

    #[test]
    fn components_of_version_2_are_numbers_or_texts() {
        let page = parse(
            br#"{"meta":{"pagination":{"total":3,"total_pages":2}},"data":[
                {"id":1,"name":"API","status":1,"status_name":"Operational","group_id":0,"updated_at":"2026-05-01 10:00:00"},
                {"id":2,"name":"Web","status":"3","status_name":"Partial Outage","group_id":4},
                {"id":3,"name":"Odd","status":9,"status_name":"Seltsam"}]}"#,
        )
        .unwrap();
        let levels: Vec<_> = page.components.iter().map(|c| (c.id.as_str(), c.group_id.as_deref(), c.level)).collect();
        assert_eq!(
            levels,
            [("1", None, Level::Operational), ("2", Some("4"), Level::PartialOutage), ("3", None, Level::Unknown)]
        );
        assert_eq!(
            page.warnings,
            ["this is one page of 2; the others are not read", r#"component "Odd" has the unknown status "9""#]
        );
        assert_eq!(level(&page), Level::PartialOutage);
    }

    #[test]
    fn incidents_of_version_2_say_where_they_stand() {
        let page = parse(
            br#"{"data":[{"id":1,"component_id":2,"name":"Down","status":1,"human_status":"Investigating","message":"We look",
                "scheduled_at":null,"created_at":"2026-05-01 10:00:00","updated_at":"2026-05-01 11:00:00","latest_status":2,
                "updates":[{"status":2,"message":"A disk","created_at":"2026-05-01 11:00:00"}]},
                {"id":2,"component_id":0,"name":"Old","status":4,"human_status":"Fixed","created_at":"2026-04-01 10:00:00"},
                {"id":3,"name":"Work","status":0,"human_status":"Scheduled","scheduled_at":"2026-05-02 10:00:00"},
                {"id":4,"name":"Odd","status":7,"human_status":"Seltsam"}]}"#,
        )
        .unwrap();
        let events: Vec<_> = page.events.iter().map(|e| (e.kind, e.phase)).collect();
        assert_eq!(
            events,
            [
                (EventKind::Incident, EventPhase::Identified),
                (EventKind::Incident, EventPhase::Resolved),
                (EventKind::Maintenance, EventPhase::Scheduled),
                (EventKind::Incident, EventPhase::Unknown)
            ]
        );
        assert_eq!(page.events[0].components, ["2"]);
        assert_eq!(page.events[0].updates.iter().map(|u| u.text.as_str()).collect::<Vec<_>>(), ["A disk", "We look"]);
        assert_eq!(level(&page), Level::DegradedPerformance);
    }

    #[test]
    fn version_3_has_the_same_in_attributes() {
        let page = parse(
            br#"{"data":[{"id":"1","type":"components","attributes":{"id":1,"name":"API","enabled":true,
                "status":{"human":"Major outage","value":4},"updated":{"human":"now","string":"2026-05-01 11:00:00"}}},
                {"id":"2","type":"components","attributes":{"id":2,"name":"Off","enabled":false,"status":4}},
                {"id":"3","type":"incidents","attributes":{"id":3,"name":"Down","message":"We look","component_id":1,
                "status":{"human":"Watching","value":3},"occurred":{"human":null,"string":null},"created":{"string":"2026-05-01 11:00:00"}}},
                {"id":"4","type":"incidents","attributes":{"name":"Odd","status":{"human":"Unknown","value":0}}},
                {"id":"5","type":"schedules","attributes":{"name":"Work","status":{"value":1},"scheduled":{"string":"2026-05-01 11:00:00"},
                "completed":{"string":null}}}],"links":{},"meta":{}}"#,
        )
        .unwrap();
        assert_eq!((page.components.len(), page.components[0].level), (1, Level::MajorOutage));
        let phases: Vec<_> = page.events.iter().map(|e| (e.id.as_str(), e.phase)).collect();
        assert_eq!(
            phases,
            [("3", EventPhase::Monitoring), ("4", EventPhase::Unknown), ("schedule-5", EventPhase::InProgress)]
        );
        assert_eq!(page.warnings.len(), 1);
    }

    #[test]
    fn a_page_without_components_says_nothing() {
        let page = parse(br#"{"data":[],"meta":{"pagination":{"total_pages":0}}}"#).unwrap();
        assert_eq!(level(&page), Level::Unknown);
    }

    #[test]
    fn other_documents_are_refused() {
        for other in [
            "{}",
            "[]",
            r#"{"data":[]}"#,
            r#"{"data":[{"id":1,"name":"a","status":1}]}"#,
            r#"{"data":{"type":"status_page"}}"#,
        ] {
            assert!(matches!(parse(other.as_bytes()), Err(Unread::Shape { .. })), "{other}");
        }
    }
}
