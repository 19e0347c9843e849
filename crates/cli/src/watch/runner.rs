//! The loop: what is due is asked, what is asked again is asked again, and what may be told is told.

use super::ATTEND_MS;
use super::here::Here;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::exit::Failure;
use crate::lifecycle::Ring;
use allclear_engine::watch::{Controls, Families, HOST_S, Health, Illness, Outbox, Reach, Run, Schedule, host};
use allclear_model::check::{Check, CheckOutcome, Checked, MACHINE, NO_NETWORK, Outcome, Reason};
use allclear_model::signal::CheckResult;
use allclear_model::{Slug, Time};
use allclear_ports::Clock;
use allclear_signals::check::Checker;
use allclear_signals::dial::{Dialer, Way};
use futures_util::FutureExt;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Good results are told together, so often. Milliseconds.
const TELL_MS: i64 = 5_000;
/// Results that wait to be heard; there are never more checks under way.
const QUEUE: usize = 256;

/// For whom checks are run.
pub(crate) trait Base: Send + 'static {
    /// From where.
    fn location(&self) -> Slug;

    /// Makes a plan where another one holds than when this was last asked; gives the hosts that opted out then.
    fn plan(&mut self, schedule: &mut Schedule, now: Time) -> Option<BTreeSet<String>>;

    /// Names the services at which attention is due.
    fn attended(&self, attend: &mut dyn FnMut(&str));

    /// When another location last said what it sees of a service, by the clock that results go by; `None`: no other location is known to check it.
    fn elsewhere(&self, service: &Slug) -> Option<Time>;

    /// Takes the services whose check failed just now, which is not told yet: others are to look, too.
    fn suspect(&self, services: BTreeSet<Slug>);

    /// A check has run and said that.
    fn ran(&self, said: CheckOutcome);

    /// So many turns were left out.
    fn missed(&self, turns: u64);

    /// What the location suffers from, from now on; `None`: nothing.
    fn ill(&self, ill: Option<Illness>);

    /// What is written beside a result as the time at which it was measured; `None` where that is the time at which it is told.
    fn measured(&self) -> Option<Time>;

    /// Takes what was found.
    fn tell(&mut self, results: Vec<CheckResult>) -> impl Future<Output = ()> + Send;
}

/// Runs checks for a base.
pub(crate) struct Runner<B> {
    base: B,
    config: Config,
    tracker: TaskTracker,
    here: Here,
    schedule: Schedule,
    families: Families,
    health: Health,
    /// Of what, as it was logged.
    ill: Option<Illness>,
    /// How many missed turns were logged.
    missed: u64,
    outbox: Outbox,
    told: Time,
    /// Who asks: nobody before the first plan, and where there is no way out that leaves those alone who opted out.
    dialer: Option<Arc<Dialer>>,
}

impl<B: Base> Runner<B> {
    /// Runs until the ring stops. `here` is shared with whoever else asks from this place.
    ///
    /// # Errors
    /// Exit code 2 when the settings of the way out cannot be used.
    pub(crate) fn begin(base: B, config: &Config, ring: &Ring, here: Here) -> Result<(), Failure> {
        let (tracker, stop) = (ring.tracker.clone(), ring.stop.clone());
        // Tried once here, so that a bad setting ends the start and not the watching.
        drop(config.network.dialer("", BTreeSet::new(), TaskTracker::new())?);
        let location = base.location();
        let runner = Runner {
            base,
            config: config.clone(),
            tracker,
            schedule: Schedule::new(Here::chance(), here.hosts.clone()),
            here,
            families: Families::default(),
            health: Health::new(controls(config)),
            ill: None,
            missed: 0,
            outbox: Outbox::new(location),
            told: Time(0),
            dialer: None,
        };
        ring.tracker.spawn(runner.run(stop));
        Ok(())
    }
}

/// What has run, and what came of it.
struct Done {
    what: Ran,
    checked: Checked,
}

enum Ran {
    Check(Run),
    /// The control target of that number.
    Control(usize),
}

/// The control targets of these settings.
fn controls(config: &Config) -> Controls {
    let named = |url: &String| {
        let check = Check::control(url.clone());
        host(&check).map(|host| (host, check))
    };
    let all: Vec<_> = config.watch.controls.iter().filter_map(named).collect();
    let own = all.iter().all(|(host, _)| config.network.is_own(host));
    Controls::new(all, own)
}

impl<B: Base> Runner<B> {
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

    fn now(&self) -> Time {
        self.here.now()
    }

    fn wait(&self) -> Duration {
        let told = self.outbox.next(&self.health, &|service| self.base.elsewhere(service));
        self.here.until([self.schedule.next(), told])
    }

    /// Follows the plan, who opted out, and where something is going on.
    fn look(&mut self) {
        let now = self.now();
        if let Some(opted_out) = self.base.plan(&mut self.schedule, now) {
            let schedule = &self.schedule;
            self.families.keep(|slug| schedule.has(slug));
            let made = self.config.network.dialer(&self.config.site.contact, opted_out, self.tracker.clone());
            self.dialer = match (made, &self.dialer) {
                (Ok(dialer), Some(before)) => Some(Arc::new(dialer.knowing(before))),
                (Ok(dialer), None) => Some(Arc::new(dialer)),
                // The file of certificates was good at the start. Whoever opted out since then is asked by nobody.
                (Err(e), _) => {
                    tracing::error!("watch: no check runs until this program starts again: {}", e.message);
                    None
                }
            };
        }
        let missed = self.schedule.missed();
        if missed > self.missed {
            tracing::warn!(
                missed = missed - self.missed,
                "watch: checks came so late that turns of theirs were left out"
            );
            self.base.missed(missed - self.missed);
            self.missed = missed;
        }
        let mut suspects = self.schedule.suspects();
        suspects.extend(self.outbox.news().cloned());
        self.base.suspect(suspects);
        let schedule = &mut self.schedule;
        self.base.attended(&mut |slug| schedule.attend(slug, now.plus_ms(ATTEND_MS)));
    }

