//! The suite of [`Store`].

use super::sample::{
    START, actor, entries, every_signal, free_text, incident, judged, moderated, official_word, report, report_id,
    reported, slug, updated, visited, voted,
};
use allclear_model::act::Outcome;
use allclear_model::check::CheckOutcome;
use allclear_model::kept::{DAY_MS, LINES_DAYS};
use allclear_model::official::{OfficialPages, OfficialRead, OfficialSaid};
use allclear_model::signal::{
    CheckResult, CheckResults, Counted, ModerationDecided, ModerationUndone, ReportAccepted, ReportChange, TextChange,
    TextErased, Vote,
};
use allclear_model::{
    Act, Acted, Country, Decider, Decision, Entry, Incident, Level, Minute, Reason, Signal, TextState, Time,
};
use allclear_ports::{
    CheckPage, CheckRow, Considered, IncidentPage, Minutes, Projection, Queue, ReportPage, Rollup, RollupBin, Span,
    Store, Suggestion, Survey, VisitTotals,
};

/// Everything a [`Store`] promises. `make` gives a new, empty one and whatever must live as long as it.
///
/// # Panics
/// At the first promise that is broken.
pub async fn store<S: Store, G>(make: impl AsyncFn() -> (S, G)) {
    let (s, _g) = make().await;
    a_new_store_is_empty(&s).await;
    let (s, _g) = make().await;
    every_kind_can_be_projected_and_again_changes_nothing(&s).await;
    let (s, _g) = make().await;
    entries_out_of_order_are_refused_whole(&s).await;
    let (s, _g) = make().await;
    reports_are_listed_newest_first_with_a_cursor(&s).await;
    let (s, _g) = make().await;
    authors_change_and_withdraw_their_reports(&s).await;
    let (s, _g) = make().await;
    counts_stand_in_bins_of_three_lengths(&s).await;
    let (s, _g) = make().await;
    visits_add_up_over_any_stretch(&s).await;
    let (s, _g) = make().await;
    incidents_are_kept_once_and_listed_with_a_cursor(&s).await;
    let (s, _g) = make().await;
    bundles_grow_with_every_word_about_an_incident(&s).await;
    let (s, _g) = make().await;
    official_pages_leave_what_was_new_and_no_more(&s).await;
    let (s, _g) = make().await;
    results_of_checks_are_listed_newest_first_wherever_they_stand(&s).await;
    let (s, _g) = make().await;
    late_results_stand_where_they_were_measured(&s).await;
    let (s, _g) = make().await;
    a_long_silence_is_looked_through_in_pages(&s).await;
    let (s, _g) = make().await;
    results_of_checks_go_after_their_days(&s).await;
    let (s, _g) = make().await;
    retention_goes_in_steps_and_keeps_what_is_young(&s).await;
    let (s, _g) = make().await;
    counts_and_lines_go_at_their_borders_and_not_a_moment_before(&s).await;
    let (s, _g) = make().await;
    texts_are_decided_in_turn_and_operators_leave_traces(&s).await;
    let (s, _g) = make().await;
    suggestions_and_answers_are_kept(&s).await;
    let (s, _g) = make().await;
    looking_through_goes_in_steps_and_comes_to_an_end(&s).await;
}

async fn project(s: &impl Store, entries: &[Entry]) {
    s.project(Projection { entries }).await.expect("project");
}

/// A stretch of `minutes` from `from` minutes after [`START`].
fn span(from: i64, minutes: i64) -> Minutes {
    let first = START.minute().0 + from;
    Minutes { from: Minute(first), to: Minute(first + minutes) }
}

const EVER: Minutes = Minutes { from: Minute(0), to: Minute(100_000_000) };

const ALWAYS: Span = Span { from: Time(0), to: Time::MAX };

async fn a_new_store_is_empty(s: &impl Store) {
    let aws = slug("aws");
    assert_eq!(s.projected().await.expect("projected"), 0);
    assert_eq!(s.report(report_id(1)).await.expect("report"), None);
    assert_eq!(s.reports(&aws, None, 10).await.expect("reports"), ReportPage::default());
    assert_eq!(s.incident(&incident("aws", START).id).await.expect("incident"), None);
    assert_eq!(s.incidents(None, None, 10).await.expect("incidents"), IncidentPage::default());
    assert_eq!(s.checks(&aws, ALWAYS, None, 10).await.expect("checks"), CheckPage::default());
    assert!(!s.pack(Time::MAX, 10).await.expect("pack"));
    assert_eq!(s.rollup(&aws, Rollup::Hour, EVER).await.expect("rollup"), vec![]);
    assert_eq!(s.visits(&aws, EVER).await.expect("visits"), VisitTotals::default());
    assert_eq!(s.suggestions(10).await.expect("suggestions"), vec![]);
    assert_eq!(s.surveys(10).await.expect("surveys"), vec![]);
    assert_eq!(s.retain(Time::MAX, 10).await.expect("retain"), 0);
    project(s, &[]).await;
    s.checkpoint().await.expect("checkpoint");
    look_through(s, 10).await;
    assert_eq!(s.projected().await.expect("projected"), 0);
}

