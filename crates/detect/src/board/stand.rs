//! Where a service stands: the machine of phases, levels and incidents.
//!
//! ```text
//! none <-> possible -> open <-> recovering -> closed -> none
//!                       ^-------------------------' within 30 minutes: the same incident
//! ```

mod bundle;
mod kept;
mod retract;

use super::alarm::{Suspicion, alarm};
use super::counts::bin_of;
use super::scope::rescope;
use super::state::{Cx, State};
use crate::rule::{self, Cusum3, Learn, Stat, negbin};
use allclear_model::{
    Incident, IncidentEvent, IncidentId, IncidentStep, Level, Minute, Phase, Slug, SymptomId, Time, Verdict,
};
pub(crate) use retract::{Retracted, go_on as go_on_retracted, reinstate, retract};
use serde::{Deserialize, Serialize};

/// Silence says something from this many expected reports on.
pub(crate) const SPEAKING: f64 = 3.0;
/// `possible` ends below this many nats.
const POSSIBLE_ENDS: f64 = 3.0;
/// Minutes that a condition must hold before a phase or level falls.
const HOLD: u16 = 10;
/// The same incident opens again within this time of its closing. Milliseconds.
pub(crate) const REOPEN_MS: i64 = 30 * 60_000;
/// Share of the peak below which reports are falling back, and above which they are not.
const FALLING: f64 = 0.5;
const RISING: f64 = 0.75;
/// What a minute of ordinary counts leaves of the sums while recovering.
const DRAIN: f64 = 0.9;
/// Minutes of which the rate names the level.
const RATE_MIN: i64 = 10;
/// A level is held until the rate has fallen below this share of what it began with.
const EASED: f64 = 0.7;
/// Minutes without learning after an alarm that came within the first day of watching.
const FREEZE_NEW: i64 = 180;
/// Level does not become operational again within this many minutes of having become unknown.
const SETTLE: i64 = 60;
/// Incidents kept per service, and lines of the timeline kept per incident: the first and the newest.
pub(crate) const INCIDENTS: usize = 20;
const EVENTS: usize = 64;

const LEVELS: [Level; 3] = [Level::DegradedPerformance, Level::PartialOutage, Level::MajorOutage];

/// An incident that is going on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Track {
    /// Index into [`LEVELS`].
    level: usize,
    /// Most effective reports in any 10 minutes.
    peak: f64,
    falling: u16,
    easing: u16,
    calm: u16,
    by_symptom: Vec<(u16, u64)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stand {
    phase: Phase,
    level: Level,
    /// Since when a level that is no problem holds.
    since: Time,
    /// The minute in which the level was last taken back to unknown.
    left: i64,
    pub(super) suspicion: Suspicion,
    /// Since when nothing is learned, and for how long at most.
    frozen: Option<(i64, i64)>,
    pub(super) track: Option<Track>,
    /// Oldest first; the last one is that of `track`, or the one just closed. A snapshot has their reasons apart.
    #[serde(with = "kept")]
    incidents: Vec<Incident>,
    pub(super) symptoms: Vec<u16>,
    pub(super) countries: Vec<u16>,
}

