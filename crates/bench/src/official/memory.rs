//! How much memory reading one payload takes at most, in a process of its own that has read nothing before.
//!
//! The kernel counts resident pages in steps that are larger than most payloads, address space exactly; so the most of that is told,
//! which is never less. What the start of the process has left free is used up before, so that none of it is lent to the payload, and
//! the allocator is asked to take no more at a time than it needs. Linux with glibc only.

use super::now;
use allclear_signals::official::{Scope, detect, judge};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

/// What reading one payload added at most, the payload itself with it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Memory {
    bytes: usize,
    reserved: usize,
}

impl Memory {
    /// As a multiple of the payload.
    pub(super) fn times(self) -> f64 {
        self.reserved as f64 / self.bytes.max(1) as f64
    }
}

/// Measures `file` in a child process.
pub(super) fn of(file: &Path) -> anyhow::Result<Memory> {
    let out = Command::new(std::env::current_exe()?)
        .args(["official", "--memory-of"])
        .arg(file)
        .env("MALLOC_TOP_PAD_", "0")
        .output()?;
    let text = String::from_utf8_lossy(&out.stdout);
    anyhow::ensure!(out.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&out.stderr));
    Ok(serde_json::from_str(text.lines().last().context("it said nothing")?)?)
}

/// Reads and judges `file` and prints what that added to this process.
pub(super) fn tell(file: &Path) -> anyhow::Result<()> {
    let now = now()?;
    let filling = fill()?;
    let before = address_space("VmSize:")?;
    let payload = std::fs::read(file)?;
    let (format, page) = detect(&payload)?;
    let status = judge(format, page, &Scope::whole(), now);
    let reserved = address_space("VmPeak:")?.saturating_sub(before);
    black_box((&filling, &payload, &status));
    let memory = Memory { bytes: payload.len(), reserved };
    println!("{}", serde_json::to_string(&memory)?);
    Ok(())
}

/// Takes memory of every size until there is none left that was taken from the system before, and the most that was ever taken is taken.
fn fill() -> anyhow::Result<Vec<Vec<u8>>> {
    let mut filling = Vec::with_capacity(100_000);
    for size in [64 * 1024, 16 * 1024, 4096, 1024, 256, 64] {
        let before = address_space("VmPeak:")?;
        while address_space("VmSize:")? <= before {
            filling.push(black_box(Vec::with_capacity(size)));
        }
    }
    Ok(filling)
}

/// Bytes of address space that this process has, by a line of what the kernel says of it.
fn address_space(name: &'static str) -> anyhow::Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|l| l.strip_prefix(name)).context(name)?;
    let kib: usize = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}
