//! The in-memory state of all services, built only by applying journal entries in order.
//!
//! Time is part of the log: all minutes that end up to an entry's `at` are ended before it is applied, so that a live
//! board, one restored from a snapshot and one in a replay come to the same verdicts. A service costs nothing until
//! somebody says something about it.

mod agents;
mod alarm;
mod catalogue;
mod checks;
mod clock;
mod counts;
mod days;
mod months;
mod networks;
mod official;
mod others;
mod pace;
pub mod people;
mod remember;
mod reports;
mod scope;
mod snapshot;
mod stand;
mod state;
mod trace;
mod verdict;
mod watched;

pub use agents::{AGENTS_AT_ONCE, AgentNow};
pub use checks::{CheckCell, SpotNow};
pub use days::DayNow;
pub use months::MonthNow;
pub use official::OfficialNow;
pub use people::{Discounts, FLAGS, Remark};
pub use remember::Remembered;
pub use snapshot::SnapshotError;
pub use state::Line;
pub use verdict::{BinNow, ServiceNow};

use crate::limits::{Limits, Sizes};
use crate::rule::PRIOR_RATE;
use agents::Agents;
use allclear_model::signal::{Baseline, Counted};
use allclear_model::{
    Act, Catalogue, Entry, Incident, Minute, NetworkHash, NetworkKeys, ReportId, RequestKey, Signal, Slug, SourceKeys,
    SymptomId, TextState, Time, Verdict,
};
pub(crate) use checks::{Stance, Told};
pub(crate) use clock::{PARTS, Part};
pub(crate) use official::{Page, Says};
use people::{Moderation, People};
pub(crate) use remember::FoldedMap;
use remember::{REQUEST_MS, Requests, SOURCE_MS, Sources, source_key};
pub(crate) use state::Networked;
use state::{Cx, State};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
pub(crate) use trace::{Planted, Seen, Weighed, read_seed};
use watched::Watched;

/// The judge's new word about a service. The engine makes a `VerdictChanged` of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Whose.
    pub service: Slug,
    /// The new verdict.
    pub verdict: Verdict,
    /// The incident it belongs to, as it is now.
    pub incident: Option<Incident>,
    /// Lines of the incident's replay bundle that are new with this word, in the format of [`crate::replay`].
    pub bundle: Vec<String>,
}

/// Which services show something else than when this was last asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// All of them: the catalogue changed or a quarter of an hour has ended.
    All,
    /// These, in order of slug.
    These(Vec<Slug>),
}

/// So many services of a kind must be known for their median to tell of another.
const KIND: usize = 3;
/// And so many of them, first by slug, are asked at most: a first report costs the same in a catalogue of any size.
const KIN: usize = 256;

/// The board.
#[derive(Debug)]
pub struct Board {
    limits: Limits,
    seq: u64,
    at: Time,
    /// The minute under way.
    minute: Minute,
    started: bool,
    watched_from: Minute,
    minutes: u64,
    catalogue: Arc<Catalogue>,
    /// In order of slug.
    services: Vec<Watched>,
    index: FoldedMap<Slug, u32>,
    /// By category, indices of the first [`KIN`] services in it.
    kinds: BTreeMap<Slug, Vec<u32>>,
    /// Indices of services with state or other witnesses, in order.
    active: Vec<u32>,
    reporters: Sources,
    voters: Sources,
    requests: Requests,
    moderation: Moderation,
    agents: Agents,
    gaps: Vec<(i64, i64)>,
    month: months::Present,
    touched: Vec<bool>,
    all_touched: bool,
}

impl Board {
    /// A board of nothing, before the first entry.
    pub fn new(limits: Limits) -> Board {
        Board {
            limits,
            seq: 0,
            at: Time(0),
            minute: Minute(0),
            started: false,
            watched_from: Minute(0),
            minutes: 0,
            catalogue: Arc::default(),
            services: Vec::new(),
            index: FoldedMap::default(),
            kinds: BTreeMap::new(),
            active: Vec::new(),
            reporters: Sources::default(),
            voters: Sources::default(),
            requests: Requests::default(),
            moderation: Moderation::default(),
            agents: Agents::default(),
            gaps: Vec::new(),
            month: months::Present::default(),
            touched: Vec::new(),
            all_touched: true,
        }
    }

