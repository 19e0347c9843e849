//! What is kept of a problem: its peak and how long it lasted.

use crate::board::{reports, settled};
use crate::common::{Desk, T0, minute};
use allclear_model::check::CheckOutcome;
use allclear_model::{Incident, IncidentStep, Phase, Time, Witness};

/// Goes on with usual reports until the incident is closed.
fn until_closed(d: &mut Desk, from: i64) -> Incident {
    for m in from..from + 60 {
        if d.board.now("a").unwrap().verdict.phase == Phase::Closed {
            return d.board.now("a").unwrap().incident.unwrap();
        }
        reports(d, m, m + 1, 1);
    }
    panic!("never closed");
}

#[test]
fn the_peak_is_the_quarter_of_an_hour_with_the_most_reports_wherever_it_lies() {
    // Per minute, 60 minutes on a service with 1: its busiest 15 minutes lie across quarters of an hour and after the alarm.
    let mut d = settled(1.0);
    reports(&mut d, 60, 80, 10);
    let early = d.board.now("a").unwrap().incident.unwrap();
    assert_eq!((early.peak_reports, early.peak_at), (150, Time(T0 + 74 * 60_000 + 20_000)), "the first 15 of them");
    reports(&mut d, 80, 97, 30);
    reports(&mut d, 97, 120, 10);
    let i = until_closed(&mut d, 120);
    // 30 reports stand at second 20 of each of the minutes 80 to 96, so the first 15 of these are whole in minute 94.
    assert_eq!((i.peak_reports, i.peak_at), (450, Time(T0 + 94 * 60_000 + 20_000)));
    let window = |m: i64| (m - 14..=m).map(|k| [10, 30][usize::from((80..97).contains(&k))]).sum::<u64>();
    assert_eq!(i.peak_reports, (75..120).map(window).max().unwrap());
    assert!(i.opened < i.peak_at && i.peak_at < i.closed.unwrap(), "{i:?}");
}

#[test]
fn an_incident_keeps_the_reasons_of_the_word_that_most_spoke_for_and_whether_anybody_else_agreed() {
    let mut d = settled(1.0);
    reports(&mut d, 60, 75, 6);
    let words = |d: &Desk| d.board.now("a").unwrap().incident.unwrap();
    let weight = |i: &Incident| i.evidence.iter().map(|e| e.weight).sum::<f64>();
    let first = words(&d);
    assert!(!first.confirmed && weight(&first) > 0.0, "{first:?}");
    reports(&mut d, 75, 95, 80);
    let louder = words(&d);
    assert!(louder.events.len() > 1 && weight(&louder) > weight(&first) - 0.005, "{louder:?}");
    let counted = |i: &Incident| i.evidence.iter().find(|e| e.witness == Witness::Reports).unwrap().actual;
    assert_eq!(
        counted(&louder),
        louder.events.last().unwrap().actual as f64,
        "of the newest word, which weighs no less"
    );
    assert!(counted(&louder) > counted(&first));
    let shown = d.board.now("a").unwrap().verdict;
    assert_eq!(louder.evidence.len(), shown.evidence.len() + shown.against.len());
    d.check(Time(T0 + 95 * 60_000), "a", "fra", CheckOutcome::Up);
    d.check(Time(T0 + 95 * 60_000 + 1), "a", "fra", CheckOutcome::Down);
    assert!(d.board.now("a").unwrap().verdict.confirmed && words(&d).confirmed);
    d.check(Time(T0 + 96 * 60_000), "a", "fra", CheckOutcome::Up);
    let over = until_closed(&mut d, 96);
    assert!(over.confirmed, "that they agreed stays true");
    assert!(weight(&over) > weight(&louder) && over.evidence.iter().any(|e| e.witness == Witness::Checks), "{over:?}");
}

#[test]
fn an_incident_lasts_from_the_change_to_ten_calm_minutes_after_it_and_is_then_left_alone() {
    let mut d = settled(1.0);
    reports(&mut d, 60, 90, 20);
    let i = until_closed(&mut d, 90);
    let closed = i.closed.unwrap();
    assert_eq!(i.since, minute(60));
    assert_eq!((i.peak_reports, i.peak_at), (300, Time(T0 + 74 * 60_000 + 20_000)));
    // The last loud minute is 89, so that 104 is the first with only usual ones in the last 15; with it ten are calm.
    assert_eq!((closed, closed.since_ms(i.since)), (minute(104 + 10), 54 * 60_000));
    let last = i.events.last().unwrap();
    assert_eq!((last.step, last.at), (IncidentStep::Closed, closed));
    let end = closed.minute().0 - minute(0).minute().0;
    assert_eq!(i.total_reports, 30 * 20 + (end - 90) as u64, "all from the change to the end");

    // Later reports change nothing of it, nor does the next problem.
    reports(&mut d, end, end + 60, 1);
    reports(&mut d, end + 60, end + 80, 60);
    let now = d.board.now("a").unwrap();
    assert_eq!(now.incidents.len(), 2);
    assert_eq!(now.last_problem.as_ref(), Some(&i));
    assert_eq!((now.incidents[0].peak_reports, now.incidents[0].closed), (900, None));
}
