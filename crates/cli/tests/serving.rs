//! Start, stop, doors, locks.

use crate::support::{NO_LIMITS, Site, allclear_in, http, journal, person, report_ids, until};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};

#[test]
fn the_first_line_names_the_real_port_and_term_ends_it_cleanly_within_five_seconds() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &[]);
    assert!(!site.addr.ends_with(":0"), "{}", site.addr);
    assert_eq!(site.get("/").status, 200);
    assert_eq!(site.get("/api/v1/services/openrouter").json()["slug"], "openrouter");
    let data = site.data.clone();
    let begun = watch();
    site.stop();
    assert!(begun.elapsed().as_secs_f64() < 5.0);
    assert!(!data.join("allclear.sock").exists());
    for name in ["INT", "TERM"] {
        let site = Site::start(&data, &[]);
        site.signal(name);
        assert_eq!(site.wait(), Some(0), "{name}");
    }
}

#[test]
fn what_to_try_next_is_printed_as_a_shell_takes_it_with_this_program_as_it_was_called() {
    use std::io::{BufRead, BufReader};
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_allclear"), dir.path().join("all clear")).unwrap();
    let mut child = std::process::Command::new("./all clear")
        .args(["serve", "--listen", "127.0.0.1:0", "--data", "my data", "--no-checks", "--no-official"])
        .current_dir(dir.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let printed: Vec<String> = lines.by_ref().take(6).collect();
    let commands: Vec<String> = printed.iter().filter_map(|l| Some(l[l.find("'./all clear'")?..].to_owned())).collect();
    let expected =
        ["report openrouter api-key", "status", "admin stop"].map(|c| format!("'./all clear' {c} --data 'my data'"));
    let same = commands == expected;
    // The lines do what they say.
    let ran: Vec<Option<i32>> = commands
        .iter()
        .map(|c| {
            let out = std::process::Command::new("sh").args(["-c", c]).current_dir(dir.path()).output().unwrap();
            out.status.code()
        })
        .collect();
    if ran.len() < 3 {
        child.kill().unwrap();
    }
    child.wait().unwrap();
    assert!(same, "{commands:?}");
    assert_eq!(ran, [Some(0); 3]);
    let at = printed[0].strip_prefix("listening on ").unwrap();
    assert_eq!(printed[1..3], [String::new(), format!("  open     {at}/")], "{printed:?}");
}

#[test]
fn it_ends_in_time_while_live_streams_are_open() {
    use std::io::{Read, Write};
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &[]);
    let mut streams: Vec<_> = (0..5).map(|_| connect(&site.addr)).collect();
    for s in &mut streams {
        write!(s, "GET /api/v1/live?service=openrouter HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n")
            .unwrap();
        let mut first = [0; 12];
        s.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
    }
    let begun = watch();
    site.stop();
    assert!(begun.elapsed().as_secs_f64() < 5.0);
}

#[test]
fn a_report_through_any_of_the_three_doors_is_one_path() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &NO_LIMITS);
    let api = site.report("openrouter", "api-key", &person(1), "one").unwrap();
    assert_eq!(api.status, 202, "{}", api.body);
    let form = http(
        &site.addr,
        "POST",
        "/s/openrouter/report",
        &[("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", &person(2))],
        "symptom=timeout",
    )
    .unwrap();
    assert_eq!(form.status, 303, "{}", form.body);
    let cli = site.run(&["report", "openrouter", "credits", "--country", "de", "--json"]).ended(0).json();
    assert_eq!(cli["counted"], true);
    let now = until("all three are shown", || {
        let now = site.get("/api/v1/services/openrouter").json();
        (now["recent"].as_array()?.len() == 3).then_some(now)
    });
    assert_eq!(now["reports"]["actual"], 3, "{now}");
    let id = cli["id"].as_str().unwrap();
    assert!(now["recent"].as_array().unwrap().iter().any(|r| r["id"] == id));
    // The same key is the same report, also through the socket.
    let again =
        |key: &str| site.run(&["report", "github", "other", "--key", key, "--json"]).ended(0).json()["id"].clone();
    assert_eq!(again("k"), again("k"));
    // Wrong input is the caller's fault.
    for args in
        [["report", "no-such-service", "other"], ["report", "github", "no-such-symptom"], ["report", "github", "NO"]]
    {
        site.run(&args).ended(2);
    }
    site.run(&["report", "github", "other", "--country", "ZZ"]).ended(2);
    site.stop();
}

