//! Status.io: `/1.0/status/<page id>` at its own host. Only what is current is there, in numbers.
//!
//! The word for the whole may be well while a component is down. Containers are where a component runs: regions, which a
//! service can be scoped to, or other companies' clouds. The page's id is in the address only.

use super::Format;
use super::shared::{at, known, newest_first, rated};
use crate::official::page::{Component, Event, EventKind, EventPhase, Page, Update, worse};
use crate::official::read::{self, Unread, Word, nullable};
use allclear_model::Level;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const FORMAT: Format = Format { name: "statusio", path: None, log: false, parse };

#[derive(Deserialize)]
struct Document {
    result: Outcome,
}

#[derive(Deserialize)]
struct Outcome {
    status_overall: Overall,
    #[serde(default, deserialize_with = "nullable")]
    status: Vec<ComponentOf>,
    #[serde(default, deserialize_with = "nullable")]
    incidents: Vec<EventOf>,
    #[serde(default, deserialize_with = "nullable")]
    maintenance: Work,
}

#[derive(Deserialize)]
struct Overall {
    #[serde(default, deserialize_with = "nullable")]
    status_code: Word,
    #[serde(default, deserialize_with = "nullable")]
    updated: Option<String>,
}

#[derive(Deserialize)]
struct ComponentOf {
    id: String,
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    status_code: Word,
    #[serde(default, deserialize_with = "nullable")]
    containers: Vec<Container>,
}

#[derive(Deserialize)]
struct Container {
    #[serde(default, deserialize_with = "nullable")]
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    status_code: Word,
}

#[derive(Deserialize, Default)]
struct Work {
    #[serde(default, deserialize_with = "nullable")]
    active: Vec<EventOf>,
    #[serde(default, deserialize_with = "nullable")]
    upcoming: Vec<EventOf>,
}

#[derive(Deserialize)]
struct EventOf {
    #[serde(rename = "_id")]
    id: String,
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    datetime_open: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    datetime_planned_start: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    datetime_planned_end: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    messages: Vec<Message>,
    #[serde(default, deserialize_with = "nullable")]
    components_affected: Vec<Affected>,
    #[serde(default, deserialize_with = "nullable")]
    containers_affected: Vec<Affected>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default, deserialize_with = "nullable")]
    details: String,
    #[serde(default, deserialize_with = "nullable")]
    state: Word,
    #[serde(default, deserialize_with = "nullable")]
    status: Word,
    #[serde(default, deserialize_with = "nullable")]
    datetime: Option<String>,
}

#[derive(Deserialize)]
struct Affected {
    #[serde(default, deserialize_with = "nullable", rename = "_id")]
    id: String,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let Document { result } = read::object(FORMAT.name, payload)?;
    let mut warnings = Vec::new();
    let mut components = Vec::new();
    let mut upstreams: BTreeMap<String, Component> = BTreeMap::new();
    for c in result.status {
        let code = |code: &Word, name: &str, warnings: &mut Vec<String>| {
            if code.0 == SECURITY {
                read::tell(warnings, format_args!("component {name:?} reports a security event"));
            }
            known(level, &code.0, format_args!("component {name:?} has the unknown status code"), warnings)
        };
        let (theirs, regions): (Vec<_>, Vec<_>) = c.containers.iter().partition(|k| is_upstream(&k.name));
        for upstream in theirs {
            let level = code(&upstream.status_code, &upstream.name, &mut warnings);
            let (id, name) = (upstream.id.clone(), upstream.name.clone());
            let listed = upstreams.entry(name.clone()).or_insert_with(|| Component {
                id,
                name,
                level,
                third_party: true,
                ..Component::default()
            });
            listed.level = worse(listed.level, level);
        }
        let mut component = Component {
            level: code(&c.status_code, &c.name, &mut warnings),
            id: c.id,
            name: c.name,
            ..Component::default()
        };
        let (group, group_id) = (read::name(&component.name), read::name(&component.id));
        for region in &regions {
            let level = code(&region.status_code, &region.name, &mut warnings);
            // One region is all there is of the component.
            if regions.len() > 1 {
                components.push(Component {
                    id: region.id.clone(),
                    group: Some(group.clone()),
                    group_id: Some(group_id.clone()),
                    name: region.name.clone(),
                    level,
                    third_party: false,
                });
            }
            component.level = worse(component.level, level);
        }
        components.push(component);
    }
    components.extend(upstreams.into_values());
    let overall = &result.status_overall.status_code.0;
    let indicator = Some(known(level, overall, "the page has the unknown status code", &mut warnings));
    let mut events = Vec::new();
    for (kind, phase, list) in [
        (EventKind::Incident, None, result.incidents),
        (EventKind::Maintenance, Some(EventPhase::InProgress), result.maintenance.active),
        (EventKind::Maintenance, Some(EventPhase::Scheduled), result.maintenance.upcoming),
    ] {
        events.extend(list.into_iter().map(|e| event(kind, phase, e, &mut warnings)));
    }
    Ok(Page {
        updated_at: at(result.status_overall.updated.as_ref()),
        indicator,
        components,
        events,
        warnings,
        ..Page::default()
    })
}

