//! Everything that may change what the site says. The journal is the ordered, durable log of these.
//!
//! A journal stores the kind as a word beside the body, so an older binary names the kind it does not know.

use crate::act::Acted;
use crate::check::CheckOutcome;
use crate::official::OfficialPages;
use crate::{
    Actor, AgentBatch, Catalogue, Country, Decider, Decision, Facts, FreeText, Incident, NetworkHash, Reason, ReportId,
    RequestKey, Slug, SourceHash, SymptomId, Time, Verdict,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A signal. `source` and `network` are kept in columns of their own, because they are blanked when the day's key dies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Signal {
    /// One person's report, accepted.
    ReportAccepted(ReportAccepted),
    /// The author changed or withdrew a report.
    ReportUpdated(ReportUpdated),
    /// Whether a report's text may be shown was decided, after its acceptance.
    ModerationDecided(ModerationDecided),
    /// Such a decision was taken back.
    ModerationUndone(ModerationUndone),
    /// A reader flagged a report's text.
    Flagged(Flagged),
    /// A report's text was overwritten wherever it was kept.
    TextErased(TextErased),
    /// "It works for me."
    Vote(Vote),
    /// An operator's act that is about no single report.
    Act(Acted),
    /// What our own checks found from one location.
    CheckResults(CheckResults),
    /// What the vendors' official pages said.
    OfficialPages(OfficialPages),
    /// Page views of one service since the last such signal.
    Visits(Visits),
    /// Counted reports without single ones: from a replay file or an import.
    Counted(Counted),
    /// A learned baseline, instead of weeks of history: from a replay file or an import.
    Baseline(Baseline),
    /// The effective catalogue from here on.
    CatalogueChanged {
        /// The whole content, so that the board needs nothing else.
        catalogue: Arc<Catalogue>,
    },
    /// Time passed and nothing else did.
    Tick,
    /// The site watches again. From `stopped` until here nobody listened, so silence in between means nothing.
    Resumed {
        /// The last instant that was watched.
        stopped: Time,
    },
    /// The judge's own word. Readers show it; recomputing it only verifies it.
    VerdictChanged {
        /// Whose.
        service: Slug,
        /// The new verdict.
        verdict: Box<Verdict>,
        /// The incident, when this verdict opened or changed one.
        incident: Option<Box<Incident>>,
        /// Lines of the incident's replay bundle that are new with this word: counts, and nothing of who sent them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        bundle: Vec<String>,
    },
}

impl Signal {
    /// The kind as the journal's column has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Signal::ReportAccepted(_) => "report_accepted",
            Signal::ReportUpdated(_) => "report_updated",
            Signal::ModerationDecided(_) => "moderation_decided",
            Signal::ModerationUndone(_) => "moderation_undone",
            Signal::Flagged(_) => "flagged",
            Signal::TextErased(_) => "text_erased",
            Signal::Act(_) => "act",
            Signal::Vote(_) => "vote",
            Signal::CheckResults(_) => "check_results",
            Signal::OfficialPages(_) => "official_pages",
            Signal::Visits(_) => "visits",
            Signal::Counted(_) => "counted",
            Signal::Baseline(_) => "baseline",
            Signal::CatalogueChanged { .. } => "catalogue_changed",
            Signal::Tick => "tick",
            Signal::Resumed { .. } => "resumed",
            Signal::VerdictChanged { .. } => "verdict_changed",
        }
    }
}

/// One person's report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportAccepted {
    /// Its id.
    pub id: ReportId,
    /// Which service.
    pub service: Slug,
    /// Which symptom, or `other`.
    pub symptom: SymptomId,
    /// Country, as said or as looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Decided by the writer in append order: one counted report per source and service per 6 hours.
    pub counted: bool,
    /// Source under the key of the day. In a column of its own; `None` once blanked.
    #[serde(skip)]
    pub source: Option<SourceHash>,
    /// Network under the key of the day. In a column of its own; `None` once blanked.
    #[serde(skip)]
    pub network: Option<NetworkHash>,
    /// The same under the key of the day before, where the board knows it by that: from here on it knows it by `network`. In a column of its
    /// own; `None` once blanked, which is when that key dies.
    #[serde(skip)]
    pub network_before: Option<NetworkHash>,
    /// Hash of the request's idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<RequestKey>,
    /// What it counts, in hundredths; less than 100 where no sign of a person was seen.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub weight: u8,
    /// What a pasted error said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Box<Facts>>,
    /// What the rules said of its text, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moderated: Option<Moderated>,
    /// The text itself, on its way into a table of its own, from which it can be erased.
    #[serde(skip)]
    pub text: Option<FreeText>,
}

