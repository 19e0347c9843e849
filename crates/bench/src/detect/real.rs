//! Real report counts: 24-hour windows around incidents, 15 minutes a count (`downdetector/counts.csv`; see the README of
//! that folder for its source). The counts are read where they lie and are not part of the project.
//!
//! Each window is replayed on its own with a baseline from the quiet bins of the provider's other windows: mean by
//! three-hour stretch of the day, with 8 pseudo-bins of 0.5 and without the largest 2 %. A bin is quiet when it is more
//! than 6 hours before the window's own peak and more than 5 hours from every other peak of the provider.

use super::reader::Marks;
use allclear_detect::replay::{Options, run as replay};
use allclear_model::{Minute, Time};
use anyhow::Context;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Seconds in a bin.
const BIN_S: i64 = 900;
/// An incident is found when there is an alarm in this stretch up to its peak. Bins.
const BEFORE: usize = 12;

/// One window.
struct Window {
    provider: String,
    event: i64,
    /// Start of each bin, seconds since the epoch, and its count.
    bins: Vec<(i64, u64)>,
    /// Which bin is the highest.
    peak: usize,
    quiet: Vec<bool>,
}

/// What a rule made of all windows.
#[derive(Default)]
struct Score {
    found: usize,
    lead: Vec<f64>,
    quiet_alarms: usize,
}

/// Reads the counts; a window that has fewer than two bins is an error, as is a line that does not parse.
fn read(file: &Path) -> anyhow::Result<Vec<Window>> {
    let text = std::fs::read_to_string(file)?;
    let mut by_window: BTreeMap<(String, i64), Vec<(i64, u64)>> = BTreeMap::new();
    for (n, line) in text.lines().enumerate().skip(1) {
        let cell: Vec<&str> = line.split(',').collect();
        let parsed = || -> Option<((String, i64), (i64, u64))> {
            let at = cell.get(1)?.parse::<f64>().ok()? as i64;
            Some((
                ((*cell.get(3)?).to_owned(), cell.first()?.parse().ok()?),
                (at, cell.get(2)?.parse::<f64>().ok()? as u64),
            ))
        };
        let (key, bin) = parsed().with_context(|| format!("{}:{}: is not a count", file.display(), n + 1))?;
        by_window.entry(key).or_default().push(bin);
    }
    let mut windows = Vec::new();
    for ((provider, event), mut bins) in by_window {
        bins.sort_unstable();
        bins.dedup_by_key(|b| b.0);
        anyhow::ensure!(bins.len() > 1, "{}: {provider} {event} has one count only", file.display());
        // The first of the highest.
        let mut peak = 0;
        for (i, b) in bins.iter().enumerate() {
            if b.1 > bins[peak].1 {
                peak = i;
            }
        }
        windows.push(Window { provider, event, bins, peak, quiet: Vec::new() });
    }
    let peaks: Vec<(String, i64)> = windows.iter().map(|w| (w.provider.clone(), w.bins[w.peak].0)).collect();
    for (k, w) in windows.iter_mut().enumerate() {
        let own = peaks[k].1;
        w.quiet = w
            .bins
            .iter()
            .map(|(at, _)| {
                let others = peaks.iter().enumerate().filter(|(i, p)| *i != k && p.0 == w.provider);
                own - at > 6 * 3600 && others.into_iter().all(|(_, p)| (at - p.1).abs() > 5 * 3600)
            })
            .collect();
    }
    Ok(windows)
}

/// Usual reports a bin by three-hour stretch of the day, from the provider's other windows.
fn usual(windows: &[Window], own: usize) -> [f64; 8] {
    std::array::from_fn(|part| {
        let mut counts: Vec<u64> = Vec::new();
        for (k, w) in windows.iter().enumerate() {
            if k != own && w.provider == windows[own].provider {
                let bins = w.bins.iter().zip(&w.quiet).filter(|(b, q)| **q && part_of(b.0) == part);
                counts.extend(bins.map(|(b, _)| b.1));
            }
        }
        counts.sort_unstable();
        counts.truncate(counts.len() - counts.len() / 50);
        (counts.iter().sum::<u64>() as f64 + 4.0) / (counts.len() as f64 + 8.0)
    })
}

fn part_of(at: i64) -> usize {
    (at.rem_euclid(86_400) / 10_800) as usize
}

