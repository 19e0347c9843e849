//! Damaged pictures of the board: the one before, else the journal, else a reason.

use crate::support::{NO_LIMITS, Site, allclear_in, journal, person, until};
use allclear_ports::Journal;
use allclear_store::SqliteJournal;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What of a service does not change with the time of day.
fn shown(site: &Site) -> Json {
    let one = site.get("/api/v1/services/openrouter").json();
    let bins = site.get("/api/v1/services/openrouter/chart?window=24h").json();
    let day: u64 = bins["bins"].as_array().unwrap().iter().map(|b| b["actual"].as_u64().unwrap()).sum();
    json!({"recent": one["recent"], "symptoms": one["symptoms"], "votes": one["votes"], "day": day})
}

/// A killed site with two snapshots and a tail behind them; what it showed, and the snapshots, newest first.
fn killed(data: &Path) -> (Json, [u64; 2]) {
    let site = Site::start(data, &NO_LIMITS);
    let mut snapshots = [0; 2];
    for round in 0..3 {
        for n in round * 8..round * 8 + 8 {
            let symptom = ["api-key", "timeout", "credits"][n as usize % 3];
            let answer = site.report("openrouter", symptom, &person(n), &n.to_string()).unwrap();
            assert_eq!(answer.status, 202, "{}", answer.body);
        }
        if round < 2 {
            let saved = site.run(&["admin", "snapshot", "--json"]).ended(0).json();
            snapshots = [saved["seq"].as_u64().unwrap(), snapshots[0]];
        }
    }
    until("the archive has everything", || {
        let info = site.run(&["admin", "status", "--json"]).json();
        (info["projected"] == info["seq"]).then_some(())
    });
    let picture = shown(&site);
    assert_eq!(picture["day"], 24);
    site.kill();
    (picture, snapshots)
}

fn file(data: &Path, seq: u64, ending: &str) -> PathBuf {
    data.join(format!("snapshots/{seq:020}.{ending}"))
}

/// What a damage makes of a file.
type Damage = fn(Vec<u8>) -> Vec<u8>;

/// Ways in which a file goes bad.
const DAMAGES: [(&str, Damage); 4] = [
    ("flipped", |mut bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        bytes
    }),
    ("cut short", |bytes| bytes[..bytes.len() / 2].to_vec()),
    ("empty", |_| Vec::new()),
    ("foreign", |bytes| b"no picture of a board, but a letter".repeat(bytes.len() / 30)),
];

fn spoil(data: &Path, seq: u64, damage: Damage) {
    let path = file(data, seq, "board");
    std::fs::write(&path, damage(std::fs::read(&path).unwrap())).unwrap();
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-r").args([from, to]).status().unwrap().success());
}

#[test]
fn a_bad_newest_snapshot_falls_back_to_the_one_before_and_two_bad_ones_to_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let made = dir.path().join("made");
    let (picture, snapshots) = killed(&made);
    for (how, damage) in DAMAGES {
        for bad in 1..=2 {
            let data = dir.path().join(format!("{bad} {how}"));
            copy(&made, &data);
            snapshots[..bad].iter().for_each(|seq| spoil(&data, *seq, damage));
            let site = Site::start(&data, &NO_LIMITS);
            assert_eq!(shown(&site), picture, "{bad} {how}");
            let info = site.run(&["admin", "status", "--json"]).ended(0).json();
            assert_eq!(info["snapshot"], snapshots.get(bad).copied().unwrap_or(0), "{bad} {how}");
            assert_eq!(site.log().matches("a snapshot is damaged").count(), bad, "{}", site.log());
            for seq in &snapshots[..bad] {
                assert!(file(&data, *seq, "bad").exists() && !file(&data, *seq, "board").exists(), "{bad} {how}");
            }
            // It goes on, and the next start has a sound one.
            assert_eq!(site.report("openrouter", "timeout", &person(99), "99").unwrap().status, 202);
            site.stop();
            let site = Site::start(&data, &NO_LIMITS);
            assert_eq!(shown(&site)["day"], 25);
            assert!(!site.log().contains("damaged"), "{}", site.log());
            site.stop();
        }
    }
}

#[test]
fn without_a_sound_snapshot_and_with_a_pruned_journal_it_refuses_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (picture, snapshots) = killed(&data);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let journal = SqliteJournal::open(&data).await.unwrap();
        assert!(journal.prune(snapshots[1] + 1, usize::MAX).await.unwrap() > 0);
    });
    spoil(&data, snapshots[0], DAMAGES[0].1);
    let site = Site::start(&data, &NO_LIMITS);
    assert_eq!(shown(&site), picture, "the older one and the journal after it are enough");
    site.kill();

    std::fs::rename(file(&data, snapshots[0], "bad"), file(&data, snapshots[0], "board")).unwrap();
    spoil(&data, snapshots[1], DAMAGES[1].1);
    let before = journal(&data).len();
    let args = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    let run = allclear_in(dir.path(), &args, &[], "").ended(1);
    for part in ["snapshots", "begins at entry", "allclear restore"] {
        assert!(run.stderr.contains(part), "{part} in {}", run.stderr);
    }
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    assert_eq!(journal(&data).len(), before, "nothing was written");
    for seq in snapshots {
        assert!(file(&data, seq, "board").exists(), "another version may be able to read it");
    }
}