/// Weight of a report of which nothing speaks against a person, hundredths.
pub const WHOLE: u8 = 100;

fn whole() -> u8 {
    WHOLE
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_whole(weight: &u8) -> bool {
    *weight == WHOLE
}

/// What rules or people said of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moderated {
    /// What may be done with it.
    pub decision: Decision,
    /// Why it is not shown; empty where it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// Version of the rules.
    pub rules: u32,
}

/// Whether a text may be shown was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModerationDecided {
    /// Which report.
    pub id: ReportId,
    /// Of which service.
    pub service: Slug,
    /// What may be done with its text.
    pub decision: Decision,
    /// Why it is not shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// Who says so.
    pub decider: Decider,
}

/// A decision was taken back: from here on the one before it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModerationUndone {
    /// Which report.
    pub id: ReportId,
    /// Of which service.
    pub service: Slug,
    /// Sequence number of the decision that does not hold any more.
    pub undone: u64,
    /// What holds again.
    pub decision: Decision,
    /// Since when it waits, where it waits again; `None`: from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Why it is not shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// Who took it back.
    pub actor: Actor,
}

/// A reader flagged a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flagged {
    /// Which report.
    pub id: ReportId,
    /// Of which service.
    pub service: Slug,
    /// False for a further flag of one source, or of one network.
    pub counted: bool,
    /// Source under the key of the day. In a column of its own.
    #[serde(skip)]
    pub source: Option<SourceHash>,
    /// Network under the key of the day. In a column of its own.
    #[serde(skip)]
    pub network: Option<NetworkHash>,
}

/// A text was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextErased {
    /// Which report.
    pub id: ReportId,
    /// Of which service.
    pub service: Slug,
    /// Who had it erased.
    pub actor: Actor,
}

/// What an author may do to a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum ReportChange {
    /// Another symptom, country or text; symptom and country are given whole.
    Amended {
        /// Symptom from here on.
        symptom: SymptomId,
        /// Country from here on.
        country: Option<Country>,
        /// What becomes of its text.
        #[serde(default, skip_serializing_if = "TextChange::is_kept")]
        text: TextChange,
    },
    /// Not shown any more. The count it gave stays in the past: history is not rewritten.
    Withdrawn,
}

/// What an author does to the text of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextChange {
    /// Nothing.
    #[default]
    Kept,
    /// It goes.
    Removed,
    /// Another one comes, and the rules say this of it.
    Replaced(Moderated),
}

impl TextChange {
    /// True when the text stays what it is.
    pub fn is_kept(&self) -> bool {
        *self == TextChange::Kept
    }
}

/// The author changed or withdrew a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportUpdated {
    /// Which report.
    pub id: ReportId,
    /// Of which service.
    pub service: Slug,
    /// What changed.
    pub change: ReportChange,
    /// The new text, on its way into its table.
    #[serde(skip)]
    pub text: Option<FreeText>,
}

/// "It works for me."
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vote {
    /// Which service.
    pub service: Slug,
    /// Country, as said or as looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Decided by the writer: one counted vote per source and service per 6 hours.
    pub counted: bool,
    /// Source under the key of the day. In a column of its own.
    #[serde(skip)]
    pub source: Option<SourceHash>,
    /// Network under the key of the day. In a column of its own.
    #[serde(skip)]
    pub network: Option<NetworkHash>,
}

/// What our own checks found from one location, at the time of the entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResults {
    /// From where. One name is one location: what it says counts once, however many checks run there.
    pub location: Slug,
    /// What was found; what is about one service in the order in which it was measured.
    pub results: Vec<CheckResult>,
    /// Which batch it is, where an agent sent it; `None`: the site's own checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<AgentBatch>,
}

impl CheckResults {
    /// What the site's own checks found.
    pub fn own(location: Slug, results: Vec<CheckResult>) -> CheckResults {
        CheckResults { location, results, batch: None }
    }
}

/// One run of a service's check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Which service.
    pub service: Slug,
    /// What it says.
    pub outcome: CheckOutcome,
    /// Why it is not up, or what was noticed though it is, in words, at most [`REASON_MAX`] bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long the run took. Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u32>,
    /// Until when the certificate is valid that was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Time>,
    /// True when it was more than 10 minutes old on its arrival: it is shown where it belongs and speaks no more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// When a late one was measured; what is not late counts as measured at the time of the entry. On its way from an agent every result says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
    /// True when it takes back the failure that the location told of last: it was sick by then, and did not know yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdraws: bool,
}

