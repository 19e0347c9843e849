//! Entries to feed to what is tested: one of every kind, with every optional part present once and absent once.

use allclear_model::act::{Note, Outcome};
use allclear_model::catalogue::{Fact, Official};
use allclear_model::check::{Check, CheckOutcome, HttpCheck};
use allclear_model::official::{
    EventKind, EventPhase, OfficialEvent, OfficialPages, OfficialRead, OfficialSaid, OfficialUpdate, OfficialWord,
    Trust,
};
use allclear_model::signal::{
    Baseline, CheckResult, CheckResults, Counted, Flagged, Moderated, ModerationDecided, ModerationUndone,
    ReportAccepted, ReportChange, ReportUpdated, TextChange, TextErased, Visits, Vote,
};
use allclear_model::{
    Act, Acted, Actor, AgentBatch, AgentKey, Catalogue, Category, Country, Decider, Decision, Entry, Evidence, Facts,
    FreeText, Guide, Incident, IncidentEvent, IncidentId, IncidentStep, Level, NetworkHash, Phase, Reason, ReportId,
    RequestKey, Service, Signal, Slug, SourceHash, Symptom, Time, Topic, Verdict, Witness,
};
use std::sync::Arc;

/// 2026-03-02T08:00:00Z, a Monday: where the samples begin.
pub const START: Time = Time(1_772_438_400_000);

/// Reads a slug that is known to be one.
///
/// # Panics
/// When it is not.
pub fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

/// The id of the `n`th sample report.
pub fn report_id(n: u64) -> ReportId {
    let [a, b, c, d, e, f, g, h] = n.to_be_bytes();
    ReportId::new(START, [1, 1, a, b, c, d, e, f, g, h])
}

/// A counted report of `service` with source and network.
pub fn report(n: u64, service: &str) -> ReportAccepted {
    ReportAccepted {
        id: report_id(n),
        service: slug(service),
        symptom: slug("login"),
        country: Some(Country::parse("DE").expect("a country")),
        counted: true,
        source: Some(SourceHash(u128::from(n) << 64 | 7)),
        network: Some(NetworkHash(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))),
        network_before: None,
        key: Some(RequestKey(u128::MAX - u128::from(n))),
        weight: allclear_model::signal::WHOLE,
        facts: None,
        moderated: None,
        text: None,
    }
}

/// Free text that holds nothing that would be removed.
///
/// # Panics
/// When it does.
pub fn free_text(text: &str) -> FreeText {
    let read = FreeText::parse(text, FreeText::MAX).expect("a short text").expect("a text");
    assert_eq!(read.as_str(), text);
    read
}

/// The operator of the samples.
///
/// # Panics
/// Never.
pub fn actor() -> Actor {
    Actor::parse("jo").expect("a name")
}

/// What the rules may say.
pub fn moderated(decision: Decision, reasons: Vec<Reason>) -> Moderated {
    Moderated { decision, reasons, rules: 1 }
}

/// The signal of [`report`].
pub fn reported(n: u64, service: &str) -> Signal {
    Signal::ReportAccepted(report(n, service))
}

/// A change of the `n`th sample report.
pub fn updated(n: u64, service: &str, change: ReportChange) -> Signal {
    Signal::ReportUpdated(ReportUpdated { id: report_id(n), service: slug(service), change, text: None })
}

/// A counted vote.
pub fn voted(service: &str) -> Signal {
    Signal::Vote(Vote {
        service: slug(service),
        country: None,
        counted: true,
        source: Some(SourceHash(u128::MAX)),
        network: None,
    })
}

/// Page views.
pub fn visited(service: &str, direct: u64, search: u64, social: u64, other: u64) -> Signal {
    Signal::Visits(Visits { service: slug(service), direct, search, social, other })
}

/// An incident that opened at `opened`.
pub fn incident(service: &str, opened: Time) -> Incident {
    Incident {
        id: IncidentId::new(&slug(service), opened),
        service: slug(service),
        since: opened.plus_s(-240),
        opened,
        closed: None,
        peak_level: Level::PartialOutage,
        peak_reports: 41,
        peak_at: opened.plus_s(300),
        total_reports: 57,
        symptoms: vec![(slug("login"), 40), (slug("other"), 17)],
        events: vec![IncidentEvent {
            at: opened,
            step: IncidentStep::Opened,
            level: Level::PartialOutage,
            actual: 12,
            expected: 0.1 + 0.2,
        }],
        confirmed: true,
        evidence: vec![Evidence {
            witness: Witness::Reports,
            weight: 5.25,
            actual: 12.0,
            expected: 0.3,
            window_s: 900,
        }],
    }
}

