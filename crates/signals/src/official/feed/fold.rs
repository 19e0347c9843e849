//! Items to events: what belongs together, what is newest, and where it stands.

use super::body::{self, Body};
use super::xml::{Feed, Item};
use crate::official::formats::shared::{once, rated};
use crate::official::page::{Event, EventKind, EventPhase, Page, Update};
use crate::official::{read, words};
use allclear_model::{Level, Time};
use std::collections::HashMap;

/// Names after these are left out.
const MOST_COMPONENTS: usize = 500;

/// What of a feed is known beforehand, because its vendor is.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::official) struct Options {
    /// Ids are used again for other events: an event is an id and a time, and no two items are of one event.
    pub(in crate::official) ids_repeat: bool,
    /// Items are there for as long as what they say holds: one that is there is not over.
    pub(in crate::official) listed_is_open: bool,
    /// Titles begin with what they are about in brackets: `[API] Slow answers`.
    pub(in crate::official) subject_in_brackets: bool,
}

/// What a feed says.
pub(in crate::official) fn page(feed: Feed, options: Options) -> Page {
    let mut warnings = Vec::new();
    if feed.cut {
        warnings.push("the feed has very many items; the last are not read".to_owned());
    }
    let mut groups: Vec<(String, Vec<&Item>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for item in &feed.items {
        let key = if options.ids_repeat {
            format!("{}@{}", if item.id.is_empty() { &item.title } else { &item.id }, item.published_text)
        } else {
            key(&feed, item)
        };
        let place = *places.entry(key.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, items)) => items.push(item),
            None => groups.push((key, vec![item])),
        }
    }
    let events: Vec<Event> = groups.into_iter().map(|(key, items)| event(key, items, options, &mut warnings)).collect();
    let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    Page {
        identity: some(&feed.id).or_else(|| some(&feed.link)).or_else(|| some(&feed.title)),
        name: some(&feed.title),
        // The feed's own date is often that of the request, so that of the newest item is the one that says something.
        updated_at: events.iter().filter_map(|e| e.updated_at).max(),
        events,
        warnings,
        ..Page::default()
    }
}

/// What an item belongs to: its incident's address, or its id without what tells one update from the next.
fn key(feed: &Feed, item: &Item) -> String {
    if is_incident(&item.link, &feed.link) {
        return without_fragment(&item.link).to_owned();
    }
    let id = item.id.as_str();
    if id.is_empty() {
        return if item.title.is_empty() { item.link.clone() } else { read::plain(&item.title) };
    }
    let base = without_fragment(id);
    if base != id && (path(base) == Some("") || base.is_empty() || base == without_fragment(&feed.link)) {
        // Only the page is left of it, so the fragment is the incident. AWS puts the service there and the second of the update.
        match id.rsplit_once('_') {
            Some((subject, second)) if second.len() >= 9 && second.bytes().all(|b| b.is_ascii_digit()) => {
                subject.to_owned()
            }
            _ => id.to_owned(),
        }
    } else {
        base.to_owned()
    }
}

fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(base, _)| base).trim_end_matches('/')
}

/// The path of an address, without slashes around it and what follows it; `None` when it is no address.
fn path(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    Some(path.split(['?', '#']).next().unwrap_or_default().trim_matches('/'))
}

/// Whether a link leads to one incident, and not to the page or its list of incidents.
fn is_incident(link: &str, page: &str) -> bool {
    let Some(path) = path(link) else { return false };
    let last = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let list = matches!(
        last.as_str(),
        "" | "status"
            | "history"
            | "incidents"
            | "incident"
            | "maintenance"
            | "maintenances"
            | "feed"
            | "rss"
            | "index.html"
    );
    !list && without_fragment(link) != without_fragment(page)
}

