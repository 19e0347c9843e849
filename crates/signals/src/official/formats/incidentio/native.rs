//! incident.io's own object: at `/proxy/<host>`, and in the HTML of the page, where what is absent is the text "$undefined".
//!
//! A component has no state of its own: it is what the newest event that affects it says, or well.

use super::FORMAT;
use crate::official::formats::shared::{self, at, known, newest_first, once, worst_now};
use crate::official::page::{Component, Event, EventKind, Page, Update};
use crate::official::read::{self, Unread, nullable};
use allclear_model::{Level, Time};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct Document {
    summary: Summary,
}

#[derive(Deserialize)]
struct Summary {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: Option<String>,
    components: Vec<Named>,
    #[serde(default, deserialize_with = "nullable")]
    structure: Structure,
    #[serde(default, deserialize_with = "nullable")]
    affected_components: Vec<Affected>,
    #[serde(default, deserialize_with = "nullable")]
    ongoing_incidents: Vec<EventOf>,
    #[serde(default, deserialize_with = "nullable")]
    in_progress_maintenances: Vec<EventOf>,
    #[serde(default, deserialize_with = "nullable")]
    scheduled_maintenances: Vec<EventOf>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

#[derive(Deserialize, Default)]
struct Structure {
    #[serde(default, deserialize_with = "nullable")]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default, deserialize_with = "nullable")]
    group: Option<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default, deserialize_with = "nullable")]
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    components: Vec<Placed>,
}

#[derive(Deserialize)]
struct Placed {
    component_id: String,
}

#[derive(Deserialize)]
struct Affected {
    component_id: String,
    #[serde(default, deserialize_with = "nullable")]
    status: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    current_status: Option<String>,
}

#[derive(Deserialize)]
struct EventOf {
    id: String,
    name: String,
    status: String,
    #[serde(default, deserialize_with = "nullable", rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "nullable")]
    permalink: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    published_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    affected_components: Vec<Affected>,
    #[serde(default, deserialize_with = "nullable")]
    component_impacts: Vec<Impact>,
    #[serde(default, deserialize_with = "nullable")]
    updates: Vec<UpdateOf>,
}

#[derive(Deserialize)]
struct Impact {
    component_id: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    status_page_incident_id: String,
    #[serde(default, deserialize_with = "nullable")]
    start_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    end_at: Option<String>,
}

#[derive(Deserialize)]
struct UpdateOf {
    #[serde(default, deserialize_with = "nullable")]
    message_string: String,
    #[serde(default, deserialize_with = "nullable")]
    to_status: String,
    #[serde(default, deserialize_with = "nullable")]
    published_at: Option<String>,
}

/// What is embedded beside the summary: 90 days of incidents by name, and which component each affected.
#[derive(Deserialize)]
struct History {
    component_impacts: Vec<Impact>,
    incident_links: Vec<EventOf>,
    #[serde(default, deserialize_with = "nullable")]
    component_uptimes: Vec<Uptime>,
}

#[derive(Deserialize)]
struct Uptime {
    #[serde(default, deserialize_with = "nullable")]
    component_id: Option<String>,
}

/// The levels that events give to components: the newest event's word stands.
#[derive(Default)]
struct States(BTreeMap<String, (Option<Time>, Level)>);

impl States {
    fn say(&mut self, component: &str, when: Option<Time>, level: Level) {
        if self.0.get(component).is_none_or(|(before, _)| *before <= when) {
            self.0.insert(component.to_owned(), (when, level));
        }
    }

    fn of(&self, component: &str) -> Level {
        self.0.get(component).map_or(Level::Operational, |(_, level)| *level)
    }
}

pub(super) fn summary(payload: &[u8]) -> Result<Page, Unread> {
    let Document { summary } = read::object(FORMAT.name, payload)?;
    let mut warnings = Vec::new();
    let mut states = States::default();
    let lists = [summary.ongoing_incidents, summary.in_progress_maintenances, summary.scheduled_maintenances];
    let events = lists.into_iter().flatten().map(|e| event(e, &mut states, &mut warnings)).collect();
    // The page's own list is of this moment.
    for a in summary.affected_components {
        if let Some(word) = a.current_status.or(a.status) {
            states.say(&a.component_id, Some(Time::MAX), level(&word, &a.component_id, &mut warnings));
        }
    }
    let groups: BTreeMap<&str, &Group> = summary
        .structure
        .items
        .iter()
        .filter_map(|i| i.group.as_ref())
        .flat_map(|g| g.components.iter().map(move |c| (c.component_id.as_str(), g)))
        .collect();
    let components = summary
        .components
        .into_iter()
        .map(|c| {
            let group = groups.get(c.id.as_str());
            Component {
                level: states.of(&c.id),
                third_party: group.is_some_and(|g| shared::third_party(&g.name)),
                group: group.map(|g| read::name(&g.name)),
                group_id: group.map(|g| read::name(&g.id)),
                id: c.id,
                name: c.name,
            }
        })
        .collect();
    Ok(Page { identity: Some(summary.id), name: summary.name, components, events, warnings, ..Page::default() })
}

