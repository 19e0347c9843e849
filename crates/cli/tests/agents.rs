//! `allclear agent` and `allclear admin agents`: three agents with ways of their own to one site, and what goes wrong on the way. Where this may be done each
//! agent lives in a network of its own, else each is a process of this one.

use crate::support::{Agent, Answer, Networks, Site, Way, allclear_in, http, journal, now, until};
use allclear_engine::agents::Token;
use allclear_engine::agents::protocol::{BATCHES, Signed, WORK};
use allclear_model::Signal;
use allclear_model::Time;
use allclear_model::signal::CheckResults;
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A server that answers every request with 200; it has no `robots.txt`. It ends with the process of the test.
fn upstream(host: &str) -> SocketAddr {
    failing_upstream(host, Arc::default())
}

/// The same, and with 500 while `fails`.
fn failing_upstream(host: &str, fails: Arc<AtomicBool>) -> SocketAddr {
    let listener = TcpListener::bind((host, 0)).unwrap();
    let at = listener.local_addr().unwrap();
    drop(std::thread::Builder::new().spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let first = lines.next().unwrap_or_default();
            drop(lines.find(String::is_empty));
            let status = match () {
                () if first.contains("robots") => "404 Not Found",
                () if fails.load(Ordering::SeqCst) => "500 Internal Server Error",
                () => "200 OK",
            };
            let _ = write!(&stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        }
    }));
    at
}

/// A site with services of its own that are checked at these addresses, and nobody else's.
struct Place {
    dir: tempfile::TempDir,
    listen: &'static str,
}

const OWN: (&str, &str) = ("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8,10.0.0.0/8");

impl Place {
    fn new(listen: &'static str, services: &[(&str, String)]) -> Place {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("own/services")).unwrap();
        for (slug, url) in services {
            let text = format!(
                "name = \"{slug}\"\ncategory = \"cloud\"\nhomepage = \"https://{slug}.example.org\"\n[check]\nurl = \"{url}\"\n[verified]\nhomepage = false\ncheck = false\n"
            );
            std::fs::write(dir.path().join(format!("own/services/{slug}.toml")), text).unwrap();
        }
        Place { dir, listen }
    }

    /// One with two services on this machine that nobody asks but the agents of a test.
    fn quiet() -> Place {
        let at = upstream("127.0.0.1");
        Place::new("127.0.0.1:0", &[("svc-0", format!("http://{at}/0")), ("svc-1", format!("http://{at}/1"))])
    }

    fn site(&self) -> Site {
        self.site_with(&[])
    }

    fn site_with(&self, more: &[&str]) -> Site {
        let env = [
            OWN,
            ("ALLCLEAR_CATALOGUE__INCLUDE", "none"),
            ("ALLCLEAR_WATCH__EVERY_S", "1"),
            ("ALLCLEAR_WATCH__LOCATION", "cellar"),
            ("ALLCLEAR_SITE__CONTACT", "ops@example.org"),
            ("ALLCLEAR_HTTP__LISTEN", self.listen),
        ];
        let own = self.dir.path().join("own");
        let args = [&["--catalogue", own.to_str().unwrap()], more].concat();
        Site::start_as(&self.dir.path().join("data"), &args, &env)
    }

    /// Adds an agent and gives its token's file.
    fn added(&self, site: &Site, name: &str) -> String {
        let file = format!("{name}.token");
        let out = self.dir.path().join(&file);
        site.run(&["admin", "agents", "add", name, "--out", out.to_str().unwrap()]).ended(0);
        file
    }

    fn token(&self, site: &Site, name: &str) -> Token {
        let file = self.added(site, name);
        Token::parse(&std::fs::read_to_string(self.dir.path().join(file)).unwrap()).unwrap()
    }

    fn agent(&self, before: &[&str], name: &str, server: SocketAddr, more: &[&str]) -> Agent {
        let (server, token) = (format!("http://{server}"), format!("{name}.token"));
        let flags = [&["--server", &server, "--token", &token, "--location", name, "--allow-http"], more].concat();
        Agent::start(self.dir.path(), before, &flags, &[OWN])
    }
}

/// What the site knows of an agent.
fn listed(site: &Site, name: &str) -> Json {
    let all = site.run(&["admin", "agents", "list", "--json"]).ended(0).json();
    all["agents"].as_array().unwrap().iter().find(|a| a["name"] == name).unwrap().clone()
}

