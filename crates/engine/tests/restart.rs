//! Stops, kills and starts: the board is always what the journal says.

use crate::support::{SERVICES, SYMPTOMS, catalogue, catalogue_of, check_journal, fold, of_kind, shown};
use allclear_engine::agents::Token;
use allclear_engine::agents::protocol::{BATCHES, Batch, Signed};
use allclear_engine::intake::NewReport;
use allclear_model::act::Note;
use allclear_model::check::CheckOutcome;
use allclear_model::official::{Named, OfficialPages, OfficialRead, OfficialSaid, OfficialWord, Trust};
use allclear_model::signal::{CheckResult, CheckResults};
use allclear_model::{Actor, Country, Decision, FreeText, Level, ReportId, Signal, Slug, SymptomId};
use allclear_ports::{Clock, PortError};
use allclear_testkit::{Fault, Folder, TestEngine, new_report};
use proptest::prelude::*;

fn open(folder: Folder) -> TestEngine {
    TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).expect("starts again")
}

/// Texts that the rules show, hold and withhold.
const TEXTS: [&str; 3] = [
    "cannot sign in",
    "the fix is on https://blog.nowhere-known.xyz/why and it works",
    "message @recovery_help on telegram, they got my account back for 50$",
];

#[derive(Debug, Clone)]
enum Step {
    Text { service: usize, text: usize, source: u32 },
    Flag { which: usize },
    Decide { which: usize, decision: Option<Decision> },
    Note { service: usize, minutes: Option<i64> },
    Incident { service: usize, retract: Option<bool> },
    Check { service: usize, location: usize, outcome: CheckOutcome },
    Page { service: usize, level: Option<Level> },
    Batch { again: bool },
    Report { service: usize, symptom: usize, source: u32, country: bool, key: Option<u8> },
    Burst { service: usize, reports: u32 },
    Vote { service: usize, source: u32 },
    Change { which: usize, withdraw: bool },
    Minutes(i64),
    Away(i64),
    Visit(usize),
    Snapshot,
    Fail(Fault),
    Reload(bool),
    Stop { settled: bool },
    Kill { settled: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let service = 0..SERVICES.len();
    let outcome =
        prop_oneof![3 => Just(CheckOutcome::Up), 3 => Just(CheckOutcome::Down), 1 => Just(CheckOutcome::Blocked)];
    let decision = prop::option::of(prop_oneof![Just(Decision::Show), Just(Decision::Hide)]);
    let level = prop::option::of(prop::sample::select(Level::ALL.to_vec()));
    let people = prop_oneof![
        4 => (service.clone(), 0..TEXTS.len(), 0..40u32).prop_map(|(service, text, source)| Step::Text { service, text, source }),
        2 => (0..20usize).prop_map(|which| Step::Flag { which }),
        3 => (0..20usize, decision).prop_map(|(which, decision)| Step::Decide { which, decision }),
        1 => (service.clone(), prop::option::of(1..30i64)).prop_map(|(service, minutes)| Step::Note { service, minutes }),
        1 => (service.clone(), prop::option::of(any::<bool>())).prop_map(|(service, retract)| Step::Incident { service, retract }),
    ];
    let witnesses = prop_oneof![
        4 => (service.clone(), 0..3usize, outcome).prop_map(|(service, location, outcome)| Step::Check { service, location, outcome }),
        2 => (service.clone(), level).prop_map(|(service, level)| Step::Page { service, level }),
        1 => any::<bool>().prop_map(|again| Step::Batch { again }),
    ];
    prop_oneof![
        8 => people,
        6 => witnesses,
        6 => (service.clone(), 0..SYMPTOMS.len(), 0..40u32, any::<bool>(), prop::option::of(0..4u8))
            .prop_map(|(service, symptom, source, country, key)| Step::Report { service, symptom, source, country, key }),
        4 => (service.clone(), 5..60u32).prop_map(|(service, reports)| Step::Burst { service, reports }),
        2 => (service.clone(), 0..40u32).prop_map(|(service, source)| Step::Vote { service, source }),
        2 => (0..20usize, any::<bool>()).prop_map(|(which, withdraw)| Step::Change { which, withdraw }),
        6 => (1..6i64).prop_map(Step::Minutes),
        1 => (1..400i64).prop_map(Step::Away),
        1 => service.prop_map(Step::Visit),
        3 => Just(Step::Snapshot),
        1 => prop_oneof![Just(Fault::Full), Just(Fault::Gone), Just(Fault::AnswerLost)].prop_map(Step::Fail),
        1 => any::<bool>().prop_map(Step::Reload),
        1 => any::<bool>().prop_map(|settled| Step::Stop { settled }),
        3 => any::<bool>().prop_map(|settled| Step::Kill { settled }),
    ]
}

struct World {
    engine: Option<TestEngine>,
    tokens: Vec<String>,
    ids: Vec<ReportId>,
    agent: Option<(Token, u64)>,
    accepted: usize,
    sources: u32,
}

fn operator() -> Actor {
    Actor::parse("jo").expect("a name")
}

fn words(text: &str) -> FreeText {
    FreeText::parse(text, FreeText::MAX).expect("a text").expect("a text")
}

impl World {
    fn engine(&self) -> &TestEngine {
        self.engine.as_ref().expect("an engine runs")
    }

