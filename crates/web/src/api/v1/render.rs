//! Pictures as documents of the API.

use super::types::{
    BinItem, ChartNow, CountryItem, DiscountsItem, ErrorItem, EventItem, EvidenceItem, IncidentFull, IncidentItem,
    IncidentList, NoteItem, RelatedItem, ReportItem, ReportList, Reports, ServiceItem, ServiceList, ServiceNow,
    SymptomItem, SymptomTotal, UptimeDay, UptimeList, UptimeMonth,
};
use crate::page::PageCx;
use crate::pages::Behind;
use allclear_engine::view::{Bin, Discounts, LineText, Remark, ReportLine, ServiceView, SiteView};
use allclear_model::words::{api as words, evidence};
use allclear_model::{Evidence, Incident, Level, TextState, Time};
use serde::Serialize;
use std::borrow::Borrow;

/// A number as the API writes it: three decimals are more than any expectation is worth, and keep documents equal on
/// every machine.
pub(crate) fn rounded(x: f64) -> f64 {
    let r = (x * 1000.0).round() / 1000.0;
    if r.is_finite() { r + 0.0 } else { 0.0 }
}

pub(crate) fn text(doc: &impl Serialize) -> String {
    // These documents have string keys and finite numbers, so writing them cannot fail.
    serde_json::to_string(doc).unwrap_or_default()
}

/// All services. Once the picture is past its time every level reads `unknown`.
pub(crate) fn services(cx: &PageCx, site: &SiteView) -> String {
    let stale = site.is_stale(cx.now);
    let fresh_until = site.fresh_until.to_string();
    let services = site
        .services
        .iter()
        .map(|s| ServiceItem {
            slug: &s.slug,
            name: &s.name,
            category: &s.category,
            level: if stale { Level::Unknown } else { s.level }.as_str(),
            phase: s.phase.as_str(),
            confirmed: s.confirmed && !stale,
            since: s.since.to_string(),
            fresh_until: fresh_until.clone(),
        })
        .collect();
    text(&ServiceList { services, measured_at: site.measured_at.to_string(), fresh_until: fresh_until.clone() })
}

/// One service.
pub(crate) fn service(cx: &PageCx, view: &ServiceView, site: &SiteView) -> String {
    let v = &view.verdict;
    let since = view.excess_since().map_or_else(String::new, |t| t.to_string());
    let stale = view.is_stale(cx.now);
    let related = view
        .service
        .related
        .iter()
        .filter_map(|slug| site.line(slug))
        .map(|s| RelatedItem {
            slug: s.slug.to_string(),
            name: s.name.clone(),
            level: if site.is_stale(cx.now) { Level::Unknown } else { s.level }.as_str(),
        })
        .collect();
    text(&ServiceNow {
        slug: &view.service.slug,
        name: &view.service.name,
        category: &view.category.id,
        level: if stale { Level::Unknown } else { v.level }.as_str(),
        phase: v.phase.as_str(),
        confirmed: v.confirmed && !stale,
        since: v.since.to_string(),
        confidence: None,
        incident: view.incident.as_deref().map(|i| incident_item(cx, i, view.remark(&i.id))),
        last_problem: view.last_problem.as_deref().map(|i| incident_item(cx, i, view.remark(&i.id))),
        watching_since: view.watching_since.to_string(),
        reports: Reports {
            actual: v.reports.actual,
            expected: rounded(v.reports.expected),
            window_s: v.reports.window_s,
        },
        votes: view.votes,
        symptoms: view
            .symptoms
            .iter()
            .map(|s| SymptomItem {
                id: &s.id,
                label: if s.label.is_empty() { words::OTHER_SYMPTOM } else { &s.label },
                count: s.count,
                share: s.share.map(rounded),
                ratio: s.ratio.map(rounded),
            })
            .collect(),
        countries: view.countries.iter().map(|(c, n)| CountryItem { country: c.to_string(), count: *n }).collect(),
        recent: view.recent.iter().map(report_item).collect(),
        related,
        evidence: v.evidence.iter().chain(&v.against).map(|e| evidence_item(e, &since)).collect(),
        errors: view
            .errors
            .iter()
            .map(|(error, n)| ErrorItem { error, count: *n, share: view.share_of_hour(*n).map(rounded) })
            .collect(),
        discounts: discounts(&view.discounts),
        notes: view
            .notes
            .iter()
            .map(|(_, n)| NoteItem {
                text: n.words.as_str(),
                link: n.link.as_deref(),
                until: n.until.map(|t| t.to_string()),
            })
            .collect(),
        checks: view.checks.iter().map(super::witnesses::check_item).collect(),
        official: super::witnesses::official_item(cx, view),
        log_odds: rounded(v.log_odds),
        rule: v.rule,
        stale,
        measured_at: view.measured_at.to_string(),
        fresh_until: view.fresh_until.to_string(),
    })
}

fn discounts(d: &Discounts) -> DiscountsItem {
    let share = |n: f64| if d.received > 0.0 { rounded((n / d.received).clamp(0.0, 1.0)) } else { 0.0 };
    DiscountsItem { repeated: share(d.repeated), shared: share(d.shared), unproven: share(d.unproven) }
}

fn report_item(line: &ReportLine) -> ReportItem<'_> {
    ReportItem {
        id: line.id.to_string(),
        symptom: &line.symptom,
        country: line.country.map(|c| c.to_string()),
        at: line.at.to_string(),
        counted: line.counted,
        text_state: text_state(&line.text),
        text: match &line.text {
            LineText::Shown(text) => Some(text.as_str()),
            _ => None,
        },
    }
}

