//! When each official page is read. One heap of due times; time and chance are passed in.

use super::hosts::Hosts;
use super::plan::{Ask, What};
use super::schedule::chance;
use allclear_model::{Slug, Time};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// Pages that are read at a time: a page can be large.
const READING: usize = 4;
/// A page at whose services something is going on is read so often, if its host and its usual interval allow. Milliseconds.
const ATTENDED_MS: i64 = 60_000;
/// A page that cannot be read is asked less often, twice the interval each time, at most so long. Milliseconds.
const LONGEST_MS: i64 = 3_600_000;
/// Part of the interval by which each time is moved at most, so that pages that fell together part again.
const JITTER: i64 = 10;

/// A page that is to be read now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Its address, by which it is known.
    pub page: String,
    /// When this began.
    pub began: Time,
}

/// What came of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// The page was read.
    Read,
    /// It could not be read.
    Unread,
    /// It was not asked, or not reached, through our own fault.
    Unasked,
}

/// All official pages, and when they are due. A page that several services share is read once for all of them.
#[derive(Debug)]
pub struct Readings {
    jobs: BTreeMap<String, Job>,
    /// Times that were given, each with when its page was last read, so that who has waited longest comes first; one that its job no longer has
    /// is passed over.
    due: BinaryHeap<Reverse<(Time, Time, String)>>,
    hosts: Hosts,
    reading: usize,
    seed: u64,
}

#[derive(Debug)]
struct Job {
    host: String,
    services: BTreeSet<Slug>,
    host_ms: i64,
    quiet_ms: i64,
    attended_ms: i64,
    attended_until: Time,
    due: Time,
    began: Time,
    reading: bool,
    failures: u32,
    /// Until then it asks to be left alone, whatever goes on.
    not_before: Time,
}

impl Readings {
    /// Nothing to do yet. `seed` decides where in its interval each page lies; `hosts` is shared with whoever else asks.
    pub fn new(seed: u64, hosts: Hosts) -> Readings {
        Readings { jobs: BTreeMap::new(), due: BinaryHeap::new(), hosts, reading: 0, seed }
    }

