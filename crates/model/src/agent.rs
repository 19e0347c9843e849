//! Agents: programs of the operator's own that run the site's checks elsewhere. The name of an agent is its location.

use crate::ParseError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a site holds of an agent's token: the public key (Ed25519) of the secret in it. It recognises what the token has signed and can sign nothing, so
/// whoever steals it can send nothing in the agent's name. Written as 64 hexadecimal digits; it is no secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgentKey([u8; AgentKey::BYTES]);

impl AgentKey {
    /// Length in bytes.
    pub const BYTES: usize = 32;

    /// A key of these bytes.
    pub fn new(bytes: [u8; AgentKey::BYTES]) -> AgentKey {
        AgentKey(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; AgentKey::BYTES] {
        &self.0
    }

    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<AgentKey, ParseError> {
        hex::<{ AgentKey::BYTES }>(text)
            .map(AgentKey)
            .ok_or_else(|| ParseError::new("key", "must be 64 hexadecimal digits"))
    }
}

impl fmt::Display for AgentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for AgentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgentKey({self})")
    }
}

impl From<AgentKey> for String {
    fn from(key: AgentKey) -> String {
        key.to_string()
    }
}

impl TryFrom<String> for AgentKey {
    type Error = ParseError;

    fn try_from(text: String) -> Result<AgentKey, ParseError> {
        AgentKey::parse(&text)
    }
}

/// Exactly `N` bytes as hexadecimal digits; `None` for anything else.
pub fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |c: &u8| char::from(*c).to_digit(16).and_then(|d| u8::try_from(d).ok());
        *byte = digit(pair.first()?)? << 4 | digit(pair.last()?)?;
    }
    Some(bytes)
}

/// Longest version of an agent's program that is kept, in bytes.
pub const VERSION_MAX: usize = 32;

/// What an agent says of itself with a batch of results. It is kept with them, so that a site knows after every restart which batch was the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentBatch {
    /// The batch's number. It grows from batch to batch of an agent, perhaps with gaps; a number that is not above the last is a repetition.
    pub seq: u64,
    /// Results that the agent gave up, all together since it keeps any: its disk or memory had no room for them, or the site refused them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
    /// How far the agent's own clock was ahead of the site's, as it measured; what it sent is corrected by that. Milliseconds.
    #[serde(default)]
    pub skew_ms: i64,
    /// Version of its program, at most [`VERSION_MAX`] bytes.
    pub version: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_as_digits_and_anything_else_is_none() {
        let key = AgentKey::new(std::array::from_fn(|i| i as u8 * 8));
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(text.len(), 66);
        assert_eq!(serde_json::from_str::<AgentKey>(&text).unwrap(), key);
        let digits = key.to_string();
        for bad in ["", &digits[1..], &format!("{digits}0"), &digits.replace('0', "g"), &"é".repeat(32)] {
            assert!(AgentKey::parse(bad).is_err(), "{bad}");
        }
    }
}
