//! Cold reads. Every one is bounded by its limit or by the bins of its span, and served by an index.

use allclear_model::{Country, Incident, IncidentId, Minute, ReportId, Slug, TextState, Time};
use allclear_ports::{IncidentPage, Minutes, ReportPage, ReportRow, Rollup, RollupBin, VisitTotals};
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection, Error, OptionalExtension, Row, params};

/// The columns of [`report_row`].
pub(super) const REPORT: &str = "seq, id, service, symptom, country, at, counted, withdrawn, text, reasons, facts";

/// How far the projections stand.
pub(super) fn projected(conn: &Connection) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT seq FROM projected WHERE one = 1")?.query_row([], |r| Ok(count(r.get(0)?)))
}

pub(super) fn report(conn: &Connection, id: ReportId) -> rusqlite::Result<Option<ReportRow>> {
    conn.prepare_cached(&format!("SELECT {REPORT} FROM report WHERE id = $1"))?
        .query_row([id.0.as_bytes()], report_row)
        .optional()
}

pub(super) fn reports(
    conn: &Connection,
    service: &Slug,
    before: Option<u64>,
    limit: u32,
) -> rusqlite::Result<ReportPage> {
    let before = before.and_then(|b| i64::try_from(b).ok()).unwrap_or(i64::MAX);
    let mut select = conn.prepare_cached(&format!(
        "SELECT {REPORT} FROM report WHERE service = $1 AND withdrawn = 0 AND seq < $2 ORDER BY seq DESC LIMIT $3"
    ))?;
    // One more than asked for tells whether there is a next page.
    let rows = select.query_map(params![service.as_str(), before, i64::from(limit) + 1], report_row)?;
    Ok(page(rows.collect::<rusqlite::Result<_>>()?, limit))
}

/// A page of at most `limit` rows, of one more that were asked for.
pub(super) fn page(mut rows: Vec<ReportRow>, limit: u32) -> ReportPage {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(|r| r.seq) } else { None };
    ReportPage { rows, next }
}

pub(super) fn report_row(r: &Row<'_>) -> rusqlite::Result<ReportRow> {
    let id: Vec<u8> = r.get(1)?;
    let country: Option<String> = r.get(4)?;
    let (text, facts): (String, Option<String>) = (r.get(8)?, r.get(10)?);
    let unknown = || allclear_model::ParseError::new("text", format!("{text:?} is no state of a text"));
    Ok(ReportRow {
        seq: count(r.get(0)?),
        id: ReportId(uuid::Uuid::from_slice(&id).map_err(|e| wrong(1, Type::Blob, e))?),
        service: slug(r, 2)?,
        symptom: slug(r, 3)?,
        country: country.map(|c| Country::parse(&c)).transpose().map_err(|e| wrong(4, Type::Text, e))?,
        at: Time(r.get(5)?),
        counted: r.get::<_, i64>(6)? != 0,
        withdrawn: r.get::<_, i64>(7)? != 0,
        text: TextState::parse(&text).ok_or_else(|| wrong(8, Type::Text, unknown()))?,
        reasons: super::people::reasons(&r.get::<_, String>(9)?),
        facts: facts.map(|f| serde_json::from_str(&f)).transpose().map_err(|e| wrong(10, Type::Text, e))?,
    })
}

pub(super) fn incident(conn: &Connection, id: &IncidentId) -> rusqlite::Result<Option<Incident>> {
    conn.prepare_cached("SELECT body FROM incident WHERE id = $1")?.query_row([&id.0], incident_row).optional()
}

