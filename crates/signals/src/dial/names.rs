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
    resolver: Option<TokioResolver>,
    why_not: String,
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
            Err(e) => Names { resolver: None, why_not: e.to_string() },
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
        match resolver {
            Ok(resolver) => Names { resolver: Some(resolver), why_not: String::new() },
            Err(e) => Names { resolver: None, why_not: e.to_string() },
        }
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
        let (v4, v6) = tokio::join!(self.records(name, RecordType::A), self.records(name, RecordType::AAAA));
        let mut found: Vec<IpAddr> = Vec::new();
        let mut failed = None;
        for answer in [v4, v6] {
            match answer {
                Ok(records) => found.extend(records.iter().filter_map(|r| r.parse::<IpAddr>().ok())),
                // That a name does not exist says more than that it lacks a record.
                Err(e) if failed.is_none() || matches!(e, NoAddress::Ours(_)) => failed = Some(e),
                Err(_) => {}
            }
        }
        match failed {
            _ if !found.is_empty() => Ok(found),
            Some(e) => Err(e),
            None => Err(NoAddress::NoRecord(name.clone())),
        }
    }

    /// The records of a type as text, as zone files write them.
    ///
    /// # Errors
    /// See [`NoAddress`].
    pub async fn records(&self, name: &str, record: RecordType) -> Result<Vec<String>, NoAddress> {
        let resolver = self.resolver.as_ref().ok_or_else(|| NoAddress::Ours(self.why_not.clone()))?;
        // A dot at the end: the name as it stands, without the search list of the machine.
        let lookup = match resolver.lookup(format!("{name}."), record).await {
            Ok(lookup) => lookup,
            Err(e) => {
                let e = no_address(name, e);
                // A resolver without a way out says of every name that it does not exist, or fails. Only one that knows the
                // root's servers can tell that a name is missing.
                let of_servers = matches!(e, NoAddress::Servers { .. } | NoAddress::NoName(_));
                if of_servers && resolver.lookup(".", RecordType::NS).await.is_err() {
                    return Err(NoAddress::Ours(format!("{e}, and neither do the servers of the root")));
                }
                return Err(e);
            }
        };
        let records = lookup.answers().iter().filter(|r| r.record_type() == record).map(|r| r.data.to_string());
        Ok(records.collect())
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

fn no_address(name: &str, e: NetError) -> NoAddress {
    match &e {
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
