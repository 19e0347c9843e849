//! What is believed of a service's page from one reading to the next: the page of before, pinned by what identifies it.
//!
//! Pages move, are lost, and are taken over; what stands at their address then is not what the vendor says of the service. So
//! a page that has suddenly nothing on it is not read as a recovery, and another page in its place is believed only after it has
//! stood there for an hour.

use super::judge::OfficialStatus;
use super::page::{Event, EventPhase};
use allclear_model::official::{
    EVENTS_MAX, OfficialEvent, OfficialSaid, OfficialUpdate, OfficialWord, TEXT_MAX, TITLE_MAX, UPDATES_MAX, URL_MAX,
    WARNINGS_MAX, excerpt,
};
use allclear_model::signal::reason_start;
use allclear_model::{Level, Time};

/// Another page in the place of the one we knew is believed when it has stood there for so long. Milliseconds.
const NEW_PAGE_MS: i64 = 3_600_000;
/// What was last said is told of as long as it is news. Milliseconds.
const NEWS_MS: i64 = 3 * 86_400_000;

/// What is believed of one service's page.
#[derive(Debug, Clone, Default)]
pub struct Belief {
    word: Option<OfficialWord>,
    /// What identifies the page that stands in the place of the one we knew, and since when.
    other: Option<(String, Time)>,
    /// Why what was last read is not believed.
    doubted: Option<String>,
}

impl Belief {
    /// Going on from what was believed before, if that is known.
    pub fn from(word: Option<OfficialWord>) -> Belief {
        Belief { word, ..Belief::default() }
    }

    /// What a reading at `now` of the page at `url` comes to.
    pub fn hear(&mut self, status: &OfficialStatus, url: &str, now: Time) -> OfficialSaid {
        let word = word_of(status, url, now);
        self.doubted = self.doubt(&word, now).map(|why| reason_start(&why).to_owned());
        if let Some(reason) = self.doubted.clone() {
            return OfficialSaid::Unread { reason };
        }
        self.other = None;
        if self.word.as_ref() == Some(&word) {
            return OfficialSaid::Same;
        }
        self.word = Some(word.clone());
        OfficialSaid::New { word: Box::new(word) }
    }

    /// What it comes to that the page has not changed since it was last read.
    pub fn same(&self) -> OfficialSaid {
        match &self.doubted {
            None => OfficialSaid::Same,
            Some(reason) => OfficialSaid::Unread { reason: reason.clone() },
        }
    }

    /// What was last believed.
    pub fn word(&self) -> Option<&OfficialWord> {
        self.word.as_ref()
    }

    /// Why `word` is not believed; `None` when it is.
    fn doubt(&mut self, word: &OfficialWord, now: Time) -> Option<String> {
        let known = self.word.as_ref()?;
        if let (Some(was), Some(is)) = (&known.identity, &word.identity)
            && was != is
            && known.format == word.format
        {
            let since = match &self.other {
                Some((other, since)) if other == is => *since,
                _ => now,
            };
            self.other = Some((is.clone(), since));
            let ago = now.since_ms(since);
            return (ago < NEW_PAGE_MS).then(|| {
                format!("another page stands in the place of the one we knew: {} instead of {}", name(is), name(was))
            });
        }
        if known.format != word.format || word.components > 0 {
            return None;
        }
        if known.components > 0 {
            return Some("the page lists no part of the service any more".to_owned());
        }
        let silent = word.events.is_empty() && !word.past;
        (known.past && silent).then(|| "the page is empty, which it was not before".to_owned())
    }
}

fn name(identity: &str) -> String {
    format!("{:?}", excerpt(identity, 40))
}

