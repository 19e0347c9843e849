//! Cold start of the real binary: from the start of the process to the first page that is answered with 200, on a folder
//! with a month of reports; after a clean stop, and after `kill -9`.

use crate::engine::house::{generated, load, runtime, write_files};
use crate::goals::Goals;
use crate::seed::{self, DAY_MS, Past};
use crate::show;
use anyhow::Context;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// Options of `start`.
#[derive(Debug, clap::Args)]
pub(crate) struct StartArgs {
    /// The binary that is started.
    #[arg(long, default_value = "target/release/allclear")]
    binary: PathBuf,
    /// Folder for the data; a new one below it is made and removed.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Services.
    #[arg(long, default_value_t = 3000)]
    services: usize,
    /// Days of data.
    #[arg(long, default_value_t = 30)]
    days: i64,
    /// Reports of each service on each day.
    #[arg(long, default_value_t = 4)]
    per_day: i64,
    /// Starts of each kind; medians are printed.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

/// Prepares the folder, starts the binary again and again, and prints medians with least and most.
pub(crate) fn run(args: &StartArgs) -> anyhow::Result<()> {
    let dir = tempfile::tempdir_in(&args.dir)?;
    let (data, own) = (dir.path().join("data"), dir.path().join("own"));
    let source = generated(args.services);
    write_files(&source, &own)?;
    let began = Instant::now();
    let catalogue = load(&[source])?;
    let (ms, reports) = (args.days * DAY_MS, args.days * args.per_day * i64::try_from(catalogue.services.len())?);
    let past = Past { begin: seed::now()?.plus_ms(-ms), ms, reports, sources: true };
    runtime()?.block_on(seed::write(&data, catalogue, &past))?;
    println!(
        "prepared {} services, {} days, {reports} reports in {:.0} s",
        args.services,
        args.days,
        began.elapsed().as_secs_f64()
    );
    let mut goals = Goals::new(false);
    for (kill, name) in [(false, "clean stop"), (true, "kill -9")] {
        let mut ms = Vec::new();
        // The first start is not counted: it brings the files into the page cache and writes a snapshot.
        for round in 0..=args.rounds.max(1) {
            let (took, mut child) = first_page(args, &data, &own)?;
            if kill {
                child.kill()?;
            } else {
                Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status()?;
            }
            child.wait()?;
            if round > 0 {
                ms.push(took);
            }
        }
        println!("cold start to first 200 after a {name}: {} ms (goal: at most 150)", show(&ms, 0));
        goals.at_most(&format!("ms from start to first 200 after a {name}"), &ms, 150.0);
    }
    goals.met()
}

/// Starts the binary and asks for a page; milliseconds until the first bytes of its answer.
fn first_page(args: &StartArgs, data: &Path, own: &Path) -> anyhow::Result<(f64, Child)> {
    let began = Instant::now();
    let mut child = Command::new(&args.binary)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .arg("--catalogue")
        .arg(own)
        .env("ALLCLEAR_CATALOGUE__INCLUDE", "none")
        .args(["--no-checks", "--no-official"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", args.binary.display()))?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("its output")?).read_line(&mut line)?;
    let addr = line.trim().strip_prefix("listening on http://").context("it did not start")?;
    let mut stream = TcpStream::connect(addr)?;
    stream.write_all(b"GET /s/service-1 HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
    let mut first = [0; 12];
    stream.read_exact(&mut first)?;
    anyhow::ensure!(&first == b"HTTP/1.1 200", "{}", String::from_utf8_lossy(&first));
    Ok((began.elapsed().as_secs_f64() * 1000.0, child))
}
