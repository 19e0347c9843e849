//! The verdict of one service at one instant, with its reasons.

use super::Change;
use super::checks::{self, SpotNow};
use super::counts::{BIN_MIN, DAY, bin_of};
use super::days::DayNow;
use super::months::MonthNow;
use super::official::OfficialNow;
use super::others::{Others, Whose};
use super::people::{Discounts, People, Remark};
use super::scope;
use super::stand::{self, SPEAKING};
use super::state::{Cx, Line, State, country_of};
use super::trace::Subject;
use crate::rule::{self, negbin};
use crate::{PRIOR_OUTAGES, RULE};
use allclear_model::act::Note;
use allclear_model::{
    Country, Evidence, Incident, IncidentId, Level, Minute, Phase, ReportsWindow, Slug, SymptomId, Time, Verdict,
    Witness,
};

/// The window that the first sentence speaks of. Seconds.
const WINDOW_S: u32 = 900;
/// How long a problem lasts that the prior counts. Minutes.
const OUTAGE_MIN: f64 = 60.0;
/// Most that silence can say against a problem. Nats.
const SILENCE: f64 = -3.0;
/// Countries are named from this many reports on.
const COUNTRY_FROM: u64 = 5;

/// A quarter of an hour, or the part of it that has passed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinNow {
    /// First instant.
    pub start: Time,
    /// Counted reports.
    pub actual: u64,
    /// Usual number; for the bin under way, for the part of it that has passed.
    pub expected: f64,
    /// Upper end of the 99 % band of what is usual.
    pub upper: f64,
    /// False when nobody listened for all or part of it.
    pub watched: bool,
}

/// Everything about one service that a page shows and the catalogue does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceNow {
    /// The judge's answer.
    pub verdict: Verdict,
    /// Since when it is watched.
    pub watching_since: Time,
    /// 96 finished quarters of an hour, oldest first: the day before `bins`.
    pub before: Vec<BinNow>,
    /// 96 quarters of an hour, oldest first; the last one is under way.
    pub bins: Vec<BinNow>,
    /// Symptoms that were ever reported, with reports and usual reports in the last hour (the last four bins), by symptom id.
    pub symptoms: Vec<(SymptomId, u64, f64)>,
    /// Usual reports in the last hour, over all symptoms.
    pub expected_hour: f64,
    /// Countries with at least 5 reports in the last 24 hours, most first.
    pub countries_day: Vec<(Country, u64)>,
    /// Votes in the last hour.
    pub votes_hour: u64,
    /// The last reports, newest first, at most 20.
    pub recent: Vec<Line>,
    /// The incident that is going on or closed less than 30 minutes ago.
    pub incident: Option<Incident>,
    /// The last one that is over and is not `incident`.
    pub last_problem: Option<Incident>,
    /// The newest incidents, newest first, at most 20, with the current one.
    pub incidents: Vec<Incident>,
    /// Minutes at each level by month, oldest first, at most 13; months without any known minute are left out.
    pub months: Vec<MonthNow>,
    /// The same by day, oldest first, at most 90.
    pub days: Vec<DayNow>,
    /// Errors that were pasted, with their counted reports in the last hour, most first.
    pub errors: Vec<(String, u64)>,
    /// What was taken off reports of the last hour; all zero while everything counts in full.
    pub discounts: Discounts,
    /// Operators' words that stand on the page, with their numbers, oldest first.
    pub notes: Vec<(u64, Note)>,
    /// What operators said about incidents.
    pub remarks: Vec<(IncidentId, Remark)>,
    /// What our checks found, by location, in order; at most 16.
    pub checks: Vec<SpotNow>,
    /// Its official page, if that is read.
    pub official: Option<OfficialNow>,
}

/// What is known of a service without any state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub cx: &'a Cx,
    pub watching_since: Time,
    /// Outages in 30 days of such a service.
    pub outages: f64,
    /// Number of its symptoms with `other`.
    pub listed: usize,
    /// Stretches `from..to` in minutes in which nobody listened.
    pub gaps: &'a [(i64, i64)],
}

