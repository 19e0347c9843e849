//! Projections of the journal for cold reading, in a second SQLite file. Every method is one transaction.
//!
//! Counts stand in bins of 1, 15 and 60 minutes. Page views belong to the minute before the signal that brings them.
//! A report whose author withdraws it is not listed any more; the count it gave stays, because history is not rewritten.
//!
//! **Retention**: minute bins 48 hours, quarter-hour bins and report rows 90 days, hourly bins and incidents for ever,
//! suggestions and answers of the feedback form 365 days.

mod forms;
mod project;
mod read;
mod retain;

use crate::error::Place;
use crate::file::{Sort, open_keeper, open_reader, open_writer};
use crate::lanes::{Pool, Writer};
use allclear_model::{Incident, IncidentId, ReportId, Slug, Time};
use allclear_ports::{
    IncidentPage, Minutes, PortError, PortResult, Projection, ReportPage, ReportRow, Rollup, RollupBin, Store,
    Suggestion, Survey, VisitTotals,
};
use async_trait::async_trait;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// What `archive.db` must look like.
pub(crate) const SORT: Sort = Sort {
    name: "archive.db",
    application_id: i32::from_be_bytes(*b"ALCA"),
    migrations: &[include_str!("../../migrations/archive/0001_projections.sql")],
    tables: &["projected", "report", "incident", "rollup", "suggestion", "survey"],
};

/// Connections for cold reading. More would only queue for the same two cores.
const READERS: usize = 4;

/// Pages in the log (16 MiB) from which a checkpoint also lets the log start again.
const RESTART_PAGES: i64 = 4_096;

const READ: &str = "read the archive";
const WRITE: &str = "write to the archive";

/// `archive.db` in a data folder. The caller holds the folder's lock.
#[derive(Debug)]
pub struct SqliteStore {
    place: Place,
    readers: Pool,
    keeper: Pool,
    // Dropped last: the last connection to close tidies the log away.
    writer: Writer,
}

impl SqliteStore {
    /// Opens the archive of the data folder `dir`; makes folder and file when there is none.
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
            read::projected(&conn).map_err(|e| p.sqlite("open the archive", &e))?;
            Writer::start("archive-writer", conn)
        });
        let writer = opened.await.map_err(|_| crate::error::gone("open the archive"))??;
        Ok(SqliteStore { place, readers, keeper, writer })
    }

    /// Writes a compact, consistent copy to `file` while the site goes on, as
    /// [`SqliteJournal::backup_to`](crate::SqliteJournal::backup_to) does. Copy the archive first and the journal
    /// after it, so that the journal's copy has all that the archive's has.
    ///
    /// # Errors
    /// [`PortError::Unusable`] when `file` exists; [`PortError::Full`] or [`PortError::Unavailable`] else.
    pub async fn backup_to(&self, file: &Path) -> Result<(), PortError> {
        crate::backup::copy_database(&self.place, file).await
    }

    /// As [`SqliteJournal::limit_pages`](crate::SqliteJournal::limit_pages).
    ///
    /// # Errors
    /// Those of writing.
    #[doc(hidden)]
    pub async fn limit_pages(&self, pages: u32) -> Result<(), PortError> {
        crate::file::limit_pages(&self.place, &self.writer, pages).await
    }

    /// Reads on one of the reading connections.
    async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> PortResult<T> {
        let place = self.place.clone();
        let read = move |conn: &mut Connection| {
            // One transaction, so that a method that asks twice sees one state.
            let tx = conn.transaction().map_err(|e| place.sqlite(READ, &e))?;
            f(&tx).map_err(|e| unreadable(&place, &e))
        };
        self.readers.run(READ, read).await
    }

    /// Writes in one transaction, all of it or nothing.
    async fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, PortError> + Send + 'static,
    ) -> PortResult<T> {
        let place = self.place.clone();
        let write = move |conn: &mut Connection| {
            let failed = |e: rusqlite::Error| place.sqlite(WRITE, &e);
            if !conn.is_autocommit() {
                conn.execute_batch("ROLLBACK").map_err(failed)?;
            }
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
            let done = f(&tx)?;
            tx.commit().map_err(failed)?;
            Ok(done)
        };
        self.writer.run(WRITE, write).await
    }
}

/// What cannot be understood although SQLite could read it is damage: only this crate writes the file.
fn unreadable(place: &Place, e: &rusqlite::Error) -> PortError {
    if e.sqlite_error_code().is_some() { place.sqlite(READ, e) } else { place.damaged(&format!("is damaged ({e})")) }
}

#[async_trait]
impl Store for SqliteStore {
    async fn projected(&self) -> PortResult<u64> {
        self.read(read::projected).await
    }

    async fn project(&self, p: Projection<'_>) -> PortResult<()> {
        let batch = project::Batch::of(p.entries)?;
        let place = self.place.clone();
        self.write(move |conn| batch.write(conn, &place)).await
    }

    async fn report(&self, id: ReportId) -> PortResult<Option<ReportRow>> {
        self.read(move |conn| read::report(conn, id)).await
    }

    async fn reports(&self, service: &Slug, before: Option<u64>, limit: u32) -> PortResult<ReportPage> {
        let service = service.clone();
        self.read(move |conn| read::reports(conn, &service, before, limit)).await
    }

    async fn incident(&self, id: &IncidentId) -> PortResult<Option<Incident>> {
        let id = id.clone();
        self.read(move |conn| read::incident(conn, &id)).await
    }

    async fn incidents(&self, service: Option<&Slug>, before: Option<Time>, limit: u32) -> PortResult<IncidentPage> {
        let service = service.cloned();
        self.read(move |conn| read::incidents(conn, service.as_ref(), before, limit)).await
    }

    async fn rollup(&self, service: &Slug, by: Rollup, span: Minutes) -> PortResult<Vec<RollupBin>> {
        let service = service.clone();
        self.read(move |conn| read::rollup(conn, &service, by, span)).await
    }

    async fn visits(&self, service: &Slug, span: Minutes) -> PortResult<VisitTotals> {
        let service = service.clone();
        self.read(move |conn| read::visits(conn, &service, span)).await
    }

    async fn suggest(&self, s: &Suggestion) -> PortResult<()> {
        let (s, place) = (s.clone(), self.place.clone());
        self.write(move |conn| forms::suggest(conn, &s).map_err(|e| place.sqlite("keep a suggestion", &e))).await
    }

    async fn suggestions(&self, limit: u32) -> PortResult<Vec<Suggestion>> {
        self.read(move |conn| forms::suggestions(conn, limit)).await
    }

    async fn survey(&self, s: &Survey) -> PortResult<()> {
        let (s, place) = (s.clone(), self.place.clone());
        self.write(move |conn| forms::survey(conn, &s).map_err(|e| place.sqlite("keep an answer", &e))).await
    }

    async fn surveys(&self, limit: u32) -> PortResult<Vec<Survey>> {
        self.read(move |conn| forms::surveys(conn, limit)).await
    }

    async fn retain(&self, now: Time, limit: u32) -> PortResult<u64> {
        let place = self.place.clone();
        self.write(move |conn| retain::retain(conn, now, limit).map_err(|e| place.sqlite("remove old rows", &e))).await
    }

    async fn checkpoint(&self) -> PortResult<()> {
        crate::file::checkpoint(&self.place, &self.keeper, &self.writer, RESTART_PAGES).await
    }
}
