//! Files that are cut, flipped, foreign or of a later version: refused with the reason and the command, and untouched. Those
//! of an earlier version are brought up to date.

use allclear_model::check::CheckOutcome;
use allclear_model::signal::{CheckResult, CheckResults, ReportAccepted};
use allclear_model::{Entry, Signal};
use allclear_ports::{Journal, PortError, Store};
use allclear_store::{SqliteJournal, SqliteStore};
use allclear_testkit::conformance::sample::{START, entries, every_signal, reported, slug};
use rusqlite::{Connection, params};
use std::path::Path;
use tempfile::TempDir;

fn written() -> Vec<Entry> {
    let signals = every_signal().into_iter().chain((100..400).map(|n| reported(n, "aws")));
    entries(0, START, 10, signals)
}

/// A closed journal with a few hundred entries.
async fn made() -> (TempDir, Vec<u8>) {
    let dir = TempDir::new().unwrap();
    let j = SqliteJournal::open(dir.path()).await.unwrap();
    j.append(&written()).await.unwrap();
    drop(j);
    let bytes = std::fs::read(dir.path().join("journal.db")).unwrap();
    assert!(!dir.path().join("journal.db-wal").exists(), "closing tidies the log away");
    (dir, bytes)
}

/// Opens the journal, which must be refused for good; returns the words.
async fn refused(dir: &Path) -> String {
    let error = SqliteJournal::open(dir).await.expect_err("must be refused");
    assert!(matches!(error, PortError::Unusable { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("journal.db"), "names the file: {text}");
    text
}

fn bare(e: Entry) -> Entry {
    let signal = match e.signal {
        Signal::ReportAccepted(r) => {
            Signal::ReportAccepted(ReportAccepted { source: None, network: None, network_before: None, ..r })
        }
        Signal::Vote(v) => Signal::Vote(allclear_model::signal::Vote { source: None, network: None, ..v }),
        Signal::Flagged(f) => Signal::Flagged(allclear_model::signal::Flagged { source: None, network: None, ..f }),
        other => other,
    };
    Entry { signal, ..e }
}

#[tokio::test]
async fn a_file_that_was_cut_short_is_refused() {
    let (dir, bytes) = made().await;
    let path = dir.path().join("journal.db");
    for keep in [1, 50, 99, 100, 512, 4095, 4096, 8192, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..keep]).unwrap();
        let text = refused(dir.path()).await;
        assert!(text.contains("allclear restore --from BACKUP --data"), "{keep} bytes: {text}");
        assert_eq!(std::fs::read(&path).unwrap(), &bytes[..keep], "{keep} bytes: it is left as it was");
    }
    std::fs::write(&path, &bytes).unwrap();
    SqliteJournal::open(dir.path()).await.unwrap();
}

#[tokio::test]
async fn a_flipped_bit_is_noticed_or_harmless() {
    let (dir, bytes) = made().await;
    let path = dir.path().join("journal.db");
    let original: Vec<Entry> = written().into_iter().map(bare).collect();
    let (mut noticed, mut tried) = (0, 0);
    // All of the header, and a stride through everything else.
    for at in (0..100).chain((100..bytes.len()).step_by(211)) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        std::fs::write(&path, &flipped).unwrap();
        tried += 1;
        let read = match SqliteJournal::open(dir.path()).await {
            Ok(j) => j.read(0, usize::MAX).await,
            Err(e) => Err(e),
        };
        match read {
            Err(_) => noticed += 1,
            // The hashes are under no checksum, because they are blanked one day.
            Ok(read) => {
                for e in read {
                    let e = bare(e);
                    assert_eq!(original.iter().find(|o| o.seq == e.seq), Some(&e), "byte {at} gave a false entry");
                }
            }
        }
        for rest in ["journal.db-wal", "journal.db-shm"] {
            drop(std::fs::remove_file(dir.path().join(rest)));
        }
    }
    assert!(noticed * 2 > tried, "only {noticed} of {tried} flips were noticed");
}

#[tokio::test]
async fn a_flipped_bit_in_the_last_entry_is_noticed_at_the_start() {
    let (dir, mut bytes) = made().await;
    let path = dir.path().join("journal.db");
    let id = allclear_testkit::conformance::sample::report_id(399).to_string();
    let at = bytes.windows(id.len()).position(|w| w == id.as_bytes()).expect("the last report's id");
    bytes[at + 30] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let text = refused(dir.path()).await;
    assert!(text.contains("checksum") && text.contains("allclear restore --from BACKUP --data"), "{text}");
}

