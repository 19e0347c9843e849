//! Pages that need the archive or a query: older history, older reports, one incident, search, our own health.

use crate::app::App;
use crate::cold::{download, html};
use crate::page::{self, HistoryPage, IncidentPage, OwnStatus, ReportsPage};
use crate::payload::Answer;
use crate::problem::{Problem, Refused};
use crate::routes::{parameter, strict_parameter};
use allclear_engine::EngineError;
use allclear_engine::rows::{Minutes, ReportRow, Rollup};
use allclear_engine::view::{Bin, LineText, ReportLine, ServiceView};
use allclear_model::redact::beginning;
use allclear_model::words::problems::{self as words, ProblemKind};
use allclear_model::{FreeText, Incident, IncidentId, Minute, ReportId, Slug, TextState, Time};
use http::StatusCode;
use std::sync::Arc;

/// Lines of an older page.
pub(crate) const PAGE: u32 = 50;
/// Results of a search.
const RESULTS: usize = 50;

/// A cursor: a whole number of at least 0.
pub(crate) fn cursor(query: Option<&str>) -> Result<Option<i64>, Refused> {
    let Some(text) = strict_parameter(query, "before", words::CURSOR_IS)? else { return Ok(None) };
    // Digits only: a sign would be read as well.
    let n = text.parse().ok().filter(|_| text.bytes().all(|c| c.is_ascii_digit()));
    let bad = || Problem::new(ProblemKind::BadRequest, words::bad_parameter("before", words::CURSOR_IS));
    n.map(Some).ok_or_else(bad)
}

/// Where a page of reports begins that is read from the archive.
pub(crate) enum Behind {
    /// Behind the report that the signal of this number brought.
    Number(u64),
    /// Behind the last line of a page from memory, which knows no numbers.
    Report(ReportId),
}

impl Behind {
    /// What a query says of it.
    pub(crate) fn parse(query: Option<&str>) -> Result<Option<Behind>, Refused> {
        let id = strict_parameter(query, "before", words::CURSOR_IS)?.and_then(|t| ReportId::parse(&t).ok());
        match id {
            Some(id) => Ok(Some(Behind::Report(id))),
            None => Ok(cursor(query)?.map(|n| Behind::Number(n.unsigned_abs()))),
        }
    }

    /// The cursor that leads behind the newest reports: of those that were withdrawn a picture does not know, so that few
    /// lines, or none, do not say that these are all.
    pub(crate) fn newest(view: &ServiceView) -> String {
        view.recent.last().map_or_else(|| i64::MAX.to_string(), |line| line.id.to_string())
    }
}

/// A published line of a stored report with its text. Which countries may be shown is known for the last 24 hours only, so
/// older lines show none.
fn line(view: &ServiceView, text: Option<FreeText>, row: ReportRow) -> ReportLine {
    let text = match (row.text, text) {
        (TextState::Shown, Some(text)) => LineText::Shown(Arc::new(text)),
        // The decision is a moment older than the text's end.
        (TextState::Shown | TextState::Erased, _) => LineText::Erased,
        (TextState::None, _) => LineText::None,
        (TextState::Checking, _) => LineText::Checking,
        (TextState::Withheld, _) => LineText::Withheld,
    };
    let told = row.at > view.measured_at.plus_s(-24 * 3600);
    let country = row.country.filter(|c| told && view.countries.iter().any(|(of, _)| of == c));
    ReportLine { id: row.id, symptom: row.symptom, country, at: row.at, counted: row.counted, text }
}

