//! Pruning and blanking in bounded steps. Each is one short transaction between two appends.

use crate::error::Place;
use allclear_model::Time;
use allclear_ports::{Blanked, PortError};
use rusqlite::{Connection, params};

/// Removes the oldest rows, never the last one.
pub(super) fn prune(conn: &Connection, place: &Place, before: u64, limit: usize) -> Result<u64, PortError> {
    let removed = conn.prepare_cached(
        "DELETE FROM entry WHERE seq IN (
             SELECT seq FROM entry WHERE seq < $1 AND seq < (SELECT max(seq) FROM entry) ORDER BY seq LIMIT $2)",
    );
    let removed = removed.and_then(|mut s| s.execute(params![clamp(before), bound(limit)]));
    removed.map(count).map_err(|e| place.sqlite("prune the journal", &e))
}

/// Blanks source and network, by whatever name, of rows that still have one. The condition is that of the index.
pub(super) const HASHES: &str = "UPDATE entry SET source = NULL, network = NULL, network_before = NULL WHERE seq IN (
         SELECT seq FROM entry WHERE at < $1 AND (source IS NOT NULL OR network IS NOT NULL) ORDER BY at LIMIT $2)";

/// Blanks only what networks were called before.
pub(super) const NAMES: &str = "UPDATE entry SET network_before = NULL WHERE seq IN (
         SELECT seq FROM entry WHERE at < $1 AND (source IS NOT NULL OR network IS NOT NULL) AND network_before IS NOT NULL
         ORDER BY at LIMIT $2)";

/// Blanks what `what` says, of the oldest rows that have it.
pub(super) fn blank(
    conn: &Connection,
    place: &Place,
    what: &str,
    before: Time,
    limit: usize,
) -> Result<Blanked, PortError> {
    let rows = conn.prepare_cached(what);
    let rows = rows.and_then(|mut s| s.execute(params![before.0, bound(limit)]));
    let rows = rows.map_err(|e| place.sqlite("blank sources in the journal", &e))?;
    Ok(Blanked { rows: count(rows), done: rows < limit })
}

/// A sequence number as SQLite can compare it; those beyond its range are beyond every row.
pub(super) fn clamp(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A limit as SQLite understands it; it takes a negative one for none at all.
pub(super) fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
