//! The suite of [`Store`].

mod checks;
mod people;
mod upkeep;

use crate::conformance::sample::{
    START, entries, every_signal, incident, judged, official_word, report, report_id, reported, slug, updated, visited,
    voted,
};
use allclear_model::official::{OfficialPages, OfficialRead, OfficialSaid};
use allclear_model::signal::{Counted, ReportAccepted, ReportChange, TextChange, Vote};
use allclear_model::{Country, Entry, Incident, Level, Minute, Signal, Time};
use allclear_ports::{
    CheckPage, IncidentPage, Listing, Minutes, ReportPage, Rollup, RollupBin, Span, Store, VisitTotals,
};

/// Everything a [`Store`] promises. `make` gives a new, empty one and whatever must live as long as it.
///
/// # Panics
/// At the first promise that is broken.
pub async fn store<S: Store, G>(make: impl AsyncFn() -> (S, G)) {
    each_on_a_new_one!(make:
        a_new_store_is_empty,
        every_kind_can_be_projected_and_again_changes_nothing,
        entries_out_of_order_are_refused_whole,
        reports_are_listed_newest_first_with_a_cursor,
        authors_change_and_withdraw_their_reports,
        counts_stand_in_bins_of_three_lengths,
        visits_add_up_over_any_stretch,
        incidents_are_kept_once_and_listed_with_a_cursor,
        bundles_grow_with_every_word_about_an_incident,
        official_pages_leave_what_was_new_and_no_more,
        checks::results_of_checks_are_listed_newest_first_wherever_they_stand,
        checks::late_results_stand_where_they_were_measured,
        checks::a_long_silence_is_looked_through_in_pages,
        checks::results_of_checks_go_after_their_days,
        upkeep::retention_goes_in_steps_and_keeps_what_is_young,
        upkeep::counts_and_lines_go_at_their_borders_and_not_a_moment_before,
        people::texts_are_decided_in_turn_and_operators_leave_traces,
        people::suggestions_and_answers_are_kept,
        upkeep::looking_through_goes_in_steps_and_comes_to_an_end,
    );
}

async fn project(s: &impl Store, entries: &[Entry]) {
    s.project(entries.to_vec()).await.expect("project");
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
    assert_eq!(s.suggestions(Listing::newest(10)).await.expect("suggestions"), vec![]);
    assert_eq!(s.surveys(Listing::newest(10)).await.expect("surveys"), vec![]);
    assert_eq!(s.retain(Time::MAX, 10).await.expect("retain"), 0);
    project(s, &[]).await;
    s.checkpoint().await.expect("checkpoint");
    upkeep::look_through(s, 10).await;
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
    s.project(wrong.into()).await.expect_err("out of order");
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
