//! What pages show beside the pictures of the board: forms with their kept input, and rows of the archive.

use allclear_engine::Speaks;
use allclear_engine::view::{Bin, ReportLine};
use allclear_model::{Country, FreeText, Incident, Level, Reason, ReportId, Service, Slug, SymptomId, TextState, Time};
use std::sync::Arc;

/// The report form as it was sent, to show it again with what is wrong. Empty for a fresh form.
#[derive(Debug, Clone, Default)]
pub struct ReportForm {
    /// What was sent as `symptom`, as typed.
    pub symptom: String,
    /// What was sent as `text`, as typed (cut to a sane length by the caller).
    pub text: String,
    /// What was sent as `error`, as typed.
    pub error: String,
    /// What was sent as `country`, as typed.
    pub country: String,
    /// The form's token; empty on pages that are made for everybody.
    pub made: String,
    /// What is wrong; empty: nothing.
    pub errors: Vec<FieldError>,
    /// True when `text` is only the beginning of what was sent.
    pub cut: bool,
}

/// One thing that is wrong with a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the field (`symptom`, `text`, `country`, `name`, `homepage`, `choice`); empty: the form as a whole.
    pub field: &'static str,
    /// A sentence for people.
    pub problem: String,
}

/// A report that was just accepted.
#[derive(Debug, Clone)]
pub struct Thanks<'a> {
    /// Of which service.
    pub service: &'a Service,
    /// Follow link's token.
    pub token: &'a str,
    /// Until when it is public at the latest.
    pub shown_by: Time,
    /// False: listed, but not counted again. `None` when the page does not know.
    pub counted: Option<bool>,
    /// What becomes of its text.
    pub text: TextState,
}

/// One's own report.
#[derive(Debug, Clone)]
pub struct Follow<'a> {
    /// Of which service.
    pub service: &'a Service,
    /// The token in the address.
    pub token: &'a str,
    /// The report's id.
    pub id: ReportId,
    /// Symptom.
    pub symptom: &'a SymptomId,
    /// Country.
    pub country: Option<Country>,
    /// When it was accepted.
    pub at: Time,
    /// Whether it counts.
    pub counted: bool,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
    /// What becomes of its text.
    pub state: TextState,
    /// Why its text is not shown.
    pub reasons: &'a [Reason],
    /// Its text.
    pub text: Option<&'a FreeText>,
    /// True right after a change was saved.
    pub saved: bool,
    /// A change that was sent and not taken, with what is wrong with it.
    pub typed: Option<&'a ReportForm>,
}

/// One page of past incidents, newest first.
#[derive(Debug, Clone)]
pub struct HistoryPage<'a> {
    /// The incidents of this page.
    pub incidents: &'a [Arc<Incident>],
    /// Opening time before which this page reads; `None` on the newest page.
    pub before: Option<Time>,
    /// Where the next older page begins (`?before=` in milliseconds); `None` at the end.
    pub next: Option<Time>,
}

/// One page of published reports, newest first.
#[derive(Debug, Clone)]
pub struct ReportsPage<'a> {
    /// The lines of this page.
    pub lines: &'a [ReportLine],
    /// True for an older page (`?before=`).
    pub older: bool,
    /// Cursor of the next older page; `None` at the end.
    pub next: Option<String>,
}

/// An incident with the counts around it.
#[derive(Debug, Clone)]
pub struct IncidentPage<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// Bins around it, oldest first, at most 96 are drawn; empty when none are kept any more.
    pub bins: &'a [Bin],
}

/// The form that suggests a service.
#[derive(Debug, Clone, Default)]
pub struct SuggestForm {
    /// Name, as typed.
    pub name: String,
    /// Homepage, as typed.
    pub homepage: String,
    /// Why, as typed.
    pub why: String,
    /// Services that are watched already and may be the one that is meant: slug and name.
    pub known: Vec<(String, String)>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// The choices of the feedback form; their values are what is stored.
pub const FEEDBACK_CHOICES: [&str; 7] =
    ["wrong-problem", "wrong-calm", "late", "unclear", "missing", "contest", "good"];

/// The feedback form.
#[derive(Debug, Clone, Default)]
pub struct FeedbackForm<'a> {
    /// About which service's page, if one.
    pub service: Option<&'a Service>,
    /// The level that was shown, if one.
    pub level: Option<Level>,
    /// About which report, if one.
    pub report: Option<ReportId>,
    /// Choice, as sent.
    pub choice: String,
    /// More, as typed.
    pub words: String,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// A page for something that did not work.
#[derive(Debug, Clone, Default)]
pub struct ErrorPage<'a> {
    /// HTTP status.
    pub status: u16,
    /// A sentence about this very case; `None`: the general one.
    pub detail: Option<&'a str>,
    /// What was looked for, for 404.
    pub tried: Option<&'a str>,
    /// Nearest services (slug, name), for 404.
    pub nearest: Vec<(Slug, String)>,
    /// When to try again, seconds.
    pub retry_after_s: Option<u64>,
    /// What was typed, by the names of the fields, where no form can be shown again.
    pub kept: Vec<(&'static str, String)>,
}

/// The site's own health, as its `/status` page shows it.
#[derive(Debug, Clone, Default)]
pub struct OwnStatus {
    /// Whether reports can be kept right now.
    pub journal_ok: bool,
    /// Whether the archive (older history) answers.
    pub archive_ok: bool,
    /// Whether no damage was found in the files since the start.
    pub files_ok: bool,
    /// Version of the program.
    pub version: String,
    /// Since when this process runs.
    pub started: Time,
    /// Whether checks from here speak.
    pub checks: Speaks,
}
