//! What programs read: feed, badge, card, sitemap and the small files at the root.

use crate::page::PageCx;
use crate::page::checks::Heard;
use crate::page::fixed::contact_uri;
use crate::page::html::{self, esc, iso};
use crate::page::parts::{measured, render};
use allclear_engine::view::{ServiceView, SiteView};
use allclear_model::words::official;
use allclear_model::words::pages::{self as words, Words};
use allclear_model::{Level, Time};
use askama::Template;
use std::fmt::Write;

/// Atom feed of a service's problems (RFC 4287), one entry per step of each incident. Neutral titles: readers keep them for years.
pub fn feed(cx: &PageCx, view: &ServiceView) -> String {
    let s = &*view.service;
    let page = cx.absolute(format!("/s/{}", s.slug));
    let updated =
        view.incidents.iter().flat_map(|i| i.events.iter().map(|e| e.at)).max().unwrap_or(view.watching_since);
    let mut x = String::with_capacity(2000);
    let _ = write!(
        x,
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>{}</title><id>{page}</id><link href=\"{page}\"/><link rel=\"self\" type=\"application/atom+xml\" href=\"{page}/feed.atom\"/><updated>{}</updated><author><name>{}</name></author><subtitle>{}</subtitle>",
        esc(&words::feed_title(&s.name)),
        iso(updated),
        esc(&cx.site.name),
        esc(&words::not_affiliated(&s.name)),
    );
    for i in &view.incidents {
        let link = format!("{page}/incidents/{}", esc(&i.id.0));
        let retracted = view.remark(&i.id).and_then(|r| r.retracted.as_ref());
        let retracted = retracted.map_or_else(String::new, |why| format!("{} {why} ", words::EN.remark_retracted));
        for e in i.events.iter().rev() {
            let _ = write!(
                x,
                "<entry><title>{}</title><id>{link}#{}</id><link href=\"{link}\"/><updated>{}</updated><summary>{}</summary></entry>",
                esc(&words::feed_entry(&s.name, &words::step(e.step, e.level), &html::date(e.at), &html::clock(e.at))),
                e.key(),
                iso(e.at),
                esc(&(retracted.clone() + &words::step_counts(e.actual, e.expected))),
            );
        }
    }
    x.push_str("</feed>\n");
    x
}

/// Width of a badge's text, in user units, from the number of characters; 6.6 is the mean of DejaVu Sans at 11 px.
fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * 6.6 + 12.0
}

/// A badge with the level, as colour and word.
pub fn badge(cx: &PageCx, view: &ServiceView) -> String {
    let level = html::fresh(view.verdict.level, view.is_stale(cx.now));
    let word = words::level(level, view.verdict.confirmed);
    // White text on these has at least 4.5:1; they are the light scheme's colours.
    let colour = match level {
        Level::Unknown => "#565f6c",
        Level::Operational => "#0a7550",
        Level::UnderMaintenance => "#2557b8",
        Level::DegradedPerformance => "#855600",
        Level::PartialOutage | Level::MajorOutage => "#b3261e",
    };
    let name: String = view.service.name.chars().take(40).collect();
    let (a, b) = (text_width(&name), text_width(word));
    let name = esc(&name);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w:.0}\" height=\"20\" viewBox=\"0 0 {w:.0} 20\" role=\"img\" aria-label=\"{name}: {word}\"><title>{name}: {word}</title><rect width=\"{w:.0}\" height=\"20\" rx=\"4\" fill=\"#2b313a\"/><path d=\"M{a:.0} 0h{h:.0}a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4h-{h:.0}z\" fill=\"{colour}\"/><g fill=\"#fff\" font-family=\"DejaVu Sans,Verdana,sans-serif\" font-size=\"11\" text-anchor=\"middle\"><text x=\"{ax:.0}\" y=\"14\">{name}</text><text x=\"{bx:.0}\" y=\"14\">{word}</text></g></svg>",
        w = a + b,
        h = b - 4.0,
        ax = a / 2.0,
        bx = a + b / 2.0,
    )
}

#[derive(Template)]
#[template(path = "embed.html")]
struct Embed<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    title: String,
    question: String,
    lead: &'static str,
    tone: &'static str,
    pill: String,
    counts: String,
    measured: String,
    page: String,
    wrong: String,
    disclaimer: String,
}

