//! Pages in all their states, from pictures built by hand.

mod budget;
mod escaping;
mod gallery;
mod rules;
pub(in crate::page) mod sample;
mod sums;
mod wording;

use crate::page::{
    self, ErrorPage, FeedbackForm, FieldError, Follow, HistoryPage, IncidentPage, OwnStatus, PageCx, ReportForm,
    ReportsPage, SuggestForm, Thanks,
};
use allclear_engine::view::{ServiceView, SiteView};
use allclear_model::{Country, Level};

/// Every HTML page about one picture, by name. `typed` is what people entered.
fn pages_of(cx: &PageCx, view: &ServiceView, site: &SiteView, typed: &str) -> Vec<(&'static str, String)> {
    let s = &*view.service;
    let wrong = |field| vec![FieldError { field, problem: format!("{typed} is not allowed") }];
    let form = ReportForm {
        symptom: typed.into(),
        text: typed.into(),
        country: typed.into(),
        errors: wrong("text"),
        cut: false,
    };
    let de = Country::parse("DE").ok();
    let symptom = s.symptoms.first().map_or_else(allclear_model::Slug::other, |x| x.id.clone());
    let errors = wrong("symptom");
    let mut all = vec![
        ("home", page::home(cx, site)),
        ("service", page::service(cx, view, site)),
        ("report", page::report_form(cx, view, &form)),
        ("report-fresh", page::report_form(cx, view, &ReportForm::default())),
        (
            "thanks",
            page::thanks(
                cx,
                &Thanks { service: s, token: "t0k3n", shown_by: cx.now.plus_s(300), counted: Some(false) },
            ),
        ),
        ("thanks-vote", page::thanks_vote(cx, s)),
        (
            "follow",
            page::follow(
                cx,
                &Follow {
                    service: s,
                    token: "t0k3n",
                    symptom: &symptom,
                    country: de,
                    at: cx.now,
                    counted: true,
                    withdrawn: false,
                    saved: true,
                    errors: &errors,
                },
            ),
        ),
        (
            "follow-withdrawn",
            page::follow(
                cx,
                &Follow {
                    service: s,
                    token: "t0k3n",
                    symptom: &symptom,
                    country: None,
                    at: cx.now,
                    counted: false,
                    withdrawn: true,
                    saved: false,
                    errors: &[],
                },
            ),
        ),
        (
            "history",
            page::history(
                cx,
                view,
                &HistoryPage { incidents: &view.incidents, before: Some(cx.now), next: Some(cx.now.plus_s(-86_400)) },
            ),
        ),
        (
            "history-newest",
            page::history(cx, view, &HistoryPage { incidents: &view.incidents, before: None, next: None }),
        ),
        ("guide", page::guide(cx, view)),
        ("reports", page::reports(cx, view, &ReportsPage { lines: &view.recent, older: true, next: Some(17) })),
        ("category", page::category(cx, &view.category, site)),
        ("search", page::search(cx, typed, std::slice::from_ref(&s.slug), site)),
        ("search-none", page::search(cx, typed, &[], site)),
        (
            "suggest",
            page::suggest(cx, &SuggestForm { name: typed.into(), homepage: typed.into(), errors: wrong("homepage") }),
        ),
        ("suggest-thanks", page::suggest_thanks(cx)),
        (
            "feedback",
            page::feedback(
                cx,
                &FeedbackForm {
                    service: Some(s),
                    level: Some(Level::MajorOutage),
                    choice: typed.into(),
                    errors: wrong("choice"),
                },
            ),
        ),
        ("feedback-thanks", page::feedback_thanks(cx)),
        ("privacy", page::privacy(cx)),
        ("terms", page::terms(cx)),
        ("contact", page::contact(cx)),
        ("how", page::how(cx)),
        ("api", page::api_reference(cx)),
        (
            "status",
            page::status(
                cx,
                site,
                &OwnStatus {
                    journal_ok: true,
                    archive_ok: false,
                    files_ok: true,
                    version: "0.1.0".into(),
                    started: cx.now,
                },
            ),
        ),
        ("embed", page::embed(cx, view)),
    ];
    if let Some(i) = view.incidents.first() {
        all.push(("incident", page::incident(cx, view, &IncidentPage { incident: i, bins: &view.chart.bins })));
        all.push(("incident-no-chart", page::incident(cx, view, &IncidentPage { incident: i, bins: &[] })));
    }
    for status in [400, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503] {
        let e = ErrorPage {
            status,
            detail: None,
            tried: Some(typed),
            nearest: vec![(s.slug.clone(), s.name.clone())],
            retry_after_s: Some(60),
            kept: vec![("What goes wrong", typed.to_owned())],
        };
        all.push(("error", page::error(cx, &e)));
    }
    all
}
