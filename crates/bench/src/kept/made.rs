//! Results of checks as a site that checks by itself tells them, made as they are needed.

use allclear_model::check::CheckOutcome;
use allclear_model::signal::{CheckResult, CheckResults};
use allclear_model::{Entry, Signal, Slug, Time};

/// A site tells what it found every 2 seconds.
const TELL_MS: i64 = 2000;

/// Entries of a day.
pub(super) const ENTRIES_OF_A_DAY: i64 = 86_400_000 / TELL_MS;

/// Services that are checked in turn, and how far the telling of it is.
pub(super) struct Made {
    services: Vec<Service>,
    location: Slug,
    every_ms: i64,
    /// What is finished and not told: when, whose, and what.
    open: Vec<(i64, CheckResult)>,
    now: i64,
    seq: u64,
}

struct Service {
    slug: Slug,
    usual_ms: u32,
    certificate: Time,
    due: i64,
}

/// A number that looks random and is the same on every machine.
fn mixed(a: u64, b: u64) -> u64 {
    let mut x = a.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ b.wrapping_add(0x632b_e59b_d9b4_e019).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

impl Made {
    /// `count` services, each checked every `every_s` seconds from `begin` on.
    pub(super) fn new(count: u32, every_s: u32, begin: Time) -> anyhow::Result<Made> {
        let every_ms = i64::from(every_s) * 1000;
        let service = |n: u32| {
            let r = mixed(n.into(), 1);
            let letters = 5 + r % 10;
            let name: String = (0..letters).map(|i| char::from(b'a' + (mixed(n.into(), 10 + i) % 26) as u8)).collect();
            anyhow::Ok(Service {
                slug: Slug::parse(&format!("{name}-{n}"))?,
                usual_ms: 60 + (r >> 8) as u32 % 400,
                certificate: begin.plus_s(86_400 * 100 + (r >> 20) as i64 % 8_000_000),
                due: begin.0 + every_ms * i64::from(n) / i64::from(count),
            })
        };
        Ok(Made {
            services: (0..count).map(service).collect::<Result<_, _>>()?,
            location: Slug::parse("here")?,
            every_ms,
            open: Vec::new(),
            now: begin.0,
            seq: 0,
        })
    }

    /// One of the services.
    pub(super) fn slug(&self, n: usize) -> Slug {
        self.services[n % self.services.len()].slug.clone()
    }

    /// Where the telling stands.
    pub(super) fn now(&self) -> Time {
        Time(self.now)
    }

    /// What is told next.
    pub(super) fn entry(&mut self) -> Entry {
        let end = self.now + TELL_MS;
        for (n, s) in self.services.iter_mut().enumerate() {
            while s.due < end {
                let r = mixed(n as u64, s.due.unsigned_abs());
                // One in 300 is not up, and most take their usual time, give or take a sixth.
                let (outcome, reason) = match r % 900 {
                    0 => (CheckOutcome::Down, Some("the status is 503, wanted below 500")),
                    1 => (CheckOutcome::Down, Some("no answer within 10 s")),
                    2 => (CheckOutcome::Blocked, Some("the status is 403: programs may be turned away here")),
                    _ => (CheckOutcome::Up, None),
                };
                let spike = if (r >> 40).is_multiple_of(50) { 4 } else { 1 };
                let ms = (s.usual_ms + (r >> 20) as u32 % (s.usual_ms / 3)) * spike;
                let mut result = CheckResult::new(s.slug.clone(), outcome, reason, Some(ms));
                result.certificate = Some(s.certificate);
                self.open.push((s.due + i64::from(ms), result));
                s.due += self.every_ms;
            }
        }
        let (told, open) = std::mem::take(&mut self.open).into_iter().partition(|(done, _)| *done < end);
        self.open = open;
        self.now = end;
        self.seq += 1;
        let told: Vec<(i64, CheckResult)> = told;
        let results = told.into_iter().map(|(_, r)| r).collect();
        // The loop is never quite in time.
        let at = Time(end + (mixed(self.seq, 3) % 40) as i64);
        Entry { seq: self.seq, at, signal: Signal::CheckResults(CheckResults::own(self.location.clone(), results)) }
    }
}

/// The entries as a journal has them that begins behind `before`.
pub(super) fn journalled(entries: &[Entry], before: u64) -> Vec<Entry> {
    entries.iter().map(|e| Entry { seq: e.seq.saturating_sub(before), ..e.clone() }).collect()
}

/// Results in an entry.
pub(super) fn results(e: &Entry) -> u64 {
    match &e.signal {
        Signal::CheckResults(c) => c.results.len() as u64,
        _ => 0,
    }
}
