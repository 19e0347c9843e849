//! Pages: pure functions from pictures of the board to text. No I/O, no clock, no store.
//!
//! | function | path | type |
//! |---|---|---|
//! | [`home`] | `/` | HTML |
//! | [`service`] | `/s/{slug}` | HTML; render again after `view.fresh_until`, then it says "Not updated since" |
//! | [`report_form`] | `/s/{slug}/report` (GET; and POST with errors, 4xx) | HTML, noindex |
//! | [`thanks`], [`thanks_vote`] | where POST `/s/{slug}/report`, `/s/{slug}/vote` redirect to (303) | HTML, noindex |
//! | [`follow`] | `/r/{token}`; its forms POST `symptom`, `country` there, and `withdraw=1` | HTML, noindex |
//! | [`history`] | `/s/{slug}/history?before={ms}` | HTML |
//! | [`incident`] | `/s/{slug}/incidents/{id}` | HTML |
//! | [`guide`] | `/s/{slug}/guide` | HTML |
//! | [`reports`] | `/s/{slug}/reports?before={cursor}` | HTML |
//! | [`category`] | `/c/{category}` | HTML |
//! | [`search`] | `/search?q=` | HTML, noindex |
//! | [`suggest`], [`suggest_thanks`] | `/suggest` (POST `name`, `homepage`), then 303 to `/suggest/thanks` | HTML |
//! | [`feedback`], [`feedback_thanks`] | `/feedback?service=&level=` (POST `choice`, `service`, `level`), then 303 to `/feedback/thanks` | HTML |
//! | [`privacy`], [`terms`], [`contact`], [`how`], [`api_reference`] | `/privacy`, `/terms`, `/contact`, `/how`, `/api` | HTML |
//! | [`status`] | `/status` | HTML |
//! | [`embed`] | `/s/{slug}/embed` (the only page that may be framed) | HTML |
//! | [`error`] | anything that fails | HTML |
//! | [`feed`] | `/s/{slug}/feed.atom` | `application/atom+xml` |
//! | [`badge`] | `/s/{slug}/badge.svg` | `image/svg+xml` |
//! | [`security_txt`], [`robots`], [`sitemap`], [`manifest`] | `/.well-known/security.txt`, `/robots.txt`, `/sitemap.xml`, `/site.webmanifest` | text |
//! | [`search_index`] | `/search.json` | JSON for the suggestions under the search box |
//! | [`live`], [`live_home`] | data of the events `service` and `site` of `/api/v1/live` | JSON |
//! | [`Assets`] | `/assets/…` and `/favicon.svg`, `/favicon.ico` | bytes, immutable |
//!
//! `/api/v1/live?service=a,b` sends for each named service one `service` event now and after every change, unless
//! `have=a@TAG,b@TAG` (see [`live_tag`]; the browser's `Last-Event-ID` may say the same) proves the reader has that picture;
//! `service=` left out, or `*` among the names: `site` events. Every event is whole, so a gap needs no repair.

mod answer;
mod assets;
mod cx;
mod form;
mod guide;
mod head;
mod home;
mod html;
mod lanes;
mod lists;
mod parts;
mod service;
mod spark;
mod types;

#[cfg(test)]
mod tests;

pub use assets::{Asset, Assets};
pub use cx::{PageCx, PageSite};
pub use form::report_form;
pub use guide::guide;
pub use home::{home, live_home};
pub use lists::{category, search, search_index};
pub use service::{live, live_tag, service};
pub use types::{
    ErrorPage, FEEDBACK_CHOICES, FeedbackForm, FieldError, Follow, HistoryPage, IncidentPage, OwnStatus, ReportForm, ReportsPage, SuggestForm, Thanks,
};

use allclear_engine::view::{ServiceView, SiteView};
use allclear_model::Service;

