//! What every engine must do, on real SQLite files.

use allclear_store::{SqliteJournal, SqliteStore};
use allclear_testkit::conformance;
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_keeps_every_promise_of_its_port() {
    conformance::journal(async || {
        let dir = TempDir::new().unwrap();
        (SqliteJournal::open(dir.path()).await.unwrap(), dir)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_keeps_every_promise_of_its_port() {
    conformance::store(async || {
        let dir = TempDir::new().unwrap();
        (SqliteStore::open(dir.path()).await.unwrap(), dir)
    })
    .await;
}
