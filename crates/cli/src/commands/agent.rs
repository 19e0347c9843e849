//! `allclear agent`

use crate::agent::{Courier, Door, Elsewhere, Shared, Spool, server};
use crate::config::{Config, ConfigArgs};
use crate::exit::{Failure, OK, Outcome, While};
use crate::lifecycle::{Asked, Ring, Signals};
use crate::telemetry;
use crate::watch::{Here, Runner};
use allclear_engine::agents::Token;
use allclear_model::Slug;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long what is under way may take at a stop.
const GRACE: Duration = Duration::from_secs(4);

/// Run the checks of a site elsewhere, from here
#[derive(Debug, clap::Args)]
#[command(after_help = "\
At the site, once: allclear admin agents add NAME --out FILE. The file goes to where the agent runs.

The agent asks the site what to check, runs it through its own settings [network] and sends what it finds. While the site does not answer, results \
wait in DIR; when there is no room left the oldest are given up, and the site is told how many. The first line on standard output is \
`connected to URL as NAME`, once the site has answered; logs go to standard error. SIGTERM and SIGINT end it cleanly; what waits is sent after the \
next start.

Examples:
  allclear agent --server https://status.example.org --token frankfurt.token --location frankfurt
  ALLCLEAR_NETWORK__PRIVATE_RANGES=10.0.0.0/8 allclear agent --server https://status.example.org --token office.token --location office --dir /var/lib/allclear-agent

Exit codes: 0 it was asked to stop; 1 it could not start or go on (folder in use); 2 usage, configuration or token file is wrong; \
3 the site does not take this agent: its token is unknown or was revoked, or the two are of versions that do not understand each other.")]
pub(crate) struct Agent {
    /// Address of the site, with its base path if it has one
    #[arg(long, value_name = "URL")]
    server: String,
    /// File with the token, which only this agent should be able to read
    #[arg(long, value_name = "FILE")]
    token: PathBuf,
    /// The agent's name at the site, which is its location
    #[arg(long, value_name = "NAME")]
    location: String,
    /// Folder for what waits to be sent [default: ./agent-NAME]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Most kilobytes that wait there; 64 MB are about three days of 500 services that are checked every 5 minutes
    #[arg(long, value_name = "KB", default_value_t = 65_536, value_parser = clap::value_parser!(u64).range(16..=16_777_216))]
    keep_kb: u64,
    /// Talk to a site over HTTP, on a network of your own
    #[arg(long)]
    allow_http: bool,
    /// Configuration file: of it the agent uses what stands in network and log, and site.contact [default: ./allclear.toml if it is there]
    #[arg(long, value_name = "FILE", env = "ALLCLEAR_CONFIG", help_heading = "Configuration")]
    config: Option<PathBuf>,
}

impl Agent {
    pub(crate) fn run(self) -> Outcome {
        let config = ConfigArgs { config: self.config.clone(), data: None }.load(&[])?;
        let location =
            Slug::parse(&self.location).map_err(|e| Failure::bad_input(format!("--location: {}", e.problem)))?;
        let url = server(&self.server, self.allow_http)?;
        telemetry::start(config.log);
        for warning in &config.warnings {
            tracing::warn!("configuration: {warning}");
        }
        let token = token(&self.token)?;
        let dir = self.dir.unwrap_or_else(|| PathBuf::from(format!("agent-{location}")));
        let (keep, site) = (self.keep_kb << 10, Site { location, url, token });
        super::block_on(run(config, site, &dir, keep))
    }
}

fn token(file: &Path) -> Result<Token, Failure> {
    let bad = |why: &dyn std::fmt::Display| Failure::bad_input(format!("--token {}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|e| bad(&e))?;
    if std::fs::metadata(file).is_ok_and(|m| m.permissions().mode() & 0o077 != 0) {
        tracing::warn!("agent: others on this machine can read {}: chmod 600 it", file.display());
    }
    Token::parse(&text).map_err(|e| bad(&e))
}

/// Whom an agent works for, and as whom.
struct Site {
    location: Slug,
    url: String,
    token: Token,
}

async fn run(config: Config, site: Site, dir: &Path, keep: u64) -> Outcome {
    // First of all: a limit on the size of files comes as a signal, too.
    let mut signals = Signals::listen().or_cannot("listen to signals")?;
    let Site { location, url, token } = site;
    let spool = Spool::open(dir, keep)?;
    let ring = Ring::default();
    let shared = Arc::new(Shared::new(spool));
    // Whoever opted out of checks may be the site itself: it is asked all the same, by its own operator.
    let way = config.network.dialer(&config.site.contact, BTreeSet::new(), ring.tracker.clone())?;
    let door = Door::new(url.clone(), token, way, shared.clone());
    let courier = Courier::new(door, shared.clone(), location.clone(), url);
    let (tell, mut ended) = oneshot::channel();
    let stop = ring.stop.clone();
    ring.tracker.spawn(async move {
        // Whoever stops does not listen any more.
        drop(tell.send(courier.run(stop).await));
    });
    let base = Elsewhere::new(shared, location, config.network.clone(), ring.tracker.clone());
    // Nobody else asks anything from here.
    Runner::begin(base, &config, &ring, Here::new())?;
    let outcome = loop {
        tokio::select! {
            asked = signals.next() => if asked == Asked::Stop { break Ok(OK) },
            done = &mut ended => break match done {
                Ok(Err(failure)) => Err(failure),
                _ => Err(Failure::failed("what talks to the site ended by itself; the log says why")),
            },
        }
    };
    tracing::info!("agent: stopping");
    if !ring.end(GRACE).await {
        tracing::warn!("agent: some of what was under way did not end in time");
    }
    outcome
}
