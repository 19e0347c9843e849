//! What several formats share: Statuspage's words, which many products copied, and how unknown words are reported.

use crate::official::page::{EventPhase, Update};
use crate::official::{read, times, words};
use allclear_model::{Level, Time};
use std::collections::HashSet;
use std::fmt::Display;

/// What `word` means, or the default, which is "unknown", and a warning: "`whose` `word`".
pub(super) fn known<T: Default>(
    meaning: impl FnOnce(&str) -> Option<T>,
    word: &str,
    whose: impl Display,
    warnings: &mut Vec<String>,
) -> T {
    meaning(word).unwrap_or_else(|| {
        read::tell(warnings, format_args!("{whose} {word:?}"));
        T::default()
    })
}

/// Names without the empty ones and those that stand before, in their order.
pub(in crate::official) fn once(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    names.filter(|name| !name.is_empty() && seen.insert(name.clone())).collect()
}

/// The time of a field that may be absent.
pub(super) fn at(text: Option<&String>) -> Option<Time> {
    text.and_then(|t| times::text(t))
}

/// The one update of an event whose words stand in one place; none where there are none.
pub(super) fn only(phase: EventPhase, text: &str, at: Option<Time>) -> Vec<Update> {
    let text = read::plain(text);
    if text.is_empty() { Vec::new() } else { vec![Update { phase, text, at }] }
}

/// Puts updates in the order of [`Event::updates`](crate::official::Event::updates).
pub(super) fn newest_first(updates: &mut [Update]) {
    updates.sort_by_key(|u| std::cmp::Reverse(u.at));
}

/// How bad an event is, where the worst that its vendor says is `level`. "Operational" or "none" on an event is said of one that is
/// not rated, or of components that are well already, and says nothing of the rest of it.
pub(in crate::official) fn rated(level: Level) -> Level {
    if level == Level::Operational { Level::Unknown } else { level }
}

/// The same, of the levels its components have now.
pub(super) fn worst_now(levels: impl Iterator<Item = Level>) -> Level {
    rated(levels.max().unwrap_or_default())
}

/// A component's word; `full_outage` is incident.io's.
pub(super) fn component_level(word: &str) -> Option<Level> {
    Some(match word {
        "operational" => Level::Operational,
        "under_maintenance" => Level::UnderMaintenance,
        "degraded_performance" => Level::DegradedPerformance,
        "partial_outage" => Level::PartialOutage,
        "major_outage" | "full_outage" => Level::MajorOutage,
        _ => return None,
    })
}

/// The page's word, and the impact of an incident, which are the same words. Beside `major` pages show "Partial System Outage".
pub(super) fn indicator_level(word: &str) -> Option<Level> {
    Some(match word {
        "none" => Level::Operational,
        "maintenance" => Level::UnderMaintenance,
        "minor" => Level::DegradedPerformance,
        "major" => Level::PartialOutage,
        "critical" => Level::MajorOutage,
        _ => return None,
    })
}

/// An event's word; those that begin with `maintenance` are incident.io's.
pub(super) fn phase(word: &str) -> Option<EventPhase> {
    words::phase(word.strip_prefix("maintenance_").unwrap_or(word))
}

/// A group that says that its components are other companies'.
pub(super) fn third_party(group: &str) -> bool {
    let group = read::name(group).to_lowercase();
    [
        "third party",
        "third-party",
        "3rd party",
        "external service",
        "external dependenc",
        "upstream provider",
        "vendors",
    ]
    .iter()
    .any(|words| group.contains(words))
}

/// An id as incident.io mints them: 26 characters of Crockford's base 32. Statuspage's are shorter and in lower case.
pub(super) fn is_ulid(id: &str) -> bool {
    id.len() == 26 && id.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}
