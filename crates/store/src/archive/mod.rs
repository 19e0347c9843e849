//! Projections of the journal for cold reading, in a second SQLite file. Every method is one transaction.
//!
//! Counts stand in bins of 1, 15 and 60 minutes. Page views belong to the minute before the signal that brings them.
//! A report whose author withdraws it is not listed any more; the count it gave stays, because history is not rewritten.
//!
//! **Retention**: minute bins 48 hours, quarter-hour bins, report rows, single results of checks and what official pages said 90 days, hourly bins, incidents and their bundles for ever,
//! suggestions, answers of the feedback form and acts of operators 365 days, decisions about texts as long as the reports.

mod checks;
mod forms;
mod look;
mod official;
mod people;
mod project;
mod read;
mod retain;

use crate::database::{Database, Kind};
use crate::file::Sort;
use allclear_model::{Entry, Incident, IncidentId, ReportId, Slug, Time};
use allclear_ports::{
    AuditRow, CheckPage, DecisionRow, IncidentPage, Listing, Minutes, OfficialRow, PortResult, Queue, ReportPage,
    ReportRow, Rollup, RollupBin, Span, Store, Suggestion, Survey, VisitTotals,
};
use async_trait::async_trait;
use rusqlite::{Connection, TransactionBehavior};

/// `archive.db`: projections of the journal.
pub struct ArchiveFile;

impl Kind for ArchiveFile {
    const SORT: Sort = Sort {
        name: "archive.db",
        application_id: i32::from_be_bytes(*b"ALCA"),
        migrations: &[
            include_str!("../../migrations/archive/0001_projections.sql"),
            include_str!("../../migrations/archive/0002_bundles.sql"),
            include_str!("../../migrations/archive/0003_people.sql"),
            include_str!("../../migrations/archive/0004_official.sql"),
            include_str!("../../migrations/archive/0005_checks.sql"),
            include_str!("../../migrations/archive/0006_open.sql"),
        ],
        tables: &[
            "projected",
            "report",
            "incident",
            "rollup",
            "suggestion",
            "survey",
            "bundle",
            "decision",
            "act",
            "official",
            "check_name",
            "check_fresh",
            "check_hour",
            "check_packing",
        ],
        // For cold reading. More would only queue for the same two cores.
        readers: 4,
        newest: |conn, place| read::projected(conn).map(drop).map_err(|e| place.sqlite(READ, &e)),
    };
}

/// `archive.db` in a data folder, as the engine's store.
pub type SqliteStore = Database<ArchiveFile>;

const READ: &str = "read the archive";

impl SqliteStore {
    async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> PortResult<T> {
        self.reading(READ, move |tx, place| f(tx).map_err(|e| place.unreadable(READ, "where this was to be read", &e)))
            .await
    }

    /// Writes in one transaction, all of it or nothing.
    async fn write<T: Send + 'static>(
        &self,
        action: &'static str,
        f: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> PortResult<T> {
        let write = move |conn: &mut Connection| {
            if !conn.is_autocommit() {
                conn.execute_batch("ROLLBACK")?;
            }
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = f(&tx)?;
            tx.commit()?;
            Ok(done)
        };
        self.writing(action, move |conn, place| {
            write(conn).map_err(|e| place.unreadable(action, "where this was to be written", &e))
        })
        .await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn projected(&self) -> PortResult<u64> {
        self.read(read::projected).await
    }

    async fn project(&self, entries: Vec<Entry>) -> PortResult<()> {
        let batch = project::Batch::of(entries)?;
        self.write("project the journal", move |conn| batch.write(conn)).await
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

    async fn bundle(&self, id: &IncidentId) -> PortResult<Vec<String>> {
        let id = id.clone();
        self.read(move |conn| read::bundle(conn, &id)).await
    }

    async fn incidents(&self, service: Option<&Slug>, before: Option<Time>, limit: u32) -> PortResult<IncidentPage> {
        let service = service.cloned();
        self.read(move |conn| read::incidents(conn, service.as_ref(), before, limit)).await
    }

    async fn official(&self, service: &Slug, before: Option<u64>, limit: u32) -> PortResult<Vec<OfficialRow>> {
        let service = service.clone();
        self.read(move |conn| official::official(conn, &service, before, limit)).await
    }

    async fn checks(&self, service: &Slug, span: Span, location: Option<&Slug>, limit: u32) -> PortResult<CheckPage> {
        let (service, location) = (service.clone(), location.cloned());
        self.read(move |conn| checks::checks(conn, &service, span, location.as_ref(), limit)).await
    }

    async fn rollup(&self, service: &Slug, by: Rollup, span: Minutes) -> PortResult<Vec<RollupBin>> {
        let service = service.clone();
        self.read(move |conn| read::rollup(conn, &service, by, span)).await
    }

    async fn visits(&self, service: &Slug, span: Minutes) -> PortResult<VisitTotals> {
        let service = service.clone();
        self.read(move |conn| read::visits(conn, &service, span)).await
    }

    async fn queue(&self, queue: Queue, before: Option<u64>, limit: u32) -> PortResult<ReportPage> {
        self.read(move |conn| people::queue(conn, queue, before, limit)).await
    }

    async fn decisions(&self, id: ReportId) -> PortResult<Vec<DecisionRow>> {
        self.read(move |conn| people::decisions(conn, id)).await
    }

    async fn audit(&self, before: Option<u64>, limit: u32) -> PortResult<Vec<AuditRow>> {
        self.read(move |conn| people::audit(conn, before, limit)).await
    }

    async fn suggest(&self, s: &Suggestion) -> PortResult<u64> {
        let s = s.clone();
        self.write("keep a suggestion", move |conn| forms::suggest(conn, &s)).await
    }

    async fn suggestions(&self, which: Listing) -> PortResult<Vec<Suggestion>> {
        self.read(move |conn| forms::suggestions(conn, which)).await
    }

    async fn survey(&self, s: &Survey) -> PortResult<u64> {
        let s = s.clone();
        self.write("keep an answer", move |conn| forms::survey(conn, &s)).await
    }

    async fn surveys(&self, which: Listing) -> PortResult<Vec<Survey>> {
        self.read(move |conn| forms::surveys(conn, which)).await
    }

    async fn pack(&self, now: Time, limit: u32) -> PortResult<bool> {
        self.write("pack results of checks", move |conn| checks::pack(conn, now, limit)).await
    }

    async fn retain(&self, now: Time, limit: u32) -> PortResult<u64> {
        self.write("remove old rows", move |conn| retain::retain(conn, now, limit)).await
    }

    async fn checkpoint(&self) -> PortResult<()> {
        self.move_log().await
    }

    async fn look_through(&self, from: Option<String>, limit: usize) -> PortResult<Option<String>> {
        self.reading("look through the archive", move |conn, place| look::look(conn, place, from.as_deref(), limit))
            .await
    }
}
