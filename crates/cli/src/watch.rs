//! Runs the checks of the catalogue from this process, and tells the site what they found.

use crate::clock::SystemClock;
use crate::config::Config;
use crate::exit::Failure;
use crate::house::House;
use crate::lifecycle::Ring;
use allclear_engine::watch::{Health, Hosts, Outbox, PAUSED, Run, Schedule, plan};
use allclear_model::check::{CheckOutcome, Checked, Outcome};
use allclear_model::signal::{CheckResult, CheckResults};
use allclear_model::{Catalogue, Phase, Slug, Time};
use allclear_ports::Clock;
use allclear_signals::check::Checker;
use allclear_signals::dial::Dialer;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Longest time without a look at the catalogue and at what people report.
const LOOK: Duration = Duration::from_secs(2);
/// A service at which something is going on is attended to for so long after the last sign of it. Milliseconds.
const ATTEND_MS: i64 = 120_000;
/// Good results are told together, so often. Milliseconds.
const TELL_MS: i64 = 5_000;
/// Results that wait to be heard; there are never more checks under way.
const QUEUE: usize = 256;

/// Watches until the ring stops. `hosts` is shared with whoever else asks from here, and so is the instant from which time is counted.
///
/// # Errors
/// Exit code 2 when the settings of the way out cannot be used.
pub(crate) fn begin(
    house: Arc<House>,
    config: &Config,
    ring: &Ring,
    hosts: Hosts,
    began: Instant,
) -> Result<(), Failure> {
    let (config, tracker, stop) = (config.clone(), ring.tracker.clone(), ring.stop.clone());
    // Tried once here, so that a bad setting ends the start and not the watching.
    drop(config.network.dialer("", std::collections::BTreeSet::new(), TaskTracker::new())?);
    let mut seed = [0; 8];
    // Without chance every location has the same turns; nothing else depends on it.
    let _ = getrandom::fill(&mut seed);
    let watch = Watch {
        location: config.watch.location.clone(),
        house,
        config,
        tracker,
        began,
        schedule: Schedule::new(u64::from_le_bytes(seed), hosts),
        health: Health::default(),
        sick: false,
        missed: 0,
        outbox: Outbox::default(),
        told: Time(0),
        of: None,
    };
    ring.tracker.spawn(watch.run(stop));
    Ok(())
}

struct Watch {
    location: Slug,
    house: Arc<House>,
    config: Config,
    tracker: TaskTracker,
    began: Instant,
    schedule: Schedule,
    health: Health,
    /// Whether that was logged.
    sick: bool,
    /// How many missed turns were logged.
    missed: u64,
    outbox: Outbox,
    told: Time,
    /// What the plan was made of, and who runs it.
    of: Option<Of>,
}

/// What a plan was made of, and who runs it: nobody where there is no way out that leaves those alone who opted out.
struct Of {
    catalogue: Arc<Catalogue>,
    opted_out: Arc<[String]>,
    dialer: Option<Arc<Dialer>>,
}

/// A check that has run.
struct Done {
    run: Run,
    checked: Checked,
}

impl Watch {
    async fn run(mut self, stop: CancellationToken) {
        let (to, mut from) = mpsc::channel(QUEUE);
        loop {
            self.look();
            self.start(&to, &stop);
            self.tell().await;
            tokio::select! {
                () = stop.cancelled() => return,
                Some(done) = from.recv() => self.done(done),
                () = tokio::time::sleep(self.wait()) => {}
            }
        }
    }

