//! The checks of the site that this process is: its results go straight to the core.

use super::here::{Followed, Here};
use super::runner::{Base, Runner};
use crate::clock::SystemClock;
use crate::config::{Config, Network, Watch};
use crate::exit::Failure;
use crate::house::House;
use crate::lifecycle::Ring;
use allclear_engine::Speaks;
use allclear_engine::watch::{Illness, Schedule, plan};
use allclear_model::check::CheckOutcome;
use allclear_model::signal::{CheckResult, CheckResults};
use allclear_model::{Slug, Time};
use allclear_ports::Clock;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Watches until the ring stops. `here` is shared with whoever else asks from this place.
///
/// # Errors
/// Exit code 2 when the settings of the way out cannot be used.
pub(crate) fn begin(house: Arc<House>, config: &Config, ring: &Ring, here: Here) -> Result<(), Failure> {
    let own = &config.watch.location;
    if house.handles.agents.list().iter().any(|l| l.agent.name == *own && !l.agent.revoked) {
        tracing::warn!(
            "watch: an agent has the name of this site's own location, {own}, so that nobody can tell the two apart: change watch.location"
        );
    }
    house.handles.watching.speaks(Speaks::On);
    let base =
        OwnSite { house, watch: config.watch.clone(), network: config.network.clone(), followed: Followed::default() };
    Runner::begin(base, config, ring, here)
}

struct OwnSite {
    house: Arc<House>,
    watch: Watch,
    network: Network,
    followed: Followed,
}

impl Base for OwnSite {
    fn location(&self) -> Slug {
        self.watch.location.clone()
    }

    fn plan(&mut self, schedule: &mut Schedule, now: Time) -> Option<BTreeSet<String>> {
        let whole = self.house.handles.site.whole();
        if !self.followed.changed(&whole) {
            return None;
        }
        let opted_out = whole.opted_out.iter().cloned().collect();
        let manners = self.watch.manners(&self.network, &whole.catalogue, opted_out);
        schedule.plan(&plan(&whole.catalogue, &manners, &|_| false), now);
        Some(manners.opted_out)
    }

    fn attended(&self, attend: &mut dyn FnMut(&str)) {
        self.house.handles.attention.due().iter().for_each(|slug| attend(slug));
    }

    fn elsewhere(&self, service: &Slug) -> Option<Time> {
        self.house.handles.attention.elsewhere(&self.watch.location, service)
    }

    fn suspect(&self, services: BTreeSet<Slug>) {
        self.house.handles.attention.suspect(&self.watch.location, services);
    }

    fn ran(&self, said: CheckOutcome) {
        self.house.handles.watching.ran(said);
    }

    fn missed(&self, turns: u64) {
        self.house.handles.watching.missed(turns);
    }

    fn ill(&self, ill: Option<Illness>) {
        self.house.handles.watching.speaks(ill.map_or(Speaks::On, |ill| Speaks::Paused(SystemClock.now(), ill)));
    }

    fn measured(&self) -> Option<Time> {
        // It counts from the time at which the journal takes it.
        None
    }

    async fn tell(&mut self, results: Vec<CheckResult>) {
        let results = CheckResults::own(self.watch.location.clone(), results);
        if let Err(e) = self.house.handles.admin.checked(results).await {
            // The next results say the same again; what could not be kept is not believed.
            tracing::warn!("watch: results of checks were not kept: {e}");
        }
    }
}
