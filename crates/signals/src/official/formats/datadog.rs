//! Datadog Status Pages: `/config.json`, with the whole history in one document.
//!
//! Histories are filled in later, so an update counts from `startedAt`, not from when it was written. What was taken away stays
//! with a `deletedAt`. The page has no word for the whole.

use super::Format;
use super::shared::{self, at, known, newest_first, worst_now};
use crate::official::page::{Component, Event, EventKind, EventPhase, Page, Update};
use crate::official::read::{self, Unread, nullable};
use allclear_model::Level;
use serde::Deserialize;
use serde::de::IgnoredAny;

pub(super) const FORMAT: Format = Format { name: "datadog", path: Some("/config.json"), log: false, parse };

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    id: String,
    // The two by which it is known.
    #[serde(rename = "pageType")]
    _type: IgnoredAny,
    #[serde(rename = "domainPrefix")]
    _prefix: IgnoredAny,
    #[serde(default, deserialize_with = "nullable")]
    name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    page_url: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    components: Vec<Node>,
    #[serde(default, deserialize_with = "nullable")]
    incidents: Vec<EventOf>,
    #[serde(default, deserialize_with = "nullable")]
    maintenances: Vec<EventOf>,
}

/// A component, or a group of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable", rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "nullable")]
    components: Vec<Node>,
    deleted_at: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventOf {
    id: String,
    title: String,
    #[serde(default, deserialize_with = "nullable")]
    current_status: String,
    #[serde(default, deserialize_with = "nullable")]
    resolved: bool,
    #[serde(default, deserialize_with = "nullable")]
    published_date: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    resolved_date: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    start_date: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    completed_date: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    components_affected: Vec<Node>,
    #[serde(default, deserialize_with = "nullable")]
    timeline: Vec<UpdateOf>,
    deleted_at: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateOf {
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    description: String,
    #[serde(default, deserialize_with = "nullable")]
    started_at: Option<String>,
    deleted_at: Option<IgnoredAny>,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let document: Document = read::object(FORMAT.name, payload)?;
    let mut warnings = Vec::new();
    let mut components = Vec::new();
    for node in &document.components {
        add(node, None, &mut components, &mut warnings);
    }
    let url = document.page_url.filter(|url| url.len() <= read::LONGEST);
    let mut events = Vec::new();
    for (kind, of) in [(EventKind::Incident, document.incidents), (EventKind::Maintenance, document.maintenances)] {
        events.extend(of.into_iter().filter(|e| e.deleted_at.is_none()).map(|e| {
            let mut event = event(kind, e, &mut warnings);
            event.url.clone_from(&url);
            event
        }));
    }
    Ok(Page { identity: Some(document.id), name: document.name, components, events, warnings, ..Page::default() })
}

/// Adds a component, or all of a group.
fn add(node: &Node, group: Option<&Node>, found: &mut Vec<Component>, warnings: &mut Vec<String>) {
    if node.deleted_at.is_some() {
        return;
    }
    if node.kind == "ComponentGroup" || !node.components.is_empty() {
        for inner in &node.components {
            add(inner, Some(node), found, warnings);
        }
        return;
    }
    found.push(Component {
        id: node.id.clone(),
        group: group.map(|g| read::name(&g.name)),
        group_id: group.map(|g| read::name(&g.id)),
        name: node.name.clone(),
        level: known(level, &node.status, format_args!("component {:?} has the unknown status", node.name), warnings),
        third_party: group.is_some_and(|g| shared::third_party(&g.name)),
    });
}

fn event(kind: EventKind, e: EventOf, warnings: &mut Vec<String>) -> Event {
    let mut phase_of =
        |word: &str| known(shared::phase, word, format_args!("event {:?} has the unknown status", e.title), warnings);
    let phase = phase_of(&e.current_status);
    let phase = if e.resolved && phase.is_open() { EventPhase::Resolved } else { phase };
    let mut updates: Vec<Update> = e
        .timeline
        .iter()
        .filter(|u| u.deleted_at.is_none())
        .map(|u| Update {
            phase: phase_of(&u.status),
            text: read::plain(&u.description),
            at: at(u.started_at.as_ref()),
        })
        .collect();
    newest_first(&mut updates);
    let heard = updates.first().and_then(|u| u.at);
    let levels = e.components_affected.iter().map(|c| level(&c.status).unwrap_or_default());
    let work = kind == EventKind::Maintenance;
    Event {
        impact: worst_now(levels),
        kind,
        title: read::plain(&e.title),
        phase,
        started_at: updates.iter().filter_map(|u| u.at).min().or_else(|| at(e.published_date.as_ref())),
        resolved_at: at(e.resolved_date.as_ref()).or(heard).filter(|_| phase.is_over()),
        scheduled_for: at(e.start_date.as_ref()).filter(|_| work),
        scheduled_until: at(e.completed_date.as_ref()).filter(|_| work),
        updated_at: heard,
        components: e.components_affected.into_iter().map(|c| c.id).collect(),
        id: e.id,
        updates,
        ..Event::default()
    }
}

fn level(word: &str) -> Option<Level> {
    Some(match word {
        "operational" => Level::Operational,
        "maintenance" => Level::UnderMaintenance,
        "degraded" => Level::DegradedPerformance,
        "partial_outage" => Level::PartialOutage,
        "major_outage" => Level::MajorOutage,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::Time;

    fn page(api: &str, lists: &str) -> Page {
        let payload = format!(
            r#"{{"id":"p","name":"Example","pageType":"public","domainPrefix":"example","components":[
            {{"id":"g","name":"Main","type":"ComponentGroup","components":[
            {{"id":"a","name":"API","type":"Component","status":{api:?}}},
            {{"id":"z","name":"Gone","type":"Component","status":"major_outage","deletedAt":"2026-05-01T08:00:00Z"}}]}},
            {{"id":"b","name":"Site","type":"Component","status":"operational"}}],{lists}}}"#
        );
        parse(payload.as_bytes()).unwrap()
    }

    #[test]
    fn a_calm_page_lists_components_and_leaves_out_groups_and_what_was_taken_away() {
        let page = page("operational", r#""incidents":null,"maintenances":null"#);
        let of = |c: &Component| (c.name.clone(), c.group.clone());
        assert_eq!(
            page.components.iter().map(of).collect::<Vec<_>>(),
            [("API".to_owned(), Some("Main".to_owned())), ("Site".to_owned(), None)]
        );
        assert!(page.warnings.is_empty() && page.events.is_empty());
    }

    #[test]
    fn an_open_incident_is_as_bad_as_its_components_are_now_and_dated_by_what_happened() {
        let page = page(
            "partial_outage",
            r#""incidents":[{"id":"i","title":"Errors","currentStatus":"monitoring","resolved":false,
            "componentsAffected":[{"id":"a","name":"API","status":"partial_outage","type":"Component"}],
            "timeline":[{"status":"investigating","description":"Looking","startedAt":"2026-05-01T08:00:00Z",
            "createdAt":"2026-05-09T08:00:00Z"},{"status":"monitoring","description":"Watching",
            "startedAt":"2026-05-01T09:00:00Z"},{"status":"resolved","description":"No","deletedAt":"2026-05-01T09:00:00Z"}]}]"#,
        );
        let e = &page.events[0];
        assert_eq!((e.phase, e.impact, e.resolved_at), (EventPhase::Monitoring, Level::PartialOutage, None));
        assert_eq!(e.started_at, Time::parse("2026-05-01T08:00:00Z").ok());
        assert_eq!(e.updates.iter().map(|u| u.text.as_str()).collect::<Vec<_>>(), ["Watching", "Looking"]);
    }

    #[test]
    fn resolved_incidents_stay_in_the_list_and_are_over() {
        let page = page(
            "operational",
            r#""incidents":[{"id":"i","title":"x","currentStatus":"resolved","resolved":true,
            "resolvedDate":"2026-05-01T09:00:00Z"},{"id":"j","title":"y","resolved":true,"currentStatus":"monitoring"},
            {"id":"k","title":"z","deletedAt":"2026-05-01T09:00:00Z"}]"#,
        );
        assert_eq!(page.events.len(), 2);
        assert!(!page.events[0].phase.is_open());
        assert_eq!(page.events[0].resolved_at, Time::parse("2026-05-01T09:00:00Z").ok());
        assert_eq!(page.events[1].phase, EventPhase::Resolved, "the flag is surer than the word");
    }

    #[test]
    fn work_is_scheduled_under_way_or_called_off() {
        let work = |word: &str| {
            let timeline = r#"[{"status":"scheduled","startedAt":"2026-05-01T08:00:00Z"}]"#;
            let work = format!(r#"{{"id":"m","title":"x","currentStatus":{word:?},"timeline":{timeline}}}"#);
            page("operational", &format!(r#""maintenances":[{work}]"#)).events.remove(0)
        };
        assert_eq!((work("scheduled").kind, work("scheduled").phase), (EventKind::Maintenance, EventPhase::Scheduled));
        assert_eq!(work("in_progress").phase, EventPhase::InProgress);
        assert_eq!((work("canceled").phase, work("canceled").resolved_at), (EventPhase::Cancelled, None));
        assert!(work("completed").resolved_at.is_some());
    }

    #[test]
    fn unknown_words_are_unknown_and_told() {
        let page = page("on_fire", r#""incidents":[{"id":"i","title":"x","currentStatus":"pondering"}]"#);
        assert_eq!((page.components[0].level, page.events[0].phase), (Level::Unknown, EventPhase::Unknown));
        assert!(page.warnings[0].contains("on_fire") && page.warnings[1].contains("pondering"));
    }

    #[test]
    fn what_has_no_page_type_is_refused() {
        assert!(matches!(parse(br#"{"id":"p","components":[]}"#), Err(Unread::Shape { .. })));
    }
}
