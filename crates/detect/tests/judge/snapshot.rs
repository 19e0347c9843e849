//! A board that was written and read again is the same board.

use crate::common::{Desk, T0, minute, slug};
use allclear_detect::{Board, Change, Limits, SnapshotError};
use allclear_model::act::{Act, Acted, Note};
use allclear_model::check::CheckOutcome;
use allclear_model::official::{OfficialSaid, Trust};
use allclear_model::signal::{
    CheckResult, CheckResults, Flagged, Moderated, ModerationDecided, ModerationUndone, ReportAccepted, ReportChange,
    ReportUpdated, TextChange, TextErased,
};
use allclear_model::{
    Actor, AgentBatch, AgentKey, Decider, Decision, Entry, Facts, FreeText, Level, NetworkHash, Reason, ReportId,
    Signal, SourceHash, SourceKeys, Time,
};
use proptest::prelude::*;

/// One step of a history: how long after the one before, and what.
#[derive(Debug, Clone)]
enum Step {
    Report { service: u8, source: u16, network: u8, symptom: u8, country: u8 },
    Burst { service: u8, count: u16, networks: Option<u8> },
    Vote { service: u8, source: u16 },
    Amend { service: u8, withdraw: bool },
    Tick,
    Stop { minutes: u16 },
    Baseline { service: u8, rate: u8 },
    Catalogue { keep: u8 },
    Check { service: u8, location: u8, outcome: CheckOutcome, late: Option<u32> },
    Page { service: u8, said: u8, since: Option<u32> },
    Text { service: u8, source: u16, decision: Decision, status: Option<u8> },
    Decide { service: u8, decision: Option<Decision> },
    Flag { service: u8, source: u8, network: u8 },
    Erase { service: u8 },
    Note { service: u8, minutes: Option<u8> },
    Incident { service: u8, retract: Option<bool> },
    Agent { name: u8, revoked: Option<bool> },
    Batch { name: u8, service: u8, outcome: CheckOutcome },
}

/// Bytes of the lists that a snapshot of an older version does not have, when they are empty.
const TAIL: [(u8, usize); 7] = [(2, 15), (3, 8), (4, 6), (5, 4), (6, 3), (7, 2), (8, 2)];

const SLUGS: [&str; 5] = ["alpha", "beta", "gamma", "delta", "epsilon"];

fn outcome() -> impl Strategy<Value = CheckOutcome> {
    use CheckOutcome::{Blocked, Down, Inconclusive, Up};
    prop_oneof![5 => Just(Up), 5 => Just(Down), 1 => Just(Blocked), 1 => Just(Inconclusive)]
}

fn step() -> impl Strategy<Value = (u32, Step)> {
    let s = 0..5u8;
    let kind = prop_oneof![
        12 => (s.clone(), any::<u16>(), any::<u8>(), 0..4u8, 0..4u8).prop_map(|(service, source, network, symptom, country)| Step::Report { service, source: source % 400, network, symptom, country }),
        6 => (s.clone(), 0..200u16, proptest::option::of(1..40u8)).prop_map(|(service, count, networks)| Step::Burst { service, count, networks }),
        2 => (s.clone(), any::<u16>()).prop_map(|(service, source)| Step::Vote { service, source }),
        2 => (s.clone(), any::<bool>()).prop_map(|(service, withdraw)| Step::Amend { service, withdraw }),
        6 => Just(Step::Tick),
        1 => (0..500u16).prop_map(|minutes| Step::Stop { minutes }),
        1 => (s, any::<u8>()).prop_map(|(service, rate)| Step::Baseline { service, rate }),
        1 => (1..32u8).prop_map(|keep| Step::Catalogue { keep }),
        12 => (0..5u8, 0..20u8, outcome(), proptest::option::weighted(0.1, any::<u32>())).prop_map(|(service, location, outcome, late)| Step::Check { service, location, outcome, late }),
    ];
    let s = 0..5u8;
    let decision = || prop_oneof![Just(Decision::Show), Just(Decision::Hold), Just(Decision::Hide)];
    let said = prop_oneof![
        6 => (s.clone(), any::<u16>(), decision(), proptest::option::of(0..40u8)).prop_map(|(service, source, decision, status)| Step::Text { service, source: source % 400, decision, status }),
        3 => (s.clone(), proptest::option::of(decision())).prop_map(|(service, decision)| Step::Decide { service, decision }),
        3 => (s.clone(), 0..9u8, 0..9u8).prop_map(|(service, source, network)| Step::Flag { service, source, network }),
        1 => s.clone().prop_map(|service| Step::Erase { service }),
        2 => (s.clone(), proptest::option::of(any::<u8>())).prop_map(|(service, minutes)| Step::Note { service, minutes }),
        4 => (s.clone(), proptest::option::weighted(0.8, any::<bool>())).prop_map(|(service, retract)| Step::Incident { service, retract }),
        1 => (0..3u8, proptest::option::of(any::<bool>())).prop_map(|(name, revoked)| Step::Agent { name, revoked }),
        2 => (0..3u8, s, outcome()).prop_map(|(name, service, outcome)| Step::Batch { name, service, outcome }),
    ];
    let kind = prop_oneof![12 => kind, 5 => said, 2 => (0..5u8, 0..20u8, proptest::option::of(any::<u32>())).prop_map(|(service, said, since)| Step::Page { service, said, since })];
    let wait = prop_oneof![8 => 0..30_000u32, 4 => 30_000..200_000u32, 1 => 200_000..8_000_000u32];
    (wait, kind)
}

