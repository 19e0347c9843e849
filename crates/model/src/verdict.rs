//! The judge's answer for one service, with its reasons.

use crate::{Country, IncidentId, Level, Phase, Slug, SymptomId, Time};
use serde::{Deserialize, Serialize};

/// A kind of witness, or the prior.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// How often such a service has a problem at all.
    Prior,
    /// What people report.
    Reports,
    /// What our own checks find.
    Checks,
    /// What the vendor's official page says.
    Official,
}

impl Witness {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Witness::Prior => "prior",
            Witness::Reports => "reports",
            Witness::Checks => "checks",
            Witness::Official => "official",
        }
    }
}

/// One reason, for (positive weight) or against (negative weight) a problem. Numbers only; the sentence is made by
/// [`crate::words::evidence`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Who says so.
    pub witness: Witness,
    /// Nats added to the log-odds. Not calibrated yet. Rounded to 0.01.
    pub weight: f64,
    /// For reports: how many were counted in the window; for checks: locations from which they fail; for the official page:
    /// how bad it says it is (0 not at all, 1 maintenance, 2 degraded, 3 partial, 4 major); for the prior: outages per 30 days.
    pub actual: f64,
    /// For reports: how many would be usual; for checks: locations that were heard in the window; for the prior
    /// and the official page: 0.
    pub expected: f64,
    /// Length of the window in seconds, 0 where there is none.
    pub window_s: u32,
}

/// Reports in the window that the first sentence speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct ReportsWindow {
    /// Counted reports.
    pub actual: u64,
    /// Usual number for this window, at least 0.
    pub expected: f64,
    /// Reports weighed by distinct sources and networks, at most `actual`.
    pub effective: f64,
    /// Length of the window in seconds (900).
    pub window_s: u32,
}

/// Level, phase and reasons of one service at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// When it was judged.
    pub at: Time,
    /// How bad.
    pub level: Level,
    /// Where in its life.
    pub phase: Phase,
    /// Whether a second kind of witness says the same; reports alone never confirm.
    pub confirmed: bool,
    /// Estimated onset of the present level (for a problem: the change point, not the alarm).
    pub since: Time,
    /// The incident this belongs to, while one is open, recovering or just closed.
    pub incident: Option<IncidentId>,
    /// The upstream that explains it, when that one is confirmed.
    pub cause: Option<Slug>,
    /// Symptoms that stand out (each at least 5 reports and at least 20 % of the last hour), most reported first.
    pub symptoms: Vec<SymptomId>,
    /// Countries that stand out (each at least 5 reports), most reported first.
    pub countries: Vec<Country>,
    /// Reports in the window.
    pub reports: ReportsWindow,
    /// What speaks for a problem, and the prior. `log_odds` is the sum of these weights and those in `against`.
    pub evidence: Vec<Evidence>,
    /// What speaks against one.
    pub against: Vec<Evidence>,
    /// Log-odds of a problem in nats: the sum of all weights, to 0.01. Not calibrated, hence no probability.
    pub log_odds: f64,
    /// Version of the rules that judged.
    pub rule: u32,
}

impl Verdict {
    /// The verdict of a service nobody has said anything about.
    pub fn unknown(at: Time, rule: u32) -> Verdict {
        Verdict {
            at,
            level: Level::Unknown,
            phase: Phase::None,
            confirmed: false,
            since: at,
            incident: None,
            cause: None,
            symptoms: Vec::new(),
            countries: Vec::new(),
            reports: ReportsWindow { window_s: 900, ..ReportsWindow::default() },
            evidence: Vec::new(),
            against: Vec::new(),
            log_odds: 0.0,
            rule,
        }
    }
}
