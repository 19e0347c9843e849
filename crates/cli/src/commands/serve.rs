//! `allclear serve`

use crate::allocator;
use crate::clock::{Driven, SystemClock};
use crate::config::{Config, ConfigArgs};
use crate::demo;
use crate::descriptors;
use crate::embedded;
use crate::exit::{Failure, OK, Outcome, While};
use crate::folder::Folder;
use crate::house::House;
use crate::lifecycle::{Asked, Lifecycle, Ring, Signals};
use crate::output;
use crate::socket::server as socket;
use crate::telemetry;
use crate::watch::{self, Here};
use allclear_ports::Clock;
use allclear_web::{
    App, BaseUrl, Connections, Handler, Kept, Ops, SEND_BUFFER, ServerLimits, SiteConfig, WebConfig, serve_connections,
};
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Run the site
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The first line on standard output is `listening on http://ADDR:PORT`; logs go to standard error. \
SIGTERM and SIGINT end it cleanly within 5 seconds; SIGHUP reads the catalogue again.

Examples:
  allclear serve
  allclear serve --listen 127.0.0.1:0 --data /tmp/try          port 0: a free one
  ALLCLEAR_HTTP__TRUSTED_PROXIES=127.0.0.1/32 allclear serve --config /etc/allclear.toml
  allclear serve --demo --data data-demo

Exit codes: 0 it was asked to stop; 1 it could not start or go on (address in use, folder in use, file damaged); \
2 usage, configuration or catalogue is wrong.")]
pub(crate) struct Serve {
    /// Address and port of the public site (setting http.listen) [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// An operator's own catalogue folder (setting catalogue.dir); it adds to the built-in one or overrides it
    #[arg(long, value_name = "DIR")]
    catalogue: Option<PathBuf>,
    /// Run no checks from here (setting watch.checks)
    #[arg(long)]
    no_checks: bool,
    /// Read no official pages (setting watch.official)
    #[arg(long)]
    no_official: bool,
    /// Show a simulated day, clearly labelled, made anew at each start in a data folder of its own [default: ./data-demo]
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Serve {
    pub(crate) fn run(mut self) -> Outcome {
        let arena = allocator::begin_with_one_arena();
        if self.demo && self.config.data.is_none() {
            self.config.data = Some(PathBuf::from("data-demo"));
        }
        let listen = self.listen.clone().map(|v| ("http.listen", v, "--listen"));
        let catalogue = self.catalogue.as_ref().map(|d| ("catalogue.dir", d.display().to_string(), "--catalogue"));
        let off = |is: bool, key, flag| is.then(|| (key, "off".to_owned(), flag));
        let checks = off(self.no_checks, "watch.checks", "--no-checks");
        let official = off(self.no_official, "watch.official", "--no-official");
        let flags: Vec<_> = listen.into_iter().chain(catalogue).chain(checks).chain(official).collect();
        let config = self.config.load(&flags)?;
        telemetry::start(config.log);
        if let Err(e) = arena {
            tracing::debug!(error = %e, "the process could not begin again with one arena");
        }
        for warning in &config.warnings {
            tracing::warn!("configuration: {warning}");
        }
        super::block_on(serve(config, self.demo))
    }
}

async fn serve(config: Config, demo: bool) -> Outcome {
    let mut signals = Signals::listen().or_cannot("listen to signals")?;
    let life = Lifecycle::default();
    let places = {
        let (place, effective) = (config.place.clone(), config.effective.clone());
        let opened = life.core.tracker.spawn_blocking(move || place.open(&effective));
        opened.await.or_cannot("read the files of places")??
    };
    let folder = Folder::take(&config.data.dir)?;
    folder.keep_apart(demo)?;
    let catalogue = embedded::begin(&config.catalogue, &folder.dir, &life.core.tracker);
    // Bound before the board is recovered: whoever comes meanwhile waits in the queue and gets an answer.
    let public = bind(config.http.listen, "http.listen")?;
    let ops = match config.ops.listen {
        Some(at) => Some(bind(at, "ops.listen")?),
        None => None,
    };
    let at = public.local_addr().or_cannot("find the address the site listens on")?;

    let driven = Driven::new(SystemClock);
    let clock: Arc<dyn Clock> = if demo { driven.clone() } else { Arc::new(SystemClock) };
    let story = if demo { Some(demo::Story::begin(&folder, &driven)?) } else { None };
    let opened = tokio::select! {
        opened = House::open(&config, folder, catalogue, places, clock, &life.core) => opened?,
        () = stop_asked(&mut signals) => return Ok(OK),
    };
    let house = Arc::new(opened);
    // From here on the core runs: whatever goes wrong, it ends in order.
    let begun = async {
        let told = match story {
            Some(story) => tokio::select! {
                told = story.tell(&house, &driven) => Some(told?),
                () = stop_asked(&mut signals) => return Ok(false),
            },
            None => None,
        };
        open(&config, &house, public, ops, demo, &life.doors)?;
        if let Some(peak) = told {
            demo::go_on(house.clone(), peak, &life.doors);
        } else {
            // One table for both, so that no host hears from us more often than it should.
            let here = Here::new();
            if config.watch.checks {
                watch::begin(house.clone(), &config, &life.doors, here.clone())?;
            }
            if config.watch.official {
                watch::pages::begin(house.clone(), &config, &life.doors, here)?;
            }
        }
        Ok(true)
    };
    match begun.await {
        Ok(true) => {}
        ended => {
            life.end().await;
            return ended.map(|_| OK);
        }
    }
    announce(&config, at, demo);

    let reason = run(&house, &mut signals, &life).await;
    tracing::info!(reason, "stopping");
    let clean = life.end().await;
    socket::remove(&house.folder.dir);
    tracing::info!("stopped");
    match (clean, reason) {
        (true, CORE_ENDED) => Err(Failure::failed("the core of the site ended by itself; the log says why")),
        (true, _) => Ok(OK),
        (false, _) => {
            Err(Failure::failed("the site did not stop cleanly in time; nothing that was acknowledged is lost"))
        }
    }
}

/// Opens the doors: the socket, metrics and health, the public site.
fn open(
    config: &Config,
    house: &Arc<House>,
    public: TcpListener,
    ops: Option<TcpListener>,
    demo: bool,
    doors: &Ring,
) -> Result<(), Failure> {
    let at = public.local_addr().or_cannot("find the address the site listens on")?;
    let web = web_config(config, at, demo)?;
    drop(house.url.set(web.base_url.url()));
    socket::open(house.clone(), doors)?;
    let app = App::new(&web, &house.handles, doors.stop.clone());
    let counts = Arc::new(Connections::default());
    if let Some(listener) = ops {
        if let Ok(at) = listener.local_addr() {
            tracing::info!(%at, "metrics and health");
        }
        let handler = Ops::new(app.clone(), counts.clone(), house.metrics.clone());
        let few = ServerLimits { max_connections: 64, ..web.server.clone() };
        listen(listener, handler, few, Arc::new(Connections::default()), doors);
    }
    listen(public, app, web.server, counts, doors);
    Ok(())
}

/// Why the site ends though nobody asked.
const CORE_ENDED: &str = "the core ended";

/// Serves until somebody wants it to end; says why it ends.
async fn run(house: &House, signals: &mut Signals, life: &Lifecycle) -> &'static str {
    loop {
        tokio::select! {
            asked = signals.next() => match asked {
                Asked::Stop => return "signal",
                Asked::Reload => match house.reload().await {
                    Ok(done) => {
                        for w in &done.warnings {
                            tracing::warn!("catalogue: {w}");
                        }
                        tracing::info!(changed = done.changed, services = done.services, "catalogue read again");
                    }
                    Err(refused) => tracing::error!("catalogue not changed: {}", refused.message),
                },
            },
            () = house.asked_to_stop() => return "asked through the socket",
            () = life.core.stop.cancelled() => return CORE_ENDED,
        }
    }
}

