//! One service's picture: what the board knows and what the catalogue says, put together for readers.

use crate::texts::Texts;
use crate::view::{Bin, Chart, FRESH_S, LineText, OldBin, ReportLine, ServiceLine, ServiceView, SymptomCount};
use allclear_detect::{BinNow, ServiceNow};
use allclear_model::{Catalogue, Country, Incident, Service, SymptomId, TextState, Time};
use std::sync::Arc;

/// Shares and ratios are only made from this many reports on, of the service or of the symptom.
pub(crate) const SHARE_FROM: u64 = 5;

/// And from this many expected reports on.
const RATIO_FROM: f64 = 0.5;

/// Points of a list's sparkline, and bins in each.
const SPARK: (usize, usize) = (32, 3);

/// Kept in one pass for services that show the same quiet chart.
const SHARED_CHARTS: usize = 32;

/// Quiet charts of one pass, so that idle services share one.
#[derive(Default)]
pub(crate) struct Charts {
    quiet: Vec<Arc<[Bin]>>,
    before: Vec<Arc<[OldBin]>>,
}

impl Charts {
    pub(crate) fn clear(&mut self) {
        self.quiet.clear();
        self.before.clear();
    }

    fn chart(&mut self, now: &[BinNow]) -> Chart {
        let same = |shared: &[Bin]| shared.len() == now.len() && shared.iter().zip(now).all(|(a, b)| *a == bin(b));
        let quiet = now.iter().all(|b| b.actual == 0);
        if quiet && let Some(shared) = self.quiet.iter().find(|c| same(c)) {
            return Chart { bins: shared.clone() };
        }
        let bins: Arc<[Bin]> = now.iter().map(bin).collect();
        if quiet && self.quiet.len() < SHARED_CHARTS {
            self.quiet.push(bins.clone());
        }
        Chart { bins }
    }
}

impl Charts {
    /// The day before, as readers already hold it (it changes with the quarter of an hour) or as another service has it.
    fn before(&mut self, now: &[BinNow], held: Option<&Arc<[OldBin]>>) -> Arc<[OldBin]> {
        let same = |shared: &[OldBin]| shared.len() == now.len() && shared.iter().zip(now).all(|(a, b)| *a == old(b));
        if let Some(found) = held.into_iter().chain(&self.before).find(|c| same(c)) {
            return found.clone();
        }
        let bins: Arc<[OldBin]> = now.iter().map(old).collect();
        if self.before.len() < SHARED_CHARTS && now.iter().all(|b| b.actual == 0) {
            self.before.push(bins.clone());
        }
        bins
    }
}

fn old(b: &BinNow) -> OldBin {
    OldBin {
        actual: u32::try_from(b.actual).unwrap_or(u32::MAX),
        expected: b.expected as f32,
        upper: b.upper as f32,
        watched: b.watched,
    }
}

fn bin(b: &BinNow) -> Bin {
    Bin { start: b.start, actual: b.actual, expected: b.expected, upper: b.upper, watched: b.watched }
}

/// What pictures are made of, beside the board.
pub(crate) struct Material<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) charts: &'a mut Charts,
    pub(crate) texts: &'a Texts,
}

/// The picture of `service` at `at`. `None` when the catalogue lacks its category or guide, which the loader rules out.
pub(crate) fn service_view(
    version: u64,
    at: Time,
    service: &Arc<Service>,
    now: ServiceNow,
    before: Option<&ServiceView>,
    of: Material<'_>,
) -> Option<ServiceView> {
    let Material { catalogue, charts, texts } = of;
    let symptoms = symptoms(service, &now.symptoms);
    let chart = charts.chart(&now.bins);
    let day_before = charts.before(&now.before, before.map(|b| &b.before));
    let old: &[Arc<Incident>] = before.map_or(&[], |b| &b.incidents);
    let incidents: Vec<Arc<Incident>> = now.incidents.into_iter().map(|i| shared(old, i)).collect();
    let recent = now.recent.into_iter().map(|r| ReportLine {
        id: r.id,
        symptom: r.symptom,
        country: r.country.filter(|c| shown(&now.countries_day, *c)),
        at: r.at,
        counted: r.counted,
        text: match r.text {
            TextState::None => LineText::None,
            TextState::Checking => LineText::Checking,
            TextState::Shown => texts.get(r.id).map_or(LineText::Elsewhere, |t| LineText::Shown(t.clone())),
            TextState::Withheld => LineText::Withheld,
            TextState::Erased => LineText::Erased,
        },
    });
    Some(ServiceView {
        version,
        service: service.clone(),
        category: catalogue.categories.get(&service.category)?.clone(),
        guide: catalogue.guides.get(&service.guide)?.clone(),
        measured_at: at,
        fresh_until: at.plus_s(FRESH_S),
        watching_since: now.watching_since,
        symptoms_total: symptoms.iter().map(|s| s.count).sum(),
        symptoms_usual: now.symptoms.iter().map(|(_, _, expected)| expected).sum(),
        symptoms,
        recent: recent.collect(),
        day_total: chart.bins.iter().map(|b| b.actual).sum(),
        chart,
        before: day_before,
        months: now.months,
        days: now.days,
        votes: now.votes_hour,
        incident: now.incident.map(|i| shared(&incidents, i)),
        last_problem: now.last_problem.map(|i| shared(&incidents, i)),
        incidents,
        countries: now.countries_day,
        errors: now.errors,
        discounts: now.discounts,
        notes: now.notes,
        remarks: now.remarks,
        checks: now.checks,
        official: now.official,
        verdict: now.verdict,
    })
}