    /// Ends all minutes up to `entry.at`, then applies it and judges what it could change. Changes come in order of
    /// time, and of slug within a minute. An entry about a service that the catalogue does not have changes nothing
    /// but the time.
    pub fn apply(&mut self, entry: &Entry) -> Vec<Change> {
        let mut out = Vec::new();
        match &entry.signal {
            Signal::Resumed { stopped } => self.resume(entry.at, *stopped, &mut out),
            _ => self.advance(entry.at, &mut out),
        }
        self.seq = entry.seq;
        match &entry.signal {
            Signal::ReportAccepted(r) => self.report(r, &mut out),
            Signal::ReportUpdated(u) => self.update(u),
            Signal::Vote(v) => self.vote(v),
            Signal::ModerationDecided(d) => self.moderate(d.id, &d.service, d.decision, self.at),
            Signal::ModerationUndone(u) => {
                self.moderate(u.id, &u.service, u.decision, u.since.unwrap_or(entry.at));
            }
            Signal::Flagged(f) => {
                if let (true, Some(source), Some(network)) = (f.counted, f.source, f.network) {
                    self.moderation.flag(f.id, source_key(&f.service, source), network.0, entry.at);
                }
            }
            Signal::TextErased(e) => self.set_text(e.id, &e.service, None, TextState::Erased, self.at),
            Signal::Act(a) => self.act(entry.seq, &a.act, &mut out),
            Signal::Counted(Counted { service, symptom, count, networks }) => {
                if let Some(i) = self.find(service) {
                    let n = |v: u64| u32::try_from(v).unwrap_or(u32::MAX);
                    self.counted(i, symptom, n(*count), Networked::of(n(*count), networks.map(n)));
                    self.judge(i, &mut out);
                }
            }
            Signal::Baseline(b) => self.baseline(b),
            Signal::CheckResults(c) => self.check_results(c, &mut out),
            Signal::OfficialPages(p) => self.official_pages(p, &mut out),
            Signal::CatalogueChanged { catalogue } => self.take_catalogue(catalogue),
            // Views are not evidence yet, and the judge's own word changes nothing.
            Signal::Visits(_) | Signal::Tick | Signal::Resumed { .. } | Signal::VerdictChanged { .. } => {}
        }
        out
    }

    /// False when this source has a counted report about the service in the 6 hours before `at`.
    pub fn would_count_report(&self, service: &str, source: &SourceKeys, at: Time) -> bool {
        Self::would_count(&self.reporters, service, source, at)
    }

    /// Yesterday's name of a network where reports from it are known by that: journalled with the report, so that it stays one network over
    /// midnight.
    pub fn network_before(&self, service: &str, network: &NetworkKeys, at: Time) -> Option<NetworkHash> {
        let state = self.find(service).and_then(|i| self.services.get(i)).and_then(|w| w.state.as_ref());
        network.yesterday.filter(|n| state.is_some_and(|s| s.networks.knows(at.minute(), n.0)))
    }

    /// False when this source has a counted vote about the service in the 6 hours before `at`.
    pub fn would_count_vote(&self, service: &str, source: &SourceKeys, at: Time) -> bool {
        Self::would_count(&self.voters, service, source, at)
    }

    fn would_count(sources: &Sources, service: &str, source: &SourceKeys, at: Time) -> bool {
        let seen = |s| sources.get(source_key(service, s), at, SOURCE_MS).is_some();
        !(seen(source.today) || source.yesterday.is_some_and(seen))
    }

    /// The answer that a request with this key had in the last 24 hours.
    pub fn request(&self, key: RequestKey) -> Option<Remembered> {
        self.requests.get(key.into(), self.at, REQUEST_MS).cloned()
    }

    /// Sequence number of the last entry that was applied.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The board's time: that of the last entry.
    pub fn at(&self) -> Time {
        self.at
    }

    /// The effective catalogue.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// Number of services.
    pub fn service_count(&self) -> usize {
        self.services.len()
    }

    /// Slugs in order.
    pub fn slugs(&self) -> impl Iterator<Item = &Slug> {
        self.services.iter().map(|s| &s.slug)
    }

    /// Everything about one service; `None` when the catalogue has no such slug.
    pub fn now(&self, slug: &str) -> Option<ServiceNow> {
        let i = self.find(slug)?;
        let w = self.services.get(i)?;
        let cx = self.service_cx(i);
        let mut now =
            verdict::now(&w.frame(&cx, &self.gaps), w.state.as_deref(), w.people.as_deref(), w.others.as_deref());
        now.days = w.days.as_deref().map(|d| d.at(cx.minute)).unwrap_or_default();
        Some(now)
    }

    /// The verdict alone, now.
    pub fn verdict(&self, slug: &str) -> Option<Verdict> {
        let i = self.find(slug)?;
        let w = self.services.get(i)?;
        let cx = self.service_cx(i);
        Some(verdict::verdict(&w.frame(&cx, &self.gaps), w.state.as_deref(), w.others.as_deref()))
    }

    /// Which services to show again.
    pub fn take_changed(&mut self) -> Changed {
        if self.all_touched {
            self.all_touched = false;
            self.touched.fill(false);
            return Changed::All;
        }
        let mut these = Vec::new();
        for (t, w) in self.touched.iter_mut().zip(&self.services) {
            if std::mem::take(t) {
                these.push(w.slug.clone());
            }
        }
        Changed::These(these)
    }

