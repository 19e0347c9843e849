//! Looking through what is seldom read, some rows at a time, so that damage is known before the rows are needed.
//!
//! Rows of the archive carry no checksum: found is a page that is none any more, and a row that does not read as one. An index
//! holds nothing of its own; a damaged one is found when it is used, and not copied into a backup.

use super::read;
use crate::error::Place;
use allclear_ports::PortError;
use rusqlite::{Connection, Row};
use serde_json::{Value, json};

/// A table in the order of its key.
struct Walk {
    table: &'static str,
    /// What `row` reads, in its order.
    columns: &'static str,
    key: &'static [&'static str],
    row: fn(&Row<'_>) -> rusqlite::Result<()>,
}

const WALKS: [Walk; 9] = [
    Walk { table: "report", columns: read::REPORT, key: &["seq"], row: |r| read::report_row(r).map(drop) },
    Walk { table: "incident", columns: "body", key: &["rowid"], row: |r| read::incident_row(r).map(drop) },
    Walk {
        table: "rollup",
        columns: "service, step, start, reports, votes, direct, search, social, other",
        key: &["step", "service", "start"],
        row: |r| {
            read::slug(r, 0)?;
            (1..9).try_for_each(|i| r.get::<_, i64>(i).map(drop))
        },
    },
    Walk {
        table: "suggestion",
        columns: super::forms::SUGGESTION,
        key: &["id"],
        row: |r| super::forms::suggestion_row(r).map(drop),
    },
    Walk {
        table: "decision",
        columns: super::people::DECISION,
        key: &["seq"],
        row: |r| super::people::decision_row(r).map(drop),
    },
    Walk { table: "act", columns: super::people::ACT, key: &["seq"], row: |r| super::people::audit_row(r).map(drop) },
    Walk {
        table: "survey",
        columns: super::forms::SURVEY,
        key: &["id"],
        row: |r| super::forms::survey_row(r).map(drop),
    },
    Walk { table: "check_fresh", columns: "body, at", key: &["seq"], row: super::checks::fresh_row },
    Walk {
        table: "check_hour",
        columns: "body, hour",
        key: &["hour", "service", "location"],
        row: |r| super::checks::hour_row(r).map(drop),
    },
];

/// Reads at most `limit` rows of one table from `from` on, `[table, key of the last row]`; says where to go on.
pub(super) fn look(
    conn: &Connection,
    place: &Place,
    from: Option<&str>,
    limit: usize,
) -> Result<Option<String>, PortError> {
    let (at, after): (usize, Vec<Value>) = from.and_then(|f| serde_json::from_str(f).ok()).unwrap_or_default();
    let Some(walk) = WALKS.get(at) else { return Ok(None) };
    let next = match step(conn, walk, &after, limit.max(1)) {
        Ok(next) => next,
        Err(e) => {
            let near = format!("in the table {}, after {}", walk.table, json!(after));
            return Err(place.unreadable("look through the archive", &near, &e));
        }
    };
    Ok(match next {
        Some(key) => Some(json!([at, key]).to_string()),
        None => (at + 1 < WALKS.len()).then(|| json!([at + 1, []]).to_string()),
    })
}

/// The key of the last row, `None` at the end of the table.
fn step(conn: &Connection, walk: &Walk, after: &[Value], limit: usize) -> rusqlite::Result<Option<Vec<Value>>> {
    let key = walk.key.join(", ");
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let (wanted, marks) = (walk.key.len(), vec!["?"; walk.key.len()].join(", "));
    let begin = if after.len() == wanted { format!("WHERE ({key}) > ({marks})") } else { String::new() };
    let sql = format!("SELECT {}, {key} FROM {} {begin} ORDER BY {key} LIMIT {most}", walk.columns, walk.table);
    // Seldom run: kept for the next time, it would take the place of one that pages need.
    let mut select = conn.prepare(&sql)?;
    let first_of_key = select.column_count() - wanted;
    let bound = after.iter().filter(|_| after.len() == wanted).map(|v| match v {
        Value::String(text) => rusqlite::types::Value::Text(text.clone()),
        number => rusqlite::types::Value::Integer(number.as_i64().unwrap_or(i64::MAX)),
    });
    let mut rows = select.query(rusqlite::params_from_iter(bound))?;
    let (mut seen, mut last) = (0, None);
    while let Some(row) = rows.next()? {
        (walk.row)(row)?;
        seen += 1;
        if seen == limit {
            let part = |i| {
                Ok(match row.get(first_of_key + i)? {
                    rusqlite::types::Value::Text(text) => Value::String(text),
                    rusqlite::types::Value::Integer(n) => json!(n),
                    _ => Value::Null,
                })
            };
            last = Some((0..wanted).map(part).collect::<rusqlite::Result<Vec<_>>>()?);
        }
    }
    Ok(last)
}