/// Longest reason of a check's result that is kept, in bytes.
pub const REASON_MAX: usize = 200;

impl CheckResult {
    /// A result in time; of a longer `reason` the beginning.
    pub fn new(service: Slug, outcome: CheckOutcome, reason: Option<&str>, ms: Option<u32>) -> CheckResult {
        let reason = reason.map(|r| reason_start(r).to_owned());
        CheckResult { service, outcome, reason, ms, certificate: None, late: false, at: None, withdraws: false }
    }
}

/// As much of a reason as is kept: whole characters, at most [`REASON_MAX`] bytes.
pub fn reason_start(reason: &str) -> &str {
    reason.get(..reason.floor_char_boundary(REASON_MAX)).unwrap_or_default()
}

/// Page views of one service in the minute before the signal, by coarse referrer class. No identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visits {
    /// Which service.
    pub service: Slug,
    /// No referrer.
    pub direct: u64,
    /// From a search engine.
    pub search: u64,
    /// From news or social media.
    pub social: u64,
    /// From anywhere else.
    pub other: u64,
}

/// Counted reports of one minute, without single ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Which service.
    pub service: Slug,
    /// Symptom, or `other`.
    pub symptom: SymptomId,
    /// How many; all count.
    pub count: u64,
    /// From how many distinct networks, at most `count`; `None`: each report is its own network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<u64>,
}

/// A learned baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Which service.
    pub service: Slug,
    /// 168 finite rates in reports per minute, none below 0: one per hour of the week, which begins on Monday at 00:00 UTC.
    pub profile: Vec<f64>,
    /// Negative-binomial dispersion, 0.05 to 2; `None`: the prior's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// Over how many weeks it was learned, at least 0.1; `None`: 8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weeks: Option<f64>,
}

/// A signal with its place in the journal. `at` never goes back.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Sequence number, from 1, without gaps.
    pub seq: u64,
    /// When the writer stamped it: `max(clock, last at)`.
    pub at: Time,
    /// What.
    pub signal: Signal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_result_is_written_with_no_more_than_it_says_and_comes_back() {
        let service = Slug::parse("openrouter").unwrap();
        let up = CheckResult::new(service.clone(), CheckOutcome::Up, None, None);
        let long = "\u{e9}".repeat(150);
        let down = CheckResult::new(service.clone(), CheckOutcome::Down, Some(&long), Some(1200));
        assert_eq!(down.reason.as_deref(), Some("\u{e9}".repeat(100).as_str()), "whole characters of 200 bytes");
        let late = CheckResult {
            late: true,
            at: Some(Time(5)),
            ..CheckResult::new(service, CheckOutcome::Inconclusive, Some("no way out"), None)
        };
        let signal = |results| Signal::CheckResults(CheckResults::own(Slug::parse("fra").unwrap(), results));
        assert_eq!(
            serde_json::to_string(&signal(vec![up.clone()])).unwrap(),
            r#"{"kind":"check_results","location":"fra","results":[{"service":"openrouter","outcome":"up"}]}"#
        );
        let by_agent = CheckResults {
            batch: Some(AgentBatch { seq: 7, dropped: 0, skew_ms: -40, version: "0.1.0".to_owned() }),
            ..CheckResults::own(Slug::parse("fra").unwrap(), Vec::new())
        };
        let text = serde_json::to_string(&Signal::CheckResults(by_agent.clone())).unwrap();
        assert_eq!(
            text,
            r#"{"kind":"check_results","location":"fra","results":[],"batch":{"seq":7,"skew_ms":-40,"version":"0.1.0"}}"#
        );
        assert_eq!(serde_json::from_str::<Signal>(&text).unwrap(), Signal::CheckResults(by_agent));
        let all = signal(vec![up, down, late]);
        assert_eq!(all.kind(), "check_results");
        assert_eq!(serde_json::from_str::<Signal>(&serde_json::to_string(&all).unwrap()).unwrap(), all);
        for o in CheckOutcome::ALL {
            assert_eq!(CheckOutcome::parse(o.as_str()), Ok(o));
        }
        assert!(CheckOutcome::parse("Up").is_err());
    }
}
