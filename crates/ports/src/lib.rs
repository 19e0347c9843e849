//! The few traits between the use cases and the outside: [`Clock`], [`Journal`], [`Snapshots`], [`Store`]. Errors by kind.
//!
//! An adapter implements them in `store` (or `cli` for the clock); only `cli` names an adapter.

mod clock;
mod error;
mod journal;
mod snapshots;
mod store;

pub use clock::Clock;
pub use error::PortError;
pub use journal::{Blanked, Journal};
pub use snapshots::Snapshots;
pub use store::{
    AuditRow, CheckPage, CheckRow, Considered, DecisionRow, IncidentPage, Listing, Minutes, OfficialRow, PortResult,
    Queue, ReportPage, ReportRow, Rollup, RollupBin, Span, Store, Suggestion, Survey, VisitTotals,
};
