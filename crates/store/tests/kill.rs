//! `kill -9` in the middle of writing: every acknowledged entry is there, none twice, none halfway.

use allclear_model::Entry;
use allclear_ports::Journal;
use allclear_store::{FolderLock, SqliteJournal};
use allclear_testkit::conformance::sample::{START, entries, reported};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Set by the test to the folder the child works in. How often it kills is in `ALLCLEAR_TEST_KILLS` (8).
const FOLDER: &str = "ALLCLEAR_TEST_KILL_FOLDER";

/// What entry numbers `from..to` look like, whoever writes them.
fn known(from: u64, to: u64) -> Vec<Entry> {
    let mut all = Vec::new();
    for seq in from..to {
        let at = START.plus_ms(i64::try_from(seq).unwrap());
        all.extend(entries(seq - 1, at, 0, [reported(seq, "aws")]));
    }
    all
}

/// What the process does that the test below starts and kills.
async fn append_until_killed(dir: &Path) {
    let _lock = FolderLock::take(dir).unwrap();
    let j = SqliteJournal::open(dir).await.unwrap();
    let mut next = j.last().await.unwrap().map_or(0, |(seq, _)| seq) + 1;
    for round in 0u64.. {
        let size = 1 + round * 7 % 40;
        let batch = known(next, next + size);
        if round % 20 == 0 {
            j.checkpoint().await.unwrap();
        }
        j.append(&batch).await.unwrap();
        next += size;
        let mut out = std::io::stdout().lock();
        writeln!(out, "acknowledged {}", next - 1).unwrap();
        out.flush().unwrap();
    }
}

#[tokio::test]
async fn a_killed_process_loses_no_acknowledged_entry() {
    if let Some(dir) = std::env::var_os(FOLDER) {
        return append_until_killed(Path::new(&dir)).await;
    }
    let dir = TempDir::new().unwrap();
    let mut before = 0;
    let rounds = std::env::var("ALLCLEAR_TEST_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    for round in 0..rounds {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "kill::a_killed_process_loses_no_acknowledged_entry", "--nocapture"]);
        child.env(FOLDER, dir.path());
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut acknowledged = 0;
        let wanted = 5 + round * 37 % 90;
        let mut seen = 0;
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
            if let Some(seq) = line.rsplit_once("acknowledged ").and_then(|(_, n)| n.parse().ok()) {
                acknowledged = seq;
                seen += 1;
                if seen == wanted {
                    // Go on reading: what it still says before it dies is acknowledged too.
                    child.kill().unwrap();
                }
            }
        }
        child.wait().unwrap();
        assert!(seen >= wanted, "the child ended by itself after {seen} batches");
        let _lock = FolderLock::take(dir.path()).expect("the lock died with its process");
        let j = SqliteJournal::open(dir.path()).await.unwrap();
        let (last, _) = j.last().await.unwrap().unwrap();
        assert!(last >= acknowledged && last > before, "{acknowledged} were acknowledged, {last} are there");
        assert_eq!(j.read(0, usize::MAX).await.unwrap(), known(1, last + 1));
        before = last;
    }
}

#[tokio::test]
async fn a_torn_end_of_the_log_costs_nothing_that_was_acknowledged() {
    let dir = TempDir::new().unwrap();
    let log = dir.path().join("journal.db-wal");
    let j = SqliteJournal::open(dir.path()).await.unwrap();
    j.append(&known(1, 200)).await.unwrap();
    j.checkpoint().await.unwrap();
    for n in (200..500).step_by(10) {
        j.append(&known(n, n + 10)).await.unwrap();
    }
    let synced = usize::try_from(std::fs::metadata(&log).unwrap().len()).unwrap();
    for n in (500..600).step_by(10) {
        j.append(&known(n, n + 10)).await.unwrap();
    }
    // As a disk would have them after power was cut while the last batches were on their way.
    let (file, whole) = (std::fs::read(dir.path().join("journal.db")).unwrap(), std::fs::read(&log).unwrap());
    drop(j);
    assert!(whole.len() > synced + 20_000);
    for (n, keep) in (synced..whole.len()).step_by(1999).enumerate() {
        let mut torn = whole[..keep].to_vec();
        if n % 3 == 1 {
            // The length has reached the disk, the bytes have not.
            torn.resize(whole.len(), 0);
        } else if n % 3 == 2 && keep + 10 < whole.len() {
            torn = whole.clone();
            torn[keep + 10] ^= 0x10;
        }
        let copy = TempDir::new().unwrap();
        std::fs::write(copy.path().join("journal.db"), &file).unwrap();
        std::fs::write(copy.path().join("journal.db-wal"), &torn).unwrap();
        let j = SqliteJournal::open(copy.path()).await.unwrap();
        let (last, _) = j.last().await.unwrap().unwrap();
        assert!((499..=599).contains(&last), "cut at {keep}: ends at {last}");
        assert_eq!(last % 10, 9, "cut at {keep}: a batch is in whole or not at all");
        assert_eq!(j.read(0, usize::MAX).await.unwrap(), known(1, last + 1), "cut at {keep}");
        j.append(&known(last + 1, last + 5)).await.unwrap();
    }
}
