//! Running checks for a site that is elsewhere.

use super::shared::Shared;
use crate::config::Network;
use crate::watch::Base;
use allclear_engine::agents::asks;
use allclear_engine::agents::protocol::Measured;
use allclear_engine::watch::{Illness, Schedule};
use allclear_model::check::CheckOutcome;
use allclear_model::signal::CheckResult;
use allclear_model::{Slug, Time};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// A plan that was not confirmed for so long is not followed any more: whoever has opted out since then would be asked all the same. Milliseconds.
const STALE_MS: i64 = 24 * 3_600_000;

/// The checks of a site elsewhere.
pub(crate) struct Elsewhere {
    shared: Arc<Shared>,
    location: Slug,
    network: Network,
    tracker: TaskTracker,
    /// The plan that is followed; `None`: none.
    follows: Option<String>,
}

impl Elsewhere {
    pub(crate) fn new(shared: Arc<Shared>, location: Slug, network: Network, tracker: TaskTracker) -> Elsewhere {
        Elsewhere { shared, location, network, tracker, follows: None }
    }
}

impl Base for Elsewhere {
    fn location(&self) -> Slug {
        self.location.clone()
    }

    fn plan(&mut self, schedule: &mut Schedule, now: Time) -> Option<BTreeSet<String>> {
        let job = self.shared.job();
        let fresh = job.filter(|j| self.shared.steady().since_ms(j.heard) < STALE_MS);
        let wanted = fresh.as_ref().map(|j| &j.tag);
        if wanted == self.follows.as_ref() {
            return None;
        }
        self.follows = wanted.cloned();
        let Some(job) = fresh else {
            tracing::warn!("agent: the site was not heard for a day; nothing is checked until it is");
            schedule.plan(&[], now);
            return Some(BTreeSet::new());
        };
        schedule.plan(&asks(&job.plan, &|host| self.network.is_own(host)), now);
        Some(job.plan.opted_out.clone())
    }

    fn attended(&self, attend: &mut dyn FnMut(&str)) {
        if let Some(job) = self.shared.job() {
            job.attend.iter().for_each(|slug| attend(slug));
        }
    }

    fn elsewhere(&self, service: &Slug) -> Option<Time> {
        self.shared.job()?.elsewhere.get(service).copied()
    }

    fn suspect(&self, services: BTreeSet<Slug>) {
        self.shared.suspect(services);
    }

    // The log has it; what it means for a result stands in the result.
    fn ran(&self, _said: CheckOutcome) {}

    fn missed(&self, _turns: u64) {}

    fn ill(&self, _ill: Option<Illness>) {}

    fn measured(&self) -> Option<Time> {
        Some(self.shared.now())
    }

    async fn tell(&mut self, results: Vec<CheckResult>) {
        let Some(job) = self.shared.job() else { return };
        let now = self.shared.now();
        let measured = |r: CheckResult| {
            // The site's clock may have been heard better since: nothing was measured later than now.
            let at = r.at.unwrap_or(now).min(now);
            let check = job.id(&r.service, at)?.to_owned();
            Some(Measured {
                service: r.service,
                check,
                outcome: r.outcome,
                reason: r.reason,
                ms: r.ms,
                certificate: r.certificate,
                at,
                withdraws: r.withdraws,
            })
        };
        let results: Vec<Measured> = results.into_iter().filter_map(measured).collect();
        if results.is_empty() {
            return;
        }
        let shared = self.shared.clone();
        let kept = self.tracker.spawn_blocking(move || {
            shared.spool().put(&results);
            shared.news.notify_one();
        });
        // It can only fail by a panic, which has been told.
        drop(kept.await);
    }
}
