//! Pages about the site itself: how verdicts are made, privacy, terms, contact, API, own health.

use crate::page::PageCx;
use crate::page::head::Head;
use crate::page::html::{self, Shape, esc};
use crate::page::parts::render;
use crate::page::types::OwnStatus;
use crate::problem::status_of;
use allclear_engine::Speaks;
use allclear_engine::view::SiteView;
use allclear_model::Level;
use allclear_model::kept::{FORMS_DAYS, LINES_DAYS, TEXTS_DAYS};
use allclear_model::words::pages::{self as words, Words};
use allclear_model::words::problems::ProblemKind;
use allclear_model::words::prose;
use askama::Template;

#[derive(Template)]
#[template(path = "text.html")]
struct Text<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    title: &'a str,
    /// Markup.
    body: String,
}

fn text(cx: &PageCx, title: &str, path: &str, body: String) -> String {
    render(&Text { cx, w: &words::EN, head: Head::plain(title, path), title, body })
}

/// Prose with the site's name in it.
fn prose_of(cx: &PageCx, source: &str) -> String {
    // The name is outside text: it goes in after the Markdown was read, escaped.
    html::markdown(source).replace("{site}", &esc(&cx.site.name))
}

/// How verdicts are made.
pub fn how(cx: &PageCx) -> String {
    text(cx, words::EN.how_title, "/how", prose_of(cx, prose::HOW))
}

/// What is kept about readers and reporters, how long and where, as the configuration has it.
pub fn privacy(cx: &PageCx) -> String {
    let kept = &cx.site.kept;
    let source = [
        ("{country}", if kept.looks_up_countries { prose::PRIVACY_LOOKED_UP } else { prose::PRIVACY_CHOSEN }),
        ("{lines}", &LINES_DAYS.to_string()),
        ("{texts}", &TEXTS_DAYS.to_string()),
        ("{forms}", &FORMS_DAYS.to_string()),
        ("{journal}", &kept.journal_days.to_string()),
    ]
    .iter()
    .fold(prose::PRIVACY.to_owned(), |text, (hole, words)| text.replace(hole, words));
    // Words of an operator are not Markdown.
    let place = kept.place.as_deref().map_or_else(String::new, |p| format!(" ({})", esc(p)));
    let body = prose_of(cx, &source).replace("{place}", &place) + &contact_line(cx);
    text(cx, words::EN.privacy_title, "/privacy", body)
}

/// Terms of use.
pub fn terms(cx: &PageCx) -> String {
    let body = prose_of(cx, prose::TERMS) + &contact_line(cx);
    text(cx, words::EN.terms_title, "/terms", body)
}

/// Who runs the site.
pub fn contact(cx: &PageCx) -> String {
    text(cx, words::EN.contact_title, "/contact", contact_line(cx))
}

fn contact_line(cx: &PageCx) -> String {
    let w = &words::EN;
    match contact_uri(cx) {
        Some(uri) => {
            let shown = uri.trim_start_matches("mailto:");
            format!("<p>{} <a href=\"{}\">{}</a></p>", esc(w.contact_lead), esc(&uri), esc(shown))
        }
        None => match &cx.site.contact {
            Some(words) => format!("<p>{} {}</p>", esc(w.contact_lead), esc(words)),
            None => format!("<p>{}</p>", esc(w.contact_none)),
        },
    }
}

/// The contact as an address that can be followed: the web or mail; `None` when there is none or it is plain words.
pub(crate) fn contact_uri(cx: &PageCx) -> Option<String> {
    let c = cx.site.contact.as_deref()?.trim();
    if c.is_empty() || c.contains(char::is_whitespace) {
        return None;
    }
    if html::web_address(c).is_some() || c.starts_with("mailto:") {
        return Some(c.to_owned());
    }
    let (user, host) = c.split_once('@')?;
    let ok = !user.is_empty() && host.contains('.') && !host.contains('@');
    ok.then(|| format!("mailto:{c}"))
}

#[derive(Template)]
#[template(path = "api.html")]
struct Api<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    rules: String,
    /// Method and path, and what it gives.
    calls: Vec<(String, &'static str)>,
    /// Code, which is the anchor that `type` of a problem leads to; status; title.
    problems: Vec<(&'static str, u16, &'static str)>,
}

/// The API in short, with a link to its full description.
pub fn api_reference(cx: &PageCx) -> String {
    let w = &words::EN;
    let below = |call: &str| call.replacen(" /", &format!(" {}/", cx.site.base_path), 1);
    let calls = prose::API.iter().map(|(call, what)| (below(call), *what)).collect();
    let problems = ProblemKind::ALL.iter().map(|kind| (kind.code(), status_of(*kind).as_u16(), kind.title())).collect();
    let head = Head::plain(w.api_title, "/api");
    render(&Api { cx, w, head, rules: html::markdown(prose::API_RULES), calls, problems })
}

#[derive(Template)]
#[template(path = "status.html")]
struct Status<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    rows: Vec<(&'static str, String)>,
    own: &'a OwnStatus,
}

fn checks(cx: &PageCx, speaks: Speaks) -> String {
    let w = &words::EN;
    let pill = |class: &str, word: &str| format!("<span class=\"pill {class}\">{}</span>", esc(word));
    match speaks {
        Speaks::Off => esc(w.status_checks_off),
        Speaks::On => pill("ok", w.status_ok),
        Speaks::Paused(since, why) => {
            let since = html::time(cx, since, Shape::Zoned);
            format!("{} {}", pill("bad", w.status_checks_paused), words::paused(&since, why.why()))
        }
    }
}

/// The site's own health.
pub fn status(cx: &PageCx, site: &SiteView, own: &OwnStatus) -> String {
    let w = &words::EN;
    let stale = site.is_stale(cx.now);
    let pill = |ok: bool, good, bad| {
        let (class, word) = if ok { ("ok", good) } else { ("bad", bad) };
        format!("<span class=\"pill {class}\">{}</span>", esc(word))
    };
    let judge = if stale {
        format!(
            "<span class=\"pill bad\">{} {}</span>",
            esc(w.status_judge_late),
            html::time(cx, site.measured_at, Shape::Full)
        )
    } else {
        format!(
            "<span class=\"pill ok\">{}</span> {}",
            esc(w.status_judge_ok),
            html::time(cx, site.measured_at, Shape::Zoned)
        )
    };
    let unknown =
        if stale { site.services.len() } else { site.services.iter().filter(|l| l.level == Level::Unknown).count() };
    let paused = site.paused_elsewhere.iter().map(|p| {
        let since = words::paused(&html::time(cx, p.since, Shape::Zoned), &esc(&p.why));
        (w.status_checks_elsewhere, format!("{} {}, {since}", pill(false, "", w.status_checks_paused), p.location))
    });
    let mut rows = vec![
        (w.status_judge, judge),
        (w.status_journal, pill(own.journal_ok, w.status_ok, w.status_bad)),
        (w.status_archive, pill(own.archive_ok, w.status_ok, w.status_bad)),
        (w.status_files, pill(own.files_ok, w.status_files_ok, w.status_files_bad)),
        (
            w.status_services,
            format!(
                "{}; {} {}",
                words::grouped(site.services.len() as u64),
                words::grouped(unknown as u64),
                esc(w.status_unknown_now)
            ),
        ),
        (w.status_checks, checks(cx, own.checks)),
    ];
    rows.extend(paused);
    rows.push((w.status_started, html::time(cx, own.started, Shape::Full)));
    render(&Status { cx, w, head: Head::hidden(w.status_title, "/status"), rows, own })
}