fn bare(cx: &PageCx, title: &str) -> String {
    let safe = title.replace('&', "&amp;").replace('<', "&lt;");
    format!("<!doctype html><html lang=en><meta charset=utf-8><title>{safe}</title><h1>{safe}</h1><p>{}", cx.now)
}

/// After a report was accepted.
pub fn thanks(cx: &PageCx, thanks: &Thanks<'_>) -> String {
    bare(cx, &thanks.service.name)
}
/// After a vote was accepted.
pub fn thanks_vote(cx: &PageCx, service: &Service) -> String {
    bare(cx, &service.name)
}
/// One's own report: follow, amend, withdraw.
pub fn follow(cx: &PageCx, follow: &Follow<'_>) -> String {
    bare(cx, &follow.service.name)
}
/// Past problems of a service.
pub fn history(cx: &PageCx, view: &ServiceView, page: &HistoryPage<'_>) -> String {
    let _ = page;
    bare(cx, &view.service.name)
}
/// One incident.
pub fn incident(cx: &PageCx, view: &ServiceView, page: &IncidentPage<'_>) -> String {
    let _ = page;
    bare(cx, &view.service.name)
}
/// All published reports of a service.
pub fn reports(cx: &PageCx, view: &ServiceView, page: &ReportsPage<'_>) -> String {
    let _ = page;
    bare(cx, &view.service.name)
}
/// The form that suggests a service.
pub fn suggest(cx: &PageCx, form: &SuggestForm) -> String {
    bare(cx, &form.name)
}
/// After a suggestion.
pub fn suggest_thanks(cx: &PageCx) -> String {
    bare(cx, "Thank you")
}
/// The feedback form.
pub fn feedback(cx: &PageCx, form: &FeedbackForm<'_>) -> String {
    bare(cx, &form.choice)
}
/// After feedback.
pub fn feedback_thanks(cx: &PageCx) -> String {
    bare(cx, "Thank you")
}
/// What is kept about readers and reporters.
pub fn privacy(cx: &PageCx) -> String {
    bare(cx, "Privacy")
}
/// Terms of use.
pub fn terms(cx: &PageCx) -> String {
    bare(cx, "Terms")
}
/// Who runs the site.
pub fn contact(cx: &PageCx) -> String {
    bare(cx, "Contact")
}
/// How verdicts are made.
pub fn how(cx: &PageCx) -> String {
    bare(cx, "How it works")
}
/// The API in short, with a link to its full description.
pub fn api_reference(cx: &PageCx) -> String {
    bare(cx, "API")
}
/// The site's own health.
pub fn status(cx: &PageCx, site: &SiteView, own: &OwnStatus) -> String {
    let _ = site;
    bare(cx, &own.version)
}
/// A card for other people's pages.
pub fn embed(cx: &PageCx, view: &ServiceView) -> String {
    bare(cx, &view.service.name)
}
/// A page for something that did not work. Never fails, needs no picture.
pub fn error(cx: &PageCx, page: &ErrorPage<'_>) -> String {
    bare(cx, &page.status.to_string())
}
/// Atom feed of a service's incidents.
pub fn feed(cx: &PageCx, view: &ServiceView) -> String {
    bare(cx, &view.service.name)
}
/// A badge with the level.
pub fn badge(cx: &PageCx, view: &ServiceView) -> String {
    bare(cx, &view.service.name)
}
/// `security.txt` (RFC 9116); `None` without a contact, because a contact is mandatory there.
pub fn security_txt(cx: &PageCx) -> Option<String> {
    cx.site.contact.clone()
}
/// `robots.txt`.
pub fn robots(cx: &PageCx) -> String {
    bare(cx, "robots")
}
/// The sitemap: only pages that may be indexed, each with the instant its level last changed.
pub fn sitemap(cx: &PageCx, site: &SiteView) -> String {
    let _ = site;
    bare(cx, "sitemap")
}
/// The web app manifest.
pub fn manifest(cx: &PageCx) -> String {
    bare(cx, "manifest")
}
