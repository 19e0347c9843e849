//! The judge: from signals to verdicts, purely.
//!
//! [`Board`] holds the state of all services and is changed only by [`Board::apply`]. [`rule`] is the statistics under it,
//! usable on its own. [`replay`] runs a file of signals through a board and prints its verdicts.
//!
//! Architecture invariant: nothing here awaits, reads a clock or draws a random number, and no hash map is walked. All
//! arithmetic that decides is basic IEEE 754 operations, square roots and `libm`, so that every machine comes to the same bits.

pub mod board;
mod limits;
pub mod replay;
pub mod rule;

pub use board::people::{WAITING, WAITS_MS};
pub use board::{
    AGENTS_AT_ONCE, AgentNow, BinNow, Board, Change, Changed, CheckCell, DayNow, Discounts, FLAGS, Line, MonthNow,
    OfficialNow, Remark, Remembered, ServiceNow, SnapshotError, SpotNow,
};
pub use limits::{Limits, Sizes};

/// Version of the rules. It grows whenever the same signals could give another verdict.
pub const RULE: u32 = 7;
/// Outages in 30 days of a service whose category does not say.
pub const PRIOR_OUTAGES: f64 = 1.0;
