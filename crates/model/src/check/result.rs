//! What one run of a check found.

use crate::ParseError;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

/// What a run says, in one word and without its reason: as journals and replay files have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// It answered as it should.
    Up,
    /// It did not, and that is not our doing.
    Down,
    /// Something before it turns programs away: says nothing about the service.
    Blocked,
    /// We could not tell.
    Inconclusive,
}

impl CheckOutcome {
    /// All of them.
    pub const ALL: [CheckOutcome; 4] =
        [CheckOutcome::Up, CheckOutcome::Down, CheckOutcome::Blocked, CheckOutcome::Inconclusive];

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            CheckOutcome::Up => "up",
            CheckOutcome::Down => "down",
            CheckOutcome::Blocked => "blocked",
            CheckOutcome::Inconclusive => "inconclusive",
        }
    }

    /// Reads the word.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<CheckOutcome, ParseError> {
        CheckOutcome::ALL.into_iter().find(|o| o.as_str() == text).ok_or_else(|| {
            let words = CheckOutcome::ALL.map(CheckOutcome::as_str).join(", ");
            let shown: String = text.chars().take(40).collect();
            ParseError::new("outcome", format!("is {shown:?}, it must be one of {words}"))
        })
    }
}

/// What a run says. Written as `outcome`, a word, and `reason`, which is null where it is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It answered as it should.
    Up,
    /// It did not, and that is not our doing.
    Down(Reason),
    /// Something before it turns programs away: says nothing about the service.
    Blocked(Reason),
    /// We could not tell: our own network, a rule of ours, or the machine.
    Inconclusive(Reason),
}

impl Outcome {
    /// Without the reason.
    pub fn word(&self) -> CheckOutcome {
        match self {
            Outcome::Up => CheckOutcome::Up,
            Outcome::Down(_) => CheckOutcome::Down,
            Outcome::Blocked(_) => CheckOutcome::Blocked,
            Outcome::Inconclusive(_) => CheckOutcome::Inconclusive,
        }
    }

    /// One word, as answers have it.
    pub fn as_str(&self) -> &'static str {
        self.word().as_str()
    }

    /// Why it is not up.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Outcome::Up => None,
            Outcome::Down(r) | Outcome::Blocked(r) | Outcome::Inconclusive(r) => Some(r),
        }
    }

    /// The same as a sentence without a full stop.
    pub fn why(&self) -> Option<&str> {
        self.reason().map(|r| r.said.as_str())
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut fields = s.serialize_struct("Outcome", 2)?;
        fields.serialize_field("outcome", self.as_str())?;
        fields.serialize_field("reason", &self.reason())?;
        fields.end()
    }
}

/// The code of a [`Reason`]: nothing went out, for there was no way.
pub const NO_NETWORK: &str = "no_network";

/// The code of a [`Reason`]: the machine itself failed, before anything went out.
pub const MACHINE: &str = "machine";

/// Why "down" from a location that was never "up" is not taken for it.
pub const UNPROVEN: &str = "unproven check";

/// Where a run failed, and what was seen there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// A word for programs: `dns`, `connect`, `tls`, `timeout`, `http`, `condition`, `wall`, `refused`, `no_network`,
    /// `machine`, `not_permitted`, `too_large`, `unreadable`, `robots`.
    pub code: String,
    /// What was seen, in words: "the certificate expired on 2026-11-01".
    pub said: String,
}

impl Reason {
    /// A reason.
    pub fn new(code: &str, said: impl Into<String>) -> Reason {
        Reason { code: code.to_owned(), said: said.into() }
    }
}

/// How long each phase of a run took, milliseconds with microseconds behind the point; `None`: it was not reached, or is no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Phases {
    /// Name to addresses.
    pub dns: Option<f64>,
    /// Address to connection.
    pub connect: Option<f64>,
    /// Handshake.
    pub tls: Option<f64>,
    /// Request sent to first byte of the answer.
    pub first_byte: Option<f64>,
    /// All of it.
    pub total: f64,
}

/// Family of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl Family {
    /// That of an address.
    pub fn of(address: std::net::IpAddr) -> Family {
        if address.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 }
    }

    /// The other one.
    pub fn other(self) -> Family {
        match self {
            Family::Ipv4 => Family::Ipv6,
            Family::Ipv6 => Family::Ipv4,
        }
    }

    /// As people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Family::Ipv4 => "IPv4",
            Family::Ipv6 => "IPv6",
        }
    }
}

/// Version of HTTP that was spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Version {
    /// HTTP/1.0.
    #[serde(rename = "1.0")]
    Http10,
    /// HTTP/1.1.
    #[serde(rename = "1.1")]
    Http11,
    /// HTTP/2.
    #[serde(rename = "2")]
    Http2,
}

impl Version {
    /// As answers have it: "1.0", "1.1", "2".
    pub fn as_str(self) -> &'static str {
        match self {
            Version::Http10 => "1.0",
            Version::Http11 => "1.1",
            Version::Http2 => "2",
        }
    }
}

/// What was seen of HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpFacts {
    /// Version.
    pub version: Version,
    /// Status of the last answer.
    pub status: u16,
    /// Address of the last answer, when it is another than was asked for; without its query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirected_to: Option<String>,
}

/// What was seen of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateFacts {
    /// Version of TLS, "1.2" or "1.3".
    pub version: String,
    /// Whom it is for.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// Until when it is valid.
    #[serde(with = "crate::time::rfc3339")]
    pub not_after: crate::Time,
    /// Whole days until then; below 0 when it is over.
    pub days_left: i64,
}

/// One run of a check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checked {
    /// What it says.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How long it took.
    pub phases_ms: Phases,
    /// Address that was asked.
    pub address: Option<String>,
    /// Its family.
    pub family: Option<Family>,
    /// HTTP.
    pub http: Option<HttpFacts>,
    /// TLS.
    pub tls: Option<CertificateFacts>,
    /// What was noticed beside: one family fails, the certificate ends soon.
    pub findings: Vec<String>,
    /// What the answer says to whoever comes again.
    #[serde(skip)]
    pub beside: Beside,
}

impl Checked {
    /// One that could not be run, for this reason.
    pub fn unrun(reason: Reason) -> Checked {
        Checked {
            outcome: Outcome::Inconclusive(reason),
            phases_ms: Phases::default(),
            address: None,
            family: None,
            http: None,
            tls: None,
            findings: Vec::new(),
            beside: Beside::default(),
        }
    }
}

/// What an answer says beside its content, for whoever asks again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beside {
    /// It wants to be asked again after so long at the soonest (`Retry-After`). Seconds.
    pub retry_s: Option<u32>,
    /// It holds for so long (`max-age`). Seconds.
    pub fresh_s: Option<u32>,
    /// How far the clock that it names is ahead of ours. Milliseconds.
    pub ahead_ms: Option<i64>,
}
