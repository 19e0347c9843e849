//! The journal in an SQLite file in WAL mode: one writer, group commit, `synchronous = FULL`.
//!
//! **Checkpoints.** SQLite would move the log back into the file within some unlucky commit. Here a commit never does:
//! [`Journal::checkpoint`] copies the bulk on a connection of its own, beside which the writer goes on, and only when
//! the log has grown past 16 MiB lets the writer copy the few pages that came in meanwhile, so that the log starts
//! again from its beginning. The file of the log keeps its size: writing into blocks that are already there makes the
//! fsync cheaper. Only after blanking or pruning, and once after a start, it is emptied, because what was in it could be
//! read from it for as long as nothing is written over it. Call it every few seconds; if nobody does, a commit does it
//! at 64 MiB.

pub(crate) mod codec;

mod append;
mod maintain;
mod pack;
mod texts;

use crate::database::{Database, Kind};
use crate::error::Place;
use crate::file::Sort;
use allclear_model::{Entry, FreeText, ReportId, Signal, Time};
use allclear_ports::{Blanked, Journal, PortError};
use async_trait::async_trait;
use codec::{COLUMNS, Fault, Raw};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// `journal.db`: the ordered log.
pub struct JournalFile;

impl Kind for JournalFile {
    const SORT: Sort = Sort {
        name: "journal.db",
        application_id: i32::from_be_bytes(*b"ALCJ"),
        migrations: &[
            include_str!("../../migrations/journal/0001_entries.sql"),
            include_str!("../../migrations/journal/0002_texts.sql"),
            include_str!("../../migrations/journal/0003_packed.sql"),
            include_str!("../../migrations/journal/0004_renamed.sql"),
        ],
        tables: &["entry", "text"],
        // Only start-up, the projector, replay and audits read the journal.
        readers: 2,
        newest: |conn, place| read_last(conn, place).map(drop),
    };
}

/// `journal.db` in a data folder, as the engine's journal.
pub type SqliteJournal = Database<JournalFile>;

const READ: &str = "read the journal";
const APPEND: &str = "append to the journal";
const PRUNE: &str = "prune the journal";
const BLANK: &str = "blank sources in the journal";
const LOOK: &str = "look through the journal";
const TEXTS: &str = "read or remove texts";

impl SqliteJournal {
    async fn blanking(&self, what: &'static str, before: Time, limit: usize) -> Result<Blanked, PortError> {
        let blanked = self.writing(BLANK, move |conn, place| maintain::blank(conn, place, what, before, limit)).await?;
        if blanked.rows > 0 {
            self.outlive();
        }
        Ok(blanked)
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn append(&self, entries: &[Entry]) -> Result<(), PortError> {
        if entries.is_empty() {
            return Ok(());
        }
        let rows: Result<Vec<_>, _> = entries.iter().map(codec::encode).collect();
        let rows = rows.map_err(|detail| PortError::Unavailable { action: APPEND, detail })?;
        // A text that is replaced goes as well as one that is dropped.
        let drops = entries.iter().any(|e| matches!(e.signal, Signal::ReportUpdated(_) | Signal::TextErased(_)));
        self.writing(APPEND, move |conn, place| append::append(conn, place, &rows)).await?;
        if drops {
            self.outlive();
        }
        Ok(())
    }

    async fn read(&self, from: u64, limit: usize) -> Result<Vec<Entry>, PortError> {
        let read = move |conn: &Transaction<'_>, place: &Place| {
            let mut entries = Vec::new();
            walk(conn, place, from, limit, |raw| {
                entries.push(decode(raw, place)?);
                Ok(())
            })?;
            Ok(entries)
        };
        self.reading(READ, read).await
    }

    async fn last(&self) -> Result<Option<(u64, Time)>, PortError> {
        self.reading(READ, |conn, place| read_last(conn, place)).await
    }

