//! Locks around what is replaced whole.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks. What is behind the locks of this crate is replaced whole or changed in one step, so a panic in between leaves
/// it usable.
pub(crate) fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}
