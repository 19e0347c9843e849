//! The guarded dialer: the only way out of the house, for checks, official pages and whatever comes.
//!
//! A name is resolved once for each connection, the [`Guard`] judges the address, and that very address is connected to; a redirect begins anew.
//! So a name that answers differently the second time (DNS rebinding) gains nothing.

mod body;
mod echo;
mod failure;
mod guard;
mod http;
mod link;
mod names;
mod open;
mod proxy;
mod target;
mod tls;

pub use failure::{Failure, Fault, Stage};
pub use guard::{Guard, Refused};
pub use http::{Answer, Request};
pub use names::{Names, NoAddress};
pub use open::{Progress, Security, Stream, Way};
pub use proxy::Proxy;
pub use target::{BadTarget, HostOf, Target};
pub use tls::Tls;

pub(crate) use open::ms;

use self::link::Links;
use crate::robots::RobotsKept;
use allclear_model::check::Record;
use hickory_resolver::proto::rr::RecordType;
use std::future::Future;
use tokio_util::task::TaskTracker;

/// The dialer of one process.
#[derive(Debug)]
pub struct Dialer {
    names: Names,
    guard: Guard,
    tls: Tls,
    user_agent: String,
    proxy: Option<Proxy>,
    robots: RobotsKept,
    links: Links,
    tasks: TaskTracker,
}

impl Dialer {
    /// A dialer that resolves with `names`, goes where `guard` lets it, trusts whom `tls` trusts, and says who it is. Connections that need
    /// a task of their own get it from `tasks`.
    pub fn new(names: Names, guard: Guard, tls: Tls, user_agent: String, tasks: TaskTracker) -> Dialer {
        Dialer {
            names,
            guard,
            tls,
            user_agent,
            proxy: None,
            robots: RobotsKept::default(),
            links: Links::default(),
            tasks,
        }
    }

    /// The same, with a proxy for what is asked over HTTP.
    pub fn with_proxy(self, proxy: Proxy) -> Dialer {
        Dialer { proxy: Some(proxy), ..self }
    }

    /// The resolver.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The same, knowing what another dialer has read of hosts' wishes.
    pub fn knowing(self, other: &Dialer) -> Dialer {
        Dialer { robots: other.robots.clone(), ..self }
    }

    pub(crate) fn robots_kept(&self) -> &RobotsKept {
        &self.robots
    }

    fn executor(&self) -> Executor {
        Executor(self.tasks.clone())
    }
}

/// Runs what HTTP/2 needs beside a request, so that a stop waits for it.
#[derive(Debug, Clone)]
struct Executor(TaskTracker);

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, work: F) {
        self.0.spawn(work);
    }
}

/// A type of record as the resolver has it.
pub(crate) fn record_type(record: Record) -> RecordType {
    match record {
        Record::A => RecordType::A,
        Record::Aaaa => RecordType::AAAA,
        Record::Cname => RecordType::CNAME,
        Record::Mx => RecordType::MX,
        Record::Ns => RecordType::NS,
        Record::Txt => RecordType::TXT,
        Record::Soa => RecordType::SOA,
        Record::Caa => RecordType::CAA,
    }
}
