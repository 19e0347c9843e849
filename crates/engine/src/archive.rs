//! Cold reads: older history, single reports. A bounded number at a time, each with a deadline, so that a slow or dead
//! archive costs its own readers an error and nobody else anything.

use crate::{EngineError, IntakeResult};
use allclear_model::words::problems::{self as words, NotNow};
use allclear_model::{FreeText, Incident, IncidentId, ReportId, Slug, Time};
use allclear_ports::{
    AuditRow, CheckPage, DecisionRow, IncidentPage, Journal, Listing, Minutes, OfficialRow, PortError, PortResult,
    Queue, ReportPage, ReportRow, Rollup, RollupBin, Span, Store, Suggestion, Survey, VisitTotals,
};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Reads at a time: two cores and one disk gain nothing from more, and each holds a page of rows.
pub const READS_AT_ONCE: usize = 8;

/// From asking to answering, waiting for a turn included.
pub const DEADLINE: Duration = Duration::from_secs(2);

/// Handle for reading what is not in the pictures, and for the few things that are not signals. Cheap to clone.
#[derive(Clone)]
pub struct Archive {
    store: Arc<dyn Store>,
    journal: Arc<dyn Journal>,
    turns: Arc<Semaphore>,
    deadline: Duration,
}

impl Archive {
    /// An archive over `store`, and over the texts of `journal`, with [`READS_AT_ONCE`] and [`DEADLINE`].
    pub fn new(store: Arc<dyn Store>, journal: Arc<dyn Journal>) -> Archive {
        Archive::with(store, journal, READS_AT_ONCE, DEADLINE)
    }

    /// An archive with its own bounds.
    pub fn with(store: Arc<dyn Store>, journal: Arc<dyn Journal>, at_once: usize, deadline: Duration) -> Archive {
        Archive { store, journal, turns: Arc::new(Semaphore::new(at_once.max(1))), deadline }
    }

    async fn read<T>(&self, what: impl Future<Output = PortResult<T>>) -> IntakeResult<T> {
        self.bounded(what, NotNow::Unread, |_| EngineError::not_now(NotNow::Unread)).await
    }

    async fn write<T>(&self, what: impl Future<Output = PortResult<T>>) -> IntakeResult<T> {
        self.bounded(what, NotNow::Unknown, EngineError::of_append).await
    }

    async fn bounded<T>(
        &self,
        what: impl Future<Output = PortResult<T>>,
        late: NotNow,
        failed: fn(&PortError) -> EngineError,
    ) -> IntakeResult<T> {
        let work = async {
            // Nobody closes the turns.
            let _turn = self.turns.acquire().await.map_err(|_| EngineError::not_now(NotNow::Stopping))?;
            what.await.map_err(|e| {
                tracing::warn!(error = %e, "archive");
                failed(&e)
            })
        };
        tokio::time::timeout(self.deadline, work).await.unwrap_or_else(|_| {
            tracing::warn!("archive: no answer within the deadline");
            Err(EngineError::not_now(late))
        })
    }

