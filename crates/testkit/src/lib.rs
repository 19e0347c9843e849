//! For tests only: a clock that stands still until it is told to move, engines that fail on demand, the whole engine in a
//! folder of its own, and the suites that every engine behind a port has to pass.

#![expect(clippy::expect_used, reason = "a test kit fails loudly, in a test")]

mod app;
mod clock;
pub mod conformance;
mod faults;
pub mod mmdb;

pub use app::{Folder, START, TestEngine, new_report};
pub use clock::VirtualClock;
pub use faults::{Fault, Faulty};
