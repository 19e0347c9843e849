//! Authors changing their own reports. The archive knows which service a report belongs to, so this stands between the
//! door (which holds no store) and the writer (which must not wait for one).

use crate::archive::Archive;
use crate::command::{Answer, Command, ask};
use crate::progress::Progress;
use crate::{EngineError, IntakeResult};
use allclear_model::ReportId;
use allclear_model::signal::ReportChange;
use allclear_ports::ReportRow;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Changes in work at a time.
const AT_ONCE: usize = 16;

/// An author's wish.
pub(crate) struct AuthorRequest {
    pub(crate) id: ReportId,
    pub(crate) change: ReportChange,
    pub(crate) answer: Answer<()>,
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
            let done = change(&writer, &archive, &progress, wish.id, wish.change).await;
            // The author may have gone away.
            let _ = wish.answer.send(done);
            drop(turn);
        });
    }
}

/// Whether the change would change nothing: that is worth no entry.
fn says(row: &ReportRow, change: &ReportChange) -> bool {
    match change {
        ReportChange::Withdrawn => row.withdrawn,
        ReportChange::Amended { symptom, country } => row.symptom == *symptom && row.country == *country,
    }
}

async fn change(
    writer: &mpsc::Sender<Command>,
    archive: &Archive,
    progress: &Progress,
    id: ReportId,
    change: ReportChange,
) -> IntakeResult<()> {
    let mut row = archive.report(id).await?;
    if row.as_ref().is_none_or(|row| says(row, &change)) {
        // Perhaps accepted, or changed to something else, a moment ago and not projected yet.
        progress.projected_up_to_now().await?;
        row = archive.report(id).await?;
    }
    let row = row.ok_or(EngineError::NotFound)?;
    match (row.withdrawn, &change) {
        (true, ReportChange::Withdrawn) => Ok(()),
        (true, ReportChange::Amended { .. }) => Err(EngineError::NotFound),
        (false, _) if says(&row, &change) => Ok(()),
        (false, _) => ask(writer, |answer| Command::Update { id, service: row.service, change, answer }).await,
    }
}
