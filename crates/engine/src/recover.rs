//! From snapshot and journal back to the board as it was.
//!
//! The newest snapshot that is sound, else the one before, else the journal from its first entry; then the entries after
//! it. The judge's words are recomputed on the way: those that are in the journal are compared, those that a killed
//! process could not write any more are left over to be written.

use crate::metrics::Metrics;
use allclear_detect::{Board, Change, Limits};
use allclear_model::{Entry, Signal, Time};
use allclear_ports::{Journal, PortError, Snapshots};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// Entries read at a time.
const CHUNK: usize = 4096;

/// Mismatches that are logged one by one; further ones are only counted.
const LOGGED_MISMATCHES: u64 = 5;

/// The board as it was, and where it stands.
pub(crate) struct Recovered {
    pub(crate) board: Board,
    /// Last entry of the journal, `None` while it is empty.
    pub(crate) last: Option<(u64, Time)>,
    /// Words of the judge that are not in the journal yet.
    pub(crate) pending: VecDeque<Change>,
    /// The snapshot it was built on.
    pub(crate) snapshot: Option<u64>,
    /// Entries applied after it.
    pub(crate) replayed: u64,
}

/// Rebuilds the board.
///
/// # Errors
/// Those of reading, and [`PortError::Unusable`] when no snapshot is sound and the journal no longer reaches back.
pub(crate) async fn recover(
    journal: &dyn Journal,
    snapshots: &Arc<dyn Snapshots>,
    limits: Limits,
    metrics: &Metrics,
    tracker: &TaskTracker,
) -> Result<Recovered, PortError> {
    let last = journal.last().await?;
    let first = journal.first().await?.unwrap_or(1);
    let newest = last.map_or(0, |l| l.0);
    let files = snapshots.clone();
    let look = move || -> Result<_, PortError> {
        let (found, useless) = newest_sound(files.as_ref(), first, newest, limits)?;
        // Where there is nothing to start from, everything stays as it is: another version may be able to read it.
        if found.is_some() || first <= 1 {
            for seq in useless {
                if let Err(e) = files.set_aside(seq) {
                    tracing::warn!(seq, error = %e, "recover: a snapshot that cannot be used is still in its place");
                }
            }
        }
        Ok(found)
    };
    let found = tracker
        .spawn_blocking(look)
        .await
        .map_err(|e| PortError::Unavailable { action: "read the snapshots", detail: e.to_string() })??;
    let (board, snapshot) = match found {
        Some((seq, board)) => (board, Some(seq)),
        None if first <= 1 => (Board::new(limits), None),
        None => {
            return Err(PortError::Unusable {
                path: "snapshots".to_owned(),
                problem: format!(
                    "none of them can be read, and the journal begins at entry {first}; restore a backup with `allclear restore`"
                ),
            });
        }
    };
    let mut recovered = Recovered { board, last, pending: VecDeque::new(), snapshot, replayed: 0 };
    let mut check = Check { metrics, mismatches: 0 };
    let mut next = snapshot.unwrap_or(0) + 1;
    loop {
        let entries = journal.read(next, CHUNK).await?;
        for entry in &entries {
            if entry.seq != next {
                return Err(PortError::Unusable {
                    path: "journal".to_owned(),
                    problem: format!(
                        "entry {next} is missing (the next one is {}); restore a backup with `allclear restore`",
                        entry.seq
                    ),
                });
            }
            check.verdict(entry, &mut recovered.pending);
            recovered.pending.extend(recovered.board.apply(entry));
            next += 1;
        }
        recovered.replayed += entries.len() as u64;
        if entries.len() < CHUNK {
            break;
        }
        // Thousands of entries without a pause would keep a small machine's other tasks waiting.
        tokio::task::yield_now().await;
    }
    if check.mismatches > 0 {
        tracing::warn!(
            mismatches = check.mismatches,
            "recover: journalled verdicts differ from recomputed ones; the journalled ones were shown"
        );
    }
    Ok(recovered)
}

/// A board and the entry after which it was like this.
type Sound = Option<(u64, Board)>;

/// The newest snapshot that the journal leads on from, and those looked at before it.
fn newest_sound(
    files: &dyn Snapshots,
    first: u64,
    newest: u64,
    limits: Limits,
) -> Result<(Sound, Vec<u64>), PortError> {
    let mut useless = Vec::new();
    for seq in files.newest_first()? {
        if seq > newest {
            tracing::error!(seq, journal = newest, "recover: a snapshot is newer than the journal; not used");
        } else if seq + 1 < first {
            tracing::error!(
                seq,
                journal_from = first,
                "recover: the journal does not reach back to a snapshot; not used"
            );
        } else {
            let board = files
                .read(seq)
                .map_err(|e| e.to_string())
                .and_then(|b| Board::from_bytes(&b, limits).map_err(|e| e.to_string()));
            match board {
                Ok(board) if board.seq() == seq => return Ok((Some((seq, board)), useless)),
                Ok(board) => {
                    tracing::error!(seq, says = board.seq(), "recover: a snapshot is not what its name says; not used");
                }
                Err(e) => tracing::error!(seq, error = %e, "recover: a snapshot is damaged; not used"),
            }
        }
        useless.push(seq);
    }
    Ok((None, useless))
}

/// Compares the judge's journalled words with the recomputed ones.
struct Check<'m> {
    metrics: &'m Metrics,
    mismatches: u64,
}

impl Check<'_> {
    fn verdict(&mut self, entry: &Entry, recomputed: &mut VecDeque<Change>) {
        let Signal::VerdictChanged { service, verdict, incident, .. } = &entry.signal else { return };
        let said = recomputed.pop_front();
        let same = said.is_some_and(|c| {
            c.service == *service && c.verdict == **verdict && c.incident.as_ref() == incident.as_deref()
        });
        if !same {
            self.mismatches += 1;
            self.metrics.mismatches.inc();
            if self.mismatches <= LOGGED_MISMATCHES {
                tracing::warn!(seq = entry.seq, %service, "recover: recomputing does not give this journalled verdict");
            }
        }
    }
}