/// Locations of agents; one of them is also what checks of the site itself are called.
const AGENTS: [&str; 3] = ["l0", "oslo", "lima"];

fn acted(d: &mut Desk, at: Time, act: Act) {
    d.send(at, Signal::Act(Acted { actor: Actor::parse("jo").unwrap(), act }));
}

/// A report with a text, and perhaps with an error that was pasted.
fn with_text(d: &mut Desk, at: Time, service: &str, source: u16, decision: Decision, status: Option<u8>) -> ReportId {
    let keys = SourceKeys { today: SourceHash(u128::from(source)), yesterday: None };
    let mut random = [1; 10];
    random[..8].copy_from_slice(&d.seq.to_be_bytes());
    let id = ReportId::new(at, random);
    let report = ReportAccepted {
        id,
        service: slug(service),
        symptom: slug("other"),
        country: None,
        counted: d.board.would_count_report(service, &keys, at),
        source: Some(keys.today),
        network: Some(NetworkHash(u64::from(source))),
        network_before: source.is_multiple_of(3).then(|| NetworkHash(u64::from(source) + 1)),
        key: None,
        weight: [100, 70, 25, 5][usize::from(source % 4)],
        facts: status.map(|s| Box::new(Facts { status: Some(400 + u16::from(s)), ..Facts::default() })),
        moderated: Some(Moderated { decision, reasons: vec![], rules: 3 }),
        text: None,
    };
    d.send(at, Signal::ReportAccepted(report));
    id
}

/// What readers and operators do about a text, a page and an incident.
fn say(d: &mut Desk, at: Time, step: &Step, texts: &[Option<ReportId>; 5]) {
    let words = || FreeText::parse("We know of it.", 500).unwrap().unwrap();
    let jo = || Actor::parse("jo").unwrap();
    match *step {
        Step::Decide { service, decision } => {
            let Some(id) = texts[usize::from(service)] else { return };
            let (service, reasons, undone) = (slug(SLUGS[usize::from(service)]), vec![], d.seq);
            let decider = Decider::Operator { name: jo() };
            d.send(
                at,
                if let Some(decision) = decision {
                    Signal::ModerationDecided(ModerationDecided { id, service, decision, reasons, decider })
                } else {
                    let (actor, waits) = (jo(), undone % 2 == 0);
                    let (decision, since) =
                        if waits { (Decision::Hold, Some(at.plus_ms(-60_000))) } else { (Decision::Hide, None) };
                    let undone = ModerationUndone { id, service, undone, decision, since, reasons, actor };
                    Signal::ModerationUndone(undone)
                },
            );
        }
        Step::Flag { service, source, network } => {
            let Some(id) = texts[usize::from(service)] else { return };
            let name = SLUGS[usize::from(service)];
            let (source, network) = (SourceHash(u128::from(source)), NetworkHash(u64::from(network)));
            let keys = SourceKeys { today: source, yesterday: None };
            let counted = d.board.would_flag(id, name, &keys, network, at).is_some();
            let (source, network) = (Some(source), Some(network));
            d.send(at, Signal::Flagged(Flagged { id, service: slug(name), counted, source, network }));
        }
        Step::Erase { service } => {
            let Some(id) = texts[usize::from(service)] else { return };
            d.send(at, Signal::TextErased(TextErased { id, service: slug(SLUGS[usize::from(service)]), actor: jo() }));
        }
        Step::Note { service, minutes } => {
            let name = SLUGS[usize::from(service)];
            let standing = d.board.now(name).and_then(|n| n.notes.last().map(|(number, _)| *number));
            let act = if let (None, Some(note)) = (minutes, standing) {
                Act::NoteRemoved { service: slug(name), note }
            } else {
                let until = minutes.map(|m| at.plus_ms(i64::from(m) * 60_000 + 1));
                Act::NoteAdded { service: slug(name), note: Note { words: words(), link: None, until } }
            };
            acted(d, at, act);
        }
        Step::Incident { service, retract } => {
            let name = SLUGS[usize::from(service)];
            let Some(incident) = d.board.now(name).and_then(|n| n.incidents.first().map(|i| i.id.clone())) else {
                return;
            };
            let service = slug(name);
            acted(
                d,
                at,
                match retract {
                    None => Act::IncidentAnnotated { service, incident, words: Some(words()) },
                    Some(yes) => Act::IncidentRetracted { service, incident, reason: yes.then(words) },
                },
            );
        }
        _ => {}
    }
}

