//! Logs go to stderr, as text or as one JSON object per line.

use crate::config::Log;
use std::io::IsTerminal;
use std::panic::PanicHookInfo;
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
    std::panic::set_hook(Box::new(fault));
}

/// Logs a panic by its place. Of its words only those that stand in the code: the others may quote what somebody sent.
fn fault(info: &PanicHookInfo<'_>) {
    let at = info.location().map(ToString::to_string).unwrap_or_default();
    let what = info.payload().downcast_ref::<&'static str>().copied().unwrap_or("its words are not logged");
    let trace = std::backtrace::Backtrace::capture();
    if trace.status() == std::backtrace::BacktraceStatus::Captured {
        tracing::error!(%at, what, %trace, "a fault in the program");
    } else {
        tracing::error!(%at, what, "a fault in the program; with RUST_BACKTRACE=1 the log says how it came there");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_fault_is_logged_by_its_place_and_never_with_what_somebody_sent() {
        let lines = Lines::default();
        let to = lines.clone();
        let log = tracing_subscriber::fmt().with_writer(move || to.clone()).with_ansi(false).finish();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(fault));
        tracing::subscriber::with_default(log, || {
            let sent = "my password is pässword".to_owned();
            // Cuts a letter in two; the words of that panic quote the text.
            let cut = std::panic::catch_unwind(|| sent[..17].len());
            let said = std::panic::catch_unwind(|| panic!("a word of the code"));
            assert!(cut.is_err() && said.is_err());
        });
        std::panic::set_hook(before);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.matches("a fault in the program").count(), 2, "{text}");
        assert!(text.contains("telemetry.rs:"), "{text}");
        assert!(text.contains("a word of the code") && !text.contains("password is"), "{text}");
    }
}