/// Batches of a location in the journal of a stopped site.
fn batches(data: &Path, location: &str) -> Vec<CheckResults> {
    let of = |e| match e {
        Signal::CheckResults(c) if c.location.as_str() == location => Some(c),
        _ => None,
    };
    journal(data).into_iter().filter_map(|e| of(e.signal)).collect()
}

/// Each number once, and in order.
fn numbers(batches: &[CheckResults]) -> Vec<u64> {
    let all: Vec<u64> = batches.iter().map(|b| b.batch.as_ref().unwrap().seq).collect();
    assert!(all.is_sorted_by(|a, b| a < b), "{all:?}");
    all
}

/// A batch as an agent sends it, signed at that time.
fn post(site: &Site, token: &Token, at: Time, batch: &Json) -> Answer {
    let body = batch.to_string();
    let header = Signed::new(token, at, "POST", BATCHES, body.as_bytes()).header();
    send(site, &header, &body)
}

fn send(site: &Site, header: &str, body: &str) -> Answer {
    let headers = [("authorization", header), ("content-type", "application/json")];
    http(&site.addr, "POST", BATCHES, &headers, body).unwrap()
}

/// The plan as an agent with this token gets it.
fn work(site: &Site, token: &Token) -> Json {
    let header = Signed::new(token, now(), "GET", WORK, b"").header();
    http(&site.addr, "GET", WORK, &[("authorization", &header)], "").unwrap().json()
}

fn result(work: &Json, service: &str, outcome: &str, at: Time) -> Json {
    let check = work["plan"]["checks"].as_array().unwrap().iter().find(|c| c["service"] == service).unwrap();
    json!({"service": service, "check": check["id"], "outcome": outcome, "at": at.0})
}

#[test]
fn of_three_agents_one_is_cut_off_and_catches_up_one_is_slow_and_one_is_revoked_and_nothing_is_lost_or_doubled() {
    let networks = Networks::make(3);
    let near = || ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map(str::to_owned).to_vec();
    let hosts = networks.as_ref().map_or_else(near, |all| all.hosts.clone());
    // At the second agent's end, so that the first one's can be taken away.
    let (a, b) = (upstream(&hosts[1]), upstream(&hosts[1]));
    let place = Place::new("0.0.0.0:0", &[("svc-0", format!("http://{a}/")), ("svc-1", format!("http://{b}/"))]);
    let site = place.site();
    let ways: Vec<Way> = hosts.iter().map(|h| Way::to(h, &site)).collect();
    ways[1].slow(Duration::from_millis(400));
    let names = ["oslo", "lima", "pune"];
    let mut agents: Vec<Agent> = Vec::new();
    for (n, name) in names.iter().enumerate() {
        place.added(&site, name);
        let space = networks.as_ref().map(|all| all.spaces[n].clone()).unwrap_or_default();
        let inside = ["ip", "netns", "exec", &space];
        let before = if networks.is_some() { &inside[..] } else { &[] };
        agents.push(place.agent(before, name, ways[n].at, &[]));
    }
    agents.iter().for_each(Agent::connected);
    let seq = |name: &str| listed(&site, name)["last_seq"].as_u64().unwrap();
    for name in names {
        until("each sends", || (seq(name) > 0).then_some(()));
    }
    until("checks pass", || (site.get("/api/v1/services/svc-0").json()["level"] == "operational").then_some(()));
    // Half of a second there and half back, and the time is right all the same.
    let skew = listed(&site, "lima")["skew_ms"].as_i64().unwrap();
    assert!(skew.abs() <= 450, "{skew}");

    let pune = agents.pop().unwrap();
    site.run(&["admin", "agents", "revoke", "pune"]).ended(0);
    let ended = pune.ended().ended(3);
    assert!(ended.stderr.contains("The token of the agent pune was revoked"), "{}", ended.stderr);

    ways[0].cut(true);
    if let Some(all) = &networks {
        all.link(0, "down");
    }
    agents[0].says("the site cannot be reached");
    until("what it finds is kept", || (agents[0].files() > 0).then_some(()));
    let (before, other) = (seq("oslo"), seq("lima"));
    until("the others go on", || (seq("lima") > other).then_some(()));
    assert_eq!(seq("oslo"), before);
    ways[0].cut(false);
    if let Some(all) = &networks {
        all.link(0, "up");
    }
    until("it catches up", || (seq("oslo") > before && agents[0].files() == 0).then_some(()));
    agents[0].says("the site answers again");
    assert_eq!(listed(&site, "oslo")["dropped"], 0);
    assert_eq!(site.get("/api/v1/services/svc-0").json()["level"], "operational");

    for agent in agents {
        agent.stop().ended(0);
    }
    let data = site.data.clone();
    site.stop();
    for name in names {
        let all = batches(&data, name);
        assert!(!numbers(&all).is_empty(), "{name}");
    }
}

