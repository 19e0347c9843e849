//! Real engines that fail on demand.

use allclear_model::{Entry, FreeText, Incident, IncidentId, ReportId, Slug, Time};
use allclear_ports::{
    AuditRow, Blanked, CheckPage, DecisionRow, IncidentPage, Journal, Listing, Minutes, OfficialRow, PortError,
    PortResult, Queue, ReportPage, ReportRow, Rollup, RollupBin, Span, Store, Suggestion, Survey, VisitTotals,
};
use async_trait::async_trait;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// How a wrapped engine fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not at all.
    None,
    /// Writing: no space left. Nothing is kept.
    Full,
    /// Everything: cannot be reached. Nothing is kept.
    Gone,
    /// Writing: it is kept, and then the answer is lost.
    AnswerLost,
    /// Writing: no answer until the fault is another one; then it goes on.
    Stuck,
    /// Everything: a bug of ours, which ends the task that meets it.
    Panics,
}

fn full<T>() -> Result<T, PortError> {
    Err(PortError::Full { action: "write", detail: "as the test asked for".to_owned() })
}

fn gone<T>() -> Result<T, PortError> {
    Err(PortError::Unavailable { action: "answer", detail: "as the test asked for".to_owned() })
}

/// A journal or a store that fails on demand.
#[derive(Debug)]
pub struct Faulty<T> {
    inner: T,
    fault: Mutex<Fault>,
    writes: AtomicU64,
    changed: Notify,
}

impl<T> Faulty<T> {
    /// Wraps an engine; it works until it is told otherwise.
    pub fn new(inner: T) -> Faulty<T> {
        Faulty { inner, fault: Mutex::new(Fault::None), writes: AtomicU64::new(0), changed: Notify::new() }
    }

    /// The engine itself.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    /// Fails like this from now on.
    pub fn fail(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
        self.changed.notify_waiters();
    }

    /// How often something was to be written.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    fn fault(&self) -> Fault {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write<R>(&self, work: impl Future<Output = PortResult<R>> + Send) -> PortResult<R> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        loop {
            // Made before the look: it hears of every change from here on.
            let changed = self.changed.notified();
            if self.fault() != Fault::Stuck {
                break;
            }
            changed.await;
        }
        match self.fault() {
            Fault::None | Fault::Stuck => work.await,
            Fault::Full => full(),
            Fault::Gone => gone(),
            Fault::AnswerLost => {
                work.await?;
                gone()
            }
            Fault::Panics => panic!("as the test asked for"),
        }
    }

    async fn read<R>(&self, work: impl Future<Output = PortResult<R>> + Send) -> PortResult<R> {
        match self.fault() {
            Fault::Gone => gone(),
            Fault::Panics => panic!("as the test asked for"),
            _ => work.await,
        }
    }
}

#[async_trait]
impl<J: Journal> Journal for Faulty<J> {
    async fn append(&self, entries: &[Entry]) -> Result<(), PortError> {
        self.write(self.inner.append(entries)).await
    }
    async fn read(&self, from: u64, limit: usize) -> Result<Vec<Entry>, PortError> {
        self.read(self.inner.read(from, limit)).await
    }
    async fn last(&self) -> Result<Option<(u64, Time)>, PortError> {
        self.read(self.inner.last()).await
    }
    async fn first(&self) -> Result<Option<u64>, PortError> {
        self.read(self.inner.first()).await
    }
    async fn prune(&self, before: u64, limit: usize) -> Result<u64, PortError> {
        self.write(self.inner.prune(before, limit)).await
    }
    async fn blank_sources(&self, before: Time, limit: usize) -> Result<Blanked, PortError> {
        self.write(self.inner.blank_sources(before, limit)).await
    }

