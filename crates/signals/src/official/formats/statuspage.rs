//! Atlassian Statuspage, version 2: `/api/v2/summary.json`, which has all in one, and the single documents beside it.
//!
//! Described at <https://www.atlassianstatus.com/api/v2> and copied by many products. Groups are components with `group: true`;
//! names repeat below them, so ids are the keys. `affected_components` may be null, and so may every list.

use super::Format;
use crate::official::page::{Component, Event, EventKind, EventPhase, Page, Update};
use crate::official::read::{self, Unread, nullable};
use crate::official::times;
use allclear_model::Level;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const FORMAT: Format =
    Format { name: "statuspage", paths: &["/api/v2/summary.json", "/api/v2/status.json"], log: false, parse };

#[derive(Deserialize)]
struct Document {
    page: PageOf,
    #[serde(default, deserialize_with = "nullable")]
    status: Option<Status>,
    components: Option<Vec<ComponentOf>>,
    incidents: Option<Vec<EventOf>>,
    scheduled_maintenances: Option<Vec<EventOf>>,
}

#[derive(Deserialize)]
struct PageOf {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default, deserialize_with = "nullable")]
    indicator: String,
}

#[derive(Deserialize)]
struct ComponentOf {
    id: String,
    name: String,
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    group_id: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    group: bool,
}

#[derive(Deserialize)]
struct EventOf {
    id: String,
    name: String,
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    impact: String,
    #[serde(default, deserialize_with = "nullable")]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    started_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    updated_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    resolved_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    scheduled_for: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    scheduled_until: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    shortlink: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    components: Vec<Named>,
    #[serde(default, deserialize_with = "nullable")]
    incident_updates: Vec<UpdateOf>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct UpdateOf {
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    body: String,
    #[serde(default, deserialize_with = "nullable")]
    display_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    affected_components: Vec<Affected>,
}

#[derive(Deserialize)]
struct Affected {
    #[serde(default, deserialize_with = "nullable")]
    code: String,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let document: Document = read::json(FORMAT.name, payload)?;
    let lists =
        document.components.is_some() || document.incidents.is_some() || document.scheduled_maintenances.is_some();
    if document.status.is_none() && !lists {
        return Err(read::shape(
            FORMAT.name,
            "it has none of status, components, incidents and scheduled_maintenances",
        ));
    }
    let mut warnings = Vec::new();
    let components = document.components.unwrap_or_default();
    let groups: BTreeMap<&str, &str> =
        components.iter().filter(|c| c.group).map(|c| (c.id.as_str(), c.name.as_str())).collect();
    let components = components
        .iter()
        .filter(|c| !c.group)
        .map(|c| {
            let group = c.group_id.as_deref().and_then(|id| groups.get(id)).map(|name| (*name).to_owned());
            Component {
                third_party: group.as_deref().is_some_and(third_party),
                id: c.id.clone(),
                group,
                group_id: c.group_id.clone(),
                name: c.name.clone(),
                level: component_level(&c.status).unwrap_or_else(|| {
                    warnings.push(format!("component {:?} has the unknown status {:?}", c.name, c.status));
                    Level::Unknown
                }),
            }
        })
        .collect();
    let indicator = document.status.map(|s| {
        indicator_level(&s.indicator).unwrap_or_else(|| {
            warnings.push(format!("the page has the unknown indicator {:?}", s.indicator));
            Level::Unknown
        })
    });
    let mut events = Vec::new();
    for (kind, list) in
        [(EventKind::Incident, document.incidents), (EventKind::Maintenance, document.scheduled_maintenances)]
    {
        events.extend(list.unwrap_or_default().into_iter().map(|e| event(kind, e, &mut warnings)));
    }
    Ok(Page {
        identity: Some(document.page.id),
        name: document.page.name,
        updated_at: document.page.updated_at.as_deref().and_then(times::text),
        indicator,
        components,
        events,
        warnings,
    })
}

fn event(kind: EventKind, e: EventOf, warnings: &mut Vec<String>) -> Event {
    let mut phase_of = |word: &str| {
        phase(word).unwrap_or_else(|| {
            warnings.push(format!("event {:?} has the unknown status {word:?}", e.name));
            EventPhase::Unknown
        })
    };
    let at = |text: &Option<String>| text.as_deref().and_then(times::text);
    let mut components: Vec<String> = e.components.into_iter().map(|c| c.id).collect();
    for affected in e.incident_updates.iter().flat_map(|u| &u.affected_components) {
        if !affected.code.is_empty() && !components.contains(&affected.code) {
            components.push(affected.code.clone());
        }
    }
    let phase = phase_of(&e.status);
    let mut updates: Vec<Update> = e
        .incident_updates
        .iter()
        .map(|u| Update {
            phase: phase_of(&u.status),
            text: read::plain(&u.body),
            at: at(&u.display_at).or_else(|| at(&u.created_at)),
        })
        .collect();
    updates.sort_by_key(|u| std::cmp::Reverse(u.at));
    let impact = indicator_level(&e.impact).unwrap_or_default();
    Event {
        id: e.id,
        kind,
        title: read::plain(&e.name),
        phase,
        // An incident of impact "none" is one that its vendor does not rate.
        impact: if impact == Level::Operational { Level::Unknown } else { impact },
        started_at: at(&e.started_at).or_else(|| at(&e.created_at)),
        resolved_at: at(&e.resolved_at),
        scheduled_for: at(&e.scheduled_for),
        scheduled_until: at(&e.scheduled_until),
        updated_at: at(&e.updated_at),
        components,
        url: e.shortlink,
        updates,
    }
}

/// A component's word.
fn component_level(word: &str) -> Option<Level> {
    Some(match word {
        "operational" => Level::Operational,
        "under_maintenance" => Level::UnderMaintenance,
        "degraded_performance" => Level::DegradedPerformance,
        "partial_outage" => Level::PartialOutage,
        "major_outage" => Level::MajorOutage,
        _ => return None,
    })
}

/// The page's word, and the impact of an incident, which are the same words. Beside `major` pages show "Partial System Outage".
fn indicator_level(word: &str) -> Option<Level> {
    Some(match word {
        "none" => Level::Operational,
        "maintenance" => Level::UnderMaintenance,
        "minor" => Level::DegradedPerformance,
        "major" => Level::PartialOutage,
        "critical" => Level::MajorOutage,
        _ => return None,
    })
}

/// An event's word.
fn phase(word: &str) -> Option<EventPhase> {
    Some(match word {
        "investigating" => EventPhase::Investigating,
        "identified" => EventPhase::Identified,
        "monitoring" => EventPhase::Monitoring,
        "resolved" => EventPhase::Resolved,
        "postmortem" => EventPhase::Postmortem,
        "scheduled" => EventPhase::Scheduled,
        "in_progress" => EventPhase::InProgress,
        "verifying" => EventPhase::Verifying,
        "completed" => EventPhase::Completed,
        _ => return None,
    })
}

/// A group that says that its components are other companies'.
fn third_party(group: &str) -> bool {
    let group = group.to_lowercase();
    [
        "third party",
        "third-party",
        "3rd party",
        "external service",
        "external dependenc",
        "upstream provider",
        "vendors",
    ]
    .iter()
    .any(|words| group.contains(words))
}
