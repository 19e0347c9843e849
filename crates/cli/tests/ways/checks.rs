//! A service that fails in each way, all of them watched by one site at once.

use super::authority::Authority;
use super::upstream::{Upstream, WALL, Way};
use super::{Told, names, service};
use crate::support::{Site, until_within};
use crate::watching::LONG;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// What is said of a service in the end.
struct Row {
    slug: &'static str,
    /// Outcome of the newest run.
    outcome: &'static str,
    /// Part of its reason.
    why: &'static str,
    /// Level, and the code with which `allclear status` ends.
    level: (&'static str, i32),
    /// What stands on the page.
    page: &'static [&'static str],
}

const CANNOT_TELL: (&str, i32) = ("unknown", 4);
const WELL: (&str, i32) = ("operational", 0);

/// Where only checks say something, a failure makes nobody sure.
const FAILS: &[&str] = &["We cannot tell.", "Our own check fails", "Our check from cellar: fails since"];

const TABLE: [Row; 10] = [
    Row { slug: "well", outcome: "up", why: "", level: WELL, page: &["No sign of a problem.", "cellar: up"] },
    Row { slug: "refused", outcome: "down", why: "refused", level: CANNOT_TELL, page: FAILS },
    Row { slug: "slow", outcome: "down", why: "no answer after 1000 ms", level: CANNOT_TELL, page: FAILS },
    Row { slug: "error", outcome: "down", why: "500", level: CANNOT_TELL, page: FAILS },
    Row { slug: "wrong", outcome: "down", why: "$.status", level: CANNOT_TELL, page: FAILS },
    Row { slug: "expired", outcome: "down", why: "certificate", level: CANNOT_TELL, page: FAILS },
    Row {
        slug: "walled",
        outcome: "blocked",
        why: "Cloudflare",
        level: WELL,
        page: &["No sign of a problem.", "Our check from cellar: unclear"],
    },
    Row {
        slug: "ends-soon",
        outcome: "up",
        why: "",
        level: WELL,
        page: &["No sign of a problem.", "Its certificate is valid until", "5 more days"],
    },
    Row { slug: "one-family", outcome: "up", why: "", level: WELL, page: &["No sign of a problem.", "cellar: up"] },
    // It never was there, so the check itself may be wrong.
    Row {
        slug: "no-name",
        outcome: "inconclusive",
        why: "unproven check",
        level: CANNOT_TELL,
        page: &["We cannot tell.", "Our check from cellar: not proven yet"],
    },
];

