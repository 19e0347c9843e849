//! Sentences about evidence.

use crate::verdict::{Evidence, Witness};

/// The sentence for one piece of evidence.
pub fn text(e: &Evidence) -> String {
    match e.witness {
        Witness::Prior => format!("A service of this kind has about {} problems in 30 days.", number(e.actual)),
        Witness::Reports => {
            let n = if e.actual == 1.0 { "report" } else { "reports" };
            format!(
                "{} {n} in the last {} minutes, where {} are usual.",
                number(e.actual),
                e.window_s / 60,
                number(e.expected)
            )
        }
    }
}

/// A number as people write it: whole from 10 on, one digit below, never `-0`.
pub fn number(x: f64) -> String {
    if x >= 9.95 {
        format!("{x:.0}")
    } else {
        let s = format!("{:.1}", x.max(0.0));
        s.strip_suffix(".0").map_or(s.clone(), str::to_owned)
    }
}
