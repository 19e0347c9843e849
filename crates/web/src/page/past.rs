//! What was: past problems, one incident, all published reports.

use crate::page::PageCx;
use crate::page::answer::symptom_label;
use crate::page::head::Head;
use crate::page::html::{self, Shape};
use crate::page::lanes::{self, Lanes};
use crate::page::parts::{LineRow, WhyRow, line_row, render, signed, why_rows};
use crate::page::service::{crumbs, is_thin};
use crate::page::types::{HistoryPage, IncidentPage, ReportsPage};
use crate::uptime::{self, Span};
use allclear_engine::view::ServiceView;
use allclear_model::words::pages::{self as words, Words};
use allclear_model::{Incident, Level, Month};
use askama::Template;

#[derive(Template)]
#[template(path = "history.html")]
struct History<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    title: String,
    back: String,
    rows: Vec<HistoryRow>,
    months: Vec<MonthRow>,
    /// Markup.
    days: String,
    day_rows: Vec<MonthRow>,
    since: String,
    newest: Option<String>,
    older: Option<String>,
    checks: Option<String>,
    disclaimer: String,
}

struct HistoryRow {
    href: String,
    when: String,
    lasted: String,
    level: String,
    total: String,
    retracted: bool,
}

struct MonthRow {
    name: String,
    share: String,
    problems: String,
    known: String,
}

/// What a stretch of time was, as a row has it.
fn span_row(name: String, m: &Span) -> MonthRow {
    let named = [(4, Level::MajorOutage), (3, Level::PartialOutage), (2, Level::DegradedPerformance)];
    let problems: Vec<String> = named
        .iter()
        .filter_map(|(i, level)| {
            let n = m.minutes.get(*i).copied().filter(|n| *n > 0)?;
            Some(words::problem_time(*level, i64::from(n) * 60_000))
        })
        .collect();
    MonthRow {
        name,
        share: m.share().map_or_else(|| words::EN.uptime_too_little.to_owned(), words::uptime),
        problems: if problems.is_empty() { words::EN.uptime_none.to_owned() } else { problems.join(", ") },
        known: words::known_share(m.known(), m.elapsed),
    }
}

fn lasted(i: &Incident) -> String {
    i.closed.map_or_else(|| words::EN.incident_ongoing.to_owned(), |end| words::duration(end.since_ms(i.since)))
}

/// Past problems of a service, a page at a time.
pub fn history(cx: &PageCx, view: &ServiceView, page: &HistoryPage<'_>) -> String {
    let s = &*view.service;
    let path = format!("/s/{}/history", s.slug);
    let title = words::history_title(&s.name);
    // Older pages are the same list moved on; only the newest one is for search engines, and only with something in it.
    let noindex = page.before.is_some() || page.incidents.is_empty();
    let head = Head {
        noindex,
        description: title.clone(),
        crumbs: crumbs(view, &[(words::EN.history_title, &path)]),
        service: s.slug.to_string(),
        ..Head::plain(&title, &path)
    };
    let rows = page
        .incidents
        .iter()
        .map(|i| HistoryRow {
            href: cx.href(format!("/s/{}/incidents/{}", s.slug, i.id)),
            when: html::time(cx, i.since, Shape::Full),
            lasted: lasted(i),
            level: html::pill(i.peak_level, i.confirmed),
            total: words::reports(i.total_reports),
            retracted: view.remark(&i.id).is_some_and(|r| r.retracted.is_some()),
        })
        .collect();
    // What is older than a page of incidents says nothing of months.
    let (months, days) =
        if page.before.is_none() { (uptime::months(view), uptime::days(view)) } else { (Vec::new(), Vec::new()) };
    let row = |(month, span): &(Month, Span)| span_row(words::month(*month), span);
    let named: Vec<(String, &Span)> = days.iter().map(|d| (html::date(d.start), d)).collect();
    let said: Vec<(String, &Span)> =
        named.iter().map(|(name, d)| (format!("{name}: {}", lanes::days::level(d)), *d)).collect();
    render(&History {
        cx,
        w: &words::EN,
        head,
        title,
        back: format!("/s/{}", s.slug),
        rows,
        months: months.iter().map(row).collect(),
        days: if days.is_empty() { String::new() } else { lanes::days::draw(&said, words::EN.uptime_days) },
        day_rows: named.into_iter().rev().map(|(name, d)| span_row(name, d)).collect(),
        since: html::time(cx, view.watching_since, Shape::Date),
        newest: page.before.map(|_| path.clone()),
        older: page.next.map(|t| format!("{path}?before={}", t.0)),
        checks: (!view.checks.is_empty()).then(|| format!("/api/v1/services/{}/checks", s.slug)),
        disclaimer: words::not_affiliated(&s.name),
    })
}

