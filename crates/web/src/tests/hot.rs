//! Serving from memory.

use super::house::House;
use crate::{BaseUrl, Hot, SiteConfig, WebConfig};
use allclear_engine::Site;
use allclear_testkit::Fault;
use std::io::Read;
use std::sync::Arc;

/// Addresses that everybody reads when everybody comes at once.
const HOT: [&str; 22] = [
    "/",
    "/s/chat",
    "/s/chat/report",
    "/s/chat/history",
    "/s/chat/history?limit=1",
    "/s/chat/reports?limit=1&x=y",
    "/s/chat/guide",
    "/s/chat/reports",
    "/s/chat/feed.atom",
    "/s/chat/badge.svg",
    "/s/chat/embed",
    "/s/chat/api/v2/summary.json",
    "/c/work",
    "/api/v1/services",
    "/api/v1/services/chat",
    "/api/v1/services/chat/chart",
    "/api/v1/services/chat/chart?window=24h",
    "/api/v1/services/chat/incidents",
    "/api/v1/services/chat/chart?window=48h",
    "/api/v1/services/chat/uptime",
    "/search.json",
    "/sitemap.xml",
];

#[test]
fn hot_addresses_answer_while_every_call_of_the_archive_fails() {
    let house = House::new();
    house.engine.report("chat", "login", 1).unwrap();
    house.published();
    house.engine.store.fail(Fault::Gone);
    for path in HOT {
        let got = house.get(path);
        assert_eq!(got.status, 200, "{path}: {}", got.text());
    }
    let stream = house.send("HEAD", "/api/v1/live?service=chat", &[], "");
    assert_eq!(stream.status, 200);
    for path in ["/s/chat/history?before=1", "/s/chat/reports?before=1", "/api/v1/incidents"] {
        let got = house.get(path);
        assert_eq!(got.status, 503, "{path}");
        assert!(got.header("retry-after").is_some(), "{path}");
    }
    let report = house.json("/api/v1/services/chat/reports", r#"{"symptom":"login"}"#);
    assert_eq!(report.status, 202, "reports need the journal only");
    let again = house.get(&format!("/api/v1/reports/{}", report.json()["id"].as_str().unwrap()));
    assert_eq!(again.status, 200, "and so does their author a moment later");
}

#[test]
fn hot_serving_is_built_without_any_archive() {
    // A fact of types: this compiles with a site and a counter, and there is nothing else to hand in.
    let engine = House::new().engine;
    let cfg = WebConfig::new(BaseUrl::parse("http://x").unwrap(), SiteConfig::default());
    let site: Site = engine.handles.site.clone();
    let _hot: Hot = Hot::new(&cfg, site, Arc::new(|_, _| {}));
}

#[test]
fn what_is_made_once_is_served_to_everybody_whatever_the_query_says() {
    let house = House::new();
    house.published();
    house.get("/s/chat");
    let made = house.documents_made();
    for n in 0..50 {
        assert_eq!(house.get(&format!("/s/chat?utm_source={n}&x={n}")).status, 200);
        assert_eq!(house.get(&format!("/?{n}")).status, 200);
    }
    assert_eq!(house.documents_made(), made + 1, "one more for the front page");
    assert_eq!(house.get("/s/nothing?x=1").status, 404);
    assert_eq!(house.documents_made(), made + 1, "what does not exist is not kept");
}

#[test]
fn a_page_is_made_again_after_a_change_and_only_then() {
    let house = House::new();
    house.published();
    let first = house.get("/s/chat");
    house.engine.report("chat", "slow", 3).unwrap();
    house.published();
    let second = house.get("/s/chat");
    assert_ne!(first.header("etag"), second.header("etag"));
    let made = house.documents_made();
    house.get("/s/chat");
    assert_eq!(house.documents_made(), made);
}

#[test]
fn a_reader_who_has_it_gets_304_in_either_encoding() {
    let house = House::new();
    house.published();
    for path in ["/", "/s/chat", "/api/v1/services/chat", "/s/chat/badge.svg", "/search.json"] {
        let plain = house.get(path);
        let zipped = house.get_with(path, &[("accept-encoding", "br, gzip")]);
        assert_eq!(zipped.header("content-encoding"), Some("gzip"), "{path}");
        assert_eq!(zipped.header("vary"), Some("accept-encoding"), "{path}");
        assert_eq!(plain.header("vary"), Some("accept-encoding"), "{path}");
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(&*zipped.body).read_to_end(&mut back).unwrap();
        assert_eq!(back, plain.body, "{path}");
        let (a, b) = (plain.header("etag").unwrap(), zipped.header("etag").unwrap());
        assert_ne!(a, b, "{path}: a tag names one encoding");
        let same = house.get_with(path, &[("if-none-match", a)]);
        assert_eq!((same.status, same.body.len()), (304, 0), "{path}");
        assert_eq!(same.header("etag"), Some(a), "{path}");
        let same = house.get_with(path, &[("accept-encoding", "gzip"), ("if-none-match", &format!("\"x\", W/{b}"))]);
        assert_eq!(same.status, 304, "{path}");
        assert_eq!(house.get_with(path, &[("if-none-match", b)]).status, 200, "{path}: the other encoding's tag");
    }
}

/// In the first line of an answer, and not only among the words that every live page keeps for its scripts.
const NOT_UPDATED: &str = "class=\"verdict\"><b>We cannot tell.</b> Not updated since";

#[test]
fn when_the_judge_stands_still_every_level_reads_unknown() {
    let house = House::new();
    house.published();
    assert_eq!(house.get("/api/v1/services/chat").json()["stale"], false);
    house.engine.clock().advance_minutes(60);
    let got = house.get("/api/v1/services/chat").json();
    assert_eq!((got["level"].as_str(), got["stale"].as_bool()), (Some("unknown"), Some(true)));
    let all = house.get("/api/v1/services").json();
    assert!(all["services"].as_array().unwrap().iter().all(|s| s["level"] == "unknown"));
    assert_eq!(house.get("/s/chat/api/v2/summary.json").json()["components"][0]["status"], "unknown");
    assert!(house.get("/s/chat").text().contains(NOT_UPDATED));
}

#[test]
fn a_page_that_stands_still_names_the_day_and_is_made_anew_with_each_day() {
    let house = House::new();
    house.engine.report("chat", "login", 1).unwrap();
    house.published();
    let measured = house.engine.handles.site.service("chat").unwrap().measured_at;
    let day = |at: allclear_model::Time| at.0.div_euclid(86_400_000);
    house.engine.clock().advance_minutes(10);
    assert_eq!(day(house.engine.handles.site.now()), day(measured), "still the same day");
    let dated = format!("{NOT_UPDATED} <time datetime=\"{}", &measured.to_string()[..10]);
    for (path, said) in
        [("/s/chat", &*dated), ("/", &*dated), ("/s/chat", "Measured <time"), ("/s/chat/embed", "Measured <time")]
    {
        let page = house.get(path).text().to_owned();
        let time = page.split(said).nth(1).unwrap_or_else(|| panic!("{path}: {page}")).split("</time>").next().unwrap();
        assert!(time.contains("data-t=\"f\"") && time.contains("2026, "), "{path}: {time}");
    }
    let list = house.get("/s/chat/reports").text().to_owned();
    let made = house.documents_made();
    assert_eq!((house.get("/s/chat/reports").text(), house.documents_made()), (&*list, made));
    house.engine.clock().advance_minutes(24 * 60);
    assert_ne!(house.get("/s/chat/reports").text(), list, "its times have a date now");
}

#[test]
fn when_the_clock_is_set_back_nothing_reads_as_known_until_it_is_there_again() {
    let house = House::new();
    house.published();
    let fresh = house.get("/api/v1/services/chat").json();
    assert_eq!(fresh["stale"], false);
    house.engine.clock().advance_minutes(-2);
    assert_eq!(house.get("/api/v1/services/chat").json()["stale"], false, "as far apart as clocks are");
    house.engine.clock().advance_minutes(-60);
    let got = house.get("/api/v1/services/chat").json();
    assert_eq!((got["level"].as_str(), got["stale"].as_bool()), (Some("unknown"), Some(true)));
    assert!(house.get("/s/chat").text().contains(NOT_UPDATED));
    assert!(house.get("/").text().contains(NOT_UPDATED));
    assert_eq!(house.get("/s/chat/api/v2/summary.json").json()["components"][0]["status"], "unknown");
    house.engine.clock().advance_minutes(62);
    assert_eq!(house.get("/api/v1/services/chat").json()["stale"], false);
}

#[test]
fn browsers_find_the_icon_where_they_look_for_it() {
    let house = House::new();
    for path in ["/favicon.ico", "/favicon.svg"] {
        let got = house.get(path);
        assert_eq!((got.status, got.header("content-type")), (200, Some("image/svg+xml")), "{path}");
        assert_eq!(got.header("cache-control"), Some("public, max-age=86400"), "{path}: its address holds no hash");
        assert!(got.text().starts_with("<svg"), "{path}");
    }
    assert_eq!(house.get("/favicon.png").status, 404);
}

#[test]
fn security_txt_is_there_only_with_a_contact_that_can_be_followed() {
    let there = |contact: Option<&str>| {
        let house = House::with(|cfg| cfg.site.contact = contact.map(str::to_owned));
        house.get("/.well-known/security.txt")
    };
    let got = there(Some("desk@example.org"));
    assert_eq!(got.status, 200);
    assert!(got.text().starts_with("Contact: mailto:desk@example.org\n"));
    for none in [None, Some("Ask at the desk in room 4"), Some("")] {
        assert_eq!(there(none).status, 404, "{none:?}");
    }
}

#[test]
fn page_views_are_counted_once_each_with_their_class() {
    let house = House::new();
    house.published();
    for referrer in ["https://www.google.com/", "https://old.reddit.com/x", "https://up.example.org/"] {
        house.get_with("/s/chat", &[("referer", referrer)]);
    }
    house.send("HEAD", "/s/chat", &[], "");
    house.get("/s/chat/guide");
    house.engine.minutes(2);
    let entries = house.engine.entries();
    let visits: Vec<_> = entries
        .iter()
        .filter_map(|e| match &e.signal {
            allclear_model::Signal::Visits(v) => Some((v.service.to_string(), v.direct, v.search, v.social, v.other)),
            _ => None,
        })
        .collect();
    assert_eq!(visits, [("chat".to_owned(), 1, 1, 1, 0)]);
}

#[test]
fn documents_of_the_api_have_their_promised_fields() {
    let house = House::new();
    for source in 0..6 {
        house.engine.report("chat", "login", source).unwrap();
    }
    house.published();
    let one = house.get("/api/v1/services/chat").json();
    for field in [
        "slug",
        "name",
        "level",
        "phase",
        "confirmed",
        "since",
        "last_problem",
        "reports",
        "symptoms",
        "recent",
        "related",
        "evidence",
        "measured_at",
        "fresh_until",
    ] {
        assert!(one.get(field).is_some(), "{field}");
    }
    assert_eq!(one["symptoms"][0]["id"], "login");
    assert_eq!(one["symptoms"][0]["count"], 6);
    assert_eq!(one["reports"]["actual"], 6);
    assert_eq!(one["recent"].as_array().unwrap().len(), 6);
    assert_eq!(one["related"][0]["slug"], "mail");
    let evidence = one["evidence"].as_array().unwrap();
    assert!(evidence.iter().all(|e| e["signal"].is_string() && e["weight"].is_number() && e["text"].is_string()));
    let sum: f64 = evidence.iter().filter_map(|e| e["weight"].as_f64()).sum();
    assert!((sum - one["log_odds"].as_f64().unwrap()).abs() < 0.006, "weights add up: {sum}");
    let chart = house.get("/api/v1/services/chat/chart?window=24h").json();
    let bins = chart["bins"].as_array().unwrap();
    assert_eq!(bins.len(), 96);
    assert_eq!(bins.iter().filter_map(|b| b["actual"].as_u64()).sum::<u64>(), 6);
    assert_eq!(house.get("/api/v1/services/chat/chart?window=48h").json()["bins"].as_array().unwrap().len(), 192);
    assert_eq!(house.get("/api/v1/services/chat/chart?window=1y").status, 400);
    let list = house.get("/api/v1/services").json();
    let names: Vec<_> = list["services"].as_array().unwrap().iter().map(|s| s["slug"].as_str().unwrap()).collect();
    assert_eq!(names, ["bank", "chat", "mail"]);
}

#[test]
fn other_names_and_spellings_lead_to_the_one_address() {
    let house = House::new();
    house.published();
    for (from, to) in [
        ("/s/chit-chat", "/s/chat"),
        ("/s/Chit%20Chat", "/s/chat"),
        ("/s/CHAT", "/s/chat"),
        ("/s/chit-chat/guide", "/s/chat/guide"),
        ("/s/chat/", "/s/chat"),
        ("/s/chat/guide/?x=1", "/s/chat/guide?x=1"),
        ("/is-chat-down", "/s/chat"),
        ("/is-chit-chat-down", "/s/chat"),
        ("/api/v1/services/Chat", "/api/v1/services/chat"),
        ("/api/v1/services/api", "/api/v1/services/bank"),
        ("/api/v1/services/api/chart?window=48h", "/api/v1/services/bank/chart?window=48h"),
        ("/s/Chat/reports?before=7&x", "/s/chat/reports?before=7&x"),
        ("/api/v1/services/Chat/reports?limit=5&before=9", "/api/v1/services/chat/reports?limit=5&before=9"),
        ("/s/chit-chat/history?before=9", "/s/chat/history?before=9"),
        ("/privacy/", "/privacy"),
    ] {
        let got = house.get(from);
        assert_eq!((got.status, got.header("location")), (301, Some(to)), "{from}");
    }
    let got = house.get("/s/chatt");
    assert_eq!(got.status, 404);
    assert!(got.text().contains("/s/chat\""), "the nearest name is offered");
    assert_eq!(house.get("/is-nothing-at-all-down").status, 404);
    let got = house.get("/api/v1/services/chatt");
    assert_eq!(got.header("content-type"), Some("application/problem+json"));
    assert_eq!(got.json()["code"], "no-such-service");
    assert_eq!(got.json()["nearest"][0]["slug"], "chat");
}
