//! Single results of a service's checks, from the archive.

use super::handlers::limit;
use super::render;
use crate::app::App;
use crate::cold::json;
use crate::pages::cursor;
use crate::payload::Answer;
use crate::problem::{Problem, Refused};
use crate::routes::strict_parameter;
use allclear_engine::rows::{CheckPage, CheckRow, Span};
use allclear_model::words::problems::{self as words, ProblemKind};
use allclear_model::{Slug, Time};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// One run of a service's check.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunItem<'a> {
    /// When: of a late one when it was measured, else when the site heard of it.
    pub(crate) at: String,
    /// From where.
    pub(crate) location: &'a str,
    /// `up`, `down`, `blocked` or `inconclusive`. The last two say nothing about the service.
    pub(crate) outcome: &'static str,
    /// Why it was not up, or what was noticed though it was, in words, at most 200 bytes. Perhaps a stranger's: escape them. `null` where there is nothing to say.
    pub(crate) reason: Option<&'a str>,
    /// How long the run took, milliseconds; `null` where that was not measured.
    pub(crate) ms: Option<u32>,
    /// True where it was more than 10 minutes old when the site heard of it: it had no say in any verdict.
    pub(crate) late: bool,
}

/// A page of runs, newest first. It has all runs of the instant it ends with, so that it can be longer than `limit`; where there
/// was a long silence it can be shorter, and even empty.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunList<'a> {
    /// The runs.
    pub(crate) checks: Vec<RunItem<'a>>,
    /// Pass as `before` to read on; `null` at the end.
    pub(crate) next: Option<String>,
}

fn item(row: &CheckRow) -> RunItem<'_> {
    RunItem {
        at: row.at.to_string(),
        location: &row.location,
        outcome: row.outcome.as_str(),
        reason: row.reason.as_deref(),
        ms: row.ms,
        late: row.late,
    }
}

fn list(page: &CheckPage) -> String {
    render::text(&RunList { checks: page.rows.iter().map(item).collect(), next: page.next.map(|t| t.0.to_string()) })
}

/// An instant of the query; what is not one is refused.
fn instant(query: Option<&str>, name: &str) -> Result<Option<Time>, Refused> {
    let Some(text) = strict_parameter(query, name, words::INSTANT_IS)? else { return Ok(None) };
    let bad = |_| Problem::new(ProblemKind::BadRequest, words::bad_parameter(name, words::INSTANT_IS));
    Time::parse(&text).map(Some).map_err(bad)
}

impl App {
    /// GET `/api/v1/services/{slug}/checks?location=&from=&to=&before=&limit=`.
    pub(crate) async fn api_checks(&self, slug: &str, query: Option<&str>) -> Result<Answer, Refused> {
        let (view, _) = self.service(slug)?;
        let bad = |_| Problem::new(ProblemKind::BadRequest, words::bad_parameter("location", words::LOCATION_IS));
        let location = strict_parameter(query, "location", words::LOCATION_IS)?;
        let location = location.map(|l| Slug::parse(&l)).transpose().map_err(bad)?;
        let (from, to) = (instant(query, "from")?, instant(query, "to")?.unwrap_or(Time::MAX));
        // Where the page before ended is where this one ends, too.
        let to = cursor(query)?.map_or(to, |before| to.min(Time(before)));
        let span = Span { from: from.unwrap_or_default(), to };
        let found = self.cold().archive.checks(&view.service.slug, span, location.as_ref(), limit(query)?).await;
        Ok(json(StatusCode::OK, list(&found.map_err(Problem::of_engine)?)))
    }
}
