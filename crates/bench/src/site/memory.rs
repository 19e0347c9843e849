//! Resident memory: idle, with busy services, with made-up slugs and networks, with live readers. A new site in each round.

use super::load::{Load, Make, reports};
use super::process::Start;
use super::{SiteArgs, http, show, site_of};
use crate::goals::Goals;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

/// Services.
const SERVICES: usize = 3000;
/// Services that get reports, and how many each gets: within 10 seconds, each from a source of its own, 256 to a network.
const BUSY: usize = 200;
const REPORTS: u32 = 300;
/// Made-up slugs, and then reports from made-up networks; each within [`MOST`].
const MADE_UP: u32 = 1_000_000;
const MOST: Duration = Duration::from_secs(150);
/// Live streams.
const STREAMS: usize = 10_000;

/// What one round saw: idle MiB; KB a busy service, with its part of what all share; MiB more after made-up slugs, and after
/// made-up networks; KB a further busy service, now that all that is shared is full; MiB with live streams, and of these by
/// the streams.
type Seen = [f64; 7];

/// Views and reports in turn, each of a slug of its own.
fn made_up() -> Make {
    Arc::new(|n| {
        // Not like the names of the services here: those that are like a name cost more to refuse.
        let slug = format!("xylophone-quiz-{n}");
        if n % 2 == 0 { http::get_request(&format!("/s/{slug}"), true) } else { http::report_request(&slug, n) }
    })
}

/// Which of [`Seen`] has a goal, what it is called, and the most it may be.
const GOALS: [(usize, &str, f64); 6] = [
    (0, "MiB idle", 40.0),
    (1, "KB a busy service", 60.0),
    (2, "MiB after made-up slugs", 64.0),
    (3, "MiB after made-up networks", 64.0),
    (4, "KB a further busy service", 60.0),
    (5, "MiB with live streams", 300.0),
];

/// Prints the figures; goals are those of the whole site.
pub(super) fn run(args: &SiteArgs) -> anyhow::Result<()> {
    let (share, streams) = if args.quick { (50, 500) } else { (1, STREAMS) };
    let files = crate::descriptors::raise()?;
    anyhow::ensure!(
        files >= streams as u64 + 100,
        "{streams} live streams need as many open files, and {files} are allowed: raise the hard limit (`ulimit -Hn`)"
    );
    let mut all: [Vec<f64>; 7] = Default::default();
    let mut sent = [Vec::new(), Vec::new()];
    for _ in 0..args.rounds() {
        let (seen, n) = round(args, MADE_UP / share, streams)?;
        all.iter_mut().zip(seen).for_each(|(v, x)| v.push(x));
        sent.iter_mut().zip(n).for_each(|(v, x)| v.push(x));
    }
    let mut goals = Goals::new(args.quick);
    for (i, what, most) in GOALS {
        goals.at_most(what, &all[i], most);
    }
    let [idle, busy, slugs, networks, own, with, by] = all.map(|v| show(&v, 1));
    let [viewed, reported] = sent.map(|v| show(&v, 0));
    println!("idle with {SERVICES} services: {idle} MiB (goal: at most 40)");
    println!(
        "{REPORTS} reports, each of another source, on each of {BUSY} services within 10 s, and a view of each: {busy} KB a service, with its part of what all share (remembered sources, caches of the files; goal: at most 60)"
    );
    println!("after {viewed} made-up slugs, viewed and reported in turn: {slugs} MiB more (goal: at most 64)");
    println!(
        "after {reported} reports from as many made-up networks on one service: {networks} MiB more (goal: at most 64)"
    );
    println!(
        "{REPORTS} reports on each of {BUSY} other services after that, when what all share is full: {own} KB a busy service (goal: at most 60)"
    );
    println!("with {streams} live streams open: {with} MiB in all, {by} by the streams (goal: at most 300)");
    goals.met()
}

fn round(args: &SiteArgs, made_up_n: u32, streams: usize) -> anyhow::Result<(Seen, [f64; 2])> {
    let dir = args.temp()?;
    let site = site_of(args, dir.path(), SERVICES, &Start::default())?;
    let resident = || {
        std::thread::sleep(Duration::from_secs(3));
        site.process.resident_mib()
    };
    http::get(&site.address, "/s/openrouter", true)?;
    let idle = resident()?;

    let all = http::slugs(&site.address)?;
    let n = BUSY as u32 * REPORTS;
    let load = Load::of(&site.address, MOST, reports(all.clone(), 0, 1));
    let make_busy = |services: &[String], first: u32| -> anyhow::Result<f64> {
        let make = reports(services.to_vec(), first, 1);
        Load { rate: Some(f64::from(n) / 10.0), most: n, make, ..load.clone() }.run()?.only(202)?;
        for s in services {
            http::get(&site.address, &format!("/s/{s}"), true)?;
        }
        resident()
    };
    let grown = make_busy(&all[..BUSY], 0)?;

    let slugs = Load { most: made_up_n, make: made_up(), ..load.clone() }.run()?.only(404)?.seconds.len();
    let after_slugs = resident()?;
    // Each address in a network of its own, and none of those from before.
    let one = reports(all[..1].to_vec(), 0x2_0000, 256);
    let networks = Load { most: made_up_n, make: one, ..load.clone() }.run()?.only(202)?.seconds.len();
    let after_networks = resident()?;
    let after = make_busy(&all[BUSY..2 * BUSY], n)?;

    let mut open = Vec::with_capacity(streams);
    for _ in 0..streams {
        let mut s = http::connect(&site.address)?;
        s.write_all(b"GET /api/v1/live?service=openrouter HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
        let mut head = [0; 15];
        s.read_exact(&mut head)?;
        anyhow::ensure!(&head[9..12] == b"200", "a live stream was answered with {}", String::from_utf8_lossy(&head));
        open.push(s);
    }
    let with = resident()?;
    let per_busy = |from: f64, to: f64| (to - from) * 1024.0 / BUSY as f64;
    let seen = [
        idle,
        per_busy(idle, grown),
        after_slugs - grown,
        after_networks - after_slugs,
        per_busy(after_networks, after),
        with,
        with - after,
    ];
    Ok((seen, [slugs as f64, networks as f64]))
}
