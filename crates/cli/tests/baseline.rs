//! Saying what is usual, before a site has learned it.

use crate::support::{NO_LIMITS, Run, Site, allclear_in, journal, person, until};
use allclear_model::Signal;
use std::path::Path;

/// Every hour of the week at 500 reports per minute.
fn busy(service: &str) -> String {
    (0..168).map(|h| format!("{service},{h},500\n")).collect::<Vec<_>>().concat()
}

/// Four hundred people within a minute or so, each in a network of their own.
fn crowd(site: &Site, service: &str, first: u32) {
    for n in first..first + 400 {
        let key = format!("{service}-{n}-{}", site.pid());
        assert_eq!(site.report(service, "other", &person(n), &key).unwrap().status, 202);
    }
}

fn stopped(dir: &Path, data: &Path, args: &[&str]) -> Run {
    let mut all = args.to_vec();
    all.extend_from_slice(&["--data", data.to_str().unwrap()]);
    allclear_in(dir, &all, &[], "")
}

fn baselines(data: &Path) -> Vec<String> {
    let of = |s: Signal| match s {
        Signal::Baseline(b) => Some(b.service.to_string()),
        _ => None,
    };
    journal(data).into_iter().filter_map(|e| of(e.signal)).collect()
}

#[test]
fn an_ordinary_crowd_of_a_busy_service_is_no_outage_once_its_baseline_is_imported_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("usual.csv"), format!("service,hour,rate\n{}{}", busy("github"), busy("discord")))
        .unwrap();
    let site = Site::start(&dir.path().join("data"), &NO_LIMITS);
    let done = site.run(&["admin", "baseline", "import", "usual.csv", "--json"]).ended(0).json();
    assert_eq!((done["taken"].as_u64(), done["services"][1]["per_hour"].as_f64()), (Some(2), Some(30_000.0)), "{done}");
    let audit = site.run(&["admin", "audit", "--json"]).ended(0).json();
    let acts: Vec<_> = audit.as_array().unwrap().iter().map(|a| (a["act"].as_str(), a["subject"].as_str())).collect();
    assert_eq!(acts, [(Some("baseline_imported"), Some("github")), (Some("baseline_imported"), Some("discord"))]);
    let judged = |site: &Site, unknown: &str, first: u32| {
        crowd(site, "github", first);
        crowd(site, unknown, 0);
        until("the service without a baseline has a problem", || {
            (site.run(&["status", unknown]).code == 3).then_some(())
        });
        assert_ne!(site.run(&["status", "github"]).code, 3, "the one with it has none");
    };
    judged(&site, "openrouter", 0);
    let data = site.data.clone();
    site.stop();
    assert_eq!(baselines(&data), ["discord", "github"]);
    let site = Site::start(&data, &NO_LIMITS);
    judged(&site, "gemini", 400);
    site.stop();
    assert_eq!(baselines(&data), ["discord", "github"], "a restart reads it from the journal and adds nothing");
}

#[test]
fn a_baseline_file_that_is_wrong_is_named_by_line_and_value_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    Site::start(&data, &[]).stop();
    let import = |text: &str| {
        std::fs::write(dir.path().join("usual.csv"), text).unwrap();
        stopped(dir.path(), &data, &["admin", "baseline", "import", "usual.csv"])
    };
    let bad = import(&busy("github").replace("github,9,500", "github,9,many")).ended(2);
    assert!(bad.stderr.contains("usual.csv:10: reports per minute is \"many\""), "{}", bad.stderr);
    let unknown = import(&format!("{}{}", busy("github"), busy("no-such-service"))).ended(2);
    assert!(unknown.stderr.contains("usual.csv:169: service \"no-such-service\" is not"), "{}", unknown.stderr);
    let missing = stopped(dir.path(), &data, &["admin", "baseline", "import", "missing.csv"]).ended(2);
    assert!(missing.stderr.contains("missing.csv"), "{}", missing.stderr);
    assert!(baselines(&data).is_empty(), "all or none");
    // The folder of a stopped site takes it too, also from standard input and in the replay format.
    let line = format!(
        "{{\"kind\":\"baseline\",\"at\":\"2026-03-02T00:00:00Z\",\"service\":\"github\",\"profile\":[{}],\"weeks\":4}}\n",
        vec!["2.5"; 168].join(",")
    );
    let args = ["admin", "baseline", "import", "-", "--data", data.to_str().unwrap()];
    let taken = allclear_in(dir.path(), &args, &[], &line).ended(0);
    assert!(taken.stdout.contains("github") && taken.stdout.contains("150.0"), "{}", taken.stdout);
    assert_eq!(baselines(&data), ["github"]);
    let nowhere = dir.path().join("nowhere");
    assert!(stopped(dir.path(), &nowhere, &["admin", "baseline", "import", "usual.csv"]).code != 0);
}
