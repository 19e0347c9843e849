//! Flashcat, `/api/status-page/<page id>/summary/active`: components without a state, and what is open now.
//!
//! A component is as an open change says it is, and well when none names it; a page that lists none says nothing. Names are
//! bilingual and may differ within one change, so ids are the keys. Times are seconds.

use super::Format;
use super::shared::{known, newest_first, worst_now};
use crate::official::page::{Component, Event, EventKind, EventPhase, Page, Update, worse};
use crate::official::read::{self, Unread, nullable};
use crate::official::{times, words};
use allclear_model::{Level, Time};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const FORMAT: Format = Format { name: "flashcat", path: None, log: false, parse };

#[derive(Deserialize)]
struct Document {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    page: PageOf,
    #[serde(default, deserialize_with = "nullable")]
    active_changes: Vec<Change>,
}

#[derive(Deserialize)]
struct PageOf {
    page_id: i64,
    #[serde(default, deserialize_with = "nullable")]
    name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    components: Vec<ComponentOf>,
    #[serde(default, deserialize_with = "nullable")]
    sections: Vec<Section>,
}

#[derive(Deserialize)]
struct ComponentOf {
    component_id: String,
    #[serde(default, deserialize_with = "nullable")]
    section_id: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
}

#[derive(Deserialize)]
struct Section {
    section_id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
}

#[derive(Deserialize)]
struct Change {
    #[serde(default, deserialize_with = "nullable")]
    change_id: i64,
    #[serde(default, rename = "type", deserialize_with = "nullable")]
    kind: String,
    #[serde(default, deserialize_with = "nullable")]
    title: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    start_at_seconds: i64,
    #[serde(default, deserialize_with = "nullable")]
    close_at_seconds: i64,
    #[serde(default, deserialize_with = "nullable")]
    affected_components: Vec<Affected>,
    #[serde(default, deserialize_with = "nullable")]
    updates: Vec<UpdateOf>,
}

#[derive(Deserialize)]
struct Affected {
    component_id: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
}

#[derive(Deserialize)]
struct UpdateOf {
    #[serde(default, deserialize_with = "nullable")]
    at_seconds: i64,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    description: String,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let Document { data } = read::object(FORMAT.name, payload)?;
    let mut warnings = Vec::new();
    let sections: BTreeMap<&str, String> =
        data.page.sections.iter().map(|s| (s.section_id.as_str(), read::name(&s.name))).collect();
    let mut components: Vec<Component> = data
        .page
        .components
        .iter()
        .map(|c| Component {
            id: c.component_id.clone(),
            group: c.section_id.as_deref().and_then(|id| sections.get(id)).cloned(),
            group_id: c.section_id.clone(),
            name: c.name.clone(),
            level: Level::Operational,
            third_party: false,
        })
        .collect();
    let places: BTreeMap<String, usize> = components.iter().enumerate().map(|(i, c)| (c.id.clone(), i)).collect();
    let mut events = Vec::new();
    for change in data.active_changes {
        let mut levels = Vec::new();
        for affected in &change.affected_components {
            let whose = format_args!("component {:?} has the unknown status", affected.component_id);
            let level = known(component_level, &affected.status, whose, &mut warnings);
            levels.push((affected.component_id.clone(), level));
        }
        let event = event(change, &levels, &mut warnings);
        for (id, level) in levels.into_iter().filter(|_| event.phase.is_open()) {
            if let Some(component) = places.get(&id).and_then(|i| components.get_mut(*i)) {
                component.level = worse(component.level, level);
            }
        }
        events.push(event);
    }
    Ok(Page {
        identity: Some(data.page.page_id.to_string()),
        name: data.page.name,
        updated_at: events.iter().filter_map(|e: &Event| e.updated_at).max(),
        components,
        events,
        warnings,
        ..Page::default()
    })
}

fn event(c: Change, levels: &[(String, Level)], warnings: &mut Vec<String>) -> Event {
    let kind = match c.kind.as_str() {
        "maintenance" => EventKind::Maintenance,
        "incident" | "" => EventKind::Incident,
        word => {
            read::tell(warnings, format_args!("event {:?} has the unknown type {word:?}", c.title));
            EventKind::Incident
        }
    };
    let of = |word: &str| match words::phase(word) {
        Some(EventPhase::InProgress | EventPhase::Investigating) if kind == EventKind::Maintenance => {
            Some(EventPhase::InProgress)
        }
        phase => phase,
    };
    let phase = known(of, &c.status, format_args!("event {:?} has the unknown status", c.title), warnings);
    let mut updates: Vec<Update> = c
        .updates
        .iter()
        .map(|u| Update {
            phase: of(&u.status).unwrap_or_default(),
            text: read::plain(&u.description),
            at: seconds(u.at_seconds),
        })
        .collect();
    newest_first(&mut updates);
    let started_at = seconds(c.start_at_seconds);
    let close = seconds(c.close_at_seconds);
    let work = kind == EventKind::Maintenance;
    Event {
        id: c.change_id.to_string(),
        kind,
        title: read::plain(&c.title),
        phase,
        impact: worst_now(levels.iter().map(|(_, level)| *level)),
        started_at,
        // Of an open event the time of closing is that of the plan.
        resolved_at: close.filter(|_| phase.is_over()),
        scheduled_for: started_at.filter(|_| work),
        scheduled_until: close.filter(|_| work),
        updated_at: updates.iter().filter_map(|u| u.at).max().or(started_at),
        components: c.affected_components.into_iter().map(|a| a.component_id).collect(),
        updates,
        ..Event::default()
    }
}

