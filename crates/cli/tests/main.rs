//! The real binary, from the outside: processes, signals, files, HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stderr, reason = "says what was skipped and what was counted")]

mod admin;
mod backup;
mod commands;
mod configuration;
mod disk;
mod kill;
mod privacy;
mod replay;
mod serving;
mod support;