fn event(key: String, mut items: Vec<&Item>, options: Options, warnings: &mut Vec<String>) -> Event {
    // Stable: of items with one time, and of those without, the first is the newest, as feeds are written.
    items.sort_by_key(|i| std::cmp::Reverse(i.at()));
    let bodies: Vec<Body> = items.iter().map(|i| body::read(i.body())).collect();
    let mut event = Event { id: key, ..Event::default() };
    let (Some(newest), Some(said)) = (items.first(), bodies.first()) else { return event };
    event.title = read::plain(&newest.title);
    let (mut phase, mut impact) = stated(&event.title, newest, said, warnings);
    let work = items.iter().any(|i| words::is_maintenance(&read::plain(&i.title)))
        || newest.categories.iter().any(|c| words::is_maintenance(c))
        || matches!(
            phase,
            EventPhase::Scheduled | EventPhase::InProgress | EventPhase::Completed | EventPhase::Verifying
        );
    // "Scheduled reports are late", and being investigated, is trouble.
    if work && !matches!(phase, EventPhase::Investigating | EventPhase::Identified) && !options.listed_is_open {
        event.kind = EventKind::Maintenance;
        if phase == EventPhase::Resolved {
            phase = EventPhase::Completed;
        }
    }
    event.standing = options.listed_is_open;
    if options.listed_is_open && !phase.is_open() {
        phase = EventPhase::Monitoring;
    }
    if impact == Level::Unknown {
        impact =
            said.severity.iter().chain(&newest.categories).find_map(|word| words::severity(word)).unwrap_or_default();
        if let Some(word) = said.severity.as_deref().filter(|w| words::severity(w).is_none()) {
            read::tell(warnings, format_args!("event {:?} has the unknown severity {word:?}", event.title));
        }
    }
    event.phase = phase;
    event.impact = rated(impact);
    event.components = components(&items, options);
    event.url = Some(newest.link.clone()).filter(|l| !l.is_empty());
    event.updates = updates(&items, bodies);
    let times = || items.iter().flat_map(|i| [i.published, i.updated]).flatten();
    event.started_at = times().chain(event.updates.iter().filter_map(|u| u.at)).min();
    event.updated_at = times().chain(event.updates.iter().filter_map(|u| u.at)).max();
    event.resolved_at = event.updated_at.filter(|_| phase.is_over());
    event
}

/// Where an event stands, by what says so most plainly, and how bad it is where the same word says that.
fn stated(title: &str, item: &Item, said: &Body, warnings: &mut Vec<String>) -> (EventPhase, Level) {
    if let Some(raw) = &said.status {
        return match (words::phase(raw), words::severity(raw)) {
            (Some(phase), _) => (phase, Level::Unknown),
            (None, Some(Level::Operational)) => (EventPhase::Resolved, Level::Unknown),
            (None, Some(level)) => (EventPhase::Unknown, level),
            (None, None) => {
                read::tell(warnings, format_args!("event {title:?} has the unknown status {raw:?}"));
                (EventPhase::Unknown, Level::Unknown)
            }
        };
    }
    // The heading of the newest update is the same statement in another place.
    let phase = said
        .parts
        .first()
        .and_then(|part| part.phase)
        .or_else(|| furthest(item.categories.iter().filter_map(|c| words::phase(c))))
        .or_else(|| in_title(title))
        .or_else(|| said.parts.first().filter(|p| words::says_over(&p.text)).map(|_| EventPhase::Resolved))
        // "Update" heads the newest part of some texts; where it stands is then what was said last.
        .or_else(|| said.parts.iter().find_map(|part| part.phase));
    (phase.unwrap_or_default(), Level::Unknown)
}

/// Of several words the one that is over, or else the last.
fn furthest(phases: impl Iterator<Item = EventPhase>) -> Option<EventPhase> {
    phases.max_by_key(|p| !p.is_open())
}

/// A phase that a title has in front, or in brackets anywhere: AWS writes "Informational message: \[RESOLVED\] Slow".
fn in_title(title: &str) -> Option<EventPhase> {
    if title.to_lowercase().starts_with("service is operating normally") {
        return Some(EventPhase::Resolved);
    }
    let pairs = [('[', ']'), ('(', ')'), ('\u{ff08}', '\u{ff09}'), ('\u{3010}', '\u{3011}')];
    pairs
        .iter()
        .find_map(|(open, close)| {
            let mut inside =
                title.split(*open).skip(1).filter_map(|rest| rest.split_once(*close)).map(|(word, _)| word);
            inside.find_map(words::phase)
        })
        .or_else(|| words::heading(title).and_then(|(phase, _)| phase))
}

