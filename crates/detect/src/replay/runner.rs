//! Lines become signals, signals wait their turn, the board judges them.

mod bundles;
mod kinds;
mod names;

use super::Options;
use super::buffer::{Buffer, Waiting};
use super::bundle::Bundle;
use super::line::{self, LATE_MS, key, need};
use super::print;
use crate::board::{FoldedMap, Networked, Part};
use crate::{Board, Change};
use allclear_model::{Catalogue, Entry, Minute, ReportId, Signal, Slug, SourceKeys, SymptomId, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;

/// How far back the pieces of one count reach. Milliseconds.
const SPAN_MS: i64 = 900_000;

pub(super) struct Runner<'a> {
    warn: &'a mut dyn FnMut(String),
    warned: BTreeSet<String>,
    /// A network that is not written as such was told of.
    odd_network: bool,
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
    /// Services that the input speaks of, their place on the board, and which symptoms were looked up in their list: a
    /// bit for each of the first 64.
    named: Vec<(Slug, usize, u64)>,
    /// Their numbers, in order of slug, and again for looking up fast.
    numbers: BTreeMap<Slug, u32>,
    lookup: FoldedMap<Slug, u32>,
    symptoms: Vec<SymptomId>,
    /// Lines of bundles that wait, each with its service; taken when their turn comes.
    bundles: Vec<Option<Box<(u32, Bundle)>>>,
    changes: Vec<Change>,
    text: String,
}

/// Warnings that are told; an input full of nonsense is not repeated in full.
const WARNINGS_MAX: usize = 1000;

/// A longer jump is taken for a slip of the pen: every minute of it would be judged.
const JUMP_MS: i64 = 10 * 366 * 86_400_000;

impl<'a> Runner<'a> {
    pub(super) fn new(options: &Options, warn: &'a mut dyn FnMut(String)) -> Runner<'a> {
        Runner {
            warn,
            warned: BTreeSet::new(),
            odd_network: false,
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
        if self.warned.len() < WARNINGS_MAX && self.warned.insert(text.clone()) {
            (self.warn)(text);
            if self.warned.len() == WARNINGS_MAX {
                (self.warn)("there is more of this kind; no further warning is told".to_owned());
            }
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
            "check" => self.check(&l, at)?,
            "official" => self.official(&l, at)?,
            "vote" => self.vote(&l, at)?,
            "visits" => self.visits(&l, at)?,
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

    /// Applies what waits before `until`.
    fn apply_until(&mut self, until: Minute) {
        loop {
            self.apply_parts(until);
            let Some(items) = self.buffer.take(until) else { return };
            let mut now = None;
            for item in &items {
                let bundle = match item.what {
                    Waiting::Bundle(i) => self.bundles.get_mut(i as usize).and_then(Option::take),
                    _ => None,
                };
                let resumed = matches!(bundle.as_deref(), Some((_, Bundle::Resumed(_))));
                if !resumed && now != Some(item.at) {
                    self.advance(item.at);
                    now = Some(item.at);
                }
                if let Some(b) = bundle {
                    now = None;
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
                    Waiting::Part { service, symptom, whole, left } => {
                        let place = self.named.get(service as usize).map_or(usize::MAX, |n| n.1);
                        if let Some(symptom) = self.symptoms.get(symptom as usize) {
                            self.board.part(&Part { place, symptom, whole, left });
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

    /// Applies minutes that have nothing but parts in them, many at once. It need not do all that it could.
    fn apply_parts(&mut self, until: Minute) {
        if self.every_ms.is_some() || self.undeclared {
            return;
        }
        // The clock may not come to the end of the minute in which the input ends.
        let until = self.latest.map_or(until, |l| until.min(l.minute()));
        loop {
            let minutes = self.buffer.only_parts(until);
            if minutes == 0 {
                return;
            }
            self.run_to(self.buffer.first().start());
            let mut parts = Vec::with_capacity(self.buffer.going().len());
            for item in self.buffer.going() {
                if let Waiting::Part { service, symptom, whole, left } = item.what
                    && let (Some(&(_, place, _)), Some(symptom)) =
                        (self.named.get(service as usize), self.symptoms.get(symptom as usize))
                {
                    parts.push(Part { place, symptom, whole, left });
                }
            }
            parts.sort_by_key(|p| p.place);
            let mut changes = std::mem::take(&mut self.changes);
            let done = self.board.parts(minutes, &parts, &mut changes);
            self.told(changes);
            if !done {
                return;
            }
            self.buffer.pass(minutes);
        }
    }

    /// Applies a signal as the journal's writer would have appended it.
    fn send(&mut self, at: Time, mut signal: Signal) {
        self.seq += 1;
        let keys = |today| SourceKeys { today, yesterday: None };
        match &mut signal {
            Signal::ReportAccepted(r) => {
                let mut random = [0; 10];
                random[2..].copy_from_slice(&self.seq.to_be_bytes());
                r.id = ReportId::new(at, random);
                if let Some(today) = r.source {
                    r.counted = self.board.would_count_report(&r.service, &keys(today), at);
                }
            }
            Signal::Vote(v) => {
                if let Some(today) = v.source {
                    v.counted = self.board.would_count_vote(&v.service, &keys(today), at);
                }
            }
            _ => {}
        }
        let changes = self.board.apply(&Entry { seq: self.seq, at, signal });
        self.told(changes);
    }

    /// Runs the clock to `to`, and prints what is due on the way.
    fn advance(&mut self, to: Time) {
        if self.undeclared {
            self.undeclared = false;
            // Watching begins with a whole minute: a piece of a longer count stands at the end of its own.
            let at = self.board.at().max(if self.seq == 0 { to.minute().start() } else { Time(0) });
            if self.seq == 0
                && let Some(every) = self.every_ms
            {
                self.next_every = to.0.div_euclid(every) * every + every;
            }
            self.send(at, Signal::CatalogueChanged { catalogue: Arc::new(self.catalogue.clone()) });
            for (slug, place, _) in &mut self.named {
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
        self.told(changes);
    }

    /// Prints changes and keeps the list for further use.
    fn told(&mut self, mut changes: Vec<Change>) {
        for c in changes.drain(..) {
            print::verdict(&mut self.text, &c.service, &c.verdict);
        }
        self.changes = changes;
    }
}
