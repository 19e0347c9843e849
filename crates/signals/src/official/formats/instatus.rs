//! Instatus: `/v3/summary.json`, `/summary.json` of older pages, the lists of components beside them (`/v3/components.json`,
//! `/v2/components.json`), and the object embedded in the page.
//!
//! Lists are absent where they are empty. An incident may be of no impact while its components are down, so the worst of both
//! counts. Components come in an object, or as a bare list with children.

use super::Format;
use super::shared::{at, known, newest_first, worst_now};
use crate::official::page::{Component, Event, EventKind, EventPhase, Page, Update};
use crate::official::read::{self, Unread, Word, nullable};
use crate::official::words;
use allclear_model::Level;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

pub(super) const FORMAT: Format = Format { name: "instatus", path: Some("/v3/summary.json"), log: false, parse };

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default, deserialize_with = "nullable")]
    page: Option<PageOf>,
    #[serde(default, deserialize_with = "nullable")]
    site: Option<PageOf>,
    #[serde(default, deserialize_with = "nullable")]
    active_incidents: Vec<EventOf>,
    #[serde(default, deserialize_with = "nullable")]
    active_maintenances: Vec<EventOf>,
    #[serde(default, deserialize_with = "nullable")]
    components: Vec<Node>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageOf {
    #[serde(default, deserialize_with = "nullable")]
    id: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    name: Text,
    #[serde(default, deserialize_with = "nullable")]
    url: Option<String>,
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    main_status: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    components: Vec<Node>,
}

/// A component, or a group of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    #[serde(default, deserialize_with = "nullable")]
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: Text,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    group: Option<Group>,
    #[serde(default, deserialize_with = "nullable")]
    children: Vec<Node>,
    #[serde(default, deserialize_with = "nullable")]
    is_third_party: bool,
    third_party_component_service: Option<de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default, deserialize_with = "nullable")]
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventOf {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: Text,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    impact: String,
    #[serde(default, deserialize_with = "nullable")]
    started: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    start: Option<String>,
    /// Minutes, as a text.
    #[serde(default, deserialize_with = "nullable")]
    duration: Word,
    #[serde(default, deserialize_with = "nullable")]
    resolved: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    updated_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    url: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    components: Vec<Node>,
    #[serde(default, deserialize_with = "nullable")]
    updates: Vec<UpdateOf>,
}

#[derive(Deserialize)]
struct UpdateOf {
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    message: Text,
    #[serde(default, deserialize_with = "nullable")]
    started: Option<String>,
}

/// A text, or one text for each language, of which the page's own is `default`.
#[derive(Default)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Text, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or texts by language")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut texts: A) -> Result<Text, A::Error> {
                let mut found = String::new();
                while let Some((language, Word(text))) = texts.next_entry::<String, Word>()? {
                    if found.is_empty() || language == "default" {
                        found = text;
                    }
                }
                Ok(Text(found))
            }
        }
        d.deserialize_any(Texts)
    }
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let document = if read::body(payload)?.starts_with(b"[") {
        Document { components: read::list(FORMAT.name, payload)?, ..Document::default() }
    } else {
        read::object(FORMAT.name, payload)?
    };
    // Many products write `page` and `components`; only this one has words in capitals.
    let ours = match document.page.as_ref().or(document.site.as_ref()) {
        Some(page) => is_loud(&page.status),
        None => !document.components.is_empty() && document.components.iter().all(Node::is_ours),
    };
    if !ours {
        return Err(read::not_of(FORMAT.name, "it has neither a page nor components with a status in capitals"));
    }
    let mut warnings = Vec::new();
    let mut components = Vec::new();
    let page = document.page.or(document.site);
    for node in document.components.iter().chain(page.iter().flat_map(|p| &p.components)) {
        add(node, None, &mut components, &mut warnings);
    }
    let indicator = page.as_ref().map(|p| {
        let word = p.main_status.as_ref().unwrap_or(&p.status);
        known(page_level, word, "the page has the unknown status", &mut warnings)
    });
    let mut events = Vec::new();
    for (kind, of) in
        [(EventKind::Incident, document.active_incidents), (EventKind::Maintenance, document.active_maintenances)]
    {
        events.extend(of.into_iter().map(|e| event(kind, e, &mut warnings)));
    }
    let (identity, name) = page.map_or((None, None), |p| (p.id.or(p.url), Some(p.name.0).filter(|n| !n.is_empty())));
    Ok(Page { identity, name, indicator, components, events, warnings, ..Page::default() })
}

fn is_loud(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase())
}

impl Node {
    fn is_ours(&self) -> bool {
        !self.id.is_empty()
            && !self.name.0.is_empty()
            && (is_loud(&self.status) || !self.children.is_empty() && self.children.iter().all(Node::is_ours))
    }
}

