//! Incidents beside what a reader of the chart marked: somebody who saw the counts alone, window by window.
//!
//! The marks are a file with the header `window,begin,end,kind`: window as `PROVIDER-EVENT`, bins counted from 0 (both
//! inclusive), `clear`, `doubtful` or `none`.

use anyhow::Context;
use std::collections::BTreeMap;
use std::path::Path;

/// A stretch somebody marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    begin: usize,
    end: usize,
    clear: bool,
}

/// Stretches by window; a window with none was looked at all the same.
pub(super) struct Marks(BTreeMap<String, Vec<Mark>>);

impl Marks {
    /// Reads a file of marks.
    pub(super) fn read(file: &Path) -> anyhow::Result<Marks> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut by_window: BTreeMap<String, Vec<Mark>> = BTreeMap::new();
        for (n, line) in text.lines().enumerate().skip(1).filter(|(_, l)| !l.trim().is_empty()) {
            let cell: Vec<&str> = line.trim().split(',').collect();
            let wrong = || format!("{}:{}: is no mark: {line}", file.display(), n + 1);
            let [window, begin, end, kind] = cell[..] else { anyhow::bail!(wrong()) };
            let of_window = by_window.entry(window.to_owned()).or_default();
            if kind != "none" {
                let bin = |t: &str| t.parse::<usize>().with_context(wrong);
                of_window.push(Mark { begin: bin(begin)?, end: bin(end)?, clear: kind == "clear" });
            }
        }
        Ok(Marks(by_window))
    }

    /// Prints each window's marks beside its incidents, and how often they agree.
    pub(super) fn compare(&self, open: &BTreeMap<String, Vec<bool>>) -> anyhow::Result<()> {
        let (mut clear, mut clear_found, mut doubtful, mut doubtful_found) = (0, 0, 0, 0);
        let (mut incidents, mut unmarked) = (0, 0);
        let (mut begins, mut ends) = (Vec::new(), Vec::new());
        println!("\n### Beside a reader of the chart\n\n| window | marked | incidents |\n|---|---|---|");
        for (window, marks) in &self.0 {
            let open = open.get(window).with_context(|| format!("there is no window {window}"))?;
            let ours = stretches(open);
            let meets = |m: &Mark, s: &(usize, usize)| m.begin <= s.1 && s.0 <= m.end;
            for m in marks {
                let met: Vec<&(usize, usize)> = ours.iter().filter(|s| meets(m, s)).collect();
                let (all, found) =
                    if m.clear { (&mut clear, &mut clear_found) } else { (&mut doubtful, &mut doubtful_found) };
                *all += 1;
                *found += usize::from(!met.is_empty());
                if let (true, Some(first), Some(last)) = (m.clear, met.first(), met.last()) {
                    begins.push((first.0 as f64 - m.begin as f64) * 15.0);
                    ends.push((last.1 as f64 - m.end as f64) * 15.0);
                }
            }
            incidents += ours.len();
            unmarked += ours.iter().filter(|s| !marks.iter().any(|m| meets(m, s))).count();
            let list = |all: Vec<String>| if all.is_empty() { "–".to_owned() } else { all.join(", ") };
            let marked = marks.iter().map(|m| format!("{}–{}{}", m.begin, m.end, if m.clear { "" } else { "?" }));
            let told = ours.iter().map(|s| format!("{}–{}", s.0, s.1));
            println!("| {window} | {} | {} |", list(marked.collect()), list(told.collect()));
        }
        println!(
            "\n{clear_found} of {clear} clear stretches and {doubtful_found} of {doubtful} doubtful ones meet an incident; {unmarked} of {incidents} incidents meet no mark."
        );
        println!(
            "Incident against clear mark, minutes (median): begins {:+.0}, ends {:+.0}.",
            median(&mut begins),
            median(&mut ends)
        );
        Ok(())
    }
}

/// First and last bin of each run of `true`.
fn stretches(open: &[bool]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for (i, _) in open.iter().enumerate().filter(|(_, o)| **o) {
        match out.last_mut() {
            Some(last) if last.1 + 1 == i => last.1 = i,
            _ => out.push((i, i)),
        }
    }
    out
}

fn median(of: &mut [f64]) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or(f64::NAN)
}
