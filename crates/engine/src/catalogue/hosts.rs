//! Hosts that belong to the services of the catalogue: what a pasted error may name, and where a link may lead.

use allclear_model::Catalogue;
use std::collections::BTreeSet;

/// Hosts of homepages, support pages, official pages and checks, without `www.`.
#[derive(Debug, Default)]
pub struct Hosts {
    known: BTreeSet<String>,
}

impl Hosts {
    /// Gathers them.
    pub fn new(catalogue: &Catalogue) -> Hosts {
        let mut known = BTreeSet::new();
        for s in catalogue.services.values() {
            let official = s.official.iter().flat_map(|o| [Some(&o.value.page), o.value.feed.as_ref()]).flatten();
            let support = s.support.iter().map(|f| &f.value);
            known.extend([&s.homepage.value].into_iter().chain(official).chain(support).filter_map(|a| own_host(a)));
            known.extend(s.check.iter().filter_map(|c| own_host(&c.value.address())));
        }
        Hosts { known }
    }

    /// Whether `host` (lower case) is one of them or lies below one.
    pub fn knows(&self, host: &str) -> bool {
        let host = host.strip_prefix("www.").unwrap_or(host);
        // `api.openai.com` is below `openai.com`; a bare top level is never known.
        std::iter::successors(Some(host), |h| h.split_once('.').map(|(_, rest)| rest))
            .take_while(|h| h.contains('.'))
            .any(|h| self.known.contains(h))
    }
}

/// The host of an address, lower case, without a port.
pub(crate) fn host_of(address: &str) -> Option<String> {
    let rest = address.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next()?,
        None => authority.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.trim_end_matches('.').to_ascii_lowercase())
}

/// The host of an address without `www.`; what many people share is nobody's.
fn own_host(address: &str) -> Option<String> {
    const SHARED: [&str; 14] = [
        "github.com",
        "github.io",
        "google.com",
        "notion.site",
        "medium.com",
        "zendesk.com",
        "herokuapp.com",
        "x.com",
        "twitter.com",
        "facebook.com",
        "reddit.com",
        "discord.gg",
        "t.me",
        "apple.com",
    ];
    let host = host_of(address)?;
    let host = host.strip_prefix("www.").unwrap_or(&host);
    // These are services of their own, but anybody can have a page there: only the whole host is theirs.
    let shared = SHARED.contains(&host) && address.trim_end_matches('/').len() > host.len() + "https://www.".len();
    (host.contains('.') && !shared).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_known_with_what_lies_below_it() {
        let known = ["https://openrouter.ai", "https://www.example.org/status", "https://github.com/someone/page"];
        let hosts = Hosts { known: known.iter().filter_map(|a| own_host(a)).collect() };
        for yes in ["openrouter.ai", "api.openrouter.ai", "www.example.org", "example.org"] {
            assert!(hosts.knows(yes), "{yes}");
        }
        for no in ["ai", "router.ai", "openrouter.ai.evil.net", "xopenrouter.ai", "github.com", "", "org"] {
            assert!(!hosts.knows(no), "{no}");
        }
    }
}
