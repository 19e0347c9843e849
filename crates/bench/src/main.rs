//! Benchmarks as commands: how well the detector finds outages, and how fast the site is beside bare baselines that
//! run in the same minute. `cargo run --release -p allclear-bench -- --help` lists them; docs/BENCH.md explains them.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark times, prints, and drives a server over loopback"
)]

mod catalogue;
mod checks;
mod descriptors;
mod detect;
mod engine;
mod goals;
mod judge;
mod kept;
mod official;
mod seed;
mod site;
mod soak;
mod start;
mod thread;

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
    /// One minute over 100,000 services.
    Tick(judge::JudgeArgs),
    /// Lines a second of a replay.
    Replay(judge::JudgeArgs),
    /// CPU of one check of ours beside a bare HTTP client and blackbox_exporter.
    Checks(checks::CheckArgs),
    /// Time and memory of reading the largest payloads of official pages.
    Official(official::OfficialArgs),
    /// Disk that 90 days of single results of checks take, and whom keeping them delays.
    Kept(kept::KeptArgs),
    /// Service pages beside nginx with the same bytes.
    Pages(site::SiteArgs),
    /// CPU of rendering a page after a change.
    Render(site::SiteArgs),
    /// Reports over HTTP beside bare SQLite group commit.
    Ingest(site::SiteArgs),
    /// Pages while reports come in.
    Mixed(site::SiteArgs),
    /// Latency of reports while upkeep runs.
    Maintenance(site::SiteArgs),
    /// Others' reports and pages while a few networks, and then many, flood the site, and then the form.
    Flood(site::SiteArgs),
    /// Memory of the whole site.
    Memory(site::SiteArgs),
    /// CPU and memory of a site that runs a thousand checks, and five thousand, every 20 seconds.
    Paced(site::SiteArgs),
    /// An hour of mixed traffic, and whether the site said the right things.
    Soak(soak::SoakArgs),
    /// All of them but `detect` and `soak`, one after the other.
    All(AllArgs),
}

/// Options of `all`.
#[derive(clap::Args)]
struct AllArgs {
    /// The release binary.
    #[arg(long, default_value = "target/release/allclear")]
    binary: std::path::PathBuf,
    /// Short: that it works, not how fast.
    #[arg(long)]
    quick: bool,
}

/// Median, least and most.
fn spread(values: &[f64]) -> (f64, f64, f64) {
    let mut v = values.to_vec();
    v.sort_by(f64::total_cmp);
    let at = |i: usize| v.get(i).copied().unwrap_or(f64::NAN);
    (at(v.len() / 2), at(0), at(v.len().saturating_sub(1)))
}

/// `median [least-most]` with a number of decimals.
fn show(values: &[f64], decimals: usize) -> String {
    let (m, lo, hi) = spread(values);
    format!("{m:.decimals$} [{lo:.decimals$}-{hi:.decimals$}]")
}

/// Runs a part with the options it has by default.
fn part(name: &str, args: &AllArgs) -> anyhow::Result<()> {
    let binary = args.binary.display().to_string();
    let mut line = vec!["allclear-bench", name];
    if !matches!(name, "tick" | "replay" | "engine" | "checks" | "official" | "kept") {
        line.extend(["--binary", &binary]);
    }
    if args.quick {
        match name {
            "engine" => line.extend(["--rounds", "1", "--seconds", "1"]),
            "start" => line.extend(["--rounds", "1"]),
            _ => line.push("--quick"),
        }
    } else if name == "paced" {
        // A round takes more than three minutes.
        line.extend(["--rounds", "3"]);
    }
    run(Args::try_parse_from(line)?.what)
}

fn main() -> anyhow::Result<()> {
    let what = Args::parse().what;
    let files = descriptors::raise()?;
    if files < descriptors::MOST {
        println!(
            "only {files} open files are allowed here (hard limit, `ulimit -Hn`): the live streams of `memory` need {}",
            descriptors::MOST
        );
    }
    run(what)
}

fn run(what: What) -> anyhow::Result<()> {
    use site::Which;
    match what {
        What::Detect(args) => detect::run(&args),
        What::Engine(args) => engine::run(&args),
        What::Start(args) => start::run(&args),
        What::Tick(args) => judge::tick(&args),
        What::Replay(args) => judge::replay(&args),
        What::Checks(args) => checks::run(&args),
        What::Official(args) => official::run(&args),
        What::Kept(args) => kept::run(&args),
        What::Pages(args) => site::run(Which::Pages, &args),
        What::Render(args) => site::run(Which::Render, &args),
        What::Ingest(args) => site::run(Which::Ingest, &args),
        What::Mixed(args) => site::run(Which::Mixed, &args),
        What::Maintenance(args) => site::run(Which::Maintenance, &args),
        What::Flood(args) => site::run(Which::Flood, &args),
        What::Memory(args) => site::run(Which::Memory, &args),
        What::Paced(args) => site::run(Which::Paced, &args),
        What::Soak(args) => soak::run(&args),
        What::All(args) => {
            let parts = [
                "tick",
                "replay",
                "engine",
                "start",
                "pages",
                "render",
                "ingest",
                "mixed",
                "maintenance",
                "flood",
                "memory",
                "paced",
                // Behind those that tell this process's memory.
                "checks",
                "official",
                "kept",
            ];
            let mut failed = Vec::new();
            for name in parts {
                // One part that cannot run (no nginx, say), or misses its goal, does not hide the others.
                if let Err(e) = part(name, &args) {
                    println!("{name} failed: {e:#}");
                    failed.push(name);
                }
            }
            anyhow::ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
            Ok(())
        }
    }
}
