//! AWS: `/public/currentevents`, a list of what is wrong now, in UTF-16 with a byte order mark.
//!
//! Events in single regions stood open for months. A service may be scoped to a region (`us-east-1`), a service (`s3`), or a
//! service in a region (`s3-us-east-1`); there an event counts for as long as it stands. For AWS as a whole it is less than where it
//! is, and counts only as long as something is heard of it.

use super::Format;
use super::shared::{known, newest_first, once};
use crate::official::page::{Event, EventKind, EventPhase, Page, Update};
use crate::official::read::{self, Unread, Word, nullable};
use crate::official::times;
use allclear_model::{Level, Time};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const FORMAT: Format = Format { name: "aws", path: Some("/public/currentevents"), log: true, parse };

#[derive(Deserialize)]
struct EventOf {
    arn: String,
    #[serde(default, deserialize_with = "nullable")]
    date: Word,
    #[serde(default, deserialize_with = "nullable")]
    region_name: String,
    #[serde(default, deserialize_with = "nullable")]
    status: Word,
    #[serde(default, deserialize_with = "nullable")]
    service: String,
    #[serde(default, deserialize_with = "nullable")]
    service_name: String,
    #[serde(default, deserialize_with = "nullable")]
    summary: String,
    #[serde(default, deserialize_with = "nullable")]
    event_log: Vec<Entry>,
    #[serde(default, deserialize_with = "nullable")]
    impacted_services: BTreeMap<String, Impacted>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default, deserialize_with = "nullable")]
    message: String,
    #[serde(default, deserialize_with = "nullable")]
    status: Word,
    #[serde(default, deserialize_with = "nullable")]
    timestamp: Word,
}

#[derive(Deserialize)]
struct Impacted {
    #[serde(default, deserialize_with = "nullable")]
    service_name: String,
    #[serde(default, deserialize_with = "nullable")]
    current: Word,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let list: Vec<EventOf> = read::list(FORMAT.name, &read::decoded(payload))?;
    if let Some(other) = list.iter().find(|e| !e.arn.starts_with("arn:")) {
        return Err(read::not_of(FORMAT.name, format!("{:?} is no ARN", other.arn)));
    }
    let mut warnings = Vec::new();
    let events = list.into_iter().map(|e| event(e, &mut warnings)).collect();
    Ok(Page { events, warnings, ..Page::default() })
}

fn event(e: EventOf, warnings: &mut Vec<String>) -> Event {
    let mut state =
        |word: &Word| known(state, &word.0, format_args!("event {:?} has the unknown status", e.summary), warnings);
    let now = state(&e.status);
    let mut updates: Vec<Update> = e
        .event_log
        .iter()
        .map(|u| Update { phase: state(&u.status).phase, text: read::plain(&u.message), at: epoch(&u.timestamp) })
        .collect();
    newest_first(&mut updates);
    let over = now.phase == EventPhase::Resolved || e.summary.to_ascii_uppercase().contains("[RESOLVED]");
    let heard = updates.first().and_then(|u| u.at);
    // arn:aws:health:<region>::event/<service>/…
    let region = e.arn.split(':').nth(3).unwrap_or_default();
    let services = e
        .impacted_services
        .iter()
        .filter(|(_, s)| s.current.0 != "0")
        .map(|(key, s)| (key.as_str(), s.service_name.as_str()));
    let names = std::iter::once((e.service.as_str(), e.service_name.as_str()))
        .chain(services)
        .flat_map(|(key, name)| [key, key.strip_suffix(region).and_then(|k| k.strip_suffix('-')).unwrap_or(key), name]);
    let there =
        (e.impacted_services.keys()).chain([&e.service]).filter(|key| !region.is_empty() && key.ends_with(region));
    let there = once([region, &e.region_name].into_iter().chain(there.map(String::as_str)).map(str::to_owned));
    let everywhere = region.is_empty() || region == "global";
    let components = once([region, &e.region_name].into_iter().chain(names).map(str::to_owned));
    Event {
        kind: if now.notice { EventKind::Notice } else { EventKind::Incident },
        title: read::plain(&e.summary),
        phase: if over { EventPhase::Resolved } else { now.phase },
        impact: now.everywhere,
        impact_on_named: now.there,
        started_at: epoch(&e.date),
        resolved_at: heard.filter(|_| over),
        updated_at: heard,
        components,
        places: if everywhere { Vec::new() } else { vec![there] },
        // A list of current events: months without a word do not end one that is said to disrupt now.
        standing: !over && !now.notice,
        updates,
        id: e.arn,
        ..Event::default()
    }
}

