//! The first lines of a service page: answer, because, facts. All from one picture.

use crate::page::checks::{self, Heard};
use crate::page::html::{self, Shape, esc, going_on};
use crate::page::{PageCx, official};
use allclear_engine::view::{ServiceView, SiteView};
use allclear_model::words::official::{self as page_words, ChecksSay, PageSays, PeopleSay, Witnesses};
use allclear_model::words::{countries, pages as words};
use allclear_model::{Level, Phase, Service, Slug, SymptomId, Time, Witness};

/// How long a service counts as new, when there was no report yet. Milliseconds.
const NEW_MS: i64 = 24 * 3_600_000;

/// Silence of people is a good sign where so many reports would be expected.
const SPEAKING: f64 = 3.0;

/// The answer block. `rest`, `because` and fact values are markup.
pub(crate) struct Answer {
    /// Class for colour.
    pub(crate) tone: &'static str,
    /// Yes, Partly, Probably, No sign of a problem, We cannot tell.
    pub(crate) lead: &'static str,
    /// Rest of the first line.
    pub(crate) rest: String,
    /// The sentences below it.
    pub(crate) because: Vec<String>,
    /// Short facts: name and value.
    pub(crate) facts: Vec<Fact>,
    /// True when the picture is older than it may be.
    pub(crate) stale: bool,
    /// True while a problem is going on.
    pub(crate) going_on: bool,
}

/// One short fact.
pub(crate) struct Fact {
    /// Name.
    pub(crate) name: &'static str,
    /// Markup.
    pub(crate) value: String,
}

/// The label of a symptom as people read it.
pub(crate) fn symptom_label<'a>(service: &'a Service, id: &SymptomId) -> &'a str {
    service.symptoms.iter().find(|s| s.id == *id).map_or(words::EN.form_other, |s| &*s.label)
}

/// Makes the answer of a picture.
pub(crate) fn answer(cx: &PageCx, view: &ServiceView, site: &SiteView) -> Answer {
    let stale = view.is_stale(cx.now);
    let v = &view.verdict;
    let w = &words::EN;
    let on = going_on(v.level, v.phase) && !stale;
    let (lead, rest) = first_line(cx, view, stale);
    Answer {
        tone: html::tone(html::fresh(view.verdict.level, view.is_stale(cx.now))),
        lead,
        rest,
        because: if stale { vec![esc(w.stale_because)] } else { because(cx, view, site) },
        facts: facts(cx, view, stale),
        stale,
        going_on: on,
    }
}

fn first_line(cx: &PageCx, view: &ServiceView, stale: bool) -> (&'static str, String) {
    let w = &words::EN;
    let v = &view.verdict;
    if stale {
        return (w.cannot_tell, words::not_updated_since(&html::time(cx, view.measured_at, Shape::Full)));
    }
    let since = html::time(cx, v.since, Shape::Zoned);
    match v.level {
        l if l.is_problem() => {
            // Countries are those of reports.
            let everywhere = v.countries.is_empty() || official::own_problem(view);
            let lead = match (v.confirmed, everywhere) {
                (false, _) => w.probably,
                (true, true) => w.yes,
                (true, false) => w.partly,
            };
            let rest = match (v.phase, v.confirmed, everywhere) {
                (Phase::Recovering, ..) => words::recovering_since(&began(cx, view)),
                (_, false, _) if official::own_problem(view) => page_words::says_since(l, &since),
                (_, false, _) => words::reported_since(l, &since),
                (_, true, true) => words::confirmed_since(l, &since),
                (_, true, false) => words::confirmed_for(l, &places(view), &since),
            };
            (lead, rest)
        }
        Level::UnderMaintenance => (w.partly, page_words::says_since(v.level, &since)),
        level => {
            let doubtful = checks::is_doubtful(view);
            let lead = if level == Level::Operational { w.no_sign } else { w.cannot_tell };
            let announced = view.announced().filter(|_| v.phase == Phase::Possible);
            let rest = match (v.phase, view.incident.as_ref().and_then(|i| i.closed)) {
                _ if let (true, Some((l, _))) = (doubtful, announced) => page_words::fails_and_says(l),
                _ if announced.is_some() => page_words::only_page_speaks(v.level).to_owned(),
                _ if doubtful && more_than_usual(view) => w.possible_both.to_owned(),
                _ if doubtful => w.possible_check.to_owned(),
                (Phase::Possible, _) => w.possible_rest.to_owned(),
                (Phase::Closed, Some(ended)) => words::over_since(&html::time(cx, ended, Shape::Zoned)),
                _ => String::new(),
            };
            (lead, rest)
        }
    }
}

