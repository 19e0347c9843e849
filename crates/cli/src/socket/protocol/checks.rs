//! What is said over the socket of our own checks.

use allclear_engine::view::{CheckOutcome, ServiceView, SpotNow};
use allclear_engine::watch;
use allclear_model::signal::reason_start;
use allclear_model::{Slug, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// After so long a word of a location says nothing of how it is now. Milliseconds.
const RECENT_MS: i64 = 600_000;

/// What our checks found of a service from one location.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CheckStatus {
    /// From where.
    pub(crate) location: Slug,
    /// What the newest run said.
    pub(crate) outcome: CheckOutcome,
    /// Why it was not up; whoever answered the check has a hand in these words.
    pub(crate) reason: Option<String>,
    /// When that was.
    pub(crate) at: String,
    /// How long ago that was when this was asked. Seconds.
    pub(crate) age_s: i64,
    /// How long it took, where that was measured. Milliseconds.
    pub(crate) ms: Option<u32>,
    /// Whether a run was ever up from there; before that no failure counts.
    pub(crate) proven: bool,
    /// Whether it was heard in the last 10 minutes, and so has a say in the verdict.
    pub(crate) speaks: bool,
    /// Since when it fails from there, while it speaks of a failure.
    pub(crate) failing_since: Option<String>,
    /// Whether the location has stopped believing its own failures.
    pub(crate) paused: bool,
}

impl CheckStatus {
    /// As a picture has it at `now`; `fresh`: the picture may be read as of now.
    pub(crate) fn of(spot: &SpotNow, now: Time, fresh: bool) -> CheckStatus {
        CheckStatus {
            location: spot.location.clone(),
            outcome: spot.outcome,
            reason: spot.reason.as_deref().map(|why| reason_start(why).to_owned()),
            at: spot.at.to_string(),
            age_s: now.since_ms(spot.at).max(0) / 1000,
            ms: spot.ms,
            proven: spot.proven,
            speaks: spot.speaks && fresh,
            failing_since: spot.failing_since.filter(|_| fresh).map(|t| t.to_string()),
            paused: is_paused(spot),
        }
    }
}

fn is_paused(spot: &SpotNow) -> bool {
    spot.outcome == CheckOutcome::Inconclusive && spot.reason.as_deref().is_some_and(|why| watch::paused(why).is_some())
}

/// Locations that said of any service in the last 10 minutes that they are paused. What they found just before that stands until it is asked again, so one
/// word of it is enough.
pub(crate) fn paused<'a>(views: impl Iterator<Item = &'a ServiceView>, now: Time) -> BTreeSet<Slug> {
    let spots = views.flat_map(|v| &v.checks);
    let lately = spots.filter(|s| is_paused(s) && now.since_ms(s.at) < RECENT_MS);
    lately.map(|s| s.location.clone()).collect()
}
