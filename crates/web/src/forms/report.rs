//! The report form, and what both doors for reports check.

use super::{Arrived, Form};
use crate::app::App;
use crate::cold::{html, see_other};
use crate::page::{self, FieldError, ReportForm};
use crate::payload::Answer;
use crate::problem::{Problem, Refused, wants_json};
use allclear_engine::intake::{NewReport, Receipt, RequestKeys};
use allclear_engine::trust::Signs;
use allclear_engine::view::ServiceView;
use allclear_model::redact::beginning;
use allclear_model::words::pages;
use allclear_model::words::problems::{self as words, ProblemKind};
use allclear_model::{Country, Facts, FreeText, Slug, SymptomId, TextState};
use http::{HeaderMap, HeaderName, StatusCode, header};
use std::net::IpAddr;

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest idempotency key, characters.
const KEY_MAX: usize = 128;
/// Longest free text, characters.
pub(crate) const TEXT_MAX: usize = FreeText::MAX;
/// Longest pasted error, characters.
pub(crate) const ERROR_MAX: usize = Facts::PASTED_MAX;
/// The field that no person sees. Programs that fill in forms like its name.
const TRAP: &str = "website";
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
    /// The form's token.
    pub(crate) made: &'a str,
    /// A proof of work.
    pub(crate) work: &'a str,
    /// A field that no person sees.
    pub(crate) trap: &'a str,
}

impl<'a> Sent<'a> {
    /// What a form of ours says.
    pub(crate) fn of(form: &'a Form) -> Sent<'a> {
        Sent {
            symptom: form.get("symptom"),
            text: form.get("text"),
            error: form.get("error"),
            country: form.get("country"),
            made: form.get("made"),
            work: form.get("work"),
            trap: form.get(TRAP),
        }
    }

    /// The form with it and what is wrong, to be shown again.
    pub(crate) fn again(&self, errors: Vec<FieldError>) -> ReportForm {
        ReportForm {
            symptom: beginning(self.symptom, 64),
            text: beginning(self.text, SHOWN_AGAIN),
            error: beginning(self.error, SHOWN_AGAIN),
            country: beginning(self.country, 8),
            errors,
            ..ReportForm::default()
        }
    }

    /// What was typed, with the names of the fields, for a page that has no such form.
    fn kept(&self) -> Vec<(&'static str, String)> {
        let w = &pages::EN;
        [
            (w.follow_symptom, self.symptom, 64),
            (w.form_country, self.country, 8),
            (w.form_text, self.text, SHOWN_AGAIN),
            (w.form_error, self.error, SHOWN_AGAIN),
        ]
        .into_iter()
        .filter(|(_, value, _)| !value.is_empty())
        .map(|(name, value, most)| (name, beginning(value, most)))
        .collect()
    }
}

/// What can be said of it before what was written is read, which takes longest.
pub(crate) fn check(view: &ServiceView, sent: &Sent<'_>) -> Result<(SymptomId, Option<Country>), Vec<FieldError>> {
    let mut wrong = Vec::new();
    let symptom = symptom(view, sent.symptom).map_err(|e| wrong.push(e)).ok();
    wrong.extend(too_long("text", sent.text));
    if Facts::check_length(sent.error).is_err() {
        wrong.push(FieldError { field: "error", problem: words::too_long(ERROR_MAX) });
    }
    let country = country(sent.country).map_err(|e| wrong.push(e)).ok().flatten();
    match symptom {
        Some(symptom) if wrong.is_empty() => Ok((symptom, country)),
        _ => Err(wrong),
    }
}

/// What is wrong with the length of free text, which can be told before it is read.
pub(crate) fn too_long(field: &'static str, given: &str) -> Option<FieldError> {
    let problem = || words::too_long(TEXT_MAX);
    FreeText::check_length(given, TEXT_MAX).err().map(|_| FieldError { field, problem: problem() })
}

/// Free text, or none. Secrets end here.
pub(crate) fn text(field: &'static str, given: &str) -> Result<Option<FreeText>, Refused> {
    FreeText::parse(given, TEXT_MAX).map_err(|_| Problem::field(field, words::too_long(TEXT_MAX)))
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
        sent: &Sent<'_>,
        key: Option<RequestKeys>,
        client: IpAddr,
    ) -> Result<Receipt, Refused> {
        let intake = &self.cold().intake;
        let refused = || intake.refuses_report(&intake.origin(client), key.is_some()).map_or(Ok(()), Err);
        refused().map_err(Problem::of_engine)?;
        let (symptom, country) = check(view, sent).map_err(Problem::fields)?;
        let turn = self.turn_of(&[sent.text, sent.error]).await?;
        // Those who went first may have left no room.
        refused().map_err(Problem::of_engine)?;
        let text = text("text", sent.text)?;
        // What is typed as details is often a pasted error, too.
        let facts = intake.facts(sent.error).or_else(|| intake.facts_in(sent.text, text.as_ref()?));
        drop(turn);
        let service = view.service.slug.clone();
        let signs = Signs {
            dwell_s: intake.dwell(sent.made),
            worked: intake.has_worked(sent.work),
            trapped: !sent.trap.is_empty(),
            vouched: false,
        };
        let new = NewReport { country, key, text, facts, signs, ..NewReport::of(service.clone(), symptom.clone()) };
        let receipt = self.sure(intake.report(new, intake.origin(client))).await?;
        self.cold().fresh.remember(&receipt, service, symptom, country);
        Ok(receipt)
    }

