//! Use cases and loops: intake, judge, publish, fan-out. Knows ports and no adapter.

pub mod view;
