//! Backups taken while the site works, and the check before one is put back.

use allclear_ports::{Journal, PortError, Store};
use allclear_store::{SqliteJournal, SqliteStore, backup, snapshots, verify_backup};
use allclear_testkit::conformance::sample::{START, entries, report_id, reported, slug};
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// Appends and projects until `stop`; returns the last sequence number.
async fn load(j: &SqliteJournal, s: &SqliteStore, stop: &AtomicBool) -> u64 {
    let mut last = j.last().await.unwrap().map_or(0, |(seq, _)| seq);
    while !stop.load(Ordering::Relaxed) {
        let batch = entries(last, START, 0, (last..last + 50).map(|n| reported(n, "aws")));
        j.append(&batch).await.unwrap();
        s.project(batch.clone()).await.unwrap();
        last += 50;
        if last % 1000 == 0 {
            j.checkpoint().await.unwrap();
            s.checkpoint().await.unwrap();
        }
    }
    last
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_whole_and_a_site_goes_on_from_it() {
    let (dir, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (j, s) = (SqliteJournal::open(dir.path()).await.unwrap(), SqliteStore::open(dir.path()).await.unwrap());
    load(&j, &s, &AtomicBool::new(true)).await;
    let stop = AtomicBool::new(false);
    let (_, copies) = tokio::join!(load(&j, &s, &stop), async {
        let mut copies = Vec::new();
        for n in 0..3 {
            // There is something new in each.
            let from = j.last().await.unwrap().map_or(0, |(seq, _)| seq);
            while j.last().await.unwrap().map_or(0, |(seq, _)| seq) < from + 2000 {
                tokio::task::yield_now().await;
            }
            let to = to.path().join(format!("copy-{n}"));
            let at_least = j.last().await.unwrap().map_or(0, |(seq, _)| seq);
            snapshots::write(dir.path(), at_least, b"a board").unwrap();
            backup(dir.path(), &j, &s, &to).await.unwrap();
            copies.push((to, at_least));
        }
        stop.store(true, Ordering::Relaxed);
        copies
    });
    let original = j.read(0, usize::MAX).await.unwrap();
    for (n, (copy, at_least)) in copies.iter().enumerate() {
        let report = verify_backup(copy).unwrap();
        assert!(report.last >= *at_least, "{report:?}");
        assert!(report.projected <= report.last, "{report:?}");
        assert_eq!(report.snapshots.len(), (n + 1).min(snapshots::KEPT));
        assert_eq!(report.snapshots[0], *at_least);
        let restored = SqliteJournal::open(copy).await.unwrap();
        let entries = restored.read(0, usize::MAX).await.unwrap();
        let length = usize::try_from(report.last).unwrap();
        assert_eq!(entries, &original[..length], "equal up to its end");
        let archive = SqliteStore::open(copy).await.unwrap();
        let projected = archive.projected().await.unwrap();
        assert_eq!(projected, report.projected);
        archive.project(entries).await.unwrap();
        assert_eq!(archive.projected().await.unwrap(), report.last);
        let (last, stop) = (report.last, AtomicBool::new(true));
        assert_eq!(load(&restored, &archive, &stop).await, last);
        assert!(archive.report(report_id(last - 1)).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_backup_is_never_written_over_another() {
    let (dir, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (j, s) = (SqliteJournal::open(dir.path()).await.unwrap(), SqliteStore::open(dir.path()).await.unwrap());
    backup(dir.path(), &j, &s, to.path()).await.unwrap();
    let report = verify_backup(to.path()).unwrap();
    assert_eq!((report.first, report.last, report.projected, report.at), (0, 0, 0, None));
    let error = backup(dir.path(), &j, &s, to.path()).await.unwrap_err();
    assert!(matches!(&error, PortError::Unusable { .. }) && error.to_string().contains("is there already"), "{error}");
}

#[tokio::test]
async fn what_is_not_a_whole_backup_is_named() {
    let (dir, all) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (j, s) = (SqliteJournal::open(dir.path()).await.unwrap(), SqliteStore::open(dir.path()).await.unwrap());
    let written = entries(0, START, 1, (0..300).map(|n| reported(n, "aws")));
    j.append(&written[..200]).await.unwrap();
    s.project(written[..200].to_vec()).await.unwrap();
    let old = all.path().join("old");
    backup(dir.path(), &j, &s, &old).await.unwrap();
    j.append(&written[200..]).await.unwrap();
    s.project(written.clone()).await.unwrap();
    let good = all.path().join("good");
    backup(dir.path(), &j, &s, &good).await.unwrap();
    verify_backup(&good).unwrap();

    let words = |why: &str| {
        let error = verify_backup(&good).expect_err(why);
        assert!(matches!(error, PortError::Unusable { .. }), "{why}: {error}");
        error.to_string()
    };
    let (journal, archive) = (good.join("journal.db"), good.join("archive.db"));
    let (bytes, aside) = (std::fs::read(&journal).unwrap(), all.path().join("aside"));

    std::fs::rename(&archive, &aside).unwrap();
    assert!(words("no archive").contains("is missing"));
    std::fs::rename(&aside, &archive).unwrap();

    std::fs::copy(old.join("journal.db"), &journal).unwrap();
    assert!(words("files of two backups").contains("not of one backup"));

    std::fs::write(&journal, &bytes[..bytes.len() - 4096]).unwrap();
    words("cut short");
    let mut flipped = bytes.clone();
    let middle = bytes.windows(8).position(|w| w == b"\"counted").unwrap();
    flipped[middle + 3] ^= 4;
    std::fs::write(&journal, &flipped).unwrap();
    assert!(words("a flipped bit").contains("checksum"));

    std::fs::write(&journal, &bytes).unwrap();
    Connection::open(&journal).unwrap().execute("DELETE FROM entry WHERE seq = 77", []).unwrap();
    assert!(words("a hole").contains("no entries between 76 and 78"));

    std::fs::write(&journal, &bytes).unwrap();
    Connection::open(&journal).unwrap().execute("DELETE FROM entry WHERE seq < 100", []).unwrap();
    assert!(words("nothing leads up to its beginning").contains("begins at entry 100"));
    snapshots::write(&good, 99, b"a board").unwrap();
    verify_backup(&good).unwrap();
    assert_eq!(s.reports(&slug("aws"), None, 1).await.unwrap().rows.len(), 1, "the site never noticed");
}

fn holds(file: &Path, bytes: &[u8]) -> bool {
    std::fs::read(file).unwrap().windows(bytes.len()).any(|w| w == bytes)
}

#[tokio::test]
async fn what_was_blanked_or_pruned_is_in_no_file_any_more() {
    let (dir, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (file, log) = (dir.path().join("journal.db"), dir.path().join("journal.db-wal"));
    let j = SqliteJournal::open(dir.path()).await.unwrap();
    // What the first checkpoint after a start does says nothing of the later ones.
    j.checkpoint().await.unwrap();
    j.append(&entries(0, START, 1, (0..300).map(|n| reported(n, "aws")))).await.unwrap();
    let hash = (200u128 << 64 | 7).to_be_bytes();
    let id = report_id(20).to_string().into_bytes();
    assert!(holds(&log, &hash) && holds(&log, &id), "the search finds what is there");
    while !j.blank_sources(START.plus_s(3600), 64).await.unwrap().done {}
    j.checkpoint().await.unwrap();
    assert!(!holds(&file, &hash) && !holds(&log, &hash), "blanked, while the journal is open");
    assert!(holds(&file, &id), "not yet pruned");
    while j.prune(101, 64).await.unwrap() > 0 {}
    j.checkpoint().await.unwrap();
    assert!(!holds(&file, &id) && !holds(&log, &id), "pruned, while the journal is open");
    let copy = to.path().join("copy.db");
    j.backup_to(&copy).await.unwrap();
    drop(j);
    for file in [file, copy] {
        assert!(!holds(&file, &hash) && !holds(&file, &id), "{} still has it", file.display());
    }
}

#[tokio::test]
async fn what_was_blanked_leaves_the_log_as_soon_as_nobody_reads_it_also_after_a_crash() {
    let (dir, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let log = dir.path().join("journal.db-wal");
    let hash = (200u128 << 64 | 7).to_be_bytes();
    let j = SqliteJournal::open(dir.path()).await.unwrap();
    j.append(&entries(0, START, 1, (0..300).map(|n| reported(n, "aws")))).await.unwrap();
    let reader = Connection::open(dir.path().join("journal.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM entry").unwrap();
    assert!(j.blank_sources(START.plus_s(3600), 1000).await.unwrap().done);
    // The files as a power cut now would leave them.
    for name in ["journal.db", "journal.db-wal"] {
        std::fs::copy(dir.path().join(name), to.path().join(name)).unwrap();
    }
    let at_once = tokio::time::timeout(Duration::from_secs(3), j.checkpoint()).await;
    at_once.expect("it does not wait for the reader, because reports would wait with it").unwrap();
    assert!(holds(&log, &hash), "the reader still looks at it");
    j.append(&entries(300, START.plus_s(400), 1, [reported(300, "aws")])).await.unwrap();
    reader.execute_batch("COMMIT").unwrap();
    j.checkpoint().await.unwrap();
    assert!(!holds(&log, &hash), "tried again");
    assert_eq!(j.read(0, usize::MAX).await.unwrap().len(), 301);

    let after = SqliteJournal::open(to.path()).await.unwrap();
    assert!(holds(&to.path().join("journal.db-wal"), &hash), "the search finds what is there");
    assert_eq!(after.blank_sources(START.plus_s(3600), 1000).await.unwrap().rows, 0);
    after.checkpoint().await.unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        assert!(!holds(&to.path().join(name), &hash), "{name}");
    }
    assert_eq!(after.read(0, usize::MAX).await.unwrap().len(), 300);
}
