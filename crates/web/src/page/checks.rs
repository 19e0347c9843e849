//! What our own checks say, in words: sentences of the answer, a line for each location, a cell for each quarter of an hour.

use crate::page::PageCx;
use crate::page::answer::age;
use crate::page::html::{self, Shape, esc};
use allclear_engine::view::{CheckCell, CheckOutcome, ServiceView, SpotNow};
use allclear_model::check::UNPROVEN;
use allclear_model::kept::DAY_MS;
use allclear_model::signal::reason_start;
use allclear_model::words::pages::{self as words, SpotLine};
use allclear_model::{Phase, Time};

/// A certificate that is valid for no more days than this is told of beside the checks.
const SOON_DAYS: i64 = 14;

/// Until when the certificate is valid that was last seen from any location, and for how many whole days; the one that ends first.
pub(crate) fn certificate(view: &ServiceView) -> Option<(Time, i64)> {
    let until = view.checks.iter().filter_map(|s| s.certificate).min()?;
    Some((until, until.since_ms(view.measured_at).div_euclid(DAY_MS)))
}

/// Locations with a strip and a line of their own.
pub(crate) const SHOWN: usize = 4;

/// How long the board hears a location after its last word. Seconds.
const WINDOW_S: u32 = 600;

/// From how many locations our check is heard, and from how many of them it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) failing: u64,
    pub(crate) speaking: u64,
}

impl Heard {
    pub(crate) fn of(view: &ServiceView) -> Heard {
        let count = |is: fn(&SpotNow) -> bool| view.checks.iter().filter(|s| is(s)).count() as u64;
        Heard { failing: count(|s| s.speaks && s.failing_since.is_some()), speaking: count(|s| s.speaks) }
    }

    /// The judge takes it for a failure.
    pub(crate) fn fails(self) -> bool {
        2 * self.failing > self.speaking
    }

    /// The judge takes it for a good sign.
    pub(crate) fn is_fine(self) -> bool {
        self.speaking > 0 && self.failing == 0
    }

    /// Some fail, and too few for the judge.
    pub(crate) fn is_split(self) -> bool {
        self.failing > 0 && !self.fails()
    }

    /// What was found, if anything was.
    pub(crate) fn sentence(self) -> Option<String> {
        (self.speaking > 0).then(|| words::checks(self.failing, self.speaking, WINDOW_S))
    }
}

/// True when our check fails and what people report makes no problem of it: then nobody can tell.
pub(crate) fn is_doubtful(view: &ServiceView) -> bool {
    view.verdict.phase == Phase::Possible && Heard::of(view).fails()
}

/// Locations as strips and lines have them: in order; where there are too many to show, those that fail come first.
pub(crate) fn in_order(spots: &[SpotNow]) -> Vec<&SpotNow> {
    let mut all: Vec<&SpotNow> = spots.iter().collect();
    if all.len() > SHOWN {
        all.sort_by_key(|s| s.failing_since.is_none());
    }
    all
}

/// What all locations found in bin `i` of `n`, the last `n` of the day.
pub(crate) fn cell(spots: &[SpotNow], i: usize, n: usize) -> String {
    let heard = spots.iter().filter_map(|s| s.cells.len().checked_sub(n - i).and_then(|k| s.cells.get(k)));
    let (mut failed, mut up, mut all) = (0, 0, 0);
    for c in heard {
        all += u64::from(*c != CheckCell::Nothing);
        up += u64::from(*c == CheckCell::Up);
        failed += u64::from(*c == CheckCell::Down);
    }
    words::checks_cell(failed, up, all, spots.len() > 1)
}

/// A line of markup for each location, and one for those that have none.
pub(crate) fn lines(cx: &PageCx, view: &ServiceView) -> Vec<String> {
    let all = in_order(&view.checks);
    let mut out: Vec<String> = all.iter().take(SHOWN).map(|s| line(cx, view, s)).collect();
    if all.len() > SHOWN {
        out.push(words::more_locations(all.len() - SHOWN));
    }
    if let Some((until, days)) = certificate(view).filter(|(_, days)| *days <= SOON_DAYS) {
        out.push(words::certificate_ends(&html::time(cx, until, Shape::Date), days));
    }
    out
}

fn line(cx: &PageCx, view: &ServiceView, s: &SpotNow) -> String {
    // Of an old picture nothing is said as if it were so now.
    let stale = view.is_stale(cx.now);
    let ago = age(s.at, if stale { cx.now } else { view.measured_at });
    let ago = ago.as_str();
    // Written by whoever answered the check.
    let reason = s.reason.as_deref().map(reason_start).filter(|r| !r.trim().is_empty()).map(esc);
    let reason = reason.as_deref();
    let since = s.failing_since.filter(|_| !stale).map(|t| html::time(cx, t, Shape::Zoned));
    let says = match (since.as_deref(), s.outcome) {
        _ if !s.proven => SpotLine::Unproven { reason: reason.filter(|r| *r != UNPROVEN) },
        (Some(since), CheckOutcome::Down) => SpotLine::Failing { since, reason },
        (Some(since), CheckOutcome::Up) => SpotLine::Passed { since, ago },
        (Some(since), CheckOutcome::Blocked | CheckOutcome::Inconclusive) => SpotLine::Unsure { since, reason },
        (None, CheckOutcome::Blocked | CheckOutcome::Inconclusive) => SpotLine::Unclear { ago, reason },
        (None, CheckOutcome::Up) if s.speaks && !stale => {
            SpotLine::Up { ms: s.ms, usual: s.usual_ms, ago, but: reason }
        }
        (None, outcome) => SpotLine::Old { up: outcome == CheckOutcome::Up, ago },
    };
    words::spot(&esc(&s.location), says)
}