#[tokio::test]
async fn a_row_that_was_taken_out_is_noticed_when_read() {
    let (dir, _) = made().await;
    Connection::open(dir.path().join("journal.db")).unwrap().execute("DELETE FROM entry WHERE seq = 50", []).unwrap();
    let j = SqliteJournal::open(dir.path()).await.unwrap();
    for (from, limit) in [(1, 100), (50, 10), (50, 1)] {
        let error = j.read(from, limit).await.unwrap_err();
        assert!(matches!(&error, PortError::Unusable { .. }) && error.to_string().contains("missing"), "{error}");
    }
    assert_eq!(j.read(51, 10).await.unwrap().len(), 10);
}

#[tokio::test]
async fn foreign_files_are_refused_and_left_as_they_are() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("journal.db");
    let sqlite = |sql: &str| {
        drop(std::fs::remove_file(&path));
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch(sql).unwrap();
    };
    let check = async |what: &str| {
        let before = std::fs::read(&path).unwrap();
        let text = refused(dir.path()).await;
        assert!(text.contains("allclear restore --from BACKUP --data") && text.contains("--data,"), "{what}: {text}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "{what} was changed");
    };
    std::fs::write(&path, "# a text\n".repeat(100)).unwrap();
    check("a text").await;
    std::fs::write(&path, [0; 8192]).unwrap();
    check("zeroes").await;
    sqlite("CREATE TABLE photos (id INTEGER)");
    check("a database without an id").await;
    sqlite("PRAGMA application_id = 1234; PRAGMA user_version = 1; CREATE TABLE entry (id INTEGER)");
    check("a database of another program").await;
    sqlite("PRAGMA journal_mode = WAL; PRAGMA application_id = 1234; CREATE TABLE entry (id INTEGER)");
    check("one in WAL mode").await;
    drop(SqliteStore::open(dir.path()).await.unwrap());
    std::fs::rename(dir.path().join("archive.db"), &path).unwrap();
    check("an archive in the journal's place").await;
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let text = refused(dir.path()).await;
    assert!(text.contains("is not a file"), "{text}");
}

#[tokio::test]
async fn an_empty_file_is_a_new_journal() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("journal.db"), []).unwrap();
    let j = SqliteJournal::open(dir.path()).await.unwrap();
    assert_eq!(j.last().await.unwrap(), None);
}

#[tokio::test]
async fn a_missing_table_is_damage() {
    let (dir, _) = made().await;
    Connection::open(dir.path().join("journal.db")).unwrap().execute_batch("DROP TABLE entry").unwrap();
    let text = refused(dir.path()).await;
    assert!(text.contains("the table entry is missing"), "{text}");
}

#[tokio::test]
async fn a_newer_schema_and_a_newer_kind_are_refused_by_name() {
    let (dir, _) = made().await;
    let path = dir.path().join("journal.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA user_version = 99").unwrap();
    let text = refused(dir.path()).await;
    assert!(text.contains("newer allclear (schema 99, this one knows up to schema 4)"), "{text}");
    let command = format!("`allclear restore --from BACKUP --data {}`", dir.path().display());
    assert!(text.contains(&command) && text.contains("start a newer allclear"), "{text}");
    conn.execute_batch("PRAGMA user_version = 4").unwrap();
    // What a later version would write: a kind of its own, with a true checksum.
    let (seq, at, kind, body) = (1_000_i64, START.0 + 10_000, "checked", r#"{"kind":"checked"}"#);
    let mut crc = crc32fast::Hasher::new();
    for part in [&seq.to_be_bytes()[..], &at.to_be_bytes()[..], kind.as_bytes(), &[0], body.as_bytes()] {
        crc.update(part);
    }
    let row = params![seq, at, kind, body, i64::from(crc.finalize())];
    conn.execute("INSERT INTO entry (seq, at, kind, body, sum) VALUES (?1, ?2, ?3, ?4, ?5)", row).unwrap();
    drop(conn);
    let text = refused(dir.path()).await;
    assert!(text.contains("newer allclear") && text.contains("\"checked\""), "{text}");
    assert!(text.contains(&command), "{text}");
}

#[tokio::test]
async fn an_archive_that_is_damaged_or_newer_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("archive.db");
    let s = SqliteStore::open(dir.path()).await.unwrap();
    s.project(written()).await.unwrap();
    drop(s);
    let bytes = std::fs::read(&path).unwrap();
    let refused = async || {
        let error = SqliteStore::open(dir.path()).await.expect_err("must be refused");
        assert!(matches!(error, PortError::Unusable { .. }), "{error}");
        error.to_string()
    };
    for keep in [77, 4096, bytes.len() / 2] {
        std::fs::write(&path, &bytes[..keep]).unwrap();
        assert!(refused().await.contains("allclear restore --from BACKUP --data"));
    }
    std::fs::write(&path, &bytes).unwrap();
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 7").unwrap();
    let (newer, text) = (std::fs::read(&path).unwrap(), refused().await);
    assert!(text.contains("newer allclear (schema 7, this one knows up to schema 6)"), "{text}");
    assert!(text.contains(&format!("`allclear restore --from BACKUP --data {}`", dir.path().display())), "{text}");
    assert_eq!(std::fs::read(&path).unwrap(), newer, "it is left as it was");
    Connection::open(&path)
        .unwrap()
        .execute_batch("PRAGMA user_version = 6; UPDATE report SET service = 'Not A Slug' WHERE service = 'aws'")
        .unwrap();
    let s = SqliteStore::open(dir.path()).await.unwrap();
    assert!(s.reports(&slug("openrouter"), None, 10).await.is_ok());
    let error = s.report(allclear_testkit::conformance::sample::report_id(100)).await.unwrap_err();
    assert!(matches!(error, PortError::Unusable { .. }), "{error}");
}

