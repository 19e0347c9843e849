//! incident.io's summary for widgets: what is going on, and nothing about what is well. A page can switch it off.

use super::FORMAT;
use crate::official::formats::shared::{self, at, known, only, worst_now};
use crate::official::page::{Event, EventKind, EventPhase, Page};
use crate::official::read::{self, Unread, nullable};
use allclear_model::Level;
use serde::Deserialize;

#[derive(Deserialize)]
struct Summary {
    page_title: String,
    page_url: String,
    #[serde(default, deserialize_with = "nullable")]
    ongoing_incidents: Vec<EventOf>,
    #[serde(default, deserialize_with = "nullable")]
    in_progress_maintenances: Vec<EventOf>,
    #[serde(default, deserialize_with = "nullable")]
    scheduled_maintenances: Vec<EventOf>,
}

#[derive(Deserialize)]
struct EventOf {
    id: String,
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    url: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    last_update_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    last_update_message: String,
    #[serde(default, deserialize_with = "nullable")]
    current_worst_impact: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    affected_components: Vec<Affected>,
    #[serde(default, deserialize_with = "nullable")]
    started_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    starts_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    scheduled_end_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    ends_at: Option<String>,
}

#[derive(Deserialize)]
struct Affected {
    #[serde(default, deserialize_with = "nullable")]
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
}

pub(super) fn summary(payload: &[u8]) -> Result<Page, Unread> {
    let summary: Summary = read::object(FORMAT.name, payload)?;
    let mut warnings = Vec::new();
    let mut events = Vec::new();
    for (list, usual) in [
        (summary.ongoing_incidents, None),
        (summary.in_progress_maintenances, Some(EventPhase::InProgress)),
        (summary.scheduled_maintenances, Some(EventPhase::Scheduled)),
    ] {
        events.extend(list.into_iter().map(|e| event(e, usual, &mut warnings)));
    }
    // It has no word for the whole; to list nothing that goes on is its way to say that all is well.
    let indicator = if events.iter().any(|e| e.phase.is_open()) {
        Some(worst_now(events.iter().filter(|e| e.phase.is_open()).map(|e| e.impact))).filter(|l| *l != Level::Unknown)
    } else {
        Some(Level::Operational)
    };
    Ok(Page {
        identity: Some(summary.page_url),
        name: Some(summary.page_title),
        indicator,
        events,
        warnings,
        ..Page::default()
    })
}

/// `usual` is the phase of a list of work, where the event does not say.
fn event(e: EventOf, usual: Option<EventPhase>, warnings: &mut Vec<String>) -> Event {
    let phase = match usual {
        Some(phase) if e.status.is_empty() => phase,
        _ => known(shared::phase, &e.status, format_args!("event {:?} has the unknown status", e.name), warnings),
    };
    let impact = match &e.current_worst_impact {
        Some(word) => {
            known(shared::component_level, word, format_args!("event {:?} has the unknown impact", e.name), warnings)
        }
        None if usual.is_some() => Level::UnderMaintenance,
        None => Level::Unknown,
    };
    let (heard, started) = (at(e.last_update_at.as_ref()), at(e.started_at.as_ref().or(e.starts_at.as_ref())));
    Event {
        id: e.id,
        kind: if usual.is_some() { EventKind::Maintenance } else { EventKind::Incident },
        title: read::plain(&e.name),
        phase,
        impact,
        started_at: started,
        scheduled_for: started.filter(|_| usual.is_some()),
        scheduled_until: at(e.scheduled_end_at.as_ref().or(e.ends_at.as_ref())),
        updated_at: heard,
        components: e.affected_components.into_iter().map(|c| if c.name.is_empty() { c.id } else { c.name }).collect(),
        url: e.url,
        updates: only(phase, &e.last_update_message, heard),
        ..Event::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(lists: &str) -> Page {
        let payload = format!(r#"{{"page_title":"Example","page_url":"https://status.example.com"{lists}}}"#);
        summary(payload.as_bytes()).unwrap()
    }

    #[test]
    fn nothing_going_on_is_well() {
        for lists in ["", r#","ongoing_incidents":[],"in_progress_maintenances":null,"scheduled_maintenances":[]"#] {
            assert_eq!(page(lists).indicator, Some(Level::Operational), "{lists}");
        }
        let coming = page(
            r#","scheduled_maintenances":[{"id":"1","name":"x","status":"maintenance_scheduled",
            "starts_at":"2026-05-01T08:00:00Z","ends_at":"2026-05-01T09:00:00Z"}]"#,
        );
        assert_eq!(coming.indicator, Some(Level::Operational));
        assert_eq!((coming.events[0].kind, coming.events[0].phase), (EventKind::Maintenance, EventPhase::Scheduled));
        assert!(coming.events[0].scheduled_for < coming.events[0].scheduled_until);
    }

    #[test]
    fn an_incident_is_as_bad_as_its_worst_impact() {
        let page = page(
            r#","ongoing_incidents":[{"id":"1","name":"Slow","status":"identified","url":"https://status.example.com/1",
            "last_update_at":"2026-05-01T08:00:00Z","last_update_message":"We <b>know</b> why",
            "current_worst_impact":"full_outage","affected_components":[{"id":"A","name":"API","group_name":null}]}]"#,
        );
        let event = &page.events[0];
        assert_eq!(
            (page.indicator, event.impact, event.phase),
            (Some(Level::MajorOutage), Level::MajorOutage, EventPhase::Identified)
        );
        assert_eq!((event.updates[0].text.as_str(), event.components[0].as_str()), ("We know why", "API"));
    }

    #[test]
    fn unknown_words_are_unknown_and_told() {
        let page = page(
            r#","ongoing_incidents":[{"id":"1","name":"x","status":"pondering","current_worst_impact":"on_fire"}]"#,
        );
        assert_eq!((page.events[0].phase, page.events[0].impact), (EventPhase::Unknown, Level::Unknown));
        assert_eq!(page.indicator, None);
        assert!(page.warnings[0].contains("pondering") && page.warnings[1].contains("on_fire"));
    }
}
