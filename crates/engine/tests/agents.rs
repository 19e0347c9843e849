//! The site's door for agents: who may come in, what is taken, and that nothing is taken twice.

use crate::support::{check_journal, of_kind};
use CheckOutcome::{Down, Up};
use allclear_engine::agents::protocol::{BATCHES, Batch, Kept, Measured, Signed, WORK, Work};
use allclear_engine::agents::{Agent, Token};
use allclear_engine::catalogue::{Include, Source, load};
use allclear_engine::view::CheckCell;
use allclear_engine::{AGENTS_AT_ONCE, EngineError, IntakeResult, WatchRules};
use allclear_model::check::CheckOutcome;
use allclear_model::{Actor, Catalogue, Phase, Signal, Slug, Time, Witness};
use allclear_ports::Clock;
use allclear_testkit::{Fault, TestEngine};
use std::borrow::Cow;

/// Two services with checks and one without.
fn catalogue() -> Catalogue {
    let category = "name = \"Work\"\ngroup = \"Work\"\nguide = \"work\"\noutages_per_30_days = 1.5\n\n[[symptoms]]\nid = \"login\"\nlabel = \"Cannot sign in\"\ntopic = \"login\"\n";
    let guide = "# Work\n\n## Signing in {#login}\n\n### When the service is healthy\n\nLook.\n\n### When it is them\n\nWait.\n";
    let mut files = vec![
        ("categories/work.toml".to_owned(), Cow::Borrowed(category)),
        ("guides/work.md".to_owned(), Cow::Borrowed(guide)),
    ];
    for (slug, checked) in [("chat", true), ("mail", true), ("wiki", false)] {
        let (check, mark) = if checked {
            (format!("[check]\nurl = \"https://{slug}.example.net/health\"\n"), "check = false\n")
        } else {
            (String::new(), "")
        };
        let text = format!(
            "name = \"{slug}\"\ncategory = \"work\"\nhomepage = \"https://{slug}.example\"\n{check}[verified]\nhomepage = false\n{mark}"
        );
        files.push((format!("services/{slug}.toml"), Cow::Owned(text)));
    }
    load(&[Source { files, ..Source::default() }], &Include::All).expect("the catalogue of the tests holds").catalogue
}

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

fn operator() -> Actor {
    Actor::parse("jo").unwrap()
}

/// Lets the pictures follow, by which the door knows agents.
fn shown(e: &TestEngine) {
    e.block_on(e.handles.admin.catch_up()).unwrap();
}

/// An agent of the tests.
struct Far {
    name: &'static str,
    token: Token,
}

impl Far {
    /// One that was added.
    fn added(e: &TestEngine, name: &'static str) -> Far {
        let far = Far { name, token: Token::random().unwrap() };
        e.block_on(e.handles.admin.add_agent(slug(name), far.token.key(), operator())).unwrap();
        shown(e);
        far
    }

    fn enters(&self, e: &TestEngine, body: &[u8]) -> IntakeResult<Agent> {
        let header = Signed::new(&self.token, e.clock().now(), "POST", BATCHES, body).header();
        e.handles.agents.at_the_door(Some(&header))?.sends(body)
    }

    fn work(&self, e: &TestEngine, have: Option<&str>) -> IntakeResult<Work> {
        let query = have.map(|h| format!("have={h}"));
        let path = query.as_ref().map_or(WORK.to_owned(), |q| format!("{WORK}?{q}"));
        let header = Signed::new(&self.token, e.clock().now(), "GET", &path, b"").header();
        let agent = e.handles.agents.at_the_door(Some(&header))?.asks_for_work(query.as_deref())?;
        Ok(e.handles.agents.work(&agent, have, ""))
    }

    /// Asks for work and names what failed here just now.
    fn suspects(&self, e: &TestEngine, services: &str) -> Work {
        let header = Signed::new(&self.token, e.clock().now(), "GET", WORK, b"").header();
        let agent = e.handles.agents.at_the_door(Some(&header)).unwrap().asks_for_work(None).unwrap();
        e.handles.agents.work(&agent, None, services)
    }

