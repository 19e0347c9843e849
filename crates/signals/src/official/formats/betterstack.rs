//! Better Stack: `/index.json`, in the envelope of JSON:API, where everything beside the page stands in one list.
//!
//! A report may be over without an end, so its state counts. What is not monitored is unknown, which is no fault of the page.

use super::Format;
use super::shared::{self, at, known, newest_first, once, worst_now};
use crate::official::page::{Component, Event, EventKind, EventPhase, Page, Update};
use crate::official::read::{self, Unread, Word, nullable};
use allclear_model::Level;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

pub(super) const FORMAT: Format = Format { name: "betterstack", path: Some("/index.json"), log: false, parse };

#[derive(Deserialize)]
struct Document {
    data: Thing,
    #[serde(default, deserialize_with = "nullable")]
    included: Vec<Thing>,
}

/// One object of JSON:API.
#[derive(Deserialize)]
struct Thing {
    #[serde(default, deserialize_with = "nullable")]
    id: Word,
    #[serde(default, deserialize_with = "nullable", rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "nullable")]
    attributes: Attributes,
    #[serde(default, deserialize_with = "nullable")]
    relationships: Relationships,
}

/// The attributes of all kinds of objects that are read here.
#[derive(Deserialize, Default)]
struct Attributes {
    #[serde(default, deserialize_with = "nullable")]
    company_name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    aggregate_state: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    announcement: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    updated_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    public_name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    status: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    status_page_section_id: Word,
    #[serde(default, deserialize_with = "nullable")]
    title: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    report_type: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    starts_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    ends_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    message: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    published_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    affected_resources: Vec<Affected>,
}

#[derive(Deserialize)]
struct Affected {
    #[serde(default, deserialize_with = "nullable")]
    status_page_resource_id: Word,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
}

#[derive(Deserialize, Default)]
struct Relationships {
    #[serde(default, deserialize_with = "nullable")]
    status_updates: Links,
    #[serde(default, deserialize_with = "nullable")]
    status_report: Option<Link>,
}

#[derive(Deserialize, Default)]
struct Links {
    #[serde(default, deserialize_with = "nullable")]
    data: Vec<Target>,
}

#[derive(Deserialize)]
struct Link {
    #[serde(default, deserialize_with = "nullable")]
    data: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    #[serde(default, deserialize_with = "nullable")]
    id: Word,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let Document { data, included } = read::object(FORMAT.name, payload)?;
    if data.kind != "status_page" {
        return Err(read::not_of(FORMAT.name, "its data is not a status_page"));
    }
    let mut warnings = Vec::new();
    let of = |kind: &'static str| included.iter().filter(move |t| t.kind == kind);
    let sections: BTreeMap<&str, String> = of("status_page_section")
        .filter_map(|t| Some((t.id.0.as_str(), read::name(t.attributes.name.as_deref()?))))
        .collect();
    let components: Vec<Component> = of("status_page_resource")
        .map(|t| {
            let section = t.attributes.status_page_section_id.0.as_str();
            let group = sections.get(section).cloned();
            let name = t.attributes.public_name.clone().unwrap_or_default();
            let level = match t.attributes.status.as_deref() {
                Some("not_monitored") => Level::Unknown,
                word => known(
                    state,
                    word.unwrap_or_default(),
                    format_args!("component {name:?} has the unknown status"),
                    &mut warnings,
                ),
            };
            Component {
                id: t.id.0.clone(),
                third_party: group.as_deref().is_some_and(shared::third_party),
                group_id: group.as_ref().map(|_| section.to_owned()),
                group,
                name,
                level,
            }
        })
        .collect();
    let indicator = data.attributes.aggregate_state.as_deref().map(|word| {
        let level = known(state, word, "the page has the unknown state", &mut warnings);
        // The page is as its worst resource; it is not down as a whole while others of it are up.
        let some_up = components.iter().any(|c| c.level < Level::MajorOutage && c.level != Level::Unknown);
        if level == Level::MajorOutage && some_up { Level::PartialOutage } else { level }
    });
    // An update names its report or is named by it, and is that one's only: else one long text would be kept for each that names it.
    let linked: HashMap<&Word, &Word> = of("status_report")
        .flat_map(|t| t.relationships.status_updates.data.iter().map(move |link| (&link.id, &t.id)))
        .collect();
    let mut updates: HashMap<&Word, Vec<&Thing>> = HashMap::new();
    for u in of("status_update") {
        let above = u.relationships.status_report.as_ref().and_then(|l| Some(&l.data.as_ref()?.id));
        if let Some(report) = above.or_else(|| linked.get(&u.id).copied()) {
            updates.entry(report).or_default().push(u);
        }
    }
    let mut events: Vec<Event> =
        of("status_report").map(|t| report(t, &updates.remove(&t.id).unwrap_or_default(), &mut warnings)).collect();
    if let Some(text) = data.attributes.announcement.as_deref().map(read::plain).filter(|t| !t.is_empty()) {
        events.push(Event { id: "announcement".to_owned(), kind: EventKind::Notice, title: text, ..Event::default() });
    }
    Ok(Page {
        identity: Some(data.id.0),
        name: data.attributes.company_name,
        updated_at: at(data.attributes.updated_at.as_ref()),
        indicator,
        components,
        events,
        warnings,
        ..Page::default()
    })
}

