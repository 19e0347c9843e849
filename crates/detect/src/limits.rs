//! Caps of everything that outside input can grow, and how full it is.

/// Caps. Whatever is over a cap is evicted in a fixed order (oldest first, else the smallest), counted in [`Sizes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Sources remembered for 6 hours because they reported, over all services.
    pub reporters: usize,
    /// The same for votes.
    pub voters: usize,
    /// Request keys remembered for 24 hours.
    pub requests: usize,
    /// Networks told apart per service in an hour; further ones still count, each as its own.
    pub networks: usize,
    /// Counts by symptom, and again by country, per service and day.
    pub sparse: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { reporters: 400_000, voters: 100_000, requests: 100_000, networks: 1024, sparse: 768 }
    }
}

/// How full the board is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sizes {
    /// Services of the catalogue.
    pub services: usize,
    /// Services with state of their own: at least one report, vote or baseline.
    pub active: usize,
    /// Remembered sources of reports.
    pub reporters: usize,
    /// Remembered sources of votes.
    pub voters: usize,
    /// Remembered request keys.
    pub requests: usize,
    /// Networks told apart now, over all services.
    pub networks: usize,
    /// Counts kept by symptom or country, over all services.
    pub sparse: usize,
    /// Locations of checks told apart, over all services.
    pub locations: usize,
    /// Services whose official page was read.
    pub pages: usize,
    /// Texts that nobody has decided.
    pub waiting: usize,
    /// Reports whose flags are remembered.
    pub flags: usize,
    /// Evictions since the board was built or restored: sources of reports.
    pub reporters_evicted: u64,
    /// Sources of votes.
    pub voters_evicted: u64,
    /// Request keys.
    pub requests_evicted: u64,
    /// Flags of reports.
    pub flags_evicted: u64,
    /// Networks that were not told apart.
    pub networks_evicted: u64,
    /// Counts by symptom or country that were dropped.
    pub sparse_evicted: u64,
    /// Locations of checks that made room for others, and results of those for which there was none.
    pub locations_evicted: u64,
}