    /// How full everything is that outside input can grow.
    pub fn sizes(&self) -> Sizes {
        let states =
            || self.active.iter().filter_map(|i| self.services.get(*i as usize)).filter_map(|w| w.state.as_deref());
        let others =
            || self.active.iter().filter_map(|i| self.services.get(*i as usize)).filter_map(|w| w.others.as_deref());
        let (waiting, flags, flags_evicted) = self.moderation.sizes();
        Sizes {
            waiting,
            flags,
            flags_evicted,
            services: self.services.len(),
            active: states().count(),
            reporters: self.reporters.len(),
            voters: self.voters.len(),
            requests: self.requests.len(),
            networks: states().map(|s| s.networks.len()).sum(),
            sparse: states().map(|s| s.symptoms.len() + s.countries.len()).sum(),
            reporters_evicted: self.reporters.evicted,
            voters_evicted: self.voters.evicted,
            requests_evicted: self.requests.evicted,
            networks_evicted: states().map(|s| s.networks.evicted).sum(),
            sparse_evicted: states().map(|s| s.symptoms.evicted + s.countries.evicted).sum(),
            locations: others().map(|o| o.checks.len()).sum(),
            locations_evicted: others().fold(0, |n: u64, o| n.saturating_add(o.checks.evicted)),
            pages: others().filter(|o| o.official.is_some()).count(),
        }
    }

    pub(crate) fn find(&self, slug: &str) -> Option<usize> {
        self.index.get(slug).map(|i| *i as usize)
    }

    fn cx(&self) -> Cx {
        Cx { at: self.at, minute: self.minute, watched_from: self.watched_from, seq: self.seq, limits: self.limits }
    }

    /// The state of a service, made when it is first needed.
    fn state(&mut self, i: usize) -> Option<&mut State> {
        if self.services.get(i)?.state.is_none() {
            self.begin(i);
        }
        *self.touched.get_mut(i)? = true;
        self.services.get_mut(i)?.state.as_deref_mut()
    }

    fn begin(&mut self, i: usize) {
        let cx = self.service_cx(i);
        let minutes = self.minutes;
        let prior = self.usual_of_its_kind(i);
        let Some(w) = self.services.get_mut(i) else { return };
        let silent = minutes.saturating_sub(w.minutes_before);
        let mut state = State::new(&cx, silent, w.since, prior);
        if let Some(o) = w.others.as_deref_mut() {
            state.months = std::mem::take(&mut o.months);
        }
        w.state = Some(Box::new(state));
        self.activate(i);
    }

    /// Another witness than people has spoken of a service: the judge's word, if it is a new one.
    fn heard(&mut self, i: usize, cx: &Cx, out: &mut Vec<Change>) {
        let Some(w) = self.services.get_mut(i) else { return };
        if w.turned() {
            out.push(w.word(cx, &self.gaps));
        }
        if let Some(t) = self.touched.get_mut(i) {
            *t = true;
        }
        self.activate(i);
    }

    /// From here on the ends of minutes are this service's too.
    fn activate(&mut self, i: usize) {
        let index = i as u32;
        if let Err(at) = self.active.binary_search(&index) {
            self.active.insert(at, index);
        }
    }

    /// What services of the same category commonly have, reports per minute: the median of those that have been watched
    /// for long enough, where there are at least [`KIND`].
    fn usual_of_its_kind(&self, i: usize) -> f64 {
        let own = self.services.get(i).and_then(|w| self.catalogue.services.get(&w.slug));
        let Some(kin) = own.and_then(|s| self.kinds.get(&s.category)) else { return PRIOR_RATE };
        let state = |k: &u32| self.services.get(*k as usize)?.state.as_deref().filter(|s| !s.detector.cold());
        let mut means: Vec<f64> = kin.iter().filter_map(state).map(|s| s.detector.baseline.mean()).collect();
        if means.len() < KIND {
            return PRIOR_RATE;
        }
        means.sort_by(f64::total_cmp);
        means[means.len() / 2]
    }

    fn service_cx(&self, i: usize) -> Cx {
        let mut cx = self.cx();
        if let Some(w) = self.services.get(i) {
            cx.watched_from = cx.watched_from.max(w.since.minute());
        }
        cx
    }

    /// Counts reports without single ones in the minute under way.
    pub(crate) fn counted(&mut self, i: usize, symptom: &SymptomId, count: u32, networks: Networked) {
        let cx = self.service_cx(i);
        if let Some(s) = self.state(i) {
            s.counted(&cx, symptom, count, networks);
        }
    }

