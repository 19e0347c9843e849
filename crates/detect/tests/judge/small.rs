//! What the sums say before they are an alarm, and what very small services come to.

use crate::board::{reports, settled};
use crate::common::{Desk, T0};
use allclear_model::{Level, Phase, Time};

/// The largest sum, as the verdict shows it: 0 where the reports say nothing or speak against a problem.
fn sum(d: &Desk) -> f64 {
    let v = d.board.now("a").unwrap().verdict;
    v.evidence.iter().find(|e| e.witness.as_str() == "reports").map_or(0.0, |e| e.weight)
}

#[test]
fn a_problem_is_possible_by_reports_alone_from_5_2_nats_and_until_below_3() {
    let mut d = settled(1.0);
    let (mut kept, mut not_yet, mut begun, mut m) = (0, 0, 0, 60);
    let mut before = Phase::None;
    // Up, slowly down; up again, but not as far; and once more.
    for (minutes, rate) in [(4, 5), (12, 2), (8, 1), (3, 5), (2, 2), (8, 1), (5, 5), (8, 1)] {
        for _ in 0..minutes {
            reports(&mut d, m, m + 1, rate);
            m += 1;
            let (now, nats) = (d.board.now("a").unwrap().verdict.phase, sum(&d));
            // Weights are rounded to 0.01.
            let sure = (nats - 5.2).abs() > 0.01 && (nats - 3.0).abs() > 0.01;
            let possible = nats >= 5.2 || (before == Phase::Possible && nats >= 3.0);
            let expected = if possible { Phase::Possible } else { Phase::None };
            assert!(!sure || now == expected, "minute {m}: {nats} nats, {before:?}, then {now:?}");
            kept += usize::from(now == Phase::Possible && nats < 5.19);
            not_yet += usize::from(now == Phase::None && nats > 3.01);
            begun += usize::from(now == Phase::Possible && before == Phase::None);
            before = now;
        }
    }
    assert!(
        kept > 3 && not_yet > 3 && begun > 1 && before == Phase::None,
        "{kept} kept, {not_yet} not yet, {begun} begun, then {before:?}"
    );
    assert!(d.board.now("a").unwrap().incidents.is_empty(), "it was no more than possible");
}

#[test]
fn where_reports_come_one_by_one_the_level_is_that_of_the_multiple_nearest_to_what_came() {
    for usual in [0.02, 0.1] {
        for (times, level) in
            [(5.0, Level::DegradedPerformance), (12.0, Level::PartialOutage), (50.0, Level::MajorOutage)]
        {
            let mut d = settled(usual);
            let every = (60_000.0 / (usual * times)) as i64;
            let (mut next, end) = (T0 + 60 * 60_000 + every, 60 + 8 * 60);
            let mut opened = None;
            for m in 60..end {
                while next < T0 + (m + 1) * 60_000 {
                    d.counted(Time(next), "a", 1, None);
                    next += every;
                }
                d.tick(Time(T0 + (m + 1) * 60_000));
                let v = d.board.now("a").unwrap().verdict;
                opened = opened.or((v.phase == Phase::Open).then_some(m));
                // The first word may rest on two or three reports; an hour later it is what came.
                if opened.is_some_and(|o| m == o + 60) {
                    assert_eq!(
                        (v.level, v.confirmed),
                        (level, false),
                        "{times} times {usual}, an hour after the alarm"
                    );
                    break;
                }
            }
            assert!(opened.is_some(), "{times} times {usual} never alarms");
        }
    }
}
