//! A site that reads official pages: a scripted status page on loopback changes in each way, and the site says the right thing.

use crate::support::{Site, http, until_within};
use crate::watching::{LONG, upstream_while};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What the page answers now: status, and body; its mark is made of both.
pub(crate) type Answer = Arc<Mutex<(&'static str, String)>>;

/// What it was asked: path, and whether with a mark that still held.
pub(crate) type Asked = Arc<Mutex<Vec<(String, bool)>>>;

/// A status page. Gives its address, what it answers, and what it was asked.
pub(crate) fn page(host: &str) -> (SocketAddr, Answer, Asked) {
    let listener = TcpListener::bind((host, 0)).unwrap();
    let at = listener.local_addr().unwrap();
    let answer: Answer = Arc::new(Mutex::new(("200 OK", String::new())));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (says, seen) = (answer.clone(), asked.clone());
    drop(std::thread::Builder::new().spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
            let (status, body) = says.lock().unwrap().clone();
            let sum = body.bytes().fold(0_u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
            let mark = format!("\"{status}-{sum:x}\"");
            let mut known = false;
            for line in lines.take_while(|l| !l.is_empty()) {
                known |= line.to_ascii_lowercase().starts_with("if-none-match:") && line.contains(&mark);
            }
            seen.lock().unwrap().push((path, known));
            let (status, body) = if known { ("304 Not Modified", String::new()) } else { (status, body) };
            let length = body.len();
            let _ = write!(
                &stream,
                "HTTP/1.1 {status}\r\nconnection: close\r\netag: {mark}\r\ncontent-length: {length}\r\n\r\n{body}"
            );
        }
    }));
    (at, answer, asked)
}

/// A page of Statuspage's kind with one component.
pub(crate) fn summary(id: &str, component: &str, incident: Option<(&str, &str)>) -> String {
    let indicator = if component == "operational" { "none" } else { "major" };
    let incidents: Vec<Value> = incident
        .map(|(status, body)| {
            json!({
                "id": "i1", "name": "Errors in the API", "status": status, "impact": "major",
                "created_at": "2026-11-28T06:00:00Z", "started_at": "2026-11-28T06:00:00Z", "updated_at": "2026-11-28T06:10:00Z",
                "resolved_at": null, "shortlink": "https://stspg.example/i1", "page_id": id, "components": [],
                "incident_updates": [{
                    "id": "u1", "status": status, "body": body, "incident_id": "i1", "created_at": "2026-11-28T06:10:00Z",
                    "updated_at": "2026-11-28T06:10:00Z", "display_at": "2026-11-28T06:10:00Z", "affected_components": null
                }]
            })
        })
        .into_iter()
        .collect();
    json!({
        "page": {"id": id, "name": "Mail", "url": "https://status.mail.example", "time_zone": "Etc/UTC", "updated_at": "2026-11-28T06:10:00Z"},
        "components": [{"id": "c1", "name": "API", "status": component, "position": 1, "group_id": null, "group": false, "only_show_if_degraded": false}],
        "incidents": incidents, "scheduled_maintenances": [],
        "status": {"indicator": indicator, "description": "as it is"}
    })
    .to_string()
}

/// A service with a check and an official page.
fn folder(dir: &Path, check: SocketAddr, page: SocketAddr) {
    std::fs::create_dir_all(dir.join("own/services")).unwrap();
    let text = format!(
        "name = \"Mail\"\ncategory = \"cloud\"\nhomepage = \"https://mail.example.org\"\n[check]\nurl = \"http://{check}/up\"\n[official]\npage = \"http://{page}/\"\nformat = \"statuspage\"\nfeed = \"http://{page}/api/v2/summary.json\"\n[verified]\nhomepage = false\ncheck = true\nofficial = true\n"
    );
    std::fs::write(dir.join("own/services/mail.toml"), text).unwrap();
}

/// Level, phase, whether it is confirmed, and the weight of the official page, if it says anything.
fn says(site: &Site) -> (String, String, bool, Option<f64>) {
    let now = site.get("/api/v1/services/mail").json();
    let both = ["evidence", "against"].into_iter().flat_map(|k| now[k].as_array().cloned().unwrap_or_default());
    let official = both.into_iter().find(|e| e["signal"] == "official").and_then(|e| e["weight"].as_f64());
    let word = |key: &str| now[key].as_str().unwrap().to_owned();
    (word("level"), word("phase"), now["confirmed"] == true, official)
}

fn pages(site: &Site) -> Value {
    site.run(&["admin", "official", "list", "--json"]).ended(0).json()["pages"][0].clone()
}

