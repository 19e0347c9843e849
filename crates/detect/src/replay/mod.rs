//! A file of signals in, verdicts out: the same board as the live site, run as fast as it goes.
//!
//! Input is one JSON object per line in order of `at`; lines may be up to 10 minutes late. Every signal waits in a small
//! buffer until nothing earlier can come any more, so that late lines and the pieces of a 15-minute count land in the
//! minutes they speak of. Output is one JSON line per change of verdict, byte-identical on every run.

mod buffer;
mod bundle;
mod line;
mod print;
mod runner;

pub use bundle::bundle;
pub use line::LATE_MS;

use crate::Limits;
use allclear_model::Catalogue;
use std::io::{BufRead, Write};
use std::sync::Arc;

/// How to replay.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Print every service that the input names each so many seconds as well.
    pub every_s: Option<u32>,
    /// Services that the input need not declare.
    pub catalogue: Arc<Catalogue>,
    /// Caps of the board.
    pub limits: Limits,
}

/// Why a replay stopped.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A line is not a signal, or not at its place.
    #[error("{file}:{line}: {reason}")]
    Line {
        /// Name of the file as it was given.
        file: String,
        /// Number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A file could not be read.
    #[error("{file}:{line}: cannot read: {source}")]
    Read {
        /// Name of the file as it was given.
        file: String,
        /// Number of the line that was being read, from 1.
        line: u64,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The verdicts could not be written.
    #[error("cannot write: {0}")]
    Write(#[from] std::io::Error),
}

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Replays `input`, files one after the other as if they were one, and writes verdicts to `out`. `warn` is told once of each
/// key that is not known, each kind that is not judged yet, each symptom that its service does not list, and of networks that
/// are not written as `AS64500`.
///
/// # Errors
/// At the first line that is not a signal at its place, and when reading or writing fails. What was written before stays.
pub fn run<R: BufRead>(
    input: impl IntoIterator<Item = (String, R)>,
    options: &Options,
    out: &mut impl Write,
    warn: &mut dyn FnMut(String),
) -> Result<(), ReplayError> {
    let mut runner = runner::Runner::new(options, warn);
    let mut bytes = Vec::with_capacity(1 << 10);
    for (file, mut reader) in input {
        let mut number = 0;
        runner.next_file();
        loop {
            number += 1;
            bytes.clear();
            let n = reader.read_until(b'\n', &mut bytes).map_err(|source| ReplayError::Read {
                file: file.clone(),
                line: number,
                source,
            })?;
            if n == 0 {
                break;
            }
            // Some editors begin a file with a byte order mark; it says nothing that UTF-8 does not say by itself.
            let from = if number == 1 && bytes.starts_with(UTF8_MARK) { UTF8_MARK.len() } else { 0 };
            let text = bytes.get(from..).unwrap_or_default().trim_ascii();
            if text.is_empty() {
                continue;
            }
            let taken = match text {
                [0xff, 0xfe, ..] | [0xfe, 0xff, ..] if number == 1 => {
                    Err("the file is UTF-16; save it as UTF-8".to_owned())
                }
                text => runner.line(text),
            };
            if let Err(reason) = taken {
                // Verdicts that were already certain are printed before the error is told.
                runner.write(out)?;
                return Err(ReplayError::Line { file, line: number, reason });
            }
            if runner.has_much() {
                runner.write(out)?;
            }
        }
    }
    runner.finish();
    runner.write(out)?;
    out.flush()?;
    Ok(())
}
