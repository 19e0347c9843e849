//! FireHydrant, `<page>/data/payload.json`: all incidents ever, and components without a state of their own.
//!
//! A component is as bad as the worst condition that an open incident gives it. Conditions are words of the page's own, with what
//! they mean in `conditions`. Work stands among the incidents, with the severity `MAINTENANCE`. Open is what has no
//! `timestamps.resolved`; that time is the vendor's, and may lie before the update that says so.

use super::Format;
use super::shared::{at, known, newest_first};
use crate::official::page::{Component, Event, EventKind, EventPhase, Page, Update, worse};
use crate::official::read::{self, Unread, nullable};
use crate::official::words;
use allclear_model::Level;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const FORMAT: Format = Format { name: "firehydrant", path: Some("/data/payload.json"), log: false, parse };

#[derive(Deserialize)]
struct Document {
    #[serde(default, deserialize_with = "nullable")]
    config: Config,
    conditions: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "nullable")]
    components: Vec<Named>,
    incidents: Option<Vec<Incident>>,
}

#[derive(Deserialize, Default)]
struct Config {
    #[serde(default, rename = "companyName", deserialize_with = "nullable")]
    company_name: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    condition: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Incident {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    title: String,
    #[serde(default, deserialize_with = "nullable")]
    severity_slug: String,
    #[serde(default, deserialize_with = "nullable")]
    timestamps: Timestamps,
    #[serde(default, deserialize_with = "nullable")]
    components: Vec<Named>,
    #[serde(default, deserialize_with = "nullable")]
    timeline: Vec<Entry>,
}

#[derive(Deserialize, Default)]
struct Timestamps {
    #[serde(default, deserialize_with = "nullable")]
    started: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    detected: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    resolved: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    investigating: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    identified: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    mitigated: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    monitoring: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default, deserialize_with = "nullable")]
    details: Details,
    #[serde(default, deserialize_with = "nullable")]
    occurred_at: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(default, deserialize_with = "nullable")]
    note: Note,
    #[serde(default, deserialize_with = "nullable")]
    milestone_update: Milestone,
}

/// A note is its text, or an object that has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Note {
    Text(String),
    Within {
        #[serde(default, deserialize_with = "nullable")]
        note: String,
    },
}

