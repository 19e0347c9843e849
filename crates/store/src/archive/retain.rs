//! Removing what has passed its time, a bounded number of rows at once.

use super::checks;
use allclear_model::Time;
use allclear_model::kept::{DAY_MS, FORMS_DAYS, LINES_DAYS};
use rusqlite::Connection;

const HOUR_MS: i64 = 3_600_000;

/// How long bins of one minute are kept.
pub(super) const MINUTES_KEPT_MS: i64 = 48 * HOUR_MS;
/// How long bins of 15 minutes, report rows and what official pages said are kept.
pub(super) const QUARTERS_KEPT_MS: i64 = LINES_DAYS * DAY_MS;
/// How long suggestions, answers and acts are kept.
pub(super) const FORMS_KEPT_MS: i64 = FORMS_DAYS * DAY_MS;

/// Removes at most `limit` rows; returns how many, 0 when nothing is left.
pub(super) fn retain(conn: &Connection, now: Time, limit: u32) -> rusqlite::Result<u64> {
    let mut left = i64::from(limit);
    let mut removed = 0;
    let mut remove = |sql: &str, args: &[i64]| -> rusqlite::Result<()> {
        if left > 0 {
            let mut all = args.to_vec();
            all.push(left);
            let n = conn.prepare_cached(sql)?.execute(rusqlite::params_from_iter(all))?;
            left -= i64::try_from(n).unwrap_or(left);
            removed += u64::try_from(n).unwrap_or(0);
        }
        Ok(())
    };
    let bins = "DELETE FROM rollup WHERE (step, service, start) IN (
                    SELECT step, service, start FROM rollup WHERE step = $1 AND start < $2 ORDER BY start LIMIT $3)";
    for (step, kept) in [(1, MINUTES_KEPT_MS), (15, QUARTERS_KEPT_MS)] {
        // A bin goes when the whole of it is old.
        remove(bins, &[step, now.plus_ms(-kept).minute().0.saturating_sub(step - 1)])?;
    }
    // Only the oldest rows are looked at, so that a step costs the same when nothing is due.
    remove(
        "DELETE FROM report WHERE at < $1 AND seq IN (SELECT seq FROM report ORDER BY seq LIMIT $2)",
        &[now.plus_ms(-QUARTERS_KEPT_MS).0],
    )?;
    remove(
        "DELETE FROM decision WHERE at < $1 AND seq IN (SELECT seq FROM decision ORDER BY seq LIMIT $2)",
        &[now.plus_ms(-QUARTERS_KEPT_MS).0],
    )?;
    remove(
        "DELETE FROM official WHERE at < $1 AND (service, seq) IN (SELECT service, seq FROM official ORDER BY seq LIMIT $2)",
        &[now.plus_ms(-QUARTERS_KEPT_MS).0],
    )?;
    // One stretch of the file: hours stand in order. An hour goes when the whole of it is old.
    remove(
        "DELETE FROM check_hour WHERE hour < $1 AND (hour, service, location) IN (
             SELECT hour, service, location FROM check_hour ORDER BY hour, service, location LIMIT $2)",
        &[checks::first_kept(now)],
    )?;
    for sql in [
        "DELETE FROM act WHERE at < $1 AND seq IN (SELECT seq FROM act ORDER BY seq LIMIT $2)",
        "DELETE FROM suggestion WHERE at < $1 AND id IN (SELECT id FROM suggestion ORDER BY id LIMIT $2)",
        "DELETE FROM survey WHERE at < $1 AND id IN (SELECT id FROM survey ORDER BY id LIMIT $2)",
    ] {
        remove(sql, &[now.plus_ms(-FORMS_KEPT_MS).0])?;
    }
    Ok(removed)
}
