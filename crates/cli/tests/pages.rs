//! Official pages as a running site reads them.

use crate::support::{Site, now, until_within};
use crate::watching::{LONG, serve};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};

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

/// A server that gives what is in `body`, and 304 to whoever has it already. Gives also which of both it answered.
fn changing(host: &str, body: Arc<Mutex<String>>) -> (SocketAddr, Arc<Mutex<Vec<bool>>>) {
    let listener = TcpListener::bind((host, 0)).unwrap();
    let at = listener.local_addr().unwrap();
    let whole = Arc::new(Mutex::new(Vec::new()));
    let seen = whole.clone();
    drop(std::thread::Builder::new().spawn(move || {
        for stream in listener.incoming().flatten() {
            let asked: Vec<String> =
                BufReader::new(&stream).lines().map_while(Result::ok).take_while(|l| !l.is_empty()).collect();
            let body = body.lock().unwrap().clone();
            let tag = format!("\"{}\"", body.len());
            let has = asked.iter().any(|l| l.to_ascii_lowercase().starts_with("if-none-match:") && l.contains(&tag));
            let (status, body) = match asked.first() {
                Some(first) if first.contains(" /data.json ") => {
                    (if has { "304 Not Modified" } else { "200 OK" }, if has { "" } else { &body })
                }
                _ => ("404 Not Found", ""),
            };
            seen.lock().unwrap().push(status.starts_with("200"));
            let length = body.len();
            let _ = write!(
                &stream,
                "HTTP/1.1 {status}\r\nconnection: close\r\netag: {tag}\r\ncontent-length: {length}\r\n\r\n{body}"
            );
        }
    }));
    (at, whole)
}

#[test]
fn an_incident_of_less_than_a_minute_waits_and_is_told_when_it_has_lasted_though_the_page_has_not_changed() {
    let dir = tempfile::tempdir().unwrap();
    let calm = r#"{"page":{"name":"Example","url":"https://status.example.org","status":"UP"}}"#;
    let body = Arc::new(Mutex::new(calm.to_owned()));
    let (at, whole) = changing("127.0.0.1", body.clone());
    folder(dir.path(), &[("brief", at, "instatus")]);
    let site = site(dir.path());
    let level = || official(&site, "brief")["level"].as_str().unwrap_or_default().to_owned();
    until_within(LONG, "the page is read", || (level() == "operational").then_some(()));

    let began = now().plus_s(-45);
    *body.lock().unwrap() = format!(
        r#"{{"page":{{"name":"Example","url":"https://status.example.org","status":"HASISSUES"}},"activeIncidents":[{{"id":"1","name":"API is down",
        "started":"{began}","status":"INVESTIGATING","impact":"MAJOROUTAGE","updatedAt":"{began}"}}]}}"#
    );
    whole.lock().unwrap().clear();
    until_within(LONG, "it is read", || whole.lock().unwrap().contains(&true).then_some(()));
    let age_s = || now().since_ms(began) / 1000;
    until_within(LONG, "it has lasted", || {
        let told = level();
        assert!(told == "operational" || age_s() >= 60, "{told} after {} s", age_s());
        (told == "major_outage").then_some(())
    });
    assert!(whole.lock().unwrap().iter().filter(|w| **w).count() > 1, "it was read whole again");
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