/// Reads the object with the days before. Its components have no names: their ids stand in.
pub(super) fn history(payload: &[u8]) -> Result<Page, Unread> {
    let History { component_impacts, incident_links, component_uptimes } = read::object(FORMAT.name, payload)?;
    let mut warnings = Vec::new();
    let mut states = States::default();
    for impact in component_impacts.iter().filter(|i| i.end_at.is_none()) {
        let level = level(&impact.status, &impact.component_id, &mut warnings);
        states.say(&impact.component_id, at(impact.start_at.as_ref()), level);
    }
    let ids: BTreeSet<String> =
        component_uptimes.into_iter().filter_map(|u| u.component_id).chain(states.0.keys().cloned()).collect();
    let mut by_event: BTreeMap<String, Vec<Impact>> = BTreeMap::new();
    for impact in component_impacts {
        by_event.entry(impact.status_page_incident_id.clone()).or_default().push(impact);
    }
    let events = incident_links
        .into_iter()
        .map(|mut e| {
            e.component_impacts = by_event.remove(&e.id).unwrap_or_default();
            event(e, &mut states, &mut warnings)
        })
        .collect();
    let components = ids
        .into_iter()
        .map(|id| Component { level: states.of(&id), name: id.clone(), id, ..Component::default() })
        .collect();
    Ok(Page { components, events, warnings, ..Page::default() })
}

fn level(word: &str, component: &str, warnings: &mut Vec<String>) -> Level {
    known(shared::component_level, word, format_args!("component {component:?} has the unknown status"), warnings)
}

