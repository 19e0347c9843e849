//! A verdict as a line of JSON, numbers with fixed precision.

use allclear_model::words::evidence;
use allclear_model::{Evidence, Slug, Verdict};
use std::fmt::{Display, Write};

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
        ",\"locations\":[]}},\"confirmed\":{},\"reports\":{{\"actual\":{},\"expected\":{:.2},\"effective\":{:.2}}},\"evidence\":",
        v.confirmed, v.reports.actual, v.reports.expected, v.reports.effective
    );
    let since = v.since.to_string();
    reasons(out, &v.evidence, &since);
    out.push_str(",\"against\":");
    reasons(out, &v.against, &since);
    let _ = writeln!(out, ",\"log_odds\":{:.2},\"rule\":\"{}\"}}", v.log_odds, v.rule);
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
        let _ =
            write!(out, "{comma}{{\"signal\":\"{}\",\"weight\":{:.2},\"text\":{text}}}", e.witness.as_str(), e.weight);
    }
    out.push(']');
}