/// Lines of an incident's bundle in the order in which the judge told them.
pub(super) fn bundle(conn: &Connection, id: &IncidentId) -> rusqlite::Result<Vec<String>> {
    let mut select = conn.prepare_cached("SELECT lines FROM bundle WHERE incident = $1 ORDER BY seq")?;
    let parts = select.query_map([&id.0], |r| r.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(parts.iter().flat_map(|p| p.lines()).map(str::to_owned).collect())
}

/// The cursor is an instant, and many services may have been hit within the same millisecond: a page always has
/// all incidents of the instant it ends with, even when that makes it longer than `limit`.
pub(super) fn incidents(
    conn: &Connection,
    service: Option<&Slug>,
    before: Option<Time>,
    limit: u32,
) -> rusqlite::Result<IncidentPage> {
    if limit == 0 {
        return Ok(IncidentPage::default());
    }
    let before = before.map_or(i64::MAX, |t| t.0);
    let skip = i64::from(limit) - 1;
    let rows = match service {
        None => conn
            .prepare_cached(
                "SELECT body FROM incident WHERE opened < $1 AND opened >= COALESCE(
                     (SELECT opened FROM incident WHERE opened < $1 ORDER BY opened DESC LIMIT 1 OFFSET $2), $3)
                 ORDER BY opened DESC, id",
            )?
            .query_map(params![before, skip, i64::MIN], incident_row)?
            .collect::<rusqlite::Result<Vec<_>>>()?,
        Some(service) => conn
            .prepare_cached(
                "SELECT body FROM incident WHERE service = $1 AND opened < $2 AND opened >= COALESCE(
                     (SELECT opened FROM incident WHERE service = $1 AND opened < $2 ORDER BY opened DESC LIMIT 1 OFFSET $3), $4)
                 ORDER BY opened DESC, id",
            )?
            .query_map(params![service.as_str(), before, skip, i64::MIN], incident_row)?
            .collect::<rusqlite::Result<Vec<_>>>()?,
    };
    let Some(last) = rows.last().map(|i| i.opened) else { return Ok(IncidentPage::default()) };
    let more = match service {
        None => conn.prepare_cached("SELECT 1 FROM incident WHERE opened < $1 LIMIT 1")?.exists([last.0])?,
        Some(s) => conn
            .prepare_cached("SELECT 1 FROM incident WHERE service = $1 AND opened < $2 LIMIT 1")?
            .exists(params![s.as_str(), last.0])?,
    };
    Ok(IncidentPage { rows, next: more.then_some(last) })
}

pub(super) fn incident_row(r: &Row<'_>) -> rusqlite::Result<Incident> {
    let body: String = r.get(0)?;
    serde_json::from_str(&body).map_err(|e| wrong(0, Type::Text, e))
}

/// Bins that begin within the span.
pub(super) fn rollup(conn: &Connection, service: &Slug, by: Rollup, span: Minutes) -> rusqlite::Result<Vec<RollupBin>> {
    conn.prepare_cached(
        "SELECT start, reports, votes, direct + search + social + other FROM rollup
         WHERE step = $1 AND service = $2 AND start >= $3 AND start < $4 ORDER BY start",
    )?
    .query_map(params![by.minutes(), service.as_str(), span.from.0, span.to.0], |r| {
        Ok(RollupBin {
            start: Minute(r.get(0)?),
            reports: count(r.get(1)?),
            votes: count(r.get(2)?),
            visits: count(r.get(3)?),
        })
    })?
    .collect()
}

/// Whole hours from the hourly bins, what is left at the ends from quarter hours, what is then left from minutes. So a
/// long stretch is cheap, and ends older than the fine bins are cut to whole bins.
pub(super) fn visits(conn: &Connection, service: &Slug, span: Minutes) -> rusqlite::Result<VisitTotals> {
    let mut select = conn.prepare_cached(
        "SELECT COALESCE(sum(direct), 0), COALESCE(sum(search), 0), COALESCE(sum(social), 0), COALESCE(sum(other), 0)
         FROM rollup WHERE step = $1 AND service = $2 AND start >= $3 AND start < $4",
    )?;
    let mut total = VisitTotals::default();
    let mut open = vec![(span.from.0, span.to.0)];
    for step in [Rollup::Hour, Rollup::Quarter, Rollup::Minute].map(Rollup::minutes) {
        let mut left = Vec::new();
        for (from, to) in open {
            let first = from.saturating_add(step - 1).div_euclid(step) * step;
            let end = to.div_euclid(step) * step;
            if first >= end {
                left.push((from, to));
                continue;
            }
            let part = select.query_row(params![step, service.as_str(), first, end], |r| {
                Ok([count(r.get(0)?), count(r.get(1)?), count(r.get(2)?), count(r.get(3)?)])
            })?;
            total.direct += part[0];
            total.search += part[1];
            total.social += part[2];
            total.other += part[3];
            left.extend([(from, first), (end, to)].into_iter().filter(|(a, b)| a < b));
        }
        open = left;
    }
    Ok(total)
}

/// Counts are never negative; a damaged one reads as none rather than as a panic.
pub(super) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

pub(super) fn slug(r: &Row<'_>, column: usize) -> rusqlite::Result<Slug> {
    let text: String = r.get(column)?;
    Slug::parse(&text).map_err(|e| wrong(column, Type::Text, e))
}

pub(super) fn wrong(column: usize, kind: Type, e: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::FromSqlConversionFailure(column, kind, Box::new(FromSqlError::Other(Box::new(e))))
}
