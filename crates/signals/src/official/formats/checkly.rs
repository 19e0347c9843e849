//! Checkly, `/api/status-page/<slug>/uptime`: services with the events of their last days. Not documented, and changed before.
//!
//! A service is as bad as its worst event that is not resolved. One event stands below every service and day it touches.
//! `/unresolved-incidents`, a list of what is open, is read too; it names no service that is well, so it is no witness of health.

use super::Format;
use super::shared::{at, known, newest_first};
use crate::official::page::{Component, Event, Page, Update};
use crate::official::read::{self, Unread, nullable};
use crate::official::words;
use allclear_model::{Level, Time};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const FORMAT: Format = Format { name: "checkly", path: None, log: false, parse };

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Uptime {
    #[serde(default, deserialize_with = "nullable")]
    metadata: Vec<Group>,
    uptime: Vec<Group>,
    #[serde(default, deserialize_with = "nullable")]
    partial_error: bool,
}

#[derive(Deserialize)]
struct Group {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    services: Vec<Service>,
}

#[derive(Deserialize)]
struct Service {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    days: Option<Vec<Day>>,
}

#[derive(Deserialize)]
struct Day {
    #[serde(default, deserialize_with = "nullable")]
    events: Vec<Incident>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Incident {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    /// Seconds.
    #[serde(default, deserialize_with = "nullable")]
    duration: f64,
    severity: String,
    last_update_status: String,
    #[serde(default, rename = "created_at", deserialize_with = "nullable")]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    services: Vec<Affected>,
    #[serde(default, deserialize_with = "nullable")]
    incident_updates: Vec<UpdateOf>,
}

#[derive(Deserialize)]
struct Affected {
    id: String,
}

#[derive(Deserialize)]
struct UpdateOf {
    #[serde(default, deserialize_with = "nullable")]
    description: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    created_at: Option<String>,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let mut warnings = Vec::new();
    if read::body(payload)?.starts_with(b"[") {
        let list: Vec<Incident> = read::list(FORMAT.name, payload)?;
        // An empty list could be anyone's.
        return if list.is_empty() {
            Err(read::not_of(FORMAT.name, "it lists nothing"))
        } else {
            let events = list.into_iter().map(|i| event(i, &mut warnings)).collect();
            Ok(Page { events, warnings, ..Page::default() })
        };
    }
    let uptime: Uptime = read::object(FORMAT.name, payload)?;
    if uptime.uptime.is_empty() && uptime.metadata.is_empty() {
        return Err(read::not_of(FORMAT.name, "it lists nothing"));
    }
    if uptime.partial_error {
        warnings.push("the page says that its answer is not whole".to_owned());
    }
    let mut events: Vec<Event> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut components = Vec::new();
    for group in uptime.uptime {
        let (group_id, group_name) = (read::name(&group.id), read::name(&group.name));
        for service in group.services {
            let id = read::name(&service.id);
            // Without its days nothing is known of it.
            let mut level = if service.days.is_some() { Level::Operational } else { Level::Unknown };
            for incident in service.days.unwrap_or_default().into_iter().flat_map(|d| d.events) {
                let place = *places.entry(incident.id.clone()).or_insert(events.len());
                if place == events.len() {
                    events.push(event(incident, &mut warnings));
                }
                let Some(event) = events.get_mut(place) else { continue };
                // Its events come one after another, so it can only be the last.
                if event.components.last() != Some(&id) {
                    event.components.push(id.clone());
                }
                if event.phase.is_open() {
                    level = level.max(if event.impact == Level::Unknown {
                        Level::DegradedPerformance
                    } else {
                        event.impact
                    });
                }
            }
            components.push(component(&group_id, &group_name, id, service.name, level));
        }
    }
    // Services that the page has and the uptimes do not.
    let known: BTreeSet<String> = components.iter().map(|c: &Component| c.id.clone()).collect();
    for group in uptime.metadata {
        let (group_id, group_name) = (read::name(&group.id), read::name(&group.name));
        for service in group.services {
            let id = read::name(&service.id);
            if !known.contains(&id) {
                components.push(component(&group_id, &group_name, id, service.name, Level::Unknown));
            }
        }
    }
    let updated_at = events.iter().filter_map(|e| e.updated_at).max();
    Ok(Page { updated_at, components, events, warnings, ..Page::default() })
}

fn component(group_id: &str, group: &str, id: String, name: String, level: Level) -> Component {
    Component {
        id,
        group: Some(group.to_owned()),
        group_id: Some(group_id.to_owned()),
        name,
        level,
        third_party: false,
    }
}

fn event(i: Incident, warnings: &mut Vec<String>) -> Event {
    let unknown = format_args!("event {:?} has the unknown", i.name);
    let phase = known(words::phase, &i.last_update_status, format_args!("{unknown} status"), warnings);
    let impact = known(severity, &i.severity, format_args!("{unknown} severity"), warnings);
    let started_at = at(i.created_at.as_ref());
    // The duration grows while the event is open, so its end is the last that was heard in both cases.
    let until = started_at.map(|t| Time(t.0.saturating_add((i.duration * 1000.0) as i64).min(Time::MAX.0)));
    let mut updates: Vec<Update> = i
        .incident_updates
        .iter()
        .map(|u| Update {
            phase: words::phase(&u.status).unwrap_or_default(),
            text: read::plain(&u.description),
            at: at(u.created_at.as_ref()),
        })
        .collect();
    newest_first(&mut updates);
    Event {
        id: i.id,
        title: read::plain(&i.name),
        phase,
        impact,
        started_at,
        resolved_at: until.filter(|_| phase.is_over()),
        updated_at: updates.iter().filter_map(|u| u.at).max().max(until),
        components: i.services.into_iter().map(|s| s.id).collect(),
        updates,
        ..Event::default()
    }
}

/// Checkly's four severities; beside `MAJOR` its pages show a part of the service as down.
fn severity(word: &str) -> Option<Level> {
    Some(match word {
        "MINOR" | "MEDIUM" => Level::DegradedPerformance,
        "MAJOR" => Level::PartialOutage,
        "CRITICAL" => Level::MajorOutage,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::{EventPhase, Scope, judge};

    fn read(events: &str) -> Page {
        let text = format!(
            r#"{{"metadata":[{{"id":"g","name":"Core","services":[{{"id":"a","name":"API"}},{{"id":"w","name":"Web"}},{{"id":"n","name":"New"}}]}}],
                "uptime":[{{"id":"g","name":"Core","services":[{{"id":"a","name":"API","days":[{{"events":null}},{{"events":{events}}}]}},
                {{"id":"w","name":"Web","days":[{{"events":[]}}]}}]}}],"partialError":false}}"#
        );
        parse(text.as_bytes()).unwrap()
    }

    fn incident(severity: &str, status: &str) -> String {
        format!(
            r#"[{{"id":"1","name":"Down","duration":600,"severity":"{severity}","lastUpdateStatus":"{status}","created_at":"2026-05-01T10:00:00Z"}}]"#
        )
    }

    fn level(page: &Page, scope: &str) -> Level {
        judge(&FORMAT, page.clone(), &Scope::of(&[scope]), Time::parse("2026-05-01T12:00:00Z").unwrap()).level
    }

    #[test]
    fn a_service_is_as_bad_as_its_open_events() {
        assert_eq!(level(&read("[]"), "API"), Level::Operational);
        let page = read(&incident("MAJOR", "IDENTIFIED"));
        assert_eq!(
            (page.events[0].phase, page.events[0].components.as_slice()),
            (EventPhase::Identified, &["a".to_owned()][..])
        );
        assert_eq!(level(&page, "API"), Level::PartialOutage);
        assert_eq!(level(&page, "Web"), Level::Operational);
        let page = read(&incident("CRITICAL", "RESOLVED"));
        assert_eq!(page.events[0].resolved_at, Time::parse("2026-05-01T10:10:00Z").ok());
        assert_eq!(level(&page, "API"), Level::Operational);
    }

    #[test]
    fn a_service_without_uptimes_is_unknown() {
        assert_eq!(level(&read("[]"), "New"), Level::Unknown);
    }

    #[test]
    fn unknown_words_are_said_and_make_nothing_well() {
        let page = read(&incident("PURPLE", "SIMMERING"));
        assert_eq!(page.warnings.len(), 2);
        assert_eq!(level(&page, "API"), Level::DegradedPerformance);
    }

    #[test]
    fn the_list_of_what_is_open_is_read_too() {
        let page = parse(
            br#"[{"id":"1","name":"Down","severity":"CRITICAL","lastUpdateStatus":"INVESTIGATING","services":[{"id":"a","name":"API"}],
                "incidentUpdates":[{"description":"We look","status":"INVESTIGATING","created_at":"2026-05-01T10:00:00Z"}]}]"#,
        )
        .unwrap();
        let event = &page.events[0];
        assert_eq!(
            (event.phase, event.impact, event.updates.len()),
            (EventPhase::Investigating, Level::MajorOutage, 1)
        );
    }

    #[test]
    fn other_documents_are_refused() {
        for other in ["{}", "[]", r#"{"uptime":[]}"#, r#"[{"id":"1","name":"x"}]"#] {
            assert!(matches!(parse(other.as_bytes()), Err(Unread::Shape { .. })), "{other}");
        }
    }
}
