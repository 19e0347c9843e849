//! `allclear official`: what is understood of a vendor's page.

use crate::support::{allclear, allclear_in};
use std::io::{Read, Write};
use std::net::TcpListener;

/// A page with one slow component and an incident.
const PAGE: &str = r#"{"page":{"id":"abcdefgh1234","name":"Example","updated_at":"2026-05-01T12:00:00Z"},
"status":{"indicator":"minor","description":"x"},"components":[
{"id":"a","name":"API","status":"degraded_performance","group":false},
{"id":"b","name":"Site","status":"operational","group":false}],
"incidents":[{"id":"i","name":"Slow answers","status":"identified","impact":"minor","created_at":"2026-05-01T11:00:00Z",
"components":[{"id":"a"}],"incident_updates":[{"status":"identified","body":"We know why.","display_at":"2026-05-01T11:30:00Z"}]}],
"scheduled_maintenances":[]}"#;

#[test]
fn a_saved_payload_is_read_as_of_its_day_and_for_a_scope() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("summary.json"), PAGE).unwrap();
    let read =
        |args: &[&str]| allclear_in(dir.path(), &[&["official", "summary.json"], args].concat(), &[], "").ended(0);

    let all = read(&["--json"]).json();
    assert_eq!((all["format"].as_str(), all["level"].as_str()), (Some("statuspage"), Some("degraded_performance")));
    assert_eq!(all["as_of"], "2026-05-01T12:00:00Z");
    assert_eq!(all["components"].as_array().unwrap().len(), 2);
    let event = &all["events"][0];
    assert_eq!((event["kind"].as_str(), event["phase"].as_str()), (Some("incident"), Some("identified")));
    assert_eq!((event["in_scope"].as_bool(), event["counted"].as_bool()), (Some(true), Some(true)));
    assert_eq!((event["started_at"].as_str(), event["resolved_at"].is_null()), (Some("2026-05-01T11:00:00Z"), true));

    let site = read(&["--json", "--scope", "Site"]).json();
    assert_eq!((site["level"].as_str(), site["events"][0]["counted"].as_bool()), (Some("operational"), Some(false)));
    let told = read(&[]).stdout;
    assert!(told.contains("degraded_performance") && told.contains("Slow answers (identified; counts)"), "{told}");
    assert!(told.contains("Slow answers: We know why."), "{told}");
    // Named wrongly, it is unknown and says what is missing.
    let gone = read(&["--json", "--scope", "Nothing"]).json();
    assert_eq!(gone["level"], "unknown");
    assert!(gone["warnings"][0].as_str().unwrap().contains("no component \"Nothing\""), "{gone}");
}

#[test]
fn what_cannot_be_read_is_unknown_with_a_reason_and_its_own_code() {
    let dir = tempfile::tempdir().unwrap();
    for (text, why) in [
        ("<!doctype html><p>All good!", "an HTML page, not data"),
        ("", "the answer is empty"),
        ("{\"a\":1}", "no format known here"),
        ("\u{1}\u{2}", "no format known here"),
    ] {
        std::fs::write(dir.path().join("payload"), text).unwrap();
        let run = allclear_in(dir.path(), &["official", "payload", "--json"], &[], "").ended(3).json();
        assert_eq!(run["level"], "unknown");
        assert!(run["warnings"][0].as_str().unwrap().contains(why), "{text:?}: {run}");
    }
    std::fs::write(dir.path().join("payload"), PAGE).unwrap();
    allclear_in(dir.path(), &["official", "payload", "--format", "datadog"], &[], "").ended(3);
    for (args, why) in [
        (&["official", "no-such-file"][..], "nor a file that can be read"),
        (&["official", "x", "--format", "klingon"], "known are statuspage, incidentio"),
    ] {
        assert!(allclear(args).ended(2).stderr.contains(why), "{args:?}");
    }
    assert!(
        allclear_in(dir.path(), &["official", "payload", "--at", "noon"], &[], "").ended(2).stderr.contains("RFC 3339")
    );
}

#[test]
fn what_a_terminal_would_obey_is_not_printed_and_a_page_of_thousands_is_read_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let evil = PAGE.replace("Slow answers", "Slow\\u001b[2J answers").replace("\"API\"", "\"A\\u001b]0;x\\u0007PI\"");
    std::fs::write(dir.path().join("evil.json"), evil).unwrap();
    let told = allclear_in(dir.path(), &["official", "evil.json"], &[], "").ended(0).stdout;
    assert!(told.contains("Slow") && !told.contains(['\u{1b}', '\u{7}']), "{told:?}");

    let components: Vec<String> = (0..30_000).map(|_| r#"{"id":"","name":"x","status":"odd"}"#.to_owned()).collect();
    let events: Vec<String> = (0..30_000)
        .map(|n| format!(r#"{{"id":"{n}","name":"t","status":"identified","components":[{{"id":"x"}}]}}"#))
        .collect();
    let page = format!(
        r#"{{"page":{{"id":"abcdefgh1234"}},"components":[{}],"incidents":[{}]}}"#,
        components.join(","),
        events.join(",")
    );
    std::fs::write(dir.path().join("large.json"), page).unwrap();
    let large = allclear_in(dir.path(), &["official", "large.json", "--json", "--scope", "x"], &[], "").ended(0).json();
    assert_eq!((large["events"].as_array().unwrap().len(), large["warnings"].as_array().unwrap().len()), (5000, 51));
}

#[test]
fn an_address_leads_to_the_data_behind_the_page_for_people() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "ends with the test's process")]
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 2048];
            let n = stream.read(&mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..n]).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default();
            let (status, body) = match path {
                "/" => ("200 OK", "<!doctype html><title>Status</title>"),
                "/api/v2/summary.json" => ("200 OK", PAGE),
                "/api/v2/components.json" => (
                    "200 OK",
                    r#"{"page":{"id":"abcdefgh1234"},"components":[{"id":"z","name":"Cellar","status":"major_outage"}]}"#,
                ),
                _ => ("404 Not Found", ""),
            };
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let here = [("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8")];
    let url = format!("http://{address}/");
    let read = allclear_in(dir.path(), &["official", &url, "--json", "--at", "2026-05-01T12:10:00Z"], &here, "")
        .ended(0)
        .json();
    assert_eq!((read["format"].as_str(), read["level"].as_str()), (Some("statuspage"), Some("degraded_performance")));
    // What the summary leaves out is asked for where it is wanted.
    let cellar = allclear_in(dir.path(), &["official", &url, "--json", "--scope", "Cellar"], &here, "").ended(0).json();
    assert_eq!((cellar["level"].as_str(), cellar["warnings"].as_array().unwrap().len()), (Some("major_outage"), 0));
    // A host that may not be reached is not a vendor with a problem.
    let refused = allclear(&["official", &url, "--json"]).ended(3).json();
    assert_eq!(refused["level"], "unknown");
    assert!(refused["warnings"][0].as_str().unwrap().contains("not a public address"), "{refused}");
}
