//! `allclear replay`

use crate::config::Include;
use crate::embedded;
use crate::exit::{Failure, OK, Outcome};
use crate::output;
use allclear_detect::replay::{self, Options, ReplayError};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter};
use std::path::PathBuf;
use std::sync::Arc;

/// Judge recorded signals again
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Input is one JSON object per line, in order of `at`: {\"at\":\"2026-02-17T10:35:00Z\",\"kind\":\"report\",\"service\":\"github\", \
\"source\":\"a\"}. Kinds: service, baseline, report, reports, vote, visits, check, official, end, \
and in the bundle that each incident's page offers also state, weighed and resumed; those that are not judged yet (visits) are read and \
warned of once. Several files are read as if they were one. \
Output is one JSON line per change of verdict, the same bytes on every run and every machine. Services are those of the \
built-in catalogue, of --catalogue, and those that the input declares; no configuration file is read.

Examples:
  allclear replay outage.jsonl
  curl -s https://status.example.org/s/github/incidents/github-20260217t1031/bundle.jsonl | allclear replay -
  zcat day.jsonl.gz | allclear replay - --every 60 | jq -c 'select(.phase == \"open\")'

Exit codes: 0 replayed; 1 the output cannot be written; 2 usage, or a line that is wrong: FILE:LINE: reason.")]
pub(crate) struct Replay {
    /// Files to read; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print every service that the input names each so many seconds as well
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    every: Option<u32>,
    /// An operator's own catalogue folder on top of the built-in one
    #[arg(long, value_name = "DIR")]
    catalogue: Option<PathBuf>,
}

/// Bytes read and written at a time.
const CHUNK: usize = 256 << 10;

impl Replay {
    pub(crate) fn run(self) -> Outcome {
        let catalogue = embedded::load(self.catalogue.as_deref(), &Include::All)
            .map_err(|broken| Failure::bad_input(embedded::told(&broken.errors)))?
            .catalogue;
        let options = Options { every_s: self.every, catalogue: Arc::new(catalogue), ..Options::default() };
        // All are opened before the first is read, so that a misspelt name does not come up after an hour.
        let input = self.files.into_iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let mut out = BufWriter::with_capacity(CHUNK, io::stdout().lock());
        let mut warn = |warning: String| output::note(&format!("warning: {warning}"));
        match replay::run(input, &options, &mut out, &mut warn) {
            Ok(()) => Ok(OK),
            Err(ReplayError::Write(e)) => {
                // What is left in the buffer has nowhere to go.
                drop(out.into_parts());
                Err(output::write_failure(&e))
            }
            Err(e) => Err(Failure::bad_input(e)),
        }
    }
}

fn open(path: PathBuf) -> Result<(String, Box<dyn BufRead>), Failure> {
    let name = path.display().to_string();
    if name == "-" {
        return Ok((name, Box::new(BufReader::with_capacity(CHUNK, io::stdin()))));
    }
    match File::open(&path) {
        Ok(file) => Ok((name, Box::new(BufReader::with_capacity(CHUNK, file)))),
        Err(e) => Err(Failure::bad_input(format!("cannot read {name}: {e}"))),
    }
}
