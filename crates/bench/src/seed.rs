//! A data folder with a past: reports evenly over a stretch of time, with archive and snapshots as an engine leaves them.

use crate::engine::house::{Running, RunningClock};
use allclear_engine::intake::NewReport;
use allclear_model::signal::ReportAccepted;
use allclear_model::{Catalogue, Entry, NetworkHash, ReportId, Signal, Slug, SourceHash, SymptomId, Time};
use allclear_ports::Journal;
use allclear_store::SqliteJournal;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// Entries of one append.
const BATCH: usize = 4096;

/// What a folder has seen.
pub(crate) struct Past {
    /// The first report.
    pub(crate) begin: Time,
    /// Length of the stretch, milliseconds.
    pub(crate) ms: i64,
    /// How many reports, over all services in turn.
    pub(crate) reports: i64,
    /// Whether sources are still in the journal.
    pub(crate) sources: bool,
}

/// The system's clock.
pub(crate) fn now() -> anyhow::Result<Time> {
    Ok(Time(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?))
}

/// Writes the folder `data`; the engine that projects it and leaves two snapshots lives at the end of the stretch.
pub(crate) async fn write(data: &Path, catalogue: Catalogue, past: &Past) -> anyhow::Result<()> {
    let slugs: Vec<Slug> = catalogue.services.keys().cloned().collect();
    let catalogue = Arc::new(catalogue);
    let journal = SqliteJournal::open(data).await?;
    let mut batch =
        vec![Entry { seq: 1, at: past.begin, signal: Signal::CatalogueChanged { catalogue: catalogue.clone() } }];
    for n in 0..past.reports {
        let at = past.begin.plus_ms(past.ms / past.reports * n);
        let mut random = [0; 10];
        random[..8].copy_from_slice(&n.to_le_bytes());
        let number = n.unsigned_abs();
        let signal = Signal::ReportAccepted(ReportAccepted {
            id: ReportId::new(at, random),
            // A step that shares no factor with usual numbers, so that services do not report in turn.
            service: slugs[usize::try_from(n * 7919)? % slugs.len()].clone(),
            symptom: SymptomId::other(),
            country: None,
            counted: true,
            source: past.sources.then(|| SourceHash(number.into())),
            network: past.sources.then_some(NetworkHash(number)),
            network_before: None,
            key: None,
            weight: allclear_model::signal::WHOLE,
            facts: None,
            moderated: None,
            text: None,
        });
        batch.push(Entry { seq: number + 2, at, signal });
        if batch.len() == BATCH {
            journal.append(&batch).await?;
            batch.clear();
        }
    }
    journal.append(&batch).await?;
    drop(journal);
    let clock = RunningClock::at(past.begin.plus_ms(past.ms));
    let running = Running::start(data, Arc::unwrap_or_clone(catalogue), clock).await?;
    while running.handles.admin.status().projected < running.handles.admin.status().seq {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    running.handles.admin.snapshot().await?;
    // One more entry, so that the snapshot of the stop is another one.
    let intake = &running.handles.intake;
    let report = NewReport::of(slugs[0].clone(), SymptomId::other());
    intake.report(report, intake.origin(IpAddr::V4(Ipv4Addr::LOCALHOST))).await?;
    running.stop().await;
    Ok(())
}
