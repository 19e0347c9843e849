//! Watching: our own checks and the vendors' official pages. Pure: who asks is told here whom, what, how often and when, and whether to believe itself.

mod controls;
mod families;
mod health;
mod hosts;
mod outbox;
mod plan;
mod readings;
mod schedule;

pub use controls::Controls;
pub use families::Families;
pub use health::{Health, Illness, Reach, paused};
pub use hosts::Hosts;
pub use outbox::{Elsewhere, Outbox};
pub(crate) use plan::OWN_HOST_S;
pub use plan::{Ask, HOST_S, Manners, QUIET_S, What, Why, host, page_host, plan};
pub use readings::{Came, Readings, Turn};
pub use schedule::{Run, Schedule};
