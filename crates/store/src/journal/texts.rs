//! What people wrote, in a table beside the log.

use super::TEXTS;
use super::maintain::bound;
use crate::error::Place;
use allclear_model::{FreeText, ReportId, Time};
use allclear_ports::PortError;
use rusqlite::{Connection, OptionalExtension, params};

/// The texts of those that have one. One that does not read as a text is passed over: what cannot be shown safely is not
/// shown.
pub(super) fn read(conn: &Connection, place: &Place, ids: &[ReportId]) -> Result<Vec<(ReportId, FreeText)>, PortError> {
    let failed = |e: &rusqlite::Error| place.unreadable(TEXTS, "in the table text", e);
    let mut select = conn.prepare_cached("SELECT body FROM text WHERE id = $1").map_err(|e| failed(&e))?;
    let mut found = Vec::new();
    for id in ids {
        let body: Option<String> =
            select.query_row([id.0.as_bytes()], |r| r.get(0)).optional().map_err(|e| failed(&e))?;
        if let Some(text) = body.and_then(|b| FreeText::try_from(b).ok()) {
            found.push((*id, text));
        }
    }
    Ok(found)
}

/// Removes the oldest.
pub(super) fn forget(conn: &Connection, place: &Place, before: Time, limit: usize) -> Result<u64, PortError> {
    let removed = conn
        .prepare_cached("DELETE FROM text WHERE id IN (SELECT id FROM text WHERE at < $1 ORDER BY at LIMIT $2)")
        .and_then(|mut s| s.execute(params![before.0, bound(limit)]))
        .map_err(|e| place.sqlite(TEXTS, &e))?;
    Ok(u64::try_from(removed).unwrap_or(u64::MAX))
}
