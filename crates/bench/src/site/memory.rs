//! Resident memory: idle, with busy services, with made-up networks and slugs, with live readers.

use super::load::{CONNECTIONS, Load};
use super::process::Start;
use super::{SiteArgs, http, site_of};
use std::io::{Read, Write};
use std::time::Duration;

/// Services.
const SERVICES: usize = 3000;
/// Reports a second that make services busy: in 10 s, 300 for each of 200.
const BUSY_RATE: f64 = 6000.0;

/// Prints the figures; goals are those of the whole site.
pub(super) fn run(args: &SiteArgs) -> anyhow::Result<()> {
    let dir = args.temp()?;
    let site = site_of(args, dir.path(), SERVICES, &Start::default())?;
    http::get(&site.address, "/s/openrouter", true)?;
    std::thread::sleep(Duration::from_secs(3));
    let idle = site.process.resident_mib()?;
    println!("idle with {SERVICES} services: {idle:.1} MiB (goal: at most 40)");
    let slugs = http::slugs(&site.address)?;

    let busy: Vec<String> = slugs.iter().take(200).cloned().collect();
    let load = |slugs: &[String], seconds: u64, rate: Option<f64>, first: u32, step: u32| Load {
        address: site.address.clone(),
        slugs: slugs.to_vec(),
        time: Duration::from_secs(seconds),
        connections: CONNECTIONS,
        rate,
        first,
        step,
    };
    let seconds = if args.quick { 1 } else { 10 };
    let taken = load(&busy, seconds, Some(BUSY_RATE), 0, 1).run()?.seconds.len();
    for s in &busy {
        http::get(&site.address, &format!("/s/{s}"), true)?;
    }
    std::thread::sleep(Duration::from_secs(3));
    let grown = site.process.resident_mib()?;
    println!(
        "after {taken} reports, each of another source, on 200 services and a view of each: {grown:.1} MiB, {:.0} KB a busy service (goal: at most 60)",
        (grown - idle) * 1024.0 / 200.0
    );

    // Made-up networks as reports, made-up slugs as views and reports that are refused.
    let wanted: u32 = if args.quick { 20_000 } else { 1_000_000 };
    let mut sent = 0u32;
    let mut c = http::connect(&site.address)?;
    let before = site.process.resident_mib()?;
    for n in 0..wanted / 5 {
        http::ask(&mut c, &http::get_request(&format!("/s/made-up-slug-{n}"), true))?;
    }
    let begin = std::time::Instant::now();
    let most = Duration::from_secs(if args.quick { 5 } else { 180 });
    while sent < wanted && begin.elapsed() < most {
        // Each address in a network of its own, and none of those from before.
        sent += u32::try_from(
            load(&busy[..1], if args.quick { 1 } else { 10 }, None, 0x2_0000 + sent, 256).run()?.seconds.len(),
        )?;
    }
    std::thread::sleep(Duration::from_secs(3));
    let after = site.process.resident_mib()?;
    println!(
        "after {sent} reports from as many made-up sources on one service and {} views of made-up slugs: {:+.1} MiB (goal: at most +64)",
        wanted / 5,
        after - before
    );

    let wanted = if args.quick { 500 } else { 10_000 };
    let files = crate::descriptors::raise()?;
    anyhow::ensure!(
        files >= wanted as u64 + 100,
        "{wanted} live streams need as many open files, and {files} are allowed: raise the hard limit (`ulimit -Hn`)"
    );
    let mut open = Vec::with_capacity(wanted);
    let before = site.process.resident_mib()?;
    for _ in 0..wanted {
        let mut s = http::connect(&site.address)?;
        s.write_all(b"GET /api/v1/live?service=openrouter HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
        let mut head = [0; 15];
        s.read_exact(&mut head)?;
        anyhow::ensure!(&head[9..12] == b"200", "a live stream was answered with {}", String::from_utf8_lossy(&head));
        open.push(s);
    }
    std::thread::sleep(Duration::from_secs(2));
    let with = site.process.resident_mib()?;
    println!(
        "with {wanted} live streams open: {with:.1} MiB in all, {:+.1} by the streams (goal: at most 300)",
        with - before
    );
    drop(open);
    Ok(())
}
