//! The judge through its public face.

#![expect(clippy::unwrap_used, clippy::format_push_string, reason = "a test stops where something is not as it says")]

mod board;
mod bundles;
mod checks;
mod common;
mod golden;
mod incident;
mod kinds;
mod official;
mod people;
mod replay;
mod small;
mod snapshot;
mod usual;