/// Whether people have reported more than usual for long enough to weigh something.
fn has_excess(view: &ServiceView) -> bool {
    view.verdict.evidence.iter().any(|e| e.witness == Witness::Reports && e.weight > 0.0)
}

/// Whether people report more than usual, now or not long ago.
fn more_than_usual(view: &ServiceView) -> bool {
    let r = view.verdict.reports;
    has_excess(view) || r.actual as f64 > r.expected
}

/// What people say who report no problem, as sentences tell it apart.
fn people_say(view: &ServiceView) -> PeopleSay {
    match view.verdict.reports.expected >= SPEAKING {
        _ if has_excess(view) => PeopleSay::More,
        false => PeopleSay::Few,
        true if more_than_usual(view) => PeopleSay::More,
        true => PeopleSay::Usual,
    }
}

fn began(cx: &PageCx, view: &ServiceView) -> String {
    html::time(cx, view.excess_since().unwrap_or(view.verdict.since), Shape::Zoned)
}

fn places(view: &ServiceView) -> String {
    let names: Vec<String> = view.verdict.countries.iter().map(|c| esc(countries::name(*c))).collect();
    words::list(&names)
}

fn because(cx: &PageCx, view: &ServiceView, site: &SiteView) -> Vec<String> {
    let w = &words::EN;
    let v = &view.verdict;
    let r = v.reports;
    let mut out = Vec::new();
    // Of a problem it is said since when.
    if v.level <= Level::Operational {
        out.push(words::as_of(&html::time(cx, view.measured_at, Shape::Zoned)));
    }
    let unknown = v.level == Level::Unknown;
    let (heard, checks, page) = (Heard::of(view), official::checks_say(view), official::says(view));
    let alone = (checks, page) == (ChecksSay::NotWatched, PageSays::NotWatched);
    // What is said of the page with something else is not said again.
    let mut page_told = false;
    match (unknown, r.actual) {
        (true, n) if heard.speaking > 0 => out.push(words::because_counted(n, r.window_s)),
        (true, 0) => {
            out.push(page_words::silent(view.day_total == 0, checks, page));
            page_told = true;
        }
        (true, n) if alone => out.push(page_words::counted_alone(n, r.window_s)),
        (true, n) => {
            out.push(words::because_counted(n, r.window_s));
            out.extend((checks == ChecksSay::Quiet).then(|| w.checks_quiet.to_owned()));
        }
        (false, 0) if r.expected >= 0.5 => out.push(words::because_quiet(r.expected, r.window_s)),
        (false, n) => out.push(words::because_counts(n, r.expected, r.window_s)),
    }
    if checks != ChecksSay::NotWatched {
        out.extend(checked_too(view, heard));
    }
    let own = official::own_problem(view);
    // Why it is said with less than certainty.
    let doubt = match (v.level, heard) {
        (l, _) if l.is_problem() && v.confirmed => None,
        (l, _) if l.is_problem() && own => Some(page_words::only_page(people_say(view), checks)),
        // Then what checks found says so already.
        (l, h) if l.is_problem() && h.is_split() => None,
        (l, _) if l.is_problem() => Some(page_words::only_people(checks, page)),
        (l, _) if l <= Level::Operational && v.phase == Phase::Possible && view.announced().is_some() => {
            (!heard.fails()).then(|| page_words::nobody_else(people_say(view), checks))
        }
        (Level::Operational, _) if r.expected < SPEAKING => page_words::rests_on(checks, page),
        _ => None,
    };
    page_told |= match v.level {
        l if l.is_problem() => doubt.is_some(),
        Level::UnderMaintenance => true,
        _ => page == PageSays::Well && doubt.is_some(),
    };
    if !page_told {
        out.extend(official::sentence(cx, view));
    }
    if v.level.is_problem() {
        let names: Vec<String> = v
            .symptoms
            .iter()
            .take(3)
            .map(|s| format!("<strong>{}</strong>", esc(symptom_label(&view.service, s))))
            .collect();
        // What people report is no part of a problem that they do not report.
        if !names.is_empty() && !own {
            out.push(words::most_reported(&words::list(&names)));
        }
        if !v.countries.is_empty() && !v.confirmed && !own {
            out.push(words::mostly_from(&places(view)));
        }
        // What nobody has verified is named by no page.
        let upstreams = &view.service.upstreams;
        let named = |cause: &&Slug| upstreams.verified && upstreams.value.contains(cause);
        if let Some(cause) = v.cause.as_ref().filter(named) {
            let name = site.catalogue.services.get(cause).map_or(cause.as_str(), |s| s.name.as_str());
            out.push(words::affected_by(&format!("<a href=\"{}\">{}</a>", cx.href(format!("/s/{cause}")), esc(name))));
        }
        if v.phase == Phase::Recovering {
            out.push(w.recovering_note.to_owned());
        }
    }
    out.extend(doubt);
    if is_new(view) {
        out.push(words::watching_since(&html::time(cx, view.watching_since, Shape::Date)));
        out.push(w.brand_new.to_owned());
    }
    out
}