    /// Starts what is due.
    fn start(&mut self, to: &mpsc::Sender<Done>, stop: &CancellationToken) {
        let Some(dialer) = &self.dialer else { return };
        let checker = Checker::new(dialer.clone()).polite();
        let now = self.now();
        let day = self.base.measured().unwrap_or_else(|| SystemClock.now());
        let spawn = |what: Ran, check: Arc<Check>, way: Way| {
            let (checker, to, stop) = (checker.clone(), to.clone(), stop.clone());
            self.tracker.spawn(async move {
                let work = async {
                    // One that nobody foresaw costs one run, and not its place for ever.
                    let run = AssertUnwindSafe(checker.run_either(&check, way, day)).catch_unwind();
                    let checked = run.await.unwrap_or_else(|_| {
                        tracing::error!(check = %check.address(), "watch: running a check failed in itself");
                        Checked::unrun(Reason::new(MACHINE, "our checker failed at this check"))
                    });
                    // At a stop nobody listens any more.
                    drop(to.send(Done { what, checked }).await);
                };
                // A check that hangs must not hold up a stop.
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = work => {}
                }
            });
        };
        for run in self.schedule.take(now) {
            let (family, avoid) = self.families.choose(&run.service, run.attempt, now);
            let check = run.check.clone();
            spawn(Ran::Check(run), check, Way { prefer: Some(family), avoid, only: None });
        }
        let worried = self.outbox.news().next().is_some() || self.health.sick().is_some();
        for (number, check) in self.health.controls().take(worried, &self.here.hosts, now) {
            spawn(Ran::Control(number), check, Way::default());
        }
    }

    fn done(&mut self, Done { what, checked }: Done) {
        let now = self.now();
        let reach = reach(&checked);
        match what {
            Ran::Control(number) => {
                // Behind a door that wants to be opened first another answer comes than the one that is due.
                self.health.controls().heard(number, checked.outcome == Outcome::Up, now);
                self.health.judge(now);
            }
            Ran::Check(run) => {
                if let Some(reach) = reach {
                    self.health.note(&run.host, reach, checked.beside.ahead_ms, now);
                }
                self.checked(run, &checked, now);
            }
        }
        let ill = self.health.sick().map(|(_, ill)| ill);
        if ill != std::mem::replace(&mut self.ill, ill) {
            self.base.ill(ill);
            if let Some(ill) = ill {
                tracing::warn!("watch: {}; checks say nothing until that is over", ill.said("here"));
            } else {
                tracing::info!("watch: checks from here speak again");
            }
        }
    }

    fn checked(&mut self, run: Run, checked: &Checked, now: Time) {
        if let Some(to) = checked.http.as_ref().and_then(|h| h.redirected_to.clone())
            && let Some(other) = host(&Check::control(to)).filter(|h| *h != run.host)
        {
            // It was asked, too.
            self.here.hosts.ask(&other, now.plus_ms(i64::from(HOST_S) * 1000));
        }
        self.base.ran(checked.outcome.word());
        let finding = self.families.heard(&run.service, &run.host, run.attempt, checked, now);
        // What failed while most did is no failure of the service, and is not asked about again as one.
        let doubt = self.health.doubts(run.began).filter(|_| checked.outcome.word() == CheckOutcome::Down);
        let word = if doubt.is_some() { CheckOutcome::Inconclusive } else { checked.outcome.word() };
        if self.schedule.done(&run.service, run.began, word, checked.beside, now) {
            let ms = Some(checked.phases_ms.total.round() as u32);
            let paused = doubt.map(|ill| ill.said(self.base.location().as_str()));
            let why = paused.as_deref().or_else(|| checked.outcome.why()).or(finding.as_deref());
            let certificate = checked.tls.as_ref().map(|t| t.not_after);
            let result =
                CheckResult { at: self.base.measured(), certificate, ..CheckResult::new(run.service, word, why, ms) };
            self.outbox.put(result, now, SystemClock.now());
        }
    }

    /// Tells what may be told.
    async fn tell(&mut self) {
        let now = self.now();
        if now.since_ms(self.told) < TELL_MS {
            return;
        }
        self.told = now;
        let results = self.outbox.take(now, SystemClock.now(), &self.health, &|service| self.base.elsewhere(service));
        for unclear in results.iter().filter(|r| r.outcome == CheckOutcome::Inconclusive) {
            self.schedule.unsure(&unclear.service);
        }
        if !results.is_empty() {
            self.base.tell(results).await;
        }
    }
}

/// Whether the host was reached; `None` where it was not asked, for a reason that says nothing about the way out.
fn reach(checked: &Checked) -> Option<Reach> {
    let lost = if checked.address.is_none() { Reach::Unnamed } else { Reach::Lost };
    match &checked.outcome {
        Outcome::Up | Outcome::Blocked(_) => Some(Reach::Reached),
        Outcome::Down(_) => Some(lost),
        Outcome::Inconclusive(r) => (r.code == NO_NETWORK || r.code == MACHINE).then_some(lost),
    }
}
