//! Our own checks of a service, as `allclear status` prints them.

use crate::output;
use crate::socket::protocol::CheckStatus;
use allclear_model::Slug;
use allclear_model::check::CheckOutcome;
use allclear_model::words::pages::duration;
use std::collections::BTreeSet;

/// What checks found of a service, a line for each location.
pub(super) fn found(checks: &[CheckStatus]) -> String {
    if checks.is_empty() {
        return "Our checks: none so far\n".to_owned();
    }
    let row = |c: &CheckStatus| {
        let took = c.ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms} ms"));
        vec![c.location.to_string(), c.outcome.as_str().to_owned(), ago(c.age_s), took, remarks(c)]
    };
    let rows: Vec<Vec<String>> = checks.iter().map(row).collect();
    output::table(&["OUR CHECKS FROM", "SAY", "AGO", "TOOK", ""], &rows)
}

/// Which locations are paused, if any is.
pub(super) fn paused(locations: &BTreeSet<Slug>) -> String {
    if locations.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = locations.iter().map(Slug::as_str).collect();
    format!("Paused, as they do not believe what they find: {}\n", names.join(", "))
}

/// Seconds matter while it is fresh, and nobody counts them afterwards.
fn ago(age_s: i64) -> String {
    if age_s < 120 { format!("{age_s} s") } else { duration(age_s.saturating_mul(1000)) }
}

/// Why it was not up, and what one has to know to read the word rightly.
fn remarks(c: &CheckStatus) -> String {
    let mut all = Vec::new();
    // Whoever answered the check has a hand in these words, and this is a terminal.
    all.extend(c.reason.as_deref().map(output::one_line));
    if let Some(since) = &c.failing_since {
        // A good run or two do not end a failure.
        all.push(if c.outcome == CheckOutcome::Up {
            format!("counts as failing since {since}")
        } else {
            format!("fails since {since}")
        });
    }
    if !c.proven {
        all.push("never passed from there, so it does not count".to_owned());
    } else if !c.speaks && matches!(c.outcome, CheckOutcome::Up | CheckOutcome::Down) {
        all.push("too old to count".to_owned());
    }
    all.join("; ")
}
