//! A data folder brought to life: stores opened, engine started, and what operators may ask of it.

use crate::clock::SystemClock;
use crate::config::{self, Config};
use crate::embedded;
use crate::exit::{Failure, While};
use crate::folder::{Folder, copy_mark};
use crate::lifecycle::{Lifecycle, Ring};
use crate::socket::protocol::{
    BackupAnswer, BaselinesAnswer, BaselinesRequest, CheckStatus, Info, OfficialStatus, Refusal, Reloaded,
    ReportAnswer, ReportRequest, ServiceStatus, Snapshot, StatusAnswer, VoteAnswer, VoteRequest, checks,
};
use allclear_engine::intake::{NewReport, Origin};
use allclear_engine::trust::Signs;
use allclear_engine::view::{ServiceLine, ServiceView};
use allclear_engine::{CoreConfig, Handles, LimitsConfig, Places, WatchRules};
use allclear_model::{Actor, Catalogue, Country, Facts, FreeText, Level, Phase, Slug, SymptomId, Time};
use allclear_ports::{Clock, Journal};
use allclear_store::snapshots::SnapshotFolder;
use allclear_store::{SqliteJournal, SqliteStore};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Folder of the keys within a data folder.
const KEYS: &str = "keys";
/// The one key that outlives a day: follow links and idempotency keys are made with it.
const FOLLOW_KEY: &str = "follow.key";
/// Longest idempotency key, bytes.
const KEY_MAX: usize = 255;

/// A running site without its public door.
pub(crate) struct House {
    /// The locked data folder.
    pub(crate) folder: Folder,
    /// What the engine offers.
    pub(crate) handles: Handles,
    /// The engine's metrics.
    pub(crate) metrics: Arc<Registry>,
    /// Components of official pages that were a service, and are not listed any more.
    pub(crate) lost_components: Counter,
    /// Public address, once there is one.
    pub(crate) url: OnceLock<String>,
    /// Whether the data is simulated.
    pub(crate) demo: bool,
    /// Work beside the core, which a stop waits for.
    pub(crate) tracker: TaskTracker,
    journal: Arc<SqliteJournal>,
    store: Arc<SqliteStore>,
    catalogue: config::Catalogue,
    asked: CancellationToken,
}

impl House {
    /// Opens the stores of a locked folder, recovers the board and starts the engine on `ring`, while `catalogue` is read.
    ///
    /// # Errors
    /// A sentence about the file that is damaged, foreign or newer, with exit code 1; those of `catalogue`.
    pub(crate) async fn open(
        config: &Config,
        folder: Folder,
        catalogue: impl Future<Output = Result<Catalogue, Failure>>,
        places: Places,
        clock: Arc<dyn Clock>,
        ring: &Ring,
    ) -> Result<House, Failure> {
        let dir = folder.dir.as_path();
        let (journal, store) = tokio::join!(SqliteJournal::open(dir), SqliteStore::open(dir));
        let journal = Arc::new(journal.map_err(Failure::failed)?);
        let store = Arc::new(store.map_err(Failure::failed)?);
        let ports = allclear_engine::Ports {
            clock,
            journal: journal.clone(),
            store: store.clone(),
            snapshots: Arc::new(SnapshotFolder::new(dir)),
        };
        let mut metrics = Registry::default();
        let lost_components = Counter::default();
        metrics.sub_registry_with_prefix("allclear").register(
            "official_components_lost",
            "Components of official pages that are a service and went from their page",
            lost_components.clone(),
        );
        let core = CoreConfig { places, ..core_config(config, dir) };
        let (tracker, stop) = (&ring.tracker, ring.stop.clone());
        let handles = allclear_engine::start_while(core, ports, catalogue, &mut metrics, tracker, stop).await?;
        let demo = folder.is_demo();
        Ok(House {
            folder,
            handles,
            metrics: Arc::new(metrics),
            lost_components,
            url: OnceLock::new(),
            demo,
            tracker: tracker.clone(),
            journal,
            store,
            catalogue: config.catalogue.clone(),
            asked: CancellationToken::new(),
        })
    }

