//! Page views per service and referrer class, counted without a lock and without identity, flushed once a minute.

use allclear_model::signal::Visits;
use allclear_model::{Catalogue, Slug};
use arc_swap::ArcSwap;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a reader came from, as coarse as it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Referrer {
    /// No referrer.
    Direct,
    /// A search engine.
    Search,
    /// News or social media.
    Social,
    /// Anywhere else.
    Other,
}

type Slots = BTreeMap<Slug, Arc<[AtomicU64; 4]>>;

/// The counters. Bounded by the catalogue: slugs that are not in it are not counted.
pub(crate) struct VisitCounters {
    slots: ArcSwap<Slots>,
}

impl VisitCounters {
    pub(crate) fn new(catalogue: &Catalogue) -> VisitCounters {
        let counters = VisitCounters { slots: ArcSwap::from_pointee(Slots::new()) };
        counters.follow(catalogue);
        counters
    }

    /// Counts the services of `catalogue` from here on; kept services keep their counts.
    pub(crate) fn follow(&self, catalogue: &Catalogue) {
        let old = self.slots.load_full();
        let next =
            catalogue.services.keys().map(|slug| (slug.clone(), old.get(slug).cloned().unwrap_or_default())).collect();
        self.slots.store(Arc::new(next));
    }

    pub(crate) fn count(&self, service: &str, referrer: Referrer) {
        if let Some(slot) = self.slots.load().get(service) {
            slot[referrer as usize].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Services with a view that was not taken yet, in order of slug.
    pub(crate) fn seen(&self) -> Vec<Slug> {
        let slots = self.slots.load();
        let seen = slots.iter().filter(|(_, slot)| slot.iter().any(|n| n.load(Ordering::Relaxed) > 0));
        seen.map(|(slug, _)| slug.clone()).collect()
    }

    /// Takes what was counted, in order of slug.
    pub(crate) fn take(&self) -> Vec<Visits> {
        let slots = self.slots.load();
        let mut out = Vec::new();
        for (slug, slot) in slots.iter() {
            if slot.iter().all(|n| n.load(Ordering::Relaxed) == 0) {
                continue;
            }
            let [direct, search, social, other] = [0, 1, 2, 3].map(|i: usize| slot[i].swap(0, Ordering::Relaxed));
            out.push(Visits { service: slug.clone(), direct, search, social, other });
        }
        out
    }

    /// Puts counts back that could not be kept.
    pub(crate) fn put_back(&self, v: &Visits) {
        if let Some(slot) = self.slots.load().get(&v.service) {
            for (n, add) in slot.iter().zip([v.direct, v.search, v.social, v.other]) {
                n.fetch_add(add, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_of_unknown_services_are_not_counted_and_failed_ones_come_back() {
        let empty = VisitCounters::new(&Catalogue::default());
        empty.count("made-up", Referrer::Search);
        assert!(empty.take().is_empty());

        let slug = Slug::parse("mail").unwrap();
        let slots = VisitCounters { slots: ArcSwap::from_pointee(Slots::from([(slug, Arc::default())])) };
        slots.count("mail", Referrer::Search);
        slots.count("mail", Referrer::Direct);
        let taken = slots.take();
        assert_eq!((taken[0].direct, taken[0].search, taken[0].social), (1, 1, 0));
        assert!(slots.take().is_empty());
        slots.put_back(&taken[0]);
        assert_eq!(slots.take(), taken);
    }
}
