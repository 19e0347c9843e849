//! Texts that wait, flags, errors people pasted, what reports are worth, and operators' words.

use crate::common::{Desk, minute, slug};
use allclear_detect::{Board, FLAGS, Limits, WAITS_MS};
use allclear_model::act::{Act, Acted, Note};
use allclear_model::signal::{Flagged, Moderated, ModerationDecided, ReportAccepted};
use allclear_model::{
    Actor, Decider, Decision, Facts, FreeText, IncidentId, NetworkHash, Phase, ReportId, Signal, SourceHash,
    SourceKeys, TextState, Time,
};
use std::collections::BTreeSet;

fn moderated(decision: Decision) -> Moderated {
    Moderated { decision, reasons: vec![], rules: 1 }
}

/// A report with a text that the rules said this of.
fn with_text(d: &mut Desk, at: Time, n: u8, decision: Decision) -> ReportId {
    let id = ReportId::new(at, [n; 10]);
    d.send(at, Signal::ReportAccepted(report(id, n, Some(moderated(decision)))));
    id
}

fn report(id: ReportId, n: u8, moderated: Option<Moderated>) -> ReportAccepted {
    ReportAccepted {
        id,
        service: slug("a"),
        symptom: slug("other"),
        country: None,
        counted: true,
        source: Some(SourceHash(u128::from(n))),
        network: Some(NetworkHash(u64::from(n))),
        network_before: None,
        key: None,
        weight: 100,
        facts: None,
        moderated,
        text: None,
    }
}

fn text_of(d: &Desk, id: ReportId) -> TextState {
    d.board.now("a").unwrap().recent.iter().find(|l| l.id == id).unwrap().text
}

fn again(d: &Desk) -> Board {
    Board::from_bytes(&d.board.to_bytes(), Limits::default()).unwrap()
}

fn act(d: &mut Desk, at: Time, act: Act) {
    d.send(at, Signal::Act(Acted { actor: Actor::parse("jo").unwrap(), act }));
}

fn words(s: &str) -> FreeText {
    FreeText::parse(s, 500).unwrap().unwrap()
}

#[test]
fn a_text_on_hold_waits_for_four_and_a_half_minutes_also_over_a_restart() {
    let mut d = Desk::new(&["a"]);
    let shown = with_text(&mut d, minute(1), 1, Decision::Show);
    let held = with_text(&mut d, minute(2), 2, Decision::Hold);
    let hidden = with_text(&mut d, minute(3), 3, Decision::Hide);
    assert_eq!(
        [shown, held, hidden].map(|id| text_of(&d, id)),
        [TextState::Shown, TextState::Checking, TextState::Withheld]
    );
    let due = minute(2).plus_ms(WAITS_MS);
    d.board = again(&d);
    assert_eq!((d.board.next_due(), d.board.texts_waiting()), (Some(due), 1));
    assert_eq!(d.board.overdue(due.plus_ms(-1)).count(), 0);
    assert_eq!(d.board.overdue(due).map(|(id, s)| (id, s.to_string())).collect::<Vec<_>>(), [(held, "a".to_owned())]);
    let decided = ModerationDecided {
        id: held,
        service: slug("a"),
        decision: Decision::Hide,
        reasons: vec![],
        decider: Decider::Clock,
    };
    d.send(due, Signal::ModerationDecided(decided));
    assert_eq!((text_of(&d, held), d.board.next_due()), (TextState::Withheld, None));
    assert_eq!(d.board.listed_texts(), [shown, held, hidden].into());
}

#[test]
fn a_flag_counts_once_for_a_source_and_once_for_a_network() {
    let mut d = Desk::new(&["a"]);
    let id = with_text(&mut d, minute(1), 1, Decision::Show);
    let flags = |d: &Desk, source: u128, network: u64| {
        let keys = SourceKeys { today: SourceHash(source), yesterday: None };
        d.board.would_flag(id, "a", &keys, NetworkHash(network), minute(2))
    };
    let flag = |d: &mut Desk, source: u128, network: u64| {
        let counted = flags(d, source, network);
        let flagged = Flagged {
            id,
            service: slug("a"),
            counted: counted.is_some(),
            source: Some(SourceHash(source)),
            network: Some(NetworkHash(network)),
        };
        d.send(minute(2), Signal::Flagged(flagged));
        counted
    };
    assert_eq!(flag(&mut d, 1, 1), Some(1));
    assert_eq!(flag(&mut d, 1, 2), None, "the same source from elsewhere");
    assert_eq!(flag(&mut d, 2, 1), None, "another source of the same network");
    assert_eq!(flag(&mut d, 2, 2), Some(2));
    d.board = again(&d);
    assert_eq!(flag(&mut d, 3, 3), Some(FLAGS));
}

