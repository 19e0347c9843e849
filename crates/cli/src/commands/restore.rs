//! `allclear restore`

use crate::exit::{Failure, OK, Outcome, While};
use crate::folder::{Folder, copy_mark};
use crate::house::copy_follow_key;
use crate::output;
use allclear_model::Time;
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Put a backup into a new data folder
#[derive(Debug, clap::Args)]
#[command(after_help = "\
All of the backup is read and checked first, and what was written is checked again. The backup itself is not changed. \
Sources of the time before are unknown to the restored site: the keys of the day are never in a backup.

Example:
  allclear restore --from /backup/allclear-2026-11-22 --data /var/lib/allclear-new

Exit codes: 0 restored; 1 not restored: the backup is damaged, or the folder cannot be written; 2 usage, the folder is \
not empty, or --from is not a backup.")]
pub(crate) struct Restore {
    /// The backup
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Data folder to make; it must be empty or not there
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Print JSON: {"data","seq","at"}
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Restored {
    data: PathBuf,
    seq: u64,
    at: Option<String>,
}

impl Restore {
    pub(crate) fn run(self) -> Outcome {
        if !self.from.join("journal.db").is_file() || !self.from.join("archive.db").is_file() {
            return Err(Failure::bad_input(format!(
                "{} is not a backup: it has no journal.db and archive.db",
                self.from.display()
            )));
        }
        if std::fs::read_dir(&self.data).is_ok_and(|mut d| d.next().is_some()) {
            return Err(Failure::bad_input(format!("{} is not empty; name a new folder", self.data.display())));
        }
        let found = allclear_store::verify_backup(&self.from).map_err(Failure::failed)?;
        let folder = Folder::take(&self.data)?;
        let written = self.write(&folder.dir);
        if let Err(failure) = written {
            return Err(Failure {
                message: format!(
                    "{}\n{} is incomplete; remove it before trying again",
                    failure.message,
                    self.data.display()
                ),
                ..failure
            });
        }
        let again = allclear_store::verify_backup(&folder.dir).map_err(Failure::failed)?;
        if again != found {
            return Err(Failure::failed(format!("{} is not equal to the backup; try again", self.data.display())));
        }
        let restored = Restored { data: self.data, seq: found.last, at: found.at.map(|at: Time| at.to_string()) };
        if self.json {
            output::json(&restored)?;
        } else {
            output::print(&format!(
                "Restored into {}: everything up to signal {}{}.\n",
                restored.data.display(),
                restored.seq,
                restored.at.map(|at| format!(" of {at}")).unwrap_or_default()
            ))?;
        }
        Ok(OK)
    }

    /// Copies the mark of a demonstration, databases, snapshots and the follow key, the journal last: a folder without it is no site.
    fn write(&self, to: &Path) -> Result<(), Failure> {
        copy_mark(&self.from, to)?;
        copy(&self.from.join("archive.db"), &to.join("archive.db"))?;
        for (seq, path) in
            allclear_store::snapshots::newest_first(&self.from).map_err(Failure::failed)?.into_iter().rev()
        {
            let bytes = allclear_store::snapshots::read(&path).map_err(Failure::failed)?;
            allclear_store::snapshots::write(to, seq, &bytes).map_err(Failure::failed)?;
        }
        copy_follow_key(&self.from, to)?;
        copy(&self.from.join("journal.db"), &to.join("journal.db"))?;
        File::open(to).and_then(|d| d.sync_all()).or_cannot(format!("write {}", to.display()))
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let written = || {
        // For its owner alone, whatever the mode of the backup.
        let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
        std::io::copy(&mut File::open(from)?, &mut target)?;
        target.sync_all()
    };
    written().or_cannot(format!("copy {} to {}", from.display(), to.display()))
}
