//! No space left: refused whole, reading goes on, writing goes on by itself once there is space again.

use allclear_model::Entry;
use allclear_ports::{Journal, PortError, Projection, Store};
use allclear_store::{SqliteJournal, SqliteStore, snapshots};
use allclear_testkit::conformance::sample::{START, entries, reported, slug};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

fn batch(last: u64, count: u64) -> Vec<Entry> {
    entries(last, START, 0, (last..last + count).map(|n| reported(n, "aws")))
}

/// Appends until it is refused; returns what is in and the batch that was not taken.
async fn fill(j: &SqliteJournal) -> (Vec<Entry>, Vec<Entry>) {
    let mut kept: Vec<Entry> = Vec::new();
    for _ in 0..10_000 {
        let next = batch(kept.last().map_or(0, |e| e.seq), 64);
        match j.append(&next).await {
            Ok(()) => kept.extend(next),
            Err(e) => {
                assert!(matches!(e, PortError::Full { .. }), "{e}");
                assert!(e.to_string().starts_with("no space left to append to the journal"), "{e}");
                return (kept, next);
            }
        }
    }
    panic!("the disk never got full");
}

async fn all(j: &SqliteJournal) -> Vec<Entry> {
    j.read(0, usize::MAX).await.unwrap()
}

#[tokio::test]
async fn a_full_file_refuses_whole_batches_and_goes_on_when_there_is_space() {
    let dir = TempDir::new().unwrap();
    let j = SqliteJournal::open(dir.path()).await.unwrap();
    j.limit_pages(40).await.unwrap();
    let (kept, refused) = fill(&j).await;
    assert!(!kept.is_empty());
    assert_eq!(all(&j).await, kept, "nothing of the refused batch is in");
    assert!(matches!(j.append(&refused).await, Err(PortError::Full { .. })), "still full");
    j.checkpoint().await.unwrap();
    j.limit_pages(0).await.unwrap();
    j.append(&refused).await.unwrap();
    assert_eq!(all(&j).await, [kept, refused].concat());
}

#[tokio::test]
async fn a_full_archive_projects_nothing_of_a_batch_and_catches_up_later() {
    let dir = TempDir::new().unwrap();
    let s = SqliteStore::open(dir.path()).await.unwrap();
    project(&s, &batch(0, 10)).await.unwrap();
    s.limit_pages(1).await.unwrap();
    let error = project(&s, &batch(10, 2000)).await.unwrap_err();
    assert!(matches!(error, PortError::Full { .. }), "{error}");
    assert_eq!(s.projected().await.unwrap(), 10);
    assert_eq!(s.reports(&slug("aws"), None, 5000).await.unwrap().rows.len(), 10);
    s.limit_pages(0).await.unwrap();
    project(&s, &batch(10, 2000)).await.unwrap();
    assert_eq!(s.reports(&slug("aws"), None, 5000).await.unwrap().rows.len(), 2010);
}

async fn project(s: &SqliteStore, entries: &[Entry]) -> Result<(), PortError> {
    s.project(Projection { entries }).await
}

/// A disk of one megabyte of its own, where the system lets us have one (as root on Linux).
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<SmallDisk> {
        let dir = TempDir::new().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs"]).arg(dir.path());
        let mounted = mount.output().is_ok_and(|o| o.status.success());
        mounted.then_some(SmallDisk(dir))
    }
    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a connection that closes a moment later must not keep the mount.
        drop(Command::new("umount").arg("-l").arg(self.0.path()).status());
    }
}

#[tokio::test]
async fn a_full_disk_refuses_whole_batches_and_goes_on_when_there_is_space() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: mounting a small disk needs root");
        return;
    };
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![1; 400_000]).unwrap();
    let j = SqliteJournal::open(disk.path()).await.unwrap();
    let (mut kept, mut refused) = fill(&j).await;
    assert_eq!(all(&j).await, kept, "nothing of the refused batch is in");
    let snapshot = snapshots::write(disk.path(), 1, &vec![7; 200_000]);
    assert!(matches!(snapshot, Err(PortError::Full { .. })), "{snapshot:?}");
    assert_eq!(snapshots::newest_first(disk.path()).unwrap(), []);
    let copy = j.backup_to(&disk.path().join("copy.db")).await;
    assert!(matches!(copy, Err(PortError::Full { .. })), "{copy:?}");
    for _ in 0..3 {
        std::fs::remove_file(&ballast).unwrap();
        j.append(&refused).await.unwrap();
        kept.append(&mut refused);
        assert_eq!(all(&j).await, kept);
        // Until nothing more fits.
        drop(std::fs::write(&ballast, vec![1; 2_000_000]));
        refused = batch(kept.last().unwrap().seq, 64);
        // Whether this one still fits or not, it is in whole or not at all.
        match j.append(&refused).await {
            Ok(()) => kept.append(&mut refused),
            Err(e) => assert!(matches!(e, PortError::Full { .. }), "{e}"),
        }
        refused = batch(kept.last().unwrap().seq, 64);
        assert_eq!(all(&j).await, kept);
    }
    drop(j);
    drop(std::fs::write(&ballast, vec![1; 2_000_000]));
    // A start without any space may fail, but never calls the file damaged.
    match SqliteJournal::open(disk.path()).await {
        Ok(j) => assert_eq!(all(&j).await, kept),
        Err(e) => assert!(matches!(e, PortError::Full { .. }), "{e}"),
    }
    std::fs::remove_file(&ballast).unwrap();
    let j = SqliteJournal::open(disk.path()).await.unwrap();
    assert_eq!(all(&j).await, kept, "and so it is after a restart");
}
