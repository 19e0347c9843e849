//! What agents and sites say to each other: two requests, each signed, and their answers, as JSON.

use super::plan::Plan;
use super::token::{Token, has_signed};
use allclear_model::agent::hex;
use allclear_model::check::CheckOutcome;
use allclear_model::{AgentKey, Slug, Time};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// The version that this program speaks. It changes when a side could misunderstand the other; fields that are new and may be left out change nothing.
pub const PROTOCOL: u32 = 1;
/// The oldest version that a site still takes.
pub const OLDEST: u32 = 1;
/// The version of this program.
pub const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Where an agent asks what to check, below the site's base path. With `?have=TAG` of the plan that it has.
pub const WORK: &str = "/api/v1/agents/work";
/// Where it sends a batch.
pub const BATCHES: &str = "/api/v1/agents/batches";
/// Most results of a batch.
pub const RESULTS_MAX: usize = 500;
/// Largest body of a batch, bytes: as many results with the longest reasons.
pub const BATCH_BYTES: usize = 512 << 10;

/// A scheme of the header `Authorization`.
const SCHEME: &str = "Allclear-Agent";

/// Services that an agent may name at once as having failed just now.
pub const SUSPECTS: usize = 20;

/// The answer to [`WORK`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// Version of the protocol that the site speaks.
    pub protocol: u32,
    /// Version of the site's program.
    pub version: String,
    /// The time at the site.
    pub now: Time,
    /// The agent's name, which is its location.
    pub location: Slug,
    /// Number of the last batch that the site has of it; 0 before the first.
    pub last: u64,
    /// Which plan holds.
    pub tag: String,
    /// The plan; `None` when it is the one that the agent has.
    #[serde(default)]
    pub plan: Option<Arc<Plan>>,
    /// Services at which something is going on, or which somebody looks at: they are to be checked as often as is polite.
    #[serde(default)]
    pub attend: Vec<Slug>,
    /// Of the services that the agent named as having failed there: when another location last said what it sees of them. One that no other location
    /// checks is not among them.
    #[serde(default)]
    pub elsewhere: BTreeMap<Slug, Time>,
}

/// One result on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Of which service.
    pub service: Slug,
    /// Which check: the id of the planned one.
    pub check: String,
    /// What it says.
    pub outcome: CheckOutcome,
    /// Why it is not up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long it took. Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u32>,
    /// Until when the certificate is valid that was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Time>,
    /// When it was measured, by the site's clock as far as the agent knows it.
    pub at: Time,
    /// True when it takes back the failure that was sent before it: the agent's place was sick by then, and did not know yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdraws: bool,
}

/// What is sent to [`BATCHES`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Its number, from 1; above that of the batch before.
    pub seq: u64,
    /// How far the agent's own clock is ahead of the site's. Milliseconds.
    #[serde(default)]
    pub skew_ms: i64,
    /// Results given up so far.
    #[serde(default)]
    pub dropped: u64,
    /// Results, at most [`RESULTS_MAX`], those of one service in the order in which they were measured.
    pub results: Vec<Measured>,
}

/// The answer: all of the batch is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Version of the protocol that the site speaks.
    pub protocol: u32,
    /// The time at the site.
    pub now: Time,
    /// The batch's number.
    pub seq: u64,
    /// Results that were taken.
    pub kept: usize,
    /// Those among them that came too late to say anything of now.
    pub late: usize,
    /// Results about services or checks that are not in the plan, or that are too old to be shown.
    pub ignored: usize,
    /// Which plan holds.
    pub tag: String,
}

/// What an agent says of itself with each request, in the header `Authorization`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Version of the protocol.
    pub protocol: u32,
    /// Version of its program.
    pub version: String,
    /// What its token is recognised by.
    pub key: AgentKey,
    /// When it signed, by the site's clock as far as it knows that.
    pub time: Time,
    signature: [u8; 64],
}

impl Signed {
    /// Signs a request; `path` lies below the base path of the site and may have a query. The other side has to use exactly the same texts and bytes.
    pub fn new(token: &Token, time: Time, method: &str, path: &str, body: &[u8]) -> Signed {
        let (protocol, version, key) = (PROTOCOL, PROGRAM.to_owned(), token.key());
        let mut signed = Signed { protocol, version, key, time, signature: [0; 64] };
        let made = token.sign(&signed.said(method, path, body));
        signed.signature.iter_mut().zip(made).for_each(|(to, from)| *to = from);
        signed
    }

    /// What is signed: everything that matters, a line each, so that no two requests are the same text.
    fn said(&self, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
        let Signed { protocol, version, time, .. } = self;
        let digest = digits(&Sha256::digest(body));
        format!("allclear agent\n{protocol}\n{version}\n{method}\n{path}\n{}\n{digest}", time.0).into_bytes()
    }

    /// Whether the token with this key has signed such a request.
    pub fn fits(&self, method: &str, path: &str, body: &[u8]) -> bool {
        has_signed(&self.key, &self.said(method, path, body), &self.signature)
    }

