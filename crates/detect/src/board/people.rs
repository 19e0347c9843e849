//! What the board knows of people beside their counts: which texts wait for a decision, what pasted errors have in common,
//! what was discounted, what operators said.

use super::counts::{Sparse, bin_of};
use super::remember::Recently;
use allclear_model::act::Note;
use allclear_model::{Decision, IncidentId, Minute, ReportId, Slug, Time};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A text waits so long for a person, then it is withheld. Milliseconds from acceptance: 30 seconds are left until the
/// report has to be public as it is going to stay.
pub const WAITS_MS: i64 = 270_000;
/// Texts that may wait at a time; further ones are withheld at once.
pub const WAITING: usize = 20_000;
/// Readers' flags are remembered so long. Milliseconds.
const FLAG_MS: i64 = 24 * 3_600_000;
/// Reports whose flags are remembered.
const FLAGGED: usize = 10_000;
/// Flags of distinct sources in distinct networks that hold a text.
pub const FLAGS: usize = 3;
/// Kinds of error told apart per service; further ones count together.
const CLUSTERS: usize = 32;
/// Notes on one page.
pub const NOTES: usize = 5;
/// Hosts that opted out of checks.
const OPTOUTS: usize = 10_000;

/// Parts of reports, in thousandths, by why they do not count in full.
// 0 is in older snapshots and says nothing any more.
const REPEATED: u16 = 1;
const SHARED: u16 = 2;
const UNPROVEN: u16 = 3;
const THOUSAND: u32 = 1000;

/// How reports of the last hour were discounted, in reports.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Discounts {
    /// Reports received.
    pub received: f64,
    /// Not counted, because their source had reported before.
    pub repeated: f64,
    /// Taken off because several came from one network.
    pub shared: f64,
    /// Taken off because no sign of a person was seen.
    pub unproven: f64,
}

/// An operator's words about an incident.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Remark {
    /// What was said about it.
    pub words: Option<String>,
    /// Why it was none, if it is retracted.
    pub retracted: Option<String>,
}

impl Remark {
    fn is_empty(&self) -> bool {
        self.words.is_none() && self.retracted.is_none()
    }
}

/// Of one service.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct People {
    clusters: Vec<String>,
    by_cluster: Sparse,
    parts: Sparse,
    /// By the number of the act that added them.
    notes: Vec<(u64, Note)>,
    remarks: Vec<(IncidentId, Remark)>,
}

impl People {
    /// Counts a report among those with the same error.
    pub(crate) fn error(&mut self, minute: Minute, cluster: &str, cap: usize) {
        let key = match self.clusters.iter().position(|c| c == cluster) {
            Some(k) => k,
            None if self.clusters.len() < CLUSTERS => {
                self.clusters.push(cluster.to_owned());
                self.clusters.len() - 1
            }
            None => {
                // The one nobody has had for longest makes room; when all were had lately, this one is not told apart.
                let alive = self.by_cluster.since(bin_of(minute) - 95);
                let Some(idle) = (0..CLUSTERS).find(|k| !alive.contains_key(&(*k as u16))) else { return };
                cluster.clone_into(&mut self.clusters[idle]);
                idle
            }
        };
        self.by_cluster.add(bin_of(minute), key as u16, 1, cap);
    }

    /// Errors with their counted reports in the last hour, most first.
    pub(crate) fn errors(&self, minute: Minute) -> Vec<(String, u64)> {
        let counts = self.by_cluster.since(bin_of(minute) - 3);
        let named = |(k, n): (u16, u64)| self.clusters.get(usize::from(k)).map(|c| (c.clone(), n));
        let mut list: Vec<(String, u64)> = counts.into_iter().filter_map(named).collect();
        list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        list
    }

    /// Notes what a report counts: `worth` of one for its network, times `weight` hundredths; `None`: not at all.
    pub(crate) fn part(&mut self, minute: Minute, worth: Option<f64>, weight: u8, cap: usize) {
        let bin = bin_of(minute);
        let mut add = |key, n: f64| {
            let n = (n.clamp(0.0, 1.0) * f64::from(THOUSAND)).round() as u32;
            if n > 0 {
                self.parts.add(bin, key, n, cap);
            }
        };
        match worth {
            None => add(REPEATED, 1.0),
            Some(worth) => {
                add(SHARED, 1.0 - worth);
                add(UNPROVEN, worth * f64::from(100 - weight.min(100)) / 100.0);
            }
        }
    }

    /// Discounts of the last hour, of which `counted` reports are counted: those, too, that came before anything was discounted.
    pub(crate) fn discounts(&self, minute: Minute, counted: u64) -> Discounts {
        let sums = self.parts.since(bin_of(minute) - 3);
        let of = |key: u16| sums.get(&key).copied().unwrap_or(0) as f64 / f64::from(THOUSAND);
        let (repeated, shared, unproven) = (of(REPEATED), of(SHARED), of(UNPROVEN));
        // Some that were discounted may be withdrawn by now.
        let received = (counted as f64 + repeated).max(repeated + shared + unproven);
        Discounts { received, repeated, shared, unproven }
    }

    /// Forgets what is a day old, and notes whose time is over. True when a page shows something else now.
    pub(crate) fn turn(&mut self, at: Time) -> bool {
        let first = bin_of(at.minute()) - 95;
        self.by_cluster.forget(first);
        self.parts.forget(first);
        let before = self.notes.len();
        self.notes.retain(|(_, n)| n.until.is_none_or(|until| until > at));
        before != self.notes.len()
    }

