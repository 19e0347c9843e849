//! Benchmarks as commands: how well the detector finds outages, and how fast the site is beside bare baselines that
//! run in the same minute. `cargo run --release -p allclear-bench -- --help` lists them; docs/BENCH.md explains them.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark times, prints, and drives a server over loopback"
)]

mod detect;
mod engine;
mod start;

use clap::{Parser, Subcommand};

/// Benchmarks of Allclear.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// How fast outages are found, and how often there is a false alarm, on simulated and real report counts.
    Detect(detect::DetectArgs),
    /// The house below HTTP: catalogue, durable reports, upkeep, memory.
    Engine(engine::EngineArgs),
    /// From the start of the process to the first answered page, with a month of data.
    Start(start::StartArgs),
}

fn main() -> anyhow::Result<()> {
    match Args::parse().what {
        What::Detect(args) => detect::run(&args),
        What::Engine(args) => engine::run(&args),
        What::Start(args) => start::run(&args),
    }
}
