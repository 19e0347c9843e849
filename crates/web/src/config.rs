//! What the web side has to be told: where it stands, who runs it, and how much it may use.

use ipnet::IpNet;
use std::time::Duration;

/// Everything the server and the pages need from the configuration. Durations and sizes have defaults that
/// [`WebConfig::new`] sets and explains.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// Public address of the site.
    pub base_url: BaseUrl,
    /// What the site says of itself.
    pub site: SiteConfig,
    /// What is kept, how long and where, beyond what is always so.
    pub kept: Kept,
    /// Proxies whose `X-Forwarded-For` is believed. Empty: nobody's.
    pub trusted_proxies: Vec<IpNet>,
    /// Upper bound of the bytes of ready pages kept in memory.
    pub cache_bytes: usize,
    /// True when what is shown is a simulation.
    pub demo: bool,
    /// What the server may use and how long it waits.
    pub server: ServerLimits,
    /// Open live streams at a time; more get a 503.
    pub max_streams: usize,
    /// Pause between two comments that keep an idle live stream open.
    pub heartbeat: Duration,
    /// How long the whole body of a request may take to arrive.
    pub body_timeout: Duration,
    /// How long a request may take that needs more than memory.
    pub cold_timeout: Duration,
}

impl WebConfig {
    /// A site at `base_url` with the default limits: 32 MiB of ready pages, 16,000 streams.
    pub fn new(base_url: BaseUrl, site: SiteConfig) -> WebConfig {
        WebConfig {
            base_url,
            site,
            kept: Kept::default(),
            trusted_proxies: Vec::new(),
            cache_bytes: 32 << 20,
            demo: false,
            server: ServerLimits::default(),
            max_streams: 16_000,
            // Proxies commonly close what was silent for 30 to 60 s.
            heartbeat: Duration::from_secs(25),
            body_timeout: Duration::from_secs(10),
            // Longer than the archive's own deadline (2 s), shorter than a proxy's patience.
            cold_timeout: Duration::from_secs(5),
        }
    }
}

/// What the site says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteConfig {
    /// Its name.
    pub name: String,
    /// Who answers for it: a mail address or a link.
    pub contact: Option<String>,
    /// Accent colour, `#rrggbb`.
    pub accent: Option<String>,
    /// A line shown on top of every page.
    pub notice: Option<String>,
}

/// What an operator decides of what is kept about people. The page on privacy says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Days that the log of signals goes back.
    pub journal_days: u32,
    /// Whether a file tells the country of an address.
    pub looks_up_countries: bool,
    /// Where the machine stands, in the operator's words.
    pub place: Option<String>,
}

/// Bounds of the connections.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    /// Connections at a time; further ones get a short 503 and are closed.
    pub max_connections: usize,
    /// How long a request's head may take, and how long a kept connection may stay idle before its next request.
    pub header_timeout: Duration,
    /// How long a client may take nothing of what is written to it before it is dropped.
    pub write_timeout: Duration,
    /// How long open requests may go on after the stop signal.
    pub grace: Duration,
    /// Read buffer, and so the largest request head, and how much of an answer waits in memory for a slow reader. Bytes,
    /// at least 8,192.
    pub buffer: usize,
}

impl Default for ServerLimits {
    fn default() -> Self {
        ServerLimits {
            max_connections: 20_000,
            header_timeout: Duration::from_secs(20),
            write_timeout: Duration::from_secs(20),
            // A stop has to end within 5 s, with the journal's last batch still to come.
            grace: Duration::from_secs(3),
            buffer: 32 << 10,
        }
    }
}

/// Public address of the site: `https://example.org` or `https://example.org/status`. Links are made from it, never
/// from a `Host` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    origin: String,
    path: String,
}

impl BaseUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what is allowed.
    pub fn parse(text: &str) -> Result<BaseUrl, String> {
        const ALLOWED: &str = "http.base_url must look like https://example.org or https://example.org/status";
        let uri: http::Uri = text.trim().parse().map_err(|_| format!("{ALLOWED}: {text:?} is not an address"))?;
        let Some(scheme @ ("http" | "https")) = uri.scheme_str() else {
            return Err(format!("{ALLOWED}: {text:?} does not begin with http:// or https://"));
        };
        let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        if authority.is_empty() || authority.contains('@') {
            return Err(format!("{ALLOWED}: {text:?} has no plain host name"));
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(format!("{ALLOWED}: {text:?} has a query or a fragment"));
        }
        let path = uri.path().trim_end_matches('/');
        let plain = |s: &str| {
            let ok = |c: u8| c.is_ascii_alphanumeric() || b"-._~".contains(&c);
            !s.is_empty() && s != "." && s != ".." && s.bytes().all(ok)
        };
        if !path.is_empty() && !path[1..].split('/').all(plain) {
            return Err(format!("{ALLOWED}: the path may have letters, digits and - . _ ~ between single slashes"));
        }
        Ok(BaseUrl { origin: format!("{scheme}://{}", authority.to_ascii_lowercase()), path: path.to_owned() })
    }

    /// Scheme, host and port, without a slash at the end.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Path prefix: empty, or `/status`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Host and port.
    pub fn authority(&self) -> &str {
        self.origin.split_once("://").map_or("", |(_, a)| a)
    }

    /// The whole address without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_an_origin_and_perhaps_a_path() {
        let b = BaseUrl::parse("https://Example.org/a/status/").unwrap();
        assert_eq!((b.origin(), b.path(), b.authority()), ("https://example.org", "/a/status", "example.org"));
        assert_eq!(BaseUrl::parse("http://[::1]:8080").unwrap().url(), "http://[::1]:8080");
        for bad in [
            "",
            "example.org",
            "/x",
            "ftp://a",
            "https://",
            "https://a/b//c",
            "https://a/../b",
            "https://a/?x",
            "https://a/#x",
            "https://u@a",
            "https://a/\"b",
        ] {
            assert!(BaseUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