    async fn first(&self) -> Result<Option<u64>, PortError> {
        let first = |conn: &Transaction<'_>, place: &Place| {
            let seq =
                conn.query_row("SELECT seq FROM entry ORDER BY seq LIMIT 1", [], |r| r.get::<_, i64>(0)).optional();
            Ok(seq.map_err(|e| place.sqlite(READ, &e))?.and_then(|s| u64::try_from(s).ok()))
        };
        self.reading(READ, first).await
    }

    async fn prune(&self, before: u64, limit: usize) -> Result<u64, PortError> {
        let removed = self.writing(PRUNE, move |conn, place| maintain::prune(conn, place, before, limit)).await?;
        if removed > 0 {
            self.outlive();
        }
        Ok(removed)
    }

    async fn blank_sources(&self, before: Time, limit: usize) -> Result<Blanked, PortError> {
        self.blanking(maintain::HASHES, before, limit).await
    }

    async fn blank_network_names(&self, before: Time, limit: usize) -> Result<Blanked, PortError> {
        self.blanking(maintain::NAMES, before, limit).await
    }

    async fn texts(&self, ids: &[ReportId]) -> Result<Vec<(ReportId, FreeText)>, PortError> {
        let ids = ids.to_vec();
        self.reading(TEXTS, move |conn, place| texts::read(conn, place, &ids)).await
    }

    async fn forget_texts(&self, before: Time, limit: usize) -> Result<u64, PortError> {
        let removed = self.writing(TEXTS, move |conn, place| texts::forget(conn, place, before, limit)).await?;
        if removed > 0 {
            self.outlive();
        }
        Ok(removed)
    }

    async fn checkpoint(&self) -> Result<(), PortError> {
        self.move_log().await
    }

    async fn look_through(&self, from: Option<String>, limit: usize) -> Result<Option<String>, PortError> {
        let from = from.and_then(|from| from.parse().ok()).unwrap_or(0);
        let look = move |conn: &Transaction<'_>, place: &Place| {
            let on = walk(conn, place, from, limit.max(1), |raw| {
                if codec::is_whole(&raw) {
                    return Ok(());
                }
                Err(place.damaged(&format!("is damaged (entry {}: its checksum does not match)", raw.seq)))
            })?;
            Ok(on.map(|seq| seq.to_string()))
        };
        self.reading(LOOK, look).await
    }
}

/// Hands at most `limit` rows from `from` on to `take`, none of those between the first and the last missing. Says where to
/// go on, `None` at the end.
fn walk(
    conn: &Connection,
    place: &Place,
    from: u64,
    limit: usize,
    mut take: impl FnMut(Raw<'_>) -> Result<(), PortError>,
) -> Result<Option<u64>, PortError> {
    let failed = |e: &rusqlite::Error| place.sqlite(READ, e);
    let mut select = conn
        .prepare_cached(&format!("SELECT {COLUMNS} FROM entry WHERE seq >= $1 ORDER BY seq LIMIT $2"))
        .map_err(|e| failed(&e))?;
    let from = maintain::clamp(from);
    let mut rows = select.query(params![from, maintain::bound(limit)]).map_err(|e| failed(&e))?;
    let (mut first, mut next, mut taken) = (None, from, 0);
    let unread = |next: i64, e: &_| place.unreadable(READ, &format!("at entry {next} or after"), e);
    while let Some(row) = rows.next().map_err(|e| unread(next, &e))? {
        let raw = Raw::from_row(row).map_err(|e| unread(next, &e))?;
        let seq = raw.seq;
        take(raw)?;
        if *first.get_or_insert(seq) != seq && seq != next {
            return Err(place.damaged(&format!("is damaged (entries are missing before entry {seq})")));
        }
        next = seq.saturating_add(1);
        taken += 1;
    }
    // Older entries may be pruned; but when one is there, all after it must be.
    if first.is_some_and(|seq| seq > from) {
        let older =
            conn.prepare_cached("SELECT 1 FROM entry WHERE seq < $1 LIMIT 1").and_then(|mut s| s.exists([from]));
        if older.map_err(|e| failed(&e))? {
            return Err(place.damaged(&format!("is damaged (entry {from} is missing)")));
        }
    }
    Ok(if taken < limit { None } else { u64::try_from(next).ok() })
}

fn read_last(conn: &Connection, place: &Place) -> Result<Option<(u64, Time)>, PortError> {
    let sql = format!("SELECT {COLUMNS} FROM entry ORDER BY seq DESC LIMIT 1");
    let read = conn.query_row(&sql, [], |r| Ok(decode(Raw::from_row(r)?, place))).optional();
    let read = read.map_err(|e| place.unreadable(READ, "at the last entry", &e))?;
    read.map(|entry| entry.map(|e| (e.seq, e.at))).transpose()
}

/// Reads a row, or says which one is damaged or from the future.
pub(crate) fn decode(raw: Raw<'_>, place: &Place) -> Result<Entry, PortError> {
    codec::decode(raw).map_err(|fault| match fault {
        Fault::Damaged(what) => place.damaged(&format!("is damaged ({what})")),
        Fault::Newer(what) => place.newer(&what, JournalFile::SORT.migrations.len()),
    })
}
