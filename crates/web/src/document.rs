//! Making documents from pictures, with every header they will have.

use crate::api::v1;
use crate::cache::Ready;
use crate::encoding::{Encoding, gzip};
use crate::headers::{self, Frame};
use crate::page::{self, Asset, HistoryPage, PageCx, ReportForm, ReportsPage};
use crate::pages::Behind;
use crate::routes::{ServicePart, SitePart};
use allclear_engine::view::{ServiceView, SiteView};
use allclear_model::{Category, Incident};
use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Which document, apart from what it is about. Part of a cache key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Document {
    /// One of the whole site.
    Site(SitePart),
    /// A category's page.
    Category,
    /// One of a service.
    Service(ServicePart),
    /// A file of ours.
    Asset,
    /// The icon at its fixed addresses.
    Icon,
}

/// A document and the pictures it is made from.
pub(crate) enum Source<'a> {
    /// The whole.
    Site(SitePart, &'a SiteView),
    /// A category, and the whole.
    Category(&'a Category, &'a SiteView),
    /// One service, and the whole.
    Service(ServicePart, &'a ServiceView, &'a SiteView),
}

/// How many lines a page of the newest reports or incidents has: as many as a picture holds.
pub(crate) const NEWEST: usize = 20;

struct Body {
    kind: HeaderValue,
    text: String,
    frame: Frame,
    open: bool,
}

fn html(text: String) -> Body {
    Body { kind: headers::HTML, text, frame: Frame::Never, open: false }
}

fn json(text: String) -> Body {
    Body { kind: headers::JSON, text, frame: Frame::Never, open: true }
}

fn other(kind: HeaderValue, text: String) -> Body {
    Body { kind, text, frame: Frame::Never, open: false }
}

/// Makes a document.
pub(crate) fn make(cx: &PageCx, from: &Source<'_>, encoding: Encoding) -> Ready {
    let body = match *from {
        Source::Site(part, site) => of_site(cx, part, site),
        Source::Category(category, site) => html(page::category(cx, category, site)),
        Source::Service(part, view, site) => of_service(cx, part, view, site),
    };
    let mut h = HeaderMap::with_capacity(16);
    headers::secure(&mut h, body.frame);
    if body.open {
        headers::open_to_all(&mut h);
    }
    if body.kind == headers::SVG || body.kind == headers::ATOM {
        // Badges are shown on other people's pages and feeds are read by their readers.
        headers::open_to_all(&mut h);
    }
    h.insert(header::CONTENT_TYPE, body.kind);
    h.insert(header::CACHE_CONTROL, headers::REVALIDATE);
    let plain = match encoding {
        // Without the room that it grew into: it is kept for as long as it is true.
        Encoding::Identity => body.text.into_boxed_str().into_boxed_bytes().into(),
        Encoding::Gzip => body.text.into_bytes().into(),
    };
    finish(h, plain, encoding)
}

/// A file of ours, to be kept for ever when its address holds its hash.
pub(crate) fn asset(file: &Asset, hashed: bool, encoding: Encoding) -> Ready {
    let mut h = HeaderMap::with_capacity(16);
    headers::secure_part(&mut h);
    h.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    h.insert(
        header::CACHE_CONTROL,
        if hashed { headers::FOR_EVER } else { HeaderValue::from_static("public, max-age=86400") },
    );
    if hashed {
        // The embeddable card stands in other people's pages and loads its style sheet from here.
        headers::open_to_all(&mut h);
    }
    finish(h, file.bytes.clone(), encoding)
}

