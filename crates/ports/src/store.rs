//! Projections of the journal for cold reading, and the few things that are not signals. Each method is one transaction.

use crate::PortError;
use allclear_model::check::CheckOutcome;
use allclear_model::official::OfficialWord;
use allclear_model::{
    Actor, Country, Decider, Decision, Entry, Facts, FreeText, Incident, IncidentId, Minute, Reason, ReportId, Slug,
    SymptomId, TextState, Time,
};
use async_trait::async_trait;

/// Shorthand of every method here.
pub type PortResult<T> = Result<T, PortError>;

/// A report as the archive keeps it. It has no source; its text is asked of the journal.
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
    /// What becomes of its text.
    pub text: TextState,
    /// Why its text is not shown.
    pub reasons: Vec<Reason>,
    /// What a pasted error said.
    pub facts: Option<Facts>,
}

/// A decision about a report's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    /// Sequence number of the signal that brought it.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// What may be done with the text.
    pub decision: Decision,
    /// Why it is not shown.
    pub reasons: Vec<Reason>,
    /// Who said so.
    pub decider: Decider,
    /// Whether it was taken back.
    pub undone: bool,
}

/// Which texts a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// Those that nobody has decided yet.
    Waiting,
    /// Those that are not shown and no operator has looked at.
    Withheld,
    /// Those that are shown.
    Shown,
}

/// An act of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Sequence number of the signal.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// Who.
    pub actor: Actor,
    /// What: a word such as `note_added`.
    pub act: String,
    /// About what: a report, a service, a number, a host.
    pub subject: String,
    /// The whole act as JSON.
    pub detail: String,
}

/// Which of what people told an operator is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// Only what waits for the operator.
    pub open: bool,
    /// Only what has a smaller number.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: u32,
}

impl Listing {
    /// The newest ones, whatever became of them.
    pub fn newest(limit: u32) -> Listing {
        Listing { open: false, before: None, limit }
    }

    /// The one of this number, if there is one; else the next smaller one.
    pub fn one(id: u64) -> Listing {
        Listing { before: id.checked_add(1), ..Listing::newest(1) }
    }
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

/// What became of a suggestion.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Considered {
    /// Nobody has decided.
    #[default]
    Open,
    /// It is watched under this slug.
    Accepted(Slug),
    /// It is not going to be watched.
    Rejected,
}

/// A service somebody would like to see watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Its number; 0 until it is kept.
    pub id: u64,
    /// Why, in its author's words.
    pub why: Option<FreeText>,
    /// What became of it.
    pub considered: Considered,
    /// Name, 1 to 80 characters.
    pub name: String,
    /// Host of its homepage, if given.
    pub host: Option<String>,
    /// When.
    pub at: Time,
}

/// What a reader thinks of a page or a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Its number; 0 until it is kept.
    pub id: u64,
    /// More, in its author's words.
    pub words: Option<FreeText>,
    /// Whether an operator has closed it.
    pub closed: bool,
    /// About which report, if one: its author contests a decision.
    pub report: Option<ReportId>,
    /// Which service's page, if one.
    pub service: Option<Slug>,
    /// Which choice, a slug of the form's list.
    pub choice: Slug,
    /// The level that was shown, if the reader disagrees with one.
    pub level: Option<allclear_model::Level>,
    /// When.
    pub at: Time,
}

/// What a vendor's official page said from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficialRow {
    /// Sequence number of the entry that brought it.
    pub seq: u64,
    /// When it was read.
    pub at: Time,
    /// What it said.
    pub word: OfficialWord,
}

/// A stretch of time, `from` inclusive, `to` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First instant.
    pub from: Time,
    /// First instant after.
    pub to: Time,
}

/// One run of a service's check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRow {
    /// When: of a late one when it was measured, else when it came.
    pub at: Time,
    /// From where.
    pub location: Slug,
    /// What it says.
    pub outcome: CheckOutcome,
    /// Why it is not up, in words.
    pub reason: Option<String>,
    /// How long the run took. Milliseconds.
    pub ms: Option<u32>,
    /// True when it was more than 10 minutes old on its arrival.
    pub late: bool,
}

/// One page of results of checks, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckPage {
    /// The rows.
    pub rows: Vec<CheckRow>,
    /// Pass as the end of the span to read on; `None` at the end.
    pub next: Option<Time>,
}

/// The archive.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The last sequence number that is projected; 0 at the beginning.
    async fn projected(&self) -> PortResult<u64>;

    /// Projects entries in one transaction that also stores the last sequence number. Entries at or below
    /// [`Store::projected`] are skipped, so that doing it again changes nothing. Entries out of order are refused as
    /// `Unavailable`. A step over pruned entries is taken as it comes: what they said is lost to the archive alone.
    async fn project(&self, entries: Vec<Entry>) -> PortResult<()>;

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

    /// What the official page of a service said, each time it was something new, newest first, with `seq < before`.
    async fn official(&self, service: &Slug, before: Option<u64>, limit: u32) -> PortResult<Vec<OfficialRow>>;

    /// Single results of a service's checks within the span, from one location or from all, newest first; of one instant by
    /// location. A page has all results of the instant it ends with, even when that makes it longer than `limit`. It may be
    /// shorter, and even empty, with more to come: of a long silence it looks through a bounded part.
    async fn checks(&self, service: &Slug, span: Span, location: Option<&Slug>, limit: u32) -> PortResult<CheckPage>;

    /// Bins of a service that have any count and begin within the span, in order.
    async fn rollup(&self, service: &Slug, by: Rollup, span: Minutes) -> PortResult<Vec<RollupBin>>;

    /// Page views of a service in a stretch of minutes. They belong to the minute before the signal that brought them.
    /// Where minutes are not kept any more, the stretch is cut to whole quarter hours or hours.
    async fn visits(&self, service: &Slug, span: Minutes) -> PortResult<VisitTotals>;

    /// Reports with a text in a state of the queue, newest first, with `seq < before`.
    async fn queue(&self, queue: Queue, before: Option<u64>, limit: u32) -> PortResult<ReportPage>;

    /// Decisions about a report's text, oldest first; that of the rules at its acceptance is the first.
    async fn decisions(&self, id: ReportId) -> PortResult<Vec<DecisionRow>>;

    /// Acts of operators, newest first, with `seq < before`.
    async fn audit(&self, before: Option<u64>, limit: u32) -> PortResult<Vec<AuditRow>>;

    /// Keeps a suggestion and gives its number; the same host or name on the same day is kept once.
    async fn suggest(&self, s: &Suggestion) -> PortResult<u64>;

    /// Suggestions, newest first.
    async fn suggestions(&self, which: Listing) -> PortResult<Vec<Suggestion>>;

    /// Keeps an answer of the feedback form and gives its number.
    async fn survey(&self, s: &Survey) -> PortResult<u64>;

    /// Answers of the feedback form, newest first.
    async fn surveys(&self, which: Listing) -> PortResult<Vec<Survey>>;

    /// Brings results of checks whose hour is over into the shape in which they are kept: a step, of at most `limit` rows.
    /// What [`Store::checks`] answers does not change. False when there was nothing to do.
    async fn pack(&self, now: Time, limit: u32) -> PortResult<bool>;

    /// Removes what has passed its time, at most `limit` rows in all. Returns how many; 0 when nothing is left.
    async fn retain(&self, now: Time, limit: u32) -> PortResult<u64>;

    /// Moves a bounded part of the write-ahead log back into the file.
    async fn checkpoint(&self) -> PortResult<()>;

    /// As [`crate::Journal::look_through`].
    async fn look_through(&self, from: Option<String>, limit: usize) -> PortResult<Option<String>>;
}