    pub(crate) fn add_note(&mut self, seq: u64, note: Note) {
        if self.notes.len() >= NOTES {
            self.notes.remove(0);
        }
        self.notes.push((seq, note));
    }

    pub(crate) fn remove_note(&mut self, seq: u64) {
        self.notes.retain(|(s, _)| *s != seq);
    }

    /// Notes that stand at `at`, oldest first.
    pub(crate) fn notes(&self, at: Time) -> Vec<(u64, Note)> {
        self.notes.iter().filter(|(_, n)| n.until.is_none_or(|until| until > at)).cloned().collect()
    }

    /// Changes what is said about an incident; of at most `keep` incidents, the newest said of stay.
    pub(crate) fn remark(&mut self, incident: &IncidentId, keep: usize, change: impl FnOnce(&mut Remark)) {
        let mut remark = match self.remarks.iter().position(|(i, _)| i == incident) {
            Some(k) => self.remarks.remove(k).1,
            None => Remark::default(),
        };
        change(&mut remark);
        if !remark.is_empty() {
            self.remarks.push((incident.clone(), remark));
        }
        if self.remarks.len() > keep {
            self.remarks.remove(0);
        }
    }

    pub(crate) fn remarks(&self) -> &[(IncidentId, Remark)] {
        &self.remarks
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.clusters.len() <= CLUSTERS
            && self.by_cluster.is_sound(CLUSTERS as u16)
            && self.parts.is_sound(UNPROVEN + 1)
            && self.notes.len() <= NOTES
    }
}

/// A report as a key that is looked up and never walked.
fn key_of(id: ReportId) -> u128 {
    id.0.as_u128()
}

/// Who flagged a text: a source at a report, and its network, in 64 bits each.
type Flags = Vec<(u64, u64)>;

/// Of the whole site.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moderation {
    /// Texts that nobody has decided yet, by when their time is over.
    waiting: BTreeMap<(Time, ReportId), Slug>,
    flags: Recently<u128, Flags>,
    /// Hosts that no check may contact.
    pub(crate) optouts: BTreeSet<String>,
}

/// [`Moderation`] in a snapshot.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    waiting: Vec<(Time, ReportId, Slug)>,
    flags: Vec<(u128, Time, Flags)>,
    optouts: BTreeSet<String>,
}

impl Moderation {
    /// A text begins to wait, or waits no longer.
    pub(crate) fn set(&mut self, id: ReportId, service: &Slug, decision: Option<Decision>, at: Time) {
        self.waiting.retain(|(_, waiting), _| *waiting != id);
        if decision == Some(Decision::Hold) {
            self.waiting.insert((at.plus_ms(WAITS_MS), id), service.clone());
        }
    }

    /// As [`Moderation::set`] for a report that cannot be waiting yet.
    pub(crate) fn begin(&mut self, id: ReportId, service: &Slug, at: Time) {
        self.waiting.insert((at.plus_ms(WAITS_MS), id), service.clone());
    }

    pub(crate) fn overdue(&self, at: Time) -> impl Iterator<Item = (ReportId, &Slug)> {
        self.waiting.iter().take_while(move |((due, _), _)| *due <= at).map(|((_, id), s)| (*id, s))
    }

    pub(crate) fn next_due(&self) -> Option<Time> {
        self.waiting.first_key_value().map(|((due, _), _)| *due)
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Flags of a text, with that of this source in this network; `None` when either has flagged it before.
    pub(crate) fn would_flag(&self, id: ReportId, source: u64, network: u64, at: Time) -> Option<usize> {
        let Some(flags) = self.flags.get(key_of(id), at, FLAG_MS) else { return Some(1) };
        let known = flags.iter().any(|(s, n)| *s == source || *n == network);
        (!known).then_some(flags.len() + 1)
    }

    pub(crate) fn flag(&mut self, id: ReportId, source: u64, network: u64, at: Time) {
        let mut flags = self.flags.get(key_of(id), at, FLAG_MS).cloned().unwrap_or_default();
        if flags.len() < 2 * FLAGS {
            flags.push((source, network));
        }
        self.flags.put(key_of(id), at, flags, FLAG_MS, FLAGGED);
    }

    /// Another text came in the place of the one that was flagged.
    pub(crate) fn forget_flags(&mut self, id: ReportId, at: Time) {
        if self.flags.get(key_of(id), at, FLAG_MS).is_some() {
            self.flags.put(key_of(id), at, Flags::new(), FLAG_MS, FLAGGED);
        }
    }

    pub(crate) fn opt_out(&mut self, host: &str, out: bool) {
        if !out {
            self.optouts.remove(host);
        } else if self.optouts.len() < OPTOUTS {
            self.optouts.insert(host.to_owned());
        }
    }

    pub(crate) fn expire(&mut self, at: Time) {
        self.flags.expire(at, FLAG_MS);
    }

    /// How many texts wait, for how many reports flags are known, and how many of those were forgotten early.
    pub(crate) fn sizes(&self) -> (usize, usize, u64) {
        (self.waiting.len(), self.flags.len(), self.flags.evicted)
    }

    pub(crate) fn keep(&self) -> Kept {
        Kept {
            waiting: self.waiting.iter().map(|((due, id), s)| (*due, *id, s.clone())).collect(),
            flags: self.flags.list().map(|(k, at, f)| (k, at, f.clone())).collect(),
            optouts: self.optouts.clone(),
        }
    }

    pub(crate) fn restore(kept: Kept) -> Moderation {
        Moderation {
            waiting: kept.waiting.into_iter().map(|(due, id, s)| ((due, id), s)).collect(),
            flags: Recently::restore(kept.flags),
            optouts: kept.optouts,
        }
    }
}
