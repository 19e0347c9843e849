//! Starting the real binary and talking to it like anybody else.

mod agent;
mod archive;
mod faults;
mod http;
mod networks;
mod process;

pub(crate) use agent::{Agent, Way};
pub(crate) use archive::archive_follows;
pub(crate) use faults::Faults;
pub(crate) use http::{Answer, http};
pub(crate) use networks::Networks;
pub(crate) use process::{Run, Site, allclear, allclear_in, until, until_within};

use allclear_model::{Entry, Signal, Time};
use allclear_ports::Journal;
use allclear_store::SqliteJournal;
use std::collections::BTreeMap;
use std::path::Path;

/// The settings of a test that sends many reports from made-up addresses.
pub(crate) const NO_LIMITS: [(&str, &str); 3] = [
    ("ALLCLEAR_HTTP__TRUSTED_PROXIES", "127.0.0.1/32"),
    ("ALLCLEAR_LIMITS__REPORTS_PER_SOURCE_PER_HOUR", "0"),
    ("ALLCLEAR_LIMITS__REPORTS_PER_NETWORK_PER_MINUTE", "0"),
];

/// What time it is.
pub(crate) fn now() -> Time {
    use std::time::UNIX_EPOCH;
    #[expect(clippy::disallowed_methods, reason = "a client of the tests tells the time as the machine does")]
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time(since.as_millis() as i64)
}

/// All of the journal of a stopped site.
pub(crate) fn journal(dir: &Path) -> Vec<Entry> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let journal = SqliteJournal::open(dir).await.unwrap();
        let mut all: Vec<Entry> = Vec::new();
        loop {
            let from = all.last().map_or(1, |e| e.seq + 1);
            let some = journal.read(from, 4096).await.unwrap();
            if some.is_empty() {
                return all;
            }
            all.extend(some);
        }
    })
}

/// The ids of all reports in a journal, in order.
pub(crate) fn report_ids(entries: &[Entry]) -> Vec<String> {
    let ids = entries.iter().filter_map(|e| match &e.signal {
        Signal::ReportAccepted(r) => Some(r.id.to_string()),
        _ => None,
    });
    ids.collect()
}

/// The texts of all reports in the journal of a stopped site, by id. They stand beside the log, not in it.
pub(crate) fn texts(dir: &Path, entries: &[Entry]) -> BTreeMap<String, String> {
    let ids: Vec<_> = entries
        .iter()
        .filter_map(|e| match &e.signal {
            Signal::ReportAccepted(r) => Some(r.id),
            _ => None,
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let journal = SqliteJournal::open(dir).await.unwrap();
        let mut all = BTreeMap::new();
        for some in ids.chunks(500) {
            let texts = journal.texts(some).await.unwrap();
            all.extend(texts.into_iter().map(|(id, text)| (id.to_string(), text.as_str().to_owned())));
        }
        all
    })
}

/// What the `n`th made-up person writes: every second one something of their own.
pub(crate) fn words(n: u32) -> Option<String> {
    n.is_multiple_of(2).then(|| format!("Request {n} came back with nothing in it"))
}

/// The address of the `n`th made-up person, each in a network of its own.
pub(crate) fn person(n: u32) -> String {
    format!("10.{}.{}.1", n / 256 % 256, n % 256)
}
