//! Cold start of the real binary: from the start of the process to the first page that is answered with 200, on a folder
//! with a month of reports; after a clean stop, and after `kill -9`.

use crate::engine::house::{Running, RunningClock, generated, load, runtime};
use crate::engine::median;
use allclear_model::signal::ReportAccepted;
use allclear_model::{Entry, NetworkHash, ReportId, Signal, Slug, SourceHash, SymptomId, Time};
use allclear_ports::Journal;
use allclear_store::SqliteJournal;
use anyhow::Context;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

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

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Entries of one append while the folder is prepared.
const BATCH: usize = 4096;

/// Prepares the folder, starts the binary again and again, and prints the medians.
pub(crate) fn run(args: &StartArgs) -> anyhow::Result<()> {
    let dir = tempfile::tempdir_in(&args.dir)?;
    let (data, own) = (dir.path().join("data"), dir.path().join("own"));
    let source = generated(args.services);
    for (path, text) in &source.files {
        let path = own.join(path);
        std::fs::create_dir_all(path.parent().context("a path in a folder")?)?;
        std::fs::write(path, text.as_bytes())?;
    }
    let began = Instant::now();
    let reports = runtime()?.block_on(prepare(args, &data, load(&[source])?))?;
    println!(
        "prepared {} services, {} days, {reports} reports in {:.0} s",
        args.services,
        args.days,
        began.elapsed().as_secs_f64()
    );
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
        println!("cold start to first 200 after a {name}: {:.0} ms (limit 150)", median(&mut ms));
    }
    Ok(())
}

/// Writes a month of reports, evenly spread, and lets an engine make archive and snapshot of them. Returns how many.
async fn prepare(args: &StartArgs, data: &Path, catalogue: allclear_model::Catalogue) -> anyhow::Result<i64> {
    let now = Time(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?);
    let slugs: Vec<Slug> = catalogue.services.keys().cloned().collect();
    let catalogue = Arc::new(catalogue);
    let journal = SqliteJournal::open(data).await?;
    let total = args.days * args.per_day * i64::try_from(slugs.len())?;
    let begin = now.plus_ms(-args.days * DAY_MS);
    let mut batch =
        vec![Entry { seq: 1, at: begin, signal: Signal::CatalogueChanged { catalogue: catalogue.clone() } }];
    for n in 0..total {
        let at = begin.plus_ms(args.days * DAY_MS / total * n);
        let mut random = [0; 10];
        random[..8].copy_from_slice(&n.to_le_bytes());
        let signal = Signal::ReportAccepted(ReportAccepted {
            id: ReportId::new(at, random),
            // A step that shares no factor with usual numbers, so that services do not report in turn.
            service: slugs[usize::try_from(n * 7919)? % slugs.len()].clone(),
            symptom: SymptomId::other(),
            country: None,
            counted: true,
            source: Some(SourceHash(n.unsigned_abs().into())),
            network: Some(NetworkHash(n.unsigned_abs())),
            key: None,
        });
        batch.push(Entry { seq: u64::try_from(n)? + 2, at, signal });
        if batch.len() == BATCH {
            journal.append(&batch).await?;
            batch.clear();
        }
    }
    journal.append(&batch).await?;
    drop(journal);
    let running = Running::start(data, Arc::unwrap_or_clone(catalogue), RunningClock::at(now)).await?;
    while running.handles.admin.status().projected < running.handles.admin.status().seq {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    running.handles.admin.snapshot().await?;
    running.stop().await;
    Ok(total)
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
