//! Damage in the middle of a file that is too large to be looked through before it is used.

use allclear_ports::{Journal, PortError, PortResult, Store};
use allclear_store::{SqliteJournal, SqliteStore};
use allclear_testkit::conformance::sample::{START, entries, reported};
use std::path::Path;
use tempfile::TempDir;

/// A file up to this size is looked through when it is opened.
const SMALL: u64 = 16 << 20;

/// Entries that make both files larger than that.
const MANY: u64 = 70_000;

/// A long name, which stands in every row of the archive and in most of its indexes.
const SERVICE: &str = "a-service-with-a-name-that-is-as-long-as-they-come";

/// A data folder with many reports of one service and minute each, written and closed.
async fn large() -> TempDir {
    let dir = TempDir::new().unwrap();
    let (j, s) = (SqliteJournal::open(dir.path()).await.unwrap(), SqliteStore::open(dir.path()).await.unwrap());
    for from in (0..MANY).step_by(10_000) {
        let step = i64::try_from(from).unwrap() * 60_000;
        let batch = entries(from, START.plus_ms(step), 60_000, (from..from + 10_000).map(|n| reported(n, SERVICE)));
        j.append(&batch).await.unwrap();
        s.project(batch).await.unwrap();
    }
    drop((j, s));
    for file in ["journal.db", "archive.db"] {
        assert!(std::fs::metadata(dir.path().join(file)).unwrap().len() > SMALL, "{file} is large");
    }
    dir
}

/// Changes the file from `at` on.
fn change(file: &Path, at: usize, with: impl Fn(&mut [u8])) {
    let mut bytes = std::fs::read(file).unwrap();
    with(&mut bytes[at..]);
    std::fs::write(file, bytes).unwrap();
}

/// The words about the damage that steps of 500 rows find, and after how many steps.
async fn found(step: impl AsyncFn(Option<String>) -> PortResult<Option<String>>) -> (String, usize) {
    let (mut from, mut steps) = (None, 0);
    loop {
        steps += 1;
        match step(from).await {
            Ok(next) => from = Some(next.expect("the damage is found before the end")),
            Err(e) => {
                assert!(matches!(e, PortError::Unusable { .. }), "{e}");
                return (e.to_string(), steps);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_in_the_middle_of_a_large_file_is_found_in_steps_beside_writing() {
    let dir = large().await;
    let (journal, archive) = (dir.path().join("journal.db"), dir.path().join("archive.db"));
    let clean = SqliteJournal::open(dir.path()).await.unwrap();
    let mut from = None;
    for _ in 0..=MANY / 500 {
        from = clean.look_through(from, 500).await.unwrap();
    }
    assert_eq!(from, None, "a sound file is sound to its end");
    drop(clean);

    // A bit of a body, halfway; a stretch of the archive that is no pages any more.
    let id = allclear_testkit::conformance::sample::report_id(MANY / 2).to_string();
    let bytes = std::fs::read(&journal).unwrap();
    let at = bytes.windows(id.len()).position(|w| w == id.as_bytes()).expect("the id of that report");
    change(&journal, at, |rest| rest[0] ^= 1);
    let middle = bytes_of(&archive) / 2 / 4096 * 4096;
    change(&archive, middle, |rest| rest[..32 * 4096].fill(0x5a));

    let j = SqliteJournal::open(dir.path()).await.expect("a start reads the newest entry only");
    let (looked, ()) = tokio::join!(found(async |from| j.look_through(from, 500).await), async {
        for n in 0..50 {
            j.append(&entries(MANY + n, START.plus_s(60 * 70_000), 0, [reported(MANY + n, SERVICE)])).await.unwrap();
        }
    });
    let (text, steps) = looked;
    let wanted = format!("(entry {}: its checksum does not match)", MANY / 2 + 1);
    assert!(text.contains("journal.db") && text.contains(&wanted), "{text}");
    assert!(text.contains("allclear restore --from BACKUP --data"), "says what to do: {text}");
    assert_eq!(steps, 71, "found where it is, in steps");
    assert_eq!(j.last().await.unwrap().unwrap().0, MANY + 50, "and writing went on");

    let s = SqliteStore::open(dir.path()).await.expect("an archive is opened as quickly");
    let (text, _) = found(async |from| s.look_through(from, 500).await).await;
    assert!(text.contains("archive.db") && text.contains("in the table "), "{text}");
    assert!(text.contains("allclear restore --from BACKUP --data"), "says what to do: {text}");
}

fn bytes_of(file: &Path) -> usize {
    usize::try_from(std::fs::metadata(file).unwrap().len()).unwrap()
}
