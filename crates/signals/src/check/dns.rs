//! A DNS check: what this location's resolver says about a name.

use super::{Checker, Seen, judged};
use crate::dial::{Failure, HostOf, NoAddress, Progress, Stage, ms, record_type};
use allclear_model::check::{DnsCheck, Observed, Outcome, Reason};
use tokio::time::Instant;

impl Checker {
    pub(super) async fn dns(&self, check: &DnsCheck, progress: &mut Progress) -> Result<Seen, Failure> {
        progress.stage = Stage::Dns;
        let start = Instant::now();
        let name = match HostOf::parse(&check.name)? {
            HostOf::Name(name) => name,
            HostOf::Ip(ip) => {
                let said = format!("{ip} is an address: a DNS check asks about a name");
                return Ok(Outcome::Inconclusive(Reason::new("refused", said)).into());
            }
        };
        let records = match self.dialer.names().records(&name, record_type(check.record)).await {
            Ok(records) => records,
            // That there is none may be just what is expected of it.
            Err(NoAddress::NoRecord(_)) => Vec::new(),
            Err(e) => return Err(e.into()),
        };
        progress.phases.dns = Some(ms(start));
        if records.is_empty() && check.conditions.is_empty() {
            let said = format!("the name {name} has no {} record", check.record.as_str());
            return Ok(Outcome::Down(Reason::new("dns", said)).into());
        }
        let total_ms = Some(ms(start));
        Ok(judged(&check.conditions, &Observed { answer: Some(&records), total_ms, ..Observed::default() }).into())
    }
}
