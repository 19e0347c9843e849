//! Microsoft 365: `/api/posts/m365Consumer`, a list of posts, and `/api/posts/mac`, one object for the portal of administrators.
//! How a tenant is takes a login.
//!
//! States are words for people, so they are told by what they contain. The first of January of the year 1 is "never".

use super::Format;
use super::shared::{at, known, only, rated};
use crate::official::page::{Event, EventKind, EventPhase, Page};
use crate::official::read::{self, Unread, Word, nullable};
use allclear_model::Level;
use serde::Deserialize;

pub(super) const FORMAT: Format =
    Format { name: "microsoft365", path: Some("/api/posts/m365Consumer"), log: true, parse };

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Post {
    #[serde(default, deserialize_with = "nullable")]
    id: Word,
    #[serde(default, deserialize_with = "nullable")]
    service_display_name: String,
    #[serde(default, deserialize_with = "nullable")]
    service_workload_name: String,
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    title: String,
    #[serde(default, deserialize_with = "nullable")]
    message: String,
    #[serde(default, deserialize_with = "nullable")]
    last_updated_time: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    authored_date_time: Option<String>,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let mut warnings = Vec::new();
    let list = read::body(payload)?.starts_with(b"[");
    let posts: Vec<Post> =
        if list { read::list(FORMAT.name, payload)? } else { vec![read::object(FORMAT.name, payload)?] };
    let mut worst = Level::Unknown;
    let mut events = Vec::new();
    for post in posts {
        let title = read::plain(if post.title.is_empty() { &post.service_display_name } else { &post.title });
        let whose = format_args!("event {title:?} has the unknown status");
        let level = known(level, &post.status, whose, &mut warnings);
        worst = worst.max(level);
        // The one object is there on calm days too.
        if list || level != Level::Operational {
            events.push(event(title, post, level));
        }
    }
    // A list names services that people wrote about; only the one object is about the whole.
    let (indicator, updated_at) =
        if list { (None, None) } else { (Some(worst), events.iter().find_map(|e| e.updated_at)) };
    Ok(Page { updated_at, indicator, events, warnings, ..Page::default() })
}

fn event(title: String, post: Post, level: Level) -> Event {
    let phase = if level == Level::Operational { EventPhase::Resolved } else { phase(&post.status) };
    let written = at(post.authored_date_time.as_ref());
    let heard = at(post.last_updated_time.as_ref()).or(written);
    let work = level == Level::UnderMaintenance;
    Event {
        title,
        kind: if work { EventKind::Maintenance } else { EventKind::Incident },
        phase: if work { EventPhase::InProgress } else { phase },
        impact: rated(level),
        started_at: written,
        resolved_at: heard.filter(|_| level == Level::Operational),
        updated_at: heard,
        components: [post.service_display_name, post.service_workload_name]
            .into_iter()
            .filter(|n| !n.is_empty())
            .collect(),
        updates: only(phase, &post.message, heard),
        id: post.id.0,
        ..Event::default()
    }
}

/// What a state's words contain, the worse first: "unavailable" contains "available".
fn level(words: &str) -> Option<Level> {
    let words = words.to_lowercase();
    let has = |any: &[&str]| any.iter().any(|w| words.contains(w));
    if has(&["restored", "resolved", "mitigated", "false positive", "falsepositive", "post-incident"]) {
        Some(Level::Operational)
    } else if has(&["outage", "disruption", "interruption", "unavailable", "down"]) {
        Some(Level::MajorOutage)
    } else if has(&["advisory", "degrad", "investigating", "restoring", "verifying", "recovery", "issue"]) {
        Some(Level::DegradedPerformance)
    } else if has(&["maintenance"]) {
        Some(Level::UnderMaintenance)
    } else if has(&["operational", "available", "healthy"]) && !has(&["not ", "non"]) {
        Some(Level::Operational)
    } else {
        None
    }
}

fn phase(words: &str) -> EventPhase {
    let words = words.to_lowercase();
    if words.contains("investigating") {
        EventPhase::Investigating
    } else if words.contains("restoring") {
        EventPhase::Identified
    } else if words.contains("verifying") || words.contains("recovery") {
        EventPhase::Monitoring
    } else {
        EventPhase::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::Time;

    fn posts(status: &str) -> Page {
        let payload = format!(
            r#"[{{"Id":"MO1","ServiceDisplayName":"Outlook.com","ServiceWorkloadName":"Exchange","Status":{status:?},
            "Title":"Mail is late","Message":"<p>We look</p>","LastUpdatedTime":"2026-05-01T08:00:00Z",
            "AuthoredDateTime":"0001-01-01T00:00:00"}}]"#
        );
        parse(payload.as_bytes()).unwrap()
    }

    #[test]
    fn words_tell_how_bad_it_is() {
        for (words, level) in [
            ("Service Degradation", Level::DegradedPerformance),
            ("Advisory", Level::DegradedPerformance),
            ("Investigating", Level::DegradedPerformance),
            ("Service interruption", Level::MajorOutage),
            ("Unavailable", Level::MajorOutage),
            ("Outage", Level::MajorOutage),
        ] {
            let page = posts(words);
            assert_eq!((page.events[0].impact, page.events[0].phase.is_open()), (level, true), "{words}");
            assert!(page.warnings.is_empty() && page.indicator.is_none());
        }
    }

    #[test]
    fn a_service_that_is_well_again_is_over_and_never_is_no_time() {
        let page = posts("Operational");
        assert_eq!((page.events[0].phase, page.events[0].started_at), (EventPhase::Resolved, None));
        assert_eq!(posts("Service restored").events[0].resolved_at, Time::parse("2026-05-01T08:00:00Z").ok());
        assert_eq!(posts("Verifying service").events[0].phase, EventPhase::Monitoring);
    }

    #[test]
    fn the_one_object_is_about_the_whole() {
        let well = parse(br#"{"Status":"Available","Title":null,"Message":null}"#).unwrap();
        assert_eq!((well.indicator, well.events.len()), (Some(Level::Operational), 0));
        let ill = parse(br#"{"Status":"Service degradation","Title":"Portal is slow","Message":"x"}"#).unwrap();
        assert_eq!((ill.indicator, ill.events[0].title.as_str()), (Some(Level::DegradedPerformance), "Portal is slow"));
    }

    #[test]
    fn unknown_words_are_unknown_and_told() {
        let page = posts("Pondering");
        assert_eq!((page.events[0].impact, page.events[0].phase), (Level::Unknown, EventPhase::Unknown));
        assert!(page.warnings[0].contains("Pondering"));
        assert_eq!(level("Not available"), None);
    }

    #[test]
    fn what_has_no_status_is_refused() {
        assert!(matches!(parse(br#"{"status":"Available"}"#), Err(Unread::Shape { .. })));
    }
}
