//! Reading a request's body: only so much, only so long, only as what it says it is.

use crate::payload::Answer;
use crate::problem::{Problem, Refused};
use allclear_model::words::problems::{self as words, ProblemKind};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::time::Duration;

/// Largest body of a form or of a JSON document, bytes. 500 characters take at most 2,000 bytes, 6,000 when every byte
/// is written as a percent sign and two digits.
pub(crate) const BODY_MAX: usize = 24 << 10;

/// What a body says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json`.
    Json,
}

impl Media {
    fn name(self) -> &'static str {
        match self {
            Media::Form => "application/x-www-form-urlencoded",
            Media::Json => "application/json",
        }
    }
}

/// Refuses what is not sent as `media`, or in another encoding of letters than UTF-8 (of which ASCII is a part).
pub(crate) fn expect(headers: &HeaderMap, media: Media) -> Result<(), Refused> {
    let refuse = |detail: String| Err(Problem::new(ProblemKind::UnsupportedMedia, detail));
    let mut given = headers.get_all(header::CONTENT_TYPE).iter().map(HeaderValue::as_bytes);
    let (first, second) = (given.next().unwrap_or_default(), given.next());
    if second.is_some() {
        return refuse(words::TWO_TYPES.to_owned());
    }
    let mut parts = first.split(|c| *c == b';').map(<[u8]>::trim_ascii);
    let essence = parts.next().unwrap_or_default();
    if !essence.eq_ignore_ascii_case(media.name().as_bytes()) {
        return refuse(words::wants_type(media.name()));
    }
    let charset = parts.filter_map(|p| {
        let (name, value) = p.split_at_checked(p.iter().position(|c| *c == b'=')?)?;
        let value = value.strip_prefix(b"=")?.trim_ascii();
        let bare = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")).unwrap_or(value);
        name.trim_ascii().eq_ignore_ascii_case(b"charset").then_some(bare)
    });
    let readable = |c: &[u8]| [&b"utf-8"[..], b"utf8", b"us-ascii"].iter().any(|ok| c.eq_ignore_ascii_case(ok));
    if charset.into_iter().all(readable) { Ok(()) } else { refuse(words::CHARSET.to_owned()) }
}

/// How much of a body that is not wanted is read away, bytes, its first [`BODY_MAX`] included: a client that is still sending
/// when the connection is closed may never see the answer.
pub(crate) const DRAIN_MAX: usize = 256 << 10;

/// Refuses a compressed body.
pub(crate) fn expect_plain(headers: &HeaderMap) -> Result<(), Refused> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|e| !e.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Problem::new(ProblemKind::UnsupportedMedia, words::COMPRESSED));
    }
    Ok(())
}

/// The first [`BODY_MAX`] bytes of a body, and why that is not all of it, if so.
pub(crate) async fn head<B>(body: B, within: Duration) -> (Vec<u8>, Option<Refused>)
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut kept = Vec::new();
    let reading = async {
        let mut body = std::pin::pin!(body);
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return Some(Problem::new(ProblemKind::BadRequest, words::BROKEN_BODY));
            };
            let Ok(data) = frame.into_data() else { continue };
            kept.extend(data.iter().take(BODY_MAX - kept.len()));
            length += data.len();
            if length > DRAIN_MAX {
                break;
            }
        }
        (length > BODY_MAX).then(|| Problem::new(ProblemKind::TooLarge, words::too_large(BODY_MAX)))
    };
    let wrong = tokio::time::timeout(within, reading).await;
    let wrong = wrong.unwrap_or_else(|_| Some(Problem::new(ProblemKind::Timeout, words::SLOW_BODY)));
    (kept, wrong)
}

/// A refusal that needs nothing of the body. The connection goes on behind a body of at most [`DRAIN_MAX`] that comes in time,
/// and ends behind any other.
pub(crate) async fn refuse_unread<B>(mut answer: Answer, body: B, within: Duration) -> Answer
where
    B: Body<Data = Bytes>,
{
    let reading = async {
        let mut body = std::pin::pin!(body);
        let mut left = DRAIN_MAX;
        if body.size_hint().lower() > left as u64 {
            return None;
        }
        while let Some(frame) = body.frame().await {
            let read = frame.ok()?.into_data().map_or(0, |data| data.len());
            left = left.checked_sub(read)?;
        }
        Some(())
    };
    if !matches!(tokio::time::timeout(within, reading).await, Ok(Some(()))) {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// Reads the whole body as text.
pub(crate) async fn read<B>(headers: &HeaderMap, body: B, within: Duration) -> Result<String, Refused>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    read_up_to(headers, body, within, BODY_MAX).await
}

/// The same, of a body that may have `most` bytes.
pub(crate) async fn read_up_to<B>(
    headers: &HeaderMap,
    body: B,
    within: Duration,
    most: usize,
) -> Result<String, Refused>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    expect_plain(headers)?;
    let too_large = || Problem::new(ProblemKind::TooLarge, words::too_large(most));
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    let collected = tokio::time::timeout(within, Limited::new(body, most).collect());
    let bytes = match collected.await {
        Err(_) => return Err(Problem::new(ProblemKind::Timeout, words::SLOW_BODY)),
        Ok(Err(e)) if e.is::<LengthLimitError>() => return Err(too_large()),
        Ok(Err(_)) => return Err(Problem::new(ProblemKind::BadRequest, words::BROKEN_BODY)),
        Ok(Ok(all)) => all.to_bytes(),
    };
    String::from_utf8(bytes.into()).map_err(|_| Problem::new(ProblemKind::BadRequest, words::NOT_UTF8))
}
