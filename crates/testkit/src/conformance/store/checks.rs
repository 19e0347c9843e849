//! Results of checks: how they are listed wherever they stand, and how they go.

use super::{ALWAYS, project};
use crate::conformance::sample::{START, entries, slug};
use allclear_model::check::CheckOutcome;
use allclear_model::signal::{CheckResult, CheckResults};
use allclear_model::{Signal, Time};
use allclear_ports::{CheckRow, Span, Store};

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

pub(super) async fn results_of_checks_are_listed_newest_first_wherever_they_stand(s: &impl Store) {
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

pub(super) async fn late_results_stand_where_they_were_measured(s: &impl Store) {
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

pub(super) async fn a_long_silence_is_looked_through_in_pages(s: &impl Store) {
    let days = |n: i64| START.plus_s(n * 86_400);
    let up = |service: &str| heard("oslo", vec![run(service, CheckOutcome::Up, None, None)]);
    let written = entries(0, days(0), 86_400_000, [up("aws")].into_iter().chain((1..80).map(|_| up("github"))));
    project(s, &written).await;
    pack(s, days(80), 10).await;
    assert_eq!(all_checks(s, "aws", ALWAYS, None, 9).await.len(), 1);
    assert_eq!(all_checks(s, "github", ALWAYS, Some("oslo"), 9).await.len(), 79);
}

pub(super) async fn results_of_checks_go_after_their_days(s: &impl Store) {
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
