//! Gatus, `/api/v1/endpoints/statuses`: endpoints with their last checks, each a success or not. It announces nothing.

use super::Format;
use super::shared::at;
use crate::official::page::{Component, Page};
use crate::official::read::{self, Unread, nullable};
use allclear_model::Level;
use serde::Deserialize;

pub(super) const FORMAT: Format =
    Format { name: "gatus", path: Some("/api/v1/endpoints/statuses?page=1&pageSize=20"), log: false, parse };

#[derive(Deserialize)]
struct Endpoint {
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    group: Option<String>,
    key: String,
    #[serde(deserialize_with = "nullable")]
    results: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    success: bool,
    #[serde(default, deserialize_with = "nullable")]
    timestamp: Option<String>,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let endpoints: Vec<Endpoint> = read::list(FORMAT.name, payload)?;
    if endpoints.is_empty() {
        return Err(read::not_of(FORMAT.name, "it lists no endpoint"));
    }
    let mut updated_at = None;
    let components = endpoints
        .into_iter()
        .map(|e| {
            let at = |check: &Check| at(check.timestamp.as_ref());
            // Checks stand oldest first; of equal times the last is the newest.
            let last = e.results.iter().max_by_key(|check| at(check));
            updated_at = updated_at.max(last.and_then(at));
            Component {
                id: e.key,
                group: e.group.filter(|g| !g.is_empty()),
                name: e.name,
                level: match last {
                    Some(check) if check.success => Level::Operational,
                    Some(_) => Level::MajorOutage,
                    None => Level::Unknown,
                },
                ..Component::default()
            }
        })
        .collect();
    Ok(Page { updated_at, components, ..Page::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::Time;

    #[test]
    fn the_last_check_is_how_an_endpoint_is() {
        let page = parse(
            br#"[{"name":"API","group":"core","key":"core_api","results":[
                {"status":500,"success":false,"duration":1,"timestamp":"2026-05-01T11:00:00.123456789Z","conditionResults":[]},
                {"status":200,"success":true,"duration":1,"timestamp":"2026-05-01T12:00:00Z"}]},
                {"name":"Web","group":"","key":"_web","results":[{"success":true},{"success":false}]},
                {"name":"New","key":"_new","results":null}]"#,
        )
        .unwrap();
        let levels: Vec<_> = page.components.iter().map(|c| (c.id.as_str(), c.group.as_deref(), c.level)).collect();
        assert_eq!(
            levels,
            [
                ("core_api", Some("core"), Level::Operational),
                ("_web", None, Level::MajorOutage),
                ("_new", None, Level::Unknown)
            ]
        );
        assert_eq!(page.updated_at, Time::parse("2026-05-01T12:00:00Z").ok());
    }

    #[test]
    fn other_documents_are_refused() {
        for other in ["{}", "[]", r#"[{"key":"NA1","location":"NA","status":"OK"}]"#, r#"[{"name":"a","key":"b"}]"#] {
            assert!(matches!(parse(other.as_bytes()), Err(Unread::Shape { .. })), "{other}");
        }
    }
}
