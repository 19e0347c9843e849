//! A verdict as a line of JSON, numbers with fixed precision.

use allclear_model::words::evidence;
use allclear_model::{Evidence, Slug, Verdict};
use std::fmt::{self, Display, Write};

/// Appends one line to `out`.
pub(super) fn verdict(out: &mut String, service: &Slug, v: &Verdict) {
    // Writing into a string cannot fail.
    let _ = write!(
        out,
        "{{\"at\":\"{}\",\"service\":\"{service}\",\"level\":\"{}\",\"phase\":\"{}\",\"confidence\":null,\"since\":\"{}\",\"cause\":",
        v.at,
        v.level.as_str(),
        v.phase.as_str(),
        v.since
    );
    match &v.cause {
        Some(c) => {
            let _ = write!(out, "\"{c}\"");
        }
        None => out.push_str("null"),
    }
    out.push_str(",\"scope\":{\"symptoms\":");
    list(out, &v.symptoms);
    out.push_str(",\"countries\":");
    list(out, &v.countries);
    let _ = write!(
        out,
        ",\"locations\":[]}},\"confirmed\":{},\"reports\":{{\"actual\":{},\"expected\":{},\"effective\":{}}},\"evidence\":",
        v.confirmed,
        v.reports.actual,
        Cents(v.reports.expected),
        Cents(v.reports.effective)
    );
    let since = v.since.to_string();
    reasons(out, &v.evidence, &since);
    out.push_str(",\"against\":");
    reasons(out, &v.against, &since);
    let _ = writeln!(out, ",\"log_odds\":{},\"rule\":\"{}\"}}", Cents(v.log_odds), v.rule);
}

/// A number with two decimals. The verdict's are whole hundredths, which need no general printing of fractions.
struct Cents(f64);

impl Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = (self.0 * 100.0).round();
        // Below 2^50 a whole number of hundredths is printed from its nearest double without loss.
        if cents.abs() < (1u64 << 50) as f64 && cents / 100.0 == self.0 && (cents != 0.0 || self.0.is_sign_positive()) {
            let n = (cents as i64).unsigned_abs();
            write!(f, "{}{}.{:02}", if cents < 0.0 { "-" } else { "" }, n / 100, n % 100)
        } else {
            write!(f, "{:.2}", self.0)
        }
    }
}

fn list<T: Display>(out: &mut String, items: &[T]) {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        let _ = write!(out, "{}\"{item}\"", if i > 0 { "," } else { "" });
    }
    out.push(']');
}

fn reasons(out: &mut String, items: &[Evidence], since: &str) {
    out.push('[');
    for (i, e) in items.iter().enumerate() {
        let text = serde_json::to_string(&evidence::text(e, since)).unwrap_or_default();
        let comma = if i > 0 { "," } else { "" };
        let _ = write!(
            out,
            "{comma}{{\"signal\":\"{}\",\"weight\":{},\"text\":{text}}}",
            e.witness.as_str(),
            Cents(e.weight)
        );
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hundredths_are_printed_as_the_general_way_prints_them() {
        for c in (-40_000..40_000).chain([1 << 40, (1 << 52) + 1, -(1 << 50), i64::MAX]) {
            for v in [c as f64 / 100.0, c as f64 / 777.0, c as f64 * 1.1] {
                assert_eq!(Cents(v).to_string(), format!("{v:.2}"));
            }
        }
        for v in [-0.0, f64::MIN_POSITIVE, 1e300, f64::INFINITY, f64::NAN] {
            assert_eq!(Cents(v).to_string(), format!("{v:.2}"));
        }
    }
}
