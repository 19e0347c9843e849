//! The formats of official pages, in one table. The order is that of detection: what is told apart most surely comes first.

mod atom;
mod azure;
mod cachet;
mod checkly;
mod firehydrant;
mod flashcat;
mod gatus;
mod heroku;
mod pagerduty;
mod rss;
mod salesforce;
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
    /// Where pages of this format have it, below the page's address; the first is the one to read. Empty: at an address of its own.
    pub paths: &'static [&'static str],
    /// True when it is a log of announcements, without a word when nothing is announced.
    pub log: bool,
    /// Reads one payload. An answer of another format is an [`Unread::Shape`], never a guess.
    pub parse: fn(&[u8]) -> Result<Page, Unread>,
}

/// All of them.
pub const FORMATS: &[Format] = &[
    statuspage::FORMAT,
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

/// The format of that name.
pub fn format(name: &str) -> Option<&'static Format> {
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
