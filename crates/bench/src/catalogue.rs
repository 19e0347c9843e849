//! Made-up catalogues.

use allclear_model::Slug;
use allclear_model::catalogue::{Catalogue, Fact, Service};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One made-up service.
pub(crate) fn service(slug: &Slug) -> Service {
    Service {
        slug: slug.clone(),
        name: "Made-up".into(),
        category: slug.clone(),
        homepage: Fact { value: "https://example.org".into(), verified: true },
        aliases: Vec::new(),
        related: Vec::new(),
        upstreams: Fact::default(),
        about: None,
        operator: None,
        support: None,
        official: None,
        check: None,
        symptoms: Arc::default(),
        guide: slug.clone(),
        own_guide: false,
    }
}

/// `n` made-up services.
pub(crate) fn services(n: usize) -> anyhow::Result<Catalogue> {
    let mut services = BTreeMap::new();
    for i in 0..n {
        let slug = Slug::parse(&format!("made-up-{i}"))?;
        let s = service(&slug);
        services.insert(slug, Arc::new(s));
    }
    Ok(Catalogue { services, ..Catalogue::default() })
}