impl App {
    /// Reports from the archive, from the newest on or behind one: lines with the texts that are shown, and the cursor of the
    /// next page.
    pub(crate) async fn older_reports(
        &self,
        view: &ServiceView,
        behind: Option<Behind>,
        limit: u32,
    ) -> Result<(Vec<ReportLine>, Option<String>), Refused> {
        let archive = &self.cold().archive;
        let before = match behind {
            None => None,
            Some(Behind::Number(n)) => Some(n),
            Some(Behind::Report(id)) => match self.number_of(id).await? {
                Some(n) => Some(n),
                // Its time is over, and that of all before it.
                None => return Ok((Vec::new(), None)),
            },
        };
        let got = archive.reports(&view.service.slug, before, limit).await.map_err(Problem::of_engine)?;
        let ids: Vec<ReportId> = got.rows.iter().filter(|r| r.text == TextState::Shown).map(|r| r.id).collect();
        let mut texts = archive.texts(&ids).await.map_err(Problem::of_engine)?;
        let lines = got.rows.into_iter().map(|r| line(view, texts.remove(&r.id), r)).collect();
        Ok((lines, got.next.map(|n| n.to_string())))
    }

    /// The number of the signal that brought a report, as the archive has it.
    async fn number_of(&self, id: ReportId) -> Result<Option<u64>, Refused> {
        let cold = self.cold();
        let mut row = cold.archive.report(id).await.map_err(Problem::of_engine)?;
        // The archive may learn of it only now.
        if row.is_none() {
            cold.admin.projected().await.map_err(Problem::of_engine)?;
            row = cold.archive.report(id).await.map_err(Problem::of_engine)?;
        }
        Ok(row.map(|r| r.seq))
    }

