//! The accept loop: HTTP/1.1 on hyper, with a bound on everything a stranger can hold.

use crate::config::ServerLimits;
use crate::deadline::WriteDeadline;
use crate::payload::{Answer, Payload};
use crate::unserved::{Explained, Sayings, Unserved};
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, UnixListener};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Answers requests. `call` answers at once what needs no waiting.
pub trait Handler: Clone + Send + Sync + 'static {
    /// Answers one request that came from `peer`.
    fn call(&self, peer: IpAddr, req: Request<Incoming>) -> Reply;

    /// What to say when there is no request to answer. Asked once, when serving begins.
    fn refusal(&self, why: Unserved) -> Answer;
}

/// An answer that is ready, or one that has to be waited for.
pub enum Reply {
    /// Ready; `None` once taken.
    Now(Option<Answer>),
    /// Under way.
    Later(Pin<Box<dyn Future<Output = Answer> + Send>>),
}

impl Future for Reply {
    type Output = Result<Answer, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            // A future is not polled again once it is done; the empty answer only spares a panic.
            Reply::Now(a) => Poll::Ready(Ok(a.take().unwrap_or_else(|| Answer::new(Payload::empty())))),
            Reply::Later(f) => f.as_mut().poll(cx).map(Ok),
        }
    }
}

/// What the loop counts.
#[derive(Debug, Default)]
pub struct Connections {
    /// Open now.
    pub open: AtomicUsize,
    /// Accepted so far.
    pub accepted: AtomicU64,
    /// Turned away because too many were open.
    pub refused: AtomicU64,
    /// Dropped because they took nothing of what was written to them.
    pub slow: AtomicU64,
}

struct One<H> {
    handler: H,
    peer: IpAddr,
}

impl<H: Handler> Service<Request<Incoming>> for One<H> {
    type Response = Answer;
    type Error = Infallible;
    type Future = Reply;

    fn call(&self, req: Request<Incoming>) -> Reply {
        self.handler.call(self.peer, req)
    }
}

/// Bytes of answers that the system may hold for one connection (it takes twice that for its own). Left to itself it goes up
/// to megabytes for a reader who takes nothing; this much is still a few megabytes a second to the other side of the world.
pub const SEND_BUFFER: u32 = 256 << 10;

/// A listener whose connections hold at most `send_buffer` bytes in the system's memory, see [`SEND_BUFFER`].
///
/// # Errors
/// Those of binding.
pub fn bind(at: SocketAddr, send_buffer: u32) -> std::io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // As `TcpListener::bind` does: a restart need not wait for the last connections to be forgotten.
    socket.set_reuseaddr(true)?;
    // Connections inherit it.
    socket.set_send_buffer_size(send_buffer)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// Where connections come from.
pub trait Listen: Send + 'static {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// The next connection and the address of its other end.
    fn accept(&self) -> impl Future<Output = std::io::Result<(Self::Io, IpAddr)>> + Send;
    /// Says "not now" on a fresh connection without waiting, as far as its buffer takes it.
    fn refuse(io: &Self::Io, words: &[u8]);
}

impl Listen for TcpListener {
    type Io = tokio::net::TcpStream;

    async fn accept(&self) -> std::io::Result<(Self::Io, IpAddr)> {
        let (io, peer) = TcpListener::accept(self).await?;
        // Answers are written whole; waiting for more to send with them would only delay them.
        let _ = io.set_nodelay(true);
        Ok((io, peer.ip()))
    }

    fn refuse(io: &Self::Io, words: &[u8]) {
        let _ = io.try_write(words);
    }
}

impl Listen for UnixListener {
    type Io = tokio::net::UnixStream;

    async fn accept(&self) -> std::io::Result<(Self::Io, IpAddr)> {
        let (io, _) = UnixListener::accept(self).await?;
        Ok((io, IpAddr::V4(Ipv4Addr::LOCALHOST)))
    }

    fn refuse(io: &Self::Io, words: &[u8]) {
        let _ = io.try_write(words);
    }
}

/// Accepts connections and serves them until `stop`; then lets open requests end within `limits.grace` and closes the
/// rest. Returns when the last connection is closed. Each connection is a task of `tracker`.
pub async fn serve_connections<L: Listen, H: Handler>(
    listener: L,
    handler: H,
    limits: ServerLimits,
    counts: Arc<Connections>,
    tracker: &TaskTracker,
    stop: CancellationToken,
) {
    let mut http = http1::Builder::new();
    let head_max = limits.buffer.max(8192);
    http.timer(TokioTimer::new()).header_read_timeout(limits.header_timeout).max_buf_size(head_max);
    let sayings = Arc::new(Sayings::new(head_max, |why| handler.refusal(why)));
    // Cancelled when the time for ending well is over.
    let kill = CancellationToken::new();
    let own = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            a = listener.accept() => a,
        };
        let (io, peer) = match accepted {
            Ok(a) => a,
            Err(error) => {
                // A client that gave up, or no descriptor left: neither gets better by trying again at once.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        if counts.open.load(Ordering::Relaxed) >= limits.max_connections {
            counts.refused.fetch_add(1, Ordering::Relaxed);
            L::refuse(&io, sayings.full());
            continue;
        }
        counts.accepted.fetch_add(1, Ordering::Relaxed);
        let open = Open::new(counts.clone());
        let io = Explained::new(WriteDeadline::new(io, limits.write_timeout, counts.clone()), sayings.clone());
        let connection = http.serve_connection(TokioIo::new(io), One { handler: handler.clone(), peer });
        let (stop, kill) = (stop.clone(), kill.clone());
        let task = async move {
            let _open = open;
            let mut connection = std::pin::pin!(connection);
            let ended = tokio::select! {
                biased;
                r = connection.as_mut() => Some(r),
                () = stop.cancelled() => None,
            };
            let ended = if let Some(r) = ended {
                r
            } else {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    r = connection => r,
                    () = kill.cancelled() => Ok(()),
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "connection ended early");
            }
        };
        tracker.spawn(own.track_future(task));
    }
    drop(listener);
    own.close();
    if tokio::time::timeout(limits.grace, own.wait()).await.is_err() {
        kill.cancel();
        own.wait().await;
    }
}

/// Counts a connection while it is open.
struct Open(Arc<Connections>);

impl Open {
    fn new(counts: Arc<Connections>) -> Open {
        counts.open.fetch_add(1, Ordering::Relaxed);
        Open(counts)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
