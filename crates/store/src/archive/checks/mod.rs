//! Single results of our own checks, for 90 days: a thousand checks a minute leave 130 million.
//!
//! Projection appends them as they came, one row for each entry of the journal. When their hour is over, they are packed
//! ([`mod@pack`]) into one row for each hour, service and location. Reading merges both.

mod codec;
mod pack;

pub(super) use pack::pack;

use super::read::wrong;
use allclear_model::kept::{DAY_MS, LINES_DAYS};
use allclear_model::signal::CheckResults;
use allclear_model::{Slug, Time};
use allclear_ports::{CheckPage, CheckRow, Span};
use codec::{Found, HOUR_MS, Malformed};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::{BTreeMap, HashMap};

/// Hours that one page looks through, so that a service without results costs no more than one with many. Ten days.
const HOURS_OF_A_PAGE: i64 = 240;

/// Hours that are kept.
const HOURS_KEPT: i64 = LINES_DAYS * DAY_MS / HOUR_MS;

/// A row of `check_hour`: hour, service, location.
type Key = (i64, i64, i64);

/// Numbers of services and locations, each asked for once.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: HashMap<Slug, i64>,
}

impl Names {
    /// The number of a name; a new one gets the next.
    fn number(&mut self, conn: &Connection, name: &Slug) -> rusqlite::Result<i64> {
        if let Some(id) = self.known.get(name) {
            return Ok(*id);
        }
        let id = if let Some(id) = number_of(conn, name)? {
            id
        } else {
            conn.prepare_cached("INSERT INTO check_name (name) VALUES ($1)")?.execute([name.as_str()])?;
            conn.last_insert_rowid()
        };
        self.known.insert(name.clone(), id);
        Ok(id)
    }
}

fn number_of(conn: &Connection, name: &Slug) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT id FROM check_name WHERE name = $1")?
        .query_row([name.as_str()], |r| r.get(0))
        .optional()
}

/// Appends what an entry brings.
pub(super) fn append(
    conn: &Connection,
    names: &mut Names,
    seq: i64,
    at: Time,
    checks: &CheckResults,
) -> rusqlite::Result<()> {
    let location = names.number(conn, &checks.location)?;
    let mut results = Vec::with_capacity(checks.results.len());
    for r in &checks.results {
        results.push((names.number(conn, &r.service)?, Found::of(at.0, r)));
    }
    let low = results.iter().map(|(_, f)| f.at).min().unwrap_or(at.0);
    let count = i64::try_from(results.len()).unwrap_or(i64::MAX);
    conn.prepare_cached(
        "INSERT INTO check_fresh (seq, at, low, location, results, body) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
    )?
    .execute(params![seq, at.0, low, location, count, codec::write_batch(at.0, &results)])
    .map(drop)
}

/// Results of a service, newest first. The cursor is an instant, as that of incidents: a page has all results of the instant
/// it ends with.
pub(super) fn checks(
    conn: &Connection,
    service: &Slug,
    span: Span,
    location: Option<&Slug>,
    limit: u32,
) -> rusqlite::Result<CheckPage> {
    let nothing = CheckPage::default();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let Some(service) = number_of(conn, service)? else { return Ok(nothing) };
    let location = match location.map(|l| number_of(conn, l)).transpose()? {
        Some(None) => return Ok(nothing),
        known => known.flatten(),
    };
    if limit == 0 || span.from >= span.to {
        return Ok(nothing);
    }
    let fresh = fresh(conn, service, span, location)?;
    // Only hours in which there is anything at all are looked at. Asked for apart: SQLite looks for both at once in every row.
    let packed = conn
        .prepare_cached("SELECT (SELECT min(hour) FROM check_hour), (SELECT max(hour) FROM check_hour)")?
        .query_row([], |r| Ok(r.get::<_, Option<i64>>(0)?.zip(r.get::<_, Option<i64>>(1)?)))?;
    let there = fresh.keys().next().copied().zip(fresh.keys().last().copied());
    let Some((first, last)) = packed.into_iter().chain(there).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
        return Ok(nothing);
    };
    let first = first.max(span.from.0.div_euclid(HOUR_MS));
    let last = last.min(span.to.0.saturating_sub(1).div_euclid(HOUR_MS));
    let oldest_of_page = first.max(last.saturating_sub(HOURS_OF_A_PAGE - 1));

    let mut names = Locations::default();
    let mut page = CheckPage::default();
    for hour in (oldest_of_page..=last).rev() {
        let mut rows = packed_hour(conn, hour, service, location)?;
        rows.extend(fresh.get(&hour).into_iter().flatten().cloned());
        rows.retain(|(_, f)| (span.from.0..span.to.0).contains(&f.at));
        let mut rows = rows
            .into_iter()
            .map(|(location, f)| Ok((f.at, names.get(conn, location)?, f)))
            .collect::<rusqlite::Result<Vec<_>>>()?;
        // Stable: what one location said at one instant stays in the order in which it came.
        rows.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        for (at, location, f) in rows {
            if page.rows.len() >= limit && page.rows.last().is_some_and(|r| r.at.0 != at) {
                page.next = page.rows.last().map(|r| r.at);
                return Ok(page);
            }
            let Found { outcome, late, ms, reason, .. } = f;
            page.rows.push(CheckRow { at: Time(at), location, outcome, reason, ms, late });
        }
    }
    if oldest_of_page > first {
        page.next = Some(Time(oldest_of_page.saturating_mul(HOUR_MS)));
    }
    Ok(page)
}

