//! The formats of official pages, in one table. The order is that of detection: what is told apart most surely comes first,
//! and of the first two, which refuse each other by their ids, the one that is met most.
//! An empty list is what several say on calm days; it is read as AWS's, which is never anything else then.

mod apple;
mod atom;
mod aws;
mod azure;
mod betterstack;
mod cachet;
mod checkly;
mod datadog;
mod firehydrant;
mod flashcat;
mod gatus;
mod google;
mod heroku;
mod incidentio;
mod instatus;
mod microsoft365;
mod pagerduty;
mod rss;
mod salesforce;
pub(super) mod shared;
mod slack;
mod statusio;
mod statuspage;
mod uptimekuma;
mod xai;

use super::page::Page;
use super::read::Unread;

/// How one vendor, or one product for status pages, writes.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// Name, as catalogue files have it.
    pub name: &'static str,
    /// Where the host of a page has it. `None`: in the page itself, or at an address that the host does not tell.
    pub path: Option<&'static str>,
    /// True when it is a log of announcements: that none is open is then all it can say of health.
    pub log: bool,
    /// Reads one payload. An answer of another format is an [`Unread::Shape`], never a guess.
    pub parse: fn(&[u8]) -> Result<Page, Unread>,
}

/// All of them.
#[rustfmt::skip]
pub const FORMATS: &[Format] = &[
    statuspage::FORMAT,
    incidentio::FORMAT,
    datadog::FORMAT,
    betterstack::FORMAT,
    statusio::FORMAT,
    instatus::FORMAT,
    apple::FORMAT,
    slack::FORMAT,
    aws::FORMAT,
    google::FORMAT,
    microsoft365::FORMAT,
    heroku::FORMAT,
    uptimekuma::FORMAT,
    firehydrant::FORMAT,
    flashcat::FORMAT,
    checkly::FORMAT,
    pagerduty::FORMAT,
    gatus::FORMAT,
    salesforce::FORMAT,
    cachet::FORMAT,
    azure::FORMAT,
    xai::FORMAT,
    atom::FORMAT,
    rss::FORMAT,
];

/// Names that catalogue files use for what is one format here.
const OTHER_NAMES: [(&str, &str); 7] = [
    ("statuspage-compat", "statuspage"),
    ("google-cloud", "google"),
    ("google-workspace", "google"),
    ("google-firebase", "google"),
    ("google-search", "atom"),
    ("m365", "microsoft365"),
    ("uptime-kuma", "uptimekuma"),
];

/// The service of the catalogue that serves pages of a format: its own problem is told beside theirs, so that one outage is not
/// read as a hundred.
const SERVED_BY: [(&str, &str); 4] = [
    ("statuspage", "statuspage"),
    ("incidentio", "incident-io"),
    ("betterstack", "better-stack"),
    ("instatus", "instatus"),
];

/// Who serves pages of the format that catalogue files name so, as a slug of the catalogue; `None` where that is many or nobody.
pub fn served_by(name: &str) -> Option<&'static str> {
    let format = format(name)?;
    SERVED_BY.iter().find(|(served, _)| *served == format.name).map(|(_, by)| *by)
}

/// Formats in which a page is known by the id that its vendor gave it, and not by an address or a name.
const WITH_IDS: [&str; 5] = ["statuspage", "incidentio", "betterstack", "flashcat", "pagerduty"];

/// Whether pages of the format have ids that never change.
pub(super) fn has_ids(name: &str) -> bool {
    WITH_IDS.contains(&name)
}

/// Where else the host of a page has it, when it is not where it usually is: a page that shows less, or an older release.
#[rustfmt::skip]
const ALSO: [(&str, &str); 2] = [
    ("statuspage", "/api/v2/status.json"),
    ("instatus", "/summary.json"),
];

/// The other places of a format, as paths.
pub(super) fn also(format: &Format) -> impl Iterator<Item = &'static str> {
    ALSO.iter().filter(|(name, _)| *name == format.name).map(|(_, path)| *path)
}

/// The format of that name.
pub fn format(name: &str) -> Option<&'static Format> {
    let name = OTHER_NAMES.iter().find(|(other, _)| *other == name).map_or(name, |(_, own)| own);
    FORMATS.iter().find(|f| f.name == name)
}

/// Tries all formats and gives the first that reads `payload`.
///
/// # Errors
/// When none does: empty and HTML as such, the rest as [`Unread::NoFormat`].
pub fn detect(payload: &[u8]) -> Result<(&'static Format, Page), Unread> {
    let mut why = Unread::NoFormat;
    for format in FORMATS {
        match (format.parse)(payload) {
            Ok(page) => return Ok((format, page)),
            Err(e @ (Unread::Empty | Unread::Html)) => why = e,
            Err(_) => {}
        }
    }
    Err(why)
}