    /// The texts of those of `ids` that have one.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn texts(&self, ids: &[ReportId]) -> IntakeResult<HashMap<ReportId, FreeText>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(self.read(self.journal.texts(ids)).await?.into_iter().collect())
    }

    /// Reports of a queue of texts, newest first, with `seq < before`, at most `limit` (1 to 500).
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn queue(&self, queue: Queue, before: Option<u64>, limit: u32) -> IntakeResult<ReportPage> {
        self.read(self.store.queue(queue, before, limit.clamp(1, 500))).await
    }

    /// Decisions about a report's text, oldest first.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn decisions(&self, id: ReportId) -> IntakeResult<Vec<DecisionRow>> {
        self.read(self.store.decisions(id)).await
    }

    /// Acts of operators, newest first, with `seq < before`, at most `limit` (1 to 1,000).
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn audit(&self, before: Option<u64>, limit: u32) -> IntakeResult<Vec<AuditRow>> {
        self.read(self.store.audit(before, limit.clamp(1, 1000))).await
    }

    /// One report, `None` when there is none.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`], as for all methods here.
    pub async fn report(&self, id: ReportId) -> IntakeResult<Option<ReportRow>> {
        self.read(self.store.report(id)).await
    }

    /// Reports of a service, newest first, with `seq < before`, at most `limit` (1 to 500).
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn reports(&self, service: &Slug, before: Option<u64>, limit: u32) -> IntakeResult<ReportPage> {
        self.read(self.store.reports(service, before, limit.clamp(1, 500))).await
    }

    /// What the official page of a service said, each time it was something new, newest first, with `seq < before`.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn official(&self, service: &Slug, before: Option<u64>, limit: u32) -> IntakeResult<Vec<OfficialRow>> {
        self.read(self.store.official(service, before, limit.clamp(1, 500))).await
    }

    /// Single results of a service's checks within a span, newest first, about `limit` (1 to 500) of them, as
    /// [`Store::checks`] says.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn checks(
        &self,
        service: &Slug,
        span: Span,
        location: Option<&Slug>,
        limit: u32,
    ) -> IntakeResult<CheckPage> {
        self.read(self.store.checks(service, span, location, limit.clamp(1, 500))).await
    }

    /// One incident, `None` when there is none.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn incident(&self, id: &IncidentId) -> IntakeResult<Option<Incident>> {
        self.read(self.store.incident(id)).await
    }

    /// An incident's replay bundle, a line of JSON for each signal; `None` when the judge told none.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn bundle(&self, incident: &Incident, category: &Slug) -> IntakeResult<Option<String>> {
        let lines = self.read(self.store.bundle(&incident.id)).await?;
        Ok(allclear_detect::replay::bundle(incident, category, &lines))
    }

    /// Incidents of one service or of all, newest opening first, at most `limit` (1 to 500).
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn incidents(
        &self,
        service: Option<&Slug>,
        before: Option<Time>,
        limit: u32,
    ) -> IntakeResult<IncidentPage> {
        self.read(self.store.incidents(service, before, limit.clamp(1, 500))).await
    }

    /// Stored counts of a service; bins without any count are absent. A span longer than 10,000 bins is refused.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for the span, [`EngineError::Unavailable`].
    pub async fn rollup(&self, service: &Slug, by: Rollup, span: Minutes) -> IntakeResult<Vec<RollupBin>> {
        if span.to.0.saturating_sub(span.from.0) / by.minutes() > 10_000 {
            return Err(EngineError::Invalid { field: "span", problem: words::SPAN_TOO_LONG.to_owned() });
        }
        self.read(self.store.rollup(service, by, span)).await
    }

    /// Page views of a service.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn visits(&self, service: &Slug, span: Minutes) -> IntakeResult<VisitTotals> {
        self.read(self.store.visits(service, span)).await
    }

    /// Keeps a suggestion and gives its number; durable when this returns `Ok`.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`]; then it may or may not have been kept, and sending it again is harmless.
    pub async fn suggest(&self, s: &Suggestion) -> IntakeResult<u64> {
        self.write(self.store.suggest(s)).await
    }

    /// Keeps an answer of the feedback form and gives its number; durable when this returns `Ok`.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn survey(&self, s: &Survey) -> IntakeResult<u64> {
        self.write(self.store.survey(s)).await
    }

    /// Suggestions, newest first, at most 1,000.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn suggestions(&self, which: Listing) -> IntakeResult<Vec<Suggestion>> {
        self.read(self.store.suggestions(bounded(which))).await
    }

    /// Answers of the feedback form, newest first, at most 1,000.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn surveys(&self, which: Listing) -> IntakeResult<Vec<Survey>> {
        self.read(self.store.surveys(bounded(which))).await
    }
}

fn bounded(which: Listing) -> Listing {
    Listing { limit: which.limit.clamp(1, 1000), ..which }
}
