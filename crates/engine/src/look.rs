//! Looks through the files in the background. A start reads the newest entries only, and a page of the archive may rest
//! for years: damage should be known before the page is needed, while there are still backups from before it.

use crate::metrics::{FileLabel, Metrics};
use crate::progress::Progress;
use allclear_ports::{Clock, Journal, PortError, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// After the start, when pages and reports have what they need.
const FIRST: Duration = Duration::from_secs(2);

/// Between two looks, and before a look that could not be finished is begun again.
const EVERY: Duration = Duration::from_hours(24);

/// Rows per step: about a millisecond of one reading connection.
const STEP: usize = 500;

/// Between two steps, so that nobody who reports or reads has to wait: a million rows take less than a minute.
const PAUSE: Duration = Duration::from_millis(20);

/// What is looked through, and who is told.
pub(crate) struct Look {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) metrics: Metrics,
}

impl Look {
    /// A look soon and then once a day, until `stop`. A file in which damage was found is not looked at again: it has to be
    /// replaced, with the site stopped.
    pub(crate) async fn run(self, stop: CancellationToken) {
        // As for the writer: a task that broke is noticed by its end.
        let _stops = stop.clone().drop_guard();
        let work = async {
            let (mut journal, mut archive) = (true, true);
            let mut wait = FIRST;
            loop {
                tokio::time::sleep(wait).await;
                if journal {
                    journal = self.note("journal", self.through(|from| self.journal.look_through(from, STEP)).await);
                }
                if archive {
                    archive = self.note("archive", self.through(|from| self.store.look_through(from, STEP)).await);
                }
                wait = EVERY;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = work => {}
        }
    }

    /// All steps from the beginning to the end.
    async fn through<F>(&self, step: impl Fn(Option<String>) -> F) -> Result<(), PortError>
    where
        F: Future<Output = Result<Option<String>, PortError>>,
    {
        let mut from = None;
        loop {
            from = step(from).await?;
            if from.is_none() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Tells what came of a look; false when there is no use in looking again.
    fn note(&self, file: &'static str, looked: Result<(), PortError>) -> bool {
        let label = FileLabel { file };
        let damaged = self.metrics.damaged.get_or_create(&label);
        match looked {
            Ok(()) => {
                damaged.set(0);
                self.metrics.looked_through.get_or_create(&label).set(self.clock.now().0 / 1000);
                true
            }
            Err(e @ PortError::Unusable { .. }) => {
                tracing::error!(file, error = %e, "damage found; the site goes on, but a person has to act");
                damaged.set(1);
                self.progress.found_damage(e.to_string());
                false
            }
            Err(e) => {
                tracing::warn!(file, error = %e, "the file could not be looked through; tried again tomorrow");
                true
            }
        }
    }
}