/// A card for other people's pages.
pub fn embed(cx: &PageCx, view: &ServiceView) -> String {
    let v = &view.verdict;
    let stale = view.is_stale(cx.now);
    let level = html::fresh(view.verdict.level, view.is_stale(cx.now));
    let w = &words::EN;
    let lead = match level {
        Level::Unknown => w.cannot_tell,
        Level::Operational => w.no_sign,
        Level::UnderMaintenance => w.partly,
        _ if !v.confirmed => w.probably,
        _ if v.countries.is_empty() || !view.is_reported() => w.yes,
        _ => w.partly,
    };
    let counts = if stale {
        html::esc(w.stale_because)
    } else {
        let people = words::because_counts(v.reports.actual, v.reports.expected, v.reports.window_s);
        let page = view.announced().map(|(level, _)| official::card(level));
        [Some(people), Heard::of(view).sentence(), page].into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    render(&Embed {
        cx,
        w,
        title: words::service_title(&view.service.name),
        question: words::service_question(&view.service.name),
        lead,
        tone: html::tone(level),
        pill: html::pill(level, v.confirmed),
        counts,
        measured: measured(cx, view.measured_at, stale),
        page: cx.absolute(format!("/s/{}", view.service.slug)),
        wrong: cx.absolute(format!("/feedback?service={}&level={}", view.service.slug, level.as_str())),
        disclaimer: words::not_affiliated(&view.service.name),
    })
}

/// `security.txt` (RFC 9116), good for a year from the day it is made; `None` without a contact, because one is mandatory there.
pub fn security_txt(cx: &PageCx) -> Option<String> {
    let contact = contact_uri(cx)?;
    let midnight = Time(cx.now.0.div_euclid(86_400_000) * 86_400_000);
    Some(format!(
        "Contact: {contact}\nExpires: {}\nPreferred-Languages: en\nCanonical: {}\n",
        iso(midnight.plus_s(365 * 86_400)),
        cx.absolute("/.well-known/security.txt")
    ))
}

/// `robots.txt`: all but the endless stream may be read. Pages that say noindex must be, or nobody sees that they say so.
pub fn robots(cx: &PageCx) -> String {
    let b = &cx.site.base_path;
    format!("User-agent: *\nDisallow: {b}/api/v1/live\nSitemap: {}\n", cx.absolute("/sitemap.xml"))
}

/// The sitemap: only pages that may be indexed, each with the instant its level last changed.
pub fn sitemap(cx: &PageCx, site: &SiteView) -> String {
    let mut x = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">",
    );
    let mut add = |path: &str, lastmod: Option<Time>| {
        let _ = write!(x, "<url><loc>{}</loc>", esc(&cx.absolute(path)));
        if let Some(t) = lastmod {
            let _ = write!(x, "<lastmod>{}</lastmod>", iso(t));
        }
        x.push_str("</url>");
    };
    add("/", site.services.iter().map(|l| l.since).max());
    for l in site.services.iter() {
        let own = site.catalogue.services.get(&l.slug).is_some_and(|s| s.own_guide);
        // Without a report, whoever gave it a level is a check or its official page.
        if own || l.spark.is_some() || l.level != Level::Unknown {
            add(&format!("/s/{}", l.slug), Some(l.since));
        }
    }
    for id in site.catalogue.categories.keys() {
        let newest = site.services.iter().filter(|l| l.category == *id).map(|l| l.since).max();
        if newest.is_some() {
            add(&format!("/c/{id}"), newest);
        }
    }
    // These change with the program, whose dates we do not know: no lastmod is better than a made-up one.
    for path in ["/how", "/privacy", "/terms", "/contact", "/api"] {
        add(path, None);
    }
    x.push_str("</urlset>\n");
    x
}

/// The web app manifest.
pub fn manifest(cx: &PageCx) -> String {
    serde_json::json!({
        "name": cx.site.name,
        "short_name": cx.site.name,
        "start_url": cx.href("/"),
        "scope": cx.href("/"),
        "display": "minimal-ui",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": [{"src": cx.asset("favicon.svg"), "sizes": "any", "type": "image/svg+xml"}],
    })
    .to_string()
}
