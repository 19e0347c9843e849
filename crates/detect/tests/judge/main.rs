//! The judge through its public face.

mod board;
mod common;
