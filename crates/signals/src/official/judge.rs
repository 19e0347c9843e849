//! What a page means for one service: scope, third parties, what is open, what is stale, and the worst of what counts.

use super::brief::{may_be_noise, was_noise};
use super::formats::shared::rated;
use super::page::{Component, Event, EventKind, EventPhase, Page, Update, worse};
use super::read;
use super::scope::{Scope, answers, called};
use allclear_model::kept::DAY_MS;
use allclear_model::official::Trust;
use allclear_model::{Level, Time};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, HashSet};

/// An open event of which nothing was heard for so long is shown and does not count while its component is well. Vendors forget
/// to close: events stood open for months while everything worked.
const STALE_MS: i64 = 7 * DAY_MS;
/// The same in a log of announcements: nothing but silence can tell.
const STALE_IN_A_LOG_MS: i64 = 3 * DAY_MS;

/// Most components and most events of a page that are looked at. The largest pages have some hundreds of either.
const MOST: usize = 5000;
/// Most names of components that the title of an event is searched for.
const NAMES: usize = 200;

/// What an official page says of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficialStatus {
    /// Format it was read as.
    pub format: String,
    /// Worst of the page's own word, its components and its open events, of those that are about the service.
    pub level: Level,
    /// How far that can be trusted.
    pub trust: Trust,
    /// What identifies the page.
    pub identity: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// When the vendor says it changed last.
    pub updated_at: Option<Time>,
    /// Components in scope, and other companies' (which never count).
    pub components: Vec<Component>,
    /// All events, each with what became of it.
    pub events: Vec<EventStatus>,
    /// What was not understood, and what of the scope is not on the page.
    pub warnings: Vec<String>,
    /// What the page calls the components of the scope, each after what it was asked for as.
    pub named: Vec<(String, String)>,
    /// Components of the scope that a page which lists components does not.
    pub missing: Vec<String>,
    /// True when the level is a problem by nothing but incidents that began so lately that they may be the noise of a monitor. It counts
    /// all the same; whoever acts on it may wait for a minute.
    pub brief: bool,
}

/// An event, and whether it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventStatus {
    /// The event.
    #[serde(flatten)]
    pub event: Event,
    /// True when it is about the service.
    pub in_scope: bool,
    /// True when it is one of the reasons of the level.
    pub counted: bool,
    /// True when it would count if something had been heard of it lately.
    pub stale: bool,
    /// True when it is over and was so short that it was the noise of a monitor.
    pub noise: bool,
}

impl OfficialStatus {
    /// The newest words about the service, with their event: of what counts, or else of the last that was said.
    pub fn newest(&self) -> Option<(&Event, Option<&Update>)> {
        self.events
            .iter()
            .filter(|e| e.in_scope && e.event.phase != EventPhase::Scheduled)
            .max_by_key(|e| (e.counted, e.event.heard()))
            .map(|e| (&e.event, e.event.updates.iter().max_by_key(|u| u.at)))
    }
}

