//! Serving from memory: everything that is read when everybody comes at once.
//!
//! Architecture invariant: [`Hot`] is made of pictures and counters. No type in it can reach an archive, a store or a
//! journal, so these routes answer while every database is down; and a request costs a look into the cache, never the
//! raw query and never more than one rendering per change.

use crate::cache::{Cache, Ready, Wanted};
use crate::config::WebConfig;
use crate::document::{self, Document, Source};
use crate::encoding::Encoding;
use crate::live::LiveHub;
use crate::page::{self, Assets, PageCx, PageSite};
use crate::payload::Answer;
use crate::referrer;
use crate::routes::{Route, ServicePart, SitePart, decode, raw_pairs};
use crate::telemetry::Telemetry;
use allclear_engine::view::{ServiceView, SiteView};
use allclear_engine::{Referrer, Site};
use allclear_model::{Slug, Time};
use http::{HeaderMap, Method, header};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Counts one page view; never waits.
pub type CountVisit = Arc<dyn Fn(&Slug, Referrer) + Send + Sync>;

/// What hot reads need. Cheap to clone.
#[derive(Clone)]
pub struct Hot {
    inner: Arc<Inner>,
}

struct Inner {
    site: Site,
    visit: CountVisit,
    pages: Arc<PageSite>,
    cache: Cache<Document>,
    live: LiveHub,
    telemetry: Telemetry,
    own_host: String,
}

impl Hot {
    /// Hot serving of `site`; page views go to `visit`.
    pub fn new(cfg: &WebConfig, site: Site, visit: CountVisit) -> Hot {
        let pages = Arc::new(PageSite {
            name: cfg.site.name.clone(),
            contact: cfg.site.contact.clone(),
            notice: cfg.site.notice.clone(),
            base_path: cfg.base_url.path().to_owned(),
            base_url: cfg.base_url.url(),
            assets: Assets::new(cfg.site.accent.as_deref()),
            kept: cfg.kept.clone(),
            demo: cfg.demo,
        });
        let live = LiveHub::new(site.clone(), pages.clone(), cfg.max_streams, cfg.heartbeat);
        Hot {
            inner: Arc::new(Inner {
                site,
                visit,
                pages,
                cache: Cache::new(cfg.cache_bytes),
                live,
                telemetry: Telemetry::default(),
                own_host: referrer::host_of(cfg.base_url.origin()).unwrap_or_default().to_ascii_lowercase(),
            }),
        }
    }

    pub(crate) fn site(&self) -> &Site {
        &self.inner.site
    }

    pub(crate) fn live(&self) -> &LiveHub {
        &self.inner.live
    }

    pub(crate) fn telemetry(&self) -> &Telemetry {
        &self.inner.telemetry
    }

    /// Documents made so far, entries dropped so far, entries and bytes held now.
    pub(crate) fn cache_counts(&self) -> [u64; 4] {
        use std::sync::atomic::Ordering::Relaxed;
        let c = &self.inner.cache;
        [c.made.load(Relaxed), c.evicted.load(Relaxed), c.entries() as u64, c.bytes() as u64]
    }

    /// Context of a page made now.
    pub(crate) fn cx(&self) -> PageCx {
        PageCx::new(self.inner.pages.clone(), self.inner.site.now())
    }

