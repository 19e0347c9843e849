//! The report form, and what both doors for reports check.

use super::Form;
use crate::app::App;
use crate::cold::{html, see_other};
use crate::page::{self, FieldError, ReportForm};
use crate::payload::Answer;
use crate::problem::{Problem, Refused};
use allclear_engine::intake::{NewReport, Receipt};
use allclear_engine::view::ServiceView;
use allclear_model::words::problems as words;
use allclear_model::words::problems::ProblemKind;
use allclear_model::{Country, RequestKey, Slug, SymptomId};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::net::IpAddr;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest idempotency key, characters.
const KEY_MAX: usize = 128;
/// Longest free text, characters.
pub(crate) const TEXT_MAX: usize = 500;

/// A report as it was sent, through whichever door.
#[derive(Debug, Default)]
pub(crate) struct Sent<'a> {
    pub(crate) symptom: &'a str,
    pub(crate) text: &'a str,
    pub(crate) error: &'a str,
    pub(crate) country: &'a str,
}

/// What is left of it once it is checked. Free text ends here: it is neither stored nor shown yet.
pub(crate) fn check(view: &ServiceView, sent: &Sent<'_>) -> Result<(SymptomId, Option<Country>), Vec<FieldError>> {
    let mut wrong = Vec::new();
    let symptom = symptom(view, sent.symptom).map_err(|e| wrong.push(e)).ok();
    for (field, text) in [("text", sent.text), ("error", sent.error)] {
        // Browsers count a line break as one character and send two.
        if text.chars().filter(|c| *c != '\r').count() > TEXT_MAX {
            wrong.push(FieldError { field, problem: words::too_long(TEXT_MAX) });
        }
    }
    let country = country(sent.country).map_err(|e| wrong.push(e)).ok().flatten();
    match symptom {
        Some(symptom) if wrong.is_empty() => Ok((symptom, country)),
        _ => Err(wrong),
    }
}

/// A symptom of this service, or `other`.
pub(crate) fn symptom(view: &ServiceView, given: &str) -> Result<SymptomId, FieldError> {
    let given = given.trim();
    let wrong = |problem: String| FieldError { field: "symptom", problem };
    if given.is_empty() {
        return Err(wrong(words::CHOOSE_SYMPTOM.to_owned()));
    }
    let known = SymptomId::parse(given).ok().filter(|id| view.service.has_symptom(id));
    known.ok_or_else(|| {
        let ids: Vec<&str> = view.service.symptoms.iter().map(|s| s.id.as_str()).chain(["other"]).collect();
        wrong(words::no_symptom(given, &ids.join(", ")))
    })
}

/// A country, or none.
pub(crate) fn country(given: &str) -> Result<Option<Country>, FieldError> {
    let given = given.trim();
    if given.is_empty() {
        return Ok(None);
    }
    Country::parse(given).map(Some).map_err(|e| FieldError { field: "country", problem: e.problem })
}

impl App {
    /// The hash of a request's `Idempotency-Key`, if it has one.
    pub(crate) fn request_key(
        &self,
        service: &Slug,
        headers: &HeaderMap,
        client: IpAddr,
    ) -> Result<Option<RequestKey>, Refused> {
        let Some(given) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
        let text = given.to_str().unwrap_or_default().trim();
        if text.is_empty() || text.len() > KEY_MAX || !text.bytes().all(|c| c.is_ascii_graphic()) {
            let detail = words::bad_header("Idempotency-Key", "1 to 128 visible ASCII characters");
            return Err(Problem::new(ProblemKind::BadRequest, detail));
        }
        let intake = &self.cold().intake;
        Ok(Some(intake.request_key(service, text, &intake.origin(client))))
    }

    /// Hands a checked report to the engine and remembers it for its author.
    pub(crate) async fn take_report(
        &self,
        view: &ServiceView,
        symptom: SymptomId,
        country: Option<Country>,
        key: Option<RequestKey>,
        client: IpAddr,
    ) -> Result<Receipt, Refused> {
        let cold = self.cold();
        let service = view.service.slug.clone();
        let new = NewReport { service: service.clone(), symptom: symptom.clone(), country, key };
        let receipt = cold.intake.report(new, cold.intake.origin(client)).await.map_err(Problem::of_engine)?;
        cold.fresh.remember(&receipt, service, symptom, country);
        Ok(receipt)
    }

    /// POST `/s/{slug}/report`.
    pub(crate) async fn post_report(
        &self,
        slug: &str,
        headers: &HeaderMap,
        form: &Form,
        client: IpAddr,
    ) -> Result<Answer, Refused> {
        let (view, _) = self.service(slug)?;
        let key = self.request_key(&view.service.slug, headers, client)?;
        let sent = Sent {
            symptom: form.get("symptom"),
            text: form.get("text"),
            error: form.get("error"),
            country: form.get("country"),
        };
        let taken = match check(&view, &sent) {
            Ok((symptom, country)) => self.take_report(&view, symptom, country, key, client).await,
            Err(fields) => Err(Problem::fields(fields)),
        };
        match taken {
            Ok(receipt) => {
                let counted = u8::from(receipt.counted);
                Ok(see_other(
                    &self.hot().cx(),
                    &format!("/r/{}?new={}&counted={counted}", receipt.token, view.service.slug),
                ))
            }
            Err(problem) => Ok(self.report_again(&view, &sent, &problem)),
        }
    }

    /// The form with what was typed and what is wrong, or why it was not taken.
    fn report_again(&self, view: &ServiceView, sent: &Sent<'_>, problem: &Problem) -> Answer {
        let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
        let errors = match problem.fields.as_slice() {
            [] => vec![FieldError { field: "", problem: problem.detail.clone() }],
            fields => fields.to_vec(),
        };
        let form = ReportForm {
            symptom: cut(sent.symptom, 64),
            // More than is allowed, so that shortening it does not mean typing it again.
            text: cut(sent.text, 4 * TEXT_MAX),
            country: cut(sent.country, 8),
            errors,
        };
        let mut res = html(problem.status(), page::report_form(&self.hot().cx(), view, &form));
        if let Some(s) = problem.retry_after_s {
            res.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(s.max(1)));
        }
        res
    }
}
