//! Deciding one batch of commands: what becomes an entry, what is refused, who is answered what once it is durable.

use crate::command::{Accepted, Answer, Arrived, Command};
use crate::intake::Origin;
use crate::limit::Limiter;
use crate::metrics::Metrics;
use crate::{EngineError, IntakeResult};
use allclear_detect::{Board, FLAGS, WAITING};
use allclear_model::official::OfficialSaid;
use allclear_model::signal::{
    Baseline, CheckResults, Flagged, Moderated, ModerationDecided, ReportAccepted, ReportChange, ReportUpdated,
    TextChange, Vote,
};
use allclear_model::words::agents;
use allclear_model::words::problems::{self as words, NotNow};
use allclear_model::{
    AgentKey, Catalogue, Country, Decider, Decision, Entry, FreeText, Reason, ReportId, RequestKey, Signal, Slug,
    SourceHash, SourceKeys, SymptomId, Time,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A request key gives the same receipt for this long.
const REQUEST_MS: i64 = 24 * 3_600_000;
/// A result of an agent that is older than this on its arrival says nothing of now. As long as a location speaks without being heard.
const LATE_MS: i64 = 600_000;

/// How often an author may change a report, kept over batches: amendments (false) and withdrawals (true).
pub(super) type Changes = Limiter<(ReportId, bool)>;

/// An answer that waits for the append.
enum Waiting {
    Report(Answer<Accepted>, Accepted),
    Vote(Answer<bool>, bool),
    Done(Answer<()>),
    Reload(Answer<bool>),
    Flag(Answer<bool>, bool),
    Act(Answer<u64>, u64),
    Batch(Answer<usize>, usize),
    /// A batch that came before: perhaps only just, with what is being appended.
    Again(Answer<usize>, u64, u64),
}

/// One batch in the making.
pub(super) struct Batch<'b> {
    board: &'b Board,
    changes: &'b mut Changes,
    at: Time,
    next_seq: u64,
    catalogue: Arc<Catalogue>,
    pub(super) entries: Vec<Entry>,
    waiting: Vec<Waiting>,
    requests: BTreeMap<RequestKey, (Slug, SymptomId, Accepted)>,
    reporters: BTreeSet<(Slug, SourceHash)>,
    voters: BTreeSet<(Slug, SourceHash)>,
    /// Texts that come to wait with this batch.
    held: usize,
    /// Batches that come with this one: the number of the last of each agent.
    agents: BTreeMap<Slug, u64>,
    changed: Vec<(ReportId, bool)>,
    /// What is to be done after the append.
    pub(super) snapshots: Vec<Answer<u64>>,
    pub(super) catch_ups: Vec<Answer<u64>>,
    pub(super) new_catalogue: Option<Arc<Catalogue>>,
}

