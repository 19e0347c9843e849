//! Deciding one batch of commands: what becomes an entry, what is refused, who is answered what once it is durable.

use crate::command::{Accepted, Answer, Command};
use crate::core::limit::Limiter;
use crate::intake::{CHANGES_PER_HOUR, NewReport, Origin};
use crate::keys::lasting;
use crate::metrics::Metrics;
use crate::{EngineError, IntakeResult, LimitsConfig};
use allclear_detect::Board;
use allclear_model::signal::{Baseline, ReportAccepted, ReportChange, ReportUpdated, Vote};
use allclear_model::words::problems::{self as words, NotNow};
use allclear_model::{
    Catalogue, Country, Entry, NetworkHash, ReportId, RequestKey, Signal, Slug, SourceHash, SourceKeys, SymptomId, Time,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const HOUR_S: i64 = 3600;
const MINUTE_S: i64 = 60;

/// A request key gives the same receipt for this long.
const REQUEST_MS: i64 = 24 * HOUR_S * 1000;

/// The rate limits, kept over batches.
pub(super) struct Limiters {
    sources: Limiter<SourceHash>,
    networks: Limiter<NetworkHash>,
    voters: Limiter<SourceHash>,
    voter_networks: Limiter<NetworkHash>,
    /// Amendments (false) and withdrawals (true) of each report.
    changes: Limiter<(ReportId, bool)>,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Report,
    Vote,
}

impl Limiters {
    pub(super) fn new(cfg: LimitsConfig) -> Limiters {
        let source = || Limiter::new(cfg.reports_per_source_per_hour, HOUR_S);
        let network = || Limiter::new(cfg.reports_per_network_per_minute, MINUTE_S);
        Limiters {
            sources: source(),
            networks: network(),
            voters: source(),
            voter_networks: network(),
            changes: Limiter::new(CHANGES_PER_HOUR, HOUR_S),
        }
    }

    fn of(&mut self, what: What) -> (&mut Limiter<SourceHash>, &mut Limiter<NetworkHash>) {
        match what {
            What::Report => (&mut self.sources, &mut self.networks),
            What::Vote => (&mut self.voters, &mut self.voter_networks),
        }
    }

    fn take(&mut self, what: What, from: &Origin, at: Time) -> IntakeResult<()> {
        let (sources, networks) = self.of(what);
        let source = lasting(&from.source);
        sources.take(source, at).map_err(limited)?;
        networks.take(from.network, at).map_err(|s| {
            sources.give_back(source);
            limited(s)
        })
    }

    fn take_change(&mut self, id: ReportId, change: &ReportChange, at: Time) -> IntakeResult<(ReportId, bool)> {
        let key = (id, matches!(change, ReportChange::Withdrawn));
        self.changes.take(key, at).map_err(limited)?;
        Ok(key)
    }

    fn give_back(&mut self, what: What, from: &Origin) {
        let (sources, networks) = self.of(what);
        sources.give_back(lasting(&from.source));
        networks.give_back(from.network);
    }

    pub(super) fn measure(&self, m: &Metrics) {
        for (name, (entries, evicted)) in [
            ("limit_sources", self.sources.size()),
            ("limit_networks", self.networks.size()),
            ("limit_voters", self.voters.size()),
            ("limit_voter_networks", self.voter_networks.size()),
            ("limit_changes", self.changes.size()),
        ] {
            m.map(name, entries, evicted);
        }
    }
}

fn limited(retry_after_s: u64) -> EngineError {
    EngineError::Limited { retry_after_s }
}

/// An answer that waits for the append.
enum Waiting {
    /// With whether it is new, or known from its request key.
    Report(Answer<Accepted>, Accepted, bool),
    Vote(Answer<bool>, bool),
    Done(Answer<()>),
    Reload(Answer<bool>),
}

/// One batch in the making.
pub(super) struct Batch<'b> {
    board: &'b Board,
    limiters: &'b mut Limiters,
    at: Time,
    next_seq: u64,
    catalogue: Arc<Catalogue>,
    pub(super) entries: Vec<Entry>,
    waiting: Vec<Waiting>,
    requests: BTreeMap<RequestKey, (Slug, SymptomId, Accepted)>,
    reporters: BTreeSet<(Slug, SourceHash)>,
    voters: BTreeSet<(Slug, SourceHash)>,
    taken: Vec<(What, Origin)>,
    changed: Vec<(ReportId, bool)>,
    /// What is to be done after the append.
    pub(super) snapshots: Vec<Answer<u64>>,
    pub(super) catch_ups: Vec<Answer<u64>>,
    pub(super) new_catalogue: Option<Arc<Catalogue>>,
}

