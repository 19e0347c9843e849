//! Hosts whose data stands at an address that is known beforehand, since one vendor writes the format for itself.
//!
//! They are asked there first, and nobody else is asked for data that only they have.

use super::formats::{Format, format};
use crate::dial::{HostOf, Target};

/// A page of one vendor.
#[derive(Debug)]
struct Known {
    host: &'static str,
    /// What its path begins with; on some hosts there is much else.
    under: &'static str,
    /// Format of the data.
    format: &'static str,
    /// Where the data is.
    data: &'static str,
}

const fn known(host: &'static str, under: &'static str, format: &'static str, data: &'static str) -> Known {
    Known { host, under, format, data }
}

const AWS: &str = "https://health.aws.amazon.com/public/currentevents";
const AZURE: &str = "https://rssfeed.azure.status.microsoft/en-us/status/feed/";
const SLACK: &str = "https://slack-status.com/api/v2.0.0/current";
const APPLE: &str = "https://www.apple.com/support/systemstatus/data/system_status_en_US.js";
const APPLE_DEVELOPER: &str = "https://www.apple.com/support/systemstatus/data/developer/system_status_en_US.js";
const WORKSPACE: &str = "https://www.google.com/appsstatus/dashboard/incidents.json";
const SALESFORCE: &str = "https://api.status.salesforce.com/v1/instances";

/// The longer paths of a host first.
#[rustfmt::skip]
const KNOWN: &[Known] = &[
    known("status.cloud.google.com", "/maps-platform", "google", "https://status.cloud.google.com/maps-platform/incidents.json"),
    known("status.cloud.google.com", "/", "google", "https://status.cloud.google.com/incidents.json"),
    known("status.firebase.google.com", "/", "google", "https://status.firebase.google.com/incidents.json"),
    known("www.google.com", "/appsstatus", "google", WORKSPACE),
    known("ads.google.com", "/status/publisher", "google", "https://ads.google.com/status/publisher/incidents.json"),
    known("health.aws.amazon.com", "/", "aws", AWS),
    known("status.aws.amazon.com", "/", "aws", AWS),
    known("azure.status.microsoft", "/", "azure", AZURE),
    known("status.azure.com", "/", "azure", AZURE),
    known("status.cloud.microsoft", "/", "microsoft365", "https://status.cloud.microsoft/api/posts/m365Consumer"),
    known("www.apple.com", "/support/systemstatus", "apple", APPLE),
    known("developer.apple.com", "/system-status", "apple", APPLE_DEVELOPER),
    known("status.slack.com", "/", "slack", SLACK),
    known("slack-status.com", "/", "slack", SLACK),
    known("status.salesforce.com", "/", "salesforce", SALESFORCE),
    known("status.heroku.com", "/", "heroku", "https://status.heroku.com/api/v4/current-status"),
];

/// Hosts whose data is large, with the least seconds between two readings of it, whatever goes on.
const SELDOM: [(&str, &str, u32); 1] = [("www.google.com", "/appsstatus", 120)];

/// Where the data of the page at `url` is, and as what; `None` where that is to be found out, or `url` is data already.
pub(super) fn data(url: &str) -> Option<(&'static str, &'static Format)> {
    let target = Target::parse(url).ok()?;
    let path = path(&target);
    if is_data(&path) {
        return None;
    }
    let known = KNOWN.iter().find(|k| is_below(&target, &path, k.host, k.under))?;
    Some((known.data, format(known.format)?))
}

/// Whether only hosts of the table have the format.
pub(super) fn is_of_one_vendor(format: &Format) -> bool {
    KNOWN.iter().any(|k| k.format == format.name)
}

/// Least seconds between two readings of the data at `url`; 0 where a host may be asked as often as any other.
pub(super) fn seldom(url: &str) -> u32 {
    let Ok(target) = Target::parse(url) else { return 0 };
    let path = path(&target);
    SELDOM.iter().find(|(host, under, _)| is_below(&target, &path, host, under)).map_or(0, |(.., s)| *s)
}

fn is_below(target: &Target, path: &str, host: &str, under: &str) -> bool {
    let below = |rest: &str| under.ends_with('/') || rest.is_empty() || rest.starts_with('/');
    matches!(&target.host, HostOf::Name(name) if name == host) && path.strip_prefix(under).is_some_and(below)
}

/// The path without what follows it.
fn path(target: &Target) -> String {
    let rest = target.as_str().split_once("://").map_or("", |(_, rest)| rest);
    let path = rest.find('/').and_then(|n| rest.get(n..)).unwrap_or("/");
    path.split(['?', '#']).next().unwrap_or("/").to_owned()
}

/// Whether a path is one that people do not open: somebody who gives it by hand means it.
fn is_data(path: &str) -> bool {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last.contains('.') || ["/api/", "/feed", "/rss/", "/public/", "/v1/"].iter().any(|part| path.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Option<(&'static str, &'static str)> {
        data(url).map(|(data, format)| (data, format.name))
    }

    #[test]
    fn pages_of_vendors_with_a_format_of_their_own_are_known_by_their_host() {
        assert_eq!(at("https://health.aws.amazon.com/health/status"), Some((AWS, "aws")));
        assert_eq!(at("https://status.aws.amazon.com"), Some((AWS, "aws")));
        assert_eq!(at("https://azure.status.microsoft/en-us/status"), Some((AZURE, "azure")));
        assert_eq!(at("https://www.google.com/appsstatus/dashboard/"), Some((WORKSPACE, "google")));
        assert_eq!(at("https://www.apple.com/support/systemstatus/"), Some((APPLE, "apple")));
        assert_eq!(at("https://status.slack.com/2026-03/abc"), Some((SLACK, "slack")));
        let maps = at("https://status.cloud.google.com/maps-platform/").unwrap().0;
        assert!(maps.ends_with("/maps-platform/incidents.json"));
        assert!(at("https://status.cloud.google.com").unwrap().0.ends_with("google.com/incidents.json"));
    }

    #[test]
    fn other_pages_of_these_hosts_and_data_given_by_hand_are_not() {
        for url in [
            "https://www.google.com/search",
            "https://www.google.com/appsstatusx",
            "https://status.aws.amazon.com/rss/all.rss",
            "https://status.cloud.google.com/feed.atom",
            "https://status.heroku.com/feed",
            "https://status.example.org/health/status",
            "no address",
        ] {
            assert_eq!(at(url), None, "{url}");
        }
    }

    #[test]
    fn every_line_has_a_format_and_leads_to_data() {
        for k in KNOWN {
            assert!(format(k.format).is_some_and(is_of_one_vendor), "{}", k.host);
            assert_eq!(at(k.data), None, "{} would lead elsewhere", k.data);
        }
        assert!(!is_of_one_vendor(format("statuspage").unwrap()));
    }

    #[test]
    fn a_large_feed_is_read_seldom() {
        assert_eq!((seldom(WORKSPACE), seldom("https://www.google.com/x"), seldom(AWS)), (120, 0, 0));
    }
}
