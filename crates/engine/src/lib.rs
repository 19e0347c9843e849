//! Use cases and loops: intake, judge, publish, fan-out. Knows ports and no adapter.

mod admin;
pub mod agents;
mod archive;
mod attention;
mod authors;
pub mod catalogue;
mod command;
mod config;
mod core;
mod error;
mod gate;
pub mod intake;
mod keys;
mod likeness;
mod limit;
mod look;
mod maintain;
mod metrics;
mod operate;
mod pauses;
mod picture;
mod place;
mod progress;
mod project;
mod publish;
mod recover;
mod secret;
mod site;
mod snapshot;
mod start;
mod texts;
pub mod trust;
pub mod view;
pub mod watch;
mod watching;

/// Rows of the archive, as [`Archive`] hands them out: what a reader of the engine may name without naming a port.
pub mod rows {
    pub use allclear_ports::{
        AuditRow, CheckPage, CheckRow, Considered, DecisionRow, IncidentPage, Listing, Minutes, OfficialRow, Queue,
        ReportPage, ReportRow, Rollup, RollupBin, Span, Suggestion, Survey, VisitTotals,
    };
}
mod visits;
mod work;

pub use admin::{Admin, AdminStatus};
pub use allclear_detect::AGENTS_AT_ONCE;
pub use archive::{Archive, DEADLINE, READS_AT_ONCE};
pub use attention::Attention;
pub use config::{CoreConfig, LimitsConfig, WatchRules};
pub use error::EngineError;
pub use intake::{Intake, IntakeResult};
pub use operate::Looked;
pub use place::{Place, Places, Tells};
pub use site::Site;
pub use start::{Ports, start, start_while};
pub use view::FRESH_S;
pub use visits::Referrer;
pub use watching::{Speaks, Watching};

/// All that the outside holds of a running engine.
#[derive(Clone)]
pub struct Handles {
    /// Pictures, without a store.
    pub site: Site,
    /// The door for reports, votes and page views, without a store.
    pub intake: Intake,
    /// Cold reads.
    pub archive: Archive,
    /// Where to look more often, without a store.
    pub attention: Attention,
    /// How watching goes, as whoever does it tells.
    pub watching: Watching,
    /// The door for agents, without a store.
    pub agents: agents::Agents,
    /// For operators.
    pub admin: Admin,
}
