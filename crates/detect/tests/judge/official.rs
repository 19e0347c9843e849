//! The vendor's official page as a witness: for how long it speaks, and what a verdict makes of it beside the others.

use crate::common::{Desk, minute, slug};
use crate::replay::replay;
use allclear_detect::OfficialNow;
use allclear_detect::replay::Options;
use allclear_model::check::CheckOutcome::{Down, Up};
use allclear_model::official::{OfficialSaid, Trust};
use allclear_model::{Level, Phase, Signal, Time, Verdict, Witness};

fn verdict(d: &Desk) -> Verdict {
    d.board.verdict("a").unwrap()
}

fn said(d: &Desk) -> (Level, Phase, bool) {
    let v = verdict(d);
    (v.level, v.phase, v.confirmed)
}

fn page(d: &Desk) -> OfficialNow {
    d.board.now("a").unwrap().official.unwrap()
}

/// Weight and severity of the page among the evidence.
fn weight(d: &Desk) -> Option<(f64, f64)> {
    let v = verdict(d);
    v.evidence.iter().chain(&v.against).find(|e| e.witness == Witness::Official).map(|e| (e.weight, e.actual))
}

use Level::{DegradedPerformance, MajorOutage, Operational, PartialOutage, UnderMaintenance, Unknown};

#[test]
fn a_page_that_says_that_all_is_well_is_why_a_silent_service_is_known_to_work_unless_it_only_announces() {
    let mut d = Desk::new(&["a"]);
    d.announce(minute(1), "a", Operational, Trust::Low, None);
    assert_eq!((said(&d), weight(&d)), ((Unknown, Phase::None, false), Some((-0.2, 0.0))));
    d.announce(minute(2), "a", Operational, Trust::Full, None);
    assert_eq!((said(&d), verdict(&d).since), ((Operational, Phase::None, false), minute(2).min(minute(1))));
    // A check that fails in some places is no good sign.
    for (location, outcome) in [("x", Up), ("y", Up), ("z", Up), ("z", Down)] {
        d.check(minute(3), "a", location, outcome);
    }
    assert_eq!(said(&d).0, Unknown);
}

#[test]
fn the_vendors_own_word_is_a_problem_and_is_confirmed_by_checks_or_by_people() {
    let mut d = Desk::new(&["a"]);
    d.announce(minute(10), "a", MajorOutage, Trust::Full, Some(minute(3)));
    assert_eq!(
        (said(&d), verdict(&d).since),
        ((MajorOutage, Phase::Open, false), minute(3)),
        "since when the vendor says"
    );
    assert_eq!((weight(&d), verdict(&d).incident), (Some((9.0, 4.0)), None));
    d.check(minute(10), "a", "x", Up);
    assert_eq!(said(&d), (MajorOutage, Phase::Open, false), "a check that passes does not see everything");
    d.check(minute(11), "a", "x", Down);
    assert_eq!(said(&d), (MajorOutage, Phase::Open, true));
    // The vendor says that it is over; the check alone makes it possible.
    d.announce(minute(12), "a", Operational, Trust::Full, None);
    assert_eq!(said(&d), (Unknown, Phase::Possible, false));

    let mut d = Desk::new(&["a"]);
    for m in 1..30 {
        d.tick(minute(m));
    }
    for k in 0..40 {
        d.report(minute(30).plus_ms(k * 900), "a", k as u128, k as u64);
    }
    let people = said(&d);
    assert!(people.0.is_problem() && people.1 == Phase::Open && !people.2);
    d.announce(minute(31), "a", DegradedPerformance, Trust::Low, None);
    assert_eq!(said(&d), (people.0, Phase::Open, true), "how bad it is, people say");
    assert!(verdict(&d).incident.is_some());
    d.announce(minute(32), "a", Operational, Trust::Full, None);
    assert_eq!(said(&d), people, "a vendor who denies takes nothing from what people say");
}

#[test]
fn a_mere_degradation_that_neither_people_nor_checks_notice_is_possible_and_no_more() {
    let mut d = Desk::new(&["a"]);
    d.announce(minute(1), "a", DegradedPerformance, Trust::Full, None);
    assert_eq!(
        (said(&d), weight(&d)),
        ((DegradedPerformance, Phase::Open, false), Some((6.5, 2.0))),
        "nobody else watches"
    );
    d.check(minute(2), "a", "x", Up);
    assert_eq!(said(&d), (Operational, Phase::Possible, false));
    assert!(verdict(&d).log_odds < 0.0 && verdict(&d).since == minute(2));
    d.check(minute(3), "a", "x", Down);
    assert_eq!(said(&d), (DegradedPerformance, Phase::Open, true));
}

