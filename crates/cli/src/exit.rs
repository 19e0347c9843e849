//! How a command ends: an exit code, or a sentence on stderr with one.

use std::fmt;

/// Everything went well; for `status`: no problem.
pub(crate) const OK: u8 = 0;
/// It did not work: the site could not be reached, started or asked.
pub(crate) const FAILED: u8 = 1;
/// Usage, configuration or input that was handed in is wrong.
pub(crate) const BAD_INPUT: u8 = 2;
/// `status`: at least one of the services asked for has a problem.
pub(crate) const PROBLEM: u8 = 3;
/// `report`: not now, a limit is reached.
pub(crate) const LIMITED: u8 = 3;
/// `status SLUG`: nothing can be said about it.
pub(crate) const CANNOT_TELL: u8 = 4;

/// `agent`: the site does not take this agent.
pub(crate) const REFUSED: u8 = 3;

/// `check`: it does not answer as it should.
pub(crate) const DOWN: u8 = 1;
/// `check`: something before it turned us away.
pub(crate) const BLOCKED: u8 = 3;
/// `official`: nothing could be read.
pub(crate) const UNREADABLE: u8 = 3;
/// `check`: we could not tell.
pub(crate) const INCONCLUSIVE: u8 = 4;

/// Why a command gave up.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Exit code of the process.
    pub(crate) code: u8,
    /// What happened, where, and what to do; one or several lines. Empty: nothing is printed.
    pub(crate) message: String,
}

impl Failure {
    /// Something did not work.
    pub(crate) fn failed(message: impl fmt::Display) -> Failure {
        Failure { code: FAILED, message: message.to_string() }
    }

    /// What was handed in is wrong.
    pub(crate) fn bad_input(message: impl fmt::Display) -> Failure {
        Failure { code: BAD_INPUT, message: message.to_string() }
    }
}

impl From<allclear_ports::PortError> for Failure {
    fn from(e: allclear_ports::PortError) -> Failure {
        Failure::failed(e)
    }
}

/// What a command returns: its exit code.
pub(crate) type Outcome = Result<u8, Failure>;

/// Adds "what was being done" to an error and makes a [`Failure`] with code 1 of it.
pub(crate) trait While<T> {
    /// `doing` reads as in "cannot {doing}: {error}".
    fn or_cannot(self, doing: impl fmt::Display) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> While<T> for Result<T, E> {
    fn or_cannot(self, doing: impl fmt::Display) -> Result<T, Failure> {
        self.map_err(|e| Failure::failed(format!("cannot {doing}: {e}")))
    }
}
