//! Use cases and loops: intake, judge, publish, fan-out. Knows ports and no adapter.

mod error;
pub mod intake;
mod site;
pub mod view;

pub use error::EngineError;
pub use site::Site;
