//! What a check of ours asks, what must hold, and what one run of it found.

mod condition;
mod result;

pub use condition::{Condition, Observed};
pub use result::{
    Beside, CertificateFacts, CheckOutcome, Checked, Family, HttpFacts, MACHINE, NO_NETWORK, Outcome, Phases, Reason,
    UNPROVEN, Version,
};

use crate::ParseError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Longest time a check may take, milliseconds, where nothing else is said.
pub const DEADLINE_MS: u32 = 10_000;
/// Time a control target has, milliseconds: whoever asks it waits for it with bad news.
const CONTROL_MS: u32 = 5_000;
/// Most bytes of a body that are read, after decompression, where nothing else is said.
pub const MAX_BODY: u32 = 256 * 1024;
/// Most redirects that are followed where nothing else is said.
pub const REDIRECTS: u8 = 5;

/// What a check asks. Exhaustive: a kind that is not here is not checked.
///
/// Written as one text: the address alone for a plain GET, as journals and snapshots have had it since the first of them, and
/// JSON for everything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Check {
    /// One request over HTTP, with what it redirects to.
    Http(HttpCheck),
    /// A connection, perhaps a line sent, perhaps an answer awaited.
    Tcp(TcpCheck),
    /// A question to the resolver of this location.
    Dns(DnsCheck),
    /// A handshake: chain, name and days to expiry.
    Tls(TlsCheck),
    /// An echo request.
    Icmp(IcmpCheck),
}

impl Check {
    /// The kind in one word, as files and answers have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Check::Http(_) => "http",
            Check::Tcp(_) => "tcp",
            Check::Dns(_) => "dns",
            Check::Tls(_) => "tls",
            Check::Icmp(_) => "icmp",
        }
    }

    /// What is asked, as one address: `https://example.org/`, `tls://example.org:443`, `dns://example.org/A`.
    pub fn address(&self) -> String {
        match self {
            Check::Http(c) => c.url.clone(),
            Check::Tcp(c) => format!("tcp://{}:{}", c.host, c.port),
            Check::Tls(c) => format!("tls://{}:{}", c.host, c.port),
            Check::Dns(c) => format!("dns://{}/{}", c.name, c.record.as_str()),
            Check::Icmp(c) => format!("icmp://{}", c.host),
        }
    }

    /// What a control target is asked: whether the very host answers that all is well, at once and without leading anywhere else.
    pub fn control(url: String) -> Check {
        let well = Condition::parse("status in 200..299");
        Check::Http(HttpCheck {
            conditions: well.into_iter().collect(),
            redirects: 0,
            deadline_ms: CONTROL_MS,
            ..HttpCheck::get(url)
        })
    }

    /// Time a run may take in all, milliseconds.
    pub fn deadline_ms(&self) -> u32 {
        match self {
            Check::Http(c) => c.deadline_ms,
            Check::Tcp(c) => c.deadline_ms,
            Check::Dns(c) => c.deadline_ms,
            Check::Tls(c) => c.deadline_ms,
            Check::Icmp(c) => c.deadline_ms,
        }
    }

    /// What must hold. Empty: what the kind expects by itself (an HTTP status below 500, a handshake that verifies, an answer).
    pub fn conditions(&self) -> &[Condition] {
        match self {
            Check::Http(c) => &c.conditions,
            Check::Tcp(c) => &c.conditions,
            Check::Dns(c) => &c.conditions,
            Check::Tls(c) => &c.conditions,
            Check::Icmp(c) => &c.conditions,
        }
    }
}

/// [`Check`] as JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Written {
    Http(HttpCheck),
    Tcp(TcpCheck),
    Dns(DnsCheck),
    Tls(TlsCheck),
    Icmp(IcmpCheck),
}

impl From<Check> for String {
    fn from(check: Check) -> String {
        if let Check::Http(http) = &check
            && *http == HttpCheck::get(http.url.clone())
        {
            return http.url.clone();
        }
        let written = match check {
            Check::Http(c) => Written::Http(c),
            Check::Tcp(c) => Written::Tcp(c),
            Check::Dns(c) => Written::Dns(c),
            Check::Tls(c) => Written::Tls(c),
            Check::Icmp(c) => Written::Icmp(c),
        };
        // Plain data of texts and numbers always has a JSON form.
        serde_json::to_string(&written).unwrap_or_default()
    }
}

