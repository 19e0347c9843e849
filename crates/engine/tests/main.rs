//! The engine through its public face, on real SQLite files, under virtual time.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests fail loudly")]

mod agents;
mod catalogue;
mod faults;
mod intake;
mod keys;
mod live_and_replay;
mod people;
mod pictures;
mod places;
mod restart;
mod support;
