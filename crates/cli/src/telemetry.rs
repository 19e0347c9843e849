//! Logs go to stderr, as text or as one JSON object per line.

use crate::config::Log;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging. `RUST_LOG`, when set, wins over `log.level`.
pub(crate) fn start(log: Log) {
    // The HTTP library tells of every connection; what matters of it is counted.
    let usual = format!("{},hyper=warn", log.level);
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let started = match log.format {
        "json" => builder.json().flatten_event(true).try_init(),
        _ => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    if started.is_err() {
        crate::output::note("warning: logging was already started");
    }
}
