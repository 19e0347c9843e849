//! Whether the archive of a stopped site says what its journal says.

use allclear_model::{Entry, Minute, Signal, Slug, TextState};
use allclear_ports::{Minutes, ReportRow, Rollup, Store};
use allclear_store::SqliteStore;
use std::collections::BTreeMap;
use std::path::Path;

/// What the journal says of one service: report lines, and counted reports and votes by minute.
#[derive(Default)]
struct Said {
    rows: Vec<ReportRow>,
    counts: BTreeMap<i64, (u64, u64)>,
}

/// Compares report lines and counts of every service, up to where the archive is projected; returns how far that is.
/// The journal must be whole and without changes by authors.
#[track_caller]
pub(crate) fn archive_follows(dir: &Path, entries: &[Entry]) -> u64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(dir).await.unwrap();
        let projected = store.projected().await.unwrap();
        assert!(projected <= entries.last().map_or(0, |e| e.seq), "the archive never knows more than the journal");
        let mut all: BTreeMap<Slug, Said> = BTreeMap::new();
        for e in entries.iter().take_while(|e| e.seq <= projected) {
            match &e.signal {
                Signal::ReportAccepted(r) => {
                    let said = all.entry(r.service.clone()).or_default();
                    said.counts.entry(e.at.minute().0).or_default().0 += u64::from(r.counted);
                    said.rows.push(ReportRow {
                        id: r.id,
                        seq: e.seq,
                        service: r.service.clone(),
                        symptom: r.symptom.clone(),
                        country: r.country,
                        at: e.at,
                        counted: r.counted,
                        withdrawn: false,
                        text: r.moderated.as_ref().map_or(TextState::None, |m| m.decision.into()),
                        reasons: r.moderated.as_ref().map(|m| m.reasons.clone()).unwrap_or_default(),
                        facts: r.facts.as_deref().cloned(),
                    });
                }
                Signal::Vote(v) => {
                    let said = all.entry(v.service.clone()).or_default();
                    said.counts.entry(e.at.minute().0).or_default().1 += u64::from(v.counted);
                }
                _ => {}
            }
        }
        for (slug, said) in all {
            let (mut rows, mut before) = (Vec::new(), None);
            loop {
                let page = store.reports(&slug, before, 500).await.unwrap();
                rows.extend(page.rows);
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            rows.reverse();
            assert!(rows == said.rows, "{slug}: {} rows, {} reports", rows.len(), said.rows.len());
            let span = Minutes { from: Minute(0), to: Minute(100_000_000) };
            for by in [Rollup::Minute, Rollup::Quarter, Rollup::Hour] {
                let mut wanted: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
                for (minute, (reports, votes)) in &said.counts {
                    let bin = wanted.entry(minute.div_euclid(by.minutes()) * by.minutes()).or_default();
                    *bin = (bin.0 + reports, bin.1 + votes);
                }
                wanted.retain(|_, bin| *bin != (0, 0));
                let bins = store.rollup(&slug, by, span).await.unwrap();
                let found = bins.iter().map(|b| (b.start.0, (b.reports, b.votes)));
                let found: BTreeMap<i64, (u64, u64)> = found.filter(|(_, bin)| *bin != (0, 0)).collect();
                assert_eq!(found, wanted, "{slug} by {by:?}");
            }
        }
        projected
    })
}