impl<'b> Batch<'b> {
    /// A batch whose entries are stamped `at` and follow `last_seq`.
    pub(super) fn new(board: &'b Board, limiters: &'b mut Limiters, at: Time, last_seq: u64) -> Batch<'b> {
        Batch {
            board,
            limiters,
            at,
            next_seq: last_seq + 1,
            catalogue: board.catalogue().clone(),
            entries: Vec::new(),
            waiting: Vec::new(),
            requests: BTreeMap::new(),
            reporters: BTreeSet::new(),
            voters: BTreeSet::new(),
            taken: Vec::new(),
            changed: Vec::new(),
            snapshots: Vec::new(),
            catch_ups: Vec::new(),
            new_catalogue: None,
        }
    }

    /// Adds a signal to what will be appended.
    pub(super) fn push(&mut self, signal: Signal) {
        self.entries.push(Entry { seq: self.next_seq, at: self.at, signal });
        self.next_seq += 1;
    }

    /// Decides one command. Refusals are answered at once.
    pub(super) fn decide(&mut self, command: Command, random: &mut Random, m: &Metrics) {
        match command {
            Command::Report { new, from, answer } => match self.report(&new, &from, random, m) {
                Ok((accepted, fresh)) => self.waiting.push(Waiting::Report(answer, accepted, fresh)),
                Err(e) => drop(answer.send(Err(e))),
            },
            Command::Vote { service, country, from, answer } => match self.vote(&service, country, &from) {
                Ok(counted) => self.waiting.push(Waiting::Vote(answer, counted)),
                Err(e) => drop(answer.send(Err(e))),
            },
            Command::Update { id, service, change, answer } => match self.update(id, service, change) {
                Ok(()) => self.waiting.push(Waiting::Done(answer)),
                Err(e) => drop(answer.send(Err(e))),
            },
            Command::Learned { baseline, answer } => match self.learned(*baseline) {
                Ok(()) => self.waiting.push(Waiting::Done(answer)),
                Err(e) => drop(answer.send(Err(e))),
            },
            Command::Reload { catalogue, answer } => {
                if catalogue == self.catalogue {
                    let _ = answer.send(Ok(false));
                } else {
                    self.change_catalogue(catalogue);
                    self.waiting.push(Waiting::Reload(answer));
                }
            }
            Command::Snapshot { answer } => self.snapshots.push(answer),
            Command::CatchUp { answer } => self.catch_ups.push(answer),
        }
    }

    /// Uses another catalogue for whatever is decided from here on.
    pub(super) fn change_catalogue(&mut self, catalogue: Arc<Catalogue>) {
        self.catalogue = catalogue.clone();
        self.new_catalogue = Some(catalogue.clone());
        self.push(Signal::CatalogueChanged { catalogue });
    }

    fn service_has(&self, service: &Slug, symptom: Option<&SymptomId>) -> IntakeResult<()> {
        let s = self.catalogue.services.get(service).ok_or_else(|| EngineError::NoService(service.to_string()))?;
        match symptom {
            Some(id) if !s.has_symptom(id) => {
                let all: Vec<&str> = s.symptoms.iter().map(|x| x.id.as_str()).collect();
                let allowed = format!("{}, other", all.join(", "));
                Err(EngineError::Invalid { field: "symptom", problem: words::no_symptom(id, &allowed) })
            }
            _ => Ok(()),
        }
    }

    fn report(
        &mut self,
        new: &NewReport,
        from: &Origin,
        random: &mut Random,
        m: &Metrics,
    ) -> IntakeResult<(Accepted, bool)> {
        if let Some(before) = new.key.and_then(|k| self.remembered(k.kept).or_else(|| self.remembered(k.older?))) {
            let (service, symptom, accepted) = before;
            if service != new.service || symptom != new.symptom {
                return Err(EngineError::KeyReused);
            }
            m.repeated.inc();
            return Ok((accepted, false));
        }
        self.service_has(&new.service, Some(&new.symptom))?;
        let id = ReportId::new(self.at, random.ten().ok_or_else(|| EngineError::not_now(NotNow::NotKept))?);
        self.limiters.take(What::Report, from, self.at)?;
        self.taken.push((What::Report, *from));
        let counted = first(&mut self.reporters, &new.service, &from.source)
            && self.board.would_count_report(&new.service, &from.source, self.at);
        let accepted = Accepted { id, counted, at: self.at };
        if let Some(key) = new.key {
            self.requests.insert(key.kept, (new.service.clone(), new.symptom.clone(), accepted));
        }
        self.push(Signal::ReportAccepted(ReportAccepted {
            id,
            service: new.service.clone(),
            symptom: new.symptom.clone(),
            country: new.country.or(from.country),
            counted,
            source: Some(from.source.today),
            network: Some(from.network),
            key: new.key.map(|k| k.kept),
        }));
        Ok((accepted, true))
    }

    fn remembered(&self, key: RequestKey) -> Option<(Slug, SymptomId, Accepted)> {
        if let Some(found) = self.requests.get(&key) {
            return Some(found.clone());
        }
        // The board's own time may be a minute behind.
        let r = self.board.request(key).filter(|r| self.at.since_ms(r.at) < REQUEST_MS)?;
        Some((r.service, r.symptom, Accepted { id: r.id, counted: r.counted, at: r.at }))
    }

    fn vote(&mut self, service: &Slug, country: Option<Country>, from: &Origin) -> IntakeResult<bool> {
        self.service_has(service, None)?;
        self.limiters.take(What::Vote, from, self.at)?;
        self.taken.push((What::Vote, *from));
        let counted = first(&mut self.voters, service, &from.source)
            && self.board.would_count_vote(service, &from.source, self.at);
        self.push(Signal::Vote(Vote {
            service: service.clone(),
            country: country.or(from.country),
            counted,
            source: Some(from.source.today),
            network: Some(from.network),
        }));
        Ok(counted)
    }

    fn update(&mut self, id: ReportId, service: Slug, change: ReportChange) -> IntakeResult<()> {
        if let ReportChange::Amended { symptom, .. } = &change {
            self.service_has(&service, Some(symptom))?;
        }
        self.changed.push(self.limiters.take_change(id, &change, self.at)?);
        self.push(Signal::ReportUpdated(ReportUpdated { id, service, change }));
        Ok(())
    }

    fn learned(&mut self, baseline: Baseline) -> IntakeResult<()> {
        self.service_has(&baseline.service, None)?;
        let ok = baseline.profile.len() == 168 && baseline.profile.iter().all(|r| r.is_finite() && *r >= 0.0);
        if !ok {
            return Err(EngineError::Invalid { field: "profile", problem: words::BAD_PROFILE.to_owned() });
        }
        self.push(Signal::Baseline(baseline));
        Ok(())
    }

    /// The entries, and what is left to do when they are durable or not.
    pub(super) fn seal(self) -> (Vec<Entry>, Sealed) {
        let sealed = Sealed {
            waiting: self.waiting,
            taken: self.taken,
            changed: self.changed,
            snapshots: self.snapshots,
            catch_ups: self.catch_ups,
            new_catalogue: self.new_catalogue,
        };
        (self.entries, sealed)
    }
}

