//! A vendor's official page, from the engine that hears it to those who read.

use super::house::House;
use allclear_model::official::{
    EventKind, EventPhase, OfficialEvent, OfficialPages, OfficialRead, OfficialSaid, OfficialUpdate, OfficialWord,
    Trust,
};
use allclear_model::{Level, Slug};

const EVIL: &str = "<script>alert(1)</script>";

/// The page of `service` is read, and says so.
fn hear(house: &House, service: &str, said: OfficialSaid) {
    let read = vec![OfficialRead { service: Slug::parse(service).unwrap(), said }];
    house.engine.block_on(house.engine.handles.admin.announced(OfficialPages { read })).unwrap();
    house.published();
}

/// Something new: this level, with an event that says so.
fn new(level: Level) -> OfficialSaid {
    let phase = EventPhase::Identified;
    let event = OfficialEvent {
        id: "1".into(),
        kind: EventKind::Incident,
        title: format!("Sign-in fails {EVIL}"),
        phase,
        impact: level,
        counted: level.is_problem(),
        started_at: None,
        url: Some("https://status.chat.example/1".into()),
        updates: vec![OfficialUpdate { phase, text: format!("We know. {EVIL}"), at: None }],
    };
    let word = OfficialWord {
        asked: String::new(),
        level,
        trust: Trust::Full,
        url: "https://status.chat.example/api/v2/summary.json".into(),
        format: "statuspage".into(),
        identity: None,
        components: 1,
        past: false,
        since: None,
        events: vec![event],
        warnings: Vec::new(),
        named: allclear_model::official::Named::default(),
    };
    OfficialSaid::New { word: Box::new(word) }
}

#[test]
fn what_only_the_vendor_says_reads_so_wherever_the_site_is_read_and_people_confirm_it() {
    let house = House::new();
    house.published();
    assert!(house.get("/s/chat").text().contains("Official page: not watched yet"));
    hear(&house, "chat", new(Level::MajorOutage));
    let page = house.get("/s/chat").text().to_owned();
    assert!(
        page.contains("<b>Probably.</b> A major outage since ") && page.contains(", says its official page."),
        "{page}"
    );
    assert!(
        page.contains("Only its official page says so: too few people report here to tell, and no check of ours runs.")
    );
    assert!(page.contains("We know. &#60;script&#62;") || page.contains("We know. &lt;script&gt;"), "{page}");
    assert!(page.contains("Reports of people on this page, and its official status page."));
    let doc = house.get("/api/v1/services/chat").json();
    assert_eq!(
        (&doc["level"], &doc["confirmed"], &doc["phase"]),
        (&"major_outage".into(), &false.into(), &"open".into())
    );
    assert!(doc["incident"].is_null() && doc["official"]["speaks"] == true, "{doc}");
    assert_eq!(doc["official"]["newest"]["url"], "https://status.chat.example/1");
    let list = house.get("/api/v1/services").json();
    assert_eq!((&list["services"][1]["slug"], &list["services"][1]["level"]), (&"chat".into(), &"major_outage".into()));
    let home = house.get("/").text().to_owned();
    assert!(home.contains("1 service") && home.contains("Its official page says: a major outage."), "{home}");
    let summary = house.get("/s/chat/api/v2/summary.json").json();
    assert_eq!(summary["status"]["description"], "Probably a major outage, as its official page says");
    assert!(house.get("/s/chat/badge.svg").text().contains("Probably major outage"));
    assert!(house.get("/s/chat/embed").text().contains("Its official page says: a major outage."));
    assert!(!house.get("/s/chat/feed.atom").text().contains("<entry>"));
    for path in ["/s/chat", "/", "/s/chat/embed", "/s/chat/feed.atom", "/s/chat/badge.svg", "/s/mail"] {
        assert!(!house.get(path).text().contains(EVIL), "{path}");
    }

    for n in 0..40 {
        house.engine.report("chat", "login", n).unwrap();
    }
    house.published();
    let page = house.get("/s/chat").text().to_owned();
    assert!(
        page.contains("<b>Yes.</b> ") && page.contains("Its official page says so too: a major outage since"),
        "{page}"
    );
    assert!(page.contains("People and the official page agree"), "{page}");
    assert_eq!(house.get("/api/v1/services/chat").json()["confirmed"], true);
}

#[test]
fn a_page_that_cannot_be_read_any_more_is_neither_calm_nor_a_problem_and_its_words_are_told_as_old() {
    let house = House::new();
    house.published();
    hear(&house, "mail", new(Level::Operational));
    let page = house.get("/s/mail").text().to_owned();
    assert!(
        page.contains("<b>No sign of a problem.</b>") && page.contains("this answer rests on its official page."),
        "{page}"
    );
    assert!(page.contains("The official page says: <strong>no problem</strong>"), "{page}");
    house.engine.minutes(10);
    hear(&house, "mail", OfficialSaid::Unread { reason: format!("HTTP 503 {EVIL}") });
    let page = house.get("/s/mail").text().to_owned();
    assert!(
        page.contains("not readable since ") && page.contains("<b>No sign of a problem.</b>"),
        "it still speaks: {page}"
    );
    house.engine.minutes(30);
    let page = house.get("/s/mail").text().to_owned();
    assert!(page.contains("<b>We cannot tell.</b>"), "{page}");
    assert!(page.contains("No reports, and its official page cannot be read right now."), "{page}");
    assert!(
        page.contains("Official page not read for <span data-age=") && page.contains(">42 min</span>: HTTP 503"),
        "{page}"
    );
    assert!(!page.contains(EVIL) && page.contains("When last read it said: no problem."), "{page}");
    let official = &house.get("/api/v1/services/mail").json()["official"];
    assert_eq!((&official["speaks"], &official["level"]), (&false.into(), &"operational".into()));
    assert_eq!(official["unread"]["reason"], format!("HTTP 503 {EVIL}"));
}
