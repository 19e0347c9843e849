//! What commands print. A reader that goes away ends the command quietly instead of with a panic.

use crate::exit::Failure;
use serde::Serialize;
use std::io::{self, Write};

/// Prints one sentence (or several lines) on stderr.
pub(crate) fn error(message: &str) {
    // Nobody is left to tell when stderr itself is gone.
    let _ = writeln!(io::stderr().lock(), "error: {message}");
}

/// Prints a remark on stderr.
pub(crate) fn note(message: &str) {
    let _ = writeln!(io::stderr().lock(), "{message}");
}

/// Prints text on stdout.
///
/// # Errors
/// A silent failure when the reader of the pipe went away, a spoken one for anything else.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| write_failure(&e))
}

/// Prints a value as indented JSON on stdout.
///
/// # Errors
/// Those of [`print()`].
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut text =
        serde_json::to_string_pretty(value).map_err(|e| Failure::failed(format!("cannot write JSON: {e}")))?;
    text.push('\n');
    print(&text)
}

/// Turns an error of writing to stdout into an end: quiet with exit code 0 when the reader has seen enough.
pub(crate) fn write_failure(e: &io::Error) -> Failure {
    if e.kind() == io::ErrorKind::BrokenPipe {
        return Failure { code: crate::exit::OK, message: String::new() };
    }
    Failure::failed(format!("cannot write to standard output: {e}"))
}

/// A stranger's words on one line: what a terminal would obey becomes a blank.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Columns with two spaces between them, as wide as their widest cell.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|h| h.chars().count()).collect();
    for row in rows {
        for (w, cell) in widths.iter_mut().zip(row) {
            *w = (*w).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut s = String::new();
        for (cell, w) in cells.zip(&widths) {
            s.push_str(cell);
            s.extend(std::iter::repeat_n(' ', w + 2 - cell.chars().count()));
        }
        text.push_str(s.trim_end());
        text.push('\n');
    };
    line(&mut head.iter().copied());
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    text
}
