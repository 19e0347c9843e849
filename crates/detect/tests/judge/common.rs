//! A small catalogue, and a writer that stamps entries as the engine's does.

use allclear_detect::{Board, Change, Limits};
use allclear_model::check::CheckOutcome;
use allclear_model::official::{OfficialPages, OfficialRead, OfficialSaid, OfficialWord, Trust};
use allclear_model::signal::{Baseline, CheckResult, CheckResults, Counted, ReportAccepted, Vote};
use allclear_model::{
    Catalogue, Category, Country, Entry, Level, NetworkHash, ReportId, RequestKey, Service, Signal, Slug, SourceHash,
    SourceKeys, Time, catalogue::Fact,
};
use std::sync::Arc;

pub(crate) fn slug(s: &str) -> Slug {
    Slug::parse(s).unwrap()
}

pub(crate) fn catalogue(slugs: &[&str]) -> Arc<Catalogue> {
    let mut c = Catalogue::default();
    let kind = slug("kind");
    c.categories.insert(
        kind.clone(),
        Arc::new(Category { id: kind.clone(), name: "Kind".into(), group: "Group".into(), outages_per_30_days: 2.0 }),
    );
    for s in slugs {
        let service = Service {
            slug: slug(s),
            name: s.to_string(),
            category: kind.clone(),
            homepage: Fact { value: "https://example.org".into(), verified: true },
            aliases: vec![],
            related: vec![],
            upstreams: Fact::default(),
            about: None,
            operator: None,
            support: None,
            official: None,
            check: None,
            symptoms: [].into(),
            guide: kind.clone(),
            own_guide: false,
        };
        c.services.insert(slug(s), Arc::new(service));
    }
    Arc::new(c)
}

/// Monday 2026-03-02 00:00 UTC.
pub(crate) const T0: i64 = 1_772_409_600_000;

pub(crate) fn minute(m: i64) -> Time {
    Time(T0 + m * 60_000)
}

pub(crate) struct Desk {
    pub(crate) board: Board,
    pub(crate) seq: u64,
    pub(crate) changes: Vec<Change>,
    pub(crate) journal: Vec<Entry>,
}

impl Desk {
    pub(crate) fn new(slugs: &[&str]) -> Desk {
        let mut d = Desk { board: Board::new(Limits::default()), seq: 0, changes: vec![], journal: vec![] };
        d.send(minute(0), Signal::CatalogueChanged { catalogue: catalogue(slugs) });
        d
    }

    pub(crate) fn send(&mut self, at: Time, signal: Signal) -> Vec<Change> {
        self.seq += 1;
        let entry = Entry { seq: self.seq, at, signal };
        let changes = self.board.apply(&entry);
        self.journal.push(entry);
        self.changes.extend(changes.clone());
        changes
    }

    pub(crate) fn tick(&mut self, at: Time) -> Vec<Change> {
        self.send(at, Signal::Tick)
    }

    /// A report as the writer would append it: it decides whether it counts.
    pub(crate) fn report(&mut self, at: Time, service: &str, source: u128, network: u64) -> Vec<Change> {
        self.report_of(at, service, "other", source, Some(network), None)
    }

    pub(crate) fn report_of(
        &mut self,
        at: Time,
        service: &str,
        symptom: &str,
        source: u128,
        network: Option<u64>,
        country: Option<&str>,
    ) -> Vec<Change> {
        let keys = SourceKeys { today: SourceHash(source), yesterday: None };
        let counted = self.board.would_count_report(service, &keys, at);
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.seq.to_be_bytes());
        self.send(
            at,
            Signal::ReportAccepted(ReportAccepted {
                id: ReportId::new(at, random),
                service: slug(service),
                symptom: slug(symptom),
                country: country.map(|c| Country::parse(c).unwrap()),
                counted,
                source: Some(SourceHash(source)),
                network: network.map(NetworkHash),
                network_before: None,
                key: Some(RequestKey(source)),
                weight: allclear_model::signal::WHOLE,
                facts: None,
                moderated: None,
                text: None,
            }),
        )
    }

    pub(crate) fn vote(&mut self, at: Time, service: &str, source: u128) -> Vec<Change> {
        let keys = SourceKeys { today: SourceHash(source), yesterday: None };
        let counted = self.board.would_count_vote(service, &keys, at);
        self.send(
            at,
            Signal::Vote(Vote {
                service: slug(service),
                country: None,
                counted,
                source: Some(SourceHash(source)),
                network: None,
            }),
        )
    }

    pub(crate) fn counted(&mut self, at: Time, service: &str, count: u64, networks: Option<u64>) -> Vec<Change> {
        self.send(at, Signal::Counted(Counted { service: slug(service), symptom: Slug::other(), count, networks }))
    }

    /// One reading of an official page.
    pub(crate) fn read(&mut self, at: Time, service: &str, said: OfficialSaid) -> Vec<Change> {
        let read = vec![OfficialRead { service: slug(service), said }];
        self.send(at, Signal::OfficialPages(OfficialPages { read }))
    }

    /// An official page says something new.
    pub(crate) fn announce(
        &mut self,
        at: Time,
        service: &str,
        level: Level,
        trust: Trust,
        since: Option<Time>,
    ) -> Vec<Change> {
        let word = OfficialWord {
            level,
            trust,
            asked: "https://status.example.org".into(),
            url: "https://status.example.org".into(),
            format: "statuspage".into(),
            identity: None,
            components: 1,
            past: false,
            since,
            events: vec![],
            warnings: vec![],
            named: allclear_model::official::Named::default(),
        };
        self.read(at, service, OfficialSaid::New { word: Box::new(word) })
    }

    /// One result of a check.
    pub(crate) fn check(&mut self, at: Time, service: &str, location: &str, outcome: CheckOutcome) -> Vec<Change> {
        let reason = (outcome != CheckOutcome::Up).then_some("connection refused");
        self.checked(at, location, CheckResult::new(slug(service), outcome, reason, Some(120)))
    }

    pub(crate) fn checked(&mut self, at: Time, location: &str, result: CheckResult) -> Vec<Change> {
        self.send(at, Signal::CheckResults(CheckResults::own(slug(location), vec![result])))
    }

    pub(crate) fn baseline(&mut self, at: Time, service: &str, rate: f64) {
        self.send(
            at,
            Signal::Baseline(Baseline {
                service: slug(service),
                profile: vec![rate; 168],
                alpha: Some(0.2),
                weeks: Some(8.0),
            }),
        );
    }
}
