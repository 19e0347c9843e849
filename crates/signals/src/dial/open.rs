//! Opening one connection to one address that the guard has seen.

use super::failure::{Failure, Stage};
use super::target::HostOf;
use super::{Dialer, tls};
use allclear_model::Time;
use allclear_model::check::{CertificateFacts, Family, Phases};
use rustls_pki_types::ServerName;
use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// How a connection is to be secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not, and either side may be the first to speak.
    None,
    /// Not, and HTTP is spoken.
    Http,
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
    /// Time that went by for what is no part of the request, such as a `robots.txt`. Milliseconds.
    pub aside: f64,
}

impl Progress {
    /// The family of the address.
    pub fn family(&self) -> Option<Family> {
        self.address.map(Family::of)
    }
}

/// Which of a host's addresses to take. By default the first, IPv4 before IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Way {
    /// One of this family or none.
    pub only: Option<Family>,
    /// One of this family if there is one.
    pub prefer: Option<Family>,
    /// One that failed just now: another of its family if there is one.
    pub avoid: Option<IpAddr>,
}

impl Way {
    /// Over this family or not at all.
    pub fn only(family: Family) -> Way {
        Way { only: Some(family), ..Way::default() }
    }

    fn choose(self, addresses: &[IpAddr]) -> Option<IpAddr> {
        let wanted = self.prefer.unwrap_or(Family::Ipv4);
        let possible = addresses.iter().filter(|a| self.only.is_none_or(|f| f == Family::of(**a)));
        possible.min_by_key(|a| (Family::of(**a) != wanted, self.avoid == Some(**a))).copied()
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

/// A connection, without TLS or with it.
pub type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// True when both sides agreed on HTTP/2.
pub(super) fn is_http2(stream: &Stream) -> bool {
    matches!(stream, Either::Right(tls) if tls.get_ref().1.alpn_protocol() == Some(b"h2"))
}

/// Connects to `address`, which the guard has seen or the operator has named. `speaks`: we send something as soon as the connection stands.
pub(super) async fn connect(address: SocketAddr, speaks: bool) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A request goes out whole; waiting for more would be counted against the other side.
    drop(socket.set_nodelay(true));
    // The last ACK of the handshake rides on what is sent next: a packet less, and the request is there when the connection is accepted.
    // Where we may send nothing it goes by itself, for without it nobody accepts.
    #[cfg(not(target_os = "linux"))]
    let _ = speaks;
    #[cfg(target_os = "linux")]
    if speaks {
        drop(socket2::SockRef::from(&socket).set_tcp_quickack(false));
    }
    #[expect(clippy::disallowed_methods, reason = "this is the guarded dialer")]
    socket.connect(address).await
}

impl Dialer {
    /// The address of `host` to take.
    ///
    /// # Errors
    /// When the name gives none.
    pub async fn resolve(&self, host: &HostOf, way: Way, progress: &mut Progress) -> Result<IpAddr, Failure> {
        progress.stage = Stage::Rules;
        self.guard.check_host(host)?;
        progress.stage = Stage::Dns;
        let start = Instant::now();
        let addresses = self.names.addresses(host).await?;
        if matches!(host, HostOf::Name(_)) {
            add(&mut progress.phases.dns, ms(start));
        }
        way.choose(&addresses).ok_or_else(|| Failure::theirs(Stage::Dns, "the name has no address of this family"))
    }

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
        let stream = connect(address, security != Security::None).await.map_err(|e| Failure::io(Stage::Connect, &e))?;
        add(&mut progress.phases.connect, ms(start));
        self.secure(stream, host, security, now, progress).await
    }

    /// Secures a connection that stands, to whoever `host` is said to be.
    pub(super) async fn secure(
        &self,
        stream: TcpStream,
        host: &HostOf,
        security: Security,
        now: Time,
        progress: &mut Progress,
    ) -> Result<Stream, Failure> {
        let config = match security {
            Security::None | Security::Http => return Ok(Either::Left(stream)),
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
        Ok(Either::Right(Box::new(stream)))
    }
}
