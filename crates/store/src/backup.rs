//! Backups of a serving site, and the check before one is put back.
//!
//! A backup is a folder that looks like a data folder: `archive.db`, the newest snapshots, `journal.db`, copied in this
//! order, so that the journal's copy has everything the others speak of. The keys of the day are not in it: whoever
//! finds a backup cannot link reports with it.

use crate::archive::ArchiveFile;
use crate::database::Kind;
use crate::error::{Place, gone, io};
use crate::file::{Sort, make_folder, make_private, open_keeper, open_untouched, sync_folder};
use crate::journal::codec::{COLUMNS, Raw};
use crate::journal::{self, JournalFile};
use crate::{SqliteJournal, SqliteStore, snapshots};
use allclear_model::Time;
use allclear_ports::PortError;
use rusqlite::Connection;
use std::path::{Path, PathBuf};

const READ: &str = "read the backup";
pub(crate) const ACTION: &str = "write a backup";

/// What a backup holds, after all of it has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// Sequence number of the oldest entry, 0 in an empty journal.
    pub first: u64,
    /// Sequence number of the last entry, 0 in an empty journal.
    pub last: u64,
    /// Time of the last entry.
    pub at: Option<Time>,
    /// How far the archive is projected; never more than `last`.
    pub projected: u64,
    /// Sequence numbers of the snapshots, newest first.
    pub snapshots: Vec<u64>,
}

/// Copies the site in the data folder `dir`, which `journal` and `store` serve, into the new or empty folder `to`.
///
/// # Errors
/// [`PortError::Unusable`] when `to` has files of a site in it; [`PortError::Full`] or [`PortError::Unavailable`] when it
/// cannot be written. What was written until then is left for a person to look at.
pub async fn backup(dir: &Path, journal: &SqliteJournal, store: &SqliteStore, to: &Path) -> Result<(), PortError> {
    make_folder(to)?;
    store.backup_to(&to.join(ArchiveFile::SORT.name)).await?;
    let (from, target) = (dir.to_owned(), to.to_owned());
    // Oldest first, so that writing a newer one never removes an older one that is still wanted.
    let copied = crate::lanes::blocking(move || {
        let mut found = snapshots::newest_first(&from)?;
        found.truncate(snapshots::KEPT);
        found.into_iter().rev().try_for_each(|(seq, path)| match snapshots::read(&path) {
            Ok(bytes) => snapshots::write(&target, seq, &bytes),
            // The site has replaced it by a newer one in this moment.
            Err(_) if !path.exists() => Ok(()),
            Err(e) => Err(e),
        })
    });
    copied.await.map_err(|_| gone(ACTION))??;
    journal.backup_to(&to.join(JournalFile::SORT.name)).await
}

/// Reads all of the backup in `dir` and changes nothing. Blocks for as long as that takes; run it off the async workers.
///
/// # Errors
/// [`PortError::Unusable`] names the file and what is wrong with it.
pub fn verify_backup(dir: &Path) -> Result<BackupReport, PortError> {
    let place = Place::new(dir, ArchiveFile::SORT.name);
    let projected = {
        let conn = open_whole(&place, &ArchiveFile::SORT)?;
        let seq = conn.query_row("SELECT seq FROM projected WHERE one = 1", [], |r| r.get::<_, i64>(0));
        u64::try_from(seq.map_err(|e| place.sqlite(READ, &e))?).unwrap_or(0)
    };
    let place = Place::new(dir, JournalFile::SORT.name);
    let (first, last, at) = read_journal(&place)?;
    if projected > last {
        return Err(place.unusable(format!(
            "ends at entry {last}, but the archive beside it knows entry {projected}: the two files are not of one backup"
        )));
    }
    let snapshots: Vec<u64> = snapshots::newest_first(dir)?.into_iter().map(|(seq, _)| seq).collect();
    let continues = |seq: &u64| *seq + 1 >= first && *seq <= last;
    if first > 1 && !snapshots.iter().any(continues) {
        return Err(place.unusable(format!(
            "begins at entry {first}, and no snapshot beside it leads up to there: take another backup"
        )));
    }
    Ok(BackupReport { first, last, at, projected, snapshots })
}

/// Opens one file of a backup and lets SQLite check every page.
fn open_whole(place: &Place, sort: &Sort) -> Result<Connection, PortError> {
    let conn = open_untouched(place, sort)?;
    let verdict: String = conn
        .query_row("PRAGMA integrity_check(1)", [], |r| r.get(0))
        .map_err(|e| place.sqlite("check the backup", &e))?;
    if verdict == "ok" { Ok(conn) } else { Err(place.unusable(format!("is damaged ({verdict}): use another backup"))) }
}

fn read_journal(place: &Place) -> Result<(u64, u64, Option<Time>), PortError> {
    let conn = open_whole(place, &JournalFile::SORT)?;
    let failed = |e: &rusqlite::Error| place.sqlite(READ, e);
    let mut select = conn.prepare(&format!("SELECT {COLUMNS} FROM entry ORDER BY seq")).map_err(|e| failed(&e))?;
    let mut rows = select.query([]).map_err(|e| failed(&e))?;
    let (mut first, mut last, mut at) = (0, 0, None);
    let unread = |last: u64, e: &_| place.unreadable(READ, &format!("after entry {last}"), e);
    while let Some(row) = rows.next().map_err(|e| unread(last, &e))? {
        let entry = journal::decode(Raw::from_row(row).map_err(|e| unread(last, &e))?, place)?;
        if last != 0 && entry.seq != last + 1 {
            return Err(place.unusable(format!("has no entries between {last} and {}: use another backup", entry.seq)));
        }
        if at.is_some_and(|before| entry.at < before) {
            return Err(place.unusable(format!("goes back in time at entry {}: use another backup", entry.seq)));
        }
        if first == 0 {
            first = entry.seq;
        }
        (last, at) = (entry.seq, Some(entry.at));
    }
    Ok((first, last, at))
}

/// Copies the database at `place` to `file`, from one reading transaction beside the writer. Blocks.
pub(crate) fn copy_database(place: &Place, file: &Path) -> Result<(), PortError> {
    if file.exists() {
        let problem = "is there already: choose another place for the backup".to_owned();
        return Err(PortError::Unusable { path: file.display().to_string(), problem });
    }
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(folder)?;
    let part = PathBuf::from(format!("{}.part", file.display()));
    drop(std::fs::remove_file(&part));
    let done = copy_whole(place, folder, &part).and_then(|()| {
        let named = std::fs::rename(&part, file).and_then(|()| sync_folder(folder));
        named.map_err(|e| io(ACTION, file, &e))
    });
    if done.is_err() {
        drop(std::fs::remove_file(&part));
    }
    done
}

fn copy_whole(place: &Place, folder: &Path, part: &Path) -> Result<(), PortError> {
    // A connection of its own, because it may take minutes, and a checkpoint must not wait for it.
    let conn = open_keeper(place)?;
    // What can be full here is the disk of the backup, not of the site.
    let target = Place { dir: folder.to_owned(), file: place.file.clone() };
    let Some(name) = part.to_str() else {
        return Err(target.unusable("cannot be copied to a path that is not UTF-8".to_owned()));
    };
    // SQLite fills an empty file and leaves its mode as it is.
    let copy = make_private(part).map_err(|e| io(ACTION, part, &e))?;
    // Compact, so that nothing which was removed or blanked goes along; ids and schema version do.
    conn.execute("VACUUM INTO $1", [name]).map_err(|e| target.sqlite(ACTION, &e))?;
    copy.sync_all().map_err(|e| io(ACTION, part, &e))
}
