//! The judge alone: one tick over many services, and how fast a file is replayed.

mod replay;
mod tick;

use crate::show;

/// Options of both.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct JudgeArgs {
    /// Rounds; medians are printed.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Services of the tick.
    #[arg(long, default_value_t = 100_000)]
    services: usize,
    /// Lines of each replay.
    #[arg(long, default_value_t = 500_000)]
    lines: usize,
    /// A tenth of it, one round.
    #[arg(long)]
    quick: bool,
}

impl JudgeArgs {
    fn sized(&self) -> JudgeArgs {
        if self.quick {
            JudgeArgs { rounds: 1, services: self.services / 10, lines: self.lines / 10, quick: true }
        } else {
            self.clone()
        }
    }
}

/// One board tick.
pub(crate) fn tick(args: &JudgeArgs) -> anyhow::Result<()> {
    tick::run(&args.sized())
}

/// Replay.
pub(crate) fn replay(args: &JudgeArgs) -> anyhow::Result<()> {
    replay::run(&args.sized())
}

/// CPU seconds of this thread so far: on a busy machine the clock on the wall would measure the others too.
fn cpu_s() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let ns: u64 = text.split_whitespace().next().unwrap_or_default().parse()?;
    Ok(ns as f64 / 1e9)
}
