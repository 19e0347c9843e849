//! How long the journal keeps single signals, and how often the board is saved.

use super::reader::Reader;

/// `[retention]`
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retention {
    /// Days that single signals stay in the journal once they are in the archive and two snapshots are newer.
    pub(crate) journal_days: u32,
    /// Seconds between two snapshots of the board.
    pub(crate) snapshot_every_s: u32,
}

impl Retention {
    /// Reads the section.
    pub(crate) fn read(r: &mut Reader) -> Retention {
        let mut number =
            |key, range, default, hint| u32::try_from(r.number(key, range, default, hint)).unwrap_or(u32::MAX);
        Retention {
            journal_days: number("retention.journal_days", 2..=3_650, 7, " (days)"),
            snapshot_every_s: number("retention.snapshot_every_s", 10..=86_400, 300, " (seconds)"),
        }
    }
}
