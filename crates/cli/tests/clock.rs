//! The machine's clock is set back, while the site runs and while it does not.

use crate::support::{Faults, NO_LIMITS, Site, journal, person, until};
use allclear_model::{Entry, Signal, Time};
use allclear_ports::Journal;
use allclear_store::SqliteJournal;
use std::path::Path;

/// The time of the last entry, after checking that none goes back before another.
fn never_back(entries: &[Entry]) -> Time {
    assert!(entries.is_sorted_by(|a, b| a.at <= b.at && a.seq + 1 == b.seq), "stamps never go back");
    entries.last().unwrap().at
}

fn accepted(site: &Site, n: u32) {
    let answer = site.report("openrouter", "timeout", &person(n), &format!("clock-{n}")).unwrap();
    assert_eq!(answer.status, 202, "{}", answer.body);
}

/// Whether the site says that it does not judge, the same on page, in the API and to a command.
fn says_it_stands_still(site: &Site) -> bool {
    let one = site.get("/api/v1/services/openrouter").json();
    let stale = one["stale"] == true;
    if stale {
        assert_eq!(one["level"], "unknown", "{one}");
        assert!(site.get("/s/openrouter").body.contains("class=\"verdict\"><b>We cannot tell.</b> Not updated since"));
        assert_eq!(site.run(&["status", "--json"]).json()["fresh"], false);
    }
    stale
}

/// Ends the journal of a stopped site with an entry of the future, as a clock that was ahead leaves it behind.
fn ahead(data: &Path, by_s: i64) -> Time {
    let entries = journal(data);
    let last = entries.last().unwrap();
    let at = last.at.plus_s(by_s);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let journal = SqliteJournal::open(data).await.unwrap();
        journal.append(&[Entry { seq: last.seq + 1, at, signal: Signal::Tick }]).await.unwrap();
    });
    at
}

#[test]
fn a_start_behind_the_journals_last_entry_serves_takes_reports_and_says_that_it_does_not_judge() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let site = Site::start(&data, &NO_LIMITS);
    accepted(&site, 1);
    site.stop();
    let future = ahead(&data, 3 * 3600);
    for n in 2..4 {
        let site = Site::start(&data, &NO_LIMITS);
        until("the log says it", || site.log().contains("clock is behind").then_some(()));
        assert!(says_it_stands_still(&site), "{}", site.get("/api/v1/services/openrouter").body);
        accepted(&site, n);
        let shown = site.get("/api/v1/services/openrouter").json();
        assert_eq!(shown["recent"].as_array().unwrap().len(), n as usize, "{shown}");
        site.stop();
        assert_eq!(never_back(&journal(&data)), future, "everything is stamped with the last time there was");
    }
}

#[test]
fn a_clock_that_is_set_back_and_right_again_while_the_site_runs() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let faults = Faults::new(dir.path());
    let site = Site::start(&data, &faults.with(&NO_LIMITS));
    accepted(&site, 1);
    assert!(!says_it_stands_still(&site));
    faults.order("clock -7200");
    until("the log says it", || site.log().contains("clock is behind").then_some(()));
    assert!(says_it_stands_still(&site));
    accepted(&site, 2);
    // A step of a minute is what time servers do; nobody has to know.
    faults.order("clock -60");
    until("pages are fresh", || (!says_it_stands_still(&site)).then_some(()));
    accepted(&site, 3);
    faults.none();
    until("the log says it", || site.log().contains("caught up").then_some(()));
    assert!(!says_it_stands_still(&site));
    accepted(&site, 4);
    site.stop();
    let entries = journal(&data);
    never_back(&entries);
    let at: Vec<Time> =
        entries.iter().filter(|e| matches!(e.signal, Signal::ReportAccepted(_))).map(|e| e.at).collect();
    assert_eq!(at.len(), 4);
    assert!(
        at[1].since_ms(at[0]) < 60_000,
        "the second one is stamped with the time of the last entry, not two hours ago"
    );
}

#[test]
fn a_clock_that_was_ahead_leaves_a_site_that_goes_on_from_there() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let faults = Faults::new(dir.path());
    let site = Site::start(&data, &faults.with(&NO_LIMITS));
    accepted(&site, 1);
    faults.order("clock 7200");
    accepted(&site, 2);
    // Two hours without an entry: nobody listened, so it seems; and then two hours without judging.
    until("the leap is noticed", || site.log().contains("nobody listened").then_some(()));
    faults.none();
    until("the log says it", || site.log().contains("clock is behind").then_some(()));
    accepted(&site, 3);
    site.kill();
    let site = Site::start(&data, &faults.with(&NO_LIMITS));
    assert!(says_it_stands_still(&site));
    accepted(&site, 4);
    faults.order("clock 7300");
    until("it judges again", || (!says_it_stands_still(&site)).then_some(()));
    site.stop();
    never_back(&journal(&data));
}
