//! What becomes of people's texts, of floods, and of what operators do: the promises, under virtual time.

use crate::support::{SERVICES, SYMPTOMS, catalogue, check_journal, of_kind};
use allclear_engine::intake::{NewReport, Origin, Receipt, SHOWN_WITHIN_S};
use allclear_engine::trust::{ATTACK, DWELL_S, Signs};
use allclear_engine::view::LineText;
use allclear_engine::{EngineError, IntakeResult, rows::Queue};
use allclear_model::{
    Act, Actor, Decider, Decision, Entry, FreeText, Reason, ReportId, Signal, Slug, SymptomId, TextState, Time,
};
use allclear_ports::Journal;
use allclear_testkit::{Fault, Folder, TestEngine, new_report};
use std::collections::BTreeMap;

/// Texts that the rules show, hold and withhold.
const PLAIN: [&str; 4] = ["it is down again", "cannot sign in", "very slow since noon", "error 500 everywhere"];
const HELD: &str = "the fix is on https://blog.nowhere-known.xyz/why and it works";
const SCAM: &str = "message @recovery_help on telegram, they got my account back for 50$";

/// An undecided text is withheld so long after it came. Milliseconds.
const WAITS_MS: i64 = 270_000;

fn text(typed: &str) -> Option<FreeText> {
    FreeText::parse(typed, FreeText::MAX).unwrap()
}

fn with_text(service: &str, typed: &str) -> NewReport {
    NewReport { text: text(typed), ..new_report(service, "login") }
}

fn actor(name: &str) -> Actor {
    Actor::parse(name).unwrap()
}

fn send(e: &TestEngine, service: &str, typed: &str, source: u32) -> Receipt {
    e.block_on(e.handles.intake.report(with_text(service, typed), e.origin(source))).unwrap()
}

/// What the picture shows of a report's text; `None` when it does not list it.
fn line(e: &TestEngine, service: &str, id: ReportId) -> Option<LineText> {
    let view = e.handles.site.service(service).unwrap();
    view.recent.iter().find(|l| l.id == id).map(|l| l.text.clone())
}

fn stored(e: &TestEngine, id: ReportId) -> TextState {
    e.block_on(e.handles.admin.projected()).unwrap();
    e.block_on(e.handles.archive.report(id)).unwrap().unwrap().text
}

fn limited(folder: Folder, source: u32, network: u32) -> TestEngine {
    let limits = |cfg: &mut allclear_engine::CoreConfig| {
        cfg.limits.reports_per_source_per_hour = source;
        cfg.limits.reports_per_network_per_minute = network;
    };
    TestEngine::open(folder, catalogue(), limits).map_err(|x| x.1).unwrap()
}

/// SplitMix64 (Steele, Lea and Flood, 2014): small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 33) as usize % n
    }
}

/// What should be known of one report.
struct Told {
    token: String,
    typed: Option<String>,
    state: TextState,
    withdrawn: bool,
    /// Since when its text waits.
    waits: Option<Time>,
    /// Decisions about the text it has now, oldest first, whether each was taken back, and when it was made.
    decisions: Vec<(Decision, bool, Time)>,
    flagged: bool,
}

impl Told {
    fn decided(&mut self, decision: Decision, at: Time) {
        self.decisions.push((decision, false, at));
        self.becomes(decision, at);
    }

    fn becomes(&mut self, decision: Decision, at: Time) {
        self.state = decision.into();
        self.waits = (decision == Decision::Hold).then_some(at);
    }

    fn ends(&mut self, state: TextState) {
        (self.state, self.waits) = (state, None);
    }
}

/// An engine, and what it should say.
struct World {
    engine: Option<TestEngine>,
    dice: Dice,
    told: BTreeMap<ReportId, Told>,
    order: Vec<ReportId>,
    /// Accepted, and not yet found where everybody reads it.
    unseen: BTreeMap<ReportId, Time>,
    sources: u32,
    lives: usize,
    /// Texts as they are after redaction, which takes its time.
    ready: BTreeMap<&'static str, FreeText>,
}

impl World {
    fn engine(&self) -> &TestEngine {
        self.engine.as_ref().unwrap()
    }

    fn now(&self) -> Time {
        self.engine().clock().advance_ms(0)
    }

    /// A report, mostly one of the last.
    fn some(&mut self) -> Option<ReportId> {
        let n = self.order.len();
        let back = self.dice.below(n.clamp(1, 60));
        (n > 0).then(|| self.order[n - 1 - back])
    }

