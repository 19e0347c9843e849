//! What a vendor's official page says of a service, as far as it is kept.

pub use crate::named::Named;

use crate::{Level, Slug, Time};
use serde::{Deserialize, Serialize};

/// Events that are kept of a page, and updates of each.
pub const EVENTS_MAX: usize = 5;
/// Updates that are kept of an event, the newest.
pub const UPDATES_MAX: usize = 5;
/// Longest words of an update that are kept, in characters.
pub const TEXT_MAX: usize = 1000;
/// Longest words of a page that are shown, in characters: an excerpt, with a link to the rest.
pub const EXCERPT_MAX: usize = 300;
/// Longest title, in characters.
pub const TITLE_MAX: usize = 200;
/// Longest address, in bytes; longer ones are left out.
pub const URL_MAX: usize = 500;
/// Longest text of what is asked for, in bytes.
pub const ASKED_MAX: usize = 2 * URL_MAX;
/// Warnings that are kept, and the longest of them in characters.
pub const WARNINGS_MAX: usize = 5;

/// What official pages said when they were read, at the time of the entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficialPages {
    /// One for each service that was read, in any order.
    pub read: Vec<OfficialRead>,
}

/// One reading of the official page of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficialRead {
    /// Which service.
    pub service: Slug,
    /// What came of it.
    #[serde(flatten)]
    pub said: OfficialSaid,
}

/// What came of reading an official page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum OfficialSaid {
    /// The same as when it was last read.
    Same,
    /// Something that was not said before.
    New {
        /// All that it says now.
        word: Box<OfficialWord>,
    },
    /// It could not be read, or not be believed.
    Unread {
        /// Why, in words, at most [`crate::signal::REASON_MAX`] bytes.
        reason: String,
    },
}

/// What an official page says of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficialWord {
    /// The worst of what counts.
    pub level: Level,
    /// How far that can be trusted.
    pub trust: Trust,
    /// What the catalogue asks for, as [`crate::catalogue::Official::asked`] has it: of another page or part nothing is known.
    pub asked: String,
    /// Where it stands: the address that the answer came from. Another host in its place is noticed.
    pub url: String,
    /// The format it was read as.
    pub format: String,
    /// What identifies the page at its vendor; another one in its place is noticed.
    pub identity: Option<String>,
    /// Components of the page that are the service; a page that has lost all of them is not believed.
    pub components: u32,
    /// Whether it told of anything that is over; a page that has lost that, and everything else, is not believed.
    pub past: bool,
    /// When the first of what counts began, as the vendor says.
    pub since: Option<Time>,
    /// What counts, or else the last that was said; at most [`EVENTS_MAX`], the newest words first.
    pub events: Vec<OfficialEvent>,
    /// What was not understood, at most [`WARNINGS_MAX`] sentences.
    pub warnings: Vec<String>,
    /// What the page called the components that were asked for, when it listed them last.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub named: Named,
}

/// An event of an official page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficialEvent {
    /// Its id at the vendor.
    pub id: String,
    /// What kind of event.
    pub kind: EventKind,
    /// Its title, at most [`TITLE_MAX`] characters.
    pub title: String,
    /// Where it stands.
    pub phase: EventPhase,
    /// How bad the vendor says it is; `unknown` where it does not say.
    pub impact: Level,
    /// Whether it is one of the reasons of the level.
    pub counted: bool,
    /// When it began.
    pub started_at: Option<Time>,
    /// Where people read of it.
    pub url: Option<String>,
    /// Its newest updates, newest first, at most [`UPDATES_MAX`].
    pub updates: Vec<OfficialUpdate>,
}

/// An update of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficialUpdate {
    /// Phase from then on.
    pub phase: EventPhase,
    /// Its words, at most [`TEXT_MAX`] characters.
    pub text: String,
    /// When.
    pub at: Option<Time>,
}

/// How far a level can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// The page states how things are.
    #[default]
    Full,
    /// The page is a log of announcements: silence means that nothing was announced.
    Low,
}

/// What kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Something does not work.
    #[default]
    Incident,
    /// Announced work.
    Maintenance,
    /// Words without a claim that anything does not work.
    Notice,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventPhase {
    /// Seen, cause not known.
    Investigating,
    /// Cause known.
    Identified,
    /// A repair is in and being watched.
    Monitoring,
    /// Over.
    Resolved,
    /// Over, and written about.
    Postmortem,
    /// Work that has not begun.
    Scheduled,
    /// Work under way.
    InProgress,
    /// Work done and being looked at.
    Verifying,
    /// Work over.
    Completed,
    /// Work that will not be.
    Cancelled,
    /// A word we do not know, or none.
    #[default]
    Unknown,
}

impl EventPhase {
    /// True when it has happened and ended, which what was called off never did.
    pub fn is_over(self) -> bool {
        matches!(self, EventPhase::Resolved | EventPhase::Postmortem | EventPhase::Completed)
    }

    /// False when the event is over, was called off or has not begun.
    pub fn is_open(self) -> bool {
        !self.is_over() && !matches!(self, EventPhase::Scheduled | EventPhase::Cancelled)
    }

