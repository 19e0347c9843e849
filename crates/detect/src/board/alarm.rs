//! When sums over the threshold are believed: what a few networks send together never makes an alarm.
//!
//! On a quiet service a network counts once, whatever it sends; but the first reports of four networks and one ordinary report
//! from a fifth look like an outage of a very small service. What tells them apart is that such networks soon send again. So
//! the four heaviest networks are taken away as soon as any of them has had a second source, and an alarm that depends on them
//! has to stand at the end of two minutes, or of one when its reports did not all come just now. A network whose source sends
//! again loses its own report, and while there are few networks the two minutes are not enough then.

use super::networks::HEAVIEST;
use super::state::{Cx, State};
use crate::rule::{self, Stat};
use serde::{Deserialize, Serialize};

/// Networks that must have reported in the last hour before an alarm is believed.
const NETWORKS: u64 = HEAVIEST as u64 + 1;
/// Below this many nats the sums are taken to have forgotten which networks raised them.
const REMEMBERED: f64 = 1.0;
/// An alarm that depends on four networks is believed at the end of one minute when fewer effective reports than this came in so
/// many minutes: what came before has had the time to show whether its networks send again. Measured: docs/DETECTION.md.
const SETTLED: (i64, f64) = (3, 1.5);

/// What is held against reports of which the sums still know.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Suspicion {
    /// The sums were over the threshold at the end of the last minute.
    pub(super) over: bool,
    /// Effective reports held against the four heaviest networks ([`super::trace::Seen::doubted`]). The most since the sums were last
    /// near zero, so that it lasts when the networks have fallen silent.
    pub(super) taken: f64,
}

/// Index of the level to which the sums speak, if the alarm is to be believed.
pub(super) fn alarm(state: &mut State, cx: &Cx, stat: &Stat, need: f64, ended: bool) -> Option<usize> {
    let max = stat.max_s();
    if max < REMEMBERED {
        state.stand.suspicion = Suspicion::default();
        return None;
    }
    if max < need && state.all_single() {
        // Nearly always, and nothing has to be taken away from it.
        state.stand.suspicion.over &= !ended;
        return None;
    }
    let seen = state.seen(cx.minute, ended);
    let s = &mut state.stand.suspicion;
    s.taken = s.taken.max(seen.doubted);
    let over = if max < need || seen.networks < NETWORKS { None } else { stat.over(need, s.taken) };
    let held = (s.over && !seen.may_be_a_flood()) || state.last.effective(cx.minute, SETTLED.0) < SETTLED.1;
    if ended {
        s.over = over.is_some();
    }
    // Within a minute it waits for the end of it, unless there is an alarm without them.
    let firm = if ended { rule::FIRM } else { need };
    over.filter(|_| (ended && held) || stat.over(firm, seen.heaviest).is_some())
}
