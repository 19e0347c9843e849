//! Where attention is due: at services where something is going on, at those that somebody looks at, and at those whose check failed at a location just now
//! and is being asked about again there: meanwhile other locations can say what they see.

use crate::site::Site;
use crate::visits::VisitCounters;
use allclear_model::{Phase, Slug, Time};
use allclear_ports::Clock;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// A location that does not say again what it suspects is not heard for longer than this: four times as long as an agent waits between two questions.
/// Milliseconds.
const SUSPECTED_MS: i64 = 60_000;

/// What checks, official pages and agents are told to look at more often. Clones are the same one.
#[derive(Clone)]
pub struct Attention {
    clock: Arc<dyn Clock>,
    site: Site,
    visits: Arc<VisitCounters>,
    suspected: Arc<Mutex<Suspected>>,
}

/// What failed just now, by location, and when it said so.
type Suspected = BTreeMap<Slug, (Time, BTreeSet<Slug>)>;

impl Attention {
    pub(crate) fn new(clock: Arc<dyn Clock>, site: Site, visits: Arc<VisitCounters>) -> Attention {
        Attention { clock, site, visits, suspected: Arc::default() }
    }

    /// The services at which it is due now.
    pub fn due(&self) -> BTreeSet<Slug> {
        let whole = self.site.whole();
        let restless = whole.services.iter().filter(|l| l.phase != Phase::None || l.level.is_problem());
        let mut due: BTreeSet<Slug> = restless.map(|l| l.slug.clone()).collect();
        due.extend(self.site.followed());
        due.extend(self.visits.seen());
        let now = self.clock.now();
        let mut suspected = self.suspected.lock().unwrap_or_else(PoisonError::into_inner);
        suspected.retain(|_, (since, _)| now.since_ms(*since) < SUSPECTED_MS);
        due.extend(suspected.values().flat_map(|(_, services)| services).cloned());
        due
    }

    /// When a location other than this one last said what it sees of a service: what its check found, or that it failed there just now. `None`: no other
    /// location checks it.
    pub fn elsewhere(&self, location: &Slug, service: &Slug) -> Option<Time> {
        let view = self.site.service(service);
        let spots = view.iter().flat_map(|v| &v.checks).filter(|s| s.location != *location && s.speaks);
        let found = spots.map(|s| s.at).max();
        let suspected = self.suspected.lock().unwrap_or_else(PoisonError::into_inner);
        let others = suspected.iter().filter(|(l, (_, services))| *l != location && services.contains(service));
        found.max(others.map(|(_, (since, _))| *since).max())
    }

    /// These, and no others, failed at this location just now.
    pub fn suspect(&self, location: &Slug, services: BTreeSet<Slug>) {
        let mut suspected = self.suspected.lock().unwrap_or_else(PoisonError::into_inner);
        if services.is_empty() {
            suspected.remove(location);
        } else {
            suspected.insert(location.clone(), (self.clock.now(), services));
        }
    }
}
