//! The public listener.

use super::layer::Raw;
use super::reader::Reader;
use allclear_web::BaseUrl;
use ipnet::IpNet;
use serde_json::Value as Json;
use std::net::SocketAddr;

/// `[http]`
#[derive(Debug, Clone)]
pub(crate) struct Http {
    /// Where pages and the API are served.
    pub(crate) listen: SocketAddr,
    /// Where the public reaches the site; `None`: `http://` and the address it listens on.
    pub(crate) base_url: Option<BaseUrl>,
    /// Whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Connections at a time; one more waits.
    pub(crate) max_connections: u64,
}

/// Reads `ADDR:PORT`; `localhost:PORT` means 127.0.0.1, `:PORT` all addresses.
pub(crate) fn parse_listen(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    let text = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None if text.starts_with(':') => format!("[::]{text}"),
        None => text.to_owned(),
    };
    text.parse().ok()
}

/// Words for [`parse_listen`].
pub(crate) const LISTEN_ALLOWED: &str =
    "an IP address and a port from 0 to 65535, such as 127.0.0.1:8080 (port 0: a free one)";

impl Http {
    /// Reads the section.
    pub(crate) fn read(r: &mut Reader) -> Http {
        Http {
            listen: r.value(
                "http.listen",
                LISTEN_ALLOWED,
                SocketAddr::from(([127, 0, 0, 1], 8080)),
                |raw| match raw {
                    Raw::Text(t) => parse_listen(t),
                    _ => None,
                },
                |a| Json::from(a.to_string()),
            ),
            base_url: r.value(
                "http.base_url",
                "a URL such as https://status.example.org or https://example.org/status, without query or fragment",
                None,
                |raw| match raw {
                    Raw::Text(t) if t.is_empty() => Some(None),
                    Raw::Text(t) => BaseUrl::parse(t).ok().map(Some),
                    _ => None,
                },
                |u| u.as_ref().map_or(Json::Null, |u| Json::from(u.url())),
            ),
            trusted_proxies: r.networks("http.trusted_proxies"),
            max_connections: r.number("http.max_connections", 16..=1_000_000, 20_000, ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listening_address_has_a_port() {
        assert_eq!(parse_listen("localhost:80").map(|a| a.to_string()).as_deref(), Some("127.0.0.1:80"));
        assert_eq!(parse_listen(":0").map(|a| a.to_string()).as_deref(), Some("[::]:0"));
        assert!(parse_listen("127.0.0.1").is_none() && parse_listen("example.org:80").is_none());
    }
}
