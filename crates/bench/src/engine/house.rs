//! An engine on a folder, under a clock that runs and can be moved.

use allclear_engine::catalogue::{Include, Source, load as load_sources};
use allclear_engine::{CoreConfig, Handles, Ports, start};
use allclear_model::{Catalogue, Time};
use allclear_ports::Clock;
use allclear_store::{SqliteJournal, SqliteStore, snapshots::SnapshotFolder};
use prometheus_client::registry::Registry;
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A catalogue of `n` services in one category, each file about as long as real ones are.
pub(crate) fn generated(n: usize) -> Source {
    let mut symptoms = String::new();
    for s in ["login", "slow", "errors", "billing", "sync", "search", "upload"] {
        symptoms += "\n[[symptoms]]\nid = \"";
        symptoms += s;
        symptoms += "\"\nlabel = \"Something is wrong\"\ntopic = \"login\"\n";
    }
    let category =
        format!("name = \"Work\"\ngroup = \"Work\"\nguide = \"work\"\noutages_per_30_days = 1.5\n{symptoms}");
    let guide = "# Work\n\n## Signing in {#login}\n\n### When the service is healthy\n\nLook.\n\n### When it is them\n\nWait.\n";
    let mut files = vec![
        ("categories/work.toml".to_owned(), Cow::Owned(category)),
        ("guides/work.md".to_owned(), Cow::Borrowed(guide)),
    ];
    for i in 0..n {
        let text = format!(
            "name = \"Service {i}\"\ncategory = \"work\"\nhomepage = \"https://service-{i}.example\"\naliases = [\"alias {i}\", \"also {i}\"]\nrelated = [\"service-{}\", \"service-{}\"]\nabout = \"A service of the benchmark, with a sentence about it.\"\n\n[official]\npage = \"https://status.service-{i}.example\"\nformat = \"statuspage\"\nfeed = \"https://status.service-{i}.example/api/v2/summary.json\"\n\n[check]\nurl = \"https://service-{i}.example/\"\n\n[verified]\nhomepage = false\nofficial = true\ncheck = false\n{symptoms}",
            (i + 1) % n,
            (i + 2) % n
        );
        files.push((format!("services/service-{i}.toml"), Cow::Owned(text)));
    }
    Source { files, ..Source::default() }
}

/// Writes them as a folder that `--catalogue` takes.
pub(crate) fn write_files(source: &Source, folder: &Path) -> std::io::Result<()> {
    for (path, text) in &source.files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(path, text.as_bytes())?;
    }
    Ok(())
}

/// Reads and checks.
pub(crate) fn load(sources: &[Source]) -> anyhow::Result<Catalogue> {
    match load_sources(sources, &Include::All) {
        Ok(loaded) => Ok(loaded.catalogue),
        Err(broken) => {
            anyhow::bail!("{}", broken.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        }
    }
}

/// Runs with the machine's monotonic clock, and can be moved.
#[derive(Clone)]
pub(crate) struct RunningClock {
    began: Instant,
    offset: Arc<AtomicI64>,
}

impl RunningClock {
    /// A clock that begins on a Monday at noon.
    pub(super) fn new() -> anyhow::Result<RunningClock> {
        Ok(RunningClock::at(Time::parse("2026-03-02T12:00:00Z")?))
    }

    /// A clock that begins at `at`.
    pub(crate) fn at(at: Time) -> RunningClock {
        RunningClock { began: Instant::now(), offset: Arc::new(AtomicI64::new(at.0)) }
    }

    /// Moves it forward.
    pub(super) fn advance_ms(&self, ms: i64) {
        self.offset.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for RunningClock {
    fn now(&self) -> Time {
        let ms = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        Time(self.offset.load(Ordering::SeqCst).saturating_add(ms))
    }
}

/// A started engine.
pub(crate) struct Running {
    pub(crate) handles: Handles,
    pub(crate) clock: RunningClock,
    tracker: TaskTracker,
}

impl Running {
    /// Starts on `dir`, without rate limits.
    pub(crate) async fn start(dir: &Path, catalogue: Catalogue, clock: RunningClock) -> anyhow::Result<Running> {
        let mut cfg = CoreConfig::new(dir.join("keys"));
        cfg.limits.reports_per_source_per_hour = 0;
        cfg.limits.reports_per_network_per_minute = 0;
        cfg.journal_days = 0;
        let ports = Ports {
            clock: Arc::new(clock.clone()),
            journal: Arc::new(SqliteJournal::open(dir).await?),
            store: Arc::new(SqliteStore::open(dir).await?),
            snapshots: Arc::new(SnapshotFolder::new(dir)),
        };
        let tracker = TaskTracker::new();
        let mut registry = Registry::default();
        let handles = start(cfg, ports, catalogue, &mut registry, &tracker, CancellationToken::new()).await?;
        Ok(Running { handles, clock, tracker })
    }

    /// Stops in order.
    pub(crate) async fn stop(self) {
        self.handles.admin.stop();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// A runtime as the binary has one.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
