//! The embedded databases: [`SqliteJournal`] and [`SqliteStore`], the folder's lock, board snapshots and backups.
//!
//! A data folder holds `journal.db` (the ordered log; losing it loses reports), `archive.db` (projections of it for
//! cold reading), `snapshots/{seq}.board` and `lock`. This crate is the only one that knows SQL.
//!
//! Why rusqlite and not sqlx for SQLite: with 64 callers waiting for a group commit of about 200-byte rows on two
//! cores, a raw file with `fdatasync` took 122,000 rows/s, a prepared statement in one transaction on a thread of its
//! own 122,000 (the log is reused after each checkpoint), one `json_each` statement per batch through sqlx 58,000,
//! padded multi-row `VALUES` 50,000 and single inserts 20,000. So 1.0 against 0.48 of the raw file, and 6 against
//! 12 microseconds of CPU per row; medians of five interleaved rounds. Measured again as built, with entries of about 250
//! bytes: [`SqliteJournal`] 112,000 rows/s beside 138,000 of the raw file (0.8) and 72,000 of a bare table with an
//! index in SQLite's own settings (1.6).

mod archive;
mod backup;
mod database;
mod error;
mod file;
mod journal;
mod lanes;
mod lock;
pub mod snapshots;

pub use archive::SqliteStore;
pub use backup::{BackupReport, backup, verify_backup};
pub use journal::SqliteJournal;
pub use lock::FolderLock;
