//! Where a request goes: an address of the web, read as browsers read it, so that odd spellings are what they are.

use std::net::IpAddr;
use url::{Host, Url};

/// What keeps an address from being a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// Not an address at all.
    #[error("it is not an address: {0}")]
    Url(String),
    /// A scheme other than http and https.
    #[error("the scheme {0:?} is not allowed, only http and https are")]
    Scheme(String),
    /// It names no host.
    #[error("it names no host")]
    Host,
    /// Nothing listens at port 0.
    #[error("there is no port 0")]
    Port,
    /// It carries a name or a password.
    #[error("a user name or password in an address is not allowed")]
    UserInfo,
}

/// A host, by name or by address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HostOf {
    /// A name, lower case, in ASCII.
    Name(String),
    /// An address.
    Ip(IpAddr),
}

impl HostOf {
    /// Reads a host without a port: a name, an IPv4 address in any spelling, an IPv6 address with or without brackets.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<HostOf, BadTarget> {
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(HostOf::Ip(ip));
        }
        let host = Host::parse(text).map_err(|e| BadTarget::Url(e.to_string()))?;
        HostOf::of(host).ok_or(BadTarget::Host)
    }

    fn of(host: Host<impl Into<String> + AsRef<str>>) -> Option<HostOf> {
        match host {
            Host::Ipv4(ip) => Some(HostOf::Ip(ip.into())),
            Host::Ipv6(ip) => Some(HostOf::Ip(ip.into())),
            // A dot at the end names the same host.
            Host::Domain(name) => {
                let name = name.as_ref().trim_end_matches('.').to_ascii_lowercase();
                (!name.is_empty()).then_some(HostOf::Name(name))
            }
        }
    }
}

impl std::fmt::Display for HostOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            HostOf::Name(name) => f.write_str(name),
            HostOf::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
            HostOf::Ip(ip) => write!(f, "{ip}"),
        }
    }
}

/// An address of the web that may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    /// Host.
    pub host: HostOf,
    /// Port, the scheme's when none stands there.
    pub port: u16,
    /// True for https.
    pub secure: bool,
}

impl Target {
    /// Reads an address.
    ///
    /// # Errors
    /// See [`BadTarget`].
    pub fn parse(text: &str) -> Result<Target, BadTarget> {
        Target::of(Url::parse(text).map_err(|e| BadTarget::Url(e.to_string()))?)
    }

    /// Where `location`, as an answer of this target names it, leads.
    ///
    /// # Errors
    /// See [`BadTarget`].
    pub fn join(&self, location: &str) -> Result<Target, BadTarget> {
        Target::of(self.url.join(location).map_err(|e| BadTarget::Url(e.to_string()))?)
    }

    fn of(url: Url) -> Result<Target, BadTarget> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(BadTarget::Scheme(other.to_owned())),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadTarget::UserInfo);
        }
        let host = url.host().and_then(HostOf::of).ok_or(BadTarget::Host)?;
        let port = url.port_or_known_default().filter(|p| *p != 0).ok_or(BadTarget::Port)?;
        Ok(Target { url, host, port, secure })
    }

    /// True where scheme, host and port are the same.
    pub fn same_origin(&self, other: &Target) -> bool {
        (self.secure, &self.host, self.port) == (other.secure, &other.host, other.port)
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Path and query, as the request line has them.
    pub fn path_and_query(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    /// The `Host` header: the port only where it is not the scheme's.
    pub fn authority(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.to_string(),
        }
    }

    /// The address without query and fragment, which may hold a secret: for words that are shown.
    pub fn shown(&self) -> String {
        format!("{}://{}{}", self.url.scheme(), self.authority(), self.url.path())
    }
}
