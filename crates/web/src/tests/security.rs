//! What a stranger gets from every address there is.

use super::house::{House, Stream, catalogue};
use crate::App;
use crate::payload::Payload;
use crate::routes::{Methods, Route};
use crate::server::SEND_BUFFER;
use allclear_engine::Referrer;
use allclear_engine::intake::NewReport;
use allclear_model::{FreeText, Slug};
use allclear_testkit::TestEngine;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

/// Every address of the table, with its SLUG, ID and TOKEN made real: there is a report with a text, and an incident that
/// people made.
pub(super) fn every(house: &House) -> Vec<String> {
    let new = NewReport {
        text: FreeText::parse("Sign in fails since nine", FreeText::MAX).unwrap(),
        ..allclear_testkit::new_report("chat", "login")
    };
    let taken = house.engine.handles.intake.report(new, house.engine.origin(1));
    let receipt = house.engine.block_on(taken).unwrap();
    let mut source = 1;
    let incident = loop {
        for _ in 0..20 {
            source += 1;
            house.engine.report("chat", "login", source).unwrap();
        }
        house.published();
        if let Some(incident) = &house.engine.handles.site.service("chat").unwrap().incident {
            break incident.id.to_string();
        }
        assert!(source < 400, "no incident opens");
    };
    house.engine.block_on(house.engine.handles.admin.projected()).unwrap();
    let fill = |p: &&str| {
        p.replace("SLUG", "chat")
            .replace("TOKEN", &receipt.token)
            .replace("CATEGORY", "work")
            .replace("/reports/ID", &format!("/reports/{}", receipt.id))
            .replace("/incidents/ID", &format!("/incidents/{incident}"))
    };
    Route::EVERY.iter().map(fill).collect()
}

#[test]
fn every_address_sends_the_security_headers_and_no_cookie() {
    let house = House::new();
    for path in every(&house) {
        if path == "/api/v1/live" {
            continue; // Never ends; the next test asks it with HEAD.
        }
        let wanted = match &*path {
            "/assets/none/none.css" => 404,
            "/api/v1/services/chat/votes" => 405,
            flags if flags.ends_with("/flags") || flags.ends_with("/batches") => 405,
            "/api/v1/agents/work" => 401,
            "/is-chat-down" => 301,
            _ => 200,
        };
        for accept in ["text/html", "application/json"] {
            let got = house.get_with(&path, &[("accept", accept)]);
            assert_eq!(got.status, wanted, "{path}");
            check(&path, &got);
        }
    }
}

