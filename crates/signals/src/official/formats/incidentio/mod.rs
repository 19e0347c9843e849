//! incident.io, which writes of one page in four ways: `/proxy/<host>` and the page itself (see [`native`]), a widget's
//! summary at `/api/v1/summary` (see [`widget`]), and documents like Statuspage's.
//!
//! The documents like Statuspage's are at `/api/v2`, and many clients read them as such. Ids tell them apart, lists are null
//! where they are empty, and incidents do not name their components.

mod native;
mod widget;

use super::{Format, shared, statuspage};
use crate::official::page::Page;
use crate::official::read::{self, Unread};
use serde::Deserialize;
use serde::de::IgnoredAny;

pub(super) const FORMAT: Format = Format { name: "incidentio", path: Some("/api/v2/summary.json"), log: false, parse };

/// By what the payloads are told apart.
#[derive(Deserialize)]
struct Marks {
    summary: Option<IgnoredAny>,
    page_title: Option<IgnoredAny>,
    component_impacts: Option<IgnoredAny>,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let marks: Marks = read::object(FORMAT.name, payload)?;
    if marks.summary.is_some() {
        native::summary(payload)
    } else if marks.page_title.is_some() {
        widget::summary(payload)
    } else if marks.component_impacts.is_some() {
        native::history(payload)
    } else {
        like_statuspage(payload)
    }
}

fn like_statuspage(payload: &[u8]) -> Result<Page, Unread> {
    let document: statuspage::Document = read::object(FORMAT.name, payload)?;
    if document.ids().next().is_none() || !document.ids().all(shared::is_ulid) {
        return Err(read::not_of(FORMAT.name, "its ids are not of 26 characters"));
    }
    Ok(statuspage::page(document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::page::{EventKind, EventPhase};
    use allclear_model::Level;

    /// A summary like Statuspage's, with these lists.
    fn summary(lists: &str) -> String {
        format!(
            r#"{{"page":{{"id":"01HZZZZZZZZZZZZZZZZZZZPAGE","name":"Example","url":"https://status.example.com",
            "updated_at":"2026-05-01T10:00:00Z"}},"status":{{"indicator":"none","description":"All good"}},
            "components":[{{"id":"01HZZZZZZZZZZZZZZZZZZZCOMP","name":"API","status":"operational","position":1}}],{lists}}}"#
        )
    }

    #[test]
    fn null_lists_are_empty_lists() {
        let page = parse(summary(r#""incidents":null,"scheduled_maintenances":null"#).as_bytes()).unwrap();
        assert_eq!(page.indicator, Some(Level::Operational));
        assert_eq!(page.components[0].level, Level::Operational);
        assert_eq!((page.events.len(), page.warnings.len()), (0, 0));
        assert_eq!(page.identity.as_deref(), Some("01HZZZZZZZZZZZZZZZZZZZPAGE"));
    }

    #[test]
    fn an_incident_without_components_and_link_is_read() {
        let lists = r#""incidents":[{"id":"01HZZZZZZZZZZZZZZZZZZINCID","name":"API errors","status":"monitoring",
            "impact":"major","created_at":"2026-05-01T09:00:00Z","shortlink":null,
            "incident_updates":[{"body":"We watch","status":"monitoring","display_at":"2026-05-01T09:30:00Z"}]}],
            "scheduled_maintenances":[{"id":"01HZZZZZZZZZZZZZZZZZZMAINT","name":"Move","status":"maintenance_in_progress",
            "impact":"maintenance","scheduled_for":"2026-05-01T09:00:00Z","scheduled_until":"2026-05-01T12:00:00Z",
            "incident_updates":null}]"#;
        let page = parse(summary(lists).as_bytes()).unwrap();
        let [incident, work] = &page.events[..] else { panic!("{page:?}") };
        assert_eq!((incident.phase, incident.impact), (EventPhase::Monitoring, Level::PartialOutage));
        assert_eq!(incident.updates[0].text, "We watch");
        assert_eq!((work.kind, work.phase), (EventKind::Maintenance, EventPhase::InProgress));
    }

    #[test]
    fn a_list_of_incidents_alone_is_known_by_its_ids() {
        let alone =
            |id: &str| parse(format!(r#"{{"incidents":[{{"id":{id:?},"name":"x","status":"resolved"}}]}}"#).as_bytes());
        assert_eq!(alone("01HZZZZZZZZZZZZZZZZZZINCID").unwrap().events[0].phase, EventPhase::Resolved);
        assert!(matches!(alone("kctbh9vrtdwd"), Err(Unread::Shape { .. })));
        assert!(matches!(parse(br#"{"incidents":null}"#), Err(Unread::Shape { .. })));
        assert!(matches!(parse(b"[]"), Err(Unread::Shape { .. })));
    }
}
