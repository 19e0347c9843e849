//! For tests only: a clock that stands still until it is told to move, and the suites that every engine behind a port
//! has to pass.

mod clock;
pub mod conformance;

pub use clock::VirtualClock;