fn unread(site: &Site) -> Option<String> {
    pages(site)["unread"]["reason"].as_str().map(str::to_owned)
}

#[test]
fn an_official_page_is_read_believed_doubted_and_remembered_as_it_changes() {
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad");
    let (check, checked) = upstream_while("127.0.0.1", Some(bad.clone()));
    let (at, answer, asked) = page("127.0.0.2");
    folder(dir.path(), check, at);
    let own = dir.path().join("own");
    let env = [
        ("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8"),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none"),
        ("ALLCLEAR_WATCH__EVERY_S", "1"),
        ("ALLCLEAR_WATCH__CHECKS", "on"),
        ("ALLCLEAR_WATCH__OFFICIAL", "on"),
    ];
    let put = |status: &'static str, body: String| *answer.lock().unwrap() = (status, body);
    let data = dir.path().join("data");
    let start = || Site::start_with(&data, &["--catalogue", own.to_str().unwrap()], &env);

    put("200 OK", summary("p1", "operational", None));
    let site = start();
    until_within(LONG, "the page is read, and says that all is well", || {
        (says(&site) == ("operational".to_owned(), "none".to_owned(), false, Some(-0.2))).then_some(())
    });
    until_within(LONG, "it is asked for changes only", || {
        asked.lock().unwrap().iter().any(|(_, known)| *known).then_some(())
    });

    // The vendor says so alone, though our check passes.
    put("200 OK", summary("p1", "partial_outage", Some(("investigating", "We look into it."))));
    until_within(LONG, "its word is a problem", || (says(&site).0 == "partial_outage").then_some(()));
    assert_eq!(says(&site), ("partial_outage".to_owned(), "open".to_owned(), false, Some(9.0)));
    let now = site.get("/api/v1/services/mail").json();
    assert_eq!(
        (&now["since"], &now["incident"]),
        (&json!("2026-11-28T06:00:00Z"), &Value::Null),
        "since when the vendor says"
    );

    // An edit of words that were published already, told with what else is new.
    put("200 OK", summary("p1", "partial_outage", Some(("identified", "We look into it, in one region only."))));
    until_within(LONG, "the edit is seen", || {
        let told = site.run(&["admin", "official", "diff", "mail"]).ended(0).stdout;
        (told.contains("- We look into it.\n") && told.contains("+ We look into it, in one region only.")).then_some(())
    });

    // Our check fails as well: two kinds of witness agree.
    std::fs::write(&bad, "").unwrap();
    until_within(LONG, "both together confirm it", || says(&site).2.then_some(()));
    std::fs::remove_file(&bad).unwrap();

    // What cannot be read or believed changes nothing, and is told.
    for (status, body, why) in [
        ("200 OK", "<!doctype html><title>Sign in</title>".to_owned(), "HTML"),
        ("503 Service Unavailable", String::new(), "503"),
        ("200 OK", summary("p2", "operational", None), "another page"),
        (
            "200 OK",
            summary("p1", "operational", None).replace("\"id\":\"c1\"", "\"group\":true,\"id\":\"c1\""),
            "lists no part",
        ),
    ] {
        let body = if why == "lists no part" { without_components(&body) } else { body };
        put(status, body);
        until_within(LONG, why, || unread(&site).filter(|r| r.contains(why)));
        assert_eq!(says(&site).0, "partial_outage", "{why}");
    }
    // It outlives a restart, with what is known of the page.
    site.stop();
    put("200 OK", summary("p2", "operational", None));
    let site = start();
    assert_eq!((says(&site).0, pages(&site)["speaks"] == true), ("partial_outage".to_owned(), true));
    until_within(LONG, "the page we knew is still the one that is believed", || {
        unread(&site).filter(|r| r.contains("another page"))
    });

    put("200 OK", summary("p1", "operational", None));
    until_within(LONG, "it is over when the vendor says so", || (says(&site).0 == "operational").then_some(()));
    assert_eq!((pages(&site)["level"].clone(), pages(&site)["unread"].clone()), (json!("operational"), Value::Null));
    site.run(&["admin", "official", "diff", "nobody"]).ended(2);
    assert!(site.run(&["admin", "official", "list", "--wrong"]).ended(0).stdout.contains("No official page here"));

    // Whoever opted out is not asked any more.
    site.run(&["admin", "optout", "127.0.0.2"]).ended(0);
    let asks = |all: &Arc<Mutex<Vec<String>>>| all.lock().unwrap().iter().filter(|p| *p == "/up").count();
    let (checks, readings) = (asks(&checked), asked.lock().unwrap().len());
    until_within(LONG, "others are still asked", || (asks(&checked) >= checks + 4).then_some(()));
    assert!(asked.lock().unwrap().len() <= readings + 2, "what was under way then, and no more");
    site.stop();
}

