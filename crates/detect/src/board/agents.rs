//! Who runs checks elsewhere: the operator's agents, as acts added and revoked them, and the last batch of each.

use allclear_model::agent::VERSION_MAX;
use allclear_model::{AgentBatch, AgentKey, Slug, Time};
use serde::{Deserialize, Serialize};

/// Agents remembered, with revoked ones; these make room first.
const AGENTS: usize = 64;
/// Agents that may send at a time. With the site itself they are as many locations as are told apart per service.
pub const AGENTS_AT_ONCE: usize = super::checks::SPOTS - 1;

/// An agent, as it is known from the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentNow {
    /// Its name, which is its location.
    pub name: Slug,
    /// What its token is recognised by.
    pub key: AgentKey,
    /// When it was added.
    pub since: Time,
    /// Whether its token is taken no longer.
    pub revoked: bool,
    /// Number of its last batch; 0 before the first.
    pub last_seq: u64,
    /// When that came.
    pub heard: Option<Time>,
    /// Results that it gave up, as it says.
    pub dropped: u64,
    /// How far its clock is ahead of the site's, as it measured. Milliseconds.
    pub skew_ms: i64,
    /// Version of its program; empty before the first batch.
    pub version: String,
    /// Whether its last batch had results that came too late to speak.
    pub late: bool,
}

/// All agents, in order of name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Agents(Vec<AgentNow>);

impl Agents {
    /// Those of a snapshot; `None` when they cannot be some.
    pub(crate) fn restore(list: Vec<AgentNow>) -> Option<Agents> {
        let sound = list.len() <= AGENTS
            && list.is_sorted_by(|a, b| a.name < b.name)
            && list.iter().all(|a| a.version.len() <= VERSION_MAX);
        sound.then_some(Agents(list))
    }

    pub(crate) fn list(&self) -> &[AgentNow] {
        &self.0
    }

    fn place(&self, name: &Slug) -> Result<usize, usize> {
        self.0.binary_search_by(|a| a.name.cmp(name))
    }

    /// The agent of that name, if there is one.
    pub(crate) fn get(&self, name: &Slug) -> Option<&AgentNow> {
        self.place(name).ok().and_then(|i| self.0.get(i))
    }

    /// Adds one in the place of any of its name. Where there is no room, the revoked one that was added first is forgotten; where none is revoked, nothing
    /// happens.
    pub(crate) fn add(&mut self, at: Time, name: &Slug, key: AgentKey) {
        self.0.retain(|a| a.name != *name);
        if self.0.len() >= AGENTS {
            let revoked = self.0.iter().enumerate().filter(|(_, a)| a.revoked);
            let Some((oldest, _)) = revoked.min_by_key(|(_, a)| a.since) else { return };
            self.0.remove(oldest);
        }
        let Err(to) = self.place(name) else { return };
        let agent = AgentNow {
            name: name.clone(),
            key,
            since: at,
            revoked: false,
            last_seq: 0,
            heard: None,
            dropped: 0,
            skew_ms: 0,
            version: String::new(),
            late: false,
        };
        self.0.insert(to, agent);
    }

    pub(crate) fn revoke(&mut self, name: &Slug, revoked: bool) {
        if let Some(a) = self.place(name).ok().and_then(|i| self.0.get_mut(i)) {
            a.revoked = revoked;
        }
    }

    /// A batch came.
    pub(crate) fn heard(&mut self, at: Time, name: &Slug, batch: &AgentBatch, late: bool) {
        let Some(a) = self.place(name).ok().and_then(|i| self.0.get_mut(i)) else { return };
        a.last_seq = a.last_seq.max(batch.seq);
        a.heard = Some(at);
        a.dropped = batch.dropped;
        a.skew_ms = batch.skew_ms;
        let version = batch.version.get(..batch.version.floor_char_boundary(VERSION_MAX));
        version.unwrap_or_default().clone_into(&mut a.version);
        a.late = late;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(n: usize) -> Slug {
        Slug::parse(&format!("a-{n}")).unwrap()
    }

    #[test]
    fn revoked_ones_make_room_oldest_first_and_those_that_send_are_never_forgotten() {
        let mut agents = Agents::default();
        let key = AgentKey::new([7; 32]);
        for n in 0..AGENTS {
            agents.add(Time(n as i64), &slug(n), key);
        }
        agents.add(Time(100), &slug(900), key);
        assert!(agents.get(&slug(900)).is_none() && agents.list().len() == AGENTS, "nobody is revoked");
        agents.revoke(&slug(9), true);
        agents.revoke(&slug(5), true);
        agents.add(Time(100), &slug(900), key);
        assert!(agents.get(&slug(900)).is_some() && agents.get(&slug(5)).is_none() && agents.get(&slug(9)).is_some());
        assert!(Agents::restore(agents.list().to_vec()) == Some(agents.clone()));
        let twice = vec![agents.list()[0].clone(); 2];
        assert_eq!(Agents::restore(twice), None);
    }

    #[test]
    fn an_agent_that_is_added_again_begins_anew_and_one_that_is_reinstated_goes_on() {
        let mut agents = Agents::default();
        let batch = AgentBatch { seq: 5, dropped: 2, skew_ms: -3, version: "é".repeat(40) };
        agents.add(Time(0), &slug(1), AgentKey::new([1; 32]));
        agents.heard(Time(9), &slug(1), &batch, true);
        agents.revoke(&slug(1), true);
        agents.revoke(&slug(1), false);
        let a = agents.get(&slug(1)).unwrap().clone();
        assert_eq!(
            (a.last_seq, a.heard, a.dropped, a.skew_ms, a.late, a.revoked),
            (5, Some(Time(9)), 2, -3, true, false)
        );
        assert_eq!(a.version.len(), VERSION_MAX);
        agents.add(Time(20), &slug(1), AgentKey::new([2; 32]));
        assert_eq!(agents.get(&slug(1)).map(|a| (a.last_seq, a.since)), Some((0, Time(20))));
        agents.heard(Time(9), &slug(2), &batch, true);
        assert_eq!(agents.list().len(), 1, "nobody is made by a batch");
    }
}
