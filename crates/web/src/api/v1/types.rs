//! The documents of the API, as they are written and described. Times are RFC 3339 in UTC.

use super::witnesses::{CheckItem, OfficialItem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One service in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServiceItem<'a> {
    /// Its address on the site.
    pub(crate) slug: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
    /// Category id.
    pub(crate) category: &'a str,
    /// `operational`, `degraded_performance`, `partial_outage`, `major_outage`, `under_maintenance` or `unknown`.
    pub(crate) level: &'static str,
    /// `none`, `possible`, `open`, `recovering` or `closed`.
    pub(crate) phase: &'static str,
    /// Whether a second kind of witness says the same.
    pub(crate) confirmed: bool,
    /// Since when the level holds.
    pub(crate) since: String,
    /// After this instant read the level as `unknown`.
    pub(crate) fresh_until: String,
}

/// All services, in order of name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServiceList<'a> {
    /// The services.
    pub(crate) services: Vec<ServiceItem<'a>>,
    /// When the judge last looked.
    pub(crate) measured_at: String,
    /// After this instant read every level as `unknown`.
    pub(crate) fresh_until: String,
}

/// Everything about one service now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServiceNow<'a> {
    /// Its address on the site.
    pub(crate) slug: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
    /// Category id.
    pub(crate) category: &'a str,
    /// `operational`, `degraded_performance`, `partial_outage`, `major_outage`, `under_maintenance` or `unknown`.
    pub(crate) level: &'static str,
    /// `none`, `possible`, `open`, `recovering` or `closed`.
    pub(crate) phase: &'static str,
    /// Whether a second kind of witness says the same; reports alone never confirm.
    pub(crate) confirmed: bool,
    /// Since when the level holds: for a problem its estimated onset.
    pub(crate) since: String,
    /// How sure: `null` until weights are calibrated.
    pub(crate) confidence: Option<f64>,
    /// The incident going on, or closed less than 30 minutes ago.
    pub(crate) incident: Option<IncidentItem<'a>>,
    /// The last incident that is over; `null`: none seen since `watching_since`.
    pub(crate) last_problem: Option<IncidentItem<'a>>,
    /// Since when the service is watched.
    pub(crate) watching_since: String,
    /// Reports in the window the verdict speaks of.
    pub(crate) reports: Reports,
    /// "It works for me" in the last hour.
    pub(crate) votes: u64,
    /// All symptoms of the service, most reported in the last hour first.
    pub(crate) symptoms: Vec<SymptomItem<'a>>,
    /// Countries with at least 5 reports in the last 24 hours.
    pub(crate) countries: Vec<CountryItem>,
    /// The last reports, newest first, at most 20.
    pub(crate) recent: Vec<ReportItem<'a>>,
    /// Related services with their level.
    pub(crate) related: Vec<RelatedItem<'a>>,
    /// Reasons for (positive weight) and against (negative weight) a problem. The weights add up to `log_odds`.
    pub(crate) evidence: Vec<EvidenceItem>,
    /// What pasted errors of the last hour have in common, most first.
    pub(crate) errors: Vec<ErrorItem<'a>>,
    /// What was taken off the reports of the last hour, as shares of those received.
    pub(crate) discounts: DiscountsItem,
    /// Words of the site's operators about this service.
    pub(crate) notes: Vec<NoteItem<'a>>,
    /// What our own checks found, by location; empty while nothing checks the service.
    pub(crate) checks: Vec<CheckItem<'a>>,
    /// What its official page says; `null` while nobody reads it.
    pub(crate) official: Option<OfficialItem<'a>>,
    /// Sum of the weights, in nats. Not calibrated, hence no probability.
    pub(crate) log_odds: f64,
    /// Version of the rules that judged.
    pub(crate) rule: u32,
    /// True when the picture was past `fresh_until` as it was sent, or the site's clock was set back to long before
    /// `measured_at`; `level` is then `unknown`.
    pub(crate) stale: bool,
    /// When the judge last looked.
    pub(crate) measured_at: String,
    /// After this instant read the level as `unknown`.
    pub(crate) fresh_until: String,
}

/// Reports in a window against the usual number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reports {
    /// Counted reports.
    pub(crate) actual: u64,
    /// Usual number.
    pub(crate) expected: f64,
    /// Length of the window, seconds.
    pub(crate) window_s: u32,
}

