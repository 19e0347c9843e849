//! What can go wrong behind a port, by what the caller can do about it.

/// An error of a store or a journal. "Not found" is never an error here, it is `Ok(None)`.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// The disk is full, the quota is used up or the file may not grow: refuse writing, go on reading, try again later.
    #[error("no space left to {action}: {detail}")]
    Full {
        /// What was tried.
        action: &'static str,
        /// The engine's words.
        detail: String,
    },
    /// The store cannot be reached now, or was too slow: try again later.
    #[error("cannot {action} now: {detail}")]
    Unavailable {
        /// What was tried.
        action: &'static str,
        /// The engine's words.
        detail: String,
    },
    /// A file is damaged, foreign or of another version: a person must act.
    #[error("{path}: {problem}")]
    Unusable {
        /// Which file.
        path: String,
        /// What is wrong with it and which command helps.
        problem: String,
    },
}
