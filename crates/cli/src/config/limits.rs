//! How much one source and one network may send.

use super::reader::Reader;
use allclear_engine::LimitsConfig;

/// `[limits]`. 0 means no limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Reports accepted from one source within an hour, over all services.
    pub(crate) reports_per_source_per_hour: u32,
    /// Reports accepted from one network within a minute, over all services.
    pub(crate) reports_per_network_per_minute: u32,
}

/// Largest limit that can be set.
const MAX: u32 = 1_000_000;

impl Limits {
    /// Reads the section.
    pub(crate) fn read(r: &mut Reader) -> Limits {
        let usual = LimitsConfig::default();
        let mut number = |key, default: u32| {
            let n = r.number(key, 0..=u64::from(MAX), u64::from(default), " (0: no limit)");
            u32::try_from(n).unwrap_or(MAX)
        };
        Limits {
            reports_per_source_per_hour: number(
                "limits.reports_per_source_per_hour",
                usual.reports_per_source_per_hour,
            ),
            reports_per_network_per_minute: number(
                "limits.reports_per_network_per_minute",
                usual.reports_per_network_per_minute,
            ),
        }
    }
}