/// How often a symptom was reported in the last hour.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SymptomItem<'a> {
    /// Id, to be used in a report.
    pub(crate) id: &'a str,
    /// Readable text.
    pub(crate) label: &'a str,
    /// Counted reports.
    pub(crate) count: u64,
    /// Share of all reports of the hour, 0 to 1; `null` below 5 reports, or where less than 0.5 are usual in an hour.
    pub(crate) share: Option<f64>,
    /// How many times the usual number; `null` below 5 reports or 0.5 expected.
    pub(crate) ratio: Option<f64>,
}

/// Reports from a country in the last 24 hours.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountryItem {
    /// ISO 3166-1 alpha-2.
    pub(crate) country: String,
    /// Counted reports, at least 5.
    pub(crate) count: u64,
}

/// A published report: never who.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportItem<'a> {
    /// Its id.
    pub(crate) id: String,
    /// Symptom id.
    pub(crate) symptom: &'a str,
    /// Country, where at least 5 reports came from it.
    pub(crate) country: Option<String>,
    /// When it was accepted.
    pub(crate) at: String,
    /// False: listed, but not in the counts.
    pub(crate) counted: bool,
    /// What becomes of its text: `none`, `checking`, `shown`, `withheld` or `erased`.
    pub(crate) text_state: &'static str,
    /// Its text, where it is shown; `null` too where a list has no room for it.
    pub(crate) text: Option<&'a str>,
}

/// An error that several people pasted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorItem<'a> {
    /// Status or kind of error, and the endpoint where it was named: `401 openrouter.ai`.
    pub(crate) error: &'a str,
    /// Counted reports with it in the last hour.
    pub(crate) count: u64,
    /// Share of all counted reports of the hour, 0 to 1; `null` below 5 reports, or where less than 0.5 are usual in an hour.
    pub(crate) share: Option<f64>,
}

/// Shares of the reports received in the last hour that do not count, 0 to 1.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DiscountsItem {
    /// Their source had reported before.
    pub(crate) repeated: f64,
    /// Several came from one network.
    pub(crate) shared: f64,
    /// No sign of a person was seen.
    pub(crate) unproven: f64,
}

/// Words of the site's operators.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoteItem<'a> {
    /// What they say.
    pub(crate) text: &'a str,
    /// Where to read more.
    pub(crate) link: Option<&'a str>,
    /// Until when it stands.
    pub(crate) until: Option<String>,
}

/// A related service.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RelatedItem<'a> {
    /// Slug.
    pub(crate) slug: String,
    /// Name.
    pub(crate) name: String,
    /// Its level.
    pub(crate) level: &'a str,
}

/// One reason.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceItem {
    /// Which witness: `prior`, `reports`, `checks` or `official`.
    pub(crate) signal: &'static str,
    /// Nats added to the log-odds; negative speaks against a problem. Not calibrated.
    pub(crate) weight: f64,
    /// The reason as a sentence.
    pub(crate) text: String,
    /// What was counted; of `checks` the locations from which they fail; of `official` how bad the page says it is, from 0 (no
    /// problem) over 1 (maintenance), 2 (degraded performance) and 3 (partial outage) to 4 (major outage).
    pub(crate) actual: f64,
    /// What would be usual; of `checks` the locations that were heard.
    pub(crate) expected: f64,
    /// Over how long, seconds; 0 where there is no window.
    pub(crate) window_s: u32,
}

/// 15 minutes of reports.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BinItem {
    /// First instant.
    pub(crate) start: String,
    /// Counted reports.
    pub(crate) actual: u64,
    /// Usual number; for the bin under way, for the part that has passed.
    pub(crate) expected: f64,
    /// Upper end of the 99 % band.
    pub(crate) upper: f64,
    /// False when nobody listened for all or part of it.
    pub(crate) watched: bool,
}

/// A chart.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChartNow {
    /// Oldest first; 96 of them for 24 hours, 192 for 48.
    pub(crate) bins: Vec<BinItem>,
    /// Length of a bin, seconds.
    pub(crate) bin_s: u32,
    /// When the judge last looked.
    pub(crate) measured_at: String,
    /// After this instant the chart says nothing about now.
    pub(crate) fresh_until: String,
}

