//! From the first signal to the end of the process: stop softly, in order, and never take longer than 5 seconds.

use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long doors (web, socket) may finish what they have begun.
const DOORS: Duration = Duration::from_millis(1_500);
/// How long the core may write what is left after that. Together under the 5 seconds that are promised.
const CORE: Duration = Duration::from_secs(3);

/// Tasks of the process in two rings: the doors stop first, so that what they took in is still made durable and
/// answered by the core, which stops second.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lifecycle {
    /// Web and socket.
    pub(crate) doors: Ring,
    /// Journal writer, judge, projections.
    pub(crate) core: Ring,
}

/// Tasks that stop together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ring {
    /// Every task is spawned on it.
    pub(crate) tracker: TaskTracker,
    /// Cancelled when they are to stop.
    pub(crate) stop: CancellationToken,
}

impl Ring {
    /// Asks the ring's tasks to stop and waits for them; false when they did not within `limit`.
    pub(crate) async fn end(&self, limit: Duration) -> bool {
        self.stop.cancel();
        self.tracker.close();
        tokio::time::timeout(limit, self.tracker.wait()).await.is_ok()
    }
}

impl Lifecycle {
    /// Stops everything. False when something had to be abandoned (then the journal is still whole: what was
    /// acknowledged is on disk, only the last snapshot may be missing).
    pub(crate) async fn end(&self) -> bool {
        let doors = self.doors.end(DOORS).await;
        if !doors {
            tracing::warn!("some connections did not end in time and are cut");
        }
        let core = self.core.end(CORE).await;
        if !core {
            tracing::error!("the core did not stop in time; the next start reads the journal instead of a snapshot");
        }
        core
    }
}

/// The operating system's signals.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    // Only listened to, so that it does not end the process.
    _file_too_large: Signal,
}

/// SIGXFSZ of signal(7), on every Linux but that of MIPS. It comes with a write past a limit on the size of files
/// (`LimitFSIZE=`) and would end the process; listened to, the write fails like one on a full disk.
const FILE_TOO_LARGE: i32 = 25;

/// What somebody asked for by signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// SIGTERM or SIGINT.
    Stop,
    /// SIGHUP.
    Reload,
}

impl Signals {
    /// Begins to listen; from here on none of them ends the process by itself.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn listen() -> std::io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            _file_too_large: signal(SignalKind::from_raw(FILE_TOO_LARGE))?,
        })
    }

    /// The next wish.
    pub(crate) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }
}