/// Judges `page`, read as `format`, for `scope` at `now`.
pub fn judge(format: &super::Format, page: Page, scope: &Scope, now: Time) -> OfficialStatus {
    let Page { identity, name, updated_at, indicator, announces, mut components, alike, mut events, mut warnings } =
        page;
    for (what, over) in [("components", cut(&mut components)), ("events", cut(&mut events))] {
        if over > 0 {
            read::tell(&mut warnings, format_args!("{over} {what} more than {MOST} are not looked at"));
        }
    }
    let parts = Parts::of(&components, scope);
    let own: Vec<&Component> = parts.own().collect();
    let (mut named, mut missing) = (Vec::new(), Vec::new());
    for wanted in scope.components.iter().filter(|_| !components.is_empty()) {
        if let Some(c) = components.iter().find(|c| answers(wanted, c)) {
            named.push((wanted.clone(), called(wanted, c).to_owned()));
        } else {
            read::tell(&mut warnings, unlisted(wanted));
            missing.push(wanted.clone());
        }
    }
    // A page that states how components are; what it does not list is then not affected.
    let states = !components.is_empty();
    // By titles alone a page is read as a log: no such title, nothing announced.
    let titles_only = scope.components.is_empty() && !scope.titles.is_empty();
    let log = format.log || announces || titles_only;
    // An unknown state is not a problem and not well either.
    let well = |c: &&Component| c.level == Level::Operational;
    let own_well = own.iter().all(well);
    let events: Vec<EventStatus> = events
        .into_iter()
        .map(|event| {
            let (in_scope, affected) = about(&event, &parts, scope);
            let open = event.phase.is_open() && event.resolved_at.is_none() && event.kind != EventKind::Notice;
            let begun = event.kind != EventKind::Maintenance
                || event.phase != EventPhase::Unknown
                || event.scheduled_for.is_some_and(|t| t <= now) && event.scheduled_until.is_none_or(|t| t > now);
            let all_well = if affected.is_empty() { own_well } else { affected.iter().all(well) };
            // A list of what is wrong now may be right about a place for months: that is so for whoever asks for the place, and
            // no news of the whole.
            let there = scope.is_at_place_of(&event);
            let limit = if format.log && !event.standing { STALE_IN_A_LOG_MS } else { STALE_MS };
            let stale = open
                && !(event.standing && there)
                && event.heard().is_some_and(|t| now.since_ms(t) > limit)
                && (!states || all_well);
            // Vendors link an incident to all components at once; where the page states that ours is well, that is better known.
            let elsewhere = states && !scope.is_whole() && !own.is_empty() && own_well;
            let counted = in_scope && open && begun && !stale && !elsewhere;
            let noise = was_noise(format.name, &event);
            EventStatus { event, in_scope, counted, stale, noise }
        })
        .collect();

    let mut found: Vec<Level> = own.iter().map(|c| c.level).collect();
    if alike && scope.is_whole() {
        found = vec![by_share(&found)];
    }
    found.extend(events.iter().filter(|e| e.counted).map(|e| weight(&e.event, scope)));
    // The page's own word is for the whole. Of a part it says something where it is that all is well and no parts are listed; of
    // the whole it says nothing new where all parts are well and it stands for events that were forgotten.
    let counted = events.iter().any(|e| e.counted);
    let forgotten = states && own_well && !counted && events.iter().any(|e| e.in_scope && e.stale);
    let heeded = if scope.is_whole() { !forgotten } else { !states && indicator == Some(Level::Operational) };
    if heeded {
        found.extend(indicator);
    }
    let silent = if titles_only { indicator != Some(Level::Unknown) } else { log && !states && indicator.is_none() };
    let level = if silent {
        // A log without an open event announces nothing; that is all it can say of health.
        found.into_iter().max().unwrap_or(Level::Operational)
    } else {
        worst(&found, scope.is_whole() && indicator == Some(Level::Operational))
    };
    if level == Level::Unknown && warnings.is_empty() {
        warnings.push("the page says nothing about the service's state".to_owned());
    }
    let brief = level.is_problem() && is_brief(format.name, &parts, &events, now);
    let trust = if log { Trust::Low } else { Trust::Full };
    let own = parts.own;
    let components = components.into_iter().zip(own).filter(|(c, own)| *own || c.third_party).map(|(c, _)| c).collect();
    OfficialStatus {
        format: format.name.to_owned(),
        level,
        trust,
        identity,
        name,
        updated_at,
        components,
        events,
        warnings,
        named,
        missing,
        brief,
    }
}

/// Whether all that counts began so lately that it may be noise, and no component is ill without being named by it.
fn is_brief(format: &str, parts: &Parts<'_>, events: &[EventStatus], now: Time) -> bool {
    let incidents = || events.iter().filter(|e| e.counted && e.event.kind == EventKind::Incident).map(|e| &e.event);
    let named: BTreeSet<usize> = incidents().flat_map(|e| parts.named(e)).collect();
    let explained = |(n, c): (usize, &Component)| !parts.own[n] || !c.level.is_problem() || named.contains(&n);
    incidents().next().is_some()
        && incidents().all(|e| may_be_noise(format, e, now))
        && parts.all.iter().enumerate().all(explained)
}

/// That a component that was asked for is not on the page.
pub(super) fn unlisted(wanted: &str) -> String {
    format!("the page has no component {wanted:?} (any more)")
}

/// Cuts a list at [`MOST`] and tells how many that were more.
fn cut<T>(list: &mut Vec<T>) -> usize {
    let over = list.len().saturating_sub(MOST);
    list.truncate(MOST);
    over
}

/// The components of a page, found by what events call them.
struct Parts<'a> {
    all: &'a [Component],
    /// Which of them are the service.
    own: Vec<bool>,
    by_key: HashMap<&'a str, Vec<usize>>,
    /// What the service is called in titles, in lower case.
    wanted: Vec<String>,
}

