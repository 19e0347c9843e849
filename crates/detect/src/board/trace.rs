//! What the judge goes by while a problem may be coming: the material of an incident's replay bundle.
//!
//! A trace begins with the first report that raises the sums above zero and ends when they are back there. It has the
//! state it began in and, minute by minute, counts by symptom and what they were worth: no source, no network, no
//! country. Networks only show as how many there were and what the heaviest four were worth together. Judged in the same
//! places, these lines give the same verdicts to the millisecond. Of checks and of the official page it has what they said when it
//! began, and each word that changed that.

use super::checks::Stance;
use super::official::Says;
use super::others::{Known, Others};
use super::state::{Cx, Seed, State};
use super::{Board, Change};
use crate::RULE;
use allclear_model::check::CheckOutcome;
use allclear_model::official::Trust;
use allclear_model::{Level, Minute, Slug, SymptomId, Time};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Records of one trace that are kept: an incident of a day, every minute of it. Later minutes of a longer one are left out.
const RECORDS: usize = 3000;
/// Version of the bytes that a bundle begins with.
const VERSION: u8 = 2;

/// From how many networks reports came in the last hour, and what the four heaviest of them were worth.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// How many.
    pub networks: u64,
    /// The four heaviest together.
    pub heaviest: f64,
    /// What is held against them: all of it when any of them has had more than one source, else the own report of each that went
    /// on sending, a half of it after the first time.
    pub doubted: f64,
}

/// Networks from which on one that sent again is waited for no longer.
const MANY: u64 = 7;

impl Seen {
    /// True while a network that sent again may be the beginning of a few that never stop: in a minute or two they show.
    pub(crate) fn may_be_a_flood(&self) -> bool {
        self.doubted > 0.0 && self.doubted < self.heaviest && self.networks < MANY
    }
}

/// A line of a bundle on its way back to the board.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Weighed {
    /// What the judge sees at the end of minutes from here on, and nothing else.
    pub ended: bool,
    /// Reports since the line before, by symptom.
    pub counts: Vec<(SymptomId, u32)>,
    /// What the reports of this minute are worth so far.
    pub effective: f64,
    pub seen: Option<Seen>,
    /// As [`super::stand::Stand::kept`].
    pub kept: (f64, bool),
}

/// The beginning of a bundle on its way back to the board.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Planted {
    pub seed: Seed,
    pub watching_since: Time,
    pub outages: f64,
    pub listed: u32,
    /// Since when the checks say that all is well.
    pub fine_since: Option<Time>,
}

/// What becomes of a location of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Heard {
    /// It said so.
    Up,
    /// It said so.
    Down,
    /// It was not heard for too long.
    Silent,
    /// Another one took its place.
    Gone,
    /// It took its failure back.
    Withdrawn,
}

/// What a bundle says of its service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub slug: &'a Slug,
    pub watching_since: Time,
    pub outages: f64,
    pub listed: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Record {
    Counts {
        at: Time,
        counts: Vec<(u16, u32)>,
        judged: Judged,
    },
    End {
        minute: Minute,
        seen: Seen,
    },
    Paused {
        stopped: Time,
        at: Time,
    },
    Heard {
        at: Time,
        location: Slug,
        heard: Heard,
    },
    /// What the official page says from then on; `None`: nothing.
    Official {
        at: Time,
        says: Option<Says>,
    },
}

/// What judging in the middle of a minute went by, and what it left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Judged {
    effective: f64,
    seen: Option<Seen>,
    kept: (f64, bool),
}

/// The trace of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trace {
    at: Time,
    seq: u64,
    usual: f64,
    /// The state it began in, until it was told.
    seed: Vec<u8>,
    told: bool,
    full: bool,
    /// What was not told yet.
    records: Vec<Record>,
    /// How many were told.
    before: usize,
    counts: Vec<(u16, u32)>,
    judged: Option<(Time, Judged)>,
    seen: Option<Seen>,
    ended: Option<Seen>,
    /// What checks and official page said when it began, until it was told. A snapshot has it apart.
    #[serde(skip)]
    pub known: Known,
}

impl Trace {
    /// A trace that begins at `cx.at` with `state`.
    pub(crate) fn begin(state: &State, cx: &Cx, others: Option<&Others>) -> Trace {
        let seed = state.seed(cx);
        Trace {
            at: cx.at,
            seq: cx.seq,
            usual: seed.usual(),
            // It has no type that cannot be written; an empty one would be refused by whoever reads it.
            seed: postcard::to_allocvec(&seed).unwrap_or_default(),
            told: false,
            full: false,
            records: Vec::new(),
            before: 0,
            counts: Vec::new(),
            judged: None,
            seen: None,
            ended: None,
            known: others.map(Others::known).unwrap_or_default(),
        }
    }

