//! Turns the words of SQLite and of the operating system into [`PortError`], by what the caller can do about it.

use allclear_ports::PortError;
use rusqlite::ErrorCode;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Which file an error speaks of, and the data folder it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The data folder.
    pub(crate) dir: PathBuf,
    /// The database file in it.
    pub(crate) file: PathBuf,
}

impl Place {
    /// The file `name` in the folder `dir`.
    pub(crate) fn new(dir: &Path, name: &str) -> Place {
        Place { dir: dir.to_owned(), file: dir.join(name) }
    }

    /// The command that puts a backup in the place of this folder.
    fn restore(&self) -> String {
        format!("`allclear restore --from BACKUP --data {}`", self.dir.display())
    }

    /// A file only a person can mend: names it, the reason and the command that helps.
    pub(crate) fn damaged(&self, reason: &str) -> PortError {
        self.unusable(format!("{reason}. Stop the site, keep a copy of the folder, then run {}", self.restore()))
    }

    /// A file that is not ours at all.
    pub(crate) fn foreign(&self, reason: &str) -> PortError {
        self.unusable(format!(
            "{reason}. It was left as it is: choose another folder with --data, or move it away and run {}",
            self.restore()
        ))
    }

    /// A file of a later version.
    pub(crate) fn newer(&self, found: &str, known: usize) -> PortError {
        self.unusable(format!(
            "was written by a newer allclear ({found}, this one knows up to schema {known}): start a newer allclear, or put back a backup of this version with {}",
            self.restore()
        ))
    }

    /// Any other reason that needs a person.
    pub(crate) fn unusable(&self, problem: String) -> PortError {
        PortError::Unusable { path: self.file.display().to_string(), problem }
    }

    /// An error of SQLite while reading rows. Only this crate writes them, so what cannot be understood is damage, `near`
    /// there.
    pub(crate) fn unreadable(&self, action: &'static str, near: &str, e: &rusqlite::Error) -> PortError {
        match e.sqlite_error_code() {
            None | Some(ErrorCode::DatabaseCorrupt) => self.damaged(&format!("is damaged ({near}: {e})")),
            Some(_) => self.sqlite(action, e),
        }
    }

    /// An error of SQLite while trying to `action`.
    pub(crate) fn sqlite(&self, action: &'static str, e: &rusqlite::Error) -> PortError {
        let detail = e.to_string();
        match e.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => PortError::Full { action, detail },
            Some(ErrorCode::DatabaseCorrupt) => self.damaged(&format!("is damaged ({detail})")),
            Some(ErrorCode::NotADatabase) => self.foreign("is not a database of allclear"),
            // SQLite names only a failed write(2) "full": a used-up quota, a limit on the size of files, and a full disk
            // met while syncing or growing the shared index, come as plain input/output errors. A small write tells
            // which it was.
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) if self.no_space() => {
                PortError::Full { action, detail }
            }
            _ => PortError::Unavailable { action, detail },
        }
    }
}

/// An error of the operating system while trying to `action`.
pub(crate) fn io(action: &'static str, path: &Path, e: &io::Error) -> PortError {
    let detail = format!("{}: {e}", path.display());
    if is_full(e) { PortError::Full { action, detail } } else { PortError::Unavailable { action, detail } }
}

/// A thing that is not there because a thread of ours has ended.
pub(crate) fn gone(action: &'static str) -> PortError {
    PortError::Unavailable { action, detail: "the database was closed".to_owned() }
}

fn is_full(e: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(e.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

impl Place {
    /// True when a file here cannot get 64 KiB more for want of space. They are written as far into a probe as the
    /// write-ahead log is long, because that is where a limit on the size of files is met; what is before them is a hole.
    fn no_space(&self) -> bool {
        let probe = self.dir.join(".space-probe");
        let end = std::fs::metadata(self.file.with_extension("db-wal")).map_or(0, |m| m.len());
        let tried = std::fs::File::create(&probe).and_then(|f| {
            f.write_all_at(&vec![0; 65_536], end)?;
            f.sync_all()
        });
        // The probe has said what it can say; a file that cannot be removed is overwritten by the next probe.
        drop(std::fs::remove_file(&probe));
        tried.is_err_and(|e| is_full(&e))
    }
}
