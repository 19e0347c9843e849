//! Checks below HTTP: a connection with perhaps a line and an answer, and a handshake.

use super::{Checker, Seen, judged};
use crate::dial::{Failure, HostOf, Progress, Security, Stage, Stream, Way, ms};
use allclear_model::Time;
use allclear_model::check::{Condition, Observed, TcpCheck, TlsCheck};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

/// Most bytes of a reply that are read.
const REPLY: usize = 4096;

impl Checker {
    async fn connect(
        &self,
        (host, port): (&str, u16),
        way: Way,
        security: Security,
        now: Time,
        progress: &mut Progress,
    ) -> Result<Stream, Failure> {
        let host = HostOf::parse(host)?;
        let address = SocketAddr::new(self.dialer.resolve(&host, way, progress).await?, port);
        self.dialer.open(&host, address, true, security, now, progress).await
    }

    pub(super) async fn tcp(
        &self,
        check: &TcpCheck,
        way: Way,
        now: Time,
        progress: &mut Progress,
    ) -> Result<Seen, Failure> {
        let start = Instant::now();
        let mut stream = self.connect((&check.host, check.port), way, Security::None, now, progress).await?;
        progress.stage = Stage::FirstByte;
        let failed = |e: std::io::Error| Failure::io(Stage::FirstByte, &e);
        stream.write_all(check.send.as_bytes()).await.map_err(failed)?;
        let mut reply = Vec::new();
        if check.conditions.iter().any(Condition::needs_reply) {
            let sent = Instant::now();
            // Until all that is awaited has come, the other side ends it, or it is more than a greeting.
            let mut buffer = [0; 1024];
            loop {
                let n = stream.read(&mut buffer).await.map_err(failed)?;
                if progress.phases.first_byte.is_none() {
                    progress.phases.first_byte = Some(ms(sent));
                    progress.stage = Stage::Body;
                }
                reply.extend_from_slice(buffer.get(..n).unwrap_or_default());
                let seen = Observed { reply: Some(&reply), ..Observed::default() };
                let waiting = check.conditions.iter().any(|c| c.needs_reply() && c.holds(&seen).is_err());
                if n == 0 || !waiting || reply.len() >= REPLY {
                    break;
                }
            }
        }
        let total_ms = Some(ms(start));
        Ok(judged(&check.conditions, &Observed { reply: Some(&reply), total_ms, ..Observed::default() }).into())
    }

    pub(super) async fn tls(
        &self,
        check: &TlsCheck,
        way: Way,
        now: Time,
        progress: &mut Progress,
    ) -> Result<Seen, Failure> {
        let start = Instant::now();
        let mut stream = self.connect((&check.host, check.port), way, Security::Bare, now, progress).await?;
        // A polite end; what the other side says to it does not matter any more.
        drop(stream.shutdown().await);
        let certificate_days = progress.certificate.as_ref().map(|c| c.days_left);
        let total_ms = Some(ms(start));
        Ok(judged(&check.conditions, &Observed { certificate_days, total_ms, ..Observed::default() }).into())
    }
}
