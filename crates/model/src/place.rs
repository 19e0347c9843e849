//! Where a report comes from, without saying who sent it: a country, and keyed hashes of the
//! source and of its network. No address is ever part of the domain.

use crate::ParseError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// ISO 3166-1 alpha-2 country code, two upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

/// The officially assigned codes of ISO 3166-1 (249), plus XK as used for Kosovo.
const ASSIGNED: &str = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

impl Country {
    /// Reads a code in either case.
    ///
    /// # Errors
    /// When it is not an assigned code.
    pub fn parse(text: &str) -> Result<Country, ParseError> {
        let up = text.to_ascii_uppercase();
        let known = up.len() == 2 && ASSIGNED.as_bytes().chunks(2).any(|c| c == up.as_bytes());
        if !known {
            // People take fields for one another, and the answer repeats it.
            let shown = crate::redact::beginning(text, 20);
            return Err(ParseError::new(
                "country",
                format!("{shown:?} is not an ISO 3166-1 two-letter code such as DE"),
            ));
        }
        Ok(Country([up.as_bytes()[0], up.as_bytes()[1]]))
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("ZZ")
    }

    /// All codes in alphabetical order.
    pub fn all() -> impl Iterator<Item = Country> {
        ASSIGNED.as_bytes().chunks(2).map(|c| Country([c[0], c[1]]))
    }
}

impl TryFrom<String> for Country {
    type Error = ParseError;
    fn try_from(s: String) -> Result<Self, ParseError> {
        Country::parse(&s)
    }
}
impl From<Country> for String {
    fn from(c: Country) -> String {
        c.as_str().to_owned()
    }
}
impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Keyed hash of a reporter's address, 128 bits; stands for one source until the day's key dies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceHash(pub u128);

/// Keyed hash of a reporter's network (its autonomous system and /24 or /48; without an MMDB the /24 or /48 alone).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NetworkHash(pub u64);

/// One source under the keys that are alive: today's, and until 06:00 UTC also yesterday's, so that a
/// window of 6 hours holds over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceKeys {
    /// The source under today's key; this one is journalled.
    pub today: SourceHash,
    /// The same source under yesterday's key, while that key lives.
    pub yesterday: Option<SourceHash>,
}

/// One network under the keys that are alive, so that the window in which a network is known holds over midnight as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkKeys {
    /// The network under today's key.
    pub today: NetworkHash,
    /// The same network under yesterday's key, while that key lives.
    pub yesterday: Option<NetworkHash>,
}

// Hashes are not printed: a log line must not become a way to link reports.
impl fmt::Debug for SourceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SourceHash(…)")
    }
}
impl fmt::Debug for NetworkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetworkHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_assigned_country_codes_are_read() {
        assert_eq!(Country::parse("de").unwrap().as_str(), "DE");
        for bad in ["", "D", "ZZ", "XX", "DEU", "ÄÖ", "EA", "d\0"] {
            assert!(Country::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Country::all().count(), 250);
    }
}