/// Adds a component, or all of a group.
fn add(node: &Node, above: Option<&Node>, found: &mut Vec<Component>, warnings: &mut Vec<String>) {
    if !node.children.is_empty() {
        for child in &node.children {
            add(child, Some(node), found, warnings);
        }
        return;
    }
    let group = node.group.as_ref().map(|g| (&g.id, &g.name.0)).or(above.map(|g| (&g.id, &g.name.0)));
    let third_party = |n: &Node| n.is_third_party || n.third_party_component_service.is_some();
    found.push(Component {
        id: node.id.clone(),
        group: group.map(|(_, name)| read::name(name)),
        group_id: group.map(|(id, _)| read::name(id)),
        name: node.name.0.clone(),
        level: known(level, &node.status, format_args!("component {:?} has the unknown status", node.name.0), warnings),
        third_party: third_party(node)
            || above.is_some_and(third_party)
            || group.is_some_and(|(_, name)| super::shared::third_party(name)),
    });
}

fn event(kind: EventKind, e: EventOf, warnings: &mut Vec<String>) -> Event {
    let mut phase_of =
        |word: &str| known(phase, word, format_args!("event {:?} has the unknown status", e.name.0), warnings);
    let current = phase_of(&e.status);
    let mut updates: Vec<Update> = e
        .updates
        .iter()
        .map(|u| Update { phase: phase_of(&u.status), text: read::plain(&u.message.0), at: at(u.started.as_ref()) })
        .collect();
    newest_first(&mut updates);
    let rated = Some(e.impact.as_str()).into_iter().chain(e.components.iter().map(|c| c.status.as_str()));
    let start = at(e.start.as_ref());
    let work = kind == EventKind::Maintenance;
    let minutes = e.duration.0.trim().parse::<i64>().ok();
    Event {
        impact: worst_now(rated.map(|word| level(word).unwrap_or_default())),
        kind,
        title: read::plain(&e.name.0),
        phase: current,
        started_at: at(e.started.as_ref()).or(start).filter(|_| !work),
        resolved_at: at(e.resolved.as_ref()),
        scheduled_for: start.filter(|_| work),
        scheduled_until: minutes
            .filter(|_| work)
            .and_then(|m| Some(start?.plus_s(m.checked_mul(60).filter(|s| *s >= 0)?))),
        updated_at: updates.first().and_then(|u| u.at).max(at(e.updated_at.as_ref())),
        components: e.components.into_iter().map(|c| if c.id.is_empty() { c.name.0 } else { c.id }).collect(),
        url: e.url,
        id: e.id,
        updates,
        ..Event::default()
    }
}

fn level(word: &str) -> Option<Level> {
    Some(match word {
        "OPERATIONAL" => Level::Operational,
        "UNDERMAINTENANCE" => Level::UnderMaintenance,
        "DEGRADEDPERFORMANCE" => Level::DegradedPerformance,
        "PARTIALOUTAGE" | "MINOROUTAGE" => Level::PartialOutage,
        "MAJOROUTAGE" => Level::MajorOutage,
        _ => return None,
    })
}

/// The page's word: up, has issues, or that some or all of it is at a component's level.
fn page_level(word: &str) -> Option<Level> {
    match word.strip_prefix("SOME").or_else(|| word.strip_prefix("ALL")).unwrap_or(word) {
        "UP" => Some(Level::Operational),
        "HASISSUES" => Some(Level::DegradedPerformance),
        word => level(word),
    }
}