    /// The word, as the formats' vendors have it.
    pub fn as_str(self) -> &'static str {
        match self {
            EventPhase::Investigating => "investigating",
            EventPhase::Identified => "identified",
            EventPhase::Monitoring => "monitoring",
            EventPhase::Resolved => "resolved",
            EventPhase::Postmortem => "postmortem",
            EventPhase::Scheduled => "scheduled",
            EventPhase::InProgress => "in_progress",
            EventPhase::Verifying => "verifying",
            EventPhase::Completed => "completed",
            EventPhase::Cancelled => "cancelled",
            EventPhase::Unknown => "unknown",
        }
    }
}

impl OfficialWord {
    /// The newest words: the newest update of the first event, cut to what is shown.
    pub fn newest(&self) -> Option<(&OfficialEvent, Option<&OfficialUpdate>)> {
        self.events.first().map(|e| (e, e.updates.first()))
    }

    /// The same with no more words than are shown: the first events, each with its newest update as an excerpt.
    #[must_use]
    pub fn shown(mut self) -> OfficialWord {
        self.events.truncate(SHOWN_EVENTS);
        for event in &mut self.events {
            event.updates.truncate(1);
            for update in &mut event.updates {
                update.text = excerpt(&update.text, EXCERPT_MAX);
            }
            event.updates.shrink_to_fit();
        }
        self.events.shrink_to_fit();
        self
    }

    /// True when `other` announces the same, in whatever words.
    pub fn announces_as(&self, other: &OfficialWord) -> bool {
        let event = |e: &OfficialEvent| (e.id.clone(), e.kind, e.phase, e.impact, e.counted, e.started_at);
        (self.level, self.trust, self.since) == (other.level, other.trust, other.since)
            && (&self.asked, &self.url, &self.format, &self.identity)
                == (&other.asked, &other.url, &other.format, &other.identity)
            && self.events.iter().map(event).eq(other.events.iter().map(event))
    }

    /// False when it is larger than a reader of pages makes it.
    pub fn is_bounded(&self) -> bool {
        let long = |text: &str, most: usize| text.chars().count() > most;
        self.events.len() <= EVENTS_MAX
            && self.warnings.len() <= WARNINGS_MAX
            && self.url.len() <= URL_MAX
            && self.asked.len() <= ASKED_MAX
            && self.named.is_bounded()
            && !self.warnings.iter().any(|w| long(w, TITLE_MAX))
            && self.events.iter().all(|e| {
                e.updates.len() <= UPDATES_MAX
                    && !long(&e.title, TITLE_MAX)
                    && e.url.as_ref().is_none_or(|u| u.len() <= URL_MAX)
                    && !e.updates.iter().any(|u| long(&u.text, TEXT_MAX))
            })
    }
}

/// Events that are shown.
const SHOWN_EVENTS: usize = 3;

/// The beginning of a text, at most `most` characters; where it goes on, an ellipsis is the last of them.
pub fn excerpt(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}\u{2026}", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word() -> OfficialWord {
        let update = OfficialUpdate { phase: EventPhase::Identified, text: "x".repeat(TEXT_MAX), at: Some(Time(7)) };
        let event = OfficialEvent {
            id: "e".to_owned(),
            kind: EventKind::Incident,
            title: "Slow".to_owned(),
            phase: EventPhase::Identified,
            impact: Level::DegradedPerformance,
            counted: true,
            started_at: Some(Time(5)),
            url: None,
            updates: vec![update; UPDATES_MAX],
        };
        OfficialWord {
            level: Level::DegradedPerformance,
            trust: Trust::Full,
            asked: "https://status.example.org".to_owned(),
            url: "https://status.example.org/api/v2/summary.json".to_owned(),
            format: "statuspage".to_owned(),
            identity: None,
            components: 3,
            past: false,
            since: Some(Time(5)),
            events: vec![event; EVENTS_MAX],
            warnings: Vec::new(),
            named: Named::default(),
        }
    }

    #[test]
    fn what_is_shown_is_an_excerpt_of_the_newest_words() {
        let shown = word().shown();
        assert_eq!((shown.events.len(), shown.events[0].updates.len()), (SHOWN_EVENTS, 1));
        let text = &shown.events[0].updates[0].text;
        assert_eq!((text.chars().count(), text.ends_with('\u{2026}')), (EXCERPT_MAX, true));
        assert!(word().is_bounded() && shown.is_bounded());
        assert_eq!(excerpt("  ab cd", 6), "  ab\u{2026}", "no blank before the ellipsis");
    }

    #[test]
    fn what_was_read_comes_back_from_the_journal_as_it_was_written() {
        let service = Slug::parse("openrouter").unwrap();
        let said = [
            OfficialSaid::Same,
            OfficialSaid::New { word: Box::new(word()) },
            OfficialSaid::Unread { reason: "HTML".to_owned() },
        ];
        let read = said.map(|said| OfficialRead { service: service.clone(), said }).to_vec();
        let signal = crate::Signal::OfficialPages(OfficialPages { read });
        let text = serde_json::to_string(&signal).unwrap();
        assert!(
            text.starts_with(r#"{"kind":"official_pages","read":[{"service":"openrouter","said":"same"},"#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<crate::Signal>(&text).unwrap(), signal);
    }
}
