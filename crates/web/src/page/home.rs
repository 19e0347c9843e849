//! The front page: search, problems now, and everything else folded by group and category.

use crate::page::PageCx;
use crate::page::head::Head;
use crate::page::html::{self, Shape};
use crate::page::parts::{measured, render, service_line};
use crate::page::service::live_tag;
use crate::page::spark::spark;
use allclear_engine::view::{ServiceLine, SiteView};
use allclear_model::words::official;
use allclear_model::words::pages::{self as words, Words};
use allclear_model::{Category, Level, Slug, Time};
use askama::Template;
use std::collections::BTreeMap;

/// Problems shown as cards; further ones are lines below them.
const CARDS: usize = 12;
/// Lines on the front page in all, so that it stays light at thousands of services; the rest stands on category pages.
const LINES: usize = 600;
/// Lines a category has at least.
const LINES_MIN: usize = 6;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    top: String,
    /// Markup.
    paused: Vec<String>,
    groups: Vec<Group<'a>>,
    total: String,
    measured: String,
}

struct Group<'a> {
    name: &'a str,
    count: String,
    open: bool,
    categories: Vec<Shelf<'a>>,
}

struct Shelf<'a> {
    category: &'a Category,
    path: String,
    all: String,
    lines: Vec<String>,
}

#[derive(Template)]
#[template(path = "part/top.html")]
struct Top<'a> {
    w: &'static Words,
    tone: &'static str,
    lead: String,
    rest: String,
    others: String,
    cards: Vec<Card<'a>>,
    more: Vec<String>,
}

struct Card<'a> {
    name: &'a str,
    href: String,
    pill: String,
    because: String,
    since: String,
    spark: String,
}

/// The front page.
pub fn home(cx: &PageCx, site: &SiteView) -> String {
    let w = &words::EN;
    let head = Head {
        title: w.home_title.to_owned(),
        site_in_title: true,
        description: words::home_description().to_owned(),
        path: "/".to_owned(),
        live: true,
        tag: live_tag(site.version, site.measured_at),
        measured_at: site.measured_at,
        fresh_until: site.fresh_until,
        problems: problem_words(site).join(","),
        finds_itself: true,
        ..Head::default()
    };
    let page = HomePage {
        cx,
        w,
        head,
        top: top(cx, site),
        paused: paused(cx, site),
        groups: groups(cx, site),
        total: words::services(site.services.len()),
        measured: measured(cx, site.measured_at, site.is_stale(cx.now)),
    };
    render(&page)
}

/// Which locations of our checks say nothing, and why; markup.
fn paused(cx: &PageCx, site: &SiteView) -> Vec<String> {
    let since = |t: Time| html::time(cx, t, Shape::Zoned);
    let own = site.paused.map(|(t, ill)| words::home_paused(&since(t), ill.why()));
    let elsewhere = site.paused_elsewhere.iter();
    let elsewhere =
        elsewhere.map(|p| words::home_paused_elsewhere(p.location.as_str(), &since(p.since), &html::esc(&p.why)));
    own.into_iter().chain(elsewhere).collect()
}

fn problems(site: &SiteView) -> impl Iterator<Item = &ServiceLine> {
    site.problems.iter().filter_map(|i| site.services.get(*i as usize)).map(|l| &**l)
}

/// What a card rests on: what people report, and what the official page announces; markup.
fn because(l: &ServiceLine) -> String {
    let people = words::because_counts(l.actual, l.expected, 900);
    l.announced.map_or(people.clone(), |level| format!("{people} {}", official::card(level)))
}

