//! Our own checks as a witness: who is believed, what they say together, and what a verdict makes of it.

use crate::board::{reports, settled};
use crate::common::{Desk, T0, catalogue, minute, slug};
use crate::replay::replay;
use allclear_detect::replay::Options;
use allclear_detect::{Board, CheckCell, Limits, SpotNow};
use allclear_model::catalogue::Fact;
use allclear_model::check::CheckOutcome::{self, Blocked, Down, Inconclusive, Up};
use allclear_model::check::{Check, HttpCheck};
use allclear_model::signal::{CheckResult, CheckResults};
use allclear_model::{Evidence, Level, Phase, Signal, Time, Verdict, Witness};
use std::sync::Arc;

fn verdict(d: &Desk) -> Verdict {
    d.board.verdict("a").unwrap()
}

fn said(d: &Desk) -> (Level, Phase, bool) {
    let v = verdict(d);
    (v.level, v.phase, v.confirmed)
}

fn spots(d: &Desk) -> Vec<SpotNow> {
    d.board.now("a").unwrap().checks
}

/// Failing and heard locations, as the evidence has them.
fn heard(d: &Desk) -> Option<(f64, f64)> {
    let v = verdict(d);
    v.evidence.iter().chain(&v.against).find(|e| e.witness == Witness::Checks).map(|e| (e.actual, e.expected))
}

/// Results of one round, each some seconds after the one before.
fn round(d: &mut Desk, m: i64, outcomes: &[(&str, CheckOutcome)]) {
    for (k, (location, outcome)) in outcomes.iter().enumerate() {
        d.check(minute(m).plus_ms(1000 + 3000 * k as i64), "a", location, *outcome);
    }
}

const UNKNOWN: (Level, Phase, bool) = (Level::Unknown, Phase::None, false);
const FINE: (Level, Phase, bool) = (Level::Operational, Phase::None, false);
const POSSIBLE: (Level, Phase, bool) = (Level::Unknown, Phase::Possible, false);

#[test]
fn a_location_is_believed_from_its_first_up_on() {
    let mut d = Desk::new(&["a"]);
    for m in 1..5 {
        round(&mut d, m, &[("fra", Down), ("iad", Down)]);
    }
    assert_eq!((said(&d), heard(&d)), (UNKNOWN, None));
    let fra = spots(&d)[0].clone();
    assert_eq!((fra.outcome, fra.reason.as_deref(), fra.proven), (Inconclusive, Some("unproven check"), false));
    assert_eq!((fra.speaks, fra.failing_since, fra.ms), (false, None, Some(120)));
    round(&mut d, 5, &[("fra", Up)]);
    assert_eq!((said(&d), heard(&d)), (FINE, Some((0.0, 1.0))));
    round(&mut d, 6, &[("fra", Down)]);
    assert_eq!((said(&d), heard(&d)), (POSSIBLE, Some((1.0, 1.0))));
    let fra = spots(&d)[0].clone();
    assert_eq!((fra.outcome, fra.reason.as_deref(), fra.proven), (Down, Some("connection refused"), true));
    assert_eq!(fra.failing_since, Some(minute(6).plus_ms(1000)));
}

#[test]
fn what_was_noticed_though_it_was_up_is_kept_and_late_results_of_long_ago_take_no_reason_away() {
    let mut d = Desk::new(&["a"]);
    let result = |outcome, reason: &str| CheckResult::new(slug("a"), outcome, Some(reason), Some(5));
    d.checked(minute(4000), "fra", result(Up, "IPv6 fails: refused"));
    assert_eq!(spots(&d)[0].reason.as_deref(), Some("IPv6 fails: refused"));
    d.checked(minute(4001), "fra", result(Down, "the status is 503"));
    let why = |d: &Desk| spots(d)[0].why(95).map(str::to_owned);
    assert_eq!(why(&d).as_deref(), Some("the status is 503"));
    for i in 0..20 {
        let late = CheckResult { late: true, at: Some(minute(100 + 15 * i)), ..result(Down, &format!("reason {i}")) };
        d.checked(minute(4001), "fra", late);
    }
    assert_eq!(why(&d).as_deref(), Some("the status is 503"));
}

