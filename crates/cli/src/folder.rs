//! The data folder: made private, locked by one process, with the socket in it.

use crate::exit::{Failure, While};
use allclear_store::FolderLock;
use std::path::{Path, PathBuf};

/// Marks a folder that holds simulated data.
const DEMO_MARK: &str = "demo";

/// What a site makes in its folder, apart from lock and socket.
const MADE: [&str; 9] = [
    "journal.db",
    "journal.db-wal",
    "journal.db-shm",
    "archive.db",
    "archive.db-wal",
    "archive.db-shm",
    "snapshots",
    "keys",
    crate::prepared::FILE,
];

/// Whether a data folder, or a backup of one, holds simulated data.
fn is_demo(dir: &Path) -> bool {
    dir.join(DEMO_MARK).exists()
}

/// Says in a folder that its data is simulated.
fn mark(dir: &Path) -> Result<(), Failure> {
    std::fs::write(dir.join(DEMO_MARK), "This folder holds simulated data.\n")
        .or_cannot(format!("write to the folder {}", dir.display()))
}

/// Marks a copy of simulated data as what it is.
///
/// # Errors
/// When the mark cannot be written.
pub(crate) fn copy_mark(from: &Path, to: &Path) -> Result<(), Failure> {
    if is_demo(from) { mark(to) } else { Ok(()) }
}

/// A data folder that this process has locked. Dropping it gives the lock back.
pub(crate) struct Folder {
    /// Where.
    pub(crate) dir: PathBuf,
    _lock: FolderLock,
}

/// Whether there is a site in a folder.
pub(crate) fn has_site(dir: &Path) -> bool {
    dir.join("journal.db").exists()
}

impl Folder {
    /// Makes the folder when it is missing (mode 0700) and locks it.
    ///
    /// # Errors
    /// Exit code 1 naming the process that holds it, or why it cannot be used.
    pub(crate) fn take(dir: &Path) -> Result<Folder, Failure> {
        let lock = FolderLock::take(dir).map_err(Failure::failed)?;
        Ok(Folder { dir: dir.to_owned(), _lock: lock })
    }

    /// Locks a folder that must be there already.
    ///
    /// # Errors
    /// Exit code 1 when there is no site in it, or naming the process that holds it.
    pub(crate) fn take_existing(dir: &Path) -> Result<Folder, Failure> {
        if !has_site(dir) {
            return Err(Failure::failed(format!(
                "{} is not the data folder of a site: it has no journal.db. Name the folder with --data DIR, or start a site with: allclear serve --data {}",
                dir.display(),
                dir.display()
            )));
        }
        Folder::take(dir)
    }

    /// Whether the folder holds simulated data.
    pub(crate) fn is_demo(&self) -> bool {
        is_demo(&self.dir)
    }

    /// Removes the simulated data of an earlier demonstration; real data is never touched.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub(crate) fn clear_demo(&self) -> Result<(), Failure> {
        if !self.is_demo() {
            return Ok(());
        }
        for name in MADE {
            let path = self.dir.join(name);
            let gone = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            match gone {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Failure::failed(format!(
                        "cannot remove the earlier simulation's {}: {e}",
                        path.display()
                    )));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes sure that simulated and real data never mix.
    ///
    /// # Errors
    /// Exit code 2 when the folder holds the other kind.
    pub(crate) fn keep_apart(&self, demo: bool) -> Result<(), Failure> {
        let marked = self.is_demo();
        let used = self.dir.join("journal.db").exists();
        let dir = self.dir.display();
        match (demo, marked, used) {
            (true, false, true) => Err(Failure::bad_input(format!(
                "{dir} holds the data of a real site; the demonstration would mix simulated reports into it. Give it a folder of its own: --data DIR"
            ))),
            (false, true, _) => Err(Failure::bad_input(format!(
                "{dir} holds simulated data of a demonstration. Start it with --demo, or use another folder: --data DIR"
            ))),
            (true, false, false) => mark(&self.dir),
            _ => Ok(()),
        }
    }
}