impl Frame<'_> {
    fn watched(&self, bin: i64) -> bool {
        let (from, to) = (bin * BIN_MIN, (bin + 1) * BIN_MIN);
        self.watching_since.minute().0 <= from && !self.gaps.iter().any(|(a, b)| *a < to && *b > from)
    }

    /// Share of the minute under way that has passed.
    fn part(&self) -> f64 {
        let ms = self.cx.at.since_ms(self.cx.minute.start()).clamp(0, 60_000);
        ms as f64 / 60_000.0
    }
}

/// To 0.01, never `-0`.
fn cents(x: f64) -> f64 {
    let v = (x * 100.0).round() / 100.0;
    if v == 0.0 { 0.0 } else { v }
}

/// Log-odds of a problem before anybody has said anything: the share of time that such a service has one.
fn prior(outages: f64) -> f64 {
    let p = (outages * OUTAGE_MIN / 43_200.0).clamp(1e-6, 0.5);
    libm::log(p / (1.0 - p))
}

/// How bad a level is, as evidence has it.
fn severity(level: Level) -> f64 {
    match level {
        Level::Unknown | Level::Operational => 0.0,
        Level::UnderMaintenance => 1.0,
        Level::DegradedPerformance => 2.0,
        Level::PartialOutage => 3.0,
        Level::MajorOutage => 4.0,
    }
}

/// The verdict at `f.cx.at`.
pub(crate) fn verdict(f: &Frame<'_>, state: Option<&State>, others: Option<&Others>) -> Verdict {
    let mut v = Verdict::unknown(f.cx.at, RULE);
    v.since = f.watching_since;
    let mut weight = 0.0;
    if let Some(s) = state {
        let (level, since) = s.stand.level();
        v.level = level;
        v.since = since;
        v.phase = s.stand.phase();
        v.incident = s.stand.current().map(|i| i.id.clone());
        let (symptoms, countries) = s.stand.scope();
        v.symptoms = symptoms.iter().filter_map(|k| s.symptom_name(*k).cloned()).collect();
        v.countries = scope::countries(countries);
        v.reports = window(f, s);
        weight = reports_weight(s, &v.reports);
    } else {
        v.reports.expected = cents(rule::PRIOR_RATE * f.cx.watched(15));
    }
    let (mut found, mut announced) = (None, None);
    if let Some(o) = others {
        let (said, whose) = o.overlay((v.level, v.phase));
        let since = match whose {
            Whose::Official => o.says().map(|s| s.since),
            // Never before people stopped saying something else.
            Whose::Others if said.level != v.level => {
                let since = match said.level {
                    Level::Operational => o.fine_since(),
                    _ => o.checks.failing_since().or(o.says().map(|s| s.since)),
                };
                since.map(|t| t.max(v.since))
            }
            Whose::People | Whose::Others => None,
        };
        v.since = since.unwrap_or(v.since);
        (v.level, v.phase, v.confirmed) = (said.level, said.phase, said.confirmed);
        let word = o.checks.word();
        found = word.weight().map(|w| (word, w));
        announced = o.says().and_then(|s| Some((s.level, s.weight()?)));
    }
    let prior = Evidence {
        witness: Witness::Prior,
        weight: cents(prior(f.outages)),
        actual: f.outages,
        expected: 0.0,
        window_s: 0,
    };
    let reports = Evidence {
        witness: Witness::Reports,
        weight: cents(weight),
        actual: v.reports.actual as f64,
        expected: v.reports.expected,
        window_s: WINDOW_S,
    };
    let checks = found.map(|(word, weight)| Evidence {
        witness: Witness::Checks,
        weight: cents(weight),
        actual: word.failing as f64,
        expected: word.speaking as f64,
        window_s: checks::WINDOW_S,
    });
    let official = announced.map(|(level, weight)| Evidence {
        witness: Witness::Official,
        weight: cents(weight),
        actual: severity(level),
        expected: 0.0,
        window_s: 0,
    });
    let said = || std::iter::once(&reports).chain(&checks).chain(&official);
    v.log_odds = cents(said().fold(prior.weight, |sum, e| sum + e.weight));
    // No longer than they must be: every service holds one.
    let against = said().filter(|e| e.weight < 0.0).count();
    v.evidence = Vec::with_capacity(1 + said().count() - against);
    v.against = Vec::with_capacity(against);
    v.evidence.push(prior);
    for e in std::iter::once(reports).chain(checks).chain(official) {
        let list = if e.weight < 0.0 { &mut v.against } else { &mut v.evidence };
        list.push(e);
    }
    v
}

