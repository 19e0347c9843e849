//! Refusals: one table, written as a problem document (RFC 9457) for programs and as a page for people.

use crate::api::v1::render;
use crate::api::v1::types::{NamedService, ProblemBody, ProblemField};
use crate::cold::html;
use crate::headers;
use crate::page::{self, FieldError, PageCx};
use crate::payload::{Answer, answer};
use allclear_engine::EngineError;
use allclear_model::Slug;
use allclear_model::words::agents;
use allclear_model::words::problems::{self as words, ProblemKind};
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// A refusal on its way to whoever asked. Rendered once, at the end, when it is known whether a program or a person
/// reads it.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) detail: String,
    pub(crate) fields: Vec<FieldError>,
    pub(crate) retry_after_s: Option<u64>,
    /// Number of the last batch that is kept, for one that came before.
    pub(crate) last: Option<u64>,
    /// Methods that the address takes, for one that it does not.
    pub(crate) allow: Option<&'static str>,
    /// What was looked for and what it may have meant, for a service that does not exist.
    pub(crate) tried: Option<String>,
    pub(crate) nearest: Vec<(Slug, String)>,
    /// What was typed, by the names of the fields, where no form can be shown again.
    pub(crate) kept: Vec<(&'static str, String)>,
    /// True when it is a page's turn that did not come: it is not waited for once more.
    pub(crate) turnless: bool,
}

/// What a handler may refuse with; boxed, because refusing is the rare case.
pub(crate) type Refused = Box<Problem>;

