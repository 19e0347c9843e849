//! PagerDuty's pages: the JSON in the page's `script#data`, taken out of the page or as it is.
//!
//! Services have no state of their own; an open incident's newest update says how the ones it names are. Statuses and severities are
//! words of the page's own, and `post_enums` says which of PagerDuty's words each stands for.

use super::Format;
use super::shared::{at, known, once, rated};
use crate::official::page::{Component, Event, EventKind, EventPhase, Page, Update, worse};
use crate::official::read::{self, Unread, nullable};
use crate::official::words;
use allclear_model::Level;
use serde::Deserialize;
use std::collections::HashMap;

pub(super) const FORMAT: Format = Format { name: "pagerduty", path: None, log: false, parse };

#[derive(Deserialize)]
struct Document {
    #[serde(default, deserialize_with = "nullable")]
    status_page_type: Option<String>,
    summary: Option<Summary>,
    layout: Option<Layout>,
}

#[derive(Deserialize)]
struct Summary {
    open_incidents: Option<Vec<Post>>,
    resolved_incidents: Option<Vec<Post>>,
    post_enums: Option<Vec<Term>>,
    post_status_page_services: Option<Vec<Service>>,
}

#[derive(Deserialize)]
struct Post {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    title: String,
    #[serde(default, deserialize_with = "nullable")]
    updates: Vec<UpdateOf>,
}

#[derive(Deserialize)]
struct UpdateOf {
    #[serde(default, deserialize_with = "nullable")]
    severity: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    message: String,
    #[serde(default, deserialize_with = "nullable")]
    reported_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    impacted_business_services: Vec<Impacted>,
}

#[derive(Deserialize)]
struct Impacted {
    #[serde(default, deserialize_with = "nullable")]
    business_service_id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    severity: String,
}

#[derive(Deserialize)]
struct Term {
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    description: String,
    #[serde(default, deserialize_with = "nullable")]
    layout_settings: TermKey,
}

#[derive(Deserialize, Default)]
struct TermKey {
    #[serde(default, deserialize_with = "nullable")]
    key: String,
}

#[derive(Deserialize)]
struct Service {
    #[serde(default, deserialize_with = "nullable")]
    external_business_service_id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    is_active: Option<bool>,
}

