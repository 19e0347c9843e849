//! Why a way out failed, how far it had come, and whose fault that is.

use super::guard::Refused;
use super::names::NoAddress;
use super::target::BadTarget;
use allclear_model::check::{MACHINE, NO_NETWORK, Reason};
use std::io;

/// How far a request had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// Before anything was sent.
    #[default]
    Rules,
    /// What the host asks programs not to fetch.
    Robots,
    /// The way to the proxy, and through it.
    Proxy,
    /// Name to address.
    Dns,
    /// Address to connection.
    Connect,
    /// Handshake.
    Tls,
    /// Request sent, no answer yet.
    FirstByte,
    /// The answer came, and stopped or was too much.
    Body,
    /// A stream of events is read until the one comes that is waited for.
    Events,
}

/// Whose fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The other side's: it can be told against it.
    Theirs,
    /// Ours, or a rule of ours: it says nothing about the other side.
    Ours,
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .reason.said)]
pub struct Failure {
    /// How far it had come.
    pub stage: Stage,
    /// Whose fault.
    pub fault: Fault,
    /// What was seen.
    pub reason: Reason,
    /// True when the connection ended before an answer had begun.
    pub(crate) ended: bool,
}

impl Failure {
    fn new(stage: Stage, fault: Fault, code: &str, said: impl Into<String>) -> Failure {
        Failure { stage, fault, reason: Reason::new(code, said), ended: false }
    }

    /// The other side's, at `stage`.
    pub(crate) fn theirs(stage: Stage, said: impl Into<String>) -> Failure {
        let code = match stage {
            Stage::Rules => "refused",
            Stage::Robots => "robots",
            Stage::Proxy => NO_NETWORK,
            Stage::Dns => "dns",
            Stage::Connect => "connect",
            Stage::Tls => "tls",
            Stage::FirstByte | Stage::Body | Stage::Events => "http",
        };
        Failure::new(stage, Fault::Theirs, code, said)
    }

    /// Ours.
    pub(crate) fn ours(stage: Stage, code: &str, said: impl Into<String>) -> Failure {
        Failure::new(stage, Fault::Ours, code, said)
    }

    /// The time was over while `stage` was under way.
    pub(crate) fn timeout(stage: Stage, ms: u32) -> Failure {
        let what = match stage {
            Stage::Rules => "nothing had been sent",
            Stage::Robots => {
                return Failure::ours(stage, "robots", format!("its robots.txt did not come in {ms} ms"));
            }
            Stage::Proxy => {
                return Failure::ours(stage, NO_NETWORK, format!("the proxy gave no way on for {ms} ms"));
            }
            // A resolver that says nothing may be ours.
            Stage::Dns => {
                return Failure::ours(stage, NO_NETWORK, format!("our own resolver said nothing for {ms} ms"));
            }
            Stage::Connect => "no connection",
            Stage::Tls => "the handshake had not ended",
            Stage::FirstByte => "no answer",
            Stage::Body => "the answer had not ended",
            Stage::Events => "no such event had come",
        };
        Failure::new(stage, Fault::Theirs, "timeout", format!("{what} after {ms} ms"))
    }

    /// An error of the operating system at `stage`: some are the machine's or its network's own.
    pub(crate) fn io(stage: Stage, e: &io::Error) -> Failure {
        use io::ErrorKind as K;
        match e.kind() {
            K::NetworkUnreachable | K::HostUnreachable | K::NetworkDown | K::PermissionDenied => {
                Failure::ours(stage, NO_NETWORK, format!("no way from here: {}", plain(e)))
            }
            K::ConnectionRefused => Failure::theirs(stage, "the connection was refused"),
            K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe => {
                Failure { ended: true, ..Failure::theirs(stage, "the connection was cut") }
            }
            K::UnexpectedEof => {
                Failure { ended: true, ..Failure::theirs(stage, "the connection ended before an answer") }
            }
            K::TimedOut => Failure::theirs(stage, "the connection timed out"),
            // What the system says before anything went out is about the system: no more files, no memory, no such family.
            _ if stage == Stage::Connect => Failure::ours(stage, MACHINE, plain(e)),
            _ => Failure::theirs(stage, plain(e)),
        }
    }
}

/// The error of the system below one of hyper's.
pub(super) fn io_below(e: &hyper::Error) -> Option<&io::Error> {
    std::iter::successors(std::error::Error::source(e), |e| e.source()).find_map(|e| e.downcast_ref())
}

/// The words of an error of the system, without its number.
fn plain(e: &io::Error) -> String {
    let text = e.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

impl From<Refused> for Failure {
    fn from(e: Refused) -> Failure {
        Failure::ours(Stage::Rules, "refused", e.to_string())
    }
}

impl From<BadTarget> for Failure {
    fn from(e: BadTarget) -> Failure {
        Failure::ours(Stage::Rules, "refused", e.to_string())
    }
}

impl From<NoAddress> for Failure {
    fn from(e: NoAddress) -> Failure {
        if e.is_ours() {
            Failure::ours(Stage::Dns, NO_NETWORK, e.to_string())
        } else {
            Failure::theirs(Stage::Dns, e.to_string())
        }
    }
}