/// The same page with nothing on it.
fn without_components(body: &str) -> String {
    let mut page: Value = serde_json::from_str(body).unwrap();
    page["components"] = json!([]);
    page.to_string()
}

/// A page with these components, all well.
fn parts(names: &[&str]) -> String {
    let mut page: Value = serde_json::from_str(&summary("p1", "operational", None)).unwrap();
    let one = |name: &&str| json!({"id": format!("id-{name}"), "name": name, "status": "operational", "group": false});
    page["components"] = names.iter().map(one).collect();
    page.to_string()
}

#[test]
fn a_component_that_its_page_does_not_list_any_more_is_told_by_name_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let (check, _) = upstream_while("127.0.0.1", None);
    let (at, answer, _) = page("127.0.0.3");
    folder(dir.path(), check, at);
    let file = dir.path().join("own/services/mail.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let scoped = text.replace(
        "format = \"statuspage\"\n",
        "format = \"statuspage\"\nreference = \"p1\"\ncomponents = [\"id-API\", \"id-Web\"]\n",
    );
    std::fs::write(&file, scoped).unwrap();
    let own = dir.path().join("own");
    let env = [
        ("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8"),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none"),
        ("ALLCLEAR_WATCH__EVERY_S", "1"),
        ("ALLCLEAR_WATCH__OFFICIAL", "on"),
        ("ALLCLEAR_OPS__LISTEN", "127.0.0.1:0"),
    ];
    let put = |body: String| *answer.lock().unwrap() = ("200 OK", body);
    // Another page than the catalogue knows is not believed, not even at first.
    put(parts(&["API", "Web"]).replace("\"p1\"", "\"p9\""));
    let data = dir.path().join("data");
    let site = Site::start_with(&data, &["--catalogue", own.to_str().unwrap()], &env);
    until_within(LONG, "it is another page", || unread(&site).filter(|r| r.contains("p9")));
    put(parts(&["API", "Web", "Mail"]));
    until_within(LONG, "the page is read", || (pages(&site)["level"] == "operational").then_some(()));

    let wrong = |site: &Site| site.run(&["admin", "official", "list", "--wrong"]).ended(0).stdout;
    put(parts(&["API", "Mail"]));
    until_within(LONG, "one has gone", || wrong(&site).contains("\"Web\" (id-Web)").then_some(()));
    put(parts(&["Mail"]));
    until_within(LONG, "the last one has gone", || {
        let told = wrong(&site);
        (told.contains("lists no part of the service") && told.contains("\"API\"")).then_some(())
    });
    let log = site.log();
    let ops = log.lines().find(|l| l.contains("metrics and health")).and_then(|l| l.split_once("at=")).unwrap().1;
    let metrics = http(ops.trim(), "GET", "/metrics", &[], "").unwrap().body;
    assert!(metrics.contains("allclear_official_components_lost_total 2\n"), "{metrics}");
    // It outlives a restart, and was said once for each.
    let log = site.stop();
    for name in ["API", "Web"] {
        let told = log.lines().filter(|l| l.contains("the page does not list") && l.contains(&format!("(id-{name})")));
        assert_eq!(told.count(), 1, "{name} in {log}");
    }
    let site = Site::start_with(&data, &["--catalogue", own.to_str().unwrap()], &env);
    until_within(LONG, "it is still known what has gone", || wrong(&site).contains("\"API\"").then_some(()));
    site.stop();
}

#[test]
fn a_page_that_says_nothing_holds_up_neither_the_site_nor_its_stop() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (check, _) = upstream_while("127.0.0.2", None);
    folder(dir.path(), check, listener.local_addr().unwrap());
    let env = [
        ("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8"),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none"),
        ("ALLCLEAR_WATCH__EVERY_S", "1"),
        ("ALLCLEAR_WATCH__OFFICIAL", "on"),
    ];
    let own = dir.path().join("own");
    let site = Site::start_with(&dir.path().join("data"), &["--catalogue", own.to_str().unwrap()], &env);
    let held = listener.accept().unwrap();
    assert_eq!(site.get("/s/mail").status, 200);
    let log = site.stop();
    assert!(!log.contains("did not end in time"), "{log}");
    drop(held);
}