    /// Reads the pages of `asks` from here on. New ones are spread over their interval; those that are known keep their place.
    pub fn plan(&mut self, asks: &[Ask<'_>], now: Time) {
        let mut wanted: BTreeMap<String, Vec<&Ask<'_>>> = BTreeMap::new();
        let mut on_host: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for ask in asks.iter().filter(|a| a.not.is_none() && matches!(a.what, What::Official(_))) {
            on_host.entry(&ask.host).or_default().insert(ask.what.address());
            wanted.entry(ask.what.address()).or_default().push(ask);
        }
        self.jobs.retain(|page, _| wanted.contains_key(page));
        self.reading = self.jobs.values().filter(|j| j.reading).count();
        for (page, asks) in wanted {
            let Some(first) = asks.first() else { continue };
            let services = asks.iter().map(|a| a.service.clone()).collect();
            let quiet_ms = asks.iter().map(|a| i64::from(a.every_s) * 1000).min().unwrap_or(0);
            let host_ms = i64::from(first.host_s) * 1000;
            // Attention for one takes no turn from its neighbours.
            let neighbours = on_host.get(first.host.as_str()).map_or(1, BTreeSet::len) as i64;
            let attended_ms = ATTENDED_MS.max(host_ms * neighbours).min(quiet_ms);
            if let Some(job) = self.jobs.get_mut(&page) {
                (job.services, job.host_ms, job.quiet_ms, job.attended_ms) = (services, host_ms, quiet_ms, attended_ms);
                continue;
            }
            let due = now.plus_ms(chance(self.seed, &page, 0) % quiet_ms.max(1));
            let job = Job {
                host: first.host.clone(),
                services,
                host_ms,
                quiet_ms,
                attended_ms,
                attended_until: Time(i64::MIN),
                due,
                began: now,
                reading: false,
                failures: 0,
                not_before: now,
            };
            self.jobs.insert(page.clone(), job);
            self.due.push(Reverse((due, now, page)));
        }
        self.hosts.forget(now);
    }

    /// When the next page is due; `None` when there is none, or no room for it before another has been read.
    pub fn next(&self) -> Option<Time> {
        self.due.peek().map(|Reverse((due, ..))| *due).filter(|_| self.reading < READING)
    }

    /// Something is going on at these services, or somebody looks at them: until then their pages are read as often as is polite.
    pub fn attend(&mut self, services: &BTreeSet<Slug>, until: Time) {
        let Readings { jobs, due, .. } = self;
        for (page, job) in jobs.iter_mut().filter(|(_, job)| job.services.iter().any(|s| services.contains(s))) {
            job.attended_until = job.attended_until.max(until);
            let sooner = job.began.plus_ms(job.attended_ms).max(job.not_before);
            // Whoever could not be read is not asked all the more.
            if !job.reading && job.failures == 0 && sooner < job.due {
                job.due = sooner;
                due.push(Reverse((sooner, job.began, page.clone())));
            }
        }
    }

    /// What is to be read now, as far as there is room; each must come back through [`Readings::done`].
    pub fn take(&mut self, now: Time) -> Vec<Turn> {
        let mut turns = Vec::new();
        while self.reading < READING && self.due.peek().is_some_and(|Reverse((due, ..))| *due <= now) {
            let Some(Reverse((due, _, page))) = self.due.pop() else { break };
            let Some(job) = self.jobs.get_mut(&page).filter(|j| !j.reading && j.due == due) else { continue };
            if let Some(free) = self.hosts.busy_until(&job.host, now) {
                job.due = free;
                self.due.push(Reverse((free, job.began, page)));
                continue;
            }
            self.hosts.ask(&job.host, now.plus_ms(job.host_ms));
            (job.reading, job.began) = (true, now);
            self.reading += 1;
            turns.push(Turn { page, began: now });
        }
        turns
    }

    /// The reading that began then is over: what came of it, for how many seconds the page asks to be left alone, and how many requests it took.
    /// True when somebody still wants to know.
    pub fn done(&mut self, turn: &Turn, came: Came, wait_s: Option<u32>, requests: u32, now: Time) -> bool {
        let lot = chance(self.seed, &turn.page, now.0);
        let Some(job) = self.jobs.get_mut(&turn.page).filter(|j| j.reading && j.began == turn.began) else {
            return false;
        };
        job.reading = false;
        self.reading = self.reading.saturating_sub(1);
        job.failures = match came {
            Came::Read => 0,
            Came::Unread => job.failures.saturating_add(1),
            // Our own fault says nothing about the page.
            Came::Unasked => job.failures,
        };
        let read = came == Came::Read;
        let usual = if read && job.attended_until > now { job.attended_ms } else { job.quiet_ms };
        // Who was asked several times at once is left alone for as long.
        let asked = job.host_ms * i64::from(requests.max(1));
        self.hosts.ask(&job.host, job.began.plus_ms(asked.min(LONGEST_MS)));
        let twice = if came == Came::Unasked { 1 } else { 1_i64 << job.failures.saturating_sub(1).min(10) };
        let every = (usual * twice).min(LONGEST_MS).max(usual);
        // Whoever fails is asked a little later than the others, not sooner: that is what others do too.
        let jitter = lot % (every / JITTER).max(1);
        let every = if read { every - jitter } else { every + jitter };
        job.not_before = now.plus_ms(i64::from(wait_s.unwrap_or(0)) * 1000);
        job.due = job.began.plus_ms(every).max(job.not_before);
        self.due.push(Reverse((job.due, job.began, turn.page.clone())));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::catalogue::Official;

    struct Watched {
        slugs: Vec<Slug>,
        pages: Vec<Official>,
    }

    impl Watched {
        /// So many services, each two of which share a page; so many pages share a host.
        fn new(n: usize) -> Watched {
            let slugs = (0..n).map(|i| Slug::parse(&format!("s-{i}")).unwrap()).collect();
            let page = |i: usize| Official {
                page: format!("https://h-{}.example/{}", i / 2, i / 2),
                format: Some("statuspage".to_owned()),
                reference: None,
                part: allclear_model::catalogue::Part::default(),
                feed: None,
            };
            Watched { slugs, pages: (0..n).map(page).collect() }
        }

        fn asks(&self) -> Vec<Ask<'_>> {
            let one = |(i, service)| Ask {
                host: format!("h-{}.example", i / 2),
                service,
                what: What::Official(&self.pages[i]),
                every_s: 300,
                host_s: 60,
                not: None,
            };
            self.slugs.iter().enumerate().map(one).collect()
        }
    }

    fn of(service: &str) -> BTreeSet<Slug> {
        BTreeSet::from([Slug::parse(service).unwrap()])
    }

    /// How often each of ten pages of one host is read within six hours while one of them is attended to.
    fn crowded(attended: usize) -> Vec<usize> {
        let mut watched = Watched::new(20);
        for (i, page) in watched.pages.iter_mut().enumerate() {
            page.page = format!("https://one.example/{}", i / 2);
        }
        let mut asks = watched.asks();
        for ask in &mut asks {
            (ask.host, ask.every_s) = ("one.example".to_owned(), 600);
        }
        let mut readings = Readings::new(5, Hosts::default());
        readings.plan(&asks, at(0));
        let mut read: BTreeMap<String, usize> = BTreeMap::new();
        for s in 0..21_600 {
            readings.attend(&of(&format!("s-{}", 2 * attended)), at(s + 120));
            for turn in readings.take(at(s)) {
                readings.done(&turn, Came::Read, None, 1, at(s));
                *read.entry(turn.page).or_default() += 1;
            }
        }
        read.into_values().collect()
    }

    #[test]
    fn attention_for_one_page_takes_no_turn_from_its_neighbours_on_the_host() {
        for attended in [0, 4, 9] {
            let read = crowded(attended);
            assert!(read.len() == 10 && read.iter().all(|n| (30..=40).contains(n)), "{read:?}");
        }
    }

    #[test]
    fn our_own_fault_is_not_held_against_a_page_and_a_search_keeps_its_host_in_peace() {
        let watched = Watched::new(1);
        let hosts = Hosts::default();
        let mut readings = Readings::new(2, hosts.clone());
        readings.plan(&watched.asks(), at(0));
        let turn = readings.take(at(300)).remove(0);
        readings.done(&turn, Came::Unasked, None, 0, at(301));
        assert!((at(600)..=at(630)).contains(&readings.jobs.values().next().unwrap().due));
        let turn = readings.take(at(640)).remove(0);
        readings.done(&turn, Came::Read, None, 21, at(660));
        assert_eq!(hosts.busy_until("h-0.example", at(661)), Some(at(640 + 21 * 60)));
    }

    #[test]
    fn while_there_is_no_room_nothing_is_due() {
        let watched = Watched::new(40);
        let mut readings = Readings::new(2, Hosts::default());
        readings.plan(&watched.asks(), at(0));
        assert_eq!((readings.take(at(400)).len(), readings.next()), (READING, None));
    }

    fn at(s: i64) -> Time {
        Time(s * 1000)
    }

    #[test]
    fn every_page_is_read_once_in_an_interval_for_all_its_services_and_few_at_a_time() {
        let watched = Watched::new(200);
        let mut readings = Readings::new(7, Hosts::default());
        readings.plan(&watched.asks(), at(0));
        let mut began: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        let mut open: Vec<Turn> = Vec::new();
        for s in 0..1800 {
            for turn in std::mem::take(&mut open) {
                assert!(readings.done(&turn, Came::Read, None, 1, at(s)));
            }
            open = readings.take(at(s));
            assert!(open.len() <= READING);
            for turn in &open {
                began.entry(turn.page.clone()).or_default().push(s);
            }
        }
        assert_eq!(began.len(), 100);
        for times in began.values() {
            assert!(times[0] <= 302 && times.windows(2).all(|w| (265..=303).contains(&(w[1] - w[0]))), "{times:?}");
        }
    }

    #[test]
    fn a_page_that_cannot_be_read_is_asked_less_and_less_and_one_that_asks_for_patience_gets_it() {
        let watched = Watched::new(1);
        let mut readings = Readings::new(1, Hosts::default());
        readings.plan(&watched.asks(), at(0));
        let mut next = |came: Came, wait: Option<u32>| {
            // Times that were moved are passed over.
            let mut due = || loop {
                let now = readings.next().unwrap();
                if let Some(turn) = readings.take(now).pop() {
                    return (now, turn);
                }
            };
            let (now, turn) = due();
            readings.done(&turn, came, wait, 1, now);
            readings.attend(&of("s-0"), now.plus_ms(1 << 40));
            readings.jobs.values().next().unwrap().due.since_ms(now) / 1000
        };
        let failing: Vec<i64> = (0..6).map(|_| next(Came::Unread, None)).collect();
        let steps = [300..=330, 600..=660, 1200..=1320, 2400..=2640, 3600..=3960, 3600..=3960];
        assert!(failing.iter().zip(&steps).all(|(s, step)| step.contains(s)), "{failing:?}");
        assert!((53..=60).contains(&next(Came::Read, None)), "attended to again at once");
        assert_eq!([next(Came::Read, Some(900)), next(Came::Unread, Some(1800))], [900, 1800]);
    }

    #[test]
    fn attention_makes_a_page_due_sooner_and_its_host_still_comes_first() {
        let watched = Watched::new(4);
        let hosts = Hosts::default();
        let mut readings = Readings::new(3, hosts.clone());
        readings.plan(&watched.asks(), at(0));
        let turn = readings.take(at(300));
        assert_eq!(turn.len(), 2);
        for t in &turn {
            readings.done(t, Came::Read, None, 1, at(301));
        }
        readings.attend(&of("s-1"), at(1000));
        assert!(readings.next().unwrap() <= at(360));
        // A check has just asked the same host.
        hosts.ask("h-0.example", at(400));
        assert!(readings.take(at(362)).is_empty());
        assert_eq!(readings.take(at(400)).len(), 1);
    }

    #[test]
    fn a_new_plan_keeps_what_is_known_and_forgets_what_is_not_read_any_more() {
        let watched = Watched::new(4);
        let mut readings = Readings::new(3, Hosts::default());
        readings.plan(&watched.asks(), at(0));
        let turns = readings.take(at(300));
        let asks = watched.asks();
        readings.plan(&asks[2..], at(301));
        let told = turns.iter().filter(|t| readings.done(t, Came::Read, None, 1, at(302))).count();
        assert_eq!(told, 1, "of the page that is gone nobody wants to know");
        assert_eq!((readings.jobs.len(), readings.reading), (1, 0));
        let mut out = watched.asks();
        for a in &mut out {
            a.not = Some(super::super::Why::OptedOut("example".to_owned()));
        }
        readings.plan(&out, at(303));
        assert!(readings.jobs.is_empty() && readings.take(at(9999)).is_empty());
    }
}