#[test]
fn what_is_blocked_or_inconclusive_says_nothing_and_ends_no_failure() {
    for outcome in [Blocked, Inconclusive] {
        let mut d = Desk::new(&["a"]);
        round(&mut d, 1, &[("fra", outcome)]);
        assert_eq!((said(&d), heard(&d), spots(&d)[0].proven), (UNKNOWN, None, false));
        round(&mut d, 2, &[("fra", Up), ("fra", Down), ("fra", outcome)]);
        assert_eq!((said(&d), heard(&d)), (POSSIBLE, Some((1.0, 1.0))));
        // What was last said ages, however often the location is heard without saying anything.
        for m in 3..12 {
            round(&mut d, m, &[("fra", outcome)]);
            assert_eq!(said(&d), POSSIBLE, "minute {m}");
        }
        round(&mut d, 13, &[("fra", outcome)]);
        assert_eq!((said(&d), heard(&d)), (UNKNOWN, None));
        assert_eq!((spots(&d)[0].outcome, spots(&d)[0].speaks, spots(&d)[0].failing_since), (outcome, false, None));
    }
}

#[test]
fn a_failure_that_is_taken_back_is_none_at_once_and_what_the_location_saw_before_is_as_it_was() {
    let mut d = Desk::new(&["a"]);
    let back = || CheckResult {
        withdraws: true,
        ..CheckResult::new(slug("a"), Inconclusive, Some("our checks from fra are paused: x"), None)
    };
    round(&mut d, 1, &[("fra", Up), ("iad", Up)]);
    d.checked(minute(2), "fra", back());
    assert_eq!((said(&d), heard(&d)), (FINE, Some((0.0, 2.0))), "there is nothing to take back");
    round(&mut d, 20, &[("fra", Down), ("iad", Up)]);
    assert_eq!((heard(&d), spots(&d)[0].cells[95]), (None, CheckCell::Down), "they do not agree");
    d.checked(minute(21), "fra", back());
    assert_eq!((said(&d), heard(&d)), (FINE, Some((0.0, 1.0))));
    let fra = spots(&d)[0].clone();
    assert_eq!((fra.speaks, fra.failing_since, fra.proven), (false, None, true));
    assert_eq!(fra.cells[95], CheckCell::Unclear);
    assert_eq!(fra.why(95), Some("our checks from fra are paused: x"));
    // Its next failure is its first, and counts.
    round(&mut d, 22, &[("fra", Down)]);
    assert_eq!(spots(&d)[0].failing_since, Some(minute(22).plus_ms(1000)));
}

#[test]
fn a_location_speaks_for_ten_minutes_and_its_silence_is_told_at_the_end_of_a_minute() {
    let mut d = Desk::new(&["a"]);
    round(&mut d, 1, &[("fra", Up)]);
    let since = minute(1).plus_ms(1000);
    assert_eq!((d.changes.len(), d.changes[0].verdict.at, d.changes[0].verdict.since), (1, since, since));
    d.tick(minute(11));
    assert_eq!((said(&d), d.changes.len()), (FINE, 1));
    d.tick(minute(12).plus_ms(500));
    assert_eq!((said(&d), heard(&d)), (UNKNOWN, None));
    assert_eq!((d.changes.len(), d.changes[1].verdict.at), (2, minute(12)));
    assert_eq!(d.changes[1].verdict.since, minute(0), "since it is watched, as if nobody had said anything");
    // A failure that nobody has heard of for so long is no failure any more: the next word is the first.
    round(&mut d, 20, &[("fra", Down)]);
    d.tick(minute(60));
    round(&mut d, 60, &[("fra", Up)]);
    assert_eq!(said(&d), FINE);
}