fn event(e: EventOf, states: &mut States, warnings: &mut Vec<String>) -> Event {
    let mut phase_of =
        |word: &str| known(shared::phase, word, format_args!("event {:?} has the unknown status", e.name), warnings);
    let phase = phase_of(&e.status);
    let mut updates: Vec<Update> = e
        .updates
        .iter()
        .map(|u| Update {
            phase: phase_of(&u.to_status),
            text: read::plain(&u.message_string),
            at: at(u.published_at.as_ref()),
        })
        .collect();
    newest_first(&mut updates);
    let published = at(e.published_at.as_ref());
    let heard = updates.first().and_then(|u| u.at).max(published);
    let mut now = Vec::new();
    for a in &e.affected_components {
        // `status` is the worst it had during the event; before work begins and after all is over it has passed or is to come.
        let word = a.current_status.as_ref().or(a.status.as_ref().filter(|_| phase.is_open()));
        if let Some(word) = word {
            let level = level(word, &a.component_id, warnings);
            states.say(&a.component_id, heard, level);
            now.push(level);
        }
    }
    for i in e.component_impacts.iter().filter(|i| e.affected_components.is_empty() && i.end_at.is_none()) {
        now.push(shared::component_level(&i.status).unwrap_or_default());
    }
    let impacted = e.component_impacts.iter().map(|i| &i.component_id);
    let components = once(e.affected_components.iter().map(|a| &a.component_id).chain(impacted).cloned());
    let starts = || e.component_impacts.iter().filter_map(|i| at(i.start_at.as_ref()));
    let ends = || e.component_impacts.iter().filter_map(|i| at(i.end_at.as_ref()));
    let work = e.kind == "maintenance" || e.status.starts_with("maintenance");
    Event {
        id: e.id,
        kind: if work { EventKind::Maintenance } else { EventKind::Incident },
        title: read::plain(&e.name),
        phase,
        impact: worst_now(now.into_iter()),
        started_at: starts().min().filter(|_| !work).or(published),
        resolved_at: updates.first().and_then(|u| u.at).or_else(|| ends().max()).filter(|_| phase.is_over()),
        scheduled_for: starts().min().filter(|_| work),
        scheduled_until: ends().max().filter(|_| work),
        updated_at: heard,
        components,
        url: e.permalink,
        updates,
        ..Event::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::EventPhase;

    fn page(lists: &str) -> Page {
        let payload = format!(
            r#"{{"summary":{{"id":"01HZZZZZZZZZZZZZZZZZZZPAGE","name":"Example","parent":"$undefined",
            "components":[{{"id":"A","name":"API","description":"$undefined"}},{{"id":"B","name":"Mail"}}],
            "structure":{{"items":[{{"component":{{"component_id":"A","name":"API"}},"group":"$undefined"}},
            {{"component":"$undefined","group":{{"id":"G","name":"Third party services",
            "components":[{{"component_id":"B"}}]}}}}]}},{lists}}}}}"#
        );
        summary(payload.as_bytes()).unwrap()
    }

    #[test]
    fn without_events_every_component_is_well() {
        let page = page(r#""affected_components":[],"ongoing_incidents":"$undefined","scheduled_maintenances":null"#);
        assert!(page.components.iter().all(|c| c.level == Level::Operational));
        assert_eq!(
            (page.components[1].group.as_deref(), page.components[1].third_party),
            (Some("Third party services"), true)
        );
        assert!(page.events.is_empty() && page.warnings.is_empty());
    }

    #[test]
    fn a_component_is_what_the_newest_event_says_of_it() {
        let incident = |id: &str, at: &str, now: &str| {
            format!(
                r#"{{"id":{id:?},"name":"x","type":"incident","status":"identified","published_at":"2026-05-01T08:00:00Z",
                "affected_components":[{{"component_id":"A","status":"partial_outage","current_status":{now:?}}}],
                "updates":[{{"message_string":"one","to_status":"investigating","published_at":"2026-05-01T08:00:00Z"}},
                {{"message_string":"two","to_status":"identified","published_at":{at:?}}}]}}"#
            )
        };
        let (older, newer) = (
            incident("1", "2026-05-01T09:00:00Z", "degraded_performance"),
            incident("2", "2026-05-01T10:00:00Z", "full_outage"),
        );
        for list in [format!("{older},{newer}"), format!("{newer},{older}")] {
            let page = page(&format!(r#""ongoing_incidents":[{list}]"#));
            assert_eq!(page.components[0].level, Level::MajorOutage);
            assert_eq!(page.events[0].updates[0].text, "two", "newest first");
        }
    }

    #[test]
    fn an_incident_whose_components_recovered_stays_open_and_unrated() {
        let page = page(
            r#""ongoing_incidents":[{"id":"1","name":"x","type":"incident","status":"monitoring",
            "affected_components":[{"component_id":"A","status":"partial_outage","current_status":"operational"}]}]"#,
        );
        assert_eq!(page.components[0].level, Level::Operational);
        assert_eq!((page.events[0].phase, page.events[0].impact), (EventPhase::Monitoring, Level::Unknown));
    }

    #[test]
    fn work_to_come_leaves_its_components_well_and_work_under_way_does_not() {
        let work = |status: &str| {
            page(&format!(
                r#""scheduled_maintenances":[{{"id":"1","name":"x","type":"maintenance","status":{status:?},
                "affected_components":[{{"component_id":"A","status":"under_maintenance"}}],
                "component_impacts":[{{"component_id":"A","status":"under_maintenance","start_at":"2026-05-01T08:00:00Z",
                "end_at":"2026-05-01T10:00:00Z"}}]}}]"#
            ))
        };
        let coming = work("maintenance_scheduled");
        assert_eq!((coming.components[0].level, coming.events[0].phase), (Level::Operational, EventPhase::Scheduled));
        assert_eq!(coming.events[0].scheduled_until, Time::parse("2026-05-01T10:00:00Z").ok());
        let begun = work("maintenance_in_progress");
        assert_eq!(
            (begun.components[0].level, begun.events[0].phase),
            (Level::UnderMaintenance, EventPhase::InProgress)
        );
    }

    #[test]
    fn unknown_words_are_unknown_and_told() {
        let page = page(
            r#""affected_components":[{"component_id":"A","status":"on_fire"}],
            "ongoing_incidents":[{"id":"1","name":"x","status":"pondering"}]"#,
        );
        assert_eq!(page.components[0].level, Level::Unknown);
        assert_eq!(page.events[0].phase, EventPhase::Unknown);
        assert!(
            page.warnings.iter().any(|w| w.contains("on_fire"))
                && page.warnings.iter().any(|w| w.contains("pondering"))
        );
    }

    #[test]
    fn the_days_before_are_read_with_what_has_not_ended() {
        let page = history(
            br#"{"component_impacts":[
            {"component_id":"A","status":"partial_outage","start_at":"2026-05-01T08:00:00Z","end_at":"$undefined",
            "status_page_incident_id":"1"},
            {"component_id":"B","status":"full_outage","start_at":"2026-04-01T08:00:00Z","end_at":"2026-04-01T09:00:00Z",
            "status_page_incident_id":"2"}],
            "component_uptimes":[{"component_id":"A"},{"component_id":"B"},{"component_id":"$undefined"}],
            "incident_links":[{"id":"1","name":"x","status":"identified"},{"id":"2","name":"y","status":"resolved"}]}"#,
        )
        .unwrap();
        assert_eq!(
            page.components.iter().map(|c| c.level).collect::<Vec<_>>(),
            [Level::PartialOutage, Level::Operational]
        );
        assert_eq!(
            (page.events[0].impact, &page.events[0].components[..]),
            (Level::PartialOutage, &["A".to_owned()][..])
        );
        assert_eq!(page.events[1].resolved_at, Time::parse("2026-04-01T09:00:00Z").ok());
    }
}