fn play(d: &mut Desk, steps: &[(u32, Step)]) {
    let mut at = T0;
    let mut last: [Option<ReportId>; 5] = [None; 5];
    let mut texts: [Option<ReportId>; 5] = [None; 5];
    for (wait, step) in steps {
        at += i64::from(*wait);
        let t = Time(at);
        // As the writer does before anything else.
        let overdue: Vec<(ReportId, allclear_model::Slug)> =
            d.board.overdue(t).map(|(id, s)| (id, s.clone())).collect();
        for (id, service) in overdue {
            let (decision, decider) = (Decision::Hide, Decider::Clock);
            let reasons = vec![Reason::Late];
            d.send(t, Signal::ModerationDecided(ModerationDecided { id, service, decision, reasons, decider }));
        }
        match step {
            Step::Text { service, source, decision, status } => {
                let i = usize::from(*service);
                texts[i] = Some(with_text(d, t, SLUGS[i], *source, *decision, *status));
            }
            Step::Decide { .. }
            | Step::Flag { .. }
            | Step::Erase { .. }
            | Step::Note { .. }
            | Step::Incident { .. } => {
                say(d, t, step, &texts);
            }
            Step::Agent { name, revoked } => {
                let (name, key) = (slug(AGENTS[usize::from(*name)]), AgentKey::new([*name; 32]));
                let act = match revoked {
                    None => Act::AgentAdded { name, key },
                    Some(revoked) => Act::AgentRevoked { name, revoked: *revoked },
                };
                acted(d, t, act);
            }
            Step::Batch { name, service, outcome } => {
                let result = CheckResult::new(slug(SLUGS[usize::from(*service)]), *outcome, Some("refused"), Some(90));
                let (location, version) = (slug(AGENTS[usize::from(*name)]), "1.0".to_owned());
                let batch = Some(AgentBatch { seq: d.seq, dropped: d.seq / 9, skew_ms: -250, version });
                d.send(t, Signal::CheckResults(CheckResults { location, results: vec![result], batch }));
            }
            Step::Report { service, source, network, symptom, country } => {
                let i = usize::from(*service);
                let country = [None, Some("DE"), Some("US"), Some("JP")][usize::from(*country)];
                d.report_of(
                    t,
                    SLUGS[i],
                    ["other", "login", "slow", "error"][usize::from(*symptom)],
                    u128::from(*source),
                    Some(u64::from(*network)),
                    country,
                );
                if let Some(Entry { signal: Signal::ReportAccepted(r), .. }) = d.journal.last() {
                    last[i] = Some(r.id);
                }
            }
            Step::Burst { service, count, networks } => {
                d.counted(t, SLUGS[usize::from(*service)], u64::from(*count), networks.map(u64::from));
            }
            Step::Vote { service, source } => {
                d.vote(t, SLUGS[usize::from(*service)], u128::from(*source));
            }
            Step::Amend { service, withdraw } => {
                let i = usize::from(*service);
                let Some(id) = last[i] else { continue };
                let change = if *withdraw {
                    ReportChange::Withdrawn
                } else {
                    ReportChange::Amended { symptom: slug("slow"), country: None, text: TextChange::Kept }
                };
                d.send(t, Signal::ReportUpdated(ReportUpdated { id, service: slug(SLUGS[i]), change, text: None }));
            }
            Step::Tick => {
                d.tick(t);
            }
            Step::Stop { minutes } => {
                at += i64::from(*minutes) * 60_000;
                d.send(Time(at), Signal::Resumed { stopped: t });
            }
            Step::Baseline { service, rate } => d.baseline(t, SLUGS[usize::from(*service)], f64::from(*rate) / 50.0),
            Step::Check { service, location, outcome, late } => {
                // Mostly a few locations, sometimes more than are told apart.
                let location = format!("l{}", if *location < 14 { location % 3 } else { *location });
                let result = CheckResult::new(slug(SLUGS[usize::from(*service)]), *outcome, Some("refused"), None);
                let measured = late.map(|l| t.plus_ms(-i64::from(l / 16)));
                d.checked(t, &location, CheckResult { late: late.is_some(), at: measured, ..result });
            }
            Step::Page { service, said, since } => {
                let service = SLUGS[usize::from(*service)];
                match said {
                    0..4 => d.read(t, service, OfficialSaid::Same),
                    4..7 => d.read(t, service, OfficialSaid::Unread { reason: "503".to_owned() }),
                    n => {
                        let level = Level::ALL[usize::from(n % 6)];
                        let trust = [Trust::Full, Trust::Low][usize::from(*n > 17)];
                        d.announce(t, service, level, trust, since.map(|s| t.plus_ms(-i64::from(s / 64))))
                    }
                };
            }
            Step::Catalogue { keep } => {
                let kept: Vec<&str> =
                    SLUGS.iter().enumerate().filter(|(i, _)| keep & (1 << i) != 0).map(|(_, s)| *s).collect();
                d.send(t, Signal::CatalogueChanged { catalogue: crate::common::catalogue(&kept) });
            }
        }
    }
    d.tick(Time(at + 900_000));
}

