//! `allclear admin baseline`

use super::operate::acting;
use crate::config::Config;
use crate::exit::{Failure, OK, Outcome};
use crate::house;
use crate::output;
use crate::socket::client::{BACKUP_PATIENCE, Client};
use crate::socket::protocol::{BaselinesAnswer, BaselinesRequest, PlacedBaseline, path};
use crate::usual;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

/// Say how many reports are usual, instead of weeks of learning
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Baseline {
    /// What to do
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Take what is usual for services from a file, in place of what was learned for them
    #[command(after_help = "\
Without it, a new site takes a service for an ordinary one of its kind and needs hours to learn that it gets more \
reports than that; until then an ordinary day may read as an outage. It is a signal in the journal: a restart or a \
restored backup still knows it, and the site goes on learning from there. All services in the file are taken, or none.

FILE is one of
  comma-separated   service,hour,rate: hour of the week 0 to 167 from Monday 00:00 UTC, rate in reports per minute; all \
168 hours of each service; a first line that begins with `service` is skipped
  replay format     `reports` and `report` lines of at least a day, without outages (they would count as usual), from \
which the rates are made; or `baseline` lines, which win

Examples:
  allclear admin baseline import usual.csv
  zcat last-month.jsonl.gz | allclear admin baseline import - --json

Exit codes: 0 taken and durable; 1 not done, or no site in the data folder; 2 usage, or the file is wrong: FILE:LINE: reason.")]
    Import {
        /// File to read; `-` is standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl Baseline {
    pub(crate) async fn run(self, config: &Config, as_json: bool, actor: Option<String>) -> Outcome {
        let Action::Import { file } = self.action;
        let baselines = read(&file)?;
        let told: Vec<Told> = baselines.iter().map(Told::of).collect();
        let request = BaselinesRequest { actor: acting(actor), baselines };
        let done: BaselinesAnswer = match Client::connect(&config.data.dir).await? {
            Some(site) => site.post_patiently(path::BASELINES, &request, BACKUP_PATIENCE).await?,
            None => house::visit(config, async |house| Ok(house.learn(request).await?)).await?,
        };
        if as_json {
            let services: Vec<Value> = told.iter().map(Told::json).collect();
            output::json(&json!({"taken": done.services, "services": services}))?;
        } else {
            let rows: Vec<Vec<String>> = told.iter().map(Told::row).collect();
            let table = output::table(&["SERVICE", "REPORTS PER HOUR", "LEAST", "MOST"], &rows);
            output::print(&format!("{table}Taken for {} services.\n", done.services))?;
        }
        Ok(OK)
    }
}

fn read(file: &PathBuf) -> Result<Vec<PlacedBaseline>, Failure> {
    let name = file.display().to_string();
    let input: Box<dyn BufRead> = if name == "-" {
        Box::new(BufReader::new(io::stdin()))
    } else {
        let file = File::open(file).map_err(|e| Failure::bad_input(format!("cannot read {name}: {e}")))?;
        Box::new(BufReader::new(file))
    };
    usual::read(&name, input)
}

/// What was read for a service, in reports per hour.
struct Told {
    service: String,
    mean: f64,
    least: f64,
    most: f64,
}

impl Told {
    fn of(b: &PlacedBaseline) -> Told {
        let rates = &b.baseline.profile;
        Told {
            service: b.baseline.service.to_string(),
            mean: 60.0 * rates.iter().sum::<f64>() / rates.len().max(1) as f64,
            least: 60.0 * rates.iter().copied().fold(f64::INFINITY, f64::min),
            most: 60.0 * rates.iter().copied().fold(0.0, f64::max),
        }
    }

    fn json(&self) -> Value {
        json!({"service": self.service, "per_hour": self.mean, "least": self.least, "most": self.most})
    }

    fn row(&self) -> Vec<String> {
        let number = |n: f64| format!("{n:.1}");
        vec![self.service.clone(), number(self.mean), number(self.least), number(self.most)]
    }
}