#[test]
fn other_locations_are_told_to_look_while_an_agent_asks_again_about_its_first_failure() {
    let fails = Arc::new(AtomicBool::new(false));
    let at = failing_upstream("127.0.0.1", fails.clone());
    let place = Place::new("127.0.0.1:0", &[("svc-0", format!("http://{at}/"))]);
    let site = place.site_with(&["--no-checks"]);
    place.added(&site, "oslo");
    let lima = place.token(&site, "lima");
    let agent = place.agent(&[], "oslo", site.addr.parse().unwrap(), &[]);
    let now = || site.get("/api/v1/services/svc-0").json();
    until("checks pass", || (now()["level"] == "operational").then_some(()));
    let attend = || work(&site, &lima)["attend"].as_array().unwrap().clone();
    // Nobody looks at the page any more in a minute or two.
    until("nothing goes on", || attend().is_empty().then_some(()));
    fails.store(true, Ordering::SeqCst);
    until("the others are told", || (attend() == ["svc-0"]).then_some(()));
    let told = site.get("/api/v1/services/svc-0/checks").json().to_string();
    assert!(!told.contains("500"), "its failure was counted before: {told}");
    agent.stop().ended(0);
    site.stop();
}

#[test]
fn a_sick_agent_is_named_where_the_site_tells_of_its_health_until_its_checks_speak_again() {
    let place = Place::quiet();
    let site = place.site_with(&["--no-checks"]);
    let token = place.token(&site, "oslo");
    let plan = work(&site, &token);
    let one = |seq: u64, result: Json| {
        let kept = post(&site, &token, now(), &json!({"seq": seq, "results": [result]}));
        assert_eq!(kept.status, 200, "{}", kept.body);
    };
    one(1, result(&plan, "svc-0", "up", now()));
    let mut paused = result(&plan, "svc-1", "inconclusive", now());
    paused["reason"] = "our checks from oslo are paused: names are not resolved here".into();
    one(2, paused);
    let says = |path: &str, what: &str| site.get(path).body.contains(what);
    until("the front page says so", || says("/", "Our checks from oslo are paused since").then_some(()));
    assert!(says("/", "names are not resolved here"));
    until("and the page of its health", || says("/status", "oslo, since").then_some(()));
    assert_eq!(site.run(&["status", "--json"]).ended(0).json()["paused"], json!(["oslo"]));
    assert!(says("/s/svc-1", "our checks from oslo are paused"));
    one(3, result(&plan, "svc-0", "up", now()));
    until("it speaks again", || (!says("/", "from oslo are paused")).then_some(()));
    assert!(!says("/status", "oslo, since"));
    // What it said before of another service is shown anew with its picture, and is over all the same.
    site.run(&["report", "svc-1", "other"]).ended(0);
    let reports = || site.get("/api/v1/services/svc-1").json()["recent"].as_array().map_or(0, Vec::len);
    until("there is a new picture of it", || (reports() == 1).then_some(()));
    assert!(says("/s/svc-1", "our checks from oslo are paused") && !says("/", "from oslo are paused"));
    site.stop();
}