    /// Answers a GET or HEAD from memory; `None` when the address is not a hot one, or names nothing that exists.
    pub(crate) fn answer(
        &self,
        route: &Route<'_>,
        method: &Method,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Option<Answer> {
        let head = *method == Method::HEAD;
        if !head && *method != Method::GET {
            return None;
        }
        let encoding = Encoding::pick(headers.get(header::ACCEPT_ENCODING));
        let ready = match *route {
            Route::Site(part) => self.site_document(part, encoding)?,
            Route::Category(id) => self.category_document(id, encoding)?,
            Route::Service(slug, part) => {
                let part = newest(part, query)?;
                let view = self.inner.site.service(slug)?;
                let ready = self.service_document(part, &view, encoding);
                if part == ServicePart::Page && !head {
                    (self.inner.visit)(&view.service.slug, referrer::class(headers, &self.inner.own_host));
                }
                ready
            }
            _ => return None,
        };
        Some(ready.answer(headers.get(header::IF_NONE_MATCH), head))
    }

    /// Answers for a file of ours.
    pub(crate) fn asset(&self, path: &str, method: &Method, headers: &HeaderMap) -> Option<Answer> {
        let assets = &self.inner.pages.assets;
        let (document, file) = match path {
            // Browsers ask for these by themselves.
            "/favicon.svg" | "/favicon.ico" => (Document::Icon, assets.named("favicon.svg")?),
            _ => (Document::Asset, assets.get(path)?),
        };
        let encoding = Encoding::pick(headers.get(header::ACCEPT_ENCODING));
        let w = Wanted { document, subject: &file.path, encoding, service: 0, whole: 0, stale: 0 };
        let ready = self.inner.cache.get(&w, || 0, || document::asset(file, document == Document::Asset, encoding));
        Some(ready.answer(headers.get(header::IF_NONE_MATCH), *method == Method::HEAD))
    }

    fn site_document(&self, part: SitePart, encoding: Encoding) -> Option<Arc<Ready>> {
        let whole = self.inner.site.whole();
        let now = self.inner.site.now();
        let (version, stale) = match part {
            _ if part.is_fixed() => (0, false),
            // Its expiry date is a year ahead of the day it is made.
            SitePart::SecurityTxt => {
                page::contact_uri(&PageCx::new(self.inner.pages.clone(), now))?;
                (u64::try_from(now.seconds() / 86_400).unwrap_or(0), false)
            }
            _ => (whole.version, whole.is_stale(now)),
        };
        let stale = staleness(now, stale, false);
        let w = Wanted { document: Document::Site(part), subject: "", encoding, service: 0, whole: version, stale };
        Some(self.inner.cache.get(&w, || version, || self.make(now, &Source::Site(part, &whole), encoding)))
    }

    fn category_document(&self, id: &str, encoding: Encoding) -> Option<Arc<Ready>> {
        let whole = self.inner.site.whole();
        let now = self.inner.site.now();
        let category = whole.catalogue.categories.get(id)?;
        let stale = staleness(now, whole.is_stale(now), false);
        let version = whole.version;
        let w = Wanted { document: Document::Category, subject: id, encoding, service: 0, whole: version, stale };
        Some(self.inner.cache.get(&w, || version, || self.make(now, &Source::Category(category, &whole), encoding)))
    }

    fn service_document(&self, part: ServicePart, view: &Arc<ServiceView>, encoding: Encoding) -> Arc<Ready> {
        let now = self.inner.site.now();
        let neighbours = matches!(part, ServicePart::Page | ServicePart::ApiOne);
        let whole = neighbours.then(|| self.inner.site.whole());
        let w = Wanted {
            document: Document::Service(part),
            subject: &view.service.slug,
            encoding,
            service: view.version,
            whole: whole.as_ref().map_or(0, |s| s.version),
            stale: staleness(now, view.is_stale(now), whole.as_ref().is_some_and(|s| s.is_stale(now))),
        };
        let around = || whole.as_ref().map_or(0, |whole| around(view, whole));
        let make = || {
            let whole = whole.clone().unwrap_or_else(|| self.inner.site.whole());
            self.make(now, &Source::Service(part, view, &whole), encoding)
        };
        self.inner.cache.get(&w, around, make)
    }

    fn make(&self, now: Time, from: &Source<'_>, encoding: Encoding) -> Ready {
        document::make(&PageCx::new(self.inner.pages.clone(), now), from, encoding)
    }

    /// The pictures a cold page of this service is made from.
    pub(crate) fn pictures(&self, slug: &str) -> Option<(Arc<ServiceView>, Arc<SiteView>)> {
        Some((self.inner.site.service(slug)?, self.inner.site.whole()))
    }
}

/// Digest of what a service's page shows of other services. Only compared within this process.
pub(crate) fn around(view: &ServiceView, whole: &SiteView) -> u64 {
    let mut h = DefaultHasher::new();
    for l in view.service.related.iter().filter_map(|slug| whole.line(slug)) {
        (&l.slug, &l.name, l.level, l.phase, l.confirmed, l.since, l.actual, l.expected.to_bits(), l.spark)
            .hash(&mut h);
    }
    h.finish()
}

/// Which of a document's pictures are past their time, as bits, and then the day: what a document says of "today" is made
/// anew with each picture, and where none comes any more, with each day.
fn staleness(now: Time, service: bool, whole: bool) -> u32 {
    let bits = u32::from(service) | u32::from(whole) << 1;
    let day = u32::try_from(now.seconds().div_euclid(86_400)).unwrap_or(0);
    if bits == 0 { 0 } else { bits | day << 2 }
}

/// The windows of a chart.
const SHORT: &str = "24h";
const LONG: &str = "48h";

/// The document that a query asks for, if a picture holds it: the newest lists, and the last day or two of a chart. Windows
/// are part of the cache's key. Parameters that the address does not know change nothing; one that cannot be read, or stands
/// there twice, is for the cold side to refuse.
fn newest(part: ServicePart, query: Option<&str>) -> Option<ServicePart> {
    let query = query.unwrap_or_default();
    let names = |wanted: &[&str]| raw_pairs(query).any(|(n, _)| wanted.contains(&n));
    match part {
        ServicePart::History | ServicePart::Reports if names(&["before"]) => None,
        ServicePart::ApiIncidents | ServicePart::ApiReports if names(&["before", "limit"]) => None,
        ServicePart::ApiChart => {
            let mut windows = raw_pairs(query).filter(|(n, _)| *n == "window").map(|(_, v)| decode(v));
            match (windows.next(), windows.next()) {
                (None, _) => Some(part),
                (Some(Some(w)), None) if w == SHORT => Some(part),
                (Some(Some(w)), None) if w == LONG => Some(ServicePart::ApiChartLong),
                _ => None,
            }
        }
        // It carries when it was made.
        ServicePart::Report => None,
        part => Some(part),
    }
}

impl SitePart {
    /// True for documents that are the same as long as the process runs.
    fn is_fixed(self) -> bool {
        matches!(
            self,
            SitePart::Privacy
                | SitePart::Terms
                | SitePart::Contact
                | SitePart::How
                | SitePart::ApiReference
                | SitePart::Robots
                | SitePart::Manifest
                | SitePart::OpenApi
        )
    }
}
