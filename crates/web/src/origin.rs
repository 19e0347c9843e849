//! Who asks: the client's address behind trusted proxies, and whether a browser sent a form from one of our pages.

use crate::config::BaseUrl;
use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use std::net::IpAddr;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How many hops of `X-Forwarded-For` are looked at.
const HOPS_MAX: usize = 32;

/// The client's address. `X-Forwarded-For` is believed only from trusted proxies, and only as far back as they vouch for
/// it: the rightmost address that is not one of them.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    let is_trusted = |a: IpAddr| trusted.iter().any(|n| n.contains(&a));
    if !is_trusted(client) {
        return client;
    }
    let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
    let hops = lines.flat_map(|v| v.as_bytes().rsplit(|c| *c == b',')).take(HOPS_MAX);
    for hop in hops {
        // What does not parse was not written by a proxy of ours; what stands before it cannot be trusted either.
        let Some(address) = parse_hop(hop) else { return client };
        client = address;
        if !is_trusted(client) {
            return client;
        }
    }
    client
}

/// An address, perhaps in brackets and with a port.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let address = text.parse().ok().or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|a| a.ip()));
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    address.or_else(bracketed).map(|a: IpAddr| a.to_canonical())
}

/// Whether a POST may be taken. Browsers say where a form comes from; what says nothing is no browser, and there is
/// nothing it could abuse: readers have no session here.
pub(crate) fn may_post(headers: &HeaderMap, base: &BaseUrl) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(header::ORIGIN).map(|o| o.to_str().unwrap_or_default()) else { return true };
    if origin.eq_ignore_ascii_case(base.origin()) {
        return true;
    }
    // A site that is reached under another name than the configured one: the browser says both names itself.
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    origin.split_once("://").is_some_and(|(_, authority)| host.is_some_and(|h| h.eq_ignore_ascii_case(authority)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), v.parse().unwrap())).collect()
    }

    #[test]
    fn forwarded_addresses_are_believed_from_trusted_proxies_only() {
        let proxies: Vec<IpNet> = vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let of = |peer: &str, lines: &[&str], trusted: &[IpNet]| {
            let mut h = HeaderMap::new();
            for l in lines {
                h.append(X_FORWARDED_FOR, l.parse().unwrap());
            }
            client(peer.parse().unwrap(), &h, trusted).to_string()
        };
        assert_eq!(of("127.0.0.1", &["203.0.113.7"], &[]), "127.0.0.1", "nobody is trusted by default");
        assert_eq!(of("198.51.100.1", &["203.0.113.7"], &proxies), "198.51.100.1", "a stranger's header");
        assert_eq!(of("127.0.0.1", &[], &proxies), "127.0.0.1");
        assert_eq!(of("127.0.0.1", &["203.0.113.7"], &proxies), "203.0.113.7");
        assert_eq!(of("::ffff:127.0.0.1", &["203.0.113.7"], &proxies), "203.0.113.7");
        assert_eq!(
            of("127.0.0.1", &["1.2.3.4, 203.0.113.7, 10.1.2.3"], &proxies),
            "203.0.113.7",
            "spoofed on the left"
        );
        assert_eq!(of("127.0.0.1", &["1.2.3.4", "203.0.113.7, 10.1.2.3"], &proxies), "203.0.113.7", "two header lines");
        assert_eq!(of("127.0.0.1", &["1.2.3.4, unknown, 10.1.2.3"], &proxies), "10.1.2.3", "garbage ends the chain");
        assert_eq!(of("127.0.0.1", &["[2001:db8::1]:443"], &proxies), "2001:db8::1");
        assert_eq!(of("127.0.0.1", &["203.0.113.7:1234"], &proxies), "203.0.113.7");
        assert_eq!(of("127.0.0.1", &["10.0.0.1, 10.0.0.2"], &proxies), "10.0.0.1", "only proxies: the first of them");
    }

    #[test]
    fn forms_are_taken_from_our_own_pages() {
        let base = BaseUrl::parse("https://up.example.org/status").unwrap();
        let may = |pairs: &[(&'static str, &str)]| may_post(&headers(pairs), &base);
        assert!(may(&[]), "no browser");
        assert!(may(&[("sec-fetch-site", "same-origin"), ("origin", "https://up.example.org")]));
        assert!(may(&[("sec-fetch-site", "none")]));
        assert!(!may(&[("sec-fetch-site", "cross-site")]));
        assert!(!may(&[("sec-fetch-site", "same-site"), ("origin", "https://up.example.org")]));
        assert!(may(&[("origin", "https://UP.example.org")]));
        assert!(may(&[("origin", "http://192.0.2.1:8080"), ("host", "192.0.2.1:8080")]));
        assert!(!may(&[("origin", "https://evil.example.net"), ("host", "up.example.org")]));
        assert!(!may(&[("origin", "null"), ("host", "up.example.org")]));
    }
}
