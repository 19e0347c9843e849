//! Whom a catalogue asks: `allclear catalogue hosts` and `verify`, `allclear admin optout`, and a site that runs checks.

use crate::support::{Run, Site, allclear_in, journal, until_within};
use allclear_model::Signal;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A server that answers each path of `pages` with its status and body, and 404 elsewhere. Gives what it was asked for.
fn upstream(
    host: &str,
    pages: &'static [(&'static str, &'static str, &'static str)],
) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    serve(host, |path| pages.iter().find(|p| p.0 == path).map_or(("404 Not Found", ""), |p| (p.1, p.2)))
}

/// A server that answers a path with the status and body that `answer` gives. It ends with the process of the test.
pub(crate) fn serve(
    host: &str,
    answer: impl Fn(&str) -> (&'static str, &'static str) + Send + 'static,
) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((host, 0)).unwrap();
    let at = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    drop(std::thread::Builder::new().spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
            for line in lines {
                if line.is_empty() {
                    break;
                }
            }
            let (status, body) = answer(&path);
            seen.lock().unwrap().push(path);
            let length = body.len();
            let _ = write!(&stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        }
    }));
    (at, asked)
}

/// A server that answers 200, and 500 while `bad` is there; it has no `robots.txt`.
pub(crate) fn upstream_while(host: &str, bad: Option<PathBuf>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    serve(host, move |path| match path {
        "/robots.txt" => ("404 Not Found", ""),
        _ if bad.as_ref().is_some_and(|b| b.exists()) => ("500 Oops", ""),
        _ => ("200 OK", ""),
    })
}

/// A folder with services that are checked at these addresses.
fn folder(dir: &Path, services: &[(&str, &str, String)]) {
    std::fs::create_dir_all(dir.join("own/services")).unwrap();
    for (slug, category, url) in services {
        let text = format!(
            "name = \"{slug}\"\ncategory = \"{category}\"\nhomepage = \"https://{slug}.example.org\"\n# Ours.\n[check]\nurl = \"{url}\"\n[verified]\nhomepage = false\ncheck = false\n"
        );
        std::fs::write(dir.join(format!("own/services/{slug}.toml")), text).unwrap();
    }
}

/// Only the services of the folder, which may be asked on loopback.
fn run(dir: &Path, args: &[&str]) -> Run {
    let env = [("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8"), ("ALLCLEAR_CATALOGUE__INCLUDE", "none")];
    allclear_in(dir, &[args, &["--catalogue", "own"]].concat(), &env, "")
}

#[test]
fn verify_runs_each_check_once_and_marks_what_passed_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    // Hosts of their own, or one would wait a minute for the other.
    let (good, asked) = upstream("127.0.0.1", &[("/up", "200 OK", "fine"), ("/robots.txt", "404 Not Found", "")]);
    let (bad, _) = upstream("127.0.0.2", &[("/up", "500 Oops", "")]);
    let (shy, shy_asked) =
        upstream("127.0.0.3", &[("/robots.txt", "200 OK", "User-agent: *\nDisallow: /up\n"), ("/up", "200 OK", "")]);
    folder(
        dir.path(),
        &[
            ("good", "cloud", format!("http://{good}/up")),
            ("bad", "cloud", format!("http://{bad}/up")),
            ("shy", "cloud", format!("http://{shy}/up")),
            ("money", "bank", "http://127.0.0.4:9/".to_owned()),
        ],
    );
    let told = run(dir.path(), &["catalogue", "verify", "--json", "--write"]).ended(1).json();
    assert_eq!((told["asked"].as_u64(), told["passed"].as_u64()), (Some(3), Some(1)), "{told}");
    let of = |slug: &str| told["results"].as_array().unwrap().iter().find(|r| r["service"] == slug).unwrap().clone();
    assert_eq!(of("good")["outcome"], "up");
    assert!(of("good")["ms"].as_f64() > Some(0.0) && of("good")["reason"].is_null());
    assert_eq!((of("bad")["outcome"].as_str(), of("shy")["outcome"].as_str()), (Some("down"), Some("inconclusive")));
    assert_eq!(of("shy")["reason"]["code"], "robots");
    assert_eq!(told["not_asked"][0]["service"], "money");
    assert!(told["not_asked"][0]["why"].as_str().unwrap().contains("bank"), "{told}");
    assert_eq!(*asked.lock().unwrap(), ["/robots.txt", "/up"], "each once");
    assert_eq!(*shy_asked.lock().unwrap(), ["/robots.txt"], "what it forbids is not fetched");

    let file = |slug: &str| std::fs::read_to_string(dir.path().join(format!("own/services/{slug}.toml"))).unwrap();
    assert!(file("good").contains("check = true") && file("good").contains("# Ours."), "{}", file("good"));
    for slug in ["bad", "shy", "money"] {
        assert!(file(slug).contains("check = false"), "{slug}");
    }
    assert_eq!(told["written"].as_array().unwrap().len(), 1);
    // It holds afterwards, and a second time there is nothing to mark.
    run(dir.path(), &["catalogue", "list"]).ended(0);
    let again = run(dir.path(), &["catalogue", "verify", "good", "--write"]).ended(0).stdout;
    assert!(again.contains("1 of 1 checks passed") && !again.contains("Marked"), "{again}");
    for (args, why) in [
        (&["catalogue", "verify", "nobody"][..], "no service's slug"),
        (&["catalogue", "verify", "visa"], "no service's slug"),
    ] {
        assert!(run(dir.path(), args).ended(2).stderr.contains(why), "{args:?}");
    }
    let nowhere = allclear_in(dir.path(), &["catalogue", "verify", "github", "--write"], &[], "").ended(2);
    assert!(nowhere.stderr.contains("--catalogue DIR"), "{}", nowhere.stderr);
    // Asked for alone, whoever is not asked proves nothing.
    let bank = run(dir.path(), &["catalogue", "verify", "money"]).ended(4).stdout;
    assert!(bank.contains("0 of 0 checks passed; 1 were not asked"), "{bank}");
}

