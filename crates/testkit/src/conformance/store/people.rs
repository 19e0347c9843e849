//! Texts with what is decided about them, acts of operators, suggestions and answers.

use super::project;
use crate::conformance::sample::{START, actor, entries, free_text, moderated, report, report_id, reported, slug};
use allclear_model::act::Outcome;
use allclear_model::signal::{ModerationDecided, ModerationUndone, ReportAccepted, TextErased};
use allclear_model::{Act, Acted, Decider, Decision, Level, Reason, Signal, TextState, Time};
use allclear_ports::{Considered, Listing, Queue, Store, Suggestion, Survey};

pub(super) async fn texts_are_decided_in_turn_and_operators_leave_traces(s: &impl Store) {
    let with = |n: u64, decision, reasons| {
        let r = report(n, "aws");
        Signal::ReportAccepted(ReportAccepted { moderated: Some(moderated(decision, reasons)), ..r })
    };
    let decided = |n: u64, decision, reasons: Vec<Reason>, decider| {
        let (id, service) = (report_id(n), slug("aws"));
        Signal::ModerationDecided(ModerationDecided { id, service, decision, reasons, decider })
    };
    let by_jo = || Decider::Operator { name: actor() };
    let first = [
        with(1, Decision::Show, vec![]),
        with(2, Decision::Hold, vec![Reason::Link]),
        with(3, Decision::Hide, vec![Reason::Scam, Reason::Link]),
        with(4, Decision::Hold, vec![Reason::Noise]),
        reported(5, "aws"),
    ];
    project(s, &entries(0, START, 1000, first)).await;
    let text = async |n: u64| {
        let row = s.report(report_id(n)).await.expect("report").expect("it is there");
        (row.text, row.reasons)
    };
    let queue = async |queue| -> Vec<u64> {
        s.queue(queue, None, 10).await.expect("queue").rows.iter().map(|r| r.seq).collect()
    };
    assert_eq!(text(3).await, (TextState::Withheld, vec![Reason::Scam, Reason::Link]));
    assert_eq!(text(5).await, (TextState::None, vec![]));
    assert_eq!(queue(Queue::Waiting).await, [4, 2]);
    assert_eq!((queue(Queue::Withheld).await, queue(Queue::Shown).await), (vec![3], vec![1]));
    let page = s.queue(Queue::Waiting, None, 1).await.expect("queue");
    assert_eq!((page.rows[0].seq, page.next), (4, Some(4)));
    assert_eq!(s.queue(Queue::Waiting, page.next, 10).await.expect("queue").rows[0].seq, 2);

    let then = [
        decided(4, Decision::Hide, vec![Reason::Late], Decider::Clock),
        decided(3, Decision::Show, vec![], by_jo()),
        decided(1, Decision::Hide, vec![Reason::Operator], by_jo()),
    ];
    project(s, &entries(5, START.plus_s(300), 1000, then)).await;
    assert_eq!(text(4).await, (TextState::Withheld, vec![Reason::Late]));
    assert_eq!(queue(Queue::Waiting).await, [2]);
    assert_eq!(queue(Queue::Withheld).await, [4], "what an operator has hidden needs no look any more");
    let undone = ModerationUndone {
        id: report_id(1),
        service: slug("aws"),
        undone: 8,
        decision: Decision::Show,
        since: None,
        reasons: vec![],
        actor: actor(),
    };
    let erased = TextErased { id: report_id(3), service: slug("aws"), actor: actor() };
    let more = [Signal::ModerationUndone(undone), Signal::TextErased(erased)];
    project(s, &entries(8, START.plus_s(400), 1000, more)).await;
    assert_eq!((text(1).await.0, text(3).await.0), (TextState::Shown, TextState::Erased));
    project(s, &entries(10, START.plus_s(500), 1000, [decided(3, Decision::Show, vec![], by_jo())])).await;
    assert_eq!(text(3).await.0, TextState::Erased, "what is gone stays gone");
    let history = s.decisions(report_id(1)).await.expect("decisions");
    let told: Vec<_> = history.iter().map(|d| (d.seq, d.decision, d.undone)).collect();
    assert_eq!(told, [(1, Decision::Show, false), (8, Decision::Hide, true)]);
    assert_eq!((&history[0].decider, &history[1].decider), (&Decider::Rules { version: 1 }, &by_jo()));
    let audit = s.audit(None, 10).await.expect("audit");
    let acts: Vec<&str> = audit.iter().map(|a| a.act.as_str()).collect();
    assert_eq!(acts, ["text_approved", "text_erased", "decision_undone", "text_hidden", "text_approved"]);
    assert_eq!(audit[1].subject, report_id(3).to_string());
    assert_eq!(s.audit(Some(audit[3].seq), 1).await.expect("audit"), [audit[4].clone()]);
    // The same entries again change nothing.
    project(s, &entries(0, START, 1000, [with(1, Decision::Hide, vec![])])).await;
    assert_eq!(text(1).await.0, TextState::Shown);
}

