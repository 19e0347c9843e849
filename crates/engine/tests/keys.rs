//! Day keys: counting over midnight, and forgetting after it.

use crate::support::catalogue;
use allclear_engine::intake::Origin;
use allclear_model::{NetworkHash, Phase, Signal, Time, Verdict};
use allclear_testkit::{Folder, TestEngine, new_report};

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn sources(e: &TestEngine) -> Vec<bool> {
    let kept = |s: &Signal| match s {
        Signal::ReportAccepted(r) => Some(r.source.is_some() || r.network.is_some() || r.network_before.is_some()),
        _ => None,
    };
    e.entries().iter().filter_map(|x| kept(&x.signal)).collect()
}

/// What each report says of its network: today's name, and yesterday's.
fn networks(e: &TestEngine) -> Vec<(Option<NetworkHash>, Option<NetworkHash>)> {
    let of = |s: Signal| if let Signal::ReportAccepted(r) = s { Some((r.network, r.network_before)) } else { None };
    e.entries().into_iter().filter_map(|x| of(x.signal)).collect()
}

#[test]
fn a_source_counts_once_over_midnight_and_a_restart() {
    let folder = Folder::new();
    folder.clock.set(at("2026-03-02T23:30:00Z"));
    let e = TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    assert!(e.report("mail", "login", 1).unwrap().counted);
    e.clock().set(at("2026-03-03T00:10:00Z"));
    assert!(!e.report("mail", "login", 1).unwrap().counted);
    assert!(e.report("chat", "login", 1).unwrap().counted);
    let folder = e.kill();
    folder.clock.set(at("2026-03-03T05:20:00Z"));
    let e = TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    assert!(!e.report("mail", "login", 1).unwrap().counted);
    e.clock().set(at("2026-03-03T05:31:00Z"));
    assert!(e.report("mail", "login", 1).unwrap().counted, "six hours are over");
}

#[test]
fn a_network_is_one_over_midnight_and_another_one_once_it_was_silent_for_an_hour() {
    let folder = Folder::new();
    folder.clock.set(at("2026-03-02T23:57:00Z"));
    let e = TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    let report = |source, of: u32| {
        let from = Origin { network: e.origin(of).network, ..e.origin(source) };
        e.block_on(e.handles.intake.report(new_report("mail", "login"), from)).unwrap();
    };
    (1..=3).for_each(|n| report(n, n));
    e.clock().set(at("2026-03-03T00:00:30Z"));
    (1..=3).for_each(|n| report(10 + n, n));
    e.minutes(5);
    assert_ne!(e.handles.site.service("mail").unwrap().verdict.phase, Phase::Open, "three, not six");
    let all = networks(&e);
    let names: Vec<_> = all.iter().map(|n| n.0.unwrap()).collect();
    let before: Vec<_> = all.iter().map(|n| n.1).collect();
    assert_eq!(before[..3], [None; 3]);
    assert_eq!(before[3..], [Some(names[0]), Some(names[1]), Some(names[2])]);
    report(15, 1);
    assert_eq!(networks(&e)[6], (Some(names[3]), None), "it is known by its name of today");
    e.minutes(70);
    report(21, 1);
    assert_eq!(networks(&e)[7], (Some(names[3]), None));
    report(22, 2);
    assert_eq!(networks(&e)[8].1, None, "after an hour of silence it is not known any more");
}

#[test]
fn what_a_network_was_called_before_midnight_goes_when_that_days_key_dies_and_the_board_needs_it_no_more() {
    let folder = Folder::new();
    folder.clock.set(at("2026-03-02T23:40:00Z"));
    let e = TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    let report = |e: &TestEngine, source, of: u32| {
        let from = Origin { network: e.origin(of).network, ..e.origin(source) };
        e.block_on(e.handles.intake.report(new_report("mail", "login"), from)).unwrap();
    };
    report(&e, 1, 1);
    let yesterday = networks(&e)[0].0;
    let mut source = 10;
    // Once in forty minutes, up to the last minute before the key dies.
    for hour in ["00:20", "01:00", "01:40", "02:20", "03:00", "03:40", "04:20", "05:00", "05:40", "05:59"] {
        e.clock().set(at(&format!("2026-03-03T{hour}:00Z")));
        source += 1;
        report(&e, source, 1);
    }
    assert!(
        networks(&e)[1..].iter().all(|n| n.0 != yesterday),
        "only the first report after midnight says it, and apart"
    );
    assert_eq!(networks(&e).iter().filter(|n| n.1 == yesterday).count(), 1);
    e.clock().set(at("2026-03-03T06:00:00Z"));
    e.block_on(e.handles.admin.maintain()).unwrap();
    let all = networks(&e);
    assert_eq!(all[0], (None, None));
    assert!(all[1..].iter().all(|n| n.0.is_some() && n.1.is_none()), "of the dead key nothing is left: {all:?}");
    // The board comes back from what is left as it was.
    let picture = e.handles.site.service("mail").unwrap();
    let folder = e.kill();
    let e = TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    let again = e.handles.site.service("mail").unwrap().verdict.clone();
    assert_eq!(Verdict { at: picture.verdict.at, ..again }, picture.verdict);
    report(&e, 40, 1);
    assert_eq!(networks(&e).last().unwrap().0, all[1].0, "it is one network all along");
}

#[test]
fn when_a_days_key_dies_its_file_goes_and_its_hashes_are_blanked() {
    let folder = Folder::new();
    folder.clock.set(at("2026-03-02T23:30:00Z"));
    let e = TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    e.report("mail", "login", 1).unwrap();
    e.clock().set(at("2026-03-03T00:10:00Z"));
    e.report("chat", "login", 1).unwrap();
    e.block_on(e.handles.admin.maintain()).unwrap();
    assert_eq!(sources(&e), [true, true]);
    assert!(e.path().join("keys/2026-03-02.key").exists());
    e.clock().set(at("2026-03-03T06:00:00Z"));
    e.block_on(e.handles.admin.maintain()).unwrap();
    assert_eq!(sources(&e), [false, true]);
    assert!(!e.path().join("keys/2026-03-02.key").exists());
    assert!(e.path().join("keys/2026-03-03.key").exists());
    // What was stopped over the end of a key catches up when it starts.
    let folder = e.kill();
    folder.clock.set(at("2026-03-05T12:00:00Z"));
    let e = TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    e.block_on(e.handles.admin.maintain()).unwrap();
    assert_eq!(sources(&e), [false, false]);
    assert!(!e.path().join("keys/2026-03-03.key").exists());
}

#[test]
fn no_file_but_the_keys_can_tell_a_source() {
    use std::os::unix::fs::PermissionsExt;
    let e = TestEngine::new(catalogue());
    e.report("mail", "login", 1).unwrap();
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(e.path().join("keys")).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(entry.metadata().unwrap().len(), 32);
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["2026-03-02.key", "follow.key"]);
    assert_eq!(std::fs::metadata(e.path().join("keys")).unwrap().permissions().mode() & 0o777, 0o700);
    let printed = format!("{:?}", e.entries());
    assert!(printed.contains("SourceHash(…)") && !printed.contains("240."), "{printed}");
}