/// A report and its own updates.
fn report(t: &Thing, own: &[&Thing], warnings: &mut Vec<String>) -> Event {
    let report = &t.attributes;
    let title = report.title.as_deref().map(read::plain).unwrap_or_default();
    let mut updates: Vec<Update> = own
        .iter()
        .map(|u| Update {
            phase: EventPhase::Unknown,
            text: u.attributes.message.as_deref().map(read::plain).unwrap_or_default(),
            at: at(u.attributes.published_at.as_ref()),
        })
        .collect();
    newest_first(&mut updates);
    let word = report.aggregate_state.as_deref().unwrap_or_default();
    let work = report.report_type.as_deref() == Some("maintenance") || word == "maintenance";
    let ends = at(report.ends_at.as_ref());
    let over = match word {
        "resolved" | "operational" => true,
        // Without a state an end that is written is the end.
        "" => ends.is_some() && !work,
        _ => false,
    };
    let phase = match (over, work) {
        (true, true) => EventPhase::Completed,
        (true, false) => EventPhase::Resolved,
        // No word for how far they are: work begins and ends at its times.
        (false, _) => EventPhase::Unknown,
    };
    let levels = report.affected_resources.iter().map(|a| state(&a.status).unwrap_or_default());
    let impact = match word {
        "" | "resolved" | "operational" => worst_now(levels),
        word => known(state, word, format_args!("event {title:?} has the unknown state"), warnings),
    };
    let affected = std::iter::once(report).chain(own.iter().map(|u| &u.attributes)).flat_map(|a| &a.affected_resources);
    let components = once(affected.map(|a| a.status_page_resource_id.0.clone()));
    let starts = at(report.starts_at.as_ref());
    let heard = updates.first().and_then(|u| u.at);
    Event {
        id: t.id.0.clone(),
        kind: if work { EventKind::Maintenance } else { EventKind::Incident },
        title,
        phase,
        impact,
        started_at: starts.filter(|_| !work),
        resolved_at: ends.or(heard).filter(|_| over),
        scheduled_for: starts.filter(|_| work),
        scheduled_until: ends.filter(|_| work),
        updated_at: heard,
        components,
        updates,
        ..Event::default()
    }
}

