//! The journal in an SQLite file in WAL mode: one writer, group commit, `synchronous = FULL`.
//!
//! **Checkpoints.** SQLite would move the log back into the file within some unlucky commit. Here a commit never does:
//! [`Journal::checkpoint`] copies the bulk on a connection of its own, beside which the writer goes on, and only when
//! the log has grown past 16 MiB lets the writer copy the few pages that came in meanwhile, so that the log starts
//! again from its beginning. The file of the log keeps its size: writing into blocks that are already there makes the
//! fsync cheaper. Call it every few seconds; if nobody does, a commit does it at 64 MiB.

pub(crate) mod codec;

mod append;
mod maintain;

use crate::error::Place;
use crate::file::{Sort, open_keeper, open_reader, open_writer};
use crate::lanes::{Pool, Writer};
use allclear_model::{Entry, Time};
use allclear_ports::{Blanked, Journal, PortError};
use async_trait::async_trait;
use codec::{Fault, Raw};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;

/// What `journal.db` must look like.
pub(crate) const SORT: Sort = Sort {
    name: "journal.db",
    application_id: i32::from_be_bytes(*b"ALCJ"),
    migrations: &[include_str!("../../migrations/journal/0001_entries.sql")],
    tables: &["entry"],
};

/// Connections for reading; only start-up, replay and audits read the journal.
const READERS: usize = 2;

/// Pages in the log (16 MiB) from which a checkpoint also lets the log start again.
const RESTART_PAGES: i64 = 4_096;

const READ: &str = "read the journal";

/// `journal.db` in a data folder. The caller holds the folder's lock.
#[derive(Debug)]
pub struct SqliteJournal {
    place: Place,
    readers: Pool,
    keeper: Pool,
    // Dropped last: the last connection to close tidies the log away.
    writer: Writer,
}

impl SqliteJournal {
    /// Opens the journal of the data folder `dir`; makes folder and file when there is none. Looks only at the header,
    /// the schema and the last entry, so that it takes milliseconds whatever the size.
    ///
    /// # Errors
    /// [`PortError::Unusable`] when the file is damaged, foreign or newer, with the command that helps;
    /// [`PortError::Full`] or [`PortError::Unavailable`] when it cannot be opened now.
    pub async fn open(dir: &Path) -> Result<Self, PortError> {
        let place = Place::new(dir, SORT.name);
        let (p, q) = (place.clone(), place.clone());
        let readers = Pool::new(READERS, move || open_reader(&p));
        let keeper = Pool::new(1, move || open_keeper(&q));
        let p = place.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let conn = open_writer(&p, &SORT)?;
            read_last(&conn, &p)?;
            Writer::start("journal-writer", conn)
        });
        let writer = opened.await.map_err(|_| crate::error::gone("open the journal"))??;
        Ok(SqliteJournal { place, readers, keeper, writer })
    }

    /// Writes a compact, consistent copy to `file` while appends go on. The copy appears under its name only when it
    /// is whole and synced. Beside an archive, copy the archive first: see [`crate::backup()`].
    ///
    /// # Errors
    /// [`PortError::Unusable`] when `file` exists; [`PortError::Full`] or [`PortError::Unavailable`] else.
    pub async fn backup_to(&self, file: &Path) -> Result<(), PortError> {
        crate::backup::copy_database(&self.place, file).await
    }

    /// Limits the file to `pages` of 4 KiB, which is how tests make a disk full without owning one. 0 lifts the limit.
    ///
    /// # Errors
    /// Those of writing.
    #[doc(hidden)]
    pub async fn limit_pages(&self, pages: u32) -> Result<(), PortError> {
        crate::file::limit_pages(&self.place, &self.writer, pages).await
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn append(&self, entries: &[Entry]) -> Result<(), PortError> {
        if entries.is_empty() {
            return Ok(());
        }
        let rows: Result<Vec<_>, _> = entries.iter().map(codec::encode).collect();
        let rows = rows.map_err(|detail| PortError::Unavailable { action: "append to the journal", detail })?;
        let place = self.place.clone();
        self.writer.run("append to the journal", move |conn| append::append(conn, &place, &rows)).await
    }

    async fn read(&self, from: u64, limit: usize) -> Result<Vec<Entry>, PortError> {
        let place = self.place.clone();
        self.readers.run(READ, move |conn| read(conn, &place, from, limit)).await
    }

    async fn last(&self) -> Result<Option<(u64, Time)>, PortError> {
        let place = self.place.clone();
        self.readers.run(READ, move |conn| read_last(conn, &place)).await
    }

    async fn first(&self) -> Result<Option<u64>, PortError> {
        let place = self.place.clone();
        let first = move |conn: &mut Connection| {
            let seq =
                conn.query_row("SELECT seq FROM entry ORDER BY seq LIMIT 1", [], |r| r.get::<_, i64>(0)).optional();
            Ok(seq.map_err(|e| place.sqlite(READ, &e))?.and_then(|s| u64::try_from(s).ok()))
        };
        self.readers.run(READ, first).await
    }

    async fn prune(&self, before: u64, limit: usize) -> Result<u64, PortError> {
        let place = self.place.clone();
        self.writer.run("prune the journal", move |conn| maintain::prune(conn, &place, before, limit)).await
    }

    async fn blank_sources(&self, before: Time, limit: usize) -> Result<Blanked, PortError> {
        let place = self.place.clone();
        self.writer.run("blank sources in the journal", move |conn| maintain::blank(conn, &place, before, limit)).await
    }

    async fn checkpoint(&self) -> Result<(), PortError> {
        crate::file::checkpoint(&self.place, &self.keeper, &self.writer, RESTART_PAGES).await
    }
}

