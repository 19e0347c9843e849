//! How fast outages are found, and how often there is a false alarm.

mod abuse;
pub(crate) mod draw;
mod ends;
mod ours;
mod panel;
mod reader;
mod real;
mod reference;
mod rules;
mod run;
mod stats;
mod stream;
mod table;

use panel::{Alarm, Rule};
use run::Plan;
use stream::{SIZES, TEST_YEARS};

/// Options of `detect`.
#[derive(Debug, clap::Args)]
pub(crate) struct DetectArgs {
    /// A small run that takes seconds; its intervals are wide.
    #[arg(long)]
    quick: bool,
    /// Services per seed and size (seeds 1 to 50 set the other rules' thresholds, seeds 51 to 100 are reported).
    #[arg(long, default_value_t = 3)]
    paths: u64,
    /// Outages of each kind per reported service.
    #[arg(long, default_value_t = 3)]
    outages: usize,
    /// Only these sizes (reports a minute at the busiest hour); may be given several times.
    #[arg(long = "size")]
    sizes: Vec<f64>,
    /// Folder with `downdetector/counts.csv`; when it is not there, real counts are left out.
    #[arg(long, default_value = "../shared/data")]
    data: std::path::PathBuf,
    /// Only the real counts.
    #[arg(long)]
    only_real: bool,
    /// Only the bursts.
    #[arg(long)]
    only_bursts: bool,
    /// What a reader of those counts marked as outages, to be compared with the incidents: lines of `window,begin,end,kind`.
    #[arg(long)]
    marks: Option<std::path::PathBuf>,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

/// Runs the protocol and prints its tables. Fails when Allclear misses what it must reach.
pub(crate) fn run(args: &DetectArgs) -> anyhow::Result<()> {
    let begin = std::time::Instant::now();
    if args.only_real {
        return real::run(&args.data, args.marks.as_deref());
    }
    let seeds = if args.quick { 6 } else { 50 };
    let sizes: Vec<usize> =
        (0..SIZES.len()).filter(|i| args.sizes.is_empty() || args.sizes.contains(&SIZES[*i])).collect();
    let plan = Plan {
        sizes: sizes.clone(),
        seeds: 51..=50 + seeds,
        paths: if args.quick { 2 } else { args.paths },
        outages: args.outages,
        threads: args.threads,
    };
    if args.only_bursts {
        return reached(&bursts(args, plan)?);
    }
    let calibration = Plan { sizes: sizes.clone(), seeds: 1..=seeds, paths: 1, outages: 0, threads: args.threads };
    let quiet = run::run(&calibration, &[])?;
    let years = quiet.len() as f64 * TEST_YEARS;
    let ratio = run::calibrate(&quiet, Rule::Ratio as usize, years, 1.0);
    let reference = run::calibrate(&quiet, Rule::Reference as usize, years, 1.0);
    println!("## Detection on simulated streams\n");
    println!(
        "Seeds 1 to {seeds} ({years:.1} service-years) set one threshold for all sizes at 1 false alarm a service-year: ratio {ratio:.2}, plain CUSUM-3 {reference:.2} nats. Reported: seeds 51 to {}.\n",
        50 + seeds
    );
    let alarms = vec![
        Alarm { name: "Allclear".into(), rule: Rule::Ours, from: 1.0 },
        Alarm { name: format!("plain CUSUM-3, {reference:.1} nats"), rule: Rule::Reference, from: reference },
        Alarm { name: format!("fixed ratio x{ratio:.1} (tuned)"), rule: Rule::Ratio, from: ratio },
        Alarm { name: "fixed ratio x2".into(), rule: Rule::Ratio, from: 2.0 },
        Alarm { name: "StatusDetector".into(), rule: Rule::StatusDetector, from: rules::StatusDetector::BAND },
        Alarm { name: "isUpMap".into(), rule: Rule::IsUpMap, from: 1.0 },
    ];
    let paths = run::run(&plan, &alarms)?;
    let results = table::Results::of(&paths, &alarms, &plan);
    results.print();
    let mut missed = results.missed(0);
    missed.extend(bursts(args, plan)?);
    if args.data.join("downdetector/counts.csv").exists() {
        real::run(&args.data, args.marks.as_deref())?;
    } else {
        println!("\nNo real counts at {}: left out.", args.data.display());
    }
    println!("\nThe run took {:.0} s.", begin.elapsed().as_secs_f64());
    reached(&missed)
}

/// Fails with what was missed, cell by cell.
fn reached(missed: &[String]) -> anyhow::Result<()> {
    anyhow::ensure!(missed.is_empty(), "missed what must be reached: {}", missed.join("; "));
    Ok(())
}

/// The table of bursts, and what it means. Gives those that must not alarm and do.
fn bursts(args: &DetectArgs, plan: Plan) -> anyhow::Result<Vec<String>> {
    let missed = abuse::run(&Plan { outages: if args.quick { 5 } else { 20 }, ..plan })?;
    println!(
        "\nBursts from at most 4 networks: {}",
        if missed.is_empty() { "none alarms.".into() } else { missed.join("; ") }
    );
    println!(
        "The limit: a brigade from many networks (12, 80) is told from an outage neither by counts nor by networks; what bounds it is what each report weighs."
    );
    Ok(missed)
}
