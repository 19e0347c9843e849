//! Reports, votes and the other forms, through every door.

use super::house::House;
use crate::BaseUrl;
use allclear_testkit::{Fault, TestEngine};
use std::time::Duration;

#[test]
fn a_report_through_the_form_ends_on_a_page_that_follows_it() {
    let house = House::new();
    let posted = house.form("/s/chat/report", "symptom=login&country=DE&text=It%20broke");
    assert_eq!(posted.status, 303, "{}", posted.text());
    let to = posted.header("location").unwrap().to_owned();
    assert!(to.starts_with("/r/"), "{to}");
    let thanks = house.get(&to);
    assert_eq!(thanks.status, 200);
    assert!(thanks.text().contains("data-thanks"));
    assert_eq!(thanks.header("cache-control"), Some("no-store"));
    house.published();
    assert!(house.get("/s/chat").text().contains("Cannot sign in"));
    assert!(house.get("/s/chat").text().contains("It broke"), "the text has passed the rules");
    let one = house.get("/api/v1/services/chat").json();
    assert_eq!(one["reports"]["actual"], 1);
    assert_eq!(one["recent"][0]["symptom"], "login");
}

#[test]
fn a_form_that_is_wrong_is_shown_again_with_what_was_typed() {
    let house = House::new();
    let long = "so slow! ".repeat(56);
    for (body, wanted) in [
        ("symptom=&text=Kept+%26+safe&country=DE".to_owned(), "Kept &#38; safe"),
        ("symptom=nonsense&text=Kept".to_owned(), "Kept"),
        (format!("symptom=login&text={}", long.replace(' ', "+")), long.trim()),
        ("symptom=login&text=Kept&country=ZZ".to_owned(), "Kept"),
    ] {
        let got = house.form("/s/chat/report", &body);
        assert_eq!(got.status, 422, "{body}");
        assert!(
            got.text().contains(wanted) || got.text().contains(&wanted.replace("&#38;", "&amp;")),
            "{body}: {}",
            got.text()
        );
        assert!(got.text().contains("data-errors"), "{body}");
    }
    // 500 characters as the browser counts them: a line break is one, and is sent as two.
    let lines = "x%0D%0A".repeat(250);
    assert_eq!(house.form("/s/chat/report", &format!("symptom=login&text={lines}")).status, 303);
}

#[test]
fn a_form_that_is_refused_for_whatever_reason_keeps_what_was_typed() {
    let house = House::new();
    let form = ("content-type", "application/x-www-form-urlencoded");
    let typed = "symptom=slow&country=DE&text=Kept+%26+safe";
    let long = format!("{typed}+{}", "x".repeat(40_000));
    let parts = "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nKept & safe\r\n--b--\r\n";
    for (headers, body, status) in [
        (vec![form, ("sec-fetch-site", "cross-site")], typed, 403),
        (vec![form, ("origin", "https://evil.example.net")], typed, 403),
        (vec![form], &*long, 413),
        (vec![("content-type", "text/plain")], typed, 415),
        (vec![("content-type", "multipart/form-data; boundary=b")], parts, 415),
        (vec![form], "text=Kept+%26+safe&symptom=slow&symptom=login", 400),
        (vec![form], "text=Kept+%26+safe&symptom=%zz", 400),
        (vec![form], "text=Kept+%26+safe&symptom=%ff", 400),
        (vec![form, ("idempotency-key", "two words")], typed, 400),
        (vec![form], "text=Kept+%26+safe", 422),
    ] {
        let got = house.send("POST", "/s/chat/report", &headers, body);
        assert_eq!(got.status, status, "{headers:?} {body:.80}");
        let page = got.text();
        assert!(page.contains("data-errors"), "{headers:?} {body:.80}: it says what is wrong");
        assert!(page.contains("Kept &#38; safe") || page.contains("Kept &amp; safe"), "{headers:?} {body:.80}: {page}");
        assert_eq!(page.contains("The beginning of what you entered"), status == 413, "{body:.80}");
        if body.starts_with("symptom=slow") {
            assert!(page.contains("class=\"tap was\" name=\"symptom\" value=\"slow\""), "{headers:?}");
            assert!(page.contains("value=DE selected"), "{headers:?}");
        }
        let asked =
            house.send("POST", "/s/chat/report", &[&headers[..], &[("accept", "application/json")]].concat(), body);
        assert_eq!((asked.status, asked.header("content-type")), (status, Some("application/problem+json")));
    }
    let nowhere = house.form("/s/chatt/report", typed);
    assert_eq!(nowhere.status, 404);
    assert!(nowhere.text().contains("/s/chat\""), "the nearest service");
    assert!(nowhere.text().contains("Kept &#38; safe") || nowhere.text().contains("Kept &amp; safe"));
    let compressed = house.send("POST", "/s/chat/report", &[form, ("content-encoding", "gzip")], "\u{1f}\u{8b}");
    assert_eq!(compressed.status, 415);
    assert!(!house.engine.entries().iter().any(|e| e.signal.kind() == "report_accepted"), "nothing of it was taken");
    for (headers, body, status) in [
        (vec![form, ("sec-fetch-site", "cross-site")], "name=Foo+Works", 403),
        (vec![("content-type", "text/plain")], "name=Foo+Works", 415),
        (vec![form], "name=Foo+Works&homepage=%zz", 400),
    ] {
        let got = house.send("POST", "/suggest", &headers, body);
        assert_eq!(got.status, status, "{body}");
        assert!(got.text().contains("value=\"Foo Works\""), "{body}");
    }
}

