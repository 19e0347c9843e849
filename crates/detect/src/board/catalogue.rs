//! Following the catalogue: which services there are, and where each stands on the board.

use super::watched::Watched;
use super::{Board, KIN, verdict};
use allclear_model::{Catalogue, Service, Slug};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Board {
    pub(super) fn take_catalogue(&mut self, catalogue: &Arc<Catalogue>) {
        let mut old: BTreeMap<Slug, Watched> = self.services.drain(..).map(|w| (w.slug.clone(), w)).collect();
        self.services.reserve_exact(catalogue.services.len());
        for (slug, service) in &catalogue.services {
            let outages =
                verdict::prior_outages(catalogue.categories.get(&service.category).map(|c| c.outages_per_30_days));
            let listed = listed(service);
            let w = match old.remove(slug) {
                Some(mut w) => {
                    let before = self.catalogue.services.get(slug).and_then(|s| s.check.as_ref());
                    if let Some(o) = w.others.as_deref_mut()
                        && before.map(|c| &c.value) != service.check.as_ref().map(|c| &c.value)
                    {
                        o.checks.begin_anew();
                    }
                    if let Some(page) = w.others.as_deref_mut().and_then(|o| o.official.as_deref_mut()) {
                        page.follow(service.official.as_ref().map(|o| o.value.asked()).as_deref());
                    }
                    Watched { outages, listed, ..w }
                }
                None => Watched {
                    slug: slug.clone(),
                    since: self.at,
                    minutes_before: self.minutes,
                    outages,
                    listed,
                    state: None,
                    people: None,
                    others: None,
                    days: None,
                },
            };
            self.services.push(w);
        }
        self.catalogue = catalogue.clone();
        self.reindex();
    }

    pub(super) fn reindex(&mut self) {
        self.index = self.services.iter().enumerate().map(|(i, w)| (w.slug.clone(), i as u32)).collect();
        let active = |w: &Watched| w.state.is_some() || w.others.is_some();
        self.active = (0..).zip(&self.services).filter(|(_, w)| active(w)).map(|(i, _)| i).collect();
        self.kinds.clear();
        for (i, w) in self.services.iter().enumerate() {
            if let Some(s) = self.catalogue.services.get(&w.slug) {
                let kin = self.kinds.entry(s.category.clone()).or_default();
                if kin.len() < KIN {
                    kin.push(i as u32);
                }
            }
        }
        self.touched = vec![false; self.services.len()];
        self.all_touched = true;
    }
}

fn listed(service: &Service) -> u32 {
    u32::try_from(service.symptoms.len()).unwrap_or(u32::MAX).saturating_add(1)
}