#[derive(Template)]
#[template(path = "incident.html")]
struct IncidentTemplate<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    /// Markup.
    title: String,
    back: String,
    history: String,
    json: String,
    bundle: String,
    file: String,
    level: String,
    began: String,
    ended: Option<String>,
    lasted: String,
    peak: String,
    peak_at: String,
    total: String,
    svg: String,
    rows: String,
    gaps: bool,
    symptoms: Vec<(&'a str, String)>,
    events: Vec<EventRow>,
    reasons: Vec<WhyRow>,
    sum: String,
    /// What operators said of it, and why it was none.
    remark: Option<String>,
    retracted: Option<String>,
    disclaimer: String,
}

struct EventRow {
    when: String,
    what: String,
    counts: String,
}

/// One incident: chart, timeline, duration, peak.
pub fn incident(cx: &PageCx, view: &ServiceView, page: &IncidentPage<'_>) -> String {
    let (s, i) = (&*view.service, page.incident);
    let path = format!("/s/{}/incidents/{}", s.slug, i.id);
    // A title is text, so it says whose day it is; the heading is in the reader's zone.
    let day = words::day_in_utc(&html::date(i.since));
    let title = words::incident_title(&s.name, &day);
    let history = format!("/s/{}/history", s.slug);
    // What only people support is not for search engines.
    let head = Head {
        noindex: !i.confirmed,
        description: title.clone(),
        crumbs: crumbs(view, &[(words::EN.history_title, &history), (&day, &path)]),
        service: s.slug.to_string(),
        ..Head::plain(&title, &path)
    };
    let (svg, rows) = if page.bins.is_empty() {
        (String::new(), String::new())
    } else {
        (
            lanes::svg(&Lanes {
                bins: page.bins,
                incident: Some((i.since, i.closed)),
                until_now: false,
                all_lanes: false,
                checks: &[],
                official: None,
            }),
            lanes::table_rows(cx, page.bins, &[], None),
        )
    };
    let events = i
        .events
        .iter()
        .map(|e| EventRow {
            when: html::time(cx, e.at, Shape::Full),
            what: words::step(e.step, e.level),
            counts: words::step_counts(e.actual, e.expected),
        })
        .collect();
    render(&IncidentTemplate {
        cx,
        w: &words::EN,
        head,
        title: words::incident_title(&html::esc(&s.name), &html::time(cx, i.since, Shape::Date)),
        back: format!("/s/{}", s.slug),
        history,
        json: format!("/api/v1/incidents/{}", i.id),
        bundle: format!("{path}/bundle.jsonl"),
        file: format!("{}.jsonl", i.id),
        level: html::pill(i.peak_level, i.confirmed),
        began: html::time(cx, i.since, Shape::Full),
        ended: i.closed.map(|t| html::time(cx, t, Shape::Full)),
        lasted: lasted(i),
        peak: words::peak(i.peak_reports),
        peak_at: html::time(cx, i.peak_at, Shape::Full),
        total: words::reports(i.total_reports),
        svg,
        rows,
        gaps: page.bins.iter().any(lanes::is_gap),
        symptoms: i.symptoms.iter().map(|(id, n)| (symptom_label(s, id), words::grouped(*n))).collect(),
        events,
        reasons: why_rows(cx, i.evidence.iter(), Some(i.since)),
        sum: signed(i.evidence.iter().map(|e| e.weight).sum()),
        remark: view.remark(&i.id).and_then(|r| r.words.clone()),
        retracted: view.remark(&i.id).and_then(|r| r.retracted.clone()),
        disclaimer: words::not_affiliated(&s.name),
    })
}

#[derive(Template)]
#[template(path = "reports.html")]
struct Reports<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    title: String,
    back: String,
    lines: Vec<LineRow<'a>>,
    newest: Option<String>,
    older: Option<String>,
    disclaimer: String,
}

/// All published reports of a service, a page at a time.
pub fn reports(cx: &PageCx, view: &ServiceView, page: &ReportsPage<'_>) -> String {
    let s = &*view.service;
    let path = format!("/s/{}/reports", s.slug);
    let title = words::reports_title(&s.name);
    let noindex = page.older || page.lines.is_empty() || is_thin(view);
    let head = Head {
        noindex,
        description: title.clone(),
        crumbs: crumbs(view, &[(words::EN.reports_title, &path)]),
        service: s.slug.to_string(),
        ..Head::plain(&title, &path)
    };
    render(&Reports {
        cx,
        w: &words::EN,
        head,
        title,
        back: format!("/s/{}", s.slug),
        lines: page.lines.iter().map(|l| line_row(cx, view, l)).collect(),
        newest: page.older.then(|| path.clone()),
        older: page.next.as_ref().map(|n| format!("{path}?before={n}")),
        disclaimer: words::not_affiliated(&s.name),
    })
}
