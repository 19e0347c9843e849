//! What all that asks from this place shares: its clock, the table of when each host may be asked again, and whether there is another catalogue to follow.

use allclear_engine::view::SiteView;
use allclear_engine::watch::Hosts;
use allclear_model::{Catalogue, Time};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Longest time without a look at the catalogue and at what people report.
pub(super) const LOOK: Duration = Duration::from_secs(2);

/// This place. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Here {
    pub(super) hosts: Hosts,
    began: Instant,
}

impl Here {
    pub(crate) fn new() -> Here {
        Here { hosts: Hosts::default(), began: Instant::now() }
    }

    /// Milliseconds since the start: a machine's clock may jump, and nothing should be forgotten or doubled for that.
    pub(super) fn now(&self) -> Time {
        Time(i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    /// How long a loop may sleep that has something to do at the first of these times.
    pub(super) fn until<const N: usize>(&self, next: [Option<Time>; N]) -> Duration {
        let next = next.into_iter().flatten().min();
        let ms = next.map_or(i64::MAX, |at| at.since_ms(self.now())).max(10);
        Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(LOOK)
    }

    /// What decides where turns lie. Without chance every place has the same ones; nothing else depends on it.
    pub(super) fn chance() -> u64 {
        let mut seed = [0; 8];
        let _ = getrandom::fill(&mut seed);
        u64::from_le_bytes(seed)
    }
}

/// What a plan was made of.
#[derive(Default)]
pub(super) struct Followed(Option<(Arc<Catalogue>, Arc<[String]>)>);

impl Followed {
    /// Whether another plan is due than when this was last asked: the catalogue changed, or who opted out.
    pub(super) fn changed(&mut self, whole: &SiteView) -> bool {
        let same = self.0.as_ref().is_some_and(|(catalogue, opted_out)| {
            Arc::ptr_eq(catalogue, &whole.catalogue) && Arc::ptr_eq(opted_out, &whole.opted_out)
        });
        if !same {
            self.0 = Some((whole.catalogue.clone(), whole.opted_out.clone()));
        }
        !same
    }
}
