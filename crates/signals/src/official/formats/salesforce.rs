//! Salesforce Trust, `https://api.status.salesforce.com/v1/instances`, and `/v1/instances/status/preview`, which is empty without
//! `?products=…`.
//!
//! One state per instance, of which there are hundreds, so a service that means one instance needs a scope: most of them are well
//! while any one is not. "CORE" is what customers work with; the rest of an instance may be impaired while that works.

use super::Format;
use super::shared::known;
use crate::official::page::{Component, Page};
use crate::official::read::{self, Unread, nullable};
use allclear_model::Level;
use serde::Deserialize;

pub(super) const FORMAT: Format = Format { name: "salesforce", path: Some("/v1/instances"), log: false, parse };

#[derive(Deserialize)]
struct Instance {
    key: String,
    location: Option<String>,
    #[serde(deserialize_with = "nullable")]
    status: Option<String>,
}

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let instances: Vec<Instance> = read::list(FORMAT.name, payload)?;
    // Lists of keys and statuses are common; that every one lies somewhere is not.
    if instances.is_empty() || instances.iter().any(|i| i.location.is_none()) {
        return Err(read::not_of(FORMAT.name, "it lists no instances with locations"));
    }
    let mut warnings = Vec::new();
    let components = instances
        .into_iter()
        .map(|i| {
            let word = i.status.unwrap_or_default();
            Component {
                level: known(level, &word, format_args!("instance {:?} has the unknown status", i.key), &mut warnings),
                id: i.key.clone(),
                group: i.location,
                name: i.key,
                ..Component::default()
            }
        })
        .collect();
    Ok(Page {
        identity: Some("salesforce".to_owned()),
        name: Some("Salesforce".to_owned()),
        components,
        alike: true,
        warnings,
        ..Page::default()
    })
}

fn level(word: &str) -> Option<Level> {
    Some(match word {
        "OK" | "INFORMATIONAL" | "INFORMATIONAL_CORE" | "INFORMATIONAL_NONCORE" => Level::Operational,
        "MAINTENANCE_CORE" | "MAINTENANCE_NONCORE" | "UNPLANNED_MAINTENANCE_CORE" | "UNPLANNED_MAINTENANCE_NONCORE" => {
            Level::UnderMaintenance
        }
        "MINOR_INCIDENT_CORE" | "MINOR_INCIDENT_NONCORE" => Level::DegradedPerformance,
        "MAJOR_INCIDENT_NONCORE" => Level::PartialOutage,
        "MAJOR_INCIDENT_CORE" => Level::MajorOutage,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::{Scope, judge};
    use allclear_model::Time;

    #[test]
    fn a_scope_of_one_instance_is_that_instance() {
        let page = parse(
            br#"[{"key":"NA1","location":"NA","status":"OK","releaseVersion":"x"},{"key":"EU2","location":"EMEA","status":"MAJOR_INCIDENT_CORE"},
                {"key":"AP3","location":"APAC","status":"MINOR_INCIDENT_NONCORE"},{"key":"AP4","location":"APAC","status":"UNPLANNED_MAINTENANCE_CORE"}]"#,
        )
        .unwrap();
        let now = Time::parse("2026-05-01T12:00:00Z").unwrap();
        let level = |scope: &str| judge(&FORMAT, page.clone(), &Scope::of(&[scope]), now).level;
        assert_eq!(level("na1"), Level::Operational);
        assert_eq!(level("EMEA"), Level::MajorOutage);
        assert_eq!(level("AP3"), Level::DegradedPerformance);
        assert_eq!(level("AP4"), Level::UnderMaintenance);
    }

    #[test]
    fn the_whole_is_as_bad_as_the_share_of_instances_that_suffer() {
        let now = Time::parse("2026-05-01T12:00:00Z").unwrap();
        let level = |ill: usize, word: &str| {
            let one = |n: usize| {
                let status = if n < ill { word } else { "OK" };
                format!(r#"{{"key":"NA{n}","location":"NA","status":"{status}"}}"#)
            };
            let payload = format!("[{}]", (0..40).map(one).collect::<Vec<_>>().join(","));
            judge(&FORMAT, parse(payload.as_bytes()).unwrap(), &Scope::whole(), now).level
        };
        assert_eq!(level(0, "OK"), Level::Operational);
        assert_eq!(level(1, "MAJOR_INCIDENT_CORE"), Level::DegradedPerformance);
        assert_eq!(level(4, "MAJOR_INCIDENT_CORE"), Level::PartialOutage);
        assert_eq!(level(20, "MAJOR_INCIDENT_CORE"), Level::MajorOutage);
        assert_eq!(level(20, "MINOR_INCIDENT_CORE"), Level::DegradedPerformance);
        assert_eq!(level(1, "MAINTENANCE_CORE"), Level::Operational);
        assert_eq!(level(40, "MAINTENANCE_CORE"), Level::UnderMaintenance);
        assert_eq!(level(1, "ODD"), Level::Operational);
        assert_eq!(level(20, "ODD"), Level::Unknown);
    }

    #[test]
    fn unknown_words_are_said_and_make_nothing_well() {
        let page =
            parse(br#"[{"key":"NA1","location":"NA","status":"ODD"},{"key":"NA2","location":"NA","status":null}]"#)
                .unwrap();
        assert!(page.components.iter().all(|c| c.level == Level::Unknown));
        assert_eq!(page.warnings[0], r#"instance "NA1" has the unknown status "ODD""#);
    }

    #[test]
    fn other_documents_are_refused() {
        for other in ["{}", "[]", r#"[{"key":"NA1","status":"OK"}]"#, r#"[{"name":"a","key":"b","results":[]}]"#] {
            assert!(matches!(parse(other.as_bytes()), Err(Unread::Shape { .. })), "{other}");
        }
    }
}