    async fn blank_network_names(&self, before: Time, limit: usize) -> Result<Blanked, PortError> {
        self.write(self.inner.blank_network_names(before, limit)).await
    }
    async fn texts(&self, ids: &[ReportId]) -> Result<Vec<(ReportId, FreeText)>, PortError> {
        self.read(self.inner.texts(ids)).await
    }
    async fn forget_texts(&self, before: Time, limit: usize) -> Result<u64, PortError> {
        self.write(self.inner.forget_texts(before, limit)).await
    }
    async fn checkpoint(&self) -> Result<(), PortError> {
        self.read(self.inner.checkpoint()).await
    }
    async fn look_through(&self, from: Option<String>, limit: usize) -> Result<Option<String>, PortError> {
        self.read(self.inner.look_through(from, limit)).await
    }
}

#[async_trait]
impl<S: Store> Store for Faulty<S> {
    async fn projected(&self) -> PortResult<u64> {
        self.read(self.inner.projected()).await
    }
    async fn project(&self, entries: Vec<Entry>) -> PortResult<()> {
        self.write(self.inner.project(entries)).await
    }
    async fn report(&self, id: ReportId) -> PortResult<Option<ReportRow>> {
        self.read(self.inner.report(id)).await
    }
    async fn reports(&self, service: &Slug, before: Option<u64>, limit: u32) -> PortResult<ReportPage> {
        self.read(self.inner.reports(service, before, limit)).await
    }
    async fn incident(&self, id: &IncidentId) -> PortResult<Option<Incident>> {
        self.read(self.inner.incident(id)).await
    }
    async fn bundle(&self, id: &IncidentId) -> PortResult<Vec<String>> {
        self.read(self.inner.bundle(id)).await
    }
    async fn incidents(&self, service: Option<&Slug>, before: Option<Time>, limit: u32) -> PortResult<IncidentPage> {
        self.read(self.inner.incidents(service, before, limit)).await
    }
    async fn official(&self, service: &Slug, before: Option<u64>, limit: u32) -> PortResult<Vec<OfficialRow>> {
        self.read(self.inner.official(service, before, limit)).await
    }
    async fn checks(&self, service: &Slug, span: Span, location: Option<&Slug>, limit: u32) -> PortResult<CheckPage> {
        self.read(self.inner.checks(service, span, location, limit)).await
    }
    async fn rollup(&self, service: &Slug, by: Rollup, span: Minutes) -> PortResult<Vec<RollupBin>> {
        self.read(self.inner.rollup(service, by, span)).await
    }
    async fn visits(&self, service: &Slug, span: Minutes) -> PortResult<VisitTotals> {
        self.read(self.inner.visits(service, span)).await
    }
    async fn queue(&self, queue: Queue, before: Option<u64>, limit: u32) -> PortResult<ReportPage> {
        self.read(self.inner.queue(queue, before, limit)).await
    }
    async fn decisions(&self, id: ReportId) -> PortResult<Vec<DecisionRow>> {
        self.read(self.inner.decisions(id)).await
    }
    async fn audit(&self, before: Option<u64>, limit: u32) -> PortResult<Vec<AuditRow>> {
        self.read(self.inner.audit(before, limit)).await
    }
    async fn suggest(&self, s: &Suggestion) -> PortResult<u64> {
        self.write(self.inner.suggest(s)).await
    }
    async fn suggestions(&self, which: Listing) -> PortResult<Vec<Suggestion>> {
        self.read(self.inner.suggestions(which)).await
    }
    async fn survey(&self, s: &Survey) -> PortResult<u64> {
        self.write(self.inner.survey(s)).await
    }
    async fn surveys(&self, which: Listing) -> PortResult<Vec<Survey>> {
        self.read(self.inner.surveys(which)).await
    }
    async fn pack(&self, now: Time, limit: u32) -> PortResult<bool> {
        self.write(self.inner.pack(now, limit)).await
    }
    async fn retain(&self, now: Time, limit: u32) -> PortResult<u64> {
        self.write(self.inner.retain(now, limit)).await
    }
    async fn checkpoint(&self) -> PortResult<()> {
        self.read(self.inner.checkpoint()).await
    }
    async fn look_through(&self, from: Option<String>, limit: usize) -> PortResult<Option<String>> {
        self.read(self.inner.look_through(from, limit)).await
    }
}
