//! Lists of services: one category, results of a search, and the index behind the search box.

use crate::page::PageCx;
use crate::page::head::{Head, home_crumb};
use crate::page::parts::{render, service_line};
use allclear_engine::view::SiteView;
use allclear_model::words::pages::{self as words, Words};
use allclear_model::{Category, Slug};
use askama::Template;

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    title: String,
    sub: String,
    lines: Vec<String>,
    /// What was searched for; `None` on a category page.
    query: Option<&'a str>,
    suggest: String,
}

/// One category, all of its services.
pub fn category(cx: &PageCx, category: &Category, site: &SiteView) -> String {
    let stale = site.is_stale(cx.now);
    let mut lines: Vec<_> = site.services.iter().filter(|l| l.category == category.id).collect();
    lines.sort_by_key(|l| stale || !l.level.is_problem()); // stable: by name within
    let bad = if stale { 0 } else { lines.iter().filter(|l| l.level.is_problem()).count() };
    let path = format!("/c/{}", category.id);
    let title = words::category_title(&category.name);
    let head = Head {
        description: title.clone(),
        crumbs: vec![home_crumb(), (category.name.clone(), path.clone())],
        ..Head::plain(&title, &path)
    };
    let sub = words::group_count(lines.len(), bad);
    let lines = lines.into_iter().map(|l| service_line(cx, l, stale)).collect();
    render(&ListPage {
        cx,
        w: &words::EN,
        head,
        title: category.name.clone(),
        sub,
        lines,
        query: None,
        suggest: String::from("/suggest"),
    })
}

/// Results of a search, best first.
pub fn search(cx: &PageCx, query: &str, found: &[Slug], site: &SiteView) -> String {
    let w = &words::EN;
    let stale = site.is_stale(cx.now);
    let lines: Vec<String> = found.iter().filter_map(|s| site.line(s)).map(|l| service_line(cx, l, stale)).collect();
    let asked = !query.trim().is_empty();
    let title = if asked { words::search_found(lines.len(), query.trim()) } else { w.search_title.to_owned() };
    let head = Head { title: title.clone(), finds_itself: true, ..Head::hidden(w.search_title, "/search") };
    let sub = match (asked, lines.is_empty()) {
        (false, _) => w.search_empty,
        (true, true) => w.search_none,
        _ => "",
    };
    let suggest = if asked { format!("/suggest?name={}", percent(query.trim())) } else { String::from("/suggest") };
    render(&ListPage { cx, w, head, title, sub: sub.to_owned(), lines, query: Some(query), suggest })
}

/// Text as a value in a query string.
pub(crate) fn percent(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Slug, name and aliases of every service, for the suggestions under the search box: `[["slug","Name","alias|alias"],…]`.
pub fn search_index(site: &SiteView) -> String {
    let rows: Vec<_> = site
        .services
        .iter()
        .map(|l| {
            let aliases = site.catalogue.services.get(&l.slug).map(|s| s.aliases.join("|")).unwrap_or_default();
            serde_json::json!([l.slug.as_str(), l.name, aliases])
        })
        .collect();
    serde_json::Value::Array(rows).to_string()
}