#[test]
fn without_a_server_report_takes_the_lock_and_the_next_start_knows_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    Site::start(&data, &[]).stop();
    let cli = |args: &[&str]| {
        let mut all = args.to_vec();
        all.extend_from_slice(&["--data", data.to_str().unwrap()]);
        allclear_in(dir.path(), &all, &[], "")
    };
    let receipt = cli(&["report", "openrouter", "api-key", "--key", "x", "--json"]).ended(0).json();
    assert_eq!(cli(&["status", "openrouter", "--json"]).ended(4).json()["fresh"], false);
    assert_eq!(report_ids(&journal(&data)), [receipt["id"].as_str().unwrap()]);
    let site = Site::start(&data, &[]);
    let now = site.get("/api/v1/services/openrouter").json();
    assert_eq!(now["recent"][0]["id"], receipt["id"], "{now}");
    assert_eq!(
        site.run(&["report", "openrouter", "api-key", "--key", "x", "--json"]).ended(0).json()["id"],
        receipt["id"]
    );
    site.stop();
}

#[test]
fn a_locked_folder_is_refused_and_names_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &[]);
    let second = site.run(&["serve", "--listen", "127.0.0.1:0"]).ended(1);
    assert!(second.stderr.contains(&site.pid().to_string()), "{}", second.stderr);
    assert!(site.data.join("allclear.sock").exists(), "the second must not take the first one's socket away");
    site.run(&["admin", "status"]).ended(0);
    site.stop();
}

#[test]
fn an_address_in_use_is_said_plainly() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &[]);
    let args = ["serve", "--listen", &site.addr, "--data", "other"];
    let run = allclear_in(dir.path(), &args, &[], "").ended(1);
    assert!(run.stderr.contains("http.listen") && run.stderr.contains("another program"), "{}", run.stderr);
    site.stop();
}

#[test]
fn the_socket_is_for_its_owner_and_a_stale_one_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    // Deeper than a socket's path may be long.
    let data = dir.path().join("d".repeat(60)).join("e".repeat(60)).join("data");
    std::fs::create_dir_all(data.parent().unwrap()).unwrap();
    let site = Site::start(&data, &[]);
    let path = data.join("allclear.sock");
    let meta = std::fs::metadata(&path).unwrap();
    assert!(meta.file_type().is_socket());
    assert_eq!(meta.permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    site.run(&["admin", "status"]).ended(0);
    site.kill();
    assert!(path.exists(), "a killed process leaves its socket");
    let site = Site::start(&data, &[]);
    assert_eq!(site.run(&["admin", "status", "--json"]).ended(0).json()["pid"], site.pid());
    site.stop();
}

#[test]
fn damaged_foreign_and_newer_files_are_refused_with_the_reason_and_the_command() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let site = Site::start(&data, &NO_LIMITS);
    for n in 0..50 {
        assert_eq!(site.report("github", "other", &person(n), &n.to_string()).unwrap().status, 202);
    }
    site.stop();
    let args = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    for name in ["journal.db", "archive.db"] {
        let good = std::fs::read(data.join(name)).unwrap();
        let mut torn = good.clone();
        for b in &mut torn[4096..8192] {
            *b = 0x5a;
        }
        // `user_version` stands at byte 60 of SQLite's header.
        let mut newer = good.clone();
        newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
        let letter = b"This is no database, but a letter.".repeat(200);
        let command = format!("`allclear restore --from BACKUP --data {}`", data.display());
        for (bad, reason) in [
            (letter, "is not a database of allclear (its first bytes are not those of SQLite)"),
            (torn, "is damaged ("),
            (newer, "was written by a newer allclear (schema 99, this one knows up to schema "),
        ] {
            std::fs::write(data.join(name), &bad).unwrap();
            let run = allclear_in(dir.path(), &args, &[], "").ended(1);
            for words in [name, reason, &command] {
                assert!(run.stderr.contains(words), "{name}: {words} is missing: {}", run.stderr);
            }
            assert!(run.stdout.is_empty(), "{}", run.stdout);
            assert_eq!(std::fs::read(data.join(name)).unwrap(), bad, "{name}: it is left as it was");
        }
        std::fs::write(data.join(name), good).unwrap();
    }
    Site::start(&data, &[]).stop();
}

