//! Official pages as a running site reads them.

use crate::reading::page;
use crate::support::{Site, now, until_within};
use crate::watching::{LONG, serve};
use std::net::SocketAddr;
use std::path::Path;

/// A folder of services, each with an official page at this address and of this format.
fn folder(dir: &Path, services: &[(&str, SocketAddr, &str)]) {
    std::fs::create_dir_all(dir.join("own/services")).unwrap();
    for (slug, at, format) in services {
        let text = format!(
            "name = \"{slug}\"\ncategory = \"cloud\"\nhomepage = \"https://{slug}.example.org\"\n[official]\npage = \"http://{at}\"\nformat = \"{format}\"\nfeed = \"http://{at}/data.json\"\n[verified]\nhomepage = false\nofficial = false\n"
        );
        std::fs::write(dir.join(format!("own/services/{slug}.toml")), text).unwrap();
    }
}

/// A site that reads pages on loopback every second and runs no checks.
fn site(dir: &Path) -> Site {
    let env = [
        ("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8"),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none"),
        ("ALLCLEAR_WATCH__EVERY_S", "1"),
        ("ALLCLEAR_WATCH__OFFICIAL", "on"),
    ];
    Site::start_with(&dir.join("data"), &["--catalogue", dir.join("own").to_str().unwrap()], &env)
}

/// What the site says of a service's official page.
fn official(site: &Site, slug: &str) -> serde_json::Value {
    site.get(&format!("/api/v1/services/{slug}")).json()["official"].clone()
}

#[test]
fn an_incident_of_less_than_a_minute_waits_and_is_told_when_it_has_lasted_though_the_page_has_not_changed() {
    let dir = tempfile::tempdir().unwrap();
    let calm = r#"{"page":{"name":"Example","url":"https://status.example.org","status":"UP"}}"#;
    let (at, answer, asked) = page("127.0.0.1");
    *answer.lock().unwrap() = ("200 OK", calm.to_owned());
    folder(dir.path(), &[("brief", at, "instatus")]);
    let site = site(dir.path());
    let level = || official(&site, "brief")["level"].as_str().unwrap_or_default().to_owned();
    until_within(LONG, "the page is read", || (level() == "operational").then_some(()));

    let began = now().plus_s(-45);
    let begun = format!(
        r#"{{"page":{{"name":"Example","url":"https://status.example.org","status":"HASISSUES"}},"activeIncidents":[{{"id":"1","name":"API is down",
        "started":"{began}","status":"INVESTIGATING","impact":"MAJOROUTAGE","updatedAt":"{began}"}}]}}"#
    );
    *answer.lock().unwrap() = ("200 OK", begun);
    asked.lock().unwrap().clear();
    // With a mark that holds the answer is that nothing has changed.
    let whole = || asked.lock().unwrap().iter().filter(|(path, known)| path == "/data.json" && !known).count();
    until_within(LONG, "it is read", || (whole() > 0).then_some(()));
    let age_s = || now().since_ms(began) / 1000;
    until_within(LONG, "it has lasted", || {
        let told = level();
        assert!(told == "operational" || age_s() >= 60, "{told} after {} s", age_s());
        (told == "major_outage").then_some(())
    });
    assert!(whole() > 1, "it was read whole again");
    site.stop();
}

#[test]
fn who_serves_a_page_that_cannot_be_read_is_named_when_its_own_page_tells_of_a_problem() {
    let dir = tempfile::tempdir().unwrap();
    let (vendor, _) = serve("127.0.0.1", |_| {
        (
            "200 OK",
            r#"{"page":{"id":"abcdefgh1234","name":"Pages"},"status":{"indicator":"major"},"components":[{"id":"a","name":"Pages","status":"major_outage"}],"incidents":[]}"#,
        )
    });
    let (lost, _) = serve("127.0.0.2", |_| ("503 Oops", ""));
    folder(dir.path(), &[("statuspage", vendor, "statuspage"), ("lost", lost, "statuspage")]);
    let site = site(dir.path());
    until_within(LONG, "the vendor's page tells of a problem", || {
        (official(&site, "statuspage")["level"] == "major_outage").then_some(())
    });
    let now = site.get("/api/v1/services/statuspage").json();
    assert_eq!(now["confirmed"], false, "a page alone confirms nothing");
    until_within(LONG, "it is named beside the page that is lost", || {
        official(&site, "lost").to_string().contains("statuspage, which serves it, has a problem itself").then_some(())
    });
    site.stop();
}
