//! The catalogue: its files read, checked and merged into the one effective content, and its names searched.

mod names;
mod source;

pub use names::Names;
pub use source::{Include, Loaded, Problem, Source};
