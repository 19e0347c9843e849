//! The catalogue: its files read, checked and merged into the one effective content, and its names searched.

mod check;
mod cycles;
mod files;
mod guide;
mod hosts;
mod load;
mod names;
mod reader;
mod source;
mod watch;

pub use guide::{HEALTHY, THEIRS};
pub use hosts::Hosts;
pub(crate) use hosts::host_of;
pub use load::load;
pub use names::Names;
pub use source::{Broken, Include, Loaded, Problem, Source};
