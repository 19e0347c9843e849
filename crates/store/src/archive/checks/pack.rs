//! From results as they came to one row for each hour, service and location.
//!
//! It goes in rounds. A round takes the oldest entries whose hour is over (or as many as make a round, so that what is not
//! packed stays small however much comes), and goes through their keys in order, some in each step; then the entries go. How far
//! it is stands in the file and changes with each step, so that a reader, or the next start, never sees a result twice or not at
//! all. A late result is of an hour that is packed already: it is put to what is there.

use super::codec::{self, Found, HOUR_MS};
use super::{Key, batch_row, hour_row};
use allclear_model::Time;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// Results of one round. Each step reads all of them: 2 milliseconds.
const ROUND: i64 = 100_000;

/// What a row costs beside its results, in results.
const ROW: i64 = 16;

/// How far packing stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packing {
    upto: i64,
    done: Key,
}

impl Packing {
    pub(super) fn read(conn: &Connection) -> rusqlite::Result<Packing> {
        conn.prepare_cached("SELECT upto, hour, service, location FROM check_packing WHERE one = 1")?
            .query_row([], |r| Ok(Packing { upto: r.get(0)?, done: (r.get(1)?, r.get(2)?, r.get(3)?) }))
    }

    fn write(self, conn: &Connection) -> rusqlite::Result<()> {
        conn.prepare_cached("UPDATE check_packing SET upto = $1, hour = $2, service = $3, location = $4 WHERE one = 1")?
            .execute(params![self.upto, self.done.0, self.done.1, self.done.2])
            .map(drop)
    }

    /// Whether a result of the entry `seq` is packed already.
    pub(super) fn has(&self, key: Key, seq: i64) -> bool {
        seq <= self.upto && key <= self.done
    }
}

/// Before every key.
const NONE: Key = (-1, 0, 0);

/// One step of at most `limit` rows. False when there is nothing to do.
pub(in crate::archive) fn pack(conn: &Connection, now: Time, limit: u32) -> rusqlite::Result<bool> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX).max(1);
    let mut packing = Packing::read(conn)?;
    if packing.upto == 0 {
        let Some(upto) = round(conn, now)? else { return Ok(false) };
        packing = Packing { upto, done: NONE };
    }
    let step = gather(conn, packing, limit)?;
    let more = step.len() == limit;
    let last = step.keys().next_back().copied();
    for (key, results) in step {
        put(conn, key, results)?;
    }
    if let Some(done) = last.filter(|_| more) {
        Packing { done, ..packing }.write(conn)?;
    } else {
        conn.prepare_cached("DELETE FROM check_fresh WHERE seq <= $1")?.execute([packing.upto])?;
        Packing { upto: 0, done: NONE }.write(conn)?;
    }
    Ok(true)
}

/// The last entry of the next round, if there is one to begin.
fn round(conn: &Connection, now: Time) -> rusqlite::Result<Option<i64>> {
    let hour = now.0.div_euclid(HOUR_MS).saturating_mul(HOUR_MS);
    let mut select = conn.prepare_cached("SELECT seq, at, results FROM check_fresh ORDER BY seq")?;
    let mut rows = select.query([])?;
    let (mut size, mut over) = (0_i64, None);
    while let Some(row) = rows.next()? {
        let (seq, at, results): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if at < hour {
            over = Some(seq);
        } else if over.is_some() {
            break;
        }
        size = size.saturating_add(results).saturating_add(ROW);
        if size >= ROUND {
            return Ok(Some(seq));
        }
    }
    Ok(over)
}

/// The results of the first `limit` keys that are not packed yet. No more is held on the way, however many keys there are.
fn gather(conn: &Connection, packing: Packing, limit: usize) -> rusqlite::Result<BTreeMap<Key, Vec<Found>>> {
    let mut step: BTreeMap<Key, Vec<Found>> = BTreeMap::new();
    let mut select = conn.prepare_cached("SELECT at, location, body FROM check_fresh WHERE seq <= $1 ORDER BY seq")?;
    let mut rows = select.query([packing.upto])?;
    while let Some(row) = rows.next()? {
        let location: i64 = row.get(1)?;
        batch_row(row, 0, 2, |service, f| {
            let key = (f.hour(), service, location);
            let beyond = step.len() == limit && step.last_key_value().is_some_and(|(last, _)| key > *last);
            if key <= packing.done || beyond {
                return;
            }
            step.entry(key).or_default().push(f);
            if step.len() > limit {
                step.pop_last();
            }
        })?;
    }
    Ok(step)
}

/// Puts results to those of their hour.
fn put(conn: &Connection, key: Key, mut results: Vec<Found>) -> rusqlite::Result<()> {
    let (hour, service, location) = key;
    let there = conn
        .prepare_cached("SELECT body, hour FROM check_hour WHERE hour = $1 AND service = $2 AND location = $3")?
        .query_row(params![hour, service, location], hour_row)
        .optional()?;
    if let Some(mut there) = there {
        // What came before stands before what came after at the same instant.
        there.append(&mut results);
        results = there;
    }
    let body = codec::write_hour(hour, &mut results);
    conn.prepare_cached(
        "INSERT INTO check_hour (hour, service, location, body) VALUES ($1, $2, $3, $4)
         ON CONFLICT (hour, service, location) DO UPDATE SET body = excluded.body",
    )?
    .execute(params![hour, service, location, body])
    .map(drop)
}
