//! Names to addresses, once per connection.

use super::target::HostOf;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RecordType;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Why a name gave no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// The name's own servers say so: it does not exist, or has no such record.
    #[error("the name {0} does not exist")]
    NoName(String),
    /// It exists and has no record of that type.
    #[error("the name {0} has no address")]
    NoRecord(String),
    /// The name's servers refuse, or fail, and say so.
    #[error("the servers of the name {name} answer {code}")]
    Servers {
        /// The name.
        name: String,
        /// The response code.
        code: String,
    },
    /// Our own resolver did not answer, or has no way out: says nothing about the name.
    #[error("our own resolver is of no use: {0}")]
    Ours(String),
}

impl NoAddress {
    /// True when it says nothing about the name.
    pub fn is_ours(&self) -> bool {
        matches!(self, NoAddress::Ours(_))
    }
}

/// The resolver of this location. Nothing is kept between questions: each connection asks anew, and a check sees what visitors see.
pub struct Names {
    /// Or why there is none.
    resolver: Result<TokioResolver, String>,
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

impl Names {
    /// As the system resolves (`/etc/resolv.conf` and the hosts file). Where the system has no resolver, each question is
    /// answered with that.
    pub fn of_system() -> Names {
        match TokioResolver::builder_tokio().map(|builder| builder.with_options(options(ResolveHosts::Auto))) {
            Ok(builder) => Names::built(builder.build()),
            Err(e) => Names::built(Err(e)),
        }
    }

    /// Asks one server, and no hosts file.
    pub fn of_server(server: SocketAddr) -> Names {
        let with_port = |mut connection: ConnectionConfig| {
            connection.port = server.port();
            connection
        };
        let config = NameServerConfig::new(
            server.ip(),
            true,
            vec![with_port(ConnectionConfig::udp()), with_port(ConnectionConfig::tcp())],
        );
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![config]);
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        Names::built(builder.with_options(options(ResolveHosts::Never)).build())
    }

    fn built(resolver: Result<TokioResolver, NetError>) -> Names {
        Names { resolver: resolver.map_err(|e| e.to_string()) }
    }

    /// The addresses of `host`, IPv4 and IPv6 asked for at the same time. A family that has none is absent; an error only
    /// when there is no address at all.
    ///
    /// # Errors
    /// See [`NoAddress`]; that of the family which says most.
    pub async fn addresses(&self, host: &HostOf) -> Result<Vec<IpAddr>, NoAddress> {
        let name = match host {
            HostOf::Ip(ip) => return Ok(vec![*ip]),
            HostOf::Name(name) => name,
        };
        let (v4, v6) = tokio::join!(self.lookup(name, RecordType::A), self.lookup(name, RecordType::AAAA));
        let mut found: Vec<IpAddr> = Vec::new();
        let mut failed = None;
        for answer in [v4, v6] {
            match answer {
                Ok(records) => found.extend(records.iter().filter_map(|r| r.parse::<IpAddr>().ok())),
                // That one family has no record says nothing beside a failure to learn of the other.
                Err(e) if matches!(failed, None | Some(NoAddress::NoRecord(_))) || e.is_ours() => failed = Some(e),
                Err(_) => {}
            }
        }
        if found.is_empty() {
            return Err(self.proven(failed.unwrap_or_else(|| NoAddress::NoRecord(name.clone()))).await);
        }
        Ok(found)
    }

    /// The records of a type as text, as zone files write them.
    ///
    /// # Errors
    /// See [`NoAddress`].
    pub async fn records(&self, name: &str, record: RecordType) -> Result<Vec<String>, NoAddress> {
        match self.lookup(name, record).await {
            Err(e) => Err(self.proven(e).await),
            found => found,
        }
    }

    async fn lookup(&self, name: &str, record: RecordType) -> Result<Vec<String>, NoAddress> {
        let resolver = self.resolver.as_ref().map_err(|why| NoAddress::Ours(why.clone()))?;
        // A dot at the end: the name as it stands, without the search list of the machine.
        let lookup = resolver.lookup(format!("{name}."), record).await.map_err(|e| no_address(name, &e))?;
        let records = lookup.answers().iter().filter(|r| r.record_type() == record).map(|r| r.data.to_string());
        Ok(records.collect())
    }

    /// What an answer against a name is worth. A resolver without a way out says of every name that it does not exist, or fails; only one
    /// that knows the root's servers can tell that a name is missing.
    async fn proven(&self, e: NoAddress) -> NoAddress {
        let against = matches!(e, NoAddress::Servers { .. } | NoAddress::NoName(_));
        if against && self.lookup("", RecordType::NS).await.is_err() {
            return NoAddress::Ours(format!("{e}, and neither do the servers of the root"));
        }
        e
    }
}

fn options(hosts: ResolveHosts) -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.use_hosts_file = hosts;
    options.cache_size = 0;
    options.timeout = Duration::from_secs(2);
    options.attempts = 2;
    options
}

fn no_address(name: &str, e: &NetError) -> NoAddress {
    match e {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => NoAddress::NoName(name.to_owned()),
            ResponseCode::NoError => NoAddress::NoRecord(name.to_owned()),
            code => NoAddress::Servers { name: name.to_owned(), code: code.to_string() },
        },
        NetError::Dns(DnsError::ResponseCode(code)) => {
            NoAddress::Servers { name: name.to_owned(), code: code.to_string() }
        }
        _ => NoAddress::Ours(e.to_string()),
    }
}
