//! Pages in all their states, from pictures built by hand.

mod budget;
mod checks;
mod days;
mod escaping;
mod gallery;
mod official;
mod rules;
pub(in crate::page) mod sample;
mod sums;
mod templates;
mod vendor;
mod wording;

use crate::page::{
    self, ErrorPage, FeedbackForm, FieldError, Follow, HistoryPage, IncidentPage, OwnStatus, PageCx, ReportForm,
    ReportsPage, SuggestForm, Thanks,
};
use allclear_engine::view::{ServiceView, SiteView};
use allclear_engine::{Speaks, watch::Illness};
use allclear_model::{Country, FreeText, Level, Reason, ReportId, TextState};

/// Every HTML page about one picture, by name. `typed` is what people entered.
fn pages_of(cx: &PageCx, view: &ServiceView, site: &SiteView, typed: &str) -> Vec<(&'static str, String)> {
    let s = &*view.service;
    let wrong = |field| vec![FieldError { field, problem: format!("{typed} is not allowed") }];
    let form = ReportForm {
        symptom: typed.into(),
        text: typed.into(),
        error: typed.into(),
        made: typed.into(),
        country: typed.into(),
        errors: wrong("text"),
        cut: false,
    };
    let de = Country::parse("DE").ok();
    let symptom = s.symptoms.first().map_or_else(allclear_model::Slug::other, |x| x.id.clone());
    // Whatever was typed, as far as it is kept.
    let said = FreeText::parse(&format!("{typed} a@example.org"), 10_000).unwrap_or_default();
    let mut all = vec![
        ("home", page::home(cx, site)),
        ("service", page::service(cx, view, site)),
        ("report", page::report_form(cx, view, &form)),
        ("report-fresh", page::report_form(cx, view, &ReportForm::default())),
        (
            "thanks",
            page::thanks(
                cx,
                &Thanks {
                    service: s,
                    token: "t0k3n",
                    shown_by: cx.now.plus_s(300),
                    counted: Some(false),
                    text: TextState::Checking,
                },
            ),
        ),
        ("thanks-vote", page::thanks_vote(cx, s)),
        ("flag", page::flag(cx, s, "0190a1b2-0000-7000-8000-000000000001", typed)),
        ("flag-thanks", page::flag_thanks(cx, s, "F-00000001")),
        (
            "follow",
            page::follow(
                cx,
                &Follow {
                    service: s,
                    token: "t0k3n",
                    id: ReportId::parse("0190a1b2-0000-7000-8000-000000000001").unwrap(),
                    symptom: &symptom,
                    country: de,
                    at: cx.now,
                    counted: true,
                    withdrawn: false,
                    state: TextState::Withheld,
                    reasons: &[Reason::Insult, Reason::Link],
                    text: said.as_ref(),
                    saved: true,
                    typed: Some(&form),
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
                    id: ReportId::parse("0190a1b2-0000-7000-8000-000000000001").unwrap(),
                    symptom: &symptom,
                    country: None,
                    at: cx.now,
                    counted: false,
                    withdrawn: true,
                    state: TextState::None,
                    reasons: &[],
                    text: None,
                    saved: false,
                    typed: None,
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
        (
            "reports",
            page::reports(cx, view, &ReportsPage { lines: &view.recent, older: true, next: Some("17".into()) }),
        ),
        ("category", page::category(cx, &view.category, site)),
        ("search", page::search(cx, typed, std::slice::from_ref(&s.slug), site)),
        ("search-none", page::search(cx, typed, &[], site)),
        (
            "suggest",
            page::suggest(
                cx,
                &SuggestForm {
                    name: typed.into(),
                    homepage: typed.into(),
                    why: typed.into(),
                    known: vec![(s.slug.to_string(), typed.into())],
                    errors: wrong("homepage"),
                },
            ),
        ),
        ("suggest-thanks", page::suggest_thanks(cx, "S-12")),
        (
            "feedback",
            page::feedback(
                cx,
                &FeedbackForm {
                    service: Some(s),
                    level: Some(Level::MajorOutage),
                    report: None,
                    choice: typed.into(),
                    words: typed.into(),
                    errors: wrong("choice"),
                },
            ),
        ),
        ("feedback-thanks", page::feedback_thanks(cx, "")),
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
                    checks: Speaks::Paused(cx.now, Illness::NoNames),
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
