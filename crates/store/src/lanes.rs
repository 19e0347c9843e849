//! Who may touch a database file: one writer on a thread of its own, and a few readers.
//!
//! SQLite allows one writer at a time. Giving it a thread, instead of a lock, means that writing never waits for a
//! lock, that jobs keep their order, and that no async worker is blocked by an fsync.

use crate::error::gone;
use allclear_ports::PortError;
use rusqlite::Connection;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use tokio::sync::{Semaphore, oneshot};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The one writing connection.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread `name`, which owns `conn` until the writer is dropped.
    pub(crate) fn start(name: &str, mut conn: Connection) -> Result<Writer, PortError> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            while let Ok(job) = queue.recv() {
                job(&mut conn);
            }
        });
        let thread = thread
            .map_err(|e| PortError::Unavailable { action: "start the database writer", detail: e.to_string() })?;
        Ok(Writer { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs `f` on the writer's thread, after all that was asked for before. It runs to its end even when the caller
    /// no longer waits.
    pub(crate) async fn run<T, F>(&self, action: &'static str, f: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, PortError> + Send + 'static,
    {
        let (answer, wait) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            // Nobody waits any more: the work is done all the same.
            drop(answer.send(f(conn)));
        });
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        if !sent {
            return Err(gone(action));
        }
        wait.await.map_err(|_| gone(action))?
    }
}

impl Drop for Writer {
    /// Waits until the queue is empty and the connection is closed, so that the folder's lock outlives it.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Connections that are opened when first needed and lent to one caller at a time.
#[derive(Clone)]
pub(crate) struct Pool {
    open: Arc<dyn Fn() -> Result<Connection, PortError> + Send + Sync>,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    /// At most `max` connections, made by `open`.
    pub(crate) fn new(max: usize, open: impl Fn() -> Result<Connection, PortError> + Send + Sync + 'static) -> Pool {
        Pool { open: Arc::new(open), idle: Arc::default(), permits: Arc::new(Semaphore::new(max)) }
    }

    /// Runs `f` on a blocking thread with one of the connections.
    pub(crate) async fn run<T, F>(&self, action: &'static str, f: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, PortError> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| gone(action))?;
        let pool = self.clone();
        let job = blocking(move || {
            // Held until the work is over, even when the caller has given up: the bound is on work, not on callers.
            let _permit = permit;
            let kept = pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut conn = match kept {
                Some(conn) => conn,
                None => (pool.open)()?,
            };
            let result = f(&mut conn);
            // One that could not end its transaction would hold the log for ever; closing it does.
            if conn.is_autocommit() {
                pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
            }
            result
        });
        job.await.map_err(|_| gone(action))?
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("free", &self.permits.available_permits()).finish_non_exhaustive()
    }
}

/// Begins work on a blocking thread.
#[expect(clippy::disallowed_methods, reason = "a store has no tracker; whoever begins the work waits for it")]
pub(crate) fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> tokio::task::JoinHandle<T> {
    tokio::task::spawn_blocking(work)
}
