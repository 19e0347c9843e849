//! The way out through an HTTP proxy, where a company has no other: a tunnel for each request, also for one without TLS, so that what the service says and
//! what the proxy says are never mistaken for each other (`CONNECT`, RFC 9110, section 9.3.6).
//!
//! The proxy resolves names, so the guard cannot see where they lead: it judges literal addresses and ports, and the proxy's owner the rest. What the
//! proxy itself fails at is our own way out, and says nothing about a service.

use super::failure::{Failure, Stage};
use super::open::{Progress, add, connect, ms};
use super::target::{HostOf, Target};
use super::{Dialer, Guard, Way};
use allclear_model::check::NO_NETWORK;
use base64::Engine;
use std::fmt;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use url::Url;

/// Most bytes of a proxy's answer to `CONNECT`.
const MAX_HEAD: usize = 16 * 1024;

/// A proxy, and what is reached without it.
#[derive(Debug, Clone)]
pub struct Proxy {
    host: HostOf,
    port: u16,
    credentials: Option<Credentials>,
    direct: Vec<HostOf>,
}

/// A `Proxy-Authorization` value. It is never printed.
#[derive(Clone)]
struct Credentials(String);

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

impl Proxy {
    /// Reads `http://HOST:PORT`, perhaps with `USER:PASSWORD@`. `direct`: hosts that are reached without it, names with what lies below them.
    ///
    /// # Errors
    /// What is wrong with it; the text itself, which may hold a password, is not repeated.
    pub fn parse(text: &str, direct: Vec<HostOf>) -> Result<Proxy, &'static str> {
        let url = Url::parse(text.trim()).map_err(|_| "is not an address such as http://proxy.example:3128")?;
        if url.scheme() != "http" {
            return Err("must begin with http://: a proxy is spoken to without TLS");
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("must end with the port");
        }
        let host = url.host_str().and_then(|h| HostOf::parse(h.trim_matches(['[', ']'])).ok());
        let host = host.ok_or("names no host")?;
        let port = url.port_or_known_default().filter(|p| *p != 0).ok_or("names no port")?;
        let plain = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
        let credentials = (!url.username().is_empty() || url.password().is_some()).then(|| {
            let pair = format!("{}:{}", plain(url.username()), plain(url.password().unwrap_or_default()));
            Credentials(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
        });
        Ok(Proxy { host, port, credentials, direct })
    }

    /// Whether requests to `host` go through it: not those to hosts that are reached without it, and not those to an address in a range that
    /// the operator names.
    pub(super) fn covers(&self, host: &HostOf, guard: &Guard) -> bool {
        let named = match host {
            HostOf::Ip(ip) => guard.names(*ip),
            HostOf::Name(_) => false,
        };
        !named && !self.direct.iter().any(|d| d == host || below(host, d))
    }

    /// The header with which it is asked, where it wants one.
    fn authorization(&self) -> Option<&str> {
        self.credentials.as_ref().map(|c| c.0.as_str())
    }
}

/// Whether a name lies below another.
fn below(host: &HostOf, above: &HostOf) -> bool {
    match (host, above) {
        (HostOf::Name(host), HostOf::Name(above)) => {
            host.strip_suffix(above.as_str()).is_some_and(|rest| rest.ends_with('.'))
        }
        _ => false,
    }
}

impl Dialer {
    /// A connection through the proxy to the target.
    pub(super) async fn through(
        &self,
        proxy: &Proxy,
        target: &Target,
        named_port: bool,
        progress: &mut Progress,
    ) -> Result<TcpStream, Failure> {
        progress.stage = Stage::Rules;
        self.guard.check_host(&target.host)?;
        match target.host {
            HostOf::Ip(ip) => self.guard.check(ip, target.port, named_port)?,
            HostOf::Name(_) => self.guard.check_port(target.port, named_port)?,
        }
        progress.stage = Stage::Proxy;
        let start = Instant::now();
        let stream = self.to_proxy(proxy).await.map_err(|e| ours(format!("the proxy cannot be reached: {e}")))?;
        let stream = tunnel(stream, proxy, target).await?;
        add(&mut progress.phases.connect, ms(start));
        Ok(stream)
    }

    async fn to_proxy(&self, proxy: &Proxy) -> Result<TcpStream, Failure> {
        let address = self.resolve(&proxy.host, Way::default(), &mut Progress::default()).await?;
        // The operator named it: it mostly stands inside.
        connect(SocketAddr::new(address, proxy.port), true).await.map_err(|e| Failure::io(Stage::Connect, &e))
    }
}

/// Asks for a tunnel. The target speaks only after it was spoken to, so nothing of it is read here.
async fn tunnel(mut stream: TcpStream, proxy: &Proxy, target: &Target) -> Result<TcpStream, Failure> {
    let place = format!("{}:{}", target.host, target.port);
    let mut head = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n");
    if let Some(value) = proxy.authorization() {
        head.push_str("Proxy-Authorization: ");
        head.push_str(value);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    let cut = |_| ours("the proxy cut the connection".to_owned());
    stream.write_all(head.as_bytes()).await.map_err(cut)?;
    let mut answer = Vec::new();
    let mut part = [0; 1024];
    while !answer.windows(4).any(|w| w == b"\r\n\r\n") {
        let n = stream.read(&mut part).await.map_err(cut)?;
        if n == 0 || answer.len() > MAX_HEAD {
            return Err(ours("the proxy gave no answer to CONNECT".to_owned()));
        }
        answer.extend_from_slice(part.get(..n).unwrap_or_default());
    }
    let status = answer.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5));
    let status = status.and_then(|s| std::str::from_utf8(s).ok()).and_then(|s| s.parse::<u16>().ok());
    match status {
        Some(200..=299) => Ok(stream),
        Some(407) => Err(ours("the proxy wants another name and password".to_owned())),
        Some(s) => Err(ours(format!("the proxy gives no way to {place}: status {s}"))),
        None => Err(ours("the proxy does not speak HTTP".to_owned())),
    }
}

fn ours(said: String) -> Failure {
    Failure::ours(Stage::Proxy, NO_NETWORK, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_address_without_a_path_and_its_password_is_never_printed() {
        let proxy = Proxy::parse("http://jo:s%40cret@proxy.example:3128", Vec::new()).unwrap();
        assert_eq!(proxy.authorization(), Some("Basic am86c0BjcmV0"));
        let nameless = Proxy::parse("http://:pw@p:1", Vec::new()).unwrap();
        assert_eq!(nameless.authorization(), Some("Basic OnB3"));
        let printed = format!("{proxy:?}");
        assert!(!printed.contains("cret") && !printed.contains("am86"), "{printed}");
        for wrong in
            ["proxy:3128", "https://proxy:3128", "socks5://p:1", "http://p:1/path", "http://p:0", "", "http://"]
        {
            assert!(Proxy::parse(wrong, Vec::new()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_lies_inside_is_reached_without_it() {
        let guard = Guard::with_ranges(vec!["10.0.0.0/8".parse().unwrap()]);
        let direct = ["corp.example", "9.9.9.9"].map(|h| HostOf::parse(h).unwrap()).to_vec();
        let proxy = Proxy::parse("http://p:1", direct).unwrap();
        let covers = |host: &str| proxy.covers(&HostOf::parse(host).unwrap(), &guard);
        assert!(covers("example.org") && covers("notcorp.example") && covers("192.0.2.1"));
        assert!(!covers("corp.example") && !covers("a.b.corp.example") && !covers("10.1.2.3") && !covers("9.9.9.9"));
    }
}
