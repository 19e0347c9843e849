//! When the disk is full, the journal is gone, the archive is dead, or the clock is set.

use crate::support::{SERVICES, catalogue, check_journal, of_kind, shown};
use allclear_engine::EngineError;
use allclear_model::{Signal, Time};
use allclear_testkit::{Fault, TestEngine};

fn unavailable<T>(r: Result<T, EngineError>) -> bool {
    matches!(r, Err(EngineError::Unavailable { .. }))
}

#[test]
fn while_the_disk_is_full_reports_are_refused_reading_goes_on_and_it_recovers_by_itself() {
    let e = TestEngine::new(catalogue());
    e.report("mail", "login", 1).unwrap();
    e.minutes(1);
    for fault in [Fault::Full, Fault::Gone] {
        e.block_on(e.handles.admin.catch_up()).unwrap();
        let before = shown(&e, "mail");
        e.journal.fail(fault);
        e.clock().advance_minutes(1);
        for source in 2..5 {
            assert!(unavailable(e.report("mail", "login", source)), "{fault:?}");
        }
        assert!(unavailable(e.block_on(e.handles.admin.catch_up())));
        assert_eq!(shown(&e, "mail"), before, "the board stands where the journal stands");
        e.journal.fail(Fault::None);
        assert_eq!(of_kind(&e.entries(), "report_accepted"), 1);
    }
    assert!(e.report("mail", "login", 2).unwrap().counted, "the refused one was not remembered");
    assert!(e.metric("allclear_journal_append_failures_total").unwrap() >= 8.0);
    // What the judge said of the last report is journalled with the batch after it.
    e.block_on(e.handles.admin.catch_up()).unwrap();
    check_journal(&e.entries());
}

/// Counts what is logged as an error or a return to work.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<String>>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, m: &tracing::Metadata<'_>) -> bool {
        *m.level() <= tracing::Level::INFO
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Message(String);
        impl tracing::field::Visit for Message {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().unwrap().push(message.0);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_journal_that_fails_is_told_once_and_so_is_its_return() {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        let e = TestEngine::new(catalogue());
        let lines = |what: &str| log.0.lock().unwrap().iter().filter(|l| l.contains(what)).count();
        for round in 1..=2 {
            e.journal.fail(Fault::Full);
            for source in 0..20 {
                assert!(unavailable(e.report("mail", "login", source)));
            }
            e.journal.fail(Fault::Gone);
            assert!(unavailable(e.report("mail", "login", 1)));
            e.journal.fail(Fault::None);
            e.report("mail", "login", 100 + round).unwrap();
            e.report("mail", "login", 200 + round).unwrap();
            let told = (lines("does not take entries"), lines("takes entries again"));
            assert_eq!(told, (round as usize, round as usize));
        }
    });
}

#[test]
fn what_became_of_a_report_is_told_as_far_as_it_is_known() {
    let e = TestEngine::new(catalogue());
    let told = |r: Result<_, EngineError>| r.map(drop).unwrap_err().to_string();
    e.journal.fail(Fault::Full);
    assert!(told(e.report("mail", "login", 1)).contains("no room"));
    e.journal.fail(Fault::AnswerLost);
    let unknown = told(e.report("mail", "login", 1));
    assert!(unknown.contains("not known") && unknown.contains("same Idempotency-Key"), "{unknown}");
    // While nobody can ask the journal what it holds, nothing is tried.
    e.journal.fail(Fault::Gone);
    assert!(told(e.report("mail", "login", 2)).contains("nothing was kept"));
    e.store.fail(Fault::Gone);
    let id = allclear_model::ReportId::new(Time(0), [0; 10]);
    let unread = e.block_on(e.handles.archive.report(id)).unwrap_err().to_string();
    assert!(!unread.contains("kept") && unread.contains("storage"), "{unread}");
}

#[test]
fn a_lost_answer_to_more_entries_than_are_read_at_a_time_is_found_whole() {
    let names: Vec<String> = (0..2100).map(|n| format!("s{n}")).collect();
    let slugs: Vec<&str> = names.iter().map(String::as_str).collect();
    let e = TestEngine::new(crate::support::catalogue_of(&slugs));
    for s in &names {
        e.handles.intake.visit(&allclear_model::Slug::parse(s).unwrap(), allclear_engine::Referrer::Direct);
    }
    e.clock().advance_minutes(1);
    e.journal.fail(Fault::AnswerLost);
    assert!(unavailable(e.block_on(e.handles.admin.catch_up())));
    e.journal.fail(Fault::None);
    e.report("s7", "login", 1).unwrap();
    e.block_on(e.handles.admin.catch_up()).unwrap();
    let entries = e.entries();
    check_journal(&entries);
    assert!(of_kind(&entries, "visits") >= names.len());
    assert_eq!(e.handles.admin.status().seq, entries.last().unwrap().seq);
}

