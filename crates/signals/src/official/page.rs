//! What one payload of an official page says, in our words and before any rule.

pub use allclear_model::official::{EventKind, EventPhase};
use allclear_model::{Level, Time};
use serde::{Deserialize, Serialize};

/// One payload.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Page {
    /// The page's id at its vendor, or else its name or address: what is pinned, so that another page in its place is noticed.
    pub identity: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// When the vendor says it changed last.
    pub updated_at: Option<Time>,
    /// The page's own word for everything on it; `None` where the format has none.
    pub indicator: Option<Level>,
    /// True when the payload lists incidents and nothing else: without an open one nothing is announced, as in a feed.
    pub announces: bool,
    /// Its components, containers of others left out.
    pub components: Vec<Component>,
    /// True when the components are many of the same, each for other customers: how many of them suffer then says how bad it is.
    pub alike: bool,
    /// Incidents, maintenance and notices, open and over.
    pub events: Vec<Event>,
    /// What was not understood, in sentences: unknown words with the place where they stood. Not all, where they are many.
    pub warnings: Vec<String>,
}

impl Page {
    /// The newest instant that the payload names and that is not after `now`: when it was written, as far as it tells.
    pub fn newest(&self, now: Time) -> Option<Time> {
        let of_event = |e: &Event| [e.started_at, e.resolved_at, e.updated_at];
        let updates = self.events.iter().flat_map(|e| &e.updates).map(|u| u.at);
        let told = self.events.iter().flat_map(of_event).chain(updates).chain([self.updated_at]);
        told.flatten().filter(|t| *t <= now).max()
    }
}

/// The worse of two levels. Something unknown beside what is well makes it unknown; a problem or work is known.
pub(super) fn worse(a: Level, b: Level) -> Level {
    let worst = a.max(b);
    if worst == Level::Operational && a.min(b) == Level::Unknown { Level::Unknown } else { worst }
}

/// One component. Its key is its id where the format has one, since names repeat below different groups.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Component {
    /// Id at the vendor; empty where there is none.
    pub id: String,
    /// Name of the group it stands in.
    pub group: Option<String>,
    /// Id of that group.
    pub group_id: Option<String>,
    /// Name.
    pub name: String,
    /// Level; `unknown` for a word we do not know.
    pub level: Level,
    /// True when it is another company's: it never counts, and shows what the service depends on.
    pub third_party: bool,
}

/// An incident, work, or a notice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Event {
    /// Id at the vendor.
    pub id: String,
    /// Kind.
    pub kind: EventKind,
    /// Title in plain text.
    pub title: String,
    /// Where it stands.
    pub phase: EventPhase,
    /// How bad the vendor says it is; `unknown` where it does not say.
    pub impact: Level,
    /// How bad it is for the components it names, where the vendor rates them apart from the whole; `unknown` where not.
    pub impact_on_named: Level,
    /// When it began, or was published.
    pub started_at: Option<Time>,
    /// When it was over.
    pub resolved_at: Option<Time>,
    /// When work begins.
    pub scheduled_for: Option<Time>,
    /// When work ends.
    pub scheduled_until: Option<Time>,
    /// Newest sign of life: the newest update, or the vendor's own time of change.
    pub updated_at: Option<Time>,
    /// True where the payload itself states that it is so now, as a list of current events does: for whoever asks for its place, silence
    /// does not make it stale.
    pub standing: bool,
    /// Ids, or names where there are no ids, of the components it is about; empty where the format does not say.
    pub components: Vec<String>,
    /// The places that it is limited to, each by all its names and with what is said to be ill there; empty where it is everywhere, or
    /// the format does not say.
    pub places: Vec<Vec<String>>,
    /// Where people read of it.
    pub url: Option<String>,
    /// Updates, newest first.
    pub updates: Vec<Update>,
}

impl Event {
    /// When something was last heard of it.
    pub fn heard(&self) -> Option<Time> {
        self.updates.iter().map(|u| u.at).chain([self.updated_at, self.started_at]).max().flatten()
    }
}

/// One update of an event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Update {
    /// Phase from then on.
    pub phase: EventPhase,
    /// Its words, plain text without markup.
    pub text: String,
    /// When.
    pub at: Option<Time>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_time_of_change_is_a_sign_of_life_beside_older_updates() {
        let updates = vec![Update { at: Some(Time(2)), ..Update::default() }, Update::default()];
        let event = Event { started_at: Some(Time(1)), updated_at: Some(Time(3)), updates, ..Event::default() };
        assert_eq!((event.heard(), Event::default().heard()), (Some(Time(3)), None));
        let page = Page { updated_at: Some(Time(4)), events: vec![event], ..Page::default() };
        assert_eq!(
            [0, 1, 2, 3, 9].map(|now| page.newest(Time(now)).map(|t| t.0)),
            [None, Some(1), Some(2), Some(3), Some(4)]
        );
    }

    #[test]
    fn unknown_beside_well_is_unknown_in_any_order_and_a_problem_is_known() {
        let all = |levels: [Level; 3]| levels.into_iter().reduce(worse).unwrap();
        let (unknown, well, slow) = (Level::Unknown, Level::Operational, Level::DegradedPerformance);
        for levels in [[unknown, well, well], [well, unknown, well], [well, well, unknown], [unknown; 3]] {
            assert_eq!(all(levels), unknown, "{levels:?}");
        }
        for levels in [[unknown, well, slow], [slow, unknown, well], [well, slow, unknown]] {
            assert_eq!(all(levels), slow, "{levels:?}");
        }
        assert_eq!(all([well; 3]), well);
    }
}