#[test]
fn pasted_errors_are_counted_together_and_forgotten_after_an_hour() {
    let mut d = Desk::new(&["a"]);
    let error = |status, host: Option<&str>| {
        Some(Box::new(Facts { status: Some(status), host: host.map(str::to_owned), ..Facts::default() }))
    };
    for n in 0..6u8 {
        let facts = if n < 4 { error(401, Some("openrouter.ai")) } else { error(503, None) };
        let id = ReportId::new(minute(1), [n; 10]);
        d.send(minute(1), Signal::ReportAccepted(ReportAccepted { facts, ..report(id, n, None) }));
    }
    let errors = d.board.now("a").unwrap().errors;
    assert_eq!(errors, [("401 openrouter.ai".to_owned(), 4), ("503".to_owned(), 2)]);
    assert_eq!(again(&d).now("a").unwrap().errors, errors);
    for n in 0..200u16 {
        let facts = error(400 + n % 200, Some("x.example.org"));
        let id = ReportId::new(minute(2), [n as u8; 10]);
        d.send(minute(2), Signal::ReportAccepted(ReportAccepted { facts, ..report(id, n as u8, None) }));
    }
    assert!(d.board.now("a").unwrap().errors.len() <= 32, "however many there are, so many are told apart");
    d.tick(minute(80));
    assert!(d.board.now("a").unwrap().errors.is_empty());
}

#[test]
fn every_discount_is_told() {
    let mut d = Desk::new(&["a"]);
    // Two networks with two sources each, a repeat, and one that nothing speaks for.
    for (n, network) in [(1, 1), (2, 1), (3, 2), (4, 2)] {
        d.report(minute(1), "a", n, network);
    }
    d.report(minute(1), "a", 1, 1);
    let id = ReportId::new(minute(1), [9; 10]);
    d.send(minute(1), Signal::ReportAccepted(ReportAccepted { weight: 70, ..report(id, 9, None) }));
    let now = d.board.now("a").unwrap();
    let x = now.discounts;
    assert!((x.received - 6.0).abs() < 0.01, "{x:?}");
    assert!((x.repeated - 1.0).abs() < 0.01 && x.shared > 1.9 && (x.unproven - 0.3).abs() < 0.01, "{x:?}");
    assert!((now.verdict.reports.effective - 2.7).abs() < 0.11, "{}", now.verdict.reports.effective);
    assert_eq!(now.verdict.reports.actual, 5, "what is shown as reported is what was counted");
}

#[test]
fn the_first_repeat_is_a_share_of_all_that_came_in_the_hour_and_not_of_itself() {
    let mut d = Desk::new(&["a"]);
    for n in 0..99 {
        d.report(minute(1), "a", u128::from(n), n);
    }
    assert_eq!(d.board.now("a").unwrap().discounts.repeated, 0.0);
    d.report(minute(2), "a", 5, 5);
    for board in [&d.board, &again(&d)] {
        let x = board.now("a").unwrap().discounts;
        assert!((x.received - 100.0).abs() < 0.01 && (x.repeated - 1.0).abs() < 0.01, "{x:?}");
    }
}

