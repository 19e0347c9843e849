//! Watching: our own checks and the vendors' official pages. Pure: who asks is told here whom, what, how often and when, and whether to believe itself.

mod health;
mod plan;
mod schedule;

pub use health::{Health, Outbox, PAUSED};
pub(crate) use plan::OWN_HOST_S;
pub use plan::{Ask, HOST_S, Manners, QUIET_S, What, Why, host, plan};
pub use schedule::{Run, Schedule};
