//! What documents and pages promise to those who read them, to the last field and sentence.

use super::house::{House, Stream};
use super::security::every;
use allclear_model::words::pages::EN;
use allclear_model::words::problems::{self, ProblemKind};
use allclear_model::{Signal, Time};
use allclear_testkit::{Folder, TestEngine};
use serde_json::Value;

/// One instant of a document.
fn at(v: &Value) -> Time {
    Time::parse(v.as_str().unwrap_or_else(|| panic!("no instant: {v}"))).unwrap()
}

/// Reports of people who have not reported before, until `service` has a problem; no minute passes.
fn outage(house: &House, service: &str) {
    let level = || house.engine.handles.site.service(service).unwrap().verdict.level;
    for source in 5000..5200 {
        house.engine.report(service, "login", source).unwrap();
        if level().is_problem() {
            return;
        }
    }
    panic!("no problem of {service}: {:?}", level());
}

/// The data of the first event that a reader of `service` gets.
fn event(house: &House, service: &str) -> Value {
    house.engine.block_on(async {
        let mut s = Stream::open(house.at, &format!("/api/v1/live?service={service}"), "").await;
        s.until("event: service\ndata: ").await;
        serde_json::from_str(s.until("\n\n").await.trim()).unwrap()
    })
}

#[test]
fn documents_of_the_api_hold_what_they_promise() {
    let house = House::new();
    for source in 0..6 {
        let facts = house.engine.handles.intake.facts("HTTP 401 from https://chat.example/login");
        let new = allclear_engine::intake::NewReport { facts, ..allclear_testkit::new_report("chat", "login") };
        house.engine.block_on(house.engine.handles.intake.report(new, house.engine.origin(source))).unwrap();
    }
    let receipt = house.json("/api/v1/services/chat/reports", r#"{"symptom":"slow"}"#).json();
    let wait = at(&receipt["shown_by"]).since_ms(house.engine.handles.site.now());
    assert!((0..=300_000).contains(&wait), "shown within five minutes: {wait}");
    assert_eq!(
        (&receipt["state"], &receipt["text"], &receipt["counted"]),
        (&"accepted".into(), &"none".into(), &true.into())
    );
    house.published();
    let view = house.engine.handles.site.service("chat").unwrap();

    let one = house.get("/api/v1/services/chat").json();
    assert!(one.as_object().unwrap().contains_key("confidence") && one["confidence"].is_null(), "not calibrated");
    assert_eq!((at(&one["measured_at"]), at(&one["fresh_until"])), (view.measured_at, view.measured_at.plus_s(180)));
    assert_eq!((at(&one["since"]), at(&one["watching_since"])), (view.verdict.since, view.watching_since));
    assert_eq!((&one["name"], &one["category"]), (&"Chat".into(), &"work".into()));
    let told: Vec<_> =
        one["symptoms"].as_array().unwrap().iter().map(|s| (&s["id"], &s["label"], &s["count"])).collect();
    let want = [("login", "Cannot sign in", 6), ("slow", "Very slow", 1), ("other", "Something else", 0)]
        .map(|(id, label, n)| (Value::from(id), Value::from(label), Value::from(n)));
    assert_eq!(told, want.iter().map(|(a, b, c)| (a, b, c)).collect::<Vec<_>>());
    for s in one["symptoms"].as_array().unwrap() {
        let fields = s.as_object().unwrap();
        assert!(fields.contains_key("share") && fields.contains_key("ratio"), "{s}");
        assert!(s["share"].is_null() && s["ratio"].is_null(), "hardly any are usual, so no percentage is carried: {s}");
    }
    assert_eq!(one["errors"], serde_json::json!([{"error": "401 chat.example", "count": 6, "share": null}]));
    assert_eq!((&one["reports"]["actual"], &one["reports"]["window_s"]), (&7.into(), &900.into()));
    let usual = one["reports"]["expected"].as_f64().unwrap();
    assert!((usual - view.verdict.reports.expected).abs() < 0.001, "{usual}");
    assert_eq!(one["related"], serde_json::json!([{"slug": "mail", "name": "Mail", "level": "unknown"}]));
    let line = &one["recent"][0];
    assert_eq!(
        (&line["symptom"], &line["counted"], &line["text_state"]),
        (&"slow".into(), &true.into(), &"none".into())
    );
    assert_eq!(line["id"], receipt["id"]);

    let list = house.get("/api/v1/services").json();
    assert_eq!(at(&list["fresh_until"]).since_ms(at(&list["measured_at"])), 180_000);
    assert_eq!(list["services"].as_array().unwrap().len(), house.engine.handles.site.whole().services.len());
    for s in list["services"].as_array().unwrap() {
        let view = house.engine.handles.site.service(s["slug"].as_str().unwrap()).unwrap();
        assert_eq!((&s["category"], at(&s["since"])), (&"work".into(), view.verdict.since));
        assert_eq!(s["level"], view.verdict.level.as_str());
        assert_eq!(s["fresh_until"], list["fresh_until"]);
    }

    let chart = house.get("/api/v1/services/chat/chart").json();
    assert_eq!((&chart["bin_s"], at(&chart["fresh_until"])), (&900.into(), view.fresh_until));
    let bins = chart["bins"].as_array().unwrap();
    assert_eq!((bins.len(), view.chart.bins.len()), (96, 96));
    for pair in bins.windows(2) {
        assert_eq!(at(&pair[1]["start"]).since_ms(at(&pair[0]["start"])), 900_000);
    }
    for (told, bin) in bins.iter().zip(view.chart.bins.iter()) {
        assert_eq!((at(&told["start"]), &told["watched"]), (bin.start, &bin.watched.into()));
        assert_eq!(told["actual"], bin.actual);
        for (field, x) in [("expected", bin.expected), ("upper", bin.upper)] {
            assert!((told[field].as_f64().unwrap() - x).abs() < 0.001, "{field}: {told}");
        }
    }

    let summary = house.get("/s/chat/api/v2/summary.json").json();
    assert_eq!(summary["page"]["url"], "http://up.example.org/s/chat");
    assert_eq!((at(&summary["page"]["updated_at"]), at(&summary["fresh_until"])), (view.measured_at, view.fresh_until));
    assert_eq!(at(&summary["components"][0]["updated_at"]), view.verdict.since);

    let live = event(&house, "chat");
    assert_eq!((&live["slug"], &live["level"], &live["phase"]), (&"chat".into(), &one["level"], &one["phase"]));
    // To the second, as pages write it.
    assert_eq!(at(&live["measured_at"]).seconds(), view.measured_at.seconds());
    assert_eq!(at(&live["fresh_until"]).seconds(), view.fresh_until.seconds());
    assert_eq!(live["version"], view.version);
    assert_eq!(live["tag"], format!("{}-{}", view.version, view.measured_at.0));
    let page = house.get("/s/chat");
    assert!(!live["lead"].as_str().unwrap().is_empty() && page.text().contains(live["lead"].as_str().unwrap()));
    let parts = live["html"].as_object().unwrap();
    for name in ["answer", "lanes", "symptoms", "guide", "reports", "related", "why", "measured"] {
        assert!(page.text().contains(parts[name].as_str().unwrap()), "{name}");
    }
    assert_eq!(parts.len(), 8);
}

#[test]
fn a_neighbours_new_level_reaches_the_page_the_api_and_new_readers_at_once_and_open_pages_with_the_next_event() {
    let house = House::new();
    house.published();
    // Somebody has the page open, so that what was made for them is kept.
    let mut open = house.engine.block_on(async {
        let mut s = Stream::open(house.at, "/api/v1/live?service=chat", "").await;
        s.until("event: service\ndata: ").await;
        s.until("\n\n").await;
        s
    });
    let told = |html: &str| html.split("href=\"/s/mail\"").nth(1).unwrap().split("</li>").next().unwrap().to_owned();
    let all = || {
        let page = house.get("/s/chat").text().to_owned();
        let related = house.get("/api/v1/services/chat").json()["related"][0]["level"].as_str().unwrap().to_owned();
        (told(&page), related, told(event(&house, "chat")["html"]["related"].as_str().unwrap()))
    };
    let (page, api, live) = all();
    assert!(page.contains("pill unk") && live == page, "{page} {live}");
    assert_eq!(api, "unknown");
    let version = house.engine.handles.site.service("chat").unwrap().version;
    outage(&house, "mail");
    let level = house.engine.handles.site.service("mail").unwrap().verdict.level;
    assert_eq!(house.engine.handles.site.service("chat").unwrap().version, version, "nothing of its own has changed");
    let (page, api, live) = all();
    assert!(!page.contains("pill unk"), "{page}");
    assert_eq!((&live, api.as_str()), (&page, level.as_str()));
    house.published();
    let next: Value = house.engine.block_on(async {
        open.until("event: service\ndata: ").await;
        serde_json::from_str(open.until("\n\n").await.trim()).unwrap()
    });
    assert!(!told(next["html"]["related"].as_str().unwrap()).contains("pill unk"), "{next}");
}

#[test]
fn the_sitemap_dates_a_page_by_its_level_and_not_by_reports() {
    let house = House::new();
    house.engine.report("chat", "login", 1).unwrap();
    house.published();
    let dated = || {
        let map = house.get("/sitemap.xml").text().to_owned();
        let entry = map.split("/s/chat</loc><lastmod>").nth(1).unwrap_or_else(|| panic!("{map}"));
        Time::parse(entry.split('<').next().unwrap()).unwrap()
    };
    let since = || house.engine.handles.site.service("chat").unwrap().verdict.since.seconds();
    let first = dated();
    assert_eq!(first.seconds(), since());
    house.engine.minutes(20);
    house.engine.report("chat", "login", 2).unwrap();
    house.published();
    assert_eq!(dated(), first, "a report is no change of level");
    // Long enough for the problem not to begin with those.
    house.engine.minutes(180);
    for minute in 0..10 {
        for n in 0..20 {
            house.engine.report("chat", "login", 5000 + 100 * minute + n).unwrap();
        }
        house.published();
    }
    assert!(house.engine.handles.site.service("chat").unwrap().verdict.level.is_problem());
    let then = dated();
    assert!(then > first && then.seconds() == since(), "{then} {first}");
    house.engine.report("chat", "slow", 9000).unwrap();
    house.published();
    assert_eq!((dated().seconds(), since()), (then.seconds(), then.seconds()));
}

#[test]
fn a_page_that_says_too_many_says_when_to_try_again() {
    let engine =
        TestEngine::open(Folder::new(), super::house::catalogue(), |c| c.limits.reports_per_source_per_hour = 1);
    let house = House::over(engine.map_err(|(_, e)| e).unwrap(), |_| {});
    for path in ["/s/chat/report", "/s/chat/vote"] {
        let mut refused = house.form(path, "symptom=login");
        for _ in 0..3 {
            refused = house.form(path, "symptom=login");
        }
        assert_eq!(refused.status, 429, "{path}: {}", refused.text());
        let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=3600).contains(&wait), "{path}: {wait}");
        assert!(refused.text().contains(&problems::too_many(wait)), "{path}: {}", refused.text());
        assert!(refused.header("content-type").unwrap().starts_with("text/html"), "{path}");
    }
}