#[test]
fn a_task_that_breaks_stops_the_site_as_a_whole() {
    // The projector, then maintenance.
    let e = TestEngine::new(catalogue());
    e.block_on(e.handles.admin.projected()).unwrap();
    e.store.fail(Fault::Panics);
    e.report("mail", "login", 1).unwrap();
    e.stops();
    assert!(e.metric("allclear_projector_lag_entries").unwrap() >= 1.0, "read from where it stands");
    let e = TestEngine::new(catalogue());
    e.block_on(e.handles.admin.maintain()).unwrap();
    e.store.fail(Fault::Panics);
    assert!(unavailable(e.block_on(e.handles.admin.maintain())));
    e.stops();
}

#[test]
fn a_refused_report_takes_nobodys_allowance() {
    let e = TestEngine::open(allclear_testkit::Folder::new(), catalogue(), |cfg| {
        cfg.limits.reports_per_source_per_hour = 1;
    })
    .map_err(|x| x.1)
    .unwrap();
    e.journal.fail(Fault::Full);
    assert!(unavailable(e.report("mail", "login", 1)));
    e.journal.fail(Fault::None);
    e.report("mail", "login", 1).unwrap();
    assert!(matches!(e.report("chat", "login", 1), Err(EngineError::Limited { .. })));
}

#[test]
fn an_append_whose_answer_was_lost_is_found_again_and_not_doubled() {
    let e = TestEngine::new(catalogue());
    let mut new = allclear_testkit::new_report("mail", "login");
    new.key = Some(e.handles.intake.request_key(&new.service, "k", &e.origin(1)));
    e.journal.fail(Fault::AnswerLost);
    let origin = e.origin(1);
    assert!(unavailable(e.block_on(e.handles.intake.report(new.clone(), origin))));
    e.journal.fail(Fault::None);
    let again = e.block_on(e.handles.intake.report(new, origin)).unwrap();
    assert!(again.counted);
    let entries = e.entries();
    assert_eq!(of_kind(&entries, "report_accepted"), 1);
    check_journal(&entries);
}

