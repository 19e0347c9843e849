//! Which part of an official page is about a service, when many services share the page.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Most names or words of one kind.
pub const NAMES_MAX: usize = 30;

/// A part of a page; empty: all of it.
///
/// It is kept as one text, which for a single component is the component itself, as it was when a page had no finer parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// Ids or names of components, or of groups of them; of products in a log, `product@place` for one of its places.
    pub components: Vec<String>,
    /// Only events whose title, or a product they name, has one of these words.
    pub titles: Vec<String>,
    /// No event whose title, or a product they name, has one of these words.
    pub not_titles: Vec<String>,
}

const TITLE: &str = "title=";
const NOT_TITLE: &str = "not=";

impl Part {
    /// True when it is the whole page.
    pub fn is_whole(&self) -> bool {
        self.components.is_empty() && self.titles.is_empty() && self.not_titles.is_empty()
    }

    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Part {
        let mut part = Part::default();
        for piece in text.split('&').filter(|p| !p.is_empty()) {
            let (list, piece) = if let Some(word) = piece.strip_prefix(TITLE) {
                (&mut part.titles, word)
            } else if let Some(word) = piece.strip_prefix(NOT_TITLE) {
                (&mut part.not_titles, word)
            } else {
                (&mut part.components, piece)
            };
            list.push(plain(piece));
        }
        part
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pieces = (self.components.iter().map(|c| ("", c)))
            .chain(self.titles.iter().map(|t| (TITLE, t)))
            .chain(self.not_titles.iter().map(|t| (NOT_TITLE, t)));
        for (n, (kind, text)) in pieces.enumerate() {
            let and = if n > 0 { "&" } else { "" };
            write!(f, "{and}{kind}{}", escaped(text))?;
        }
        Ok(())
    }
}

/// The text without the signs that part texts.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('&', "%26").replace('=', "%3D")
}

fn plain(text: &str) -> String {
    text.replace("%3D", "=").replace("%26", "&").replace("%25", "%")
}

// As an optional text, in which boards and catalogues of before had the component.
impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Some(self.to_string()).filter(|t| !t.is_empty()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Part, D::Error> {
        Ok(Part::parse(&Option::<String>::deserialize(deserializer)?.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_comes_back_from_its_text_whatever_its_words_have_in_them() {
        let own = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect();
        for (components, titles, not_titles) in [
            (vec![], vec![], vec![]),
            (vec!["a&b=c%26", "title=x", "SQL@europe-west4"], vec!["not=y"], vec!["50 %", "\u{e9}&"]),
            (vec![], vec!["Chat"], vec![]),
        ] {
            let part = Part { components: own(&components), titles: own(&titles), not_titles: own(&not_titles) };
            assert_eq!(Part::parse(&part.to_string()), part);
            let json = serde_json::to_string(&part).unwrap();
            assert_eq!(serde_json::from_str::<Part>(&json).unwrap(), part, "{json}");
        }
    }

    #[test]
    fn one_component_is_kept_as_it_always_was() {
        let one = Part { components: vec!["rwppv331jlwc".to_owned()], ..Part::default() };
        assert_eq!(serde_json::to_string(&one).unwrap(), "\"rwppv331jlwc\"");
        assert_eq!(serde_json::to_string(&Part::default()).unwrap(), "null");
    }
}
