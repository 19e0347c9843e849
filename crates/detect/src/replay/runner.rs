//! Lines become signals, signals wait their turn, the board judges them.

mod bundles;

use super::Options;
use super::buffer::{Buffer, Waiting};
use super::bundle::Bundle;
use super::line::{self, LATE_MS, Line, Text, key};
use super::print;
use crate::board::{FoldedMap, Networked};
use crate::{Board, Change};
use allclear_model::catalogue::Fact;
use allclear_model::signal::{Baseline, ReportAccepted};
use allclear_model::{
    Catalogue, Country, Entry, Level, NetworkHash, ReportId, Service, Signal, Slug, SourceHash, SourceKeys, SymptomId,
    Time,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;

/// How far back the pieces of one count reach. Milliseconds.
const SPAN_MS: i64 = 900_000;
/// Networks up to this number are taken for the same ones from line to line.
const FEW: u64 = 4;

pub(super) struct Runner<'a> {
    warn: &'a mut dyn FnMut(String),
    warned: BTreeSet<String>,
    every_ms: Option<i64>,
    next_every: i64,
    board: Board,
    seq: u64,
    buffer: Buffer,
    /// The latest time of any line.
    latest: Option<Time>,
    ended: bool,
    catalogue: Catalogue,
    /// The catalogue has services the board has not got yet.
    undeclared: bool,
    /// Services that the input speaks of, and their place on the board.
    named: Vec<(Slug, usize)>,
    /// Their numbers, in order of slug, and again for looking up fast.
    numbers: BTreeMap<Slug, u32>,
    lookup: FoldedMap<Slug, u32>,
    symptoms: Vec<SymptomId>,
    /// Lines of bundles that wait, each with its service; taken when their turn comes.
    bundles: Vec<Option<Box<(u32, Bundle)>>>,
    changes: Vec<Change>,
    text: String,
}

/// A longer jump is taken for a slip of the pen: every minute of it would be judged.
const JUMP_MS: i64 = 10 * 366 * 86_400_000;