impl TryFrom<String> for Check {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Check, ParseError> {
        if !text.starts_with('{') {
            return Ok(Check::Http(HttpCheck::get(text)));
        }
        let written = serde_json::from_str(&text).map_err(|e| ParseError::new("check", e.to_string()))?;
        Ok(match written {
            Written::Http(c) => Check::Http(c),
            Written::Tcp(c) => Check::Tcp(c),
            Written::Dns(c) => Check::Dns(c),
            Written::Tls(c) => Check::Tls(c),
            Written::Icmp(c) => Check::Icmp(c),
        })
    }
}

/// A request over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpCheck {
    /// Address, `http://` or `https://`.
    pub url: String,
    /// Method.
    pub method: Method,
    /// Further headers, name and value.
    pub headers: Vec<(String, String)>,
    /// What must hold.
    pub conditions: Vec<Condition>,
    /// Most redirects that are followed, 0 to 10; with 0 a redirect is the answer.
    pub redirects: u8,
    /// Most bytes of the body that are read, after decompression; what follows is not looked at.
    pub max_body: u32,
    /// Time in all, milliseconds.
    pub deadline_ms: u32,
    /// True when the connection is kept for the next run, which then measures no more than names and answers. Else each run opens its own,
    /// as a new visitor does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}

impl HttpCheck {
    /// A GET of `url` with everything else as usual.
    pub fn get(url: impl Into<String>) -> HttpCheck {
        HttpCheck {
            url: url.into(),
            method: Method::Get,
            headers: Vec::new(),
            conditions: Vec::new(),
            redirects: REDIRECTS,
            max_body: MAX_BODY,
            deadline_ms: DEADLINE_MS,
            keep: false,
        }
    }
}

/// Headers that the connection itself needs or that change where the request ends: not to be set by hand.
const OUR_HEADERS: [&str; 9] =
    ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect", "keep-alive"];

/// Reads a header to be sent, `NAME: VALUE`; the name comes lower case.
///
/// # Errors
/// When HTTP cannot carry it, or it is one of those that belong to the connection. The value is never repeated: it may be a secret.
pub fn header(text: &str) -> Result<(String, String), ParseError> {
    let bad = |problem: String| Err(ParseError::new("header", problem));
    let Some((name, value)) = text.split_once(':') else {
        return bad("must be NAME: VALUE".to_owned());
    };
    let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
    // A token (RFC 9110, section 5.6.2).
    let token = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c);
    if name.is_empty() || !name.bytes().all(token) {
        return bad("its name is not one that HTTP can carry".to_owned());
    }
    if OUR_HEADERS.contains(&name.as_str()) {
        return bad(format!("{name} belongs to the connection and cannot be set"));
    }
    if value.bytes().any(|c| c != b'\t' && !(b' '..=b'~').contains(&c)) {
        return bad(format!("the value of {name} has a sign that HTTP cannot carry"));
    }
    Ok((name, value.to_owned()))
}

/// Takes `HOST:PORT` apart; an IPv6 address with a port stands in brackets. Without a port it is the `usual` one, where there is one. Whether the
/// host is one is for whoever asks it.
///
/// # Errors
/// When there is no host, or no port from 1 to 65535.
pub fn host_and_port(text: &str, usual: Option<u16>) -> Result<(String, u16), ParseError> {
    let text = text.trim_end_matches('/');
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse().ok()),
        _ => (text, usual),
    };
    let host = host.trim_matches(['[', ']']);
    match port.filter(|p| *p != 0) {
        Some(port) if !host.is_empty() => Ok((host.to_owned(), port)),
        _ => Err(ParseError::new("host", format!("{text:?} is not a host and a port, such as example.org:22"))),
    }
}

/// The one of `out` that covers `host`: the host itself, or a name above it. Names are lower case; nothing lies below an address, or below a name without a
/// dot, such as `org`.
pub fn opted_out<'o>(host: &str, out: &'o BTreeSet<String>) -> Option<&'o str> {
    if let Some(found) = out.get(host) {
        return Some(found);
    }
    if host.parse::<IpAddr>().is_ok() {
        return None;
    }
    let above = std::iter::successors(host.split_once('.'), |(_, rest)| rest.split_once('.')).map(|(_, rest)| rest);
    above.filter(|h| h.contains('.')).find_map(|h| out.get(h)).map(String::as_str)
}

/// What an HTTP check may do to a stranger's server: look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// With the body.
    #[default]
    Get,
    /// Without it.
    Head,
}