impl Stand {
    pub(crate) fn new(since: Time) -> Stand {
        Stand {
            phase: Phase::None,
            level: Level::Unknown,
            since,
            left: i64::MIN / 2,
            suspicion: Suspicion::default(),
            frozen: None,
            track: None,
            incidents: Vec::new(),
            symptoms: Vec::new(),
            countries: Vec::new(),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// The level, and since when.
    pub(crate) fn level(&self) -> (Level, Time) {
        match (&self.track, self.incidents.last()) {
            (Some(t), Some(i)) => (LEVELS[t.level.min(2)], i.since),
            _ => (self.level, self.since),
        }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.phase == Phase::None && self.suspicion == Suspicion::default()
    }

    /// The incident that is going on, or closed less than 30 minutes before.
    pub(crate) fn current(&self) -> Option<&Incident> {
        matches!(self.phase, Phase::Open | Phase::Recovering | Phase::Closed).then(|| self.incidents.last()).flatten()
    }

    /// True while an incident goes on or would open again at `at`.
    pub(crate) fn is_current(&self, at: Time) -> bool {
        self.track.is_some() || (self.phase == Phase::Closed && self.closed_lately(at))
    }

    fn closed_lately(&self, at: Time) -> bool {
        self.incidents.last().and_then(|i| i.closed).is_some_and(|c| at.since_ms(c) < REOPEN_MS)
    }

    pub(crate) fn incidents(&self) -> &[Incident] {
        &self.incidents
    }

    pub(crate) fn incidents_mut(&mut self) -> &mut [Incident] {
        &mut self.incidents
    }

    /// Symptoms and countries that stand out.
    pub(crate) fn scope(&self) -> (&[u16], &[u16]) {
        (&self.symptoms, &self.countries)
    }

    pub(crate) fn count(&mut self, symptom: u16, n: u64) {
        let Some(t) = &mut self.track else { return };
        match t.by_symptom.iter_mut().find(|(k, _)| *k == symptom) {
            Some(e) => e.1 = e.1.saturating_add(n),
            None => t.by_symptom.push((symptom, n)),
        }
        if let Some(i) = self.incidents.last_mut() {
            i.total_reports = i.total_reports.saturating_add(n);
        }
    }

    /// What the minute `m` may teach.
    pub(crate) fn learn(&self, m: Minute) -> Learn {
        match self.frozen {
            None => Learn::Robust,
            Some((since, most)) if m.0.saturating_sub(since) < most => Learn::Not,
            Some(_) => Learn::Adopt,
        }
    }

    /// True when an incident was opened (or opened again) just now.
    pub(crate) fn opened_at(&self, at: Time) -> bool {
        let last = self.track.as_ref().and(self.incidents.last()).and_then(|i| i.events.last());
        last.is_some_and(|e| e.at == at && matches!(e.step, IncidentStep::Opened | IncidentStep::Reopened))
    }

    pub(crate) fn cap(&self, sums: &mut Cusum3) {
        if self.track.is_some() {
            sums.cap(rule::ALARM + rule::HEADROOM);
        }
    }

    pub(crate) fn pause(&mut self) {
        self.suspicion = Suspicion::default();
        if let Some(t) = &mut self.track {
            t.falling = 0;
            t.easing = 0;
            t.calm = 0;
        }
    }

    /// True when it matters whether enough was learned for silence to mean something.
    pub(crate) fn would_ask_warmth(&self, expected: f64) -> bool {
        expected >= SPEAKING && self.level != Level::Operational
    }

    /// The level when there is no problem: silence means something only where reports would be expected.
    pub(crate) fn rest(&mut self, cx: &Cx, expected: f64, warm: bool) -> bool {
        let next = if expected < SPEAKING {
            Level::Unknown
        } else if self.level == Level::Operational || (warm && cx.minute.0.saturating_sub(self.left) >= SETTLE) {
            Level::Operational
        } else {
            Level::Unknown
        };
        if next == self.level {
            return false;
        }
        if next == Level::Unknown {
            self.left = cx.minute.0;
        }
        self.level = next;
        self.since = cx.at;
        self.track.is_none()
    }

    /// Judges a service at `cx.at`; `ended`: on the end of a minute. True when the verdict changed in kind.
    pub(crate) fn judge(state: &mut State, cx: &Cx, slug: &Slug, stat: &Stat, ended: bool) -> bool {
        let before = (state.stand.phase, state.stand.level().0, state.stand.track.is_some());
        let reopened = state.stand.incidents.len();
        if ended {
            let expected = state.expected(cx.watched(15));
            let warm = !state.detector.cold();
            state.stand.rest(cx, expected, warm);
        }
        if state.stand.track.is_some() {
            go_on(state, cx, stat, ended);
        } else {
            watch(state, cx, slug, stat, ended);
        }
        let scope = if ended || before.2 != state.stand.track.is_some() { rescope(state, cx) } else { false };
        let s = &mut state.stand;
        s.frozen = match s.phase {
            Phase::None | Phase::Closed => None,
            _ => s.frozen.or(Some((
                cx.minute.0,
                if state.detector.baseline.minutes() < 1440 { FREEZE_NEW } else { rule::FREEZE },
            ))),
        };
        scope || before != (s.phase, s.level().0, s.track.is_some()) || reopened != s.incidents.len()
    }

    pub(crate) fn is_sound(&self, keys: u16) -> bool {
        self.track
            .as_ref()
            .is_none_or(|t| t.level < 3 && !self.incidents.is_empty() && t.by_symptom.iter().all(|(k, _)| *k < keys))
            && self.symptoms.iter().all(|k| *k < keys)
            && self.incidents.len() <= INCIDENTS
            && (i64::MIN / 2..1 << 40).contains(&self.left)
            && self.frozen.is_none_or(|(since, most)| since.unsigned_abs() < 1 << 40 && most.unsigned_abs() < 1 << 40)
    }
}

/// Without an incident.
fn watch(state: &mut State, cx: &Cx, slug: &Slug, stat: &Stat, ended: bool) {
    let need = rule::ALARM + if state.detector.cold() { rule::COLD_EXTRA } else { 0.0 };
    if let Some(j) = alarm(state, cx, stat, need, ended) {
        open(state, cx, slug, j);
        return;
    }
    let s = &mut state.stand;
    let recently = s.closed_lately(cx.at);
    let max = stat.max_s();
    s.phase = match s.phase {
        Phase::Closed if recently => Phase::Closed,
        Phase::Possible if max >= POSSIBLE_ENDS => Phase::Possible,
        _ if max >= rule::POSSIBLE => Phase::Possible,
        _ => Phase::None,
    };
}

/// The worst level, at most `most`, to which the effective reports per minute since `since` speak (of the last
/// [`RATE_MIN`] minutes at most), when it takes `share` of what the level begins with.
fn level_of(state: &State, cx: &Cx, since: Minute, most: usize, share: f64) -> usize {
    let minutes = cx.minute.0.saturating_sub(since.0).saturating_add(1).clamp(1, RATE_MIN);
    let rate = state.last.effective(cx.minute, minutes) / minutes as f64;
    (1..=most).rev().find(|&j| rate >= share * rule::from_rate(j, state.detector.mu())).unwrap_or(0)
}

/// Opens an incident to which sum `loudest` speaks.
fn open(state: &mut State, cx: &Cx, slug: &Slug, loudest: usize) {
    let onset = state.detector.onset(loudest, cx.minute);
    let level = level_of(state, cx, onset, loudest, 1.0);
    let again = state.stand.phase == Phase::Closed;
    let earliest = state.stand.incidents.last().and_then(|i| i.closed).unwrap_or(Time(0));
    let since = onset.start().max(earliest).max(cx.watched_from.start()).min(cx.at);
    let mut by_symptom: Vec<(u16, u64)> = state.symptoms.since(bin_of(since.minute())).into_iter().collect();
    let total = state.last.sum(since.minute(), cx.minute);
    let rate = state.last.effective(cx.minute, 10);
    if again {
        // What was reported before it seemed to be over.
        let before: Vec<(SymptomId, u64)> =
            state.stand.incidents.last().map(|i| i.symptoms.clone()).unwrap_or_default();
        for (id, n) in before {
            let key = state.symptom_key(&id);
            match by_symptom.iter_mut().find(|(k, _)| *k == key) {
                Some(e) => e.1 = e.1.saturating_add(n),
                None => by_symptom.push((key, n)),
            }
        }
    }
    let s = &mut state.stand;
    s.track = Some(Track { level, peak: rate, falling: 0, easing: 0, calm: 0, by_symptom });
    s.phase = Phase::Open;
    if again {
        if let Some(i) = s.incidents.last_mut() {
            // Reports between closing and opening again belong to it as well.
            let between = i.closed.map_or(0, |c| state.last.sum(c.minute(), cx.minute));
            i.closed = None;
            i.total_reports = i.total_reports.saturating_add(between);
            i.peak_level = i.peak_level.max(LEVELS[level]);
        }
        note(state, cx, IncidentStep::Reopened);
    } else {
        if s.incidents.len() >= INCIDENTS {
            s.incidents.remove(0);
        }
        // One that was retracted may have its name from the same minute.
        let before = s.incidents.last().filter(|i| i.opened.minute() == cx.at.minute());
        let id = before.map_or_else(|| IncidentId::new(slug, cx.at), |i| i.id.next());
        s.incidents.push(Incident {
            id,
            service: slug.clone(),
            since,
            opened: cx.at,
            closed: None,
            peak_level: LEVELS[level],
            peak_reports: 0,
            peak_at: cx.at,
            total_reports: total,
            symptoms: Vec::new(),
            events: Vec::new(),
            confirmed: false,
            evidence: Vec::new(),
        });
        note(state, cx, IncidentStep::Opened);
    }
    peak(state, cx);
}

/// With an incident that is open or recovering.
fn go_on(state: &mut State, cx: &Cx, stat: &Stat, ended: bool) {
    peak(state, cx);
    let now = state.stand.track.as_ref().map_or(0, |t| t.level);
    let since = state.stand.incidents.last().map_or(cx.minute, |i| i.since.minute());
    if let Some(loudest) = alarm(state, cx, stat, rule::ALARM, ended)
        && let j = level_of(state, cx, since, loudest, 1.0)
        && j > now
    {
        if let Some(t) = &mut state.stand.track {
            t.level = j;
            t.easing = 0;
            t.falling = 0;
            t.peak = t.peak.max(state.last.effective(cx.minute, 10));
        }
        if let Some(i) = state.stand.incidents.last_mut() {
            i.peak_level = i.peak_level.max(LEVELS[j]);
        }
        state.stand.phase = Phase::Open;
        note(state, cx, IncidentStep::Escalated);
    }
    if !ended {
        return;
    }
    let rate = state.last.effective(cx.minute, 10);
    let actual = state.last.sum(Minute(cx.minute.0 - 14), cx.minute) as f64;
    let usual = actual <= negbin::upper99(state.expected(cx.watched(15)), state.bin_alpha());
    let max = stat.max_s();
    // What is left of a level: the sums still speak of it, and the rate has not fallen far below it.
    let now = state.stand.track.as_ref().map_or(0, |t| t.level);
    let held = (0..=now.min(2)).rev().find(|&j| stat.s[j] >= rule::POSSIBLE).unwrap_or(0);
    let held = level_of(state, cx, since, held, EASED);
    let Some(t) = &mut state.stand.track else { return };
    t.peak = t.peak.max(rate);
    let mut step = None;
    if state.stand.phase == Phase::Open {
        t.falling = if rate < FALLING * t.peak { t.falling.saturating_add(1) } else { 0 };
        if t.falling >= HOLD {
            state.stand.phase = Phase::Recovering;
            step = Some(IncidentStep::Recovering);
        }
    } else if rate >= RISING * t.peak && max >= rule::ALARM {
        t.peak = rate;
        t.falling = 0;
        t.calm = 0;
        state.stand.phase = Phase::Open;
        step = Some(IncidentStep::Reopened);
    } else if usual {
        state.detector.cusum.drain(DRAIN);
    }
    t.easing = if held < t.level { t.easing.saturating_add(1) } else { 0 };
    if t.easing >= HOLD {
        t.level = held;
        t.easing = 0;
        step = step.or(Some(IncidentStep::Eased));
    }
    t.calm = if max < rule::POSSIBLE && usual { t.calm.saturating_add(1) } else { 0 };
    let over = t.calm >= HOLD;
    if over {
        close(state, cx);
    } else if let Some(step) = step {
        note(state, cx, step);
    }
}

fn close(state: &mut State, cx: &Cx) {
    note(state, cx, IncidentStep::Closed);
    let s = &mut state.stand;
    s.track = None;
    s.phase = Phase::Closed;
    s.since = cx.at;
    if let Some(i) = s.incidents.last_mut() {
        i.closed = Some(cx.at);
    }
}

/// Keeps the quarter of an hour with the most reports.
fn peak(state: &mut State, cx: &Cx) {
    let Some(since) = state.stand.incidents.last().map(|i| i.since.minute()) else { return };
    let from = since.0.max(cx.minute.0 - 14);
    let sum = state.last.sum(Minute(from), cx.minute);
    if let Some(i) = state.stand.incidents.last_mut()
        && sum > i.peak_reports
    {
        i.peak_reports = sum;
        i.peak_at = cx.at;
    }
}

/// The most reported symptoms of the incident that is going on.
fn top_symptoms(state: &State) -> Option<Vec<(SymptomId, u64)>> {
    let t = state.stand.track.as_ref()?;
    let mut list: Vec<(SymptomId, u64)> =
        t.by_symptom.iter().filter_map(|(k, n)| state.symptom_name(*k).map(|s| (s.clone(), *n))).collect();
    list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    list.truncate(5);
    Some(list)
}

/// The incident that is going on or has just been closed, as it is now.
pub(crate) fn current(state: &State) -> Option<Incident> {
    let mut i = state.stand.current()?.clone();
    if let Some(top) = top_symptoms(state) {
        i.symptoms = top;
    }
    Some(i)
}

/// The incident that is going on takes a word of the judge into account.
pub(crate) fn argue(state: &mut State, verdict: &Verdict) {
    let s = &mut state.stand;
    if let (Some(_), Some(i)) = (&s.track, s.incidents.last_mut()) {
        i.argue(verdict);
    }
}

/// Writes a line of the timeline.
fn note(state: &mut State, cx: &Cx, step: IncidentStep) {
    let actual = state.last.sum(Minute(cx.minute.0 - 14), cx.minute);
    let expected = state.expected(cx.watched(15));
    let level = if step == IncidentStep::Closed { state.stand.level } else { state.stand.level().0 };
    let expected = (expected * 100.0).round() / 100.0;
    let top = top_symptoms(state);
    if let Some(i) = state.stand.incidents.last_mut() {
        if let Some(top) = top {
            i.symptoms = top;
        }
        if i.events.len() >= EVENTS {
            i.events.remove(1);
        }
        i.events.push(IncidentEvent { at: cx.at, step, level, actual, expected });
    }
}
