//! Which statuses are answered, against what the description says; and what never becomes a request.

use super::house::{House, Stream, catalogue, parse};
use super::security::check;
use allclear_testkit::{Fault, Folder, TestEngine};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Path as the description writes it, and method.
type Operation = (&'static str, &'static str);

const SERVICE: &str = "/api/v1/services/{slug}";
const REPORTS: &str = "/api/v1/services/{slug}/reports";
const VOTES: &str = "/api/v1/services/{slug}/votes";

/// Answered at every address, whoever is meant: a head that is no HTTP, another method, a head too long, a fault of
/// ours, a full house. The tests below and those of security show them.
const ANYWHERE: [u16; 5] = [400, 405, 431, 500, 503];

#[derive(Default)]
struct Seen(BTreeMap<Operation, BTreeSet<u16>>);

impl Seen {
    fn note(&mut self, at: Operation, status: u16, want: u16) {
        assert_eq!(status, want, "{at:?}");
        self.0.entry(at).or_default().insert(status);
    }
}

#[test]
fn the_description_names_every_status_that_an_operation_answers_and_no_other() {
    let engine =
        TestEngine::open(Folder::new(), catalogue(), |c| c.limits.reports_per_source_per_hour = 2).map_err(|(_, e)| e);
    let house = House::over(engine.unwrap(), |cfg| cfg.body_timeout = Duration::from_millis(300));
    let mut seen = Seen::default();
    reads(&house, &mut seen);
    for path in [REPORTS, VOTES] {
        posts(&house, &mut seen, path);
    }
    flags(&house, &mut seen);
    let doc = house.get("/api/v1/openapi.json").json();
    let mut described = BTreeMap::new();
    for (path, item) in doc["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(m, _)| ["get", "post"].contains(&&***m)) {
            let responses = operation["responses"].as_object().unwrap();
            for (status, response) in responses {
                let refused = status.starts_with('4') || status.starts_with('5');
                assert_eq!(refused, !response["content"]["application/problem+json"].is_null(), "{path} {status}");
            }
            let statuses: BTreeSet<u16> = responses.keys().map(|s| s.parse().unwrap()).filter(|s| *s >= 300).collect();
            described.insert((path.clone(), method.clone()), statuses);
        }
    }
    let mut answered: BTreeMap<_, BTreeSet<u16>> = BTreeMap::new();
    for ((path, method), statuses) in seen.0 {
        answered.insert((path.to_owned(), method.to_owned()), statuses.into_iter().chain(ANYWHERE).collect());
    }
    assert_eq!(answered, described);
}

fn reads(house: &House, seen: &mut Seen) {
    let chart = "/api/v1/services/{slug}/chart";
    let uptime = "/api/v1/services/{slug}/uptime";
    let incidents = "/api/v1/services/{slug}/incidents";
    house.published();
    for path in ["/api/v1/services", SERVICE, chart, uptime, REPORTS, incidents] {
        let target = |slug: &str| path.replace("{slug}", slug);
        let first = house.get(&target("chat"));
        let tag = first.header("etag").unwrap();
        seen.note((path, "get"), house.get_with(&target("chat"), &[("if-none-match", tag)]).status, 304);
        if path.contains("{slug}") {
            seen.note((path, "get"), house.get(&target("CHAT")).status, 301);
            seen.note((path, "get"), house.get(&target("none")).status, 404);
        }
    }
    let checks = "/api/v1/services/{slug}/checks";
    seen.note((checks, "get"), house.get("/api/v1/services/CHAT/checks").status, 301);
    seen.note((checks, "get"), house.get("/api/v1/services/none/checks").status, 404);
    seen.note(("/api/v1/incidents/{id}", "get"), house.get("/api/v1/incidents/chat-20260101t0000").status, 404);
    seen.note(("/api/v1/reports/{id}", "get"), house.get("/api/v1/reports/x").status, 404);
    seen.note(("/api/v1/challenge", "get"), house.send("PUT", "/api/v1/challenge", &[], "").status, 405);
    seen.note(("/api/v1/live", "get"), house.get("/api/v1/live?service=none").status, 404);
    seen.note(("/api/v1/live", "get"), house.send("PUT", "/api/v1/live", &[], "").status, 405);
    house.engine.store.fail(Fault::Gone);
    let of_the_archive = [
        (REPORTS, "/api/v1/services/chat/reports?before=1"),
        (incidents, "/api/v1/services/chat/incidents?before=1"),
        (checks, "/api/v1/services/chat/checks"),
        ("/api/v1/incidents", "/api/v1/incidents"),
        ("/api/v1/incidents/{id}", "/api/v1/incidents/chat-20260101t0000"),
        ("/api/v1/reports/{id}", "/api/v1/reports/01890000-0000-7000-8000-000000000000"),
    ];
    for (path, target) in of_the_archive {
        seen.note((path, "get"), house.get(target).status, 503);
    }
    house.engine.store.fail(Fault::None);
}