fn read(conn: &Connection, place: &Place, from: u64, limit: usize) -> Result<Vec<Entry>, PortError> {
    let failed = |e: &rusqlite::Error| place.sqlite(READ, e);
    let mut select = conn
        .prepare_cached(
            "SELECT seq, at, kind, body, source, network, sum FROM entry WHERE seq >= $1 ORDER BY seq LIMIT $2",
        )
        .map_err(|e| failed(&e))?;
    let (from, limit) = (maintain::clamp(from), maintain::bound(limit));
    let rows = select.query_map(params![from, limit], Raw::from_row).map_err(|e| failed(&e))?;
    let mut entries: Vec<Entry> = Vec::new();
    for row in rows {
        let entry = decode(row.map_err(|e| unreadable(place, &e))?, place)?;
        let hole = entries.last().is_some_and(|before| before.seq + 1 != entry.seq);
        if hole {
            return Err(place.damaged(&format!("is damaged (entries are missing before entry {})", entry.seq)));
        }
        entries.push(entry);
    }
    // Older entries may be pruned; but when one is there, all after it must be.
    if entries.first().is_some_and(|e| i64::try_from(e.seq).is_ok_and(|seq| seq > from)) {
        let older =
            conn.prepare_cached("SELECT 1 FROM entry WHERE seq < $1 LIMIT 1").and_then(|mut s| s.exists([from]));
        if older.map_err(|e| failed(&e))? {
            return Err(place.damaged(&format!("is damaged (entry {from} is missing)")));
        }
    }
    Ok(entries)
}

fn read_last(conn: &Connection, place: &Place) -> Result<Option<(u64, Time)>, PortError> {
    let sql = "SELECT seq, at, kind, body, source, network, sum FROM entry ORDER BY seq DESC LIMIT 1";
    let raw = conn.query_row(sql, [], Raw::from_row).optional().map_err(|e| unreadable(place, &e))?;
    raw.map(|raw| decode(raw, place).map(|e| (e.seq, e.at))).transpose()
}

/// Reads a row, or says which one is damaged or from the future.
pub(crate) fn decode(raw: Raw, place: &Place) -> Result<Entry, PortError> {
    codec::decode(raw).map_err(|fault| match fault {
        Fault::Damaged(what) => place.damaged(&format!("is damaged ({what})")),
        Fault::Newer(what) => place.newer(&what, SORT.migrations.len()),
    })
}

/// A column of the wrong type or text that is not UTF-8 can only be damage: the table is STRICT.
pub(crate) fn unreadable(place: &Place, e: &rusqlite::Error) -> PortError {
    if e.sqlite_error_code().is_some() { place.sqlite(READ, e) } else { place.damaged(&format!("is damaged ({e})")) }
}