/// What an event is about: the categories that are not words of state, and what stands in brackets.
fn components(items: &[&Item], options: Options) -> Vec<String> {
    let about = |category: &&String| {
        let word = words::fold(category);
        let state = words::phase(&word).is_some() || words::severity(&word).is_some() || words::is_update(&word);
        !state && !matches!(word.as_str(), "incident" | "incidents" | "scheduled maintenance" | "notice")
    };
    let subject = |item: &Item| {
        let title = read::plain(&item.title);
        let (subject, _) = title.strip_prefix('[').filter(|_| options.subject_in_brackets)?.split_once(']')?;
        words::phase(subject).is_none().then(|| subject.trim().to_owned())
    };
    let mut components =
        once(items.iter().flat_map(|item| item.categories.iter().filter(about).cloned().chain(subject(item))));
    components.truncate(MOST_COMPONENTS);
    components
}

/// The updates in all items, newest first.
fn updates(items: &[&Item], bodies: Vec<Body>) -> Vec<Update> {
    let mut updates: Vec<Update> = Vec::new();
    for (item, body) in items.iter().zip(bodies) {
        let status = body.status.as_deref().and_then(words::phase);
        for (i, part) in body.parts.into_iter().enumerate() {
            // The item's own time and status are those of its newest update.
            let at: Option<Time> = part.at.or_else(|| item.at().filter(|_| i == 0));
            let phase = part.phase.or(status.filter(|_| i == 0)).unwrap_or_default();
            // Feeds that write an item per update repeat the older updates in each.
            if !updates.iter().take(50).any(|u| u.text == part.text) {
                updates.push(Update { phase, text: part.text, at });
            }
        }
    }
    updates
}

#[cfg(test)]
mod tests {
    use super::super::xml::{Kind, read as read_feed};
    use super::*;

    fn rss(items: &str, options: Options) -> Page {
        let text =
            format!("<rss><channel><title>Acme</title><link>https://acme.example/</link>{items}</channel></rss>");
        page(read_feed("rss", Kind::Rss, text.as_bytes()).unwrap(), options)
    }

    /// One item, and what is made of its title and body.
    fn one(title: &str, body: &str) -> Event {
        let item =
            format!("<item><guid>1</guid><title>{title}</title><description><![CDATA[{body}]]></description></item>");
        rss(&item, Options::default()).events.remove(0)
    }

    #[test]
    fn items_of_one_incident_are_one_event_and_the_newest_speaks() {
        let page = rss(
            "<item><link>https://acme.example/incidents/7#one</link><guid>a</guid><title>Slow</title>
               <pubDate>Thu, 23 Jul 2026 10:00:00 Z</pubDate><description>We look</description></item>
             <item><link>https://acme.example/incidents/7#two</link><guid>b</guid><title>Resolved: Slow</title>
               <pubDate>Thu, 23 Jul 2026 11:00:00 Z</pubDate><description>It works</description></item>
             <item><link>https://acme.example/</link><guid>c#1</guid><title>Down</title></item>
             <item><link>https://acme.example/history</link><guid>c#2</guid><title>Still down</title></item>",
            Options::default(),
        );
        let events: Vec<_> = page.events.iter().map(|e| (e.id.as_str(), e.title.as_str(), e.phase)).collect();
        assert_eq!(
            events,
            [
                ("https://acme.example/incidents/7", "Resolved: Slow", EventPhase::Resolved),
                ("c", "Down", EventPhase::Unknown)
            ]
        );
        let event = &page.events[0];
        assert_eq!(event.started_at, Time::parse("2026-07-23T10:00:00Z").ok());
        assert_eq!(event.resolved_at, Time::parse("2026-07-23T11:00:00Z").ok());
        assert_eq!(event.updates.iter().map(|u| u.text.as_str()).collect::<Vec<_>>(), ["It works", "We look"]);
    }

    #[test]
    fn a_fragment_that_is_all_of_an_id_stays() {
        let page = rss(
            "<item><guid>https://acme.example/#disks-west_1784826300</guid><title>Service is operating normally: [RESOLVED] Slow</title></item>
             <item><guid>https://acme.example/#disks-west_1784820000</guid><title>Performance issues: Slow</title></item>
             <item><guid>https://acme.example/#8</guid><title>Eight</title></item><item><guid>#9</guid><title>Nine</title></item>",
            Options::default(),
        );
        let events: Vec<_> = page.events.iter().map(|e| (e.id.as_str(), e.phase)).collect();
        assert_eq!(
            events,
            [
                ("https://acme.example/#disks-west", EventPhase::Resolved),
                ("https://acme.example/#8", EventPhase::Unknown),
                ("#9", EventPhase::Unknown)
            ]
        );
    }

