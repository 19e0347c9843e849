//! Headers that are the same on many answers. Every answer gets [`secure`].

use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue};

pub(crate) const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(crate) const JSON_LINES: HeaderValue = HeaderValue::from_static("application/jsonl; charset=utf-8");
pub(crate) const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
pub(crate) const ATOM: HeaderValue = HeaderValue::from_static("application/atom+xml; charset=utf-8");
pub(crate) const XML: HeaderValue = HeaderValue::from_static("application/xml");
pub(crate) const SVG: HeaderValue = HeaderValue::from_static("image/svg+xml");
pub(crate) const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
pub(crate) const MANIFEST: HeaderValue = HeaderValue::from_static("application/manifest+json");
pub(crate) const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");

/// May be kept, must be asked about: an answer of the same tag costs 304 and no body.
pub(crate) const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// The address holds a hash of the content.
pub(crate) const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub(crate) const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");
pub(crate) const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
pub(crate) const NOINDEX: HeaderValue = HeaderValue::from_static("noindex");

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// No script, style, frame or request but our own; nothing inline; nobody may frame the page.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                   worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The same for the embeddable card: framed by anybody, and it can send nothing.
const CSP_EMBED: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; \
                         frame-ancestors *";

/// Nothing at all, for files that are parts of pages: a browser shows none of them as a page of its own.
const CSP_PART: &str = "default-src 'none'; frame-ancestors 'none'";

/// Who may show the answer in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Nobody.
    Never,
    /// Everybody: the card made for that.
    Anybody,
}

/// Sets the security headers. Ours are laid over whatever a handler may have set.
pub(crate) fn secure(h: &mut HeaderMap, frame: Frame) {
    let (csp, corp) = match frame {
        Frame::Never => (CSP, "same-origin"),
        Frame::Anybody => (CSP_EMBED, "cross-origin"),
    };
    h.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(csp));
    h.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Follow links hold a secret in their path, so other sites learn nothing. `no-referrer` would make browsers send
    // forms with `Origin: null`, and the check of a form's origin could not tell ours from a stranger's.
    h.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    h.insert(
        PERMISSIONS_POLICY,
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    );
    h.insert(CORP, HeaderValue::from_static(corp));
    if frame == Frame::Never {
        h.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        h.insert(COOP, HeaderValue::from_static("same-origin"));
    }
}

/// The security headers of a file that is a part of pages; it is loaded with every first view, so its head is short.
pub(crate) fn secure_part(h: &mut HeaderMap) {
    secure(h, Frame::Never);
    h.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP_PART));
}

/// Lets scripts of any site read the answer. Only for what holds nothing of the reader.
pub(crate) fn open_to_all(h: &mut HeaderMap) {
    h.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    h.insert(CORP, HeaderValue::from_static("cross-origin"));
}
