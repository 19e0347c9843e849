//! Apple: `system_status_en_US.js`, which is JSON, and for developers JSON within a call of `jsonCallback`.
//!
//! All services are listed, each with its events; what is over lingers. Dates for people carry zones by name, so only the
//! milliseconds are read.

use super::Format;
use super::shared::{known, only};
use crate::official::page::{Component, Event, EventKind, EventPhase, Page, worse};
use crate::official::read::{self, Unread, Word, nullable};
use crate::official::times;
use allclear_model::{Level, Time};
use serde::Deserialize;
use std::collections::HashMap;

pub(super) const FORMAT: Format =
    Format { name: "apple", path: Some("/support/systemstatus/data/system_status_en_US.js"), log: false, parse };

#[derive(Deserialize)]
struct Document {
    services: Vec<Service>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    service_name: String,
    #[serde(default, deserialize_with = "nullable")]
    events: Vec<EventOf>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventOf {
    #[serde(default, deserialize_with = "nullable")]
    message_id: Word,
    #[serde(default, deserialize_with = "nullable")]
    status_type: String,
    #[serde(default, deserialize_with = "nullable")]
    event_status: String,
    #[serde(default, deserialize_with = "nullable")]
    epoch_start_date: Option<i64>,
    #[serde(default, deserialize_with = "nullable")]
    epoch_end_date: Option<i64>,
    #[serde(default, deserialize_with = "nullable")]
    users_affected: String,
    #[serde(default, deserialize_with = "nullable")]
    message: String,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let document: Document = read::object(FORMAT.name, unwrapped(read::body(payload)?))?;
    let mut warnings = Vec::new();
    let mut components = Vec::new();
    let mut events: Vec<Event> = Vec::new();
    let mut places = HashMap::new();
    for service in document.services {
        let name = read::name(&service.service_name);
        let mut level = Level::Operational;
        for e in service.events {
            let event = event(&name, e, &mut warnings);
            if event.phase.is_open() {
                level = worse(level, if event.phase == EventPhase::Unknown { Level::Unknown } else { event.impact });
            }
            // One event stands below each service it affects.
            if let Some(known) = places.get(&event.id).and_then(|n: &usize| events.get_mut(*n)) {
                known.components.extend(event.components);
                continue;
            }
            if !event.id.is_empty() {
                places.insert(event.id.clone(), events.len());
            }
            events.push(event);
        }
        components.push(Component { name, level, ..Component::default() });
    }
    Ok(Page { components, events, warnings, ..Page::default() })
}

/// What a call such as `jsonCallback(…);` is called with.
fn unwrapped(body: &[u8]) -> &[u8] {
    let name = body.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_$.".contains(b)).count();
    let inner = body.get(name..).unwrap_or_default().trim_ascii();
    let inner = inner.strip_suffix(b";").unwrap_or(inner).trim_ascii();
    match inner.strip_prefix(b"(").and_then(|i| i.strip_suffix(b")")) {
        Some(inner) if name > 0 => inner.trim_ascii(),
        _ => body,
    }
}

fn event(service: &str, e: EventOf, warnings: &mut Vec<String>) -> Event {
    let unknown = format_args!("event {:?} of {service:?} has the unknown", e.message_id.0);
    let impact = known(impact, &e.status_type, format_args!("{unknown} type"), warnings);
    let work = impact == Level::UnderMaintenance;
    let phase = known(
        |word| {
            Some(match word {
                // Apple has no word for how far a repair is.
                "ongoing" if work => EventPhase::InProgress,
                "ongoing" => EventPhase::Investigating,
                "upcoming" => EventPhase::Scheduled,
                "resolved" => EventPhase::Resolved,
                "completed" => EventPhase::Completed,
                _ => return None,
            })
        },
        &e.event_status,
        format_args!("{unknown} status"),
        warnings,
    );
    let time = |ms: Option<i64>| -> Option<Time> { times::epoch(ms?) };
    let (start, end) = (time(e.epoch_start_date), time(e.epoch_end_date));
    let text = format!("{} {}", e.users_affected, e.message);
    Event {
        id: e.message_id.0,
        kind: if work { EventKind::Maintenance } else { EventKind::Incident },
        title: if e.status_type.is_empty() { service.to_owned() } else { format!("{service}: {}", e.status_type) },
        phase,
        impact,
        started_at: start.filter(|_| !work),
        resolved_at: end.filter(|_| phase.is_over()),
        scheduled_for: start.filter(|_| work),
        scheduled_until: end.filter(|_| work),
        components: vec![service.to_owned()],
        updates: only(phase, &text, end.filter(|_| phase.is_over()).or(start)),
        ..Event::default()
    }
}

fn impact(word: &str) -> Option<Level> {
    Some(match word {
        "Outage" => Level::MajorOutage,
        "Issue" | "Performance" => Level::DegradedPerformance,
        "Maintenance" => Level::UnderMaintenance,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two services, of which the first has these events.
    fn payload(events: &str) -> String {
        format!(
            r#"{{"services":[{{"serviceName":"Mail ","events":[{events}]}},{{"serviceName":"Photos","events":null}}]}}"#
        )
    }

    fn event(kind: &str, status: &str) -> String {
        format!(
            r#"{{"messageId":"7","statusType":{kind:?},"eventStatus":{status:?},"epochStartDate":1777622400000,
            "epochEndDate":null,"startDate":"05/01/2026 01:00 PDT","usersAffected":"Some users","message":"are affected"}}"#
        )
    }

    fn page(events: &str) -> Page {
        parse(payload(events).as_bytes()).unwrap()
    }

    #[test]
    fn only_what_goes_on_counts() {
        let mail = |kind: &str, status: &str| page(&event(kind, status)).components[0].level;
        assert_eq!(mail("Outage", "ongoing"), Level::MajorOutage);
        assert_eq!(mail("Issue", "ongoing"), Level::DegradedPerformance);
        assert_eq!(mail("Performance", "ongoing"), Level::DegradedPerformance);
        assert_eq!(mail("Maintenance", "ongoing"), Level::UnderMaintenance);
        for status in ["resolved", "upcoming", "completed"] {
            assert_eq!(mail("Outage", status), Level::Operational, "{status}");
        }
        let calm = page("");
        assert_eq!((calm.components.len(), calm.components[0].name.as_str()), (2, "Mail"));
        assert!(calm.components.iter().all(|c| c.level == Level::Operational));
    }

    #[test]
    fn a_call_around_it_is_taken_off() {
        let bare = page(&event("Issue", "ongoing"));
        for (before, after) in [("jsonCallback(", ");"), ("jsonCallback( ", " )\n"), ("\u{feff}jsonCallback(", ") ;")] {
            let wrapped = format!("{before}{}{after}", payload(&event("Issue", "ongoing")));
            assert_eq!(parse(wrapped.as_bytes()).unwrap(), bare, "{before}");
        }
        assert!(parse(b"jsonCallback(").is_err());
    }

    #[test]
    fn work_is_scheduled_and_an_event_of_two_services_is_one() {
        let work = page(&event("Maintenance", "upcoming")).events.remove(0);
        assert_eq!((work.kind, work.phase), (EventKind::Maintenance, EventPhase::Scheduled));
        assert_eq!(work.scheduled_for, Some(Time(1_777_622_400_000)));
        let one = event("Outage", "ongoing");
        let both = parse(
            format!(r#"{{"services":[{{"serviceName":"Mail","events":[{one}]}},{{"serviceName":"Notes","events":[{one}]}}]}}"#)
                .as_bytes(),
        )
        .unwrap();
        assert_eq!(
            (both.events.len(), &both.events[0].components[..]),
            (1, &["Mail".to_owned(), "Notes".to_owned()][..])
        );
        assert_eq!(both.events[0].updates[0].text, "Some users are affected");
    }

    #[test]
    fn unknown_words_are_unknown_and_told() {
        let status = page(&event("Outage", "pondering"));
        assert_eq!((status.components[0].level, status.events[0].phase), (Level::Unknown, EventPhase::Unknown));
        assert!(status.warnings[0].contains("pondering"));
        let kind = page(&event("Fire", "ongoing"));
        assert_eq!(kind.components[0].level, Level::Unknown);
        assert!(kind.warnings[0].contains("Fire"));
    }
}
