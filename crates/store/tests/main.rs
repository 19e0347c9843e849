//! The embedded engines against the ports' own suites, and against what can happen to their files.

mod backup;
mod conformance;
mod damage;
mod folder;
mod full;
mod kill;
