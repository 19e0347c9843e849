//! The house below HTTP: how fast a catalogue loads, how many reports become durable, what upkeep costs those who
//! report, how much memory an idle and a busy site take. Ratios are against a bare baseline of the same minute.

pub(crate) mod house;
mod intake;
mod memory;

use crate::goals::Goals;
use house::generated;
use std::time::Instant;

/// Options of `engine`.
#[derive(Debug, clap::Args)]
pub(crate) struct EngineArgs {
    /// Folder for the data, on the disk to be measured; a new one below it is made and removed.
    #[arg(long, default_value = ".")]
    dir: std::path::PathBuf,
    /// Rounds; medians are printed.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Services.
    #[arg(long, default_value_t = 3000)]
    services: usize,
    /// Only one part.
    #[arg(long, value_enum)]
    only: Option<Part>,
}

/// A part of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Reading and checking a catalogue.
    Load,
    /// Durable reports per second beside bare group commits.
    Intake,
    /// Latency of reports while retention, pruning, blanking and checkpoints run.
    Upkeep,
    /// Memory of an idle site, of busy services and of made-up networks. In a process of its own to be exact.
    Memory,
}

/// Runs the parts and prints their lines.
pub(crate) fn run(args: &EngineArgs) -> anyhow::Result<()> {
    let wanted = |part| args.only.is_none_or(|p| p == part);
    let mut goals = Goals::new(false);
    // First, while the process is small.
    if wanted(Part::Memory) {
        memory::run(args, &mut goals)?;
    }
    if wanted(Part::Load) {
        load(args, &mut goals)?;
    }
    if wanted(Part::Intake) {
        intake::throughput(args, &mut goals)?;
    }
    if wanted(Part::Upkeep) {
        intake::upkeep(args, &mut goals)?;
    }
    goals.met()
}

fn load(args: &EngineArgs, goals: &mut Goals) -> anyhow::Result<()> {
    let source = [generated(args.services)];
    let mut ms = Vec::new();
    for _ in 0..args.rounds.max(1) {
        let began = Instant::now();
        let loaded = house::load(&source)?;
        ms.push(began.elapsed().as_secs_f64() * 1000.0);
        anyhow::ensure!(loaded.services.len() == args.services);
    }
    println!("catalogue of {} services read and checked: {:.1} ms (goal: at most 150)", args.services, median(&mut ms));
    goals.at_most("ms to read and check the catalogue", &ms, 150.0);
    Ok(())
}

/// The middle value.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The value that this share of all values does not exceed.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share) as usize;
    values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
