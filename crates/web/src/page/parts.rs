//! The parts of a service page that change while it is read. The page and the live stream use the same bytes.

use crate::page::answer::{self, Answer, symptom_label};
use crate::page::html::{self, Shape, esc};
use crate::page::lanes::{self, Lanes};
use crate::page::official::{self, Below};
use crate::page::spark::spark;
use crate::page::{PageCx, checks};
use allclear_engine::view::{CheckCell, Discounts, LineText, ReportLine, ServiceLine, ServiceView, SiteView};
use allclear_model::words::pages::{self as words, Words};
use allclear_model::words::{countries, evidence, people};
use allclear_model::{Evidence, Level, TextState, Time};
use askama::Template;

/// Report lines on the service page; all of them stand on the page of reports.
const LINES: usize = 5;

/// The changing parts, rendered.
pub(crate) struct Parts {
    pub(crate) answer: String,
    pub(crate) lanes: String,
    pub(crate) symptoms: String,
    pub(crate) guide: String,
    pub(crate) reports: String,
    pub(crate) related: String,
    pub(crate) why: String,
    pub(crate) measured: String,
    /// The answer's first words, for the tab's title.
    pub(crate) lead: &'static str,
}

impl Parts {
    /// Renders all parts of one picture.
    pub(crate) fn new(cx: &PageCx, view: &ServiceView, site: &SiteView) -> Parts {
        let a = answer::answer(cx, view, site);
        Parts {
            lead: a.lead,
            answer: answer_part(cx, view, &a),
            lanes: lanes_part(cx, view, &a),
            symptoms: symptoms_part(view),
            guide: super::guide::part(cx, view, a.going_on),
            reports: reports_part(cx, view),
            related: related_part(cx, view, site),
            why: why_part(cx, view),
            measured: measured(cx, view.measured_at, a.stale),
        }
    }

    /// Name and markup of each part, in page order.
    pub(crate) fn named(&self) -> [(&'static str, &str); 8] {
        [
            ("answer", &self.answer),
            ("lanes", &self.lanes),
            ("symptoms", &self.symptoms),
            ("guide", &self.guide),
            ("reports", &self.reports),
            ("related", &self.related),
            ("why", &self.why),
            ("measured", &self.measured),
        ]
    }
}

/// When the judge looked. An old picture may be shown for days, so its date is said too.
pub(crate) fn measured(cx: &PageCx, at: Time, stale: bool) -> String {
    let shape = if stale { Shape::Full } else { Shape::Zoned };
    format!("{} {}", words::EN.measured, html::time(cx, at, shape))
}

/// Rendering into a string cannot fail; if a template ever did, its place stays empty rather than taking the page down.
pub(crate) fn render(t: &impl Template) -> String {
    t.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "part/answer.html")]
struct AnswerPart<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    a: &'a Answer,
    question: String,
    vote: String,
    feed: String,
    notes: Vec<NoteRow<'a>>,
}

struct NoteRow<'a> {
    words: &'a str,
    link: Option<&'a str>,
    /// Markup.
    until: Option<String>,
}