impl<'a> Parts<'a> {
    fn of(all: &'a [Component], scope: &Scope) -> Parts<'a> {
        // Another company's component is the service only where it is singled out by its very id.
        let own = |c: &Component| {
            let singled_out = |wanted: &String| answers(wanted, c) && (!c.third_party || *wanted == c.id);
            if scope.is_whole() { !c.third_party } else { scope.components.iter().any(singled_out) }
        };
        let mut by_key: HashMap<&str, Vec<usize>> = HashMap::new();
        for (n, c) in all.iter().enumerate() {
            by_key.entry(&c.id).or_default().push(n);
            if c.name != c.id {
                by_key.entry(&c.name).or_default().push(n);
            }
        }
        let mut parts = Parts { all, own: all.iter().map(own).collect(), by_key, wanted: Vec::new() };
        let names = parts.own().take(NAMES).map(|c| &c.name).chain(&scope.components);
        parts.wanted = names.map(|name| name.trim().to_lowercase()).collect();
        parts
    }

    fn own(&self) -> impl Iterator<Item = &'a Component> {
        self.all.iter().zip(&self.own).filter(|(_, own)| **own).map(|(c, _)| c)
    }

    /// The places of those that `event` names.
    fn named(&self, event: &Event) -> BTreeSet<usize> {
        let keys: HashSet<&str> = event.components.iter().map(String::as_str).filter(|key| !key.is_empty()).collect();
        keys.iter().filter_map(|key| self.by_key.get(key)).flatten().copied().collect()
    }
}

/// Whether an event is about the service, and the service's components among those it names.
fn about<'a>(event: &Event, parts: &Parts<'a>, scope: &Scope) -> (bool, Vec<&'a Component>) {
    let named = parts.named(event);
    let affected: Vec<&Component> = named.iter().filter(|n| parts.own[**n]).filter_map(|n| parts.all.get(*n)).collect();
    let in_scope = scope.allows(event)
        && if !affected.is_empty() {
            true
        } else if scope.is_whole() {
            // Only others' components: the event is theirs.
            named.is_empty()
        } else if named.is_empty() {
            // It names none that we could compare: its title may.
            let said = Said::of(event);
            scope.components.is_empty() || parts.wanted.iter().any(|wanted| said.tells(wanted))
        } else {
            false
        };
    (in_scope, affected)
}

/// What an event names, in its title or among its components, which a log has nowhere else; in lower case.
struct Said {
    title: String,
    names: HashSet<String>,
}

impl Said {
    fn of(event: &Event) -> Said {
        let names = event.components.iter().map(|c| c.to_lowercase()).collect();
        Said { title: event.title.to_lowercase(), names }
    }

    /// Whether it names `wanted`, or both of what is wanted and its place. What is everywhere is at any place.
    fn tells(&self, wanted: &str) -> bool {
        let says = |text: &str| !text.is_empty() && (self.title.contains(text) || self.names.contains(text));
        says(wanted)
            || wanted
                .split_once('@')
                .is_some_and(|(what, place)| says(what.trim()) && (says(place.trim()) || self.names.contains("global")))
    }
}

/// What an open event is worth: its impact, or the mildest problem where the vendor does not say.
fn weight(event: &Event, scope: &Scope) -> Level {
    let part = if scope.is_whole() { Level::Unknown } else { event.impact_on_named };
    match (event.kind, rated(event.impact.max(part))) {
        (EventKind::Maintenance, _) => Level::UnderMaintenance,
        (_, Level::Unknown) => Level::DegradedPerformance,
        // Where one place of many suffers, that is a part of the whole, and of a product that is at all of them.
        (_, impact) if event.places.len() == 1 && !scope.is_at_place_of(event) => impact.min(Level::PartialOutage),
        (_, impact) => impact,
    }
}

/// The level of many that are alike: the worst, where half of them have a problem or work; at most partial from a tenth on; at most
/// degraded below. The limits are ours: one instance of hundreds is no outage for most people, and half of them is one for many.
fn by_share(levels: &[Level]) -> Level {
    let at_least = |least: Level| levels.iter().filter(|l| **l >= least).count();
    let worst = levels.iter().copied().max().unwrap_or_default();
    if worst.is_problem() {
        let ill = at_least(Level::DegradedPerformance);
        let most = if ill * 2 >= levels.len() {
            Level::MajorOutage
        } else if ill * 10 >= levels.len() {
            Level::PartialOutage
        } else {
            Level::DegradedPerformance
        };
        return worst.min(most);
    }
    let known = levels.iter().filter(|l| **l != Level::Unknown).count();
    if at_least(Level::UnderMaintenance) * 2 >= levels.len() {
        Level::UnderMaintenance
    } else if known * 2 > levels.len() {
        Level::Operational
    } else {
        Level::Unknown
    }
}

/// The worst of what is known. Something unknown among what is well makes it unknown, unless the page itself says that all is `well`.
fn worst(found: &[Level], well: bool) -> Level {
    found.iter().copied().filter(|l| !(well && *l == Level::Unknown)).reduce(worse).unwrap_or_default()
}