    /// Ends this life in some way and begins another. With `settled`, everything was shown before; then it looks the same
    /// after.
    fn reopen(&mut self, settled: bool, end: impl FnOnce(TestEngine) -> Folder) {
        let Some(e) = self.engine.take() else { return };
        let pictures =
            |e: &TestEngine| e.handles.site.whole().services.iter().map(|l| shown(e, &l.slug)).collect::<Vec<_>>();
        if settled {
            e.block_on(e.handles.admin.catch_up()).expect("the minute is judged");
        }
        // A restart with the catalogue it has: what was reloaded stays.
        let catalogue = (*e.handles.site.whole().catalogue).clone();
        let before = pictures(&e);
        let e = TestEngine::open(end(e), catalogue, |_| {}).map_err(|x| x.1).expect("starts again");
        if settled {
            assert_eq!(before, pictures(&e));
        }
        self.engine = Some(e);
    }

    fn report(&mut self, new: NewReport, source: u32) {
        let e = self.engine();
        let keyed = new.key.is_some();
        let had = e.metric("allclear_reports_repeated_total");
        if let Ok(r) = e.block_on(e.handles.intake.report(new, e.origin(source))) {
            let repeated = keyed && e.metric("allclear_reports_repeated_total") != had;
            self.accepted += usize::from(!repeated);
            self.tokens.push(r.token);
            self.ids.push(r.id);
        }
    }

    /// A batch of an agent that found nothing; what came before is refused, however often the site began again.
    fn batch(&mut self, again: bool) {
        let oslo = Slug::parse("oslo").expect("a slug");
        let (mut token, last) = self.agent.take().map_or((None, 0), |(token, last)| (Some(token), last));
        let e = self.engine();
        let token = token.take().unwrap_or_else(|| {
            let token = Token::random().expect("a token");
            e.block_on(e.handles.admin.add_agent(oslo, token.key(), operator())).expect("an agent is added");
            e.block_on(e.handles.admin.catch_up()).expect("the door knows it");
            token
        });
        let header = Signed::new(&token, e.clock().now(), "POST", BATCHES, b"{}").header();
        let agent = e.handles.agents.at_the_door(Some(&header)).and_then(|a| a.sends(b"{}")).expect("it may come in");
        let seq = if again { last } else { last + 1 };
        let batch = Batch { seq, skew_ms: 0, dropped: 0, results: Vec::new() };
        let taken = e.block_on(e.handles.agents.take(&agent, batch));
        assert_eq!(taken.is_ok(), !again, "{taken:?}");
        self.agent = Some((token, seq));
    }

