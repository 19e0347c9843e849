//! Board snapshots: files `snapshots/{seq}.board` in the data folder, the newest two of them.
//!
//! A snapshot is written beside its name, synced, renamed and the folder synced, so that a file with such a name is
//! always whole. What is in it is the board's own business; it carries a checksum of its own. One that a start could not
//! use is renamed to `{seq}.bad` and goes when two newer ones are there.

use crate::error::io;
use crate::file::{make_folder, make_private, sync_folder};
use allclear_ports::{PortError, Snapshots};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How many are kept. The journal must never be pruned past the older one.
pub const KEPT: usize = 2;

const ENDING: &str = ".board";

/// Of a snapshot that a start could not use; kept beside the next ones for a person to look at.
const ASIDE: &str = ".bad";

/// The snapshots of one data folder, as the engine's port.
#[derive(Debug, Clone)]
pub struct SnapshotFolder {
    dir: PathBuf,
}

impl SnapshotFolder {
    /// Those of the data folder `dir`; nothing is opened or made yet.
    pub fn new(dir: &Path) -> SnapshotFolder {
        SnapshotFolder { dir: dir.to_owned() }
    }
}

impl Snapshots for SnapshotFolder {
    fn write(&self, seq: u64, bytes: &[u8]) -> Result<(), PortError> {
        write(&self.dir, seq, bytes)
    }

    fn newest_first(&self) -> Result<Vec<u64>, PortError> {
        Ok(newest_first(&self.dir)?.into_iter().map(|(seq, _)| seq).collect())
    }

    fn read(&self, seq: u64) -> Result<Vec<u8>, PortError> {
        read(&folder(&self.dir).join(format!("{seq:020}{ENDING}")))
    }

    fn set_aside(&self, seq: u64) -> Result<(), PortError> {
        let folder = folder(&self.dir);
        let name = folder.join(format!("{seq:020}{ENDING}"));
        std::fs::rename(&name, folder.join(format!("{seq:020}{ASIDE}")))
            .map_err(|e| io("set a snapshot aside", &name, &e))
    }
}

/// Where the snapshots of the data folder `dir` stand.
pub fn folder(dir: &Path) -> PathBuf {
    dir.join("snapshots")
}

/// Writes the snapshot that was taken after entry `seq` and removes all but the newest [`KEPT`]. Blocks; run it off the
/// async workers.
///
/// # Errors
/// [`PortError::Full`] or [`PortError::Unavailable`]; then the earlier snapshots are untouched.
pub fn write(dir: &Path, seq: u64, bytes: &[u8]) -> Result<(), PortError> {
    let folder = folder(dir);
    make_folder(&folder)?;
    let name = folder.join(format!("{seq:020}{ENDING}"));
    let part = folder.join(format!("{seq:020}.part"));
    let written = make_private(&part).and_then(|mut f| {
        f.write_all(bytes)?;
        f.sync_all()
    });
    if let Err(e) = written.and_then(|()| std::fs::rename(&part, &name)) {
        drop(std::fs::remove_file(&part));
        return Err(io("write a snapshot", &name, &e));
    }
    sync_folder(&folder).map_err(|e| io("write a snapshot", &folder, &e))?;
    tidy(&folder, seq);
    Ok(())
}

/// Removes older snapshots and what a killed process left half written. That something cannot be removed is no reason
/// to fail: the next snapshot tries again.
fn tidy(folder: &Path, newest: u64) {
    let Ok(all) = list(folder) else { return };
    for (_, old) in all.iter().filter(|(seq, _)| *seq <= newest).skip(KEPT) {
        if let Err(e) = std::fs::remove_file(old) {
            tracing::warn!(file = %old.display(), error = %e, "cannot remove an old snapshot");
        }
    }
    let oldest_kept = all.iter().filter(|(seq, _)| *seq <= newest).nth(KEPT - 1).map_or(0, |(seq, _)| *seq);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let aside = number(&path, ASIDE).is_some_and(|seq| seq < oldest_kept);
        if aside || path.extension().is_some_and(|x| x == "part") {
            drop(std::fs::remove_file(path));
        }
    }
}

/// The snapshots of the data folder `dir` with their sequence numbers, newest first. Empty when there is none.
///
/// # Errors
/// [`PortError::Unavailable`] when the folder cannot be read.
pub fn newest_first(dir: &Path) -> Result<Vec<(u64, PathBuf)>, PortError> {
    let folder = folder(dir);
    list(&folder).map_err(|e| io("list the snapshots", &folder, &e))
}

fn list(folder: &Path) -> std::io::Result<Vec<(u64, PathBuf)>> {
    let entries = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        found.extend(number(&path, ENDING).map(|seq| (seq, path)));
    }
    found.sort_by(|a: &(u64, PathBuf), b| b.cmp(a));
    Ok(found)
}

/// The sequence number in a file's name, if it ends so.
fn number(path: &Path, ending: &str) -> Option<u64> {
    path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix(ending)).and_then(|n| n.parse().ok())
}

/// The bytes of one snapshot.
///
/// # Errors
/// [`PortError::Unavailable`] when it cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, PortError> {
    std::fs::read(path).map_err(|e| io("read a snapshot", path, &e))
}
