//! What the engine can be told. Read and checked by the binary; defaults are for one small machine.

use crate::Places;
use std::path::PathBuf;

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
        }
    }
}
