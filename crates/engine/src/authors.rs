//! What needs to know of a report before the writer is asked: its author changing it, a reader flagging its text. The
//! archive knows which service a report belongs to, so this stands between the door (which holds no store) and the writer
//! (which must not wait for one).

use crate::archive::Archive;
use crate::command::{Answer, Command, ask};
use crate::intake::Origin;
use crate::progress::Progress;
use crate::{EngineError, IntakeResult};
use allclear_model::signal::{ReportChange, TextChange};
use allclear_model::{FreeText, ReportId, TextState};
use allclear_ports::ReportRow;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Wishes in work at a time.
const AT_ONCE: usize = 16;

/// A wish about a report that exists.
pub(crate) enum AuthorRequest {
    /// Its author changes it.
    Change { id: ReportId, change: ReportChange, text: Option<FreeText>, answer: Answer<()> },
    /// A reader flags its text; answered with whether the flag counts.
    Flag { id: ReportId, from: Origin, answer: Answer<bool> },
}

/// Serves wishes until `stop`.
pub(crate) async fn run(
    mut wishes: mpsc::Receiver<AuthorRequest>,
    writer: mpsc::Sender<Command>,
    archive: Archive,
    progress: Arc<Progress>,
    tracker: TaskTracker,
    stop: CancellationToken,
) {
    // As for the writer: a site on which nobody can withdraw a report stops as a whole.
    let _stops = stop.clone().drop_guard();
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let wish = tokio::select! {
            () = stop.cancelled() => return,
            wish = wishes.recv() => match wish {
                Some(wish) => wish,
                None => return,
            },
        };
        let Ok(turn) = turns.clone().acquire_owned().await else { return };
        let (writer, archive, progress) = (writer.clone(), archive.clone(), progress.clone());
        tracker.spawn(async move {
            // Whoever asked may have gone away.
            match wish {
                AuthorRequest::Change { id, change, text, answer } => {
                    let _ = answer.send(self::change(&writer, &archive, &progress, id, change, text).await);
                }
                AuthorRequest::Flag { id, from, answer } => {
                    let _ = answer.send(flag(&writer, &archive, &progress, id, from).await);
                }
            }
            drop(turn);
        });
    }
}

/// Whether the change would change nothing: that is worth no entry.
fn says(row: &ReportRow, change: &ReportChange) -> bool {
    match change {
        ReportChange::Withdrawn => row.withdrawn,
        ReportChange::Amended { symptom, country, text } => {
            let same_text = match text {
                TextChange::Kept => true,
                TextChange::Removed => row.text == TextState::None,
                TextChange::Replaced(_) => false,
            };
            row.symptom == *symptom && row.country == *country && same_text
        }
    }
}

async fn change(
    writer: &mpsc::Sender<Command>,
    archive: &Archive,
    progress: &Progress,
    id: ReportId,
    change: ReportChange,
    text: Option<FreeText>,
) -> IntakeResult<()> {
    // What its author did a moment ago decides: one that was withdrawn is changed no more.
    progress.projected_up_to_now().await?;
    let row = archive.report(id).await?.ok_or(EngineError::NotFound)?;
    match (row.withdrawn, &change) {
        (true, ReportChange::Withdrawn) => Ok(()),
        (true, ReportChange::Amended { .. }) => Err(EngineError::NotFound),
        (false, _) if says(&row, &change) => Ok(()),
        (false, _) => ask(writer, |answer| Command::Update { id, service: row.service, change, text, answer }).await,
    }
}

async fn flag(
    writer: &mpsc::Sender<Command>,
    archive: &Archive,
    progress: &Progress,
    id: ReportId,
    from: Origin,
) -> IntakeResult<bool> {
    let shown = |row: &ReportRow| row.text == TextState::Shown && !row.withdrawn;
    let mut row = archive.report(id).await?;
    if row.as_ref().is_none_or(|row| !shown(row)) {
        // Perhaps accepted, or shown, a moment ago and not projected yet.
        progress.projected_up_to_now().await?;
        row = archive.report(id).await?;
    }
    let row = row.filter(shown).ok_or(EngineError::NotFound)?;
    ask(writer, |answer| Command::Flag { id, service: row.service, from, answer }).await
}