fn text_state(text: &LineText) -> &'static str {
    match text {
        LineText::None => TextState::None,
        LineText::Checking => TextState::Checking,
        LineText::Shown(_) | LineText::Elsewhere => TextState::Shown,
        LineText::Withheld => TextState::Withheld,
        LineText::Erased => TextState::Erased,
    }
    .as_str()
}

fn bin_item(b: &Bin) -> BinItem {
    BinItem {
        start: b.start.to_string(),
        actual: b.actual,
        expected: rounded(b.expected),
        upper: rounded(b.upper),
        watched: b.watched,
    }
}

/// The last 24 hours.
pub(crate) fn chart(view: &ServiceView) -> String {
    chart_of(view, view.chart.bins.iter().map(bin_item).collect())
}

/// The last 48 hours.
pub(crate) fn long_chart(view: &ServiceView) -> String {
    let first = view.chart.bins.first().map_or(view.measured_at, |b| b.start);
    let n = i64::try_from(view.before.len()).unwrap_or(0);
    let older = (0..n).zip(view.before.iter()).map(|(i, b)| BinItem {
        start: first.plus_s((i - n) * 900).to_string(),
        actual: b.actual.into(),
        expected: rounded(b.expected.into()),
        upper: rounded(b.upper.into()),
        watched: b.watched,
    });
    chart_of(view, older.chain(view.chart.bins.iter().map(bin_item)).collect())
}

/// Uptime by month and by day.
pub(crate) fn uptime(view: &ServiceView) -> String {
    let days = crate::uptime::days(view).into_iter().rev().map(|d| UptimeDay {
        day: d.start.to_string().chars().take(10).collect(),
        minutes: d.elapsed,
        known_minutes: d.known(),
        operational: d.minutes[0].into(),
        under_maintenance: d.minutes[1].into(),
        degraded_performance: d.minutes[2].into(),
        partial_outage: d.minutes[3].into(),
        major_outage: d.minutes[4].into(),
        uptime: d.share(),
    });
    let months = crate::uptime::months(view).into_iter().map(|(month, m)| UptimeMonth {
        month: month.to_string(),
        from: m.from.to_string(),
        to: m.to.to_string(),
        minutes: m.elapsed,
        known_minutes: m.known(),
        operational: m.minutes[0].into(),
        under_maintenance: m.minutes[1].into(),
        degraded_performance: m.minutes[2].into(),
        partial_outage: m.minutes[3].into(),
        major_outage: m.minutes[4].into(),
        uptime: m.share(),
    });
    text(&UptimeList {
        months: months.collect(),
        days: days.collect(),
        watching_since: view.watching_since.to_string(),
        measured_at: view.measured_at.to_string(),
    })
}

fn chart_of(view: &ServiceView, bins: Vec<BinItem>) -> String {
    text(&ChartNow {
        bins,
        bin_s: 900,
        measured_at: view.measured_at.to_string(),
        fresh_until: view.fresh_until.to_string(),
    })
}

fn evidence_item(e: &Evidence, since: &str) -> EvidenceItem {
    EvidenceItem {
        signal: e.witness.as_str(),
        weight: rounded(e.weight),
        text: evidence::text(e, since),
        actual: rounded(e.actual),
        expected: rounded(e.expected),
        window_s: e.window_s,
    }
}

fn incident_item<'a>(cx: &PageCx, i: &'a Incident, remark: Option<&Remark>) -> IncidentItem<'a> {
    IncidentItem {
        id: &i.id.0,
        service: &i.service,
        since: i.since.to_string(),
        opened: i.opened.to_string(),
        closed: i.closed.map(|t| t.to_string()),
        peak_level: i.peak_level.as_str(),
        confirmed: i.confirmed,
        peak_reports: i.peak_reports,
        peak_at: i.peak_at.to_string(),
        total_reports: i.total_reports,
        url: cx.absolute(format!("/s/{}/incidents/{}", i.service, i.id)),
        remark: remark.and_then(|r| r.words.clone()),
        retracted: remark.and_then(|r| r.retracted.clone()),
    }
}

/// A page of incidents; the cursor is the opening time of the last one, in milliseconds.
pub(crate) fn incidents<I: Borrow<Incident>>(
    cx: &PageCx,
    rows: &[I],
    next: Option<Time>,
    remark: impl Fn(&Incident) -> Option<Remark>,
) -> String {
    text(&IncidentList {
        incidents: rows.iter().map(|i| incident_item(cx, i.borrow(), remark(i.borrow()).as_ref())).collect(),
        next: next.map(|t| t.0.to_string()),
    })
}

/// One incident.
pub(crate) fn incident(cx: &PageCx, i: &Incident, remark: Option<&Remark>) -> String {
    text(&IncidentFull {
        item: incident_item(cx, i, remark),
        symptoms: i.symptoms.iter().map(|(id, n)| SymptomTotal { id, count: *n }).collect(),
        evidence: i.evidence.iter().map(|e| evidence_item(e, &i.since.to_string())).collect(),
        events: i
            .events
            .iter()
            .map(|e| EventItem {
                at: e.at.to_string(),
                step: e.step.as_str(),
                level: e.level.as_str(),
                actual: e.actual,
                expected: rounded(e.expected),
            })
            .collect(),
    })
}

/// The newest reports, from the picture.
pub(crate) fn recent(view: &ServiceView) -> String {
    reports(&view.recent, Some(Behind::newest(view)))
}

/// A page of reports.
pub(crate) fn reports(lines: &[ReportLine], next: Option<String>) -> String {
    text(&ReportList { reports: lines.iter().map(report_item).collect(), next })
}
