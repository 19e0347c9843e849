//! What is removed after its days, and looking through everything for damage.

use super::{EVER, project};
use crate::conformance::sample::{START, entries, every_signal, incident, judged, reported, slug};
use allclear_model::Time;
use allclear_model::kept::{DAY_MS, LINES_DAYS};
use allclear_ports::{Considered, Rollup, Store, Suggestion, Survey};

pub(super) async fn retention_goes_in_steps_and_keeps_what_is_young(s: &impl Store) {
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
pub(super) async fn counts_and_lines_go_at_their_borders_and_not_a_moment_before(s: &impl Store) {
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

/// Looks through all of a sound store; returns the number of steps.
pub(super) async fn look_through(s: &impl Store, limit: usize) -> usize {
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

pub(super) async fn looking_through_goes_in_steps_and_comes_to_an_end(s: &impl Store) {
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