    /// Sends what `outcomes` says of services, each measured so many seconds ago.
    fn sends(&self, e: &TestEngine, seq: u64, outcomes: &[(&str, CheckOutcome, i64)]) -> IntakeResult<Kept> {
        let plan = self.work(e, None)?.plan.unwrap();
        let one = |(service, outcome, ago): &(&str, CheckOutcome, i64)| Measured {
            service: slug(service),
            check: plan
                .checks
                .iter()
                .find(|c| c.service.as_str() == *service)
                .map_or("none".to_owned(), |c| c.id.clone()),
            outcome: *outcome,
            reason: (*outcome != CheckOutcome::Up).then(|| "the status\nis 500".to_owned()),
            ms: Some(7),
            certificate: None,
            at: e.clock().now().plus_s(-ago),
            withdraws: false,
        };
        let batch = Batch { seq, skew_ms: 250, dropped: 3, results: outcomes.iter().map(one).collect() };
        let agent = self.enters(e, b"{}")?;
        e.block_on(e.handles.agents.take(&agent, batch))
    }

    fn last(&self, e: &TestEngine) -> u64 {
        shown(e);
        e.handles.agents.list().iter().find(|l| l.agent.name.as_str() == self.name).unwrap().agent.last_seq
    }
}

#[test]
fn a_batch_is_taken_once_whatever_is_restarted_in_between() {
    let mut e = TestEngine::new(catalogue());
    let oslo = Far::added(&e, "oslo");
    let kept = oslo.sends(&e, 5, &[("chat", Up, 0), ("mail", Up, 2)]).unwrap();
    assert_eq!((kept.seq, kept.kept, kept.late, kept.ignored), (5, 2, 0, 0));
    let again = |e: &TestEngine, seq, last| {
        let told = oslo.sends(e, seq, &[("chat", Down, 0)]).unwrap_err();
        assert!(matches!(told, EngineError::Replayed { seq: s, last: l } if (s, l) == (seq, last)), "{told}");
    };
    again(&e, 5, 5);
    again(&e, 1, 5);
    e = TestEngine::open(e.kill(), catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    again(&e, 5, 5);
    // The same out of a snapshot.
    e.minutes(1);
    e = TestEngine::open(e.stop(), catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    again(&e, 5, 5);
    assert_eq!(oslo.last(&e), 5);
    oslo.sends(&e, 9, &[]).unwrap();
    again(&e, 8, 9);
    let entries = e.entries();
    assert_eq!(of_kind(&entries, "check_results"), 2, "a batch with nothing in it is remembered, too");
    check_journal(&entries);
}

#[test]
fn a_batch_that_was_kept_while_its_answer_was_lost_is_not_taken_again_and_one_that_was_not_kept_is() {
    let e = TestEngine::new(catalogue());
    let oslo = Far::added(&e, "oslo");
    e.journal.fail(Fault::Full);
    let told = oslo.sends(&e, 1, &[("chat", Up, 0)]).unwrap_err();
    assert!(matches!(told, EngineError::Unavailable { .. }), "{told}");
    e.journal.fail(Fault::AnswerLost);
    oslo.sends(&e, 1, &[("chat", Up, 0)]).unwrap_err();
    e.journal.fail(Fault::None);
    let told = oslo.sends(&e, 1, &[("chat", Up, 0)]).unwrap_err();
    assert!(matches!(told, EngineError::Replayed { seq: 1, last: 1 }), "{told}");
    assert_eq!(of_kind(&e.entries(), "check_results"), 1);
}

#[test]
fn two_copies_at_the_same_time_are_kept_once_and_a_copy_of_what_was_not_kept_is_not_called_kept() {
    let e = TestEngine::new(catalogue());
    let oslo = Far::added(&e, "oslo");
    let both = |e: &TestEngine, seq| {
        let batch = || Batch { seq, skew_ms: 0, dropped: 0, results: Vec::new() };
        let (a, b) = (oslo.enters(e, b"x").unwrap(), oslo.enters(e, b"x").unwrap());
        let agents = e.handles.agents.clone();
        e.block_on(async { tokio::join!(agents.take(&a, batch()), agents.take(&b, batch())) })
    };
    let (first, second) = both(&e, 1);
    assert!(first.is_ok() && matches!(second, Err(EngineError::Replayed { seq: 1, last: 1 })), "{second:?}");
    e.journal.fail(Fault::Full);
    let (first, second) = both(&e, 2);
    for told in [first, second] {
        assert!(matches!(told, Err(EngineError::Unavailable { .. })), "{told:?}");
    }
}

#[test]
fn what_is_older_than_ten_minutes_on_arrival_enters_history_and_says_nothing_of_now() {
    let e = TestEngine::new(catalogue());
    let oslo = Far::added(&e, "oslo");
    e.minutes(30);
    oslo.sends(&e, 1, &[("chat", Up, 0)]).unwrap();
    let kept =
        oslo.sends(&e, 2, &[("chat", Down, 1_500), ("chat", Down, 601), ("chat", Up, 600), ("mail", Down, 9)]).unwrap();
    assert_eq!((kept.kept, kept.late), (4, 2));
    e.minutes(1);
    let chat = e.handles.site.service("chat").unwrap();
    assert_eq!((chat.checks[0].failing_since, chat.verdict.phase), (None, Phase::None));
    assert!(chat.checks[0].cells.contains(&CheckCell::Down), "the past shows it");
    let entries = e.entries();
    let last = entries.iter().rev().find_map(|x| match &x.signal {
        Signal::CheckResults(c) => Some((x.at, c)),
        _ => None,
    });
    let (at, c) = last.unwrap();
    let said: Vec<(bool, Option<i64>)> = c.results.iter().map(|r| (r.late, r.at.map(|t| at.since_ms(t)))).collect();
    assert_eq!(said, [(true, Some(1_500_000)), (true, Some(601_000)), (false, None), (false, None)]);
    let listed = &e.handles.agents.list()[0];
    assert!(listed.agent.late && listed.agent.dropped == 3 && listed.agent.skew_ms == 250, "{listed:?}");
    assert_eq!(listed.version, env!("CARGO_PKG_VERSION"));
    check_journal(&entries);
}

#[test]
fn agents_alone_make_nothing_worse_than_possible_and_confirm_what_people_report() {
    let e = TestEngine::new(catalogue());
    let (oslo, lima) = (Far::added(&e, "oslo"), Far::added(&e, "lima"));
    let verdict = || e.handles.site.service("chat").unwrap().verdict.clone();
    // From how many locations it fails, of how many.
    let checks = || {
        let verdict = verdict();
        let all = verdict.evidence.iter().chain(&verdict.against).find(|x| x.witness == Witness::Checks);
        all.map(|x| (x.actual, x.expected))
    };
    for far in [&oslo, &lima] {
        far.sends(&e, 1, &[("chat", Up, 0)]).unwrap();
    }
    e.minutes(1);
    assert_eq!((verdict().phase, checks()), (Phase::None, Some((0.0, 2.0))));
    oslo.sends(&e, 2, &[("chat", Down, 0)]).unwrap();
    oslo.sends(&e, 3, &[("chat", Down, 0), ("chat", Down, 0)]).unwrap();
    e.minutes(1);
    assert!(verdict().phase == Phase::None, "one location, however often it says so, says nothing against another");
    lima.sends(&e, 2, &[("chat", Down, 0)]).unwrap();
    e.minutes(1);
    assert_eq!((verdict().phase, checks()), (Phase::Possible, Some((2.0, 2.0))));
    assert!(!verdict().level.is_problem());
    for source in 0..40 {
        e.report("chat", "login", source).unwrap();
    }
    e.minutes(1);
    assert!(verdict().level.is_problem() && verdict().confirmed, "{:?}", verdict());
    // Both say that it is over.
    for far in [&oslo, &lima] {
        far.sends(&e, 9, &[("chat", Up, 0)]).unwrap();
    }
    e.minutes(1);
    assert_eq!(checks(), Some((0.0, 2.0)));
    check_journal(&e.entries());
}

#[test]
fn what_is_about_nothing_in_the_plan_is_ignored_and_counted() {
    let e = TestEngine::new(catalogue());
    let oslo = Far::added(&e, "oslo");
    let kept = oslo.sends(&e, 1, &[("wiki", Down, 0), ("none", Down, 0), ("chat", Up, 0)]).unwrap();
    assert_eq!((kept.kept, kept.ignored), (1, 2));
    assert_eq!(e.handles.agents.list()[0].ignored, 2);
    // Nor what is older than anybody is shown.
    let kept = oslo.sends(&e, 2, &[("chat", Up, 8 * 86_400)]).unwrap();
    assert_eq!((kept.kept, kept.ignored), (0, 1));
    // Who opts out is in no plan any more.
    let before = oslo.work(&e, None).unwrap();
    assert_eq!(before.plan.as_ref().unwrap().checks.len(), 2);
    assert_eq!(oslo.work(&e, Some(&before.tag)).unwrap().plan, None, "nothing new");
    e.block_on(e.handles.admin.opt_out("example.net", true, operator())).unwrap();
    shown(&e);
    let after = oslo.work(&e, Some(&before.tag)).unwrap();
    assert!(after.plan.unwrap().checks.is_empty() && after.tag != before.tag);
    assert_eq!(e.metric("allclear_agent_results_total{reason=\"ignored\"}"), Some(3.0));
}

#[test]
fn what_an_agent_suspects_is_looked_at_elsewhere_as_far_as_it_is_in_the_plan_and_not_for_ever() {
    let e = TestEngine::new(catalogue());
    let [oslo, lima] = ["oslo", "lima"].map(|name| Far::added(&e, name));
    let attend = || lima.work(&e, None).unwrap().attend;
    oslo.suspects(&e, "chat,wiki,none,");
    assert_eq!(attend(), [slug("chat")], "wiki has no check");
    oslo.suspects(&e, "");
    assert!(attend().is_empty());
    oslo.suspects(&e, "mail");
    e.minutes(1);
    assert!(attend().is_empty(), "it was not heard since");
}

#[test]
fn an_agent_is_told_when_another_location_last_said_what_it_sees_of_what_failed_there() {
    let e = TestEngine::new(catalogue());
    let [oslo, lima] = ["oslo", "lima"].map(|name| Far::added(&e, name));
    let told = |far: &Far| far.suspects(&e, "chat").elsewhere.get("chat").copied();
    assert_eq!(told(&oslo), None, "nobody else has ever looked");
    oslo.suspects(&e, "");
    oslo.sends(&e, 1, &[("chat", Up, 0)]).unwrap();
    shown(&e);
    assert_eq!(told(&oslo), None, "it does not wait for itself");
    oslo.suspects(&e, "");
    let then = e.clock().now();
    lima.sends(&e, 1, &[("chat", Up, 0)]).unwrap();
    shown(&e);
    e.minutes(1);
    assert_eq!(told(&oslo), Some(then));
    // That it fails there as well is an answer, also before it is certain there: else both would wait for each other.
    assert_eq!(told(&lima), Some(e.clock().now()));
    assert_eq!(told(&oslo), Some(e.clock().now()));
}

#[test]
fn nobody_but_an_agent_comes_in_and_each_refusal_says_why() {
    let e = TestEngine::new(catalogue());
    let oslo = Far::added(&e, "oslo");
    let now = e.clock().now();
    let header = |token: &Token, at: Time| Signed::new(token, at, "POST", BATCHES, b"{}").header();
    let door = |header: &str| e.handles.agents.at_the_door(Some(header)).and_then(|c| c.sends(b"{}")).map(|_| ());
    let no = |told: IntakeResult<()>, what: &str| {
        let told = told.unwrap_err();
        assert!(told.to_string().contains(what), "{told}");
        told
    };
    assert!(door(&header(&oslo.token, now)).is_ok());
    assert!(e.handles.agents.at_the_door(None).is_err());
    no(door("Bearer x"), "signs what it sends");
    no(door(&header(&Token::random().unwrap(), now)), "No agent of this site has this token");
    let told = no(door(&header(&oslo.token, now.plus_s(121))), "but here it is 2026-03-02T10:00:00Z");
    assert!(matches!(told, EngineError::WrongTime(_)));
    no(door(&header(&oslo.token, now.plus_s(-121))), "Set the clock");
    assert!(door(&header(&oslo.token, now.plus_s(119))).is_ok());
    let told = no(door(&header(&oslo.token, now).replace("protocol=1", "protocol=2")), "update the site");
    assert!(matches!(told, EngineError::OtherVersion(_)));
    no(door(&header(&oslo.token, now).replace("protocol=1", "protocol=0")), "update the agent");
    let other = e.handles.agents.at_the_door(Some(&header(&oslo.token, now))).unwrap().sends(b"{\"seq\":1}");
    assert!(other.unwrap_err().to_string().contains("signature"));
    // Results from the future are no honest clock's.
    let told = oslo.sends(&e, 1, &[("chat", Down, -6)]).unwrap_err();
    assert!(matches!(&told, EngineError::Invalid { problem, .. } if problem.contains("measured at")), "{told}");
    oslo.sends(&e, 1, &[("chat", Up, -4)]).unwrap();
    assert!(oslo.sends(&e, 0, &[]).is_err());
    let many = vec![("chat", Up, 0); 501];
    assert!(oslo.sends(&e, 2, &many).unwrap_err().to_string().contains("at most 500"));
}

#[test]
fn a_revoked_token_is_refused_at_once_and_what_was_revoked_by_mistake_is_taken_again() {
    let e = TestEngine::new(catalogue());
    let oslo = Far::added(&e, "oslo");
    oslo.sends(&e, 4, &[("chat", Up, 0)]).unwrap();
    let inside = oslo.enters(&e, b"x").unwrap();
    e.block_on(e.handles.admin.revoke_agent(slug("oslo"), true, operator())).unwrap();
    // Who was let in a moment before is refused where it is decided.
    let batch = Batch { seq: 5, skew_ms: 0, dropped: 0, results: Vec::new() };
    let told = e.block_on(e.handles.agents.take(&inside, batch)).unwrap_err();
    assert!(told.to_string().contains("revoked"), "{told}");
    shown(&e);
    assert!(oslo.enters(&e, b"x").unwrap_err().to_string().contains("The token of the agent oslo was revoked"));
    let twice = e.block_on(e.handles.admin.revoke_agent(slug("oslo"), true, operator())).unwrap_err();
    assert!(matches!(twice, EngineError::Invalid { .. }), "{twice}");
    e.block_on(e.handles.admin.revoke_agent(slug("oslo"), false, operator())).unwrap();
    shown(&e);
    assert!(matches!(oslo.sends(&e, 4, &[]).unwrap_err(), EngineError::Replayed { last: 4, .. }));
    oslo.sends(&e, 5, &[]).unwrap();
    e.block_on(e.handles.admin.projected()).unwrap();
    let acts: Vec<(String, String)> =
        e.block_on(e.handles.admin.audit(None, 10)).unwrap().into_iter().map(|a| (a.act, a.subject)).collect();
    let oslo = |act: &str| (act.to_owned(), "oslo".to_owned());
    assert_eq!(acts, [oslo("agent_reinstated"), oslo("agent_revoked"), oslo("agent_added")]);
}

#[test]
fn a_name_is_one_agent_s_and_never_the_site_s_own_and_there_are_no_more_than_locations() {
    let rules = WatchRules::new(slug("here"), |_, opted_out| allclear_engine::watch::Manners {
        opted_out,
        ..Default::default()
    });
    let e =
        TestEngine::open(allclear_testkit::Folder::new(), catalogue(), |c| c.watch = rules).map_err(|x| x.1).unwrap();
    let add = |name: &str| {
        let key = Token::random().unwrap().key();
        e.block_on(e.handles.admin.add_agent(slug(name), key, operator())).map_err(|e| e.to_string())
    };
    assert!(add("here").unwrap_err().contains("own location"));
    add("a-0").unwrap();
    assert!(add("a-0").unwrap_err().contains("There is an agent of this name"));
    for n in 1..AGENTS_AT_ONCE {
        add(&format!("a-{n}")).unwrap();
    }
    assert!(add("more").unwrap_err().contains("at most 15"));
    e.block_on(e.handles.admin.revoke_agent(slug("a-3"), true, operator())).unwrap();
    add("more").unwrap();
    let back = e.block_on(e.handles.admin.revoke_agent(slug("a-3"), false, operator())).unwrap_err();
    assert!(back.to_string().contains("at most 15"), "{back}");
    e.block_on(e.handles.admin.revoke_agent(slug("a-4"), true, operator())).unwrap();
    add("a-3").unwrap();
    assert!(matches!(
        e.block_on(e.handles.admin.revoke_agent(slug("nobody"), true, operator())),
        Err(EngineError::NotFound)
    ));
}