/// What is kept of `status`, which was read from `url` at `now`.
fn word_of(status: &OfficialStatus, url: &str, now: Time) -> OfficialWord {
    let in_scope = || status.events.iter().filter(|e| e.in_scope);
    let mut counted: Vec<&Event> = in_scope().filter(|e| e.counted).map(|e| &e.event).collect();
    let since = counted.iter().filter_map(|e| e.started_at).filter(|t| *t <= now).min();
    counted.sort_by(|a, b| b.heard().cmp(&a.heard()).then(a.id.cmp(&b.id)));
    let newest = status.newest().map(|(event, _)| event);
    let news = |e: &&Event| e.heard().is_some_and(|t| now.since_ms(t) < NEWS_MS && t <= now);
    let quiet = counted.is_empty();
    let last = newest.filter(|_| quiet).filter(news).map(|e| event_of(e, false));
    let events = counted.into_iter().take(EVENTS_MAX).map(|e| event_of(e, true)).chain(last);
    let short = |w: &String| excerpt(w, TITLE_MAX);
    OfficialWord {
        level: status.level,
        trust: status.trust,
        // An address that is too long to be kept is nobody's.
        url: if url.len() <= URL_MAX { url.to_owned() } else { String::new() },
        format: status.format.clone(),
        identity: status.identity.as_deref().map(|i| excerpt(i, TITLE_MAX)),
        components: status.components.iter().filter(|c| !c.third_party).count().try_into().unwrap_or(u32::MAX),
        past: in_scope().any(|e| e.event.phase.is_over()),
        since: since.filter(|_| status.level > Level::Operational),
        events: events.collect(),
        warnings: status.warnings.iter().take(WARNINGS_MAX).map(short).collect(),
    }
}

fn event_of(event: &Event, counted: bool) -> OfficialEvent {
    let mut updates: Vec<OfficialUpdate> = event
        .updates
        .iter()
        .map(|u| OfficialUpdate { phase: u.phase, text: excerpt(&u.text, TEXT_MAX), at: u.at })
        .filter(|u| !u.text.trim().is_empty() || u.phase != EventPhase::Unknown)
        .collect();
    updates.sort_by_key(|u| std::cmp::Reverse(u.at));
    updates.truncate(UPDATES_MAX);
    OfficialEvent {
        id: excerpt(&event.id, TITLE_MAX),
        kind: event.kind,
        title: excerpt(&event.title, TITLE_MAX),
        phase: event.phase,
        impact: event.impact,
        counted,
        started_at: event.started_at,
        url: event.url.clone().filter(|u| u.len() <= URL_MAX),
        updates,
    }
}

#[cfg(test)]
mod tests {
    use super::super::judge::{EventStatus, OfficialStatus};
    use super::super::page::{Component, Event, EventKind, Update};
    use super::*;
    use allclear_model::official::Trust;

    const URL: &str = "https://status.example.org/api/v2/summary.json";

