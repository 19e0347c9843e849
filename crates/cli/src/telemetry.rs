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

    /// What a panic may quote of a text that somebody sent, in each of the ways in which one comes about.
    fn panics(sent: &str) {
        let cut = sent.len() - 1;
        let ways: [&dyn Fn(); 5] = [
            // The last letter has two bytes.
            &|| assert!(sent[..cut].is_empty()),
            &|| panic!("cannot read {sent}"),
            &|| assert_eq!(sent, "", "not empty: {sent}"),
            &|| assert!(sent.parse::<u8>().map_err(|e| format!("{sent}: {e}")).expect("a number") > 0),
            &|| std::panic::panic_any(sent.to_owned()),
        ];
        for way in ways {
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(way)).is_err());
        }
    }

    #[test]
    fn a_fault_is_logged_by_its_place_and_never_with_what_somebody_sent() {
        const SECRETS: [&str; 4] = [
            "sk-or-v1-5f0e1d2c3b4a59687786958493a2b1c0ä",
            "Bearer 9f8E7d6C5b4A3z2Y1x0W9v8U7t6S5r4Qä",
            "%73%6B%2D%6F%72%2D%76%31%2D%61%62%31%32%63%64%33%34ä",
            "p 4 s s w 0 r d 9 f 8 E 7 d 6 C 5 b 4 A ä",
        ];
        let lines = Lines::default();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(fault));
        let (to, json) = (lines.clone(), lines.clone());
        let text = tracing_subscriber::fmt().with_writer(move || to.clone()).with_ansi(false).finish();
        let json = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || json.clone()).finish();
        let all = || {
            for secret in SECRETS {
                panics(secret);
            }
            assert!(std::panic::catch_unwind(|| panic!("a word of the code")).is_err());
        };
        tracing::subscriber::with_default(text, all);
        tracing::subscriber::with_default(json, all);
        std::panic::set_hook(before);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.matches("a fault in the program").count(), 2 * (5 * SECRETS.len() + 1), "{text}");
        assert!(text.contains("telemetry.rs:") && text.contains("a word of the code"), "{text}");
        for secret in SECRETS {
            let signs: Vec<char> = secret.chars().collect();
            for slice in signs.windows(12) {
                let slice: String = slice.iter().collect();
                assert!(!text.contains(&slice), "{slice} of {secret} in {text}");
            }
        }
    }
}
