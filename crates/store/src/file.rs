//! Opening a database file: is it ours, of a version we know, and whole at first sight?
//!
//! All of it is a handful of page reads, whatever the size of the file: a start must not wait for a full check.

use crate::error::{Place, io};
use allclear_ports::PortError;
use rusqlite::{Connection, OpenFlags};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

/// What a file of one sort must look like, and who may read it.
pub struct Sort {
    /// Its name in the data folder.
    pub(crate) name: &'static str,
    /// SQLite's `application_id`; ours begin with "ALC" in ASCII.
    pub(crate) application_id: i32,
    /// The steps from an empty file to the present schema. `user_version` counts those that were taken.
    pub(crate) migrations: &'static [&'static str],
    /// Tables that must be there.
    pub(crate) tables: &'static [&'static str],
    /// Connections for reading.
    pub(crate) readers: usize,
    /// Reads the newest row, which must be sound: it was the last to be written when a machine went down.
    pub(crate) newest: fn(&Connection, &Place) -> Result<(), PortError>,
}

/// Pages after which a commit runs a checkpoint by itself: 64 MiB. Only a backstop for a maintenance loop that stands
/// still; the loop's own checkpoints keep the log far below it.
const BACKSTOP_PAGES: i64 = 16_384;

/// Size in bytes to which the log's file is cut when it starts again: the backstop's 64 MiB.
const LOG_KEPT: i64 = BACKSTOP_PAGES * 4_096;

/// How long to wait for a lock of another connection. Within one process only a checkpoint or a start can hold one.
pub(crate) const BUSY: Duration = Duration::from_secs(5);

const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Makes `dir` and what leads to it, readable by its owner alone, and durable.
pub(crate) fn make_folder(dir: &Path) -> Result<(), PortError> {
    let failed = |e: &std::io::Error| io("create the data folder", dir, e);
    let missing: Vec<&Path> = dir.ancestors().take_while(|d| !d.as_os_str().is_empty() && !d.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| failed(&e))?;
    for parent in missing.iter().filter_map(|made| made.parent()) {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        sync_folder(parent).map_err(|e| failed(&e))?;
    }
    Ok(())
}

/// Makes new names in `dir` durable.
pub(crate) fn sync_folder(dir: &Path) -> std::io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Opens `file` for writing, empty; a new one is for its owner alone, whatever the folder allows.
pub(crate) fn make_private(file: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)
}

/// Opens the one writing connection, after creating or migrating the file where needed.
pub(crate) fn open_writer(place: &Place, sort: &Sort) -> Result<Connection, PortError> {
    make_folder(&place.dir)?;
    let fresh = !peek(place, sort)?;
    if fresh {
        // SQLite gives its log the same mode as the file.
        make_private(&place.file).map_err(|e| io("create the database", &place.file, &e))?;
    }
    let mut conn = connect(place, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    migrate(&mut conn, place, sort)?;
    set_cache(&conn, 1024).map_err(|e| place.sqlite("open the database", &e))?;
    let failed = |e: &rusqlite::Error| place.sqlite("open the database", e);
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |r| r.get(0)).map_err(|e| failed(&e))?;
    if mode != "wal" {
        return Err(place.unusable(format!(
            "cannot use a write-ahead log here (SQLite stays in mode {mode:?}): put the data folder on a local disk"
        )));
    }
    if fresh {
        sync_folder(&place.dir).map_err(|e| io("create the database", &place.dir, &e))?;
    }
    look_whole(&conn, place, sort)?;
    Ok(conn)
}