fn state(word: &str) -> Option<Level> {
    Some(match word {
        "operational" | "resolved" => Level::Operational,
        "maintenance" => Level::UnderMaintenance,
        "degraded" => Level::DegradedPerformance,
        "downtime" => Level::MajorOutage,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::Time;

    fn page(state: &str, api: &str, more: &str) -> Page {
        let payload = format!(
            r#"{{"data":{{"id":"7","type":"status_page","attributes":{{"company_name":"Example","announcement":null,
            "aggregate_state":{state:?},"updated_at":"2026-05-01T08:00:00Z","timezone":"Pacific Time (US & Canada)"}}}},
            "included":[{{"id":"1","type":"status_page_section","attributes":{{"name":"Core","position":1}}}},
            {{"id":"11","type":"status_page_resource","attributes":{{"public_name":"API","status":{api:?},
            "status_page_section_id":1,"status_history":[{{"day":"2026-05-01","status":"downtime"}}]}}}},
            {{"id":"12","type":"status_page_resource","attributes":{{"public_name":"Site","status":"operational",
            "status_page_section_id":1}}}}{more}]}}"#
        );
        parse(payload.as_bytes()).unwrap()
    }

    #[test]
    fn a_calm_page_is_well_whatever_happened_on_its_days() {
        let page = page("operational", "operational", "");
        assert_eq!((page.identity.as_deref(), page.indicator), (Some("7"), Some(Level::Operational)));
        assert!(page.components.iter().all(|c| c.level == Level::Operational && c.group.as_deref() == Some("Core")));
    }

    #[test]
    fn a_page_with_one_resource_down_is_partly_down() {
        let page = page("downtime", "downtime", "");
        assert_eq!((page.indicator, page.components[0].level), (Some(Level::PartialOutage), Level::MajorOutage));
    }

    #[test]
    fn a_report_is_linked_with_its_updates() {
        let page = page(
            "degraded",
            "degraded",
            r#",{"id":"3","type":"status_report","attributes":{"title":"Slow","report_type":"manual",
            "starts_at":"2026-05-01T07:00:00Z","ends_at":null,"aggregate_state":"degraded",
            "affected_resources":[{"status_page_resource_id":"11","status":"degraded"}]},
            "relationships":{"status_updates":{"data":[{"id":"5","type":"status_update"}]}}},
            {"id":"5","type":"status_update","attributes":{"message":"<p>We look</p>","published_at":"2026-05-01T07:10:00Z",
            "affected_resources":[{"status_page_resource_id":11,"status":"degraded"}]}},
            {"id":"6","type":"status_update","attributes":{"message":"Not ours"}}"#,
        );
        let e = &page.events[0];
        assert_eq!((e.phase, e.impact, e.resolved_at), (EventPhase::Unknown, Level::DegradedPerformance, None));
        assert_eq!((&e.components[..], e.updates.len()), (&["11".to_owned()][..], 1));
        assert_eq!((e.updates[0].text.as_str(), e.updated_at), ("We look", Time::parse("2026-05-01T07:10:00Z").ok()));
    }

    #[test]
    fn a_resolved_report_without_an_end_is_over() {
        let page = page(
            "operational",
            "operational",
            r#",{"id":"3","type":"status_report","attributes":{"title":"x","report_type":"manual",
            "starts_at":"2026-05-01T07:00:00Z","ends_at":null,"aggregate_state":"resolved"}}"#,
        );
        assert_eq!(page.events[0].phase, EventPhase::Resolved);
    }

    #[test]
    fn work_has_its_times() {
        let page = page(
            "operational",
            "operational",
            r#",{"id":"3","type":"status_report","attributes":{"title":"x","report_type":"maintenance",
            "starts_at":"2026-05-02T07:00:00Z","ends_at":"2026-05-02T08:00:00Z","aggregate_state":"maintenance"}}"#,
        );
        let e = &page.events[0];
        assert_eq!((e.kind, e.phase, e.resolved_at), (EventKind::Maintenance, EventPhase::Unknown, None));
        assert!(e.scheduled_for < e.scheduled_until);
    }

    #[test]
    fn what_is_not_monitored_is_unknown_without_a_warning_and_unknown_words_are_told() {
        let quiet = page("operational", "not_monitored", "");
        assert_eq!((quiet.components[0].level, quiet.warnings.len()), (Level::Unknown, 0));
        let loud = page("pondering", "on_fire", "");
        assert_eq!((loud.components[0].level, loud.indicator), (Level::Unknown, Some(Level::Unknown)));
        assert!(loud.warnings[0].contains("on_fire") && loud.warnings[1].contains("pondering"));
    }

    #[test]
    fn another_type_of_data_is_refused() {
        assert!(matches!(parse(br#"{"data":{"id":"1","type":"monitor"}}"#), Err(Unread::Shape { .. })));
    }
}
