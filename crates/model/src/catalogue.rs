//! What is watched: services, categories and guides, as the effective catalogue has them after checking.

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
    /// Its id there.
    pub reference: Option<String>,
    /// Component ids that are this service, when the page covers more.
    pub component: Option<String>,
    /// Machine-readable address.
    pub feed: Option<String>,
}

impl Official {
    /// The address that is read first, and which part of what stands there is the service.
    pub fn asked(&self) -> String {
        let address = self.feed.as_deref().unwrap_or(&self.page);
        let part = self.component.as_ref().map_or(String::new(), |c| format!("#{c}"));
        format!("{address}{part}")
    }
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