#[test]
fn it_takes_all_open_files_the_system_allows_and_keeps_some_from_its_visitors() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start_below("ulimit -Sn 100 && ulimit -Hn 400", &dir.path().join("data"));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", site.pid())).unwrap();
    let files = limits.lines().find(|l| l.starts_with("Max open files")).unwrap();
    assert_eq!(files.split_whitespace().skip(3).take(2).collect::<Vec<_>>(), ["400", "400"], "soft and hard: {files}");
    let log = until("it says so", || Some(site.log()).filter(|l| l.contains("only 400 open files")));
    assert!(log.contains("http.max_connections is 20000") && log.contains("LimitNOFILE="), "{log}");
    let _crowd: Vec<_> = (0..500).map(|_| connect(&site.addr)).collect();
    let run = site.run(&["report", "github", "other"]).ended(0);
    assert!(!run.stdout.is_empty(), "a report from the machine itself is still taken and kept");
    site.stop();
}

/// A journal of more than 16 MiB, quickly made: what was learned of a service is long.
fn long_journal(data: &std::path::Path) {
    // Entries that cannot be deflated to nothing.
    let mut chance = 1_u64;
    let mut rate = move || {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut signal = move || {
        allclear_model::Signal::Baseline(allclear_model::signal::Baseline {
            service: allclear_model::Slug::parse("github").unwrap(),
            profile: (0..168).map(|_| rate()).collect(),
            alpha: None,
            weeks: Some(1.0),
        })
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        use allclear_ports::Journal;
        let journal = allclear_store::SqliteJournal::open(data).await.unwrap();
        let at = allclear_model::Time::parse("2026-03-02T10:00:00Z").unwrap();
        let entries = (1..=12_500).map(|seq| allclear_model::Entry { seq, at, signal: signal() });
        journal.append(&entries.collect::<Vec<_>>()).await.unwrap();
    });
}

#[test]
fn damage_in_an_old_part_of_a_long_journal_is_told_while_the_site_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    long_journal(&data);
    // Leaves a snapshot, so that the next start needs only the end of the journal.
    Site::start(&data, &[]).stop();
    let path = data.join("journal.db");
    let mut bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() > 16 << 20, "{}", bytes.len());
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();

    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ops = free.local_addr().unwrap().to_string();
    drop(free);
    let site = Site::start(&data, &[("ALLCLEAR_OPS__LISTEN", &ops), NO_LIMITS[0], NO_LIMITS[1], NO_LIMITS[2]]);
    let get = |path: &str| http(&ops, "GET", path, &[], "").unwrap();
    let health = until("the damage is found", || Some(get("/healthz")).filter(|h| h.body != "ok\n"));
    assert_eq!(health.status, 200, "starting again would mend nothing");
    for words in ["damaged: ", "journal.db", "allclear restore --from BACKUP --data"] {
        assert!(health.body.contains(words), "{words} is missing: {}", health.body);
    }
    assert!(get("/metrics").body.contains("allclear_damaged{file=\"journal\"} 1\n"));
    let told = site.run(&["admin", "status"]).ended(0).stdout;
    assert!(told.lines().any(|l| l.starts_with("damaged ") && l.contains("journal.db")), "{told}");
    assert!(site.log().contains("damage found"), "{}", site.log());
    let page = site.get("/status").body;
    assert!(page.contains("damaged in part") && !page.contains("journal.db"), "{page}");
    assert_eq!(site.report("github", "other", &person(1), "after").unwrap().status, 202);
    let sound = "allclear_damaged{file=\"archive\"} 0\n";
    until("the archive is looked through", || get("/metrics").body.contains(sound).then_some(()));
    site.stop();
}

