//! What a vendor's official page says of one service, and for how long that is believed.
//!
//! A page speaks for half an hour after it was last read. One that cannot be read says nothing new: it is not down, it is
//! not read. Time only silences it at the ends of minutes, so that all who judge in between go by the same.

mod strip;

use super::Board;
use super::Change;
use super::counts::{DAY, bin_of};
use super::trace::Trace;
use allclear_model::official::{Named, OfficialPages, OfficialSaid, OfficialWord, Trust};
use allclear_model::signal::{REASON_MAX, reason_start};
use allclear_model::{Level, Minute, Time};
use serde::{Deserialize, Serialize};
use strip::Levels;

/// A page speaks for so long after it was last read: twice the longest interval between readings, unless its host has many pages. Milliseconds.
const SPEAKS_MS: i64 = 1_800_000;

/// Nats for a problem by what the vendor announces: an active incident +9 (the protocol's fusion experiment); a mere degradation
/// as much as outweighs the usual prior, and not beside a check that passes.
const OUTAGE: f64 = 9.0;
const DEGRADED: f64 = 6.5;
/// Nats when nothing is announced: vendors are late, the median by an hour.
const QUIET: f64 = -0.2;

/// The official page of a service as a page of ours shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficialNow {
    /// What it said when it was last read; `None` when it never could be.
    pub word: Option<OfficialWord>,
    /// Since when it says so, as far as the level goes.
    pub since: Time,
    /// When it was last read.
    pub read: Option<Time>,
    /// Whether that was lately enough to say anything.
    pub speaks: bool,
    /// Since when it cannot be read, and why.
    pub unread: Option<(Time, String)>,
    /// 96 quarters of an hour, oldest first, the worst of each; the last one is under way. `None`: it was not read.
    pub cells: Vec<Option<Level>>,
}

/// What a page says, for the judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Says {
    pub level: Level,
    pub trust: Trust,
    /// Since when: when the first of what counts began, as the vendor says, or when it was first read.
    pub since: Time,
}

impl Says {
    /// Nats for a problem; `None` where it says nothing of one.
    pub(crate) fn weight(self) -> Option<f64> {
        match self.level {
            Level::MajorOutage | Level::PartialOutage => Some(OUTAGE),
            Level::DegradedPerformance => Some(DEGRADED),
            Level::Operational | Level::UnderMaintenance => Some(QUIET),
            Level::Unknown => None,
        }
    }
}

/// A line of a replay bundle about the page, on its way back to the board.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Page {
    /// What it said when the bundle began.
    Known(Says),
    /// From the end of this minute on it says nothing.
    Silent,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Official {
    word: Option<OfficialWord>,
    since: Time,
    read: Option<Time>,
    speaks: bool,
    unread: Option<(Time, Box<str>)>,
    /// The catalogue asks for another page by now, or for none: it is not shown, and falls silent at the end of the minute.
    gone: bool,
    levels: Levels,
    /// In a replay of a bundle: whether it falls silent at the end of the minute, instead of the time that has passed.
    #[serde(skip)]
    given: Option<bool>,
    /// In a replay of a bundle: what it says.
    #[serde(skip)]
    told: Option<Says>,
}

impl Official {
    fn new(at: Time) -> Official {
        Official {
            word: None,
            since: at,
            read: None,
            speaks: false,
            unread: None,
            gone: false,
            levels: Levels::new(bin_of(at.minute())),
            given: None,
            told: None,
        }
    }

    /// In a replay of a bundle.
    pub(crate) fn given() -> Official {
        Official { given: Some(false), ..Official::new(Time(0)) }
    }

    pub(crate) fn says(&self) -> Option<Says> {
        let read = || self.word.as_ref().map(|w| Says { level: w.level, trust: w.trust, since: self.since });
        if self.given.is_some() { self.told } else { read().filter(|_| self.speaks) }
    }

    /// Takes a reading. What changes what the page says is told to `trace`.
    fn take(&mut self, at: Time, said: &OfficialSaid, trace: Option<&mut Trace>) {
        if self.gone {
            *self = Official { given: self.given, ..Official::new(at) };
        }
        let before = self.says();
        match said {
            OfficialSaid::Unread { reason } => {
                let since = self.unread.take().map_or(at, |(since, _)| since);
                self.unread = Some((since, reason_start(reason).into()));
                return;
            }
            // A page of which nothing is known has said nothing that it could say again.
            OfficialSaid::Same if self.word.is_none() => return,
            OfficialSaid::Same => {}
            OfficialSaid::New { word } => {
                if self.given.is_some() {
                    // A bundle says since when, whatever the level.
                    self.told = Some(Says { level: word.level, trust: word.trust, since: word.since.unwrap_or(at) });
                    return;
                }
                let level = before.map(|s| s.level);
                if level != Some(word.level) {
                    self.since = word.since.filter(|t| word.level > Level::Operational && *t <= at).unwrap_or(at);
                }
                self.word = Some((**word).clone().shown());
            }
        }
        self.read = Some(at);
        self.speaks = true;
        self.unread = None;
        if before.is_none() && matches!(said, OfficialSaid::Same) {
            // Nobody knows what it said in between.
            self.since = at;
        }
        self.mark(at.minute());
        if let (Some(says), Some(t)) = (self.says().filter(|s| before != Some(*s)), trace) {
            t.announced(at, Some(says));
        }
    }

