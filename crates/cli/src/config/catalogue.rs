//! Which services are watched.

use super::layer::Raw;
use super::reader::Reader;
use allclear_model::Slug;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// `[catalogue]`
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    /// The operator's own folder; it adds to the built-in catalogue and overrides it.
    pub(crate) dir: Option<PathBuf>,
    /// What is taken from the built-in catalogue. The own folder is always taken whole.
    pub(crate) include: Include,
}

/// A choice from the built-in catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Include {
    /// Everything.
    All,
    /// Nothing; only the own folder counts.
    None,
    /// These services.
    These(BTreeSet<Slug>),
}

fn slugs<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Include> {
    texts
        .map(|t| Slug::parse(t.trim()).ok())
        .collect::<Option<BTreeSet<_>>>()
        .filter(|s| !s.is_empty())
        .map(Include::These)
}

impl Catalogue {
    /// Reads the section.
    pub(crate) fn read(r: &mut Reader) -> Catalogue {
        Catalogue {
            dir: r.path("catalogue.dir", "the path of a folder with services/ and guides/"),
            include: r.value(
                "catalogue.include",
                "all, none, or a list of slugs such as [\"github\", \"openrouter\"]; in the environment with commas",
                Include::All,
                |raw| match raw {
                    Raw::Text(t) if t.trim() == "all" => Some(Include::All),
                    Raw::Text(t) if t.trim() == "none" => Some(Include::None),
                    Raw::Text(t) => slugs(t.split(',')),
                    Raw::List(items) => {
                        let texts: Option<Vec<&str>> =
                            items.iter().map(|i| if let Raw::Text(t) = i { Some(t.as_str()) } else { None }).collect();
                        slugs(texts?.into_iter())
                    }
                    _ => None,
                },
                |i| match i {
                    Include::All => Json::from("all"),
                    Include::None => Json::from("none"),
                    Include::These(slugs) => slugs.iter().map(Slug::as_str).collect(),
                },
            ),
        }
    }
}
