//! The embedded engines against the ports' own suites, and against what can happen to their files.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod backup;
mod conformance;
mod damage;
mod folder;
mod full;
mod kill;
mod look;
mod random;
