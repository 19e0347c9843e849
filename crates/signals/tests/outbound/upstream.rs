//! A scripted server: what it does with each connection is said in advance, byte by byte.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What to do with a connection, once its request has come.
#[derive(Clone)]
pub(crate) enum Act {
    /// Send this and end.
    Send(Vec<u8>),
    /// Send this and keep the connection open, saying nothing.
    Hang(Vec<u8>),
    /// Send this for each of so many requests, and end.
    Keep(Vec<u8>, usize),
    /// End at once, without reading.
    Close,
    /// Send this again and again, as long as it is taken.
    Endless(Vec<u8>, Vec<u8>),
}

pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Upstream {
    /// Listens on `at` (port 0: a free one) and does with the nth connection what `script` says of it and its request.
    pub(crate) async fn start(
        at: &str,
        tls: Option<rustls::ServerConfig>,
        script: impl Fn(usize, &str) -> Act + Send + Sync + 'static,
    ) -> Upstream {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (count, seen, script) = (connections.clone(), requests.clone(), Arc::new(script));
        let acceptor = tls.map(|c| tokio_rustls::TlsAcceptor::from(Arc::new(c)));
        let task = async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let n = count.fetch_add(1, Ordering::SeqCst);
                let (script, seen, acceptor) = (script.clone(), seen.clone(), acceptor.clone());
                open.spawn(async move {
                    match acceptor {
                        None => serve(stream, n, &*script, &seen).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, n, &*script, &seen).await;
                            }
                        }
                    }
                });
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the task ends with the server that owns it")]
        let task = tokio::spawn(task);
        Upstream { address, connections, requests, task }
    }

    /// A server that answers every request with `answer`.
    pub(crate) async fn answering(answer: &str) -> Upstream {
        let answer = answer.as_bytes().to_vec();
        Upstream::start("127.0.0.1:0", None, move |_, _| Act::Send(answer.clone())).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    n: usize,
    script: &(impl Fn(usize, &str) -> Act + ?Sized),
    seen: &Mutex<Vec<String>>,
) {
    if matches!(script(n, ""), Act::Close) {
        return;
    }
    let Some(request) = head(&mut stream).await else { return };
    seen.lock().unwrap().push(request.clone());
    match script(n, &request) {
        Act::Send(bytes) => {
            drop(stream.write_all(&bytes).await);
            drop(stream.shutdown().await);
        }
        Act::Keep(bytes, times) => {
            for left in (0..times).rev() {
                drop(stream.write_all(&bytes).await);
                drop(stream.flush().await);
                let Some(request) = (if left > 0 { head(&mut stream).await } else { None }) else { break };
                seen.lock().unwrap().push(request);
            }
            drop(stream.shutdown().await);
        }
        Act::Hang(bytes) => {
            drop(stream.write_all(&bytes).await);
            drop(stream.flush().await);
            std::future::pending::<()>().await;
        }
        Act::Close => {}
        Act::Endless(head, part) => {
            drop(stream.write_all(&head).await);
            while stream.write_all(&part).await.is_ok() {}
        }
    }
}

/// The head of a request; empty where a client waits for us to speak first.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.windows(4).any(|w| w == b"\r\n\r\n") {
        match tokio::time::timeout(Duration::from_millis(300), stream.read(&mut buffer)).await {
            Ok(Ok(n)) if n > 0 => request.extend_from_slice(&buffer[..n]),
            // A client that waits for us to speak first.
            Err(_) => break,
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&request).into_owned())
}

/// An answer of HTTP/1.1 with its length.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}