    pub(crate) fn count(&mut self, symptom: u16, count: u32) {
        match self.counts.iter_mut().find(|c| c.0 == symptom) {
            Some(c) => c.1 = c.1.saturating_add(count),
            None => self.counts.push((symptom, count)),
        }
    }

    /// The judge looks at this.
    pub(crate) fn see(&mut self, seen: Seen) {
        self.seen = Some(seen);
    }

    /// Judged in the middle of a minute. What came before a change of verdict is a record of its own.
    pub(crate) fn judged(&mut self, at: Time, effective: f64, kept: (f64, bool), changed: bool) {
        self.judged = Some((at, Judged { effective, seen: self.seen.take(), kept }));
        if changed {
            self.end_of_minute();
        }
    }

    /// Makes a record of what was counted since the last one.
    pub(crate) fn end_of_minute(&mut self) {
        if let Some((at, judged)) = self.judged.take() {
            let counts = std::mem::take(&mut self.counts);
            self.push(Record::Counts { at, counts, judged });
        }
    }

    /// Judged at the end of `minute`.
    pub(crate) fn ended(&mut self, minute: Minute) {
        let seen = self.seen.take();
        if seen.is_some() && seen != self.ended {
            self.ended = seen;
            if let Some(seen) = seen {
                self.push(Record::End { minute, seen });
            }
        }
    }

    pub(crate) fn paused(&mut self, stopped: Time, at: Time) {
        self.end_of_minute();
        self.counts.clear();
        self.push(Record::Paused { stopped, at });
    }

    /// A location says something else than before.
    pub(crate) fn heard(&mut self, at: Time, location: &Slug, heard: Heard) {
        // A verdict that changes with it counts what was reported before.
        self.end_of_minute();
        self.push(Record::Heard { at, location: location.clone(), heard });
    }

    /// The official page says something else than before; `None`: nothing any more.
    pub(crate) fn announced(&mut self, at: Time, says: Option<Says>) {
        // As above.
        self.end_of_minute();
        self.push(Record::Official { at, says });
    }

    fn push(&mut self, r: Record) {
        self.full |= self.before + self.records.len() >= RECORDS;
        if !self.full {
            self.records.push(r);
        }
    }

    /// True when it should begin anew: its incident is over, or it has grown long without one.
    pub(crate) fn is_spent(&self, incident: bool) -> bool {
        !incident && (self.told || self.full)
    }

    /// Lines that were not told yet.
    pub(crate) fn take(&mut self, of: &Subject<'_>, names: &[SymptomId]) -> Vec<String> {
        let mut lines = Vec::with_capacity(self.records.len() + self.known.spots.len() + 2);
        if !self.told {
            self.told = true;
            lines.push(self.first(of));
            self.seed = Vec::new();
            let known = std::mem::take(&mut self.known);
            lines.extend(known.spots.iter().map(|(location, stance)| known_line(self.at, of.slug, location, *stance)));
            lines.extend(known.official.map(|says| {
                let mut v = official_line(self.at, of.slug, Some(says));
                v["known"] = true.into();
                v.to_string()
            }));
        }
        self.before += self.records.len();
        lines.extend(std::mem::take(&mut self.records).iter().map(|r| line(r, of.slug, names)));
        lines
    }

    fn first(&self, of: &Subject<'_>) -> String {
        let mut hex = String::with_capacity(self.seed.len() * 2 + 10);
        let sum = crc32fast::hash(&self.seed).to_le_bytes();
        for b in std::iter::once(&VERSION).chain(&sum).chain(&self.seed) {
            // Writing into a string cannot fail.
            let _ = write!(hex, "{b:02x}");
        }
        let mut v = serde_json::json!({
            "kind": "state", "at": self.at.to_string(), "service": of.slug, "rule": RULE.to_string(), "seq": self.seq,
            "watching_since": of.watching_since.to_string(), "outages": of.outages, "listed": of.listed,
            "usual": self.usual, "state": hex,
        });
        if let Some(since) = self.known.fine_since {
            v["fine_since"] = since.to_string().into();
        }
        v.to_string()
    }
}

impl Board {
    /// Takes a line of a replay bundle and judges at once, as the board that wrote it did.
    pub(crate) fn weighed(&mut self, i: usize, w: &Weighed, out: &mut Vec<Change>) {
        let cx = self.service_cx(i);
        if self.state(i).is_some_and(|s| s.weighed(&cx, w)) {
            self.judge(i, out);
        }
    }

