//! One process per data folder.

use crate::error::io;
use crate::file::make_folder;
use allclear_ports::PortError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The right to write in a data folder. The operating system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub struct FolderLock {
    // Held only to keep the lock.
    _file: File,
}

impl FolderLock {
    /// Creates the folder (mode 0700) if there is none, and takes its lock at once or not at all.
    ///
    /// # Errors
    /// [`PortError::Unusable`] names the process that holds it; [`PortError::Full`] or [`PortError::Unavailable`] when
    /// the folder or its lock file cannot be made.
    pub fn take(dir: &Path) -> Result<FolderLock, PortError> {
        make_folder(dir)?;
        let path = dir.join("lock");
        let failed = |e: &std::io::Error| io("lock the data folder", &path, e);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|e| failed(&e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Whoever holds it may be about to write its name.
                let known = file.read_to_string(&mut holder).is_ok();
                let holder = if known { holder.trim() } else { "" };
                let holder = if holder.is_empty() { "another process" } else { holder };
                let problem =
                    format!("is in use by {holder}: stop that one first, or choose another folder with --data");
                return Err(PortError::Unusable { path: dir.display().to_string(), problem });
            }
            Err(TryLockError::Error(e)) => return Err(failed(&e)),
        }
        let named = format!("process {} ({})\n", std::process::id(), command());
        // A full disk must not keep a site from starting to read: the name is a courtesy, the lock is what counts.
        let written =
            file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).and_then(|_| file.write_all(named.as_bytes()));
        if let Err(e) = written {
            tracing::warn!(error = %e, "cannot write this process's name into the lock file");
        }
        Ok(FolderLock { _file: file })
    }
}

/// The program's name and first argument (its subcommand); further arguments may hold secrets.
fn command() -> String {
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_default();
    let program = Path::new(&program).file_name().map_or("allclear".into(), |n| n.to_string_lossy().into_owned());
    match args.next() {
        Some(first) => format!("{program} {}", first.to_string_lossy()),
        None => program,
    }
}
