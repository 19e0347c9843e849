//! What this process asks of others by itself: checks, for the site that it is or for one elsewhere (the loop is the same; what is planned, where
//! results go and which time it is differ, and stand behind [`Base`]), and official pages, for the site alone.

pub(crate) mod pages;
mod runner;
mod site;

/// A service is attended to for so long after the last sign that it is due. Milliseconds.
const ATTEND_MS: i64 = 120_000;

pub(crate) use runner::{Base, Runner};
pub(crate) use site::begin;
