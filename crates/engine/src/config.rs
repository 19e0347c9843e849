//! What the engine can be told. Read and checked by the binary; defaults are for one small machine.

use crate::Places;
use crate::watch::Manners;
use allclear_model::{Catalogue, Slug};
use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Refusals by rate. Counting begins with the first report and lasts the named time. 0 means no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Reports accepted from one source in an hour; votes are counted apart with the same limit.
    pub reports_per_source_per_hour: u32,
    /// Reports accepted from one network in a minute; votes are counted apart with the same limit.
    pub reports_per_network_per_minute: u32,
}

impl Default for LimitsConfig {
    /// A source may be a whole office behind one address, a network a whole mobile carrier's exit.
    fn default() -> Self {
        LimitsConfig { reports_per_source_per_hour: 60, reports_per_network_per_minute: 600 }
    }
}

/// How polite whoever watches a catalogue has to be, with these hosts opted out.
type MannersOf = dyn Fn(&Catalogue, BTreeSet<String>) -> Manners + Send + Sync;

/// What the settings say of checks, for those that run elsewhere.
#[derive(Clone)]
pub struct WatchRules {
    /// The site's own location; no agent can have its name.
    pub location: Option<Slug>,
    manners: Arc<MannersOf>,
}

impl WatchRules {
    /// Of a site whose own location is called that.
    pub fn new(
        location: Slug,
        manners: impl Fn(&Catalogue, BTreeSet<String>) -> Manners + Send + Sync + 'static,
    ) -> WatchRules {
        WatchRules { location: Some(location), manners: Arc::new(manners) }
    }

    /// How polite whoever watches this catalogue has to be.
    pub(crate) fn manners(&self, catalogue: &Catalogue, opted_out: BTreeSet<String>) -> Manners {
        (self.manners)(catalogue, opted_out)
    }
}

impl Default for WatchRules {
    /// Polite towards everybody; every name is free.
    fn default() -> WatchRules {
        let manners = |_: &Catalogue, opted_out| Manners { opted_out, ..Manners::default() };
        WatchRules { location: None, manners: Arc::new(manners) }
    }
}

impl fmt::Debug for WatchRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchRules").field("location", &self.location).finish_non_exhaustive()
    }
}

/// Everything the engine is told at its start.
#[derive(Debug, Clone)]
pub struct CoreConfig {
    /// Refusals by rate.
    pub limits: LimitsConfig,
    /// Folder of the keys, made with mode 0700 when it is missing. Never part of a backup.
    pub keys_dir: PathBuf,
    /// What tells country and autonomous system of an address; may know nothing.
    pub places: Places,
    /// Seconds between snapshots, at least 1.
    pub snapshot_every_s: u32,
    /// Days that raw entries stay in the journal once they are projected and two snapshots are newer.
    pub journal_days: u32,
    /// Requests that may wait for the writer; more are refused at once. At least 1.
    pub queue: usize,
    /// Least milliseconds between two publications under load; the first change is always shown at once.
    pub publish_every_ms: u32,
    /// What agents are asked to check, and how politely.
    pub watch: WatchRules,
}

impl CoreConfig {
    /// The defaults, with keys in `keys_dir`.
    pub fn new(keys_dir: PathBuf) -> CoreConfig {
        CoreConfig {
            limits: LimitsConfig::default(),
            keys_dir,
            places: Places::default(),
            snapshot_every_s: 300,
            journal_days: 7,
            queue: 16_384,
            publish_every_ms: 100,
            watch: WatchRules::default(),
        }
    }
}
