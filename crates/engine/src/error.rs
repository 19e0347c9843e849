//! What a use case can refuse, without a word of HTTP. The web layer turns kinds into problems.

/// Why a report, a vote or a cold read was not done.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The request names something that does not parse or does not exist for this service.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// No service has this slug.
    #[error("no service has the slug {0:?}")]
    NoService(String),
    /// No such report, incident or follow link.
    #[error("not found")]
    NotFound,
    /// Too many from this source or network.
    #[error("too many; try again in {retry_after_s} s")]
    Limited {
        /// When it makes sense to try again, seconds.
        retry_after_s: u64,
    },
    /// The idempotency key was used with another service or other content.
    #[error("this Idempotency-Key was used for something else")]
    KeyReused,
    /// Nothing was kept; try again. The disk is full, the store is down, or the site is stopping.
    #[error("{reason}")]
    Unavailable {
        /// Public reason.
        reason: &'static str,
        /// When to try again, seconds.
        retry_after_s: u64,
    },
}

impl EngineError {
    /// What a caller is told when a port failed; the details are for the log.
    pub(crate) fn from_port(e: &allclear_ports::PortError) -> EngineError {
        match e {
            allclear_ports::PortError::Full { .. } => EngineError::FULL,
            allclear_ports::PortError::Unavailable { .. } | allclear_ports::PortError::Unusable { .. } => {
                EngineError::STORE
            }
        }
    }

    /// More is waiting than the writer can take.
    pub const BUSY: EngineError = EngineError::Unavailable {
        reason: "Too many reports are arriving at once; nothing was kept.",
        retry_after_s: 2,
    };
    /// The site is stopping or has not started.
    pub const STOPPING: EngineError =
        EngineError::Unavailable { reason: "The site is restarting; nothing was kept.", retry_after_s: 5 };
    /// The disk is full.
    pub const FULL: EngineError = EngineError::Unavailable {
        reason: "The site has no room to keep this now; nothing was kept.",
        retry_after_s: 60,
    };
    /// The journal or the archive did not answer, or not in time.
    pub const STORE: EngineError = EngineError::Unavailable {
        reason: "The site's storage does not answer now; nothing was kept.",
        retry_after_s: 10,
    };
}
