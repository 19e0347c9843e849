//! When each check runs. One heap of due times, no task for a check that is not running; time and chance are passed in.

use super::hosts::Hosts;
use super::plan::{Ask, HOST_S, QUIET_S, What};
use allclear_model::check::{Beside, Check, CheckOutcome};
use allclear_model::{Slug, Time};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

/// Checks that run at a time.
const RUNNING: usize = 64;
/// Before the first failure counts it is asked again, after so long each time. Milliseconds.
const AGAIN_MS: [i64; 2] = [5_000, 10_000];
/// Whoever turns us away is asked less often: this many times the interval, at most [`BLOCKED_MS`].
const BLOCKED_TIMES: i64 = 4;
const BLOCKED_MS: i64 = 3_600_000;
/// A service that is attended to is checked so often, if its host and its usual interval allow. Milliseconds.
const ATTENDED_MS: i64 = 30_000;
/// Hosts of strangers are asked no more often than this, those of one's own are. Milliseconds.
const STRANGERS_MS: i64 = HOST_S as i64 * 1000;
/// Longest time for which an answer that says it stays fresh is taken at its word. Milliseconds.
const FRESH_MS: i64 = QUIET_S as i64 * 1000;
/// What an answer asks for longer than this is not heeded. Milliseconds.
const HEEDED_MS: i64 = 3_600_000;
/// Part of the interval by which each time is moved at most, so that checks that fell together part again.
const JITTER: i64 = 10;

/// A check that is to be run now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Whose.
    pub service: Slug,
    /// The host it asks.
    pub host: String,
    /// What.
    pub check: Arc<Check>,
    /// When it began, by which it is known again.
    pub began: Time,
    /// 0: in its turn; else it failed so many times just now, and should be asked in another way: over the other family of addresses too.
    pub attempt: u8,
}

/// All checks of a location, and when they are due. Times only have to go forward; they need not be those of a clock.
#[derive(Debug)]
pub struct Schedule {
    jobs: BTreeMap<Slug, Job>,
    /// Times that were given; one that its job no longer has is passed over.
    due: BinaryHeap<Reverse<(Time, Slug)>>,
    hosts: Hosts,
    running: usize,
    missed: u64,
    seed: u64,
}

#[derive(Debug)]
struct Job {
    host: String,
    check: Arc<Check>,
    host_ms: i64,
    quiet_ms: i64,
    attended_ms: i64,
    attended_until: Time,
    due: Time,
    began: Time,
    running: bool,
    attempt: u8,
    /// Whether its failure was told: then the next one is no news, and not asked about again.
    failing: bool,
    /// Whether we were turned away when we last asked.
    blocked: bool,
    /// Until when its host wants to be left alone, whatever goes on there.
    not_before: Time,
}

impl Schedule {
    /// Nothing to do yet. `seed` decides where in its interval each check lies; `hosts` is shared with whoever else asks.
    pub fn new(seed: u64, hosts: Hosts) -> Schedule {
        Schedule { jobs: BTreeMap::new(), due: BinaryHeap::new(), hosts, running: 0, missed: 0, seed }
    }

