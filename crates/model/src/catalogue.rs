//! What is watched: services, categories and guides, as the effective catalogue has them after checking.

pub use crate::part::{NAMES_MAX, Part};

use crate::check::Check;
use crate::{Slug, SymptomId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The whole effective catalogue. Only built by the checking loader, so all references hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Catalogue {
    /// Services by slug.
    pub services: BTreeMap<Slug, Arc<Service>>,
    /// Categories by id.
    pub categories: BTreeMap<Slug, Arc<Category>>,
    /// Guides by name.
    pub guides: BTreeMap<Slug, Arc<Guide>>,
}

/// What people ask about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Its address on the site.
    pub slug: Slug,
    /// Its name in plain text.
    pub name: String,
    /// Category id.
    pub category: Slug,
    /// Homepage.
    pub homepage: Fact<String>,
    /// Other names people type, lower case.
    pub aliases: Vec<String>,
    /// Related services, in the order shown.
    pub related: Vec<Slug>,
    /// Services it depends on.
    pub upstreams: Fact<Vec<Slug>>,
    /// What it is, one sentence.
    pub about: Option<String>,
    /// Who runs it.
    pub operator: Option<Fact<String>>,
    /// Its support page.
    pub support: Option<Fact<String>>,
    /// Its official status page.
    pub official: Option<Fact<Official>>,
    /// What a check of ours would ask.
    pub check: Option<Fact<Check>>,
    /// Its own symptoms, or its category's, which its services share; without `other`.
    pub symptoms: Arc<[Symptom]>,
    /// Its guide's name: its own, or its category's.
    pub guide: Slug,
    /// True when it has symptoms and a guide of its own.
    pub own_guide: bool,
}

impl Service {
    /// True when `id` is one of the symptoms, or `other`.
    pub fn has_symptom(&self, id: &str) -> bool {
        id == crate::text::OTHER || self.symptoms.iter().any(|s| &*s.id == id)
    }
}

/// A fact with the mark whether somebody has verified it. An unverified upstream is never named as a cause in public.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fact<T> {
    /// The fact.
    pub value: T,
    /// Seen at its source, not from memory.
    pub verified: bool,
}

/// The vendor's status page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Official {
    /// Page for people.
    pub page: String,
    /// Which product serves it ("statuspage", "incidentio", …).
    pub format: Option<String>,
    /// Its id there: a page with another one is not believed.
    pub reference: Option<String>,
    /// What of it is this service, when the page covers more.
    #[serde(rename = "component", default)]
    pub part: Part,
    /// Machine-readable address.
    pub feed: Option<String>,
}

impl Official {
    /// The address that is read first.
    pub fn address(&self) -> &str {
        self.feed.as_deref().unwrap_or(&self.page)
    }

    /// The address that is read first, and which part of what stands there is the service. At most [`crate::official::ASKED_MAX`] bytes.
    pub fn asked(&self) -> String {
        let part = self.part.to_string();
        let asked = if part.is_empty() { self.address().to_owned() } else { format!("{}#{part}", self.address()) };
        if asked.len() <= crate::official::ASKED_MAX {
            return asked;
        }
        // What is cut off still tells one part from another.
        let end = format!("~{:016x}", fnv(asked.as_bytes()));
        let start = asked.get(..asked.floor_char_boundary(crate::official::ASKED_MAX - end.len())).unwrap_or_default();
        format!("{start}{end}")
    }
}

/// FNV-1a: the same on every machine and in every release.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

/// One of a service's common issues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symptom {
    /// Id within the service.
    pub id: SymptomId,
    /// Short text of the button.
    pub label: Arc<str>,
    /// Guide topic it is tied to.
    pub topic: Slug,
}

/// A kind of service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Category {
    /// Id.
    pub id: Slug,
    /// Readable name.
    pub name: String,
    /// The larger group it is listed under on the home page.
    pub group: String,
    /// Prior: outages per 30 days of one such service.
    pub outages_per_30_days: f64,
}

/// Troubleshooting topics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guide {
    /// File name without ending.
    pub name: Slug,
    /// Title.
    pub title: String,
    /// Topics in file order.
    pub topics: Vec<Topic>,
}

/// One topic, tied to symptoms by the symptoms' `topic`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// Anchor.
    pub id: Slug,
    /// Title.
    pub title: String,
    /// Markdown: what to do while the service is healthy.
    pub healthy: String,
    /// Markdown: what to do while the service itself has this problem.
    pub theirs: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::ASKED_MAX;

    fn asked(components: &[&str], titles: &[&str]) -> String {
        let own = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect();
        let part = Part { components: own(components), titles: own(titles), not_titles: Vec::new() };
        let page = "https://status.example.org".to_owned();
        Official { page, format: None, reference: None, part, feed: None }.asked()
    }

    #[test]
    fn another_part_of_a_page_is_asked_for_in_other_words() {
        assert_eq!(asked(&[], &[]), "https://status.example.org");
        assert_eq!(asked(&["abc"], &[]), "https://status.example.org#abc");
        let long: Vec<String> = (0..40).map(|n| format!("{n}{}", "\u{e9}".repeat(50))).collect();
        let mut long: Vec<&str> = long.iter().map(String::as_str).collect();
        let before = asked(&long, &[]);
        long.push("one more");
        let after = asked(&long, &[]);
        assert!(before.len() <= ASKED_MAX && after.len() <= ASKED_MAX && before != after);
        assert_ne!(asked(&["a", "b"], &[]), asked(&["a"], &["b"]));
    }
}
