//! Durable reports: how many, and how late while upkeep runs.

use super::house::{Running, RunningClock, generated, load, runtime};
use super::{EngineArgs, median, quantile};
use crate::goals::Goals;
use allclear_engine::intake::NewReport;
use allclear_model::signal::ReportAccepted;
use allclear_model::{Entry, NetworkHash, ReportId, Signal, Slug, SourceHash, SymptomId, Time};
use allclear_ports::Journal;
use allclear_store::SqliteJournal;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio_util::task::TaskTracker;

/// Callers that wait at the same time.
const CALLERS: u32 = 64;

/// Reports of `CALLERS` callers, one after the other each, for some time; seconds that each took.
async fn drive(
    running: &Running,
    services: &[Slug],
    time: Duration,
    next: &Arc<AtomicU32>,
) -> anyhow::Result<Vec<f64>> {
    let tracker = TaskTracker::new();
    let until = Instant::now() + time;
    let tasks: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (intake, next, services) = (running.handles.intake.clone(), next.clone(), services.to_vec());
            tracker.spawn(async move {
                let mut took = Vec::new();
                while Instant::now() < until {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let origin = intake.origin(IpAddr::V4(Ipv4Addr::from(0x1000_0000 + n)));
                    let service = services[n as usize % services.len()].clone();
                    let new = NewReport::of(service, SymptomId::other());
                    let began = Instant::now();
                    intake.report(new, origin).await?;
                    took.push(began.elapsed().as_secs_f64());
                }
                anyhow::Ok(took)
            })
        })
        .collect();
    let mut all = Vec::new();
    for t in tasks {
        all.extend(t.await??);
    }
    Ok(all)
}

/// Groups of as many entries as there are callers, appended to a bare journal one after the other; entries per second.
async fn bare(dir: &std::path::Path, time: Duration) -> anyhow::Result<f64> {
    let journal = SqliteJournal::open(dir).await?;
    let service = Slug::parse("service-1")?;
    let (mut seq, began) = (0, Instant::now());
    while began.elapsed() < time {
        let group: Vec<Entry> = (0..u64::from(CALLERS))
            .map(|i| {
                let at = Time(1_772_000_000_000 + i64::try_from(seq + i).unwrap_or(0));
                let signal = Signal::ReportAccepted(ReportAccepted {
                    id: ReportId::new(at, [7; 10]),
                    service: service.clone(),
                    symptom: SymptomId::other(),
                    country: None,
                    counted: true,
                    source: Some(SourceHash(u128::from(seq + i))),
                    network: Some(NetworkHash(seq + i)),
                    network_before: None,
                    key: None,
                    weight: allclear_model::signal::WHOLE,
                    facts: None,
                    moderated: None,
                    text: None,
                });
                Entry { seq: seq + i + 1, at, signal }
            })
            .collect();
        journal.append(&group).await?;
        seq += u64::from(CALLERS);
    }
    Ok(seq as f64 / began.elapsed().as_secs_f64())
}

/// Prints reports per second beside bare group commits.
pub(super) fn throughput(args: &EngineArgs, goals: &mut Goals) -> anyhow::Result<()> {
    let time = Duration::from_secs(args.seconds);
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let rt = runtime()?;
    for _ in 0..args.rounds.max(1) {
        let dir = tempfile::tempdir_in(&args.dir)?;
        let base = rt.block_on(bare(dir.path(), time))?;
        let dir = tempfile::tempdir_in(&args.dir)?;
        let rate = rt.block_on(async {
            let running = Running::start(dir.path(), load(&[generated(args.services)])?, RunningClock::new()?).await?;
            let services: Vec<Slug> =
                running.handles.site.whole().catalogue.services.keys().take(20).cloned().collect();
            let began = Instant::now();
            let n = drive(&running, &services, time, &Arc::default()).await?.len();
            let rate = n as f64 / began.elapsed().as_secs_f64();
            running.stop().await;
            anyhow::Ok(rate)
        })?;
        ours.push(rate);
        theirs.push(base);
        ratios.push(rate / base);
    }
    println!(
        "durable reports, {CALLERS} callers: {:.0}/s; bare group commits of {CALLERS}: {:.0}/s; ratio {:.2} (HTTP included: at least 0.25)",
        median(&mut ours),
        median(&mut theirs),
        median(&mut ratios)
    );
    goals.at_least("durable reports beside bare group commits", &ratios, 0.25);
    Ok(())
}

/// Prints the latency of reports without and with upkeep.
pub(super) fn upkeep(args: &EngineArgs, goals: &mut Goals) -> anyhow::Result<()> {
    let time = Duration::from_secs(args.seconds);
    let rt = runtime()?;
    let dir = tempfile::tempdir_in(&args.dir)?;
    rt.block_on(async {
        let running = Running::start(dir.path(), load(&[generated(args.services)])?, RunningClock::new()?).await?;
        let services: Vec<Slug> = running.handles.site.whole().catalogue.services.keys().cloned().collect();
        let next = Arc::new(AtomicU32::new(0));
        let (mut quiet, mut busy, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..args.rounds.max(1) {
            // Entries, rollups and sources that three days later have passed their time.
            drive(&running, &services, time, &next).await?;
            running.handles.admin.snapshot().await?;
            running.clock.advance_ms(3 * 86_400_000);
            for _ in 0..2 {
                running.handles.admin.catch_up().await?;
                running.handles.admin.snapshot().await?;
            }
            while running.handles.admin.projected().await.is_err() {}
            let without = quantile(&mut drive(&running, &services, time, &next).await?, 0.99);
            let done = Arc::new(AtomicBool::new(false));
            let tracker = TaskTracker::new();
            let (admin, flag) = (running.handles.admin.clone(), done.clone());
            let passes = tracker.spawn(async move {
                let mut passes = 0;
                while !flag.load(Ordering::Relaxed) {
                    admin.maintain().await?;
                    passes += 1;
                }
                anyhow::Ok(passes)
            });
            let with = quantile(&mut drive(&running, &services, time, &next).await?, 0.99);
            done.store(true, Ordering::Relaxed);
            anyhow::ensure!(passes.await?? > 0, "no pass of upkeep ended");
            quiet.push(without * 1000.0);
            busy.push(with * 1000.0);
            ratios.push(with / without);
        }
        println!(
            "p99 of a report, {CALLERS} callers: {:.1} ms; while upkeep runs: {:.1} ms; ratio {:.2} (at most 3)",
            median(&mut quiet),
            median(&mut busy),
            median(&mut ratios)
        );
        goals.at_most("p99 of a report while upkeep runs beside that without", &ratios, 3.0);
        running.stop().await;
        Ok(())
    })
}