    fn status(level: Level, components: usize) -> OfficialStatus {
        OfficialStatus {
            format: "statuspage".to_owned(),
            level,
            trust: Trust::Full,
            identity: Some("p1".to_owned()),
            name: None,
            updated_at: None,
            components: vec![Component { name: "API".to_owned(), level, ..Component::default() }; components],
            events: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn event(id: &str, phase: EventPhase, at: i64) -> EventStatus {
        let updates = (0..9).map(|k| Update { phase, text: format!("update {k}"), at: Some(Time(at - k)) }).collect();
        let event = Event {
            id: id.to_owned(),
            kind: EventKind::Incident,
            title: id.to_owned(),
            phase,
            started_at: Some(Time(at - 1000)),
            updates,
            ..Event::default()
        };
        EventStatus { event, in_scope: true, counted: phase.is_open(), stale: false }
    }

    fn level(said: &OfficialSaid) -> Option<Level> {
        if let OfficialSaid::New { word } = said { Some(word.level) } else { None }
    }

    fn unread(said: &OfficialSaid) -> String {
        if let OfficialSaid::Unread { reason } = said { reason.clone() } else { String::new() }
    }

    #[test]
    fn what_counts_is_kept_newest_first_and_what_was_last_said_as_long_as_it_is_news() {
        let mut belief = Belief::default();
        let mut s = status(Level::PartialOutage, 2);
        s.events = vec![event("old", EventPhase::Identified, 50_000), event("new", EventPhase::Investigating, 90_000)];
        s.events.push(event("over", EventPhase::Resolved, 99_000));
        let said = belief.hear(&s, URL, Time(100_000));
        let OfficialSaid::New { word } = &said else { panic!("{said:?}") };
        assert_eq!(word.events.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["new", "old"]);
        assert_eq!((word.since, word.past, word.components), (Some(Time(49_000)), true, 2));
        assert_eq!(word.events[0].updates.len(), UPDATES_MAX);
        assert_eq!((word.events[0].updates[0].text.as_str(), word.is_bounded()), ("update 0", true));
        assert_eq!(belief.hear(&s, URL, Time(100_500)), OfficialSaid::Same);
        let mut calm = status(Level::Operational, 2);
        calm.events = vec![event("over", EventPhase::Resolved, 99_000)];
        let OfficialSaid::New { word } = belief.hear(&calm, URL, Time(100_000)) else { panic!() };
        assert_eq!((word.events.len(), word.events[0].counted, word.since), (1, false, None));
        let OfficialSaid::New { word } = belief.hear(&calm, URL, Time(99_000 + NEWS_MS)) else { panic!() };
        assert!(word.events.is_empty() && word.past);
    }

    #[test]
    fn a_page_that_has_lost_everything_is_not_a_recovery() {
        let mut belief = Belief::default();
        assert_eq!(level(&belief.hear(&status(Level::MajorOutage, 2), URL, Time(0))), Some(Level::MajorOutage));
        assert!(unread(&belief.hear(&status(Level::Operational, 0), URL, Time(1))).contains("lists no part"));
        assert!(unread(&belief.same()).contains("lists no part"), "nor is it when it has not changed");
        assert_eq!(level(&belief.hear(&status(Level::Operational, 1), URL, Time(2))), Some(Level::Operational));
        // A log that has lost its past.
        let mut belief = Belief::default();
        let mut log = status(Level::Operational, 0);
        log.events = vec![event("over", EventPhase::Resolved, 0)];
        assert_eq!(level(&belief.hear(&log, URL, Time(10))), Some(Level::Operational));
        assert!(unread(&belief.hear(&status(Level::Operational, 0), URL, Time(20))).contains("empty"));
        // One that only ever lists what is going on is empty when nothing is.
        let mut belief = Belief::default();
        let mut now = status(Level::DegradedPerformance, 0);
        now.events = vec![event("on", EventPhase::Investigating, 0)];
        assert_eq!(level(&belief.hear(&now, URL, Time(10))), Some(Level::DegradedPerformance));
        assert_eq!(level(&belief.hear(&status(Level::Operational, 0), URL, Time(20))), Some(Level::Operational));
    }

    #[test]
    fn another_page_in_its_place_is_believed_when_it_has_stood_there_for_an_hour() {
        let mut belief = Belief::from(None);
        let other = OfficialStatus { identity: Some("p2".to_owned()), ..status(Level::Operational, 2) };
        assert_eq!(level(&belief.hear(&status(Level::MajorOutage, 2), URL, Time(0))), Some(Level::MajorOutage));
        let said = unread(&belief.hear(&other, URL, Time(1000)));
        assert!(said.contains("\"p2\" instead of \"p1\""), "{said}");
        assert_eq!(unread(&belief.same()), said);
        assert!(!unread(&belief.hear(&other, URL, Time(NEW_PAGE_MS))).is_empty());
        // The one we knew is back: the other begins anew.
        assert_eq!(belief.hear(&status(Level::MajorOutage, 2), URL, Time(NEW_PAGE_MS)), OfficialSaid::Same);
        assert!(!unread(&belief.hear(&other, URL, Time(NEW_PAGE_MS + 500))).is_empty());
        let at = Time(2 * NEW_PAGE_MS + 500);
        assert_eq!(level(&belief.hear(&other, URL, at)), Some(Level::Operational));
        assert_eq!(belief.same(), OfficialSaid::Same);
        // A page that has moved to another product has another name for itself there.
        let moved = OfficialStatus { format: "incidentio".to_owned(), identity: None, ..status(Level::Operational, 2) };
        assert_eq!(level(&belief.hear(&moved, URL, at)), Some(Level::Operational));
    }
}
