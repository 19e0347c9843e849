//! Opening one connection to one address that the guard has seen.

use super::failure::{Failure, Stage};
use super::target::HostOf;
use super::{Dialer, tls};
use allclear_model::Time;
use allclear_model::check::{CertificateFacts, Family, Phases};
use rustls_pki_types::ServerName;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

/// How a connection is to be secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not.
    None,
    /// With TLS, and HTTP behind it.
    Web,
    /// With TLS alone.
    Bare,
}

/// What a run has come to so far; it outlives the run when the time is over.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// What is under way.
    pub stage: Stage,
    /// What is done, and how long it took.
    pub phases: Phases,
    /// Address that is or was asked.
    pub address: Option<IpAddr>,
    /// Its certificate.
    pub certificate: Option<CertificateFacts>,
}

impl Progress {
    /// The family of the address.
    pub fn family(&self) -> Option<Family> {
        self.address.map(|a| if a.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 })
    }
}

/// Milliseconds since `start`.
pub(crate) fn ms(start: Instant) -> f64 {
    (start.elapsed().as_secs_f64() * 1e6).round() / 1e3
}

/// Phases of all hops of a request add up.
pub(super) fn add(phase: &mut Option<f64>, ms: f64) {
    *phase = Some(phase.unwrap_or_default() + ms);
}

/// A connection, with TLS or without.
pub enum Stream {
    /// Without.
    Plain(TcpStream),
    /// With.
    Secure(Box<TlsStream<TcpStream>>),
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stream::Plain(_) => "Stream::Plain",
            Stream::Secure(_) => "Stream::Secure",
        })
    }
}

impl Stream {
    /// True when both sides agreed on HTTP/2.
    pub(super) fn is_http2(&self) -> bool {
        match self {
            Stream::Plain(_) => false,
            Stream::Secure(s) => s.get_ref().1.alpn_protocol() == Some(b"h2"),
        }
    }
}

impl Dialer {
    /// Opens a connection to `address`, which is one of `host`'s. The guard is asked about this very address; for `named_port` see [`super::Guard::check`].
    ///
    /// # Errors
    /// What the guard, the system or the handshake says.
    pub async fn open(
        &self,
        host: &HostOf,
        address: SocketAddr,
        named_port: bool,
        security: Security,
        now: Time,
        progress: &mut Progress,
    ) -> Result<Stream, Failure> {
        progress.stage = Stage::Rules;
        progress.address = Some(address.ip());
        self.guard.check(address.ip(), address.port(), named_port)?;

        progress.stage = Stage::Connect;
        let start = Instant::now();
        #[expect(clippy::disallowed_methods, reason = "this is the guarded dialer")]
        let stream = TcpStream::connect(address).await.map_err(|e| Failure::io(Stage::Connect, &e))?;
        add(&mut progress.phases.connect, ms(start));
        // A request goes out whole; waiting for more would be counted against the other side.
        drop(stream.set_nodelay(true));

        let config = match security {
            Security::None => return Ok(Stream::Plain(stream)),
            Security::Web => self.tls.web(),
            Security::Bare => self.tls.bare(),
        };
        progress.stage = Stage::Tls;
        let name = match host {
            HostOf::Name(name) => ServerName::try_from(name.clone())
                .map_err(|_| Failure::theirs(Stage::Tls, format!("{name} cannot stand in a certificate")))?,
            HostOf::Ip(ip) => ServerName::from(*ip),
        };
        let start = Instant::now();
        let stream =
            tokio_rustls::TlsConnector::from(config).connect(name, stream).await.map_err(|e| tls::failure(&e))?;
        add(&mut progress.phases.tls, ms(start));
        progress.certificate = tls::facts(stream.get_ref().1, now);
        Ok(Stream::Secure(Box::new(stream)))
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(s) => Pin::new(s).poll_read(cx, buf),
            Stream::Secure(s) => Pin::new(s.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(s) => Pin::new(s).poll_write(cx, buf),
            Stream::Secure(s) => Pin::new(s.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(s) => Pin::new(s).poll_flush(cx),
            Stream::Secure(s) => Pin::new(s.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(s) => Pin::new(s).poll_shutdown(cx),
            Stream::Secure(s) => Pin::new(s.as_mut()).poll_shutdown(cx),
        }
    }
}
