//! What is said over the socket.

use allclear_engine::view::OfficialNow;
use allclear_model::official::Trust;
use allclear_model::signal::Baseline;
use allclear_model::{Level, Phase, Slug, Time, time::rfc3339};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;

pub(crate) mod checks;
pub(crate) use checks::CheckStatus;

/// Paths of the requests.
pub(crate) mod path {
    pub(crate) const REPORT: &str = "/v1/report";
    pub(crate) const VOTE: &str = "/v1/vote";
    pub(crate) const STATUS: &str = "/v1/status";
    pub(crate) const INFO: &str = "/v1/info";
    pub(crate) const RELOAD: &str = "/v1/reload";
    pub(crate) const SNAPSHOT: &str = "/v1/snapshot";
    pub(crate) const OPERATE: &str = "/v1/operate";
    pub(crate) const BASELINES: &str = "/v1/baselines";
    pub(crate) const BACKUP: &str = "/v1/backup";
    pub(crate) const STOP: &str = "/v1/stop";
}

/// `POST report`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReportRequest {
    pub(crate) service: String,
    pub(crate) symptom: String,
    pub(crate) country: Option<String>,
    pub(crate) key: Option<String>,
    /// For whom; none: the operator.
    #[serde(default)]
    pub(crate) source: Option<String>,
    /// What they wrote.
    #[serde(default)]
    pub(crate) text: Option<String>,
    /// An error they pasted.
    #[serde(default)]
    pub(crate) error: Option<String>,
}

/// What the author of a report gets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReportAnswer {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) counted: bool,
    #[serde(with = "rfc3339")]
    pub(crate) at: Time,
    #[serde(with = "rfc3339")]
    pub(crate) shown_by: Time,
}

/// `POST vote`: it works for them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct VoteRequest {
    pub(crate) service: String,
    pub(crate) country: Option<String>,
    /// For whom; none: the operator.
    pub(crate) source: Option<String>,
}

/// What came of a vote.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct VoteAnswer {
    pub(crate) counted: bool,
}

/// What the site says now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StatusAnswer {
    /// When the judge last looked.
    #[serde(with = "rfc3339")]
    pub(crate) measured_at: Time,
    /// False: nobody is judging, so every level is `unknown`.
    pub(crate) fresh: bool,
    /// Whether all of it is simulated.
    #[serde(default)]
    pub(crate) demo: bool,
    /// Locations of checks that are paused now: they do not believe what they find.
    #[serde(default)]
    pub(crate) paused: BTreeSet<Slug>,
    /// In order of slug.
    pub(crate) services: Vec<ServiceStatus>,
}

/// One service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServiceStatus {
    pub(crate) slug: Slug,
    pub(crate) name: String,
    pub(crate) level: Level,
    pub(crate) phase: Phase,
    pub(crate) confirmed: bool,
    #[serde(with = "rfc3339")]
    pub(crate) since: Time,
    pub(crate) actual: u64,
    pub(crate) expected: f64,
    /// Its official page; `None` while nobody reads it.
    #[serde(default)]
    pub(crate) official: Option<OfficialStatus>,
    /// What our own checks found, by location, in order; empty while nothing checks it.
    #[serde(default)]
    pub(crate) checks: Vec<CheckStatus>,
}

/// What an official page says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OfficialStatus {
    /// What it said when it was last read; `None`: it never was.
    pub(crate) level: Option<Level>,
    /// How far that can be trusted.
    pub(crate) trust: Trust,
    /// Since when it says so.
    #[serde(with = "rfc3339")]
    pub(crate) since: Time,
    /// When it was last read.
    pub(crate) read_at: Option<String>,
    /// Whether it was read in the last 30 minutes, and so has a say in the verdict.
    pub(crate) speaks: bool,
    /// Why it cannot be read now, in a stranger's words.
    pub(crate) unread: Option<String>,
}

