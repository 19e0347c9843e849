//! The whole engine on real SQLite files in a folder of its own, under virtual time, to be stopped, killed and started
//! again.

use crate::{Faulty, VirtualClock};
use allclear_engine::intake::{NewReport, Origin};
use allclear_engine::trust::Signs;
use allclear_engine::{CoreConfig, Handles, Ports, start};
use allclear_model::{Catalogue, Entry, Slug, SymptomId, Time};
use allclear_ports::{Journal, PortError};
use allclear_store::{SqliteJournal, SqliteStore, snapshots::SnapshotFolder};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A Monday, far from midnight and from the end of a month.
pub const START: &str = "2026-03-02T10:00:00Z";

/// A data folder and the time, between two lives of an engine.
#[derive(Debug)]
pub struct Folder {
    dir: TempDir,
    /// The time goes on while no engine runs.
    pub clock: VirtualClock,
}

impl Folder {
    /// A new folder; the clock stands at [`START`]. In memory where the system has a memory disk, because these tests
    /// are about order and not about power cuts.
    ///
    /// # Panics
    /// When there is no room for a folder.
    pub fn new() -> Folder {
        let memory = Path::new("/dev/shm");
        let dir = tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()).expect("a folder for the test");
        Folder { dir, clock: VirtualClock::at(Time::parse(START).expect("a time")) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

/// A running engine. Its tasks run only while [`TestEngine::block_on`] does, on one thread, so that a test decides what
/// happens between two events.
pub struct TestEngine {
    /// What the web and the command line hold.
    pub handles: Handles,
    /// The journal; can be told to fail.
    pub journal: Arc<Faulty<SqliteJournal>>,
    /// The archive; can be told to fail.
    pub store: Arc<Faulty<SqliteStore>>,
    folder: Folder,
    registry: prometheus_client::registry::Registry,
    tracker: TaskTracker,
    stop: CancellationToken,
    // Dropped last but for the folder's content: all tasks end where they wait.
    runtime: Runtime,
}

impl TestEngine {
    /// An engine on a new folder, without rate limits.
    ///
    /// # Panics
    /// When it does not start.
    pub fn new(catalogue: Catalogue) -> TestEngine {
        TestEngine::open(Folder::new(), catalogue, |_| {})
            .map_err(|(_, e)| e)
            .expect("an engine on a new folder starts")
    }

    /// An engine on this folder, with a changed configuration.
    ///
    /// # Errors
    /// What the engine says, and the folder back.
    ///
    /// # Panics
    /// When no runtime can be made.
    pub fn open(
        folder: Folder,
        catalogue: Catalogue,
        change: impl FnOnce(&mut CoreConfig),
    ) -> Result<TestEngine, (Folder, PortError)> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let mut registry = prometheus_client::registry::Registry::default();
        let mut cfg = CoreConfig::new(folder.path().join("keys"));
        cfg.limits.reports_per_source_per_hour = 0;
        cfg.limits.reports_per_network_per_minute = 0;
        change(&mut cfg);
        let started = runtime.block_on(async {
            let journal = Arc::new(Faulty::new(SqliteJournal::open(folder.path()).await?));
            let store = Arc::new(Faulty::new(SqliteStore::open(folder.path()).await?));
            let ports = Ports {
                clock: Arc::new(folder.clock.clone()),
                journal: journal.clone(),
                store: store.clone(),
                snapshots: Arc::new(SnapshotFolder::new(folder.path())),
            };
            let handles = start(cfg, ports, catalogue, &mut registry, &tracker, stop.clone()).await?;
            Ok((handles, journal, store))
        });
        match started {
            Ok((handles, journal, store)) => {
                Ok(TestEngine { handles, journal, store, folder, registry, tracker, stop, runtime })
            }
            Err(e) => Err((folder, e)),
        }
    }

    /// Runs a future and, meanwhile, the engine.
    pub fn block_on<T>(&self, f: impl Future<Output = T>) -> T {
        self.runtime.block_on(f)
    }

    /// The clock.
    pub fn clock(&self) -> &VirtualClock {
        &self.folder.clock
    }

    /// The data folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Moves the clock minute by minute, and lets the engine judge and publish each.
    ///
    /// # Panics
    /// When the journal cannot be written.
    pub fn minutes(&self, n: i64) {
        for _ in 0..n {
            self.folder.clock.advance_minutes(1);
            self.block_on(self.handles.admin.catch_up()).expect("the minute is judged");
        }
    }

    /// Sends a report of a source; sources are numbers, each in a network of its own.
    ///
    /// # Errors
    /// What the engine says.
    ///
    /// # Panics
    /// When the texts are no slugs.
    pub fn report(
        &self,
        service: &str,
        symptom: &str,
        source: u32,
    ) -> allclear_engine::IntakeResult<allclear_engine::intake::Receipt> {
        self.block_on(self.handles.intake.report(new_report(service, symptom), self.origin(source)))
    }

    /// The origin of a source.
    pub fn origin(&self, source: u32) -> Origin {
        let [a, b, c, d] = source.to_be_bytes();
        // 240/4 is reserved, so no place is ever looked up for it; the low bits choose the /24.
        let addr = IpAddr::V4(Ipv4Addr::new(0xf0 | (a & 0x0f), c, d, b));
        self.handles.intake.origin(addr)
    }

    /// All entries of the journal.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn entries(&self) -> Vec<Entry> {
        self.block_on(self.journal.inner().read(0, usize::MAX)).expect("the journal is read")
    }

    /// The value of a metric as Prometheus would read it, summed over its labels unless `name` says which
    /// (`name{label="value"}`); `None` when there is no such metric.
    ///
    /// # Panics
    /// When the metrics cannot be encoded.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).expect("metrics are encoded");
        let values = text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| {
            let (key, value) = l.rsplit_once(' ')?;
            (key == name || key.split('{').next() == Some(name)).then(|| value.parse::<f64>().ok())?
        });
        values.reduce(|a, b| a + b)
    }

    /// Waits until the engine stops by itself.
    pub fn stops(&self) {
        self.runtime.block_on(self.stop.cancelled());
    }

    /// Stops in order, as SIGTERM does.
    pub fn stop(self) -> Folder {
        self.stop.cancel();
        self.tracker.close();
        self.runtime.block_on(self.tracker.wait());
        self.end()
    }

    /// Drops everything where it stands, as `kill -9` does: nothing is finished, no snapshot is written.
    pub fn kill(self) -> Folder {
        self.end()
    }

    fn end(self) -> Folder {
        let TestEngine { handles, journal, store, folder, registry, tracker, stop, runtime } = self;
        drop(runtime);
        drop((handles, journal, store, registry, tracker, stop));
        folder
    }
}

/// A report without country and key, of somebody who is believed to be a person.
///
/// # Panics
/// When the texts are no slugs.
pub fn new_report(service: &str, symptom: &str) -> NewReport {
    let (service, symptom) = (Slug::parse(service).expect("a slug"), SymptomId::parse(symptom).expect("a symptom id"));
    NewReport { signs: Signs { vouched: true, ..Signs::default() }, ..NewReport::of(service, symptom) }
}
