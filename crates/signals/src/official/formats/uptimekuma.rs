//! Uptime Kuma: `/api/status-page/<slug>` has names, incidents and work, `/api/status-page/heartbeat/<slug>` has how things are.
//!
//! Each is a payload of its own, and a document with the fields of both is read as one. The heartbeats of a page that does not exist
//! are an answer like any other, with an empty list: nothing is known then. Times have no zone and are the server's, mostly UTC.

use super::Format;
use super::shared::{at, known, only};
use crate::official::page::{Component, Event, EventKind, EventPhase, Page};
use crate::official::read::{self, Unread, nullable};
use crate::official::times;
use allclear_model::Level;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

pub(super) const FORMAT: Format = Format { name: "uptimekuma", path: None, log: false, parse };

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default, deserialize_with = "nullable")]
    config: Option<Config>,
    public_group_list: Option<Vec<Group>>,
    #[serde(default, deserialize_with = "nullable")]
    incidents: Vec<Incident>,
    #[serde(default, deserialize_with = "nullable")]
    incident: Option<Incident>,
    #[serde(default, deserialize_with = "nullable")]
    maintenance_list: Vec<Maintenance>,
    heartbeat_list: Option<BTreeMap<String, Vec<Beat>>>,
}

#[derive(Deserialize)]
struct Config {
    slug: String,
    #[serde(default, deserialize_with = "nullable")]
    title: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    monitor_list: Vec<Monitor>,
}

#[derive(Deserialize)]
struct Monitor {
    id: u64,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
}

