//! What the web side counts about itself. Plain counters on the way of a request, text on the second listener.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters; all start at 0 with the process.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    /// Answers from memory.
    pub(crate) hot: AtomicU64,
    /// Everything else.
    pub(crate) cold: AtomicU64,
    /// Answers by first digit of the status: 1xx to 5xx.
    pub(crate) by_class: [AtomicU64; 5],
    /// Requests whose handling panicked.
    pub(crate) panics: AtomicU64,
}

impl Telemetry {
    pub(crate) fn count(&self, status: http::StatusCode, hot: bool) {
        let n = if hot { &self.hot } else { &self.cold };
        n.fetch_add(1, Ordering::Relaxed);
        if let Some(c) = self.by_class.get(usize::from(status.as_u16() / 100).wrapping_sub(1)) {
            c.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Appends the counters in the text format that Prometheus reads (OpenMetrics without its end mark).
    pub(crate) fn write(&self, out: &mut String) {
        let get = |n: &AtomicU64| n.load(Ordering::Relaxed);
        counter(
            out,
            "allclear_http_requests",
            "Requests answered, by where from",
            &[("from=\"memory\"".into(), get(&self.hot)), ("from=\"router\"".into(), get(&self.cold))],
        );
        let classes: Vec<_> =
            self.by_class.iter().enumerate().map(|(i, n)| (format!("class=\"{}xx\"", i + 1), get(n))).collect();
        counter(out, "allclear_http_responses", "Answers by class of status", &classes);
        counter(
            out,
            "allclear_http_panics",
            "Requests whose handling broke off",
            &[(String::new(), get(&self.panics))],
        );
    }
}

/// Appends one family of counters.
pub(crate) fn counter(out: &mut String, name: &str, help: &str, values: &[(String, u64)]) {
    family(out, name, help, "counter", "_total", values);
}

/// Appends one family of gauges.
pub(crate) fn gauge(out: &mut String, name: &str, help: &str, value: u64) {
    family(out, name, help, "gauge", "", &[(String::new(), value)]);
}

fn family(out: &mut String, name: &str, help: &str, kind: &str, suffix: &str, values: &[(String, u64)]) {
    let _ = writeln!(out, "# HELP {name} {help}.\n# TYPE {name} {kind}");
    for (labels, value) in values {
        let _ = match labels.as_str() {
            "" => writeln!(out, "{name}{suffix} {value}"),
            l => writeln!(out, "{name}{suffix}{{{l}}} {value}"),
        };
    }
}
