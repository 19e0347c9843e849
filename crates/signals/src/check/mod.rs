//! Our own checks: one run of a [`Check`] from here.

mod blocked;
mod dns;
mod http;
mod icmp;
mod socket;

use crate::dial::{Dialer, Failure, Fault, HostOf, Progress, Target, Way, ms};
use allclear_model::Time;
use allclear_model::check::{
    Beside, Check, Checked, Condition, Family, HttpFacts, NO_NETWORK, Observed, Outcome, Reason,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Days before its end at which a certificate is told of, though all is well.
const CERTIFICATE_SOON_DAYS: i64 = 14;

/// Runs checks.
#[derive(Debug, Clone)]
pub struct Checker {
    dialer: Arc<Dialer>,
    polite: bool,
}

/// What one kind of check brings back, before it is called an outcome.
struct Seen {
    outcome: Outcome,
    http: Option<HttpFacts>,
    beside: Beside,
}

impl From<Outcome> for Seen {
    fn from(outcome: Outcome) -> Seen {
        Seen { outcome, http: None, beside: Beside::default() }
    }
}

impl Checker {
    /// Runs checks through `dialer`.
    pub fn new(dialer: Arc<Dialer>) -> Checker {
        Checker { dialer, polite: false }
    }

    /// The same, obeying what `robots.txt` says wherever a check over HTTP leads.
    pub fn polite(self) -> Checker {
        Checker { polite: true, ..self }
    }

    /// Runs `check` once. `now` is for the age of certificates.
    pub async fn run(&self, check: &Check, way: Way, now: Time) -> Checked {
        let mut progress = Progress::default();
        let start = Instant::now();
        let limit = Duration::from_millis(check.deadline_ms().into());
        let seen = tokio::time::timeout(limit, self.seen(check, way, now, &mut progress)).await;
        progress.phases.total = ((ms(start) - progress.aside) * 1e3).round() / 1e3;
        let seen = match seen {
            Ok(Ok(seen)) => seen,
            Ok(Err(failure)) => outcome(failure).into(),
            Err(_) => outcome(Failure::timeout(progress.stage, check.deadline_ms())).into(),
        };
        let mut findings = Vec::new();
        if let Some(c) = progress.certificate.as_ref().filter(|c| c.days_left < CERTIFICATE_SOON_DAYS) {
            findings.push(format!("the certificate ends in {} days", c.days_left));
        }
        Checked {
            outcome: seen.outcome,
            phases_ms: progress.phases,
            address: progress.address.map(|a| a.to_string()),
            family: progress.family(),
            http: seen.http,
            tls: progress.certificate,
            findings,
            beside: seen.beside,
        }
    }

    async fn seen(&self, check: &Check, way: Way, now: Time, progress: &mut Progress) -> Result<Seen, Failure> {
        match check {
            Check::Http(c) => self.http(c, way, now, progress).await,
            Check::Tcp(c) => self.tcp(c, way, now, progress).await,
            Check::Tls(c) => self.tls(c, way, now, progress).await,
            Check::Dns(c) => self.dns(c, progress).await,
            Check::Icmp(c) => self.icmp(c, way, progress).await,
        }
    }

    /// Runs `check` once, over another family where this machine has no way to the one that was preferred.
    pub async fn run_either(&self, check: &Check, way: Way, now: Time) -> Checked {
        let checked = self.run(check, way, now).await;
        let no_way = checked.outcome.reason().is_some_and(|r| r.code == NO_NETWORK);
        match checked.family.filter(|f| no_way && way.prefer == Some(*f)) {
            // Nothing has gone out yet, so that the host is asked once.
            Some(family) => self.run(check, Way { prefer: Some(family.other()), ..way }, now).await,
            None => checked,
        }
    }

    /// Runs `check` over each family that its host has. When only one of them fails, that is a finding, and the other one's word holds:
    /// visitors' programs go on to the family that answers (RFC 8305). It takes at most twice the deadline of the check.
    pub async fn run_families(&self, check: &Check, now: Time) -> Checked {
        let Some(HostOf::Name(_)) = host(check) else { return self.run(check, Way::default(), now).await };
        let first = self.run(check, Way::only(Family::Ipv4), now).await;
        // Where the name itself gave nothing, asking again changes nothing.
        if first.address.is_none() && first.phases_ms.dns.is_none() {
            return first;
        }
        let second = self.run(check, Way::only(Family::Ipv6), now).await;
        match (first.address.is_some(), second.address.is_some()) {
            (true, false) => first,
            (false, true) => second,
            _ => merge(first, second),
        }
    }
}

/// The host of a check, where it is one that has addresses.
fn host(check: &Check) -> Option<HostOf> {
    match check {
        Check::Http(c) => Target::parse(&c.url).ok().map(|t| t.host),
        Check::Tcp(c) => HostOf::parse(&c.host).ok(),
        Check::Tls(c) => HostOf::parse(&c.host).ok(),
        Check::Icmp(c) => HostOf::parse(&c.host).ok(),
        Check::Dns(_) => None,
    }
}

/// One word out of two families.
fn merge(v4: Checked, v6: Checked) -> Checked {
    let said = |c: &Checked| c.outcome.why().unwrap_or_default().to_owned();
    let (up4, up6) = (v4.outcome == Outcome::Up, v6.outcome == Outcome::Up);
    match (up4, up6) {
        (true, false) => {
            let mut v4 = v4;
            // That this machine has no IPv6 is no news of the service.
            if !matches!(v6.outcome, Outcome::Inconclusive(_)) {
                v4.findings.push(format!("IPv6 fails: {}", said(&v6)));
            }
            v4
        }
        (false, true) => {
            let mut v6 = v6;
            if !matches!(v4.outcome, Outcome::Inconclusive(_)) {
                v6.findings.push(format!("IPv4 fails: {}", said(&v4)));
            }
            v6
        }
        // What could not be tried says nothing; the other one does.
        (false, false) if matches!(v4.outcome, Outcome::Inconclusive(_)) => v6,
        _ => v4,
    }
}

fn outcome(failure: Failure) -> Outcome {
    match failure.fault {
        Fault::Theirs => Outcome::Down(failure.reason),
        Fault::Ours => Outcome::Inconclusive(failure.reason),
    }
}

/// Up when all conditions hold, down with the first that does not.
fn judged<'a>(conditions: impl IntoIterator<Item = &'a Condition>, seen: &Observed<'_>) -> Outcome {
    match conditions.into_iter().find_map(|c| c.holds(seen).err()) {
        Some(instead) => Outcome::Down(Reason::new("condition", instead)),
        None => Outcome::Up,
    }
}
