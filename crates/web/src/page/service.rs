//! The page of one service, and the data of its live events.

use crate::page::PageCx;
use crate::page::checks;
use crate::page::form;
use crate::page::head::{Head, home_crumb};
use crate::page::html::{self, Shape, esc};
use crate::page::parts::{Parts, render};
use crate::page::types::ReportForm;
use allclear_engine::view::{ServiceView, SiteView};
use allclear_model::words::official;
use allclear_model::words::pages::{self as words, Words};
use askama::Template;

#[derive(Template)]
#[template(path = "service.html")]
struct ServicePage<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    parts: Parts,
    form: String,
    info: Vec<InfoRow>,
    disclaimer: String,
    history: String,
    json: String,
    badge: String,
    embed: String,
}

struct InfoRow {
    name: &'static str,
    /// Markup.
    value: String,
}

/// Whether search engines should leave the page out: nothing on it is its own.
pub(crate) fn is_thin(view: &ServiceView) -> bool {
    let reported = view.day_total > 0;
    let watched = !view.checks.is_empty() || view.official.as_ref().is_some_and(|o| o.word.is_some());
    !view.service.own_guide && !reported && !watched
}

/// Front page, category, service, and what follows.
pub(crate) fn crumbs(view: &ServiceView, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all = vec![
        home_crumb(),
        (view.category.name.clone(), format!("/c/{}", view.category.id)),
        (view.service.name.clone(), format!("/s/{}", view.service.slug)),
    ];
    all.extend(more.iter().map(|(n, p)| ((*n).to_owned(), (*p).to_owned())));
    all
}

/// The page of one service.
pub fn service(cx: &PageCx, view: &ServiceView, site: &SiteView) -> String {
    let s = &*view.service;
    let path = format!("/s/{}", s.slug);
    let head = Head {
        title: words::service_title(&s.name),
        description: words::service_description(&s.name),
        noindex: is_thin(view),
        crumbs: crumbs(view, &[]),
        feed: format!("{path}/feed.atom"),
        service: s.slug.to_string(),
        live: true,
        tag: live_tag(view.version, view.measured_at),
        measured_at: view.measured_at,
        fresh_until: view.fresh_until,
        level: html::fresh(view.verdict.level, view.is_stale(cx.now)).as_str(),
        problems: String::new(),
        finds_itself: false,
        site_in_title: false,
        path: path.clone(),
    };
    let page = ServicePage {
        cx,
        w: &words::EN,
        head,
        parts: Parts::new(cx, view, site),
        form: form::part(cx, s, &ReportForm::default()),
        info: info(cx, view),
        disclaimer: words::not_affiliated(&s.name),
        history: format!("{path}/history"),
        json: format!("/api/v1/services/{}", s.slug),
        badge: format!("{path}/badge.svg"),
        embed: format!("{path}/embed"),
    };
    render(&page)
}

fn info(cx: &PageCx, view: &ServiceView) -> Vec<InfoRow> {
    let (s, w) = (&*view.service, &words::EN);
    let mut rows = Vec::new();
    let mut add = |name, value| rows.push(InfoRow { name, value });
    let unknown = || esc(w.info_unknown);
    add(w.info_what, s.about.as_deref().map_or_else(unknown, esc));
    add(w.info_home, outside(&s.homepage.value, s.homepage.verified));
    add(w.info_official, s.official.as_ref().map_or_else(unknown, |o| outside(&o.value.page, o.verified)));
    add(w.info_support, s.support.as_ref().map_or_else(unknown, |x| outside(&x.value, x.verified)));
    let operator = s.operator.as_ref();
    add(w.info_operator, operator.map_or_else(unknown, |x| format!("{}{}", esc(&x.value), unverified(x.verified))));
    add(
        w.info_category,
        format!("<a href=\"{}\">{}</a>", cx.href(format!("/c/{}", view.category.id)), esc(&view.category.name)),
    );
    add(w.info_watch, esc(&official::watched(view.checks.len(), view.official.is_some())));
    if let Some((until, days)) = checks::certificate(view) {
        add(w.info_certificate, words::certificate(&html::time(cx, until, Shape::Date), days));
    }
    add(w.info_since, html::time(cx, view.watching_since, Shape::Date));
    rows
}

fn unverified(verified: bool) -> String {
    if verified { String::new() } else { format!(" <small>({})</small>", esc(words::EN.info_unverified)) }
}

/// A link to another site, shown as its host; text when it is not a web address.
fn outside(url: &str, verified: bool) -> String {
    let mark = unverified(verified);
    match html::web_address(url) {
        Some(u) => {
            let shown = u.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
            format!("<a href=\"{}\" rel=\"noopener nofollow\">{}</a>{mark}", esc(u), esc(shown))
        }
        None => format!("{}{mark}", esc(url)),
    }
}

/// Which picture a reader has: differs whenever the picture does, also after a restart of the site.
pub fn live_tag(version: u64, measured_at: allclear_model::Time) -> String {
    format!("{version}-{}", measured_at.0)
}

/// Data of a `service` event: one line of JSON with the same bytes as the page's parts.
pub fn live(cx: &PageCx, view: &ServiceView, site: &SiteView) -> String {
    let parts = Parts::new(cx, view, site);
    let html: serde_json::Map<String, serde_json::Value> =
        parts.named().into_iter().map(|(k, v)| (k.to_owned(), v.into())).collect();
    serde_json::json!({
        "slug": view.service.slug.as_str(),
        "tag": live_tag(view.version, view.measured_at),
        "version": view.version,
        "level": html::fresh(view.verdict.level, view.is_stale(cx.now)).as_str(),
        "phase": view.verdict.phase.as_str(),
        "measured_at": html::iso(view.measured_at),
        "fresh_until": html::iso(view.fresh_until),
        "lead": parts.lead,
        "html": html,
    })
    .to_string()
}
