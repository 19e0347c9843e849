//! `allclear catalogue`

mod hosts;
mod list;
mod mark;
mod verify;

use super::operate;
use crate::config::{Config, ConfigArgs, Include};
use crate::embedded;
use crate::exit::{BAD_INPUT, Failure, OK, Outcome};
use crate::output;
use allclear_engine::watch::Manners;
use allclear_model::Catalogue as Content;
use serde_json::json;
use std::path::PathBuf;

/// Check, list and try the services that can be watched
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Catalogue {
    /// What to do
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Check the built-in catalogue, with DIR on top of it
    #[command(after_help = "\
DIR has services/SLUG.toml, categories/ID.toml and guides/NAME.md; its files add to the built-in ones or replace them.

Example:
  allclear catalogue check my-services/

All errors are told at once, each with file, line and key; warnings stand beside them and do not change the exit code.

Exit codes: 0 it holds; 2 it has errors, usage, or DIR is not a folder.")]
    Check {
        /// An operator's own folder
        dir: Option<PathBuf>,
        /// Print JSON: {"services","errors":[{"file","line","key","problem"}],"warnings":[…]}
        #[arg(long)]
        json: bool,
    },
    /// List the services of the effective catalogue
    #[command(after_help = "\
With --unverified it lists every fact whose mark in a [verified] table is false instead. An unverified upstream is never \
named in public as a cause. To verify a fact, look at its source, correct the service's file and set its mark; \
`allclear catalogue verify` does so for checks.

Exit codes: 0 listed; 2 usage or a broken catalogue.")]
    List {
        /// The facts that nobody has verified at their source
        #[arg(long)]
        unverified: bool,
        /// Print JSON: [{"slug","name","category","homepage","aliases","symptoms","own_guide"}], or [{"service","fact","value"}]
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        of: Of,
    },
    /// List the hosts that watching this catalogue asks, what, and how often
    #[command(after_help = "\
It opens no connection. Hosts that are not asked are listed with the reason: they opted out (`allclear admin optout`), \
they or their category are not to be checked (setting watch.without_checks), a setting switches it off, or nothing that a program can read is known of the page. \
One host is asked once a minute at most, however many services are there. A running site does so unless watch.checks or \
watch.official is off. Services at which something is going on, or that somebody looks at, are asked more often, up to once a minute.

Exit codes: 0 listed; 1 the data folder cannot be used; 2 usage or a broken catalogue.")]
    Hosts {
        /// Print JSON: [{"host","service","what","address","every_s","not"}]
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        of: Of,
    },
    /// Run all checks once, and mark those that pass as verified
    #[command(after_help = "\
A check that nobody has seen pass proves nothing when it fails. This runs every check of the catalogue once from here, \
politely: at most 16 hosts at a time, one check a minute for one host, nothing that the robots.txt of any host on its way \
forbids, no host that opted out. With --write, the file of each service whose check passed gets the mark `check = true` \
in its [verified] table; a built-in service's file is copied for that into your own folder, where it then takes the place \
of the built-in one.

Examples:
  allclear catalogue verify openrouter github
  allclear catalogue verify --catalogue my-services/ --write

Exit codes: 0 all that were asked passed; 1 some did not, a file cannot be written, or the data folder cannot be used; \
2 usage or a broken catalogue; 4 nothing could be told from here, or nothing was asked.")]
    Verify(verify::Verify),
}

/// Whose catalogue.
#[derive(Debug, clap::Args)]
struct Of {
    /// An operator's own folder (setting catalogue.dir)
    #[arg(long, value_name = "DIR")]
    catalogue: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Of {
    /// The settings, and the effective catalogue.
    fn load(&self) -> Result<(Config, Content), Failure> {
        let dir = self.catalogue.as_ref().map(|d| ("catalogue.dir", d.display().to_string(), "--catalogue"));
        let config = self.config.load(&dir.into_iter().collect::<Vec<_>>())?;
        let content = embedded::effective(&config.catalogue)?;
        Ok((config, content))
    }
}

impl Catalogue {
    pub(crate) fn run(self) -> Outcome {
        match self.action {
            Action::Check { dir, json } => check(dir, json),
            Action::List { unverified: false, json, of } => list::list(json, &of.load()?.1),
            Action::List { unverified: true, json, of } => list::unverified(json, &of.load()?.1),
            Action::Hosts { json, of } => hosts::hosts(json, &of),
            Action::Verify(verify) => verify.run(),
        }
    }
}

/// What manners the settings ask for, and who opted out.
async fn manners(config: &Config, content: &Content) -> Result<Manners, Failure> {
    for name in config.watch.unknown(content) {
        output::note(&format!("warning: watch.without_checks: {name} is no service, and no service's category"));
    }
    let opted_out = operate::opted_out(config).await?.into_iter().collect();
    Ok(config.watch.manners(&config.network, content, opted_out))
}

fn check(dir: Option<PathBuf>, as_json: bool) -> Outcome {
    if let Some(dir) = dir.as_deref().filter(|d| !d.is_dir()) {
        return Err(Failure::bad_input(format!("{} is not a folder that can be read", dir.display())));
    }
    let (services, errors, warnings) = match embedded::load(dir.as_deref(), &Include::All) {
        Ok(loaded) => (loaded.catalogue.services.len(), Vec::new(), loaded.warnings),
        Err(broken) => (0, broken.errors, broken.warnings),
    };
    if as_json {
        output::json(&json!({"services": services, "errors": errors, "warnings": warnings}))?;
    } else {
        for w in &warnings {
            output::note(&format!("warning: {w}"));
        }
        if errors.is_empty() {
            output::print(&format!("The catalogue holds: {services} services.\n"))?;
        }
    }
    match errors.is_empty() {
        true => Ok(OK),
        false if as_json => Ok(BAD_INPUT),
        false => Err(Failure::bad_input(embedded::told(&errors))),
    }
}
