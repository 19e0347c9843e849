//! The ordered, durable log of signals.

use crate::PortError;
use allclear_model::{Entry, FreeText, ReportId, Time};
use async_trait::async_trait;

/// What one step of blanking did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blanked {
    /// Rows whose source and network were removed in this step.
    pub rows: u64,
    /// True when nothing is left to blank.
    pub done: bool,
}

/// The journal. One writer per process; the engine stamps sequence numbers and times before it appends.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// Makes all `entries` durable in one group (one statement, one fsync), or none of them. Their sequence numbers
    /// follow the last one without a gap; anything else is refused as `Unavailable`. When this returns `Ok`, a power
    /// cut loses nothing. Texts that entries bring are kept apart in the same group; those that an entry takes away
    /// (withdrawn, replaced, erased) are overwritten in it.
    ///
    /// # Errors
    /// [`PortError::Full`] or [`PortError::Unavailable`]; then none of them is in the journal.
    async fn append(&self, entries: &[Entry]) -> Result<(), PortError>;

    /// Entries with `seq >= from`, in order, at most `limit`, without texts. Fewer than `limit` means the end was reached.
    ///
    /// # Errors
    /// Those of reading.
    async fn read(&self, from: u64, limit: usize) -> Result<Vec<Entry>, PortError>;

    /// Sequence number and time of the last entry, `None` when the journal was never written to. Pruning keeps it.
    ///
    /// # Errors
    /// Those of reading.
    async fn last(&self) -> Result<Option<(u64, Time)>, PortError>;

    /// The oldest sequence number still kept.
    ///
    /// # Errors
    /// Those of reading.
    async fn first(&self) -> Result<Option<u64>, PortError>;

    /// Removes at most `limit` entries with `seq < before`, oldest first, never the last one. Returns how many.
    ///
    /// # Errors
    /// Those of writing.
    async fn prune(&self, before: u64, limit: usize) -> Result<u64, PortError>;

    /// Blanks source and network of at most `limit` entries stamped before `before`.
    ///
    /// # Errors
    /// Those of writing.
    async fn blank_sources(&self, before: Time, limit: usize) -> Result<Blanked, PortError>;

    /// Blanks what the network was called the day before, and nothing else, of at most `limit` entries stamped before `before`.
    ///
    /// # Errors
    /// Those of writing.
    async fn blank_network_names(&self, before: Time, limit: usize) -> Result<Blanked, PortError>;

    /// The texts of those of `ids` that have one, in the order of `ids`.
    ///
    /// # Errors
    /// Those of reading.
    async fn texts(&self, ids: &[ReportId]) -> Result<Vec<(ReportId, FreeText)>, PortError>;

    /// Overwrites at most `limit` texts that came before `before`. Returns how many.
    ///
    /// # Errors
    /// Those of writing.
    async fn forget_texts(&self, before: Time, limit: usize) -> Result<u64, PortError>;

    /// Moves a bounded part of the write-ahead log back into the file.
    ///
    /// # Errors
    /// Those of writing.
    async fn checkpoint(&self) -> Result<(), PortError>;

    /// Reads at most `limit` entries to see whether they are still what was written, from the beginning (`None`) or from
    /// where the step before ended. Says where to go on, `None` at the end. Never holds up an append.
    ///
    /// # Errors
    /// [`PortError::Unusable`] says what is damaged and which command helps; else those of reading.
    async fn look_through(&self, from: Option<String>, limit: usize) -> Result<Option<String>, PortError>;
}