/// `of_list` is the phase of the list that work stands in.
fn event(kind: EventKind, of_list: Option<EventPhase>, e: EventOf, warnings: &mut Vec<String>) -> Event {
    let mut updates = Vec::new();
    let mut newest: Option<(Option<allclear_model::Time>, EventPhase, Level)> = None;
    for m in &e.messages {
        let unknown = format_args!("event {:?} has the unknown", e.name);
        let phase = of_list.unwrap_or_else(|| known(phase, &m.state.0, format_args!("{unknown} state"), warnings));
        let impact = known(level, &m.status.0, format_args!("{unknown} status code"), warnings);
        let at = at(m.datetime.as_ref());
        if newest.is_none_or(|(before, ..)| before <= at) {
            newest = Some((at, phase, impact));
        }
        updates.push(Update { phase, text: read::plain(&m.details), at });
    }
    newest_first(&mut updates);
    let (heard, phase, impact) = newest.unwrap_or((None, of_list.unwrap_or_default(), Level::Unknown));
    // Containers repeat below every component; where both are named, the component is the closer word.
    let affected = if e.components_affected.is_empty() { e.containers_affected } else { e.components_affected };
    Event {
        id: e.id,
        kind,
        title: read::plain(&e.name),
        phase,
        impact: rated(impact),
        started_at: at(e.datetime_open.as_ref()),
        resolved_at: heard.filter(|_| phase.is_over()),
        scheduled_for: at(e.datetime_planned_start.as_ref()),
        scheduled_until: at(e.datetime_planned_end.as_ref()),
        updated_at: heard,
        components: affected.into_iter().map(|c| c.id).collect(),
        updates,
        ..Event::default()
    }
}

/// A security event. It counts as the mildest problem, with a warning: how well the component works it does not say.
const SECURITY: &str = "600";

fn level(code: &str) -> Option<Level> {
    Some(match code {
        "100" => Level::Operational,
        "200" => Level::UnderMaintenance,
        "300" | SECURITY => Level::DegradedPerformance,
        "400" => Level::PartialOutage,
        "500" => Level::MajorOutage,
        _ => return None,
    })
}

fn phase(state: &str) -> Option<EventPhase> {
    Some(match state {
        "100" => EventPhase::Investigating,
        "200" => EventPhase::Identified,
        "300" => EventPhase::Monitoring,
        "400" => EventPhase::Resolved,
        _ => return None,
    })
}