#[test]
fn one_file_that_cannot_be_marked_takes_nothing_from_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let (a, _) = upstream("127.0.0.1", &[("/up", "200 OK", "")]);
    let (b, _) = upstream("127.0.0.2", &[("/up", "200 OK", "")]);
    folder(dir.path(), &[("alpha", "cloud", format!("http://{a}/up")), ("beta", "cloud", format!("http://{b}/up"))]);
    let inline = format!(
        "name = \"alpha\"\ncategory = \"cloud\"\nhomepage = \"https://alpha.example.org\"\nverified = {{ homepage = false, check = false }}\n[check]\nurl = \"http://{a}/up\"\n"
    );
    std::fs::write(dir.path().join("own/services/alpha.toml"), &inline).unwrap();
    let told = run(dir.path(), &["catalogue", "verify", "--json", "--write"]).ended(1).json();
    assert_eq!((told["passed"].as_u64(), told["written"].as_array().unwrap().len()), (Some(2), 1), "{told}");
    assert_eq!(told["not_written"][0]["service"], "alpha");
    assert!(told["not_written"][0]["why"].as_str().unwrap().contains("by hand"), "{told}");
    assert_eq!(std::fs::read_to_string(dir.path().join("own/services/alpha.toml")).unwrap(), inline);
}

#[test]
fn a_machine_without_a_way_out_verifies_nothing_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    folder(dir.path(), &[("far", "cloud", "https://far.example.org/".to_owned())]);
    let env = [("ALLCLEAR_NETWORK__RESOLVER", "127.0.0.1:9"), ("ALLCLEAR_CATALOGUE__INCLUDE", "none")];
    let args = ["catalogue", "verify", "--json", "--catalogue", "own", "--write"];
    let told = allclear_in(dir.path(), &args, &env, "").ended(4).json();
    assert_eq!((told["passed"].as_u64(), told["results"][0]["outcome"].as_str()), (Some(0), Some("inconclusive")));
    assert_eq!(told["results"][0]["reason"]["code"], "no_network", "{told}");
    assert!(told["written"].as_array().unwrap().is_empty());
}

