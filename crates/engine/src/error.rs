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