/// A verdict, with an incident or without one.
pub fn judged(service: &str, at: Time, incident: Option<Incident>) -> Signal {
    let mut verdict = Verdict::unknown(at, 1);
    verdict.level = Level::DegradedPerformance;
    verdict.phase = Phase::Open;
    verdict.incident = incident.as_ref().map(|i| i.id.clone());
    verdict.cause = Some(slug("aws"));
    verdict.symptoms = vec![slug("login")];
    verdict.countries = vec![Country::parse("FR").expect("a country")];
    verdict.evidence =
        vec![Evidence { witness: Witness::Reports, weight: 3.25, actual: 12.0, expected: 1.0 / 3.0, window_s: 900 }];
    verdict.against =
        vec![Evidence { witness: Witness::Prior, weight: -5.25, actual: 0.7, expected: 0.0, window_s: 0 }];
    verdict.log_odds = -2.0;
    let bundle = incident.iter().map(|i| format!("{{\"kind\":\"end\",\"at\":\"{}\"}}", i.opened)).collect();
    Signal::VerdictChanged {
        service: slug(service),
        verdict: Box::new(verdict),
        incident: incident.map(Box::new),
        bundle,
    }
}

/// A catalogue with one service that has every fact.
pub fn catalogue() -> Catalogue {
    let text = |value: &str| Fact { value: value.to_owned(), verified: true };
    let service = Service {
        slug: slug("openrouter"),
        name: "OpenRouter \"LLM\" \u{1f980}\n".to_owned(),
        category: slug("ai"),
        homepage: text("https://example.org/"),
        aliases: vec!["open router".to_owned()],
        related: vec![],
        upstreams: Fact { value: vec![slug("cloudflare")], verified: false },
        about: Some("Routes requests.".to_owned()),
        operator: Some(text("A company")),
        support: None,
        official: Some(Fact {
            value: Official {
                page: "https://status.example.org/".to_owned(),
                format: Some("statuspage".to_owned()),
                reference: None,
                part: allclear_model::catalogue::Part::default(),
                feed: None,
            },
            verified: false,
        }),
        check: Some(Fact { value: Check::Http(HttpCheck::get("https://example.org/health")), verified: false }),
        symptoms: [Symptom { id: slug("login"), label: "Cannot sign in".into(), topic: slug("account") }].into(),
        guide: slug("ai"),
        own_guide: false,
    };
    let category =
        Category { id: slug("ai"), name: "AI".to_owned(), group: "Work".to_owned(), outages_per_30_days: 0.7 };
    let topic = Topic {
        id: slug("account"),
        title: "Account".to_owned(),
        healthy: "Look *here*.".to_owned(),
        theirs: "Wait.".to_owned(),
    };
    let guide = Guide { name: slug("ai"), title: "AI".to_owned(), topics: vec![topic] };
    Catalogue {
        services: [(service.slug.clone(), Arc::new(service))].into(),
        categories: [(category.id.clone(), Arc::new(category))].into(),
        guides: [(guide.name.clone(), Arc::new(guide))].into(),
    }
}