#[test]
fn every_host_is_listed_with_how_often_and_who_opted_out_is_not_asked() {
    let dir = tempfile::tempdir().unwrap();
    let (at, asked) = upstream("127.0.0.1", &[("/", "200 OK", "")]);
    folder(
        dir.path(),
        &[
            ("a", "cloud", "https://www.a.example.org/x".to_owned()),
            ("here", "cloud", format!("http://{at}/")),
            ("money", "bank", "https://money.example.org/".to_owned()),
        ],
    );
    let of = |all: &serde_json::Value, host: &str| {
        all.as_array().unwrap().iter().find(|l| l["host"] == host).unwrap().clone()
    };
    // Without a site there is nobody who opted out; an empty folder is none.
    std::fs::create_dir(dir.path().join("data")).unwrap();
    let odd = allclear_in(
        dir.path(),
        &["catalogue", "hosts", "--catalogue", "own"],
        &[("ALLCLEAR_WATCH__WITHOUT_CHECKS", "banks"), ("ALLCLEAR_CATALOGUE__INCLUDE", "none")],
        "",
    )
    .ended(0);
    assert!(odd.stderr.contains("banks is no service, and no service's category"), "{}", odd.stderr);
    let before = run(dir.path(), &["catalogue", "hosts", "--json"]).ended(0).json();
    let control = of(&before, "captive.apple.com");
    assert!(control["what"] == "control" && control["service"].is_null() && control["every_s"].is_null(), "{control}");
    let a = of(&before, "www.a.example.org");
    assert_eq!(
        (a["service"].as_str(), a["what"].as_str(), a["every_s"].as_u64()),
        (Some("a"), Some("check"), Some(300))
    );
    let robots =
        before.as_array().unwrap().iter().find(|l| l["address"] == "https://www.a.example.org/robots.txt").unwrap();
    assert_eq!((robots["what"].as_str(), robots["every_s"].as_u64()), (Some("robots"), Some(86_400)));
    assert!(!before.to_string().contains("money.example.org/robots.txt"), "whoever is not asked is not asked for it");
    assert!(a["not"].is_null() && of(&before, "money.example.org")["not"].as_str().unwrap().contains("bank"));

    let data = dir.path().join("data");
    let env = [("ALLCLEAR_CATALOGUE__INCLUDE", "none")];
    let site = Site::start_with(&data, &["--catalogue", dir.path().join("own").to_str().unwrap()], &env);
    assert_eq!(site.run(&["admin", "optout"]).ended(0).stdout, "No host has opted out.\n");
    site.run(&["admin", "optout", "A.example.org."]).ended(0);
    assert_eq!(site.run(&["admin", "optout"]).ended(0).stdout, "a.example.org\n");
    let here = run(dir.path(), &["catalogue", "hosts", "--json"]).ended(0).json();
    assert_eq!(of(&here, "www.a.example.org")["not"], "a.example.org opted out");
    site.stop();
    // The same from the folder of a stopped site; and it is not asked.
    let told = run(dir.path(), &["catalogue", "hosts"]).ended(0).stdout;
    assert!(
        told.contains("not asked: a.example.org opted out")
            && told.contains("1 hosts for 1 checks and pages; 2 are not asked"),
        "{told}"
    );
    let told = run(dir.path(), &["catalogue", "verify"]).ended(0).stdout;
    assert!(
        told.contains("a: not asked, a.example.org opted out")
            && told.contains("1 of 1 checks passed; 2 were not asked"),
        "{told}"
    );
    assert!(!asked.lock().unwrap().is_empty());
}

#[test]
fn second_documents_and_robots_of_the_catalogue_are_listed_once_and_whoever_holds_money_is_not_checked() {
    let dir = tempfile::tempdir().unwrap();
    let all = allclear_in(dir.path(), &["catalogue", "hosts", "--json"], &[], "").ended(0).json();
    let all = all.as_array().unwrap();
    let of = |what: &str| all.iter().filter(|l| l["what"] == what).collect::<Vec<_>>();
    for what in ["robots", "components"] {
        let mut addresses: Vec<&str> = of(what).iter().map(|l| l["address"].as_str().unwrap()).collect();
        let before = addresses.len();
        addresses.sort_unstable();
        addresses.dedup();
        assert!(before > 5 && addresses.len() == before, "{what}: {before}");
    }
    let listed = allclear_in(dir.path(), &["catalogue", "list", "--json"], &[], "").ended(0).json();
    let category = |slug: &str| {
        let s = listed.as_array().unwrap().iter().find(|s| s["slug"] == slug).unwrap();
        s["category"].as_str().unwrap().to_owned()
    };
    let money = ["cash-app", "klarna", "payoneer", "paypal", "plaid", "venmo", "wise", "zelle"];
    let (mut asked, mut left_alone) = (0, 0);
    for check in of("check") {
        let slug = check["service"].as_str().unwrap();
        let sensitive =
            ["bank", "brokerage", "government", "health"].contains(&&*category(slug)) || money.contains(&slug);
        assert_eq!(check["not"].is_string(), sensitive, "{check}");
        *(if sensitive { &mut left_alone } else { &mut asked }) += 1;
    }
    assert!(asked > 300 && left_alone > 30, "{asked} {left_alone}");
    // Unless the operator says otherwise.
    let env = [("ALLCLEAR_WATCH__WITHOUT_CHECKS", "bank")];
    let own = allclear_in(dir.path(), &["catalogue", "hosts", "--json"], &env, "").ended(0).json();
    let zelle = own.as_array().unwrap().iter().find(|l| l["service"] == "zelle" && l["what"] == "check").unwrap();
    assert!(zelle["not"].is_null(), "{zelle}");
}

