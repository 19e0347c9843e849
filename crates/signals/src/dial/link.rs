//! A connection over which HTTP is spoken: for one request, or kept for the next one of a check that asks for that.

use super::Executor;
use super::failure::Failure;
use super::http::{Answer, MAX_HEAD, MAX_HEADERS, Uses, failure, read};
use super::open::{Progress, Stream, is_http2};
use super::tls::days_left;
use allclear_model::Time;
use allclear_model::check::CertificateFacts;
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a connection is kept that nobody uses. Well below the four minutes after which the most hasty of firewalls and balancers
/// forget one without a word, for what is sent then looks like an outage.
const IDLE: Duration = Duration::from_secs(90);
/// After how long a connection is not kept again: connecting, the handshake and the certificate are part of what a check is about.
const AGE: Duration = Duration::from_hours(1);
/// Most connections that are kept.
const MOST: usize = 1000;

type Body = Full<Bytes>;

/// A connection after the handshake of HTTP.
pub(super) struct Link {
    sender: Sender,
    /// The work of the connection; nothing once it has ended.
    work: Option<Work>,
    certificate: Option<CertificateFacts>,
    opened: Instant,
}

type Work = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

enum Sender {
    One(http1::SendRequest<Body>),
    Two(http2::SendRequest<Body>),
}

impl Link {
    /// Speaks HTTP over `stream`, which was secured with that certificate, in the version that was agreed on.
    pub(super) async fn over(
        stream: Stream,
        certificate: Option<CertificateFacts>,
        executor: Executor,
    ) -> hyper::Result<Link> {
        let (sender, work): (_, Work) = if is_http2(&stream) {
            let (sender, connection) = http2::Builder::new(executor)
                .max_header_list_size(MAX_HEAD as u32)
                .initial_stream_window_size(1 << 20)
                .handshake(TokioIo::new(stream))
                .await?;
            (Sender::Two(sender), Box::pin(connection))
        } else {
            let (sender, connection) = http1::Builder::new()
                .max_headers(MAX_HEADERS)
                .max_buf_size(MAX_HEAD)
                .handshake(TokioIo::new(stream))
                .await?;
            (Sender::One(sender), Box::pin(connection))
        };
        Ok(Link { sender, work: Some(work), certificate, opened: Instant::now() })
    }

    /// What was seen of its certificate, by the clock of `now`.
    pub(super) fn certificate(&self, now: Time) -> Option<CertificateFacts> {
        let aged = |c: CertificateFacts| CertificateFacts { days_left: days_left(c.not_after, now), ..c };
        self.certificate.clone().map(aged)
    }

    /// True for HTTP/2.
    pub(super) fn is_two(&self) -> bool {
        matches!(self.sender, Sender::Two(_))
    }

    /// False once the other side has ended it.
    fn is_open(&self) -> bool {
        let closed = match &self.sender {
            Sender::One(sender) => sender.is_closed(),
            Sender::Two(sender) => sender.is_closed(),
        };
        self.work.is_some() && !closed
    }

    /// Sends a request once the connection is ready for it, and reads the answer.
    pub(super) async fn carry(
        &mut self,
        head: http::Request<Body>,
        uses: Uses<'_>,
        progress: &mut Progress,
    ) -> Result<Answer, Failure> {
        let answer = async {
            match &mut self.sender {
                Sender::One(sender) => {
                    sender.ready().await.map_err(|e| failure(&e))?;
                    read(sender.send_request(head), uses, progress).await
                }
                Sender::Two(sender) => {
                    sender.ready().await.map_err(|e| failure(&e))?;
                    read(sender.send_request(head), uses, progress).await
                }
            }
        };
        beside(answer, &mut self.work).await
    }
}

/// Waits for `answer` while the connection does its work; a connection that ends first leaves what it has read to the answer.
async fn beside<T>(answer: impl Future<Output = Result<T, Failure>>, work: &mut Option<Work>) -> Result<T, Failure> {
    let mut answer = pin!(answer);
    if let Some(open) = work {
        tokio::select! {
            biased;
            done = &mut answer => return done,
            // The answer's own error says more, where there is one; else it was complete.
            ended = open => drop(ended),
        }
    }
    // Whoever still waits for the connection learns that it is gone.
    *work = None;
    answer.await
}

/// Where a kept connection leads: the host as it was named (TLS has proven that one), whether it is secured, and the very address.
pub(super) type Origin = (String, bool, SocketAddr);

/// The connections that checks keep: at most one for each origin, each in nobody's use.
#[derive(Default)]
pub(super) struct Links(Mutex<HashMap<Origin, (Link, Instant)>>);

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").finish_non_exhaustive()
    }
}

impl Links {
    /// The connection that is kept for `origin`.
    pub(super) fn take(&self, origin: &Origin) -> Option<Link> {
        self.fresh().remove(origin).map(|(link, _)| link)
    }

    /// Keeps a connection whose last answer was read to its end, unless it has ended or is old.
    pub(super) fn keep(&self, origin: Origin, link: Link) {
        let mut all = self.fresh();
        if link.is_open() && link.opened.elapsed() < AGE && all.len() < MOST {
            all.insert(origin, (link, Instant::now()));
        }
    }

    /// Drops what is kept of an address and port, whatever the name.
    pub(super) fn drop_of(&self, address: SocketAddr) {
        self.fresh().retain(|(.., kept), _| *kept != address);
    }

    /// All but those that nobody has used for long.
    fn fresh(&self) -> MutexGuard<'_, HashMap<Origin, (Link, Instant)>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, since)| since.elapsed() < IDLE);
        all
    }
}
