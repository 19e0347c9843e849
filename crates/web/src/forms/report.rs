//! The report form, and what both doors for reports check.

use super::Arrived;
use crate::app::App;
use crate::cold::see_other;
use crate::page::{self, FieldError, ReportForm};
use crate::payload::Answer;
use crate::problem::{Problem, Refused, wants_json};
use allclear_engine::intake::{NewReport, Receipt, RequestKeys};
use allclear_engine::view::ServiceView;
use allclear_model::words::pages;
use allclear_model::words::problems::{self as words, ProblemKind};
use allclear_model::{Country, Slug, SymptomId};
use http::{HeaderMap, HeaderName, header};
use std::net::IpAddr;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest idempotency key, characters.
const KEY_MAX: usize = 128;
/// Longest free text, characters.
pub(crate) const TEXT_MAX: usize = 500;
/// Longest free text that is shown again, characters: more than is allowed, so that shortening it does not mean typing it
/// again.
const SHOWN_AGAIN: usize = 4 * TEXT_MAX;

/// A report as it was sent, through whichever door.
#[derive(Debug, Default)]
pub(crate) struct Sent<'a> {
    pub(crate) symptom: &'a str,
    pub(crate) text: &'a str,
    pub(crate) error: &'a str,
    pub(crate) country: &'a str,
}

impl Sent<'_> {
    /// What was typed, with the names of the fields, for a page that has no such form.
    fn kept(&self) -> Vec<(&'static str, String)> {
        let w = &pages::EN;
        [(w.follow_symptom, self.symptom, 64), (w.form_country, self.country, 8), (w.form_text, self.text, SHOWN_AGAIN)]
            .into_iter()
            .filter(|(_, value, _)| !value.is_empty())
            .map(|(name, value, most)| (name, value.chars().take(most).collect()))
            .collect()
    }
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
    ) -> Result<Option<RequestKeys>, Refused> {
        let mut all = headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(given) = all.next() else { return Ok(None) };
        // Even the same one twice: whoever put them there did not agree on which request this is.
        if all.next().is_some() {
            return Err(Problem::new(ProblemKind::BadRequest, words::header_twice("Idempotency-Key")));
        }
        let text = given.to_str().unwrap_or_default().trim();
        if text.is_empty() || text.len() > KEY_MAX || !text.bytes().all(|c| c.is_ascii_graphic()) {
            let detail = words::bad_header("Idempotency-Key", words::KEY_IS);
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
        key: Option<RequestKeys>,
        client: IpAddr,
    ) -> Result<Receipt, Refused> {
        let cold = self.cold();
        let service = view.service.slug.clone();
        let new = NewReport { service: service.clone(), symptom: symptom.clone(), country, key };
        let receipt = self.sure(cold.intake.report(new, cold.intake.origin(client))).await?;
        cold.fresh.remember(&receipt, service, symptom, country);
        Ok(receipt)
    }

    /// POST `/s/{slug}/report`.
    pub(crate) async fn post_report(
        &self,
        slug: &str,
        headers: &HeaderMap,
        arrived: Arrived,
        client: IpAddr,
    ) -> Result<Answer, Refused> {
        let Arrived { form, refused } = arrived;
        let sent = Sent {
            symptom: form.get("symptom"),
            text: form.get("text"),
            error: form.get("error"),
            country: form.get("country"),
        };
        let view = match self.service(slug) {
            Ok((view, _)) => view,
            Err(mut problem) => {
                problem.kept = sent.kept();
                return Err(problem);
            }
        };
        let taken = async {
            refused.map_or(Ok(()), Err)?;
            let key = self.request_key(&view.service.slug, headers, client)?;
            let (symptom, country) = check(&view, &sent).map_err(Problem::fields)?;
            self.take_report(&view, symptom, country, key, client).await
        };
        match taken.await {
            Ok(receipt) => {
                let counted = u8::from(receipt.counted);
                Ok(see_other(
                    &self.hot().cx(),
                    &format!("/r/{}?new={}&counted={counted}", receipt.token, view.service.slug),
                ))
            }
            Err(problem) if wants_json("", headers.get(header::ACCEPT)) => Err(problem),
            Err(problem) => Ok(self.report_again(&view, &sent, &problem)),
        }
    }

    /// The form with what was typed and what is wrong, or why it was not taken.
    fn report_again(&self, view: &ServiceView, sent: &Sent<'_>, problem: &Problem) -> Answer {
        let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
        let too_large = problem.kind == ProblemKind::TooLarge;
        let errors = if too_large {
            // Bytes of a body mean nothing to whoever typed a text.
            let problem = pages::error_help(problem.status().as_u16()).to_owned();
            vec![FieldError { field: "text", problem }]
        } else {
            problem.for_a_form()
        };
        let form = ReportForm {
            symptom: cut(sent.symptom, 64),
            text: cut(sent.text, SHOWN_AGAIN),
            country: cut(sent.country, 8),
            errors,
            cut: too_large || sent.text.chars().count() > SHOWN_AGAIN,
        };
        problem.on_a_page(page::report_form(&self.hot().cx(), view, &form))
    }
}
