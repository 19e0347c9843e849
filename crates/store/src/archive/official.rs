//! What vendors' official pages said: from entries to rows, and back.

use super::read::{count, wrong};
use allclear_model::official::{OfficialPages, OfficialSaid};
use allclear_model::{Slug, Time};
use allclear_ports::OfficialRow;
use rusqlite::types::Type;
use rusqlite::{Connection, params};

/// What is new in an entry: whose page, and its word as a column has it.
#[derive(Debug)]
pub(super) struct News {
    at: Time,
    words: Vec<(Slug, String)>,
}

impl News {
    /// Takes it out of an entry; `None` when every page said what it said before, or nothing.
    pub(super) fn of(at: Time, pages: &OfficialPages) -> Result<Option<News>, serde_json::Error> {
        let mut words = Vec::new();
        for read in &pages.read {
            if let OfficialSaid::New { word } = &read.said {
                words.push((read.service.clone(), serde_json::to_string(word)?));
            }
        }
        Ok((!words.is_empty()).then_some(News { at, words }))
    }

    pub(super) fn write(self, conn: &Connection, seq: i64) -> rusqlite::Result<()> {
        let mut insert = conn.prepare_cached(
            "INSERT INTO official (seq, service, at, word) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )?;
        for (service, word) in self.words {
            insert.execute(params![seq, service.as_str(), self.at.0, word])?;
        }
        Ok(())
    }
}

/// What a page said, newest first, with `seq < before`.
pub(super) fn official(
    conn: &Connection,
    service: &Slug,
    before: Option<u64>,
    limit: u32,
) -> rusqlite::Result<Vec<OfficialRow>> {
    let before = before.and_then(|b| i64::try_from(b).ok()).unwrap_or(i64::MAX);
    let mut select = conn.prepare_cached(
        "SELECT seq, at, word FROM official WHERE service = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
    )?;
    let rows = select.query_map(params![service.as_str(), before, limit], |r| {
        let word: String = r.get(2)?;
        Ok(OfficialRow {
            seq: count(r.get(0)?),
            at: Time(r.get(1)?),
            word: serde_json::from_str(&word).map_err(|e| wrong(2, Type::Text, e))?,
        })
    })?;
    rows.collect()
}
