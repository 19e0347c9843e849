//! A flood of reports from a few networks and from many, with the limits a site has by itself: whoever else reports meanwhile
//! must be heard, pages must go on, and memory is bounded.

use super::load::{CONNECTIONS, Load, Make, reports};
use super::process::{Site, Start, wrk};
use super::{SiteArgs, http, show, spread};
use std::sync::Arc;
use std::time::Duration;

/// Made-up sources of a flood.
const SOURCES: u32 = 1000;
/// The networks that they are in, the door that they come through, and their connections: few networks, whose limit refuses nearly all of it; for
/// each source one, so that only the limit of a source is left; and the form, which shows again what was typed.
const FLOODS: [(u32, Door, usize); 4] = [
    (4, Door::Api, CONNECTIONS),
    (SOURCES, Door::Api, CONNECTIONS),
    (SOURCES, Door::Api, SOURCES as usize),
    (SOURCES, Door::Form, CONNECTIONS),
];
/// Reports a second that they send, as far as the site reads them.
const RATE: f64 = 50_000.0;
/// Requests that each connection to the API sends at once, as a flood would: a write for each costs both sides more than the rest.
const AT_ONCE: u32 = 8;
/// Reports a second of others, each from a source and a network of its own.
const HONEST: f64 = 50.0;
/// Within so many milliseconds each of these is to be answered.
const WITHIN_MS: f64 = 1000.0;
/// Share of the page requests without a flood that there must be at least, by the median.
const LEAST: f64 = 0.5;
/// MiB that memory may come to what it was before: as much as for a million made-up names or networks,
const MORE_MIB: f64 = 64.0;
/// and for each connection, with its buffers.
const CONNECTION_MIB: f64 = 1.0 / 16.0;
/// Page that is read meanwhile.
const PAGE: &str = "/s/openrouter";

#[derive(Clone, Copy)]
enum Door {
    Api,
    Form,
}

impl Door {
    fn name(self) -> &'static str {
        match self {
            Door::Api => "the API",
            Door::Form => "the form",
        }
    }
}

/// The flood: all sources in turn, about all services in turn.
fn flood(slugs: Vec<String>, networks: u32, door: Door) -> Make {
    Arc::new(move |n| {
        let source = n % SOURCES;
        let (slug, address) = (&slugs[n as usize % slugs.len()], source % networks * 256 + source / networks);
        match door {
            Door::Api => http::report_request(slug, address),
            Door::Form => http::form_request(slug, address),
        }
    })
}

/// Honest reports: each of a network of its own, every second one with a text.
fn honest(slugs: Vec<String>) -> Make {
    let plain = reports(slugs.clone(), 0x1_0000, 256);
    Arc::new(move |n| {
        let address = 0x1_0000_u32.wrapping_add(n).wrapping_mul(256);
        if n % 2 == 0 { plain(n) } else { http::text_request(&slugs[n as usize % slugs.len()], address) }
    })
}

/// The floods, each on a site of its own.
pub(super) fn run(args: &SiteArgs) -> anyhow::Result<()> {
    let floods: Vec<anyhow::Result<()>> =
        FLOODS.into_iter().map(|(networks, door, connections)| one(args, networks, door, connections)).collect();
    floods.into_iter().collect()
}

/// Prints what becomes of the flood, of the others, of readers and of memory. Fails when one of the others is refused or late, when
/// readers get less than they must, and when memory grows more than it may.
fn one(args: &SiteArgs, networks: u32, door: Door, connections: usize) -> anyhow::Result<()> {
    let dir = args.temp()?;
    let site = Site::start(&args.binary, &dir.path().join("data"), &Start { limited: true, ..Start::default() })?;
    let slugs = http::slugs(&site.address)?;
    let url = format!("http://{}{PAGE}", site.address);
    let (rounds, seconds) = (args.rounds().min(4), args.seconds().min(3));
    let read = || (0..rounds).map(|_| wrk(&url, seconds, None)).collect::<anyhow::Result<Vec<f64>>>();
    let alone = read()?;
    let before = site.process.resident_mib()?;
    site.process.forget_peak()?;

    // The first seconds without readers, and the last ones.
    let time = Duration::from_secs(if args.quick { 5 } else { 20 });
    let honest = Load { rate: Some(HONEST), ..Load::of(&site.address, time, honest(slugs.clone())) }.start();
    let cpu = site.process.cpu_s()?;
    let flood = flood(slugs, networks, door);
    let at_once = match door {
        Door::Api => AT_ONCE,
        Door::Form => 1,
    };
    let flood = Load { rate: Some(RATE), connections, at_once, ..Load::of(&site.address, time, flood) }.start();
    std::thread::sleep(Duration::from_secs(if args.quick { 1 } else { 4 }));
    let flooded = read()?;
    let ended = |_| anyhow::anyhow!("a load ended early");
    let (flood, honest) = (flood.join().map_err(ended)??, honest.join().map_err(ended)??);
    let cpu = site.process.cpu_s()? - cpu;
    let peak = site.process.peak_mib()?;
    std::thread::sleep(Duration::from_secs(2));
    let after = site.process.resident_mib()?;

    println!(
        "flood of {SOURCES} sources in {networks} networks through {} on {connections} connections for {} s: {:.0}/s answered ({RATE:.0} were to be sent), statuses {:?}; p99 {:.1} ms",
        door.name(),
        time.as_secs(),
        flood.per_second,
        flood.statuses,
        flood.ms(0.99)
    );
    println!(
        "{} reports of others, {HONEST:.0}/s, each of its own network: statuses {:?}; ms p50 {:.1}, p99 {:.1}, most {:.1} (goal: all 202 within {WITHIN_MS:.0})",
        honest.seconds.len(),
        honest.statuses,
        honest.ms(0.5),
        honest.ms(0.99),
        honest.ms(1.0)
    );
    let most = MORE_MIB + CONNECTION_MIB * connections as f64;
    println!(
        "resident MiB before {before:.1}, at most {peak:.1}, after {after:.1} (goal: at most {most:.0} more); {:.2} cores",
        cpu / time.as_secs_f64()
    );
    let ratios: Vec<f64> = flooded.iter().zip(&alone).map(|(f, a)| f / a).collect();
    println!(
        "page requests/s alone {}, in the flood {}, ratio {} (goal: at least {LEAST})",
        show(&alone, 0),
        show(&flooded, 0),
        show(&ratios, 2)
    );
    let sent = honest.seconds.len() as f64;
    anyhow::ensure!(sent >= 0.9 * HONEST * time.as_secs_f64(), "only {sent} reports of others were sent");
    let late = honest.seconds.iter().filter(|s| **s * 1000.0 > WITHIN_MS).count();
    honest.only(202)?;
    anyhow::ensure!(late == 0, "{late} reports of others were late");
    let more = peak - before;
    anyhow::ensure!(
        more <= most,
        "memory grew by {more:.1} MiB in the flood from {networks} networks through {}",
        door.name()
    );
    // A short round says that it works, not how fast.
    let (median, ..) = spread(&ratios);
    anyhow::ensure!(
        args.quick || median >= LEAST,
        "readers got {median:.2} of the pages in the flood from {networks} networks through {}",
        door.name()
    );
    Ok(())
}
