//! Space: the log takes a bounded part of it; with none left, writing is refused whole, reading goes on, and writing goes on
//! by itself once there is space again.

use allclear_model::{Entry, Signal, Verdict};
use allclear_ports::{Journal, PortError, Store};
use allclear_store::{SqliteJournal, SqliteStore, snapshots};
use allclear_testkit::conformance::sample::{START, entries, reported, slug};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

fn batch(last: u64, count: u64) -> Vec<Entry> {
    entries(last, START, 0, (last..last + count).map(|n| reported(n, "aws")))
}

/// Appends until it is refused; returns the batch that was not taken.
async fn fill(j: &SqliteJournal, kept: &mut Vec<Entry>) -> Vec<Entry> {
    for _ in 0..10_000 {
        let next = batch(kept.last().map_or(0, |e| e.seq), 64);
        match j.append(&next).await {
            Ok(()) => kept.extend(next),
            Err(e) => {
                assert!(matches!(e, PortError::Full { .. }), "{e}");
                assert!(e.to_string().starts_with("no space left to append to the journal"), "{e}");
                return next;
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
    let mut kept = Vec::new();
    let refused = fill(&j, &mut kept).await;
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
    s.project(entries.to_vec()).await
}

/// What can be full and have room again.
trait Disk {
    /// Nothing more fits.
    fn fill(&self);
    /// As much fits as ever.
    fn free(&self);
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

impl Disk for SmallDisk {
    fn fill(&self) {
        let mut file = std::fs::File::create(self.path().join("ballast")).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.path().join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a connection that closes a moment later must not keep the mount.
        drop(Command::new("umount").arg("-l").arg(self.0.path()).status());
    }
}

/// This process's limit on the size of its files, which anybody may set. The system answers a write past it with an error
/// only where SIGXFSZ is ignored.
struct OwnLimit;

impl OwnLimit {
    fn set(soft: &str) {
        let args = [format!("--pid={}", std::process::id()), format!("--fsize={soft}:")];
        assert!(Command::new("prlimit").args(args).status().expect("prlimit of util-linux").success());
    }
}

impl Disk for OwnLimit {
    fn fill(&self) {
        OwnLimit::set("1");
    }

    fn free(&self) {
        OwnLimit::set("unlimited");
    }
}

async fn refuses_whole_batches_and_goes_on(dir: &Path, disk: &dyn Disk) {
    let full = |r: &Result<(), PortError>| matches!(r, Err(PortError::Full { .. }));
    let j = SqliteJournal::open(dir).await.unwrap();
    let mut kept = batch(0, 64);
    j.append(&kept).await.unwrap();
    for round in 0..3 {
        disk.fill();
        // The log may still have some room of its own.
        let refused = fill(&j, &mut kept).await;
        assert_eq!(all(&j).await, kept, "nothing of the refused batch is in");
        let snapshot = snapshots::write(dir, 1, &vec![7; 200_000]);
        assert!(full(&snapshot), "{snapshot:?}");
        assert_eq!(snapshots::newest_first(dir).unwrap(), []);
        let copy = j.backup_to(&dir.join("copy.db")).await;
        assert!(full(&copy), "{copy:?}");
        disk.free();
        j.append(&refused).await.unwrap();
        kept.extend(refused);
        assert_eq!(all(&j).await, kept, "round {round}");
        j.checkpoint().await.unwrap();
    }
    disk.fill();
    drop(j);
    // A start without any space may fail, but never calls the file damaged.
    match SqliteJournal::open(dir).await {
        Ok(j) => assert_eq!(all(&j).await, kept),
        Err(e) => assert!(matches!(e, PortError::Full { .. }), "{e}"),
    }
    disk.free();
    let j = SqliteJournal::open(dir).await.unwrap();
    assert_eq!(all(&j).await, kept, "and so it is after a restart");
}

#[tokio::test]
async fn a_full_disk_refuses_whole_batches_and_goes_on_when_there_is_space() {
    match SmallDisk::mount() {
        Some(disk) => refuses_whole_batches_and_goes_on(disk.path(), &disk).await,
        None => under_a_limit(),
    }
}

/// Names the folder that the process of [`under_a_limit`] fills.
const LIMITED: &str = "ALLCLEAR_TEST_LIMITED_FOLDER";

#[tokio::test]
async fn a_limit_on_the_size_of_files_is_met_as_a_full_disk_is() {
    match std::env::var_os(LIMITED) {
        Some(dir) => refuses_whole_batches_and_goes_on(Path::new(&dir), &OwnLimit).await,
        None => under_a_limit(),
    }
}

/// Runs the test above in a process of its own, in which going past the limit is an error and not the end.
fn under_a_limit() {
    let mut child = Command::new("sh");
    child.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]).arg(std::env::current_exe().unwrap());
    child.args(["--exact", "full::a_limit_on_the_size_of_files_is_met_as_a_full_disk_is", "--nocapture"]);
    let dir = TempDir::new().unwrap();
    let out = child.env(LIMITED, dir.path()).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&out.stderr));
    assert!(dir.path().join("journal.db").exists(), "it was that process that filled the folder");
}

/// From here on a checkpoint lets the log start again; see the journal's own words.
const RESTARTED: u64 = 16 << 20;
/// And here a commit does, when nobody calls for checkpoints.
const BACKSTOP: u64 = 64 << 20;
/// What a batch of [`large`] takes in the log: its rows, and the pages that lead to them.
const BATCH: u64 = 5 << 18;

/// Letters that nothing can be made shorter of by much.
fn noise(length: usize) -> String {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'#' + u8::try_from(state >> 58).unwrap() % 57)
    };
    (0..length).map(|_| next()).collect()
}

/// Entries of nearly one megabyte in all.
fn large(last: u64) -> Vec<Entry> {
    let signal = || Signal::VerdictChanged {
        service: slug("aws"),
        verdict: Box::new(Verdict::unknown(START, 1)),
        incident: None,
        bundle: vec![noise(1 << 17)],
    };
    entries(last, START, 0, (0..8).map(|_| signal()))
}

fn log_of(dir: &Path) -> u64 {
    std::fs::metadata(dir.join("journal.db-wal")).unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_stays_short_though_there_is_writing_beside_every_checkpoint() {
    let dir = TempDir::new().unwrap();
    let j = SqliteJournal::open(dir.path()).await.unwrap();
    let (mut last, mut longest) = (0, 0);
    for _ in 0..100 {
        // A checkpoint that begins while a batch is written does not see its end, so that the log does not start again by itself.
        let batch = large(last);
        let (append, checkpoint) = tokio::join!(j.append(&batch), j.checkpoint());
        append.unwrap();
        checkpoint.unwrap();
        last += 8;
        longest = longest.max(log_of(dir.path()));
    }
    assert!(longest <= RESTARTED + 4 * BATCH, "{longest} bytes");
    assert_eq!(j.last().await.unwrap(), Some((last, START)));
}

#[tokio::test]
async fn the_log_ends_at_64_mib_though_nobody_calls_for_a_checkpoint() {
    let dir = TempDir::new().unwrap();
    let j = SqliteJournal::open(dir.path()).await.unwrap();
    let mut longest = 0;
    for n in 0..100 {
        j.append(&large(8 * n)).await.unwrap();
        longest = longest.max(log_of(dir.path()));
    }
    assert!((BACKSTOP..=BACKSTOP + 2 * BATCH).contains(&longest), "{longest} bytes");
    assert_eq!(j.last().await.unwrap(), Some((800, START)));
}
