//! One line of input: read without copying, with the keys it has.

use allclear_model::Country;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Lines may be this late. Milliseconds.
pub const LATE_MS: i64 = 600_000;

/// Text that is borrowed from the line unless it has escapes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }
    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(v)))
    }
    fn visit_str<E>(self, v: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(v.to_owned())))
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_str(TextVisitor)
    }
}

macro_rules! line {
    ($($bit:literal $name:ident: $type:ty),* $(,)?) => {
        /// All keys of all kinds. `has` has a bit for each that was there; null counts as absent.
        #[derive(Debug, Default)]
        pub(super) struct Line<'de> {
            pub(super) has: u64,
            $(pub(super) $name: Option<$type>,)*
            pub(super) unknown: Vec<String>,
        }

        /// Bits of [`Line::has`].
        #[expect(non_upper_case_globals, reason = "named as the keys are")]
        pub(super) mod key {
            $(pub(in crate::replay) const $name: u64 = 1 << $bit;)*
        }

        /// Names of keys by bit.
        pub(super) fn key_names(bits: u64) -> Vec<&'static str> {
            let mut v = Vec::new();
            $(if bits & key::$name != 0 { v.push(stringify!($name)); })*
            v
        }

        #[expect(non_camel_case_types, reason = "named as the keys are")]
        enum Key { $($name,)* Unknown(String) }

        impl KeyVisitor {
            fn key(v: &str) -> Key {
                match v {
                    $(stringify!($name) => Key::$name,)*
                    _ => Key::Unknown(v.chars().take(60).collect()),
                }
            }
        }

        impl<'de> Visitor<'de> for LineVisitor {
            type Value = Line<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line<'de>, A::Error> {
                let mut l = Line::default();
                while let Some(k) = map.next_key::<Key>()? {
                    match k {
                        $(Key::$name => {
                            l.$name = map.next_value::<Option<$type>>().map_err(|e| de::Error::custom(format_args!("{}: {e}", stringify!($name))))?;
                            if l.$name.is_some() { l.has |= key::$name; }
                        })*
                        Key::Unknown(name) => {
                            map.next_value::<IgnoredAny>()?;
                            l.unknown.push(name);
                        }
                    }
                }
                Ok(l)
            }
        }
    };
}

line! {
    0 kind: Text<'de>,
    1 at: Text<'de>,
    2 service: Text<'de>,
    3 category: Text<'de>,
    4 upstreams: Vec<Text<'de>>,
    5 locations: Vec<Text<'de>>,
    6 profile: Vec<f64>,
    7 alpha: f64,
    8 weeks: f64,
    9 symptom: Text<'de>,
    10 source: Text<'de>,
    11 network: Text<'de>,
    12 country: Text<'de>,
    13 text: Text<'de>,
    14 count: u64,
    15 span_s: u64,
    16 networks: u64,
    17 check: Text<'de>,
    18 location: Text<'de>,
    19 outcome: Text<'de>,
    20 reason: Text<'de>,
    21 deep: bool,
    22 ms: f64,
    23 level: Text<'de>,
    24 in_scope: bool,
    25 started_at: Text<'de>,
    26 title: Text<'de>,
    27 rule: Text<'de>,
    28 seq: u64,
    29 watching_since: Text<'de>,
    30 outages: f64,
    31 listed: u32,
    32 usual: f64,
    33 state: Text<'de>,
    34 symptoms: Vec<Text<'de>>,
    35 counts: Vec<u32>,
    36 effective: f64,
    37 heaviest: f64,
    38 shared: f64,
    39 kept: f64,
    40 over: bool,
    41 ended: bool,
    42 stopped: Text<'de>,
    43 fine_since: Text<'de>,
    44 known: bool,
    45 ups: u8,
    46 silent: bool,
    47 gone: bool,
    48 log: bool,
    49 withdrawn: bool,
}

struct KeyVisitor;
struct LineVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E>(self, v: &str) -> Result<Key, E> {
        Ok(Self::key(v))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_identifier(KeyVisitor)
    }
}

impl<'de> Deserialize<'de> for Line<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_map(LineVisitor)
    }
}

/// Reads one line.
pub(super) fn read(bytes: &[u8]) -> Result<Line<'_>, String> {
    serde_json::from_slice(bytes).map_err(|e| {
        let said = e.to_string();
        // serde_json counts lines within the text, which is always one.
        let said = said.replace(" at line 1 column ", " at column ");
        if e.is_data() { said } else { format!("is not JSON: {said}") }
    })
}

/// A key that must be there.
pub(super) fn need<'t>(field: Option<&'t Text<'_>>, name: &str) -> Result<&'t str, String> {
    field.map(|Text(t)| t.as_ref()).ok_or_else(|| format!("`{name}` is missing"))
}

/// A word that must be one of these.
pub(super) fn one_of(name: &str, value: &str, words: &[&str]) -> Result<(), String> {
    if words.contains(&value) {
        Ok(())
    } else {
        Err(format!("`{name}` is {value:?}, it must be one of {}", words.join(", ")))
    }
}

/// The country, if one is named.
pub(super) fn country(l: &Line<'_>) -> Result<Option<Country>, String> {
    l.country.as_ref().map(|Text(c)| Country::parse(c).map_err(|e| format!("`country`: {}", e.problem))).transpose()
}

/// 128 bits of an opaque name (FNV-1a).
pub(super) fn hash(text: &str) -> u128 {
    text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |h, b| {
        (h ^ u128::from(b)).wrapping_mul(0x0100_0000_0000_0000_0000_013b)
    })
}

/// Whether a network is written as an autonomous system.
pub(super) fn is_network(name: &str) -> bool {
    let number = name.strip_prefix("AS").filter(|n| n.bytes().all(|c| c.is_ascii_digit()));
    number.is_some_and(|n| n.parse::<u32>().is_ok())
}
