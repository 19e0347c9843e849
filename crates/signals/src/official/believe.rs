//! What is believed of a service's page from one reading to the next: the page of before, pinned by what identifies it.
//!
//! Pages move, are lost, and are taken over; what stands at their address then is not what the vendor says of the service. So
//! a page that has suddenly nothing on it is not read as a recovery before a day has passed, and another page in its place, or
//! another host that answers for it, is believed only after it has stood there for an hour. Where the catalogue knows the page's id,
//! no other page is believed at all. A problem that may be a monitor's noise is believed when it has lasted.

use super::formats::has_ids;
use super::judge::{OfficialStatus, unlisted};
use super::page::{Event, EventPhase};
use crate::dial::{HostOf, Target};
use allclear_model::official::{
    ASKED_MAX, EVENTS_MAX, Named, OfficialEvent, OfficialSaid, OfficialUpdate, OfficialWord, TEXT_MAX, TITLE_MAX,
    UPDATES_MAX, URL_MAX, WARNINGS_MAX, excerpt,
};
use allclear_model::signal::reason_start;
use allclear_model::{Level, Time};
use std::collections::BTreeSet;

/// Another page in the place of the one we knew is believed when it has stood there for so long. Milliseconds.
const NEW_PAGE_MS: i64 = 3_600_000;
/// A page that has lost what it said is believed to be so when it has been so for so long. Milliseconds.
const EMPTY_MS: i64 = 86_400_000;
/// Other texts for the same announcements are told at most so often. Milliseconds.
const TEXTS_MS: i64 = 600_000;
/// What was last said is told of as long as it is news. Milliseconds.
const NEWS_MS: i64 = 3 * 86_400_000;

/// What is believed of one service's page.
#[derive(Debug, Clone, Default)]
pub struct Belief {
    /// The page's id, where the catalogue knows it.
    pinned: Option<String>,
    word: Option<OfficialWord>,
    /// True while the word is what was kept of it, which may be its beginning only.
    restored: bool,
    /// When a word was last new.
    told: Option<Time>,
    /// What is strange about the page that stands there, and since when.
    strange: Option<(String, Time)>,
    /// Why what was last read is not believed.
    doubted: Option<String>,
    /// Components that the page does not list any more, and sentences about those of them that nobody was told of yet.
    gone: BTreeSet<String>,
    lost: Vec<String>,
}

impl Belief {
    /// Going on from what was believed before, if that is known.
    pub fn from(word: Option<OfficialWord>) -> Belief {
        Belief { restored: word.is_some(), word, ..Belief::default() }
    }

    /// The same, for a page of which the catalogue has the id.
    #[must_use]
    pub fn pinned(self, reference: Option<&str>) -> Belief {
        Belief { pinned: reference.map(str::to_owned), ..self }
    }

    /// What a reading at `now` of the page at `url` comes to; `asked` is what the catalogue asks for.
    pub fn hear(&mut self, status: &OfficialStatus, asked: &str, url: &str, now: Time) -> OfficialSaid {
        let word = word_of(status, asked, url, self.word.as_ref(), now);
        let doubt = self.doubt(&word, now);
        let of_another = matches!(doubt, Some(Doubt { another: true, .. }));
        let lost = !of_another && self.miss(status);
        self.doubted = doubt.map(|d| reason_start(&d.why).to_owned());
        if let Some(reason) = self.doubted.clone() {
            return OfficialSaid::Unread { reason };
        }
        self.strange = None;
        // A page that nothing is known of is taken as it is: there is nothing better to go on with.
        if status.brief && self.word.is_some() {
            return OfficialSaid::Same;
        }
        let restored = std::mem::take(&mut self.restored);
        if let Some(known) = &mut self.word {
            let same = |a: &OfficialWord, b: &OfficialWord| {
                // A warning may have a number in it that always changes.
                let told = |w: &OfficialWord| OfficialWord { warnings: Vec::new(), ..w.clone() };
                told(a) == told(b) && a.warnings.is_empty() == b.warnings.is_empty()
            };
            if restored && same(&word.clone().shown(), &known.clone().shown()) {
                *known = word;
                return OfficialSaid::Same;
            }
            let lately = self.told.is_some_and(|told| (0..TEXTS_MS).contains(&now.since_ms(told)));
            if same(&word, known) || (lately && !lost && word.announces_as(known)) {
                return OfficialSaid::Same;
            }
        }
        self.told = Some(now);
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

    /// Sentences about components that the page listed when it was read before, each told once.
    pub fn lost(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lost)
    }