async fn every_kind_can_be_projected_and_again_changes_nothing(s: &impl Store) {
    let written = entries(0, START, 1, every_signal());
    let picture = async || {
        let (aws, router) = (slug("aws"), slug("openrouter"));
        (
            s.projected().await.expect("projected"),
            s.report(report_id(1)).await.expect("report"),
            s.reports(&router, None, 10).await.expect("reports"),
            s.rollup(&router, Rollup::Minute, EVER).await.expect("rollup"),
            s.rollup(&aws, Rollup::Hour, EVER).await.expect("rollup"),
            s.incidents(None, None, 10).await.expect("incidents"),
            s.checks(&aws, ALWAYS, None, 10).await.expect("checks"),
        )
    };
    project(s, &written[..5]).await;
    project(s, &written).await;
    let once = picture().await;
    assert_eq!(once.0, u64::try_from(written.len()).expect("a length"));
    assert_eq!(once.4.iter().map(|b| b.reports).sum::<u64>(), 11, "imported counts count");
    project(s, &written).await;
    project(s, &written[3..6]).await;
    assert_eq!(picture().await, once);
}

async fn entries_out_of_order_are_refused_whole(s: &impl Store) {
    let e = entries(0, START, 1, (0..3).map(|n| reported(n, "aws")));
    let wrong = [e[0].clone(), e[2].clone(), e[1].clone()];
    s.project(Projection { entries: &wrong }).await.expect_err("out of order");
    assert_eq!(s.projected().await.expect("projected"), 0);
    assert_eq!(s.reports(&slug("aws"), None, 10).await.expect("reports").rows, vec![]);
    project(s, &e).await;
    assert_eq!(s.reports(&slug("aws"), None, 10).await.expect("reports").rows.len(), 3);
}