#[test]
fn metrics_and_health_are_on_the_second_listener_only() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &[("ALLCLEAR_OPS__LISTEN", "127.0.0.1:0")]);
    // The log is read on a thread of its own and may come a moment later.
    let ops = until("the log says where the second listener is", || {
        let log = site.log();
        let line = log.lines().find(|l| l.contains("metrics and health"))?;
        Some(line.split_once("at=")?.1.trim().to_owned())
    });
    let get = |path: &str| http(&ops, "GET", path, &[], "").unwrap();
    assert_eq!((get("/healthz").status, get("/readyz").status), (200, 200));
    let metrics = get("/metrics").body;
    assert!(metrics.contains("allclear_") && metrics.ends_with("# EOF\n"), "{metrics}");
    // What is watched for its rise is there before it rises.
    assert!(metrics.contains("allclear_text_decisions_total{decision=\"hold\",decider=\"clock\"} 0\n"), "{metrics}");
    let text = "down since this morning for everybody here in the office";
    site.run(&["report", "openrouter", "timeout", "--text", text]).ended(0);
    // Text of eight words and more is compared with others.
    assert!(get("/metrics").body.contains("allclear_map_entries{map=\"likeness\"} 1\n"), "{}", get("/metrics").body);
    let decided = "allclear_text_decisions_total{decision=\"show\",decider=\"rules\"} 1\n";
    assert!(get("/metrics").body.contains(decided), "{}", get("/metrics").body);
    for path in ["/metrics", "/healthz"] {
        assert_eq!(site.get(path).status, 404, "{path}");
    }
    site.stop();
}

#[test]
fn the_demonstration_is_labelled_shows_every_stage_of_an_outage_and_never_mixes_with_real_data() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    // A few services, so that a day is soon over.
    let env = [("ALLCLEAR_CATALOGUE__INCLUDE", "openrouter,discord,github,chatgpt,youtube,krisp")];
    let site = Site::start_with(&data, &["--demo"], &env);
    assert_eq!(site.run(&["admin", "status", "--json"]).ended(0).json()["demo"], true);
    assert!(site.get("/").body.contains("Simulated day"));
    let open = format!("  Everything on this site is simulated.\n  open     http://{}/\n", site.addr);
    until("the label is printed, too", || site.printed().contains(&open).then_some(()));
    let of = |slug: &str| site.get(&format!("/api/v1/services/{slug}")).json();
    let (under_way, recovering, over) = (of("openrouter"), of("discord"), of("github"));
    assert_eq!((&under_way["level"], &under_way["phase"]), (&"major_outage".into(), &"open".into()), "{under_way}");
    assert_eq!(recovering["phase"], "recovering", "{recovering}");
    assert_eq!(over["phase"], "none", "{over}");
    assert_eq!(over["level"], "operational", "{over}");
    assert!(!over["last_problem"].is_null(), "{over}");
    assert_eq!(of("youtube")["level"], "operational");
    site.stop();
    let serve = |data: &str, more: &[&str]| {
        let mut args = vec!["serve", "--listen", "127.0.0.1:0", "--data", data];
        args.extend_from_slice(more);
        allclear_in(dir.path(), &args, &[], "").ended(2).stderr
    };
    assert!(serve(data.to_str().unwrap(), &[]).contains("--demo"));
    let real = Site::start(&dir.path().join("real"), &[]);
    until("what to try is printed", || real.printed().contains("admin stop").then_some(()));
    assert!(!real.printed().contains("simulated"), "{}", real.printed());
    real.stop();
    assert!(serve("real", &["--demo"]).contains("real site"));
}

#[expect(clippy::disallowed_methods, reason = "measures a real process from outside")]
fn watch() -> std::time::Instant {
    std::time::Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a client of the tests, not of the product")]
fn connect(addr: &str) -> std::net::TcpStream {
    std::net::TcpStream::connect(addr).unwrap()
}