#[test]
fn whatever_way_a_service_fails_page_api_and_command_say_the_same_and_why() {
    let dir = tempfile::tempdir().unwrap();
    let (own, data) = (dir.path().join("own"), dir.path().join("data"));
    let authority = Authority::new();
    let ca = dir.path().join("ca.pem");
    authority.write(&ca);

    let mut upstreams = Vec::new();
    let mut next = 1;
    let mut begin = |slug: &str, way: Way, days: Option<i64>, further: &str| {
        let host = format!("127.0.0.{next}");
        next += 1;
        let tls = days.map(|d| authority.server(&host, d));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let upstream = Upstream::begin(&host, way, tls);
        service(&own, slug, &format!("[check]\nurl = \"{scheme}://{}/up\"\n{further}", upstream.at));
        upstreams.push(upstream);
    };
    // More hosts are well than not, or the location would think that it is sick itself.
    for slug in ["well", "well-2", "well-3", "well-4", "well-5", "well-6"] {
        begin(slug, Way::Never, None, "");
    }
    begin("refused", Way::Refuses, None, "");
    begin("slow", Way::Slow(Duration::from_secs(3)), None, "timeout_s = 1\n");
    begin("error", Way::Answers("500 Oops", ""), None, "");
    begin("wrong", Way::Answers("200 OK", "{\"status\":\"bad\"}"), None, "expect = ['json $.status == \"ok\"']\n");
    begin("walled", WALL, None, "");
    begin("expired", Way::Certificate(authority.server("127.0.0.12", -30)), Some(90), "");
    begin("ends-soon", Way::Never, Some(5), "");
    // A name with an address in each family, of which one has nobody.
    let v4 = Upstream::begin("127.0.0.14", Way::Never, None);
    service(&own, "one-family", &format!("[check]\nurl = \"http://both.example.test:{}/up\"\n", v4.at.port()));
    service(&own, "no-name", "[check]\ndns = \"gone.example.test\"\n");
    let both = vec![IpAddr::from([127, 0, 0, 14]), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let resolver = names::serve(BTreeMap::from([("both.example.test", both)])).at.to_string();

    let env = [
        ("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8,::1/128"),
        ("ALLCLEAR_NETWORK__CA_FILE", ca.to_str().unwrap()),
        ("ALLCLEAR_NETWORK__RESOLVER", resolver.as_str()),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none"),
        ("ALLCLEAR_WATCH__EVERY_S", "1"),
        ("ALLCLEAR_WATCH__CHECKS", "on"),
        ("ALLCLEAR_WATCH__LOCATION", "cellar"),
    ];
    let site = Site::start_with(&data, &["--catalogue", own.to_str().unwrap()], &env);
    let outcome = |slug: &str| {
        let api = site.get(&format!("/api/v1/services/{slug}")).json();
        api["checks"][0]["outcome"].as_str().map(str::to_owned)
    };
    // Strangers' names are asked once a minute, so these two are not waited for.
    let own_hosts = || TABLE.iter().map(|r| r.slug).filter(|s| !["one-family", "no-name"].contains(s));
    until_within(LONG, "all of them are up at first", || {
        own_hosts().all(|s| outcome(s).as_deref() == Some("up")).then_some(())
    });
    upstreams.iter().for_each(Upstream::fail);
    until_within(LONG, "each is told", || {
        TABLE.iter().all(|r| outcome(r.slug).as_deref() == Some(r.outcome)).then_some(())
    });

    for row in &TABLE {
        let told = Told::of(&site, row.slug);
        let (slug, (level, code)) = (row.slug, row.level);
        for part in row.page {
            assert!(told.page.contains(part), "{slug}: {part}: {}", told.page);
        }
        let (api, cli) = (&told.api["checks"][0], &told.status["checks"][0]);
        for says in [api, cli] {
            let why = says["reason"].as_str().unwrap_or_default();
            assert!(why.contains(row.why) && why.is_empty() == row.why.is_empty(), "{slug}: {says}");
            assert_eq!(says["outcome"], row.outcome, "{slug}");
            assert_eq!(says["location"], "cellar", "{slug}");
            assert_eq!(says["failing_since"].is_string(), row.outcome == "down", "{slug}: {says}");
        }
        assert_eq!((api["at"].clone(), api["ms"].clone()), (cli["at"].clone(), cli["ms"].clone()), "{slug}");
        assert!(cli["age_s"].as_i64().is_some_and(|s| s < 120) && cli["paused"] == false, "{slug}: {cli}");
        let levels = (told.api["level"].as_str(), told.status["level"].as_str(), told.code);
        assert_eq!(levels, (Some(level), Some(level), code), "{slug}");
        // Why it failed is told of the strip as well, for whoever points at it.
        if row.outcome == "down" {
            let html = site.get(&format!("/s/{slug}")).body;
            let strip = html.split("data-said=\"").nth(1).unwrap().split('"').next().unwrap();
            assert!(strip.contains("failed, ") && super::text(strip).contains(row.why), "{slug}: {strip}");
        }
    }
    let soon = Told::of(&site, "ends-soon").api["checks"][0]["certificate_until"].clone();
    assert!(soon.is_string(), "{soon}");
    let told = site.run(&["status", "refused"]).ended(4).stdout;
    assert!(told.contains("OUR CHECKS FROM") && told.contains("cellar") && told.contains("fails since"), "{told}");
    site.stop();
}