    fn typed(&mut self) -> Option<&'static str> {
        match self.dice.below(10) {
            0 => None,
            1..=4 => Some(PLAIN[self.dice.below(PLAIN.len())]),
            5..=7 => Some(HELD),
            _ => Some(SCAM),
        }
    }

    fn expected(typed: &str) -> Decision {
        match typed {
            HELD => Decision::Hold,
            SCAM => Decision::Hide,
            _ => Decision::Show,
        }
    }

    /// Several people at once.
    fn reports(&mut self, n: usize) {
        let mut wanted = Vec::new();
        for _ in 0..n {
            self.sources += 1;
            let service = self.dice.below(SERVICES.len());
            let typed = self.typed();
            let symptom = SymptomId::parse(SYMPTOMS[self.dice.below(SYMPTOMS.len())]).unwrap();
            let new = NewReport {
                text: typed.map(|t| self.ready[t].clone()),
                symptom,
                ..new_report(SERVICES[service], "login")
            };
            wanted.push((typed, new, self.engine().origin(self.sources)));
        }
        let e = self.engine();
        let got = e.block_on(async {
            let tracker = tokio_util::task::TaskTracker::new();
            let tasks: Vec<_> = wanted
                .into_iter()
                .map(|(typed, new, from)| {
                    let intake = e.handles.intake.clone();
                    tracker.spawn(async move { (typed, intake.report(new, from).await.unwrap()) })
                })
                .collect();
            let mut all = Vec::new();
            for task in tasks {
                all.push(task.await.unwrap());
            }
            all
        });
        for (typed, r) in got {
            assert_eq!(r.text, typed.map(World::expected), "{typed:?}");
            assert_eq!(r.shown_by, r.at.plus_s(SHOWN_WITHIN_S));
            let mut told = Told {
                token: r.token,
                typed: typed.map(str::to_owned),
                state: TextState::None,
                withdrawn: false,
                waits: None,
                decisions: Vec::new(),
                flagged: false,
            };
            if let Some(decision) = r.text {
                told.decided(decision, r.at);
            }
            self.told.insert(r.id, told);
            self.order.push(r.id);
            self.unseen.insert(r.id, r.at);
        }
        // In the order of the journal, as lists show them.
        self.order.sort_unstable();
    }

    /// Time passes while the site runs: whoever waits for an instant is woken at it.
    fn pass(&mut self, ms: i64) {
        let end = self.now().plus_ms(ms);
        loop {
            let due = self.told.values().filter_map(|t| t.waits).map(|w| w.plus_ms(WAITS_MS)).min();
            let minute = self.now().minute().end();
            let next = due.map_or(minute, |d| d.min(minute)).min(end);
            self.engine().clock().set(next);
            self.engine().block_on(self.engine().handles.admin.catch_up()).unwrap();
            self.late(next);
            self.look();
            self.public(true);
            if next == end {
                return;
            }
        }
    }

    /// What nobody has decided by now is withheld.
    fn late(&mut self, now: Time) {
        for t in self.told.values_mut() {
            if t.waits.is_some_and(|w| now.since_ms(w) >= WAITS_MS) {
                t.decided(Decision::Hide, now);
            }
        }
    }

    /// Every picture as it is now: no text waits too long, and each line says what it should.
    fn look(&mut self) {
        let now = self.now();
        for service in SERVICES {
            let view = self.engine().handles.site.service(service).unwrap();
            for l in &view.recent {
                self.unseen.remove(&l.id);
                let t = &self.told[&l.id];
                let right = match &l.text {
                    LineText::None => t.state == TextState::None,
                    LineText::Checking => t.waits.is_some_and(|w| now.since_ms(w) < WAITS_MS),
                    LineText::Shown(text) => t.state == TextState::Shown && t.typed.as_deref() == Some(text.as_str()),
                    LineText::Withheld => t.state == TextState::Withheld,
                    LineText::Erased => t.state == TextState::Erased,
                    LineText::Elsewhere => false,
                };
                assert!(right && !t.withdrawn, "{now} {service} {}: {:?} instead of {:?}", l.id, l.text, t.state);
            }
        }
    }

    /// The line of every report that was accepted is public in time, whatever becomes of its text: in a picture, or in the list of
    /// those that no picture has room for. Its author may have withdrawn it before. With a site that runs nothing is looked for too
    /// late: there is no more than a minute between two looks.
    fn public(&mut self, running: bool) {
        const WITHIN_MS: i64 = SHOWN_WITHIN_S * 1000;
        let now = self.now();
        let due: Vec<(ReportId, Time)> = self
            .unseen
            .iter()
            .filter(|(_, at)| now.since_ms(**at) > WITHIN_MS - 60_000)
            .map(|(id, at)| (*id, *at))
            .collect();
        if due.is_empty() {
            return;
        }
        let e = self.engine();
        e.block_on(e.handles.admin.projected()).unwrap();
        for (id, at) in due {
            assert!(!running || now.since_ms(at) <= WITHIN_MS, "{now} {id} of {at} is looked for too late");
            let row = e.block_on(e.handles.archive.report(id)).unwrap();
            let row = row.unwrap_or_else(|| panic!("{now} {id} of {at} is nowhere"));
            let listed = e.block_on(e.handles.archive.reports(&row.service, Some(row.seq + 1), 1)).unwrap();
            let listed = listed.rows.first().is_some_and(|l| l.id == id);
            assert_eq!(listed, !self.told[&id].withdrawn, "{now} {id} of {at}");
        }
        self.unseen.retain(|_, at| now.since_ms(*at) <= WITHIN_MS - 60_000);
    }

    /// An operator, an author or readers do something to one text.
    fn act(&mut self) {
        let Some(id) = self.some() else { return };
        let (what, now) = (self.dice.below(12), self.now());
        let other = self.typed();
        let [a, b, c] = [1, 2, 3].map(|n| self.sources + n);
        self.sources += 3;
        let World { engine, told, .. } = self;
        let (e, t) = (engine.as_ref().unwrap(), told.get_mut(&id).unwrap());
        let has_text = !t.withdrawn && !matches!(t.state, TextState::None | TextState::Erased);
        let admin = &e.handles.admin;
        match what {
            0..=3 => {
                let decision = if what < 2 { Decision::Show } else { Decision::Hide };
                let done = e.block_on(admin.decide(id, decision, vec![], actor("ada")));
                assert_eq!(done.is_ok(), has_text);
                if has_text {
                    t.decided(decision, now);
                }
            }
            4 | 5 => {
                let holding: Vec<usize> = (0..t.decisions.len()).filter(|i| !t.decisions[*i].1).rev().collect();
                let done = e.block_on(admin.undo(id, actor("bob")));
                assert_eq!(done.is_ok(), has_text && holding.len() > 1, "{done:?}");
                if let (true, [last, before, ..]) = (has_text, &holding[..]) {
                    t.decisions[*last].1 = true;
                    match t.decisions[*before] {
                        (Decision::Hold, _, at) if now.since_ms(at) >= WAITS_MS => t.becomes(Decision::Hide, now),
                        (decision, _, at) => t.becomes(decision, at),
                    }
                }
            }
            6..=8 => {
                let shown = t.state == TextState::Shown && !t.withdrawn;
                for source in [a, b, c] {
                    let flagged = e.block_on(e.handles.intake.flag(id, e.origin(source)));
                    assert_eq!(flagged.ok(), shown.then_some(true));
                }
                // Once a day: what an operator showed after it stays.
                if shown && !std::mem::replace(&mut t.flagged, true) {
                    t.decided(Decision::Hold, now);
                }
            }
            9 => {
                e.block_on(admin.erase(id, actor("cem"))).unwrap();
                t.ends(TextState::Erased);
            }
            10 => {
                if e.block_on(e.handles.intake.withdraw(&t.token)).is_ok() {
                    t.withdrawn = true;
                    t.ends(TextState::None);
                }
            }
            _ => {
                let symptom = SymptomId::parse("slow").unwrap();
                let change = other.map(text);
                let rewritten = change.is_some();
                let done = e.block_on(e.handles.intake.amend(&t.token, symptom, None, change));
                if done.is_ok() && rewritten {
                    let typed = other.unwrap();
                    t.typed = Some(typed.to_owned());
                    (t.decisions, t.flagged) = (Vec::new(), false);
                    t.decided(World::expected(typed), now);
                }
            }
        }
        e.block_on(admin.catch_up()).unwrap();
        self.look();
    }

    /// The site ends in some way, nobody is there for a while, and it begins again.
    fn restart(&mut self) {
        let e = self.engine.take().unwrap();
        let before = e.handles.admin.status().seq;
        let folder = if self.dice.below(3) == 0 { e.stop() } else { e.kill() };
        folder.clock.advance_ms(self.dice.below(12 * 60_000) as i64);
        let e = TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap();
        self.engine = Some(e);
        self.lives += 1;
        self.late(self.now());
        // As readers find it, before anything else is done.
        self.look();
        self.public(false);
        let e = self.engine();
        let since = e.block_on(e.journal.inner().read(before + 1, usize::MAX)).unwrap();
        let late = |x: &Entry| matches!(&x.signal, Signal::ModerationDecided(d) if d.decider == Decider::Clock);
        let last = since.iter().rposition(late).map_or(0, |i| i + 1);
        for x in &since[..last] {
            // A stop in order writes its last minute's views and words first.
            let first = matches!(x.signal, Signal::Resumed { .. } | Signal::VerdictChanged { .. } | Signal::Tick);
            assert!(first || late(x), "{} comes before what is overdue", x.signal.kind());
        }
    }
}

