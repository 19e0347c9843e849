//! Bursts from a few sources and networks, on top of ordinary reports.

use super::draw::Draw;
use super::ours::{One, Ours};
use super::run::{Plan, in_order};
use super::stats::binomial;
use super::stream::{SIZES, Stream, TEST_WEEKS, TRAIN_WEEKS, WEEK};

/// Minutes in which a burst of the protocol arrives.
const BURST: usize = 20;
/// Minutes watched from its beginning.
const WATCH: usize = 90;
/// A burst that begins within so many minutes after an alarm is not counted.
const QUIET: usize = 120;

/// A burst.
#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    reports: usize,
    sources: usize,
    networks: usize,
    /// Minutes in which it arrives.
    within: usize,
}

const fn kind(name: &'static str, reports: usize, sources: usize, networks: usize, within: usize) -> Kind {
    Kind { name, reports, sources, networks, within }
}

impl Kind {
    /// True for bursts of the protocol that must never alarm: all their reports, within its minutes, from a few networks.
    fn must_stay_quiet(self) -> bool {
        self.reports >= 100 && self.within <= BURST && self.networks <= 4
    }
}

/// The first one is no burst.
const KINDS: [Kind; 11] = [
    kind("none (what the quiet minutes alone do)", 0, 1, 1, BURST),
    kind("120 reports of 3 sources", 120, 3, 3, BURST),
    kind("3 reports of 3 sources", 3, 3, 3, BURST),
    kind("100 addresses in 2 networks", 100, 100, 2, BURST),
    kind("100 addresses in 4 networks", 100, 100, 4, BURST),
    kind("100 addresses in 4 networks, in 5 minutes", 100, 100, 4, 5),
    kind("100 addresses in 4 networks, in 60 minutes", 100, 100, 4, 60),
    kind("30 addresses in 4 networks", 30, 30, 4, BURST),
    kind("12 sources in 12 networks that report 10 times each", 120, 12, 12, BURST),
    kind("100 addresses in 12 networks", 100, 100, 12, BURST),
    kind("100 addresses in 80 networks", 100, 100, 80, BURST),
];

/// Alarms and bursts by kind.
type Seen = [(usize, usize); KINDS.len()];

/// Runs the bursts and prints which share of them raises an alarm, by size. Returns the kinds and sizes that must be at
/// zero and are not.
pub(crate) fn run(plan: &Plan) -> anyhow::Result<Vec<String>> {
    let seeds: Vec<u64> = plan.seeds.clone().collect();
    let jobs = plan.sizes.len() * seeds.len();
    let all =
        in_order(plan.threads, jobs, |i| service(plan.sizes[i / seeds.len()], seeds[i % seeds.len()], plan.outages));
    let mut sums: Vec<Seen> = vec![Seen::default(); plan.sizes.len()];
    for (i, r) in all.into_iter().enumerate() {
        for (t, v) in sums[i / seeds.len()].iter_mut().zip(r?) {
            t.0 += v.0;
            t.1 += v.1;
        }
    }
    println!(
        "\n### Bursts (within {BURST} minutes where nothing else is said) over ordinary reports: share that alarms within {WATCH} minutes, and would not without [90 %]\n"
    );
    println!("| burst | {} |", plan.sizes.iter().map(|s| format!("{}/min", SIZES[*s])).collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "---|".repeat(plan.sizes.len()));
    let mut missed = Vec::new();
    for (k, kind) in KINDS.iter().enumerate() {
        let name = kind.name;
        print!("| {name} |");
        for (s, size) in plan.sizes.iter().map(|s| SIZES[*s]).enumerate() {
            let (hit, n) = sums[s][k];
            let (lo, hi) = binomial(hit, n);
            let per = 100.0 / n.max(1) as f64;
            print!(" {:.1} % [{:.1}-{:.1}] |", hit as f64 * per, lo * 100.0, hi * 100.0);
            if kind.must_stay_quiet() && hit > 0 {
                missed.push(format!("{name} at {size}/min alarms {hit} of {n} times"));
            }
        }
        println!();
    }
    Ok(missed)
}

fn service(size: usize, seed: u64, bursts: usize) -> anyhow::Result<Seen> {
    let mut stream = Stream::new(SIZES[size], seed, size, 1 << 32);
    let mut ours = Ours::new()?;
    for m in 0..TRAIN_WEEKS * WEEK {
        ours.step(m, stream.next_count(), &[]);
    }
    let test: Vec<u32> = (0..TEST_WEEKS * WEEK).map(|_| stream.next_count()).collect();
    let mut draw = Draw::new(5, seed, size as u64, 0);
    let mut at: Vec<usize> = (0..bursts).map(|_| draw.whole(2880, TEST_WEEKS * WEEK - 2880)).collect();
    at.sort_unstable();
    let mut seen = Seen::default();
    let mut quiet = QUIET;
    let mut next = at.iter().peekable();
    for (i, x) in test.iter().enumerate() {
        while next.next_if(|a| **a == i).is_some() {
            if quiet < QUIET {
                continue;
            }
            // An alarm that the quiet minutes raise by themselves is not the burst's.
            let mut alone = false;
            for (k, (s, kind)) in seen.iter_mut().zip(KINDS).enumerate() {
                let hit = burst(&ours, &mut draw, i, &test, kind)?;
                s.0 += usize::from(hit && !alone);
                s.1 += 1;
                alone |= k == 0 && hit;
            }
        }
        let alarm = ours.step(TRAIN_WEEKS * WEEK + i, *x, &[]);
        quiet = if alarm > 0.0 { 0 } else { quiet + 1 };
    }
    Ok(seen)
}

fn burst(ours: &Ours, draw: &mut Draw, at: usize, test: &[u32], kind: Kind) -> anyhow::Result<bool> {
    let mut ours = ours.copy()?;
    let mut when: Vec<Vec<One>> = vec![Vec::new(); WATCH];
    for r in 0..kind.reports {
        let source = r % kind.sources;
        let network = 1 + (source % kind.networks) as u64;
        when[draw.whole(0, kind.within)].push(One { source: 1 + source as u128, network });
    }
    // In a minute they come in any order.
    for minute in &mut when {
        for k in (1..minute.len()).rev() {
            minute.swap(k, draw.whole(0, k + 1));
        }
    }
    for (j, ones) in when.iter().enumerate() {
        if ours.step(TRAIN_WEEKS * WEEK + at + j, test[at + j], ones) > 0.0 {
            return Ok(true);
        }
    }
    Ok(false)
}
