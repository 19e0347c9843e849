//! Where attention is due: at services where something is going on, and at those that somebody looks at.

use crate::house::House;
use allclear_model::{Phase, Slug};

/// A service is attended to for so long after the last sign that it is due. Milliseconds.
pub(crate) const ATTEND_MS: i64 = 120_000;

/// The services at which attention is due now; some may be named twice.
pub(crate) fn due(house: &House) -> Vec<Slug> {
    let whole = house.handles.site.whole();
    let restless = whole.services.iter().filter(|l| l.phase != Phase::None || l.level.is_problem());
    let mut due: Vec<Slug> = restless.map(|l| l.slug.clone()).collect();
    due.extend(house.handles.site.followed());
    due.extend(house.handles.intake.visited());
    due
}