fn answer_part(cx: &PageCx, view: &ServiceView, a: &Answer) -> String {
    let slug = &view.service.slug;
    render(&AnswerPart {
        cx,
        w: &words::EN,
        a,
        question: words::service_question(&view.service.name),
        vote: format!("/s/{slug}/vote"),
        feed: format!("/s/{slug}/feed.atom"),
        notes: view
            .notes
            .iter()
            .map(|(_, n)| NoteRow {
                words: n.words.as_str(),
                link: n.link.as_deref().and_then(html::web_address),
                until: n.until.map(|t| html::time(cx, t, Shape::Full)),
            })
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "part/lanes.html")]
struct LanesPart {
    w: &'static Words,
    svg: String,
    rows: String,
    /// What scripts say of the strips of checks.
    said: Option<String>,
    gaps: bool,
    incident: bool,
    /// Markup.
    spots: Vec<String>,
    official: Option<Below>,
    maintenance: bool,
}

fn lanes_part(cx: &PageCx, view: &ServiceView, a: &Answer) -> String {
    // A problem by the word of the page has no incident, and is one all the same.
    let reported = view.incident.as_ref().map(|i| (i.since, i.closed));
    let own = official::own_problem(view).then_some((view.verdict.since, None));
    let incident = own.or(reported).filter(|_| !a.stale);
    let page = view.official.as_ref().map(|o| &*o.cells);
    let svg = lanes::svg(&Lanes {
        bins: &view.chart.bins,
        incident,
        // An old picture does not end now.
        until_now: !a.stale,
        all_lanes: true,
        checks: &view.checks,
        official: page,
    });
    let unheard = view.checks.iter().any(|s| s.cells.contains(&CheckCell::Nothing));
    let unread = page.is_some_and(|cells| cells.contains(&None));
    let gaps = unheard || unread || view.chart.bins.iter().any(lanes::is_gap);
    render(&LanesPart {
        w: &words::EN,
        svg,
        rows: lanes::table_rows(cx, &view.chart.bins, &view.checks, page),
        said: lanes::said(&view.checks, view.chart.bins.len()),
        gaps,
        incident: incident.is_some(),
        spots: checks::lines(cx, view),
        official: official::below(cx, view),
        maintenance: page.is_some_and(|cells| cells.contains(&Some(Level::UnderMaintenance))),
    })
}

#[derive(Template)]
#[template(path = "part/symptoms.html")]
struct SymptomsPart<'a> {
    w: &'static Words,
    sub: String,
    rows: Vec<SymptomRow<'a>>,
    places: String,
    errors: Vec<String>,
}

struct SymptomRow<'a> {
    label: &'a str,
    count: String,
    share: Option<String>,
    times: Option<String>,
    /// Length of the bar, 0 to 1000.
    bar: u64,
}

fn symptoms_part(view: &ServiceView) -> String {
    // With fewer than 5 reports a full bar would look like a finding.
    let whole = view.symptoms_total.max(5);
    let rows = view
        .symptoms
        .iter()
        .map(|s| SymptomRow {
            label: if s.label.is_empty() { words::EN.form_other } else { &s.label },
            count: words::grouped(s.count),
            share: s.share.map(words::percent),
            times: s.ratio.filter(|r| *r >= 2.0).map(words::times),
            bar: (s.count.saturating_mul(1000) / whole).min(1000),
        })
        .collect();
    let places: Vec<String> =
        view.countries.iter().take(8).map(|(c, n)| format!("{} {}", countries::name(*c), words::grouped(*n))).collect();
    render(&SymptomsPart {
        w: &words::EN,
        sub: words::symptoms_sub(view.symptoms_total),
        rows,
        places: places.join(" · "),
        errors: view.errors.iter().take(ERRORS).map(|(error, n)| error_row(view, error, *n)).collect(),
    })
}

/// Errors named on the page.
const ERRORS: usize = 3;

fn error_row(view: &ServiceView, error: &str, n: u64) -> String {
    people::error_row(error, view.share_of_hour(n).map(words::percent), &words::grouped(n))
}

#[derive(Template)]
#[template(path = "part/reports.html")]
struct ReportsPart<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    all: String,
    lines: Vec<LineRow<'a>>,
}

/// One report as a line.
pub(crate) struct LineRow<'a> {
    pub(crate) label: &'a str,
    pub(crate) place: &'static str,
    pub(crate) time: String,
    pub(crate) counted: bool,
    /// The text, if it is shown here.
    pub(crate) text: &'a str,
    /// What stands in its place.
    pub(crate) instead: &'static str,
    /// Where it can be read, if not here; and where it is flagged.
    pub(crate) more: String,
    pub(crate) flag: String,
}