/// Names of locations by their number.
#[derive(Default)]
struct Locations(HashMap<i64, Slug>);

impl Locations {
    fn get(&mut self, conn: &Connection, id: i64) -> rusqlite::Result<Slug> {
        if let Some(name) = self.0.get(&id) {
            return Ok(name.clone());
        }
        let name = conn
            .prepare_cached("SELECT name FROM check_name WHERE id = $1")?
            .query_row([id], |r| super::read::slug(r, 0))?;
        self.0.insert(id, name.clone());
        Ok(name)
    }
}

/// Results of a service by hour, in the order in which they came, of those that are not packed yet.
type Fresh = BTreeMap<i64, Vec<(i64, Found)>>;

fn fresh(conn: &Connection, service: i64, span: Span, location: Option<i64>) -> rusqlite::Result<Fresh> {
    let packing = pack::Packing::read(conn)?;
    let mut found = Fresh::new();
    let mut select = conn.prepare_cached(
        "SELECT seq, at, location, body FROM check_fresh
         WHERE at >= $1 AND low < $2 AND ($3 IS NULL OR location = $3) ORDER BY seq",
    )?;
    let mut rows = select.query(params![span.from.0, span.to.0, location])?;
    while let Some(row) = rows.next()? {
        let (seq, location): (i64, i64) = (row.get(0)?, row.get(2)?);
        batch_row(row, 1, 3, |of, f| {
            if of == service && !packing.has((f.hour(), of, location), seq) {
                found.entry(f.hour()).or_default().push((location, f));
            }
        })?;
    }
    Ok(found)
}

/// What is packed of one hour, by location.
fn packed_hour(
    conn: &Connection,
    hour: i64,
    service: i64,
    location: Option<i64>,
) -> rusqlite::Result<Vec<(i64, Found)>> {
    let mut select = conn.prepare_cached(
        "SELECT body, hour, location FROM check_hour
         WHERE hour = $1 AND service = $2 AND ($3 IS NULL OR location = $3) ORDER BY location",
    )?;
    let mut rows = select.query(params![hour, service, location])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let location: i64 = row.get(2)?;
        found.extend(hour_row(row)?.into_iter().map(|f| (location, f)));
    }
    Ok(found)
}

/// Reads the columns `body, hour`.
pub(super) fn hour_row(r: &Row<'_>) -> rusqlite::Result<Vec<Found>> {
    codec::read_hour(r.get(1)?, r.get_ref(0)?.as_blob()?).map_err(|e| malformed(0, e))
}

/// Reads the columns of an entry's instant and body.
fn batch_row(r: &Row<'_>, at: usize, body: usize, take: impl FnMut(i64, Found)) -> rusqlite::Result<()> {
    codec::read_batch(r.get(at)?, r.get_ref(body)?.as_blob()?, take).map_err(|e| malformed(body, e))
}

/// Reads the columns `body, at`.
pub(super) fn fresh_row(r: &Row<'_>) -> rusqlite::Result<()> {
    batch_row(r, 1, 0, |_, _| {})
}

fn malformed(column: usize, e: Malformed) -> rusqlite::Error {
    wrong(column, Type::Blob, e)
}

/// The first hour that is kept.
pub(super) fn first_kept(now: Time) -> i64 {
    now.0.div_euclid(HOUR_MS) - HOURS_KEPT
}
