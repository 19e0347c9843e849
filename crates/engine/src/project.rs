//! The archive follows the journal. The same path serves daily work and the catching up after a crash.

use crate::metrics::Metrics;
use crate::progress::Progress;
use allclear_ports::{Journal, PortError, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Entries per transaction.
const CHUNK: usize = 2000;

/// Pause between two looks while entries keep coming: the archive is at most about this far behind.
const PAUSE: Duration = Duration::from_millis(200);

/// Pause after a failure.
const RETRY: Duration = Duration::from_secs(1);

/// Whether journal and archive belong together; told apart before anything is served.
///
/// # Errors
/// [`PortError::Unusable`] when the archive knows entries that the journal never had, or lacks entries that the
/// journal no longer has; those of reading.
pub(crate) async fn belongs_together(journal: &dyn Journal, store: &dyn Store) -> Result<u64, PortError> {
    let projected = store.projected().await?;
    let last = journal.last().await?.map_or(0, |l| l.0);
    let first = journal.first().await?.unwrap_or(1);
    let problem = if projected > last {
        format!("it has projected up to entry {projected}, but the journal ends at {last}")
    } else if projected + 1 < first {
        format!("it has projected up to entry {projected}, but the journal begins at {first}")
    } else {
        return Ok(projected);
    };
    Err(PortError::Unusable {
        path: "archive".to_owned(),
        problem: format!("{problem}: they are not from the same backup; restore both with `allclear restore`"),
    })
}

/// Projects until `stop`.
pub(crate) async fn run(
    journal: Arc<dyn Journal>,
    store: Arc<dyn Store>,
    progress: Arc<Progress>,
    metrics: Metrics,
    stop: CancellationToken,
) {
    // As for the writer: a site whose archive no longer follows stops as a whole.
    let _stops = stop.clone().drop_guard();
    let mut written = progress.watch_written();
    let mut failing = false;
    // A start may have written a whole catalogue. Read while the first pictures are made, it would lie between what stays of
    // them: 1 MiB that is never given back with 3,000 services.
    let mut pause = PAUSE;
    loop {
        let wait = async {
            tokio::time::sleep(pause).await;
            if !failing {
                // The sender lives as long as `progress`.
                drop(written.wait_for(|seq| *seq > progress.projected()).await);
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = wait => {}
        }
        pause = match all(journal.as_ref(), store.as_ref(), &progress, &stop).await {
            Ok(()) => {
                if std::mem::take(&mut failing) {
                    tracing::info!("projector: works again");
                }
                PAUSE
            }
            Err(e) => {
                metrics.projector_failures.inc();
                if !std::mem::replace(&mut failing, true) {
                    tracing::error!(error = %e, "projector: the archive falls behind; tried again until it works");
                }
                RETRY
            }
        };
    }
}

/// Projects everything that is in the journal now, or until `stop`: what is left over waits for the next start.
async fn all(
    journal: &dyn Journal,
    store: &dyn Store,
    progress: &Progress,
    stop: &CancellationToken,
) -> Result<(), PortError> {
    while !stop.is_cancelled() {
        // What the store says, not what we remember: after a failed commit only the store knows.
        let projected = store.projected().await?;
        progress.project(projected);
        if projected >= progress.seq() {
            return Ok(());
        }
        let entries = journal.read(projected + 1, CHUNK).await?;
        let Some(last) = entries.last().map(|e| e.seq) else { return Ok(()) };
        store.project(entries).await?;
        progress.project(last);
        tokio::task::yield_now().await;
    }
    Ok(())
}
