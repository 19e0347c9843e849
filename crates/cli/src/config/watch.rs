//! What may be asked of others' hosts.

use super::layer::Raw;
use super::reader::Reader;
use allclear_model::{Catalogue, Slug};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Where a request of ours could be taken amiss, people and official pages are enough.
const WITHOUT_CHECKS: [&str; 3] = ["bank", "government", "health"];

/// `[watch]`
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    /// Categories whose services are not checked.
    pub(crate) without_checks: BTreeSet<Slug>,
}

impl Watch {
    /// Reads the section.
    pub(crate) fn read(r: &mut Reader) -> Watch {
        let slugs = |parts: &mut dyn Iterator<Item = &str>| -> Option<BTreeSet<Slug>> {
            parts.map(str::trim).filter(|p| !p.is_empty()).map(|p| Slug::parse(p).ok()).collect()
        };
        Watch {
            without_checks: r.value(
                "watch.without_checks",
                "a list of categories such as [\"bank\"]; in the environment with commas; empty: all services that have a check are checked",
                WITHOUT_CHECKS.iter().filter_map(|c| Slug::parse(c).ok()).collect(),
                |raw| match raw {
                    Raw::Text(t) => slugs(&mut t.split(',')),
                    Raw::List(items) => {
                        let texts: Option<Vec<&str>> =
                            items.iter().map(|i| if let Raw::Text(t) = i { Some(t.as_str()) } else { None }).collect();
                        slugs(&mut texts?.into_iter())
                    }
                    _ => None,
                },
                |set| set.iter().map(|s| Json::from(s.as_str())).collect(),
            ),
        }
    }

    /// What was named and no service is of: a slip of the pen takes protection away without a word. Those named by default need not be there.
    pub(crate) fn unknown<'w>(&'w self, catalogue: &Catalogue) -> impl Iterator<Item = &'w Slug> {
        let known: BTreeSet<Slug> = catalogue.services.values().map(|s| s.category.clone()).collect();
        self.without_checks.iter().filter(move |c| !known.contains(*c) && !WITHOUT_CHECKS.contains(&c.as_str()))
    }
}
