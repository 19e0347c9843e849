//! Reports, votes, changes by their authors, page views.

use crate::support::{catalogue, catalogue_of, check_journal, of_kind};
use allclear_engine::{EngineError, Referrer};
use allclear_model::{Country, Signal, Slug, SymptomId};
use allclear_ports::{Minutes, VisitTotals};
use allclear_testkit::{Folder, TestEngine, new_report};

#[test]
fn a_report_is_durable_counted_shown_and_projected() {
    let e = TestEngine::new(catalogue());
    let receipt = e.report("mail", "login", 1).unwrap();
    assert!(receipt.counted);
    assert_eq!(receipt.shown_by, receipt.at.plus_s(300));
    assert_eq!(e.handles.intake.follow(&receipt.token), Some(receipt.id));
    assert_eq!(of_kind(&e.entries(), "report_accepted"), 1);
    e.block_on(e.handles.admin.catch_up()).unwrap();
    let view = e.handles.site.service("mail").unwrap();
    assert_eq!((view.day_total, view.symptoms_total, view.recent.len()), (1, 1, 1));
    assert_eq!((view.symptoms[0].id.as_str(), view.symptoms[0].count), ("login", 1));
    assert_eq!(view.recent[0].id, receipt.id);
    e.block_on(e.handles.admin.projected()).unwrap();
    let row = e.block_on(e.handles.archive.report(receipt.id)).unwrap().unwrap();
    assert_eq!(
        (row.service.as_str(), row.symptom.as_str(), row.counted, row.withdrawn),
        ("mail", "login", true, false)
    );
    check_journal(&e.entries());
}

#[test]
fn a_source_counts_once_in_six_hours_per_service_and_others_are_not_touched() {
    let e = TestEngine::new(catalogue());
    let first = e.report("mail", "login", 1).unwrap();
    let again = e.report("mail", "slow", 1).unwrap();
    assert!(first.counted && !again.counted);
    assert_ne!(first.id, again.id);
    assert_ne!(first.token, again.token);
    assert!(e.report("chat", "slow", 1).unwrap().counted, "another service");
    assert!(e.report("mail", "slow", 2).unwrap().counted, "another source");
    e.block_on(e.handles.admin.projected()).unwrap();
    let row = e.block_on(e.handles.archive.report(first.id)).unwrap().unwrap();
    assert_eq!(row.symptom.as_str(), "login", "a duplicate changes nothing of the first");
    e.minutes(1);
    let view = e.handles.site.service("mail").unwrap();
    assert_eq!((view.day_total, view.recent.len()), (2, 3));
    e.clock().advance_minutes(6 * 60);
    assert!(e.report("mail", "login", 1).unwrap().counted, "six hours later");
}

#[test]
fn many_of_one_source_at_once_count_once() {
    let e = TestEngine::new(catalogue());
    let origin = e.origin(7);
    let all = (0..50).map(|_| {
        let intake = e.handles.intake.clone();
        async move { intake.report(new_report("mail", "login"), origin).await }
    });
    let receipts = e.block_on(futures_join(all));
    assert_eq!(receipts.iter().filter(|r| r.as_ref().unwrap().counted).count(), 1);
    assert!(e.metric("allclear_journal_batch_entries_count").unwrap() < 20.0, "they share appends");
    assert_eq!(e.metric("allclear_reports_duplicate_total"), Some(49.0));
}

async fn futures_join<T: Send + 'static>(
    all: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tracker = tokio_util::task::TaskTracker::new();
    let tasks: Vec<_> = all.into_iter().map(|f| tracker.spawn(f)).collect();
    let mut out = Vec::new();
    for t in tasks {
        out.push(t.await.unwrap());
    }
    out
}

