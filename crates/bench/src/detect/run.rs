//! Runs the simulated services: quiet weeks for false alarms, and outages put into them.

use super::draw::Draw;
use super::ends::{self, End};
use super::panel::{Alarm, Panel, RULES, Rule};
use super::stats::Delay;
use super::stream::{Outage, SIZES, Stream, TEST_WEEKS, TRAIN_WEEKS, WEEK};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Minutes in a block; alarms in neighbouring blocks are one episode.
const BLOCK: usize = 180;
/// Minutes simulated from an outage's onset.
const AFTER: usize = 330;
/// An outage that begins within so many minutes after an alarm is dropped: the alarm is not its own.
const BEFORE: usize = 60;
/// For each outage that is to be counted so many are put in, so that a rule for which some are dropped has others in their place.
const TRIES: usize = 20;

/// What one service gave.
pub(crate) struct Path {
    /// Which size.
    pub(crate) size: usize,
    /// Largest statistic of each block of the quiet test weeks, by rule.
    pub(crate) blocks: [Vec<f32>; RULES],
    /// Delays by alarm and outage: of the first ones that were not dropped, as many as the plan asks for.
    pub(crate) delays: Vec<[Vec<Delay>; 6]>,
    /// How Allclear let go of those of its outages that it found.
    pub(crate) ends: [Vec<End>; 6],
    /// Bytes of Allclear's board at the end of the test.
    pub(crate) bytes: usize,
}

/// What to simulate.
#[derive(Clone)]
pub(crate) struct Plan {
    /// Which sizes, as indices into [`SIZES`].
    pub(crate) sizes: Vec<usize>,
    /// Seeds.
    pub(crate) seeds: RangeInclusive<u64>,
    /// Services per seed and size.
    pub(crate) paths: u64,
    /// Outages of each kind per service.
    pub(crate) outages: usize,
    /// Threads.
    pub(crate) threads: usize,
}

/// All services of the plan, in order of size, seed and path whatever the threads do.
pub(crate) fn run(plan: &Plan, alarms: &[Alarm]) -> anyhow::Result<Vec<Path>> {
    let mut jobs = Vec::new();
    for &size in &plan.sizes {
        for seed in plan.seeds.clone() {
            for path in 0..plan.paths {
                jobs.push((size, seed, path));
            }
        }
    }
    in_order(plan.threads, jobs.len(), |i| {
        let (size, seed, path) = jobs[i];
        service(size, seed, path, plan.outages, alarms)
    })
    .into_iter()
    .collect()
}

/// Runs `n` jobs on some threads and returns their results in order.
pub(crate) fn in_order<T: Send>(threads: usize, n: usize, job: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let mut all: Vec<(usize, T)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1))
            .map(|_| {
                scope.spawn(|| {
                    let mut mine = Vec::new();
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        if i >= n {
                            return mine;
                        }
                        mine.push((i, job(i)));
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|w| w.join().unwrap_or_default()).collect()
    });
    all.sort_by_key(|(i, _)| *i);
    all.into_iter().map(|(_, t)| t).collect()
}

fn service(size: usize, seed: u64, path: u64, outages: usize, alarms: &[Alarm]) -> anyhow::Result<Path> {
    let mut stream = Stream::new(SIZES[size], seed, size, path);
    let train: Vec<u32> = (0..TRAIN_WEEKS * WEEK).map(|_| stream.next_count()).collect();
    let test: Vec<u32> = (0..TEST_WEEKS * WEEK).map(|_| stream.next_count()).collect();
    let mut panel = Panel::learn(&train)?;
    let onsets = onsets(&stream, size, seed, path, outages);
    let mut next = onsets.iter().peekable();
    let mut delays: Vec<[Vec<(usize, Delay)>; 6]> =
        alarms.iter().map(|_| std::array::from_fn(|_| Vec::new())).collect();
    let mut ends: [Vec<End>; 6] = std::array::from_fn(|_| Vec::new());
    let mut blocks: [Vec<f32>; RULES] = std::array::from_fn(|_| vec![f32::MIN; test.len() / BLOCK]);
    let mut last_alarm: Vec<Option<usize>> = vec![None; alarms.len()];
    for (i, x) in test.iter().enumerate() {
        while let Some((_, kind, k)) = next.next_if(|o| o.0 == i) {
            let mut draw = Draw::new(2, seed, (size as u64) << 32 | path, (*kind as u64) << 32 | *k as u64);
            let clean: Vec<bool> = last_alarm.iter().map(|l| l.is_none_or(|l| l + BEFORE < i)).collect();
            if *k < outages && alarms.iter().zip(&clean).any(|(a, clean)| a.rule == Rule::Ours && *clean) {
                let mut draw = draw.clone();
                let extra = |minute, base| kind.draw(&mut draw, minute, stream.size, base);
                ends[*kind as usize].extend(ends::follow(panel.ours().copy()?, &stream, *kind, i, &test, extra));
            }
            let found = inject(panel.copy()?, &stream, *kind, i, &test, alarms, &mut draw);
            for ((d, f), clean) in delays.iter_mut().zip(found).zip(clean) {
                if clean {
                    d[*kind as usize].push((*k, f));
                }
            }
        }
        let stats = panel.step(TRAIN_WEEKS * WEEK + i, *x);
        for (b, s) in blocks.iter_mut().zip(stats) {
            if let Some(b) = b.get_mut(i / BLOCK) {
                *b = b.max(s as f32);
            }
        }
        for (l, a) in last_alarm.iter_mut().zip(alarms) {
            if stats[a.rule as usize] >= a.from {
                *l = Some(i);
            }
        }
    }
    Ok(Path {
        size,
        blocks,
        delays: delays.into_iter().map(|d| d.map(|d| first(d, outages))).collect(),
        ends,
        bytes: panel.ours().bytes(),
    })
}