#[test]
fn late_results_are_shown_where_they_belong_and_say_nothing() {
    let mut d = Desk::new(&["a"]);
    let late = |at: Option<i64>, outcome| CheckResult {
        late: true,
        at: at.map(minute),
        ..CheckResult::new(slug("a"), outcome, None, None)
    };
    d.checked(minute(90), "fra", late(Some(60), Up));
    assert_eq!((said(&d), spots(&d)), (UNKNOWN, vec![]), "a location begins with a result in time");
    round(&mut d, 90, &[("fra", Up)]);
    let before = (verdict(&d).evidence, d.changes.len());
    // Of a known time, of none, and of one that has not come.
    for at in [Some(60), None, Some(200)] {
        d.checked(minute(91), "fra", late(at, Down));
    }
    assert_eq!((verdict(&d).evidence, d.changes.len()), before);
    let fra = spots(&d)[0].clone();
    assert_eq!((fra.outcome, fra.at, fra.failing_since), (Up, minute(90).plus_ms(1000), None));
    let known: Vec<(usize, CheckCell)> =
        fra.cells.iter().copied().enumerate().filter(|(_, c)| *c != CheckCell::Nothing).collect();
    assert_eq!(known, [(93, CheckCell::Down), (95, CheckCell::Up)]);
    assert_eq!(fra.cells.len(), 96);
}

#[test]
fn of_a_quarter_of_an_hour_the_last_reason_of_the_worst_outcome_is_kept_also_over_a_restart() {
    let mut d = Desk::new(&["a"]);
    let says = |outcome, why: &str| CheckResult::new(slug("a"), outcome, Some(why).filter(|w| !w.is_empty()), None);
    d.checked(minute(60), "fra", says(Down, "refused"));
    for (m, outcome, why) in [
        (75, Up, ""),
        (76, Blocked, "a wall"),
        (77, Down, "refused"),
        (78, Down, "the status is 503"),
        (79, Blocked, "another wall"),
        (80, Up, ""),
        (91, Inconclusive, "no way out"),
        (106, Up, ""),
    ] {
        d.checked(minute(m), "fra", says(outcome, why));
    }
    let late = CheckResult { late: true, at: Some(minute(93)), ..says(Down, "it came late") };
    d.checked(minute(107), "fra", late);
    let why = |board: &Board| {
        let fra = board.now("a").unwrap().checks[0].clone();
        [91, 92, 93, 94, 95].map(|k| fra.why(k).map(str::to_owned))
    };
    let told = [None, Some("unproven check"), Some("the status is 503"), Some("it came late"), None];
    assert_eq!(why(&d.board), told.map(|t| t.map(str::to_owned)));
    let restored = Board::from_bytes(&d.board.to_bytes(), Limits::default()).unwrap();
    assert_eq!(why(&restored), why(&d.board));
}

#[test]
fn a_failed_location_is_good_after_one_up_among_others_and_after_three_alone() {
    let mut d = Desk::new(&["a"]);
    round(&mut d, 1, &[("fra", Up), ("fra", Down), ("fra", Up), ("fra", Up)]);
    assert_eq!((said(&d), heard(&d)), (POSSIBLE, Some((1.0, 1.0))));
    round(&mut d, 2, &[("fra", Down), ("fra", Up), ("fra", Up), ("fra", Inconclusive)]);
    assert_eq!(said(&d), POSSIBLE, "they have to come in a row");
    round(&mut d, 3, &[("fra", Up)]);
    assert_eq!(said(&d), FINE);
    round(&mut d, 4, &[("iad", Up), ("iad", Down), ("fra", Down)]);
    assert_eq!(heard(&d), Some((2.0, 2.0)));
    round(&mut d, 5, &[("fra", Up)]);
    assert_eq!(heard(&d), None, "one of two is not more than half, and not none");
    round(&mut d, 6, &[("iad", Up)]);
    assert_eq!(heard(&d), Some((0.0, 2.0)));
}

#[test]
fn more_than_half_of_the_locations_that_speak_have_to_fail_and_each_counts_once() {
    let mut d = Desk::new(&["a"]);
    round(&mut d, 1, &[("fra", Up), ("iad", Up), ("sin", Up), ("syd", Down)]);
    for _ in 0..9 {
        round(&mut d, 2, &[("fra", Down)]);
    }
    assert_eq!((said(&d), heard(&d)), (UNKNOWN, None));
    round(&mut d, 3, &[("sin", Down), ("iad", Blocked)]);
    assert_eq!((said(&d), heard(&d)), (POSSIBLE, Some((2.0, 3.0))), "who never passed is not asked");
    // One that fell silent is not asked either.
    for m in 4..12 {
        round(&mut d, m, &[("iad", Up), ("fra", Down)]);
    }
    d.tick(minute(14));
    assert_eq!((said(&d), heard(&d)), (UNKNOWN, None));
}

