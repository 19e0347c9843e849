//! All that is known of one service once anybody has said anything about it.

mod bundle;

use super::counts::{BIN_MIN, Bin, Bins, DAY, Last, Sparse, bin_of};
use super::months::Months;
use super::networks::{self, Networks};
use super::others::Others;
use super::stand::{self, Retracted, Stand};
use super::trace::{Seen, Trace};
use crate::limits::Limits;
use crate::rule::{Detector, Learn, PRIOR_MOST, PRIOR_RATE, Stat, negbin};
use allclear_model::kept::{DAY_MS, LINES_DAYS};
use allclear_model::signal::WHOLE;
use allclear_model::{Country, Minute, Phase, ReportId, SymptomId, TextState, Time};
pub(crate) use bundle::Seed;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Reports listed one by one.
const RECENT: usize = 20;
/// Symptoms told apart per service; further ones count as `other`.
const SYMPTOMS: usize = 32;
/// Pseudo-reports with which each symptom begins.
const SYMPTOM_PRIOR: f64 = 2.0;
/// 0.5^(1/5376): half-life of symptom shares and of the raw to effective ratio, 8 weeks in bins of 15 minutes.
const BIN_KEEP: f64 = 0.999_871_074_684_246_6;
/// Pseudo-reports that pull the ratio of raw to effective reports towards 1.
const K_RATIO: f64 = 20.0;

/// The instant that is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cx {
    /// Now.
    pub at: Time,
    /// The minute under way, or on a tick the minute that ends.
    pub minute: Minute,
    /// First minute of the present stretch of watching.
    pub watched_from: Minute,
    /// Sequence number of the last entry.
    pub seq: u64,
    pub limits: Limits,
}

impl Cx {
    /// Watched minutes, at most `n`, that end with the minute under way, counted whole.
    pub(crate) fn watched(&self, n: i64) -> f64 {
        (self.minute.0 - self.watched_from.0 + 1).clamp(0, n) as f64
    }
}

/// A report in the list of the last ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its id.
    pub id: ReportId,
    /// Its symptom.
    pub symptom: SymptomId,
    /// Where it came from. To be shown only when enough others came from there.
    pub country: Option<Country>,
    /// When it was accepted.
    pub at: Time,
    /// False for a further report from one source within 6 hours.
    pub counted: bool,
    /// What becomes of its text. A snapshot has it apart.
    #[serde(skip)]
    pub text: TextState,
}

/// From how many networks counted reports come, when no single ones are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Networked {
    /// Each from its own.
    Own,
    /// From so few that they are taken for the same ones every time.
    Same(u32),
    /// Evenly from so many, fewer than there are reports.
    Among(u32),
}

impl Networked {
    pub(crate) fn of(count: u32, networks: Option<u32>) -> Networked {
        match networks {
            Some(n) if n < count && n <= networks::HEAVIEST as u32 => Networked::Same(n),
            Some(n) if n < count => Networked::Among(n),
            _ => Networked::Own,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    pub detector: Detector,
    /// Effective and raw reports of the minute under way.
    pub x: f64,
    pub raw: u32,
    /// Raw reports per effective one, learned; at least 1.
    pub ratio: f64,
    pub stand: Stand,
    pub bins: Bins,
    pub last: Last,
    pub networks: Networks,
    pub symptoms: Sparse,
    pub countries: Sparse,
    pub votes: Sparse,
    names: Vec<SymptomId>,
    usual_by_symptom: Vec<f64>,
    learned_raw: f64,
    learned_effective: f64,
    pub recent: VecDeque<Line>,
    /// The incident that was retracted, while it would go on. A snapshot has it apart.
    #[serde(skip)]
    pub retracted: Option<Box<Retracted>>,
    /// For uptime. A snapshot has it apart.
    #[serde(skip)]
    pub months: Months,
    /// While the sums are above zero: all that the judge goes by, to be published with an incident. A snapshot has it apart.
    #[serde(skip)]
    pub trace: Option<Box<Trace>>,
    /// In a replay of a bundle: what the networks were worth in the middle and at the end of a minute, instead of `networks`.
    #[serde(skip)]
    given: Option<Box<(Seen, Seen)>>,
}

/// What a tick did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ticked {
    /// Something a reader sees is different.
    pub touched: bool,
    /// The verdict changed in kind.
    pub changed: bool,
}

impl State {
    /// A service at its first signal, after `silent` watched minutes; others of its kind commonly have `prior` reports a
    /// minute.
    pub(crate) fn new(cx: &Cx, silent: u64, watching_since: Time, prior: f64) -> State {
        let usual = (prior.clamp(PRIOR_RATE, PRIOR_MOST) * BIN_MIN as f64) as f32;
        let upper = negbin::upper99(f64::from(usual), negbin::summed(0.2, BIN_MIN as f64)) as f32;
        State {
            detector: Detector::new(cx.minute, silent, prior),
            x: 0.0,
            raw: 0,
            ratio: 1.0,
            stand: Stand::new(watching_since),
            bins: Bins::new(cx.minute, Bin { actual: 0, expected: usual, upper }),
            last: Last::new(),
            networks: Networks::default(),
            symptoms: Sparse::default(),
            countries: Sparse::default(),
            votes: Sparse::default(),
            names: Vec::new(),
            usual_by_symptom: Vec::new(),
            learned_raw: 0.0,
            learned_effective: 0.0,
            recent: VecDeque::new(),
            retracted: None,
            months: Months::default(),
            trace: None,
            given: None,
        }
    }