/// The delays of the `n` outages that come first by their number.
fn first(mut delays: Vec<(usize, Delay)>, n: usize) -> Vec<Delay> {
    delays.sort_unstable_by_key(|d| d.0);
    delays.into_iter().map(|d| d.1).take(n).collect()
}

/// When each outage begins, in order of time: first those that count where no rule is in alarm, then those in their place.
fn onsets(stream: &Stream, size: usize, seed: u64, path: u64, outages: usize) -> Vec<(usize, Outage, usize)> {
    let mut all = Vec::new();
    let mut draw = Draw::new(3, seed, size as u64, path);
    let numbers = [0..outages, outages..outages * TRIES];
    for (kind, numbers) in numbers.into_iter().flat_map(|n| Outage::ALL.map(|kind| (kind, n.clone()))) {
        for k in numbers {
            let at = if kind == Outage::Night {
                let day = draw.whole(2, TEST_WEEKS * 7 - 2) * 1440;
                let mean = |h: usize| (0..60).map(|m| stream.base(day + h * 60 + m)).sum::<f64>();
                let hour = (0..24).min_by(|a, b| mean(*a).total_cmp(&mean(*b))).unwrap_or(0);
                day + hour * 60
            } else {
                draw.whole(2 * 1440, (TEST_WEEKS * 7 - 2) * 1440)
            };
            all.push((at, kind, k));
        }
    }
    all.sort_by_key(|(at, kind, k)| (*at, *kind as usize, *k));
    all
}

/// One outage on a copy of the panel: the delay by alarm, infinite when it ends unfound.
fn inject(
    mut panel: Panel,
    stream: &Stream,
    kind: Outage,
    at: usize,
    test: &[u32],
    alarms: &[Alarm],
    draw: &mut Draw,
) -> Vec<Delay> {
    let mut delay = vec![f64::INFINITY; alarms.len()];
    for i in 0..AFTER.min(kind.minutes()) {
        let minute = TRAIN_WEEKS * WEEK + at + i;
        let x = test[at + i] + kind.draw(draw, i, stream.size, stream.base(minute));
        let stats = panel.step(minute, x);
        for (d, a) in delay.iter_mut().zip(alarms) {
            if d.is_infinite() && stats[a.rule as usize] >= a.from {
                *d = (i + 1) as f64;
            }
        }
        if delay.iter().all(|d| d.is_finite()) {
            break;
        }
    }
    delay
}

impl Plan {
    /// How many outages of a kind and size count, and how many are put in, that some of them may be dropped.
    pub(crate) fn counted(&self) -> (usize, usize) {
        let n = self.seeds.clone().count() * self.paths as usize * self.outages;
        (n, n * TRIES)
    }
}

/// Alarm episodes: runs of neighbouring blocks that reach `from`.
pub(crate) fn episodes(blocks: &[f32], from: f64) -> usize {
    let mut before = false;
    let mut n = 0;
    for b in blocks {
        let now = f64::from(*b) >= from;
        n += usize::from(now && !before);
        before = now;
    }
    n
}

/// The least threshold that gives at most `per_year` episodes a service-year over all given services.
pub(crate) fn calibrate(paths: &[Path], rule: usize, years: f64, per_year: f64) -> f64 {
    let mut values: Vec<f32> = paths.iter().flat_map(|p| p.blocks[rule].iter().copied()).collect();
    values.sort_by(f32::total_cmp);
    values.dedup();
    let count = |h: f32| paths.iter().map(|p| episodes(&p.blocks[rule], f64::from(h))).sum::<usize>() as f64;
    let (mut lo, mut hi) = (values.len() / 2, values.len().saturating_sub(1));
    while lo < hi {
        let mid = usize::midpoint(lo, hi);
        if count(values[mid]) <= years * per_year { hi = mid } else { lo = mid + 1 }
    }
    values.get(lo).copied().map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outages_that_count_are_the_same_however_many_stand_in_their_place() {
        let stream = Stream::new(0.5, 51, 2, 0);
        let all = onsets(&stream, 2, 51, 0, 3);
        assert_eq!(all.len(), 3 * TRIES * Outage::ALL.len());
        assert!(all.is_sorted_by_key(|o| o.0));
        let mut draw = Draw::new(3, 51, 2, 0);
        let major: Vec<usize> = (0..3).map(|_| draw.whole(2 * 1440, (TEST_WEEKS * 7 - 2) * 1440)).collect();
        for (k, at) in major.into_iter().enumerate() {
            assert!(all.contains(&(at, Outage::Major, k)), "number {k} begins as before");
        }
        assert_eq!(first(vec![(7, 1.0), (2, 2.0), (5, 3.0)], 2), [2.0, 3.0]);
    }
}