/// The HTTP status of a kind.
pub(crate) fn status_of(kind: ProblemKind) -> StatusCode {
    match kind {
        ProblemKind::BadRequest | ProblemKind::OtherVersion => StatusCode::BAD_REQUEST,
        ProblemKind::CrossSite => StatusCode::FORBIDDEN,
        ProblemKind::NotFound | ProblemKind::NoService | ProblemKind::NoSuchThing => StatusCode::NOT_FOUND,
        ProblemKind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ProblemKind::Timeout => StatusCode::REQUEST_TIMEOUT,
        ProblemKind::KeyReused | ProblemKind::Replayed => StatusCode::CONFLICT,
        ProblemKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ProblemKind::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        ProblemKind::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ProblemKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ProblemKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        ProblemKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ProblemKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ProblemKind::NotAuthorized | ProblemKind::WrongTime => StatusCode::UNAUTHORIZED,
    }
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Refused {
        Box::new(Problem {
            kind,
            detail: detail.into(),
            fields: Vec::new(),
            retry_after_s: None,
            last: None,
            allow: None,
            tried: None,
            nearest: Vec::new(),
            kept: Vec::new(),
            turnless: false,
        })
    }

    /// A refusal of one field.
    pub(crate) fn field(field: &'static str, problem: impl Into<String>) -> Refused {
        Problem::fields(vec![FieldError { field, problem: problem.into() }])
    }

    /// A refusal of some fields; the first one is the detail.
    pub(crate) fn fields(fields: Vec<FieldError>) -> Refused {
        let detail = fields.first().map(|f| f.problem.clone()).unwrap_or_default();
        let mut p = Problem::new(ProblemKind::Invalid, detail);
        p.fields = fields;
        p
    }

    /// "Not now", with the time after which trying again makes sense.
    pub(crate) fn unavailable(detail: impl Into<String>, retry_after_s: u64) -> Refused {
        let mut p = Problem::new(ProblemKind::Unavailable, detail);
        p.retry_after_s = Some(retry_after_s);
        p
    }

    /// What a use case refused.
    pub(crate) fn of_engine(error: EngineError) -> Refused {
        match error {
            EngineError::Invalid { field, problem } => Problem::field(field, problem),
            EngineError::NoService(slug) => {
                let mut p = Problem::new(ProblemKind::NoService, words::no_service(&slug));
                p.tried = Some(slug);
                p
            }
            EngineError::NotFound => Problem::new(ProblemKind::NoSuchThing, words::NO_ITEM),
            EngineError::Limited { retry_after_s } => {
                let mut p = Problem::new(ProblemKind::TooMany, words::too_many(retry_after_s));
                p.retry_after_s = Some(retry_after_s);
                p
            }
            EngineError::NoAgent(problem) => Problem::new(ProblemKind::NotAuthorized, problem),
            EngineError::WrongTime(problem) => Problem::new(ProblemKind::WrongTime, problem),
            EngineError::OtherVersion(problem) => Problem::new(ProblemKind::OtherVersion, problem),
            EngineError::Replayed { seq, last } => {
                let mut p = Problem::new(ProblemKind::Replayed, agents::replayed(seq, last));
                p.last = Some(last);
                p
            }
            EngineError::KeyReused => Problem::new(ProblemKind::KeyReused, ProblemKind::KeyReused.title()),
            EngineError::Unavailable { why, retry_after_s } => Problem::unavailable(why.sentence(), retry_after_s),
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        status_of(self.kind)
    }

    /// The problem document.
    pub(crate) fn to_json(&self, cx: &PageCx) -> String {
        let errors = self.fields.iter().map(|f| ProblemField { field: f.field, problem: &f.problem });
        let nearest = self.nearest.iter().map(|(slug, name)| NamedService { slug: slug.as_str(), name });
        render::text(&ProblemBody {
            kind: cx.absolute(format!("/api#{}", self.kind.code())),
            title: self.kind.title(),
            status: self.status().as_u16(),
            code: self.kind.code(),
            detail: &self.detail,
            errors: errors.collect(),
            retry_after_s: self.retry_after_s,
            last: self.last,
            nearest: nearest.collect(),
        })
    }

    /// The page.
    pub(crate) fn to_html(&self, cx: &PageCx) -> String {
        page::error(
            cx,
            &page::ErrorPage {
                status: self.status().as_u16(),
                detail: (!self.detail.is_empty()).then_some(&*self.detail),
                tried: self.tried.as_deref(),
                nearest: self.nearest.clone(),
                retry_after_s: self.retry_after_s,
                kept: self.kept.clone(),
            },
        )
    }

    /// The whole answer.
    pub(crate) fn respond(&self, cx: &PageCx, as_json: bool) -> Answer {
        let (kind, body) =
            if as_json { (headers::PROBLEM_JSON, self.to_json(cx)) } else { (headers::HTML, self.to_html(cx)) };
        let mut res = answer(self.status(), kind, body);
        let h = res.headers_mut();
        headers::secure(h, headers::Frame::Never);
        h.insert(header::CACHE_CONTROL, headers::NO_STORE);
        h.insert(headers::X_ROBOTS_TAG, headers::NOINDEX);
        if as_json {
            headers::open_to_all(h);
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            h.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Allclear-Agent"));
        }
        if let Some(s) = self.retry_after_s {
            h.insert(header::RETRY_AFTER, HeaderValue::from(s.max(1)));
        }
        if let Some(allow) = self.allow {
            h.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        self.end_connection(h);
        res
    }

    /// What is wrong, as a form says it.
    pub(crate) fn for_a_form(&self) -> Vec<FieldError> {
        match self.fields.as_slice() {
            [] => vec![FieldError { field: "", problem: self.detail.clone() }],
            fields => fields.to_vec(),
        }
    }

    /// The answer with a page that shows the form again.
    pub(crate) fn on_a_page(&self, text: String) -> Answer {
        let mut res = html(self.status(), text);
        if let Some(s) = self.retry_after_s {
            res.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(s.max(1)));
        }
        self.end_connection(res.headers_mut());
        res
    }

    /// What is left of such a body is not read, so the connection cannot be used again.
    fn end_connection(&self, h: &mut HeaderMap) {
        if matches!(self.kind, ProblemKind::Timeout | ProblemKind::TooLarge) {
            h.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// Whether whoever asked reads JSON rather than a page.
pub(crate) fn wants_json(path: &str, accept: Option<&HeaderValue>) -> bool {
    // Addresses here are case-sensitive.
    if path.starts_with("/api/") || path.contains("/api/v") || path.strip_suffix(".json").is_some() {
        return true;
    }
    accept.and_then(|a| a.to_str().ok()).is_some_and(|a| a.contains("json") && !a.contains("text/html"))
}
