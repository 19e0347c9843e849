//! Watching: our own checks and the vendors' official pages. Pure: who asks is told here whom, what, how often and when, and whether to believe itself.

mod health;
mod hosts;
mod plan;
mod readings;
mod schedule;

pub use health::{Health, Outbox, PAUSED};
pub use hosts::Hosts;
pub(crate) use plan::OWN_HOST_S;
pub use plan::{Ask, HOST_S, Manners, QUIET_S, What, Why, host, page_host, plan};
pub use readings::{Came, Readings, Turn};
pub use schedule::{Run, Schedule};
