//! What each kind of line says, and puts into the buffer. Each gives the keys that its kind may have.

use super::super::buffer::Waiting;
use super::super::bundle::Bundle;
use super::super::line::{Line, Text, country, hash, key, need, one_of};
use super::{Runner, SPAN_MS};
use crate::board::{PARTS, Says};
use allclear_model::catalogue::Fact;
use allclear_model::check::CheckOutcome;
use allclear_model::official::{
    EventKind, EventPhase, OfficialEvent, OfficialPages, OfficialRead, OfficialSaid, OfficialWord, TITLE_MAX, Trust,
    excerpt,
};
use allclear_model::signal::{Baseline, CheckResult, CheckResults, ReportAccepted, Vote};
use allclear_model::time::MINUTE_MS;
use allclear_model::{Level, NetworkHash, ReportId, Service, Signal, Slug, SourceHash, SymptomId, Time};
use std::sync::Arc;

/// Keys of a `reports` line.
const REPORTS: u64 = key::service | key::count | key::span_s | key::symptom | key::networks;
/// Networks up to this number are taken for the same ones from line to line.
const FEW: u64 = 4;

impl Runner<'_> {
    /// The runner's number of the service that a line speaks of.
    pub(super) fn service(&mut self, l: &Line<'_>) -> Result<u32, String> {
        let name = need(l.service.as_ref(), "service")?;
        if let Some(n) = self.lookup.get(name) {
            return Ok(*n);
        }
        let slug = Slug::parse(name).map_err(|e| format!("`service`: {}", e.problem))?;
        if !self.catalogue.services.contains_key(&slug) {
            return Err(format!(
                "service {name:?} is neither in the catalogue nor declared by a line of kind `service` before this one"
            ));
        }
        Ok(self.name(slug))
    }

    fn name(&mut self, slug: Slug) -> u32 {
        if let Some(n) = self.numbers.get(&slug) {
            return *n;
        }
        let n = self.named.len() as u32;
        let place = self.board.find(&slug).unwrap_or(usize::MAX);
        self.named.push((slug.clone(), place, 0));
        self.lookup.insert(slug.clone(), n);
        self.numbers.insert(slug, n);
        n
    }

    pub(super) fn reports(&mut self, l: &Line<'_>, at: Time) -> Result<u64, String> {
        let service = self.service(l)?;
        let symptom = self.symptom(l, service)?;
        let count = l.count.ok_or("`count` is missing")?;
        let count32 =
            u32::try_from(count).map_err(|_| format!("`count` is {count}, at most {} is allowed", u32::MAX))?;
        let span = l.span_s.ok_or("`span_s` is missing")?;
        let minutes: u32 = match span {
            60 => 1,
            900 => PARTS,
            _ => return Err(format!("`span_s` is {span}, it must be 60 or 900")),
        };
        let networks = match l.networks {
            Some(0) if count > 0 => return Err("`networks` is 0 although there are reports".into()),
            Some(n) if n < count => Some(n),
            _ => None,
        };
        let (each, more) = (count32 / minutes, count32 % minutes);
        let (mut done, mut used) = (0u64, 0u64);
        if networks.is_none() && minutes > 1 {
            if count > 0 {
                // The last millisecond of the first minute, so that it falls in the minute that it ends.
                let first = at.plus_ms(-SPAN_MS + MINUTE_MS - 1);
                self.buffer.push(first, Waiting::Part { service, symptom, whole: count32, left: minutes });
            }
            return Ok(REPORTS);
        }
        for k in 0..minutes {
            let piece = each + if k + 1 == minutes { more } else { 0 };
            // The last millisecond of the piece's minute, so that it falls in the minute that it ends.
            let end = at.plus_ms(-i64::from(minutes - 1 - k) * MINUTE_MS - 1);
            if piece == 0 {
                continue;
            }
            done += u64::from(piece);
            let (networks, few) = match networks {
                None => (u32::MAX, false),
                Some(n) if n <= FEW => (n as u32, true),
                Some(n) => {
                    let upto = (u128::from(n) * u128::from(done) / u128::from(count)) as u64;
                    let here = upto.saturating_sub(used).max(1);
                    used = upto;
                    (here as u32, false)
                }
            };
            self.buffer.push(end, Waiting::Counted { service, symptom, count: piece, networks, few });
        }
        Ok(REPORTS)
    }

    pub(super) fn report(&mut self, l: &Line<'_>, at: Time) -> Result<u64, String> {
        let service = self.service(l)?;
        let symptom = self.symptom(l, service)?;
        let source = hash(need(l.source.as_ref(), "source")?);
        self.look_at_network(l);
        let report = ReportAccepted {
            // The id is only a number here; it is made when the report is applied.
            id: ReportId::new(at, [0; 10]),
            service: self.slug(service),
            symptom: self.symptoms.get(symptom as usize).cloned().unwrap_or_else(SymptomId::other),
            country: country(l)?,
            counted: true,
            source: Some(SourceHash(source)),
            network: l.network.as_ref().map(|Text(n)| NetworkHash(hash(n) as u64)),
            network_before: None,
            key: None,
            weight: allclear_model::signal::WHOLE,
            facts: None,
            moderated: None,
            text: None,
        };
        self.buffer.push_signal(at, Signal::ReportAccepted(report));
        Ok(key::service | key::symptom | key::source | key::network | key::country | key::text)
    }

    pub(super) fn slug(&self, n: u32) -> Slug {
        self.named.get(n as usize).map_or_else(SymptomId::other, |(s, ..)| s.clone())
    }

    pub(super) fn declare(&mut self, l: &Line<'_>, at: Time) -> Result<u64, String> {
        let name = need(l.service.as_ref(), "service")?;
        let slug = Slug::parse(name).map_err(|e| format!("`service`: {}", e.problem))?;
        let category = match &l.category {
            Some(Text(c)) => Slug::parse(c).map_err(|e| format!("`category`: {}", e.problem))?,
            None => Slug::other(),
        };
        let mut upstreams = Vec::new();
        for Text(u) in l.upstreams.iter().flatten() {
            upstreams.push(Slug::parse(u).map_err(|e| format!("`upstreams`: {}", e.problem))?);
        }
        if !self.catalogue.services.contains_key(&slug) {
            let service = Service {
                slug: slug.clone(),
                name: slug.to_string(),
                category: category.clone(),
                homepage: Fact::default(),
                aliases: Vec::new(),
                related: Vec::new(),
                upstreams: Fact { value: upstreams, verified: true },
                about: None,
                operator: None,
                support: None,
                official: None,
                check: None,
                symptoms: Arc::default(),
                guide: category,
                own_guide: false,
            };
            self.catalogue.services.insert(slug.clone(), Arc::new(service));
            self.undeclared = true;
        }
        self.name(slug);
        self.buffer.push(at, Waiting::Time);
        Ok(key::service | key::category | key::upstreams | key::locations)
    }

    pub(super) fn baseline(&mut self, l: &Line<'_>, at: Time) -> Result<u64, String> {
        let service = self.service(l)?;
        let profile = l.profile.as_ref().ok_or("`profile` is missing")?;
        if profile.len() != 168 {
            return Err(format!(
                "`profile` has {} numbers, it must have 168, one for each hour of the week",
                profile.len()
            ));
        }
        if let Some(bad) = profile.iter().find(|v| !v.is_finite() || **v < 0.0) {
            return Err(format!("`profile` has {bad}, each number must be at least 0"));
        }
        if let Some(a) = l.alpha.filter(|a| !a.is_finite() || *a < 0.0) {
            return Err(format!("`alpha` is {a}, it must be at least 0"));
        }
        if let Some(w) = l.weeks.filter(|w| !w.is_finite() || *w <= 0.0) {
            return Err(format!("`weeks` is {w}, it must be above 0"));
        }
        let signal = Signal::Baseline(Baseline {
            service: self.slug(service),
            profile: profile.clone(),
            alpha: l.alpha,
            weeks: l.weeks,
        });
        self.buffer.push_signal(at, signal);
        Ok(key::service | key::profile | key::alpha | key::weeks)
    }

    /// One run of a check. `deep` is read and weighs nothing yet.
    pub(super) fn check(&mut self, l: &Line<'_>, at: Time) -> Result<u64, String> {
        let service = self.service(l)?;
        need(l.check.as_ref(), "check")?;
        let location = need(l.location.as_ref(), "location")?;
        let location = Slug::parse(location).map_err(|e| format!("`location`: {}", e.problem))?;
        let outcome = need(l.outcome.as_ref(), "outcome")?;
        let outcome = CheckOutcome::parse(outcome).map_err(|e| format!("`outcome` {}", e.problem))?;
        if let Some(ms) = l.ms.filter(|ms| !ms.is_finite() || *ms < 0.0) {
            return Err(format!("`ms` is {ms}, it must be at least 0"));
        }
        if let Some(bundle) = Bundle::check(l, at, &location, outcome)? {
            self.push_bundle(at, service, bundle);
        } else {
            let reason = l.reason.as_ref().map(|Text(r)| r.as_ref());
            let result = CheckResult::new(self.slug(service), outcome, reason, l.ms.map(|ms| ms.round() as u32));
            self.buffer.push_signal(at, Signal::CheckResults(CheckResults::own(location, vec![result])));
        }
        let ours = key::known | key::ups | key::silent | key::gone | key::withdrawn;
        Ok(key::service | key::check | key::location | key::outcome | key::reason | key::deep | key::ms | ours)
    }

    /// What the vendor's page says from now on. What is not in scope is about something else.
    pub(super) fn official(&mut self, l: &Line<'_>, at: Time) -> Result<u64, String> {
        let service = self.service(l)?;
        let words: Vec<&str> = Level::ALL.iter().map(|v| v.as_str()).collect();
        let name = need(l.level.as_ref(), "level")?;
        one_of("level", name, &words)?;
        let level = Level::ALL.into_iter().find(|v| v.as_str() == name).unwrap_or_default();
        let started = l.started_at.as_ref().map(|Text(t)| Time::parse(t)).transpose();
        let started = started.map_err(|e| format!("`started_at`: {}", e.problem))?;
        let trust = if l.log == Some(true) { Trust::Low } else { Trust::Full };
        let says = Says { level, trust, since: started.unwrap_or(at) };
        if let Some(page) = Bundle::official(l, says) {
            self.push_bundle(at, service, page);
        } else if l.in_scope == Some(false) {
            self.buffer.push(at, Waiting::Time);
        } else {
            let title = l.title.as_ref().map(|Text(t)| t.as_ref());
            let word = Box::new(word(says, started, title));
            let read = vec![OfficialRead { service: self.slug(service), said: OfficialSaid::New { word } }];
            self.buffer.push_signal(at, Signal::OfficialPages(OfficialPages { read }));
        }
        let ours = key::known | key::silent | key::log;
        Ok(key::service | key::level | key::in_scope | key::started_at | key::title | ours)
    }

    /// It lowers no count, but what is known of a service may begin with it.
    pub(super) fn vote(&mut self, l: &Line<'_>, at: Time) -> Result<u64, String> {
        let service = self.service(l)?;
        let source = hash(need(l.source.as_ref(), "source")?);
        self.look_at_network(l);
        let vote = Vote {
            service: self.slug(service),
            country: country(l)?,
            counted: true,
            source: Some(SourceHash(source)),
            network: l.network.as_ref().map(|Text(n)| NetworkHash(hash(n) as u64)),
        };
        self.buffer.push_signal(at, Signal::Vote(vote));
        Ok(key::service | key::source | key::network | key::country)
    }

    /// Views are read and checked, but say nothing to the judge yet.
    pub(super) fn visits(&mut self, l: &Line<'_>, at: Time) -> Result<u64, String> {
        let _ = self.service(l)?;
        l.count.ok_or("`count` is missing")?;
        l.span_s.ok_or("`span_s` is missing")?;
        self.buffer.push(at, Waiting::Time);
        self.warn_once("lines of kind `visits` are read but not judged yet".to_owned());
        Ok(key::service | key::count | key::span_s)
    }
}

/// What a line says of a page, as a reading of it has it.
fn word(says: Says, started_at: Option<Time>, title: Option<&str>) -> OfficialWord {
    let event = |title| OfficialEvent {
        id: String::new(),
        kind: EventKind::Incident,
        title: excerpt(title, TITLE_MAX),
        phase: EventPhase::Unknown,
        impact: says.level,
        counted: says.level > Level::Operational,
        started_at,
        url: None,
        updates: Vec::new(),
    };
    OfficialWord {
        level: says.level,
        trust: says.trust,
        asked: String::new(),
        url: String::new(),
        format: "replay".to_owned(),
        identity: None,
        components: 0,
        past: false,
        since: started_at,
        events: title.into_iter().map(event).collect(),
        warnings: Vec::new(),
        named: allclear_model::official::Named::default(),
    }
}
