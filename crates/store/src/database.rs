//! A database file with its lanes: one writer, a few readers, and a keeper for checkpoints.

use crate::error::{Place, gone};
use crate::file::{BUSY, Sort, open_keeper, open_reader, open_writer};
use crate::lanes::{Pool, Writer};
use allclear_ports::PortError;
use rusqlite::{Connection, Transaction};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Pages in the log (16 MiB) from which a checkpoint also lets the log start again.
const RESTART_PAGES: i64 = 4_096;

/// What tells one database of the data folder from the other.
pub trait Kind: Send + Sync + 'static {
    /// What its file must look like, and who may read it.
    const SORT: Sort;
}

/// A database file in a data folder. The caller holds the folder's lock.
pub struct Database<K> {
    place: Place,
    readers: Pool,
    keeper: Pool,
    // Dropped last: the last connection to close tidies the log away.
    writer: Writer,
    /// The log may still hold what was blanked or pruned: a log that starts again is written over only as far as the new
    /// one reaches. So it may after a start, too, because a process that was killed could not say.
    outlived: AtomicBool,
    kind: PhantomData<K>,
}

impl<K: Kind> Database<K> {
    /// Opens the file in the data folder `dir`; makes folder and file when there is none. Looks at the header, the
    /// schema, the newest row and, in a small file, at every page, so that it takes milliseconds whatever the size.
    ///
    /// # Errors
    /// [`PortError::Unusable`] when the file is damaged, foreign or newer, with the command that helps;
    /// [`PortError::Full`] or [`PortError::Unavailable`] when it cannot be opened now.
    pub async fn open(dir: &Path) -> Result<Self, PortError> {
        let place = Place::new(dir, K::SORT.name);
        let (p, q) = (place.clone(), place.clone());
        let readers = Pool::new(K::SORT.readers, move || open_reader(&p));
        let keeper = Pool::new(1, move || open_keeper(&q));
        let p = place.clone();
        let opened = crate::lanes::blocking(move || {
            let conn = open_writer(&p, &K::SORT)?;
            (K::SORT.newest)(&conn, &p)?;
            Writer::start(K::SORT.name, conn)
        });
        let writer = opened.await.map_err(|_| gone("open the database"))??;
        Ok(Database { place, readers, keeper, writer, outlived: AtomicBool::new(true), kind: PhantomData })
    }

    /// Writes a compact, consistent copy to `file` while writing goes on. The copy appears under its name only when it
    /// is whole and synced. To copy a site, copy the archive first and the journal after it, so that the journal's copy
    /// has all that the archive's has: see [`crate::backup()`].
    ///
    /// # Errors
    /// [`PortError::Unusable`] when `file` exists; [`PortError::Full`] or [`PortError::Unavailable`] else.
    pub async fn backup_to(&self, file: &Path) -> Result<(), PortError> {
        let (place, file) = (self.place.clone(), file.to_owned());
        let copied = crate::lanes::blocking(move || crate::backup::copy_database(&place, &file));
        copied.await.map_err(|_| gone(crate::backup::ACTION))?
    }

    /// Limits the file to `pages` of 4 KiB, which is how tests make a disk full without owning one. 0 lifts the limit.
    ///
    /// # Errors
    /// Those of writing.
    #[doc(hidden)]
    pub async fn limit_pages(&self, pages: u32) -> Result<(), PortError> {
        const ACTION: &str = "set a limit";
        let limit = if pages == 0 { u32::MAX - 1 } else { pages };
        let set = move |conn: &mut Connection, place: &Place| {
            let done = conn.query_row(&format!("PRAGMA max_page_count = {limit}"), [], |_| Ok(()));
            done.map_err(|e| place.sqlite(ACTION, &e))
        };
        self.writing(ACTION, set).await
    }

    /// Reads on one of the reading connections, in one transaction, so that who asks twice sees one state.
    pub(crate) async fn reading<T: Send + 'static>(
        &self,
        action: &'static str,
        f: impl FnOnce(&Transaction<'_>, &Place) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        let place = self.place.clone();
        let read = move |conn: &mut Connection| {
            let tx = conn.transaction().map_err(|e| place.sqlite(action, &e))?;
            f(&tx, &place)
        };
        self.readers.run(action, read).await
    }

    /// Runs `f` on the writing connection.
    pub(crate) async fn writing<T: Send + 'static>(
        &self,
        action: &'static str,
        f: impl FnOnce(&mut Connection, &Place) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        let place = self.place.clone();
        self.writer.run(action, move |conn| f(conn, &place)).await
    }

    /// Says that rows were blanked or removed of which nothing may be left anywhere: the next checkpoint empties the log.
    pub(crate) fn outlive(&self) {
        self.outlived.store(true, Ordering::Relaxed);
    }

    /// Moves the write-ahead log back into the file: the bulk on the keeper's connection, beside which the writer goes
    /// on, and, when the log is long or has to be emptied, the rest on the writer's own, so that the log starts again.
    pub(crate) async fn move_log(&self) -> Result<(), PortError> {
        const ACTION: &str = "move the write-ahead log into the file";
        // PASSIVE never waits for anybody and never makes anybody wait.
        fn passive(conn: &Connection, place: &Place) -> Result<i64, PortError> {
            conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |r| r.get(1)).map_err(|e| place.sqlite(ACTION, &e))
        }
        // True when the log is empty now. A reader can prevent it; it is not waited for, because the appends would wait too.
        fn empty(conn: &Connection, place: &Place) -> Result<bool, PortError> {
            let done = conn.busy_timeout(Duration::ZERO).and_then(|()| {
                let held = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |r| r.get::<_, bool>(0));
                conn.busy_timeout(BUSY).and(held)
            });
            done.map(|held| !held).map_err(|e| place.sqlite(ACTION, &e))
        }
        let place = self.place.clone();
        let long = self.keeper.run(ACTION, move |conn| passive(conn, &place)).await? >= RESTART_PAGES;
        if self.outlived.swap(false, Ordering::Relaxed) {
            // What is blanked meanwhile says so itself.
            let emptied = self.writing(ACTION, |conn, place| empty(conn, place)).await;
            if !matches!(emptied, Ok(true)) {
                self.outlive();
            }
            emptied?;
        } else if long {
            self.writing(ACTION, |conn, place| passive(conn, place)).await?;
        }
        Ok(())
    }
}

impl<K> std::fmt::Debug for Database<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("file", &self.place.file).finish_non_exhaustive()
    }
}