/// In which bins an incident was open.
fn ours(w: &Window, usual: &[f64; 8]) -> anyhow::Result<Vec<bool>> {
    // Bins are moved to full minutes, the end of each being the `at` of its line.
    let begin = w.bins[0].0.div_euclid(60) * 60;
    let mut text = String::new();
    let at = |s: i64| Time(s * 1000).to_string();
    let profile: Vec<f64> = (0..168).map(|h| usual[h % 24 / 3] / 15.0).collect();
    writeln!(text, "{{\"at\":\"{}\",\"kind\":\"service\",\"service\":\"real\",\"category\":\"cloud\"}}", at(begin))?;
    let profile = serde_json::to_string(&profile)?;
    writeln!(
        text,
        "{{\"at\":\"{}\",\"kind\":\"baseline\",\"service\":\"real\",\"profile\":{profile},\"weeks\":8}}",
        at(begin)
    )?;
    for (s, n) in &w.bins {
        let end = at(s.div_euclid(60) * 60 + BIN_S);
        writeln!(
            text,
            "{{\"at\":\"{end}\",\"kind\":\"reports\",\"service\":\"real\",\"count\":{n},\"span_s\":{BIN_S}}}"
        )?;
    }
    let mut out = Vec::new();
    replay([("window".to_owned(), text.as_bytes())], &Options::default(), &mut out, &mut |_| {})?;
    let mut changes: Vec<(i64, bool)> = Vec::new();
    for line in std::str::from_utf8(&out)?.lines() {
        let v: serde_json::Value = serde_json::from_str(line)?;
        let t = Time::parse(v["at"].as_str().unwrap_or_default())?;
        changes.push((t.seconds(), v["phase"] == "open"));
    }
    let mut open = false;
    let mut next = changes.into_iter().peekable();
    let mut bins = Vec::new();
    for (s, _) in &w.bins {
        let end = Minute(s.div_euclid(60)).start().seconds() + BIN_S;
        let mut any = open;
        while let Some((_, now)) = next.next_if(|c| c.0 <= end) {
            open = now;
            any |= now;
        }
        bins.push(any);
    }
    Ok(bins)
}

impl Score {
    fn add(&mut self, w: &Window, alarm: &[bool]) {
        let from = w.peak.saturating_sub(BEFORE);
        if let Some(first) = (from..=w.peak).find(|i| alarm[*i]) {
            self.found += 1;
            self.lead.push((w.peak - first) as f64 * 15.0);
        }
        let mut before = false;
        for (a, q) in alarm.iter().zip(&w.quiet) {
            let now = *a && *q;
            self.quiet_alarms += usize::from(now && !before);
            before = now;
        }
    }

    fn print(&mut self, name: &str, of: usize, days: f64) {
        self.lead.sort_by(f64::total_cmp);
        let mean = self.lead.iter().sum::<f64>() / self.lead.len().max(1) as f64;
        let median = self.lead.get(self.lead.len() / 2).copied().unwrap_or(f64::NAN);
        println!(
            "| {name} | {} of {of} | {median:.0} / {mean:.0} | {:.2} |",
            self.found,
            self.quiet_alarms as f64 / days
        );
    }
}

/// Replays all windows and prints the table; beside a reader's marks, if there are any.
pub(crate) fn run(folder: &Path, marks: Option<&Path>) -> anyhow::Result<()> {
    let marks = marks.map(Marks::read).transpose()?;
    let windows = read(&folder.join("downdetector/counts.csv"))?;
    let baselines: Vec<[f64; 8]> = (0..windows.len()).map(|k| usual(&windows, k)).collect();
    let quiet_bins: usize = windows.iter().map(|w| w.quiet.iter().filter(|q| **q).count()).sum();
    let days = quiet_bins as f64 * BIN_S as f64 / 86_400.0;
    let ratio = |h: f64| {
        let mut score = Score::default();
        for (w, usual) in windows.iter().zip(&baselines) {
            let alarm: Vec<bool> = w.bins.iter().map(|(s, n)| *n as f64 / usual[part_of(*s)].max(1.0) >= h).collect();
            score.add(w, &alarm);
        }
        score
    };
    let mut own = Score::default();
    let mut open: BTreeMap<String, Vec<bool>> = BTreeMap::new();
    for (w, usual) in windows.iter().zip(&baselines) {
        let bins = ours(w, usual)?;
        own.add(w, &bins);
        open.insert(format!("{}-{}", w.provider, w.event), bins);
    }
    // The ratio that alarms as often on quiet bins as Allclear does: the fair comparison.
    let same =
        (20..4000).map(|k| f64::from(k) / 10.0).find(|h| ratio(*h).quiet_alarms <= own.quiet_alarms).unwrap_or(400.0);
    println!("\n### Real counts: {} incidents, {days:.1} quiet days\n", windows.len());
    println!(
        "| rule | found by the peak | lead before it, min (median / mean) | alarms a quiet day |\n|---|---|---|---|"
    );
    own.print("Allclear", windows.len(), days);
    ratio(same).print(&format!("ratio x{same:.1} (as many quiet alarms)"), windows.len(), days);
    for h in [2.0, 3.0, 5.0, 10.0] {
        ratio(h).print(&format!("ratio x{h:.0}"), windows.len(), days);
    }
    println!(
        "\nThe windows were chosen because something happened; \"quiet\" bins hold unlabelled trouble, so alarms in them are not all false."
    );
    marks.map_or(Ok(()), |m| m.compare(&open))
}