#[test]
fn the_same_request_key_gives_the_same_report_even_over_a_kill() {
    let e = TestEngine::new(catalogue());
    let mail = Slug::parse("mail").unwrap();
    let mut new = new_report("mail", "login");
    new.key = Some(e.handles.intake.request_key(&mail, LONG_KEY, &e.origin(1)));
    let send = |e: &TestEngine, new: &allclear_engine::intake::NewReport, source| {
        e.block_on(e.handles.intake.report(new.clone(), e.origin(source)))
    };
    let first = send(&e, &new, 1).unwrap();
    let clock = e.clock().clone();
    clock.advance_minutes(3);
    assert_eq!(send(&e, &new, 2).unwrap(), first, "the same receipt, whoever asks");
    let e = TestEngine::open(e.kill(), catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    assert_eq!(e.handles.intake.request_key(&mail, LONG_KEY, &e.origin(1)), new.key.unwrap());
    assert_eq!(send(&e, &new, 1).unwrap(), first);
    let mut other = new.clone();
    other.symptom = SymptomId::parse("slow").unwrap();
    assert!(matches!(send(&e, &other, 1), Err(EngineError::KeyReused)));
    assert_eq!(of_kind(&e.entries(), "report_accepted"), 1);
    clock.advance_minutes(24 * 60 + 1);
    assert_ne!(send(&e, &new, 1).unwrap().id, first.id, "a day later it is another request");
}

#[test]
fn the_same_request_key_twice_in_one_batch_is_one_report() {
    let e = TestEngine::new(catalogue());
    let mut new = new_report("mail", "login");
    new.key = Some(e.handles.intake.request_key(&new.service, "k", &e.origin(1)));
    let origin = e.origin(1);
    let all = (0..20).map(|_| {
        let (intake, new) = (e.handles.intake.clone(), new.clone());
        async move { intake.report(new, origin).await.unwrap() }
    });
    let receipts = e.block_on(futures_join(all));
    assert!(receipts.iter().all(|r| *r == receipts[0]));
    assert_eq!(of_kind(&e.entries(), "report_accepted"), 1);
}

#[test]
fn unknown_services_and_symptoms_are_refused_with_what_is_allowed() {
    let e = TestEngine::new(catalogue());
    assert!(matches!(e.report("nope", "login", 1), Err(EngineError::NoService(s)) if s == "nope"));
    let Err(EngineError::Invalid { field: "symptom", problem }) = e.report("mail", "melted", 1) else { panic!() };
    assert_eq!(problem, "\"melted\" is not a symptom of this service. Choose one of: login, slow, other.");
    assert!(e.report("mail", "other", 1).is_ok());
    assert!(matches!(
        e.block_on(e.handles.intake.vote(Slug::parse("nope").unwrap(), None, e.origin(1))),
        Err(EngineError::NoService(_))
    ));
}

#[test]
fn rate_limits_refuse_with_a_time_and_a_repeated_request_is_not_a_further_one() {
    let e = TestEngine::open(Folder::new(), catalogue(), |cfg| {
        cfg.limits.reports_per_source_per_hour = 2;
        cfg.limits.reports_per_network_per_minute = 3;
    })
    .map_err(|x| x.1)
    .unwrap();
    let mut keyed = new_report("mail", "login");
    keyed.key = Some(e.handles.intake.request_key(&keyed.service, "k", &e.origin(1)));
    let first = e.block_on(e.handles.intake.report(keyed.clone(), e.origin(1))).unwrap();
    e.report("chat", "slow", 1).unwrap();
    assert!(matches!(e.report("bank", "slow", 1), Err(EngineError::Limited { retry_after_s: 3600 })));
    assert_eq!(e.block_on(e.handles.intake.report(keyed, e.origin(1))).unwrap(), first);
    let network = e.origin(1).network;
    let same_network = |source| allclear_engine::intake::Origin { network, ..e.origin(source) };
    e.block_on(e.handles.intake.report(new_report("bank", "slow"), same_network(2))).unwrap();
    let refused = e.block_on(e.handles.intake.report(new_report("bank", "slow"), same_network(3)));
    assert!(matches!(refused, Err(EngineError::Limited { retry_after_s: 60 })));
    assert_eq!(e.metric("allclear_reports_refused_total"), Some(2.0));
    e.clock().advance_ms(60_000);
    e.block_on(e.handles.intake.report(new_report("bank", "slow"), same_network(3))).unwrap();
}

#[test]
fn a_vote_counts_once_and_is_shown() {
    let e = TestEngine::new(catalogue());
    let vote = |source| {
        e.block_on(e.handles.intake.vote(Slug::parse("mail").unwrap(), None, e.origin(source))).unwrap().counted
    };
    assert_eq!([vote(1), vote(1), vote(2)], [true, false, true]);
    assert!(e.report("mail", "slow", 1).unwrap().counted, "a vote is not a report");
    e.minutes(1);
    assert_eq!(e.handles.site.service("mail").unwrap().votes, 2);
}

#[test]
fn authors_change_and_withdraw_their_own_report_with_its_token_only() {
    let e = TestEngine::new(catalogue());
    let mine = e.report("mail", "login", 1).unwrap();
    let theirs = e.report("mail", "login", 1).unwrap();
    let (slow, de) = (SymptomId::parse("slow").unwrap(), Country::parse("DE").unwrap());
    e.block_on(e.handles.intake.amend(&mine.token, slow.clone(), Some(de), None)).unwrap();
    e.block_on(e.handles.admin.projected()).unwrap();
    let row = |id| e.block_on(e.handles.archive.report(id)).unwrap().unwrap();
    assert_eq!((row(mine.id).symptom.as_str(), row(mine.id).country), ("slow", Some(de)));
    assert_eq!(row(theirs.id).symptom.as_str(), "login");
    let bad = e.block_on(e.handles.intake.amend(&mine.token, SymptomId::parse("melted").unwrap(), None, None));
    assert!(matches!(bad, Err(EngineError::Invalid { field: "symptom", .. })));
    e.block_on(e.handles.intake.withdraw(&mine.token)).unwrap();
    e.block_on(e.handles.admin.projected()).unwrap();
    e.block_on(e.handles.intake.withdraw(&mine.token)).unwrap();
    assert!(row(mine.id).withdrawn && !row(theirs.id).withdrawn);
    let late = e.block_on(e.handles.intake.amend(&mine.token, slow, None, None));
    assert!(matches!(late, Err(EngineError::NotFound)));
    let forged = format!("{}{}", &theirs.token[..32], &mine.token[32..]);
    assert!(matches!(e.block_on(e.handles.intake.withdraw(&forged)), Err(EngineError::NotFound)));
    e.minutes(1);
    let view = e.handles.site.service("mail").unwrap();
    assert_eq!(view.recent.iter().map(|r| r.id).collect::<Vec<_>>(), [theirs.id]);
    assert_eq!(view.day_total, 1, "history is not rewritten");
}

#[test]
fn saying_again_what_a_report_says_is_no_entry_and_what_it_said_before_is_one() {
    let e = TestEngine::new(catalogue());
    let mine = e.report("mail", "login", 1).unwrap();
    let (login, slow) = (SymptomId::parse("login").unwrap(), SymptomId::parse("slow").unwrap());
    for _ in 0..30 {
        e.block_on(e.handles.intake.amend(&mine.token, login.clone(), None, None)).unwrap();
    }
    assert_eq!(of_kind(&e.entries(), "report_updated"), 0);
    // There and back faster than the archive follows.
    e.block_on(async {
        e.handles.intake.amend(&mine.token, slow, None, None).await.unwrap();
        e.handles.intake.amend(&mine.token, login, None, None).await.unwrap();
    });
    assert_eq!(of_kind(&e.entries(), "report_updated"), 2);
    e.block_on(e.handles.admin.projected()).unwrap();
    let row = e.block_on(e.handles.archive.report(mine.id)).unwrap().unwrap();
    assert_eq!(row.symptom.as_str(), "login");
}

#[test]
fn a_report_is_changed_ten_times_an_hour_and_can_still_be_withdrawn() {
    let e = TestEngine::new(catalogue());
    let (mine, theirs) = (e.report("mail", "login", 1).unwrap(), e.report("mail", "login", 2).unwrap());
    let symptoms = ["slow", "login"].map(|s| SymptomId::parse(s).unwrap());
    let amend = |token: &str, n: usize| e.block_on(e.handles.intake.amend(token, symptoms[n % 2].clone(), None, None));
    e.journal.fail(allclear_testkit::Fault::Full);
    assert!(matches!(amend(&mine.token, 0), Err(EngineError::Unavailable { .. })), "not kept, so not counted");
    e.journal.fail(allclear_testkit::Fault::None);
    for n in 0..10 {
        amend(&mine.token, n).unwrap();
    }
    assert!(matches!(amend(&mine.token, 10), Err(EngineError::Limited { retry_after_s: 3600 })));
    amend(&theirs.token, 0).unwrap();
    e.block_on(e.handles.intake.withdraw(&mine.token)).unwrap();
    e.clock().advance_minutes(60);
    amend(&theirs.token, 1).unwrap();
    assert_eq!(of_kind(&e.entries(), "report_updated"), 13);
    assert!(matches!(amend(&mine.token, 0), Err(EngineError::NotFound)));
    assert_eq!(e.metric("allclear_reports_refused_total"), None, "neither reports nor votes");
}

#[test]
fn what_a_full_queue_refuses_is_counted_too() {
    let e = TestEngine::open(Folder::new(), catalogue(), |cfg| cfg.queue = 2).map_err(|x| x.1).unwrap();
    let origin = e.origin(7);
    let all = (0..20).map(|_| {
        let intake = e.handles.intake.clone();
        async move { intake.report(new_report("mail", "login"), origin).await }
    });
    let got = e.block_on(futures_join(all));
    let refused: Vec<&EngineError> = got.iter().filter_map(|r| r.as_ref().err()).collect();
    assert!(!refused.is_empty() && refused.iter().all(|x| x.to_string().contains("Too many reports")), "{refused:?}");
    assert_eq!(e.metric("allclear_reports_refused_total"), Some(refused.len() as f64));
    assert_eq!(of_kind(&e.entries(), "report_accepted"), 20 - refused.len());
}

#[test]
fn page_views_are_counted_by_class_each_minute_and_survive_a_stop() {
    let e = TestEngine::new(catalogue_of(&["mail"]));
    let mail = Slug::parse("mail").unwrap();
    e.handles.intake.visit(&mail, Referrer::Search);
    e.handles.intake.visit(&mail, Referrer::Search);
    e.handles.intake.visit(&Slug::parse("nope").unwrap(), Referrer::Search);
    e.minutes(1);
    e.handles.intake.visit(&mail, Referrer::Social);
    let from = e.clock().advance_ms(0).minute();
    let e = TestEngine::open(e.stop(), catalogue_of(&["mail"]), |_| {}).map_err(|x| x.1).unwrap();
    e.block_on(e.handles.admin.projected()).unwrap();
    let span = Minutes { from: allclear_model::Minute(from.0 - 60), to: allclear_model::Minute(from.0 + 60) };
    let got = e.block_on(e.handles.archive.visits(&mail, span)).unwrap();
    assert_eq!(got, VisitTotals { direct: 0, search: 2, social: 1, other: 0 });
    assert!(e.entries().iter().all(|x| !matches!(&x.signal, Signal::Visits(v) if v.service != mail)));
}

/// As long as a UUID.
const LONG_KEY: &str = "2f1b9a52-6d8e-4c0f-9b1e-0a7c55d3e1aa";

#[test]
fn a_short_request_key_lives_until_six_of_the_next_day_and_an_operators_own_for_a_day() {
    let folder = Folder::new();
    let at = |text: &str| allclear_model::Time::parse(text).unwrap();
    folder.clock.set(at("2026-03-02T03:00:00Z"));
    let e = TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    let send = |key| e.block_on(e.handles.intake.report(key, e.origin(1))).unwrap().id;
    let short = || {
        let mut new = new_report("mail", "login");
        new.key = Some(e.handles.intake.request_key(&new.service, "1", &e.origin(1)));
        send(new)
    };
    let own = || {
        let mut new = new_report("chat", "login");
        new.key = Some(e.handles.intake.own_request_key(&new.service, "1"));
        send(new)
    };
    // There was a key of the day before, which dies at six.
    e.clock().set(at("2026-03-02T23:00:00Z"));
    let (early, mine) = (short(), own());
    for (now, same) in [("2026-03-03T00:01:00Z", true), ("2026-03-03T05:59:00Z", true), ("2026-03-03T06:00:00Z", false)]
    {
        e.clock().set(at(now));
        assert_eq!(short() == early, same, "{now}");
        assert_eq!(own(), mine, "{now}");
    }
    // Sent while two keys of the day live, it outlives the older one.
    e.clock().set(at("2026-03-05T12:00:00Z"));
    e.origin(1);
    e.clock().set(at("2026-03-06T03:00:00Z"));
    let night = short();
    e.clock().set(at("2026-03-06T23:59:00Z"));
    assert_eq!(short(), night);
    assert_ne!(own(), mine, "24 hours are over");
}

#[test]
fn a_short_request_key_means_nothing_in_the_hands_of_another_source() {
    let e = TestEngine::new(catalogue());
    let mail = Slug::parse("mail").unwrap();
    let by = |n: u32| {
        let mut new = new_report("mail", "login");
        new.key = Some(e.handles.intake.request_key(&mail, "1", &e.origin(n)));
        e.block_on(e.handles.intake.report(new, e.origin(n))).unwrap()
    };
    let (first, second) = (by(1), by(2));
    assert!(first.id != second.id && first.token != second.token && second.counted);
    assert_eq!(by(1), first);
}
