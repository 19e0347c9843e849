//! The real binary, from the outside: processes, signals, files, HTTP.

mod admin;
mod backup;
mod commands;
mod configuration;
mod disk;
mod kill;
mod replay;
mod serving;
mod support;
