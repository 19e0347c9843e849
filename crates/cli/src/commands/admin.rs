//! `allclear admin`

use super::agents::Agents;
use super::baseline::Baseline;
use super::operate::Operator;
use crate::config::ConfigArgs;
use crate::exit::{OK, Outcome};
use crate::output;
use crate::socket::client::Client;
use crate::socket::protocol::{Info, Reloaded, Snapshot, path};
use serde::Serialize;

/// Operate a site: what people write, its pages, its agents, the process itself
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Only those who may use the data folder and DIR/allclear.sock in it (mode 0600) can operate the site. `status`, `reload` and \
`snapshot` are about the process and need a running site; everything else works on a stopped one as well, under its lock.

Examples:
  allclear admin status --json
  allclear admin moderation list                    texts that wait for you, newest first
  allclear admin moderation hide REPORT --reason insult --actor jo
  allclear admin suggestions accept 12 --category ai-app
  allclear admin audit --json
  allclear admin agents add frankfurt --out frankfurt.token
  allclear admin reload          after changing the catalogue; a broken one changes nothing and says why
  allclear admin baseline import usual.csv          before a new site opens, so that a busy service is not taken for a broken one

Exit codes: 0 done; 1 not done, or there is no site or none that runs where one must (`stop`: 0 then); 2 usage, or the catalogue \
(`reload`) or the file (`baseline import`) is wrong."
)]
pub(crate) struct Admin {
    /// What to do
    #[command(subcommand)]
    action: Action,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    /// Who acts, for the audit: 1 to 40 letters, digits, dots, hyphens and underscores; without it, the account's name
    #[arg(long, global = true, value_name = "NAME")]
    actor: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Where a running site stands: process, journal, archive, snapshot
    Status,
    /// Make a running site read the catalogue again (as SIGHUP does)
    Reload,
    /// Make a running site write a snapshot of its board now
    Snapshot,
    Baseline(Baseline),
    /// Who may run checks elsewhere and send what they find (allclear agent)
    #[command(subcommand)]
    Agents(Agents),
    #[command(flatten)]
    Operator(Operator),
    /// End the site cleanly (as SIGTERM does)
    Stop,
}

impl Admin {
    pub(crate) fn run(self) -> Outcome {
        let config = self.config.load(&[])?;
        let json = self.json;
        super::block_on(async move {
            let dir = &config.data.dir;
            match self.action {
                Action::Status => {
                    let info: Info = Client::required(dir).await?.get(path::INFO).await?;
                    show(json, &info, || told(&info))
                }
                Action::Reload => {
                    let done: Reloaded = Client::required(dir).await?.post(path::RELOAD, &()).await?;
                    show(json, &done, || {
                        let warnings: Vec<String> = done.warnings.iter().map(|w| format!("warning: {w}\n")).collect();
                        let said =
                            if done.changed { "The site now watches" } else { "Nothing has changed: it watches" };
                        format!("{}{said} {} services.\n", warnings.concat(), done.services)
                    })
                }
                Action::Snapshot => {
                    let done: Snapshot = Client::required(dir).await?.post(path::SNAPSHOT, &()).await?;
                    show(json, &done, || format!("Snapshot written; it stands at signal {}.\n", done.seq))
                }
                Action::Baseline(baseline) => baseline.run(&config, json, self.actor).await,
                Action::Agents(agents) => agents.run(&config, json, self.actor).await,
                Action::Operator(operator) => operator.run(&config, json, self.actor).await,
                Action::Stop => {
                    let Some(site) = Client::connect(dir).await? else {
                        output::note(&format!("No site is running in {}.", dir.display()));
                        return Ok(OK);
                    };
                    let info: Info = site.post(path::STOP, &()).await?;
                    show(json, &info, || format!("Process {} is stopping.\n", info.pid))
                }
            }
        })
    }
}

fn show(json: bool, value: &impl Serialize, told: impl FnOnce() -> String) -> Outcome {
    if json {
        output::json(value)?;
    } else {
        output::print(&told())?;
    }
    Ok(OK)
}

fn told(info: &Info) -> String {
    let rows = [
        ("process", format!("{} (allclear {}), since {}", info.pid, info.version, info.started)),
        ("address", info.url.clone()),
        ("data", if info.demo { "simulated" } else { "real" }.to_owned()),
        ("services", info.services.to_string()),
        ("judged up to", info.judged.to_string()),
        ("journal", format!("signal {}, {} waiting", info.seq, info.waiting)),
        ("archive", format!("signal {}", info.projected)),
        ("snapshot", if info.snapshot == 0 { "none yet".to_owned() } else { format!("signal {}", info.snapshot) }),
    ];
    let damage = info.damage.iter().map(|d| ("damaged", d.clone()));
    rows.into_iter().chain(damage).map(|(k, v)| format!("{k:<14}{v}\n")).collect::<Vec<_>>().concat()
}
