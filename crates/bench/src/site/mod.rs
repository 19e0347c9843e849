//! The running site beside what it is compared with: nginx for pages, bare SQLite for reports. Everything is on loopback,
//! bounded in time, and ended by its own process id.

mod flood;
pub(crate) mod http;
mod load;
mod maintenance;
mod memory;
mod paced;
mod pages;
pub(crate) mod process;
mod reports;
mod sqlite;

use crate::{show, spread};
use process::{Site, Start};
use std::path::PathBuf;

/// Options of all that start the site.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SiteArgs {
    /// The release binary.
    #[arg(long, default_value = "target/release/allclear")]
    binary: PathBuf,
    /// Folder for the data, on the disk to be measured; a new one below it is made and removed.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
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

impl SiteArgs {
    fn rounds(&self) -> usize {
        if self.quick { 1 } else { self.rounds.max(1) }
    }

    fn seconds(&self) -> u64 {
        if self.quick { 1 } else { self.seconds.max(1) }
    }

    fn temp(&self) -> anyhow::Result<tempfile::TempDir> {
        Ok(tempfile::Builder::new().prefix("allclear-bench-").tempdir_in(&self.dir)?)
    }
}

/// One benchmark of the running site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Pages beside nginx.
    Pages,
    /// Rendering after a change.
    Render,
    /// Reports beside bare SQLite.
    Ingest,
    /// Pages while reports come in.
    Mixed,
    /// Reports while upkeep runs.
    Maintenance,
    /// A flood from a few networks, and from many.
    Flood,
    /// Memory.
    Memory,
    /// Checks by itself.
    Paced,
}

/// Runs one.
pub(crate) fn run(which: Which, args: &SiteArgs) -> anyhow::Result<()> {
    println!("\n## {which:?}\n");
    match which {
        Which::Pages => pages::pages(args),
        Which::Render => pages::render(args),
        Which::Mixed => pages::mixed(args),
        Which::Ingest => reports::ingest(args),
        Which::Maintenance => maintenance::maintenance(args),
        Which::Flood => flood::run(args),
        Which::Memory => memory::run(args),
        Which::Paced => paced::run(args),
    }
}

/// A folder with made-up services that bring the built-in catalogue's number up to `total`.
fn made_up_services(dir: &std::path::Path, total: usize, built_in: usize) -> anyhow::Result<PathBuf> {
    let folder = dir.join("catalogue");
    std::fs::create_dir_all(folder.join("services"))?;
    for i in built_in..total {
        let text = format!(
            "name = \"Made-up {i}\"\ncategory = \"cloud\"\nhomepage = \"https://made-up-{i}.example.org\"\n\n[verified]\nhomepage = false\n"
        );
        std::fs::write(folder.join(format!("services/made-up-{i}.toml")), text)?;
    }
    Ok(folder)
}

/// Starts a site with `total` services; the folder must outlive it.
fn site_of(args: &SiteArgs, data: &std::path::Path, total: usize, how: &Start) -> anyhow::Result<Site> {
    let probe = data.join("probe");
    let built_in = {
        let site = Site::start(&args.binary, &probe, &Start::default())?;
        http::slugs(&site.address)?.len()
    };
    let catalogue = made_up_services(data, total, built_in)?;
    Site::start(&args.binary, &data.join("data"), &Start { catalogue: Some(catalogue), ..how.clone() })
}
