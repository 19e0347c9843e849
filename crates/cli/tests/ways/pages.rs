//! A status page that fails in each way, all of them read by one site at once.

use super::{Told, service};
use crate::reading::{page, summary};
use crate::support::{Faults, Site, until_within};
use crate::watching::LONG;

/// What is said of a service in the end.
struct Row {
    slug: &'static str,
    /// What the page answers from then on.
    answer: fn() -> (&'static str, String),
    /// Level, and the code with which `allclear status` ends: at first, and 40 minutes later.
    level: [(&'static str, i32); 2],
    /// Part of why it cannot be read.
    unread: Option<&'static str>,
    /// What stands on the page at first, and 40 minutes later.
    page: [&'static str; 2],
}

const WELL: (&str, i32) = ("operational", 0);
const CANNOT_TELL: (&str, i32) = ("unknown", 4);

const TABLE: [Row; 6] = [
    Row {
        slug: "well",
        answer: || ("200 OK", summary("p1", "operational", None)),
        level: [WELL, WELL],
        unread: None,
        page: ["The official page says: no problem", "The official page says: no problem"],
    },
    Row {
        slug: "outage",
        answer: || ("200 OK", summary("p1", "partial_outage", Some(("investigating", "We look into it.")))),
        level: [("partial_outage", 3); 2],
        unread: None,
        page: ["The official page says: a partial outage", "We look into it."],
    },
    Row {
        slug: "maintenance",
        answer: || {
            (
                "200 OK",
                summary("p1", "under_maintenance", None)
                    .replace("\"indicator\":\"major\"", "\"indicator\":\"maintenance\""),
            )
        },
        level: [("under_maintenance", 0); 2],
        unread: None,
        page: ["The official page says: maintenance", "The official page says: maintenance"],
    },
    Row {
        slug: "garbage",
        answer: || ("200 OK", "{\"page\": \u{1}".to_owned()),
        level: [WELL, CANNOT_TELL],
        unread: Some("JSON"),
        page: ["The official page says: no problem", "Official page not read for 4"],
    },
    Row {
        slug: "html",
        answer: || ("200 OK", "<!doctype html><title>Sign in</title>".to_owned()),
        level: [WELL, CANNOT_TELL],
        unread: Some("HTML"),
        page: ["The official page says: no problem", "When last read it said: no problem"],
    },
    Row {
        slug: "error",
        answer: || ("503 Service Unavailable", String::new()),
        level: [WELL, CANNOT_TELL],
        unread: Some("503"),
        page: ["The official page says: no problem", "Official page not read for 4"],
    },
];

#[test]
fn whatever_way_a_status_page_fails_page_api_and_command_say_the_same_and_why() {
    let dir = tempfile::tempdir().unwrap();
    let (own, data) = (dir.path().join("own"), dir.path().join("data"));
    let pages: Vec<_> = TABLE.iter().zip(41..).map(|(row, n)| (row, page(&format!("127.0.0.{n}")))).collect();
    for (row, (at, answer, _)) in &pages {
        *answer.lock().unwrap() = ("200 OK", summary("p1", "operational", None));
        let feed = format!("http://{at}/api/v2/summary.json");
        let official = format!("[official]\npage = \"http://{at}/\"\nformat = \"statuspage\"\nfeed = \"{feed}\"\n");
        service(&own, row.slug, &official);
    }
    let faults = Faults::new(dir.path());
    let env = faults.with(&[
        ("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8"),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none"),
        ("ALLCLEAR_WATCH__EVERY_S", "1"),
        ("ALLCLEAR_WATCH__OFFICIAL", "on"),
    ]);
    let site = Site::start_with(&data, &["--catalogue", own.to_str().unwrap()], &env);
    let api = |slug: &str| site.get(&format!("/api/v1/services/{slug}")).json();
    until_within(LONG, "all of them are read at first", || {
        TABLE.iter().all(|r| api(r.slug)["level"] == "operational").then_some(())
    });
    for (row, (_, answer, _)) in &pages {
        *answer.lock().unwrap() = (row.answer)();
    }
    for later in [0, 1] {
        if later == 1 {
            // Longer than a page is listened to that cannot be read.
            faults.order("clock 2460");
        }
        until_within(LONG, "each is told", || {
            let told = |r: &Row| {
                let now = api(r.slug);
                now["level"] == r.level[later].0 && now["official"]["unread"].is_object() == r.unread.is_some()
            };
            (TABLE.iter().all(told) && api("well")["stale"] == false).then_some(())
        });
        for row in &TABLE {
            let (told, slug) = (Told::of(&site, row.slug), row.slug);
            assert!(told.page.contains(row.page[later]), "{slug}: {}", told.page);
            let (level, code) = row.level[later];
            let levels = (told.api["level"].as_str(), told.status["level"].as_str(), told.code);
            assert_eq!(levels, (Some(level), Some(level), code), "{slug}");
            let (api, cli) = (&told.api["official"], &told.status["official"]);
            let speaks = later == 0 || row.unread.is_none();
            assert!(api["speaks"] == speaks && cli["speaks"] == speaks, "{slug}: {api} {cli}");
            assert_eq!(api["level"], cli["level"], "{slug}");
            for why in [&api["unread"]["reason"], &cli["unread"]] {
                let said = why.as_str().unwrap_or_default();
                assert!(said.contains(row.unread.unwrap_or_default()), "{slug}: {why}");
            }
        }
    }
    site.stop();
}
