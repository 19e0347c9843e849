//! What every page needs to know about the site it belongs to.

use crate::config::Kept;
use crate::page::assets::Assets;
use allclear_model::Time;
use std::sync::Arc;

/// The site's own facts, fixed while it runs. Built once from the configuration.
#[derive(Debug, Clone)]
pub struct PageSite {
    /// Name of the site, as `site.name` says.
    pub name: String,
    /// Who answers for it (a mail address or a link), as `site.contact` says.
    pub contact: Option<String>,
    /// A line shown on top of every page, as `site.notice` says.
    pub notice: Option<String>,
    /// Path prefix of every link: empty, or `/status` (a slash in front, none at the end).
    pub base_path: String,
    /// Absolute address of the site with the path prefix, without a slash at the end: `https://example.org/status`.
    pub base_url: String,
    /// Style sheet, scripts and icons.
    pub assets: Assets,
    /// What the page on privacy says of the configuration.
    pub kept: Kept,
    /// True when what is shown is a simulation; every page then says so.
    pub demo: bool,
}

/// The site and the instant a page is made for. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PageCx {
    /// The site.
    pub site: Arc<PageSite>,
    /// When the page is made. A picture that is stale by then is shown as not updated.
    pub now: Time,
}

impl PageCx {
    /// A context for pages made at `now`.
    pub fn new(site: Arc<PageSite>, now: Time) -> PageCx {
        PageCx { site, now }
    }

    /// Address of a path of this site for a link: `/s/x` becomes `/status/s/x`.
    pub fn href(&self, path: impl AsRef<str>) -> String {
        format!("{}{}", self.site.base_path, path.as_ref())
    }

    /// Address of an asset by its name.
    pub(crate) fn asset(&self, name: &str) -> String {
        self.href(self.site.assets.path(name))
    }

    /// Absolute address of a path of this site, for canonical links and feeds.
    pub fn absolute(&self, path: impl AsRef<str>) -> String {
        format!("{}{}", self.site.base_url, path.as_ref())
    }
}