/// Of a journal: nothing else is taken in while a text is overdue.
fn nothing_comes_before_what_is_overdue(entries: &[Entry]) {
    let mut due: BTreeMap<ReportId, Time> = BTreeMap::new();
    for x in entries {
        let mut since = x.at;
        let (id, decision) = match &x.signal {
            Signal::ReportAccepted(r) => (r.id, r.moderated.as_ref().map(|m| m.decision)),
            Signal::ReportUpdated(u) => match &u.change {
                allclear_model::signal::ReportChange::Amended { text, .. } => match text {
                    allclear_model::signal::TextChange::Kept => continue,
                    allclear_model::signal::TextChange::Removed => (u.id, None),
                    allclear_model::signal::TextChange::Replaced(m) => (u.id, Some(m.decision)),
                },
                allclear_model::signal::ReportChange::Withdrawn => (u.id, None),
            },
            Signal::ModerationDecided(d) => (d.id, Some(d.decision)),
            Signal::ModerationUndone(u) => {
                since = u.since.unwrap_or(x.at);
                (u.id, Some(u.decision))
            }
            Signal::TextErased(t) => (t.id, None),
            Signal::Resumed { .. } | Signal::VerdictChanged { .. } => continue,
            _ => {
                let over = due.iter().find(|(_, d)| **d <= x.at);
                assert!(over.is_none(), "{} at {}: {over:?} was not decided before", x.signal.kind(), x.at);
                continue;
            }
        };
        if !matches!(&x.signal, Signal::ModerationDecided(d) if d.decider == Decider::Clock) {
            let over = due.iter().find(|(_, d)| **d <= x.at);
            assert!(over.is_none(), "{} at {}: {over:?} was not decided before", x.signal.kind(), x.at);
        }
        due.remove(&id);
        if decision == Some(Decision::Hold) {
            due.insert(id, since.plus_ms(WAITS_MS));
        }
    }
}

