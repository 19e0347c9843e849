//! Taking reports in, beside bare SQLite.

use super::load::{CONNECTIONS, Load, Make, reports};
use super::process::{Site, Start};
use super::{SiteArgs, http, show, sqlite};
use crate::goals::Goals;
use std::sync::Arc;
use std::time::Duration;

/// HTTP reports to durable answer, beside bare group commit with as many waiting.
pub(super) fn ingest(args: &SiteArgs) -> anyhow::Result<()> {
    let dir = args.temp()?;
    let site = Site::start(&args.binary, &dir.path().join("data"), &Start::default())?;
    let slugs = http::slugs(&site.address)?;
    let (mut ours, mut bare, mut ratio, mut p50, mut p99, mut cpu, mut texts) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..args.rounds() {
        let make = reports(slugs.clone(), u32::try_from(round)? * 10_000_000, 1);
        let load = Load::of(&site.address, Duration::from_secs(args.seconds()), make);
        let before = site.process.cpu_s()?;
        let a = load.run()?.only(202)?;
        cpu.push((site.process.cpu_s()? - before) / a.seconds.len() as f64 * 1e6);
        let fresh = tempfile::tempdir_in(dir.path())?;
        let b = sqlite::group_commit(fresh.path(), CONNECTIONS, Duration::from_secs(args.seconds()))?;
        ratio.push(a.per_second / b);
        p50.push(a.ms(0.5));
        p99.push(a.ms(0.99));
        ours.push(a.per_second);
        bare.push(b);
        let (slugs, first) = (slugs.clone(), u32::try_from(round)? * 10_000_000 + 5_000_000);
        let written: Make =
            Arc::new(move |n| http::text_request(&slugs[n as usize % slugs.len()], first.wrapping_add(n)));
        let load = Load::of(&site.address, Duration::from_secs(args.seconds()), written);
        texts.push(load.run()?.only(202)?.per_second);
    }
    println!("HTTP POST reports/s with {CONNECTIONS} connections: {}, CPU us/report {}", show(&ours, 0), show(&cpu, 0));
    println!("latency ms: p50 {}, p99 {}", show(&p50, 1), show(&p99, 1));
    println!("bare SQLite group commit rows/s with {CONNECTIONS} waiting: {}", show(&bare, 0));
    println!("ratio {} (goal: at least 0.25)", show(&ratio, 2));
    println!(
        "with a text of {} characters, redacted and moderated: {} reports/s",
        http::WRITTEN.len(),
        show(&texts, 0)
    );
    let mut goals = Goals::new(args.quick);
    goals.at_least("reports/s beside bare group commit", &ratio, 0.25);
    goals.met()
}
