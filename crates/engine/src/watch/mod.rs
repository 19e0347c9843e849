//! Watching: our own checks and the vendors' official pages. Pure: who asks is told here whom, what and how often.

mod plan;

pub use plan::{Ask, HOST_S, Manners, QUIET_S, What, Why, plan};