    /// Takes a report from this machine.
    pub(crate) async fn report(&self, request: ReportRequest) -> Result<ReportAnswer, Refusal> {
        let service = Slug::parse(&request.service)?;
        let symptom =
            SymptomId::parse(&request.symptom).map_err(|e| Refusal::bad_input(format!("symptom: {}", e.problem)))?;
        let country = request.country.as_deref().map(Country::parse).transpose()?;
        if request.key.as_ref().is_some_and(|k| k.is_empty() || k.len() > KEY_MAX) {
            return Err(Refusal::bad_input(format!("key: it must have 1 to {KEY_MAX} bytes")));
        }
        let from = self.origin(request.source.as_deref())?;
        let intake = &self.handles.intake;
        // Nobody else can try the operator's own keys. Callers each number their own, so a named one's short key is its own.
        let key = request.key.as_deref().map(|k| match request.source {
            None => intake.own_request_key(&service, k),
            Some(_) => intake.request_key(&service, k, &from),
        });
        let text = request.text.as_deref().map(|t| FreeText::parse(t, FreeText::MAX)).transpose()?.flatten();
        Facts::check_length(request.error.as_deref().unwrap_or_default())?;
        let facts = [request.error.as_deref(), request.text.as_deref()];
        let facts = facts.into_iter().flatten().find_map(|pasted| intake.facts(pasted));
        // Whoever may use the data folder has seen the person, or is it.
        let signs = Signs { vouched: true, ..Signs::default() };
        let new = NewReport { country, key, text, facts, signs, ..NewReport::of(service, symptom) };
        let receipt = intake.report(new, from).await?;
        Ok(ReportAnswer {
            id: receipt.id.to_string(),
            token: receipt.token,
            counted: receipt.counted,
            at: receipt.at,
            shown_by: receipt.shown_by,
        })
    }

    /// Takes an "it works for me" from this machine.
    pub(crate) async fn vote(&self, request: VoteRequest) -> Result<VoteAnswer, Refusal> {
        let service = Slug::parse(&request.service)?;
        let country = request.country.as_deref().map(Country::parse).transpose()?;
        let from = self.origin(request.source.as_deref())?;
        let counted = self.handles.intake.vote(service, country, from).await?.counted;
        Ok(VoteAnswer { counted })
    }

    /// For whom somebody on this machine speaks: a name of theirs, or themselves.
    fn origin(&self, source: Option<&str>) -> Result<Origin, Refusal> {
        if source.is_some_and(|s| s.is_empty() || s.len() > KEY_MAX) {
            return Err(Refusal::bad_input(format!("source: it must have 1 to {KEY_MAX} bytes")));
        }
        // Not an address of this machine: behind a proxy that is not trusted, every visitor has that.
        Ok(self.handles.intake.named_origin(source.unwrap_or_default()))
    }

    /// What the site says now.
    pub(crate) fn status(&self) -> StatusAnswer {
        let site = &self.handles.site;
        let (whole, now) = (site.whole(), site.now());
        let fresh = !whole.is_stale(now);
        let views: Vec<_> = whole.services.iter().map(|s| site.service(&s.slug)).collect();
        let paused = checks::paused(views.iter().flatten().map(AsRef::as_ref), now);
        let of = |(s, view): (&Arc<ServiceLine>, &Option<Arc<ServiceView>>)| ServiceStatus {
            slug: s.slug.clone(),
            name: s.name.clone(),
            level: if fresh { s.level } else { Level::Unknown },
            phase: if fresh { s.phase } else { Phase::None },
            confirmed: fresh && s.confirmed,
            since: s.since,
            actual: s.actual,
            expected: s.expected,
            official: view.as_ref().and_then(|v| Some(OfficialStatus::of(v.official.as_ref()?, fresh))),
            checks: view.iter().flat_map(|v| &v.checks).map(|c| CheckStatus::of(c, now, fresh)).collect(),
        };
        let mut services: Vec<ServiceStatus> = whole.services.iter().zip(&views).map(of).collect();
        services.sort_by(|a, b| a.slug.cmp(&b.slug));
        StatusAnswer { measured_at: whole.measured_at, fresh, demo: self.demo, paused, services }
    }

    /// Where the site stands.
    pub(crate) fn info(&self) -> Info {
        let s = self.handles.admin.status();
        Info {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            url: self.url.get().cloned().unwrap_or_default(),
            demo: self.demo,
            started: s.started,
            judged: s.judged,
            seq: s.seq,
            projected: s.projected,
            snapshot: s.snapshot,
            services: s.services,
            waiting: s.waiting,
            damage: s.damage,
        }
    }