/// A report as it is listed.
pub(crate) fn line_row<'a>(cx: &PageCx, view: &'a ServiceView, l: &'a ReportLine) -> LineRow<'a> {
    let slug = &view.service.slug;
    let (mut text, mut instead, mut more, mut flag) = ("", "", String::new(), String::new());
    match &l.text {
        LineText::None => {}
        LineText::Checking => instead = people::in_its_place(TextState::Checking).unwrap_or_default(),
        LineText::Withheld => instead = people::in_its_place(TextState::Withheld).unwrap_or_default(),
        LineText::Erased => instead = people::in_its_place(TextState::Erased).unwrap_or_default(),
        LineText::Elsewhere => more = format!("/s/{slug}/reports?before={}", i64::MAX),
        LineText::Shown(shown) => {
            text = shown.as_str();
            flag = format!("/s/{slug}/reports/{}/flag", l.id);
        }
    }
    LineRow {
        text,
        instead,
        more,
        flag,
        label: symptom_label(&view.service, &l.symptom),
        place: l.country.map_or("", countries::name),
        time: html::time(cx, l.at, Shape::Plain),
        counted: l.counted,
    }
}

fn reports_part(cx: &PageCx, view: &ServiceView) -> String {
    let lines = view.recent.iter().take(LINES).map(|l| line_row(cx, view, l)).collect();
    render(&ReportsPart { cx, w: &words::EN, all: format!("/s/{}/reports", view.service.slug), lines })
}

#[derive(Template)]
#[template(path = "part/related.html")]
struct RelatedPart {
    w: &'static Words,
    lines: Vec<String>,
}

fn related_part(cx: &PageCx, view: &ServiceView, site: &SiteView) -> String {
    if view.service.related.is_empty() {
        return String::new();
    }
    let stale = site.is_stale(cx.now);
    let lines =
        view.service.related.iter().filter_map(|slug| site.line(slug)).map(|l| service_line(cx, l, stale)).collect();
    render(&RelatedPart { w: &words::EN, lines })
}

/// One item of a list of services.
pub(crate) fn service_line(cx: &PageCx, l: &ServiceLine, stale: bool) -> String {
    let level = html::fresh(l.level, stale);
    format!(
        "<li><a href=\"{}\">{}</a>{}{}</li>",
        cx.href(format!("/s/{}", l.slug)),
        esc(&l.name),
        spark(l, level.is_problem()),
        html::pill(level, l.confirmed)
    )
}

#[derive(Template)]
#[template(path = "part/why.html")]
struct WhyPart<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    rows: Vec<WhyRow>,
    sum: String,
    rule: u32,
    wrong: String,
    discounted: Option<String>,
}

pub(crate) struct WhyRow {
    /// Markup.
    pub(crate) text: String,
    pub(crate) weight: String,
}

/// Reasons and their weights, in their order. `since`: when the excess began.
pub(crate) fn why_rows<'a>(
    cx: &PageCx,
    reasons: impl Iterator<Item = &'a Evidence>,
    since: Option<Time>,
) -> Vec<WhyRow> {
    let since = since.map_or_else(String::new, |t| html::time(cx, t, Shape::Zoned));
    reasons.map(|e| WhyRow { text: evidence::text(e, &since), weight: signed(e.weight) }).collect()
}

fn why_part(cx: &PageCx, view: &ServiceView) -> String {
    let v = &view.verdict;
    let rows = why_rows(cx, v.evidence.iter().chain(&v.against), view.excess_since());
    let wrong = format!("/feedback?service={}&level={}", view.service.slug, v.level.as_str());
    render(&WhyPart {
        cx,
        w: &words::EN,
        rows,
        sum: signed(v.log_odds),
        rule: v.rule,
        wrong,
        discounted: discounted(&view.discounts),
    })
}

/// What was taken off, in shares; nothing below 5 reports or 1 %. It is seen however few are usual: on quiet services it matters most.
fn discounted(d: &Discounts) -> Option<String> {
    let share = |n: f64| (d.received >= 5.0 && n / d.received >= 0.01).then(|| words::percent(n / d.received));
    people::discounted(share(d.repeated), share(d.shared), share(d.unproven))
}

/// A weight with its sign; the minus is a real one.
pub(crate) fn signed(x: f64) -> String {
    let s = format!("{:.2}", x.abs());
    match (s.as_str(), x < 0.0) {
        ("0.00", _) => s,
        (_, true) => format!("−{s}"),
        (_, false) => format!("+{s}"),
    }
}
