//! Resident memory of an idle site, of busy services, and of made-up networks. Linux only: read from /proc.

use super::EngineArgs;
use super::house::{Running, RunningClock, generated, load, runtime};
use crate::goals::Goals;
use allclear_engine::intake::NewReport;
use allclear_model::{Slug, SymptomId};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const MIB: f64 = 1024.0 * 1024.0;

/// Services that get reports.
const BUSY: usize = 200;

/// Reports of made-up networks.
const MADE_UP: u32 = 1_000_000;

/// Resident bytes of this process.
fn resident() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).ok_or_else(|| anyhow::anyhow!("no VmRSS"))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024.0)
}

/// Prints the figures.
pub(super) fn run(args: &EngineArgs, goals: &mut Goals) -> anyhow::Result<()> {
    let rt = runtime()?;
    let dir = tempfile::tempdir_in(&args.dir)?;
    rt.block_on(async {
        let clock = RunningClock::new()?;
        let running = Running::start(dir.path(), load(&[generated(args.services)])?, clock).await?;
        for _ in 0..20 {
            running.clock.advance_ms(60_000);
            running.handles.admin.catch_up().await?;
        }
        running.handles.admin.snapshot().await?;
        let idle = resident()?;
        println!("idle, {} services, without web: {:.1} MiB (whole site: at most 40)", args.services, idle / MIB);
        goals.at_most("MiB idle", &[idle / MIB], 40.0);

        let services: Vec<Slug> = running.handles.site.whole().catalogue.services.keys().take(BUSY).cloned().collect();
        // A day with two reports a minute for each of them, all from different networks.
        let mut source = 0_u32;
        for _ in 0..1440 {
            running.clock.advance_ms(60_000);
            let mut waiting = tokio::task::JoinSet::new();
            for service in services.iter().chain(&services) {
                source += 1;
                let origin = running.handles.intake.origin(IpAddr::V4(Ipv4Addr::from(source << 8)));
                let new = NewReport::of(service.clone(), SymptomId::other());
                let intake = running.handles.intake.clone();
                waiting.spawn(async move { intake.report(new, origin).await });
            }
            while let Some(done) = waiting.join_next().await {
                done??;
            }
        }
        running.handles.admin.catch_up().await?;
        let busy = resident()?;
        let grown = (busy - idle) / 1024.0 / services.len() as f64;
        println!("growth per busy service: {grown:.1} KB (at most 60)");
        goals.at_most("KB a busy service", &[grown], 60.0);

        let service = services.first().cloned().unwrap_or_else(SymptomId::other);
        let before = resident()?;
        let mut waiting = tokio::task::JoinSet::new();
        for n in 0..MADE_UP {
            let intake = running.handles.intake.clone();
            let origin = intake.origin(IpAddr::V6(Ipv6Addr::from((2 << 124) | (u128::from(n) << 80))));
            let made_up = Slug::parse(&format!("made-up-{n}"))?;
            let slug = if n % 2 == 0 { service.clone() } else { made_up };
            waiting.spawn(async move {
                let new = NewReport::of(slug, SymptomId::other());
                drop(intake.report(new, origin).await);
            });
            while waiting.len() > 1000 {
                waiting.join_next().await;
            }
        }
        while waiting.join_next().await.is_some() {}
        running.handles.admin.catch_up().await?;
        let more = (resident()? - before) / MIB;
        println!("{MADE_UP} made-up networks and slugs: +{more:.1} MiB (at most 64)");
        goals.at_most("MiB after made-up networks and slugs", &[more], 64.0);
        running.stop().await;
        Ok(())
    })
}
