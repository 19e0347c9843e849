//! Sentences about evidence.

use crate::verdict::{Evidence, Witness};

/// The sentence for one piece of evidence.
pub fn text(e: &Evidence) -> String {
    match e.witness {
        Witness::Prior => {
            let n = number(e.actual);
            let problems = if n == "1" { "problem" } else { "problems" };
            format!("A service of this kind has about {n} {problems} in 30 days.")
        }
        Witness::Reports => {
            let n = if e.actual == 1.0 { "report" } else { "reports" };
            let are = if number(e.expected) == "1" { "is" } else { "are" };
            format!(
                "{} {n} in the last {} minutes, where {} {are} usual.",
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