    /// Usual raw reports in `minutes` minutes at the present rate.
    pub(crate) fn expected(&self, minutes: f64) -> f64 {
        self.detector.mu() * self.ratio * minutes
    }

    /// Dispersion of counts of a quarter of an hour.
    pub(crate) fn bin_alpha(&self) -> f64 {
        negbin::summed(self.detector.alpha(), BIN_MIN as f64)
    }

    /// The key of a symptom; `other`'s when there are too many.
    pub(crate) fn symptom_key(&mut self, id: &SymptomId) -> u16 {
        // The same text is mostly the same allocation too.
        let found = self.names.iter().position(|n| std::ptr::eq(n.as_str(), id.as_str()) || n == id);
        if let Some(i) = found {
            return i as u16;
        }
        if self.names.len() >= SYMPTOMS {
            // The first place is kept for what cannot be told apart any more.
            return 0;
        }
        if self.names.is_empty() && **id != *allclear_model::text::OTHER {
            self.names.push(SymptomId::other());
            self.usual_by_symptom.push(0.0);
        }
        self.names.push(id.clone());
        self.usual_by_symptom.push(0.0);
        (self.names.len() - 1) as u16
    }

    pub(crate) fn symptom_name(&self, key: u16) -> Option<&SymptomId> {
        self.names.get(usize::from(key))
    }

    /// Learned share of a symptom among `listed` symptoms (with `other`).
    pub(crate) fn symptom_share(&self, key: Option<u16>, listed: usize) -> f64 {
        let total: f64 = self.usual_by_symptom.iter().sum();
        let own = key.and_then(|k| self.usual_by_symptom.get(usize::from(k))).copied().unwrap_or(0.0);
        (own + SYMPTOM_PRIOR) / (total + SYMPTOM_PRIOR * listed.max(self.names.len()).max(1) as f64)
    }

    pub(crate) fn symptom_keys(&self) -> impl Iterator<Item = (u16, &SymptomId)> {
        self.names.iter().enumerate().map(|(i, n)| (i as u16, n))
    }

    fn learning(&self) -> bool {
        self.retracted.is_none() && matches!(self.stand.phase(), Phase::None | Phase::Closed)
    }

    /// Counts `count` reports of one symptom that add `effective`.
    fn count(&mut self, cx: &Cx, symptom: u16, country: Option<Country>, count: u32, effective: f64) {
        let bin = bin_of(cx.minute);
        self.x += effective;
        self.raw = self.raw.saturating_add(count);
        self.last.add(cx.minute, count, effective);
        if let Some(r) = &mut self.retracted {
            r.count(symptom, count, effective);
        }
        if count == 0 {
            return;
        }
        self.bins.actual = self.bins.actual.saturating_add(u64::from(count));
        self.symptoms.add(bin, symptom, count, cx.limits.sparse);
        if let Some(c) = country {
            self.countries.add(bin, country_key(c), count, cx.limits.sparse);
        }
        if self.learning()
            && let Some(u) = self.usual_by_symptom.get_mut(usize::from(symptom))
        {
            *u += f64::from(count);
        }
        self.stand.count(symptom, u64::from(count));
        if let Some(t) = &mut self.trace {
            t.count(symptom, count);
        }
    }

