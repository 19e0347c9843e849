//! Atlassian Statuspage, version 2: `/api/v2/summary.json`, which has all in one, and the single documents beside it,
//! such as `/api/v2/status.json`.
//!
//! Described at <https://www.atlassianstatus.com/api/v2> and copied by many products. Groups are components with `group: true`;
//! names repeat below them, so ids are the keys. `affected_components` may be null, and so may every list.

use super::Format;
use super::shared::{self, at, known, newest_first, once, rated};
use crate::official::page::{Component, Event, EventKind, Page, Update};
use crate::official::read::{self, Unread, nullable};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const FORMAT: Format = Format { name: "statuspage", path: Some("/api/v2/summary.json"), log: false, parse };

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
        return Err(read::not_of(FORMAT.name, "it has no page"));
    };
    if shared::is_ulid(&page.id) {
        return Err(read::not_of(FORMAT.name, "the page's id is one of incident.io"));
    }
    if !document.says_something() {
        return Err(read::not_of(
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
    let announces = document.status.is_none() && document.components.is_none() && document.incidents.is_some();
    let components = document.components.unwrap_or_default();
    let groups: BTreeMap<&str, String> =
        components.iter().filter(|c| c.group).map(|c| (c.id.as_str(), read::name(&c.name))).collect();
    let components = components
        .iter()
        .filter(|c| !c.group)
        .map(|c| {
            let group = c.group_id.as_deref().and_then(|id| groups.get(id)).cloned();
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
    Page { identity, name, updated_at, indicator, announces, components, events, warnings, ..Page::default() }
}

fn event(kind: EventKind, e: EventOf, warnings: &mut Vec<String>) -> Event {
    let mut phase_of =
        |word: &str| known(shared::phase, word, format_args!("event {:?} has the unknown status", e.name), warnings);
    let affected = e.incident_updates.iter().flat_map(|u| &u.affected_components).map(|a| a.code.clone());
    let components = once(e.components.into_iter().map(|c| c.id).chain(affected));
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
    Event {
        id: e.id,
        kind,
        title: read::plain(&e.name),
        phase,
        impact: rated(shared::indicator_level(&e.impact).unwrap_or_default()),
        started_at: at(e.started_at.as_ref()).or_else(|| at(e.created_at.as_ref())),
        resolved_at: at(e.resolved_at.as_ref()),
        scheduled_for: at(e.scheduled_for.as_ref()),
        scheduled_until: at(e.scheduled_until.as_ref()),
        updated_at: at(e.updated_at.as_ref()),
        components,
        url: e.shortlink,
        updates,
        ..Event::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::page::EventPhase;
    use allclear_model::{Level, Time};

    /// A page with this indicator, this word for "API", and these lists.
    fn page(indicator: &str, api: &str, lists: &str) -> Page {
        let payload = format!(
            r#"{{"page":{{"id":"abcdefgh1234","name":"Example","updated_at":"2026-05-01T01:00:00.000-07:00"}},
            "status":{{"indicator":{indicator:?},"description":"x"}},"components":[
            {{"id":"g","name":"Core","status":"operational","group":true,"group_id":null,"components":["a"]}},
            {{"id":"v","name":"Vendors we use","status":"operational","group":true}},
            {{"id":"a","name":"API","status":{api:?},"group":false,"group_id":"g"}},
            {{"id":"b","name":"API","status":"operational","group":false,"group_id":"v"}}]{lists}}}"#
        );
        parse(payload.as_bytes()).unwrap()
    }

    #[test]
    fn a_calm_page_lists_components_below_their_groups() {
        let page = page("none", "operational", r#","incidents":[],"scheduled_maintenances":null"#);
        assert_eq!((page.indicator, page.events.len(), page.warnings.len()), (Some(Level::Operational), 0, 0));
        assert_eq!(page.updated_at, Time::parse("2026-05-01T08:00:00Z").ok());
        let of = |c: &Component| (c.id.clone(), c.group.clone(), c.third_party);
        assert_eq!(
            page.components.iter().map(of).collect::<Vec<_>>(),
            [("a".into(), Some("Core".into()), false), ("b".into(), Some("Vendors we use".into()), true)]
        );
    }

    #[test]
    fn words_of_the_page_and_of_components_are_ours() {
        for (word, level) in [
            ("none", Level::Operational),
            ("maintenance", Level::UnderMaintenance),
            ("minor", Level::DegradedPerformance),
            ("major", Level::PartialOutage),
            ("critical", Level::MajorOutage),
        ] {
            assert_eq!(page(word, "operational", "").indicator, Some(level), "{word}");
        }
        for level in Level::ALL.into_iter().filter(|l| *l != Level::Unknown) {
            assert_eq!(page("none", level.as_str(), "").components[0].level, level);
        }
    }

    #[test]
    fn an_incident_names_components_by_its_links_and_its_updates() {
        let page = page(
            "minor",
            "operational",
            r#","incidents":[{"id":"i","name":"Slow &amp; broken","status":"monitoring","impact":"none",
            "created_at":"2026-05-01T08:00:00Z","started_at":null,"shortlink":"https://stspg.io/i","components":[{"id":"a"}],
            "incident_updates":[{"status":"investigating","body":"We look","display_at":"2026-05-01T08:00:00Z",
            "affected_components":[{"code":"a"},{"code":"b"}]},{"status":"monitoring","body":"<p>We <b>watch</b></p>",
            "display_at":null,"created_at":"2026-05-01T09:00:00Z","affected_components":null}]}]"#,
        );
        let e = &page.events[0];
        assert_eq!((e.title.as_str(), e.phase), ("Slow & broken", EventPhase::Monitoring));
        assert_eq!(e.impact, Level::Unknown, "not rated");
        assert_eq!(
            (&e.components[..], e.started_at),
            (&["a".to_owned(), "b".to_owned()][..], Time::parse("2026-05-01T08:00:00Z").ok())
        );
        assert_eq!(e.updates.iter().map(|u| u.text.as_str()).collect::<Vec<_>>(), ["We watch", "We look"]);
    }

    #[test]
    fn work_and_what_is_over_have_their_phases() {
        let phases = |words: &[&str]| {
            let list: Vec<String> = words
                .iter()
                .map(|w| format!(r#"{{"id":"m","name":"x","status":{w:?},"impact":"maintenance"}}"#))
                .collect();
            let page = page("none", "operational", &format!(r#","scheduled_maintenances":[{}]"#, list.join(",")));
            assert!(page.events.iter().all(|e| e.kind == EventKind::Maintenance));
            page.events.iter().map(|e| e.phase).collect::<Vec<_>>()
        };
        assert_eq!(
            phases(&["scheduled", "in_progress", "verifying", "completed", "resolved", "postmortem"]),
            [
                EventPhase::Scheduled,
                EventPhase::InProgress,
                EventPhase::Verifying,
                EventPhase::Completed,
                EventPhase::Resolved,
                EventPhase::Postmortem
            ]
        );
    }

    #[test]
    fn unknown_words_are_unknown_and_told() {
        let page = page("melting", "on_fire", r#","incidents":[{"id":"i","name":"x","status":"pondering"}]"#);
        assert_eq!((page.indicator, page.components[0].level), (Some(Level::Unknown), Level::Unknown));
        assert_eq!(page.events[0].phase, EventPhase::Unknown);
        for word in ["melting", "on_fire", "pondering"] {
            assert!(page.warnings.iter().any(|w| w.contains(word)), "{word}");
        }
    }

    #[test]
    fn what_is_another_products_is_refused() {
        for other in [
            r#"{"page":{"id":"abcdefgh1234"}}"#,
            r#"{"incidents":[]}"#,
            r#"{"page":{"id":"01HZZZZZZZZZZZZZZZZZZZPAGE"},"status":{"indicator":"none"}}"#,
            r#"[{"id":"abcdefgh1234"},{"indicator":"none"},[],[],[]]"#,
        ] {
            assert!(matches!(parse(other.as_bytes()), Err(Unread::Shape { .. })), "{other}");
        }
    }
}