    /// Judges in the middle of a minute.
    pub(crate) fn judge(&mut self, i: usize, out: &mut Vec<Change>) {
        let cx = self.service_cx(i);
        let Some(w) = self.services.get_mut(i) else { return };
        let Some(s) = w.state.as_deref_mut() else { return };
        if s.judge_now(&cx, &w.slug, w.others.as_deref()) {
            out.push(w.word(&cx, &self.gaps));
        }
    }

    fn act(&mut self, seq: u64, act: &Act, out: &mut Vec<Change>) {
        let at = self.at;
        match act {
            Act::OptOut { host, out } => self.moderation.opt_out(host, *out),
            Act::AgentAdded { name, key } => self.agents.add(at, name, *key),
            Act::AgentRevoked { name, revoked } => self.agents.revoke(name, *revoked),
            Act::SuggestionDecided { .. } | Act::FeedbackClosed { .. } | Act::BaselineImported { .. } => {}
            Act::NoteAdded { service, note } => {
                if let Some(people) = self.find(service).and_then(|i| self.people(i)) {
                    people.add_note(seq, note.clone());
                }
            }
            Act::NoteRemoved { service, note } => {
                if let Some(people) = self.find(service).and_then(|i| self.people(i)) {
                    people.remove_note(*note);
                }
            }
            Act::IncidentAnnotated { service, incident, words } => {
                let words = words.as_ref().map(|w| w.as_str().to_owned());
                if let Some(people) = self.find(service).and_then(|i| self.people(i)) {
                    people.remark(incident, stand::INCIDENTS, |r| r.words = words);
                }
            }
            Act::IncidentRetracted { service, incident, reason } => {
                let Some(i) = self.find(service) else { return };
                let retracted = reason.as_ref().map(|w| w.as_str().to_owned());
                let taken = retracted.is_some();
                if let Some(people) = self.people(i) {
                    people.remark(incident, stand::INCIDENTS, |r| r.retracted = retracted);
                }
                let cx = self.service_cx(i);
                let Some(w) = self.services.get_mut(i) else { return };
                let Some(s) = w.state.as_deref_mut() else { return };
                if !taken {
                    if stand::reinstate(s, incident) {
                        out.push(w.word(&cx, &self.gaps));
                    }
                } else if let Some(ended) = stand::retract(s, incident, at) {
                    out.push(Change { incident: Some(ended), ..w.word(&cx, &self.gaps) });
                }
            }
        }
    }

    /// What is known of people at a service, made when it is first needed.
    fn people(&mut self, i: usize) -> Option<&mut People> {
        *self.touched.get_mut(i)? = true;
        Some(self.services.get_mut(i)?.people.get_or_insert_default())
    }

    /// Texts whose time is over at `at` and that nobody has decided, oldest first.
    pub fn overdue(&self, at: Time) -> impl Iterator<Item = (ReportId, &Slug)> {
        self.moderation.overdue(at)
    }

    /// When the time of the next undecided text is over.
    pub fn next_due(&self) -> Option<Time> {
        self.moderation.next_due()
    }

    /// Texts that nobody has decided.
    pub fn texts_waiting(&self) -> usize {
        self.moderation.waiting()
    }

    /// How many flags a text would have with that of this source; `None` when the source, or its network, has flagged it
    /// before.
    pub fn would_flag(
        &self,
        id: ReportId,
        service: &str,
        source: &SourceKeys,
        network: NetworkHash,
        at: Time,
    ) -> Option<usize> {
        let known = |s| self.moderation.would_flag(id, source_key(service, s), network.0, at);
        match source.yesterday {
            Some(y) => known(source.today).and_then(|_| known(y)),
            None => known(source.today),
        }
    }

    /// Hosts that no check may contact, in order.
    pub fn optouts(&self) -> impl Iterator<Item = &str> {
        self.moderation.optouts.iter().map(String::as_str)
    }

    /// Agents that the operator has added, in order of name; revoked ones too.
    pub fn agents(&self) -> &[AgentNow] {
        self.agents.list()
    }

    /// The agent of that name.
    pub fn agent(&self, name: &Slug) -> Option<&AgentNow> {
        self.agents.get(name)
    }

    /// Ids of the reports that are listed and have a text, shown or not.
    pub fn listed_texts(&self) -> BTreeSet<ReportId> {
        let states = self.active.iter().filter_map(|i| self.services.get(*i as usize)?.state.as_deref());
        states.flat_map(|s| &s.recent).filter(|l| l.text != TextState::None).map(|l| l.id).collect()
    }

    fn baseline(&mut self, b: &Baseline) {
        let Some(i) = self.find(&b.service) else { return };
        let minute = self.minute;
        if let Some(s) = self.state(i) {
            // A bundle cannot tell of it.
            s.trace = None;
            s.detector.give(minute, &b.profile, b.alpha, b.weeks.unwrap_or(8.0));
            if let Some(r) = &mut s.retracted {
                r.restart();
            }
        }
    }
}
