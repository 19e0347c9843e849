//! Sentences about evidence.

use crate::Level;
use crate::verdict::{Evidence, Witness};

/// The sentence for one piece of evidence. `since` is when the excess began, as it shall stand in the sentence; empty where that is
/// not known.
pub fn text(e: &Evidence, since: &str) -> String {
    match e.witness {
        Witness::Prior => {
            let n = number(e.actual);
            let problems = if n == "1" { "problem" } else { "problems" };
            format!("A service of this kind has about {n} {problems} in 30 days.")
        }
        Witness::Reports => {
            let n = if e.actual == 1.0 { "report" } else { "reports" };
            let (usual, are) = usual(e.expected);
            let counts =
                format!("{} {n} in the last {} minutes, where {usual} {are} usual.", number(e.actual), e.window_s / 60);
            // The excess is added up over time, so it can weigh more than the last minutes show.
            if e.weight > 0.0 && e.actual <= e.expected {
                let since = if since.is_empty() { String::new() } else { format!(" since {since}") };
                format!("More than usual{since}, not worn off yet: {counts}")
            } else {
                counts
            }
        }
        Witness::Checks => super::phrases::checks(e.actual as u64, e.expected as u64, e.window_s),
        Witness::Official => super::phrases::official(severe(e.actual)),
    }
}

/// The level that evidence of an official page has as a number.
fn severe(actual: f64) -> Level {
    match actual {
        a if a < 0.5 => Level::Operational,
        a if a < 1.5 => Level::UnderMaintenance,
        a if a < 2.5 => Level::DegradedPerformance,
        a if a < 3.5 => Level::PartialOutage,
        _ => Level::MajorOutage,
    }
}

/// A usual number as every sentence says it, and "is" or "are".
pub fn usual(expected: f64) -> (String, &'static str) {
    match number(expected) {
        _ if expected < 0.5 => ("hardly any".to_owned(), "are"),
        one if one == "1" => (one, "is"),
        _ if expected >= 999.5 && expected.is_finite() => (super::phrases::grouped(expected.round() as u64), "are"),
        n => (n, "are"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::pages;

    fn reports(weight: f64, actual: f64, expected: f64) -> String {
        text(&Evidence { witness: Witness::Reports, weight, actual, expected, window_s: 900 }, "10:18 UTC")
    }

    #[test]
    fn what_weighs_for_a_problem_never_reads_as_a_calm_count() {
        assert_eq!(
            reports(7.33, 0.0, 2.0),
            "More than usual since 10:18 UTC, not worn off yet: 0 reports in the last 15 minutes, where 2 are usual."
        );
        let e = Evidence { witness: Witness::Reports, weight: 1.5, actual: 1.0, expected: 2.0, window_s: 900 };
        assert_eq!(
            text(&e, ""),
            "More than usual, not worn off yet: 1 report in the last 15 minutes, where 2 are usual.",
            "nobody estimates a beginning before there is a problem"
        );
        assert_eq!(reports(9.5, 158.0, 2.0), "158 reports in the last 15 minutes, where 2 are usual.");
        assert_eq!(reports(-3.0, 0.0, 4.0), "0 reports in the last 15 minutes, where 4 are usual.");
        assert_eq!(reports(0.0, 0.0, 0.0), "0 reports in the last 15 minutes, where hardly any are usual.");
    }

    #[test]
    fn what_checks_found_is_said_with_the_number_of_locations_and_nothing_more() {
        let said = |failing, heard| {
            let e = Evidence { witness: Witness::Checks, weight: 1.0, actual: failing, expected: heard, window_s: 600 };
            text(&e, "10:18 UTC")
        };
        assert_eq!(said(1.0, 1.0), "Our check fails from the one location that was heard in the last 10 minutes.");
        assert_eq!(said(0.0, 1.0), "Our check succeeds from the one location that was heard in the last 10 minutes.");
        assert_eq!(said(2.0, 3.0), "Our check fails from 2 of the 3 locations that were heard in the last 10 minutes.");
        assert_eq!(said(2.0, 2.0), "Our check fails from all 2 locations that were heard in the last 10 minutes.");
        assert_eq!(said(0.0, 3.0), "Our check succeeds from all 3 locations that were heard in the last 10 minutes.");
    }

    #[test]
    fn the_answer_and_its_reasons_say_the_usual_number_in_the_same_words() {
        for expected in [0.0, 0.02, 0.49, 0.5, 1.0, 1.04, 2.0, 9.96, 12.4, 1200.0] {
            let (words, are) = usual(expected);
            let said = format!("where {words} {are} usual");
            assert!(reports(1.0, 5000.0, expected).contains(&said), "{expected}");
            let answer = pages::because_counts(7, expected, 900).replace("<strong>", "").replace("</strong>", "");
            assert!(answer.contains(&said), "{expected}: {answer}");
        }
    }
}