#[test]
fn checks_alone_make_no_more_than_a_possible_problem() {
    let mut d = Desk::new(&["a"]);
    let names: Vec<String> = (0..16).map(|k| format!("l{k}")).collect();
    for m in 1..120 {
        for l in &names {
            d.check(minute(m), "a", l, if m < 5 { Up } else { Down });
        }
    }
    assert_eq!((said(&d), heard(&d)), (POSSIBLE, Some((16.0, 16.0))));
    assert!(verdict(&d).log_odds < 0.0, "{}", verdict(&d).log_odds);
    assert!(d.changes.iter().all(|c| c.incident.is_none() && c.bundle.is_empty() && !c.verdict.confirmed));
    // Fine from the first up on; neither when the first half fails, unknown then; possible from the ninth.
    let told: Vec<_> = d.changes.iter().map(|c| (c.verdict.level, c.verdict.phase)).collect();
    assert_eq!(
        told,
        [(Level::Operational, Phase::None), (Level::Unknown, Phase::None), (Level::Unknown, Phase::Possible)]
    );

    // On a service whose silence speaks, nobody can tell from then on.
    let mut d = settled(2.0);
    round(&mut d, 61, &[("fra", Up), ("fra", Down)]);
    assert_eq!(said(&d), POSSIBLE);
    assert_eq!(Some(verdict(&d).since), d.board.now("a").unwrap().checks[0].failing_since);
}

#[test]
fn people_and_checks_together_make_a_confirmed_problem() {
    let mut d = settled(1.0);
    round(&mut d, 60, &[("fra", Up), ("iad", Up)]);
    reports(&mut d, 61, 80, 60);
    assert_eq!(said(&d), (Level::MajorOutage, Phase::Open, false));
    assert!(verdict(&d).against.is_empty(), "they were not heard for ten minutes");
    round(&mut d, 80, &[("fra", Up), ("iad", Up)]);
    assert_eq!(verdict(&d).against.iter().map(|e| e.witness).collect::<Vec<_>>(), [Witness::Checks]);
    let before = d.changes.len();
    round(&mut d, 81, &[("fra", Down), ("iad", Down)]);
    assert_eq!(said(&d), (Level::MajorOutage, Phase::Open, true));
    assert_eq!(d.changes.len(), before + 1);
    let told = d.changes.last().unwrap();
    assert!(told.verdict.confirmed && told.incident.is_some() && !told.bundle.is_empty());
    reports(&mut d, 82, 86, 60);
    for m in 86..160 {
        round(&mut d, m, &[("fra", Down), ("iad", Down)]);
        reports(&mut d, m, m + 1, 1);
        let v = verdict(&d);
        assert_eq!(v.confirmed, matches!(v.phase, Phase::Open | Phase::Recovering), "{:?}", v.phase);
    }
    // People have stopped, and the checks go on failing.
    let now = d.board.now("a").unwrap();
    assert_eq!((now.verdict.level, now.verdict.phase), (Level::Unknown, Phase::Possible));
    assert!(now.incidents[0].closed.is_some());
}

#[test]
fn a_fresh_check_that_passes_makes_the_unknown_operational_since_then() {
    let mut d = Desk::new(&["a", "b"]);
    round(&mut d, 30, &[("fra", Up), ("iad", Up), ("fra", Up)]);
    let v = verdict(&d);
    assert_eq!((v.level, v.since), (Level::Operational, minute(30).plus_ms(1000)));
    assert_eq!(d.board.verdict("b").unwrap().level, Level::Unknown);
    // People who report a little beside it do not make it unknown.
    d.report(minute(31), "a", 1, 1);
    assert_eq!((verdict(&d).level, verdict(&d).since), (Level::Operational, minute(30).plus_ms(1000)));
    round(&mut d, 32, &[("iad", Down)]);
    assert_eq!((verdict(&d).level, verdict(&d).phase), (Level::Unknown, Phase::None));
    round(&mut d, 33, &[("iad", Up)]);
    assert_eq!(verdict(&d).since, minute(33).plus_ms(1000));
}

