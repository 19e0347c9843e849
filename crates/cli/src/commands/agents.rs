//! `allclear admin agents`

use super::operate::{acting, send};
use crate::config::Config;
use crate::exit::{Failure, OK, Outcome, While};
use crate::output;
use crate::socket::operate::{Agent, Agents as List, Answer, Operate, OperateRequest};
use allclear_engine::agents::Token;
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What an operator does about agents.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Agents {
    /// Let one send results from a location of its name; its token is shown this once
    Add {
        /// Its location: lower-case letters, digits and hyphens, such as frankfurt. One name is one location, and pages show it
        name: String,
        /// Write the token into this new file, for its owner alone, instead of showing it
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Who there is: last heard of when, last batch, what was given up, how far its clock is off
    List,
    /// Take nothing from it any more, at once; what it sent before stays
    Revoke {
        /// Its name
        name: String,
        /// Take its token again
        #[arg(long)]
        undo: bool,
    },
}

/// A new agent.
#[derive(Serialize)]
struct Added {
    name: String,
    /// Shown once; `null` when it stands in a file.
    token: Option<String>,
    file: Option<PathBuf>,
    seq: u64,
}

impl Agents {
    /// Runs the command; `actor` is who it is kept for.
    pub(crate) async fn run(self, config: &Config, json: bool, actor: Option<String>) -> Outcome {
        let actor = acting(actor);
        match self {
            Agents::Add { name, out } => add(config, json, actor, name, out).await,
            Agents::List => tell(config, json, OperateRequest { actor, operate: Operate::Agents }).await,
            Agents::Revoke { name, undo } => {
                let operate = Operate::AgentRevoke { name, revoked: !undo };
                tell(config, json, OperateRequest { actor, operate }).await
            }
        }
    }
}

async fn tell(config: &Config, json: bool, request: OperateRequest) -> Outcome {
    let answer = send(config, request).await?;
    match &answer {
        _ if json => output::json(&answer)?,
        Answer::Agents(all) => output::print(&told(all))?,
        Answer::Done(done) => output::print(&format!("Done; it is number {} in the audit.\n", done.seq))?,
        other => return Err(odd(other)),
    }
    Ok(OK)
}

fn odd(answer: &Answer) -> Failure {
    Failure::failed(format!("the site answered something else than was asked: {answer:?}"))
}

/// The token is made here and goes nowhere but to whoever called: the site gets the key by which it recognises the token.
async fn add(config: &Config, json: bool, actor: String, name: String, out: Option<PathBuf>) -> Outcome {
    let token = Token::random().or_cannot("get random bytes from the system")?;
    if let Some(file) = &out {
        write(file, &token)?;
    }
    let operate = Operate::AgentAdd { name: name.clone(), key: token.key() };
    let seq = match send(config, OperateRequest { actor, operate }).await {
        Ok(Answer::Done(done)) => done.seq,
        refused => {
            if let Some(file) = &out {
                // A token that nobody knows is of no use.
                drop(std::fs::remove_file(file));
            }
            return Err(refused.map_or_else(|e| e, |other| odd(&other)));
        }
    };
    let shown = out.is_none().then(|| token.reveal());
    if json {
        output::json(&Added { name, token: shown, file: out, seq })?;
    } else if let Some(token) = shown {
        output::print(&format!("{token}\n"))?;
        output::note(&format!(
            "This token is not shown again. Put it into a file that only the agent can read, and start there:\n  allclear agent --server URL --token FILE --location {name}"
        ));
    } else if let Some(file) = out {
        output::print(&format!(
            "The token is in {}. Take the file to where the agent runs, and start there:\n  allclear agent --server URL --token FILE --location {name}\n",
            file.display()
        ))?;
    }
    Ok(OK)
}

fn write(file: &Path, token: &Token) -> Result<(), Failure> {
    let mut made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(|e| Failure::bad_input(format!("cannot make the file {}: {e}", file.display())))?;
    let written = made.write_all(format!("{}\n", token.reveal()).as_bytes()).and_then(|()| made.sync_all());
    written.or_cannot(format!("write {}", file.display()))
}

/// The list as a table.
pub(super) fn told(all: &List) -> String {
    if all.agents.is_empty() {
        return "No agents yet: allclear admin agents add NAME\n".to_owned();
    }
    let row = |a: &Agent| {
        let state = match a {
            a if a.revoked => "revoked",
            a if a.last_heard.is_none() => "never heard",
            a if a.late => "late",
            _ => "in time",
        };
        vec![
            a.name.to_string(),
            state.to_owned(),
            a.since.to_string(),
            a.last_heard.clone().unwrap_or_else(|| "–".to_owned()),
            a.last_seq.to_string(),
            a.dropped.to_string(),
            a.ignored.to_string(),
            format!("{} ms", a.skew_ms),
            a.version.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = all.agents.iter().map(row).collect();
    output::table(
        &["NAME", "STATE", "SINCE", "LAST HEARD", "LAST BATCH", "GIVEN UP", "IGNORED", "CLOCK", "VERSION"],
        &rows,
    )
}