/// Opens a connection that can only read.
pub(crate) fn open_reader(place: &Place) -> Result<Connection, PortError> {
    let conn = connect(place, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    set_cache(&conn, 512)
        .and_then(|()| conn.execute_batch("PRAGMA query_only = ON"))
        .map_err(|e| place.sqlite("open the database", &e))?;
    Ok(conn)
}

/// Opens a connection for checkpoints and backups.
pub(crate) fn open_keeper(place: &Place) -> Result<Connection, PortError> {
    let conn = connect(place, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    set_cache(&conn, 256).map_err(|e| place.sqlite("open the database", &e))?;
    Ok(conn)
}

/// Bounds a connection's page cache, in KiB; SQLite's own bound is 2,000. What is not in it, the system has in its cache
/// too, and an idle site should be small.
fn set_cache(conn: &Connection, kib: u32) -> rusqlite::Result<()> {
    conn.execute_batch(&format!("PRAGMA cache_size = -{kib}"))
}

/// Opens a file that must not be changed in any way, such as one of a backup.
pub(crate) fn open_untouched(place: &Place, sort: &Sort) -> Result<Connection, PortError> {
    if !peek(place, sort)? {
        return Err(place.unusable("is missing or empty".to_owned()));
    }
    let conn = connect(place, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let version = known_version(&conn, place, sort)?;
    if version != sort.migrations.len() {
        return Err(
            place.unusable(format!("has the older schema {version}: start the site on it once to bring it up to date"))
        );
    }
    look_whole(&conn, place, sort)?;
    Ok(conn)
}

fn connect(place: &Place, flags: OpenFlags) -> Result<Connection, PortError> {
    let failed = |e: &rusqlite::Error| place.sqlite("open the database", e);
    let conn =
        Connection::open_with_flags(&place.file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(|e| failed(&e))?;
    conn.busy_timeout(BUSY).map_err(|e| failed(&e))?;
    // FULL: a commit is on the disk before it is answered. journal_size_limit: a log that a long backup held up gives
    // its space back when it starts again, down to what a commit may let it grow to. secure_delete: blanked hashes are overwritten, not only
    // unlinked. trusted_schema, cell_size_check: a damaged or forged file must not run code or mislead the reader.
    conn.execute_batch(&format!(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = {BACKSTOP_PAGES}; PRAGMA secure_delete = ON;
         PRAGMA journal_size_limit = {LOG_KEPT}; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
    ))
    .map_err(|e| failed(&e))?;
    Ok(conn)
}

/// Reads the header without SQLite, so that a foreign file is never touched. False when there is no file, or an empty one.
fn peek(place: &Place, sort: &Sort) -> Result<bool, PortError> {
    let failed = |e: &std::io::Error| io("open the database", &place.file, e);
    let mut file = match File::open(&place.file) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        other => other.map_err(|e| failed(&e))?,
    };
    let meta = file.metadata().map_err(|e| failed(&e))?;
    if !meta.is_file() {
        return Err(place.foreign("is not a file"));
    }
    if meta.len() == 0 {
        return Ok(false);
    }
    // The first commit of all was cut short: SQLite will take it back.
    if place.file.with_extension("db-journal").exists() {
        return Ok(true);
    }
    let mut header = [0; 100];
    if file.read_exact(&mut header).is_err() || !header.starts_with(MAGIC) {
        return Err(place.foreign("is not a database of allclear (its first bytes are not those of SQLite)"));
    }
    let id = i32::from_be_bytes([header[68], header[69], header[70], header[71]]);
    if id != sort.application_id {
        return Err(place.foreign(&format!("belongs to another program (application id {id:#010x})")));
    }
    Ok(true)
}

/// How many migrations were run on the file; refuses foreign and newer files.
fn known_version(conn: &Connection, place: &Place, sort: &Sort) -> Result<usize, PortError> {
    let number =
        |sql: &str| conn.query_row(sql, [], |r| r.get::<_, i64>(0)).map_err(|e| place.sqlite("open the database", &e));
    let version = number("PRAGMA user_version")?;
    let id = number("PRAGMA application_id")?;
    if id == 0 && version == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0 {
        return Ok(0);
    }
    if id != i64::from(sort.application_id) {
        return Err(place.foreign(&format!("belongs to another program (application id {id:#010x})")));
    }
    match usize::try_from(version) {
        Ok(v) if v <= sort.migrations.len() && v > 0 => Ok(v),
        Ok(0) => Err(place.damaged("has no schema version")),
        _ => Err(place.newer(&format!("schema {version}"), sort.migrations.len())),
    }
}

/// Takes the missing steps, all of them or none.
fn migrate(conn: &mut Connection, place: &Place, sort: &Sort) -> Result<(), PortError> {
    let from = known_version(conn, place, sort)?;
    let missing = sort.migrations.get(from..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    let mut steps = || {
        let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for step in missing {
            tx.execute_batch(step)?;
        }
        tx.execute_batch(&format!(
            "PRAGMA application_id = {}; PRAGMA user_version = {};",
            sort.application_id,
            sort.migrations.len()
        ))?;
        tx.commit()
    };
    steps().map_err(|e| place.sqlite("bring the database up to date", &e))
}

/// A file of at most this many bytes is looked through page by page before it is used; that takes some 10 ms. A larger one
/// is not, so that a start stays quick: its damage is found when the page is read.
const LOOKED_THROUGH: u64 = 16 << 20;

/// Signs of damage: a missing table, a file shorter than its pages, or in a small file a page that is none.
fn look_whole(conn: &Connection, place: &Place, sort: &Sort) -> Result<(), PortError> {
    let failed = |e: &rusqlite::Error| place.sqlite("open the database", e);
    let number = |sql: &str| conn.query_row(sql, [], |r| r.get::<_, u32>(0)).map(u64::from).map_err(|e| failed(&e));
    for table in sort.tables {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1";
        if conn.query_row(sql, [table], |r| r.get::<_, i64>(0)).map_err(|e| failed(&e))? != 1 {
            return Err(place.damaged(&format!("is damaged (the table {table} is missing)")));
        }
    }
    let (pages, size) = (number("PRAGMA page_count")?, number("PRAGMA page_size")?.max(512));
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |m| m.len());
    let in_file = length(&place.file) / size;
    // A page that is not in the file yet must be in the write-ahead log (32 bytes, then 24 bytes before each page).
    let in_log = length(&place.file.with_extension("db-wal")).saturating_sub(32) / (size + 24);
    if pages > in_file + in_log {
        return Err(place.damaged(&format!("was cut short ({in_file} of {pages} pages are left)")));
    }
    if pages * size <= LOOKED_THROUGH {
        let sql = "PRAGMA quick_check(1)";
        let found = conn.query_row(sql, [], |r| r.get::<_, String>(0)).map_err(|e| failed(&e))?;
        if found != "ok" {
            return Err(place.damaged(&format!("is damaged ({found})")));
        }
    }
    Ok(())
}
