//! The witnesses that are not people: the vendors' official pages, and our own checks.

pub mod check;
pub mod dial;
mod manners;
pub mod official;
pub mod robots;
pub mod sse;
