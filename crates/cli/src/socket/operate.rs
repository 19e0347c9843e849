//! What operators ask of a site beside running it, and what they get: one request, one answer, as JSON.

use allclear_model::official::Trust;
use allclear_model::{AgentKey, Decider, Decision, Facts, Level, Reason, Slug, TextState, Time, time::rfc3339};
use serde::{Deserialize, Serialize};

/// Which texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum QueueName {
    /// Nobody has decided yet: these have less than 4 and a half minutes
    Waiting,
    /// Not shown, and no operator has looked at them
    Withheld,
    /// Shown
    Shown,
}

/// A request. `actor` is who asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Operate {
    Texts { queue: QueueName, before: Option<u64>, limit: u32 },
    Text { report: String },
    Decide { report: String, decision: Decision, reasons: Vec<Reason> },
    Undo { report: String },
    Erase { report: String },
    NoteAdd { service: String, words: String, link: Option<String>, until: Option<String> },
    NoteRemove { service: String, note: u64 },
    Annotate { incident: String, words: Option<String> },
    Retract { incident: String, reason: Option<String> },
    Suggestions { before: Option<u64>, limit: u32, all: bool },
    Accept { suggestion: u64, category: String, slug: Option<String>, homepage: Option<String> },
    Reject { suggestion: u64 },
    Reopen { suggestion: u64 },
    Feedback { before: Option<u64>, limit: u32, all: bool },
    CloseFeedback { feedback: u64, closed: bool },
    OptOut { host: String, out: bool },
    OptOuts,
    AgentAdd { name: String, key: AgentKey },
    AgentRevoke { name: String, revoked: bool },
    Agents,
    Pages { wrong: bool },
    PageChanges { service: String, limit: u32 },
    Audit { before: Option<u64>, limit: u32 },
}

/// A request and who makes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OperateRequest {
    pub(crate) actor: String,
    pub(crate) operate: Operate,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Texts(Texts),
    Text(Box<FullText>),
    Suggestions(Vec<Suggestion>),
    Accepted(Accepted),
    Feedback(Vec<Feedback>),
    Audit(Vec<Act>),
    OptOuts(OptOuts),
    Agents(Agents),
    PageChanges(PageChanges),
    Pages(Pages),
    Done(Done),
}

/// A page of texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Texts {
    pub(crate) texts: Vec<Text>,
    /// Pass as `--before` to read on.
    pub(crate) next: Option<u64>,
}

/// A report with its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Text {
    pub(crate) report: String,
    #[serde(with = "rfc3339")]
    pub(crate) at: Time,
    pub(crate) service: Slug,
    pub(crate) symptom: Slug,
    pub(crate) state: TextState,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) text: Option<String>,
}

/// All about one text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FullText {
    #[serde(flatten)]
    pub(crate) text: Text,
    pub(crate) counted: bool,
    pub(crate) withdrawn: bool,
    pub(crate) facts: Option<Facts>,
    pub(crate) decisions: Vec<Decided>,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Decided {
    pub(crate) seq: u64,
    #[serde(with = "rfc3339")]
    pub(crate) at: Time,
    pub(crate) decision: Decision,
    pub(crate) reasons: Vec<Reason>,
    #[serde(flatten)]
    pub(crate) decider: Decider,
    pub(crate) undone: bool,
}

/// One suggested service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Suggestion {
    pub(crate) suggestion: u64,
    #[serde(with = "rfc3339")]
    pub(crate) at: Time,
    pub(crate) name: String,
    pub(crate) host: Option<String>,
    pub(crate) why: Option<String>,
    /// `open`, `accepted` or `rejected`.
    pub(crate) state: String,
    pub(crate) service: Option<Slug>,
}

/// A suggestion that is watched now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Accepted {
    pub(crate) service: Slug,
    pub(crate) file: std::path::PathBuf,
    pub(crate) seq: u64,
}

/// One answer of the feedback form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Feedback {
    pub(crate) feedback: u64,
    #[serde(with = "rfc3339")]
    pub(crate) at: Time,
    pub(crate) choice: String,
    pub(crate) service: Option<Slug>,
    pub(crate) level: Option<Level>,
    pub(crate) words: Option<String>,
    pub(crate) report: Option<String>,
    pub(crate) closed: bool,
}

/// One act of an operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Act {
    pub(crate) seq: u64,
    #[serde(with = "rfc3339")]
    pub(crate) at: Time,
    pub(crate) actor: String,
    pub(crate) act: String,
    pub(crate) subject: String,
    pub(crate) detail: serde_json::Value,
}

/// An act that is done: its number in the journal and in the audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) seq: u64,
}

/// Agents, in order of name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Agents {
    pub(crate) agents: Vec<Agent>,
}

/// One agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Agent {
    /// Its name and location.
    pub(crate) name: Slug,
    /// What its token is recognised by; no secret.
    pub(crate) key: AgentKey,
    /// When it was added.
    #[serde(with = "rfc3339")]
    pub(crate) since: Time,
    pub(crate) revoked: bool,
    /// When it last asked or sent anything.
    pub(crate) last_heard: Option<String>,
    /// Number of its last batch; 0 before the first.
    pub(crate) last_seq: u64,
    /// Results that it gave up since it keeps any.
    pub(crate) dropped: u64,
    /// Results since the site's start that were about nothing in the plan.
    pub(crate) ignored: u64,
    /// How far its clock is ahead of the site's, milliseconds.
    pub(crate) skew_ms: i64,
    /// Version of its program; empty before it was heard.
    pub(crate) version: String,
    /// Whether its last batch had results older than ten minutes.
    pub(crate) late: bool,
}

/// Hosts that opted out, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OptOuts {
    pub(crate) opted_out: Vec<String>,
}

/// Official pages, in order of service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pages {
    pub(crate) pages: Vec<PageNow>,
}

/// What the official page of a service says now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PageNow {
    pub(crate) service: Slug,
    pub(crate) level: Option<Level>,
    pub(crate) trust: Option<Trust>,
    pub(crate) format: Option<String>,
    pub(crate) url: Option<String>,
    /// When it was last read.
    #[serde(with = "rfc3339::option")]
    pub(crate) read: Option<Time>,
    /// Whether that was lately enough to say anything.
    pub(crate) speaks: bool,
    pub(crate) unread: Option<Unread>,
    pub(crate) warnings: Vec<String>,
}

/// That a page cannot be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unread {
    #[serde(with = "rfc3339")]
    pub(crate) since: Time,
    pub(crate) reason: String,
}

/// How what the official page of a service said has changed, oldest change first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PageChanges {
    pub(crate) service: Slug,
    pub(crate) changes: Vec<PageChange>,
}

/// What was new when it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PageChange {
    pub(crate) seq: u64,
    #[serde(with = "rfc3339")]
    pub(crate) at: Time,
    pub(crate) level: Level,
    /// A sentence or a line of a text each.
    pub(crate) changes: Vec<String>,
}