impl Default for Note {
    fn default() -> Self {
        Note::Text(String::new())
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Milestone {
    #[serde(default, deserialize_with = "nullable")]
    current_milestone: String,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let document: Document = read::object(FORMAT.name, payload)?;
    let Some(incidents) = document.incidents else {
        return Err(read::not_of(FORMAT.name, "it has no incidents"));
    };
    let mut warnings = Vec::new();
    let mut components: Vec<Component> = document
        .components
        .into_iter()
        .map(|c| Component { id: c.id, name: c.name, level: Level::Operational, ..Component::default() })
        .collect();
    let places: BTreeMap<String, usize> = components.iter().enumerate().map(|(i, c)| (c.id.clone(), i)).collect();
    let mut events = Vec::with_capacity(incidents.len());
    for incident in incidents {
        let (event, affected) = event(incident, &mut warnings);
        if event.phase.is_open() {
            for named in affected {
                let level = known(
                    |word| condition(&document.conditions, word),
                    &named.condition.unwrap_or_default(),
                    format_args!("component {:?} has the unknown condition", named.name),
                    &mut warnings,
                );
                if let Some(component) = places.get(&named.id).and_then(|i| components.get_mut(*i)) {
                    // Work is announced with the same conditions; it is no trouble.
                    let level = if event.kind == EventKind::Maintenance { Level::UnderMaintenance } else { level };
                    component.level = worse(component.level, level);
                }
            }
        }
        events.push(event);
    }
    let name = document.config.company_name;
    let updated_at = events.iter().filter_map(|e| e.updated_at).max();
    Ok(Page { identity: name.clone(), name, updated_at, components, events, warnings, ..Page::default() })
}

fn event(i: Incident, warnings: &mut Vec<String>) -> (Event, Vec<Named>) {
    let mut updates: Vec<Update> = i
        .timeline
        .iter()
        .map(|entry| {
            let note = match &entry.details.note {
                Note::Text(note) | Note::Within { note } => read::plain(note),
            };
            // "\u{27a1}\u{fe0f} **Identified** - text", or a change of milestone beside the words.
            let note = note.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '*' && c != '[');
            let heading = words::heading(note).and_then(|(phase, rest)| Some((phase?, rest.to_owned())));
            let milestone = words::phase(&entry.details.milestone_update.current_milestone);
            let (phase, text) = heading.unwrap_or((milestone.unwrap_or_default(), note.to_owned()));
            Update { phase, text, at: at(entry.occurred_at.as_ref()) }
        })
        .collect();
    newest_first(&mut updates);
    let resolved_at = at(i.timestamps.resolved.as_ref());
    let over = i.timestamps.resolved.is_some();
    let (kind, impact) = match i.severity_slug.to_ascii_uppercase().as_str() {
        "MAINTENANCE" => (EventKind::Maintenance, Level::UnderMaintenance),
        "SEV1" => (EventKind::Incident, Level::MajorOutage),
        "SEV2" => (EventKind::Incident, Level::PartialOutage),
        "SEV3" | "SEV4" => (EventKind::Incident, Level::DegradedPerformance),
        "UNSET" | "" => (EventKind::Incident, Level::Unknown),
        _ => {
            // Pages make their own severities; of events that are over they do not matter.
            if !over {
                read::tell(
                    warnings,
                    format_args!("event {:?} has the unknown severity {:?}", i.title, i.severity_slug),
                );
            }
            (EventKind::Incident, Level::Unknown)
        }
    };
    let t = &i.timestamps;
    let reached = [
        (&t.investigating, EventPhase::Investigating),
        (&t.identified, EventPhase::Identified),
        (&t.mitigated, EventPhase::Monitoring),
        (&t.monitoring, EventPhase::Monitoring),
    ];
    let started_at = at(t.started.as_ref()).or_else(|| at(t.detected.as_ref()));
    let phase = match kind {
        EventKind::Maintenance if over => EventPhase::Completed,
        _ if over => EventPhase::Resolved,
        // A word in the log alone does not close it, since the vendor has a field for that.
        EventKind::Maintenance => updates
            .iter()
            .map(|u| u.phase)
            .find(|p| matches!(p, EventPhase::Scheduled | EventPhase::InProgress))
            .unwrap_or_default(),
        _ => updates
            .iter()
            .map(|u| u.phase)
            .find(|p| *p != EventPhase::Unknown && p.is_open())
            .or_else(|| reached.iter().rev().find(|(time, _)| time.is_some()).map(|(_, phase)| *phase))
            .unwrap_or_default(),
    };
    updates.retain(|u| !u.text.is_empty() || u.phase != EventPhase::Unknown);
    let event = Event {
        id: i.id,
        kind,
        title: read::plain(&i.title),
        phase,
        impact,
        started_at,
        resolved_at,
        scheduled_for: started_at.filter(|_| kind == EventKind::Maintenance),
        updated_at: updates.iter().filter_map(|u| u.at).max().max(resolved_at).or(started_at),
        components: i.components.iter().map(|c| c.id.clone()).collect(),
        updates,
        ..Event::default()
    };
    (event, i.components)
}

/// What a condition of the page means.
fn condition(conditions: &BTreeMap<String, String>, word: &str) -> Option<Level> {
    Some(match conditions.get(word).map_or(word, String::as_str) {
        "OPERATIONAL" => Level::Operational,
        "DEGRADED" => Level::DegradedPerformance,
        "OFFLINE" => Level::MajorOutage,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::{Scope, judge};
    use allclear_model::Time;

    fn read(incidents: &str) -> Page {
        let text = format!(
            r#"{{"config":{{"companyName":"Acme"}},"conditions":{{"Fine":"OPERATIONAL","Slow":"DEGRADED","Gone":"OFFLINE"}},
                "components":[{{"name":"API","id":"a"}},{{"name":"Web","id":"w"}}],"incidents":{incidents}}}"#
        );
        parse(text.as_bytes()).unwrap()
    }

    fn incident(severity: &str, resolved: &str, condition: &str) -> String {
        format!(
            r#"[{{"id":"1","title":"Down","severitySlug":"{severity}","timestamps":{{"started":"2026-05-01T10:00:00Z","resolved":{resolved}}},
                "components":[{{"id":"a","name":"API","condition":"{condition}"}}],"timeline":[
                {{"occurredAt":"2026-05-01T10:00:00Z","details":{{"note":"\u27a1\ufe0f **Investigating** \u2014 We look"}}}},
                {{"occurredAt":"2026-05-01T11:00:00Z","details":{{"milestoneUpdate":{{"currentMilestone":"identified"}}}}}},
                {{"occurredAt":"2026-05-01T10:30:00Z","details":{{"note":{{"note":"Still looking"}}}}}}]}}]"#
        )
    }

    fn level(page: &Page, scope: &Scope) -> Level {
        judge(&FORMAT, page.clone(), scope, Time::parse("2026-05-01T12:00:00Z").unwrap()).level
    }

    #[test]
    fn a_page_without_open_incidents_is_well() {
        assert_eq!(level(&read("[]"), &Scope::whole()), Level::Operational);
        let page = read(&incident("SEV1", "\"2026-05-01T11:30:00Z\"", "Gone"));
        assert_eq!(page.events[0].phase, EventPhase::Resolved);
        assert_eq!(level(&page, &Scope::whole()), Level::Operational);
    }

    #[test]
    fn an_open_incident_makes_its_components_what_it_says() {
        let page = read(&incident("SEV2", "null", "Slow"));
        let event = &page.events[0];
        assert_eq!((event.phase, event.impact), (EventPhase::Identified, Level::PartialOutage));
        assert_eq!(event.updates[2].text, "We look");
        assert_eq!(level(&page, &Scope::of(&["API"])), Level::PartialOutage);
        assert_eq!(level(&page, &Scope::of(&["Web"])), Level::Operational);
    }

    #[test]
    fn work_is_no_trouble() {
        let page = read(&incident("MAINTENANCE", "null", "Gone"));
        assert_eq!(page.events[0].kind, EventKind::Maintenance);
        assert_eq!(level(&page, &Scope::whole()), Level::UnderMaintenance);
        let page = read(&incident("MAINTENANCE", "\"2026-05-01T11:30:00Z\"", "Gone"));
        assert_eq!(page.events[0].phase, EventPhase::Completed);
    }

    #[test]
    fn words_of_the_pages_own_are_said_and_make_nothing_well() {
        let page = read(&incident("PURPLE", "null", "Odd"));
        assert_eq!(page.components[0].level, Level::Unknown);
        assert_eq!(
            page.warnings,
            [r#"event "Down" has the unknown severity "PURPLE""#, r#"component "API" has the unknown condition "Odd""#]
        );
        assert_eq!(level(&page, &Scope::whole()), Level::DegradedPerformance);
    }

    #[test]
    fn other_documents_are_refused() {
        for other in ["{}", "[]", r#"{"conditions":{}}"#, r#"{"components":[],"incidents":[]}"#] {
            assert!(matches!(parse(other.as_bytes()), Err(Unread::Shape { .. })), "{other}");
        }
    }
}
