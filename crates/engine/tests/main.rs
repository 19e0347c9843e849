//! The engine through its public face, on real SQLite files, under virtual time.

mod catalogue;
mod faults;
mod intake;
mod keys;
mod live_and_replay;
mod pictures;
mod restart;
mod support;