impl<'a> Runner<'a> {
    pub(super) fn new(options: &Options, warn: &'a mut dyn FnMut(String)) -> Runner<'a> {
        Runner {
            warn,
            warned: BTreeSet::new(),
            every_ms: options.every_s.filter(|s| *s > 0).map(|s| i64::from(s) * 1000),
            next_every: 0,
            board: Board::new(options.limits),
            seq: 0,
            buffer: Buffer::default(),
            latest: None,
            ended: false,
            catalogue: Catalogue::clone(&options.catalogue),
            undeclared: true,
            named: Vec::new(),
            numbers: BTreeMap::new(),
            lookup: FoldedMap::default(),
            symptoms: vec![SymptomId::other()],
            bundles: Vec::new(),
            changes: Vec::new(),
            text: String::new(),
        }
    }

    pub(super) fn next_file(&mut self) {
        self.ended = false;
    }

    pub(super) fn has_much(&self) -> bool {
        self.text.len() > 1 << 16
    }

    /// Writes what was judged so far.
    pub(super) fn write(&mut self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }

    fn warn_once(&mut self, text: String) {
        if self.warned.insert(text.clone()) {
            (self.warn)(text);
        }
    }

    /// Takes one line.
    pub(super) fn line(&mut self, bytes: &[u8]) -> Result<(), String> {
        let l = line::read(bytes)?;
        if self.ended {
            return Err("comes after `end`, which is the last line".into());
        }
        let kind = need(l.kind.as_ref(), "kind")?;
        let at = Time::parse(need(l.at.as_ref(), "at")?).map_err(|e| format!("`at`: {}", e.problem))?;
        match self.latest {
            Some(latest) if at < latest.plus_ms(-LATE_MS) => {
                return Err(format!("`at` goes back from {latest} to {at}; lines may be at most 10 minutes late"));
            }
            Some(latest) if at > latest.plus_ms(JUMP_MS) => {
                return Err(format!("`at` jumps from {latest} to {at}, more than 10 years; is the year right?"));
            }
            Some(latest) => self.latest = Some(latest.max(at)),
            None => {
                self.latest = Some(at);
                self.buffer.begin(at.plus_ms(-LATE_MS - SPAN_MS).minute());
            }
        }
        // Before the line is put in, so that a long gap is never held in memory.
        let certain = self.latest.unwrap_or(at).plus_ms(-LATE_MS - SPAN_MS);
        self.apply_until(certain.minute());
        let allowed = match kind {
            "reports" => self.reports(&l, at)?,
            "report" => self.report(&l, at)?,
            "service" => self.declare(&l, at)?,
            "baseline" => self.baseline(&l, at)?,
            "vote" | "visits" | "check" | "official" => self.unjudged(kind, &l, at)?,
            "state" | "weighed" | "resumed" => self.bundle(kind, &l, at)?,
            "end" => {
                self.ended = true;
                self.buffer.push(at, Waiting::Time);
                0
            }
            other => {
                let shown: String = other.chars().take(40).collect();
                return Err(format!(
                    "kind {shown:?} is not one of service, baseline, report, reports, vote, visits, check, official, state, weighed, resumed, end"
                ));
            }
        };
        let extra = l.has & !(allowed | key::kind | key::at);
        if extra != 0 || !(l.unknown.is_empty() || allowed == u64::MAX) {
            for name in line::key_names(extra).into_iter().map(str::to_owned).chain(l.unknown) {
                self.warn_once(format!("key {name:?} is not known for lines of kind `{kind}` and is ignored"));
            }
        }
        Ok(())
    }

    /// Applies everything that waits and runs the clock to the latest time.
    pub(super) fn finish(&mut self) {
        let Some(latest) = self.latest else { return };
        self.apply_until(latest.minute().next());
        self.advance(latest);
    }

    /// The runner's number of the service that a line speaks of.
    fn service(&mut self, l: &Line<'_>) -> Result<u32, String> {
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
        self.named.push((slug.clone(), place));
        self.lookup.insert(slug.clone(), n);
        self.numbers.insert(slug, n);
        n
    }

    fn symptom(&mut self, l: &Line<'_>) -> Result<u32, String> {
        let Some(Text(name)) = &l.symptom else { return Ok(0) };
        if let Some(i) = self.symptoms.iter().position(|s| **s == **name) {
            return Ok(i as u32);
        }
        let id = SymptomId::parse(name).map_err(|e| format!("`symptom`: {}", e.problem))?;
        self.symptoms.push(id);
        Ok((self.symptoms.len() - 1) as u32)
    }

    fn reports(&mut self, l: &Line<'_>, at: Time) -> Result<u64, String> {
        let service = self.service(l)?;
        let symptom = self.symptom(l)?;
        let count = l.count.ok_or("`count` is missing")?;
        let count32 =
            u32::try_from(count).map_err(|_| format!("`count` is {count}, at most {} is allowed", u32::MAX))?;
        let span = l.span_s.ok_or("`span_s` is missing")?;
        let minutes: u32 = match span {
            60 => 1,
            900 => 15,
            _ => return Err(format!("`span_s` is {span}, it must be 60 or 900")),
        };
        let networks = match l.networks {
            Some(0) if count > 0 => return Err("`networks` is 0 although there are reports".into()),
            Some(n) if n < count => Some(n),
            _ => None,
        };
        let (each, more) = (count32 / minutes, count32 % minutes);
        let (mut done, mut used) = (0u64, 0u64);
        for k in 0..minutes {
            let piece = each + if k + 1 == minutes { more } else { 0 };
            // The last millisecond of the piece's minute, so that it falls in the minute that it ends.
            let end = at.plus_ms(-i64::from(minutes - 1 - k) * 60_000 - 1);
            if networks.is_none() && minutes > 1 && count > 0 {
                self.buffer.push(end, Waiting::Part { service, symptom, count: piece, whole: count32 });
                continue;
            }
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
        Ok(key::service | key::count | key::span_s | key::symptom | key::networks)
    }

    fn report(&mut self, l: &Line<'_>, at: Time) -> Result<u64, String> {
        let service = self.service(l)?;
        let symptom = self.symptom(l)?;
        let source = hash(need(l.source.as_ref(), "source")?);
        let report = ReportAccepted {
            // The id is only a number here; it is made when the report is applied.
            id: ReportId::new(at, [0; 10]),
            service: self.slug(service),
            symptom: self.symptoms.get(symptom as usize).cloned().unwrap_or_else(SymptomId::other),
            country: country(l)?,
            counted: true,
            source: Some(SourceHash(source)),
            network: l.network.as_ref().map(|Text(n)| NetworkHash(hash(n) as u64)),
            key: None,
        };
        self.buffer.push_signal(at, Signal::ReportAccepted(report));
        Ok(key::service | key::symptom | key::source | key::network | key::country | key::text)
    }

    fn slug(&self, n: u32) -> Slug {
        self.named.get(n as usize).map_or_else(SymptomId::other, |(s, _)| s.clone())
    }

    fn declare(&mut self, l: &Line<'_>, at: Time) -> Result<u64, String> {
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
                symptoms: Vec::new(),
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

    fn baseline(&mut self, l: &Line<'_>, at: Time) -> Result<u64, String> {
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

    /// Kinds that are read and checked, but say nothing to the judge yet.
    fn unjudged(&mut self, kind: &str, l: &Line<'_>, at: Time) -> Result<u64, String> {
        let _ = self.service(l)?;
        let allowed = match kind {
            "vote" => {
                need(l.source.as_ref(), "source")?;
                country(l)?;
                key::source | key::network | key::country
            }
            "visits" => {
                l.count.ok_or("`count` is missing")?;
                l.span_s.ok_or("`span_s` is missing")?;
                key::count | key::span_s
            }
            "check" => {
                need(l.check.as_ref(), "check")?;
                need(l.location.as_ref(), "location")?;
                one_of("outcome", need(l.outcome.as_ref(), "outcome")?, &["up", "down", "blocked", "inconclusive"])?;
                key::check | key::location | key::outcome | key::reason | key::deep | key::ms
            }
            _ => {
                let words: Vec<&str> = Level::ALL.iter().map(|v| v.as_str()).collect();
                one_of("level", need(l.level.as_ref(), "level")?, &words)?;
                if let Some(Text(t)) = &l.started_at {
                    Time::parse(t).map_err(|e| format!("`started_at`: {}", e.problem))?;
                }
                key::level | key::in_scope | key::started_at | key::title
            }
        };
        self.buffer.push(at, Waiting::Time);
        self.warn_once(format!("lines of kind `{kind}` are read but not judged yet"));
        Ok(allowed | key::service)
    }

    /// Applies what waits before `until`.
    fn apply_until(&mut self, until: allclear_model::Minute) {
        while let Some(items) = self.buffer.take(until) {
            for item in &items {
                let bundle = match item.what {
                    Waiting::Bundle(i) => self.bundles.get_mut(i as usize).and_then(Option::take),
                    _ => None,
                };
                if !matches!(bundle.as_deref(), Some((_, Bundle::Resumed(_)))) {
                    self.advance(item.at);
                }
                if let Some(b) = bundle {
                    self.unbundle(item.at, *b);
                    continue;
                }
                match item.what {
                    Waiting::Time | Waiting::Bundle(_) => {}
                    Waiting::Counted { service, symptom, count, networks, few } => {
                        let place = self.named.get(service as usize).map_or(usize::MAX, |n| n.1);
                        let from = match (networks, few) {
                            (u32::MAX, _) => Networked::Own,
                            (n, true) => Networked::Same(n),
                            (n, false) => Networked::Among(n),
                        };
                        if let Some(symptom) = self.symptoms.get(symptom as usize) {
                            self.board.counted(place, symptom, count, from);
                        }
                    }
                    Waiting::Part { service, symptom, count, whole } => {
                        let place = self.named.get(service as usize).map_or(usize::MAX, |n| n.1);
                        if let Some(symptom) = self.symptoms.get(symptom as usize) {
                            self.board.part(place, symptom, count, f64::from(whole) / 15.0);
                        }
                    }
                    Waiting::Signal(i) => {
                        if let Some(signal) = self.buffer.signal(i) {
                            self.send(item.at, signal);
                        }
                    }
                }
            }
            self.buffer.give_back(items);
        }
    }

    /// Applies a signal as the journal's writer would have appended it.
    fn send(&mut self, at: Time, mut signal: Signal) {
        self.seq += 1;
        if let Signal::ReportAccepted(r) = &mut signal {
            let mut random = [0; 10];
            random[2..].copy_from_slice(&self.seq.to_be_bytes());
            r.id = ReportId::new(at, random);
            if let Some(today) = r.source {
                r.counted = self.board.would_count_report(&r.service, &SourceKeys { today, yesterday: None }, at);
            }
        }
        let changes = self.board.apply(&Entry { seq: self.seq, at, signal });
        self.print(changes);
    }

    /// Runs the clock to `to`, and prints what is due on the way.
    fn advance(&mut self, to: Time) {
        if self.undeclared {
            self.undeclared = false;
            let at = self.board.at().max(if self.seq == 0 { to } else { Time(0) });
            if self.seq == 0
                && let Some(every) = self.every_ms
            {
                self.next_every = to.0.div_euclid(every) * every + every;
            }
            self.send(at, Signal::CatalogueChanged { catalogue: Arc::new(self.catalogue.clone()) });
            for (slug, place) in &mut self.named {
                *place = self.board.find(slug).unwrap_or(usize::MAX);
            }
        }
        if let Some(every) = self.every_ms {
            while self.next_every <= to.0 {
                let due = Time(self.next_every);
                self.next_every += every;
                self.run_to(due);
                for slug in self.numbers.keys() {
                    if let Some(v) = self.board.verdict(slug) {
                        print::verdict(&mut self.text, slug, &v);
                    }
                }
            }
        }
        self.run_to(to);
    }

    fn run_to(&mut self, to: Time) {
        let mut changes = std::mem::take(&mut self.changes);
        self.board.advance(to, &mut changes);
        self.changes = changes;
        self.tell();
    }

    fn tell(&mut self) {
        let mut changes = std::mem::take(&mut self.changes);
        for c in changes.drain(..) {
            print::verdict(&mut self.text, &c.service, &c.verdict);
        }
        self.changes = changes;
    }

    fn print(&mut self, changes: Vec<Change>) {
        for c in changes {
            print::verdict(&mut self.text, &c.service, &c.verdict);
        }
    }
}

pub(super) fn need<'t>(field: Option<&'t Text<'_>>, name: &str) -> Result<&'t str, String> {
    field.map(|Text(t)| t.as_ref()).ok_or_else(|| format!("`{name}` is missing"))
}

fn one_of(name: &str, value: &str, words: &[&str]) -> Result<(), String> {
    if words.contains(&value) {
        Ok(())
    } else {
        Err(format!("`{name}` is {value:?}, it must be one of {}", words.join(", ")))
    }
}

fn country(l: &Line<'_>) -> Result<Option<Country>, String> {
    l.country.as_ref().map(|Text(c)| Country::parse(c).map_err(|e| format!("`country`: {}", e.problem))).transpose()
}

/// 128 bits of an opaque name (FNV-1a).
fn hash(text: &str) -> u128 {
    text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |h, b| {
        (h ^ u128::from(b)).wrapping_mul(0x0100_0000_0000_0000_0000_013b)
    })
}