impl OfficialStatus {
    /// As a picture has it; `fresh`: the picture may be read as of now.
    pub(crate) fn of(page: &OfficialNow, fresh: bool) -> OfficialStatus {
        let word = page.word.as_ref();
        OfficialStatus {
            level: word.map(|w| w.level),
            trust: word.map(|w| w.trust).unwrap_or_default(),
            since: page.since,
            read_at: page.read.map(|t| t.to_string()),
            speaks: page.speaks && fresh,
            unread: page.unread.as_ref().map(|(_, why)| why.clone()),
        }
    }
}

/// Where the site stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Info {
    pub(crate) version: String,
    pub(crate) pid: u32,
    pub(crate) url: String,
    pub(crate) demo: bool,
    #[serde(with = "rfc3339")]
    pub(crate) started: Time,
    #[serde(with = "rfc3339")]
    pub(crate) judged: Time,
    pub(crate) seq: u64,
    pub(crate) projected: u64,
    pub(crate) snapshot: u64,
    pub(crate) services: u64,
    pub(crate) waiting: usize,
    pub(crate) damage: Vec<String>,
}

/// Answer to `POST reload`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Reloaded {
    /// False: the catalogue says what it said before.
    pub(crate) changed: bool,
    pub(crate) services: usize,
    pub(crate) warnings: Vec<String>,
}

/// Answer to `POST snapshot`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) seq: u64,
}

/// `POST baselines`: all or none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BaselinesRequest {
    pub(crate) actor: String,
    pub(crate) baselines: Vec<PlacedBaseline>,
}

/// What is usual for a service, and where that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PlacedBaseline {
    /// `FILE:LINE`.
    pub(crate) place: String,
    pub(crate) baseline: Baseline,
}

/// Answer to `POST baselines`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BaselinesAnswer {
    pub(crate) services: usize,
}

/// `POST backup`; the path is absolute.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BackupRequest {
    pub(crate) to: PathBuf,
}

/// What a backup holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BackupAnswer {
    pub(crate) to: PathBuf,
    /// Last sequence number in it.
    pub(crate) seq: u64,
    pub(crate) bytes: u64,
}

/// Why something was not done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refusal {
    /// True: what was handed in is wrong. False: it did not work.
    pub(crate) bad_input: bool,
    /// True: not now, a limit is reached; the message says when again.
    #[serde(default)]
    pub(crate) limited: bool,
    /// A sentence, or several lines.
    pub(crate) message: String,
}

impl Refusal {
    /// What was handed in is wrong.
    pub(crate) fn bad_input(message: impl Into<String>) -> Refusal {
        Refusal { bad_input: true, limited: false, message: message.into() }
    }

    /// It did not work.
    pub(crate) fn failed(message: impl Into<String>) -> Refusal {
        Refusal { bad_input: false, limited: false, message: message.into() }
    }
}

impl From<Refusal> for crate::exit::Failure {
    fn from(r: Refusal) -> Self {
        use crate::exit::{BAD_INPUT, FAILED, Failure, LIMITED};
        let code = match (r.bad_input, r.limited) {
            (true, _) => BAD_INPUT,
            (false, true) => LIMITED,
            (false, false) => FAILED,
        };
        Failure { code, message: r.message }
    }
}

impl From<crate::exit::Failure> for Refusal {
    fn from(f: crate::exit::Failure) -> Self {
        use crate::exit::{BAD_INPUT, LIMITED};
        Refusal { bad_input: f.code == BAD_INPUT, limited: f.code == LIMITED, message: f.message }
    }
}

impl From<allclear_engine::EngineError> for Refusal {
    fn from(e: allclear_engine::EngineError) -> Self {
        use allclear_engine::EngineError as E;
        let bad_input = match e {
            E::Invalid { .. } | E::NoService(_) | E::NotFound | E::KeyReused | E::Replayed { .. } => true,
            // Nobody is an agent here.
            E::NoAgent(_) | E::WrongTime(_) | E::OtherVersion(_) | E::Limited { .. } | E::Unavailable { .. } => false,
        };
        Refusal { bad_input, limited: matches!(e, E::Limited { .. }), message: e.to_string() }
    }
}

impl From<allclear_model::ParseError> for Refusal {
    fn from(e: allclear_model::ParseError) -> Self {
        Refusal::bad_input(e.to_string())
    }
}
