//! `allclear backup`

use crate::config::ConfigArgs;
use crate::exit::{OK, Outcome, While};
use crate::folder::Folder;
use crate::house;
use crate::output;
use crate::socket::client::{BACKUP_PATIENCE, Client};
use crate::socket::protocol::{BackupAnswer, BackupRequest, path};
use std::path::PathBuf;

/// Copy a site's data while it is serving
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The backup is consistent, checked when it is written, and needs no pause. It holds the journal, the archive, snapshots of the \
board and the key of follow links; the keys of the day are never in it. Without a running site the folder is locked meanwhile.

Example:
  allclear backup --data /var/lib/allclear --to /backup/allclear-2026-11-22

Exit codes: 0 written; 1 not written; 2 usage, or the destination is not empty.")]
pub(crate) struct Backup {
    /// Folder to make; it must be empty or not there
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Print JSON: {"to","seq","bytes"}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Backup {
    pub(crate) fn run(self) -> Outcome {
        let config = self.config.load(&[])?;
        let to = std::path::absolute(&self.to).or_cannot(format!("find {}", self.to.display()))?;
        super::block_on(async move {
            let dir = &config.data.dir;
            let answer: BackupAnswer = match Client::connect(dir).await? {
                Some(site) => site.post_patiently(path::BACKUP, &BackupRequest { to }, BACKUP_PATIENCE).await?,
                None => house::backup_stopped(Folder::take_existing(dir)?, &to).await?,
            };
            if self.json {
                output::json(&answer)?;
            } else {
                output::print(&format!(
                    "Backup in {}: {} bytes, everything up to signal {}.\n",
                    answer.to.display(),
                    answer.bytes,
                    answer.seq
                ))?;
            }
            Ok(OK)
        })
    }
}