#[test]
fn what_was_spooled_for_long_is_shown_in_the_past_and_says_nothing_of_now() {
    let place = Place::quiet();
    let site = place.site();
    let token = place.token(&site, "oslo");
    let plan = work(&site, &token);
    post(&site, &token, now(), &json!({"seq": 1, "results": [result(&plan, "svc-0", "up", now())]}));
    // As an agent leaves it that was killed an hour ago, with a line that it did not finish.
    let dir = place.dir.path().join("agent-oslo/batches");
    std::fs::create_dir_all(&dir).unwrap();
    let old: Vec<String> =
        (50..60).map(|m| result(&plan, "svc-0", "down", now().plus_s(-60 * m)).to_string()).collect();
    std::fs::write(dir.join("00000000000000000002.jsonl"), format!("{}\n{{\"serv", old.join("\n"))).unwrap();
    let agent = place.agent(&[], "oslo", site.addr.parse().unwrap(), &[]);
    agent.connected();
    until("it is sent", || (listed(&site, "oslo")["last_seq"].as_u64() > Some(1)).then_some(()));
    until("and the present after it", || (listed(&site, "oslo")["late"] == false).then_some(()));
    assert_eq!(site.get("/api/v1/services/svc-0").json()["level"], "operational");
    let page = site.get("/s/svc-0").body;
    assert!(page.contains("oslo"), "{page}");
    agent.stop().ended(0);
    let data = site.data.clone();
    site.stop();
    let all = batches(&data, "oslo");
    let late = all.iter().find(|b| b.batch.as_ref().unwrap().seq == 2).unwrap();
    assert!(late.results.len() == 10 && late.results.iter().all(|r| r.late && r.at.is_some()), "{late:?}");
}

#[test]
fn a_wrong_token_a_repeated_batch_another_version_and_a_lying_clock_are_refused_with_a_reason() {
    let place = Place::quiet();
    let site = place.site();
    let token = place.token(&site, "oslo");
    let plan = work(&site, &token);
    assert_eq!((plan["location"].as_str(), plan["last"].as_u64()), (Some("oslo"), Some(0)));
    let one = |seq: u64, at: Time| json!({"seq": seq, "results": [result(&plan, "svc-0", "up", at)]});
    let refused = |answer: Answer, status: u16, code: &str, why: &str| {
        let told = answer.json();
        assert_eq!((answer.status, told["code"].as_str()), (status, Some(code)), "{told}");
        assert!(told["detail"].as_str().unwrap().contains(why), "{told}");
        told
    };
    let kept = post(&site, &token, now(), &one(1, now()));
    assert_eq!((kept.status, kept.json()["kept"].as_u64()), (200, Some(1)), "{}", kept.body);
    let told = refused(post(&site, &token, now(), &one(1, now())), 409, "replayed", "Batch 1 is not taken again");
    assert_eq!(told["last"], 1);
    let stranger = Token::random().unwrap();
    let told = post(&site, &stranger, now(), &one(2, now()));
    assert_eq!(told.header("www-authenticate"), Some("Allclear-Agent"));
    refused(told, 401, "not-authorized", "No agent of this site has this token");
    refused(post(&site, &token, now().plus_s(-600), &one(2, now())), 401, "wrong-time", "Set the clock");
    refused(post(&site, &token, now().plus_s(600), &one(2, now())), 401, "wrong-time", "Set the clock");
    refused(post(&site, &token, now(), &one(2, now().plus_s(60))), 422, "invalid-field", "was measured at");
    let body = one(2, now()).to_string();
    let header = Signed::new(&token, now(), "POST", BATCHES, body.as_bytes()).header();
    refused(send(&site, &header.replace("protocol=1", "protocol=9"), &body), 400, "other-version", "update the site");
    refused(send(&site, &header, &body.replace("up", "down")), 401, "not-authorized", "The signature does not fit");
    refused(send(&site, "Basic abc", &body), 401, "not-authorized", "signs what it sends");
    let none = http(&site.addr, "GET", WORK, &[], "").unwrap();
    refused(none, 401, "not-authorized", "signs what it sends");
    refused(post(&site, &token, now(), &json!(["x"])), 400, "bad-request", "not the JSON object");

    // The same as the program sees it.
    let run = |token: &str, more: &[&str]| {
        let (server, data) = (format!("http://{}", site.addr), place.dir.path().join("elsewhere"));
        let flags = ["agent", "--server", &server, "--token", token, "--dir", data.to_str().unwrap()];
        allclear_in(place.dir.path(), &[&flags[..], more].concat(), &[OWN], "")
    };
    std::fs::write(place.dir.path().join("stranger"), stranger.reveal()).unwrap();
    std::fs::write(place.dir.path().join("short"), &stranger.reveal()[..40]).unwrap();
    for (file, more, code, why) in [
        ("stranger", &["--location", "oslo"][..], 3, "does not take this agent: No agent of this site has this token"),
        ("short", &["--location", "oslo"], 2, "cut short or misspelt"),
        ("missing", &["--location", "oslo"], 2, "missing"),
        ("oslo.token", &["--location", "lima"], 2, "the token is that of oslo"),
        ("oslo.token", &["--location", "No Slug"], 2, "--location"),
    ] {
        let ended = run(file, &[more, &["--allow-http"]].concat()).ended(code);
        assert!(ended.stderr.contains(why), "{file}: {}", ended.stderr);
        assert!(!ended.stderr.contains(&stranger.reveal()[20..40]), "{}", ended.stderr);
    }
    // Nor does it go where its own rules do not let it.
    let (server, inside) = (format!("http://{}", site.addr), ["--token", "oslo.token", "--location", "oslo"]);
    let guarded =
        allclear_in(place.dir.path(), &[&["agent", "--server", &server][..], &inside].concat(), &[], "").ended(2);
    assert!(guarded.stderr.contains("network.private_ranges"), "{}", guarded.stderr);
    let data = site.data.clone();
    let log = site.stop();
    assert!(!log.contains(&stranger.reveal()[20..40]), "{log}");
    assert_eq!(numbers(&batches(&data, "oslo")), [1]);
    for file in std::fs::read_dir(&data).unwrap().map(|f| f.unwrap().path()).filter(|p| p.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        let secret = &token.reveal().into_bytes()[15..50];
        assert!(!bytes.windows(secret.len()).any(|w| w == secret), "{} has the token", file.display());
    }
}