impl Method {
    /// As HTTP has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
        }
    }

    /// Reads `GET` or `HEAD`, in any case.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Method, ParseError> {
        match text.to_ascii_uppercase().as_str() {
            "GET" => Ok(Method::Get),
            "HEAD" => Ok(Method::Head),
            _ => Err(ParseError::new("method", format!("is {text:?}, must be GET or HEAD"))),
        }
    }
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpCheck {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// What is sent once it stands; empty: nothing.
    pub send: String,
    /// What must hold; `reply contains "…"` waits for an answer.
    pub conditions: Vec<Condition>,
    /// Time in all, milliseconds.
    pub deadline_ms: u32,
}

/// A question about a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsCheck {
    /// Name asked about.
    pub name: String,
    /// Type of record asked for.
    pub record: Record,
    /// What must hold; `answer contains "…"` looks through the records as text.
    pub conditions: Vec<Condition>,
    /// Time in all, milliseconds.
    pub deadline_ms: u32,
}

/// Types of records that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are those of the DNS")]
pub enum Record {
    A,
    Aaaa,
    Cname,
    Mx,
    Ns,
    Txt,
    Soa,
    Caa,
}

impl Record {
    /// All of them, with their names.
    pub const ALL: [(&'static str, Record); 8] = [
        ("A", Record::A),
        ("AAAA", Record::Aaaa),
        ("CNAME", Record::Cname),
        ("MX", Record::Mx),
        ("NS", Record::Ns),
        ("TXT", Record::Txt),
        ("SOA", Record::Soa),
        ("CAA", Record::Caa),
    ];

    /// Reads a type's name, in any case.
    ///
    /// # Errors
    /// A type that is not one of [`Record::ALL`].
    pub fn parse(text: &str) -> Result<Record, ParseError> {
        Record::ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, r)| *r).ok_or_else(|| {
            let names: Vec<_> = Record::ALL.iter().map(|(name, _)| *name).collect();
            ParseError::new("record", format!("is {text:?}, must be one of {}", names.join(", ")))
        })
    }

    /// The type's name.
    pub fn as_str(self) -> &'static str {
        Record::ALL.iter().find(|(_, r)| *r == self).map_or("A", |(name, _)| *name)
    }
}

/// A handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsCheck {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// What must hold; without any, the chain and the name must verify.
    pub conditions: Vec<Condition>,
    /// Time in all, milliseconds.
    pub deadline_ms: u32,
}

/// An echo request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IcmpCheck {
    /// Host name or address.
    pub host: String,
    /// What must hold.
    pub conditions: Vec<Condition>,
    /// Time in all, milliseconds.
    pub deadline_ms: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_opted_out_covers_what_lies_below_and_nothing_else() {
        let out = |h: &str| BTreeSet::from([h.to_owned()]);
        for (host, by) in [
            ("x.example", "x.example"),
            ("a.b.x.example", "x.example"),
            ("localhost", "localhost"),
            ("9.9.9.9", "9.9.9.9"),
            ("::1", "::1"),
        ] {
            assert_eq!(opted_out(host, &out(by)), Some(by));
        }
        for (host, by) in [("xx.example", "x.example"), ("a.org", "org"), ("9.9.9.9", "9.9"), ("example", "x.example")]
        {
            assert_eq!(opted_out(host, &out(by)), None, "{host}");
        }
    }

    #[test]
    fn a_plain_check_is_written_as_its_address_and_every_check_comes_back_as_it_was() {
        let plain = Check::Http(HttpCheck::get("https://example.org/health"));
        assert_eq!(serde_json::to_string(&plain).unwrap(), "\"https://example.org/health\"");
        let conditions = vec![Condition::parse("status < 500").unwrap()];
        let host = "example.org".to_owned();
        for check in [
            plain,
            Check::Http(HttpCheck { conditions: conditions.clone(), ..HttpCheck::get("https://example.org/") }),
            Check::Tcp(TcpCheck {
                host: host.clone(),
                port: 22,
                send: String::new(),
                conditions: Vec::new(),
                deadline_ms: 5,
            }),
            Check::Dns(DnsCheck { name: host.clone(), record: Record::Aaaa, conditions: Vec::new(), deadline_ms: 5 }),
            Check::Tls(TlsCheck { host: host.clone(), port: 443, conditions: Vec::new(), deadline_ms: 5 }),
            Check::Icmp(IcmpCheck { host, conditions: Vec::new(), deadline_ms: 5 }),
        ] {
            let text = serde_json::to_string(&check).unwrap();
            assert_eq!(serde_json::from_str::<Check>(&text).unwrap(), check, "{text}");
        }
        assert!(serde_json::from_str::<Check>("\"{\\\"kind\\\":\\\"magic\\\"}\"").is_err());
    }
}
