//! What one check of ours costs beside a bare HTTP client that asks the same of the same server, and beside
//! blackbox_exporter where that is installed. The clients take turns on one core, the server has the other.

mod authority;
mod bare;
mod blackbox;
mod client;
mod ours;
mod target;

use crate::goals::Goals;
use crate::show;
use crate::site::process::cores;
use bare::Bare;
use blackbox::Blackbox;
use client::Figures;
use ours::Ours;
use std::time::Duration;
use target::Target;

/// Options of `checks`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct CheckArgs {
    /// Rounds; medians are printed.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// One short round: that it works, not how fast.
    #[arg(long)]
    quick: bool,
}

impl CheckArgs {
    fn rounds(&self) -> usize {
        if self.quick { 1 } else { self.rounds.max(1) }
    }

    fn seconds(&self) -> u64 {
        if self.quick { 1 } else { self.seconds.max(1) }
    }
}

/// How the target is spoken to, and what we want of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Plain HTTP.
    Plain,
    /// TLS 1.3, chain and name verified, never resumed.
    Tls,
}

impl Kind {
    fn title(self) -> &'static str {
        match self {
            Kind::Plain => "Plain HTTP",
            Kind::Tls => "TLS 1.3, chain and address verified, no resumption",
        }
    }

    /// How many times less than blackbox_exporter a check is to take.
    fn less_than_blackbox(self) -> f64 {
        match self {
            Kind::Plain => 8.0,
            Kind::Tls => 2.0,
        }
    }
}

/// Measures both kinds.
pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<()> {
    println!("\n## Checks\n");
    let dir = tempfile::tempdir()?;
    let (client, server) = cores();
    let target = Target::start(dir.path(), server)?;
    let blackbox = Blackbox::start(dir.path(), &target, client)?;
    if blackbox.is_none() {
        println!(
            "(blackbox_exporter is not installed, so it is not compared; Debian has prometheus-blackbox-exporter)\n"
        );
    }
    println!("{} checks at a time, a new connection for each, of {} bytes", client::AT_ONCE, target::BODY);
    let mut goals = Goals::new(args.quick);
    for kind in [Kind::Plain, Kind::Tls] {
        measure(args, kind, &target, blackbox.as_ref(), &mut goals)?;
    }
    goals.met()
}

/// How much CPU a check may take beside bare hyper.
const BESIDE_BARE: f64 = 1.6;

fn measure(
    args: &CheckArgs,
    kind: Kind,
    target: &Target,
    blackbox: Option<&Blackbox>,
    goals: &mut Goals,
) -> anyhow::Result<()> {
    let (core, other) = cores();
    let ours = Ours::of(kind, target)?;
    let bare = Bare::of(kind, target)?;
    let time = Duration::from_secs(args.seconds());
    let (mut a, mut b, mut c) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..args.rounds() {
        a.push(client::run(&ours, time, core)?);
        b.push(client::run(&bare, time, core)?);
        if let Some(blackbox) = blackbox {
            c.push(blackbox.measure(kind, target, args.seconds(), other)?);
        }
    }
    println!("\n{}:\n\n| | checks/s | CPU us/check |\n|---|---|---|", kind.title());
    line("Allclear, its whole record as JSON", &a);
    line("bare hyper", &b);
    if blackbox.is_some() {
        line("blackbox_exporter, with its answer", &c);
    }
    let ratio = |over: &[Figures], under: &[Figures]| -> Vec<f64> {
        over.iter().zip(under).map(|(o, u)| o.cpu_us / u.cpu_us).collect()
    };
    let bare = ratio(&a, &b);
    println!("\nCPU of Allclear beside bare hyper: {} (goal: at most {BESIDE_BARE})", show(&bare, 2));
    goals.at_most(&format!("{}, CPU beside bare hyper", kind.title()), &bare, BESIDE_BARE);
    if blackbox.is_some() {
        let goal = kind.less_than_blackbox();
        let less = ratio(&c, &a);
        println!("CPU of blackbox_exporter beside Allclear: {} (goal: at least {goal})", show(&less, 2));
        println!("CPU of blackbox_exporter beside bare hyper: {}", show(&ratio(&c, &b), 2));
        goals.at_least(&format!("{}, CPU of blackbox_exporter beside it", kind.title()), &less, goal);
    }
    Ok(())
}

fn line(who: &str, rounds: &[Figures]) {
    let column = |of: fn(&Figures) -> f64| rounds.iter().map(of).collect::<Vec<_>>();
    println!("| {who} | {} | {} |", show(&column(|f| f.per_second), 0), show(&column(|f| f.cpu_us), 1));
}
