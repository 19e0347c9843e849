//! Forms that are not reports: suggest a service, help us to improve.

use crate::page::PageCx;
use crate::page::head::Head;
use crate::page::own::plain_thanks;
use crate::page::parts::render;
use crate::page::types::{FEEDBACK_CHOICES, FeedbackForm, FieldError, SuggestForm};
use allclear_model::words::pages::{self as words, Words};
use allclear_model::words::people;
use askama::Template;

#[derive(Template)]
#[template(path = "suggest.html")]
struct Suggest<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    form: &'a SuggestForm,
    known: String,
}

/// The form that suggests a service.
pub fn suggest(cx: &PageCx, form: &SuggestForm) -> String {
    let w = &words::EN;
    let names: Vec<&str> = form.known.iter().map(|(_, name)| name.as_str()).collect();
    let known = if names.is_empty() { String::new() } else { people::watched_already(&names) };
    render(&Suggest { cx, w, head: Head::hidden(w.suggest_title, "/suggest"), form, known })
}

/// After a suggestion.
pub fn suggest_thanks(cx: &PageCx, receipt: &str) -> String {
    plain_thanks(cx, words::EN.suggest_thanks, words::EN.suggest_thanks_more, receipt)
}

#[derive(Template)]
#[template(path = "feedback.html")]
struct Feedback<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    about: Option<(&'a str, &'a str)>,
    disclaimer: Option<String>,
    level: &'static str,
    report: String,
    choices: Vec<(&'static str, &'static str, bool)>,
    words: &'a str,
    errors: &'a [FieldError],
}

/// The feedback form, about a service's page or about the site.
pub fn feedback(cx: &PageCx, form: &FeedbackForm<'_>) -> String {
    let w = &words::EN;
    let slug = form.service.map_or_else(String::new, |s| s.slug.to_string());
    render(&Feedback {
        cx,
        w,
        head: Head { service: slug, ..Head::hidden(w.feedback_title, "/feedback") },
        about: form.service.map(|s| (s.slug.as_str(), s.name.as_str())),
        disclaimer: form.service.map(|s| words::not_affiliated(&s.name)),
        level: form.level.map_or("", allclear_model::Level::as_str),
        report: form.report.map_or_else(String::new, |id| id.to_string()),
        choices: FEEDBACK_CHOICES.iter().map(|c| (*c, words::feedback_choice(c), form.choice == *c)).collect(),
        words: &form.words,
        errors: &form.errors,
    })
}

/// After feedback.
pub fn feedback_thanks(cx: &PageCx, receipt: &str) -> String {
    plain_thanks(cx, words::EN.feedback_thanks, words::EN.feedback_thanks_more, receipt)
}