    /// One counted report from a network, or from an unknown one, that counts `weight` hundredths. Gives what its network
    /// leaves of it, 0 to 1.
    pub(crate) fn report(
        &mut self,
        cx: &Cx,
        symptom: &SymptomId,
        country: Option<Country>,
        network: Option<u64>,
        weight: u8,
    ) -> f64 {
        let most = networks::most(self.detector.mu());
        let effective = match network {
            Some(id) => self.networks.add(cx.minute, id, 1, most, cx.limits.networks),
            None => self.networks.add_single(cx.minute, 1),
        };
        let key = self.symptom_key(symptom);
        self.count(cx, key, country, 1, effective * f64::from(weight.min(WHOLE)) / f64::from(WHOLE));
        effective
    }

    /// `count` reports without single ones.
    pub(crate) fn counted(&mut self, cx: &Cx, symptom: &SymptomId, count: u32, from: Networked) {
        if count == 0 {
            return;
        }
        let effective = match from {
            Networked::Own => self.networks.add_single(cx.minute, count),
            Networked::Same(n) => {
                self.networks.add_same(cx.minute, count, n, networks::most(self.detector.mu()), cx.limits.networks)
            }
            Networked::Among(n) => self.networks.add_among(cx.minute, count, n, networks::most(self.detector.mu())),
        };
        let key = self.symptom_key(symptom);
        self.count(cx, key, None, count, effective);
    }

    /// One minute's part of reports that are only known together for a longer span, each from its own network: `count` are
    /// booked in this minute, and `share`, the mean over the span, is what the sums see. Whole reports booked in one of fifteen
    /// minutes would look like a burst that nobody has seen.
    pub(crate) fn part(&mut self, cx: &Cx, symptom: &SymptomId, count: u32, share: f64) {
        if count > 0 {
            let _ = self.networks.add_single(cx.minute, count);
        }
        let key = self.symptom_key(symptom);
        self.count(cx, key, None, count, share);
    }

    /// Lists a report.
    pub(crate) fn list(&mut self, line: Line) {
        if self.recent.len() >= RECENT {
            self.recent.pop_back();
        }
        self.recent.push_front(line);
    }

    /// The author says it otherwise. Counts follow while the report is listed.
    pub(crate) fn amend(&mut self, id: ReportId, symptom: &SymptomId, country: Option<Country>) {
        let Some(i) = self.recent.iter().position(|l| l.id == id) else { return };
        let (before, was, counted, at) = {
            let l = &self.recent[i];
            (l.symptom.clone(), l.country, l.counted, l.at)
        };
        if counted {
            let bin = bin_of(at.minute());
            let (from, to) = (self.symptom_key(&before), self.symptom_key(symptom));
            self.symptoms.change(bin, Some(from), Some(to));
            self.countries.change(bin, was.map(country_key), country.map(country_key));
        }
        let l = &mut self.recent[i];
        l.symptom = symptom.clone();
        l.country = country;
    }

    /// Another state of a listed report's text.
    pub(crate) fn set_text(&mut self, id: ReportId, text: TextState) {
        if let Some(l) = self.recent.iter_mut().find(|l| l.id == id) {
            l.text = text;
        }
    }

    pub(crate) fn withdraw(&mut self, id: ReportId) {
        self.recent.retain(|l| l.id != id);
    }

    /// The sums at this instant.
    pub(crate) fn stat(&self) -> Stat {
        self.detector.peek(self.x)
    }

    /// A signal has come: is there a problem already?
    pub(crate) fn judge_now(&mut self, cx: &Cx, slug: &allclear_model::Slug, others: Option<&Others>) -> bool {
        if self.x == 0.0 {
            // Worth nothing, and counted all the same.
            let kept = self.stand.kept();
            if let Some(t) = &mut self.trace {
                t.judged(cx.at, 0.0, kept, false);
            }
            return false;
        }
        let stat = self.detector.preview(self.x);
        let begins = stat.max_s() > 0.0 && self.detector.cusum.is_zero() && self.stand.phase() == Phase::None;
        // After a gap an incident is over in the middle of a minute, and the next may open before its end.
        let spent = self.trace.as_ref().is_some_and(|t| t.is_spent(self.stand.is_current(cx.at)));
        if spent || (begins && self.trace.is_none() && self.given.is_none()) {
            self.trace = Some(Box::new(Trace::begin(self, cx, others)));
        }
        let changed = Stand::judge(self, cx, slug, &stat, false);
        let kept = self.stand.kept();
        if let Some(t) = &mut self.trace {
            t.judged(cx.at, self.x, kept, changed);
        }
        stand::go_on_retracted(self, cx, slug, false);
        changed
    }

