//! What stands in the head of a page, and its place in the site.

use crate::page::PageCx;
use crate::page::html::{self, Shape};
use allclear_model::Time;
use allclear_model::words::pages as words;

/// Head of a page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    /// Title.
    pub(crate) title: String,
    /// Whether the site's name follows the title. Not on service pages: theirs is fixed.
    pub(crate) site_in_title: bool,
    /// Description; neutral, because it is cached for long.
    pub(crate) description: String,
    /// Path of the canonical address.
    pub(crate) path: String,
    /// True for thin pages, forms, follow links, search, and what only people support.
    pub(crate) noindex: bool,
    /// Way from the front page to here: name and path.
    pub(crate) crumbs: Vec<(String, String)>,
    /// Path of the feed, or empty.
    pub(crate) feed: String,
    /// Slug of the service the page is about, or empty.
    pub(crate) service: String,
    /// Whether the page has a search box of its own, so that the top needs none.
    pub(crate) finds_itself: bool,
    /// Whether scripts keep the page up to date.
    pub(crate) live: bool,
    /// Which picture the page shows, for the live stream.
    pub(crate) tag: String,
    /// When the judge looked, of a page that scripts keep up to date.
    pub(crate) measured_at: Time,
    /// After this instant such a page must say that we cannot tell: its scripts see to that when no news comes.
    pub(crate) fresh_until: Time,
    /// Level shown, so that a change of it can be told from other changes.
    pub(crate) level: &'static str,
    /// Problems shown on the front page, in the words of the `site` event.
    pub(crate) problems: String,
}

impl Head {
    /// A plain page below the front page.
    pub(crate) fn plain(title: &str, path: &str) -> Head {
        Head {
            title: title.to_owned(),
            site_in_title: true,
            description: title.to_owned(),
            path: path.to_owned(),
            crumbs: vec![home_crumb(), (title.to_owned(), path.to_owned())],
            ..Head::default()
        }
    }

    /// The same, not for search engines.
    pub(crate) fn hidden(title: &str, path: &str) -> Head {
        Head { noindex: true, ..Head::plain(title, path) }
    }

    /// What scripts put behind "We cannot tell" when the page has become too old. Markup.
    pub(crate) fn not_updated(&self, cx: &PageCx) -> String {
        words::not_updated_since(&html::time(cx, self.measured_at, Shape::Full))
    }

    /// Breadcrumbs as JSON-LD. A data block: nothing in it is executed, and `<` cannot end it.
    pub(crate) fn breadcrumbs(&self, cx: &PageCx) -> String {
        let items: Vec<serde_json::Value> = self
            .crumbs
            .iter()
            .enumerate()
            .map(|(i, (name, path))| serde_json::json!({"@type": "ListItem", "position": i + 1, "name": name, "item": cx.absolute(path)}))
            .collect();
        let list =
            serde_json::json!({"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items});
        list.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
    }
}

/// The first crumb.
pub(crate) fn home_crumb() -> (String, String) {
    (allclear_model::words::pages::EN.all_services.to_owned(), "/".to_owned())
}