/// A failure is asked about for 15 seconds and held for 20; three good runs end it; a resolver that says nothing takes its time.
pub(crate) const LONG: Duration = Duration::from_mins(2);

/// What the site says of a service: level, phase, and the outcome and weight of its checks as evidence.
fn says(site: &Site, slug: &str) -> (String, String, Option<f64>) {
    let now = site.get(&format!("/api/v1/services/{slug}")).json();
    let both = ["evidence", "against"].into_iter().flat_map(|k| now[k].as_array().cloned().unwrap_or_default());
    let checks = both.into_iter().find(|e| e["signal"] == "checks").and_then(|e| e["weight"].as_f64());
    (now["level"].as_str().unwrap().to_owned(), now["phase"].as_str().unwrap().to_owned(), checks)
}

#[test]
fn a_site_that_runs_checks_knows_by_itself_and_alone_makes_nothing_worse_than_possible() {
    let dir = tempfile::tempdir().unwrap();
    // While this file is there, the first of four servers answers 500.
    let bad = dir.path().join("bad");
    let servers: Vec<(SocketAddr, Arc<Mutex<Vec<String>>>)> =
        (1..=4).map(|n| upstream_while(&format!("127.0.0.{n}"), (n == 1).then(|| bad.clone()))).collect();
    let services: Vec<(String, String)> =
        servers.iter().enumerate().map(|(n, (at, _))| (format!("svc-{n}"), format!("http://{at}/up"))).collect();
    folder(dir.path(), &services.iter().map(|(s, u)| (s.as_str(), "cloud", u.clone())).collect::<Vec<_>>());
    let own = dir.path().join("own");
    let env = [
        ("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8"),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none"),
        ("ALLCLEAR_WATCH__EVERY_S", "1"),
        ("ALLCLEAR_WATCH__CHECKS", "on"),
        ("ALLCLEAR_WATCH__LOCATION", "cellar"),
    ];
    let data = dir.path().join("data");
    let start = || Site::start_with(&data, &["--catalogue", own.to_str().unwrap()], &env);
    let site = start();
    // Nobody has reported anything; checks that pass are why it is known to work.
    until_within(LONG, "checks pass", || (says(&site, "svc-0").0 == "operational").then_some(()));
    let (_, phase, weight) = says(&site, "svc-0");
    assert!(phase == "none" && weight.is_some_and(|w| w < 0.0), "{weight:?}");

    std::fs::write(&bad, "").unwrap();
    let failing = || Some(says(&site, "svc-0")).filter(|s| s.1 == "possible");
    let (level, _, weight) =
        until_within(LONG, "a failure is told, after it was asked about again and others were heard", failing);
    assert!(level != "operational" && weight.is_some_and(|w| w > 0.0), "{level} {weight:?}");
    assert_eq!(site.get("/api/v1/services/svc-0").json()["confirmed"], false);
    assert_eq!(says(&site, "svc-1").0, "operational", "one that fails makes no other fail");
    // What was found outlives a restart.
    site.stop();
    let site = start();
    assert_eq!(says(&site, "svc-0").1, "possible");
    std::fs::remove_file(&bad).unwrap();
    until_within(LONG, "three good runs end it", || (says(&site, "svc-0").0 == "operational").then_some(()));
    site.stop();
    let asked = servers[1].1.lock().unwrap();
    assert_eq!(asked.iter().filter(|p| *p == "/robots.txt").count(), 2, "once for each start: {asked:?}");
    let kept = journal(&data);
    assert!(kept.iter().any(|e| matches!(&e.signal, Signal::CheckResults(r) if r.location.as_str() == "cellar")));
}

#[test]
fn on_a_machine_without_a_way_out_no_service_turns_red_and_the_log_says_why() {
    let dir = tempfile::tempdir().unwrap();
    // Of strangers' hosts, all within a minute.
    let far: Vec<(String, String)> =
        (0..40).map(|n| (format!("far-{n}"), format!("https://far-{n}.example.org/"))).collect();
    folder(dir.path(), &far.iter().map(|(s, u)| (s.as_str(), "cloud", u.clone())).collect::<Vec<_>>());
    let own = dir.path().join("own");
    let env = [
        ("ALLCLEAR_NETWORK__RESOLVER", "127.0.0.1:9"),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none"),
        ("ALLCLEAR_WATCH__EVERY_S", "60"),
        ("ALLCLEAR_WATCH__CHECKS", "on"),
        ("ALLCLEAR_WATCH__OFFICIAL", "on"),
    ];
    let site = Site::start_with(&dir.path().join("data"), &["--catalogue", own.to_str().unwrap()], &env);
    until_within(LONG, "the site notices", || site.log().contains("names are not resolved here").then_some(()));
    until_within(LONG, "the front page says so", || {
        site.get("/").body.contains("names are not resolved here").then_some(())
    });
    let status = site.run(&["status", "--json"]).ended(0).json();
    assert!(
        status["services"].as_array().unwrap().iter().all(|s| s["level"] == "unknown" && s["phase"] == "none"),
        "{status}"
    );
    site.stop();
}