/// One signal of every kind, and of some kinds a second one with the other choice of each optional part.
pub fn every_signal() -> Vec<Signal> {
    let bare = ReportAccepted {
        country: None,
        counted: false,
        source: None,
        network: None,
        network_before: None,
        key: None,
        ..report(2, "openrouter")
    };
    let told = ReportAccepted {
        weight: 70,
        network_before: Some(NetworkHash(9)),
        facts: Some(Box::new(Facts {
            status: Some(401),
            kind: Some("authentication".to_owned()),
            model: Some("gpt-4o".to_owned()),
            host: Some("example.org".to_owned()),
            request: Some("01234567".to_owned()),
        })),
        moderated: Some(moderated(Decision::Hold, vec![Reason::Scam, Reason::Link])),
        ..report(3, "openrouter")
    };
    let (id, service) = (report_id(3), slug("openrouter"));
    let act = |act| Signal::Act(Acted { actor: actor(), act });
    let (incident_id, words) = (incident("aws", START).id, free_text("We looked into it."));
    let decided = |decision, decider| {
        let reasons = if decision == Decision::Show { vec![] } else { vec![Reason::Late] };
        Signal::ModerationDecided(ModerationDecided { id, service: service.clone(), decision, reasons, decider })
    };
    vec![
        Signal::ReportAccepted(told),
        updated(
            3,
            "openrouter",
            ReportChange::Amended {
                symptom: slug("login"),
                country: None,
                text: TextChange::Replaced(moderated(Decision::Show, vec![])),
            },
        ),
        updated(
            3,
            "openrouter",
            ReportChange::Amended { symptom: slug("login"), country: None, text: TextChange::Removed },
        ),
        decided(Decision::Hide, Decider::Clock),
        decided(Decision::Hold, Decider::Readers),
        decided(Decision::Show, Decider::Operator { name: actor() }),
        Signal::ModerationUndone(ModerationUndone {
            id,
            service: service.clone(),
            undone: 6,
            decision: Decision::Hold,
            since: Some(START),
            reasons: vec![Reason::Flagged],
            actor: actor(),
        }),
        Signal::Flagged(Flagged {
            id,
            service: service.clone(),
            counted: true,
            source: Some(SourceHash(5)),
            network: Some(NetworkHash(6)),
        }),
        Signal::TextErased(TextErased { id, service: service.clone(), actor: actor() }),
        act(Act::NoteAdded {
            service: service.clone(),
            note: Note { words: words.clone(), link: Some("https://example.org/".to_owned()), until: Some(START) },
        }),
        act(Act::NoteAdded { service: service.clone(), note: Note { words: words.clone(), link: None, until: None } }),
        act(Act::NoteRemoved { service: service.clone(), note: 10 }),
        act(Act::IncidentAnnotated { service: slug("aws"), incident: incident_id.clone(), words: Some(words.clone()) }),
        act(Act::IncidentRetracted { service: slug("aws"), incident: incident_id, reason: None }),
        act(Act::SuggestionDecided { suggestion: 1, outcome: Outcome::Accepted { service } }),
        act(Act::FeedbackClosed { feedback: 1, closed: true }),
        act(Act::OptOut { host: "example.org".to_owned(), out: true }),
        act(Act::AgentAdded { name: slug("oslo"), key: AgentKey::new([0xa5; 32]) }),
        act(Act::AgentRevoked { name: slug("oslo"), revoked: true }),
        Signal::CatalogueChanged { catalogue: Arc::new(catalogue()) },
        Signal::Resumed { stopped: START.plus_s(-3600) },
        reported(1, "openrouter"),
        Signal::ReportAccepted(bare),
        updated(
            1,
            "openrouter",
            ReportChange::Amended { symptom: slug("other"), country: None, text: TextChange::Kept },
        ),
        updated(1, "openrouter", ReportChange::Withdrawn),
        voted("openrouter"),
        visited("openrouter", 1, 2, 3, u64::from(u32::MAX)),
        Signal::Counted(Counted { service: slug("aws"), symptom: slug("other"), count: 5, networks: Some(3) }),
        Signal::Counted(Counted { service: slug("aws"), symptom: slug("other"), count: 6, networks: None }),
        Signal::Baseline(Baseline {
            service: slug("aws"),
            profile: vec![0.1 + 0.2; 168],
            alpha: Some(0.3),
            weeks: None,
        }),
        Signal::CheckResults(CheckResults {
            location: slug("fra"),
            batch: Some(AgentBatch { seq: 3, dropped: 1, skew_ms: -250, version: "0.1.0".to_owned() }),
            results: vec![
                CheckResult::new(slug("openrouter"), CheckOutcome::Up, None, Some(120)),
                CheckResult {
                    late: true,
                    at: Some(START),
                    ..CheckResult::new(slug("aws"), CheckOutcome::Down, Some("connection refused"), None)
                },
            ],
        }),
        Signal::OfficialPages(OfficialPages {
            read: [
                OfficialSaid::Same,
                OfficialSaid::New { word: Box::new(official_word(Level::PartialOutage)) },
                OfficialSaid::Unread { reason: "the status is 503".to_owned() },
            ]
            .map(|said| OfficialRead { service: slug("aws"), said })
            .to_vec(),
        }),
        Signal::Tick,
        judged("aws", START, None),
        judged("aws", START, Some(incident("aws", START))),
    ]
}

/// Gives `signals` their places after `last`, `step_ms` milliseconds apart, the first at `from`.
pub fn entries(last: u64, from: Time, step_ms: i64, signals: impl IntoIterator<Item = Signal>) -> Vec<Entry> {
    let place = |(n, signal): (u64, Signal)| {
        let after = i64::try_from(n).unwrap_or(i64::MAX).saturating_mul(step_ms);
        Entry { seq: last + 1 + n, at: from.plus_ms(after), signal }
    };
    (0..).zip(signals).map(place).collect()
}

/// What an official page says, with everything that can stand in it.
pub(super) fn official_word(level: Level) -> OfficialWord {
    let update = OfficialUpdate { phase: EventPhase::Monitoring, text: "We watch it.".to_owned(), at: Some(START) };
    let event = OfficialEvent {
        id: "e1".to_owned(),
        kind: EventKind::Incident,
        title: "Errors <b>".to_owned(),
        phase: EventPhase::Monitoring,
        impact: level,
        counted: true,
        started_at: Some(START),
        url: Some("https://status.example.org/e1".to_owned()),
        updates: vec![update],
    };
    OfficialWord {
        level,
        trust: Trust::Low,
        asked: "https://status.example.org/feed".to_owned(),
        url: "https://status.example.org/feed".to_owned(),
        format: "rss".to_owned(),
        identity: Some("Example".to_owned()),
        components: 0,
        past: true,
        since: Some(START),
        events: vec![event],
        warnings: vec!["odd".to_owned()],
        named: allclear_model::official::Named::default(),
    }
}
