//! Atlassian Statuspage, version 2: `/api/v2/summary.json`, which has all in one, and the single documents beside it.
//!
//! Described at <https://www.atlassianstatus.com/api/v2> and copied by many products. Groups are components with `group: true`;
//! names repeat below them, so ids are the keys. `affected_components` may be null, and so may every list.

use super::Format;
use super::shared::{self, at, known, newest_first};
use crate::official::page::{Component, Event, EventKind, Page, Update};
use crate::official::read::{self, Unread, nullable};
use allclear_model::Level;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const FORMAT: Format =
    Format { name: "statuspage", paths: &["/api/v2/summary.json", "/api/v2/status.json"], log: false, parse };

/// One document, as Statuspage and those who copied it write it.
#[derive(Deserialize)]
pub(super) struct Document {
    #[serde(default, deserialize_with = "nullable")]
    page: Option<PageOf>,
    #[serde(default, deserialize_with = "nullable")]
    status: Option<Status>,
    #[serde(default, deserialize_with = "nullable")]
    components: Option<Vec<ComponentOf>>,
    #[serde(default, deserialize_with = "nullable")]
    incidents: Option<Vec<EventOf>>,
    #[serde(default, deserialize_with = "nullable")]
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
    let document: Document = read::object(FORMAT.name, payload)?;
    let Some(page) = &document.page else {
        return Err(read::shape(FORMAT.name, "it has no page"));
    };
    if shared::is_ulid(&page.id) {
        return Err(read::shape(FORMAT.name, "the page's id is one of incident.io"));
    }
    if !document.says_something() {
        return Err(read::shape(
            FORMAT.name,
            "it has none of status, components, incidents and scheduled_maintenances",
        ));
    }
    Ok(self::page(document))
}

impl Document {
    /// True when there is a word about how things are, or a list, be it empty.
    pub(super) fn says_something(&self) -> bool {
        self.status.is_some()
            || self.components.is_some()
            || self.incidents.is_some()
            || self.scheduled_maintenances.is_some()
    }

    /// Ids of the page, or of its events where the document does not name the page.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        let events = self.incidents.iter().chain(&self.scheduled_maintenances).flatten().map(|e| e.id.as_str());
        let page = self.page.as_ref().map(|p| p.id.as_str());
        page.into_iter().chain(events.filter(move |_| page.is_none()))
    }
}

/// A document in our words.
pub(super) fn page(document: Document) -> Page {
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
                third_party: group.as_deref().is_some_and(shared::third_party),
                id: c.id.clone(),
                group,
                group_id: c.group_id.clone(),
                name: c.name.clone(),
                level: known(
                    shared::component_level,
                    &c.status,
                    format_args!("component {:?} has the unknown status", c.name),
                    &mut warnings,
                ),
            }
        })
        .collect();
    let indicator = document
        .status
        .map(|s| known(shared::indicator_level, &s.indicator, "the page has the unknown indicator", &mut warnings));
    let mut events = Vec::new();
    for (kind, list) in
        [(EventKind::Incident, document.incidents), (EventKind::Maintenance, document.scheduled_maintenances)]
    {
        events.extend(list.unwrap_or_default().into_iter().map(|e| event(kind, e, &mut warnings)));
    }
    let (identity, name, updated_at) =
        document.page.map_or((None, None, None), |p| (Some(p.id), p.name, at(p.updated_at.as_ref())));
    Page { identity, name, updated_at, indicator, components, events, warnings }
}

fn event(kind: EventKind, e: EventOf, warnings: &mut Vec<String>) -> Event {
    let mut phase_of =
        |word: &str| known(shared::phase, word, format_args!("event {:?} has the unknown status", e.name), warnings);
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
            at: at(u.display_at.as_ref()).or_else(|| at(u.created_at.as_ref())),
        })
        .collect();
    newest_first(&mut updates);
    let impact = shared::indicator_level(&e.impact).unwrap_or_default();
    Event {
        id: e.id,
        kind,
        title: read::plain(&e.name),
        phase,
        // An incident of impact "none" is one that its vendor does not rate.
        impact: if impact == Level::Operational { Level::Unknown } else { impact },
        impact_on_named: Level::Unknown,
        started_at: at(e.started_at.as_ref()).or_else(|| at(e.created_at.as_ref())),
        resolved_at: at(e.resolved_at.as_ref()),
        scheduled_for: at(e.scheduled_for.as_ref()),
        scheduled_until: at(e.scheduled_until.as_ref()),
        updated_at: at(e.updated_at.as_ref()),
        components,
        url: e.shortlink,
        updates,
    }
}