#[tokio::test]
async fn an_archive_of_the_first_schema_is_brought_up_to_date_and_keeps_its_rows() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("archive.db");
    let id = allclear_testkit::conformance::sample::report_id(3);
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../migrations/archive/0001_projections.sql")).unwrap();
    old.pragma_update(None, "application_id", i32::from_be_bytes(*b"ALCA")).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    let row = params![id.0.as_bytes(), START.0];
    let insert = "INSERT INTO report (seq, id, service, symptom, country, at, counted, withdrawn)
                  VALUES (4, ?1, 'aws', 'login', 'DE', ?2, 1, 0)";
    old.execute(insert, row).unwrap();
    old.execute("UPDATE projected SET seq = 4", []).unwrap();
    drop(old);
    // The second start finds nothing to do, and the same rows.
    for _ in 0..2 {
        let s = SqliteStore::open(dir.path()).await.unwrap();
        assert_eq!(s.projected().await.unwrap(), 4);
        let report = s.report(id).await.unwrap().expect("the row from before");
        assert_eq!((report.seq, &*report.service, report.at, report.counted), (4, "aws", START, true));
        assert_eq!(s.reports(&slug("aws"), None, 10).await.unwrap().rows, [report]);
        drop(s);
        let version = |name: &str| {
            let file = Connection::open(&path).unwrap();
            file.pragma_query_value(None, name, |r| r.get::<_, i32>(0)).unwrap()
        };
        assert_eq!((version("user_version"), version("application_id")), (6, i32::from_be_bytes(*b"ALCA")));
    }
    // What the second step made is used.
    let s = SqliteStore::open(dir.path()).await.unwrap();
    let opened = allclear_testkit::conformance::sample::incident("aws", START);
    let judged = allclear_testkit::conformance::sample::judged("aws", START, Some(opened.clone()));
    s.project(entries(4, START, 0, [judged])).await.unwrap();
    assert_eq!(s.bundle(&opened.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_journal_from_before_long_bodies_were_packed_is_read_and_goes_on() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("journal.db");
    let runs = |n| {
        let run = |n| CheckResult::new(slug(&format!("service-{n}")), CheckOutcome::Up, None, Some(n));
        Signal::CheckResults(CheckResults::own(slug("oslo"), (n..n + 100).map(run).collect()))
    };
    let written = entries(0, START, 1000, [runs(0), runs(100)]);
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../migrations/journal/0001_entries.sql")).unwrap();
    old.execute_batch(include_str!("../migrations/journal/0002_texts.sql")).unwrap();
    old.pragma_update(None, "application_id", i32::from_be_bytes(*b"ALCJ")).unwrap();
    old.pragma_update(None, "user_version", 2).unwrap();
    let (seq, at, kind, body) = (1_i64, START.0, "check_results", serde_json::to_string(&written[0].signal).unwrap());
    let mut crc = crc32fast::Hasher::new();
    for part in [&seq.to_be_bytes()[..], &at.to_be_bytes()[..], kind.as_bytes(), &[0], body.as_bytes()] {
        crc.update(part);
    }
    let row = params![seq, at, kind, body, i64::from(crc.finalize())];
    old.execute("INSERT INTO entry (seq, at, kind, body, sum) VALUES (?1, ?2, ?3, ?4, ?5)", row).unwrap();
    drop(old);
    let j = SqliteJournal::open(dir.path()).await.unwrap();
    j.append(&written[1..]).await.unwrap();
    assert_eq!(j.read(1, 10).await.unwrap(), written);
    assert_eq!(j.look_through(None, 10).await.unwrap(), None);
    drop(j);
    let file = Connection::open(&path).unwrap();
    let sizes = |seq: i64| {
        let sql = "SELECT length(body), length(packed) FROM entry WHERE seq = ?1";
        file.query_row(sql, [seq], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, Option<i64>>(1)?))).unwrap()
    };
    let whole = i64::try_from(body.len()).unwrap();
    assert_eq!(sizes(1), (whole, None), "what was written stays as it is");
    let (body_length, packed) = sizes(2);
    assert!(body_length == 0 && packed.is_some_and(|p| p * 4 < whole), "{packed:?} of {whole}");
}