    #[test]
    fn the_phase_is_what_says_it_most_plainly() {
        let phase = |title: &str, body: &str| one(title, body).phase;
        assert_eq!(phase("[RESOLVED] Slow", "<b>Status: Identified</b> It is being fixed."), EventPhase::Identified);
        assert_eq!(phase("Slow", "<p><strong>Monitoring</strong> - It was resolved.</p>"), EventPhase::Monitoring);
        assert_eq!(phase("Resolved - Slow", "It is slow."), EventPhase::Resolved);
        assert_eq!(phase("Informational message: [RESOLVED] Slow", "It is slow."), EventPhase::Resolved);
        assert_eq!(phase("[API] Slow", "It is slow."), EventPhase::Unknown);
        assert_eq!(phase("\u{6162} (\u{5df2}\u{6062}\u{590d})", ""), EventPhase::Resolved);
        assert_eq!(phase("Slow", "<p>This has been resolved.</p>"), EventPhase::Resolved);
        assert_eq!(phase("Slow", "<p>This is not yet resolved.</p>"), EventPhase::Unknown);
        assert_eq!(phase("Slow", "<p>Status: Operational</p>"), EventPhase::Resolved);
        let old = "<p>Sep 3, 12:30 UTC</p><p>Slow again.</p><p>Sep 3, 12:00 UTC</p><p>This has been resolved.</p>";
        assert_eq!(phase("Slow", old), EventPhase::Unknown);
    }

    #[test]
    fn categories_say_where_it_stands_or_what_it_is_about() {
        let page = rss(
            "<item><guid>1</guid><title>Slow</title><category>Disks</category><category>resolved</category><category>major</category></item>",
            Options::default(),
        );
        let event = &page.events[0];
        assert_eq!((event.phase, event.impact), (EventPhase::Resolved, Level::PartialOutage));
        assert_eq!(event.components, ["Disks"]);
    }

    #[test]
    fn work_is_maintenance_and_over_when_it_is_done() {
        let work = one("Scheduled maintenance of disks", "<p><strong>Completed</strong> - Done.</p>");
        assert_eq!((work.kind, work.phase), (EventKind::Maintenance, EventPhase::Completed));
        let work = one("Planned work", "<p>Status: In progress</p>");
        assert_eq!((work.kind, work.phase), (EventKind::Maintenance, EventPhase::InProgress));
        let dated = |status: &str| {
            let item = format!(
                "<item><guid>1</guid><title>Planned work</title><pubDate>Thu, 23 Jul 2026 10:00:00 Z</pubDate>\
                <description>&lt;p&gt;Status: {status}&lt;/p&gt;</description></item>"
            );
            rss(&item, Options::default()).events[0].resolved_at.is_some()
        };
        assert_eq!(["Completed", "Postmortem", "Cancelled", "Scheduled"].map(dated), [true, true, false, false]);
        let trouble = one("Scheduled reports are late", "<p>Status: Investigating</p>");
        assert_eq!(trouble.kind, EventKind::Incident);
    }

    #[test]
    fn a_severity_counts_where_it_is_stated() {
        assert_eq!(one("Slow", "We look").impact, Level::Unknown);
        assert_eq!(one("Slow", "<p>Severity: critical</p>").impact, Level::MajorOutage);
        assert_eq!(one("Slow", "<p>Status: Degraded</p>").impact, Level::DegradedPerformance);
    }

    #[test]
    fn unknown_words_are_said_and_make_nothing_well() {
        let item = "<item><guid>1</guid><title>Slow</title><description>&lt;p&gt;Status: Simmering&lt;/p&gt;&lt;p&gt;Severity: purple&lt;/p&gt;</description></item>";
        let page = rss(item, Options::default());
        assert_eq!((page.events[0].phase, page.events[0].impact), (EventPhase::Unknown, Level::Unknown));
        assert_eq!(
            page.warnings,
            [
                "event \"Slow\" has the unknown status \"Simmering\"",
                "event \"Slow\" has the unknown severity \"purple\""
            ]
        );
    }
}