/// What our own checks add to it.
fn checked_too(view: &ServiceView, heard: Heard) -> Vec<String> {
    let w = &words::EN;
    let v = &view.verdict;
    let mut out: Vec<String> = heard.sentence().into_iter().collect();
    let more = match v.level {
        // Where the vendor alone says so, that sentence has it.
        l if l.is_problem() => {
            (heard.is_split() && !v.confirmed && !official::own_problem(view)).then_some(w.checks_split_problem)
        }
        _ if checks::is_doubtful(view) => view.announced().is_none().then_some(w.checks_alone),
        _ if heard.is_split() => Some(w.checks_split),
        Level::Operational if heard.speaking == 0 => Some(w.checks_quiet),
        _ => None,
    };
    out.extend(more.map(str::to_owned));
    out
}

fn is_new(view: &ServiceView) -> bool {
    view.measured_at.since_ms(view.watching_since) < NEW_MS && !view.verdict.level.is_problem()
}

/// Who is heard, or who agrees.
fn witnesses(view: &ServiceView) -> String {
    let heard = Heard::of(view);
    if view.verdict.confirmed {
        let page = view.announced().is_some();
        return Witnesses { people: view.is_reported(), checks: heard.fails(), page }.agree();
    }
    let page = view.official.as_ref().is_some_and(|o| o.speaks);
    let more = !view.checks.is_empty() || view.official.is_some();
    Witnesses { people: true, checks: heard.speaking > 0, page }.heard(more)
}

fn facts(cx: &PageCx, view: &ServiceView, stale: bool) -> Vec<Fact> {
    let (w, v) = (&words::EN, &view.verdict);
    let mut out = Vec::new();
    let mut add = |name, value| out.push(Fact { name, value });
    if official::own_problem(view) && !stale {
        // No incident: people report none.
        add(w.fact_lasting, age(v.since, view.measured_at));
    } else if let (Some(i), false) = (&view.incident, stale) {
        match i.closed {
            None => add(w.fact_lasting, age(i.since, view.measured_at)),
            Some(end) => {
                add(w.fact_lasted, words::duration(end.since_ms(i.since)));
                add(w.fact_ended, html::time(cx, end, Shape::Zoned));
            }
        }
    }
    let usual: f64 = view.chart.bins.iter().filter(|b| b.watched).map(|b| b.expected).sum();
    add(w.fact_day, words::day_fact(view.day_total, usual));
    if view.votes > 0 {
        add(w.fact_votes, words::votes_fact(view.votes));
    }
    if let Some(i) = &view.last_problem {
        let href = cx.href(format!("/s/{}/incidents/{}", view.service.slug, i.id));
        let lasted = i.closed.map_or(String::new(), |end| format!(", {}", words::duration(end.since_ms(i.since))));
        add(w.fact_last, format!("<a href=\"{href}\">{}</a>{lasted}", html::time(cx, i.since, Shape::Date)));
    } else {
        let none = if view.incident.is_some() || v.level.is_problem() { w.fact_none_before } else { w.fact_none_since };
        add(w.fact_last, format!("{none} {}", html::time(cx, view.watching_since, Shape::Date)));
    }
    if !stale {
        add(w.fact_witnesses, witnesses(view));
    }
    out
}

/// How long something lasts, as of `now`; scripts keep it running.
pub(crate) fn age(since: Time, now: Time) -> String {
    format!("<span data-age=\"{}\">{}</span>", since.0, words::duration(now.since_ms(since)))
}