    /// Milliseconds since the start: a machine's clock may jump, and no check should be forgotten or doubled for that.
    fn now(&self) -> Time {
        Time(i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    fn wait(&self) -> Duration {
        let next = [self.schedule.next(), self.outbox.next()].into_iter().flatten().min();
        let ms = next.map_or(i64::MAX, |at| at.since_ms(self.now())).max(10);
        Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(LOOK)
    }

    /// Follows the catalogue, who opted out, and where something is going on.
    fn look(&mut self) {
        let whole = self.house.handles.site.whole();
        let same =
            |of: &Of| Arc::ptr_eq(&of.catalogue, &whole.catalogue) && Arc::ptr_eq(&of.opted_out, &whole.opted_out);
        let now = self.now();
        if !self.of.as_ref().is_some_and(same) {
            let opted_out = whole.opted_out.iter().cloned().collect();
            let manners = self.config.watch.manners(&self.config.network, &whole.catalogue, opted_out);
            self.schedule.plan(&plan(&whole.catalogue, &manners, &|_| false), now);
            let made =
                self.config.network.dialer(&self.config.site.contact, manners.opted_out.clone(), self.tracker.clone());
            let before = self.of.as_ref().and_then(|of| of.dialer.as_ref());
            let dialer = match (made, before) {
                (Ok(dialer), Some(before)) => Some(Arc::new(dialer.knowing(before))),
                (Ok(dialer), None) => Some(Arc::new(dialer)),
                // The file of certificates was good at the start. Whoever opted out since then is asked by nobody.
                (Err(e), _) => {
                    tracing::error!("watch: no check runs until the site starts again: {}", e.message);
                    None
                }
            };
            self.of = Some(Of { catalogue: whole.catalogue.clone(), opted_out: whole.opted_out.clone(), dialer });
        }
        let missed = self.schedule.missed();
        if missed > self.missed {
            tracing::warn!(
                missed = missed - self.missed,
                "watch: checks came so late that turns of theirs were left out"
            );
            self.missed = missed;
        }
        for line in whole.services.iter().filter(|l| l.phase != Phase::None || l.level.is_problem()) {
            self.schedule.attend(&line.slug, now.plus_ms(ATTEND_MS));
        }
    }

    /// Starts what is due.
    fn start(&mut self, to: &mpsc::Sender<Done>, stop: &CancellationToken) {
        let Some(dialer) = self.of.as_ref().and_then(|of| of.dialer.as_ref()) else { return };
        let checker = Checker::new(dialer.clone()).polite();
        let now = self.now();
        for run in self.schedule.take(now) {
            let (checker, to, stop) = (checker.clone(), to.clone(), stop.clone());
            self.tracker.spawn(async move {
                let work = async {
                    let now = SystemClock.now();
                    let checked = match run.attempt {
                        0 => checker.run(&run.check, None, now).await,
                        // A failure of one family of addresses alone is a finding, not an outage.
                        _ => checker.run_families(&run.check, now).await,
                    };
                    // At a stop nobody listens any more.
                    drop(to.send(Done { run, checked }).await);
                };
                // A check that hangs must not hold up a stop.
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = work => {}
                }
            });
        }
    }

    fn done(&mut self, Done { run, checked }: Done) {
        let now = self.now();
        if let Some(reached) = reached(&checked.outcome) {
            self.health.note(&run.host, reached, now);
        }
        // What failed while most did is no failure of the service, and is not asked about again as one.
        let word = match checked.outcome.word() {
            CheckOutcome::Down if self.health.doubts(run.began) => CheckOutcome::Inconclusive,
            word => word,
        };
        if self.schedule.done(&run.service, run.began, word, now) {
            let ms = Some(checked.phases_ms.total.round() as u32);
            let why = match (&checked.outcome, word) {
                (Outcome::Down(_), CheckOutcome::Inconclusive) => Some(PAUSED),
                (outcome, _) => outcome.why(),
            };
            self.outbox.put(CheckResult::new(run.service, word, why, ms), now, SystemClock.now());
        }
        let sick = self.health.sick().is_some();
        if sick != std::mem::replace(&mut self.sick, sick) {
            if sick {
                tracing::warn!(
                    "watch: most of what is asked from here fails at once; checks say nothing until that is over"
                );
            } else {
                tracing::info!("watch: checks from here speak again");
            }
        }
    }

    /// Tells the site what may be told.
    async fn tell(&mut self) {
        let now = self.now();
        if now.since_ms(self.told) < TELL_MS {
            return;
        }
        self.told = now;
        let results = self.outbox.take(now, SystemClock.now(), &self.health);
        for unclear in results.iter().filter(|r| r.outcome == CheckOutcome::Inconclusive) {
            self.schedule.unsure(&unclear.service);
        }
        if results.is_empty() {
            return;
        }
        let results = CheckResults { location: self.location.clone(), results };
        if let Err(e) = self.house.handles.admin.checked(results).await {
            // The next results say the same again; what could not be kept is not believed.
            tracing::warn!("watch: results of checks were not kept: {e}");
        }
    }
}

/// Whether the host was reached; `None` where it was not asked, for a reason that says nothing about the way out.
fn reached(outcome: &Outcome) -> Option<bool> {
    match outcome {
        Outcome::Up | Outcome::Blocked(_) => Some(true),
        Outcome::Down(_) => Some(false),
        Outcome::Inconclusive(r) => match r.code.as_str() {
            "no_network" | "machine" => Some(false),
            _ => None,
        },
    }
}