#[test]
fn a_report_that_is_not_answered_in_time_is_neither_called_kept_nor_lost() {
    let house = House::with(|cfg| cfg.cold_timeout = std::time::Duration::from_millis(50));
    house.engine.journal.fail(Fault::Stuck);
    let form = [("content-type", "application/x-www-form-urlencoded"), ("idempotency-key", "only-once")];
    for _ in 0..2 {
        let got = house.send("POST", "/s/chat/report", &form, "symptom=login&text=Kept");
        assert_eq!(got.status, 503);
        assert!(got.text().contains("it is not known whether this was kept"), "{}", got.text());
        assert!(got.text().contains("Kept"));
        assert!(got.header("retry-after").is_some());
    }
    let got = house.json("/api/v1/services/mail/votes", "{}");
    assert_eq!((got.status, got.json()["code"].as_str()), (503, Some("unavailable")));
    assert!(got.json()["detail"].as_str().unwrap().contains("not known"), "{}", got.text());
    house.engine.journal.fail(Fault::None);
    house.published();
    let kept = house.engine.entries().iter().filter(|e| e.signal.kind() == "report_accepted").count();
    assert_eq!(kept, 1, "it was kept, and the second sending is the same report");
}

#[test]
fn when_nothing_can_be_kept_the_form_says_so_and_keeps_what_was_typed() {
    let house = House::new();
    house.engine.journal.fail(Fault::Full);
    let got = house.form("/s/chat/report", "symptom=login&text=Kept");
    assert_eq!(got.status, 503);
    assert!(got.header("retry-after").is_some());
    assert!(got.text().contains("Kept"));
    let got = house.json("/api/v1/services/chat/reports", r#"{"symptom":"login"}"#);
    assert_eq!((got.status, got.header("content-type")), (503, Some("application/problem+json")));
    assert_eq!(house.get("/s/chat").status, 200, "reading goes on");
    house.engine.journal.fail(Fault::None);
    assert_eq!(house.form("/s/chat/report", "symptom=login").status, 303, "and it recovers by itself");
}

#[test]
fn a_report_through_the_api_is_answered_once_it_is_durable() {
    let house = House::new();
    let got = house.json(
        "/api/v1/services/chat/reports",
        r#"{"symptom":"slow","text":"a","error":"b","country":"de","future":1}"#,
    );
    assert_eq!(got.status, 202, "{}", got.text());
    let body = got.json();
    assert_eq!((body["counted"].as_bool(), body["state"].as_str()), (Some(true), Some("accepted")));
    let id = body["id"].as_str().unwrap();
    assert_eq!(got.header("location"), Some(&*format!("/api/v1/reports/{id}")));
    assert!(house.engine.entries().iter().any(|e| e.signal.kind() == "report_accepted"));
    let read = house.get(&format!("/api/v1/reports/{id}"));
    assert_eq!(read.status, 200, "at once, though the archive may not know it yet");
    assert_eq!(read.json()["state"], "shown");
    assert!(read.json().get("country").is_none(), "whose country is nobody else's business");
    let second = house.json("/api/v1/services/chat/reports", r#"{"symptom":"login"}"#).json();
    assert_eq!(second["counted"], false, "one counted report per source and 6 hours");
    assert_ne!(second["id"], body["id"]);
}

#[test]
fn the_same_idempotency_key_gives_the_same_report() {
    let house = House::new();
    let send = |service: &str, key: &str, body: &str| {
        house.send(
            "POST",
            &format!("/api/v1/services/{service}/reports"),
            &[("content-type", "application/json"), ("idempotency-key", key)],
            body,
        )
    };
    let first = send("chat", "k-1", r#"{"symptom":"login"}"#);
    let again = send("chat", "k-1", r#"{"symptom":"login"}"#);
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(first.json(), again.json());
    assert_eq!(send("chat", "k-1", r#"{"symptom":"slow"}"#).status, 409, "the same key for something else");
    assert_ne!(
        send("bank", "k-1", r#"{"symptom":"login"}"#).json()["id"],
        first.json()["id"],
        "a key belongs to a service"
    );
    assert_eq!(send("chat", &"k".repeat(129), r#"{"symptom":"login"}"#).status, 400);
    assert_eq!(send("Chit%20Chat", "k-1", r#"{"symptom":"login"}"#).json(), first.json(), "by whatever name");
    for second in ["k-1", "k-2"] {
        let headers = [("content-type", "application/json"), ("idempotency-key", "k-1"), ("Idempotency-Key", second)];
        let got = house.send("POST", "/api/v1/services/chat/reports", &headers, r#"{"symptom":"login"}"#);
        assert_eq!(got.status, 400, "two keys");
        assert!(got.json()["detail"].as_str().unwrap().contains("Idempotency-Key"), "{}", got.text());
    }
    let form = [("content-type", "application/x-www-form-urlencoded"), ("idempotency-key", "k-2")];
    let a = house.send("POST", "/s/mail/report", &form, "symptom=login");
    let b = house.send("POST", "/s/mail/report", &form, "symptom=login");
    assert_eq!(a.header("location"), b.header("location"), "through the form too");
}

/// Path, headers, body; wanted status and code.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, u16, &'a str);

#[test]
fn each_wrong_request_gets_its_own_problem() {
    let house = House::new();
    let reports = "/api/v1/services/chat/reports";
    let json = ("content-type", "application/json");
    let big = format!(r#"{{"symptom":"login","text":"{}"}}"#, "x".repeat(25_000));
    let long = format!(r#"{{"symptom":"login","text":"{}"}}"#, "ä".repeat(501));
    let cases: [Case<'_>; 14] = [
        (reports, &[], r#"{"symptom":"login"}"#, 415, "unsupported-media-type"),
        (reports, &[("content-type", "text/plain")], "{}", 415, "unsupported-media-type"),
        (reports, &[json, ("content-encoding", "gzip")], "{}", 415, "unsupported-media-type"),
        (reports, &[json], "{", 400, "bad-request"),
        (reports, &[json], "[]", 400, "bad-request"),
        (reports, &[json], r#"{"symptom":7}"#, 400, "bad-request"),
        (reports, &[json], r#"{"symptom":"a","symptom":"b"}"#, 400, "bad-request"),
        (reports, &[json], "{}", 422, "invalid-field"),
        (reports, &[json], r#"{"symptom":"nope"}"#, 422, "invalid-field"),
        (reports, &[json], r#"{"symptom":"login","country":"Narnia"}"#, 422, "invalid-field"),
        (reports, &[json], &long, 422, "invalid-field"),
        (reports, &[json], &big, 413, "too-large"),
        ("/api/v1/services/none/reports", &[json], r#"{"symptom":"login"}"#, 404, "no-such-service"),
        (reports, &[json, ("sec-fetch-site", "cross-site")], r#"{"symptom":"login"}"#, 403, "cross-site"),
    ];
    for (path, headers, body, status, code) in cases {
        let got = house.send("POST", path, headers, body);
        assert_eq!(got.status, status, "{headers:?} {body:.80}: {}", got.text());
        assert_eq!(got.header("content-type"), Some("application/problem+json"));
        let doc = got.json();
        assert_eq!((doc["code"].as_str(), doc["status"].as_u64()), (Some(code), Some(status.into())), "{body:.80}");
        assert!(!doc["detail"].as_str().unwrap().is_empty());
        assert_eq!(doc["type"], format!("http://up.example.org/api#{code}"));
    }
    assert!(!house.engine.entries().iter().any(|e| e.signal.kind() == "report_accepted"), "nothing of it was kept");
    let form = ("content-type", "application/x-www-form-urlencoded");
    for (body, headers, status) in [
        ("symptom=login&symptom=slow", vec![form], 400),
        ("symptom=%ff", vec![form], 400),
        ("symptom=login", vec![("content-type", "multipart/form-data; boundary=x")], 415),
        ("symptom=login", vec![form, ("origin", "https://evil.example.net")], 403),
        ("symptom=login", vec![form, ("origin", "http://up.example.org")], 303),
        ("symptom=login", vec![form, ("sec-fetch-site", "same-origin")], 303),
    ] {
        let got = house.send("POST", "/s/chat/report", &headers, body);
        assert_eq!(got.status, status, "{body} {headers:?}");
    }
    let invalid_utf8 = b"POST /s/chat/report HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 10\r\n\r\nsymptom=\xff\xfe";
    assert!(house.raw(invalid_utf8).starts_with(b"HTTP/1.1 400"));
}

#[test]
fn votes_are_taken_from_forms_and_scripts() {
    let house = House::new();
    let form = house.form("/s/chat/vote", "");
    assert_eq!((form.status, form.header("location")), (303, Some("/s/chat/vote")));
    assert_eq!(house.get("/s/chat/vote").status, 200);
    let script = house.send(
        "POST",
        "/s/chat/vote",
        &[("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")],
        "",
    );
    assert_eq!((script.status, script.json()["counted"].as_bool()), (202, Some(false)), "the second of one source");
    assert_eq!(house.send("POST", "/api/v1/services/bank/votes", &[], "").json()["counted"], true);
    assert_eq!(house.json("/api/v1/services/mail/votes", r#"{"country":"FR"}"#).status, 202);
    assert_eq!(house.json("/api/v1/services/none/votes", "{}").status, 404);
}

#[test]
fn an_author_who_changes_a_report_too_often_is_told_when_to_try_again() {
    let house = House::new();
    let sent = house.json("/api/v1/services/chat/reports", r#"{"symptom":"login"}"#).json();
    let page = format!("/r/{}", sent["token"].as_str().unwrap());
    for n in 0..10 {
        let symptom = ["slow", "login"][n % 2];
        assert_eq!(house.form(&page, &format!("symptom={symptom}")).status, 303);
        house.engine.block_on(house.engine.handles.admin.projected()).unwrap();
        assert_eq!(house.form(&page, &format!("symptom={symptom}")).status, 303, "the same again is no change");
    }
    let refused = house.form(&page, "symptom=slow");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("3600")), "{}", refused.text());
    assert_eq!(house.form(&page, "withdraw=1").status, 303);
}

#[test]
fn an_author_can_follow_change_and_withdraw_a_report() {
    let house = House::new();
    let sent = house.json("/api/v1/services/chat/reports", r#"{"symptom":"login"}"#).json();
    let page = format!("/r/{}", sent["token"].as_str().unwrap());
    let id = sent["id"].as_str().unwrap();
    assert_eq!(house.get(&page).status, 200);
    let changed = house.form(&page, "symptom=slow&country=FR");
    assert_eq!(
        (changed.status, changed.header("location")),
        (303, Some(&*format!("{page}?saved=1"))),
        "{}",
        changed.text()
    );
    assert_eq!(house.get(&format!("/api/v1/reports/{id}")).json()["symptom"], "slow", "at once");
    let long = "a".repeat(501);
    for (wrong, again) in [("nope", "b"), ("login", &*long)] {
        let got = house.form(&page, &format!("symptom={wrong}&country=DE&text={again}"));
        assert_eq!(got.status, 422, "{wrong}");
        assert!(got.text().contains(&format!(">{again}</textarea>")), "what was typed is shown again: {}", got.text());
        assert!(got.text().contains("<option value=DE selected>"), "{wrong}");
    }
    assert_eq!(house.form(&page, "withdraw=1").status, 303);
    assert_eq!(house.get(&format!("/api/v1/reports/{id}")).json()["state"], "withdrawn");
    house.published();
    assert!(house.get("/api/v1/services/chat").json()["recent"].as_array().unwrap().is_empty());
    for bad in ["/r/nonsense", "/r/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(house.get(bad).status, 404, "{bad}");
        assert_eq!(house.form(bad, "withdraw=1").status, 404, "{bad}");
    }
}

#[test]
fn suggestions_and_feedback_are_kept_or_shown_again() {
    let house = House::new();
    assert_eq!(house.get("/suggest?name=Foo").status, 200);
    let got = house.form("/suggest", "name=Foo+Works&homepage=https%3A%2F%2FFoo.example%2Flogin");
    assert_eq!((got.status, got.header("location")), (303, Some("/suggest/thanks?n=1")), "{}", got.text());
    assert!(house.get("/suggest/thanks?n=1").text().contains("S-1"));
    assert!(!house.get("/suggest/thanks?n=%3Cb%3E").text().contains("S-"), "only a number makes a receipt");
    let kept =
        house.engine.block_on(house.engine.handles.admin.suggestions(allclear_ports::Listing::newest(10))).unwrap();
    assert_eq!((kept[0].name.as_str(), kept[0].host.as_deref()), ("Foo Works", Some("foo.example")));
    let wrong = house.form("/suggest", "name=Foo&homepage=not+a+page");
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("not a page"));
    assert_eq!(house.form("/feedback", "choice=late&service=chat&level=operational").status, 303);
    assert_eq!(house.form("/feedback", "choice=nonsense").status, 422);
    assert_eq!(house.form("/feedback", "choice=late&service=none").status, 404);
    let kept = house.engine.block_on(house.engine.handles.admin.surveys(allclear_ports::Listing::newest(10))).unwrap();
    assert_eq!((kept[0].choice.as_str(), kept.len()), ("late", 1));
    for _ in 0..30 {
        house.form("/feedback", "choice=good");
    }
    let limited = house.form("/feedback", "choice=good");
    assert_eq!(limited.status, 429);
    assert!(limited.header("retry-after").is_some());
    assert!(limited.text().contains("value=\"good\" required checked"), "what was chosen is still chosen");
    let limited = house.form("/suggest", "name=Kept");
    assert_eq!((limited.status, limited.text().contains("value=\"Kept\"")), (429, true));
}

#[test]
fn forwarded_addresses_count_only_from_trusted_proxies() {
    let report = |house: &House, from: &str| {
        let headers = [("content-type", "application/json"), ("x-forwarded-for", from)];
        house.send("POST", "/api/v1/services/chat/reports", &headers, r#"{"symptom":"login"}"#).json()["counted"]
            .as_bool()
            .unwrap()
    };
    let open = House::new();
    assert!(report(&open, "203.0.113.1"));
    assert!(!report(&open, "203.0.113.2"), "nobody is believed: both came from loopback");
    let behind = House::with(|cfg| cfg.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]);
    assert!(report(&behind, "203.0.113.1"));
    assert!(report(&behind, "198.51.100.2"));
    assert!(!report(&behind, "1.2.3.4, 203.0.113.1"), "what the client wrote in front changes nothing");
}

#[test]
fn limits_are_told_with_the_time_to_wait() {
    let folder = allclear_testkit::Folder::new();
    let engine = TestEngine::open(folder, super::house::catalogue(), |c| c.limits.reports_per_source_per_hour = 2);
    let engine = engine.map_err(|(_, e)| e).unwrap();
    let house = House::over(engine, |cfg| cfg.base_url = BaseUrl::parse("http://up.example.org").unwrap());
    for _ in 0..2 {
        assert_eq!(house.json("/api/v1/services/chat/reports", r#"{"symptom":"login"}"#).status, 202);
    }
    let got = house.json("/api/v1/services/chat/reports", r#"{"symptom":"login"}"#);
    assert_eq!((got.status, got.json()["code"].as_str()), (429, Some("too-many")));
    let wait: u64 = got.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3600).contains(&wait));
    let page = house.form("/s/chat/report", "symptom=login&text=Kept");
    assert_eq!(page.status, 429);
    assert!(page.text().contains("Kept"));
}

#[test]
fn a_report_beyond_its_limit_is_refused_unread_and_its_connection_goes_on() {
    let engine = TestEngine::open(allclear_testkit::Folder::new(), super::house::catalogue(), |c| {
        c.limits.reports_per_source_per_hour = 1;
    });
    let house = House::over(engine.map_err(|(_, e)| e).unwrap(), |cfg| cfg.body_timeout = Duration::from_millis(300));
    const REPORTS: &str = "/api/v1/services/chat/reports";
    let post = |path: &str, more: &str, length: usize, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{more}content-length: {length}\r\n\r\n{body}"
        )
    };
    let key = ("idempotency-key", "4f2d0c4e-7d0b-4a55-9a1e-b7d5a2c9e001");
    let json = ("content-type", "application/json");
    let send = |more: &[(&str, &str)]| house.send("POST", REPORTS, &[&[json], more].concat(), r#"{"symptom":"login"}"#);
    let first = send(&[key]);
    assert_eq!(first.status, 202, "{}", first.text());
    assert_eq!(house.json("/api/v1/services/chat/votes", "{}").status, 202);

    let statuses = |asked: String| {
        let all = String::from_utf8(house.raw(asked.as_bytes())).unwrap();
        let each: Vec<String> = all.split("HTTP/1.1 ").skip(1).filter_map(|a| a.get(..3)).map(str::to_owned).collect();
        (each, all)
    };
    let then = "GET /s/chat HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    for path in [REPORTS, "/api/v1/services/chat/votes", "/api/v1/services/none/reports"] {
        let (got, all) = statuses(post(path, "", 4, "{no}") + then);
        assert_eq!(got, ["429", "200"], "{path}: {all}");
        assert!(all.to_lowercase().contains("\r\nretry-after: 3600\r\n"), "{all}");
        assert!(all.contains("\"retry_after_s\":3600"), "{all}");
    }
    // A body that does not come, and one that is longer than any may be, end the connection behind the answer.
    for body in [String::new(), "x".repeat(crate::body::DRAIN_MAX + 1)] {
        let (got, all) =
            statuses(post(REPORTS, "", crate::body::DRAIN_MAX + 1, &body) + if body.is_empty() { "" } else { then });
        assert_eq!(got, ["429"], "{all}");
        assert!(all.to_lowercase().contains("\r\nconnection: close\r\n"), "{all}");
    }
    assert_eq!(send(&[key]).json()["id"], first.json()["id"], "the same request again is none");
    let other = ("idempotency-key", "4f2d0c4e-7d0b-4a55-9a1e-b7d5a2c9e002");
    for _ in 0..2 {
        assert_eq!(send(&[other]).status, 429, "a key makes no new report possible");
    }
    assert_eq!(send(&[("sec-fetch-site", "cross-site")]).status, 403);
    assert_eq!(house.engine.metric("allclear_reports_refused_total"), Some(7.0));
}

#[test]
fn lists_read_on_by_cursor_without_a_gap() {
    let house = House::new();
    for source in 0..75 {
        house.engine.report("chat", "login", source).unwrap();
    }
    house.published();
    let mut seen = Vec::new();
    let mut path = "/api/v1/services/chat/reports".to_owned();
    let pages = house.get("/s/chat/reports").text().to_owned();
    loop {
        let page = house.get(&path).json();
        let rows = page["reports"].as_array().unwrap();
        seen.extend(rows.iter().map(|r| r["id"].as_str().unwrap().to_owned()));
        // Others report while somebody reads on, and the archive learns of the first ones only now.
        for _ in 0..40 {
            house.engine.report("chat", "login", 1000 + u32::try_from(seen.len()).unwrap()).unwrap();
        }
        house.published();
        match page["next"].as_str() {
            Some(next) if !rows.is_empty() => path = format!("/api/v1/services/chat/reports?limit=30&before={next}"),
            _ => break,
        }
    }
    assert_eq!(seen.len(), 75);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 75, "each once");
    let further = pages.split("href=\"").find(|l| l.starts_with("/s/chat/reports?before=")).unwrap();
    let further = house.get(further.split('"').next().unwrap());
    let list = further.text().split("all-of-them").nth(1).and_then(|l| l.split("</ul>").next()).unwrap_or_default();
    assert_eq!((further.status, list.matches("<li").count()), (200, 50), "{list}");
    assert_eq!(house.get("/s/chat/reports?before=70").status, 200);
    // With some of the newest ones withdrawn there are fewer lines, and still more behind them.
    let sent = house.json("/api/v1/services/chat/reports", r#"{"symptom":"slow"}"#).json();
    house.published();
    assert_eq!(house.form(&format!("/r/{}", sent["token"].as_str().unwrap()), "withdraw=1").status, 303);
    house.published();
    let first = house.get("/api/v1/services/chat/reports").json();
    assert_eq!(first["reports"].as_array().unwrap().len(), 19);
    let next = format!("/api/v1/services/chat/reports?before={}", first["next"].as_str().unwrap());
    assert_eq!(house.get(&next).json()["reports"].as_array().unwrap().len(), 50);
    let few = house.json("/api/v1/services/mail/reports", r#"{"symptom":"slow"}"#).json();
    house.published();
    let only = house.get("/api/v1/services/mail/reports").json()["next"].as_str().unwrap().to_owned();
    let older = house.get(&format!("/s/mail/reports?before={only}"));
    assert!(older.text().contains("No older reports."), "{}", older.text());
    assert_eq!(house.form(&format!("/r/{}", few["token"].as_str().unwrap()), "withdraw=1").status, 303);
    house.published();
    let none = house.get("/api/v1/services/mail/reports").json();
    assert!(none["reports"].as_array().unwrap().is_empty() && none["next"].is_string(), "{none}");
    let behind = format!("/api/v1/services/mail/reports?before={}", none["next"].as_str().unwrap());
    house.engine.block_on(house.engine.handles.admin.projected()).unwrap();
    assert_eq!(house.get(&behind).json(), serde_json::json!({"reports": [], "next": null}), "all that there was");
    let nobody = "/api/v1/services/chat/reports?before=01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(house.get(nobody).json(), serde_json::json!({"reports": [], "next": null}), "past its time");
    assert_eq!(house.get("/s/chat/history?before=1").status, 200);
}

#[test]
fn where_all_of_the_newest_are_withdrawn_the_cursor_still_leads_to_those_before_them_on_the_next_day_too() {
    let house = House::new();
    // Through another door, and found at once.
    let other = house.engine.report("chat", "login", 1).unwrap();
    assert_eq!(house.get(&format!("/api/v1/reports/{}", other.id)).status, 200);
    let tokens: Vec<String> = (0..20)
        .map(|_| {
            house.engine.minutes(1);
            let sent = house.json("/api/v1/services/chat/reports", r#"{"symptom":"slow"}"#).json();
            sent["token"].as_str().unwrap().to_owned()
        })
        .collect();
    house.published();
    for token in tokens {
        assert_eq!(house.form(&format!("/r/{token}"), "withdraw=1").status, 303);
    }
    for next_day in [false, true] {
        if next_day {
            house.engine.minutes(25 * 60);
        }
        house.published();
        house.engine.block_on(house.engine.handles.admin.projected()).unwrap();
        let first = house.get("/api/v1/services/chat/reports").json();
        assert!(first["reports"].as_array().unwrap().is_empty(), "{first}");
        assert!(house.get("/s/chat/reports").text().contains("/s/chat/reports?before="), "so does the page");
        let next = house.get(&format!("/api/v1/services/chat/reports?before={}", first["next"].as_str().unwrap()));
        let rows = next.json()["reports"].as_array().unwrap().clone();
        assert_eq!(rows.iter().map(|r| r["symptom"].as_str().unwrap()).collect::<Vec<_>>(), ["login"]);
    }
}

#[test]
fn older_lines_of_the_last_day_say_where_they_came_from_where_enough_did_and_those_before_do_not() {
    let house = House::new();
    let report = |source: u32, country: &str| {
        let mut new = allclear_testkit::new_report("chat", "login");
        new.country = allclear_model::Country::parse(country).ok();
        house.engine.block_on(house.engine.handles.intake.report(new, house.engine.origin(source))).unwrap();
    };
    let told = || {
        house.published();
        house.engine.block_on(house.engine.handles.admin.projected()).unwrap();
        let page = house.get("/api/v1/services/chat/reports?limit=100").json();
        let rows = page["reports"].as_array().unwrap();
        ["DE", "FR"].map(|country| rows.iter().filter(|r| r["country"] == country).count())
    };
    (0..6).for_each(|n| report(n, "DE"));
    report(6, "FR");
    assert_eq!(told(), [6, 0]);
    house.engine.minutes(25 * 60);
    (10..15).for_each(|n| report(n, "DE"));
    assert_eq!(told(), [5, 0], "those of the day before are not told any more");
}

#[test]
fn the_bundle_of_an_incident_gives_it_again_to_everybody_and_names_nobody() {
    let house = House::new();
    let (mut source, mut hashes) = (0, Vec::new());
    for minute in 0..90u32 {
        for _ in 0..(if minute < 20 { 12 } else { 0 }) {
            source += 1;
            // Every third report is from networks that have reported before.
            house.engine.report("chat", "login", if source % 3 == 0 { source / 30 } else { 1000 + source }).unwrap();
        }
        house.published();
    }
    house.engine.block_on(house.engine.handles.admin.projected()).unwrap();
    for e in house.engine.entries() {
        if let allclear_model::Signal::ReportAccepted(r) = &e.signal {
            hashes.extend([r.source.unwrap().0.to_string(), format!("{:x}", r.source.unwrap().0)]);
            hashes.extend([r.network.unwrap().0.to_string(), format!("{:x}", r.network.unwrap().0)]);
            hashes.push(r.id.to_string());
        }
    }
    let known = house.get("/api/v1/services/chat/incidents").json()["incidents"][0].clone();
    assert!(known["closed"].is_string(), "{known}");
    let id = known["id"].as_str().unwrap();
    let page = house.get(&format!("/s/chat/incidents/{id}")).text().to_owned();
    let link = format!("/s/chat/incidents/{id}/bundle.jsonl");
    assert!(page.contains(&format!("href=\"{link}\"")), "the page links to it");
    let got = house.get(&link);
    assert_eq!((got.status, got.header("content-type")), (200, Some("application/jsonl; charset=utf-8")));
    assert_eq!(got.header("content-disposition"), Some(&*format!("attachment; filename=\"{id}.jsonl\"")));
    let bundle = got.text().to_owned();
    for h in &hashes {
        assert!(!bundle.contains(h.as_str()), "{h}");
    }
    // The state is bytes in hexadecimal: none of it in either order.
    for h in house.engine.entries().iter().filter_map(|e| match &e.signal {
        allclear_model::Signal::ReportAccepted(r) => r.network,
        _ => None,
    }) {
        for n in [h.0, h.0.swap_bytes()] {
            assert!(!bundle.contains(&format!("{n:016x}")));
        }
    }
    let options = allclear_detect::replay::Options::default();
    let (mut out, mut warned) = (Vec::new(), Vec::new());
    let input = [("bundle".to_owned(), bundle.as_bytes())];
    allclear_detect::replay::run(input, &options, &mut out, &mut |w| warned.push(w)).unwrap();
    assert_eq!(warned, Vec::<String>::new());
    let said: Vec<serde_json::Value> =
        String::from_utf8(out).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let open = said.iter().find(|v| v["phase"] == "open").expect("it opens");
    assert_eq!((&open["at"], &open["since"]), (&known["opened"], &known["since"]));
    let order = ["degraded_performance", "partial_outage", "major_outage"];
    let worst = said.iter().filter_map(|v| order.iter().position(|l| v["level"] == *l)).max().unwrap();
    assert_eq!(known["peak_level"], order[worst]);
    let closed = said.iter().find(|v| v["phase"] == "closed").expect("it ends");
    assert_eq!(closed["at"], known["closed"]);

    assert_eq!(house.get(&link.replace("/s/chat/", "/s/mail/")).status, 404, "of another service");
    assert_eq!(house.get("/s/chat/incidents/chat-20200101t0000/bundle.jsonl").status, 404);
    house.engine.store.fail(Fault::Gone);
    let failed = house.get(&link);
    assert_eq!(failed.status, 503);
    assert!(failed.header("retry-after").is_some());
    assert_eq!(house.get(&format!("/s/chat/incidents/{id}")).status, 200, "the page itself is in the picture");
}

#[test]
fn an_incident_keeps_its_page_and_its_chart_after_the_day_is_over() {
    let house = House::new();
    let mut source = 0;
    for _ in 0..40 {
        for _ in 0..20 {
            source += 1;
            house.engine.report("chat", "login", source).unwrap();
        }
        house.published();
    }
    let now = house.get("/api/v1/services/chat").json();
    assert_ne!(now["level"], "operational", "{now}");
    let id = now["incident"]["id"].as_str().expect("an incident").to_owned();
    let page = format!("/s/chat/incidents/{id}");
    let fresh = house.get(&page);
    assert_eq!(fresh.status, 200);
    assert!(fresh.text().contains("<svg"));
    let one = house.get(&format!("/api/v1/incidents/{id}")).json();
    assert_eq!((one["service"].as_str(), one["events"][0]["step"].as_str()), (Some("chat"), Some("opened")));
    // The list is read from the archive, which follows within a second.
    house.engine.block_on(house.engine.handles.admin.projected()).unwrap();
    assert_eq!(house.get("/api/v1/incidents").json()["incidents"][0]["id"], id.as_str());
    assert_eq!(house.get("/s/chat/api/v2/summary.json").json()["incidents"][0]["id"], id.as_str());
    assert_eq!(house.get(&format!("/s/mail/incidents/{id}")).status, 404, "of another service");
    house.engine.minutes(30 * 60);
    house.engine.block_on(house.engine.handles.admin.projected()).unwrap();
    let later = house.get(&page);
    assert_eq!(later.status, 200);
    assert!(later.text().contains("<svg"), "from the archive");
    assert!(!later.text().contains("NaN"));
    assert!(!house.get("/api/v1/services/chat").json()["last_problem"].is_null());
    assert!(house.get(&format!("/api/v1/incidents/{id}")).json()["closed"].is_string());
}