/// An incident in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentItem<'a> {
    /// Its id.
    pub(crate) id: &'a str,
    /// Whose.
    pub(crate) service: &'a str,
    /// Estimated onset.
    pub(crate) since: String,
    /// When the alarm was raised.
    pub(crate) opened: String,
    /// When it was over; `null` while it goes on.
    pub(crate) closed: Option<String>,
    /// Worst level.
    pub(crate) peak_level: &'static str,
    /// Whether our own checks or the official page ever said the same as people.
    pub(crate) confirmed: bool,
    /// Most reports in any 15 minutes.
    pub(crate) peak_reports: u64,
    /// When those 15 minutes ended.
    pub(crate) peak_at: String,
    /// Reports from `since` on.
    pub(crate) total_reports: u64,
    /// Page of the incident.
    pub(crate) url: String,
    /// Words of the site's operators about it.
    pub(crate) remark: Option<String>,
    /// Why the operators say that it was no problem of the service; `null`: they do not.
    pub(crate) retracted: Option<String>,
}

/// A page of incidents, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentList<'a> {
    /// The incidents.
    pub(crate) incidents: Vec<IncidentItem<'a>>,
    /// Pass as `before` to read on; `null` at the end.
    pub(crate) next: Option<String>,
}

/// A line of an incident's timeline.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventItem {
    /// When.
    pub(crate) at: String,
    /// `opened`, `escalated`, `eased`, `recovering`, `reopened` or `closed`.
    pub(crate) step: &'static str,
    /// Level from here on.
    pub(crate) level: &'static str,
    /// Reports in the 15 minutes before.
    pub(crate) actual: u64,
    /// Usual number.
    pub(crate) expected: f64,
}

/// One incident in full.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentFull<'a> {
    /// The same as in lists.
    #[serde(flatten)]
    pub(crate) item: IncidentItem<'a>,
    /// Symptoms by count, most first, at most 5.
    pub(crate) symptoms: Vec<SymptomTotal<'a>>,
    /// Reasons for and against, as they stood when their sum was highest.
    pub(crate) evidence: Vec<EvidenceItem>,
    /// Timeline, oldest first.
    pub(crate) events: Vec<EventItem>,
}

/// Reports of a symptom during an incident.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SymptomTotal<'a> {
    /// Symptom id.
    pub(crate) id: &'a str,
    /// Counted reports.
    pub(crate) count: u64,
}

/// A page of reports, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportList<'a> {
    /// The reports.
    pub(crate) reports: Vec<ReportItem<'a>>,
    /// Pass as `before` to read on; `null` at the end.
    pub(crate) next: Option<String>,
}

/// One report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportFull<'a> {
    /// Its id.
    pub(crate) id: String,
    /// Which service.
    pub(crate) service: &'a str,
    /// Symptom id.
    pub(crate) symptom: &'a str,
    /// When it was accepted.
    pub(crate) at: String,
    /// Whether it counts.
    pub(crate) counted: bool,
    /// `shown` or `withdrawn`.
    pub(crate) state: &'static str,
    /// What becomes of its text: `none`, `checking`, `shown`, `withheld` or `erased`.
    pub(crate) text_state: &'static str,
    /// Its text, where it is shown.
    pub(crate) text: Option<&'a str>,
}

/// A report to be made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct NewReportBody {
    /// Symptom id of the service, or `other`.
    #[schema(example = "other", value_type = String, required = true, max_length = 64)]
    pub(crate) symptom: Option<String>,
    /// What happened, at most 500 characters. Keys, addresses and numbers are taken out; it is moderated, then shown.
    #[schema(max_length = 500)]
    pub(crate) text: Option<String>,
    /// An error message, at most 2,000 characters. Only its facts are kept: status, kind of error, model, endpoint.
    #[schema(max_length = 2000)]
    pub(crate) error: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[schema(example = "DE")]
    pub(crate) country: Option<String>,
    /// `made` of `/api/v1/challenge`, asked for when the form was opened. Without it a report weighs less.
    pub(crate) made: Option<String>,
    /// The solution of `work` of `/api/v1/challenge`: JSON of challenge and solution, or that in base 64.
    pub(crate) work: Option<String>,
}

/// What the author of a report gets once it is on disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptBody {
    /// Its public id.
    pub(crate) id: String,
    /// Secret of its author: whoever has it may amend or withdraw the report at `/r/{token}`.
    pub(crate) token: String,
    /// False for a further report from one source and service within 6 hours.
    pub(crate) counted: bool,
    /// `accepted`.
    pub(crate) state: &'static str,
    /// What becomes of the text: `none`, `checking`, `shown` or `withheld`.
    pub(crate) text: &'static str,
    /// Until when it is public at the latest.
    pub(crate) shown_by: String,
}

