//! What is written to stderr.

use super::reader::Reader;

/// `[log]`
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log {
    /// One line of text or one JSON object per event.
    pub(crate) format: &'static str,
    /// Least serious level that is written.
    pub(crate) level: &'static str,
}

impl Log {
    /// Reads the section.
    pub(crate) fn read(r: &mut Reader) -> Log {
        Log {
            format: r.choice("log.format", &["text", "json"], "text"),
            level: r.choice("log.level", &["error", "warn", "info", "debug", "trace"], "info"),
        }
    }
}
