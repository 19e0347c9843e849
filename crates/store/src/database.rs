//! A database file with its lanes: one writer, a few readers, and a keeper for checkpoints.

use crate::error::{Place, gone};
use crate::file::{Sort, open_keeper, open_reader, open_writer};
use crate::lanes::{Pool, Writer};
use allclear_ports::PortError;
use rusqlite::{Connection, Transaction};
use std::marker::PhantomData;
use std::path::Path;

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
        Ok(Database { place, readers, keeper, writer, kind: PhantomData })
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

    /// Moves the write-ahead log back into the file: the bulk on the keeper's connection, beside which the writer goes
    /// on, and, when the log is long, the rest on the writer's own, so that the log starts again.
    pub(crate) async fn move_log(&self) -> Result<(), PortError> {
        const ACTION: &str = "move the write-ahead log into the file";
        // PASSIVE never waits for anybody and never makes anybody wait.
        fn passive(conn: &Connection, place: &Place) -> Result<i64, PortError> {
            conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |r| r.get(1)).map_err(|e| place.sqlite(ACTION, &e))
        }
        let place = self.place.clone();
        if self.keeper.run(ACTION, move |conn| passive(conn, &place)).await? >= RESTART_PAGES {
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