#[derive(Deserialize)]
struct Layout {
    #[serde(default, deserialize_with = "nullable")]
    status_page_id: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    layout_settings: LayoutSettings,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct LayoutSettings {
    #[serde(default, deserialize_with = "nullable")]
    name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    status_page: Option<Headline>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Headline {
    #[serde(default, deserialize_with = "nullable")]
    global_status_headline_has_error: bool,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let document: Document = match read::body(payload) {
        Err(Unread::Html) => read::object(FORMAT.name, script(payload).ok_or(Unread::Html)?)?,
        _ => read::object(FORMAT.name, payload)?,
    };
    let (identity, settings) = document.layout.map_or((None, None), |l| (l.status_page_id, Some(l.layout_settings)));
    let (name, headline) = settings.map_or((None, None), |s| (s.name, s.status_page));
    let mut page = Page { identity, name, ..Page::default() };
    let Some(summary) = document.summary else {
        let Some(headline) = headline.filter(|_| document.status_page_type.is_some()) else {
            return Err(read::not_of(FORMAT.name, "it has neither summary nor layout"));
        };
        // The newer layout without its posts: the mark on the headline is all there is, and stands among marks for an editor. It can
        // tell of trouble; that it is absent is no witness of health.
        page.indicator = headline.global_status_headline_has_error.then_some(Level::DegradedPerformance);
        return Ok(page);
    };
    if summary.open_incidents.is_none() && summary.resolved_incidents.is_none() {
        return Err(read::not_of(FORMAT.name, "its summary has no incidents"));
    }
    let terms = Terms::of(summary.post_enums.unwrap_or_default());
    let well = if summary.open_incidents.is_some() { Level::Operational } else { Level::Unknown };
    page.components = summary
        .post_status_page_services
        .unwrap_or_default()
        .into_iter()
        .filter(|s| s.is_active != Some(false))
        .map(|s| Component { id: s.external_business_service_id, name: s.name, level: well, ..Component::default() })
        .collect();
    let keys = |(n, c): (usize, &Component)| [(c.id.clone(), n), (c.name.clone(), n)];
    let places: HashMap<String, usize> =
        page.components.iter().enumerate().rev().flat_map(keys).filter(|(key, _)| !key.is_empty()).collect();
    for (open, list) in [(true, summary.open_incidents), (false, summary.resolved_incidents)] {
        for post in list.into_iter().flatten() {
            let event = event(post, open, &terms, &places, &mut page.components, &mut page.warnings);
            page.events.push(event);
        }
    }
    page.updated_at = page.events.iter().filter_map(|e| e.updated_at).max();
    Ok(page)
}

/// What stands in `<script id="data">` of a page for people.
fn script(payload: &[u8]) -> Option<&[u8]> {
    let text = std::str::from_utf8(payload).ok()?;
    let mut rest = text;
    loop {
        let at = rest.find("<script")?;
        rest = rest.get(at..)?;
        let (tag, body) = rest.split_once('>')?;
        if ["id=\"data\"", "id='data'", "id=data"].iter().any(|id| tag.split_whitespace().any(|word| word == *id)) {
            return body.split_once("</script").map(|(json, _)| json.as_bytes());
        }
        rest = body;
    }
}

/// `places` has the place of each of `components` by its id and its name.
fn event(
    post: Post,
    open: bool,
    terms: &Terms,
    places: &HashMap<String, usize>,
    components: &mut [Component],
    warnings: &mut Vec<String>,
) -> Event {
    let mut updates: Vec<(Update, UpdateOf)> = post
        .updates
        .into_iter()
        .map(|u| {
            let phase = phase(&u.status, terms).unwrap_or_default();
            (Update { phase, text: read::plain(&u.message), at: at(u.reported_at.as_ref()) }, u)
        })
        .collect();
    updates.sort_by_key(|(u, _)| std::cmp::Reverse(u.at));
    let title = read::plain(&post.title);
    let mut event = Event { id: post.id, title, ..Event::default() };
    if let Some((newest, raw)) = updates.first() {
        let stated = level(&raw.severity, terms);
        if stated.is_none() && !raw.severity.is_empty() {
            read::tell(warnings, format_args!("event {:?} has the unknown severity {:?}", event.title, raw.severity));
        }
        event.phase = newest.phase;
        if newest.phase == EventPhase::Unknown {
            read::tell(warnings, format_args!("event {:?} has the unknown status {:?}", event.title, raw.status));
        }
        if stated == Some(Level::UnderMaintenance)
            || matches!(newest.phase, EventPhase::Scheduled | EventPhase::InProgress | EventPhase::Completed)
        {
            event.kind = EventKind::Maintenance;
        }
        event.impact = rated(stated.unwrap_or_default());
        for impacted in raw.impacted_business_services.iter().filter(|_| open && newest.phase.is_open()) {
            let place = places.get(&impacted.business_service_id).or_else(|| places.get(&impacted.name));
            if let Some(component) = place.and_then(|n| components.get_mut(*n)) {
                let whose = format_args!("service {:?} has the unknown severity", impacted.name);
                let level = known(|word| level(word, terms), &impacted.severity, whose, warnings);
                component.level = worse(component.level, level);
            }
        }
    }
    // The list decides: what is in that of the resolved is over, whatever its last word.
    if !open && event.phase.is_open() {
        event.phase = if event.kind == EventKind::Maintenance { EventPhase::Completed } else { EventPhase::Resolved };
    }
    let key = |s: &Impacted| if s.business_service_id.is_empty() { &s.name } else { &s.business_service_id }.clone();
    event.components = once(updates.iter().flat_map(|(_, raw)| &raw.impacted_business_services).map(key));
    event.started_at = updates.iter().filter_map(|(u, _)| u.at).min();
    event.updated_at = updates.iter().filter_map(|(u, _)| u.at).max();
    event.resolved_at = event.updated_at.filter(|_| event.phase.is_over());
    event.updates = updates.into_iter().map(|(u, _)| u).collect();
    event
}

/// PagerDuty's own words for those of the page, by `severity/` or the like and the page's word.
struct Terms(HashMap<String, String>);

impl Terms {
    fn of(terms: Vec<Term>) -> Terms {
        let mut own = HashMap::new();
        for term in terms {
            // The end of `incident/severity/all_good`.
            let mut parts = term.layout_settings.key.rsplit('/');
            let (Some(word), Some(what), Some(_)) = (parts.next(), parts.next(), parts.next()) else { continue };
            for name in [term.name, term.description].iter().filter(|name| !name.is_empty()) {
                own.entry(format!("{what}/{}", name.to_ascii_lowercase())).or_insert_with(|| word.to_owned());
            }
        }
        Terms(own)
    }

    fn own(&self, what: &str, word: &str) -> Option<&str> {
        self.0.get(&format!("{what}/{}", word.to_ascii_lowercase())).map(String::as_str)
    }
}

fn phase(word: &str, terms: &Terms) -> Option<EventPhase> {
    words::phase(word).or_else(|| words::phase(terms.own("status", word)?))
}

fn level(word: &str, terms: &Terms) -> Option<Level> {
    let of = |word: &str| {
        Some(match words::fold(word).as_str() {
            "all good" | "operational" => Level::Operational,
            "maintenance" => Level::UnderMaintenance,
            "minor" => Level::DegradedPerformance,
            "partial outage" => Level::PartialOutage,
            "major" | "outage" => Level::MajorOutage,
            _ => return None,
        })
    };
    of(word).or_else(|| of(terms.own("severity", word)?)).or_else(|| of(terms.own("impacts", word)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::{Scope, judge};
    use allclear_model::Time;

    fn text(open: &str) -> String {
        format!(
            r#"{{"status_page_type":"public","layout":{{"status_page_id":"P1","layout_settings":{{"name":"Acme","statusPage":{{}}}}}},
                "summary":{{"open_incidents":{open},"resolved_incidents":[{{"id":"0","title":"Old","updates":[
                {{"severity":"minor","status":"resolved","message":"Done","reported_at":"2026-04-01T10:00:00Z"}}]}}],
                "post_enums":[{{"name":"sev hot","description":"","layout_settings":{{"key":"incident/severity/major"}}}},
                {{"name":"digging","layout_settings":{{"key":"incident/status/investigating"}}}}],
                "post_status_page_services":[{{"external_business_service_id":"A","name":"API","is_active":true}},
                {{"external_business_service_id":"W","name":"Web"}},{{"external_business_service_id":"X","name":"Gone","is_active":false}}]}}}}"#
        )
    }

    fn open(severity: &str, status: &str) -> String {
        format!(
            r#"[{{"id":"1","title":"Down","updates":[{{"severity":"{severity}","status":"{status}","message":"<p>We look</p>",
                "reported_at":"2026-05-01T11:00:00Z","impacted_business_services":[{{"business_service_id":"A","name":"API","severity":"{severity}"}}]}},
                {{"severity":"minor","status":"detected","message":"Seen","reported_at":"2026-05-01T10:00:00Z"}}]}}]"#
        )
    }

    fn level(page: &Page, scope: &Scope) -> Level {
        judge(&FORMAT, page.clone(), scope, Time::parse("2026-05-01T12:00:00Z").unwrap()).level
    }

    #[test]
    fn a_page_without_open_incidents_is_well() {
        let page = parse(text("[]").as_bytes()).unwrap();
        assert_eq!((page.identity.as_deref(), page.components.len()), (Some("P1"), 2));
        assert_eq!(page.events[0].phase, EventPhase::Resolved);
        assert_eq!(level(&page, &Scope::whole()), Level::Operational);
        let page = parse(text("null").as_bytes()).unwrap();
        assert_eq!(level(&page, &Scope::whole()), Level::Unknown);
    }

    #[test]
    fn the_newest_update_says_how_services_are() {
        let page = parse(text(&open("major", "investigating")).as_bytes()).unwrap();
        assert_eq!((page.events[0].phase, page.events[0].impact), (EventPhase::Investigating, Level::MajorOutage));
        assert_eq!(page.events[0].updates[0].text, "We look");
        assert_eq!(level(&page, &Scope::of(&["API"])), Level::MajorOutage);
        assert_eq!(level(&page, &Scope::of(&["Web"])), Level::Operational);
        let page = parse(text(&open("maintenance", "in progress")).as_bytes()).unwrap();
        assert_eq!((page.events[0].kind, page.events[0].phase), (EventKind::Maintenance, EventPhase::InProgress));
    }

    #[test]
    fn words_of_the_pages_own_are_looked_up_and_else_said() {
        let page = parse(text(&open("sev hot", "digging")).as_bytes()).unwrap();
        assert_eq!((page.events[0].phase, page.events[0].impact), (EventPhase::Investigating, Level::MajorOutage));
        assert!(page.warnings.is_empty());
        let page = parse(text(&open("purple", "simmering")).as_bytes()).unwrap();
        assert_eq!((page.events[0].phase, page.components[0].level), (EventPhase::Unknown, Level::Unknown));
        assert_eq!(page.warnings.len(), 3);
    }

    #[test]
    fn the_document_is_found_in_its_page() {
        let html =
            format!("<!DOCTYPE html><html><script>1</script><script type=x id=\"data\">{}</script></html>", text("[]"));
        assert_eq!(parse(html.as_bytes()).unwrap().name.as_deref(), Some("Acme"));
        assert_eq!(parse(b"<!doctype html><html><script>1</script>"), Err(Unread::Html));
    }

    #[test]
    fn the_newer_layout_alone_tells_of_trouble_only() {
        let of = |flag: bool| {
            parse(format!(r#"{{"status_page_type":"public","layout":{{"layout_settings":{{"statusPage":{{"globalStatusHeadlineHasError":{flag}}}}}}}}}"#).as_bytes()).unwrap()
        };
        assert_eq!(level(&of(true), &Scope::whole()), Level::DegradedPerformance);
        assert_eq!(level(&of(false), &Scope::whole()), Level::Unknown);
    }

    #[test]
    fn other_documents_are_refused() {
        for other in ["{}", "[]", r#"{"summary":{"components":[]}}"#, r#"{"layout":{}}"#] {
            assert!(matches!(parse(other.as_bytes()), Err(Unread::Shape { .. })), "{other}");
        }
    }
}
