//! What reading the largest payloads of official pages takes: time, and memory as a multiple of the payload's size.

mod made;
mod memory;
mod time;

use crate::goals::Goals;
use crate::show;
use allclear_model::Time;
use allclear_signals::official::detect;
use std::path::{Path, PathBuf};

/// Payloads that are looked at, the largest first.
const MOST: usize = 10;

/// Options of `official`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct OfficialArgs {
    /// Folder with payloads of official pages, at any depth; without it the benchmark makes two of several MB.
    #[arg(long)]
    fixtures: Option<PathBuf>,
    /// Rounds of each payload; medians are printed.
    #[arg(long, default_value_t = 21)]
    rounds: usize,
    /// One round: that it works, not how fast.
    #[arg(long)]
    quick: bool,
    /// Only tell what reading this file adds to this process, for the benchmark that started it.
    #[arg(long, hide = true)]
    memory_of: Option<PathBuf>,
}

/// Measures the payloads.
pub(crate) fn run(args: &OfficialArgs) -> anyhow::Result<()> {
    if let Some(file) = &args.memory_of {
        return memory::tell(file);
    }
    println!("\n## Official\n");
    let dir = tempfile::tempdir()?;
    let folder = args.fixtures.as_deref().unwrap_or(dir.path());
    if args.fixtures.is_none() {
        made::write(folder)?;
    }
    let rounds = if args.quick { 1 } else { args.rounds.max(1) };
    let mut files = files(folder)?;
    files.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    println!("| payload | bytes | read as | ms CPU: format unknown | format known | judged | memory / bytes |");
    println!("|---|---|---|---|---|---|---|");
    let (mut slowest, mut largest, mut read) = (0.0_f64, 0.0_f64, 0);
    for (file, _) in files {
        let payload = std::fs::read(&file)?;
        // What lies beside payloads, such as where they come from, is none.
        let Ok((format, _)) = detect(&payload) else { continue };
        let took = time::of(&payload, rounds)?;
        let memory = memory::of(&file)?;
        let name = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
        println!(
            "| {name} | {} | {} | {} | {} | {} | {:.1} |",
            payload.len(),
            format.name,
            show(&took.detect, 2),
            show(&took.parse, 2),
            show(&took.judge, 2),
            memory.times(),
        );
        slowest = slowest.max(took.whole());
        largest = largest.max(memory.times());
        read += 1;
        if read == MOST {
            break;
        }
    }
    anyhow::ensure!(read > 0, "{} has no payload that a format reads", folder.display());
    println!(
        "\nslowest, format unknown and judged: {slowest:.2} ms{}",
        if args.fixtures.is_some() { " (goal: at most 20)" } else { "" }
    );
    println!("most memory, the payload itself with it: {largest:.1} times its bytes (goal: at most 6)");
    let mut goals = Goals::new(args.quick);
    // The two that are made are larger than any page that we know of.
    if args.fixtures.is_some() {
        goals.at_most("ms of the slowest", &[slowest], 20.0);
    }
    goals.at_most("memory, in sizes of the payload", &[largest], 6.0);
    goals.met()
}

/// All files below a folder, with their sizes.
fn files(folder: &Path) -> anyhow::Result<Vec<(PathBuf, u64)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push((entry.path(), entry.metadata()?.len()));
            }
        }
    }
    Ok(found)
}

/// When payloads are judged: only ages depend on it.
fn now() -> anyhow::Result<Time> {
    Ok(Time::parse(made::NOW)?)
}
