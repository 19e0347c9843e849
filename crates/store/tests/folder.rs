//! The folder: its lock, its modes, its snapshots.

use allclear_ports::{Journal, PortError, Snapshots};
use allclear_store::snapshots::SnapshotFolder;
use allclear_store::{FolderLock, SqliteJournal, SqliteStore, backup, snapshots};
use allclear_testkit::conformance::sample::{START, entries, reported};
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

#[test]
fn only_one_holds_a_folder_and_the_other_is_told_who() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("a/b");
    let lock = FolderLock::take(&data).unwrap();
    for folder in [&data, &dir.path().join("a")] {
        assert_eq!(std::fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
    let error = FolderLock::take(&data).unwrap_err();
    assert!(matches!(error, PortError::Unusable { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(&format!("process {} (", std::process::id())), "{text}");
    assert!(text.contains("--data") && text.contains(&data.display().to_string()), "{text}");
    drop(lock);
    drop(FolderLock::take(&data).unwrap());
    // What a longer name left behind is not part of a shorter one.
    std::fs::write(data.join("lock"), "x".repeat(500)).unwrap();
    let _lock = FolderLock::take(&data).unwrap();
    assert!(std::fs::read(data.join("lock")).unwrap().len() < 500);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = FolderLock::take(&file.join("data")).unwrap_err();
    assert!(matches!(error, PortError::Unavailable { .. }) && error.to_string().contains("file/data"), "{error}");
}

#[test]
fn the_newest_two_snapshots_are_kept() {
    let dir = TempDir::new().unwrap();
    assert_eq!(snapshots::newest_first(dir.path()).unwrap(), []);
    for seq in [5, 70, 800] {
        snapshots::write(dir.path(), seq, format!("board {seq}").as_bytes()).unwrap();
    }
    let seqs = |dir: &TempDir| {
        snapshots::newest_first(dir.path()).unwrap().into_iter().map(|(seq, _)| seq).collect::<Vec<_>>()
    };
    assert_eq!(seqs(&dir), [800, 70]);
    let (_, newest) = &snapshots::newest_first(dir.path()).unwrap()[0];
    assert_eq!(newest.file_name().unwrap(), "00000000000000000800.board");
    assert_eq!(snapshots::read(newest).unwrap(), b"board 800");
    // A killed process leaves a part; other people's files are not ours to remove.
    std::fs::write(snapshots::folder(dir.path()).join("00000000000000000900.part"), "half").unwrap();
    std::fs::write(snapshots::folder(dir.path()).join("notes.txt"), "mine").unwrap();
    assert_eq!(seqs(&dir), [800, 70], "a part is no snapshot");
    snapshots::write(dir.path(), 800, b"again").unwrap();
    assert_eq!(seqs(&dir), [800, 70]);
    assert_eq!(snapshots::read(newest).unwrap(), b"again");
    let mut names: Vec<_> =
        std::fs::read_dir(snapshots::folder(dir.path())).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["00000000000000000070.board", "00000000000000000800.board", "notes.txt"]);
}

#[test]
fn a_snapshot_that_was_set_aside_is_none_and_goes_when_two_newer_ones_are_there() {
    let dir = TempDir::new().unwrap();
    let files = SnapshotFolder::new(dir.path());
    for seq in [5, 70] {
        files.write(seq, b"board").unwrap();
    }
    files.set_aside(70).unwrap();
    assert_eq!(files.newest_first().unwrap(), [5]);
    let aside = snapshots::folder(dir.path()).join("00000000000000000070.bad");
    files.write(80, b"board").unwrap();
    assert_eq!(files.newest_first().unwrap(), [80, 5], "the sound one is kept");
    assert!(aside.exists(), "a person may look at it");
    files.write(90, b"board").unwrap();
    assert!(!aside.exists());
    assert_eq!(files.newest_first().unwrap(), [90, 80]);
    assert!(files.set_aside(70).unwrap_err().to_string().contains("00000000000000000070.board"));
}

#[tokio::test]
async fn an_empty_folder_becomes_a_data_folder() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("new");
    drop(SqliteJournal::open(&data).await.unwrap());
    assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    drop(SqliteJournal::open(&data).await.unwrap());
}

#[tokio::test]
async fn every_file_is_for_its_owner_alone_even_in_a_folder_that_is_not() {
    let dir = TempDir::new().unwrap();
    let (data, copy) = (dir.path().join("data"), dir.path().join("copy"));
    for folder in [&data, &copy] {
        std::fs::create_dir(folder).unwrap();
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let _lock = FolderLock::take(&data).unwrap();
    let (j, s) = (SqliteJournal::open(&data).await.unwrap(), SqliteStore::open(&data).await.unwrap());
    j.append(&entries(0, START, 1, [reported(1, "aws")])).await.unwrap();
    snapshots::write(&data, 1, b"a board").unwrap();
    backup(&data, &j, &s, &copy).await.unwrap();
    let mut names = Vec::new();
    for folder in [data.clone(), snapshots::folder(&data), copy.clone(), snapshots::folder(&copy)] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let (path, meta) = entry.map(|e| (e.path(), e.metadata().unwrap())).unwrap();
            let wanted = if meta.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(meta.permissions().mode() & 0o777, wanted, "{}", path.display());
            names.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    for name in ["lock", "journal.db", "journal.db-wal", "archive.db", "00000000000000000001.board"] {
        assert!(names.iter().any(|n| n == name), "{name} is not among {names:?}");
    }
}
