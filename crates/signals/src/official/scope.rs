//! Which part of an official page is about a service. Many services share one page.

use super::page::{Component, Event};
use serde::{Deserialize, Serialize};

/// The part of a page that is about one service. Empty: all of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Scope {
    /// Ids or names of components, or of groups of them. Case does not matter. In a log, whose events name products and places,
    /// `product@place` is both: "Cloud SQL@europe-west4".
    pub components: Vec<String>,
    /// Only events whose title has one of these; case does not matter. Empty: all. Without components, these are all that is known of the
    /// service: what the page says of the whole is then not about it.
    pub titles: Vec<String>,
    /// No event whose title has one of these.
    pub not_titles: Vec<String>,
}

impl Scope {
    /// The whole page.
    pub fn whole() -> Scope {
        Scope::default()
    }

    /// These components.
    pub fn of(components: &[&str]) -> Scope {
        Scope { components: components.iter().map(|c| (*c).to_owned()).collect(), ..Scope::default() }
    }

    /// True when neither components nor titles single out a part.
    pub fn is_whole(&self) -> bool {
        self.components.is_empty() && self.titles.is_empty()
    }

    /// Whether a title may be about the service.
    pub(super) fn allows(&self, event: &Event) -> bool {
        let title = event.title.to_lowercase();
        let has = |t: &String| title.contains(&t.to_lowercase());
        (self.titles.is_empty() || self.titles.iter().any(has)) && !self.not_titles.iter().any(has)
    }
}

/// Whether a component answers to a name of a scope.
pub(super) fn answers(wanted: &str, component: &Component) -> bool {
    let wanted = wanted.trim().to_lowercase();
    let is = |text: &str| !text.is_empty() && text.to_lowercase() == wanted;
    is(&component.id)
        || is(&component.name)
        || component.group.as_deref().is_some_and(is)
        || component.group_id.as_deref().is_some_and(is)
}