    /// Older incidents than those of the picture.
    pub(crate) async fn older_incidents(
        &self,
        slug: Option<&Slug>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<(Vec<Arc<Incident>>, Option<Time>), Refused> {
        let page = self.cold().archive.incidents(slug, before.map(Time), limit).await.map_err(Problem::of_engine)?;
        Ok((page.rows.into_iter().map(Arc::new).collect(), page.next))
    }

    /// GET `/s/{slug}/history?before=`.
    pub(crate) async fn get_history(&self, slug: &str, query: Option<&str>) -> Result<Answer, Refused> {
        let (view, _) = self.service(slug)?;
        let before = cursor(query)?;
        let (incidents, next) = self.older_incidents(Some(&view.service.slug), before, PAGE).await?;
        let page = HistoryPage { incidents: &incidents, before: before.map(Time), next };
        Ok(html(StatusCode::OK, page::history(&self.hot().cx(), &view, &page)))
    }

    /// GET `/s/{slug}/reports?before=`.
    pub(crate) async fn get_reports(&self, slug: &str, query: Option<&str>) -> Result<Answer, Refused> {
        let (view, _) = self.service(slug)?;
        let (lines, next) = self.older_reports(&view, Behind::parse(query)?, PAGE).await?;
        let page = ReportsPage { lines: &lines, older: true, next };
        Ok(html(StatusCode::OK, page::reports(&self.hot().cx(), &view, &page)))
    }

    /// An incident from its service's picture, or else from the archive.
    pub(crate) async fn incident(&self, id: &str) -> Result<Arc<Incident>, Refused> {
        let nothing = || Problem::of_engine(EngineError::NotFound);
        let id = IncidentId::parse(id).map_err(|_| nothing())?;
        let view = id.service().and_then(|slug| self.hot().site().service(slug));
        if let Some(found) = view.and_then(|v| v.incidents.iter().find(|i| i.id == id).cloned()) {
            return Ok(found);
        }
        let found = self.cold().archive.incident(&id).await.map_err(Problem::of_engine)?;
        found.map(Arc::new).ok_or_else(nothing)
    }

    /// An incident of this service.
    async fn incident_of(&self, slug: &str, id: &str) -> Result<(Arc<ServiceView>, Arc<Incident>), Refused> {
        let (view, _) = self.service(slug)?;
        let incident = self.incident(id).await?;
        if incident.service != view.service.slug {
            return Err(Problem::of_engine(EngineError::NotFound));
        }
        Ok((view, incident))
    }

    /// GET `/s/{slug}/incidents/{id}/bundle.jsonl`: what the judge went by, for `allclear replay`.
    pub(crate) async fn get_bundle(&self, slug: &str, id: &str) -> Result<Answer, Refused> {
        let (view, incident) = self.incident_of(slug, id).await?;
        let bundle = self.cold().archive.bundle(&incident, &view.service.category).await.map_err(Problem::of_engine)?;
        let text = bundle.ok_or_else(|| Problem::new(ProblemKind::NotFound, words::NO_BUNDLE))?;
        Ok(download(text, &format!("{}.jsonl", incident.id)))
    }

    /// GET `/s/{slug}/incidents/{id}`.
    pub(crate) async fn get_incident(&self, slug: &str, id: &str) -> Result<Answer, Refused> {
        let (view, incident) = self.incident_of(slug, id).await?;
        let bins = self.around(&view, &incident).await;
        let page = IncidentPage { incident: &incident, bins: &bins };
        Ok(html(StatusCode::OK, page::incident(&self.hot().cx(), &view, &page)))
    }

    /// GET `/search?q=`.
    pub(crate) fn get_search(&self, query: Option<&str>) -> Answer {
        let site = self.hot().site().whole();
        // What is looked for stands in the answer again.
        let q = beginning(&parameter(query, "q").unwrap_or_default(), 200);
        let found = self.hot().site().names().search(&q, RESULTS);
        html(StatusCode::OK, page::search(&self.hot().cx(), &q, &found, &site))
    }

    /// GET `/status`.
    pub(crate) async fn get_status(&self) -> Answer {
        let site = self.hot().site().whole();
        let cx = self.hot().cx();
        let status = self.cold().admin.status();
        let own = OwnStatus {
            // A judge that moves on journals its ticks, so a picture past its time means that nothing can be kept.
            journal_ok: !site.is_stale(cx.now),
            archive_ok: self.cold().archive.incidents(None, None, 1).await.is_ok(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            files_ok: status.damage.is_empty(),
            started: status.started,
            checks: status.checks,
        };
        html(StatusCode::OK, page::status(&cx, &site, &own))
    }
}

/// How far before and after an incident its chart reaches.
const MARGIN_S: i64 = 3600;
/// Length of a bin.
const BIN_S: i64 = 900;
/// Bins of a chart.
const BINS: i64 = 96;

impl App {
    /// Bins from an hour before the incident to an hour after it, at most a day. From the picture if that reaches back so
    /// far, else from the archive, which keeps counts for 90 days and no bands; none when that has nothing or is down:
    /// the rest of the page is worth reading without a chart.
    async fn around(&self, view: &ServiceView, incident: &Incident) -> Vec<Bin> {
        let from = incident.since.plus_s(-MARGIN_S).seconds().div_euclid(BIN_S) * BIN_S;
        let end = incident.closed.unwrap_or(view.measured_at).plus_s(MARGIN_S).seconds();
        let end = end.min(view.measured_at.seconds() + 1).min(from + BINS * BIN_S);
        if view.chart.bins.first().is_some_and(|b| b.start.seconds() <= from) {
            return view.chart.bins.iter().filter(|b| (from..end).contains(&b.start.seconds())).copied().collect();
        }
        let minute = |s: i64| Minute(s.div_euclid(60));
        let span = Minutes { from: minute(from), to: minute(end) };
        let stored = self.cold().archive.rollup(&view.service.slug, Rollup::Quarter, span).await.unwrap_or_default();
        if stored.is_empty() {
            return Vec::new();
        }
        let bins = (from..end).step_by(usize::try_from(BIN_S).unwrap_or(900)).map(|s| {
            // Counts are kept only where there was one: whether somebody listened in between is not known.
            let kept = stored.iter().find(|b| b.start == minute(s));
            Bin {
                start: Time(s * 1000),
                actual: kept.map_or(0, |b| b.reports),
                expected: f64::NAN,
                upper: f64::NAN,
                watched: kept.is_some(),
            }
        });
        bins.collect()
    }
}
