//! Single results of checks for 90 days: how much disk they take, how fast they are read, and whom packing and retention delay.

mod beside;
mod made;

use crate::engine::house::runtime;
use crate::goals::Goals;
use allclear_model::kept::{DAY_MS, LINES_DAYS};
use allclear_model::{Slug, Time};
use allclear_ports::{Journal, Span, Store};
use allclear_store::{SqliteJournal, SqliteStore};
use made::Made;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Days of the journal.
const JOURNAL_DAYS: i64 = 7;

/// Entries of one projection and of one append, as the engine takes them when it catches up.
const CHUNK: usize = 2000;

/// Rows of one step of packing and of retention, as upkeep takes them.
const PACKED: u32 = 250;
const REMOVED: u32 = 500;

/// Options of `kept`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct KeptArgs {
    /// Days that are filled.
    #[arg(long, default_value_t = LINES_DAYS)]
    days: i64,
    /// Checks.
    #[arg(long, default_value_t = 1000)]
    checks: u32,
    /// Seconds between two runs of a check.
    #[arg(long, default_value_t = 60)]
    every_s: u32,
    /// The disk to be measured.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Two days of a hundred checks: that it works, not how fast.
    #[arg(long)]
    quick: bool,
}

/// Fills a folder and measures it.
pub(crate) fn run(args: &KeptArgs) -> anyhow::Result<()> {
    let mut args = args.clone();
    if args.quick {
        (args.days, args.checks) = (2, 100);
    }
    anyhow::ensure!(args.days > 0 && args.checks > 0 && args.every_s > 0, "nothing to fill");
    println!("\n## Results of checks, kept\n");
    let dir = match &args.dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    runtime()?.block_on(fill_and_measure(&args, dir.path()))
}

async fn fill_and_measure(args: &KeptArgs, dir: &Path) -> anyhow::Result<()> {
    let (journal, store) = (SqliteJournal::open(dir).await?, SqliteStore::open(dir).await?);
    let begin = Time(1_772_409_600_000);
    let mut made = Made::new(args.checks, args.every_s, begin)?;
    let end = begin.plus_ms(args.days * DAY_MS);
    let journal_from = end.plus_ms(-JOURNAL_DAYS * DAY_MS);
    let began = Instant::now();
    let (mut results, mut in_journal, mut before) = (0_u64, 0_u64, None);
    let (mut in_json, mut checkpoint) = (0_u64, Instant::now());
    while made.now() < end {
        let chunk: Vec<_> = std::iter::repeat_with(|| made.entry()).take(CHUNK).collect();
        let n: u64 = chunk.iter().map(made::results).sum();
        results += n;
        if made.now() > journal_from {
            let first = chunk.first().map_or(1, |e| e.seq);
            journal.append(&made::journalled(&chunk, *before.get_or_insert(first - 1))).await?;
            in_journal += n;
            in_json +=
                chunk.iter().filter_map(|e| serde_json::to_string(&e.signal).ok()).map(|s| s.len() as u64).sum::<u64>();
        }
        store.project(chunk).await?;
        while store.pack(made.now(), PACKED).await? {}
        if checkpoint.elapsed() > Duration::from_secs(1) {
            journal.checkpoint().await?;
            store.checkpoint().await?;
            checkpoint = Instant::now();
        }
    }
    let filled = began.elapsed();
    journal.checkpoint().await?;
    store.checkpoint().await?;
    let (archive, log) = (size(&dir.join("archive.db"))?, size(&dir.join("journal.db"))?);
    let whole = folder(dir)?;
    let each = |bytes: u64, n: u64| bytes as f64 / n.max(1) as f64;
    println!(
        "{} days of {} checks each {} s: {results} results, filled in {:.0} s",
        args.days,
        args.checks,
        args.every_s,
        filled.as_secs_f64()
    );
    println!("archive: {:.3} GB, {:.2} bytes for each result", gb(archive), each(archive, results));
    println!(
        "journal of {} days: {:.3} GB, {:.1} bytes for each of {in_journal} results, of which JSON would take {:.1}",
        args.days.min(JOURNAL_DAYS),
        gb(log),
        each(log, in_journal),
        each(in_json, in_journal)
    );
    println!("folder, logs of both files with it: {:.3} GB (goal: at most 1.5)", gb(whole));
    let mut goals = Goals::new(args.quick);
    goals.at_most("GB of the folder", &[gb(whole)], 1.5);
    read(&store, &made.slug(42), made.now()).await?;
    let longest = beside::measure(journal, store, made, before.unwrap_or(0), args).await?;
    goals.at_most("ms of the longest wait beside upkeep", &[longest], 50.0);
    goals.met()
}

/// The last day of one service, in the largest pages.
async fn read(store: &SqliteStore, service: &Slug, now: Time) -> anyhow::Result<()> {
    let mut times = Vec::new();
    let mut rows = 0;
    for _ in 0..11 {
        let (began, mut span) = (Instant::now(), Span { from: now.plus_ms(-DAY_MS), to: Time::MAX });
        rows = 0;
        loop {
            let page = store.checks(service, span, None, 500).await?;
            rows += page.rows.len();
            match page.next {
                Some(next) => span.to = next,
                None => break,
            }
        }
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    println!("reading one service's last day: {rows} results, ms {}", crate::show(&times, 2));
    Ok(())
}

fn gb(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}

fn size(file: &Path) -> std::io::Result<u64> {
    std::fs::metadata(file).map(|m| m.len())
}

fn folder(dir: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(dir)? {
        sum += entry?.metadata()?.len();
    }
    Ok(sum)
}
