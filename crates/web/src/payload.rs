//! Bodies of answers: ready bytes without a box, and live streams.

use crate::live::LiveBody;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// An answer as the server writes it.
pub type Answer = Response<Payload>;

/// A body.
pub enum Payload {
    /// Bytes that are ready; `None` once they are written, or when there are none.
    Ready(Option<Bytes>),
    /// Events until the reader goes.
    Live(Box<LiveBody>),
}

impl Payload {
    pub(crate) fn full(bytes: impl Into<Bytes>) -> Payload {
        Payload::Ready(Some(bytes.into()))
    }

    pub(crate) fn empty() -> Payload {
        Payload::Ready(None)
    }
}

/// An answer with a body and its type, without any other header.
pub(crate) fn answer(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Answer {
    let mut res = Response::new(Payload::full(body));
    *res.status_mut() = status;
    res.headers_mut().insert(header::CONTENT_TYPE, content_type);
    res
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Payload::Ready(bytes) => Poll::Ready(bytes.take().filter(|b| !b.is_empty()).map(|b| Ok(Frame::data(b)))),
            Payload::Live(live) => live.poll_next(cx).map(|bytes| bytes.map(|b| Ok(Frame::data(b)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Payload::Ready(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Payload::Live(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Payload::Ready(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64)),
            Payload::Live(_) => SizeHint::default(),
        }
    }
}