pub(super) async fn suggestions_and_answers_are_kept(s: &impl Store) {
    let suggestion = |name: &str, host: Option<&str>, at: Time| Suggestion {
        id: 0,
        name: name.to_owned(),
        host: host.map(str::to_owned),
        why: host.map(|_| free_text("We use it all day.")),
        considered: Considered::Open,
        at,
    };
    let mut kept = [
        suggestion("Some Thing", Some("thing.example"), START),
        suggestion("Other", None, START.plus_s(1)),
        suggestion("Some Thing", Some("thing.example"), START.plus_s(86_400)),
    ];
    let same_day =
        [suggestion("some thing", None, START.plus_s(2)), suggestion("Thing!", Some("thing.example"), START.plus_s(3))];
    let mut numbers = Vec::new();
    for s2 in kept[..2].iter().chain(&same_day).chain(&kept[2..]) {
        numbers.push(s.suggest(s2).await.expect("suggest"));
    }
    assert_eq!((numbers[2], numbers[3]), (numbers[0], numbers[0]), "the same again has the first one's number");
    for (s2, number) in kept.iter_mut().zip([numbers[0], numbers[1], numbers[4]]) {
        s2.id = number;
    }
    let act = |act| Signal::Act(Acted { actor: actor(), act });
    let accepted = Outcome::Accepted { service: slug("thing") };
    let decide = |suggestion: usize, outcome| act(Act::SuggestionDecided { suggestion: numbers[suggestion], outcome });
    let acts =
        [decide(0, accepted), decide(1, Outcome::Rejected), decide(4, Outcome::Rejected), decide(4, Outcome::Open)];
    project(s, &entries(0, START, 1, acts)).await;
    (kept[0].considered, kept[1].considered) = (Considered::Accepted(slug("thing")), Considered::Rejected);
    let listed = s.suggestions(Listing::newest(10)).await.expect("suggestions");
    assert_eq!(listed, kept.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(s.suggestions(Listing::newest(1)).await.expect("suggestions"), &listed[..1]);
    // However many decided ones are newer, what waits is found; and so is each by its number.
    let open = Listing { open: true, before: None, limit: 1 };
    assert_eq!(s.suggestions(open).await.expect("suggestions"), &listed[..1], "it waits again");
    project(s, &entries(40, START, 1, [decide(0, Outcome::Open), decide(4, Outcome::Rejected)])).await;
    let waits = s.suggestions(open).await.expect("suggestions");
    assert_eq!(waits.iter().map(|w| w.id).collect::<Vec<_>>(), [numbers[0]]);
    let one = s.suggestions(Listing::one(numbers[1])).await.expect("suggestions");
    assert_eq!(one.iter().map(|w| w.id).collect::<Vec<_>>(), [numbers[1]]);
    let before = Listing { before: Some(numbers[1]), ..Listing::newest(10) };
    assert_eq!(s.suggestions(before).await.expect("suggestions").len(), 1);
    let answer = |service: Option<&str>, choice: &str, level| Survey {
        id: 0,
        service: service.map(slug),
        choice: slug(choice),
        level,
        words: service.map(|_| free_text("It works here.")),
        report: service.map(|_| report_id(7)),
        at: START,
        closed: false,
    };
    let mut answers = [answer(None, "too-slow", None), answer(Some("aws"), "wrong", Some(Level::MajorOutage))];
    for answer in &mut answers {
        answer.id = s.survey(answer).await.expect("survey");
    }
    project(s, &entries(60, START.plus_s(60), 1, [act(Act::FeedbackClosed { feedback: answers[1].id, closed: true })]))
        .await;
    answers[1].closed = true;
    assert_eq!(s.surveys(Listing::newest(10)).await.expect("surveys"), [answers[1].clone(), answers[0].clone()]);
    assert_eq!(s.surveys(Listing::newest(1)).await.expect("surveys").len(), 1);
    assert_eq!(s.surveys(open).await.expect("surveys"), &answers[..1], "the newer one is closed");
    assert_eq!(s.surveys(Listing::one(answers[0].id)).await.expect("surveys"), &answers[..1]);
    let year = START.plus_s(367 * 86_400);
    assert_eq!(s.retain(year, 3).await.expect("retain"), 3);
    while s.retain(year, 10).await.expect("retain") > 0 {}
    assert_eq!(
        (
            s.suggestions(Listing::newest(10)).await.expect("suggestions"),
            s.surveys(Listing::newest(10)).await.expect("surveys")
        ),
        (vec![], vec![])
    );
    assert_eq!(s.audit(None, 10).await.expect("audit"), vec![]);
}