fn epoch(number: &Word) -> Option<Time> {
    times::epoch(number.0.trim().parse().ok()?)
}

/// What a number says.
#[derive(Default)]
struct State {
    phase: EventPhase,
    notice: bool,
    everywhere: Level,
    there: Level,
}

fn state(number: &str) -> Option<State> {
    let open = |everywhere, there| State { everywhere, there, ..State::default() };
    Some(match number {
        "0" => State { phase: EventPhase::Resolved, ..State::default() },
        "1" => State { notice: true, ..State::default() },
        "2" => open(Level::DegradedPerformance, Level::DegradedPerformance),
        "3" => open(Level::PartialOutage, Level::MajorOutage),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One event of this status.
    fn payload(status: &str, summary: &str) -> String {
        format!(
            r#"[{{"date":"1777622400","arn":"arn:aws:health:eu-west-9::event/S3/AWS_S3_ISSUE/1","region_name":"Lyonesse",
            "status":{status:?},"service":"s3-eu-west-9","service_name":"Amazon Simple Storage Service","summary":{summary:?},
            "event_log":[{{"summary":"x","message":"First","status":1,"timestamp":1777622400}},
            {{"summary":"x","message":"Second \u00e9","status":3,"timestamp":1777626000}}],
            "impacted_services":{{"lambda-eu-west-9":{{"service_name":"AWS Lambda","current":"3","max":"3"}},
            "sqs-eu-west-9":{{"service_name":"Amazon SQS","current":"0","max":"3"}}}}}}]"#
        )
    }

    fn event(status: &str, summary: &str) -> (Event, Vec<String>) {
        let mut page = parse(payload(status, summary).as_bytes()).unwrap();
        (page.events.remove(0), page.warnings)
    }

    #[test]
    fn an_event_names_its_region_and_services_but_those_that_recovered() {
        let (e, _) = event("3", "Errors");
        assert_eq!(
            e.components,
            [
                "eu-west-9",
                "Lyonesse",
                "s3-eu-west-9",
                "s3",
                "Amazon Simple Storage Service",
                "lambda-eu-west-9",
                "lambda",
                "AWS Lambda"
            ]
        );
        assert_eq!((e.impact, e.impact_on_named), (Level::PartialOutage, Level::MajorOutage));
        assert!(e.phase.is_open());
        assert_eq!((e.updates[0].text.as_str(), e.updated_at), ("Second \u{e9}", Some(Time(1_777_626_000_000))));
    }

    #[test]
    fn calm_is_an_empty_list() {
        assert!(parse(b"\xFE\xFF\0[\0]").unwrap().events.is_empty());
    }

    #[test]
    fn both_orders_of_utf_16_and_utf_8_say_the_same() {
        let text = payload("2", "Errors");
        let plain = parse(text.as_bytes()).unwrap();
        let wide = |order: fn(u16) -> [u8; 2]| {
            let bytes: Vec<u8> = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(order).collect();
            parse(&bytes).unwrap()
        };
        assert_eq!(wide(u16::to_be_bytes), plain);
        assert_eq!(wide(u16::to_le_bytes), plain);
        assert_eq!(plain.events[0].impact, Level::DegradedPerformance);
    }

    #[test]
    fn information_is_a_notice_and_what_is_resolved_lingers_as_over() {
        assert_eq!(event("1", "Errors").0.kind, EventKind::Notice);
        assert_eq!(event("0", "Errors").0.phase, EventPhase::Resolved);
        let (marked, _) = event("3", "[RESOLVED] Errors");
        assert!(!marked.phase.is_open() && marked.resolved_at.is_some());
    }

    #[test]
    fn an_unknown_number_is_unknown_and_told() {
        let (e, warnings) = event("9", "Errors");
        assert_eq!((e.phase, e.impact), (EventPhase::Unknown, Level::Unknown));
        assert!(warnings[0].contains('9'));
    }
}