    /// Reads the catalogue again. A broken one changes nothing.
    pub(crate) async fn reload(&self) -> Result<Reloaded, Refusal> {
        let config = self.catalogue.clone();
        let read = self.tracker.spawn_blocking(move || embedded::load(config.dir.as_deref(), &config.include)).await;
        let loaded =
            read.map_err(|e| Refusal::failed(format!("cannot read the catalogue: {e}")))?.map_err(|broken| {
                let mut told = embedded::told(&broken.errors);
                for w in &broken.warnings {
                    told.push_str("\n  warning: ");
                    told.push_str(&w.to_string());
                }
                Refusal::bad_input(format!("{told}\nThe site goes on with the catalogue it has."))
            })?;
        let services = loaded.catalogue.services.len();
        let changed = self.handles.admin.reload(loaded.catalogue).await?;
        Ok(Reloaded { changed, services, warnings: loaded.warnings.iter().map(ToString::to_string).collect() })
    }

    /// Takes what is usual for services from elsewhere: of all that are named, or of none.
    pub(crate) async fn learn(&self, request: BaselinesRequest) -> Result<BaselinesAnswer, Refusal> {
        let actor = Actor::parse(&request.actor)?;
        let known = self.handles.site.whole();
        let unknown: Vec<String> = request
            .baselines
            .iter()
            .filter(|b| !known.catalogue.services.contains_key(&b.baseline.service))
            .map(|b| format!("{}: service \"{}\" is not in the catalogue of this site", b.place, b.baseline.service))
            .collect();
        if !unknown.is_empty() {
            return Err(Refusal::bad_input(unknown.join("\n")));
        }
        let services = request.baselines.len();
        for (n, b) in request.baselines.into_iter().enumerate() {
            if let Err(e) = self.handles.admin.import_baseline(b.baseline, actor.clone()).await {
                let refused = Refusal::from(e);
                let message = format!("{}: {}; {n} of {services} services were taken before", b.place, refused.message);
                return Err(Refusal { message, ..refused });
            }
        }
        Ok(BaselinesAnswer { services })
    }

    /// Saves the board now.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, Refusal> {
        Ok(Snapshot { seq: self.handles.admin.snapshot().await? })
    }

    /// The operator's own folder of the catalogue, if there is one.
    pub(crate) fn catalogue_folder(&self) -> Option<&Path> {
        self.catalogue.dir.as_deref()
    }

    /// Copies the data into the new or empty folder `to`, while serving.
    pub(crate) async fn backup(&self, to: &Path) -> Result<BackupAnswer, Refusal> {
        refuse_used(to)?;
        // A fresh snapshot makes the restored site start fast; without one the journal's copy is still whole.
        if let Err(e) = self.handles.admin.snapshot().await {
            tracing::warn!(error = %e, "backup: no fresh snapshot");
        }
        Ok(copy(&self.folder.dir, &self.journal, &self.store, to, &self.tracker).await?)
    }

    /// Ends the site as SIGTERM does.
    pub(crate) fn ask_to_stop(&self) {
        self.asked.cancel();
    }

    /// Waits until somebody asked through the socket to stop.
    pub(crate) async fn asked_to_stop(&self) {
        self.asked.cancelled().await;
    }
}

fn core_config(config: &Config, dir: &Path) -> CoreConfig {
    let (watch, network) = (config.watch.clone(), config.network.clone());
    let manners = move |catalogue: &Catalogue, opted_out| watch.manners(&network, catalogue, opted_out);
    CoreConfig {
        limits: LimitsConfig {
            reports_per_source_per_hour: config.limits.reports_per_source_per_hour,
            reports_per_network_per_minute: config.limits.reports_per_network_per_minute,
        },
        snapshot_every_s: config.retention.snapshot_every_s,
        journal_days: config.retention.journal_days,
        watch: WatchRules::new(config.watch.location.clone(), manners),
        ..CoreConfig::new(dir.join(KEYS))
    }
}

/// Brings a stopped site to life for one piece of work, through the same engine as a serving one.
///
/// # Errors
/// When the folder has no site, is locked, or cannot be opened; and those of the work.
pub(crate) async fn visit<T>(
    config: &Config,
    work: impl AsyncFnOnce(&House) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let folder = Folder::take_existing(&config.data.dir)?;
    let life = Lifecycle::default();
    let catalogue = embedded::begin(&config.catalogue, &folder.dir, &life.core.tracker);
    // Whatever is done here comes from this machine, of which no file knows where it stands.
    let places = Places::default();
    let house = House::open(config, folder, catalogue, places, Arc::new(SystemClock), &life.core).await?;
    let result = work(&house).await;
    life.end().await;
    result
}

