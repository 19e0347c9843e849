//! What an official page calls the components that were asked for by their ids, so that one that has gone can be told by its name.

use crate::catalogue::NAMES_MAX;
use crate::official::TITLE_MAX;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// Names by what was asked for; at most [`NAMES_MAX`], each of at most [`TITLE_MAX`] characters.
///
/// In the journal they stand with what a page says. A board keeps them behind everything else, as
/// [`Named::pairs`]: within a word they take no room there, so that boards of before can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named(BTreeMap<String, String>);

impl Named {
    /// These, as far as there is room.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Named {
        Named(pairs.into_iter().take(NAMES_MAX).collect())
    }

    /// The name of what was asked for so.
    pub fn get(&self, wanted: &str) -> Option<&str> {
        self.0.get(wanted).map(String::as_str)
    }

    /// All of them, in order of what was asked for.
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.0.iter().map(|(wanted, name)| (wanted.clone(), name.clone())).collect()
    }

    /// True when nothing is known by name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// False when there are more, or longer ones, than a reader of pages makes.
    pub fn is_bounded(&self) -> bool {
        let long = |text: &String| text.chars().count() > TITLE_MAX;
        self.0.len() <= NAMES_MAX && !self.0.iter().any(|(wanted, name)| long(wanted) || long(name))
    }
}

impl Serialize for Named {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { self.0.serialize(serializer) } else { serializer.serialize_unit() }
    }
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Named, D::Error> {
        if deserializer.is_human_readable() {
            BTreeMap::deserialize(deserializer).map(Named)
        } else {
            <()>::deserialize(deserializer).map(|()| Named::default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_from_the_journal_and_are_bounded() {
        let named = Named::new([("c1".to_owned(), "API".to_owned())]);
        let json = serde_json::to_string(&named).unwrap();
        assert_eq!((json.as_str(), serde_json::from_str::<Named>(&json).unwrap()), (r#"{"c1":"API"}"#, named.clone()));
        assert_eq!((named.get("c1"), named.get("c2"), named.is_bounded()), (Some("API"), None, true));
        let many = Named::new((0..1000).map(|n| (n.to_string(), "x".repeat(n))));
        assert!(many.pairs().len() == NAMES_MAX && many.is_bounded());
        assert!(!Named::new([("c".to_owned(), "x".repeat(TITLE_MAX + 1))]).is_bounded());
    }
}
