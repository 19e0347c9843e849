//! `allclear status`

use crate::config::ConfigArgs;
use crate::exit::{CANNOT_TELL, Failure, OK, Outcome, PROBLEM};
use crate::house;
use crate::output;
use crate::socket::client::Client;
use crate::socket::protocol::{ServiceStatus, StatusAnswer, path};
use allclear_model::Level;
use std::collections::BTreeMap;

/// Show what the site says about one service or all
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without SLUG it lists the services with a problem and counts the others; --all lists every one. \
When no site is running in the data folder, it shows where the journal ends; nobody is listening then, so every level \
is `unknown`.

Examples:
  allclear status
  allclear status openrouter && ./deploy.sh
  allclear status --json | jq '.services[] | select(.level != \"operational\")'

Exit codes: 0 no problem; 1 the site could not be asked; 2 usage or unknown service; 3 a problem with SLUG, or without \
SLUG with any service; 4 (only with SLUG) nothing can be said about it.")]
pub(crate) struct Status {
    /// The service's slug
    slug: Option<String>,
    /// List all services, not only those with a problem
    #[arg(long, conflicts_with = "slug")]
    all: bool,
    /// Print JSON: {"measured_at","fresh","demo","services":[{"slug","name","level","phase","confirmed","since","actual","expected"}]}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Status {
    pub(crate) fn run(self) -> Outcome {
        let config = self.config.load(&[])?;
        super::block_on(async move {
            let mut answer: StatusAnswer = match Client::connect(&config.data.dir).await? {
                Some(site) => site.get(path::STATUS).await?,
                None => house::last_status(&config).await?,
            };
            if let Some(slug) = &self.slug {
                answer.services.retain(|s| s.slug.as_str() == slug);
                if answer.services.is_empty() {
                    return Err(Failure::bad_input(format!(
                        "no service has the slug {slug:?}; `allclear catalogue list` shows them"
                    )));
                }
            }
            if self.json {
                output::json(&answer)?;
            } else {
                output::print(&self.told(&answer))?;
            }
            Ok(code(&answer, self.slug.is_some()))
        })
    }

    fn told(&self, answer: &StatusAnswer) -> String {
        let listed: Vec<&ServiceStatus> =
            answer.services.iter().filter(|s| self.all || self.slug.is_some() || s.level.is_problem()).collect();
        let rows: Vec<Vec<String>> = listed
            .iter()
            .map(|s| {
                let phase = if s.phase.as_str() == "none" { String::new() } else { s.phase.as_str().to_owned() };
                let reports = format!("{} (usual {:.1})", s.actual, s.expected);
                vec![s.slug.to_string(), s.level.as_str().to_owned(), phase, s.since.to_string(), reports]
            })
            .collect();
        let table = if rows.is_empty() {
            String::new()
        } else {
            output::table(&["SERVICE", "LEVEL", "PHASE", "SINCE", "REPORTS IN 15 MIN"], &rows)
        };
        let sum = if self.slug.is_none() { counted(&answer.services) } else { String::new() };
        let judged = answer.measured_at;
        let freshness = if answer.fresh {
            format!("As of {judged}\n")
        } else {
            format!("Not updated since {judged}; until somebody judges again every level is unknown\n")
        };
        let label = if answer.demo { "Everything on this site is simulated.\n" } else { "" };
        [&table, &sum, label, &freshness].concat()
    }
}

/// How many services there are at each level, worst first.
fn counted(services: &[ServiceStatus]) -> String {
    let mut counts: BTreeMap<Level, usize> = BTreeMap::new();
    for s in services {
        *counts.entry(s.level).or_default() += 1;
    }
    let parts: Vec<String> = counts.iter().rev().map(|(l, n)| format!("{n} {}", l.as_str())).collect();
    format!("{} services: {}\n", services.len(), parts.join(", "))
}

fn code(answer: &StatusAnswer, one: bool) -> u8 {
    if answer.services.iter().any(|s| s.level.is_problem()) {
        PROBLEM
    } else if one && answer.services.iter().all(|s| s.level == Level::Unknown) {
        CANNOT_TELL
    } else {
        OK
    }
}