/// Zero is "never".
fn seconds(number: i64) -> Option<Time> {
    times::epoch(number).filter(|_| number > 0)
}

fn component_level(word: &str) -> Option<Level> {
    Some(match word {
        "operational" => Level::Operational,
        "under_maintenance" | "maintenance" => Level::UnderMaintenance,
        "degraded" | "degraded_performance" => Level::DegradedPerformance,
        "partial_outage" => Level::PartialOutage,
        "full_outage" | "major_outage" | "outage" => Level::MajorOutage,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::{Scope, judge};

    fn read(changes: &str) -> Page {
        let text = format!(
            r#"{{"request_id":"r","data":{{"page":{{"page_id":7,"name":"Acme","components":[
                {{"component_id":"A","section_id":"S","name":"API"}},{{"component_id":"W","name":"Web"}}],
                "sections":[{{"section_id":"S","name":"Core"}}]}},"active_changes":{changes}}}}}"#
        );
        parse(text.as_bytes()).unwrap()
    }

    fn change(kind: &str, phase: &str, level: &str) -> String {
        format!(
            r#"[{{"change_id":1,"type":"{kind}","title":"Slow","status":"{phase}","start_at_seconds":1777629600,
                "affected_components":[{{"component_id":"A","status":"{level}"}}],
                "updates":[{{"at_seconds":1777629600,"status":"{phase}","description":"We look"}}]}}]"#
        )
    }

    fn level(page: &Page, scope: &Scope) -> Level {
        judge(&FORMAT, page.clone(), scope, Time::parse("2026-05-01T12:00:00Z").unwrap()).level
    }

    #[test]
    fn what_no_open_change_names_is_well() {
        for none in ["[]", "null"] {
            assert_eq!(level(&read(none), &Scope::whole()), Level::Operational);
        }
        let page = read(&change("incident", "investigating", "partial_outage"));
        assert_eq!(page.events[0].phase, EventPhase::Investigating);
        assert_eq!(page.events[0].updated_at, Time::parse("2026-05-01T10:00:00Z").ok());
        assert_eq!(level(&page, &Scope::of(&["core"])), Level::PartialOutage);
        assert_eq!(level(&page, &Scope::of(&["Web"])), Level::Operational);
    }

    #[test]
    fn a_page_without_components_says_nothing() {
        let page = parse(br#"{"data":{"page":{"page_id":7,"components":null},"active_changes":[]}}"#).unwrap();
        assert_eq!(level(&page, &Scope::whole()), Level::Unknown);
    }

    #[test]
    fn what_is_over_does_not_count_and_work_is_work() {
        let page = read(&change("incident", "resolved", "degraded"));
        assert_eq!(level(&page, &Scope::whole()), Level::Operational);
        let page = read(&change("maintenance", "ongoing", "under_maintenance"));
        assert_eq!((page.events[0].kind, page.events[0].phase), (EventKind::Maintenance, EventPhase::InProgress));
        assert_eq!(level(&page, &Scope::whole()), Level::UnderMaintenance);
    }

    #[test]
    fn unknown_words_are_said_and_make_nothing_well() {
        let page = read(&change("rumour", "simmering", "purple"));
        assert_eq!((page.components[0].level, page.events[0].phase), (Level::Unknown, EventPhase::Unknown));
        for word in ["rumour", "simmering", "purple"] {
            assert!(page.warnings.iter().any(|w| w.contains(word)), "{word}");
        }
        assert_eq!(level(&page, &Scope::whole()), Level::DegradedPerformance);
    }

    #[test]
    fn a_word_that_is_not_known_stays_so_whatever_is_said_after_it() {
        let [odd, well] = ["purple", "operational"].map(|word| change("incident", "investigating", word));
        for list in [[&odd, &well], [&well, &odd]] {
            let list = list.map(|one| one.trim_matches(['[', ']'])).join(",");
            assert_eq!(read(&format!("[{list}]")).components[0].level, Level::Unknown, "{list}");
        }
    }

    #[test]
    fn other_documents_are_refused() {
        for other in ["{}", "[]", r#"{"data":[]}"#, r#"{"data":{"page":{"id":"x"}}}"#] {
            assert!(matches!(parse(other.as_bytes()), Err(Unread::Shape { .. })), "{other}");
        }
    }
}