    /// What readers, operators and the other witnesses say. What there is nothing to say of is refused.
    fn say(&mut self, step: Step) {
        let e = self.engine();
        let (admin, slug) = (&e.handles.admin, |service: usize| Slug::parse(SERVICES[service]).expect("a slug"));
        match step {
            Step::Flag { which } => {
                let Some(id) = self.ids.get(which).copied() else { return };
                for n in 0..3 {
                    let _ = e.block_on(e.handles.intake.flag(id, e.origin(500_000 + self.sources + n)));
                }
                self.sources += 3;
            }
            Step::Decide { which, decision } => {
                let Some(id) = self.ids.get(which).copied() else { return };
                let _ = match decision {
                    Some(decision) => e.block_on(admin.decide(id, decision, Vec::new(), operator())),
                    None => e.block_on(admin.undo(id, operator())),
                };
            }
            Step::Note { service, minutes } => {
                let slug = slug(service);
                let Some(view) = e.handles.site.service(&slug) else { return };
                let _ = if let (None, Some((number, _))) = (minutes, view.notes.last()) {
                    e.block_on(admin.remove_note(slug, *number, operator()))
                } else {
                    let until = minutes.map(|m| e.clock().now().plus_s(m * 60));
                    let note = Note { words: words("We know of it."), link: None, until };
                    e.block_on(admin.add_note(slug, note, operator()))
                };
            }
            Step::Incident { service, retract } => {
                let view = e.handles.site.service(&slug(service));
                let Some(incident) = view.and_then(|v| v.incidents.first().map(|i| i.id.clone())) else { return };
                let said = words("It was a test of ours.");
                let _ = match retract {
                    None => e.block_on(admin.annotate(incident, Some(said), operator())),
                    Some(retract) => e.block_on(admin.retract(incident, retract.then_some(said), operator())),
                };
            }
            Step::Check { service, location, outcome } => {
                let location = Slug::parse(["here", "fra", "iad"][location]).expect("a slug");
                let result = CheckResult::new(slug(service), outcome, Some("refused"), Some(120));
                e.block_on(admin.checked(CheckResults::own(location, vec![result]))).expect("a result is kept");
            }
            Step::Page { service, level } => {
                let url = "https://status.example.org".to_owned();
                let word = |level| OfficialWord {
                    level,
                    trust: Trust::Full,
                    asked: url.clone(),
                    url: url.clone(),
                    format: "statuspage".to_owned(),
                    identity: None,
                    components: 1,
                    past: false,
                    since: None,
                    events: Vec::new(),
                    warnings: Vec::new(),
                    named: Named::default(),
                };
                let said = level.map_or(OfficialSaid::Same, |l| OfficialSaid::New { word: Box::new(word(l)) });
                let read = vec![OfficialRead { service: slug(service), said }];
                e.block_on(admin.announced(OfficialPages { read })).expect("a reading is kept");
            }
            _ => {}
        }
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Text { service, text, source } => {
                let new = new_report(SERVICES[service], "login");
                self.report(NewReport { text: Some(words(TEXTS[text])), ..new }, 2_000_000 + source);
            }
            // The first batch is none that came before.
            Step::Batch { again } => self.batch(again && self.agent.is_some()),
            Step::Flag { .. }
            | Step::Decide { .. }
            | Step::Note { .. }
            | Step::Incident { .. }
            | Step::Check { .. }
            | Step::Page { .. } => self.say(step),
            Step::Report { service, symptom, source, country, key } => {
                let mut new = new_report(SERVICES[service], SYMPTOMS[symptom]);
                new.country = country.then(|| Country::parse("DE").expect("a country"));
                new.key = key.map(|k| {
                    let e = self.engine();
                    e.handles.intake.request_key(&new.service, &format!("{k:036}"), &e.origin(0))
                });
                self.report(new, source);
            }
            Step::Burst { service, reports } => {
                for n in 0..reports {
                    self.sources += 1;
                    self.report(new_report(SERVICES[service], SYMPTOMS[n as usize % 3]), 1000 + self.sources);
                }
            }
            Step::Vote { service, source } => {
                let e = self.engine();
                let slug = Slug::parse(SERVICES[service]).expect("a slug");
                // It may have been taken from the catalogue.
                let _ = e.block_on(e.handles.intake.vote(slug, None, e.origin(source)));
            }
            Step::Change { which, withdraw } => {
                let (e, Some(token)) = (self.engine(), self.tokens.get(which)) else { return };
                // A report of a service that is no longer watched may be withdrawn but not amended.
                let intake = &e.handles.intake;
                drop(if withdraw {
                    e.block_on(intake.withdraw(token))
                } else {
                    e.block_on(intake.amend(token, SymptomId::other(), None, None))
                });
            }
            Step::Minutes(n) => self.engine().minutes(n),
            Step::Away(n) => drop(self.engine().clock().advance_minutes(n)),
            Step::Visit(service) => {
                self.engine()
                    .handles
                    .intake
                    .visit(&Slug::parse(SERVICES[service]).expect("a slug"), allclear_engine::Referrer::Direct);
            }
            Step::Snapshot => drop(self.engine().block_on(self.engine().handles.admin.snapshot()).expect("a snapshot")),
            Step::Fail(fault) => {
                self.sources += 1;
                let e = self.engine();
                let had = e.entries().iter().filter(|x| matches!(x.signal, Signal::ReportAccepted(_))).count();
                e.journal.fail(fault);
                let refused = e.report("mail", "slow", 1000 + self.sources);
                assert!(refused.is_err());
                e.journal.fail(Fault::None);
                e.block_on(e.handles.admin.catch_up()).expect("works again");
                let has = e.entries().iter().filter(|x| matches!(x.signal, Signal::ReportAccepted(_))).count();
                self.accepted += has - had;
            }
            Step::Reload(all) => {
                let next = if all { catalogue() } else { catalogue_of(&["chat", "mail", "news"]) };
                let e = self.engine();
                e.block_on(e.handles.admin.reload(next)).expect("reloaded");
            }
            Step::Stop { settled } => self.reopen(settled, TestEngine::stop),
            Step::Kill { settled } => self.reopen(settled, TestEngine::kill),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::with_cases(
        std::env::var("ALLCLEAR_TEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(48)) })]

    #[test]
    fn the_board_after_a_restart_is_the_board_before_it(steps in prop::collection::vec(step(), 1..40)) {
        let engine = Some(TestEngine::new(catalogue()));
        let mut world = World { engine, tokens: Vec::new(), ids: Vec::new(), agent: None, accepted: 0, sources: 0 };
        for s in steps {
            world.run(s);
        }
        let e = world.engine();
        let seq = e.block_on(e.handles.admin.snapshot()).expect("a snapshot");
        let entries = e.entries();
        check_journal(&entries);
        prop_assert_eq!(of_kind(&entries, "report_accepted"), world.accepted);
        let bytes = std::fs::read(e.path().join(format!("snapshots/{seq:020}.board"))).expect("the snapshot");
        prop_assert!(bytes == fold(&entries[..seq as usize]).to_bytes(), "the board is what the journal folds to");
        prop_assert_eq!(e.metric("allclear_verdict_mismatches_total"), Some(0.0));
    }
}

#[test]
fn a_snapshot_is_written_after_five_minutes_though_nobody_asks_for_one() {
    let e = TestEngine::new(catalogue());
    e.report("mail", "login", 1).unwrap();
    e.minutes(4);
    // It is written beside the writer: so long as it is under way no other one begins, so all there could be is there soon.
    let kept = |e: &TestEngine| e.handles.admin.status().snapshot;
    assert_eq!(kept(&e), 0, "not before its time");
    e.minutes(1);
    for _ in 0..100_000 {
        if kept(&e) > 0 {
            break;
        }
        e.block_on(e.handles.admin.catch_up()).unwrap();
    }
    let first = kept(&e);
    assert!(first > 0, "nobody asked for it");
    let entries = e.entries();
    let bytes = std::fs::read(e.path().join(format!("snapshots/{first:020}.board"))).unwrap();
    assert!(bytes == fold(&entries[..first as usize]).to_bytes());
    assert!(entries[first as usize - 1].at.since_ms(entries[0].at) >= 300_000);
    let e = open(e.kill());
    assert_eq!(kept(&e), first, "the next start goes on from it");
}

/// A folder with two snapshots and a tail after them.
fn with_two_snapshots() -> (Folder, Vec<u64>, String) {
    let e = TestEngine::new(catalogue());
    let mut snapshots = Vec::new();
    for round in 0..3 {
        for n in 0..40 {
            e.report("mail", "login", round * 100 + n).unwrap();
        }
        e.minutes(2);
        if round < 2 {
            snapshots.insert(0, e.block_on(e.handles.admin.snapshot()).unwrap());
        }
    }
    e.block_on(e.handles.admin.projected()).unwrap();
    let picture = shown(&e, "mail");
    (e.kill(), snapshots, picture)
}

fn spoil(folder: &Folder, seq: u64) {
    let path = folder.path().join(format!("snapshots/{seq:020}.board"));
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_bad_newest_snapshot_falls_back_to_the_one_before_and_then_to_the_journal() {
    for bad in 0..=2 {
        let (folder, snapshots, picture) = with_two_snapshots();
        snapshots.iter().take(bad).for_each(|s| spoil(&folder, *s));
        let e = open(folder);
        assert_eq!(shown(&e, "mail"), picture, "{bad} snapshots spoiled");
        let want = snapshots.get(bad).copied().unwrap_or(0);
        assert_eq!(e.handles.admin.status().snapshot, want);
        assert_eq!(e.metric("allclear_verdict_mismatches_total"), Some(0.0));
    }
}

#[test]
fn a_damaged_snapshot_is_set_aside_and_the_journal_is_kept_for_the_sound_ones() {
    let (folder, snapshots, picture) = with_two_snapshots();
    spoil(&folder, snapshots[0]);
    let (newest, sound) = (snapshots[0], snapshots[1]);
    let e = TestEngine::open(folder, catalogue(), |cfg| cfg.journal_days = 0).map_err(|x| x.1).unwrap();
    assert_eq!(shown(&e, "mail"), picture);
    let file = |seq: u64, ending: &str| e.path().join(format!("snapshots/{seq:020}.{ending}"));
    assert!(file(newest, "bad").exists() && !file(newest, "board").exists());
    let third = e.block_on(e.handles.admin.snapshot()).unwrap();
    assert!(file(sound, "board").exists(), "the sound one is the second newest");
    e.block_on(e.handles.admin.projected()).unwrap();
    e.block_on(e.handles.admin.maintain()).unwrap();
    assert_eq!(e.entries()[0].seq, sound + 1, "the journal reaches back to the sound one");
    let folder = e.kill();
    spoil(&folder, third);
    let e = open(folder);
    assert_eq!((e.handles.admin.status().snapshot, shown(&e, "mail")), (sound, picture));
    // Two more, and what was set aside is gone.
    for n in 0..2 {
        e.report("mail", "login", 900 + n).unwrap();
        e.minutes(1);
        e.block_on(e.handles.admin.snapshot()).unwrap();
    }
    let left: Vec<_> = std::fs::read_dir(e.path().join("snapshots")).unwrap().map(|f| f.unwrap().path()).collect();
    assert!(left.len() == 2 && left.iter().all(|f| f.extension().is_some_and(|x| x == "board")), "{left:?}");
}

/// A site whose journal was pruned as far as its three snapshots allow.
fn pruned() -> (TestEngine, Vec<u64>) {
    let e = TestEngine::open(Folder::new(), catalogue(), |cfg| cfg.journal_days = 0).map_err(|x| x.1).unwrap();
    let mut snapshots = Vec::new();
    for n in 0..3 {
        e.report("mail", "login", n).unwrap();
        e.minutes(1);
        snapshots.push(e.block_on(e.handles.admin.snapshot()).unwrap());
    }
    e.block_on(e.handles.admin.projected()).unwrap();
    e.block_on(e.handles.admin.maintain()).unwrap();
    (e, snapshots)
}

#[test]
fn without_a_sound_snapshot_and_with_a_pruned_journal_it_refuses_to_start() {
    let (e, snapshots) = pruned();
    let first = e.entries()[0].seq;
    assert_eq!(first, snapshots[1] + 1, "pruned up to the second newest snapshot and no further");
    let folder = e.kill();
    spoil(&folder, snapshots[2]);
    let e = open(folder);
    assert_eq!(e.handles.admin.status().snapshot, snapshots[1]);
    let folder = e.kill();
    spoil(&folder, snapshots[1]);
    let Err((_, PortError::Unusable { problem, .. })) = TestEngine::open(folder, catalogue(), |_| {}).map(|_| ())
    else {
        panic!("started without a board")
    };
    assert!(problem.contains("restore a backup"), "{problem}");
}

#[test]
fn a_start_that_is_refused_leaves_the_snapshots_as_they_are() {
    let (e, snapshots) = pruned();
    let folder = e.kill();
    snapshots[1..].iter().for_each(|s| spoil(&folder, *s));
    let (folder, _) = TestEngine::open(folder, catalogue(), |_| {}).map(|_| ()).unwrap_err();
    // Another version may be able to read them.
    for seq in &snapshots[1..] {
        assert!(folder.path().join(format!("snapshots/{seq:020}.board")).exists());
    }
}

#[test]
fn the_journal_keeps_what_the_archive_does_not_have() {
    let e = TestEngine::open(Folder::new(), catalogue(), |cfg| cfg.journal_days = 0).map_err(|x| x.1).unwrap();
    e.store.fail(Fault::Full);
    let receipt = e.report("mail", "login", 1).unwrap();
    for _ in 0..3 {
        e.minutes(1);
        e.block_on(e.handles.admin.snapshot()).unwrap();
    }
    let _ = e.block_on(e.handles.admin.maintain());
    assert!(of_kind(&e.entries(), "report_accepted") == 1);
    e.store.fail(Fault::None);
    e.block_on(e.handles.admin.projected()).unwrap();
    assert!(e.block_on(e.handles.archive.report(receipt.id)).unwrap().is_some());
}

#[test]
fn an_archive_of_another_backup_is_refused() {
    let ahead = with_two_snapshots().0;
    let young = TestEngine::new(catalogue());
    let young = young.kill();
    for name in ["archive.db", "archive.db-wal", "archive.db-shm"] {
        let _ = std::fs::remove_file(young.path().join(name));
        if ahead.path().join(name).exists() {
            std::fs::copy(ahead.path().join(name), young.path().join(name)).unwrap();
        }
    }
    let Err((_, PortError::Unusable { problem, .. })) = TestEngine::open(young, catalogue(), |_| {}).map(|_| ()) else {
        panic!("started with an archive of another journal")
    };
    assert!(problem.contains("not from the same backup"), "{problem}");
}

#[test]
fn a_pause_of_more_than_ten_minutes_is_marked_and_a_shorter_one_is_not() {
    for (minutes, marked) in [(9, 0), (11, 1)] {
        let e = TestEngine::new(catalogue());
        e.report("mail", "login", 1).unwrap();
        let folder = e.stop();
        folder.clock.advance_minutes(minutes);
        let e = open(folder);
        assert_eq!(of_kind(&e.entries(), "resumed"), marked, "{minutes} minutes");
    }
}
