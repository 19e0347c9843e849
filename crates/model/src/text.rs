//! Bounded strings: slugs of services, categories and topics, and symptom ids.

use crate::ParseError;
use serde::{Deserialize, Serialize};
use std::{borrow::Borrow, fmt, ops::Deref, sync::Arc};

/// Longest slug, in bytes.
pub const SLUG_MAX: usize = 64;

/// Lower-case letters, digits and single hyphens, 1 to 64 bytes, no hyphen at either end. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(Arc<str>);

impl Slug {
    /// Reads a slug.
    ///
    /// # Errors
    /// When the text has another character, is empty or is longer than [`SLUG_MAX`].
    pub fn parse(text: &str) -> Result<Slug, ParseError> {
        let b = text.as_bytes();
        let ok = !b.is_empty()
            && b.len() <= SLUG_MAX
            && b.iter().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'-')
            && b[0] != b'-'
            && b[b.len() - 1] != b'-'
            && !text.contains("--");
        if !ok {
            let shown: String = text.chars().take(SLUG_MAX).collect();
            return Err(ParseError::new(
                "slug",
                format!("{shown:?} is not 1 to 64 lower-case letters, digits and single hyphens"),
            ));
        }
        Ok(Slug(text.into()))
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Slug {
    type Error = ParseError;
    fn try_from(s: String) -> Result<Self, ParseError> {
        Slug::parse(&s)
    }
}
impl From<Slug> for String {
    fn from(s: Slug) -> String {
        s.0.as_ref().to_owned()
    }
}
impl Deref for Slug {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl Borrow<str> for Slug {
    fn borrow(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// The id of a symptom within its service; a [`Slug`]. [`SymptomId::other`] always exists.
pub type SymptomId = Slug;

/// The symptom that every service has and no catalogue file may define.
pub const OTHER: &str = "other";

impl Slug {
    /// The id of "something else".
    pub fn other() -> SymptomId {
        Slug(OTHER.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_lower_case_words_joined_by_single_hyphens() {
        for good in ["a", "openrouter", "github-copilot", "4chan", &"a".repeat(64)] {
            assert!(Slug::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "A", "a b", "ä", "a/b", "a\0", &"a".repeat(65)] {
            assert!(Slug::parse(bad).is_err(), "{bad}");
        }
    }
}