#[test]
fn a_page_about_a_service_that_is_not_there_offers_to_suggest_it_by_that_name() {
    let house = House::new();
    house.published();
    for (path, link, name) in [
        ("/s/chatt", "/suggest?name=chatt", "chatt"),
        ("/s/no%20such%26x", "/suggest?name=no%20such%26x", "no such&#38;x"),
    ] {
        let got = house.get(path);
        assert_eq!(got.status, 404, "{path}");
        assert!(got.text().contains(&format!("href=\"{link}\"")), "{path}: {}", got.text());
        let form = house.get(link);
        assert!(form.text().contains(&format!("value=\"{name}\"")), "{link}: {}", form.text());
    }
}

#[test]
fn every_page_asks_for_help_to_improve_and_takes_that_it_is_wrong() {
    let house = House::new();
    let mut seen = 0;
    let missing = ["/s/none".to_owned(), "/nowhere".to_owned()];
    for path in every(&house).iter().filter(|p| *p != "/api/v1/live").chain(&missing) {
        let got = house.get(path);
        if !got.header("content-type").is_some_and(|t| t.starts_with("text/html")) {
            continue;
        }
        let said = |words: &str| {
            let link =
                got.text().split("<a ").find(|a| a.split("</a>").next().unwrap().ends_with(&format!(">{words}")));
            link.is_some_and(|a| a.contains("/feedback"))
        };
        // A card on another's page has room for one of them.
        assert!(path.ends_with("/embed") || said(EN.foot_feedback), "{path}");
        assert!(said(EN.why_wrong), "{path}");
        seen += 1;
    }
    assert!(seen > 20, "{seen} pages");
}