/// The last 15 minutes. On the full minute these are 15 whole ones, else 14 and the part of the one under way.
fn window(f: &Frame<'_>, s: &State) -> ReportsWindow {
    let m = f.cx.minute;
    let whole = f.part() == 0.0 && s.raw == 0;
    let last = if whole { Minute(m.0 - 1) } else { m };
    let part = if whole { 1.0 } else { f.part() };
    let watched = (last.0 - f.cx.watched_from.0).clamp(0, 14) as f64 + part;
    let actual = s.last.sum(Minute(last.0 - 14), last);
    ReportsWindow {
        actual,
        expected: cents(s.expected(watched)),
        effective: cents(s.last.effective(last, 15)).min(actual as f64),
        window_s: WINDOW_S,
    }
}

/// Nats for a problem: the largest sum. Against it: the count of the window, where enough would be expected.
fn reports_weight(s: &State, w: &ReportsWindow) -> f64 {
    let max = s.stat().max_s().min(rule::ALARM + rule::HEADROOM);
    if max > 0.0 {
        return max;
    }
    if w.expected < SPEAKING || s.stand.level().0 == Level::Unknown {
        return 0.0;
    }
    let (multiple, ordinary, _) = rule::TUNING[0];
    negbin::log_ratio(
        w.actual as f64,
        rule::tolerated(ordinary, s.detector.mu()) * w.expected,
        multiple * w.expected,
        s.bin_alpha(),
    )
    .clamp(SILENCE, 0.0)
}