    /// Keeps what the page says for the quarter of an hour of `m`.
    fn mark(&mut self, m: Minute) {
        if let Some(says) = self.says() {
            self.levels.put(bin_of(m), says.level);
        }
    }

    /// Ends what was read too long ago at `at`, the end of a minute or of a gap; `trace` has it as of `noted`. True when it was.
    pub(crate) fn age(&mut self, at: Time, noted: Time, trace: Option<&mut Trace>) -> bool {
        let given = self.given.as_mut().map(std::mem::take);
        if self.says().is_none() {
            return false;
        }
        let old = || self.gone || self.read.is_none_or(|read| at.since_ms(read) >= SPEAKS_MS);
        let silent = given.unwrap_or_else(old);
        if silent {
            self.speaks = false;
            self.told = None;
            if let Some(t) = trace {
                t.announced(noted, None);
            }
        }
        silent
    }

    /// Takes a line of a bundle.
    fn tell(&mut self, page: Page) {
        match page {
            Page::Known(says) => self.told = Some(says),
            Page::Silent => self.given = Some(true),
        }
    }

    /// The catalogue asks for `wanted` from now on.
    pub(crate) fn follow(&mut self, wanted: Option<&str>) {
        let known = self.word.as_ref().map(|w| w.asked.as_str());
        self.gone |= wanted.is_none() || known.is_some_and(|known| wanted != Some(known));
    }

    /// As a page shows it; `None` when it is not asked for any more.
    pub(crate) fn now(&self, m: Minute) -> Option<OfficialNow> {
        if self.gone {
            return None;
        }
        let bin = bin_of(m);
        Some(OfficialNow {
            word: self.word.clone(),
            since: self.since,
            read: self.read,
            speaks: self.speaks,
            unread: self.unread.as_ref().map(|(t, why)| (*t, why.to_string())),
            cells: (bin - DAY + 1..=bin).map(|b| self.levels.get(b)).collect(),
        })
    }

    /// What the page calls the components that are the service: a snapshot has it apart from the word.
    pub(crate) fn named(&self) -> Vec<(String, String)> {
        self.word.as_ref().map(|w| w.named.pairs()).unwrap_or_default()
    }

    /// The same, out of a snapshot.
    pub(crate) fn name(&mut self, pairs: &[(String, String)]) {
        if let Some(word) = &mut self.word {
            word.named = Named::new(pairs.iter().cloned());
        }
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.levels.is_sound()
            && self.word.as_ref().is_none_or(OfficialWord::is_bounded)
            && self.unread.as_ref().is_none_or(|(_, why)| why.len() <= REASON_MAX)
    }
}

impl Board {
    /// Takes what official pages said, and judges at once.
    pub(super) fn official_pages(&mut self, p: &OfficialPages, out: &mut Vec<Change>) {
        let before = out.len();
        for r in &p.read {
            let Some(i) = self.find(&r.service) else { continue };
            let cx = self.service_cx(i);
            let Some(w) = self.services.get_mut(i) else { continue };
            let (others, trace) = w.others();
            let page = others.official.get_or_insert_with(|| Box::new(Official::new(cx.at)));
            page.take(cx.at, &r.said, trace);
            self.heard(i, &cx, out);
        }
        // By slug; words about one service stay in their order.
        out[before..].sort_by(|a, b| a.service.cmp(&b.service));
    }

    /// Takes a line of a replay bundle about the official page.
    pub(crate) fn tell_page(&mut self, i: usize, page: Page, out: &mut Vec<Change>) {
        let cx = self.service_cx(i);
        let Some(w) = self.services.get_mut(i) else { return };
        let Some(official) = w.others.as_deref_mut().and_then(|o| o.official.as_deref_mut()) else { return };
        official.tell(page);
        if matches!(page, Page::Known(_)) {
            // Said before the bundle begins: no news.
            w.turned();
        } else if w.turned() {
            out.push(w.word(&cx, &self.gaps));
        }
    }
}
