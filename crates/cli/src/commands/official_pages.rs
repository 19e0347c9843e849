//! `allclear admin official`: what official pages say, when they were last read, and what their vendors changed.

use crate::output;
use crate::socket::operate::{Operate, PageChanges, PageNow};
use std::fmt::Write;

/// What official pages said.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum OfficialAction {
    /// Every official page that was read: what it says, how long ago, and what is wrong with it
    List {
        /// Only those that cannot be read, or that were not understood in full
        #[arg(long)]
        wrong: bool,
    },
    /// How the words of a service's page changed, oldest change first: also what was edited after it was published
    Diff {
        /// The service's slug
        service: String,
        /// How many changes, the newest
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
    },
}

impl OfficialAction {
    pub(crate) fn request(self) -> Operate {
        match self {
            OfficialAction::List { wrong } => Operate::Pages { wrong },
            OfficialAction::Diff { service, limit } => Operate::PageChanges { service, limit },
        }
    }
}

/// The list as a table.
pub(crate) fn told(pages: &[PageNow]) -> String {
    if pages.is_empty() {
        return "No official page here.\n".to_owned();
    }
    let row = |p: &PageNow| {
        let read = p.read.map_or_else(|| "never".to_owned(), |t| t.to_string());
        let wrong = p.unread.iter().map(|u| format!("not read since {}: {}", u.since, u.reason));
        let wrong: Vec<String> = wrong.chain(p.warnings.iter().cloned()).collect();
        let level = p.level.map_or("–", |l| l.as_str()).to_owned();
        vec![
            p.service.to_string(),
            level,
            p.format.clone().unwrap_or_default(),
            read,
            output::one_line(&wrong.join("; ")),
        ]
    };
    let rows: Vec<Vec<String>> = pages.iter().map(row).collect();
    output::table(&["SERVICE", "LEVEL", "FORMAT", "READ", "WRONG"], &rows)
}

/// The changes, each with the time at which it was read.
pub(crate) fn changes(all: &PageChanges) -> String {
    if all.changes.is_empty() {
        return format!("Nothing is known of an official page of {}.\n", all.service);
    }
    let mut out = String::new();
    for change in &all.changes {
        let _ = writeln!(out, "{}  {}", change.at, change.level.as_str());
        for line in &change.changes {
            let _ = writeln!(out, "  {}", output::one_line(line));
        }
    }
    out
}
