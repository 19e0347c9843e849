//! The judge through its public face.

mod board;
mod common;
mod replay;
mod snapshot;
