//! The one act everything else depends on: a batch becomes durable, or does not happen.

use super::codec::{Row, Text};
use crate::error::Place;
use allclear_ports::PortError;
use rusqlite::{Connection, OptionalExtension, params};

const ACTION: &str = "append to the journal";

/// Writes the rows in one transaction: one fsync, at the commit.
pub(super) fn append(conn: &Connection, place: &Place, rows: &[Row]) -> Result<(), PortError> {
    let failed = |e: &rusqlite::Error| place.sqlite(ACTION, e);
    // A transaction that could not be taken back the last time, for instance while the disk was full.
    roll_back(conn).map_err(|e| failed(&e))?;
    let done = write(conn, rows);
    if !matches!(done, Ok(Ok(()))) {
        // When even this fails, the next append begins with it; the rows are not in, because nothing was committed.
        drop(roll_back(conn));
    }
    match done {
        Ok(Ok(())) => Ok(()),
        Ok(Err(detail)) => Err(PortError::Unavailable { action: ACTION, detail }),
        Err(e) => Err(failed(&e)),
    }
}

/// The outer error is SQLite's, the inner one says why the batch does not fit.
fn write(conn: &Connection, rows: &[Row]) -> rusqlite::Result<Result<(), String>> {
    conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    // Asked of the file every time and not remembered, so that neither a failed batch nor another process can leave a gap.
    let last = conn
        .prepare_cached("SELECT seq, at FROM entry ORDER BY seq DESC LIMIT 1")?
        .query_row([], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?)))
        .optional()?;
    let (mut seq, mut at) = last.unwrap_or((0, i64::MIN));
    let mut insert = conn.prepare_cached(
        "INSERT INTO entry (seq, at, kind, body, source, network, sum, packed, network_before)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )?;
    for row in rows {
        if row.seq != seq.saturating_add(1) {
            return Ok(Err(format!("entry {} does not follow entry {seq}", row.seq)));
        }
        if row.at < at {
            return Ok(Err(format!("entry {} is stamped before entry {seq}", row.seq)));
        }
        let (source, network, before) = (row.source, row.network, row.network_before);
        insert.execute(params![row.seq, row.at, row.kind, row.body, source, network, row.sum, row.packed, before])?;
        (seq, at) = (row.seq, row.at);
        match &row.text {
            Some(Text::Keep(id, body)) => keep(conn, id, row.at, body)?,
            Some(Text::Drop(id)) => drop_text(conn, id)?,
            None => {}
        }
    }
    conn.prepare_cached("COMMIT")?.execute([])?;
    Ok(Ok(()))
}

fn roll_back(conn: &Connection) -> rusqlite::Result<()> {
    if conn.is_autocommit() { Ok(()) } else { conn.execute_batch("ROLLBACK") }
}

fn keep(conn: &Connection, id: &[u8; 16], at: i64, body: &str) -> rusqlite::Result<()> {
    let mut put = conn.prepare_cached(
        "INSERT INTO text (id, at, body) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET at = excluded.at, body = excluded.body",
    )?;
    put.execute(params![id, at, body]).map(drop)
}

fn drop_text(conn: &Connection, id: &[u8; 16]) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM text WHERE id = $1")?.execute([id]).map(drop)
}
