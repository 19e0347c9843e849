//! The real binary, from the outside: processes, signals, files, HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod admin;
mod agents;
mod architecture;
mod backup;
mod baseline;
mod check;
mod clock;
mod commands;
mod configuration;
mod deployment;
mod disk;
mod kill;
mod locked;
mod official;
mod operate;
mod pages;
mod places;
mod privacy;
mod reading;
mod replay;
mod reporting;
mod serving;
mod slow;
mod snapshots;
mod support;
mod watching;
mod ways;
