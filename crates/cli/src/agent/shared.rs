//! What the two halves of an agent share: the one that runs checks and the one that talks to the site.

use super::spool::Spool;
use crate::clock::SystemClock;
use allclear_engine::agents::protocol::{SUSPECTS, Work};
use allclear_engine::agents::{Heard, Plan, SiteClock};
use allclear_model::{Slug, Time};
use allclear_ports::Clock;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Shared by all tasks of an agent.
pub(crate) struct Shared {
    began: Instant,
    clock: Mutex<SiteClock>,
    job: Mutex<Option<Arc<Job>>>,
    spool: Mutex<Spool>,
    suspects: Mutex<Suspects>,
    /// Wakes whoever sends.
    pub(crate) news: Notify,
}

/// Services that failed just now and are being asked about again.
#[derive(Default)]
struct Suspects {
    now: BTreeSet<Slug>,
    /// Whether the site has to hear of one at once.
    untold: bool,
}

/// What is to be done, as the site said last.
pub(crate) struct Job {
    /// Which plan it is.
    pub(crate) tag: String,
    /// The plan.
    pub(crate) plan: Arc<Plan>,
    /// Services at which something is going on.
    pub(crate) attend: Vec<Slug>,
    /// When another location last said what it sees of a service that failed here, by the site's clock.
    pub(crate) elsewhere: BTreeMap<Slug, Time>,
    /// When the site said so, by the steady clock.
    pub(crate) heard: Time,
    /// Of each service the id of its check, and since when it is that one, by the site's clock.
    ids: BTreeMap<Slug, (String, Time)>,
}

impl Job {
    /// The id of the check that a result of then is of; `None` when it is of one that is not planned any more.
    pub(crate) fn id(&self, service: &Slug, measured: Time) -> Option<&str> {
        self.ids.get(service).filter(|(_, since)| measured >= *since).map(|(id, _)| id.as_str())
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(spool: Spool) -> Shared {
        Shared {
            began: Instant::now(),
            clock: Mutex::default(),
            job: Mutex::default(),
            spool: Mutex::new(spool),
            suspects: Mutex::default(),
            news: Notify::new(),
        }
    }

    /// Milliseconds since the start: a clock that nobody sets.
    pub(crate) fn steady(&self) -> Time {
        Time(i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    /// The time at the site; this machine's own before the site was ever heard.
    pub(crate) fn now(&self) -> Time {
        locked(&self.clock).now(self.steady()).unwrap_or_else(|| SystemClock.now())
    }

    /// How far this machine's clock is ahead of the site's, milliseconds.
    pub(crate) fn skew_ms(&self) -> i64 {
        SystemClock.now().since_ms(self.now())
    }

    /// Takes note of the site's time.
    pub(crate) fn hear(&self, heard: Heard) {
        locked(&self.clock).hear(heard);
    }

    /// The spool. Its work is small writes to this machine's disk.
    pub(crate) fn spool(&self) -> MutexGuard<'_, Spool> {
        locked(&self.spool)
    }

    /// These, and no others, failed just now. The site is told at once of one that it does not know of, as many as it listens to, so
    /// that others look while this machine does.
    pub(crate) fn suspect(&self, services: BTreeSet<Slug>) {
        let now: BTreeSet<Slug> = services.into_iter().take(SUSPECTS).collect();
        let mut suspects = locked(&self.suspects);
        if !now.is_subset(&suspects.now) {
            suspects.untold = true;
            self.news.notify_one();
        }
        suspects.now = now;
    }

    /// Whether the site has to hear of what failed; asked once.
    pub(crate) fn has_to_tell(&self) -> bool {
        std::mem::take(&mut locked(&self.suspects).untold)
    }

    /// What failed just now.
    pub(crate) fn suspects(&self) -> String {
        locked(&self.suspects).now.iter().map(Slug::as_str).collect::<Vec<_>>().join(",")
    }

    /// What is to be done; `None` before the site was heard.
    pub(crate) fn job(&self) -> Option<Arc<Job>> {
        locked(&self.job).clone()
    }

    /// The site said what is to be done. True when the plan is another one.
    pub(crate) fn take(&self, work: Work) -> bool {
        let now = self.now();
        let before = self.job();
        let plan = match (work.plan, &before) {
            (Some(plan), _) => plan,
            (None, Some(job)) => job.plan.clone(),
            // Nobody asked for less than the whole.
            (None, None) => Arc::default(),
        };
        let since = |service: &Slug, id: &String| match before.as_ref().and_then(|j| j.ids.get(service)) {
            Some((known, since)) if known == id => *since,
            Some(_) => now,
            None => Time(i64::MIN),
        };
        let ids = plan.checks.iter().map(|c| (c.service.clone(), (c.id.clone(), since(&c.service, &c.id)))).collect();
        let changed = before.is_none_or(|j| j.tag != work.tag);
        let job =
            Job { tag: work.tag, plan, attend: work.attend, elsewhere: work.elsewhere, heard: self.steady(), ids };
        *locked(&self.job) = Some(Arc::new(job));
        changed
    }
}