/// What a form sends back with a report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChallengeBody {
    /// When this was asked for, in a form that only this site can make.
    pub(crate) made: String,
    /// A challenge of the ALTCHA protocol, version 2; `null` while none is asked for.
    pub(crate) work: Option<serde_json::Value>,
}

/// A flag that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlagBody {
    /// To be named to the operator.
    pub(crate) receipt: String,
    /// False for a further flag from one source or network.
    pub(crate) counted: bool,
}

/// "It works for me."
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct NewVoteBody {
    /// ISO 3166-1 alpha-2.
    #[schema(example = "DE")]
    pub(crate) country: Option<String>,
}

/// What came of a vote.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VoteBody {
    /// False for a further vote from one source and service within 6 hours.
    pub(crate) counted: bool,
}

/// A problem (RFC 9457), sent as `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemBody<'a> {
    /// Address of its description.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The same for every problem of this code.
    pub(crate) title: &'static str,
    /// HTTP status.
    pub(crate) status: u16,
    /// Stable code.
    pub(crate) code: &'static str,
    /// What is wrong here and what is allowed.
    pub(crate) detail: &'a str,
    /// Which fields are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<ProblemField<'a>>,
    /// When to try again, seconds; also in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after_s: Option<u64>,
    /// Number of the last batch of the agent that is kept, for one that came before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last: Option<u64>,
    /// Services that may have been meant, for one that does not exist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) nearest: Vec<NamedService<'a>>,
}

/// One field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemField<'a> {
    /// Its name.
    pub(crate) field: &'a str,
    /// What is wrong and what is allowed.
    pub(crate) problem: &'a str,
}

/// A service by its names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NamedService<'a> {
    /// Its name in addresses.
    pub(crate) slug: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
}

/// How long each level held in a month, as the page said at the end of each minute.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UptimeMonth {
    /// The month, UTC: `2026-11`.
    pub(crate) month: String,
    /// Its first instant, or that from which the service was watched.
    pub(crate) from: String,
    /// Its end, or `measured_at`.
    pub(crate) to: String,
    /// Minutes in between.
    pub(crate) minutes: u64,
    /// Those of them whose level is known: the sum of the five below.
    pub(crate) known_minutes: u64,
    /// Minutes at this level.
    pub(crate) operational: u64,
    /// Minutes at this level.
    pub(crate) under_maintenance: u64,
    /// Minutes at this level.
    pub(crate) degraded_performance: u64,
    /// Minutes at this level.
    pub(crate) partial_outage: u64,
    /// Minutes at this level.
    pub(crate) major_outage: u64,
    /// Minutes at `operational` in those at any known level but `under_maintenance`, 0 to 1, rounded down to four digits.
    /// `null` when less than half of the minutes, or less than a day, is known.
    pub(crate) uptime: Option<f64>,
}

/// One day (UTC) of a service since it is watched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UptimeDay {
    /// Which, such as `2026-11-28`.
    #[schema(example = "2026-11-28")]
    pub(crate) day: String,
    /// Minutes of it since the service was watched, up to `measured_at`.
    pub(crate) minutes: u64,
    /// Those of them whose level is known: the sum of the five below.
    pub(crate) known_minutes: u64,
    /// Minutes at this level.
    pub(crate) operational: u64,
    /// Minutes at this level.
    pub(crate) under_maintenance: u64,
    /// Minutes at this level.
    pub(crate) degraded_performance: u64,
    /// Minutes at this level.
    pub(crate) partial_outage: u64,
    /// Minutes at this level.
    pub(crate) major_outage: u64,
    /// As of a month; `null` when less than half of the minutes, or less than an hour, is known.
    pub(crate) uptime: Option<f64>,
}

/// Uptime by month, newest first, at most 13 months, and by day, at most 90; none from before the service was watched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UptimeList {
    /// The months.
    pub(crate) months: Vec<UptimeMonth>,
    /// The days, newest first.
    pub(crate) days: Vec<UptimeDay>,
    /// Since when the service is watched.
    pub(crate) watching_since: String,
    /// When the judge last looked.
    pub(crate) measured_at: String,
}
