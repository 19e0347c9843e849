//! Which part of an official page is about a service. Many services share one page.

use super::page::{Component, Event};
use allclear_model::catalogue::Part;
use serde::{Deserialize, Serialize};

/// The part of a page that is about one service. Empty: all of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Scope {
    /// Ids or names of components, or of groups of them. Case does not matter. In a log, whose events name products and places,
    /// `product@place` is both: "Cloud SQL@europe-west4".
    pub components: Vec<String>,
    /// Only events whose title, or a product they name, has one of these; case does not matter. Empty: all. Without components, these
    /// are all that is known of the service: what the page says of the whole is then not about it.
    pub titles: Vec<String>,
    /// No event whose title, or a product they name, has one of these.
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

    /// Whether an event may be about the service, by its words.
    pub(super) fn allows(&self, event: &Event) -> bool {
        if self.titles.is_empty() && self.not_titles.is_empty() {
            return true;
        }
        let said: Vec<String> = [&event.title].into_iter().chain(&event.components).map(|t| t.to_lowercase()).collect();
        let has = |word: &String| said.iter().any(|text| text.contains(&word.to_lowercase()));
        (self.titles.is_empty() || self.titles.iter().any(has)) && !self.not_titles.iter().any(has)
    }

    /// Whether it singles out one of the places that an event is limited to, or something at one of them.
    pub(super) fn is_at_place_of(&self, event: &Event) -> bool {
        self.components.iter().any(|wanted| {
            let place = wanted.rsplit_once('@').map_or(wanted.as_str(), |(_, place)| place).trim().to_lowercase();
            event.places.iter().flatten().any(|name| name.to_lowercase() == place)
        })
    }
}

impl From<&Part> for Scope {
    fn from(part: &Part) -> Scope {
        let Part { components, titles, not_titles } = part.clone();
        Scope { components, titles, not_titles }
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

/// What a page calls what answers to a name of a scope: the component, or the group that it is one of.
pub(super) fn called<'a>(wanted: &str, component: &'a Component) -> &'a str {
    let alone = Component { group: None, group_id: None, ..component.clone() };
    if answers(wanted, &alone) { &component.name } else { component.group.as_deref().unwrap_or(&component.name) }
}