/// A batch that is on its way to the journal.
pub(super) struct Sealed {
    waiting: Vec<Waiting>,
    taken: Vec<(What, Origin)>,
    changed: Vec<(ReportId, bool)>,
    pub(super) snapshots: Vec<Answer<u64>>,
    pub(super) catch_ups: Vec<Answer<u64>>,
    pub(super) new_catalogue: Option<Arc<Catalogue>>,
}

impl Sealed {
    /// Durable and applied: tells everybody.
    pub(super) fn accept(&mut self, m: &Metrics) {
        // A receiver that is gone has nobody to tell.
        for w in self.waiting.drain(..) {
            match w {
                Waiting::Report(answer, accepted, fresh) => {
                    m.accepted.inc_by(u64::from(fresh));
                    m.duplicates.inc_by(u64::from(fresh && !accepted.counted));
                    let _ = answer.send(Ok(accepted));
                }
                Waiting::Vote(answer, counted) => {
                    m.votes.inc();
                    let _ = answer.send(Ok(counted));
                }
                Waiting::Done(answer) => drop(answer.send(Ok(()))),
                Waiting::Reload(answer) => drop(answer.send(Ok(true))),
            }
        }
    }

    /// The append failed: tells everybody, and takes nobody's allowance.
    pub(super) fn refuse(self, limiters: &mut Limiters, error: impl Fn() -> EngineError) {
        for (what, from) in &self.taken {
            limiters.give_back(*what, from);
        }
        for key in self.changed {
            limiters.changes.give_back(key);
        }
        for w in self.waiting {
            match w {
                Waiting::Report(answer, ..) => drop(answer.send(Err(error()))),
                Waiting::Vote(answer, _) | Waiting::Reload(answer) => drop(answer.send(Err(error()))),
                Waiting::Done(answer) => drop(answer.send(Err(error()))),
            }
        }
        for answer in self.snapshots.into_iter().chain(self.catch_ups) {
            let _ = answer.send(Err(error()));
        }
    }
}

/// Whether this source is the first of its batch for this service.
fn first(seen: &mut BTreeSet<(Slug, SourceHash)>, service: &Slug, source: &SourceKeys) -> bool {
    let before = source.yesterday.is_some_and(|y| seen.contains(&(service.clone(), y)));
    seen.insert((service.clone(), source.today)) && !before
}

/// Random bytes of the system, fetched for a whole batch at once.
pub(super) struct Random {
    bytes: Vec<u8>,
}

impl Random {
    /// Enough for `ids` ids.
    pub(super) fn for_ids(ids: usize) -> Random {
        let mut bytes = vec![0; ids * 10];
        if let Err(e) = getrandom::fill(&mut bytes) {
            tracing::error!(error = %e, "core: the system gives no random bytes; reports are refused");
            bytes.clear();
        }
        Random { bytes }
    }

    fn ten(&mut self) -> Option<[u8; 10]> {
        let at = self.bytes.len().checked_sub(10)?;
        self.bytes.split_off(at).try_into().ok()
    }
}