#[derive(Deserialize)]
struct Beat {
    status: i64,
    #[serde(default, deserialize_with = "nullable")]
    time: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Incident {
    #[serde(default, deserialize_with = "nullable")]
    id: u64,
    #[serde(default, deserialize_with = "nullable")]
    title: String,
    #[serde(default, deserialize_with = "nullable")]
    content: String,
    #[serde(default, deserialize_with = "nullable")]
    style: String,
    active: Option<Flag>,
    #[serde(default, deserialize_with = "nullable")]
    created_date: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    last_updated_date: Option<String>,
}

/// Versions write flags as booleans or as the numbers of their database.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Word(bool),
    Number(i64),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Maintenance {
    #[serde(default, deserialize_with = "nullable")]
    id: u64,
    #[serde(default, deserialize_with = "nullable")]
    title: String,
    #[serde(default, deserialize_with = "nullable")]
    description: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    timeslot_list: Vec<Slot>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Slot {
    #[serde(default, deserialize_with = "nullable")]
    start_date: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    end_date: Option<String>,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let document: Document = read::object(FORMAT.name, payload)?;
    if document.heartbeat_list.is_none() && (document.config.is_none() || document.public_group_list.is_none()) {
        return Err(read::not_of(FORMAT.name, "it has neither heartbeatList nor config and publicGroupList"));
    }
    let mut warnings = Vec::new();
    let beats = document.heartbeat_list.unwrap_or_default();
    let mut levels: HashMap<&str, Level> = HashMap::new();
    for (id, beats) in &beats {
        // Beats stand oldest first; the time decides all the same, and of equal times the last is the newest.
        let Some(last) = beats.iter().max_by_key(|b| b.time.as_deref()) else { continue };
        let level = beat_level(last.status).unwrap_or_else(|| {
            read::tell(&mut warnings, format_args!("monitor {id} has the unknown status {}", last.status));
            Level::Unknown
        });
        levels.insert(id, level);
    }
    let level = |id: &str| levels.get(id).copied().unwrap_or_default();
    let mut components = Vec::new();
    for group in document.public_group_list.unwrap_or_default() {
        let name = read::name(&group.name);
        for monitor in group.monitor_list {
            let id = monitor.id.to_string();
            components.push(Component {
                level: level(&id),
                id,
                group: Some(name.clone()),
                name: monitor.name,
                ..Component::default()
            });
        }
    }
    if components.is_empty() {
        // The heartbeats alone: monitors by number.
        components.extend(beats.keys().map(|id| Component {
            level: level(id),
            id: id.clone(),
            name: id.clone(),
            ..Component::default()
        }));
    }
    let beat_at = beats.values().flatten().filter_map(|b| b.time.as_deref()).max().and_then(times::text);
    let mut events: Vec<Event> = document.incidents.into_iter().chain(document.incident).map(incident).collect();
    events.extend(document.maintenance_list.into_iter().map(|m| maintenance(m, &mut warnings)));
    let (identity, name) = document.config.map_or((None, None), |c| (Some(c.slug), c.title));
    let updated_at = beat_at.max(events.iter().filter_map(|e| e.updated_at).max());
    Ok(Page { identity, name, updated_at, components, events, warnings, ..Page::default() })
}

/// A notice that is pinned to the page. It has no phase; how bad it is shows in the colour of its box, red and yellow being trouble.
fn incident(i: Incident) -> Event {
    let active = !matches!(i.active, Some(Flag::Word(false) | Flag::Number(0)));
    let (kind, impact) = match i.style.as_str() {
        "danger" => (EventKind::Incident, Level::PartialOutage),
        "warning" => (EventKind::Incident, Level::DegradedPerformance),
        "info" | "primary" | "light" | "dark" => (EventKind::Notice, Level::Unknown),
        _ => (EventKind::Incident, Level::Unknown),
    };
    let started_at = at(i.created_date.as_ref());
    let updated_at = at(i.last_updated_date.as_ref()).or(started_at);
    let phase = if active { EventPhase::Unknown } else { EventPhase::Resolved };
    Event {
        id: i.id.to_string(),
        kind,
        title: read::plain(&i.title),
        phase,
        impact,
        started_at,
        resolved_at: updated_at.filter(|_| !active),
        updated_at,
        updates: only(phase, &i.content, updated_at),
        ..Event::default()
    }
}

fn maintenance(m: Maintenance, warnings: &mut Vec<String>) -> Event {
    let whose = format_args!("maintenance {:?} has the unknown status", m.title);
    let phase = known(work_phase, &m.status, whose, warnings);
    let slot = m.timeslot_list.first();
    let scheduled_for = at(slot.and_then(|s| s.start_date.as_ref()));
    Event {
        id: format!("maintenance-{}", m.id),
        kind: EventKind::Maintenance,
        title: read::plain(&m.title),
        phase,
        impact: Level::UnderMaintenance,
        started_at: scheduled_for,
        scheduled_for,
        scheduled_until: at(slot.and_then(|s| s.end_date.as_ref())),
        updates: only(phase, &m.description, None),
        ..Event::default()
    }
}

fn work_phase(word: &str) -> Option<EventPhase> {
    Some(match word {
        "under-maintenance" => EventPhase::InProgress,
        "scheduled" => EventPhase::Scheduled,
        "ended" => EventPhase::Completed,
        "inactive" => EventPhase::Cancelled,
        _ => return None,
    })
}

fn beat_level(number: i64) -> Option<Level> {
    Some(match number {
        0 => Level::MajorOutage,
        1 => Level::Operational,
        2 => Level::DegradedPerformance,
        3 => Level::UnderMaintenance,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::{Scope, judge};
    use allclear_model::Time;

    fn level(page: &Page, scope: &Scope) -> Level {
        judge(&FORMAT, page.clone(), scope, Time::parse("2026-05-01T12:00:00Z").unwrap()).level
    }

    #[test]
    fn the_last_beat_is_how_a_monitor_is() {
        let page = parse(
            br#"{"heartbeatList":{"1":[{"status":0,"time":"2026-05-01 11:58:00.000"},{"status":1,"time":"2026-05-01 11:59:00.000"}],
                "2":[{"status":1,"time":"2026-05-01 11:58:00.000"},{"status":0,"time":"2026-05-01 11:59:00.000"}],
                "3":[{"status":2}],"4":[{"status":3}],"5":[],"6":[{"status":9}]},"uptimeList":{"1_24":1}}"#,
        )
        .unwrap();
        let levels: Vec<_> = page.components.iter().map(|c| c.level).collect();
        assert_eq!(
            levels,
            [
                Level::Operational,
                Level::MajorOutage,
                Level::DegradedPerformance,
                Level::UnderMaintenance,
                Level::Unknown,
                Level::Unknown
            ]
        );
        assert_eq!(page.warnings, ["monitor 6 has the unknown status 9"]);
        assert_eq!(page.updated_at, Time::parse("2026-05-01T11:59:00Z").ok());
        assert_eq!(level(&page, &Scope::of(&["1"])), Level::Operational);
    }

    #[test]
    fn a_page_that_does_not_exist_says_nothing() {
        let page = parse(br#"{"heartbeatList":{},"uptimeList":{}}"#).unwrap();
        assert_eq!(level(&page, &Scope::whole()), Level::Unknown);
    }

    const CONFIG: &str = r#""config":{"slug":"acme","title":"Acme"},"publicGroupList":[{"name":"Core","monitorList":[{"id":1,"name":"API"}]}]"#;

    #[test]
    fn names_alone_say_nothing_and_with_beats_they_are_a_page() {
        let page = parse(format!("{{{CONFIG},\"incident\":null,\"maintenanceList\":null}}").as_bytes()).unwrap();
        assert_eq!((page.identity.as_deref(), page.name.as_deref()), (Some("acme"), Some("Acme")));
        assert_eq!(level(&page, &Scope::whole()), Level::Unknown);
        let page = parse(format!("{{{CONFIG},\"heartbeatList\":{{\"1\":[{{\"status\":1}}]}}}}").as_bytes()).unwrap();
        assert_eq!(level(&page, &Scope::of(&["API"])), Level::Operational);
    }

    #[test]
    fn pinned_notices_count_by_their_colour_and_work_by_its_state() {
        let page = parse(
            format!(
                "{{{CONFIG},\"incidents\":[{{\"id\":1,\"title\":\"Down\",\"style\":\"danger\",\"content\":\"We look\",
                 \"createdDate\":\"2026-05-01 11:00:00\"}},{{\"id\":2,\"title\":\"Hello\",\"style\":\"info\"}},
                 {{\"id\":3,\"title\":\"Old\",\"style\":\"warning\",\"active\":0}}],
                 \"maintenanceList\":[{{\"id\":4,\"title\":\"Work\",\"status\":\"under-maintenance\",\"timeslotList\":
                 [{{\"startDate\":\"2026-05-01 11:00:00\",\"endDate\":\"2026-05-01 13:00:00\"}}]}},{{\"id\":5,\"title\":\"Odd\",\"status\":\"odd\"}}]}}"
            )
            .as_bytes(),
        )
        .unwrap();
        let events: Vec<_> = page.events.iter().map(|e| (e.kind, e.phase, e.impact)).collect();
        assert_eq!(
            events,
            [
                (EventKind::Incident, EventPhase::Unknown, Level::PartialOutage),
                (EventKind::Notice, EventPhase::Unknown, Level::Unknown),
                (EventKind::Incident, EventPhase::Resolved, Level::DegradedPerformance),
                (EventKind::Maintenance, EventPhase::InProgress, Level::UnderMaintenance),
                (EventKind::Maintenance, EventPhase::Unknown, Level::UnderMaintenance),
            ]
        );
        assert_eq!(
            page.events.iter().map(|e| e.updates.len()).collect::<Vec<_>>(),
            [1, 0, 0, 0, 0],
            "no words, no update"
        );
        assert_eq!(page.warnings, [r#"maintenance "Odd" has the unknown status "odd""#]);
        assert_eq!(level(&page, &Scope::whole()), Level::PartialOutage);
    }

    #[test]
    fn other_documents_are_refused() {
        for other in ["{}", "[]", r#"{"config":{"slug":"a"}}"#, r#"{"config":{"companyName":"a"},"incidents":[]}"#] {
            assert!(matches!(parse(other.as_bytes()), Err(Unread::Shape { .. })), "{other}");
        }
    }
}
