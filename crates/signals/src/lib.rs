//! The witnesses that are not people: the vendors' official pages, and our own checks.

pub mod official;
