//! The least that a check can be: connect, shake hands, ask, read the whole body, within a time limit; nothing is kept of it.

use super::Kind;
use super::client::Client;
use super::target::{BODY, PATH, Target};
use anyhow::Context;
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// Longest time for one; ours has as much.
const LIMIT: Duration = Duration::from_secs(10);

/// Where it asks, and how it is secured.
pub(super) struct Bare {
    addresses: Vec<SocketAddr>,
    tls: Option<TlsConnector>,
}

impl Bare {
    /// A client of `target`.
    pub(super) fn of(kind: Kind, target: &Target) -> anyhow::Result<Arc<Bare>> {
        let tls = match kind {
            Kind::Plain => None,
            Kind::Tls => {
                let mut roots = RootCertStore::empty();
                roots.add(target.authority.root())?;
                let provider = Arc::new(crypto::ring::default_provider());
                let mut config = ClientConfig::builder_with_provider(provider)
                    .with_safe_default_protocol_versions()?
                    .with_root_certificates(roots)
                    .with_no_client_auth();
                config.resumption = Resumption::disabled();
                Some(TlsConnector::from(Arc::new(config)))
            }
        };
        Ok(Arc::new(Bare { addresses: target.addresses(kind).to_vec(), tls }))
    }

    async fn get(&self, address: SocketAddr) -> anyhow::Result<usize> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => ask(stream, address).await,
            Some(tls) => ask(tls.connect(ServerName::from(address.ip()), stream).await?, address).await,
        }
    }
}

impl Client for Bare {
    async fn check(&self, n: usize) -> anyhow::Result<()> {
        let address = *self.addresses.get(n % self.addresses.len()).context("no address")?;
        let bytes = tokio::time::timeout(LIMIT, self.get(address)).await??;
        anyhow::ensure!(bytes == BODY, "the bare client read {bytes} bytes");
        Ok(())
    }
}

/// One request; bytes of the body.
async fn ask<S>(stream: S, address: SocketAddr) -> anyhow::Result<usize>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = hyper::Request::get(PATH).header(HOST, address.to_string()).body(Empty::<Bytes>::new())?;
    let answer = async {
        let answer = sender.send_request(request).await?;
        anyhow::ensure!(answer.status() == 200, "the bare client was answered with {}", answer.status());
        Ok(answer.into_body().collect().await?.to_bytes().len())
    };
    tokio::pin!(answer, connection);
    tokio::select! {
        biased;
        bytes = &mut answer => bytes,
        ended = &mut connection => {
            ended?;
            answer.await
        }
    }
}