fn phase(word: &str) -> Option<EventPhase> {
    match word {
        "NOTSTARTEDYET" => Some(EventPhase::Scheduled),
        "INPROGRESS" => Some(EventPhase::InProgress),
        word => words::phase(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(payload: &str) -> Page {
        parse(payload.as_bytes()).unwrap()
    }

    /// A summary of a page with this status and these lists.
    fn summary(status: &str, lists: &str) -> Page {
        page(&format!(
            r#"{{"page":{{"name":"Example","url":"https://status.example.com","status":{status:?}}}{lists}}}"#
        ))
    }

    #[test]
    fn a_page_that_is_up_has_no_lists() {
        let page = summary("UP", "");
        assert_eq!((page.indicator, page.events.len()), (Some(Level::Operational), 0));
        assert_eq!(page.identity.as_deref(), Some("https://status.example.com"));
        assert_eq!(summary("UNDERMAINTENANCE", r#","activeIncidents":null"#).indicator, Some(Level::UnderMaintenance));
    }

    #[test]
    fn an_incident_without_impact_is_as_bad_as_its_components() {
        let page = summary(
            "HASISSUES",
            r#","activeIncidents":[{"id":"1","name":"Slow","started":"2026-05-01T08:00:00Z","status":"MONITORING",
            "impact":"OPERATIONAL","updatedAt":"2026-05-01T09:00:00Z","components":[{"id":"a","status":"MAJOROUTAGE"}],
            "updates":[{"status":"MONITORING","message":{"default":"<p>We watch</p>","en":"x"},
            "started":"2026-05-01T08:30:00Z"}]}]"#,
        );
        assert_eq!(page.indicator, Some(Level::DegradedPerformance));
        assert_eq!((page.events[0].phase, page.events[0].impact), (EventPhase::Monitoring, Level::MajorOutage));
        assert_eq!(page.events[0].updates[0].text, "We watch");
    }

    #[test]
    fn an_incident_rated_operational_alone_is_unrated_and_a_resolved_one_is_over() {
        let page = summary(
            "HASISSUES",
            r#","activeIncidents":[{"id":"1","name":"x","status":"INVESTIGATING","impact":"OPERATIONAL"},
            {"id":"2","name":"y","status":"RESOLVED","impact":"MINOROUTAGE"}]"#,
        );
        assert_eq!(page.events[0].impact, Level::Unknown);
        assert_eq!((page.events[1].impact, page.events[1].phase.is_open()), (Level::PartialOutage, false));
    }

    #[test]
    fn work_lasts_as_many_minutes_as_a_text_says() {
        let page = summary(
            "UP",
            r#","activeMaintenances":[{"id":"1","name":"x","start":"2026-05-01T08:00:00Z","status":"NOTSTARTEDYET",
            "duration":"90"},{"id":"2","name":"y","start":"2026-05-01T08:00:00Z","status":"INPROGRESS","duration":30}]"#,
        );
        let until = |i: usize| page.events[i].scheduled_until.map(|t| t.to_string());
        assert_eq!((page.events[0].phase, until(0).as_deref()), (EventPhase::Scheduled, Some("2026-05-01T09:30:00Z")));
        assert_eq!((page.events[1].phase, until(1).as_deref()), (EventPhase::InProgress, Some("2026-05-01T08:30:00Z")));
    }

    #[test]
    fn components_come_in_an_object_and_as_a_list_with_children() {
        let of = |p: &Page| {
            p.components.iter().map(|c| (c.name.clone(), c.group.clone(), c.third_party)).collect::<Vec<_>>()
        };
        let object = page(
            r#"{"components":[{"id":"a","name":"API","status":"OPERATIONAL","group":{"id":"g","name":"Core"}},
            {"id":"b","name":{"en":"Mail","default":"Post"},"status":"OPERATIONAL","group":null,"isThirdParty":true}]}"#,
        );
        assert_eq!(of(&object), [("API".into(), Some("Core".into()), false), ("Post".into(), None, true)]);
        let list = page(
            r#"[{"id":"g","name":"Core","status":"OPERATIONAL","children":[{"id":"a","name":"API","status":"MAJOROUTAGE"}]},
            {"id":"b","name":"Mail","status":"OPERATIONAL","thirdPartyComponentService":{"id":"s"}}]"#,
        );
        assert_eq!(of(&list), [("API".into(), Some("Core".into()), false), ("Mail".into(), None, true)]);
        assert_eq!(list.components[0].level, Level::MajorOutage);
    }

    #[test]
    fn the_embedded_object_has_a_site() {
        let page = page(
            r#"{"url":"status.example.com","site":{"id":"s","status":"HASISSUES","mainStatus":"SOMEMAJOROUTAGE"},
            "activeIncidents":[],"activeMaintenances":[],"notices":{}}"#,
        );
        assert_eq!((page.identity.as_deref(), page.indicator), (Some("s"), Some(Level::MajorOutage)));
    }

    #[test]
    fn unknown_words_are_unknown_and_told() {
        let page = summary("ONFIRE", r#","components":[{"id":"a","name":"API","status":"MELTING"}]"#);
        assert_eq!((page.indicator, page.components[0].level), (Some(Level::Unknown), Level::Unknown));
        assert!(page.warnings[0].contains("MELTING") && page.warnings[1].contains("ONFIRE"));
    }

    #[test]
    fn words_in_lower_case_are_anothers() {
        for other in [
            r#"{"page":{"id":"p","name":"x","status":"ok"}}"#,
            r#"{"page":{"id":"p"},"components":[]}"#,
            r#"{"components":[{"id":"a","name":"API","status":"operational"}]}"#,
            r#"{"components":[]}"#,
            "[]",
            "{}",
        ] {
            assert!(matches!(parse(other.as_bytes()), Err(Unread::Shape { .. })), "{other}");
        }
    }
}