impl<'b> Batch<'b> {
    /// A batch whose entries are stamped `at` and follow `last_seq`.
    pub(super) fn new(board: &'b Board, changes: &'b mut Changes, at: Time, last_seq: u64) -> Batch<'b> {
        Batch {
            board,
            changes,
            at,
            next_seq: last_seq + 1,
            catalogue: board.catalogue().clone(),
            entries: Vec::new(),
            waiting: Vec::new(),
            requests: BTreeMap::new(),
            reporters: BTreeSet::new(),
            voters: BTreeSet::new(),
            held: 0,
            agents: BTreeMap::new(),
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
            Command::Report { arrived, answer } => match self.report(*arrived, random, m) {
                Ok(accepted) => self.waiting.push(Waiting::Report(answer, accepted)),
                Err(e) => drop(answer.send(Err(e))),
            },
            Command::Vote { service, country, from, answer } => match self.vote(&service, country, &from) {
                Ok(counted) => self.waiting.push(Waiting::Vote(answer, counted)),
                Err(e) => drop(answer.send(Err(e))),
            },
            Command::Update { id, service, change, text, answer } => match self.update(id, service, change, text) {
                Ok(()) => self.waiting.push(Waiting::Done(answer)),
                Err(e) => drop(answer.send(Err(e))),
            },
            Command::Flag { id, service, from, answer } => {
                let counted = self.flag(id, service, &from);
                self.waiting.push(Waiting::Flag(answer, counted));
            }
            Command::Act { signal, answer } => {
                self.waiting.push(Waiting::Act(answer, self.next_seq));
                self.push(*signal);
            }
            Command::Learned { baseline, answer } => match self.learned(*baseline) {
                Ok(()) => self.waiting.push(Waiting::Done(answer)),
                Err(e) => drop(answer.send(Err(e))),
            },
            Command::Checked { mut results, answer } => {
                // Its service may have gone while a check ran.
                results.results.retain(|r| self.catalogue.services.contains_key(&r.service));
                if !results.results.is_empty() {
                    self.push(Signal::CheckResults(*results));
                }
                self.waiting.push(Waiting::Done(answer));
            }
            Command::Batch { results, key, answer } => match self.agent_batch(*results, key, answer) {
                Ok(waiting) => self.waiting.push(waiting),
                Err((answer, e)) => drop(answer.send(Err(e))),
            },
            Command::Announced { mut pages, answer } => {
                let bounded = |said: &OfficialSaid| match said {
                    OfficialSaid::New { word } => word.is_bounded(),
                    OfficialSaid::Same | OfficialSaid::Unread { .. } => true,
                };
                pages.read.retain(|r| self.catalogue.services.contains_key(&r.service) && bounded(&r.said));
                if !pages.read.is_empty() {
                    self.push(Signal::OfficialPages(*pages));
                }
                self.waiting.push(Waiting::Done(answer));
            }
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

    fn report(&mut self, arrived: Arrived, random: &mut Random, m: &Metrics) -> IntakeResult<Accepted> {
        let Arrived { new, from, allowed, moderated, weight } = arrived;
        if let Some(before) = new.key.and_then(|k| self.remembered(k.kept).or_else(|| self.remembered(k.older?))) {
            let (service, symptom, accepted) = before;
            if service != new.service || symptom != new.symptom {
                return Err(EngineError::KeyReused);
            }
            m.repeated.inc();
            return Ok(Accepted { fresh: false, ..accepted });
        }
        allowed?;
        self.service_has(&new.service, Some(&new.symptom))?;
        let id = ReportId::new(self.at, random.ten().ok_or_else(|| EngineError::not_now(NotNow::NotKept))?);
        let counted = first(&mut self.reporters, &new.service, &from.source)
            && self.board.would_count_report(&new.service, &from.source, self.at);
        let moderated = moderated.map(|m| self.hold(m));
        let text = moderated.as_ref().map(|m| m.decision);
        let accepted = Accepted { id, counted, at: self.at, text, fresh: true };
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
            network: Some(from.network.today),
            network_before: self.board.network_before(&new.service, &from.network, self.at),
            key: new.key.map(|k| k.kept),
            weight,
            facts: new.facts.map(Box::new),
            moderated,
            text: new.text,
        }));
        Ok(accepted)
    }

    fn remembered(&self, key: RequestKey) -> Option<(Slug, SymptomId, Accepted)> {
        if let Some(found) = self.requests.get(&key) {
            return Some(found.clone());
        }
        // The board's own time may be a minute behind.
        let r = self.board.request(key).filter(|r| self.at.since_ms(r.at) < REQUEST_MS)?;
        Some((r.service, r.symptom, Accepted { id: r.id, counted: r.counted, at: r.at, text: None, fresh: false }))
    }

    fn vote(&mut self, service: &Slug, country: Option<Country>, from: &Origin) -> IntakeResult<bool> {
        self.service_has(service, None)?;
        let counted = first(&mut self.voters, service, &from.source)
            && self.board.would_count_vote(service, &from.source, self.at);
        self.push(Signal::Vote(Vote {
            service: service.clone(),
            country: country.or(from.country),
            counted,
            source: Some(from.source.today),
            network: Some(from.network.today),
        }));
        Ok(counted)
    }

    /// Beyond so many waiting texts nobody will get to another: it is withheld at once.
    fn hold(&mut self, m: Moderated) -> Moderated {
        if m.decision != Decision::Hold {
            return m;
        }
        if self.board.texts_waiting() + self.held >= WAITING {
            let reasons = m.reasons.into_iter().chain([Reason::Crowded]).collect();
            return Moderated { decision: Decision::Hide, reasons, ..m };
        }
        self.held += 1;
        m
    }

    fn update(
        &mut self,
        id: ReportId,
        service: Slug,
        mut change: ReportChange,
        text: Option<FreeText>,
    ) -> IntakeResult<()> {
        if let ReportChange::Amended { symptom, text, .. } = &mut change {
            self.service_has(&service, Some(symptom))?;
            if let TextChange::Replaced(m) = text {
                *m = self.hold(m.clone());
            }
        }
        let key = (id, matches!(change, ReportChange::Withdrawn));
        self.changes.take(key, self.at).map_err(|retry_after_s| EngineError::Limited { retry_after_s })?;
        self.changed.push(key);
        self.push(Signal::ReportUpdated(ReportUpdated { id, service, change, text }));
        Ok(())
    }

    /// A flag; enough of them hold the text, once: when an operator shows it again, the flags of that day change nothing
    /// any more.
    fn flag(&mut self, id: ReportId, service: Slug, from: &Origin) -> bool {
        let earlier = |s: &Signal| matches!(s, Signal::Flagged(f) if f.id == id && f.counted && (f.source == Some(from.source.today) || f.network == Some(from.network.today)));
        let again = self.entries.iter().any(|e| earlier(&e.signal));
        let in_batch =
            self.entries.iter().filter(|e| matches!(&e.signal, Signal::Flagged(f) if f.id == id && f.counted)).count();
        let flags = self.board.would_flag(id, &service, &from.source, from.network.today, self.at).filter(|_| !again);
        self.push(Signal::Flagged(Flagged {
            id,
            service: service.clone(),
            counted: flags.is_some(),
            source: Some(from.source.today),
            network: Some(from.network.today),
        }));
        if flags.is_some_and(|n| n + in_batch == FLAGS) {
            self.push(Signal::ModerationDecided(ModerationDecided {
                id,
                service,
                decision: Decision::Hold,
                reasons: vec![Reason::Flagged],
                decider: Decider::Readers,
            }));
        }
        flags.is_some()
    }

    /// Texts whose time is over are withheld.
    pub(super) fn withhold_overdue(&mut self) {
        let overdue: Vec<(ReportId, Slug)> = self.board.overdue(self.at).map(|(id, s)| (id, s.clone())).collect();
        for (id, service) in overdue {
            self.push(Signal::ModerationDecided(ModerationDecided {
                id,
                service,
                decision: Decision::Hide,
                reasons: vec![Reason::Late],
                decider: Decider::Clock,
            }));
        }
    }

    /// What an agent found. Whether it may send, and whether it sent this before, is decided here, in append order.
    fn agent_batch(
        &mut self,
        mut c: CheckResults,
        key: AgentKey,
        answer: Answer<usize>,
    ) -> Result<Waiting, (Answer<usize>, EngineError)> {
        let no_agent = |why: String| EngineError::NoAgent(why);
        let Some(agent) = self.board.agent(&c.location).filter(|a| a.key == key) else {
            return Err((answer, no_agent(agents::UNKNOWN.to_owned())));
        };
        if agent.revoked {
            return Err((answer, no_agent(agents::revoked(&agent.name))));
        }
        let seq = c.batch.as_ref().map_or(0, |b| b.seq);
        let last = self.agents.get(&c.location).copied().unwrap_or(0).max(agent.last_seq);
        if seq <= last {
            return Ok(Waiting::Again(answer, seq, last));
        }
        self.agents.insert(c.location.clone(), seq);
        c.results.retain(|r| self.catalogue.services.contains_key(&r.service));
        for r in &mut c.results {
            let measured = r.at.map_or(self.at, |at| at.min(self.at));
            r.late = self.at.since_ms(measured) > LATE_MS;
            r.at = r.late.then_some(measured);
        }
        let late = c.results.iter().filter(|r| r.late).count();
        // Even when nothing is left of it: its number must not be taken again.
        self.push(Signal::CheckResults(c));
        Ok(Waiting::Batch(answer, late))
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
                Waiting::Report(answer, accepted) => {
                    m.accepted.inc_by(u64::from(accepted.fresh));
                    m.duplicates.inc_by(u64::from(accepted.fresh && !accepted.counted));
                    let _ = answer.send(Ok(accepted));
                }
                Waiting::Vote(answer, counted) => {
                    m.votes.inc();
                    let _ = answer.send(Ok(counted));
                }
                Waiting::Done(answer) => drop(answer.send(Ok(()))),
                Waiting::Reload(answer) => drop(answer.send(Ok(true))),
                Waiting::Flag(answer, counted) => drop(answer.send(Ok(counted))),
                Waiting::Act(answer, seq) => drop(answer.send(Ok(seq))),
                Waiting::Batch(answer, late) => drop(answer.send(Ok(late))),
                Waiting::Again(answer, seq, last) => drop(answer.send(Err(EngineError::Replayed { seq, last }))),
            }
        }
    }

    /// The append failed: tells everybody, and takes nobody's allowance.
    pub(super) fn refuse(self, changes: &mut Changes, error: impl Fn() -> EngineError) {
        for key in self.changed {
            changes.give_back(key);
        }
        for w in self.waiting {
            match w {
                Waiting::Report(answer, ..) => drop(answer.send(Err(error()))),
                Waiting::Vote(answer, _) | Waiting::Flag(answer, _) | Waiting::Reload(answer) => {
                    drop(answer.send(Err(error())));
                }
                Waiting::Act(answer, _) => drop(answer.send(Err(error()))),
                Waiting::Batch(answer, _) | Waiting::Again(answer, ..) => drop(answer.send(Err(error()))),
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
