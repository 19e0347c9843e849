//! The words vendors write, and what we take them for.

use super::page::EventPhase;
use allclear_model::Level;

/// Folds a word for comparing: lower case, blanks for lines, no marks around it.
pub(super) fn fold(word: &str) -> String {
    let word = word.to_lowercase().replace(['_', '-'], " ");
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The phase that a vendor's word stands for.
pub(super) fn phase(word: &str) -> Option<EventPhase> {
    Some(match fold(word).as_str() {
        "investigating"
        | "detected"
        | "open"
        | "ongoing"
        | "active"
        | "new"
        | "acknowledged"
        | "under investigation" => EventPhase::Investigating,
        "identified" | "fixing" | "repairing" => EventPhase::Identified,
        "monitoring" | "watching" | "recovering" | "mitigating" => EventPhase::Monitoring,
        "resolved" | "recovered" | "restored" | "fixed" | "closed" | "mitigated" | "back to normal" | "已恢复"
        | "已解决" => EventPhase::Resolved,
        "postmortem" | "post mortem" | "post incident" => EventPhase::Postmortem,
        "scheduled" | "upcoming" | "planned" => EventPhase::Scheduled,
        "in progress" | "started" | "underway" => EventPhase::InProgress,
        "verifying" => EventPhase::Verifying,
        "completed" | "complete" | "finished" => EventPhase::Completed,
        "cancelled" | "canceled" => EventPhase::Cancelled,
        _ => return None,
    })
}

/// Words that head an update without saying where it stands. `word` is folded.
pub(super) fn is_update(word: &str) -> bool {
    matches!(word, "update" | "updated" | "updates")
}

/// Most bytes of the word that heads an update.
const LONGEST: usize = 40;

/// The word an update begins with, and the rest: "Resolved - it works", "**Identified**: the cause", or the word alone. The phase
/// is `None` for words that only say that it is an update.
pub(super) fn heading(text: &str) -> Option<(Option<EventPhase>, &str)> {
    let of = |word: &str| phase(word).map(Some).or_else(|| is_update(&fold(word)).then_some(None));
    let marks = [" - ", " \u{2013} ", " \u{2014} ", ": "];
    // The first mark, where the word before it is not too long: the longest mark has five bytes.
    let start = text.get(..text.floor_char_boundary(LONGEST + 5)).unwrap_or_default();
    let cut = marks.iter().filter_map(|mark| start.find(mark).map(|at| (at, at + mark.len()))).min();
    if let Some((at, next)) = cut.filter(|(at, _)| *at <= LONGEST)
        && let (Some(word), Some(rest)) = (text.get(..at), text.get(next..))
        && let Some(phase) = of(word)
    {
        return Some((phase, rest));
    }
    if text.len() <= LONGEST { of(text).map(|phase| (phase, "")) } else { None }
}

/// How bad a vendor's word is; `Operational` for those that say that nothing is.
pub(super) fn severity(word: &str) -> Option<Level> {
    Some(match fold(word).as_str() {
        "operational" | "available" | "up" | "ok" | "none" | "normal" | "operating normally" | "informational"
        | "info" => Level::Operational,
        "maintenance" | "under maintenance" => Level::UnderMaintenance,
        "minor"
        | "low"
        | "medium"
        | "moderate"
        | "warning"
        | "degraded"
        | "degradation"
        | "degraded performance"
        | "partially degraded"
        | "performance issues"
        | "limited"
        | "sev3"
        | "sev4" => Level::DegradedPerformance,
        "major"
        | "high"
        | "partial"
        | "partial outage"
        | "partially unavailable"
        | "disruption"
        | "service disruption"
        | "sev2" => Level::PartialOutage,
        "critical" | "outage" | "major outage" | "full outage" | "complete outage" | "unavailable" | "down"
        | "offline" | "downtime" | "sev1" => Level::MajorOutage,
        _ => return None,
    })
}

/// Whether a title or category announces work. "Unplanned" and "unscheduled" do not.
pub(super) fn is_maintenance(text: &str) -> bool {
    let text = text.to_lowercase();
    text.split(|c: char| !c.is_alphanumeric()).any(|w| matches!(w, "maintenance" | "scheduled" | "planned"))
        || text.contains("维护")
}

/// Words that say that it is over, and those before which they do not.
const OVER: [&str; 6] = ["resolved", "recovered", "restored", "mitigated", "fixed", "operational"];
const NOT_YET: [&str; 19] = [
    "not",
    "never",
    "until",
    "till",
    "once",
    "when",
    "will",
    "be",
    "being",
    "partially",
    "partly",
    "mostly",
    "before",
    "if",
    "should",
    "expect",
    "expected",
    "cannot",
    "get",
];

/// Whether a text in an update says that it is over. "Will be resolved", "not yet resolved", "once it is fixed" do not.
pub(super) fn says_over(text: &str) -> bool {
    let text = text.to_lowercase();
    if text.contains("已恢复") || text.contains("已解决") {
        return true;
    }
    text.split(['.', '!', '?', ';', '\n']).any(|sentence| {
        // The words before, newest first: no more are ever kept, however long the text.
        let mut before = [""; 6];
        sentence.split(|c: char| !(c.is_alphanumeric() || c == '\'')).filter(|w| !w.is_empty()).any(|word| {
            let over = OVER.contains(&word) || word == "normal" && before.starts_with(&["to", "back"]);
            // "Has been" and "is" are over; "to be" and "will be" are not, so "be" stands among the words.
            let yet = before.iter().any(|w| NOT_YET.contains(w) || w.ends_with("n't"));
            // "An issue for some users has been resolved" is over, "some regions are operational" is not.
            let some = word == "operational" && before.iter().take(3).any(|w| matches!(*w, "some" | "most"));
            before.rotate_right(1);
            before[0] = word;
            over && !yet && !some
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded() {
        assert_eq!(fold(" [IN_PROGRESS]: "), "in progress");
        assert_eq!(phase("Resolved:"), Some(EventPhase::Resolved));
        assert_eq!(phase("(已恢复)"), Some(EventPhase::Resolved));
        assert_eq!(phase("simmering"), None);
    }

    #[test]
    fn an_update_is_headed_by_its_phase() {
        assert_eq!(heading("Resolved - it works"), Some((Some(EventPhase::Resolved), "it works")));
        assert_eq!(
            heading("**Identified** \u{2014} the cause: a disk"),
            Some((Some(EventPhase::Identified), "the cause: a disk"))
        );
        assert_eq!(heading("Monitoring"), Some((Some(EventPhase::Monitoring), "")));
        assert_eq!(heading("Update: more soon"), Some((None, "more soon")));
        assert_eq!(heading("Investigating issues with sign-in"), None);
    }

    #[test]
    fn only_what_is_over_is_over() {
        for over in [
            "This incident has been resolved.",
            "The issue is now fixed",
            "Service has been fully restored. Thank you.",
            "All systems are back to normal.",
            "All services are operational.",
            "An issue that kept some users from signing in has been resolved.",
        ] {
            assert!(says_over(over), "{over}");
        }
        for open in [
            "We are investigating.",
            "This is not yet resolved.",
            "It will be fixed soon",
            "We will update once the issue is resolved.",
            "Service is partially restored",
            "The issue remains unresolved",
            "Some regions are operational",
            "Traffic is being restored",
            "",
        ] {
            assert!(!says_over(open), "{open}");
        }
    }

    #[test]
    fn work_is_told_from_trouble() {
        assert!(is_maintenance("Scheduled database maintenance"));
        assert!(is_maintenance("Planned work in FRA-1"));
        assert!(!is_maintenance("Unplanned outage"));
        assert!(!is_maintenance("Scheduler is slow"));
    }
}
