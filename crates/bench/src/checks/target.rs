//! What is checked: an nginx with one small file, over plain HTTP and over TLS 1.3.

use super::Kind;
use super::authority::Authority;
use crate::site::process::Nginx;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

/// Where the file is.
pub(super) const PATH: &str = "/ok";
/// Bytes of the file.
pub(super) const BODY: usize = 1024;
/// Addresses that the server listens at: a closed connection keeps its port for a while, and one address has only 28,000 of them.
const ADDRESSES: u8 = 8;

/// The running server.
pub(super) struct Target {
    /// Who signed its certificate.
    pub(super) authority: Authority,
    plain: Vec<SocketAddr>,
    tls: Vec<SocketAddr>,
    /// Ends with its owner.
    _nginx: Nginx,
}

impl Target {
    /// Starts it on `core`, with its files in `work`.
    pub(super) fn start(work: &Path, core: Option<usize>) -> anyhow::Result<Target> {
        let root = work.join("www");
        std::fs::create_dir_all(&root)?;
        std::fs::write(root.join(PATH.trim_start_matches('/')), format!("{:BODY$}", "all is fine"))?;
        let ips: Vec<IpAddr> = (1..=ADDRESSES).map(|n| Ipv4Addr::new(127, 0, 0, n).into()).collect();
        let authority = Authority::new(work, &ips)?;
        let at = |port: u16| ips.iter().map(|ip| SocketAddr::new(*ip, port)).collect::<Vec<_>>();
        // Both are held at once, so that they differ.
        let (a, b) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
        let (plain, tls) = (at(a.local_addr()?.port()), at(b.local_addr()?.port()));
        drop((a, b));
        let mut servers = String::from("server { ");
        for address in &plain {
            write!(servers, "listen {address}; ")?;
        }
        write!(servers, "root {}; }}\nserver {{ ", root.display())?;
        for address in &tls {
            write!(servers, "listen {address} ssl; ")?;
        }
        write!(
            servers,
            "ssl_certificate {}; ssl_certificate_key {}; ssl_protocols TLSv1.3; ssl_session_cache off; ssl_session_tickets off; root {}; }}",
            authority.chain_file.display(),
            authority.key_file.display(),
            root.display()
        )?;
        let nginx = Nginx::serving(&servers, &plain[0].to_string(), work, core)?;
        Ok(Target { authority, plain, tls, _nginx: nginx })
    }

    /// Where it listens.
    pub(super) fn addresses(&self, kind: Kind) -> &[SocketAddr] {
        match kind {
            Kind::Plain => &self.plain,
            Kind::Tls => &self.tls,
        }
    }

    /// The file at each of its addresses.
    pub(super) fn urls(&self, kind: Kind) -> Vec<String> {
        let scheme = match kind {
            Kind::Plain => "http",
            Kind::Tls => "https",
        };
        self.addresses(kind).iter().map(|a| format!("{scheme}://{a}{PATH}")).collect()
    }
}