/// What is known of a stopped site: nobody listens, so every level is unknown since the journal ends.
///
/// # Errors
/// When the folder has no site, is locked, or cannot be opened.
pub(crate) async fn last_status(config: &Config) -> Result<StatusAnswer, Failure> {
    let catalogue = embedded::effective(&config.catalogue)?;
    let folder = Folder::take_existing(&config.data.dir)?;
    let journal = SqliteJournal::open(&folder.dir).await.map_err(Failure::failed)?;
    let ended = journal.last().await.map_err(Failure::failed)?.map_or(Time::default(), |(_, at)| at);
    let services = catalogue.services.values().map(|s| ServiceStatus {
        slug: s.slug.clone(),
        name: s.name.clone(),
        level: Level::Unknown,
        phase: Phase::None,
        confirmed: false,
        since: ended,
        actual: 0,
        expected: 0.0,
        official: None,
        checks: Vec::new(),
    });
    let (paused, services) = (BTreeSet::new(), services.collect());
    Ok(StatusAnswer { measured_at: ended, fresh: false, demo: folder.is_demo(), paused, services })
}

/// Copies the data of a stopped site.
///
/// # Errors
/// When it cannot be read or the copy cannot be written or does not hold.
pub(crate) async fn backup_stopped(folder: Folder, to: &Path) -> Result<BackupAnswer, Failure> {
    refuse_used(to)?;
    let (journal, store) = tokio::join!(SqliteJournal::open(&folder.dir), SqliteStore::open(&folder.dir));
    let (journal, store) = (journal.map_err(Failure::failed)?, store.map_err(Failure::failed)?);
    copy(&folder.dir, &journal, &store, to, &TaskTracker::new()).await
}

/// A backup must not be mixed into something else.
fn refuse_used(to: &Path) -> Result<(), Failure> {
    match std::fs::read_dir(to) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(Failure::bad_input(format!("cannot use {} as a backup's folder: {e}", to.display()))),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Failure::bad_input(format!("{} is not empty; name a new folder", to.display()))),
        },
    }
}

async fn copy(
    dir: &Path,
    journal: &SqliteJournal,
    store: &SqliteStore,
    to: &Path,
    tracker: &TaskTracker,
) -> Result<BackupAnswer, Failure> {
    allclear_store::backup(dir, journal, store, to).await.map_err(Failure::failed)?;
    let (dir, to) = (dir.to_owned(), to.to_owned());
    let finished = tracker.spawn_blocking(move || {
        copy_mark(&dir, &to)?;
        copy_follow_key(&dir, &to)?;
        let found = allclear_store::verify_backup(&to).map_err(Failure::failed)?;
        let bytes = size(&to).or_cannot(format!("read the backup in {}", to.display()))?;
        Ok(BackupAnswer { to, seq: found.last, bytes })
    });
    finished.await.or_cannot("finish the backup")?
}

/// Copies the follow key from one data folder (or backup) to another; the keys of the day stay where they are.
///
/// # Errors
/// When it cannot be read or written.
pub(crate) fn copy_follow_key(from: &Path, to: &Path) -> Result<(), Failure> {
    let source = from.join(KEYS).join(FOLLOW_KEY);
    let key = match std::fs::read(&source) {
        Ok(key) => key,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(Failure::failed(format!("cannot read {}: {e}", source.display()))),
    };
    let target: PathBuf = to.join(KEYS);
    DirBuilder::new().recursive(true).mode(0o700).create(&target).or_cannot(format!("make {}", target.display()))?;
    let path = target.join(FOLLOW_KEY);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .or_cannot(format!("make {}", path.display()))?;
    let durable = file.write_all(&key).and_then(|()| file.sync_all()).and_then(|()| {
        // Both names: of the key in its folder, and of that folder.
        [target.as_path(), to].into_iter().try_for_each(|dir| File::open(dir)?.sync_all())
    });
    durable.or_cannot(format!("write {}", path.display()))
}

/// Bytes of all files below `dir`.
fn size(dir: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        sum += if meta.is_dir() { size(&entry.path())? } else { meta.len() };
    }
    Ok(sum)
}