/// A container that is another company's cloud or service, not a region.
fn is_upstream(name: &str) -> bool {
    let name = name.to_lowercase();
    [
        "google compute",
        "google cloud",
        "amazon",
        "aws",
        "azure",
        "digital ocean",
        "digitalocean",
        "cloudflare",
        "fastly",
        "akamai",
        "zendesk",
        "twilio",
        "sendgrid",
    ]
    .iter()
    .any(|company| name.contains(company))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of two components with these codes; the second stands in two regions.
    fn page(api: i64, region: i64, lists: &str) -> Page {
        let payload = format!(
            r#"{{"result":{{"status_overall":{{"updated":"2026-05-01T08:00:00Z","status":"Operational","status_code":100}},
            "status":[{{"id":"a","name":"API","status_code":{api},"containers":[
            {{"id":"k","name":"Amazon Web Services","status_code":{api}}}]}},
            {{"id":"b","name":"Builds","status_code":100,"containers":[{{"id":"v","name":"Virginia","status_code":{region}}},
            {{"id":"i","name":"Ireland","status_code":100}}]}}]{lists}}}}}"#
        );
        parse(payload.as_bytes()).unwrap()
    }

    fn level_of(page: &Page, name: &str) -> Level {
        page.components.iter().find(|c| c.name == name).unwrap().level
    }

    #[test]
    fn a_calm_page_lists_regions_within_their_component_and_upstreams_as_others() {
        let page = page(100, 100, r#","incidents":null"#);
        assert_eq!((page.indicator, page.warnings.len(), page.events.len()), (Some(Level::Operational), 0, 0));
        let virginia = page.components.iter().find(|c| c.id == "v").unwrap();
        assert_eq!((virginia.group.as_deref(), virginia.third_party), (Some("Builds"), false));
        assert!(page.components.iter().any(|c| c.name == "Amazon Web Services" && c.third_party));
    }

    #[test]
    fn a_component_is_as_bad_as_its_worst_region_whatever_the_page_says() {
        let page = page(500, 400, "");
        assert_eq!(page.indicator, Some(Level::Operational));
        assert_eq!(level_of(&page, "API"), Level::MajorOutage);
        assert_eq!((level_of(&page, "Builds"), level_of(&page, "Ireland")), (Level::PartialOutage, Level::Operational));
    }

    #[test]
    fn the_newest_message_tells_where_an_incident_stands() {
        let lists = |state: i64| {
            format!(
                r#","incidents":[{{"_id":"1","name":"Errors","datetime_open":"2026-05-01T07:00:00Z","messages":[
                {{"details":"Now","state":{state},"status":300,"datetime":"2026-05-01T07:30:00Z"}},
                {{"details":"First","state":100,"status":500,"datetime":"2026-05-01T07:00:00Z"}}],
                "components_affected":[{{"name":"API","_id":"a"}}],"containers_affected":[{{"name":"Virginia","_id":"v"}}]}}]"#
            )
        };
        let watching = page(300, 100, &lists(300)).events.remove(0);
        assert_eq!((watching.phase, watching.impact), (EventPhase::Monitoring, Level::DegradedPerformance));
        assert_eq!((&watching.components[..], watching.updates[0].text.as_str()), (&["a".to_owned()][..], "Now"));
        let over = page(100, 100, &lists(400)).events.remove(0);
        assert!(over.phase == EventPhase::Resolved && over.resolved_at.is_some());
    }

    #[test]
    fn work_stands_in_the_list_of_its_phase() {
        let page = page(
            200,
            100,
            r#","maintenance":{"active":[{"_id":"1","name":"x","datetime_planned_start":"2026-05-01T07:00:00Z",
            "messages":[{"details":"d","state":100,"status":200}]}],"upcoming":[{"_id":"2","name":"y",
            "datetime_planned_start":"2026-05-02T07:00:00Z","datetime_planned_end":"2026-05-02T08:00:00Z"}]}"#,
        );
        assert_eq!(
            page.events.iter().map(|e| e.phase).collect::<Vec<_>>(),
            [EventPhase::InProgress, EventPhase::Scheduled]
        );
        assert_eq!(page.events[0].impact, Level::UnderMaintenance);
    }

    #[test]
    fn unknown_codes_are_unknown_and_security_is_told() {
        let unknown = page(700, 100, "");
        assert_eq!(level_of(&unknown, "API"), Level::Unknown);
        assert!(unknown.warnings.iter().any(|w| w.contains("700")));
        let security = page(100, 600, "");
        assert_eq!(level_of(&security, "Virginia"), Level::DegradedPerformance);
        assert!(security.warnings.iter().any(|w| w.contains("security")));
    }

    #[test]
    fn an_unknown_code_of_one_region_is_not_outweighed_by_another_that_is_well() {
        let page = page(100, 700, "");
        assert_eq!((level_of(&page, "Virginia"), level_of(&page, "Builds")), (Level::Unknown, Level::Unknown));
        let upstream = |codes: [&str; 2]| {
            let component = |code| {
                format!(
                    r#"{{"id":"a","name":"API","status_code":100,"containers":[{{"name":"AWS","status_code":{code}}}]}}"#
                )
            };
            let list = codes.map(component).join(",");
            let text = format!(r#"{{"result":{{"status_overall":{{"status_code":100}},"status":[{list}]}}}}"#);
            level_of(&parse(text.as_bytes()).unwrap(), "AWS")
        };
        assert_eq!((upstream(["700", "100"]), upstream(["100", "700"])), (Level::Unknown, Level::Unknown));
        assert_eq!(upstream(["100", "100"]), Level::Operational);
    }

    #[test]
    fn an_error_is_refused() {
        assert!(matches!(parse(br#"{"result":{"error":"no such page"}}"#), Err(Unread::Shape { .. })));
    }
}
