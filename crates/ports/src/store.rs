//! Projections of the journal for cold reading, and the few things that are not signals. Each method is one transaction.

use crate::PortError;
use allclear_model::{Country, Entry, Incident, IncidentId, Minute, ReportId, Slug, SymptomId, Time};
use async_trait::async_trait;

/// Shorthand of every method here.
pub type PortResult<T> = Result<T, PortError>;

/// Entries to project, and up to where the projections then stand.
#[derive(Debug, Clone, Copy)]
pub struct Projection<'a> {
    /// Entries in order, following the last projected one.
    pub entries: &'a [Entry],
}

/// A report as the archive keeps it. It has no source and no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Its id.
    pub id: ReportId,
    /// Sequence number of the signal that brought it; order of lists and cursor.
    pub seq: u64,
    /// Which service.
    pub service: Slug,
    /// Which symptom.
    pub symptom: SymptomId,
    /// Country, if known.
    pub country: Option<Country>,
    /// When it was accepted.
    pub at: Time,
    /// Whether it counts.
    pub counted: bool,
    /// Whether its author withdrew it.
    pub withdrawn: bool,
}

/// One page of reports, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportPage {
    /// The rows.
    pub rows: Vec<ReportRow>,
    /// Pass as `before` to read on; `None` at the end.
    pub next: Option<u64>,
}

/// One page of incidents, newest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IncidentPage {
    /// The incidents.
    pub rows: Vec<Incident>,
    /// Pass as `before` (an opening time) to read on; `None` at the end.
    pub next: Option<Time>,
}

/// Resolution of stored counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rollup {
    /// 1 minute, kept 48 hours.
    Minute,
    /// 15 minutes, kept 90 days.
    Quarter,
    /// 1 hour, kept for ever.
    Hour,
}

impl Rollup {
    /// Length of a bin in minutes.
    pub fn minutes(self) -> i64 {
        match self {
            Rollup::Minute => 1,
            Rollup::Quarter => 15,
            Rollup::Hour => 60,
        }
    }
}

/// Counts of one bin of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollupBin {
    /// First minute of the bin.
    pub start: Minute,
    /// Counted reports.
    pub reports: u64,
    /// Counted votes ("works for me").
    pub votes: u64,
    /// Page views.
    pub visits: u64,
}

/// A stretch of minutes, `from` inclusive, `to` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minutes {
    /// First minute.
    pub from: Minute,
    /// First minute after.
    pub to: Minute,
}

/// Page views by coarse referrer class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VisitTotals {
    /// No referrer.
    pub direct: u64,
    /// Search engines.
    pub search: u64,
    /// News and social media.
    pub social: u64,
    /// Anywhere else.
    pub other: u64,
}

/// A service somebody would like to see watched. No free text: a name and a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Name, 1 to 80 characters.
    pub name: String,
    /// Host of its homepage, if given.
    pub host: Option<String>,
    /// When.
    pub at: Time,
}

/// What a reader thinks of a page or a verdict: fixed choices, no free text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Which service's page, if one.
    pub service: Option<Slug>,
    /// Which choice, a slug of the form's list.
    pub choice: Slug,
    /// The level that was shown, if the reader disagrees with one.
    pub level: Option<allclear_model::Level>,
    /// When.
    pub at: Time,
}

/// The archive.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The last sequence number that is projected; 0 at the beginning.
    async fn projected(&self) -> PortResult<u64>;

    /// Projects entries in one transaction that also stores the last sequence number. Entries at or below
    /// [`Store::projected`] are skipped, so that doing it again changes nothing. Entries out of order are refused as
    /// `Unavailable`. A step over pruned entries is taken as it comes: what they said is lost to the archive alone.
    async fn project(&self, p: Projection<'_>) -> PortResult<()>;

    /// One report.
    async fn report(&self, id: ReportId) -> PortResult<Option<ReportRow>>;

    /// Reports of a service that are not withdrawn, newest first, with `seq < before`.
    async fn reports(&self, service: &Slug, before: Option<u64>, limit: u32) -> PortResult<ReportPage>;

    /// One incident.
    async fn incident(&self, id: &IncidentId) -> PortResult<Option<Incident>>;

    /// Lines of an incident's replay bundle, in the order in which the judge told them; none when there are none.
    async fn bundle(&self, id: &IncidentId) -> PortResult<Vec<String>>;

    /// Incidents of a service (of all services: `None`), newest opening first, opened before `before`. A page has all
    /// incidents of the instant it ends with, even when that makes it longer than `limit`, so that none falls
    /// between two pages.
    async fn incidents(&self, service: Option<&Slug>, before: Option<Time>, limit: u32) -> PortResult<IncidentPage>;

    /// Bins of a service that have any count and begin within the span, in order.
    async fn rollup(&self, service: &Slug, by: Rollup, span: Minutes) -> PortResult<Vec<RollupBin>>;

    /// Page views of a service in a stretch of minutes. They belong to the minute before the signal that brought them.
    /// Where minutes are not kept any more, the stretch is cut to whole quarter hours or hours.
    async fn visits(&self, service: &Slug, span: Minutes) -> PortResult<VisitTotals>;

    /// Keeps a suggestion; the same host or name on the same day is kept once.
    async fn suggest(&self, s: &Suggestion) -> PortResult<()>;

    /// Suggestions, newest first.
    async fn suggestions(&self, limit: u32) -> PortResult<Vec<Suggestion>>;

    /// Keeps an answer of the feedback form.
    async fn survey(&self, s: &Survey) -> PortResult<()>;

    /// Answers of the feedback form, newest first.
    async fn surveys(&self, limit: u32) -> PortResult<Vec<Survey>>;

    /// Removes what has passed its time, at most `limit` rows in all. Returns how many; 0 when nothing is left.
    async fn retain(&self, now: Time, limit: u32) -> PortResult<u64>;

    /// Moves a bounded part of the write-ahead log back into the file.
    async fn checkpoint(&self) -> PortResult<()>;

    /// As [`crate::Journal::look_through`].
    async fn look_through(&self, from: Option<String>, limit: usize) -> PortResult<Option<String>>;
}