fn top(cx: &PageCx, site: &SiteView) -> String {
    let w = &words::EN;
    let stale = site.is_stale(cx.now);
    let n = if stale { 0 } else { problems(site).count() };
    let calm = site.services.iter().filter(|l| matches!(l.level, Level::Operational | Level::UnderMaintenance)).count();
    let unknown = site.services.iter().filter(|l| l.level == Level::Unknown).count();
    let (tone, lead, rest) = match (stale, n, calm) {
        (true, ..) => {
            ("unk", w.cannot_tell.to_owned(), words::not_updated_since(&html::time(cx, site.measured_at, Shape::Full)))
        }
        (_, 0, 0) => ("unk", w.home_unknown.to_owned(), String::new()),
        (_, 0, _) => ("ok", w.home_calm.to_owned(), String::new()),
        (_, n, _) => {
            let worst = problems(site).map(|l| l.level).max().unwrap_or_default();
            let confirmed = problems(site).filter(|l| l.confirmed).count();
            (html::tone(worst), words::home_count(n), words::home_have(n, confirmed).to_owned())
        }
    };
    let shown = if stale { 0 } else { CARDS };
    let cards = problems(site)
        .take(shown)
        .map(|l| Card {
            name: &l.name,
            href: cx.href(format!("/s/{}", l.slug)),
            pill: html::pill(l.level, l.confirmed),
            because: because(l),
            since: words::card_since(&html::time(cx, l.since, Shape::Zoned)),
            spark: spark(l, true),
        })
        .collect();
    let more =
        if stale { Vec::new() } else { problems(site).skip(CARDS).map(|l| service_line(cx, l, stale)).collect() };
    let others = match (stale, site.services.is_empty()) {
        (_, true) => w.home_empty.to_owned(),
        (true, _) => w.stale_because.to_owned(),
        _ => words::home_others(calm, unknown),
    };
    render(&Top { w, tone, lead, rest, others, cards, more })
}

/// What stands first in a shortened list: problems, then those people speak of, then by name.
fn rank(l: &ServiceLine) -> (bool, bool) {
    (!l.level.is_problem(), l.spark.is_none())
}

/// All services of each category, in the order of the picture (by name).
pub(crate) fn by_category(site: &SiteView) -> BTreeMap<&Slug, Vec<&ServiceLine>> {
    let mut map: BTreeMap<&Slug, Vec<&ServiceLine>> = BTreeMap::new();
    for l in site.services.iter() {
        map.entry(&l.category).or_default().push(l);
    }
    map
}

fn groups<'a>(cx: &PageCx, site: &'a SiteView) -> Vec<Group<'a>> {
    let stale = site.is_stale(cx.now);
    let shelves = by_category(site);
    let cap = if site.services.len() <= LINES { usize::MAX } else { (LINES / shelves.len().max(1)).max(LINES_MIN) };
    let mut groups: BTreeMap<&str, Vec<(&Category, Vec<&ServiceLine>)>> = BTreeMap::new();
    for (id, lines) in shelves {
        if let Some(c) = site.catalogue.categories.get(id) {
            groups.entry(&c.group).or_default().push((c, lines));
        }
    }
    groups
        .into_iter()
        .map(|(name, mut shelves)| {
            shelves.sort_by(|a, b| a.0.name.cmp(&b.0.name));
            let n: usize = shelves.iter().map(|s| s.1.len()).sum();
            let bad =
                if stale { 0 } else { shelves.iter().flat_map(|s| &s.1).filter(|l| l.level.is_problem()).count() };
            let categories = shelves
                .into_iter()
                .map(|(category, mut lines)| {
                    let all = words::all_of(lines.len());
                    if lines.len() > cap {
                        lines.sort_by_key(|l| rank(l)); // stable: by name within
                        lines.truncate(cap);
                    }
                    Shelf {
                        category,
                        path: format!("/c/{}", category.id),
                        all,
                        lines: lines.into_iter().map(|l| service_line(cx, l, stale)).collect(),
                    }
                })
                .collect();
            Group { name, count: words::group_count(n, bad), open: false, categories }
        })
        .collect()
}

/// Problems as slug and level, to tell whether a reader's lists are out of date.
fn problem_words(site: &SiteView) -> Vec<String> {
    problems(site).map(|l| format!("{}:{}", l.slug, l.level.as_str())).collect()
}

/// Data of a `site` event: one line of JSON. `problems` tells the reader whether its lists are out of date.
pub fn live_home(cx: &PageCx, site: &SiteView) -> String {
    serde_json::json!({
        "tag": live_tag(site.version, site.measured_at),
        "version": site.version,
        "measured_at": html::iso(site.measured_at),
        "fresh_until": html::iso(site.fresh_until),
        "problems": problem_words(site),
        "html": {
            "top": top(cx, site),
            "measured": measured(cx, site.measured_at, site.is_stale(cx.now)),
        },
    })
    .to_string()
}
