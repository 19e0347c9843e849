//! The readers' handle: pictures of the site, without a lock and without any store.
//!
//! Architecture invariant: no type in here can reach a [`allclear_ports::Store`] or [`allclear_ports::Journal`], so
//! a page served from a [`Site`] stays up while every database is down.

use crate::catalogue::{Hosts, Names};
use crate::view::{FRESH_S, ServiceView, SiteView};
use allclear_model::{Catalogue, Slug, Time};
use allclear_ports::Clock;
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;

/// Cheap to clone; every web worker holds one.
#[derive(Clone)]
pub struct Site {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    whole: ArcSwap<SiteView>,
    whole_changed: watch::Sender<()>,
    names: ArcSwap<LazyNames>,
    slots: ArcSwap<HashMap<Slug, Arc<Slot>>>,
}

/// Names are prepared when somebody first asks for them: that takes some milliseconds which a start can do without.
struct LazyNames {
    catalogue: Arc<Catalogue>,
    ready: OnceLock<Arc<Names>>,
    hosts: OnceLock<Arc<Hosts>>,
}

impl LazyNames {
    fn of(catalogue: &Arc<Catalogue>) -> LazyNames {
        LazyNames { catalogue: catalogue.clone(), ready: OnceLock::new(), hosts: OnceLock::new() }
    }
}

struct Slot {
    view: ArcSwap<ServiceView>,
    /// Made for the first who waits for it: most services have nobody.
    changed: OnceLock<watch::Sender<()>>,
}

impl Site {
    /// A site that shows `whole` and `views` until the publisher changes them.
    pub fn new(clock: Arc<dyn Clock>, whole: SiteView, views: Vec<ServiceView>) -> Site {
        let slots = views.into_iter().map(|v| (v.service.slug.clone(), Slot::new(v))).collect();
        let names = LazyNames::of(&whole.catalogue);
        Site {
            inner: Arc::new(Inner {
                clock,
                whole: ArcSwap::from_pointee(whole),
                whole_changed: watch::Sender::new(()),
                names: ArcSwap::from_pointee(names),
                slots: ArcSwap::from_pointee(slots),
            }),
        }
    }

    /// The whole site, now.
    pub fn whole(&self) -> Arc<SiteView> {
        self.inner.whole.load_full()
    }

    /// One service, now; `None` when the catalogue has no such slug.
    pub fn service(&self, slug: &str) -> Option<Arc<ServiceView>> {
        self.inner.slots.load().get(slug).map(|s| s.view.load_full())
    }

    /// Names and aliases of the catalogue that [`Site::whole`] speaks of, for search and redirects.
    pub fn names(&self) -> Arc<Names> {
        let names = self.inner.names.load();
        names.ready.get_or_init(|| Arc::new(Names::new(&names.catalogue))).clone()
    }

    /// Hosts that belong to the services of the catalogue.
    pub fn hosts(&self) -> Arc<Hosts> {
        let names = self.inner.names.load();
        names.hosts.get_or_init(|| Arc::new(Hosts::new(&names.catalogue))).clone()
    }

    /// The time of day, for telling whether a picture is still fresh.
    pub fn now(&self) -> Time {
        self.inner.clock.now()
    }

    /// By how many seconds the clock is behind the judge, when that is too much to call anything fresh: somebody has set
    /// the clock back, or it was ahead before.
    pub fn clock_behind_s(&self) -> Option<i64> {
        let behind = self.whole().measured_at.since_ms(self.now()) / 1000;
        (behind > FRESH_S).then_some(behind)
    }

    /// Wakes on every new picture of one service. Readers that are slow skip some; who looks at [`Site::service`] after
    /// this misses none that comes later.
    pub fn watch_service(&self, slug: &str) -> Option<watch::Receiver<()>> {
        self.inner.slots.load().get(slug).map(|s| s.watch())
    }

    /// Services whose pictures somebody waits for right now, as an open page does; in no order.
    pub fn followed(&self) -> Vec<Slug> {
        let slots = self.inner.slots.load();
        let followed = slots.iter().filter(|(_, s)| s.changed.get().is_some_and(|c| c.receiver_count() > 0));
        followed.map(|(slug, _)| slug.clone()).collect()
    }

    /// Wakes on every new picture of the whole site.
    pub fn watch_whole(&self) -> watch::Receiver<()> {
        self.inner.whole_changed.subscribe()
    }

    /// Publishes new pictures of services alone; those that are not watched yet wait for [`Site::publish`].
    pub fn publish_services(&self, views: Vec<ServiceView>) {
        let slots = self.inner.slots.load();
        for v in views {
            if let Some(slot) = slots.get(&v.service.slug) {
                slot.set(v);
            }
        }
    }

    /// Publishes new pictures: services first, then the whole, so that a list never knows more than a page.
    /// With `only_these`, `views` are all there are (the catalogue changed): other slugs disappear, new ones appear.
    pub fn publish(&self, views: Vec<ServiceView>, whole: SiteView, only_these: bool) {
        let slots = self.inner.slots.load_full();
        if only_these {
            let mut next: HashMap<Slug, Arc<Slot>> = HashMap::with_capacity(views.len());
            for v in views {
                let slug = v.service.slug.clone();
                match slots.get(&slug) {
                    Some(slot) => {
                        slot.set(v);
                        next.insert(slug, slot.clone());
                    }
                    None => {
                        next.insert(slug, Slot::new(v));
                    }
                }
            }
            self.inner.slots.store(Arc::new(next));
        } else {
            self.publish_services(views);
        }
        if !Arc::ptr_eq(&whole.catalogue, &self.inner.whole.load().catalogue) {
            self.inner.names.store(Arc::new(LazyNames::of(&whole.catalogue)));
        }
        self.inner.whole.store(Arc::new(whole));
        self.inner.whole_changed.send_replace(());
    }
}

impl Slot {
    fn new(v: ServiceView) -> Arc<Slot> {
        Arc::new(Slot { view: ArcSwap::from_pointee(v), changed: OnceLock::new() })
    }

    fn set(&self, v: ServiceView) {
        self.view.store(Arc::new(v));
        if let Some(changed) = self.changed.get() {
            changed.send_replace(());
        }
    }

    fn watch(&self) -> watch::Receiver<()> {
        self.changed.get_or_init(|| watch::Sender::new(())).subscribe()
    }
}