#[test]
fn the_weights_of_three_witnesses_add_up_and_their_lists_hold_no_more_than_they_must() {
    let mut d = settled(1.0);
    let mut seen = [false; 3];
    for m in 60..200 {
        let outcome = if (90..130).contains(&m) { Down } else { Up };
        round(&mut d, m, &[("fra", outcome), ("iad", if m % 7 == 0 { Up } else { outcome }), ("sin", outcome)]);
        reports(&mut d, m, m + 1, if (90..120).contains(&m) { 9 } else { u64::from(m % 2 == 0) });
        let v = verdict(&d);
        let sum: f64 = v.evidence.iter().chain(&v.against).map(|e| e.weight).sum();
        assert!((sum - v.log_odds).abs() < 1e-9, "{v:?}");
        assert_eq!((v.evidence.capacity(), v.against.capacity()), (v.evidence.len(), v.against.len()), "minute {m}");
        let of = |list: &[Evidence]| list.iter().find(|e| e.witness == Witness::Checks).cloned();
        match (of(&v.evidence), of(&v.against)) {
            (Some(e), None) => {
                assert!(e.weight > 2.0 && e.window_s == 600 && e.actual * 2.0 > e.expected, "{e:?}");
                seen[0] = true;
            }
            (None, Some(e)) => {
                assert!((-1.05..0.0).contains(&e.weight) && e.actual == 0.0, "{e:?}");
                seen[1] = true;
            }
            (None, None) => seen[2] = true,
            both => panic!("{both:?}"),
        }
    }
    assert_eq!(seen[..2], [true; 2]);
}

#[test]
fn a_word_is_told_only_when_it_changes_the_verdict() {
    let mut d = Desk::new(&["a"]);
    for m in 1..300 {
        round(&mut d, m, &[("fra", Up), ("iad", Up)]);
    }
    assert_eq!(d.changes.len(), 1);
    for m in 300..400 {
        round(&mut d, m, &[("fra", Down), ("iad", Down)]);
    }
    // One of two fails: neither; then both.
    assert_eq!(d.changes.len(), 3);
}

