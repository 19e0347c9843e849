//! From ports and a catalogue to a running engine.

use crate::admin::Admin;
use crate::agents::Agents;
use crate::archive::Archive;
use crate::core::{Core, Tools};
use crate::gate::Gate;
use crate::intake::Behind;
use crate::keys::Keys;
use crate::likeness::Likeness;
use crate::look::Look;
use crate::maintain::{Maintenance, Parts};
use crate::metrics::{Lag, Metrics};
use crate::progress::Progress;
use crate::publish::Publisher;
use crate::recover::recover;
use crate::snapshot::Snapshotter;
use crate::trust::Alert;
use crate::view::SiteView;
use crate::visits::VisitCounters;
use crate::work::Work;
use crate::{Attention, CoreConfig, Handles, Intake, Site, Watching, authors, project};
use allclear_detect::Limits;
use allclear_model::{Catalogue, Time};
use allclear_ports::{Clock, Journal, PortError, Snapshots, Store};
use prometheus_client::registry::Registry;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The ports the engine works through.
#[derive(Clone)]
pub struct Ports {
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// The log; this process is its only writer.
    pub journal: Arc<dyn Journal>,
    /// The archive.
    pub store: Arc<dyn Store>,
    /// The board's snapshots.
    pub snapshots: Arc<dyn Snapshots>,
}

/// Authors' wishes that may wait; more are refused at once.
const AUTHORS_WAITING: usize = 256;

/// Rebuilds the board and starts all tasks on `tracker`. When this returns, the site can be shown and takes reports.
/// Cancelling `stop` ends everything in order: what was accepted is kept, a snapshot is written; wait for `tracker`.
///
/// # Errors
/// [`PortError`] naming the file and what is wrong with it, or that the disk is full.
pub async fn start(
    cfg: CoreConfig,
    ports: Ports,
    catalogue: Catalogue,
    registry: &mut Registry,
    tracker: &TaskTracker,
    stop: CancellationToken,
) -> Result<Handles, PortError> {
    start_while(cfg, ports, async { Ok(catalogue) }, registry, tracker, stop).await
}

/// As [`start`], with a catalogue that is still being read while the board is rebuilt: both take long, and neither needs
/// the other.
///
/// # Errors
/// Those of [`start`] and of `catalogue`; then nothing has been started.
pub async fn start_while<E: From<PortError>>(
    cfg: CoreConfig,
    ports: Ports,
    catalogue: impl Future<Output = Result<Catalogue, E>>,
    registry: &mut Registry,
    tracker: &TaskTracker,
    stop: CancellationToken,
) -> Result<Handles, E> {
    let began = Instant::now();
    let Ports { clock, journal, store, snapshots } = ports;
    let metrics = Metrics::new(registry);
    let started = clock.now();
    let projected = project::belongs_together(journal.as_ref(), store.as_ref()).await?;
    let keys = Arc::new(Keys::open(&cfg.keys_dir)?);
    let places = cfg.places.clone();
    let recovered = recover(journal.as_ref(), &snapshots, Limits::default(), &metrics, tracker).await?;
    tracing::info!(
        seq = recovered.board.seq(),
        snapshot = recovered.snapshot.unwrap_or(0),
        replayed = recovered.replayed,
        unsaid = recovered.pending.len(),
        "core: the board is as it was"
    );

    let catalogue = Arc::new(catalogue.await?);
    let visits = Arc::new(VisitCounters::new(&catalogue));
    let progress = Arc::new(Progress::new(started, recovered.last.map_or(0, |l| l.0), projected));
    registry.register_collector(Box::new(Lag(progress.clone())));
    progress.snapshot(recovered.snapshot.unwrap_or(0));
    let site = Site::new(clock.clone(), nothing_yet(), Vec::new());
    let watching = Watching::new(metrics.clone());
    // A long tail is worth a snapshot at once; else the next one is due in its time.
    let last_snapshot = if recovered.replayed < 10_000 { started } else { Time(0) };
    let gate = Arc::new(Gate::new(cfg.limits));
    let tools = Tools {
        clock: clock.clone(),
        journal: journal.clone(),
        visits: visits.clone(),
        gate: gate.clone(),
        publisher: Publisher::new(
            site.clone(),
            watching.clone(),
            metrics.clone(),
            cfg.publish_every_ms,
            started.max(recovered.last.map_or(Time(0), |l| l.1)),
        ),
        snapshotter: Snapshotter::new(
            snapshots.clone(),
            tracker.clone(),
            cfg.snapshot_every_s,
            last_snapshot,
            metrics.clone(),
            progress.clone(),
        ),
        metrics: metrics.clone(),
        progress: progress.clone(),
    };
    let mut core = Core::new(recovered, tools);
    core.begin(catalogue.clone()).await?;
    // Mostly the board had the same one already; taking this one apart need not keep anybody waiting.
    drop(tracker.spawn_blocking(move || drop(catalogue)));

    let archive = Archive::new(store.clone(), journal.clone());
    let (writer, commands) = mpsc::channel(cfg.queue.max(1));
    let (to_authors, wishes) = mpsc::channel(AUTHORS_WAITING);
    let (to_maintenance, asked) = mpsc::channel(4);
    let maintenance = Maintenance::new(
        &cfg,
        Parts {
            clock: clock.clone(),
            journal: journal.clone(),
            store: store.clone(),
            snapshots,
            keys: keys.clone(),
            progress: progress.clone(),
            metrics: metrics.clone(),
            tracker: tracker.clone(),
        },
    );
    let look = Look {
        clock: clock.clone(),
        journal: journal.clone(),
        store: store.clone(),
        progress: progress.clone(),
        metrics: metrics.clone(),
    };
    tracker.spawn(look.run(stop.clone()));
    tracker.spawn(core.run(commands, stop.clone()));
    tracker.spawn(project::run(journal, store, progress.clone(), metrics.clone(), stop.clone()));
    tracker.spawn(maintenance.run(asked, stop.clone()));
    tracker.spawn(authors::run(
        wishes,
        writer.clone(),
        archive.clone(),
        progress.clone(),
        tracker.clone(),
        stop.clone(),
    ));
    let work = Work::new(keys.work_secret());
    let (door, rules) = (site.clone(), cfg.watch.clone());
    let attention = Attention::new(clock.clone(), site.clone(), visits.clone());
    let agents = Agents::new(clock.clone(), door, writer.clone(), rules, attention.clone(), metrics.clone());
    metrics.start_seconds.set(began.elapsed().as_secs_f64());
    Ok(Handles {
        site: site.clone(),
        attention,
        watching: watching.clone(),
        intake: Intake::new(Behind {
            clock,
            writer: writer.clone(),
            authors: to_authors,
            visits,
            keys,
            places,
            metrics,
            gate,
            site: site.clone(),
            likeness: Likeness::default(),
            alert: Alert::default(),
            work,
        }),
        archive: archive.clone(),
        agents,
        admin: Admin { writer, maintenance: to_maintenance, archive, site, progress, stop, rules: cfg.watch, watching },
    })
}

fn nothing_yet() -> SiteView {
    SiteView {
        version: 0,
        measured_at: Time(0),
        fresh_until: Time(0),
        services: Arc::from([]),
        problems: Vec::new(),
        catalogue: Arc::default(),
        opted_out: Arc::default(),
        agents: Arc::default(),
        paused: None,
        paused_elsewhere: Vec::new(),
    }
}