#[test]
fn whoever_suggests_a_service_reads_that_it_will_be_considered_and_is_asked_for_patience() {
    let house = House::new();
    let sent = house.form("/suggest", "name=Foo+Works");
    let thanks = house.get(sent.header("location").unwrap());
    assert_eq!(thanks.status, 200);
    for words in [
        "Thank you for your suggestion.",
        "It will be considered and probably implemented.",
        "Give us some time though, and thank you for your patience in advance.",
    ] {
        assert!(thanks.text().contains(words), "{words}: {}", thanks.text());
    }
}

#[test]
fn the_views_of_two_minutes_land_apart() {
    let house = House::new();
    house.published();
    for views in [1, 2] {
        for _ in 0..views {
            house.get("/s/chat");
        }
        house.engine.minutes(2);
    }
    let entries = house.engine.entries();
    let seen: Vec<_> = entries
        .iter()
        .filter_map(|e| match &e.signal {
            Signal::Visits(v) => Some((e.at, v.direct)),
            _ => None,
        })
        .collect();
    assert_eq!(seen.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [1, 2]);
    assert!(seen[1].0.since_ms(seen[0].0) >= 60_000, "{seen:?}");
}

#[test]
fn the_type_of_every_problem_leads_to_its_line_on_the_page_of_the_api() {
    let house = House::new();
    let page = house.get("/api").text().to_owned();
    for kind in ProblemKind::ALL {
        let told: Value =
            serde_json::from_str(&crate::problem::Problem::new(kind, "x").to_json(&house.app.hot().cx())).unwrap();
        let anchor = told["type"].as_str().unwrap().strip_prefix("http://up.example.org/api#").unwrap();
        let line = page.split(&format!("<tr id=\"{anchor}\">")).nth(1).unwrap_or_else(|| panic!("{anchor}: {page}"));
        let line = line.split("<tr").next().unwrap();
        let title = kind.title().replace('\'', "&#39;");
        assert!(line.contains(&title) && line.contains(&format!("<td>{}", told["status"])), "{anchor}: {line}");
    }
}