#[test]
fn the_results_of_one_round_at_a_location_are_judged_together_in_order_of_slug() {
    let mut d = Desk::new(&["a", "b", "c"]);
    let results = ["c", "a", "nobody", "b"].map(|s| CheckResult::new(slug(s), Up, None, None)).to_vec();
    let changes = d.send(minute(1), Signal::CheckResults(CheckResults::own(slug("fra"), results)));
    assert_eq!(changes.iter().map(|c| c.service.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(matches!(d.board.take_changed(), allclear_detect::Changed::All));
    d.check(minute(2), "b", "fra", Up);
    assert_eq!(d.board.take_changed(), allclear_detect::Changed::These(vec![slug("b")]));
}

#[test]
fn checks_make_no_state_and_what_was_known_by_them_stays_when_people_speak() {
    let mut d = Desk::new(&["a", "b"]);
    for m in 1..200 {
        round(&mut d, m, &[("fra", Up)]);
    }
    d.tick(minute(200));
    let s = d.board.sizes();
    assert_eq!((s.active, s.locations), (0, 1));
    let months = d.board.now("a").unwrap().months;
    // The first of these minutes ended with a result in it.
    assert_eq!((months.len(), months[0].minutes), (1, [199, 0, 0, 0, 0]));
    d.report(minute(200), "a", 1, 1);
    assert_eq!(d.board.sizes().active, 1);
    assert_eq!(d.board.now("a").unwrap().months, months);
    d.tick(minute(203));
    assert_eq!(d.board.now("a").unwrap().months[0].minutes[0], 202);
}

#[test]
fn after_a_gap_only_what_is_still_fresh_speaks() {
    for (stopped, speaks) in [(12, false), (7, true)] {
        let mut d = Desk::new(&["a"]);
        round(&mut d, 1, &[("fra", Up)]);
        d.tick(minute(2));
        let changes = d.send(minute(stopped), Signal::Resumed { stopped: minute(2) });
        assert_eq!(said(&d), if speaks { FINE } else { UNKNOWN }, "after {stopped} minutes");
        let told: Vec<Time> = changes.iter().map(|c| c.verdict.at).collect();
        assert_eq!(told, if speaks { vec![] } else { vec![minute(stopped)] });
        assert_eq!(spots(&d)[0].speaks, speaks);
    }
}

#[test]
fn a_changed_catalogue_keeps_the_checks_of_the_services_it_keeps() {
    let mut d = Desk::new(&["a", "b"]);
    round(&mut d, 1, &[("fra", Up)]);
    d.check(minute(1).plus_ms(30_000), "b", "fra", Up);
    let before = d.board.now("a").unwrap();
    d.send(minute(1).plus_ms(30_000), Signal::CatalogueChanged { catalogue: catalogue(&["a", "aa"]) });
    assert_eq!(d.board.now("a").unwrap().checks, before.checks);
    assert_eq!((said(&d), d.board.sizes().locations), (FINE, 1));
    d.tick(minute(12));
    assert_eq!(said(&d), UNKNOWN, "and its minutes go on ending");
}

#[test]
fn a_check_that_was_changed_has_to_pass_before_its_failures_count_and_what_the_old_one_said_holds_its_time() {
    let mut d = Desk::new(&["a"]);
    round(&mut d, 1, &[("fra", Up)]);
    let mut changed = (*catalogue(&["a"])).clone();
    let check = Check::Http(HttpCheck::get("https://a.example/else"));
    Arc::make_mut(changed.services.get_mut("a").unwrap()).check = Some(Fact { value: check, verified: false });
    let changed = Arc::new(changed);
    d.send(minute(1).plus_ms(30_000), Signal::CatalogueChanged { catalogue: changed.clone() });
    assert_eq!(said(&d), FINE);
    round(&mut d, 2, &[("fra", Down)]);
    assert_eq!((said(&d), spots(&d)[0].proven), (FINE, false), "it may be wrong itself");
    round(&mut d, 3, &[("fra", Up), ("fra", Down)]);
    assert_eq!(said(&d), POSSIBLE);
    // The same catalogue again changes nothing.
    d.send(minute(3).plus_ms(30_000), Signal::CatalogueChanged { catalogue: changed });
    assert!(spots(&d)[0].proven);
}

#[test]
fn sixteen_locations_are_told_apart_and_of_the_silent_whoever_was_heard_longest_ago_makes_room() {
    let mut d = Desk::new(&["a"]);
    let names = |d: &Desk| spots(d).iter().map(|s| s.location.to_string()).collect::<Vec<_>>();
    for k in 0..40 {
        d.check(minute(1).plus_ms(k * 100), "a", &format!("l{k:02}"), Up);
    }
    assert_eq!(names(&d), (0..16).map(|k| format!("l{k:02}")).collect::<Vec<_>>(), "who speaks is not forgotten");
    assert_eq!((d.board.sizes().locations, d.board.sizes().locations_evicted), (16, 24));
    d.check(minute(8), "a", "l00", Up);
    d.check(minute(15), "a", "l01", Blocked);
    for k in 20..23 {
        d.check(minute(16), "a", &format!("l{k}"), Up);
    }
    let kept = [0, 1].into_iter().chain(5..16).chain(20..23).map(|k| format!("l{k:02}"));
    assert_eq!(names(&d), kept.collect::<Vec<_>>());
    assert_eq!((d.board.sizes().locations, d.board.sizes().locations_evicted), (16, 27));
    let reason = Some("x".repeat(5000));
    d.checked(minute(17), "l00", CheckResult { reason, ..CheckResult::new(slug("a"), Down, None, None) });
    assert_eq!(spots(&d)[0].reason.as_ref().unwrap().len(), 200);
}

#[test]
fn services_without_checks_are_judged_as_if_there_were_none() {
    let play = |checked: bool| {
        let mut d = Desk::new(&["a", "b"]);
        d.baseline(minute(0), "a", 1.0);
        let mut said = Vec::new();
        for m in 1..300 {
            if checked {
                let outcome = if m % 40 < 20 { Up } else { Down };
                d.check(minute(m), "b", "fra", outcome);
                // And what says nothing changes nothing.
                d.check(minute(m), "a", "fra", if m % 2 == 0 { Blocked } else { Down });
            }
            reports(&mut d, m, m + 1, if (100..140).contains(&m) { 20 } else { 1 });
            said.push(serde_json::to_string(&d.board.verdict("a").unwrap()).unwrap());
        }
        let told = d.changes.into_iter().filter(|c| &*c.service == "a").map(|c| (c.verdict, c.incident));
        (said, told.collect::<Vec<_>>())
    };
    assert_eq!(play(true), play(false));
}

#[test]
fn a_snapshot_holds_checks_and_its_bytes_are_refused_or_harmless_whatever_they_are() {
    let mut d = settled(1.0);
    for m in 60..75 {
        round(&mut d, m, &[("fra", Up), ("iad", if m > 66 { Down } else { Up }), ("sin", Down)]);
        reports(&mut d, m, m + 1, if m > 66 { 20 } else { 1 });
    }
    let bytes = d.board.to_bytes();
    let mut back = Board::from_bytes(&bytes, Limits::default()).unwrap();
    assert_eq!((back.now("a"), back.to_bytes()), (d.board.now("a"), bytes.clone()));
    for e in [(76, Up), (77, Down), (90, Up)].map(|(m, o)| (minute(m), o)) {
        let changes = d.check(e.0, "a", "iad", e.1);
        assert_eq!(back.apply(d.journal.last().unwrap()), changes);
    }
    // The checks are what stands last.
    for at in bytes.len() - 300..bytes.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bad = bytes.clone();
            bad[at] = value;
            let sum = crc32fast::hash(&bad[12..]).to_le_bytes();
            bad[8..12].copy_from_slice(&sum);
            if let Ok(mut b) = Board::from_bytes(&bad, Limits::default()) {
                b.apply(&allclear_model::Entry { seq: 1, at: minute(400), signal: Signal::Tick });
                b.apply(d.journal.last().unwrap());
                drop((b.now("a"), b.to_bytes(), b.sizes()));
            }
        }
    }
}