fn flags(house: &House, seen: &mut Seen) {
    let at = ("/api/v1/reports/{id}/flags", "post");
    let unknown = "/api/v1/reports/01890000-0000-7000-8000-000000000000/flags";
    let send = |headers: &[(&str, &str)], body: &str| house.send("POST", unknown, headers, body).status;
    seen.note(at, send(&[("sec-fetch-site", "cross-site")], ""), 403);
    seen.note(at, send(&[], ""), 404);
    seen.note(at, send(&[], &"x".repeat(25_000)), 413);
    let head = format!("POST {unknown} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nx");
    let slow = house.engine.block_on(async { Stream::raw(house.at, &head).await.end().await });
    seen.note(at, parse(slow.as_bytes()).status, 408);
    house.engine.store.fail(Fault::Gone);
    seen.note(at, send(&[], ""), 503);
    house.engine.store.fail(Fault::None);
    let limited = (0..40).map(|_| send(&[], "")).find(|s| *s != 404);
    seen.note(at, limited.unwrap(), 429);
}

fn posts(house: &House, seen: &mut Seen, path: &'static str) {
    let at = (path, "post");
    let target = path.replace("{slug}", "chat");
    let json = ("content-type", "application/json");
    let send = |target: &str, headers: &[(&str, &str)], body: &str| house.send("POST", target, headers, body).status;
    let good = r#"{"symptom":"login"}"#;
    let long = "x".repeat(25_000);
    seen.note(at, send(&target, &[json], "{"), 400);
    seen.note(at, send(&target, &[json, ("sec-fetch-site", "cross-site")], good), 403);
    seen.note(at, send(&path.replace("{slug}", "none"), &[json], good), 404);
    seen.note(at, send(&target, &[json], &long), 413);
    seen.note(at, send(&target, &[("content-type", "text/plain")], good), 415);
    seen.note(at, send(&target, &[json], r#"{"symptom":"login","country":"Narnia"}"#), 422);
    let head = format!(
        "POST {target} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{\"sym"
    );
    let slow = house.engine.block_on(async { Stream::raw(house.at, &head).await.end().await });
    seen.note(at, parse(slow.as_bytes()).status, 408);
    house.engine.journal.fail(Fault::Full);
    seen.note(at, send(&target, &[json], good), 503);
    house.engine.journal.fail(Fault::None);
    let keyed = [json, ("idempotency-key", "k")];
    assert_eq!(send(&target, &keyed, good), 202);
    if path == REPORTS {
        seen.note(at, send(&target, &keyed, r#"{"symptom":"slow"}"#), 409);
    }
    assert_eq!(send(&target, &[json], good), 202);
    seen.note(at, send(&target, &[json], good), 429);
}

#[test]
fn a_head_that_is_no_http_or_too_long_is_refused_with_our_headers_and_a_sentence() {
    let house = House::new();
    let long = format!("GET /s/chat HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "x".repeat(70_000));
    let cases: [(&[u8], u16, &str); 5] = [
        (b"NONSENSE\r\n\r\n", 400, "bad-request"),
        (b"GET /s/chat HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n", 400, "bad-request"),
        (b"GET /s/chat HTTP/9.9\r\nhost: x\r\n\r\n", 400, "bad-request"),
        (
            b"POST /s/chat/vote HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            400,
            "bad-request",
        ),
        (long.as_bytes(), 431, "head-too-large"),
    ];
    for (bytes, status, code) in cases {
        let got = parse(&house.raw(bytes));
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        assert_eq!(got.status, status, "{shown}");
        check("", &got);
        assert_eq!(got.header("content-type"), Some("application/problem+json"), "{shown}");
        assert_eq!(got.header("content-length"), Some(&*got.body.len().to_string()), "{shown}");
        assert_eq!(got.header("connection"), Some("close"), "{shown}");
        assert!(got.header("date").is_some(), "{shown}");
        assert_eq!(got.json()["code"], code, "{shown}");
        assert!(!got.json()["detail"].as_str().unwrap().is_empty(), "{shown}");
    }
    // After a good request on the same connection too, and what is answered before stays as it was.
    let both = house.raw(b"GET /privacy HTTP/1.1\r\nhost: x\r\n\r\nNONSENSE\r\n\r\n");
    let text = String::from_utf8(both).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("HTTP/1.1 400 Bad Request\r\n"), "{text}");
    assert_eq!(text.matches("x-content-type-options: nosniff").count(), 2, "{text}");
}

#[test]
fn a_full_house_says_so_with_our_headers_and_a_sentence() {
    let house = House::with(|cfg| cfg.server.max_connections = 1);
    house.engine.block_on(async {
        let mut held = Stream::open(house.at, "/", "").await;
        held.until("HTTP/1.1 200").await;
        let got = parse(Stream::raw(house.at, "").await.end().await.as_bytes());
        assert_eq!((got.status, got.header("retry-after")), (503, Some("5")));
        check("", &got);
        assert_eq!(got.json()["code"], "unavailable");
    });
}