#[test]
fn a_site_that_dies_between_keeping_a_batch_and_saying_so_gets_it_again_and_keeps_it_once() {
    let place = Place::quiet();
    let site = place.site();
    place.added(&site, "oslo");
    let way = Way::to("127.0.0.1", &site);
    way.lose_next_answer();
    let agent = place.agent(&[], "oslo", way.at, &[]);
    until("the answer is lost", || way.has_lost().then_some(()));
    site.kill();
    let site = place.site();
    way.lead_to(&site);
    way.cut(false);
    agent.says("the site had this batch already");
    let before = listed(&site, "oslo")["last_seq"].as_u64();
    until("and it goes on", || (listed(&site, "oslo")["last_seq"].as_u64() > before).then_some(()));
    agent.stop().ended(0);
    let data = site.data.clone();
    site.stop();
    numbers(&batches(&data, "oslo"));
}

#[test]
fn an_agent_that_is_killed_while_its_site_is_away_sends_what_it_had_after_its_next_start() {
    let place = Place::quiet();
    let site = place.site();
    place.added(&site, "oslo");
    let way = Way::to("127.0.0.1", &site);
    let agent = place.agent(&[], "oslo", way.at, &[]);
    agent.connected();
    until("it sends", || (listed(&site, "oslo")["last_seq"].as_u64() > Some(0)).then_some(()));
    way.cut(true);
    until("something waits", || (agent.files() > 0).then_some(()));
    agent.says("the site cannot be reached");
    let last = listed(&site, "oslo")["last_seq"].as_u64();
    let waits: Vec<String> = std::fs::read_dir(agent.dir.join("batches"))
        .unwrap()
        .map(|f| std::fs::read_to_string(f.unwrap().path()).unwrap())
        .collect();
    agent.kill();
    // A second one in the same folder would send the same twice; a killed one leaves nothing behind that keeps the next out.
    let agent = place.agent(&[], "oslo", way.at, &[]);
    agent.says("the site cannot be reached");
    let second = place.agent(&[], "oslo", way.at, &[]).ended().ended(1);
    assert!(second.stderr.contains("in use") && second.stderr.contains("--dir"), "{}", second.stderr);
    way.cut(false);
    agent.connected();
    until("it is sent", || (listed(&site, "oslo")["last_seq"].as_u64() > last && agent.files() == 0).then_some(()));
    agent.stop().ended(0);
    let data = site.data.clone();
    site.stop();
    let all = batches(&data, "oslo");
    numbers(&all);
    let kept: usize = all.iter().filter(|b| b.batch.as_ref().map(|b| b.seq) > last).map(|b| b.results.len()).sum();
    assert!(kept >= waits.iter().map(|w| w.lines().count()).sum(), "{kept} {waits:?}");
}