#[test]
fn lines_of_kind_check_are_judged_as_the_live_board_judges() {
    let mut d = Desk::new(&["a"]);
    let mut text = format!("{{\"kind\":\"service\",\"at\":\"{}\",\"service\":\"a\"}}\n", minute(0));
    let mut line = |d: &mut Desk, at: Time, location: &str, outcome: CheckOutcome| {
        d.check(at, "a", location, outcome);
        text += &format!(
            "{{\"kind\":\"check\",\"at\":\"{at}\",\"service\":\"a\",\"check\":\"chat\",\"location\":\"{location}\",\"outcome\":\"{}\",\"reason\":\"x\",\"deep\":true,\"ms\":12.5}}\n",
            outcome.as_str()
        );
    };
    let mut seed = 5u32;
    for k in 0..400i64 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let outcome = [Up, Up, Down, Down, Blocked, Inconclusive][(seed >> 20) as usize % 6];
        // Every now and then nobody is heard for a quarter of an hour.
        let at = Time(T0 + 1 + k * 41_003 + k / 50 * 900_000);
        line(&mut d, at, ["fra", "iad", "sin"][(seed >> 10) as usize % 3], outcome);
    }
    d.tick(minute(600));
    text += &format!("{{\"kind\":\"end\",\"at\":\"{}\"}}\n", minute(600));
    let (r, out, warned) = replay(&text, &Options { catalogue: catalogue(&["a"]), ..Options::default() });
    r.unwrap();
    assert_eq!(warned, [""; 0]);
    let lines: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(lines.len() > 40, "{}", lines.len());
    assert_eq!(lines.len(), d.changes.len());
    for (l, c) in lines.iter().zip(&d.changes) {
        assert_eq!(l["at"], c.verdict.at.to_string());
        assert_eq!(
            (l["level"].as_str(), l["phase"].as_str()),
            (Some(c.verdict.level.as_str()), Some(c.verdict.phase.as_str()))
        );
        assert_eq!(l["since"], c.verdict.since.to_string());
    }
    let failing = lines.iter().find(|l| l["phase"] == "possible").unwrap();
    let checks = failing["evidence"].as_array().unwrap().iter().find(|e| e["signal"] == "checks").unwrap();
    assert!(checks["text"].as_str().unwrap().starts_with("Our check fails from "), "{checks}");
    assert_eq!(failing["confirmed"], false);
}
