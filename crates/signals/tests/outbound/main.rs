//! The way out: which addresses are reachable, and what checks say of servers that fail in every way. Real sockets on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod authority;
mod bounds;
mod checks;
mod guard;
mod kept;
mod nameserver;
mod post;
mod proxy;
mod rebinding;
mod robots;
mod upstream;

use allclear_model::Time;
use allclear_model::check::{Check, Checked, Condition, HttpCheck};
use allclear_signals::check::Checker;
use allclear_signals::dial::{Dialer, Guard, Names, Tls, Way};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// When checks of these tests run: what is near a certificate's end depends on it.
fn now() -> Time {
    Time::parse("2026-11-28T12:00:00Z").unwrap()
}

/// A dialer that may reach `ranges` and asks `nameserver` for names.
fn dialer(ranges: &[&str], nameserver: SocketAddr) -> Dialer {
    dialer_trusting(ranges, nameserver, Tls::with_roots(Vec::new()).unwrap())
}

fn dialer_trusting(ranges: &[&str], nameserver: SocketAddr, tls: Tls) -> Dialer {
    let guard = Guard::with_ranges(ranges.iter().map(|r| r.parse().unwrap()).collect());
    Dialer::new(
        Names::of_server(nameserver),
        guard,
        tls,
        "Allclear/test (+nobody@example.org)".to_owned(),
        TaskTracker::new(),
    )
}

/// Where nobody listens: for tests that need no names.
fn no_nameserver() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9))
}

/// A check of `url` with a short deadline.
fn http(url: &str, conditions: &[&str]) -> Check {
    let conditions = conditions.iter().map(|c| Condition::parse(c).unwrap()).collect();
    Check::Http(HttpCheck { conditions, deadline_ms: 2000, ..HttpCheck::get(url) })
}

async fn run(dialer: Dialer, check: &Check) -> Checked {
    Checker::new(Arc::new(dialer)).run(check, Way::default(), now()).await
}

/// Runs a check of a loopback address, which is allowed for it.
async fn run_here(check: &Check) -> Checked {
    run(dialer(&["127.0.0.0/8", "::1/128"], no_nameserver()), check).await
}

/// Outcome and reason in one line.
fn said(checked: &Checked) -> String {
    format!("{}: {}", checked.outcome.as_str(), checked.outcome.why().unwrap_or_default())
}