fn same(a: &Board, b: &Board) {
    assert_eq!((a.seq(), a.at()), (b.seq(), b.at()));
    for s in SLUGS {
        assert_eq!(a.now(s), b.now(s));
    }
    assert_eq!(a.to_bytes(), b.to_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_board_restored_anywhere_goes_on_as_if_nothing_had_happened(steps in prop::collection::vec(step(), 1..160), cut in any::<prop::sample::Index>()) {
        let mut d = Desk::new(&SLUGS);
        play(&mut d, &steps);
        let cut = cut.index(d.journal.len());
        let mut first = Board::new(Limits::default());
        for e in &d.journal[..cut] {
            first.apply(e);
        }
        let mut second = Board::from_bytes(&first.to_bytes(), Limits::default()).unwrap();
        same(&first, &second);
        for e in &d.journal[cut..] {
            let (x, y): (Vec<Change>, Vec<Change>) = (first.apply(e), second.apply(e));
            prop_assert_eq!(x, y);
        }
        same(&first, &second);
        same(&d.board, &second);
    }

    #[test]
    fn the_bars_the_symptoms_and_the_weights_of_every_picture_add_up(steps in prop::collection::vec(step(), 1..120)) {
        let mut d = Desk::new(&SLUGS);
        play(&mut d, &steps);
        for s in SLUGS {
            let Some(n) = d.board.now(s) else { continue };
            let hour: u64 = n.bins.iter().rev().take(4).map(|b| b.actual).sum();
            prop_assert_eq!(n.symptoms.iter().map(|x| x.1).sum::<u64>(), hour);
            let sum: f64 = n.verdict.evidence.iter().chain(&n.verdict.against).map(|e| e.weight).sum();
            prop_assert!((sum - n.verdict.log_odds).abs() < 1e-6);
            prop_assert!(n.verdict.reports.effective <= n.verdict.reports.actual as f64 + 1e-9);
            prop_assert_eq!(n.verdict.incident.clone(), n.incident.clone().map(|i| i.id));
            // An incident is what people report; without one, a problem is the vendor's own word.
            let open = n.incident.as_ref().is_some_and(|i| i.closed.is_none());
            let announced = |p: &allclear_detect::OfficialNow| p.speaks && p.word.as_ref().map(|w| w.level) == Some(n.verdict.level);
            prop_assert!(!open || n.verdict.level.is_problem());
            prop_assert!(!n.verdict.level.is_problem() || open || n.official.as_ref().is_some_and(announced));
            prop_assert!(n.recent.len() <= 20 && n.incidents.len() <= 20);
        }
    }

    #[test]
    fn whatever_the_bytes_are_reading_them_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Board::from_bytes(&bytes, Limits::default()).is_err());
        for version in [1, 2, 3, 4, 5, 6, 7, 8, 9] {
        let mut headed = b"ACBOARD".to_vec();
        headed.push(version);
        headed.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        headed.extend_from_slice(&bytes);
        if let Ok(mut b) = Board::from_bytes(&headed, Limits::default()) {
            b.apply(&Entry { seq: b.seq() + 1, at: Time(b.at().0 + 60_000), signal: Signal::Tick });
        }
        }
    }

    #[test]
    fn a_damaged_snapshot_is_refused_or_harmless(at in any::<prop::sample::Index>(), value in any::<u8>(), with_sum in any::<bool>()) {
        let mut d = Desk::new(&SLUGS);
        for k in 0..60u64 {
            d.report(Time(minute(30).0 + k as i64 * 700), "alpha", u128::from(k), k);
            d.check(Time(minute(30).0 + k as i64 * 700), SLUGS[k as usize % 2], ["fra", "iad"][k as usize / 30], [CheckOutcome::Up, CheckOutcome::Down][k as usize % 7 / 4]);
        }
        let mut bytes = d.board.to_bytes();
        let at = at.index(bytes.len());
        let before = bytes[at];
        bytes[at] = value;
        if with_sum && at >= 12 {
            let sum = crc32fast::hash(&bytes[12..]).to_le_bytes();
            bytes[8..12].copy_from_slice(&sum);
        }
        match Board::from_bytes(&bytes, Limits::default()) {
            Ok(mut b) => {
                prop_assert!(with_sum || value == before);
                let to = b.at().0.saturating_add(3_600_000);
                b.apply(&Entry { seq: 1, at: Time(to), signal: Signal::Tick });
                let _ = (b.now("alpha"), b.to_bytes(), b.sizes());
            }
            Err(e) => prop_assert!(!e.to_string().is_empty()),
        }
    }
}