    /// Runs the checks of `asks` from here on. New ones are spread over their interval, those of one host evenly, so that a start is no stampede and none
    /// waits for its neighbours; a check that is as it was keeps its place.
    pub fn plan(&mut self, asks: &[Ask<'_>], now: Time) {
        let wanted: BTreeMap<&Slug, (&Ask<'_>, &Check)> = asks
            .iter()
            .filter(|a| a.not.is_none())
            .filter_map(|a| if let What::Check(check) = a.what { Some((a.service, (a, check))) } else { None })
            .collect();
        let mut on_host: BTreeMap<&str, i64> = BTreeMap::new();
        for (ask, _) in wanted.values() {
            *on_host.entry(&ask.host).or_default() += 1;
        }
        let mut places: BTreeMap<&str, i64> = BTreeMap::new();
        self.jobs.retain(|slug, job| wanted.get(slug).is_some_and(|(_, check)| **check == *job.check));
        self.running = self.jobs.values().filter(|j| j.running).count();
        for (slug, (ask, check)) in wanted {
            let quiet_ms = i64::from(ask.every_s) * 1000;
            let host_ms = i64::from(ask.host_s) * 1000;
            let many = on_host.get(ask.host.as_str()).copied().unwrap_or(1);
            let placed = places.entry(&ask.host).or_default();
            let place = std::mem::replace(placed, *placed + 1);
            let polite_ms = host_ms * many;
            let attended_ms = polite_ms.max(ATTENDED_MS).min(quiet_ms);
            if let Some(job) = self.jobs.get_mut(slug) {
                (job.host_ms, job.quiet_ms, job.attended_ms) = (host_ms, quiet_ms, attended_ms);
                continue;
            }
            let quiet = quiet_ms.max(1);
            let first = now.plus_ms((chance(self.seed, &ask.host, 0) % quiet + quiet * place / many) % quiet);
            let job = Job {
                host: ask.host.clone(),
                check: Arc::new(check.clone()),
                host_ms,
                quiet_ms,
                attended_ms,
                attended_until: Time(i64::MIN),
                due: first,
                began: now,
                running: false,
                attempt: 0,
                failing: false,
                blocked: false,
                not_before: now,
            };
            self.jobs.insert(slug.clone(), job);
            self.due.push(Reverse((first, slug.clone())));
        }
        self.hosts.forget(now);
    }

    /// Whether a service is checked.
    pub fn has(&self, service: &str) -> bool {
        self.jobs.contains_key(service)
    }

    /// Services that failed just now and are asked again.
    pub fn suspects(&self) -> BTreeSet<Slug> {
        self.jobs.iter().filter(|(_, job)| job.attempt > 0).map(|(slug, _)| slug.clone()).collect()
    }

    /// When the next check is due; `None` when there is none.
    pub fn next(&self) -> Option<Time> {
        self.due.peek().map(|Reverse((due, _))| *due)
    }

    /// Checks that should have run so long ago that their next turn came before they did.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Somebody looks at the service, or something is going on there: until then it is checked as often as is polite.
    pub fn attend(&mut self, service: &str, until: Time) {
        let Some(slug) = self.jobs.get_key_value(service).map(|(slug, _)| slug.clone()) else { return };
        let Some(job) = self.jobs.get_mut(service) else { return };
        job.attended_until = job.attended_until.max(until);
        let sooner = job.began.plus_ms(job.attended_ms).max(job.not_before);
        // Whoever turns us away is left alone, whatever goes on there.
        if !job.running && !job.blocked && job.attempt == 0 && sooner < job.due {
            job.due = sooner;
            self.due.push(Reverse((sooner, slug)));
        }
    }

    /// What is to be run now, as far as there is room; each must come back through [`Schedule::done`].
    pub fn take(&mut self, now: Time) -> Vec<Run> {
        let mut runs = Vec::new();
        while self.running < RUNNING {
            let Some(Reverse((due, _))) = self.due.peek() else { break };
            if *due > now {
                break;
            }
            let Some(Reverse((due, slug))) = self.due.pop() else { break };
            let Some(job) = self.jobs.get_mut(&slug) else { continue };
            if job.running || job.due != due {
                continue;
            }
            // A failure may be asked about again at once; everything else waits until its host is free.
            let free = self.hosts.busy_until(&job.host, now).filter(|_| job.attempt == 0);
            if let Some(free) = free {
                job.due = free;
                self.due.push(Reverse((free, slug)));
                continue;
            }
            self.hosts.ask(&job.host, now.plus_ms(job.host_ms));
            self.missed += u64::try_from(now.since_ms(due) / job.quiet_ms.max(1)).unwrap_or(0);
            job.running = true;
            job.began = now;
            self.running += 1;
            let (host, check) = (job.host.clone(), job.check.clone());
            runs.push(Run { service: slug, host, check, began: now, attempt: job.attempt });
        }
        runs
    }

    /// The check that began then has run, and said `beside` when it wants to be asked again. True when what it says is to be told; false when it is asked
    /// again first, or nobody wants to know any more.
    pub fn done(&mut self, service: &Slug, began: Time, said: CheckOutcome, beside: Beside, now: Time) -> bool {
        let turn = self.chance(service, now.0);
        let Some(job) = self.jobs.get_mut(service).filter(|j| j.running && j.began == began) else { return false };
        job.running = false;
        self.running = self.running.saturating_sub(1);
        // Hosts of one's own are asked as often as their operator says.
        let heeded = |s: Option<u32>| if job.host_ms >= STRANGERS_MS { i64::from(s.unwrap_or(0)) * 1000 } else { 0 };
        let retry_ms = heeded(beside.retry_s).min(HEEDED_MS);
        if retry_ms > 0 {
            self.hosts.ask(&job.host, now.plus_ms(retry_ms));
        }
        job.not_before = now.plus_ms(retry_ms);
        // Whoever says for how long it cannot answer means it.
        let asked_again = |ms: &&i64| said == CheckOutcome::Down && !job.failing && retry_ms <= **ms;
        let again = AGAIN_MS.get(usize::from(job.attempt)).filter(asked_again);
        let told = again.is_none();
        if let Some(ms) = again {
            job.attempt += 1;
            job.due = now.plus_ms(*ms);
        } else {
            job.attempt = 0;
            job.failing = said == CheckOutcome::Down;
            job.blocked = said == CheckOutcome::Blocked;
            let usual = if job.attended_until > now { job.attended_ms } else { job.quiet_ms };
            let every = match said {
                CheckOutcome::Blocked => (job.quiet_ms * BLOCKED_TIMES).min(BLOCKED_MS).max(usual),
                // While nobody looks, what a cache would take for fresh is taken for it, but not for longer than a location is heard.
                CheckOutcome::Up if job.attended_until <= now => usual.max(heeded(beside.fresh_s).min(FRESH_MS)),
                _ => usual,
            };
            // From when it began, a little sooner at most, so that two turns are never longer than a location is heard; its host's own limit is kept
            // when it is taken.
            let jitter = turn % (every / JITTER).max(1);
            job.due = job.began.plus_ms(every - jitter).max(job.not_before);
        }
        self.due.push(Reverse((job.due, service.clone())));
        told
    }

    /// A failure was not told after all: the next one is news again.
    pub fn unsure(&mut self, service: &str) {
        if let Some(job) = self.jobs.get_mut(service) {
            job.failing = false;
        }
    }

    fn chance(&self, service: &str, turn: i64) -> i64 {
        chance(self.seed, service, turn)
    }
}

/// A number that looks like chance: the same for the same seed, name and turn (FNV-1a).
pub(super) fn chance(seed: u64, name: &str, turn: i64) -> i64 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64 ^ seed;
    for b in name.bytes().chain(turn.to_le_bytes()) {
        h = (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    (h >> 2) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::plan::{HOST_S, QUIET_S};
    use allclear_model::check::HttpCheck;
    use proptest::prelude::*;

    /// `n` services on hosts of `shared` services each.
    struct Watched {
        slugs: Vec<Slug>,
        checks: Vec<Check>,
        shared: usize,
    }

    impl Watched {
        fn new(n: usize, shared: usize) -> Watched {
            let slug = |i| Slug::parse(&format!("s-{i}")).unwrap();
            let check = |i: usize| Check::Http(HttpCheck::get(format!("https://h-{}.example/{i}", i / shared)));
            Watched { slugs: (0..n).map(slug).collect(), checks: (0..n).map(check).collect(), shared }
        }

        fn asks(&self) -> Vec<Ask<'_>> {
            let ask = |i: usize| Ask {
                host: format!("h-{}.example", i / self.shared),
                service: &self.slugs[i],
                what: What::Check(&self.checks[i]),
                every_s: QUIET_S.max(HOST_S * self.shared as u32),
                host_s: HOST_S,
                not: None,
            };
            (0..self.slugs.len()).map(ask).collect()
        }
    }

    /// Runs the schedule for `s` seconds in steps of one, each check taking `took_s` and saying what `says` says. Gives who began when, with the attempt,
    /// and what was told when.
    type Began = Vec<(i64, Slug, String, u8)>;
    fn play(
        schedule: &mut Schedule,
        from_s: i64,
        s: i64,
        took_s: i64,
        says: impl Fn(&Slug, i64) -> CheckOutcome,
    ) -> (Began, Vec<(i64, Slug, CheckOutcome)>) {
        let (mut began, mut told, mut open) = (Vec::new(), Vec::new(), Vec::<(i64, Slug, Time)>::new());
        for t in from_s..from_s + s {
            let now = Time(t * 1000);
            let (done, rest): (Vec<_>, Vec<_>) = open.into_iter().partition(|(at, ..)| *at <= t);
            open = rest;
            for (_, slug, since) in done {
                let said = says(&slug, t);
                if schedule.done(&slug, since, said, Beside::default(), now) {
                    told.push((t, slug, said));
                }
            }
            for run in schedule.take(now) {
                began.push((t, run.service.clone(), run.host, run.attempt));
                open.push((t + took_s, run.service, now));
            }
        }
        (began, told)
    }

    #[test]
    fn after_a_start_every_check_runs_within_one_interval_and_no_second_is_a_stampede() {
        let watched = Watched::new(1000, 1);
        let mut schedule = Schedule::new(7, Hosts::default());
        schedule.plan(&watched.asks(), Time(0));
        let (began, _) = play(&mut schedule, 0, i64::from(QUIET_S) + 2, 1, |_, _| CheckOutcome::Up);
        let mut seen: Vec<&Slug> = began.iter().map(|(_, s, ..)| s).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 1000);
        let most = (0..302).map(|t| began.iter().filter(|(at, ..)| *at == t).count()).max().unwrap();
        assert!(most <= 20, "3.3 a second on average, {most} at most");
    }

    #[test]
    fn services_that_share_a_host_run_within_one_interval_after_a_start_as_well() {
        for seed in 0..20 {
            let watched = Watched::new(500, 5);
            let mut schedule = Schedule::new(seed, Hosts::default());
            schedule.plan(&watched.asks(), Time(0));
            let (began, _) = play(&mut schedule, 0, i64::from(QUIET_S) + 2, 1, |_, _| CheckOutcome::Up);
            let seen: BTreeSet<&Slug> = began.iter().map(|(_, s, ..)| s).collect();
            assert_eq!(seen.len(), 500, "seed {seed}");
            let most = (0..302).map(|t| began.iter().filter(|(at, ..)| *at == t).count()).max().unwrap();
            assert!(most <= 12, "1.7 a second on average, {most} at most");
        }
    }

    #[test]
    fn a_first_failure_is_asked_about_twice_more_before_it_is_told_and_a_known_one_is_not() {
        let watched = Watched::new(1, 1);
        let mut schedule = Schedule::new(1, Hosts::default());
        schedule.plan(&watched.asks(), Time(0));
        let (began, told) = play(&mut schedule, 0, 1300, 1, |_, _| CheckOutcome::Down);
        let attempts: Vec<u8> = began.iter().map(|b| b.3).collect();
        assert_eq!(attempts[..5], [0, 1, 2, 0, 0], "{attempts:?}");
        assert_eq!((began[1].0 - began[0].0, began[2].0 - began[1].0), (6, 11));
        assert_eq!(told[0].0, began[2].0 + 1, "nothing is told before the third");
        // Up in between: it was a slip, and is told as up.
        let mut schedule = Schedule::new(1, Hosts::default());
        schedule.plan(&watched.asks(), Time(0));
        let first = began[0].0 + 1;
        let (_, told) =
            play(&mut schedule, 0, 320, 1, |_, t| if t == first { CheckOutcome::Down } else { CheckOutcome::Up });
        assert!(!told.is_empty() && told.iter().all(|t| t.2 == CheckOutcome::Up), "{told:?}");
    }

    #[test]
    fn one_host_is_asked_at_most_once_a_minute_but_for_failures() {
        let watched = Watched::new(7, 7);
        let mut schedule = Schedule::new(3, Hosts::default());
        schedule.plan(&watched.asks(), Time(0));
        for slug in &watched.slugs {
            schedule.attend(slug, Time(i64::MAX));
        }
        let (began, _) = play(&mut schedule, 0, 4000, 2, |_, _| CheckOutcome::Up);
        assert!(began.windows(2).all(|w| w[1].0 - w[0].0 >= 60), "{began:?}");
        for slug in &watched.slugs {
            assert!(began.iter().filter(|b| b.1 == *slug).count() >= 7, "{slug} has its turn");
        }
    }

    #[test]
    fn who_is_looked_at_is_checked_every_minute_and_who_turns_us_away_seldom() {
        let watched = Watched::new(2, 1);
        let mut schedule = Schedule::new(5, Hosts::default());
        schedule.plan(&watched.asks(), Time(0));
        let (began, _) = play(&mut schedule, 0, 700, 1, |_, _| CheckOutcome::Up);
        assert!(began.iter().filter(|b| b.1 == watched.slugs[0]).count() <= 3);
        schedule.attend(&watched.slugs[0], Time(1_300_000));
        schedule.attend(&watched.slugs[1], Time(i64::MAX));
        let says = |s: &Slug, _| if *s == watched.slugs[0] { CheckOutcome::Up } else { CheckOutcome::Blocked };
        let (began, _) = play(&mut schedule, 700, 3600, 1, says);
        let of = |slug: &Slug, from: i64, to: i64| {
            began.iter().filter(|b| b.1 == *slug && (from..to).contains(&b.0)).count()
        };
        assert!((8..=11).contains(&of(&watched.slugs[0], 700, 1300)), "{}", of(&watched.slugs[0], 700, 1300));
        assert!(of(&watched.slugs[0], 1400, 3600) <= 9, "and then as before");
        assert!(of(&watched.slugs[1], 700, 4300) <= 4, "every twenty minutes or so");
    }

    #[test]
    fn a_changed_plan_keeps_who_stays_and_forgets_who_goes() {
        let watched = Watched::new(3, 1);
        let mut schedule = Schedule::new(2, Hosts::default());
        schedule.plan(&watched.asks(), Time(0));
        let before = schedule.jobs[&watched.slugs[1]].due;
        let all = watched.asks();
        schedule.plan(&all[1..], Time(5));
        assert_eq!(schedule.jobs[&watched.slugs[1]].due, before);
        assert!(!schedule.jobs.contains_key(&watched.slugs[0]));
        assert!(
            !schedule.done(&watched.slugs[0], Time(0), CheckOutcome::Up, Beside::default(), Time(6)),
            "nobody wants to know any more"
        );
        // Whoever opted out is not asked.
        let mut out = watched.asks();
        out[1].not = Some(crate::watch::Why::OptedOut("h-1.example".to_owned()));
        schedule.plan(&out, Time(7));
        assert!(!schedule.jobs.contains_key(&watched.slugs[1]));
    }

    proptest! {
        #[test]
        fn never_too_many_run_and_none_runs_twice_at_a_time(n in 1_usize..200, shared in 1_usize..4, took in 1_i64..40, seed: u64, odd in 0_u64..1000) {
            let watched = Watched::new(n, shared);
            let mut schedule = Schedule::new(seed, Hosts::default());
            schedule.plan(&watched.asks(), Time(0));
            let mut open: Vec<(i64, Slug, Time)> = Vec::new();
            for t in 0..900 {
                let now = Time(t * 1000);
                let (done, rest): (Vec<_>, Vec<_>) = open.into_iter().partition(|(at, ..)| *at <= t);
                open = rest;
                for (_, slug, since) in done {
                    let said = CheckOutcome::ALL[(schedule.chance(&slug, t) as u64 ^ odd) as usize % 4];
                    schedule.done(&slug, since, said, Beside::default(), now);
                }
                for run in schedule.take(now) {
                    prop_assert!(open.iter().all(|(_, s, _)| *s != run.service));
                    open.push((t + took, run.service, now));
                }
                prop_assert!(open.len() <= RUNNING);
                prop_assert_eq!(open.len(), schedule.running);
            }
            // Whatever happened, each that is not running is due again.
            for (slug, job) in &schedule.jobs {
                prop_assert!(job.running || schedule.due.iter().any(|Reverse((at, s))| s == slug && *at == job.due));
            }
        }
    }

    #[test]
    fn a_host_that_says_for_how_long_it_wants_to_be_left_alone_is_left_alone_and_not_asked_whether_it_means_it() {
        let watched = Watched::new(1, 1);
        let slug = &watched.slugs[0];
        let mut schedule = Schedule::new(1, Hosts::default());
        schedule.plan(&watched.asks(), Time(0));
        let ask = |schedule: &mut Schedule, said, beside| {
            let due = schedule.next().unwrap();
            assert_eq!(schedule.take(due).len(), 1);
            let told = schedule.done(slug, due, said, beside, due);
            schedule.attend(slug, due.plus_ms(120_000));
            (told, schedule.next().unwrap().since_ms(due) / 1000)
        };
        let retry = |s| Beside { retry_s: Some(s), ..Beside::default() };
        assert_eq!(
            ask(&mut schedule, CheckOutcome::Down, retry(3)),
            (false, 5),
            "a short time is no longer than we wait"
        );
        assert_eq!(ask(&mut schedule, CheckOutcome::Down, retry(900)), (true, 900));
        assert_eq!(ask(&mut schedule, CheckOutcome::Down, retry(u32::MAX)), (true, 3600), "an hour at most");
        // What stays fresh is not asked for again while nobody looks.
        let fresh = Beside { fresh_s: Some(86_400), ..Beside::default() };
        assert_eq!(ask(&mut schedule, CheckOutcome::Up, fresh).1, i64::from(HOST_S), "somebody looks");
        schedule.jobs.get_mut(slug).unwrap().quiet_ms = 60_000;
        schedule.jobs.get_mut(slug).unwrap().attended_until = Time(0);
        let due = schedule.next().unwrap();
        assert_eq!(schedule.take(due).len(), 1);
        schedule.done(slug, due, CheckOutcome::Up, fresh, due);
        // Times that were given up are passed over.
        let next =
            (1..1000).map(|s| due.plus_ms(s * 1000)).find(|t| !schedule.take(*t).is_empty()).unwrap().since_ms(due);
        assert!((FRESH_MS * 9 / 10..=FRESH_MS + 1000).contains(&next), "{next}");
    }
}
