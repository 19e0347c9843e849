//! No answer of a vendor makes a reader panic, and whatever is read has a level.

use super::payloads::ALL;
use super::{Scope, noon};
use allclear_signals::official::{self, FORMATS};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The payloads that are JSON, without what stands around them.
fn values() -> Vec<Value> {
    let around = [("jsonCallback(", ");"), ("<!doctype html><script id=\"data\">", "</script>")];
    let bare = |payload: &'static str| {
        let within = |(start, end)| payload.strip_prefix(start)?.strip_suffix(end);
        around.into_iter().find_map(within).unwrap_or(payload)
    };
    let json = ALL.iter().map(|(_, payload)| bare(payload)).filter(|payload| !payload.starts_with('<'));
    json.map(|payload| serde_json::from_str(payload).unwrap_or_else(|e| panic!("{e}: {payload}"))).collect()
}

/// How many values stand in `value`, itself among them.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// Puts `other` in the place of the value that is `nth` from here, in the order of [`count`].
fn replace(value: &mut Value, nth: &mut usize, other: &Value) {
    if *nth == 0 {
        *value = other.clone();
        *nth = usize::MAX;
        return;
    }
    *nth -= 1;
    let inner: Vec<&mut Value> = match value {
        Value::Array(list) => list.iter_mut().collect(),
        Value::Object(map) => map.values_mut().collect(),
        _ => Vec::new(),
    };
    for value in inner {
        if *nth == usize::MAX {
            return;
        }
        replace(value, nth, other);
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("$undefined")),
        Just(json!([])),
        Just(json!({})),
        Just(json!([null, {"id": "x"}, "y", [1]])),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "operational",
            "OPERATIONAL",
            "maintenance",
            "resolved",
            "9998-12-31T23:59:59Z",
            "0001-01-01T00:00:00",
            "1 jan 70 00:00 -9999"
        ])
        .prop_map(Value::from),
    ]
}

/// Reads `payload` with every format and judges what comes of it, for the whole page and a part.
pub(super) fn survives(payload: &[u8]) {
    for format in FORMATS {
        let Ok(page) = (format.parse)(payload) else { continue };
        for scope in [Scope::whole(), Scope::of(&["API", "x @ y"])] {
            let status = official::judge(format, page.clone(), &scope, noon());
            let known = status.level != allclear_model::Level::Unknown;
            assert!(known || !status.warnings.is_empty(), "an unknown level is explained: {status:?}");
            let _ = status.newest();
        }
    }
}

/// As many of `one` as are asked for, numbered where it has a `#`.
fn many(count: usize, one: &str) -> String {
    (0..count).map(|n| one.replace('#', &n.to_string())).collect::<Vec<_>>().join(",")
}

#[test]
fn lists_of_many_thousands_are_read_in_time() {
    let payloads = [
        format!(
            r#"{{"page":{{"id":"abcdefgh1234"}},"incidents":[{{"id":"i","name":"x","status":"resolved","incident_updates":[{{"status":"resolved","affected_components":[{}]}}]}}]}}"#,
            many(40_000, r##"{"code":"#"}"##)
        ),
        format!(
            r#"{{"data":{{"id":"1","type":"status_page"}},"included":[{},{}]}}"#,
            many(40_000, r##"{"id":"#","type":"status_report"}"##),
            many(
                40_000,
                r##"{"id":"#","type":"status_update","relationships":{"status_report":{"data":{"id":"#"}}}}"##
            )
        ),
        format!(
            r#"{{"config":{{"slug":"a"}},"publicGroupList":[{{"monitorList":[{}]}}],"heartbeatList":{{"1":[{}]}}}}"#,
            many(40_000, r#"{"id":1,"name":"x"}"#),
            many(40_000, r#"{"status":1}"#)
        ),
        format!(
            r#"{{"summary":{{"open_incidents":[{{"id":"1","updates":[{{"severity":"minor","status":"open","impacted_business_services":[{}]}}]}}],
            "post_enums":[{}],"post_status_page_services":[{}]}}}}"#,
            many(40_000, r##"{"business_service_id":"#","severity":"odd"}"##),
            many(40_000, r#"{"name":"x#","layout_settings":{"key":"incident/severity/minor"}}"#),
            many(40_000, r##"{"external_business_service_id":"#","name":"n#"}"##)
        ),
    ];
    let start = tokio::time::Instant::now();
    for payload in payloads {
        assert!(official::detect(payload.as_bytes()).is_ok());
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn a_long_text_is_not_kept_once_for_each_that_names_it() {
    let long = "x".repeat(100_000);
    let list = |child: &str| many(1000, child);
    let payloads = [
        format!(
            r#"{{"page":{{"id":"abcdefgh1234"}},"components":[{{"id":"g","name":"{long}","status":"operational","group":true}},{}]}}"#,
            list(r##"{"id":"#","name":"a","status":"operational","group_id":"g"}"##)
        ),
        format!(
            r#"{{"id":"p","pageType":"x","domainPrefix":"x","page_url":"","pageUrl":"{long}","components":[{{"id":"{long}","name":"{long}","components":[{}]}}],"incidents":[{}]}}"#,
            list(r##"{"id":"#","name":"a","status":"operational"}"##),
            list(r##"{"id":"#","title":"a","currentStatus":"resolved"}"##)
        ),
        format!(
            r#"{{"uptime":[{{"id":"{long}","name":"{long}","services":[{{"id":"{long}","days":[{{"events":[{}]}}]}},{}]}}]}}"#,
            list(r##"{"id":"#","severity":"MINOR","lastUpdateStatus":"RESOLVED"}"##),
            list(r##"{"id":"#"}"##)
        ),
        format!(
            r#"{{"services":[{{"serviceName":"{long}","events":[{}]}}]}}"#,
            list(r##"{"messageId":"#","statusType":"odd","eventStatus":"odd"}"##)
        ),
        format!(
            r#"{{"data":{{"id":"1","type":"status_page"}},"included":[{},{{"id":"u","type":"status_update","attributes":{{"message":"{long}"}}}}]}}"#,
            list(r##"{"id":"#","type":"status_report","relationships":{"status_updates":{"data":[{"id":"u"}]}}}"##)
        ),
    ];
    let start = tokio::time::Instant::now();
    for payload in payloads {
        let (format, page) = official::detect(payload.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        let kept = serde_json::to_string(&page).map_or(0, |text| text.len());
        assert!(kept < 4_000_000, "{}: {kept}", format.name);
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn a_payload_that_was_cut_off_is_refused() {
    for (name, payload) in ALL {
        for at in 0..payload.len() {
            let (cut, rest) = payload.as_bytes().split_at(at);
            survives(cut);
            // The call around Apple's object ends before the last sign, and so does the script in PagerDuty's page.
            let whole = matches!((*name, rest), ("apple", b";") | ("pagerduty", b">"));
            assert_eq!(official::detect(cut).is_ok(), whole, "{}", String::from_utf8_lossy(cut));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survives(&bytes);
    }

    #[test]
    fn any_bytes_after_a_byte_order_mark_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survives(&[&[0xFE, 0xFF][..], &bytes].concat());
    }

    #[test]
    fn values_of_another_kind_are_read_or_refused(
        mut payload in prop::sample::select(values()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any_value()), 1..4),
    ) {
        for (index, other) in changes {
            let mut nth = index.index(count(&payload));
            replace(&mut payload, &mut nth, &other);
        }
        survives(payload.to_string().as_bytes());
    }
}
