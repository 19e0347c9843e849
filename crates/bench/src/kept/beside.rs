//! Who waits while three hours of results are packed and the oldest day is removed.

use super::made::{ENTRIES_OF_A_DAY, Made, journalled};
use super::{CHUNK, JOURNAL_DAYS, KeptArgs, PACKED, REMOVED};
use allclear_model::kept::{DAY_MS, LINES_DAYS};
use allclear_model::{Entry, Slug, Time};
use allclear_ports::{Journal, Span, Store};
use allclear_store::{SqliteJournal, SqliteStore};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Hours that nobody packed: three times what a site has when an hour is over.
const FRESH_HOURS: i64 = 3;

/// Between two steps of upkeep, and between two checkpoints, as in the engine.
const PAUSE: Duration = Duration::from_millis(20);
const CHECKPOINT: Duration = Duration::from_secs(5);

/// What somebody who does the same thing over and over waited for it, milliseconds.
type Waits = Vec<f64>;

/// The files, and who uses them.
struct Site {
    journal: SqliteJournal,
    store: SqliteStore,
    /// The last entry before the journal begins.
    before: u64,
    service: Slug,
    over: AtomicBool,
}

impl Site {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::Relaxed)
    }

    /// Appends an entry and projects it, every fifth of a second, as a site does.
    async fn write(&self, made: &mut Made) -> anyhow::Result<(Waits, Waits)> {
        let (mut appends, mut projections) = (Vec::new(), Vec::new());
        while self.goes_on() {
            let entry = [made.entry()];
            let journalled = journalled(&entry, self.before);
            appends.push(timed(self.journal.append(&journalled)).await?);
            projections.push(timed(self.store.project(entry.to_vec())).await?);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok((appends, projections))
    }

    /// Reads a page of an hour of long ago, and one of now, in turn.
    async fn read(&self, now: Time) -> anyhow::Result<Waits> {
        let mut waits = Vec::new();
        for n in 0_i64.. {
            if !self.goes_on() {
                break;
            }
            let to = if n % 2 == 0 { Time::MAX } else { now.plus_ms(-DAY_MS * (n % 60 + 2)) };
            let span = Span { from: Time(0), to };
            waits.push(timed(self.store.checks(&self.service, span, None, 100)).await?);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(waits)
    }

    /// A pass of upkeep: removes the entries before `young` from the journal, packs all that waits, and removes what has
    /// passed its time.
    async fn upkeep(&self, now: Time, young: u64) -> anyhow::Result<([u64; 3], [f64; 3])> {
        let (mut pruned, mut steps, mut removed, mut checkpoint) = (0, 0, 0, Instant::now());
        let (mut prunes, mut packs, mut retains) = (true, true, true);
        let mut longest = [0.0_f64; 3];
        while prunes || packs || retains {
            let step = Instant::now();
            let kind = if prunes { 0 } else { 1 + usize::from(!packs) };
            if prunes {
                let n = self.journal.prune(young, REMOVED as usize).await?;
                prunes = n > 0;
                pruned += n;
            } else if packs {
                packs = self.store.pack(now, PACKED).await?;
                steps += u64::from(packs);
            } else {
                let n = self.store.retain(now, REMOVED).await?;
                retains = n > 0;
                removed += n;
            }
            longest[kind] = longest[kind].max(step.elapsed().as_secs_f64() * 1000.0);
            tokio::time::sleep(PAUSE).await;
            if checkpoint.elapsed() > CHECKPOINT {
                self.journal.checkpoint().await?;
                self.store.checkpoint().await?;
                checkpoint = Instant::now();
            }
        }
        self.journal.checkpoint().await?;
        self.store.checkpoint().await?;
        Ok(([pruned, steps, removed], longest))
    }
}

async fn timed<T>(what: impl Future<Output = Result<T, allclear_ports::PortError>>) -> anyhow::Result<f64> {
    let began = Instant::now();
    what.await?;
    Ok(began.elapsed().as_secs_f64() * 1000.0)
}

/// The same writing and reading twice: beside upkeep that has hours to pack and a whole day to remove, and for as long beside
/// none.
pub(super) async fn measure(
    journal: SqliteJournal,
    store: SqliteStore,
    mut made: Made,
    before: u64,
    args: &KeptArgs,
) -> anyhow::Result<f64> {
    // The day that passes its time is the first one, on a folder of fewer days as well.
    let first_day_over = made.now().plus_ms((LINES_DAYS - args.days.min(LINES_DAYS) + 1) * DAY_MS);
    let fresh = made.now().plus_ms(FRESH_HOURS * 3_600_000);
    let mut seq = store.projected().await?;
    while made.now() < fresh {
        let chunk: Vec<Entry> = std::iter::repeat_with(|| made.entry()).take(CHUNK).collect();
        seq += chunk.len() as u64;
        journal.append(&journalled(&chunk, before)).await?;
        store.project(chunk).await?;
    }
    journal.checkpoint().await?;
    store.checkpoint().await?;
    anyhow::ensure!(store.projected().await? == seq, "not everything was projected");
    let packed_to = made.now();
    let days = (args.days.min(JOURNAL_DAYS) * ENTRIES_OF_A_DAY).unsigned_abs();
    // A whole day of the journal, or as much of it as there is.
    let young = seq.saturating_sub(before).saturating_sub(days).max(ENTRIES_OF_A_DAY.unsigned_abs());
    let site = Arc::new(Site { journal, before, store, service: made.slug(7), over: AtomicBool::new(false) });
    println!("| beside | append to the journal, ms: p99, longest | projection | reading a page |");
    println!("|---|---|---|---|");
    let mut longest = 0.0_f64;
    let mut took = Duration::ZERO;
    for busy in [true, false] {
        site.over.store(false, Ordering::Relaxed);
        let upkeep = async {
            let began = Instant::now();
            let done = if busy {
                site.upkeep(first_day_over, young).await
            } else {
                tokio::time::sleep(took).await;
                Ok(([0; 3], [0.0; 3]))
            };
            took = began.elapsed();
            site.over.store(true, Ordering::Relaxed);
            done
        };
        let (done, written, read) = tokio::join!(upkeep, site.write(&mut made), site.read(packed_to));
        let (([pruned, steps, removed], step), (appends, projections), reads) = (done?, written?, read?);
        let what = if busy {
            format!(
                "{pruned} entries pruned, {steps} steps of packing, {removed} hours removed, in {:.1} s; longest step of each, ms: {step:.1?}",
                took.as_secs_f64()
            )
        } else {
            "nothing, for as long".to_owned()
        };
        println!("| {what} | {} | {} | {} |", tail(&appends), tail(&projections), tail(&reads));
        if busy {
            longest = [&appends, &projections, &reads].into_iter().flatten().copied().fold(0.0, f64::max);
        }
    }
    println!("\nlongest wait beside upkeep: {longest:.1} ms (goal: at most 50)");
    Ok(longest)
}

/// The ninety-ninth of a hundred waits, and the longest.
fn tail(waits: &Waits) -> String {
    let mut sorted = waits.clone();
    sorted.sort_by(f64::total_cmp);
    let at = |i: usize| sorted.get(i).copied().unwrap_or(f64::NAN);
    format!("{:.1}, {:.1} of {}", at(sorted.len() * 99 / 100), at(sorted.len().saturating_sub(1)), sorted.len())
}
