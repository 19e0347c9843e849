//! How this process gets out: whom it may reach beside the public internet, whom it trusts, whom it asks for addresses.

use super::layer::Raw;
use super::reader::Reader;
use crate::exit::Failure;
use allclear_signals::dial::{Dialer, Guard, HostOf, Names, Proxy, Tls};
use ipnet::IpNet;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use tokio_util::task::TaskTracker;

/// `[network]`
#[derive(Debug, Clone)]
pub(crate) struct Network {
    /// Ranges that are not public and may be reached all the same, for private services.
    private_ranges: Vec<IpNet>,
    /// Certificates of further authorities.
    ca_file: Option<PathBuf>,
    /// The resolver; `None`: the system's.
    resolver: Option<SocketAddr>,
    /// The way out over HTTP, where there is no other.
    proxy: Option<Proxy>,
}

impl Network {
    /// Reads the section.
    pub(crate) fn read(r: &mut Reader) -> Network {
        Network {
            private_ranges: r.networks("network.private_ranges"),
            ca_file: r.path("network.ca_file", "the path of a PEM file with certificates of authorities"),
            resolver: r.value(
                "network.resolver",
                "empty for the system's resolver, or an IP address with or without a port, such as 192.168.1.1 or 127.0.0.1:5353",
                None,
                |raw| match raw {
                    Raw::Text(t) if t.trim().is_empty() => Some(None),
                    Raw::Text(t) => {
                        let t = t.trim();
                        let alone = t.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 53));
                        t.parse().ok().or(alone).map(Some)
                    }
                    _ => None,
                },
                |a| a.map_or(Json::Null, |a| Json::from(a.to_string())),
            ),
            proxy: Network::proxy(r),
        }
    }

    fn proxy(r: &mut Reader) -> Option<Proxy> {
        // As others write it: `*.corp.example` and `.corp.example` mean what `corp.example` means here.
        let host = |text: &str| HostOf::parse(text.strip_prefix("*.").unwrap_or(text.trim_start_matches('.'))).ok();
        let direct = r.list(
            "network.no_proxy",
            "a list of hosts without ports such as [\"corp.example\", \"192.168.1.1\"]; in the environment with commas",
            Vec::new(),
            host,
            ToString::to_string,
        );
        r.secret(
            "network.http_proxy",
            "empty, or the address of a proxy such as http://proxy.example:3128, perhaps with USER:PASSWORD@ before the host",
            |text| Proxy::parse(text, direct.clone()).ok(),
        )
    }

    /// Whether a host is an address in a range of the operator's own.
    pub(crate) fn is_own(&self, host: &str) -> bool {
        host.parse::<IpAddr>().is_ok_and(|ip| self.private_ranges.iter().any(|net| net.contains(&ip)))
    }

    /// The dialer that these settings make, which leaves the hosts in `opted_out` alone. It says who it is with `contact`, an address where its operator
    /// can be reached.
    ///
    /// # Errors
    /// Exit code 2 when the file of certificates cannot be used.
    pub(crate) fn dialer(
        &self,
        contact: &str,
        opted_out: BTreeSet<String>,
        tasks: TaskTracker,
    ) -> Result<Dialer, Failure> {
        let names = self.resolver.map_or_else(Names::of_system, Names::of_server);
        let guard = Guard::with_ranges(self.private_ranges.clone()).without(opted_out);
        let dialer = Dialer::new(names, guard, self.tls()?, user_agent(contact), tasks);
        Ok(match &self.proxy {
            Some(proxy) => dialer.with_proxy(proxy.clone()),
            None => dialer,
        })
    }

    fn tls(&self) -> Result<Tls, Failure> {
        let mut further = Vec::new();
        if let Some(path) = &self.ca_file {
            let bad =
                |e: &dyn std::fmt::Display| Failure::bad_input(format!("network.ca_file: {}: {e}", path.display()));
            let pem = std::fs::read(path).map_err(|e| bad(&e))?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                further.push(certificate.map_err(|e| bad(&e))?);
            }
            if further.is_empty() {
                return Err(bad(&"there is no certificate in it"));
            }
        }
        Tls::with_roots(further)
            .map_err(|e| Failure::bad_input(format!("network.ca_file: a certificate cannot be used: {e}")))
    }
}

/// What we call ourselves before strangers' servers.
fn user_agent(contact: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let contact: String = contact.chars().filter(char::is_ascii_graphic).collect();
    if contact.is_empty() { format!("Allclear/{version}") } else { format!("Allclear/{version} (+{contact})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_servers_are_told_who_asks() {
        assert_eq!(user_agent("ops@example.org"), format!("Allclear/{} (+ops@example.org)", env!("CARGO_PKG_VERSION")));
        assert_eq!(user_agent("a\r\nX-Evil: 1"), format!("Allclear/{} (+aX-Evil:1)", env!("CARGO_PKG_VERSION")));
        assert_eq!(user_agent(""), format!("Allclear/{}", env!("CARGO_PKG_VERSION")));
    }
}
