//! Official pages through the public face of the crate: from bytes to what they mean for one service.

mod brief;
mod broken;
mod find;
mod fixtures;
mod judge;
mod payloads;
mod robust;
mod source;

use allclear_model::Time;
use allclear_signals::official::{self, OfficialStatus, Scope};

/// The moment of all tests, unless they say otherwise.
fn noon() -> Time {
    time("2026-05-01T12:00:00Z")
}

fn time(text: &str) -> Time {
    Time::parse(text).unwrap_or_else(|e| panic!("{e}"))
}

/// What `payload` means for `scope` at noon.
fn judged(payload: &str, scope: &Scope) -> OfficialStatus {
    judged_at(payload, scope, noon())
}

fn judged_at(payload: &str, scope: &Scope, now: Time) -> OfficialStatus {
    let (format, page) = official::detect(payload.as_bytes()).unwrap_or_else(|e| panic!("{e}: {payload}"));
    official::judge(format, page, scope, now)
}