/// Everything that is shown.
pub(crate) fn now(
    f: &Frame<'_>,
    state: Option<&State>,
    people: Option<&People>,
    others: Option<&Others>,
) -> ServiceNow {
    let verdict = verdict(f, state, others);
    let current = bin_of(f.cx.minute);
    let first = current - DAY + 1;
    let idle = rule::PRIOR_RATE * BIN_MIN as f64;
    let idle_upper = negbin::upper99(idle, negbin::summed(0.2, BIN_MIN as f64));
    let passed = (f.cx.minute.0 - current * BIN_MIN) as f64 + f.part();
    let mut all = Vec::with_capacity(2 * DAY as usize);
    for b in first - DAY..=current {
        let (actual, expected, upper) = match state {
            Some(s) if b == current => {
                let expected = s.bins.expected + s.expected(f.part());
                (s.bins.actual, expected, negbin::upper99(expected, s.bin_alpha()))
            }
            Some(s) => s
                .bins
                .get(b)
                .map_or((0, 0.0, 0.0), |x| (u64::from(x.actual), f64::from(x.expected), f64::from(x.upper))),
            None if b == current => (0, rule::PRIOR_RATE * passed, idle_upper),
            None => (0, idle, idle_upper),
        };
        all.push(BinNow { start: Minute(b * BIN_MIN).start(), actual, expected, upper, watched: f.watched(b) });
    }
    let bins = all.split_off(DAY as usize);
    let expected_hour = bins.iter().rev().take(4).map(|b| b.expected).sum::<f64>();
    let mut out = ServiceNow {
        verdict,
        watching_since: f.watching_since,
        before: all,
        bins,
        symptoms: Vec::new(),
        expected_hour,
        countries_day: Vec::new(),
        votes_hour: 0,
        recent: Vec::new(),
        incident: None,
        last_problem: None,
        incidents: Vec::new(),
        months: Vec::new(),
        days: Vec::new(),
        errors: Vec::new(),
        discounts: Discounts::default(),
        notes: Vec::new(),
        remarks: Vec::new(),
        checks: Vec::new(),
        official: None,
    };
    if let Some(o) = others {
        out.checks = o.checks.now(f.cx.minute);
        for spot in &mut out.checks {
            (spot.usual_ms, spot.certificate) = o.paces.at(&spot.location, bin_of(f.cx.minute));
        }
        out.official = o.official.as_deref().and_then(|p| p.now(f.cx.minute));
        out.months = o.months.list().to_vec();
    }
    if let Some(p) = people {
        out.errors = p.errors(f.cx.minute);
        let counted = out.bins.iter().rev().take(4).map(|b| b.actual).sum();
        out.discounts = p.discounts(f.cx.minute, counted);
        out.notes = p.notes(f.cx.at);
        out.remarks = p.remarks().to_vec();
    }
    let Some(s) = state else { return out };
    out.months = s.months.list().to_vec();
    let counts = s.symptoms.since(current - 3);
    out.symptoms = s
        .symptom_keys()
        .map(|(k, id)| {
            (id.clone(), counts.get(&k).copied().unwrap_or(0), expected_hour * s.symptom_share(Some(k), f.listed))
        })
        .collect();
    out.symptoms.sort_by(|a, b| a.0.cmp(&b.0));
    out.countries_day = s
        .countries
        .since(first)
        .into_iter()
        .filter(|(_, n)| *n >= COUNTRY_FROM)
        .filter_map(|(k, n)| country_of(k).map(|c| (c, n)))
        .collect();
    out.countries_day.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    out.votes_hour = s.votes.since(current - 3).values().sum();
    out.recent = s.recent.iter().cloned().collect();
    out.incident = stand::current(s);
    let mut all: Vec<Incident> = s.stand.incidents().iter().rev().cloned().collect();
    if let (Some(first), Some(now)) = (all.first_mut(), &out.incident) {
        first.clone_from(now);
    }
    let retracted = |i: &Incident| out.remarks.iter().any(|(id, r)| *id == i.id && r.retracted.is_some());
    out.last_problem = all
        .iter()
        .find(|i| i.closed.is_some() && out.incident.as_ref().is_none_or(|c| c.id != i.id) && !retracted(i))
        .cloned();
    out.incidents = all;
    out
}

/// Usual share of a symptom nobody has reported yet.
pub(crate) fn prior_outages(given: Option<f64>) -> f64 {
    given.filter(|v| v.is_finite() && *v > 0.0).unwrap_or(PRIOR_OUTAGES)
}

/// True while there is a problem to name an incident for.
pub(crate) fn has_incident(state: &State) -> bool {
    matches!(state.stand.phase(), Phase::Open | Phase::Recovering | Phase::Closed)
}

/// The judge's new word, with what of the bundle is new with it.
pub(crate) fn change(slug: &Slug, f: &Frame<'_>, state: Option<&mut State>, others: Option<&Others>) -> Change {
    let verdict = verdict(f, state.as_deref(), others);
    let mut out = Change { service: slug.clone(), verdict, incident: None, bundle: Vec::new() };
    if let Some(s) = state.filter(|s| has_incident(s)) {
        stand::argue(s, &out.verdict);
        out.incident = stand::current(s);
        let of = Subject { slug, watching_since: f.watching_since, outages: f.outages, listed: f.listed };
        out.bundle = if out.incident.is_some() { s.take_trace(&of) } else { Vec::new() };
    }
    out
}