    /// Takes note of which components the page has lost, and of those that are back. True when one was lost since the last reading.
    fn miss(&mut self, status: &OfficialStatus) -> bool {
        let Some(known) = &self.word else { return false };
        // A page without any component says of none that it is missing.
        let all = status.named.is_empty() && status.missing.is_empty();
        let is_gone = |wanted: &String| all || status.missing.contains(wanted);
        let gone = known.named.pairs().into_iter().filter(|(wanted, _)| is_gone(wanted));
        let gone: Vec<(String, String)> = gone.collect();
        let news = gone.iter().filter(|(wanted, _)| !self.gone.contains(wanted));
        let news: Vec<String> = news.map(|(wanted, name)| gone_from_page(wanted, name)).collect();
        let any = !news.is_empty();
        self.lost.extend(news);
        self.gone = gone.into_iter().map(|(wanted, _)| wanted).collect();
        any
    }

    /// What was last believed.
    pub fn word(&self) -> Option<&OfficialWord> {
        self.word.as_ref()
    }

    /// Why `word` is not believed; `None` when it is.
    fn doubt(&mut self, word: &OfficialWord, now: Time) -> Option<Doubt> {
        if let (Some(pinned), Some(id)) = (&self.pinned, &word.identity)
            && has_ids(&word.format)
            && id != pinned
        {
            let why = format!("the page there is {} and not {}, which the catalogue knows", name(id), name(pinned));
            return Some(Doubt { another: true, why });
        }
        let known = self.word.as_ref()?;
        let nothing = word.components == 0 && word.events.is_empty() && !word.past;
        let moved = if nothing { EMPTY_MS } else { NEW_PAGE_MS };
        let (another, strange, most, why) = if known.format != word.format {
            let why = format!("what stands there is {} and not {} any more", word.format, known.format);
            (true, word.format.clone(), moved, why)
        } else if known.identity.is_some() && known.identity != word.identity {
            let named = |i: &Option<String>| i.as_deref().map_or_else(|| "one without a name".to_owned(), name);
            let (is, was) = (named(&word.identity), named(&known.identity));
            let why = format!("another page stands in the place of the one we knew: {is} instead of {was}");
            (true, is, moved, why)
        } else if let Some((is, was)) = other_host(word, known) {
            let why = format!("another host answers for the page: {is} instead of {was}");
            (true, is, moved, why)
        } else if known.components > 0 && word.components == 0 {
            let names: Vec<String> = known.named.pairs().iter().map(|(_, called)| name(called)).collect();
            let which = if names.is_empty() { String::new() } else { format!(": {} is gone", names.join(", ")) };
            let why = format!("the page lists no part of the service any more{which}");
            (false, "parts".to_owned(), EMPTY_MS, why)
        } else if known.past && nothing {
            (false, "empty".to_owned(), EMPTY_MS, "the page is empty, which it was not before".to_owned())
        } else {
            return None;
        };
        let since = match &self.strange {
            Some((before, since)) if *before == strange && *since <= now => *since,
            _ => now,
        };
        self.strange = Some((strange, since));
        (now.since_ms(since) < most).then_some(Doubt { another, why })
    }
}

/// Why a reading is not believed.
struct Doubt {
    /// What was read is another page than the one we know.
    another: bool,
    why: String,
}

/// The host that answered, and the one that did before, where they differ.
fn other_host(word: &OfficialWord, known: &OfficialWord) -> Option<(String, String)> {
    let host = |word: &OfficialWord| {
        Target::parse(&word.url).ok().map(|t| match t.host {
            HostOf::Name(name) => name,
            HostOf::Ip(ip) => ip.to_string(),
        })
    };
    Some((host(word)?, host(known)?)).filter(|(is, was)| is != was)
}

/// That a component has gone from a page that listed it.
fn gone_from_page(wanted: &str, called: &str) -> String {
    let id = if wanted == called { String::new() } else { format!(" ({})", excerpt(wanted, 60)) };
    format!("the page does not list {}{id} any more, which is the service", name(called))
}

fn name(identity: &str) -> String {
    format!("{:?}", excerpt(identity, 40))
}

