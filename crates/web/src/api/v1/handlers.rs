//! Doors of the API that take more than a picture.

use super::render;
use super::types::{ChallengeBody, NewReportBody, NewVoteBody, ReceiptBody, ReportFull, VoteBody};
use crate::app::App;
use crate::cold::json;
use crate::forms::report::Sent;
use crate::headers;
use crate::live::{Have, NoStream, SERVICES_MAX, WHOLE};
use crate::pages::{Behind, PAGE, cursor};
use crate::payload::{Answer, Payload};
use crate::problem::{Problem, Refused};
use crate::routes::{parameter, strict_parameter};
use allclear_engine::EngineError;
use allclear_engine::view::Remark;
use allclear_model::words::problems::{self as words, ProblemKind};
use allclear_model::{FreeText, Incident, ReportId, TextState};
use http::{HeaderMap, HeaderName, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use std::net::IpAddr;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Reads a JSON object. Fields that are not known are ignored, so that a newer client can talk to an older site.
pub(super) fn object<T: DeserializeOwned>(body: &str) -> Result<T, Refused> {
    let bad = |why: &str| Problem::new(ProblemKind::BadRequest, words::bad_json(why));
    // The reader would take an array too, as the fields in their order.
    if !body.trim_start().starts_with('{') {
        return Err(bad(words::NO_OBJECT));
    }
    serde_json::from_str(body).map_err(|e| bad(&e.to_string()))
}

/// `?limit=`, 1 to 100.
pub(super) fn limit(query: Option<&str>) -> Result<u32, Refused> {
    let Some(text) = strict_parameter(query, "limit", words::LIMIT_IS)? else { return Ok(PAGE) };
    let n = text.parse().ok().filter(|n| (1..=100).contains(n) && text.bytes().all(|c| c.is_ascii_digit()));
    n.ok_or_else(|| Problem::new(ProblemKind::BadRequest, words::bad_parameter("limit", words::LIMIT_IS)))
}

impl App {
    /// POST `/api/v1/services/{slug}/reports`.
    pub(crate) async fn api_report(
        &self,
        slug: &str,
        headers: &HeaderMap,
        body: &str,
        client: IpAddr,
    ) -> Result<Answer, Refused> {
        let (view, _) = self.service(slug)?;
        let body: NewReportBody = object(body)?;
        let key = self.request_key(&view.service.slug, headers, client)?;
        let sent = Sent {
            symptom: body.symptom.as_deref().unwrap_or_default(),
            text: body.text.as_deref().unwrap_or_default(),
            error: body.error.as_deref().unwrap_or_default(),
            country: body.country.as_deref().unwrap_or_default(),
            made: body.made.as_deref().unwrap_or_default(),
            work: body.work.as_deref().unwrap_or_default(),
            trap: "",
        };
        let receipt = self.take_report(&view, &sent, key, client).await?;
        let id = receipt.id.to_string();
        let mut res = json(
            StatusCode::ACCEPTED,
            render::text(&ReceiptBody {
                id: id.clone(),
                token: receipt.token,
                counted: receipt.counted,
                state: "accepted",
                text: receipt.text.map_or("none", |d| TextState::from(d).as_str()),
                shown_by: receipt.shown_by.to_string(),
            }),
        );
        if let Ok(at) = self.hot().cx().href(format!("/api/v1/reports/{id}")).try_into() {
            res.headers_mut().insert(header::LOCATION, at);
        }
        Ok(res)
    }

    /// POST `/api/v1/services/{slug}/votes`.
    pub(crate) async fn api_vote(&self, slug: &str, body: &str, client: IpAddr) -> Result<Answer, Refused> {
        // No body, and one that says so.
        let body: NewVoteBody = if matches!(body.trim(), "" | "null") { NewVoteBody::default() } else { object(body)? };
        let counted = self.take_vote(slug, body.country.as_deref().unwrap_or_default(), client).await?;
        Ok(json(StatusCode::ACCEPTED, render::text(&VoteBody { counted })))
    }

    /// GET `/api/v1/reports/{id}`.
    pub(crate) async fn api_one_report(&self, id: &str) -> Result<Answer, Refused> {
        let id = ReportId::parse(id).map_err(|_| Problem::of_engine(EngineError::NotFound))?;
        let row = self.own_report(id).await?;
        let text = self.shown_text(&row).await?;
        Ok(json(
            StatusCode::OK,
            render::text(&ReportFull {
                id: row.id.to_string(),
                service: &row.service,
                symptom: &row.symptom,
                at: row.at.to_string(),
                counted: row.counted,
                state: if row.withdrawn { "withdrawn" } else { "shown" },
                text_state: row.text.as_str(),
                text: text.as_ref().map(FreeText::as_str),
            }),
        ))
    }

    /// GET `/api/v1/challenge`: what a form sends back with a report.
    pub(crate) fn api_challenge(&self) -> Answer {
        let intake = &self.cold().intake;
        let work = intake.challenge().and_then(|c| serde_json::from_str(&c).ok());
        json(StatusCode::OK, render::text(&ChallengeBody { made: intake.form_token(), work }))
    }

    /// GET `/api/v1/services/{slug}/reports?before=&limit=`.
    pub(crate) async fn api_reports(&self, slug: &str, query: Option<&str>) -> Result<Answer, Refused> {
        let (view, _) = self.service(slug)?;
        let (lines, next) = self.older_reports(&view, Behind::parse(query)?, limit(query)?).await?;
        Ok(json(StatusCode::OK, render::reports(&lines, next)))
    }

    /// GET `/api/v1/services/{slug}/incidents?before=&limit=`, and without a slug `/api/v1/incidents`.
    pub(crate) async fn api_incidents(&self, slug: Option<&str>, query: Option<&str>) -> Result<Answer, Refused> {
        let view = slug.map(|s| self.service(s)).transpose()?;
        let of = view.as_ref().map(|(v, _)| &v.service.slug);
        let (rows, next) = self.older_incidents(of, cursor(query)?, limit(query)?).await?;
        Ok(json(StatusCode::OK, render::incidents(&self.hot().cx(), &rows, next, |i| self.remark(i))))
    }

    /// GET `/api/v1/incidents/{id}`.
    pub(crate) async fn api_incident(&self, id: &str) -> Result<Answer, Refused> {
        let incident = self.incident(id).await?;
        Ok(json(StatusCode::OK, render::incident(&self.hot().cx(), &incident, self.remark(&incident).as_ref())))
    }

    /// What operators say of an incident.
    fn remark(&self, i: &Incident) -> Option<Remark> {
        self.hot().site().service(&i.service)?.remark(&i.id).cloned()
    }

    /// GET `/api/v1/services/{slug}/chart?window=` with a window that no picture holds.
    pub(crate) fn api_chart(&self, slug: &str, query: Option<&str>) -> Result<Answer, Refused> {
        self.service(slug)?;
        strict_parameter(query, "window", words::WINDOW_IS)?;
        Err(Problem::new(ProblemKind::BadRequest, words::bad_parameter("window", words::WINDOW_IS)))
    }

    /// GET `/api/v1/live`.
    pub(crate) fn live(&self, headers: &HeaderMap, query: Option<&str>, head: bool) -> Result<Answer, Refused> {
        let names = strict_parameter(query, "service", words::SLUGS_ARE)?.unwrap_or_default();
        let mut names: Vec<String> =
            names.split(',').map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        if names.is_empty() {
            names.push(WHOLE.to_owned());
        }
        if names.len() > SERVICES_MAX {
            let detail = words::bad_parameter("service", words::SLUGS_ARE);
            return Err(Problem::new(ProblemKind::BadRequest, detail));
        }
        let have = headers.get(LAST_EVENT_ID).and_then(|v| v.to_str().ok().map(str::to_owned));
        let have = have.or_else(|| parameter(query, "have")).unwrap_or_default();
        let body = match self.hot().live().open(&names, &Have::parse(&have), self.stop()) {
            Ok(body) => body,
            Err(NoStream::Full) => return Err(Problem::unavailable(words::STREAMS_FULL, 30)),
            Err(NoStream::NoService(slug)) => return Err(Problem::of_engine(EngineError::NoService(slug))),
        };
        let mut res = Response::new(if head { Payload::empty() } else { Payload::Live(Box::new(body)) });
        let h = res.headers_mut();
        headers::secure(h, headers::Frame::Never);
        headers::open_to_all(h);
        h.insert(header::CONTENT_TYPE, headers::EVENTS);
        h.insert(header::CACHE_CONTROL, headers::NO_STORE);
        // nginx would gather events until its buffer is full.
        h.insert(headers::X_ACCEL_BUFFERING, http::HeaderValue::from_static("no"));
        Ok(res)
    }
}