async fn stop_asked(signals: &mut Signals) {
    while signals.next().await != Asked::Stop {}
}

fn bind(at: SocketAddr, key: &str) -> Result<TcpListener, Failure> {
    allclear_web::bind(at, SEND_BUFFER).map_err(|e| {
        let why = match e.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another program listens there already; stop it or choose another port".to_owned()
            }
            std::io::ErrorKind::PermissionDenied => {
                "this user may not use that port; choose one from 1024 on".to_owned()
            }
            std::io::ErrorKind::AddrNotAvailable => "this machine does not have that address".to_owned(),
            _ => e.to_string(),
        };
        Failure::failed(format!("cannot listen on {at} ({key}): {why}"))
    })
}

/// Pages in memory get to finish within the time the doors have.
const GRACE: Duration = Duration::from_millis(1_200);

fn web_config(config: &Config, at: SocketAddr, demo: bool) -> Result<WebConfig, Failure> {
    if config.http.base_url.is_none() && at.ip().is_unspecified() {
        tracing::warn!(
            "http.base_url is not set: links in feeds and badges name {}; set it to the public address",
            reachable(at)
        );
    }
    let base_url = match &config.http.base_url {
        Some(url) => url.clone(),
        None => BaseUrl::parse(&format!("http://{}", reachable(at))).map_err(Failure::failed)?,
    };
    let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    let site = SiteConfig {
        name: config.site.name.clone(),
        contact: some(&config.site.contact),
        accent: config.site.accent.clone(),
        notice: some(&config.site.notice),
    };
    let mut web = WebConfig::new(base_url, site);
    web.kept = Kept {
        journal_days: config.retention.journal_days,
        looks_up_countries: config.place.country_mmdb.is_some(),
        place: some(&config.site.place),
    };
    web.trusted_proxies.clone_from(&config.http.trusted_proxies);
    web.demo = demo;
    let connections = descriptors::connections(config.http.max_connections);
    web.server.max_connections = usize::try_from(connections).unwrap_or(usize::MAX);
    web.server.grace = GRACE;
    Ok(web)
}

/// Where a browser on this machine finds a listener.
fn reachable(at: SocketAddr) -> SocketAddr {
    match at {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], at.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], at.port())),
        at => at,
    }
}

/// The promised first line, and what to try next, in words that a shell takes: this program as it was called, for it need
/// not be on the path. That nobody reads it any more is no reason to stop.
fn announce(config: &Config, at: SocketAddr, demo: bool) {
    let called = std::env::args_os().next().unwrap_or_default();
    let me = shell_word(if called.is_empty() { "allclear".as_ref() } else { &called });
    let data = shell_word(config.data.dir.as_os_str());
    let base = match &config.http.base_url {
        Some(url) => url.url(),
        None => format!("http://{}", reachable(at)),
    };
    let label = if demo { "  Everything on this site is simulated.\n" } else { "" };
    let text = format!(
        "listening on http://{at}\n\n{label}  open     {base}/\n  report   {me} report openrouter api-key --data {data}\n  status   {me} status --data {data}\n  stop     Ctrl-C, or: {me} admin stop --data {data}\n"
    );
    drop(output::print(&text));
}

/// A word as it is typed in a shell.
fn shell_word(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:@,%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Serves a listener on the ring until it stops.
fn listen<H: Handler>(on: TcpListener, handler: H, limits: ServerLimits, counts: Arc<Connections>, ring: &Ring) {
    let Ring { tracker, stop } = ring.clone();
    ring.tracker.spawn(async move { serve_connections(on, handler, limits, counts, &tracker, stop).await });
}
