//! One file per command.

mod admin;
mod agent;
mod agents;
mod backup;
mod baseline;
mod catalogue;
mod check;
mod completions;
mod config;
mod official;
mod official_pages;
mod operate;
mod replay;
mod report;
mod restore;
mod serve;
mod status;

use crate::exit::{Failure, Outcome};
use clap::{CommandFactory, FromArgMatches};
use std::time::Duration;

/// Is it down, since when, for whom, why, and what do I do now?
///
/// Allclear serves a public (or private) site that answers this for many services, from what people report, what checks of
/// its own find and what official pages say.
/// Everything is in this one program: the site, its catalogue of services, and the commands that talk to it.
#[derive(Debug, clap::Parser)]
#[command(
    name = "allclear",
    version,
    arg_required_else_help = true,
    after_help = "\
Try:
  allclear serve                          a site on http://127.0.0.1:8080, its files in ./data
  allclear serve --demo                   the same with a simulated day, so that there is something to see
  allclear report github other            report a problem to the running site
  allclear status github                  what the site says about it

Exit codes: 0 it worked; 1 it did not work; 2 usage, configuration or input is wrong. \
Commands with further codes name them in their own help: allclear help COMMAND. \
Settings come from ./allclear.toml or --config FILE, from ALLCLEAR_SECTION__KEY variables and from flags; \
`allclear config` shows them all."
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Of commands that name no exit codes themselves.
const CODES: &str =
    "Exit codes: 0 done; 1 not done, or there is no site; 2 usage, or what is named is wrong or not there.";

impl Cli {
    /// The command line of this process; what is wrong with it ends the process with exit code 2, `--help` and `--version` with 0.
    pub(crate) fn of_process() -> Cli {
        let matches = with_codes(Cli::command()).get_matches();
        Cli::from_arg_matches(&matches).unwrap_or_else(|e| e.exit())
    }
}

/// Says at the end of each command's help with which codes it ends.
fn with_codes(command: clap::Command) -> clap::Command {
    let command = command.mut_subcommands(with_codes);
    let none = command.get_after_help().is_none() && !command.has_subcommands();
    if none { command.after_help(CODES) } else { command }
}

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Serve(serve::Serve),
    Report(report::Report),
    Status(status::Status),
    Replay(replay::Replay),
    Catalogue(catalogue::Catalogue),
    Check(check::Check),
    Official(official::Official),
    Agent(agent::Agent),
    Admin(admin::Admin),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Config(config::ShowConfig),
    Completions(completions::Completions),
}

impl Command {
    /// Runs the command to its end.
    pub(crate) fn run(self) -> Outcome {
        match self {
            Command::Serve(c) => c.run(),
            Command::Report(c) => c.run(),
            Command::Status(c) => c.run(),
            Command::Replay(c) => c.run(),
            Command::Catalogue(c) => c.run(),
            Command::Check(c) => c.run(),
            Command::Official(c) => c.run(),
            Command::Agent(c) => c.run(),
            Command::Admin(c) => c.run(),
            Command::Backup(c) => c.run(),
            Command::Restore(c) => c.run(),
            Command::Config(c) => c.run(),
            Command::Completions(c) => c.run(),
        }
    }
}

/// Runs `work` on a runtime of its own. What blocks a thread after `work` has ended is not waited for.
fn block_on(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::failed(format!("cannot start the threads this program runs on: {e}")))?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_millis(100));
    outcome
}