#[test]
fn a_full_spool_gives_up_the_oldest_and_the_site_is_told_how_many() {
    let place = Place::quiet();
    let site = place.site();
    let token = place.token(&site, "oslo");
    let plan = work(&site, &token);
    let dir = place.dir.path().join("agent-oslo/batches");
    std::fs::create_dir_all(&dir).unwrap();
    for seq in 1..=10 {
        let lines = vec![result(&plan, "svc-0", "up", now()).to_string(); 30].join("\n");
        std::fs::write(dir.join(format!("{seq:020}.jsonl")), lines + "\n").unwrap();
    }
    let agent = place.agent(&[], "oslo", site.addr.parse().unwrap(), &["--keep-kb", "16"]);
    agent.connected();
    let told = until("the site is told", || Some(listed(&site, "oslo")).filter(|a| a["dropped"].as_u64() > Some(0)));
    let dropped = told["dropped"].as_u64().unwrap();
    assert!(dropped % 30 == 0 && (100..300).contains(&dropped), "{told}");
    let table = site.run(&["admin", "agents", "list"]).ended(0).stdout;
    assert!(table.contains("GIVEN UP") && table.contains(&dropped.to_string()), "{table}");
    agent.stop().ended(0);
}

#[test]
fn an_agent_whose_disk_takes_nothing_goes_on_in_memory_and_says_so() {
    let place = Place::quiet();
    let site = place.site();
    place.added(&site, "oslo");
    let agent =
        place.agent(&["sh", "-c", "ulimit -f 0 && exec \"$0\" \"$@\""], "oslo", site.addr.parse().unwrap(), &[]);
    agent.connected();
    until("it sends all the same", || (listed(&site, "oslo")["last_seq"].as_u64() > Some(1)).then_some(()));
    let log = agent.log();
    assert!(log.matches("results are held in memory until it works").count() == 1, "{log}");
    agent.stop().ended(0);
}

#[test]
fn a_token_is_shown_once_and_every_act_about_an_agent_is_in_the_audit() {
    let place = Place::quiet();
    let site = place.site();
    let shown = site.run(&["admin", "agents", "add", "oslo", "--actor", "jo"]).ended(0);
    let token = Token::parse(&shown.stdout).unwrap();
    assert!(shown.stderr.contains("not shown again"), "{}", shown.stderr);
    let added = site.run(&["admin", "agents", "add", "lima", "--json"]).ended(0).json();
    assert!(Token::parse(added["token"].as_str().unwrap()).is_ok(), "{added}");
    for (name, why) in [("oslo", "There is an agent of this name"), ("cellar", "own location"), ("No", "slug")] {
        let told = site.run(&["admin", "agents", "add", name]).ended(2);
        assert!(told.stderr.contains(why) && told.stdout.is_empty(), "{name}: {}", told.stderr);
    }
    let file = place.dir.path().join("x.token");
    let path = file.to_str().unwrap();
    site.run(&["admin", "agents", "add", "oslo", "--out", path]).ended(2);
    assert!(!file.exists(), "a token that nobody knows is not left behind");
    site.run(&["admin", "agents", "add", "pune", "--out", path]).ended(0);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert!(
        site.run(&["admin", "agents", "add", "quito", "--out", path]).ended(2).stderr.contains("cannot make the file")
    );
    site.run(&["admin", "agents", "revoke", "pune"]).ended(0);
    site.run(&["admin", "agents", "revoke", "pune", "--undo"]).ended(0);
    assert!(site.run(&["admin", "agents", "revoke", "nobody"]).ended(2).stderr.contains("id"));
    let audit = site.run(&["admin", "audit", "--json"]).ended(0).json();
    let acts: Vec<&str> = audit.as_array().unwrap().iter().filter_map(|a| a["act"].as_str()).collect();
    assert_eq!(acts, ["agent_reinstated", "agent_revoked", "agent_added", "agent_added", "agent_added"]);
    assert!(!audit.to_string().contains(&token.reveal()[20..40]));
    let oslo = listed(&site, "oslo");
    assert_eq!((oslo["last_heard"].is_null(), oslo["last_seq"].as_u64()), (true, Some(0)), "{oslo}");
    assert_eq!(oslo["key"], token.key().to_string());
    site.stop();
    // The same from the folder of a stopped site.
    let all =
        allclear_in(place.dir.path(), &["admin", "agents", "list"], &[("ALLCLEAR_CATALOGUE__INCLUDE", "none")], "");
    assert!(all.ended(0).stdout.contains("never heard"));
}