#[test]
fn announced_work_is_told_as_such_whatever_checks_find_and_people_are_still_heard() {
    let mut d = Desk::new(&["a"]);
    d.check(minute(1), "a", "x", Up);
    d.announce(minute(1), "a", UnderMaintenance, Trust::Full, Some(minute(-5)));
    d.check(minute(2), "a", "x", Down);
    assert_eq!((said(&d), verdict(&d).since), ((UnderMaintenance, Phase::None, false), minute(-5)));
    assert_eq!(weight(&d), Some((-0.2, 1.0)));
    for k in 0..60 {
        d.report(minute(3).plus_ms(k * 900), "a", k as u128, k as u64);
    }
    assert!(said(&d).0.is_problem() && said(&d).1 == Phase::Open);
}

#[test]
fn a_page_speaks_for_half_an_hour_after_it_was_last_read_and_one_that_cannot_be_read_says_nothing_new() {
    let mut d = Desk::new(&["a"]);
    d.announce(minute(1), "a", PartialOutage, Trust::Full, None);
    let unread = || OfficialSaid::Unread { reason: "an HTML page".to_owned() };
    for m in 2..11 {
        d.read(minute(m), "a", unread());
    }
    assert_eq!((said(&d).0, page(&d).unread), (PartialOutage, Some((minute(2), "an HTML page".to_owned()))));
    d.read(minute(11), "a", OfficialSaid::Same);
    assert_eq!((page(&d).unread, page(&d).read), (None, Some(minute(11))));
    d.tick(minute(41).plus_ms(-1));
    assert!(page(&d).speaks && said(&d).0 == PartialOutage);
    d.tick(minute(41));
    assert_eq!((page(&d).speaks, said(&d), weight(&d)), (false, (Unknown, Phase::None, false), None));
    let told = d.changes.last().unwrap().verdict.clone();
    assert_eq!((told.at, told.since), (minute(41), minute(0)), "as if nobody had said anything");
    // What it said before is not forgotten, and counts from when it is read again.
    d.read(minute(60), "a", OfficialSaid::Same);
    assert_eq!((said(&d).0, verdict(&d).since), (PartialOutage, minute(60)));
    // Of a page that was never read, nothing can be the same.
    let mut d = Desk::new(&["a"]);
    d.read(minute(1), "a", OfficialSaid::Same);
    assert_eq!((said(&d).0, page(&d).word, page(&d).read), (Unknown, None, None));
}

#[test]
fn the_strip_has_the_worst_of_each_quarter_of_an_hour_in_which_the_page_was_read() {
    let mut d = Desk::new(&["a"]);
    for (m, level) in [(1, MajorOutage), (5, Operational), (16, Operational), (46, UnderMaintenance)] {
        d.announce(minute(m), "a", level, Trust::Full, None);
    }
    let cells = page(&d).cells;
    assert_eq!(
        (cells.len(), &cells[91..]),
        (96, &[None, Some(MajorOutage), Some(Operational), None, Some(UnderMaintenance)][..])
    );
}

#[test]
fn since_when_is_what_the_vendor_says_and_never_what_has_not_come_yet() {
    let mut d = Desk::new(&["a"]);
    d.announce(minute(5), "a", PartialOutage, Trust::Full, Some(minute(90)));
    assert_eq!(verdict(&d).since, minute(5));
    // An event that is written about anew does not begin anew; another level does.
    d.announce(minute(6), "a", PartialOutage, Trust::Full, Some(minute(2)));
    assert_eq!(verdict(&d).since, minute(5));
    d.announce(minute(7), "a", MajorOutage, Trust::Full, Some(minute(2)));
    assert_eq!(verdict(&d).since, minute(2));
}

#[test]
fn what_is_closed_is_not_told_twice_while_the_vendor_still_watches_it() {
    let mut d = Desk::new(&["a"]);
    for k in 0..40 {
        d.report(minute(1).plus_ms(k * 900), "a", k as u128, k as u64);
    }
    d.announce(minute(2), "a", PartialOutage, Trust::Full, None);
    let closed = (3..600).find(|m| {
        d.read(minute(*m), "a", OfficialSaid::Same);
        d.changes.last().is_some_and(|c| c.incident.as_ref().is_some_and(|i| i.closed.is_some()))
    });
    assert!(closed.is_some());
    let (level, phase, confirmed) = said(&d);
    assert!(!level.is_problem() && phase == Phase::Possible && !confirmed, "{level:?} {phase:?}");
    for m in 0..40 {
        d.read(minute(closed.unwrap() + m), "a", OfficialSaid::Same);
    }
    assert_eq!(said(&d), (PartialOutage, Phase::Open, false), "half an hour later it is the vendor's word alone");
}

