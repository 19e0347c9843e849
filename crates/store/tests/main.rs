//! The embedded engines against the ports' own suites, and against what can happen to their files.

mod conformance;