#[test]
fn words_of_the_judge_wait_while_the_journal_fails() {
    let e = TestEngine::new(catalogue());
    for n in 0..200 {
        e.report("mail", "login", n).unwrap();
        if n % 20 == 19 {
            e.minutes(1);
        }
    }
    // Quiet from here on: words come from minutes alone.
    for _ in 0..60 {
        e.journal.fail(Fault::Full);
        e.clock().advance_minutes(1);
        assert!(unavailable(e.block_on(e.handles.admin.catch_up())));
        e.journal.fail(Fault::None);
        e.block_on(e.handles.admin.catch_up()).unwrap();
    }
    let entries = e.entries();
    assert!(of_kind(&entries, "verdict_changed") >= 3);
    check_journal(&entries);
    let e = TestEngine::open(e.kill(), catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    assert_eq!(e.metric("allclear_verdict_mismatches_total"), Some(0.0));
}

#[test]
fn a_dead_archive_costs_cold_readers_an_error_and_nobody_else_anything() {
    let e = TestEngine::new(catalogue());
    e.store.fail(Fault::Gone);
    let receipt = e.report("mail", "login", 1).unwrap();
    e.minutes(2);
    assert_eq!(e.handles.site.service("mail").unwrap().day_total, 1);
    assert!(unavailable(e.block_on(e.handles.archive.report(receipt.id))));
    assert!(unavailable(e.block_on(e.handles.intake.withdraw(&receipt.token))));
    assert!(e.handles.admin.status().projected < e.handles.admin.status().seq);
    e.store.fail(Fault::None);
    e.block_on(e.handles.admin.projected()).unwrap();
    assert!(e.block_on(e.handles.archive.report(receipt.id)).unwrap().is_some());
}

#[test]
fn stamps_never_go_back_and_time_goes_on_when_the_clock_does() {
    let e = TestEngine::new(catalogue());
    e.report("mail", "login", 1).unwrap();
    let stood = e.handles.admin.status().judged;
    e.clock().advance_minutes(-120);
    let receipt = e.report("mail", "login", 2).unwrap();
    assert_eq!(receipt.at, stood);
    let stale = |e: &TestEngine| {
        let now = e.handles.site.now();
        (e.handles.site.service("mail").unwrap().is_stale(now), e.handles.site.whole().is_stale(now))
    };
    assert_eq!(stale(&e), (true, true), "while nothing is judged, pages say so");
    // The judge's word of the last report is still to be written; and pruning and blanking, which write too, go on.
    e.block_on(e.handles.admin.catch_up()).unwrap();
    let before = e.metric("allclear_journal_batch_entries_count");
    for _ in 0..10 {
        e.clock().advance_minutes(1);
        e.block_on(e.handles.admin.catch_up()).unwrap();
    }
    assert_eq!(e.metric("allclear_journal_batch_entries_count"), before, "no ticks while the clock is behind");
    assert!(e.metric("allclear_clock_behind_milliseconds").unwrap() > 100.0 * 60_000.0);
    e.clock().set(stood.plus_s(-60));
    assert_eq!(stale(&e), (false, false), "a small step back is nothing");
    e.clock().set(stood);
    e.minutes(3);
    assert_eq!(e.handles.admin.status().judged, stood.plus_s(180));
    assert_eq!(stale(&e), (false, false));
    check_journal(&e.entries());
}

#[test]
fn while_the_clock_is_behind_the_journal_nothing_is_fresh_also_over_a_restart() {
    let e = TestEngine::new(catalogue());
    e.report("mail", "login", 1).unwrap();
    e.minutes(1);
    let fresh = |e: &TestEngine| {
        let (site, now) = (&e.handles.site, e.handles.site.now());
        let services = SERVICES.map(|s| !site.service(s).unwrap().is_stale(now));
        assert!(services.iter().all(|f| *f == services[0]), "{services:?}");
        assert_eq!(!site.whole().is_stale(now), services[0]);
        services[0]
    };
    assert!(fresh(&e) && e.handles.site.clock_behind_s().is_none());
    e.clock().advance_minutes(-120);
    e.block_on(e.handles.admin.catch_up()).unwrap();
    assert!(!fresh(&e), "the last stamp lies in the future");
    assert_eq!(e.handles.site.clock_behind_s(), Some(7200));
    e.report("mail", "login", 2).unwrap();
    assert!(!fresh(&e), "nor is a picture that a report brings");
    e.clock().advance_minutes(-60);
    assert!(!fresh(&e), "nor if the clock is set back again");
    let e = TestEngine::open(e.kill(), catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    assert!(!fresh(&e));
    e.clock().advance_minutes(177);
    e.block_on(e.handles.admin.catch_up()).unwrap();
    assert!(fresh(&e), "three minutes are within what a picture lives");
    e.minutes(10);
    assert!(fresh(&e));
}

#[test]
fn a_start_with_the_clock_set_back_takes_reports_and_says_that_it_does_not_judge() {
    let e = TestEngine::new(catalogue());
    e.report("mail", "login", 1).unwrap();
    e.minutes(1);
    let (stood, version) = (e.handles.admin.status().judged, e.handles.site.service("mail").unwrap().version);
    let folder = e.stop();
    folder.clock.advance_minutes(-600);
    let e = TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    let view = e.handles.site.service("mail").unwrap();
    assert!(view.is_stale(e.handles.site.now()));
    assert!(view.version > version, "nobody takes an old picture for this one");
    assert_eq!(e.report("mail", "login", 2).unwrap().at, stood);
    e.block_on(e.handles.admin.catch_up()).unwrap();
    check_journal(&e.entries());
    e.clock().set(stood);
    e.minutes(1);
    assert!(!e.handles.site.service("mail").unwrap().is_stale(e.handles.site.now()));
}

#[test]
fn a_leap_of_the_clock_is_a_gap_in_which_nobody_listened() {
    let e = TestEngine::new(catalogue());
    for n in 0..100 {
        e.report("mail", "login", n).unwrap();
        if n % 10 == 9 {
            e.minutes(1);
        }
    }
    let stopped = e.handles.admin.status().judged;
    e.clock().set(Time::parse("2086-01-01T00:00:00Z").unwrap());
    e.block_on(e.handles.admin.catch_up()).unwrap();
    let resumed: Vec<Time> = e
        .entries()
        .iter()
        .filter_map(|x| if let Signal::Resumed { stopped } = x.signal { Some(stopped) } else { None })
        .collect();
    assert_eq!(resumed, [stopped]);
    e.report("mail", "login", 1).unwrap();
    e.minutes(1);
    let v = e.handles.site.service("mail").unwrap();
    assert!(v.chart.bins[..95].iter().all(|b| !b.watched));
    check_journal(&e.entries());
}
