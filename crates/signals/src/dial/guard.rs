//! Which addresses and ports a connection may go to. Asked of the address that is then connected to, never of a name.

use super::target::HostOf;
use allclear_model::check::opted_out;
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Ranges that are not part of the public internet, and what they are: the special-purpose registries of the IANA
/// (RFC 6890 and those that extend it), multicast (RFC 5771, RFC 4291), and the addresses at which clouds serve
/// machines their own secrets. Shared address space and documentation count as private: nothing public answers there.
const REFUSED_V4: [([u8; 4], u8, &str); 18] = [
    ([169, 254, 169, 254], 32, "the metadata address of clouds"),
    ([100, 100, 100, 200], 32, "a metadata address of clouds"),
    ([192, 0, 0, 192], 32, "a metadata address of clouds"),
    ([168, 63, 129, 16], 32, "a metadata address of clouds"),
    ([0, 0, 0, 0], 8, "this network"),
    ([10, 0, 0, 0], 8, "private"),
    ([100, 64, 0, 0], 10, "shared address space"),
    ([127, 0, 0, 0], 8, "loopback"),
    ([169, 254, 0, 0], 16, "link-local"),
    ([172, 16, 0, 0], 12, "private"),
    ([192, 0, 0, 0], 24, "protocol assignments"),
    ([192, 0, 2, 0], 24, "documentation"),
    ([192, 88, 99, 0], 24, "6to4 relays"),
    ([192, 168, 0, 0], 16, "private"),
    ([198, 18, 0, 0], 15, "benchmarks of networks"),
    ([198, 51, 100, 0], 24, "documentation"),
    ([203, 0, 113, 0], 24, "documentation"),
    // 224.0.0.0/4 is multicast, 240.0.0.0/4 reserved, the last of them broadcast.
    ([224, 0, 0, 0], 3, "multicast or reserved"),
];

/// The same for IPv6. What is outside 2000::/3 is not assigned to anybody, and refused as a whole below.
const REFUSED_V6: [([u16; 8], u8, &str); 14] = [
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback"),
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified"),
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "an IPv4 address in IPv6's clothes"),
    ([0, 0, 0, 0, 0, 0, 0, 0], 96, "an IPv4 address in IPv6's clothes"),
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "translation to IPv4 (NAT64)"),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "translation to IPv4 (NAT64)"),
    ([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128, "the metadata address of clouds"),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "private"),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local"),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "protocol assignments, with Teredo"),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation"),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "transition (6to4)"),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation"),
];

/// Ports of the web: those that an answer of a stranger may lead to.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// What an address or port is refused for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The address is no public one.
    #[error("{address} is not a public address ({what})")]
    Address {
        /// Which.
        address: IpAddr,
        /// What range it lies in.
        what: &'static str,
    },
    /// The port is none of those allowed.
    #[error("port {0} is not allowed")]
    Port(u16),
    /// The host wants no request of ours.
    #[error("{0} opted out")]
    OptedOut(String),
}

/// What may be connected to: the public internet, and ranges that the operator names for private services; but no host that opted out.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Vec<IpNet>,
    opted_out: BTreeSet<String>,
}

impl Guard {
    /// With named ranges.
    pub fn with_ranges(allowed: Vec<IpNet>) -> Guard {
        Guard { allowed, opted_out: BTreeSet::new() }
    }

    /// The same, without these hosts and what lies below them: names in lower case, and addresses.
    pub fn without(self, opted_out: BTreeSet<String>) -> Guard {
        Guard { opted_out, ..self }
    }

    /// Whether a host may be asked at all.
    ///
    /// # Errors
    /// When it, or one above it, opted out.
    pub fn check_host(&self, host: &HostOf) -> Result<(), Refused> {
        if self.opted_out.is_empty() {
            return Ok(());
        }
        let host = match host {
            HostOf::Name(name) => name.clone(),
            HostOf::Ip(ip) => ip.to_string(),
        };
        match opted_out(&host, &self.opted_out) {
            Some(out) => Err(Refused::OptedOut(out.to_owned())),
            None => Ok(()),
        }
    }

    /// Whether a connection to this address and port may be opened. `named`: the port stands in a file of the operator or of the catalogue; a
    /// port that a stranger's answer names must be one of the web's.
    ///
    /// # Errors
    /// What it is refused for.
    pub fn check(&self, address: IpAddr, port: u16, named: bool) -> Result<(), Refused> {
        self.check_address(address)?;
        self.check_port(port, named)
    }

    /// Whether a connection to this port may be opened, wherever it leads; see [`Guard::check`].
    ///
    /// # Errors
    /// When it is refused.
    pub fn check_port(&self, port: u16, named: bool) -> Result<(), Refused> {
        if named || PORTS.contains(&port) { Ok(()) } else { Err(Refused::Port(port)) }
    }

    /// Whether an address lies in a range that the operator names.
    pub fn names(&self, address: IpAddr) -> bool {
        // An IPv4 address in IPv6 is that IPv4 address for the kernel. A range that is named by IPv4 means it, too.
        let plain = address.to_canonical();
        self.allowed.iter().any(|net| net.contains(&plain) || net.contains(&address))
    }

    /// The same for what has no ports.
    ///
    /// # Errors
    /// What it is refused for.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Refused> {
        if self.names(address) {
            return Ok(());
        }
        special(address).map_or(Ok(()), |what| Err(Refused::Address { address, what }))
    }
}

/// What special range an address lies in; `None` for a public one.
fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => {
            let bits = u32::from(v4);
            REFUSED_V4
                .iter()
                .find(|(net, len, _)| (u32::from(Ipv4Addr::from(*net)) ^ bits) >> (32 - len) == 0)
                .map(|(_, _, what)| *what)
        }
        IpAddr::V6(v6) => {
            let bits = u128::from(v6);
            REFUSED_V6
                .iter()
                .find(|(net, len, _)| (u128::from(Ipv6Addr::from(*net)) ^ bits) >> (128 - len) == 0)
                .map(|(_, _, what)| *what)
                .or_else(|| (bits >> 125 != 1).then_some("not assigned to anybody"))
        }
    }
}
