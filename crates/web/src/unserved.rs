//! Refusals of what never becomes a request: hyper answers a head that is no HTTP itself, with a status line and no body,
//! and a full house answers before it reads. On their way out both get the headers of every other answer and a body.

use crate::payload::{Answer, Payload};
use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderName, header};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Why nothing was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unserved {
    /// The head is no HTTP.
    BadHead,
    /// The head is longer than so many bytes.
    LongHead(usize),
    /// All places for connections are taken.
    Full,
}

/// What is said in each case, made once: everything behind the status line, `connection` and `date`.
pub(crate) struct Sayings {
    bad: Bytes,
    long: Bytes,
    full: Bytes,
}

impl Sayings {
    /// Takes them from `refusal`; a head may have `head_max` bytes.
    pub(crate) fn new(head_max: usize, refusal: impl Fn(Unserved) -> Answer) -> Sayings {
        let behind = |why| behind_the_first_lines(refusal(why));
        let mut full = BytesMut::from(&b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n"[..]);
        full.extend_from_slice(&behind(Unserved::Full));
        Sayings { bad: behind(Unserved::BadHead), long: behind(Unserved::LongHead(head_max)), full: full.freeze() }
    }

    /// The whole answer of a full house.
    pub(crate) fn full(&self) -> &[u8] {
        &self.full
    }

    /// The answer to write in place of `head`, when that is one of hyper's own: a refusal with no header but `connection`,
    /// `date` and a length of 0. None of ours is like that, they all carry the security headers.
    fn in_place_of(&self, head: &[u8]) -> Option<Bytes> {
        const LONGEST: usize = 256;
        if head.len() > LONGEST || !head.starts_with(b"HTTP/1.") {
            return None;
        }
        let lines = std::str::from_utf8(head).ok()?.strip_suffix("\r\n\r\n")?;
        let (status, headers) = lines.split_once("\r\n")?;
        let behind = match status.split(' ').nth(1)? {
            "400" => &self.bad,
            "414" | "431" => &self.long,
            _ => return None,
        };
        let mut out = BytesMut::with_capacity(head.len() + behind.len());
        out.extend_from_slice(status.as_bytes());
        out.extend_from_slice(b"\r\n");
        for line in headers.split("\r\n") {
            let (name, value) = line.split_once(": ")?;
            let is = |known: &HeaderName| name.eq_ignore_ascii_case(known.as_str());
            if is(&header::CONTENT_LENGTH) && value == "0" {
                continue;
            }
            if !is(&header::CONNECTION) && !is(&header::DATE) {
                return None;
            }
            out.extend_from_slice(line.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(behind);
        Some(out.freeze())
    }
}

fn behind_the_first_lines(mut answer: Answer) -> Bytes {
    let body = match answer.body_mut() {
        Payload::Ready(body) => body.take().unwrap_or_default(),
        Payload::Live(_) => Bytes::new(),
    };
    let mut out = BytesMut::new();
    let own = |name: &HeaderName| *name == header::CONNECTION || *name == header::CONTENT_LENGTH;
    for (name, value) in answer.headers().iter().filter(|(n, _)| !own(n)) {
        for piece in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            out.extend_from_slice(piece);
        }
    }
    out.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(&body);
    out.freeze()
}

/// Passes everything on, but hyper's own refusals, in whose place ours are written.
pub(crate) struct Explained<S> {
    io: S,
    sayings: Arc<Sayings>,
    /// What is still to be written, and how many bytes of hyper's it stands for.
    owed: Option<(Bytes, usize)>,
}

impl<S> Explained<S> {
    pub(crate) fn new(io: S, sayings: Arc<Sayings>) -> Explained<S> {
        Explained { io, sayings, owed: None }
    }
}

impl<S: AsyncWrite + Unpin> Explained<S> {
    /// Writes what is owed, or what stands in place of `buf`; `None` when there is nothing of that kind.
    fn write_owed(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Option<Poll<io::Result<usize>>> {
        if self.owed.is_none() {
            self.owed = self.sayings.in_place_of(buf).map(|bytes| (bytes, buf.len()));
        }
        let (bytes, stands_for) = self.owed.as_mut()?;
        let io = &mut self.io;
        let mut write = || {
            while !bytes.is_empty() {
                let n = ready!(Pin::new(&mut *io).poll_write(cx, bytes))?;
                if n == 0 {
                    return Poll::Ready(Ok(0));
                }
                bytes.advance(n);
            }
            Poll::Ready(Ok(*stands_for))
        };
        let written = write();
        if written.is_ready() {
            self.owed = None;
        }
        Some(written)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.write_owed(cx, buf) {
            Some(written) => written,
            None => Pin::new(&mut self.io).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter().find(|b| !b.is_empty()).map_or(&[][..], |b| b);
        match self.write_owed(cx, first) {
            Some(written) => written,
            None => Pin::new(&mut self.io).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
