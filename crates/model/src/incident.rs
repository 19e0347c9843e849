//! A stretch of bad verdicts, with a permalink and a timeline.

use crate::{Evidence, IncidentId, Level, Slug, SymptomId, Time, Verdict};
use serde::{Deserialize, Serialize};

/// What happened to an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentStep {
    /// The alarm.
    Opened,
    /// The level rose.
    Escalated,
    /// The level fell while still open.
    Eased,
    /// Reports fall back.
    Recovering,
    /// It came back, from recovering or within 30 minutes of closing.
    Reopened,
    /// Over.
    Closed,
}

impl IncidentStep {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            IncidentStep::Opened => "opened",
            IncidentStep::Escalated => "escalated",
            IncidentStep::Eased => "eased",
            IncidentStep::Recovering => "recovering",
            IncidentStep::Reopened => "reopened",
            IncidentStep::Closed => "closed",
        }
    }
}

/// One line of an incident's timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentEvent {
    /// When the judge said so.
    pub at: Time,
    /// What happened.
    pub step: IncidentStep,
    /// Level from here on.
    pub level: Level,
    /// Counted reports in the 15 minutes up to `at`.
    pub actual: u64,
    /// Usual number for these 15 minutes.
    pub expected: f64,
}

impl IncidentEvent {
    /// What this line is called among the lines of its incident, for good: a long timeline loses lines in its middle, so
    /// that a place in it says nothing.
    pub fn key(&self) -> String {
        format!("{}-{}-{}", self.at.0, self.step.as_str(), self.level.as_str())
    }
}

/// An incident as the board and the archive know it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Permalink.
    pub id: IncidentId,
    /// Whose.
    pub service: Slug,
    /// Estimated onset.
    pub since: Time,
    /// The alarm.
    pub opened: Time,
    /// When it was closed, if it is.
    pub closed: Option<Time>,
    /// Worst level.
    pub peak_level: Level,
    /// Most counted reports in any 15 minutes, and when those 15 minutes ended.
    pub peak_reports: u64,
    /// End of the 15 minutes with the most reports.
    pub peak_at: Time,
    /// Counted reports from `since` on.
    pub total_reports: u64,
    /// Symptoms by count, most first, at most 5.
    pub symptoms: Vec<(SymptomId, u64)>,
    /// Timeline, oldest first, at most 64 events.
    pub events: Vec<IncidentEvent>,
    /// Whether a second kind of witness ever said the same.
    #[serde(default)]
    pub confirmed: bool,
    /// Reasons for and against, as they stood at that word of the judge at which their sum was highest. Empty where an earlier version
    /// of the program kept none.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
}

impl Incident {
    /// Takes a word of the judge into account.
    pub fn argue(&mut self, verdict: &Verdict) {
        let sum = |list: &[Evidence]| list.iter().map(|e| e.weight).sum::<f64>();
        self.confirmed |= verdict.confirmed;
        // What reports weigh is bounded: of words that weigh the same the later one has more of them.
        if self.evidence.is_empty() || verdict.log_odds >= sum(&self.evidence) - 0.005 {
            self.evidence = verdict.evidence.iter().chain(&verdict.against).cloned().collect();
        }
    }
}