    /// The header's value.
    pub fn header(&self) -> String {
        let Signed { protocol, version, key, time, signature } = self;
        format!(
            "{SCHEME} protocol={protocol}, version={version}, key={key}, time={}, signature={}",
            time.0,
            digits(signature)
        )
    }

    /// Reads the header's value. Of a version of the protocol that is not known here only that version is read: `Err(Some(version))`. `Err(None)`: it is
    /// no such value.
    ///
    /// # Errors
    /// As said.
    pub fn parse(header: &str) -> Result<Signed, Option<u32>> {
        if header.len() > 1024 {
            return Err(None);
        }
        let rest = header.strip_prefix(SCHEME).and_then(|r| r.strip_prefix(' ')).ok_or(None)?;
        let value = |name: &str| {
            let mut all = rest.split(',').filter_map(|p| p.trim().split_once('=')).filter(|(n, _)| *n == name);
            let (_, value) = all.next()?;
            all.next().is_none().then_some(value)
        };
        let protocol = value("protocol").and_then(|v| v.parse().ok()).ok_or(None)?;
        if !(OLDEST..=PROTOCOL).contains(&protocol) {
            return Err(Some(protocol));
        }
        let version = value("version").filter(|v| {
            let sign = |c: u8| c.is_ascii_alphanumeric() || b".-+".contains(&c);
            !v.is_empty() && v.len() <= allclear_model::agent::VERSION_MAX && v.bytes().all(sign)
        });
        let key = value("key").and_then(|v| AgentKey::parse(v).ok());
        let time = value("time").and_then(|v| v.parse().ok()).filter(|t| (0..=Time::MAX.0).contains(t));
        let signature = value("signature").and_then(hex);
        match (version, key, time, signature) {
            (Some(version), Some(key), Some(time), Some(signature)) => {
                Ok(Signed { protocol, version: version.to_owned(), key, time: Time(time), signature })
            }
            _ => Err(None),
        }
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, b| {
        // Writing to a String does not fail.
        let _ = write!(text, "{b:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_signature_holds_for_exactly_what_was_signed() {
        let token = Token::random().unwrap();
        let signed = Signed::new(&token, Time(1_000), "POST", BATCHES, b"{}");
        let read = Signed::parse(&signed.header()).unwrap();
        assert_eq!(read, signed);
        assert!(read.fits("POST", BATCHES, b"{}"));
        for (method, path, body) in [("GET", BATCHES, &b"{}"[..]), ("POST", WORK, b"{}"), ("POST", BATCHES, b"{ }")] {
            assert!(!read.fits(method, path, body));
        }
        let other = |change: fn(&mut Signed)| {
            let mut s = signed.clone();
            change(&mut s);
            s.fits("POST", BATCHES, b"{}")
        };
        assert!(
            !other(|s| s.time = Time(1_001)) && !other(|s| s.version = "9".to_owned()) && !other(|s| s.protocol = 2)
        );
        assert!(!other(|s| s.key = Token::random().unwrap().key()) && !other(|s| s.signature[63] ^= 1));
    }

    #[test]
    fn another_version_is_told_from_what_is_no_signature_at_all() {
        let header = Signed::new(&Token::random().unwrap(), Time(5), "GET", WORK, b"").header();
        assert_eq!(Signed::parse(&header.replace("protocol=1", "protocol=7")), Err(Some(7)));
        assert_eq!(Signed::parse("Allclear-Agent protocol=0, whatever=it is"), Err(Some(0)));
        for bad in [
            "",
            "Basic abc",
            "Allclear-Agent",
            "Allclear-Agent protocol=x",
            &header.replace("time=5", "time=-5"),
            &header.replace("time=5", "time=5, time=6"),
            &header.replace("version=", "version=a b"),
            &header[..header.len() - 1],
        ] {
            assert_eq!(Signed::parse(bad), Err(None), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_as_a_header_is_read_or_refused(text: String) {
            let _ = Signed::parse(&text);
            let _ = Signed::parse(&format!("Allclear-Agent {text}"));
        }

        #[test]
        fn whatever_comes_as_a_batch_is_read_or_refused(seq: u64, skew_ms: i64, at: i64, reason in proptest::option::of(".*")) {
            let result = Measured { service: Slug::parse("a").unwrap(), check: "x".to_owned(), outcome: CheckOutcome::Down, reason, ms: None, certificate: None, at: Time(at), withdraws: false };
            let batch = Batch { seq, skew_ms, dropped: 0, results: vec![result] };
            let text = serde_json::to_string(&batch).unwrap();
            prop_assert_eq!(serde_json::from_str::<Batch>(&text).unwrap(), batch);
            for cut in (0..text.len()).filter(|n| text.is_char_boundary(*n)) {
                prop_assert!(serde_json::from_str::<Batch>(&text[..cut]).is_err());
            }
        }
    }
}
