//! Latency of reports while upkeep has work to do: blanking, pruning, retention, snapshots, checkpoints.

use super::load::{Load, reports};
use super::process::{Site, Start};
use super::{SiteArgs, http, show};
use crate::engine::house::{generated, load, runtime, write_files};
use crate::goals::Goals;
use crate::seed::{self, DAY_MS, Past};
use anyhow::Context;
use std::path::Path;
use std::time::Duration;

/// Services.
const SERVICES: usize = 3000;

/// The stretch of time in which the reports of the past came in, milliseconds.
const STRETCH_MS: i64 = 15 * 3_600_000;

/// One site, one measurement.
struct Seen {
    p99_ms: f64,
    /// Rows that upkeep removed from the journal and from the archive.
    removed: [u64; 2],
    snapshots: u64,
    /// Checkpoints of both files.
    checkpoints: u64,
}

/// Two sites in turn, each new in each round and with the same number of rows. All rows of one are 100 days old: their hashes
/// are to be blanked, the journal is to be pruned, minutes, quarter hours and reports are to be removed, and snapshots are as
/// often as can be set. Those of the other are some hours old, so that there is nothing to do.
pub(super) fn maintenance(args: &SiteArgs) -> anyhow::Result<()> {
    let dir = args.temp()?;
    let at = |name: &str| dir.path().join(name);
    let source = generated(SERVICES);
    write_files(&source, &at("own"))?;
    // As much as upkeep takes away within the measurement.
    let reports = SERVICES as i64 * if args.quick { 3 } else { 15 };
    let begin = |ago_ms: i64| anyhow::Ok(seed::now()?.plus_ms(-ago_ms));
    let old = Past { begin: begin(100 * DAY_MS)?, ms: STRETCH_MS, reports, sources: true };
    let young = Past { begin: begin(STRETCH_MS + 3_600_000)?, ms: STRETCH_MS, reports, sources: false };
    for (name, past) in [("old", &old), ("young", &young)] {
        let catalogue = load(std::slice::from_ref(&source))?;
        runtime()?.block_on(seed::write(&at(name), catalogue, past))?;
    }
    let time = Duration::from_secs(if args.quick { 4 } else { 12 });
    let (mut ratio, mut busy, mut calm, mut removed, mut snapshots, mut checkpoints) =
        (Vec::new(), Vec::new(), Vec::new(), [Vec::new(), Vec::new()], Vec::new(), Vec::new());
    for _ in 0..args.rounds() {
        let once = |name: &str, snapshot_every_s: &str| -> anyhow::Result<Seen> {
            let data = at("data");
            copy_folder(&at(name), &data)?;
            let seen = measure(args, &data, &at("own"), snapshot_every_s, time)?;
            std::fs::remove_dir_all(data)?;
            Ok(seen)
        };
        let (with, without) = (once("old", "10")?, once("young", "86400")?);
        for (file, n) in ["journal", "archive"].into_iter().zip(with.removed) {
            anyhow::ensure!(n > 0, "upkeep removed nothing from the {file} during the measurement");
        }
        anyhow::ensure!(without.removed == [0, 0], "upkeep removed rows that are young: {:?}", without.removed);
        anyhow::ensure!(args.quick || with.snapshots > 0, "no snapshot was written during the measurement");
        anyhow::ensure!(args.quick || with.checkpoints > 1, "no checkpoint was made during the measurement");
        ratio.push(with.p99_ms / without.p99_ms);
        busy.push(with.p99_ms);
        calm.push(without.p99_ms);
        snapshots.push(with.snapshots as f64);
        checkpoints.push(with.checkpoints as f64);
        for (all, n) in removed.iter_mut().zip(with.removed) {
            all.push(n as f64);
        }
    }
    let [journal, archive] = removed.map(|n| show(&n, 0));
    println!(
        "with {reports} old reports, upkeep removed during {} s: {journal} entries of the journal, {archive} rows of the archive; snapshots written: {}, checkpoints: {}",
        time.as_secs(),
        show(&snapshots, 0),
        show(&checkpoints, 0)
    );
    println!(
        "p99 ms at 1,000 reports/s: with upkeep {}, without {}, ratio {} (goal: at most 3)",
        show(&busy, 1),
        show(&calm, 1),
        show(&ratio, 2)
    );
    let mut goals = Goals::new(args.quick);
    goals.at_most("p99 with upkeep beside that without", &ratio, 3.0);
    goals.met()
}

/// Starts a site on `data` and reports at a steady rate; its first pass of upkeep begins with it.
fn measure(args: &SiteArgs, data: &Path, own: &Path, snapshot_every_s: &str, time: Duration) -> anyhow::Result<Seen> {
    let ops = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let envs = vec![
        ("ALLCLEAR_RETENTION__SNAPSHOT_EVERY_S", snapshot_every_s.to_owned()),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none".to_owned()),
        ("ALLCLEAR_OPS__LISTEN", ops.clone()),
    ];
    let how = Start { catalogue: Some(own.to_owned()), envs, ..Start::default() };
    let site = Site::start(&args.binary, data, &how)?;
    let load = Load::of(&site.address, time, reports(http::slugs(&site.address)?, 0, 1));
    let p99_ms = Load { rate: Some(1000.0), ..load }.run()?.only(202)?.ms(0.99);
    let metrics = String::from_utf8(http::get(&ops, "/metrics", false)?.body)?;
    let snapshots = value(&metrics, "allclear_snapshot_seconds_count").context("no count of snapshots")?;
    // A file of which there is nothing to count has no line yet.
    let of_both = |name: &str| {
        ["journal", "archive"].map(|file| value(&metrics, &format!("{name}{{file=\"{file}\"}}")).unwrap_or(0))
    };
    Ok(Seen {
        p99_ms,
        removed: of_both("allclear_maintenance_removed_rows_total"),
        snapshots,
        checkpoints: of_both("allclear_checkpoints_total").iter().sum(),
    })
}

/// The value of one line of the metrics.
fn value(metrics: &str, name: &str) -> Option<u64> {
    metrics.lines().find_map(|l| l.strip_prefix(name)?.trim().parse().ok())
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
