//! Asking a running site.

use super::protocol::Refusal;
use super::{NAME, Short};
use crate::exit::Failure;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::net::UnixStream;

/// Longest answer that is read, bytes.
const ANSWER_MAX: usize = 64 << 20;

/// How long the site may take for anything but a backup.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a backup may take.
pub(crate) const BACKUP_PATIENCE: Duration = Duration::from_hours(1);

/// A connection to a running site.
pub(crate) struct Client {
    stream: UnixStream,
}

impl Client {
    /// Connects; `None` when no site runs in this folder.
    ///
    /// # Errors
    /// When one may be running but this user cannot reach it.
    pub(crate) async fn connect(dir: &Path) -> Result<Option<Client>, Failure> {
        let found = async {
            let short = Short::new(dir, NAME)?;
            UnixStream::connect(&short.path).await
        };
        match found.await {
            Ok(stream) => Ok(Some(Client { stream })),
            // Refused: a socket file that nobody listens on, left by a killed process.
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => Ok(None),
            Err(e) => Err(Failure::failed(format!("cannot reach the site through {}: {e}", dir.join(NAME).display()))),
        }
    }

    /// As [`Client::connect`], for what only a running site can do.
    ///
    /// # Errors
    /// Exit code 1 when none is running.
    pub(crate) async fn required(dir: &Path) -> Result<Client, Failure> {
        Client::connect(dir).await?.ok_or_else(|| {
            Failure::failed(format!(
                "no site is running in {}. Start it with: allclear serve --data {}",
                dir.display(),
                dir.display()
            ))
        })
    }

    /// Asks for something.
    ///
    /// # Errors
    /// What the site refused, or that it did not answer.
    pub(crate) async fn get<A: DeserializeOwned>(self, path: &str) -> Result<A, Failure> {
        self.call("GET", path, None, PATIENCE).await
    }

    /// Wants something done.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) async fn post<A: DeserializeOwned>(self, path: &str, body: &impl Serialize) -> Result<A, Failure> {
        self.post_patiently(path, body, PATIENCE).await
    }

    /// Wants something done that may take long.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) async fn post_patiently<A: DeserializeOwned>(
        self,
        path: &str,
        body: &impl Serialize,
        patience: Duration,
    ) -> Result<A, Failure> {
        let body = serde_json::to_vec(body).map_err(|e| broken(&e))?;
        self.call("POST", path, Some(body), patience).await
    }

    async fn call<A: DeserializeOwned>(
        self,
        method: &str,
        path: &str,
        body: Option<Vec<u8>>,
        patience: Duration,
    ) -> Result<A, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "allclear")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .map_err(|e| broken(&e))?;
        let (status, bytes) = tokio::time::timeout(patience, self.exchange(request))
            .await
            .map_err(|_| Failure::failed(format!("the site did not answer within {} seconds", patience.as_secs())))??;
        if status != StatusCode::OK {
            let refusal: Refusal = serde_json::from_slice(&bytes)
                .map_err(|_| Failure::failed(format!("the site answered {status}; is it of another version?")))?;
            return Err(refusal.into());
        }
        serde_json::from_slice(&bytes).map_err(|e| broken(&e))
    }

    async fn exchange(self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), Failure> {
        let (mut send, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(self.stream)).await.map_err(|e| broken(&e))?;
        let talk = async {
            let answer = send.send_request(request).await.map_err(|e| broken(&e))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), ANSWER_MAX).collect().await.map_err(|e| broken(&e))?;
            Ok((status, body.to_bytes()))
        };
        // The connection has to be driven while we talk; whichever ends first, the talk decides.
        let mut talk = std::pin::pin!(talk);
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            biased;
            done = &mut talk => done,
            _ = &mut connection => talk.await,
        }
    }
}

fn broken(e: &dyn std::fmt::Display) -> Failure {
    Failure::failed(format!("the conversation with the site broke off: {e}"))
}