/// What is kept of `status`, which was read from `url` at `now` where `asked` was asked for, and `known` was what was known before.
fn word_of(status: &OfficialStatus, asked: &str, url: &str, known: Option<&OfficialWord>, now: Time) -> OfficialWord {
    let in_scope = || status.events.iter().filter(|e| e.in_scope);
    let mut counted: Vec<&Event> = in_scope().filter(|e| e.counted).map(|e| &e.event).collect();
    let since = counted.iter().filter_map(|e| e.started_at).filter(|t| *t <= now).min();
    counted.sort_by(|a, b| b.heard().cmp(&a.heard()).then(a.id.cmp(&b.id)));
    let ended = || in_scope().filter(|e| !e.noise);
    let newest = ended().filter(|e| e.event.phase != EventPhase::Scheduled).max_by_key(|e| e.event.heard());
    let news = |e: &&Event| e.heard().is_some_and(|t| now.since_ms(t) < NEWS_MS && t <= now);
    let quiet = counted.is_empty();
    let last = newest.map(|e| &e.event).filter(|_| quiet).filter(news).map(|e| event_of(e, false));
    let events = counted.into_iter().take(EVENTS_MAX).map(|e| event_of(e, true)).chain(last);
    // What has gone is called what it was called.
    let before = |wanted: &String| Some((wanted.clone(), known?.named.get(wanted)?.to_owned()));
    let missing: Vec<(String, String)> = status.missing.iter().filter_map(before).collect();
    let named = status.named.iter().map(|(wanted, name)| (wanted.clone(), excerpt(name, TITLE_MAX)));
    let named = Named::new(named.chain(missing.iter().cloned()));
    let short = |w: &String| {
        let gone = missing.iter().find(|(wanted, _)| *w == unlisted(wanted));
        excerpt(&gone.map_or_else(|| w.clone(), |(wanted, called)| gone_from_page(wanted, called)), TITLE_MAX)
    };
    OfficialWord {
        level: status.level,
        trust: status.trust,
        asked: asked.get(..asked.floor_char_boundary(ASKED_MAX)).unwrap_or_default().to_owned(),
        // An address that is too long to be kept is nobody's.
        url: if url.len() <= URL_MAX { url.to_owned() } else { String::new() },
        format: status.format.clone(),
        identity: status.identity.as_deref().map(|i| excerpt(i, TITLE_MAX)),
        components: status.components.iter().filter(|c| !c.third_party).count().try_into().unwrap_or(u32::MAX),
        past: ended().any(|e| e.event.phase.is_over()),
        since: since.filter(|_| status.level > Level::Operational),
        events: events.collect(),
        warnings: status.warnings.iter().take(WARNINGS_MAX).map(short).collect(),
        named,
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
            named: Vec::new(),
            missing: Vec::new(),
            brief: false,
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
        EventStatus { event, in_scope: true, counted: phase.is_open(), stale: false, noise: false }
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
        let said = belief.hear(&s, "asked", URL, Time(100_000));
        let OfficialSaid::New { word } = &said else { panic!("{said:?}") };
        assert_eq!(word.events.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["new", "old"]);
        assert_eq!((word.since, word.past, word.components), (Some(Time(49_000)), true, 2));
        assert_eq!(word.events[0].updates.len(), UPDATES_MAX);
        assert_eq!((word.events[0].updates[0].text.as_str(), word.is_bounded()), ("update 0", true));
        assert_eq!(belief.hear(&s, "asked", URL, Time(100_500)), OfficialSaid::Same);
        let mut calm = status(Level::Operational, 2);
        calm.events = vec![event("over", EventPhase::Resolved, 99_000)];
        let OfficialSaid::New { word } = belief.hear(&calm, "asked", URL, Time(100_000)) else { panic!() };
        assert_eq!((word.events.len(), word.events[0].counted, word.since), (1, false, None));
        let OfficialSaid::New { word } = belief.hear(&calm, "asked", URL, Time(99_000 + NEWS_MS)) else { panic!() };
        assert!(word.events.is_empty() && word.past);
    }

    #[test]
    fn other_texts_for_the_same_are_told_now_and_then_and_a_restart_tells_nothing_again() {
        let mut s = status(Level::PartialOutage, 2);
        s.events = vec![event("on", EventPhase::Identified, 50_000)];
        let mut belief = Belief::default();
        assert_eq!(level(&belief.hear(&s, "asked", URL, Time(60_000))), Some(Level::PartialOutage));
        s.events[0].event.updates[0].text = "12:01".to_owned();
        assert_eq!(belief.hear(&s, "asked", URL, Time(120_000)), OfficialSaid::Same);
        assert_eq!(level(&belief.hear(&s, "asked", URL, Time(60_000 + TEXTS_MS))), Some(Level::PartialOutage));
        s.warnings = vec!["3 odd words".to_owned()];
        assert_eq!(level(&belief.hear(&s, "asked", URL, Time(2_000_000))), Some(Level::PartialOutage));
        s.warnings = vec!["4 odd words".to_owned()];
        assert_eq!(belief.hear(&s, "asked", URL, Time(3_000_000)), OfficialSaid::Same);
        // What was kept is less than what was read.
        let mut after = Belief::from(belief.word().cloned().map(OfficialWord::shown));
        assert_eq!(after.hear(&s, "asked", URL, Time(3_000_001)), OfficialSaid::Same);
        s.events[0].event.phase = EventPhase::Monitoring;
        assert_eq!(level(&after.hear(&s, "asked", URL, Time(3_000_002))), Some(Level::PartialOutage));
    }

    #[test]
    fn a_page_that_has_lost_everything_is_not_a_recovery() {
        let mut belief = Belief::default();
        assert_eq!(
            level(&belief.hear(&status(Level::MajorOutage, 2), "asked", URL, Time(0))),
            Some(Level::MajorOutage)
        );
        assert!(unread(&belief.hear(&status(Level::Operational, 0), "asked", URL, Time(1))).contains("lists no part"));
        assert!(unread(&belief.same()).contains("lists no part"), "nor is it when it has not changed");
        assert_eq!(
            level(&belief.hear(&status(Level::Operational, 1), "asked", URL, Time(2))),
            Some(Level::Operational)
        );
        // A log that has lost its past.
        let mut belief = Belief::default();
        let mut log = status(Level::Operational, 0);
        log.events = vec![event("over", EventPhase::Resolved, 0)];
        assert_eq!(level(&belief.hear(&log, "asked", URL, Time(10))), Some(Level::Operational));
        assert!(unread(&belief.hear(&status(Level::Operational, 0), "asked", URL, Time(20))).contains("empty"));
        // For a day: a log may have lost its past for good.
        let gone = status(Level::Operational, 0);
        assert_eq!(level(&belief.hear(&gone, "asked", URL, Time(20 + EMPTY_MS))), Some(Level::Operational));
        // One that only ever lists what is going on is empty when nothing is.
        let mut belief = Belief::default();
        let mut now = status(Level::DegradedPerformance, 0);
        now.events = vec![event("on", EventPhase::Investigating, 0)];
        assert_eq!(level(&belief.hear(&now, "asked", URL, Time(10))), Some(Level::DegradedPerformance));
        assert_eq!(
            level(&belief.hear(&status(Level::Operational, 0), "asked", URL, Time(20))),
            Some(Level::Operational)
        );
    }

    #[test]
    fn another_page_in_its_place_is_believed_when_it_has_stood_there_for_an_hour() {
        let mut belief = Belief::from(None);
        let other = OfficialStatus { identity: Some("p2".to_owned()), ..status(Level::Operational, 2) };
        assert_eq!(
            level(&belief.hear(&status(Level::MajorOutage, 2), "asked", URL, Time(0))),
            Some(Level::MajorOutage)
        );
        let said = unread(&belief.hear(&other, "asked", URL, Time(1000)));
        assert!(said.contains("\"p2\" instead of \"p1\""), "{said}");
        assert_eq!(unread(&belief.same()), said);
        assert!(!unread(&belief.hear(&other, "asked", URL, Time(NEW_PAGE_MS))).is_empty());
        // The one we knew is back: the other begins anew.
        assert_eq!(belief.hear(&status(Level::MajorOutage, 2), "asked", URL, Time(NEW_PAGE_MS)), OfficialSaid::Same);
        assert!(!unread(&belief.hear(&other, "asked", URL, Time(NEW_PAGE_MS + 500))).is_empty());
        let at = Time(2 * NEW_PAGE_MS + 500);
        assert_eq!(level(&belief.hear(&other, "asked", URL, at)), Some(Level::Operational));
        assert_eq!(belief.same(), OfficialSaid::Same);
        // So it is with one that another product serves, or that has no name any more.
        let moved = OfficialStatus { format: "incidentio".to_owned(), ..status(Level::Operational, 2) };
        let nameless = OfficialStatus { identity: None, ..status(Level::Operational, 2) };
        for strange in [moved, nameless] {
            let mut belief = belief.clone();
            assert!(!unread(&belief.hear(&strange, "asked", URL, at)).is_empty());
            assert_eq!(level(&belief.hear(&strange, "asked", URL, at.plus_ms(NEW_PAGE_MS))), Some(Level::Operational));
        }
    }

    #[test]
    fn a_page_with_another_id_than_the_catalogue_knows_is_never_believed_not_even_first() {
        let mut belief = Belief::default().pinned(Some("p1"));
        let other = OfficialStatus { identity: Some("p2".to_owned()), ..status(Level::Operational, 2) };
        for hour in 0..50 {
            let said = unread(&belief.hear(&other, "asked", URL, Time(hour * NEW_PAGE_MS)));
            assert!(said.contains("\"p2\" and not \"p1\""), "{said}");
        }
        let right = status(Level::Operational, 2);
        assert_eq!(level(&belief.hear(&right, "asked", URL, Time(50 * NEW_PAGE_MS))), Some(Level::Operational));
        // What a format has for an id may be an address or a name, which the catalogue does not mean.
        let mut belief = Belief::default().pinned(Some("p1"));
        let feed = OfficialStatus { format: "rss".to_owned(), ..other };
        assert_eq!(level(&belief.hear(&feed, "asked", URL, Time(0))), Some(Level::Operational));
    }

    #[test]
    fn another_host_that_answers_for_the_page_is_another_page() {
        let mut belief = Belief::default();
        let (calm, elsewhere) = (status(Level::Operational, 2), "https://else.example.net/summary.json");
        assert_eq!(level(&belief.hear(&calm, "asked", URL, Time(0))), Some(Level::Operational));
        let out = status(Level::MajorOutage, 2);
        let said = unread(&belief.hear(&out, "asked", elsewhere, Time(1)));
        assert!(said.contains("else.example.net instead of status.example.org"), "{said}");
        // Another path of the same host is the same page.
        let path = "https://status.example.org/summary.json";
        assert_eq!(level(&belief.hear(&out, "asked", path, Time(2))), Some(Level::MajorOutage));
        assert!(!unread(&belief.hear(&out, "asked", elsewhere, Time(3))).is_empty());
        let said = belief.hear(&calm, "asked", elsewhere, Time(3 + NEW_PAGE_MS));
        assert_eq!(level(&said), Some(Level::Operational));
        let after = Belief::from(belief.word().cloned());
        assert!(
            !unread(&after.clone().hear(&calm, "asked", URL, Time(4 + NEW_PAGE_MS))).is_empty(),
            "after a restart too"
        );
    }

    #[test]
    fn a_component_that_has_gone_is_told_once_and_by_its_name() {
        let listed = |named: &[&str], missing: &[&str]| OfficialStatus {
            named: named.iter().map(|n| ((*n).to_owned(), format!("Part {n}"))).collect(),
            missing: missing.iter().map(|m| (*m).to_owned()).collect(),
            warnings: missing.iter().map(|m| unlisted(m)).collect(),
            ..status(Level::Operational, named.len())
        };
        let mut belief = Belief::default();
        belief.hear(&listed(&["c1", "c2"], &[]), "asked", URL, Time(0));
        assert_eq!(belief.lost(), [""; 0]);
        let OfficialSaid::New { word } = belief.hear(&listed(&["c1"], &["c2"]), "asked", URL, Time(1)) else {
            panic!()
        };
        let told = "the page does not list \"Part c2\" (c2) any more, which is the service";
        assert_eq!((&word.warnings[..], &belief.lost()[..]), (&[told.to_owned()][..], &[told.to_owned()][..]));
        belief.hear(&listed(&["c1"], &["c2"]), "asked", URL, Time(2));
        assert_eq!(belief.lost(), [""; 0], "once");
        // The last one is gone as well: that is not believed for a day, and it is told which.
        let said = unread(&belief.hear(&listed(&[], &["c1", "c2"]), "asked", URL, Time(3)));
        assert!(said.contains("\"Part c1\"") && said.contains("\"Part c2\""), "{said}");
        assert_eq!(belief.lost().len(), 1);
        // After a restart the name is still known.
        let mut after = Belief::from(belief.word().cloned());
        assert!(unread(&after.hear(&listed(&[], &["c1", "c2"]), "asked", URL, Time(4))).contains("Part c1"));
        let nothing = OfficialStatus { components: Vec::new(), ..listed(&[], &[]) };
        assert!(unread(&after.hear(&nothing, "asked", URL, Time(5))).contains("Part c1"));
        // Back, and gone again: that is news.
        after.hear(&listed(&["c1", "c2"], &[]), "asked", URL, Time(6));
        after.lost();
        after.hear(&listed(&["c2"], &["c1"]), "asked", URL, Time(7));
        assert!(after.lost()[0].contains("Part c1"));
    }
}
