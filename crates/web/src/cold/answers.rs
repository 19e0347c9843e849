//! Answers that are made for one request.

use crate::headers::{self, Frame};
use crate::page::PageCx;
use crate::payload::{Answer, Payload, answer};
use http::{HeaderValue, Response, StatusCode, header};

fn finish(mut res: Answer) -> Answer {
    let h = res.headers_mut();
    headers::secure(h, Frame::Never);
    h.insert(header::CACHE_CONTROL, headers::NO_STORE);
    res
}

/// A page that is made for one reader, or rarely read. Its own `<meta>` says whether it may be indexed.
pub(crate) fn html(status: StatusCode, text: String) -> Answer {
    finish(answer(status, headers::HTML, text))
}

/// A document of the API that is made for one request.
pub(crate) fn json(status: StatusCode, text: String) -> Answer {
    let mut res = finish(answer(status, headers::JSON, text));
    headers::open_to_all(res.headers_mut());
    res
}

/// Lines of JSON to be kept as a file of this name, which must be made of the characters of slugs and dots.
pub(crate) fn download(text: String, name: &str) -> Answer {
    let mut res = finish(answer(StatusCode::OK, headers::JSON_LINES, text));
    let h = res.headers_mut();
    headers::open_to_all(h);
    let kept = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    h.insert(header::CONTENT_DISPOSITION, kept.unwrap_or_else(|_| HeaderValue::from_static("attachment")));
    res
}

fn redirect(status: StatusCode, cx: &PageCx, path: &str) -> Answer {
    let mut res = Response::new(Payload::empty());
    *res.status_mut() = status;
    // Paths are made of checked parts; one that still is no header value leads home instead of nowhere.
    let to = HeaderValue::try_from(cx.href(path)).or_else(|_| HeaderValue::try_from(cx.href("/")));
    if let Ok(to) = to {
        res.headers_mut().insert(header::LOCATION, to);
    }
    finish(res)
}

/// After a form: go and read this.
pub(crate) fn see_other(cx: &PageCx, path: &str) -> Answer {
    redirect(StatusCode::SEE_OTHER, cx, path)
}

/// This address has another name.
pub(crate) fn moved(cx: &PageCx, path: &str) -> Answer {
    let mut res = redirect(StatusCode::MOVED_PERMANENTLY, cx, path);
    // Permanent, but the catalogue may change: a day is long enough to help and short enough to forget.
    res.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    res
}