    /// Ends the minute `cx.minute`.
    pub(crate) fn tick(&mut self, cx: &Cx, slug: &allclear_model::Slug, others: Option<&Others>) -> Ticked {
        let m = cx.minute;
        if let Some(t) = &mut self.trace {
            t.end_of_minute();
        }
        let learn = self.retracted.as_ref().map_or_else(|| self.stand.learn(m), |r| r.learn(m));
        self.bins.expected += self.detector.mu() * self.ratio;
        let (x, raw) = (self.x, self.raw);
        let stat = self.detector.add(m, x);
        let quiet = x == 0.0 && raw == 0 && self.detector.cusum.is_zero() && self.stand.is_quiet();
        self.x = 0.0;
        self.raw = 0;
        let mut done = Ticked { touched: raw > 0 || !self.last.silent(m, 16), changed: false };
        if quiet {
            let expected = self.expected(cx.watched(15));
            let warm = !self.stand.would_ask_warmth(expected) || !self.detector.cold();
            done.changed = self.stand.rest(cx, expected, warm);
        } else {
            done.changed = Stand::judge(self, cx, slug, &stat, true);
            self.stand.cap(&mut self.detector.cusum);
            done.touched = true;
        }
        stand::go_on_retracted(self, cx, slug, true);
        done.touched |= done.changed;
        // What turns out to be a problem teaches nothing, from its first minute on.
        let learn = if self.stand.opened_at(cx.at) { Learn::Not } else { learn };
        if learn == Learn::Robust && raw > 0 {
            self.learned_raw += f64::from(raw);
            self.learned_effective += x;
        }
        self.detector.learn(m, x, learn);
        if (m.0 + 1).rem_euclid(BIN_MIN) == 0 {
            self.turn(m.next());
        }
        if self.trace.is_some() {
            self.trace_on(cx, others);
        }
        done
    }

    fn turn(&mut self, next: Minute) {
        // As long as a single report is kept anywhere, and its text with it.
        let first = next.start().plus_ms(-LINES_DAYS * DAY_MS);
        while self.recent.back().is_some_and(|l| l.at < first) {
            self.recent.pop_back();
        }
        let upper = negbin::upper99(self.bins.expected, self.bin_alpha());
        let bin = bin_of(next);
        self.bins.turn(bin, upper);
        self.symptoms.forget(bin - DAY + 1);
        self.countries.forget(bin - DAY + 1);
        self.votes.forget(bin - DAY + 1);
        for u in &mut self.usual_by_symptom {
            *u *= BIN_KEEP;
        }
        self.learned_raw *= BIN_KEEP;
        self.learned_effective *= BIN_KEEP;
        self.ratio = ((self.learned_raw + K_RATIO) / (self.learned_effective + K_RATIO)).max(1.0);
    }

    /// Nobody listened from `stopped` until `at`.
    pub(crate) fn pause(&mut self, stopped: Time, at: Time) {
        let now = at.minute();
        if let Some(t) = &mut self.trace {
            t.paused(stopped, at);
        }
        self.x = 0.0;
        self.raw = 0;
        self.detector.restart(now);
        self.stand.pause();
        if let Some(r) = &mut self.retracted {
            r.pause();
        }
        if bin_of(now) > self.bins.now() {
            self.turn(now);
        }
    }

    /// False when a restored state cannot be one.
    pub(crate) fn is_sound(&self) -> bool {
        let keys = self.names.len() as u16;
        self.detector.baseline.is_sound()
            && self.bins.is_sound()
            && self.last.is_sound()
            && self.names.len() <= SYMPTOMS + 1
            && self.names.len() == self.usual_by_symptom.len()
            && self.symptoms.is_sound(keys)
            && self.countries.is_sound(u16::MAX)
            && self.votes.is_sound(1)
            && self.stand.is_sound(keys)
            && self.retracted.as_deref().is_none_or(|r| r.is_sound(keys))
    }
}

/// A country as a key of sparse counts.
pub(crate) fn country_key(c: Country) -> u16 {
    let b = c.as_str().as_bytes();
    u16::from(b.first().copied().unwrap_or(b'Z')) << 8 | u16::from(b.get(1).copied().unwrap_or(b'Z'))
}

/// The country of a key.
pub(crate) fn country_of(key: u16) -> Option<Country> {
    let b = [(key >> 8) as u8, (key & 0xff) as u8];
    std::str::from_utf8(&b).ok().and_then(|s| Country::parse(s).ok())
}
