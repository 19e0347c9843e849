//! The report form: one tap per symptom, nothing chosen beforehand.

use crate::page::PageCx;
use crate::page::head::Head;
use crate::page::parts::render;
use crate::page::service::crumbs;
use crate::page::types::{FieldError, ReportForm};
use allclear_engine::view::ServiceView;
use allclear_model::words::countries;
use allclear_model::words::pages::{self as words, Words};
use allclear_model::{Country, Service};
use askama::Template;
use std::fmt::Write;
use std::sync::LazyLock;

#[derive(Template)]
#[template(path = "part/form.html")]
struct FormPart<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    action: String,
    errors: &'a [FieldError],
    /// Id, label, whether it was tapped before.
    taps: Vec<(&'a str, &'a str, bool)>,
    open: bool,
    text: &'a str,
    error: &'a str,
    made: &'a str,
    challenge: &'static str,
    cut: bool,
    countries: std::borrow::Cow<'static, str>,
}

static OPTIONS: LazyLock<String> = LazyLock::new(|| options(None));

/// The list of countries with one of them chosen.
pub(crate) fn country_options(chosen: Option<Country>) -> std::borrow::Cow<'static, str> {
    match chosen {
        None => OPTIONS.as_str().into(),
        some => options(some).into(),
    }
}

fn options(chosen: Option<Country>) -> String {
    let mut s = String::with_capacity(9000);
    for (code, name) in countries::by_name() {
        let mark = if chosen.is_some_and(|c| c.as_str() == code) { " selected" } else { "" };
        let _ = write!(s, "<option value={code}{mark}>{name}");
    }
    s
}

/// The form, fresh or with what was typed.
pub(crate) fn part(cx: &PageCx, service: &Service, form: &ReportForm) -> String {
    let mut taps: Vec<(&str, &str, bool)> =
        service.symptoms.iter().map(|s| (s.id.as_str(), &*s.label, form.symptom == *s.id)).collect();
    taps.push((allclear_model::text::OTHER, words::EN.form_other, form.symptom == allclear_model::text::OTHER));
    render(&FormPart {
        cx,
        w: &words::EN,
        action: format!("/s/{}/report", service.slug),
        errors: &form.errors,
        taps,
        open: !form.text.is_empty() || !form.error.is_empty() || !form.country.is_empty(),
        text: &form.text,
        error: &form.error,
        made: &form.made,
        challenge: "/api/v1/challenge",
        cut: form.cut,
        // A refusal is put into words, at a cost; with nothing typed there is nothing to refuse.
        countries: country_options((!form.country.is_empty()).then(|| Country::parse(&form.country).ok()).flatten()),
    })
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    question: String,
    back: String,
    form: String,
    disclaimer: String,
}

/// The report form on a page of its own, with what was typed and what is wrong with it.
pub fn report_form(cx: &PageCx, view: &ServiceView, form: &ReportForm) -> String {
    let s = &*view.service;
    let path = format!("/s/{}/report", s.slug);
    let title = words::report_title(&s.name);
    let head = Head {
        crumbs: crumbs(view, &[(words::EN.act_report_calm, &path)]),
        service: s.slug.to_string(),
        ..Head::hidden(&title, &path)
    };
    render(&ReportPage {
        cx,
        w: &words::EN,
        head,
        question: title,
        back: format!("/s/{}", s.slug),
        form: part(cx, s, form),
        disclaimer: words::not_affiliated(&s.name),
    })
}
