//! How the words of an official page changed: what is new from one reading to the next, and what was edited after it was published.

use crate::socket::operate::PageChange;
use allclear_engine::rows::OfficialRow;
use allclear_model::official::{EventPhase, OfficialEvent, OfficialUpdate, OfficialWord, excerpt};

/// At most `most` changes, the newest, oldest first; `rows` are newest first. The first word that is known is a change itself.
pub(crate) fn changes(rows: &[OfficialRow], most: u32) -> Vec<PageChange> {
    let most = most as usize;
    let before = |n: usize| rows.get(n + 1).map(|r| &r.word);
    let one = |(n, row): (usize, &OfficialRow)| {
        let changes = before(n).map_or_else(|| first(&row.word), |old| diff(old, &row.word));
        PageChange { seq: row.seq, at: row.at, level: row.word.level, changes }
    };
    let mut all: Vec<PageChange> = rows.iter().enumerate().take(most).map(one).collect();
    all.reverse();
    all
}

fn first(word: &OfficialWord) -> Vec<String> {
    std::iter::once(format!("first read, as {}", word.format)).chain(word.events.iter().map(begins)).collect()
}

fn begins(event: &OfficialEvent) -> String {
    let text = event.updates.first().map_or(String::new(), |u| format!(": {}", excerpt(&u.text, 200)));
    format!("+ {} ({}){text}", event.title, phase(event.phase))
}

fn phase(phase: EventPhase) -> String {
    phase.as_str().replace('_', " ")
}

/// What changed from one word to the next, a line each.
fn diff(old: &OfficialWord, new: &OfficialWord) -> Vec<String> {
    let mut out = Vec::new();
    if old.level != new.level {
        out.push(format!("level {} -> {}", old.level.as_str(), new.level.as_str()));
    }
    for (what, was, is) in [("format", &old.format, &new.format), ("address", &old.url, &new.url)] {
        if was != is {
            out.push(format!("{what} {was} -> {is}"));
        }
    }
    if old.identity != new.identity {
        let named = |i: &Option<String>| i.clone().unwrap_or_else(|| "none".to_owned());
        out.push(format!("page {} -> {}", named(&old.identity), named(&new.identity)));
    }
    for event in &new.events {
        match old.events.iter().find(|e| e.id == event.id) {
            None => out.push(begins(event)),
            Some(before) => out.extend(changed(before, event)),
        }
    }
    let gone = old.events.iter().filter(|e| !new.events.iter().any(|n| n.id == e.id));
    out.extend(gone.map(|e| format!("- {} is not listed any more", e.title)));
    let new_warnings = new.warnings.iter().filter(|w| !old.warnings.contains(w));
    out.extend(new_warnings.map(|w| format!("warning: {w}")));
    if out.is_empty() {
        out.push("details that are not shown".to_owned());
    }
    out
}

/// What changed about one event.
fn changed(old: &OfficialEvent, new: &OfficialEvent) -> Vec<String> {
    let mut out = Vec::new();
    if old.title != new.title {
        out.push(format!("title {:?} -> {:?}", old.title, new.title));
    }
    if old.phase != new.phase {
        out.push(format!("{}: {} -> {}", new.title, phase(old.phase), phase(new.phase)));
    }
    if old.impact != new.impact {
        out.push(format!("{}: impact {} -> {}", new.title, old.impact.as_str(), new.impact.as_str()));
    }
    let at = |u: &OfficialUpdate| u.at.map_or_else(|| "without a time".to_owned(), |t| t.to_string());
    // An update is known by its time; one that is as old as those that were kept, and was not among them, had no room.
    let oldest = old.updates.iter().filter_map(|u| u.at).min();
    for update in new.updates.iter().rev() {
        let before = old.updates.iter().find(|u| u.at == update.at);
        if let Some(before) = before.filter(|b| b.text != update.text) {
            out.push(format!("edited, the update of {}:", at(update)));
            out.push(format!("  - {}", before.text));
            out.push(format!("  + {}", update.text));
        } else if before.is_none() && (update.at.is_none() || update.at >= oldest) {
            out.push(format!("+ {} ({}): {}", at(update), phase(update.phase), update.text));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::official::{EventKind, Trust};
    use allclear_model::{Level, Time};

    fn update(s: i64, text: &str) -> OfficialUpdate {
        OfficialUpdate { phase: EventPhase::Identified, text: text.to_owned(), at: Some(Time(s * 1000)) }
    }

    fn word(level: Level, updates: Vec<OfficialUpdate>) -> OfficialWord {
        let event = OfficialEvent {
            id: "e".to_owned(),
            kind: EventKind::Incident,
            title: "Slow".to_owned(),
            phase: EventPhase::Identified,
            impact: level,
            counted: true,
            started_at: None,
            url: None,
            updates,
        };
        OfficialWord {
            asked: String::new(),
            level,
            trust: Trust::Full,
            url: "https://status.example.org".to_owned(),
            format: "statuspage".to_owned(),
            identity: None,
            components: 1,
            past: false,
            since: None,
            events: vec![event],
            warnings: Vec::new(),
            named: allclear_model::official::Named::default(),
        }
    }

    #[test]
    fn an_edit_of_what_was_published_is_told_with_both_texts() {
        let words = vec![
            word(Level::DegradedPerformance, vec![update(2, "All regions."), update(1, "We look.")]),
            word(Level::DegradedPerformance, vec![update(2, "One region."), update(1, "We look.")]),
            word(Level::PartialOutage, vec![update(3, "Worse."), update(2, "One region.")]),
        ];
        let row = |(n, word)| OfficialRow { seq: n as u64, at: Time(n as i64 * 60_000), word };
        let rows: Vec<OfficialRow> = words.into_iter().enumerate().map(row).rev().collect();
        let told: Vec<Vec<String>> = changes(&rows, 20).into_iter().map(|c| c.changes).collect();
        assert_eq!(
            told,
            [
                &["first read, as statuspage", "+ Slow (identified): All regions."][..],
                &["edited, the update of 1970-01-01T00:00:02Z:", "  - All regions.", "  + One region."],
                &[
                    "level degraded_performance -> partial_outage",
                    "Slow: impact degraded_performance -> partial_outage",
                    "+ 1970-01-01T00:00:03Z (identified): Worse."
                ],
            ]
        );
        // Where there is more before, the oldest one is only there to compare with.
        assert_eq!(changes(&rows, 2).into_iter().map(|c| c.seq).collect::<Vec<_>>(), [1, 2]);
        assert!(changes(&[], 5).is_empty());
    }
}