#[test]
fn notes_stand_until_their_time_and_are_taken_away_by_number() {
    let mut d = Desk::new(&["a"]);
    let note = |text: &str, until| Note { words: words(text), link: None, until };
    act(&mut d, minute(1), Act::NoteAdded { service: slug("a"), note: note("first", Some(minute(20))) });
    act(&mut d, minute(2), Act::NoteAdded { service: slug("a"), note: note("second", None) });
    let shown = |b: &Board| {
        b.now("a").unwrap().notes.iter().map(|(n, x)| (*n, x.words.as_str().to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(shown(&again(&d)), [(2, "first".to_owned()), (3, "second".to_owned())]);
    d.tick(minute(20));
    assert_eq!(shown(&d.board), [(3, "second".to_owned())]);
    act(&mut d, minute(21), Act::NoteRemoved { service: slug("a"), note: 3 });
    assert!(shown(&d.board).is_empty());
}

#[test]
fn a_retracted_incident_ends_without_a_word_and_is_no_last_problem() {
    let mut d = Desk::new(&["a"]);
    d.baseline(minute(0), "a", 0.1);
    for n in 0..60u64 {
        d.report(minute(1), "a", u128::from(n), n);
    }
    let now = d.board.now("a").unwrap();
    assert_eq!(now.verdict.phase, Phase::Open);
    let id = now.incident.unwrap().id;
    act(
        &mut d,
        minute(2),
        Act::IncidentRetracted { service: slug("a"), incident: id.clone(), reason: Some(words("a test of ours")) },
    );
    assert_eq!(d.changes.last().map(|c| c.verdict.phase), Some(Phase::None), "the judge says so at once");
    for m in 3..90 {
        d.tick(minute(m));
    }
    let now = again(&d).now("a").unwrap();
    assert_eq!((now.verdict.phase, now.last_problem), (Phase::None, None));
    assert_eq!(now.remarks[0].1.retracted.as_deref(), Some("a test of ours"));
    act(&mut d, minute(91), Act::IncidentRetracted { service: slug("a"), incident: id, reason: None });
    assert!(d.board.now("a").unwrap().last_problem.is_some(), "taken back, the past is as it was");
}

#[test]
fn a_retracted_incident_never_opens_again() {
    // Retracted while it goes on, and just after it was over.
    for retracted in [2, 61] {
        let mut d = Desk::new(&["a"]);
        d.baseline(minute(0), "a", 0.1);
        for n in 0..60u64 {
            d.report(minute(1), "a", u128::from(n), n);
        }
        let id = d.board.now("a").unwrap().incident.unwrap().id;
        let mut m = 2;
        while m < retracted || (retracted > 2 && d.board.now("a").unwrap().verdict.phase != Phase::Closed) {
            d.tick(minute(m));
            m += 1;
            assert!(m < 600, "the incident never closes");
        }
        act(
            &mut d,
            minute(m),
            Act::IncidentRetracted { service: slug("a"), incident: id.clone(), reason: Some(words("a test of ours")) },
        );
        assert_eq!(d.board.now("a").unwrap().verdict.phase, Phase::None);
        for n in 0..60u64 {
            d.report(minute(m + 5), "a", u128::from(1_000 + n), 1_000 + n);
        }
        let now = again(&d).now("a").unwrap();
        assert_eq!(now.verdict.phase, Phase::Open, "people still report");
        assert_ne!(now.incident.unwrap().id, id, "that is another one");
    }
}

/// `n` reports from networks that nobody has reported from before.
fn burst(d: &mut Desk, at: Time, n: u64) {
    for _ in 0..n {
        let from = 10_000 + d.seq;
        d.report(at, "a", u128::from(from), from);
    }
}

fn retract(d: &mut Desk, at: Time, incident: &IncidentId, reason: Option<&str>) {
    let reason = reason.map(words);
    act(d, at, Act::IncidentRetracted { service: slug("a"), incident: incident.clone(), reason });
}

#[test]
fn a_problem_in_the_minute_in_which_another_was_retracted_has_a_name_of_its_own() {
    let mut d = Desk::new(&["a"]);
    d.baseline(minute(0), "a", 0.1);
    burst(&mut d, minute(1), 60);
    let mut ids = Vec::new();
    for k in 0..3 {
        let now = again(&d).now("a").unwrap();
        let incident = now.incident.unwrap();
        assert_eq!(
            (now.verdict.phase, incident.opened, incident.closed),
            (Phase::Open, minute(1).plus_ms(k * 9_000), None)
        );
        retract(&mut d, minute(1).plus_ms(k * 9_000 + 2_000), &incident.id, Some("a test of ours"));
        d.tick(minute(1).plus_ms(k * 9_000 + 3_000));
        assert_eq!(d.board.now("a").unwrap().verdict.phase, Phase::None, "what spoke for it is left of no minute");
        ids.push(incident.id.to_string());
        burst(&mut d, minute(1).plus_ms((k + 1) * 9_000), 90);
    }
    let first = &ids[0];
    assert_eq!(ids, [first.clone(), format!("{first}-2"), format!("{first}-3")]);
    assert!(ids.iter().all(|id| IncidentId::parse(id).is_ok()));
    let now = d.board.now("a").unwrap();
    let all: BTreeSet<_> = now.incidents.iter().map(|i| &i.id).collect();
    assert_eq!((all.len(), now.incidents.len()), (4, 4), "each stands in the list once");
    assert!(now.incidents.iter().skip(1).all(|i| i.closed.is_some()), "{:?}", now.incidents);
    for m in 2..90 {
        d.tick(minute(m));
    }
    burst(&mut d, minute(90), 90);
    let next = d.board.now("a").unwrap().incident.unwrap();
    assert_eq!(next.id, IncidentId::new(&slug("a"), minute(90)), "one of another minute is called by it alone");
}

#[test]
fn a_retraction_taken_back_while_the_problem_would_go_on_has_it_go_on() {
    let mut desks = [Desk::new(&["a"]), Desk::new(&["a"])];
    let mut ids = Vec::new();
    for d in &mut desks {
        d.baseline(minute(0), "a", 0.1);
        burst(d, minute(1), 60);
        ids.push(d.board.now("a").unwrap().incident.unwrap().id);
    }
    let [left, mended] = &mut desks;
    retract(mended, minute(1).plus_ms(20_000), &ids[1], Some("a test of ours"));
    for m in 2..9 {
        for d in [&mut *left, &mut *mended] {
            // Somebody goes on reporting, too little for another problem.
            burst(d, minute(m), u64::from(m == 4));
            d.tick(minute(m).plus_ms(30_000));
        }
        mended.board = again(mended);
        assert_eq!(mended.board.now("a").unwrap().verdict.phase, Phase::None);
    }
    retract(mended, minute(9), &ids[1], None);
    left.tick(minute(9));
    let told = mended.changes.last().unwrap();
    assert_eq!((told.verdict.phase, &told.incident.as_ref().unwrap().id), (Phase::Open, &ids[1]), "the judge says so");
    let end = |d: &mut Desk| {
        let now = again(d).now("a").unwrap();
        let (v, i) = (now.verdict, now.incident.unwrap());
        assert_eq!((v.incident.as_ref(), i.closed), (Some(&i.id), None));
        let mut seen = vec![(v.level, v.phase, v.since)];
        for m in 10..200 {
            d.tick(minute(m));
            d.board = again(d);
            let v = d.board.now("a").unwrap().verdict;
            seen.push((v.level, v.phase, v.since));
        }
        (seen, d.board.now("a").unwrap().incidents)
    };
    let (one, other) = (end(left), end(mended));
    assert_eq!(one, other, "from here on nothing tells that it was ever retracted");
    assert_eq!((one.1.len(), one.1[0].closed.is_some()), (1, true));
}

#[test]
fn a_retraction_taken_back_brings_no_problem_back_that_is_over_or_was_followed_by_another() {
    // Over by itself; followed by another one.
    for followed in [false, true] {
        let mut d = Desk::new(&["a"]);
        d.baseline(minute(0), "a", 0.1);
        burst(&mut d, minute(1), 60);
        let id = d.board.now("a").unwrap().incident.unwrap().id;
        retract(&mut d, minute(2), &id, Some("a test of ours"));
        if followed {
            burst(&mut d, minute(4), 60);
        }
        let at = if followed { 6 } else { 90 };
        for m in 5..=at {
            d.tick(minute(m));
        }
        let before = again(&d).now("a").unwrap();
        assert_eq!(before.incident.as_ref().map(|i| i.id == id), followed.then_some(false));
        let told = d.changes.len();
        retract(&mut d, minute(at), &id, None);
        let now = again(&d).now("a").unwrap();
        assert_eq!((now.verdict.phase, now.incident, d.changes.len()), (before.verdict.phase, before.incident, told));
        assert_eq!(now.incidents.iter().find(|i| i.id == id).and_then(|i| i.closed), Some(minute(2)));
    }
}
