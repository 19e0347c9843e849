//! Checksummed pictures of the board's memory, so that a start need not read the whole journal.

use crate::PortError;

/// Where snapshots are kept. Methods block; the engine calls them off its own tasks.
pub trait Snapshots: Send + Sync + 'static {
    /// Keeps the bytes of the board as it was after entry `seq`, durable when this returns, and drops all but the newest two.
    ///
    /// # Errors
    /// Those of writing; the snapshots that were there are still there.
    fn write(&self, seq: u64, bytes: &[u8]) -> Result<(), PortError>;

    /// Sequence numbers of the snapshots kept, newest first.
    ///
    /// # Errors
    /// Those of reading the folder.
    fn newest_first(&self) -> Result<Vec<u64>, PortError>;

    /// The bytes of one snapshot. Whether they are sound is for the board to say.
    ///
    /// # Errors
    /// Those of reading.
    fn read(&self, seq: u64) -> Result<Vec<u8>, PortError>;

    /// Takes a snapshot that is of no use out of [`Snapshots::newest_first`], without destroying it at once: it must not
    /// count as one of the two that are kept, nor hold the place up to which the journal may be pruned.
    ///
    /// # Errors
    /// Those of writing.
    fn set_aside(&self, seq: u64) -> Result<(), PortError>;
}
