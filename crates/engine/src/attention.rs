//! Where attention is due: at services where something is going on, at those that somebody looks at, and at those whose check failed here just now and is
//! being asked about again: meanwhile other locations can say what they see.

use crate::site::Site;
use crate::visits::VisitCounters;
use allclear_model::{Phase, Slug};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What checks, official pages and agents are told to look at more often. Clones are the same one.
#[derive(Clone)]
pub struct Attention {
    site: Site,
    visits: Arc<VisitCounters>,
    suspected: Arc<Mutex<BTreeSet<Slug>>>,
}

impl Attention {
    pub(crate) fn new(site: Site, visits: Arc<VisitCounters>) -> Attention {
        Attention { site, visits, suspected: Arc::default() }
    }

    /// The services at which it is due now.
    pub fn due(&self) -> BTreeSet<Slug> {
        let whole = self.site.whole();
        let restless = whole.services.iter().filter(|l| l.phase != Phase::None || l.level.is_problem());
        let mut due: BTreeSet<Slug> = restless.map(|l| l.slug.clone()).collect();
        due.extend(self.site.followed());
        due.extend(self.visits.seen());
        due.extend(self.suspected.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        due
    }

    /// These, and no others, failed from here just now.
    pub fn suspect(&self, services: BTreeSet<Slug>) {
        *self.suspected.lock().unwrap_or_else(PoisonError::into_inner) = services;
    }
}