fn of_site(cx: &PageCx, part: SitePart, site: &SiteView) -> Body {
    match part {
        SitePart::Home => html(page::home(cx, site)),
        SitePart::Privacy => html(page::privacy(cx)),
        SitePart::Terms => html(page::terms(cx)),
        SitePart::Contact => html(page::contact(cx)),
        SitePart::How => html(page::how(cx)),
        SitePart::ApiReference => html(page::api_reference(cx)),
        SitePart::Robots => other(headers::TEXT, page::robots(cx)),
        SitePart::Sitemap => other(headers::XML, page::sitemap(cx, site)),
        SitePart::Manifest => other(headers::MANIFEST, page::manifest(cx)),
        SitePart::SecurityTxt => other(headers::TEXT, page::security_txt(cx).unwrap_or_default()),
        SitePart::SearchIndex => json(page::search_index(site)),
        SitePart::ApiServices => json(v1::render::services(cx, site)),
        SitePart::OpenApi => json(v1::openapi::json(cx)),
    }
}

fn of_service(cx: &PageCx, part: ServicePart, view: &ServiceView, site: &SiteView) -> Body {
    match part {
        ServicePart::Page => html(page::service(cx, view, site)),
        // Made for each reader; see `App::get_report`.
        ServicePart::Report => html(page::report_form(cx, view, &ReportForm::default())),
        ServicePart::Vote => html(page::thanks_vote(cx, &view.service)),
        ServicePart::History => {
            let next = next_incident(view);
            html(page::history(cx, view, &HistoryPage { incidents: &view.incidents, before: None, next }))
        }
        ServicePart::Guide => html(page::guide(cx, view)),
        ServicePart::Reports => {
            // Where nothing tells of any, "older" would contradict "no reports yet".
            let told = view.day_total > 0 || view.before.iter().any(|b| b.actual > 0) || !view.incidents.is_empty();
            let next = (told || !view.recent.is_empty()).then(|| Behind::newest(view));
            html(page::reports(cx, view, &ReportsPage { lines: &view.recent, older: false, next }))
        }
        ServicePart::Feed => other(headers::ATOM, page::feed(cx, view)),
        ServicePart::Badge => other(headers::SVG, page::badge(cx, view)),
        ServicePart::Embed => {
            Body { kind: headers::HTML, text: page::embed(cx, view), frame: Frame::Anybody, open: false }
        }
        ServicePart::Summary => json(v1::summary::summary(cx, view)),
        ServicePart::ApiOne => json(v1::render::service(cx, view, site)),
        ServicePart::ApiChart => json(v1::render::chart(view)),
        ServicePart::ApiChartLong => json(v1::render::long_chart(view)),
        ServicePart::ApiUptime => json(v1::render::uptime(view)),
        ServicePart::ApiIncidents => {
            let remark = |i: &Incident| view.remark(&i.id).cloned();
            json(v1::render::incidents(cx, &view.incidents, next_incident(view), remark))
        }
        ServicePart::ApiReports => json(v1::render::recent(view)),
    }
}

/// Where the archive's list of incidents goes on behind the picture's, when that one is full.
fn next_incident(view: &ServiceView) -> Option<allclear_model::Time> {
    (view.incidents.len() >= NEWEST).then(|| view.incidents.last().map(|i| i.opened)).flatten()
}

/// Compresses and tags.
fn finish(mut h: HeaderMap, plain: Bytes, encoding: Encoding) -> Ready {
    let digest = Sha256::digest(&plain);
    let mut tag = String::with_capacity(24);
    tag.push('"');
    for b in &digest[..8] {
        let _ = write!(tag, "{b:02x}");
    }
    let body = match encoding {
        Encoding::Identity => plain,
        Encoding::Gzip => {
            tag.push_str("-gz");
            h.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            gzip(&plain)
        }
    };
    tag.push('"');
    let etag = HeaderValue::try_from(tag).unwrap_or_else(|_| HeaderValue::from_static("\"0\""));
    h.insert(header::ETAG, etag.clone());
    h.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let mut unchanged = h.clone();
    let of_the_body: [HeaderName; 2] = [header::CONTENT_TYPE, header::CONTENT_ENCODING];
    for name in of_the_body {
        unchanged.remove(name);
    }
    // A HEAD has no body from which the length could be taken.
    h.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Ready { headers: h, unchanged, etag, body }
}
