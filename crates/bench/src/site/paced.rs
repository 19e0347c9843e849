//! A site that checks by itself: thousand checks every 20 seconds, and five thousand, with all results durable.

use super::process::{Nginx, Start, free_address};
use super::{Site, SiteArgs, http, show};
use crate::goals::Goals;
use anyhow::Context;
use std::path::Path;
use std::time::Duration;

/// Seconds between two runs of a check.
const EVERY_S: u64 = 20;
/// How many checks, and the most MiB that the process may take then.
const SIZES: [(usize, u32); 2] = [(1000, 64), (5000, 128)];
/// Most of one core that the first may take. Percent.
const CORE: f64 = 5.0;

/// Prints CPU and memory beside their goals.
pub(super) fn run(args: &SiteArgs) -> anyhow::Result<()> {
    let mut goals = Goals::new(args.quick);
    for (checks, most) in SIZES {
        let checks = if args.quick { checks / 10 } else { checks };
        let (mut cpu, mut mib, mut runs) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..args.rounds() {
            let seen = round(args, checks)?;
            cpu.push(seen.0);
            mib.push(seen.1);
            runs.push(seen.2);
        }
        let goal = if checks == SIZES[0].0 { format!(" (goal: at most {CORE} %)") } else { String::new() };
        println!(
            "{checks} checks every {EVERY_S} s, {} answered a second: {} % of one core{goal}, {} MiB resident (goal: at most {most})",
            show(&runs, 1),
            show(&cpu, 2),
            show(&mib, 1)
        );
        if !goal.is_empty() {
            goals.at_most(&format!("% of a core for {checks} checks"), &cpu, CORE);
        }
        goals.at_most(&format!("MiB with {checks} checks"), &mib, f64::from(most));
    }
    goals.met()
}

/// CPU in percent of a core, MiB resident, and answers a second.
fn round(args: &SiteArgs, checks: usize) -> anyhow::Result<(f64, f64, f64)> {
    let dir = args.temp()?;
    // One server at every address of loopback: each check has a host of its own.
    let address = free_address()?;
    let port = address.rsplit(':').next().context("a port")?;
    let root = dir.path().join("www");
    std::fs::create_dir_all(&root)?;
    std::fs::write(root.join("ok"), "all is fine")?;
    let log = dir.path().join("asked");
    let server = format!(
        "log_format one '$uri'; server {{ listen 0.0.0.0:{port}; access_log {} one; root {}; }}",
        log.display(),
        root.display()
    );
    let _nginx = Nginx::serving(&server, &address, dir.path(), None)?;
    let catalogue = dir.path().join("own");
    std::fs::create_dir_all(catalogue.join("services"))?;
    for i in 0..checks {
        let text = format!(
            "name = \"Checked {i}\"\ncategory = \"cloud\"\nhomepage = \"https://checked-{i}.example.org\"\n\n[check]\nurl = \"http://127.1.{}.{}:{port}/ok\"\n\n[verified]\nhomepage = false\ncheck = true\n",
            i / 250,
            i % 250 + 1
        );
        std::fs::write(catalogue.join(format!("services/checked-{i}.toml")), text)?;
    }
    let envs = [
        ("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8".to_owned()),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none".to_owned()),
        ("ALLCLEAR_WATCH__EVERY_S", EVERY_S.to_string()),
        ("ALLCLEAR_WATCH__CONTROLS", String::new()),
    ];
    let how = Start { catalogue: Some(catalogue), watches: true, envs: envs.to_vec(), ..Start::default() };
    let site = Site::start(&args.binary, &dir.path().join("data"), &how)?;
    // The first round asks each host for its robots.txt, and nobody is believed before it.
    std::thread::sleep(Duration::from_secs(EVERY_S + 10));
    let (before, asked) = (site.process.cpu_s()?, answers(&log)?);
    let took = Duration::from_secs(if args.quick { EVERY_S } else { 3 * EVERY_S });
    std::thread::sleep(took);
    let cpu = (site.process.cpu_s()? - before) / took.as_secs_f64() * 100.0;
    let runs = (answers(&log)? - asked) as f64 / took.as_secs_f64();
    let mib = site.process.resident_mib()?;
    let page = http::get(&site.address, "/api/v1/services/checked-0", false)?;
    let page = String::from_utf8_lossy(&page.body);
    anyhow::ensure!(page.contains("\"operational\""), "a check that passes is not believed: {page}");
    anyhow::ensure!(runs > checks as f64 / EVERY_S as f64 * 0.9, "checks fall behind: {runs} a second");
    Ok((cpu, mib, runs))
}

/// Checks that were answered so far.
fn answers(log: &Path) -> anyhow::Result<usize> {
    Ok(std::fs::read_to_string(log)?.lines().filter(|l| *l == "/ok").count())
}