    /// Puts a service into the state that a replay bundle begins with. False when it cannot be one.
    pub(crate) fn plant(&mut self, i: usize, planted: Planted) -> bool {
        let minute = self.minute;
        let Some(w) = self.services.get_mut(i) else { return false };
        let watched_from = planted.seed.watched_from();
        let Some(state) = State::from_seed(planted.seed, minute, planted.watching_since) else { return false };
        w.state = Some(Box::new(state));
        w.others = Some(Box::new(Others::given(w.stand(), planted.fine_since)));
        w.since = planted.watching_since;
        w.outages = planted.outages;
        w.listed = planted.listed;
        self.watched_from = self.watched_from.min(watched_from);
        self.activate(i);
        true
    }
}

fn line(r: &Record, service: &Slug, names: &[SymptomId]) -> String {
    let mut v = match r {
        Record::Counts { at, counts, judged } => {
            let named = |k: u16| names.get(usize::from(k)).cloned().unwrap_or_else(SymptomId::other);
            let symptoms: Vec<SymptomId> = counts.iter().map(|c| named(c.0)).collect();
            let counts: Vec<u32> = counts.iter().map(|c| c.1).collect();
            serde_json::json!({
                "kind": "weighed", "at": at.to_string(), "service": service, "symptoms": symptoms, "counts": counts,
                "effective": judged.effective, "kept": judged.kept.0, "over": judged.kept.1,
            })
        }
        Record::End { minute, .. } => serde_json::json!({
            "kind": "weighed", "at": minute.end().plus_ms(-1).to_string(), "service": service, "ended": true,
        }),
        Record::Paused { stopped, at } => serde_json::json!({
            "kind": "resumed", "at": at.to_string(), "service": service, "stopped": stopped.to_string(),
        }),
        Record::Official { at, says } => official_line(*at, service, *says),
        Record::Heard { at, location, heard } => {
            let outcome = match heard {
                Heard::Up => CheckOutcome::Up,
                Heard::Down => CheckOutcome::Down,
                Heard::Silent | Heard::Gone | Heard::Withdrawn => CheckOutcome::Inconclusive,
            };
            let mut v = check_line(*at, service, location, outcome);
            match heard {
                Heard::Up | Heard::Down => {}
                Heard::Silent => v["silent"] = true.into(),
                Heard::Gone => v["gone"] = true.into(),
                Heard::Withdrawn => v["withdrawn"] = true.into(),
            }
            v
        }
    };
    let seen = match r {
        Record::Counts { judged, .. } => judged.seen,
        Record::End { seen, .. } => Some(*seen),
        Record::Paused { .. } | Record::Heard { .. } | Record::Official { .. } => None,
    };
    if let Some(s) = seen {
        v["networks"] = s.networks.into();
        v["heaviest"] = s.heaviest.into();
        v["shared"] = s.doubted.into();
    }
    v.to_string()
}

fn check_line(at: Time, service: &Slug, location: &Slug, outcome: CheckOutcome) -> serde_json::Value {
    serde_json::json!({
        "kind": "check", "at": at.to_string(), "service": service, "check": "ours", "location": location,
        "outcome": outcome.as_str(),
    })
}

/// What the official page says; `None`: nothing any more.
fn official_line(at: Time, service: &Slug, says: Option<Says>) -> serde_json::Value {
    let level = says.map_or(Level::Unknown, |s| s.level);
    let mut v =
        serde_json::json!({"kind": "official", "at": at.to_string(), "service": service, "level": level.as_str()});
    match says {
        Some(says) => {
            v["started_at"] = says.since.to_string().into();
            if says.trust == Trust::Low {
                v["log"] = true.into();
            }
        }
        None => v["silent"] = true.into(),
    }
    v
}

/// What a location said when the bundle began.
fn known_line(at: Time, service: &Slug, location: &Slug, stance: Stance) -> String {
    let outcome = match stance {
        Stance::Silent => CheckOutcome::Inconclusive,
        Stance::Good => CheckOutcome::Up,
        Stance::Failing { .. } => CheckOutcome::Down,
    };
    let mut v = check_line(at, service, location, outcome);
    v["known"] = true.into();
    if let Stance::Failing { ups, .. } = stance {
        v["ups"] = ups.into();
    }
    v.to_string()
}

/// Reads the state that a bundle begins with.
///
/// # Errors
/// When the text is not what [`Trace::take`] wrote.
pub(crate) fn read_seed(hex: &str) -> Result<Seed, &'static str> {
    let digits = hex.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return Err("is cut off");
    }
    let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
    let bytes: Option<Vec<u8>> = digits.chunks_exact(2).map(|p| Some(digit(p[0])? << 4 | digit(p[1])?)).collect();
    let bytes = bytes.ok_or("is not hexadecimal")?;
    let Some(([version, sum @ ..], body)) = bytes.split_first_chunk::<5>() else { return Err("is cut off") };
    if *version != VERSION {
        return Err("was written by another version of this program");
    }
    if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
        return Err("is damaged: its checksum is wrong");
    }
    postcard::from_bytes(body).map_err(|_| "is damaged: it does not read")
}