#[test]
fn what_is_posted_is_answered_with_the_security_headers_and_no_cookie_whether_taken_or_not() {
    let house = House::new();
    let follow = format!("/r/{}", house.engine.report("chat", "login", 1).unwrap().token);
    let (form, json) = ("application/x-www-form-urlencoded", "application/json");
    let (reports, votes) = ("/api/v1/services/chat/reports", "/api/v1/services/chat/votes");
    let (good, bad) = (r#"{"symptom":"login"}"#, r#"{"symptom":"nope"}"#);
    let country = r#"{"country":"Narnia"}"#;
    for (path, kind, taken, body, refused, wrong) in [
        ("/s/chat/report", form, 303, "symptom=login", 422, "symptom=nope"),
        ("/s/chat/vote", form, 303, "", 422, "country=Narnia"),
        ("/suggest", form, 303, "name=Foo+Works", 422, "name="),
        ("/feedback", form, 303, "choice=late", 422, "choice=nope"),
        (&*follow, form, 303, "symptom=slow", 422, "symptom=nope"),
        (reports, json, 202, good, 422, bad),
        (votes, json, 202, "{}", 422, country),
    ] {
        let kind = ("content-type", kind);
        for (status, headers, body) in [
            (taken, vec![kind], body),
            (refused, vec![kind], wrong),
            (403, vec![kind, ("sec-fetch-site", "cross-site")], body),
            (415, vec![("content-type", "text/plain")], body),
        ] {
            let got = house.send("POST", path, &headers, body);
            assert_eq!(got.status, status, "{path} {headers:?} {body}");
            check(path, &got);
            assert_eq!(got.header("cache-control"), Some("no-store"), "{path} {status}");
        }
    }
}

pub(super) fn check(path: &str, got: &super::house::Got) {
    let is = |name: &str| got.header(name).unwrap_or_default().to_owned();
    assert_eq!(is("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(is("referrer-policy"), "same-origin", "{path}");
    assert!(is("permissions-policy").contains("geolocation=()"), "{path}");
    let csp = is("content-security-policy");
    assert!(csp.starts_with("default-src 'none';"), "{path}: {csp}");
    assert!(!csp.contains("unsafe") && !csp.contains("http"), "{path}: {csp}");
    assert!(!is("cross-origin-resource-policy").is_empty(), "{path}");
    let framed = path.ends_with("/embed");
    assert_eq!(csp.contains("frame-ancestors 'none'"), !framed, "{path}: {csp}");
    assert_eq!(is("x-frame-options") == "DENY", !framed, "{path}");
    assert!(got.header("set-cookie").is_none(), "{path}");
    assert!(got.header("server").is_none(), "{path}");
    assert!(!is("cache-control").is_empty(), "{path}");
}

#[test]
fn a_head_has_the_headers_of_a_get_and_no_body() {
    let house = House::new();
    for path in every(&house) {
        let head = house.send("HEAD", &path, &[], "");
        assert!(head.body.is_empty(), "{path}");
        check(&path, &head);
        if path == "/api/v1/live" {
            assert_eq!(head.header("content-type"), Some("text/event-stream"));
            assert_eq!(head.header("x-accel-buffering"), Some("no"));
            continue;
        }
        let get = house.get(&path);
        assert_eq!(head.status, get.status, "{path}");
        if path != "/status" {
            assert_eq!(head.header("content-length"), get.header("content-length"), "{path}");
        }
    }
}

#[test]
fn another_method_is_refused_with_the_ones_that_work() {
    let house = House::new();
    for path in every(&house) {
        let route = Route::parse(&path).unwrap();
        let methods = route.methods();
        for method in ["PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
            let got = house.send(method, &path, &[], "");
            assert_eq!(got.status, 405, "{method} {path}");
            assert_eq!(got.header("allow"), Some(methods.allow()), "{method} {path}");
            assert!(got.text().contains(&format!("takes these methods: {}", methods.allow())), "{method} {path}");
        }
        if methods == Methods::Get {
            assert_eq!(house.send("POST", &path, &[], "").status, 405, "{path}");
        }
        let options = house.send("OPTIONS", &path, &[], "");
        if route.is_api() {
            assert_eq!(options.status, 204, "{path}");
            assert_eq!(options.header("access-control-allow-methods"), Some("GET, HEAD"), "{path}");
        } else {
            assert_eq!(options.status, 405, "{path}");
        }
    }
}

#[test]
fn scripts_of_any_site_may_read_the_api_and_nothing_of_a_reader() {
    let house = House::new();
    for path in every(&house) {
        let got = house.send("HEAD", &path, &[("origin", "https://elsewhere.example")], "");
        let open = got.header("access-control-allow-origin") == Some("*");
        let private = path.starts_with("/r/") || path.contains("report") && !path.starts_with("/api/");
        assert!(!(open && private), "{path}");
        if Route::parse(&path).unwrap().is_api() && got.status == 200 {
            assert!(open, "{path}");
        }
        assert!(got.header("access-control-allow-credentials").is_none(), "{path}");
    }
}

#[test]
fn pages_hold_nothing_inline_and_nothing_of_other_sites() {
    let house = House::new();
    for path in every(&house) {
        if path == "/api/v1/live" {
            continue;
        }
        let got = house.get(&path);
        if got.header("content-type") != Some("text/html; charset=utf-8") {
            continue;
        }
        let text = got.text();
        for bad in ["<style", " style=\"", "onclick=", "onload=", "javascript:", "<script>", "src=\"http", "<iframe"] {
            assert!(!text.contains(bad), "{path} has {bad}");
        }
        for link in text.split("<link ").skip(1) {
            let tag = link.split('>').next().unwrap_or_default();
            let foreign = tag.contains("href=\"http") && !tag.contains("href=\"http://up.example.org");
            assert!(!foreign, "{path} has {tag}");
        }
        assert!(!text.contains("x.invalid"), "{path} believes the Host header");
    }
}

/// A body whose arrival makes whoever reads it panic, quoting it.
struct Trap(&'static str);

impl hyper::body::Body for Trap {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<bytes::Bytes>, Self::Error>>> {
        panic!("cannot read {}", self.0)
    }
}

#[test]
fn a_panic_while_a_request_is_handled_is_an_answer_with_all_headers_without_what_was_sent_and_is_counted() {
    const SECRET: &str = "sk-or-v1-5f0e1d2c3b4a59687786958493a2b1c0";
    let house = House::new();
    for (path, accept, content_type, kind) in [
        ("/s/chat/report", "text/html", "application/x-www-form-urlencoded", "text/html"),
        ("/api/v1/services/chat/reports", "application/json", "application/json", "application/problem+json"),
    ] {
        let request = hyper::Request::post(path)
            .header("host", "up.example.org")
            .header("accept", accept)
            .header("content-type", content_type)
            .body(Trap(SECRET))
            .unwrap();
        let res = house.engine.block_on(house.app.clone().cold_answer([192, 0, 2, 7].into(), request));
        assert_eq!(res.status(), 500, "{path}");
        let Payload::Ready(Some(body)) = res.body() else { panic!("{path} has no body") };
        let text = format!("{:?} {}", res.headers(), String::from_utf8_lossy(body));
        assert!(SECRET.as_bytes().windows(12).all(|w| !text.contains(std::str::from_utf8(w).unwrap())), "{text}");
        let header = |name: &str| res.headers().get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        assert!(header("content-type").starts_with(kind), "{path}: {}", header("content-type"));
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(header("content-security-policy").starts_with("default-src 'none';"), "{path}");
    }
    assert_eq!(house.app.hot().telemetry().panics.load(std::sync::atomic::Ordering::Relaxed), 2);
    assert_eq!(house.get_with("/s/chat", &[("accept", "text/html")]).status, 200, "the site goes on");
}

#[test]
fn a_panic_on_the_way_from_memory_is_an_answer_with_all_headers_and_the_connection_goes_on() {
    let armed = Arc::new(AtomicBool::new(false));
    let trap = armed.clone();
    let house = House::made(
        TestEngine::new(catalogue()),
        |_| {},
        SEND_BUFFER,
        move |cfg, handles, stop| {
            let visit = move |_: &Slug, _: Referrer| assert!(!trap.load(Relaxed), "a fault on the way from memory");
            App::counting(cfg, handles, stop, Arc::new(visit))
        },
    );
    house.published();
    assert_eq!(house.get("/s/chat").status, 200);
    armed.store(true, Relaxed);
    for (accept, kind) in [("text/html", "text/html; charset=utf-8"), ("application/json", "application/problem+json")]
    {
        let got = house.get_with("/s/chat", &[("accept", accept)]);
        assert_eq!((got.status, got.header("content-type")), (500, Some(kind)));
        assert_eq!((got.header("cache-control"), got.header("x-robots-tag")), (Some("no-store"), Some("noindex")));
        check("/s/chat", &got);
        assert!(!got.text().contains("on the way"), "what went wrong is for the log: {}", got.text());
        if accept == "application/json" {
            assert_eq!((got.json()["code"].as_str(), got.json()["status"].as_u64()), (Some("internal"), Some(500)));
        }
    }
    house.engine.block_on(async {
        let mut s = Stream::open(house.at, "/s/chat", "").await;
        s.until("HTTP/1.1 500").await;
        s.until("</html>").await;
        // The same connection, a page that does not fail, and the same page once nothing is wrong with it.
        s.ask("/s/chat/guide").await;
        s.until("HTTP/1.1 200").await;
        s.until("</html>").await;
        armed.store(false, Relaxed);
        s.ask("/s/chat").await;
        s.until("HTTP/1.1 200").await;
    });
    let telemetry = house.app.hot().telemetry();
    assert_eq!(telemetry.panics.load(Relaxed), 3);
    assert_eq!(telemetry.by_class[4].load(Relaxed), 3, "counted as answers too");
}