#[test]
fn lines_of_official_pages_are_judged_and_what_is_not_in_scope_says_nothing() {
    let line = |at: &str, rest: &str| {
        format!("{{\"kind\":\"official\",\"at\":\"2026-03-02T{at}Z\",\"service\":\"a\",{rest}}}\n")
    };
    let text = [
        "{\"kind\":\"service\",\"at\":\"2026-03-02T00:00:00Z\",\"service\":\"a\"}\n".to_owned(),
        line("00:01:00", "\"level\":\"major_outage\",\"in_scope\":false"),
        line("00:02:00", "\"level\":\"partial_outage\",\"started_at\":\"2026-03-02T00:00:30Z\",\"title\":\"Errors\""),
        line("00:03:00", "\"level\":\"operational\",\"log\":true"),
        "{\"kind\":\"end\",\"at\":\"2026-03-02T01:00:00Z\"}\n".to_owned(),
    ]
    .concat();
    let (r, out, warned) = replay(&text, &Options::default());
    r.unwrap();
    assert_eq!(warned, [""; 0]);
    let told: Vec<(String, String, String)> = out
        .lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap())
        .map(|v| {
            let word = |k: &str| v[k].as_str().unwrap().to_owned();
            (word("at"), word("level"), word("since"))
        })
        .collect();
    let of = |at: &str, level: &str, since: &str| {
        (format!("2026-03-02T{at}Z"), level.to_owned(), format!("2026-03-02T{since}Z"))
    };
    assert_eq!(told, [of("00:02:00", "partial_outage", "00:00:30"), of("00:03:00", "unknown", "00:00:00")]);
}

#[test]
fn a_page_that_the_catalogue_does_not_ask_for_any_more_is_not_shown_and_silent_with_the_minute() {
    let mut d = Desk::new(&["a"]);
    d.announce(minute(1), "a", MajorOutage, Trust::Full, None);
    // This catalogue has no official page for the service; the one that was read stands for one that it had before.
    d.send(minute(2).plus_ms(5), Signal::CatalogueChanged { catalogue: crate::common::catalogue(&["a", "b"]) });
    assert_eq!((said(&d).0, d.board.now("a").unwrap().official), (MajorOutage, None));
    let restored = allclear_detect::Board::from_bytes(&d.board.to_bytes(), allclear_detect::Limits::default()).unwrap();
    assert_eq!(restored.now("a"), d.board.now("a"));
    d.tick(minute(3));
    assert_eq!((said(&d), d.changes.last().unwrap().verdict.at), ((Unknown, Phase::None, false), minute(3)));
    // Another one begins anew.
    d.announce(minute(4), "a", Operational, Trust::Full, None);
    assert_eq!((said(&d).0, verdict(&d).since, page(&d).cells.iter().flatten().count()), (Operational, minute(4), 1));
}

#[test]
fn nothing_is_said_to_hold_since_before_people_said_something_else() {
    let mut d = Desk::new(&["a"]);
    d.check(minute(1), "a", "x", Up);
    for k in 0..40 {
        d.report(minute(5).plus_ms(k * 900), "a", k as u128, k as u64);
    }
    let over = (6..600).find(|m| {
        d.check(minute(*m), "a", "x", Up);
        !said(&d).0.is_problem()
    });
    let since = verdict(&d).since;
    assert_eq!((said(&d).0, since >= minute(over.unwrap() - 1)), (Operational, true), "{since} {over:?}");
}

#[test]
fn what_a_page_says_of_a_service_that_is_not_watched_changes_nothing() {
    let mut d = Desk::new(&["a"]);
    d.announce(minute(1), "b", MajorOutage, Trust::Full, None);
    assert!(d.changes.is_empty() && d.board.now("a").unwrap().official.is_none() && d.board.sizes().pages == 0);
    d.announce(Time(minute(2).0), "a", MajorOutage, Trust::Full, None);
    assert_eq!((d.board.sizes().pages, d.changes.len(), slug("a")), (1, 1, d.changes[0].service.clone()));
}
