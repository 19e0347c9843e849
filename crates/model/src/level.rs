//! How bad it is, and where in its life a problem stands.

use serde::{Deserialize, Serialize};

/// Statuspage's component words, so that its clients understand ours. Ordered by severity; `Unknown` is lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// No fresh witness, and too few reports expected for silence to mean anything.
    #[default]
    Unknown,
    /// No sign of a problem.
    Operational,
    /// The vendor has announced work.
    UnderMaintenance,
    /// About four times the usual reports.
    DegradedPerformance,
    /// About ten times the usual reports.
    PartialOutage,
    /// About fifty times the usual reports.
    MajorOutage,
}

impl Level {
    /// All levels, mildest first.
    pub const ALL: [Level; 6] = [
        Level::Unknown,
        Level::Operational,
        Level::UnderMaintenance,
        Level::DegradedPerformance,
        Level::PartialOutage,
        Level::MajorOutage,
    ];

    /// The word used in JSON, journals and class names.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Unknown => "unknown",
            Level::Operational => "operational",
            Level::UnderMaintenance => "under_maintenance",
            Level::DegradedPerformance => "degraded_performance",
            Level::PartialOutage => "partial_outage",
            Level::MajorOutage => "major_outage",
        }
    }

    /// True for the three levels that are a problem.
    pub fn is_problem(self) -> bool {
        self >= Level::DegradedPerformance
    }
}

/// Where a problem stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing to see.
    #[default]
    None,
    /// More reports than usual, or only our checks fail: not yet enough to say so.
    Possible,
    /// A problem is going on.
    Open,
    /// Reports are falling back.
    Recovering,
    /// Over; the same incident opens again if it comes back within 30 minutes.
    Closed,
}

impl Phase {
    /// The word used in JSON and journals.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::None => "none",
            Phase::Possible => "possible",
            Phase::Open => "open",
            Phase::Recovering => "recovering",
            Phase::Closed => "closed",
        }
    }
}
