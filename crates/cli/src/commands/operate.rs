//! `allclear admin moderation`, `erase`, `note`, `incident`, `suggestions`, `feedback`, `optout`, `official`, `audit`

use super::official_pages::{self, OfficialAction};
use crate::config::Config;
use crate::exit::{Failure, OK, Outcome};
use crate::folder;
use crate::house;
use crate::output;
use crate::socket::client::Client;
use crate::socket::operate::{Answer, Operate, OperateRequest, QueueName, Text};
use crate::socket::protocol::path;
use allclear_model::{Actor, Decision, Reason};
use std::fmt::Write;

/// What an operator does to texts, pages and queues. Each act is kept with who did it.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Operator {
    /// Texts of reports: look, approve, hide, take a decision back
    #[command(subcommand)]
    Moderation(Moderation),
    /// Overwrite the text of a report wherever it is kept; its line stays
    Erase {
        /// The report's id
        report: String,
    },
    /// Your own words on a service's page
    #[command(subcommand)]
    Note(NoteAction),
    /// Say something about a past or present problem, or that it was none
    #[command(subcommand)]
    Incident(IncidentAction),
    /// Services that visitors suggested
    #[command(subcommand)]
    Suggestions(Suggestions),
    /// What visitors say about pages and verdicts
    #[command(subcommand)]
    Feedback(FeedbackAction),
    /// Keep checks away from a host whose owner wishes so, or list those hosts
    Optout {
        /// Host name such as www.example.org; what lies below it is meant as well. Without one, all are listed
        host: Option<String>,
        /// Let checks contact it again
        #[arg(long, requires = "host")]
        undo: bool,
    },
    /// What official pages say, when they were read, and how their words changed
    #[command(subcommand)]
    Official(OfficialAction),
    /// Who did what, newest first
    Audit(Page),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Page {
    /// How many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// Go on behind this number
    #[arg(long, value_name = "NUMBER")]
    before: Option<u64>,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Moderation {
    /// Texts, newest first
    List {
        /// Which
        #[arg(long, value_enum, default_value_t = QueueName::Waiting)]
        queue: QueueName,
        #[command(flatten)]
        page: Page,
    },
    /// One report with its text and all decisions about it
    Show {
        /// The report's id
        report: String,
    },
    /// Show a text
    Approve {
        /// The report's id
        report: String,
    },
    /// Take a text off the page
    Hide {
        /// The report's id
        report: String,
        /// Why: insult, hate, threat, sexual, scam, advertising, personal, noise, incitement, link; its author is told
        #[arg(long, value_parser = reason)]
        reason: Vec<Reason>,
    },
    /// Take the last decision back; the one before it holds again
    Undo {
        /// The report's id
        report: String,
    },
}

fn reason(word: &str) -> Result<Reason, String> {
    Reason::parse(word).ok_or_else(|| {
        let all: Vec<&str> = Reason::ALL.into_iter().map(Reason::as_str).collect();
        format!("is none of: {}", all.join(", "))
    })
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum NoteAction {
    /// Pin words on a service's page
    Add {
        /// The service's slug
        service: String,
        /// The words, at most 500 characters
        words: String,
        /// Where to read more
        #[arg(long, value_name = "URL")]
        link: Option<String>,
        /// Until when, such as 2026-11-28T18:00:00Z; without it, until it is removed
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// Take a note away
    Remove {
        /// The service's slug
        service: String,
        /// The note's number, as `note add` and the audit say it
        note: u64,
    },
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum IncidentAction {
    /// Say something about an incident on its page
    Annotate {
        /// The incident's id, as in its address
        incident: String,
        /// The words; without them what was said is taken away
        words: Option<String>,
    },
    /// Say that it was no problem of the service; one that goes on ends
    Retract {
        /// The incident's id
        incident: String,
        /// Why, for everybody to read
        #[arg(long, required_unless_present = "undo", conflicts_with = "undo")]
        reason: Option<String>,
        /// Take the retraction back
        #[arg(long)]
        undo: bool,
    },
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Suggestions {
    /// Suggestions that wait, newest first
    List {
        /// Those that are decided, too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        page: Page,
    },
    /// Watch it: writes services/SLUG.toml into the folder of catalogue.dir and reads the catalogue again
    Accept {
        /// The suggestion's number
        suggestion: u64,
        /// Its category's id (allclear catalogue list)
        #[arg(long)]
        category: String,
        /// Its slug; without it, one made of the name
        #[arg(long)]
        slug: Option<String>,
        /// Its homepage; without it, https:// and the host that was suggested
        #[arg(long, value_name = "URL")]
        homepage: Option<String>,
    },
    /// Do not watch it
    Reject {
        /// The suggestion's number
        suggestion: u64,
    },
    /// Let a decided one wait again. A service that was accepted is not watched any more: its file gets the ending .withdrawn
    Reopen {
        /// The suggestion's number
        suggestion: u64,
    },
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum FeedbackAction {
    /// What is open, newest first
    List {
        /// What is closed, too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        page: Page,
    },
    /// Done with it
    Close {
        /// Its number
        feedback: u64,
    },
    /// Not done with it after all
    Reopen {
        /// Its number
        feedback: u64,
    },
}

impl Operator {
    /// Runs the command; `actor` is who it is kept for.
    pub(crate) async fn run(self, config: &Config, json: bool, actor: Option<String>) -> Outcome {
        let answer = send(config, OperateRequest { actor: acting(actor), operate: self.request() }).await?;
        if json {
            output::json(&answer)?;
        } else {
            output::print(&told(&answer))?;
        }
        Ok(OK)
    }

    fn request(self) -> Operate {
        match self {
            Operator::Moderation(m) => match m {
                Moderation::List { queue, page } => Operate::Texts { queue, before: page.before, limit: page.limit },
                Moderation::Show { report } => Operate::Text { report },
                Moderation::Approve { report } => {
                    Operate::Decide { report, decision: Decision::Show, reasons: Vec::new() }
                }
                Moderation::Hide { report, reason } => {
                    Operate::Decide { report, decision: Decision::Hide, reasons: reason }
                }
                Moderation::Undo { report } => Operate::Undo { report },
            },
            Operator::Erase { report } => Operate::Erase { report },
            Operator::Note(NoteAction::Add { service, words, link, until }) => {
                Operate::NoteAdd { service, words, link, until }
            }
            Operator::Note(NoteAction::Remove { service, note }) => Operate::NoteRemove { service, note },
            Operator::Incident(IncidentAction::Annotate { incident, words }) => Operate::Annotate { incident, words },
            Operator::Incident(IncidentAction::Retract { incident, reason, undo: _ }) => {
                Operate::Retract { incident, reason }
            }
            Operator::Suggestions(s) => match s {
                Suggestions::List { all, page } => Operate::Suggestions { before: page.before, limit: page.limit, all },
                Suggestions::Accept { suggestion, category, slug, homepage } => {
                    Operate::Accept { suggestion, category, slug, homepage }
                }
                Suggestions::Reject { suggestion } => Operate::Reject { suggestion },
                Suggestions::Reopen { suggestion } => Operate::Reopen { suggestion },
            },
            Operator::Feedback(f) => match f {
                FeedbackAction::List { all, page } => Operate::Feedback { before: page.before, limit: page.limit, all },
                FeedbackAction::Close { feedback } => Operate::CloseFeedback { feedback, closed: true },
                FeedbackAction::Reopen { feedback } => Operate::CloseFeedback { feedback, closed: false },
            },
            Operator::Optout { host: Some(host), undo } => Operate::OptOut { host, out: !undo },
            Operator::Optout { host: None, .. } => Operate::OptOuts,
            Operator::Official(action) => action.request(),
            Operator::Audit(page) => Operate::Audit { before: page.before, limit: page.limit },
        }
    }
}

/// Who acts: what only looks needs no name; what acts has the one given, or that of the account. An account whose name is none here is no reason to refuse.
pub(super) fn acting(given: Option<String>) -> String {
    let account = || std::env::var("USER").ok().filter(|name| Actor::parse(name).is_ok());
    given.or_else(account).unwrap_or_else(|| "operator".to_owned())
}

/// The hosts that opted out of requests of this site; none where there is no site yet.
///
/// # Errors
/// When its data folder cannot be used.
pub(crate) async fn opted_out(config: &Config) -> Result<Vec<String>, Failure> {
    if !folder::has_site(&config.data.dir) {
        return Ok(Vec::new());
    }
    let request = OperateRequest { actor: "operator".to_owned(), operate: Operate::OptOuts };
    match send(config, request).await? {
        Answer::OptOuts(o) => Ok(o.opted_out),
        other => Err(Failure::failed(format!("the site answered something else than was asked: {other:?}"))),
    }
}

/// Asks the running site, or the folder of a stopped one.
///
/// # Errors
/// What it refuses with, and when there is no site.
pub(super) async fn send(config: &Config, request: OperateRequest) -> Result<Answer, Failure> {
    match Client::connect(&config.data.dir).await? {
        Some(site) => site.post(path::OPERATE, &request).await,
        None => house::visit(config, async |house| Ok(house.operate(request).await?)).await,
    }
}

/// One line, however many the text has.
fn line(text: Option<&str>) -> String {
    text.unwrap_or("–").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn reasons(all: &[Reason]) -> String {
    all.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(",")
}

fn told(answer: &Answer) -> String {
    match answer {
        Answer::Texts(t) if t.texts.is_empty() => "No texts here.\n".to_owned(),
        Answer::Texts(t) => {
            let cells = |t: &Text| {
                vec![
                    t.report.clone(),
                    t.at.to_string(),
                    t.service.to_string(),
                    reasons(&t.reasons),
                    line(t.text.as_deref()),
                ]
            };
            let rows: Vec<Vec<String>> = t.texts.iter().map(cells).collect();
            let more = t.next.map_or(String::new(), |n| format!("More with --before {n}\n"));
            output::table(&["REPORT", "AT", "SERVICE", "REASONS", "TEXT"], &rows) + &more
        }
        Answer::Text(t) => {
            let mut out = format!(
                "report    {}\nat        {}\nservice   {}\nsymptom   {}\nstate     {}{}\ntext      {}\n",
                t.text.report,
                t.text.at,
                t.text.service,
                t.text.symptom,
                t.text.state.as_str(),
                if t.withdrawn { ", withdrawn" } else { "" },
                line(t.text.text.as_deref())
            );
            for d in &t.decisions {
                let who = serde_json::to_string(&d.decider).unwrap_or_default();
                let undone = if d.undone { ", taken back" } else { "" };
                let (at, decision, why) = (d.at, d.decision.as_str(), reasons(&d.reasons));
                let _ = writeln!(out, "decided   {at} {decision} {why} {who}{undone}");
            }
            out
        }
        Answer::Suggestions(all) => {
            let row = |s: &crate::socket::operate::Suggestion| {
                let service = s.service.as_ref().map_or(String::new(), ToString::to_string);
                let host = s.host.clone().unwrap_or_default();
                vec![
                    s.suggestion.to_string(),
                    s.at.to_string(),
                    s.state.clone(),
                    s.name.clone(),
                    host,
                    service,
                    line(s.why.as_deref()),
                ]
            };
            output::table(
                &["NUMBER", "AT", "STATE", "NAME", "HOST", "SERVICE", "WHY"],
                &all.iter().map(row).collect::<Vec<_>>(),
            )
        }
        Answer::Accepted(a) => {
            format!("Watched as {}. Its file is {}; add what you know to it.\n", a.service, a.file.display())
        }
        Answer::Feedback(all) => {
            let row = |f: &crate::socket::operate::Feedback| {
                let service = f.service.as_ref().map_or(String::new(), ToString::to_string);
                let level = f.level.map_or("", |l| l.as_str()).to_owned();
                let state = if f.closed { "closed" } else { "open" }.to_owned();
                vec![
                    f.feedback.to_string(),
                    f.at.to_string(),
                    state,
                    f.choice.clone(),
                    service,
                    level,
                    f.report.clone().unwrap_or_default(),
                    line(f.words.as_deref()),
                ]
            };
            output::table(
                &["NUMBER", "AT", "STATE", "CHOICE", "SERVICE", "LEVEL SHOWN", "REPORT", "WORDS"],
                &all.iter().map(row).collect::<Vec<_>>(),
            )
        }
        Answer::Audit(all) => {
            let row = |a: &crate::socket::operate::Act| {
                vec![
                    a.seq.to_string(),
                    a.at.to_string(),
                    a.actor.clone(),
                    a.act.clone(),
                    a.subject.clone(),
                    a.detail.to_string(),
                ]
            };
            output::table(&["SEQ", "AT", "ACTOR", "ACT", "SUBJECT", "DETAIL"], &all.iter().map(row).collect::<Vec<_>>())
        }
        Answer::Pages(p) => official_pages::told(&p.pages),
        Answer::PageChanges(c) => official_pages::changes(c),
        Answer::OptOuts(o) if o.opted_out.is_empty() => "No host has opted out.\n".to_owned(),
        Answer::OptOuts(o) => o.opted_out.join("\n") + "\n",
        Answer::Agents(all) => super::agents::told(all),
        Answer::Done(d) => format!("Done; it is number {} in the audit.\n", d.seq),
    }
}