    /// GET `/s/{slug}/report`: the form, with when it was made.
    pub(crate) fn get_report(&self, slug: &str) -> Result<Answer, Refused> {
        let (view, _) = self.service(slug)?;
        let form = ReportForm { made: self.cold().intake.form_token(), ..ReportForm::default() };
        Ok(html(StatusCode::OK, page::report_form(&self.hot().cx(), &view, &form)))
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
        let sent = Sent::of(&form);
        let view = match self.service(slug) {
            Ok((view, _)) => view,
            Err(mut problem) => {
                if let Ok(_turn) = self.turn().await {
                    problem.kept = sent.kept();
                }
                return Err(problem);
            }
        };
        let taken = async {
            refused.map_or(Ok(()), Err)?;
            let key = self.request_key(&view.service.slug, headers, client)?;
            self.take_report(&view, &sent, key, client).await
        };
        match taken.await {
            Ok(receipt) => {
                let counted = u8::from(receipt.counted);
                let text = receipt.text.map_or("", |d| TextState::from(d).as_str());
                let to = format!("/r/{}?new={}&counted={counted}&text={text}", receipt.token, view.service.slug);
                Ok(see_other(&self.hot().cx(), &to))
            }
            Err(problem) if wants_json("", headers.get(header::ACCEPT)) => Err(problem),
            Err(problem) => {
                let _turn = self.turn().await?;
                Ok(self.report_again(&view, &sent, &problem))
            }
        }
    }

    /// The form with what was typed and what is wrong, or why it was not taken.
    fn report_again(&self, view: &ServiceView, sent: &Sent<'_>, problem: &Problem) -> Answer {
        let too_large = problem.kind == ProblemKind::TooLarge;
        let errors = if too_large {
            // Bytes of a body mean nothing to whoever typed a text.
            let problem = pages::error_help(problem.status().as_u16()).to_owned();
            vec![FieldError { field: "text", problem }]
        } else {
            problem.for_a_form()
        };
        let form = ReportForm {
            made: self.cold().intake.form_token(),
            cut: too_large || [sent.text, sent.error].iter().any(|t| t.chars().count() > SHOWN_AGAIN),
            ..sent.again(errors)
        };
        problem.on_a_page(page::report_form(&self.hot().cx(), view, &form))
    }
}