#[test]
fn a_snapshot_of_a_version_before_is_still_read() {
    let mut d = Desk::new(&SLUGS);
    d.report(minute(1), "alpha", 1, 1);
    for m in 2..400 {
        d.tick(minute(m));
    }
    // Nothing is traced any more, so behind the rest stand empty lists, a zero byte for each.
    let now = d.board.to_bytes();
    for (version, tail) in TAIL {
        let mut before = now[..now.len() - tail].to_vec();
        before[7] = version;
        let sum = crc32fast::hash(&before[12..]).to_le_bytes();
        before[8..12].copy_from_slice(&sum);
        assert_eq!(Board::from_bytes(&before, Limits::default()).unwrap().to_bytes(), now, "version {version}");
    }
    // With a trace, as the third version had it.
    for k in 0..4 {
        d.report(minute(400).plus_ms(k * 900), "alpha", k as u128, k as u64);
    }
    let now = d.board.to_bytes();
    let mut before = now[..now.len() - TAIL[1].1].to_vec();
    before[7] = 3;
    let sum = crc32fast::hash(&before[12..]).to_le_bytes();
    before[8..12].copy_from_slice(&sum);
    assert_eq!(Board::from_bytes(&before, Limits::default()).unwrap().to_bytes(), now);
}

#[test]
fn another_version_and_another_file_are_told_apart() {
    assert_eq!(Board::from_bytes(b"hello world, this is text", Limits::default()).unwrap_err(), SnapshotError::Foreign);
    let mut bytes = Board::new(Limits::default()).to_bytes();
    bytes[7] = 99;
    assert_eq!(Board::from_bytes(&bytes, Limits::default()).unwrap_err(), SnapshotError::Version { found: 99 });
}