fn shown(countries: &[(Country, u64)], country: Country) -> bool {
    countries.iter().any(|(c, _)| *c == country)
}

/// The same incident where readers already hold it, so that pictures of one service share their history.
fn shared(held: &[Arc<Incident>], incident: Incident) -> Arc<Incident> {
    held.iter().find(|h| ***h == incident).cloned().unwrap_or_else(|| Arc::new(incident))
}

/// Whether counts carry a percentage or a ratio.
pub(crate) fn carries(count: u64, expected: f64) -> bool {
    count >= SHARE_FROM && expected >= RATIO_FROM
}

/// All symptoms of the catalogue and `other`; what the catalogue no longer lists is counted as `other`.
fn symptoms(service: &Service, counts: &[(SymptomId, u64, f64)]) -> Vec<SymptomCount> {
    let other = SymptomId::other();
    let listed = |id: &SymptomId| service.symptoms.iter().any(|s| s.id == *id);
    let of = |id: &SymptomId| counts.iter().find(|(k, ..)| k == id).map_or((0, 0.0), |(_, n, e)| (*n, *e));
    let unlisted = counts.iter().filter(|(id, ..)| *id != other && !listed(id));
    let (more, more_expected) = unlisted.fold((0, 0.0), |(n, e), x| (n + x.1, e + x.2));
    let (total, usual) = counts.iter().fold((0u64, 0.0), |(n, e), c| (n + c.1, e + c.2));
    let count = |id: SymptomId, label: Arc<str>, topic, (count, expected): (u64, f64)| SymptomCount {
        id,
        label,
        topic,
        count,
        share: carries(total, usual).then(|| count as f64 / total as f64),
        ratio: carries(count, expected).then(|| count as f64 / expected),
    };
    let own = service.symptoms.iter().map(|s| count(s.id.clone(), s.label.clone(), Some(s.topic.clone()), of(&s.id)));
    let (n, expected) = of(&other);
    let rest = count(other.clone(), Arc::default(), None, (n + more, expected + more_expected));
    // As one chain, so that the list is no longer than it must be: every service holds one.
    let mut out: Vec<SymptomCount> = own.chain(std::iter::once(rest)).collect();
    out.sort_by_key(|s| std::cmp::Reverse(s.count));
    out
}

/// The line of lists.
pub(crate) fn line(v: &ServiceView) -> ServiceLine {
    let spark = (v.day_total > 0).then(|| {
        let mut points = [0u32; SPARK.0];
        for (i, b) in v.chart.bins.iter().enumerate() {
            if let Some(p) = points.get_mut(i / SPARK.1) {
                *p = p.saturating_add(u32::try_from(b.actual).unwrap_or(u32::MAX));
            }
        }
        points
    });
    let usual = v.chart.bins.chunks(SPARK.1).map(|c| c.iter().map(|b| b.expected).sum::<f64>()).fold(0.0, f64::max);
    ServiceLine {
        slug: v.service.slug.clone(),
        name: v.service.name.clone(),
        category: v.service.category.clone(),
        level: v.verdict.level,
        phase: v.verdict.phase,
        confirmed: v.verdict.confirmed,
        since: v.verdict.since,
        actual: v.verdict.reports.actual,
        expected: v.verdict.reports.expected,
        announced: v.announced().map(|(level, _)| level),
        spark,
        spark_usual: usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_and_ratios_need_5_reports_and_half_an_expected_one() {
        assert!(carries(5, 0.5) && carries(400, 2.0));
        for (count, expected) in [(4, 2.0), (5, 0.49), (400, 0.0), (400, f64::NAN)] {
            assert!(!carries(count, expected), "{count} of {expected}");
        }
    }
}
