//! What may be asked of others' hosts.

use super::layer::Raw;
use super::network::Network;
use super::reader::Reader;
use allclear_engine::watch::{Manners, host, page_host};
use allclear_model::{Catalogue, Slug, SymptomId};
use allclear_signals::dial::Target;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Where a request of ours could be taken amiss, people and official pages are enough: categories, and services of others that hold people's money, or
/// move it between their banks.
const WITHOUT_CHECKS: [&str; 12] = [
    "bank",
    "brokerage",
    "government",
    "health",
    "cash-app",
    "klarna",
    "payoneer",
    "paypal",
    "plaid",
    "venmo",
    "wise",
    "zelle",
];

/// Answers that their operators keep for this very question: whether a device has a way out, and no door before it that wants to be opened first.
const CONTROLS: [&str; 4] = [
    "http://detectportal.firefox.com/success.txt",
    "http://connectivitycheck.gstatic.com/generate_204",
    "http://captive.apple.com/hotspot-detect.html",
    "http://www.msftconnecttest.com/connecttest.txt",
];

/// `[watch]`
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    /// Whether a running site runs the checks of its catalogue.
    pub(crate) checks: bool,
    /// Whether it reads official pages.
    pub(crate) official: bool,
    /// Seconds between two checks of a service that nobody looks at.
    pub(crate) every_s: u32,
    /// How this place is named beside their results.
    pub(crate) location: Slug,
    /// Services that are not checked, and categories of such.
    pub(crate) without_checks: BTreeSet<Slug>,
    /// What is asked whether there is a way out, when a check fails.
    pub(crate) controls: Vec<String>,
}

impl Watch {
    /// Reads the section.
    pub(crate) fn read(r: &mut Reader) -> Watch {
        Watch {
            checks: r.choice("watch.checks", &["on", "off"], "on") == "on",
            official: r.choice("watch.official", &["on", "off"], "on") == "on",
            every_s: r.number("watch.every_s", 1..=3600, 300, "; of strangers' hosts never less than 60 is used") as u32,
            location: r.value(
                "watch.location",
                "a name of lower-case letters, digits and hyphens, such as frankfurt",
                Slug::parse("here").unwrap_or_else(|_| SymptomId::other()),
                |raw| if let Raw::Text(t) = raw { Slug::parse(t.trim()).ok() } else { None },
                |s| Json::from(s.as_str()),
            ),
            without_checks: r
                .list(
                    "watch.without_checks",
                    "a list of categories and services such as [\"bank\", \"zelle\"]; in the environment with commas; empty: all services that have a check are checked",
                    WITHOUT_CHECKS.iter().filter_map(|c| Slug::parse(c).ok()).collect(),
                    |text| Slug::parse(text).ok(),
                    ToString::to_string,
                )
                .into_iter()
                .collect(),
            controls: r.list(
                "watch.controls",
                "a list of addresses such as [\"https://www.example.org/\"]; in the environment with commas; empty: none",
                CONTROLS.map(str::to_owned).to_vec(),
                |url| Target::parse(url).is_ok().then(|| url.to_owned()),
                Clone::clone,
            ),
        }
    }

    /// How polite these settings make the watching of `catalogue`.
    pub(crate) fn manners(&self, network: &Network, catalogue: &Catalogue, opted_out: BTreeSet<String>) -> Manners {
        let checks = catalogue.services.values().filter_map(|s| host(&s.check.as_ref()?.value));
        let pages = catalogue.services.values().filter_map(|s| page_host(&s.official.as_ref()?.value));
        let own = checks.chain(pages).filter(|h| network.is_own(h)).collect();
        Manners { without_checks: self.without_checks.clone(), opted_out, every_s: self.every_s, own, off: self.off() }
    }

    /// The kinds of watching that are switched off, with the setting that says so.
    fn off(&self) -> BTreeSet<&'static str> {
        let settings = [("watch.checks", self.checks), ("watch.official", self.official)];
        settings.into_iter().filter(|(_, on)| !on).map(|(name, _)| name).collect()
    }

    /// What was named and no service is of: a slip of the pen takes protection away without a word. Those named by default need not be there.
    pub(crate) fn unknown<'w>(&'w self, catalogue: &Catalogue) -> impl Iterator<Item = &'w Slug> {
        let services = catalogue.services.iter();
        let known: BTreeSet<&Slug> = services.flat_map(|(slug, s)| [slug, &s.category]).collect();
        self.without_checks.iter().filter(move |c| !known.contains(*c) && !WITHOUT_CHECKS.contains(&c.as_str()))
    }
}