#[test]
fn of_ten_thousand_reports_no_text_is_undecided_longer_than_four_and_a_half_minutes_over_kills_and_restarts() {
    const REPORTS: usize = 10_000;
    let mut w = World {
        engine: Some(TestEngine::new(catalogue())),
        dice: Dice(2026),
        told: BTreeMap::new(),
        order: Vec::new(),
        unseen: BTreeMap::new(),
        sources: 0,
        lives: 1,
        ready: PLAIN.into_iter().chain([HELD, SCAM]).map(|t| (t, text(t).unwrap())).collect(),
    };
    while w.order.len() < REPORTS {
        match w.dice.below(100) {
            0..=49 => {
                let n = (1 + w.dice.below(40)).min(REPORTS - w.order.len());
                w.reports(n);
            }
            50..=83 => {
                let ms = w.dice.below(120_000) as i64;
                w.pass(ms);
            }
            84..=97 => w.act(),
            _ => w.restart(),
        }
    }
    assert!(w.lives > 8, "{} lives", w.lives);
    w.pass(WAITS_MS);
    assert!(w.unseen.is_empty(), "every line was public within five minutes: {:?}", w.unseen);
    let e = w.engine();
    let (waiting, more) = e.block_on(e.handles.admin.texts(Queue::Waiting, None, 500)).unwrap();
    assert!(waiting.is_empty() && more.is_none(), "the queue is empty");
    assert!(w.told.values().all(|t| t.state != TextState::Checking));
    e.block_on(e.handles.admin.projected()).unwrap();
    let mut stored = BTreeMap::new();
    for service in SERVICES {
        let (slug, mut before) = (Slug::parse(service).unwrap(), None);
        loop {
            let page = e.block_on(e.handles.archive.reports(&slug, before, 500)).unwrap();
            stored.extend(page.rows.into_iter().map(|row| (row.id, row.text)));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
    }
    let told = w.told.iter().filter(|(_, t)| !t.withdrawn).map(|(id, t)| (*id, t.state));
    assert!(stored == told.collect(), "the archive says of each text what pages said");
    let entries = e.entries();
    check_journal(&entries);
    nothing_comes_before_what_is_overdue(&entries);
    assert_eq!(of_kind(&entries, "report_accepted"), REPORTS);
    let late =
        entries.iter().filter(|x| matches!(&x.signal, Signal::ModerationDecided(d) if d.decider == Decider::Clock));
    assert!(late.count() > 1000, "most of what was held was left to the clock");
}

#[test]
fn the_site_withholds_what_nobody_decided_though_nobody_asks_it_for_anything() {
    let e = TestEngine::new(catalogue());
    let held = send(&e, "mail", HELD, 1);
    assert_eq!(line(&e, "mail", held.id), Some(LineText::Checking));
    e.clock().advance_ms(WAITS_MS - 1);
    e.block_on(e.handles.admin.catch_up()).unwrap();
    assert_eq!(line(&e, "mail", held.id), Some(LineText::Checking), "a millisecond is left");
    let mut changes = e.handles.site.watch_service("mail").unwrap();
    changes.borrow_and_update();
    e.clock().advance_ms(1);
    e.block_on(async {
        while line(&e, "mail", held.id) != Some(LineText::Withheld) {
            changes.changed().await.unwrap();
        }
    });
    let (looked, decisions) = e.block_on(e.handles.admin.text(held.id)).unwrap();
    assert_eq!(looked.report.reasons, [Reason::Late]);
    let told: Vec<_> = decisions.iter().map(|d| (d.decision, d.decider.clone())).collect();
    assert_eq!((told[0].0, told[1].clone()), (Decision::Hold, (Decision::Hide, Decider::Clock)));
    assert_eq!(decisions[1].at, held.at.plus_ms(WAITS_MS), "and it is public within five minutes");
}

#[test]
fn three_flags_from_three_networks_hold_a_text_and_an_operators_word_stands_above_them() {
    let e = TestEngine::new(catalogue());
    let shown = send(&e, "mail", PLAIN[0], 1);
    let flag = |id, from: Origin| e.block_on(e.handles.intake.flag(id, from));
    let near = |source| Origin { network: e.origin(10).network, ..e.origin(source) };
    assert!(flag(shown.id, e.origin(10)).unwrap());
    assert!(!flag(shown.id, e.origin(10)).unwrap(), "the same source again");
    assert!(!flag(shown.id, near(11)).unwrap(), "another source of the same network");
    assert!(flag(shown.id, e.origin(12)).unwrap());
    assert_eq!(stored(&e, shown.id), TextState::Shown, "two networks are not enough");
    assert!(flag(shown.id, e.origin(13)).unwrap());
    assert_eq!(stored(&e, shown.id), TextState::Checking);
    assert_eq!(line(&e, "mail", shown.id), Some(LineText::Checking));
    assert!(matches!(flag(shown.id, e.origin(14)), Err(EngineError::NotFound)), "what is not shown is not flagged");

    let admin = &e.handles.admin;
    let (waiting, _) = e.block_on(admin.texts(Queue::Waiting, None, 10)).unwrap();
    assert_eq!(
        (waiting.len(), waiting[0].report.id, &waiting[0].report.reasons[..]),
        (1, shown.id, &[Reason::Flagged][..])
    );
    e.block_on(admin.decide(shown.id, Decision::Show, vec![], actor("ada"))).unwrap();
    e.block_on(admin.catch_up()).unwrap();
    assert!(matches!(line(&e, "mail", shown.id), Some(LineText::Shown(t)) if t.as_str() == PLAIN[0]));
    for source in 20..30 {
        assert!(flag(shown.id, e.origin(source)).is_ok());
    }
    assert_eq!(stored(&e, shown.id), TextState::Shown, "flags of that day change nothing any more");

    e.block_on(admin.decide(shown.id, Decision::Hide, vec![Reason::Noise], actor("bob"))).unwrap();
    assert_eq!(stored(&e, shown.id), TextState::Withheld);
    e.block_on(admin.undo(shown.id, actor("cem"))).unwrap();
    assert_eq!(stored(&e, shown.id), TextState::Shown, "what ada said holds again");
    e.clock().advance_ms(WAITS_MS);
    e.block_on(admin.undo(shown.id, actor("dan"))).unwrap();
    assert_eq!(stored(&e, shown.id), TextState::Withheld, "the flags hold again, and their time is over");
    e.block_on(admin.undo(shown.id, actor("eve"))).unwrap();
    assert_eq!(stored(&e, shown.id), TextState::Shown, "the flags are taken back, too");
    let last = e.block_on(admin.undo(shown.id, actor("eve")));
    assert!(matches!(last, Err(EngineError::Invalid { field: "report", .. })), "the rules' own word is the first");
    let acts: Vec<(String, String)> =
        e.block_on(admin.audit(None, 100)).unwrap().into_iter().map(|a| (a.actor.to_string(), a.act)).collect();
    let told: Vec<(&str, &str)> = acts.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(
        told,
        [
            ("eve", "decision_undone"),
            ("dan", "decision_undone"),
            ("cem", "decision_undone"),
            ("bob", "text_hidden"),
            ("ada", "text_approved"),
        ],
        "newest first, each with who did it"
    );
    // And all of it over a restart.
    let e = TestEngine::open(e.kill(), catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    assert!(matches!(line(&e, "mail", shown.id), Some(LineText::Shown(_))));
    assert_eq!(e.block_on(e.handles.admin.audit(None, 100)).unwrap().len(), 5);
}

#[test]
fn an_approval_that_is_taken_back_lets_the_text_wait_for_what_is_left_of_its_time() {
    let e = TestEngine::new(catalogue());
    let (early, late) = (send(&e, "mail", HELD, 1), send(&e, "mail", HELD, 2));
    let why = |e: &TestEngine, id| {
        // Without waiting for the archive: from the answer on everybody reads what was decided.
        let row = e.block_on(e.handles.archive.report(id)).unwrap().unwrap();
        (row.text, row.reasons)
    };
    e.block_on(e.handles.admin.projected()).unwrap();
    let held = why(&e, early.id);
    assert_eq!(held.0, TextState::Checking);
    let admin = &e.handles.admin;
    for id in [early.id, late.id] {
        e.block_on(admin.decide(id, Decision::Show, vec![], actor("ada"))).unwrap();
        assert_eq!(why(&e, id), (TextState::Shown, vec![]));
    }
    e.clock().advance_ms(60_000);
    e.block_on(admin.undo(early.id, actor("ada"))).unwrap();
    assert_eq!(why(&e, early.id), held, "it waits again, for the same reasons");
    let (waiting, _) = e.block_on(admin.texts(Queue::Waiting, None, 10)).unwrap();
    assert_eq!(waiting.iter().map(|t| t.report.id).collect::<Vec<_>>(), [early.id]);
    // Also over a restart.
    let e = TestEngine::open(e.kill(), catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    let admin = &e.handles.admin;
    assert_eq!(line(&e, "mail", early.id), Some(LineText::Checking));
    let left = WAITS_MS - 1 - e.clock().advance_ms(0).since_ms(early.at);
    e.clock().advance_ms(left);
    e.block_on(admin.catch_up()).unwrap();
    assert_eq!(line(&e, "mail", early.id), Some(LineText::Checking), "a millisecond of its own time is left");
    e.clock().advance_ms(1);
    e.block_on(admin.catch_up()).unwrap();
    assert_eq!(line(&e, "mail", early.id), Some(LineText::Withheld));
    assert_eq!(stored(&e, late.id), TextState::Shown, "what was approved stays so");
    e.block_on(admin.undo(late.id, actor("ada"))).unwrap();
    let and_late: Vec<Reason> = held.1.iter().copied().chain([Reason::Late]).collect();
    assert_eq!(why(&e, late.id), (TextState::Withheld, and_late), "nothing of its time is left");
}

#[test]
fn flags_belong_to_the_text_that_was_flagged_and_not_to_the_one_that_takes_its_place() {
    let e = TestEngine::new(catalogue());
    let mine = send(&e, "mail", PLAIN[0], 1);
    let flag = |source| e.block_on(e.handles.intake.flag(mine.id, e.origin(source)));
    let rewrite = |typed: &str| {
        let symptom = SymptomId::parse("login").unwrap();
        e.block_on(e.handles.intake.amend(&mine.token, symptom, None, Some(text(typed)))).unwrap();
    };
    // An author who flags the own text from three networks and then writes another one would be out of reach of flags.
    for source in 10..13 {
        assert!(flag(source).unwrap());
    }
    rewrite(PLAIN[1]);
    assert_eq!(stored(&e, mine.id), TextState::Shown);
    for source in 20..23 {
        assert!(flag(source).unwrap());
    }
    assert_eq!(stored(&e, mine.id), TextState::Checking, "three readers hold this one, too");

    // And what was decided about a text that is gone does not come back for another one.
    e.block_on(e.handles.admin.decide(mine.id, Decision::Show, vec![], actor("ada"))).unwrap();
    rewrite(SCAM);
    assert_eq!(stored(&e, mine.id), TextState::Withheld);
    let undone = e.block_on(e.handles.admin.undo(mine.id, actor("ada")));
    assert!(matches!(undone, Err(EngineError::Invalid { field: "report", .. })), "{undone:?}");
    assert_eq!(stored(&e, mine.id), TextState::Withheld);
}

#[test]
fn an_erased_text_is_gone_from_picture_archive_and_queue_and_nothing_brings_it_back() {
    let e = TestEngine::new(catalogue());
    let admin = &e.handles.admin;
    let (held, shown) = (send(&e, "mail", HELD, 1), send(&e, "mail", PLAIN[0], 2));
    e.block_on(admin.decide(held.id, Decision::Show, vec![], actor("ada"))).unwrap();
    for id in [held.id, shown.id, shown.id] {
        e.block_on(admin.erase(id, actor("bob"))).unwrap();
    }
    e.block_on(admin.catch_up()).unwrap();
    for id in [held.id, shown.id] {
        assert_eq!(line(&e, "mail", id), Some(LineText::Erased));
        let (looked, _) = e.block_on(admin.text(id)).unwrap();
        assert_eq!((looked.report.text, looked.text), (TextState::Erased, None));
        for bad in [
            e.block_on(admin.decide(id, Decision::Show, vec![], actor("ada"))),
            e.block_on(admin.undo(id, actor("ada"))),
        ] {
            assert!(matches!(bad, Err(EngineError::Invalid { field: "report", .. })), "{bad:?}");
        }
        assert!(matches!(e.block_on(e.handles.intake.flag(id, e.origin(9))), Err(EngineError::NotFound)));
    }
    e.block_on(admin.catch_up()).unwrap();
    assert_eq!(line(&e, "mail", held.id), Some(LineText::Erased));
    let unknown = ReportId::new(e.clock().advance_ms(0), [9; 10]);
    assert!(matches!(e.block_on(admin.erase(unknown, actor("bob"))), Err(EngineError::NotFound)));
    let e = TestEngine::open(e.kill(), catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    assert_eq!(line(&e, "mail", held.id), Some(LineText::Erased));
    let erased = e.block_on(e.handles.admin.audit(None, 100)).unwrap();
    assert_eq!(erased.iter().filter(|a| a.act == "text_erased" && a.actor.as_str() == "bob").count(), 3);
}

#[test]
fn the_door_says_how_long_to_wait_and_what_is_not_kept_costs_nothing() {
    let e = limited(Folder::new(), 3, 5);
    let report = |source| e.report("mail", "login", source);
    e.journal.fail(Fault::Full);
    for _ in 0..10 {
        assert!(matches!(report(1), Err(EngineError::Unavailable { .. })), "not kept, so not counted");
    }
    e.journal.fail(Fault::None);
    for _ in 0..10 {
        assert!(matches!(e.report("mail", "melted", 1), Err(EngineError::Invalid { .. })), "nor is what is wrong");
    }
    for _ in 0..3 {
        report(1).unwrap();
    }
    e.clock().advance_ms(1_500);
    assert!(matches!(report(1), Err(EngineError::Limited { retry_after_s: 3599 })));
    // A network is limited by the minute, and a source that its network refuses has lost nothing.
    let network = e.origin(50).network;
    let neighbour = |source| {
        let from = Origin { network, ..e.origin(source) };
        e.block_on(e.handles.intake.report(new_report("chat", "slow"), from))
    };
    for source in 50..55 {
        neighbour(source).unwrap();
    }
    for _ in 0..10 {
        assert!(matches!(neighbour(55), Err(EngineError::Limited { retry_after_s: 60 })));
    }
    assert!(report(56).is_ok(), "another network");
    e.clock().advance_ms(60_000);
    for _ in 0..3 {
        neighbour(55).unwrap();
    }
    // Votes and flags have allowances of their own.
    let vote = |source| e.block_on(e.handles.intake.vote(Slug::parse("mail").unwrap(), None, e.origin(source)));
    e.journal.fail(Fault::Gone);
    assert!(vote(1).is_err());
    e.journal.fail(Fault::None);
    e.block_on(e.handles.admin.catch_up()).unwrap();
    for _ in 0..3 {
        vote(1).unwrap();
    }
    assert!(matches!(vote(1), Err(EngineError::Limited { .. })));
    e.clock().advance_ms(3_600_000);
    assert!(report(1).is_ok() && vote(1).is_ok(), "an hour later");
}

#[test]
fn a_repeated_request_costs_nothing_and_is_answered_though_the_limit_is_reached() {
    let e = limited(Folder::new(), 3, 0);
    let keyed = |key: &str| {
        let mut new = with_text("mail", PLAIN[0]);
        new.key = Some(e.handles.intake.request_key(&new.service, key, &e.origin(1)));
        e.block_on(e.handles.intake.report(new, e.origin(1)))
    };
    let first = keyed("one").unwrap();
    for _ in 0..50 {
        let again = keyed("one").unwrap();
        assert_eq!((again.id, &again.token, again.at), (first.id, &first.token, first.at));
    }
    let second = keyed("two").unwrap();
    keyed("three").unwrap();
    assert!(matches!(e.report("mail", "login", 1), Err(EngineError::Limited { .. })), "the limit is reached");
    for _ in 0..50 {
        assert_eq!(keyed("one").unwrap().id, first.id, "and still the old answer is given");
    }
    assert!(matches!(keyed("four"), Err(EngineError::Limited { .. })), "but none to what is new");
    assert_eq!(keyed("two").unwrap().id, second.id);
    // Who makes keys up has the writer look for so many of them in an hour as there may be reports, and no more.
    let before = e.metric("allclear_journal_batch_entries_count");
    let refused: Vec<_> = (0..100).map(|n| keyed(&format!("made up {n}"))).collect();
    assert!(refused.iter().all(|r| matches!(r, Err(EngineError::Limited { .. }))));
    assert_eq!(e.metric("allclear_journal_batch_entries_count"), before, "nothing of it is written");
    assert_eq!(of_kind(&e.entries(), "report_accepted"), 3);
    assert_eq!(e.metric("allclear_reports_accepted_total"), Some(3.0));
}

/// What the page says was taken off, of reports of one person each.
fn unproven(signs: &[Signs], prepare: impl Fn(&TestEngine)) -> f64 {
    let e = limited(Folder::new(), 1, 0);
    prepare(&e);
    for (n, signs) in signs.iter().enumerate() {
        let new = NewReport { signs: *signs, ..new_report("mail", "login") };
        assert!(e.block_on(e.handles.intake.report(new, e.origin(100 + n as u32))).unwrap().counted);
    }
    e.minutes(1);
    let d = e.handles.site.service("mail").unwrap().discounts;
    assert!((d.repeated, d.shared) == (0.0, 0.0), "{d:?}");
    let weights: Vec<u8> = e
        .entries()
        .iter()
        .filter_map(|x| match &x.signal {
            Signal::ReportAccepted(r) if r.service.as_str() == "mail" => Some(r.weight),
            _ => None,
        })
        .collect();
    let lost: f64 = weights.iter().map(|w| f64::from(100 - w) / 100.0).sum();
    assert!((d.unproven - lost).abs() < 0.01, "{weights:?} {d:?}: the page says what the journal has");
    d.unproven
}

#[test]
fn reports_weigh_what_speaks_for_a_person_and_the_page_says_what_was_taken_off() {
    let quiet = |_: &TestEngine| {};
    let attack = |e: &TestEngine| {
        assert!(!e.handles.intake.under_attack() && e.handles.intake.challenge().is_none());
        e.report("chat", "login", 1).unwrap();
        for _ in 0..ATTACK {
            assert!(matches!(e.report("chat", "login", 1), Err(EngineError::Limited { .. })));
        }
        assert!(e.handles.intake.under_attack() && e.handles.intake.challenge().is_some());
    };
    let none = Signs::default();
    let seen = Signs { dwell_s: Some(DWELL_S), ..none };
    let hasty = Signs { dwell_s: Some(DWELL_S - 1), ..none };
    let worked = Signs { worked: true, ..none };
    let trapped = Signs { trapped: true, ..Signs { worked: true, ..seen } };
    let vouched = Signs { vouched: true, ..none };
    let close = |got: f64, wanted: f64| assert!((got - wanted).abs() < 0.01, "{got} instead of {wanted}");
    close(unproven(&[none], quiet), 0.3);
    close(unproven(&[hasty], quiet), 0.3);
    close(unproven(&[none, seen], quiet), 0.3);
    close(unproven(&[trapped], quiet), 0.95);
    close(unproven(&[trapped, vouched], quiet), 0.95);
    close(unproven(&[none], attack), 0.75);
    close(unproven(&[seen], attack), 0.75);
    close(unproven(&[none, Signs { worked: true, ..seen }, vouched], attack), 0.75);
    close(unproven(&[none, worked], attack), 0.75 + 0.3);
    close(unproven(&[trapped], attack), 0.95);
    // An attack is over ten minutes after its last minute.
    let over = |e: &TestEngine| {
        attack(e);
        e.clock().advance_minutes(10);
        assert!(!e.handles.intake.under_attack());
    };
    close(unproven(&[none], over), 0.3);
}

#[test]
fn what_filled_in_the_hidden_field_is_never_shown_by_the_rules_alone() {
    let e = TestEngine::new(catalogue());
    let mut new = with_text("mail", PLAIN[0]);
    new.signs = Signs { trapped: true, ..Signs::default() };
    let r = e.block_on(e.handles.intake.report(new, e.origin(1))).unwrap();
    assert_eq!((r.text, r.counted), (Some(Decision::Hold), true), "it is not told apart by what it is answered");
    assert_eq!(line(&e, "mail", r.id), Some(LineText::Checking));
}

#[test]
fn copies_of_one_long_text_from_many_networks_wait_and_each_report_counts_in_full() {
    const COPIES: u32 = 30;
    let told = |of: &dyn Fn(u32) -> String| {
        let e = TestEngine::new(catalogue());
        let seen = Signs { dwell_s: Some(DWELL_S), ..Signs::default() };
        let sent: Vec<Receipt> = (0..COPIES)
            .map(|n| {
                let new = NewReport { signs: seen, ..with_text("mail", &of(n)) };
                e.block_on(e.handles.intake.report(new, e.origin(n))).unwrap()
            })
            .collect();
        assert!(sent.iter().all(|r| r.counted));
        let whole = |x: &Entry| matches!(&x.signal, Signal::ReportAccepted(r) if r.counted && r.weight == 100);
        assert_eq!(e.entries().iter().filter(|x| whole(x)).count(), sent.len());
        let view = e.handles.site.service("mail").unwrap();
        let v = &view.verdict;
        assert_eq!((v.reports.actual, v.reports.effective), (u64::from(COPIES), f64::from(COPIES)));
        let d = view.discounts;
        assert_eq!((d.repeated, d.shared, d.unproven), (0.0, 0.0, 0.0));
        let held = sent.iter().filter(|r| r.text == Some(Decision::Hold)).count();
        (held, v.level, v.phase, v.log_odds)
    };
    let letters =
        |n: u32| char::from(b'a' + (n / 26) as u8).to_string() + &char::from(b'a' + (n % 26) as u8).to_string();
    let copies = told(&|_| "please let everybody know that we are many and that we are not alone in this".to_owned());
    let own = told(&|n| format!("please let everybody know that we are {} and not alone in this", letters(n)));
    assert_eq!((copies.0, own.0), (COPIES as usize - 4, 0), "from the fifth on the text waits");
    assert_eq!((copies.1, copies.2, copies.3), (own.1, own.2, own.3), "and the judge takes them for what each says");
}

#[test]
fn a_flood_that_the_door_refuses_never_reaches_the_writer_and_delays_nobody() {
    // Ten places before the writer: a flood that stood in line would leave none for others.
    let e = TestEngine::open(Folder::new(), catalogue(), |cfg| {
        cfg.limits.reports_per_source_per_hour = 1;
        cfg.queue = 10;
    })
    .map_err(|x| x.1)
    .unwrap();
    e.report("mail", "login", 1).unwrap();
    // Nothing is written any more, so whatever reaches the writer stays before it.
    e.journal.fail(Fault::Stuck);
    let (flooder, flood) = (e.origin(1), with_text("mail", PLAIN[1]));
    let got: Vec<IntakeResult<Receipt>> = e.block_on(async {
        let tracker = tokio_util::task::TaskTracker::new();
        let mut tasks = Vec::new();
        for _ in 0..20 {
            let (intake, flood) = (e.handles.intake.clone(), flood.clone());
            tasks.push(tracker.spawn(async move {
                let mut all = Vec::new();
                for _ in 0..1000 {
                    all.push(intake.report(flood.clone(), flooder).await);
                }
                all
            }));
        }
        let mut all = Vec::new();
        for t in tasks {
            all.extend(t.await.unwrap());
        }
        all
    });
    assert_eq!(got.len(), 20_000);
    assert!(got.iter().all(|r| matches!(r, Err(EngineError::Limited { .. }))), "each is told at once, and why");
    assert_eq!(e.handles.admin.status().waiting, 0, "the writer has heard of none");
    e.journal.fail(Fault::None);
    assert!(e.report("mail", "login", 2).unwrap().counted);
    assert_eq!(of_kind(&e.entries(), "report_accepted"), 2);
    assert_eq!(e.metric("allclear_reports_refused_total"), Some(20_000.0));
    assert!(e.handles.intake.under_attack(), "and forms ask for a proof of work now");
}

#[test]
fn texts_of_listed_reports_are_in_the_first_pictures_after_a_stop_and_after_a_kill() {
    let mut e = TestEngine::new(catalogue());
    for n in 0..30 {
        send(&e, SERVICES[n % 3], &format!("down again, number {n}"), n as u32);
    }
    send(&e, "mail", HELD, 90);
    send(&e, "mail", SCAM, 91);
    e.minutes(1);
    let shown = |e: &TestEngine| -> Vec<(ReportId, LineText)> {
        let views = SERVICES.iter().map(|s| e.handles.site.service(s).unwrap());
        views.flat_map(|v| v.recent.iter().map(|l| (l.id, l.text.clone())).collect::<Vec<_>>()).collect()
    };
    let before = shown(&e);
    assert_eq!(before.iter().filter(|(_, t)| matches!(t, LineText::Shown(_))).count(), 30);
    for kill in [true, false, true] {
        if kill {
            e.block_on(e.handles.admin.snapshot()).unwrap();
        }
        let folder = if kill { e.kill() } else { e.stop() };
        e = TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap();
        assert_eq!(shown(&e), before);
    }
}

#[test]
fn texts_in_memory_are_those_of_listed_reports_and_no_others() {
    let e = TestEngine::new(catalogue());
    let held = |e: &TestEngine| e.metric("allclear_map_entries{map=\"texts\"}").unwrap();
    let new = with_text("mail", PLAIN[0]);
    for round in 0..4u32 {
        let from: Vec<Origin> = (0..500).map(|n| e.origin(round * 500 + n)).collect();
        e.block_on(async {
            let tracker = tokio_util::task::TaskTracker::new();
            for from in from {
                let (intake, new) = (e.handles.intake.clone(), new.clone());
                tracker.spawn(async move { intake.report(new, from).await.unwrap() });
            }
            tracker.close();
            tracker.wait().await;
        });
        // What fell off the list within the minute goes with its end.
        e.minutes(2);
        let view = e.handles.site.service("mail").unwrap();
        assert!(view.recent.iter().all(|l| matches!(l.text, LineText::Shown(_))));
        assert_eq!((view.recent.len(), held(&e)), (20, 20.0), "round {round}");
    }
}

#[test]
fn after_ninety_days_a_text_and_its_line_are_gone_from_picture_archive_and_memory_though_nobody_else_reports() {
    const DAY_MS: i64 = 86_400_000;
    let gone = |e: &TestEngine, id: ReportId| {
        e.block_on(e.handles.admin.projected()).unwrap();
        e.block_on(e.handles.admin.maintain()).unwrap();
        let memory = e.metric("allclear_map_entries{map=\"texts\"}").unwrap();
        let archive = (
            e.block_on(e.handles.archive.report(id)).unwrap().is_none(),
            e.block_on(e.handles.archive.texts(&[id])).unwrap().is_empty(),
        );
        (line(e, "mail", id).is_none(), memory == 0.0, archive)
    };
    let (kept, all_gone) = ((false, false, (false, false)), (true, true, (true, true)));
    // The site sleeps for most of the time, or is started anew at the end of it.
    for restarted in [false, true] {
        let mut e = TestEngine::new(catalogue());
        let mine = send(&e, "mail", PLAIN[0], 1);
        e.minutes(2);
        e.clock().set(mine.at.plus_ms(89 * DAY_MS));
        e.minutes(2);
        assert_eq!(gone(&e, mine.id), kept, "after 89 days");
        assert!(matches!(line(&e, "mail", mine.id), Some(LineText::Shown(t)) if t.as_str() == PLAIN[0]));
        if restarted {
            let folder = e.stop();
            folder.clock.set(mine.at.plus_ms(91 * DAY_MS));
            e = TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap();
            assert_eq!(line(&e, "mail", mine.id), None, "nor is it in the first pictures");
            e.minutes(2);
        } else {
            // Awake while it happens, and nothing but minutes pass.
            e.clock().set(mine.at.plus_ms(90 * DAY_MS - 5 * 60_000));
            e.minutes(2);
            assert_eq!(gone(&e, mine.id), kept, "three minutes before");
            e.minutes(20);
            assert_eq!(gone(&e, mine.id), all_gone, "a quarter of an hour after");
            e.clock().set(mine.at.plus_ms(91 * DAY_MS));
            e.minutes(2);
        }
        assert_eq!(gone(&e, mine.id), all_gone, "after 91 days");
    }
}

#[test]
fn every_act_of_an_operator_is_kept_with_who_did_it_also_over_a_restart() {
    let e = TestEngine::new(catalogue());
    let admin = &e.handles.admin;
    let mail = || Slug::parse("mail").unwrap();
    let note = |words: &str, link: Option<&str>| allclear_model::act::Note {
        words: text(words).unwrap(),
        link: link.map(str::to_owned),
        until: None,
    };
    let number =
        e.block_on(admin.add_note(mail(), note("We know.", Some("https://example.org")), actor("ada"))).unwrap();
    let nowhere = e.block_on(admin.add_note(Slug::parse("nope").unwrap(), note("x", None), actor("ada")));
    assert!(matches!(nowhere, Err(EngineError::NoService(_))));
    for link in ["javascript:alert(1)", "//example.org", "ftp://example.org", "data:text/html,x"] {
        let bad = e.block_on(admin.add_note(mail(), note("x", Some(link)), actor("ada")));
        assert!(matches!(bad, Err(EngineError::Invalid { field: "link", .. })), "{link}");
    }
    e.block_on(admin.catch_up()).unwrap();
    assert_eq!(e.handles.site.service("mail").unwrap().notes[0].0, number);
    e.block_on(admin.remove_note(mail(), number, actor("bob"))).unwrap();
    e.block_on(admin.catch_up()).unwrap();
    assert!(matches!(e.block_on(admin.remove_note(mail(), number, actor("bob"))), Err(EngineError::NotFound)));
    e.block_on(admin.opt_out("WWW.Example.org.", true, actor("cem"))).unwrap();
    for bad in ["", "-a.org", "exa mple.org", "http://example.org", "a..b", &format!("{}.org", "a".repeat(64))] {
        assert!(
            matches!(e.block_on(admin.opt_out(bad, true, actor("cem"))), Err(EngineError::Invalid { .. })),
            "{bad}"
        );
    }
    let told = |e: &TestEngine| -> Vec<(String, String, String)> {
        let acts = e.block_on(e.handles.admin.audit(None, 10)).unwrap();
        acts.into_iter().map(|a| (a.actor.to_string(), a.act, a.subject)).collect()
    };
    let acts = told(&e);
    let of = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(
        acts,
        [
            of("cem", "optout_added", "www.example.org"),
            of("bob", "note_removed", &format!("mail {number}")),
            of("ada", "note_added", "mail"),
        ]
    );
    let journalled = e.entries().iter().filter(|x| matches!(&x.signal, Signal::Act(a) if matches!(a.act, Act::NoteAdded { .. } | Act::NoteRemoved { .. } | Act::OptOut { .. }))).count();
    assert_eq!(journalled, 3, "what was refused is no act");
    let e = TestEngine::open(e.kill(), catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    assert_eq!(told(&e), acts);
}