async fn reports_are_listed_newest_first_with_a_cursor(s: &impl Store) {
    let service = |n: u64| if n.is_multiple_of(2) { "aws" } else { "github" };
    project(s, &entries(0, START, 10, (0..21).map(|n| reported(n, service(n))))).await;
    let (mut seen, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = s.reports(&slug("aws"), before, 4).await.expect("reports");
        assert!(page.rows.len() <= 4);
        seen.extend(page.rows);
        pages += 1;
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let ids: Vec<_> = seen.iter().map(|r| r.id).collect();
    let wanted: Vec<_> = (0..21).rev().filter(|n| n % 2 == 0).map(report_id).collect();
    assert_eq!((ids, pages), (wanted, 3));
    let exact = s.reports(&slug("aws"), None, 11).await.expect("reports");
    assert_eq!((exact.rows.len(), exact.next), (11, None), "a full last page has no next");
    let row = s.report(report_id(20)).await.expect("report").expect("it is there");
    assert_eq!(row, seen[0]);
    assert_eq!((row.seq, row.at, row.counted, row.withdrawn), (21, START.plus_ms(200), true, false));
    assert_eq!((&*row.service, &*row.symptom, row.country), ("aws", "login", Country::parse("DE").ok()));
}

async fn authors_change_and_withdraw_their_reports(s: &impl Store) {
    let minute = span(0, 1);
    project(s, &entries(0, START, 1, (0..3).map(|n| reported(n, "aws")))).await;
    let fr = Country::parse("FR").ok();
    let changes = [
        updated(0, "aws", ReportChange::Amended { symptom: slug("other"), country: fr, text: TextChange::Kept }),
        updated(1, "aws", ReportChange::Withdrawn),
        updated(77, "aws", ReportChange::Withdrawn),
    ];
    project(s, &entries(3, START.plus_s(120), 1, changes)).await;
    let first = s.report(report_id(0)).await.expect("report").expect("it is there");
    assert_eq!((&*first.symptom, first.country, first.seq, first.at), ("other", fr, 1, START));
    let second = s.report(report_id(1)).await.expect("report").expect("its author can still see it");
    assert!(second.withdrawn);
    let listed: Vec<u64> =
        s.reports(&slug("aws"), None, 10).await.expect("reports").rows.iter().map(|r| r.seq).collect();
    assert_eq!(listed, [3, 1]);
    let bins = s.rollup(&slug("aws"), Rollup::Minute, minute).await.expect("rollup");
    assert_eq!(bins.iter().map(|b| b.reports).sum::<u64>(), 3, "history is not rewritten");
}

async fn counts_stand_in_bins_of_three_lengths(s: &impl Store) {
    let twice = Signal::ReportAccepted(ReportAccepted { counted: false, ..report(50, "aws") });
    let unheard =
        Signal::Vote(Vote { service: slug("aws"), country: None, counted: false, source: None, network: None });
    let many = Signal::Counted(Counted { service: slug("aws"), symptom: slug("other"), count: 40, networks: None });
    // Minutes 0, 0, 7, 14, 21, … of the hour.
    let batch =
        entries(0, START, 7 * 60_000, [reported(1, "aws"), reported(2, "aws"), voted("aws"), many, reported(3, "aws")]);
    project(s, &batch).await;
    project(
        s,
        &entries(5, START.plus_s(28 * 60), 0, [twice, unheard, visited("aws", 1, 2, 3, 4), reported(4, "github")]),
    )
    .await;
    let bin = |start: i64, reports, votes, visits| RollupBin {
        start: Minute(START.minute().0 + start),
        reports,
        votes,
        visits,
    };
    let read = async |by, span| s.rollup(&slug("aws"), by, span).await.expect("rollup");
    let minutes =
        [bin(0, 1, 0, 0), bin(7, 1, 0, 0), bin(14, 0, 1, 0), bin(21, 40, 0, 0), bin(27, 0, 0, 10), bin(28, 1, 0, 0)];
    assert_eq!(read(Rollup::Minute, EVER).await, minutes);
    assert_eq!(read(Rollup::Quarter, EVER).await, [bin(0, 2, 1, 0), bin(15, 41, 0, 10)]);
    assert_eq!(read(Rollup::Hour, EVER).await, [bin(0, 43, 1, 10)]);
    assert_eq!(read(Rollup::Minute, span(7, 14)).await, &minutes[1..3], "the end is not part of it");
    assert_eq!(read(Rollup::Quarter, span(1, 15)).await, [bin(15, 41, 0, 10)], "bins that begin within it");
    project(s, &entries(9, START.plus_s(3540), 0, [reported(5, "aws")])).await;
    assert_eq!(read(Rollup::Hour, EVER).await, [bin(0, 44, 1, 10)], "a later batch adds to a bin");
    let row = s.report(report_id(50)).await.expect("report").expect("listed though not counted");
    assert!(!row.counted);
}

async fn visits_add_up_over_any_stretch(s: &impl Store) {
    // One direct view in each of 200 minutes, from 20 minutes before the hour; signals come a minute later.
    let views = (0..200u64).map(|n| visited("aws", 1, n % 2, 0, 0));
    project(s, &entries(0, START.plus_s(-19 * 60), 60_000, views)).await;
    for (from, minutes) in [(-20, 200), (-20, 1), (0, 60), (-7, 3), (-7, 130), (14, 2), (29, 92), (0, 0)] {
        let total = s.visits(&slug("aws"), span(from, minutes)).await.expect("visits");
        let odd = (from..from + minutes).filter(|m| (m + 20) % 2 == 1).count();
        let wanted = VisitTotals {
            direct: u64::try_from(minutes).expect("a length"),
            search: u64::try_from(odd).expect("a count"),
            social: 0,
            other: 0,
        };
        assert_eq!(total, wanted, "{minutes} minutes from {from}");
    }
    assert_eq!(s.visits(&slug("aws"), EVER).await.expect("visits").direct, 200);
    assert_eq!(s.visits(&slug("github"), EVER).await.expect("visits"), VisitTotals::default());
}

async fn incidents_are_kept_once_and_listed_with_a_cursor(s: &impl Store) {
    let at = |n: i64| START.plus_s(n * 3600);
    // Three services are hit in the same minute at hour 2.
    let opened = [("aws", 1), ("aws", 2), ("github", 2), ("visa", 2), ("github", 3)];
    let incidents: Vec<Incident> = opened.iter().map(|(service, n)| incident(service, at(*n))).collect();
    let signals = incidents.iter().map(|i| judged(&i.service, i.opened, Some(i.clone())));
    project(s, &entries(0, START, 1, signals)).await;
    let closed = Incident { closed: Some(at(4)), total_reports: 99, ..incidents[0].clone() };
    project(
        s,
        &entries(5, START.plus_s(9), 1, [judged("aws", at(4), Some(closed.clone())), judged("aws", at(5), None)]),
    )
    .await;
    assert_eq!(s.incident(&closed.id).await.expect("incident"), Some(closed.clone()), "the latest word counts");
    for limit in [1, 2, 3, 10] {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = s.incidents(None, before, limit).await.expect("incidents");
            seen.extend(page.rows.into_iter().map(|i| (i.service.to_string(), i.opened)));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        let wanted = [("github", 3), ("aws", 2), ("github", 2), ("visa", 2), ("aws", 1)];
        let wanted: Vec<_> = wanted.iter().map(|(service, n)| ((*service).to_owned(), at(*n))).collect();
        assert_eq!(seen, wanted, "in pages of {limit}, each once");
    }
    let of_aws = s.incidents(Some(&slug("aws")), None, 1).await.expect("incidents");
    assert_eq!((of_aws.rows[0].opened, of_aws.next), (at(2), Some(at(2))));
    let rest = s.incidents(Some(&slug("aws")), of_aws.next, 1).await.expect("incidents");
    assert_eq!((rest.rows, rest.next), (vec![closed], None));
}

async fn bundles_grow_with_every_word_about_an_incident(s: &impl Store) {
    let lines = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    let told = |i: &Incident, said: &[&str]| {
        let mut signal = judged(&i.service, i.opened, Some(i.clone()));
        if let Signal::VerdictChanged { bundle, .. } = &mut signal {
            *bundle = lines(said);
        }
        signal
    };
    let (one, two) = (incident("aws", START), incident("github", START));
    let signals = [told(&one, &["1", "2"]), told(&two, &["3"]), told(&one, &[]), told(&one, &["4"])];
    let written = entries(0, START, 1, signals);
    project(s, &written[..2]).await;
    project(s, &written).await;
    assert_eq!(s.bundle(&one.id).await.expect("bundle"), lines(&["1", "2", "4"]));
    assert_eq!(s.bundle(&two.id).await.expect("bundle"), lines(&["3"]));
    assert_eq!(s.bundle(&incident("visa", START).id).await.expect("bundle"), lines(&[]));
}

async fn official_pages_leave_what_was_new_and_no_more(s: &impl Store) {
    let said = |service: &str, said| OfficialRead { service: slug(service), said };
    let news = |service: &str, level| said(service, OfficialSaid::New { word: Box::new(official_word(level)) });
    let unread = || OfficialSaid::Unread { reason: "an HTML page".to_owned() };
    let pages = |read| Signal::OfficialPages(OfficialPages { read });
    let written = entries(
        0,
        START,
        60_000,
        [
            pages(vec![news("aws", Level::Operational), news("openrouter", Level::Operational)]),
            pages(vec![said("aws", OfficialSaid::Same), said("openrouter", unread())]),
            pages(vec![news("aws", Level::MajorOutage)]),
        ],
    );
    project(s, &written).await;
    project(s, &written).await;
    let levels = async |service: &str, before, limit| -> Vec<(u64, Level)> {
        let rows = s.official(&slug(service), before, limit).await.expect("official");
        rows.iter().map(|r| (r.seq, r.word.level)).collect()
    };
    assert_eq!(levels("aws", None, 10).await, [(3, Level::MajorOutage), (1, Level::Operational)]);
    assert_eq!(levels("aws", Some(3), 10).await, [(1, Level::Operational)]);
    assert_eq!(levels("aws", None, 1).await, [(3, Level::MajorOutage)]);
    assert_eq!(levels("openrouter", None, 10).await, [(1, Level::Operational)]);
    let rows = s.official(&slug("aws"), None, 1).await.expect("official");
    assert_eq!((rows[0].at, &rows[0].word), (START.plus_s(120), &official_word(Level::MajorOutage)));
    assert_eq!(s.retain(START.plus_s(91 * 86_400), 2).await.expect("retain"), 2, "in steps");
    assert_eq!(s.retain(START.plus_s(91 * 86_400), 9).await.expect("retain"), 1);
    assert!(levels("aws", None, 10).await.is_empty());
}

/// A run of the check of `service` in time, and the row it leaves.
fn run(service: &str, outcome: CheckOutcome, reason: Option<&str>, ms: Option<u32>) -> CheckResult {
    CheckResult::new(slug(service), outcome, reason, ms)
}

fn heard(location: &str, results: Vec<CheckResult>) -> Signal {
    Signal::CheckResults(CheckResults::own(slug(location), results))
}

/// All results of a service in pages of `limit`, each page as long as it may be.
async fn all_checks(s: &impl Store, service: &str, span: Span, location: Option<&str>, limit: u32) -> Vec<CheckRow> {
    let (location, mut span, mut seen) = (location.map(slug), span, Vec::new());
    for _ in 0..10_000 {
        let page = s.checks(&slug(service), span, location.as_ref(), limit).await.expect("checks");
        seen.extend(page.rows);
        let Some(next) = page.next else { return seen };
        assert!(next < span.to, "a page leads on");
        span.to = next;
    }
    panic!("pages of results come to an end")
}

/// Packs all that can be packed at `now`; returns the number of steps.
async fn pack(s: &impl Store, now: Time, limit: u32) -> usize {
    let mut steps = 0;
    while s.pack(now, limit).await.expect("pack") {
        steps += 1;
        assert!(steps < 10_000, "packing comes to an end");
    }
    steps
}

async fn results_of_checks_are_listed_newest_first_wherever_they_stand(s: &impl Store) {
    // Three hours of two services from two locations, each minute; of "aws" every tenth run fails.
    let outcome =
        |n: u32| [CheckOutcome::Down, CheckOutcome::Blocked, CheckOutcome::Inconclusive][(n / 10 % 3) as usize];
    let of_aws = |n: u32| match n % 10 {
        0 => run("aws", outcome(n), Some(["the status is 503", "no answer"][(n / 10 % 2) as usize]), Some(30_000)),
        1 => run("aws", CheckOutcome::Up, None, None),
        _ => run("aws", CheckOutcome::Up, None, Some(100 + n)),
    };
    let signals = (0..180).flat_map(|n| {
        let github = run("github", CheckOutcome::Up, None, Some(n));
        [heard("oslo", vec![of_aws(n), github.clone()]), heard("fra", vec![github, of_aws(n)])]
    });
    let written = entries(0, START, 30_000, signals);
    let at = |n: u32, half: i64| START.plus_s(i64::from(n) * 60 + half * 30);
    let row = |n: u32, location: &str, half| {
        let r = of_aws(n);
        CheckRow {
            at: at(n, half),
            location: slug(location),
            outcome: r.outcome,
            reason: r.reason,
            ms: r.ms,
            late: false,
        }
    };
    let wanted: Vec<CheckRow> = (0..180).rev().flat_map(|n| [row(n, "fra", 1), row(n, "oslo", 0)]).collect();
    let as_it_should = async |when: &str| {
        for limit in [1, 7, 500] {
            let all = all_checks(s, "aws", ALWAYS, None, limit).await;
            assert!(all == wanted, "{when}, in pages of {limit}: {} of {}", all.len(), wanted.len());
        }
        let oslo: Vec<CheckRow> = wanted.iter().filter(|r| &*r.location == "oslo").cloned().collect();
        assert_eq!(all_checks(s, "aws", ALWAYS, Some("oslo"), 50).await, oslo, "{when}");
        let span = Span { from: at(59, 1), to: at(61, 1) };
        let part = all_checks(s, "aws", span, None, 2).await;
        assert_eq!(part.first().map(|r| r.at), Some(at(61, 0)), "{when}: the end is not part of it");
        assert_eq!((part.last().map(|r| r.at), part.len()), (Some(at(59, 1)), 4), "{when}: the beginning is");
        let exact = s.checks(&slug("aws"), span, None, 4).await.expect("checks");
        assert_eq!((exact.rows.len(), exact.next), (4, None), "{when}: a full last page has no next");
        for (service, location) in [("visa", None), ("aws", Some("rome")), ("oslo", None)] {
            assert_eq!(all_checks(s, service, ALWAYS, location, 9).await, [], "{when}");
        }
    };
    project(s, &written[..100]).await;
    project(s, &written).await;
    as_it_should("as they came").await;
    // Step by step, and the same entries once more in between; an hour that is not over stays.
    assert!(s.pack(at(150, 0), 3).await.expect("pack"));
    as_it_should("after a step").await;
    project(s, &written).await;
    assert!(pack(s, at(150, 0), 3).await >= 2, "in steps");
    as_it_should("two hours packed").await;
    assert_eq!(pack(s, at(179, 1), 500).await, 0, "the hour is not over");
    assert!(pack(s, at(180, 0), 500).await > 0);
    as_it_should("all packed").await;
    assert_eq!(s.projected().await.expect("projected"), 360);
}

async fn late_results_stand_where_they_were_measured(s: &impl Store) {
    let late = |ago_s: i64, ms| CheckResult {
        late: true,
        at: Some(START.plus_s(-ago_s)),
        ..run("aws", CheckOutcome::Down, Some("no answer"), Some(ms))
    };
    let up = |ms| run("aws", CheckOutcome::Up, None, Some(ms));
    let times = async |limit| -> Vec<(i64, Option<u32>, bool)> {
        let rows = all_checks(s, "aws", ALWAYS, None, limit).await;
        rows.iter().map(|r| (r.at.since_ms(START) / 1000, r.ms, r.late)).collect()
    };
    // An hour is packed, and then comes what was measured before, within and after it.
    project(s, &entries(0, START.plus_s(-7200), 600_000, (0..6).map(|n| heard("oslo", vec![up(n)])))).await;
    pack(s, START, 10).await;
    let batch = heard("oslo", vec![late(9000, 11), late(6900, 12), late(6900, 13), up(14), up(15)]);
    project(s, &entries(6, START.plus_s(9), 0, [batch])).await;
    let wanted = [
        (9, Some(14), false),
        (9, Some(15), false),
        (-4200, Some(5), false),
        (-4800, Some(4), false),
        (-5400, Some(3), false),
        (-6000, Some(2), false),
        (-6600, Some(1), false),
        (-6900, Some(12), true),
        (-6900, Some(13), true),
        (-7200, Some(0), false),
        (-9000, Some(11), true),
    ];
    for limit in [1, 100] {
        assert_eq!(times(limit).await, wanted);
    }
    let span = Span { from: START.plus_s(-9000), to: START.plus_s(-8999) };
    assert_eq!(all_checks(s, "aws", span, None, 9).await.len(), 1, "before it is packed as well");
    assert!(pack(s, START.plus_s(7200), 1).await >= 3, "one row in a step");
    for limit in [1, 100] {
        assert_eq!(times(limit).await, wanted);
    }
    assert_eq!(all_checks(s, "aws", span, None, 9).await.len(), 1);
}

async fn a_long_silence_is_looked_through_in_pages(s: &impl Store) {
    let days = |n: i64| START.plus_s(n * 86_400);
    let up = |service: &str| heard("oslo", vec![run(service, CheckOutcome::Up, None, None)]);
    let written = entries(0, days(0), 86_400_000, [up("aws")].into_iter().chain((1..80).map(|_| up("github"))));
    project(s, &written).await;
    pack(s, days(80), 10).await;
    assert_eq!(all_checks(s, "aws", ALWAYS, None, 9).await.len(), 1);
    assert_eq!(all_checks(s, "github", ALWAYS, Some("oslo"), 9).await.len(), 79);
}

async fn results_of_checks_go_after_their_days(s: &impl Store) {
    let ages = async || -> Vec<i64> {
        let rows = all_checks(s, "aws", ALWAYS, None, 9).await;
        rows.iter().map(|r| r.at.since_ms(START) / 3_600_000).collect()
    };
    let up = |service: &str| heard("oslo", vec![run(service, CheckOutcome::Up, None, Some(9))]);
    project(s, &entries(0, START, 3_600_000, (0..6).flat_map(|_| [up("aws")]))).await;
    pack(s, START.plus_s(86_400), 10).await;
    let now = START.plus_s(90 * 86_400 + 3 * 3600);
    assert_eq!(s.retain(now.plus_ms(-1), 2).await.expect("retain"), 2, "in steps");
    assert_eq!(ages().await, [5, 4, 3, 2]);
    assert_eq!(s.retain(now.plus_ms(-1), 9).await.expect("retain"), 0, "the whole of an hour must be old");
    assert_eq!(s.retain(now, 9).await.expect("retain"), 1);
    assert_eq!(ages().await, [5, 4, 3]);
}

async fn retention_goes_in_steps_and_keeps_what_is_young(s: &impl Store) {
    let days = |n: i64| START.plus_s(n * 86_400);
    let mut written = entries(0, days(0), 1000, (0..30).map(|n| reported(n, "aws")));
    written.extend(entries(30, days(60), 1000, (30..40).map(|n| reported(n, "aws"))));
    written.extend(entries(40, days(99), 1000, [judged("aws", days(99), Some(incident("aws", days(0))))]));
    written.extend(entries(41, days(99), 1000, (40..45).map(|n| reported(n, "aws"))));
    project(s, &written).await;
    let (mut removed, mut steps) = (0, 0);
    loop {
        let n = s.retain(days(100), 7).await.expect("retain");
        assert!(n <= 7, "a step is bounded");
        removed += n;
        steps += 1;
        if n == 0 {
            break;
        }
        assert!(steps < 50, "retention comes to an end");
    }
    // 30 reports, the minutes of days 0 and 60, the quarter of day 0.
    assert_eq!(removed, 33);
    let starts = async |by| -> Vec<i64> {
        let bins = s.rollup(&slug("aws"), by, EVER).await.expect("rollup");
        bins.iter().map(|b| (b.start.0 - START.minute().0) / 1440).collect()
    };
    assert_eq!(starts(Rollup::Minute).await, [99]);
    assert_eq!(starts(Rollup::Quarter).await, [60, 99]);
    assert_eq!(starts(Rollup::Hour).await, [0, 60, 99]);
    assert_eq!(s.reports(&slug("aws"), None, 100).await.expect("reports").rows.len(), 15);
    assert_eq!(s.incidents(None, None, 10).await.expect("incidents").rows.len(), 1);
    assert_eq!(s.projected().await.expect("projected"), 46);
}

/// 48 hours for bins of a minute, [`LINES_DAYS`] for bins of 15 minutes and lines of reports. A bin goes when the whole of
/// it is old.
async fn counts_and_lines_go_at_their_borders_and_not_a_moment_before(s: &impl Store) {
    const MINUTE_MS: i64 = 60_000;
    let aws = slug("aws");
    for (n, minute) in [(0, 0), (1, 1), (2, 15)] {
        project(s, &entries(n, START.plus_ms(minute * MINUTE_MS), 0, [reported(n, "aws")])).await;
    }
    // What is left of minutes, quarters and lines, in minutes after the start, once nothing more goes at `at`.
    let left = async |at: Time| {
        while s.retain(at, 100).await.expect("retain") > 0 {}
        let bins = async |by| -> Vec<i64> {
            let bins = s.rollup(&aws, by, EVER).await.expect("rollup");
            bins.iter().map(|b| b.start.0 - START.minute().0).collect()
        };
        let rows = s.reports(&aws, None, 100).await.expect("reports").rows;
        let lines: Vec<i64> = rows.iter().rev().map(|r| r.at.since_ms(START) / MINUTE_MS).collect();
        assert_eq!(bins(Rollup::Hour).await, [0], "hours are for ever");
        (bins(Rollup::Minute).await, bins(Rollup::Quarter).await, lines)
    };
    let of = |minutes: &[i64], quarters: &[i64], lines: &[i64]| (minutes.to_vec(), quarters.to_vec(), lines.to_vec());
    let (all, quarters) = ([0, 1, 15], [0, 15]);
    let old = START.plus_ms(48 * 60 * MINUTE_MS);
    assert_eq!(left(old.plus_ms(MINUTE_MS - 1)).await, of(&all, &quarters, &all));
    assert_eq!(left(old.plus_ms(MINUTE_MS)).await, of(&[1, 15], &quarters, &all));
    assert_eq!(left(old.plus_ms(2 * MINUTE_MS - 1)).await, of(&[1, 15], &quarters, &all));
    assert_eq!(left(old.plus_ms(2 * MINUTE_MS)).await, of(&[15], &quarters, &all));
    let old = START.plus_ms(LINES_DAYS * DAY_MS);
    assert_eq!(left(old).await, of(&[], &quarters, &all));
    assert_eq!(left(old.plus_ms(1)).await, of(&[], &quarters, &[1, 15]));
    assert_eq!(left(old.plus_ms(15 * MINUTE_MS - 1)).await, of(&[], &quarters, &[15]));
    assert_eq!(left(old.plus_ms(15 * MINUTE_MS)).await, of(&[], &[15], &[15]));
    assert_eq!(left(old.plus_ms(15 * MINUTE_MS + 1)).await, of(&[], &[15], &[]));
    assert_eq!(left(old.plus_ms(30 * MINUTE_MS)).await, of(&[], &[], &[]));
}

async fn texts_are_decided_in_turn_and_operators_leave_traces(s: &impl Store) {
    let with = |n: u64, decision, reasons| {
        let r = report(n, "aws");
        Signal::ReportAccepted(ReportAccepted { moderated: Some(moderated(decision, reasons)), ..r })
    };
    let decided = |n: u64, decision, reasons: Vec<Reason>, decider| {
        let (id, service) = (report_id(n), slug("aws"));
        Signal::ModerationDecided(ModerationDecided { id, service, decision, reasons, decider })
    };
    let by_jo = || Decider::Operator { name: actor() };
    let first = [
        with(1, Decision::Show, vec![]),
        with(2, Decision::Hold, vec![Reason::Link]),
        with(3, Decision::Hide, vec![Reason::Scam, Reason::Link]),
        with(4, Decision::Hold, vec![Reason::Noise]),
        reported(5, "aws"),
    ];
    project(s, &entries(0, START, 1000, first)).await;
    let text = async |n: u64| {
        let row = s.report(report_id(n)).await.expect("report").expect("it is there");
        (row.text, row.reasons)
    };
    let queue = async |queue| -> Vec<u64> {
        s.queue(queue, None, 10).await.expect("queue").rows.iter().map(|r| r.seq).collect()
    };
    assert_eq!(text(3).await, (TextState::Withheld, vec![Reason::Scam, Reason::Link]));
    assert_eq!(text(5).await, (TextState::None, vec![]));
    assert_eq!(queue(Queue::Waiting).await, [4, 2]);
    assert_eq!((queue(Queue::Withheld).await, queue(Queue::Shown).await), (vec![3], vec![1]));
    let page = s.queue(Queue::Waiting, None, 1).await.expect("queue");
    assert_eq!((page.rows[0].seq, page.next), (4, Some(4)));
    assert_eq!(s.queue(Queue::Waiting, page.next, 10).await.expect("queue").rows[0].seq, 2);

    let then = [
        decided(4, Decision::Hide, vec![Reason::Late], Decider::Clock),
        decided(3, Decision::Show, vec![], by_jo()),
        decided(1, Decision::Hide, vec![Reason::Operator], by_jo()),
    ];
    project(s, &entries(5, START.plus_s(300), 1000, then)).await;
    assert_eq!(text(4).await, (TextState::Withheld, vec![Reason::Late]));
    assert_eq!(queue(Queue::Waiting).await, [2]);
    assert_eq!(queue(Queue::Withheld).await, [4], "what an operator has hidden needs no look any more");
    let undone = ModerationUndone {
        id: report_id(1),
        service: slug("aws"),
        undone: 8,
        decision: Decision::Show,
        since: None,
        reasons: vec![],
        actor: actor(),
    };
    let erased = TextErased { id: report_id(3), service: slug("aws"), actor: actor() };
    let more = [Signal::ModerationUndone(undone), Signal::TextErased(erased)];
    project(s, &entries(8, START.plus_s(400), 1000, more)).await;
    assert_eq!((text(1).await.0, text(3).await.0), (TextState::Shown, TextState::Erased));
    project(s, &entries(10, START.plus_s(500), 1000, [decided(3, Decision::Show, vec![], by_jo())])).await;
    assert_eq!(text(3).await.0, TextState::Erased, "what is gone stays gone");
    let history = s.decisions(report_id(1)).await.expect("decisions");
    let told: Vec<_> = history.iter().map(|d| (d.seq, d.decision, d.undone)).collect();
    assert_eq!(told, [(1, Decision::Show, false), (8, Decision::Hide, true)]);
    assert_eq!((&history[0].decider, &history[1].decider), (&Decider::Rules { version: 1 }, &by_jo()));
    let audit = s.audit(None, 10).await.expect("audit");
    let acts: Vec<&str> = audit.iter().map(|a| a.act.as_str()).collect();
    assert_eq!(acts, ["text_approved", "text_erased", "decision_undone", "text_hidden", "text_approved"]);
    assert_eq!(audit[1].subject, report_id(3).to_string());
    assert_eq!(s.audit(Some(audit[3].seq), 1).await.expect("audit"), [audit[4].clone()]);
    // The same entries again change nothing.
    project(s, &entries(0, START, 1000, [with(1, Decision::Hide, vec![])])).await;
    assert_eq!(text(1).await.0, TextState::Shown);
}

async fn suggestions_and_answers_are_kept(s: &impl Store) {
    let suggestion = |name: &str, host: Option<&str>, at: Time| Suggestion {
        id: 0,
        name: name.to_owned(),
        host: host.map(str::to_owned),
        why: host.map(|_| free_text("We use it all day.")),
        considered: Considered::Open,
        at,
    };
    let mut kept = [
        suggestion("Some Thing", Some("thing.example"), START),
        suggestion("Other", None, START.plus_s(1)),
        suggestion("Some Thing", Some("thing.example"), START.plus_s(86_400)),
    ];
    let same_day =
        [suggestion("some thing", None, START.plus_s(2)), suggestion("Thing!", Some("thing.example"), START.plus_s(3))];
    let mut numbers = Vec::new();
    for s2 in kept[..2].iter().chain(&same_day).chain(&kept[2..]) {
        numbers.push(s.suggest(s2).await.expect("suggest"));
    }
    assert_eq!((numbers[2], numbers[3]), (numbers[0], numbers[0]), "the same again has the first one's number");
    for (s2, number) in kept.iter_mut().zip([numbers[0], numbers[1], numbers[4]]) {
        s2.id = number;
    }
    let act = |act| Signal::Act(Acted { actor: actor(), act });
    let accepted = Outcome::Accepted { service: slug("thing") };
    let decide = |suggestion: usize, outcome| act(Act::SuggestionDecided { suggestion: numbers[suggestion], outcome });
    let acts =
        [decide(0, accepted), decide(1, Outcome::Rejected), decide(4, Outcome::Rejected), decide(4, Outcome::Open)];
    project(s, &entries(0, START, 1, acts)).await;
    (kept[0].considered, kept[1].considered) = (Considered::Accepted(slug("thing")), Considered::Rejected);
    let listed = s.suggestions(10).await.expect("suggestions");
    assert_eq!(listed, kept.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(s.suggestions(1).await.expect("suggestions"), &listed[..1]);
    let answer = |service: Option<&str>, choice: &str, level| Survey {
        id: 0,
        service: service.map(slug),
        choice: slug(choice),
        level,
        words: service.map(|_| free_text("It works here.")),
        report: service.map(|_| report_id(7)),
        at: START,
        closed: false,
    };
    let mut answers = [answer(None, "too-slow", None), answer(Some("aws"), "wrong", Some(Level::MajorOutage))];
    for answer in &mut answers {
        answer.id = s.survey(answer).await.expect("survey");
    }
    project(s, &entries(4, START.plus_s(60), 1, [act(Act::FeedbackClosed { feedback: answers[1].id, closed: true })]))
        .await;
    answers[1].closed = true;
    assert_eq!(s.surveys(10).await.expect("surveys"), [answers[1].clone(), answers[0].clone()]);
    assert_eq!(s.surveys(1).await.expect("surveys").len(), 1);
    let year = START.plus_s(367 * 86_400);
    assert_eq!(s.retain(year, 3).await.expect("retain"), 3);
    while s.retain(year, 10).await.expect("retain") > 0 {}
    assert_eq!(
        (s.suggestions(10).await.expect("suggestions"), s.surveys(10).await.expect("surveys")),
        (vec![], vec![])
    );
    assert_eq!(s.audit(None, 10).await.expect("audit"), vec![]);
}

/// Looks through all of a sound store; returns the number of steps.
async fn look_through(s: &impl Store, limit: usize) -> usize {
    let (mut from, mut steps) = (None, 0);
    loop {
        from = s.look_through(from, limit).await.expect("a sound store");
        steps += 1;
        if from.is_none() {
            return steps;
        }
        assert!(steps < 10_000, "looking through comes to an end");
    }
}

async fn looking_through_goes_in_steps_and_comes_to_an_end(s: &impl Store) {
    let opened = [("aws", 1), ("github", 2)].map(|(service, n)| (service, START.plus_s(n)));
    let incidents = opened.map(|(service, at)| judged(service, at, Some(incident(service, at))));
    project(s, &entries(0, START, 60_000, every_signal().into_iter().chain(incidents))).await;
    let reports = (100..200).map(|n| reported(n, ["aws", "github", "visa"][usize::try_from(n % 3).expect("small")]));
    project(s, &entries(50, START.plus_s(9000), 60_000, reports)).await;
    let suggestion = Suggestion {
        id: 0,
        name: "Some Thing".to_owned(),
        host: None,
        why: None,
        considered: Considered::Open,
        at: START,
    };
    s.suggest(&suggestion).await.expect("suggest");
    let (choice, words) = (slug("too-slow"), None);
    let answer = Survey { id: 0, service: None, choice, level: None, words, report: None, at: START, closed: false };
    s.survey(&answer).await.expect("survey");
    // At the least 100 reports and as many minutes.
    assert!(look_through(s, 7).await > 200 / 7, "no step is longer than it was asked to be");
    assert!(look_through(s, usize::MAX).await < 20, "and no shorter");
}
