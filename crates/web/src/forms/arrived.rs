//! A form as it arrived. What is refused is still read as far as it can be, so that nobody has to type it again.

use super::{FIELDS_MAX, Form};
use crate::body::{self, Media};
use crate::problem::{Problem, Refused};
use crate::routes::raw_pairs;
use allclear_model::words::problems::{self as words, ProblemKind};
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body::Body;
use std::borrow::Cow;
use std::time::Duration;

/// The fields that could be read, and why the form is not taken, if so.
pub(crate) struct Arrived {
    pub(crate) form: Form,
    pub(crate) refused: Option<Refused>,
}

impl Arrived {
    /// Reads a form. What is wrong with the request as a whole is said before what is wrong with its body.
    pub(crate) async fn read<B>(headers: &HeaderMap, body: B, within: Duration, whole: Result<(), Refused>) -> Arrived
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (bytes, broken) = body::head(body, within).await;
        let plain = body::expect_plain(headers);
        let readable = plain.is_ok();
        let form = whole
            .and(plain)
            .and_then(|()| body::expect(headers, Media::Form))
            .and_then(|()| broken.map_or(Ok(()), Err))
            .and_then(|()| {
                let text = std::str::from_utf8(&bytes);
                Form::parse(text.map_err(|_| Problem::new(ProblemKind::BadRequest, words::NOT_UTF8))?)
            });
        match form {
            Ok(form) => Arrived { form, refused: None },
            Err(refused) => {
                let form = if readable { as_far_as_possible(headers, &bytes) } else { Form::default() };
                Arrived { form, refused: Some(refused) }
            }
        }
    }
}

impl Arrived {
    /// The form, unless it is refused: for forms in which nothing is typed.
    pub(crate) fn taken(self) -> Result<Form, Refused> {
        self.refused.map_or(Ok(self.form), Err)
    }
}

/// Reads what is no form of ours, or a broken one: the first value of each name, and what cannot be decoded as it came.
fn as_far_as_possible(headers: &HeaderMap, bytes: &[u8]) -> Form {
    let text = String::from_utf8_lossy(bytes);
    let mut form = Form::default();
    let mut keep = |name: &str, value: Cow<'_, str>| {
        if form.0.len() < FIELDS_MAX && !form.0.iter().any(|(n, _)| n == name) {
            form.0.push((name.to_owned(), value.into_owned()));
        }
    };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match kind.split_once("boundary=") {
        Some((_, boundary)) => {
            let boundary = boundary.split(';').next().unwrap_or_default().trim_matches('"');
            for part in text.split(&format!("--{boundary}")) {
                let Some((head, value)) = part.split_once("\r\n\r\n") else { continue };
                let Some((_, name)) = head.split_once(" name=\"") else { continue };
                let value = value.strip_suffix("\r\n").unwrap_or(value);
                keep(name.split('"').next().unwrap_or_default(), value.into());
            }
        }
        None => {
            for (name, value) in raw_pairs(&text) {
                keep(&decode_lossily(name), decode_lossily(value).into());
            }
        }
    }
    form
}

/// Undoes `+` and percent signs; an escape that is none stays as it is.
fn decode_lossily(raw: &str) -> String {
    let plain = raw.replace('+', " ");
    percent_encoding::percent_decode_str(&plain).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, bytes: &[u8]) -> Form {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        as_far_as_possible(&headers, bytes)
    }

    #[test]
    fn what_is_broken_is_read_as_far_as_it_can_be() {
        let f = read("text/plain", b"symptom=login&text=100%+sure+%C3%A4+%zz\xff&symptom=slow&&x");
        assert_eq!((f.get("symptom"), f.get("text")), ("login", "100% sure ä %zz\u{fffd}"));
        let many = (0..100).map(|n| format!("f{n}=x")).collect::<Vec<_>>().join("&");
        assert_eq!(read("text/plain", many.as_bytes()).0.len(), FIELDS_MAX);
        assert_eq!(read("text/plain", b""), Form::default());
    }

    #[test]
    fn a_form_in_parts_is_read_for_its_texts() {
        let body = b"--b\r\nContent-Disposition: form-data; name=\"symptom\"\r\n\r\nlogin\r\n--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na\r\nb\r\n--b--\r\n";
        let f = read("multipart/form-data; boundary=b", body);
        assert_eq!((f.get("symptom"), f.get("text")), ("login", "a\r\nb"));
        assert_eq!(read("multipart/form-data; boundary=", body).get("none"), "");
    }
}
