//! An ICMP check: one echo request, where the system lets an unprivileged program send one.

use super::{Checker, Seen, judged};
use crate::dial::{Failure, HostOf, Progress, Stage, Way, ms};
use allclear_model::check::{IcmpCheck, Observed, Outcome, Reason};
use std::io;
use tokio::time::Instant;

/// Types of echo request and reply: RFC 792, and RFC 4443 for IPv6.
const V4: (u8, u8) = (8, 0);
const V6: (u8, u8) = (128, 129);
/// What an echo carries, so that the answer is known to be to it. Identifier and checksum are the kernel's.
const PAYLOAD: &[u8] = b"allclear echo";

impl Checker {
    pub(super) async fn icmp(&self, check: &IcmpCheck, way: Way, progress: &mut Progress) -> Result<Seen, Failure> {
        let start = Instant::now();
        let host = HostOf::parse(&check.host)?;
        let address = self.dialer.resolve(&host, way, progress).await?;
        progress.address = Some(address);
        let socket = match self.dialer.echo(address)? {
            Ok(socket) => socket,
            Err(e) => {
                let said = format!(
                    "this system does not let us send echo requests ({e}); on Linux net.ipv4.ping_group_range must include our group"
                );
                return Ok(Outcome::Inconclusive(Reason::new("not_permitted", said)).into());
            }
        };
        progress.stage = Stage::FirstByte;
        let sent = Instant::now();
        let (request, reply) = if address.is_ipv4() { V4 } else { V6 };
        let mut packet = vec![request, 0, 0, 0, 0, 0, 0, 1];
        packet.extend_from_slice(PAYLOAD);
        let failed = |e: io::Error| Failure::io(Stage::Connect, &e);
        socket.send(&packet).await.map_err(failed)?;
        let mut buffer = [0; 256];
        loop {
            let n = socket.recv(&mut buffer).await.map_err(failed)?;
            let got = buffer.get(..n).unwrap_or_default();
            if got.first() == Some(&reply) && got.ends_with(PAYLOAD) {
                break;
            }
        }
        progress.phases.first_byte = Some(ms(sent));
        let total_ms = Some(ms(start));
        Ok(judged(&check.conditions, &Observed { total_ms, ..Observed::default() }).into())
    }
}
