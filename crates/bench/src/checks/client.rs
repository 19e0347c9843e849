//! Runs a client as fast as one thread lets it, and tells what that thread took.

use crate::thread::{cpu_s, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Checks at a time.
pub(super) const AT_ONCE: usize = 32;
/// How long a client runs before it is measured.
const WARM: Duration = Duration::from_millis(300);

/// What makes checks.
pub(super) trait Client: Send + Sync + 'static {
    /// Makes check number `n`. An error ends the measurement: what failed was not the work that is compared.
    fn check(&self, n: usize) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// What came of it.
pub(super) struct Figures {
    /// Checks a second.
    pub(super) per_second: f64,
    /// CPU of one, microseconds: of the client's thread, which is all there is of it, and not of the server.
    pub(super) cpu_us: f64,
}

/// Runs `client` for `time`, on a thread and a runtime of its own on `core`.
pub(super) fn run<C: Client>(client: &Arc<C>, time: Duration, core: Option<usize>) -> anyhow::Result<Figures> {
    let measured = || {
        pin(core)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(drive(client, WARM))?;
        let (begin, before) = (Instant::now(), cpu_s());
        let checks = runtime.block_on(drive(client, time))?;
        let (took, cpu) = (begin.elapsed().as_secs_f64(), cpu_s() - before);
        Ok(Figures { per_second: checks as f64 / took, cpu_us: cpu / checks as f64 * 1e6 })
    };
    let done = std::thread::scope(|s| s.spawn(measured).join());
    done.map_err(|_| anyhow::anyhow!("the client's thread ended early"))?
}

/// Makes checks until the time is over; how many.
async fn drive<C: Client>(client: &Arc<C>, time: Duration) -> anyhow::Result<usize> {
    let begin = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for first in 0..AT_ONCE {
        let client = client.clone();
        tasks.spawn(async move {
            let mut made = 0;
            while begin.elapsed() < time {
                client.check(first + made).await?;
                made += 1;
            }
            anyhow::Ok(made)
        });
    }
    let mut checks = 0;
    while let Some(made) = tasks.join_next().await {
        checks += made??;
    }
    Ok(checks)
}