#[test]
fn a_location_with_one_service_asks_its_controls_before_it_blames_it_and_pauses_while_they_are_lost_too() {
    let dir = tempfile::tempdir().unwrap();
    let (bad, cut) = (dir.path().join("bad"), dir.path().join("cut"));
    // One service, and two controls; while the second file is there the controls answer as a door that wants to be opened first.
    let (only, _) = upstream_while("127.0.0.1", Some(bad.clone()));
    let controls: Vec<(SocketAddr, Arc<Mutex<Vec<String>>>)> = (2..=3)
        .map(|n| {
            let cut = cut.clone();
            serve(&format!("127.0.0.{n}"), move |path| match path {
                "/robots.txt" => ("404 Not Found", ""),
                _ if cut.exists() => ("302 Found", ""),
                _ => ("204 No Content", ""),
            })
        })
        .collect();
    folder(dir.path(), &[("only", "cloud", format!("http://{only}/up"))]);
    let named = controls.iter().map(|(at, _)| format!("http://{at}/well")).collect::<Vec<_>>().join(",");
    let env = [
        ("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8"),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none"),
        ("ALLCLEAR_WATCH__EVERY_S", "1"),
        ("ALLCLEAR_WATCH__CHECKS", "on"),
        ("ALLCLEAR_WATCH__CONTROLS", &named),
    ];
    let own = dir.path().join("own");
    let site = Site::start_with(&dir.path().join("data"), &["--catalogue", own.to_str().unwrap()], &env);
    let says = |level: &str| (says(&site, "only").0 == level).then_some(());
    until_within(LONG, "the check passes", || says("operational"));
    let rounds = || controls[0].1.lock().unwrap().iter().filter(|p| *p == "/well").count();
    assert_eq!(rounds(), 1, "once at the start, and while all is well they are left alone");

    // Both the service and the way are lost.
    std::fs::write(&cut, "").unwrap();
    std::fs::write(&bad, "").unwrap();
    until_within(LONG, "the location pauses", || site.log().contains("our checks from here are paused").then_some(()));
    let reason = |site: &Site| {
        let now = site.get("/api/v1/services/only").json();
        now["checks"][0]["reason"].as_str().unwrap_or_default().to_owned()
    };
    until_within(LONG, "and says so", || reason(&site).contains("are paused").then_some(()));
    let page = site.get("/s/only").body;
    assert!(page.contains("our checks from here are paused"), "{page}");
    assert!(site.get("/status").body.contains("most of what they ask fails at once"));
    let status = site.run(&["status", "only", "--json"]).json();
    assert!(status["paused"][0].is_string() && status["services"][0]["checks"][0]["paused"] == true, "{status}");
    let now = site.get("/api/v1/services/only").json();
    assert!(now["phase"] == "none" && now["checks"][0]["outcome"] == "inconclusive", "{now}");

    // The way is back, and the service still fails: now it is blamed.
    std::fs::remove_file(&cut).unwrap();
    until_within(LONG, "its failure is told", || {
        (site.get("/api/v1/services/only").json()["phase"] == "possible").then_some(())
    });
    assert!(site.log().contains("checks from here speak again"));
    site.stop();
}

#[test]
fn a_server_that_says_nothing_does_not_hold_up_a_stop() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    folder(dir.path(), &[("mute", "cloud", format!("http://{}/", listener.local_addr().unwrap()))]);
    let env = [
        ("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8"),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none"),
        ("ALLCLEAR_WATCH__EVERY_S", "1"),
        ("ALLCLEAR_WATCH__CHECKS", "on"),
    ];
    let own = dir.path().join("own");
    let site = Site::start_with(&dir.path().join("data"), &["--catalogue", own.to_str().unwrap()], &env);
    let held = listener.accept().unwrap();
    // It is asked now, and would wait for ten seconds.
    let log = site.stop();
    assert!(!log.contains("did not end in time"), "{log}");
    drop(held);
}
