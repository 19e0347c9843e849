//! What is remembered for some hours and then forgotten: who has reported, which request had which answer.

use allclear_model::{ReportId, RequestKey, Slug, SourceHash, SymptomId, Time};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// One counted report, and one counted vote, per source and service in this time. Milliseconds.
pub(crate) const SOURCE_MS: i64 = 6 * 3_600_000;
/// A request key gives the same answer for this long. Milliseconds.
pub(crate) const REQUEST_MS: i64 = 24 * 3_600_000;

/// Hasher for keys that are hashes already. Maps with it are only looked up, never walked.
#[derive(Default, Clone)]
pub(crate) struct Folded(u64);

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = (self.0 ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3);
        }
    }
    fn write_u64(&mut self, v: u64) {
        self.0 = (self.0 ^ v).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
    fn write_u128(&mut self, v: u128) {
        self.write_u64(v as u64);
        self.write_u64((v >> 64) as u64);
    }
}

pub(crate) type FoldedMap<K, V> = HashMap<K, V, BuildHasherDefault<Folded>>;

/// A source at a service, in 64 bits: 400,000 of them collide with a chance of 4 in a thousand million.
pub(crate) fn source_key(service: &str, source: SourceHash) -> u64 {
    let mut h = Folded(0xcbf2_9ce4_8422_2325);
    h.write(service.as_bytes());
    h.write_u128(source.0);
    h.finish()
}

/// Keys with the time they came, oldest first.
#[derive(Debug, Clone)]
pub(crate) struct Recently<K, V> {
    order: VecDeque<(K, Time)>,
    map: FoldedMap<K, (Time, V)>,
    pub evicted: u64,
}

impl<K, V> Default for Recently<K, V> {
    fn default() -> Self {
        Recently { order: VecDeque::new(), map: FoldedMap::default(), evicted: 0 }
    }
}

impl<K: Copy + Eq + std::hash::Hash, V> Recently<K, V> {
    pub(crate) fn get(&self, key: K, now: Time, keep_ms: i64) -> Option<&V> {
        self.map.get(&key).filter(|(at, _)| now.since_ms(*at) < keep_ms).map(|(_, v)| v)
    }

    pub(crate) fn insert(&mut self, key: K, at: Time, value: V, keep_ms: i64, cap: usize) {
        self.expire(at, keep_ms);
        if self.map.contains_key(&key) {
            return;
        }
        while self.map.len() >= cap.max(1) {
            let Some((old, _)) = self.order.pop_front() else { break };
            self.map.remove(&old);
            self.evicted += 1;
        }
        self.order.push_back((key, at));
        self.map.insert(key, (at, value));
    }

    /// Keeps another value for a key; a known one keeps its time.
    pub(crate) fn put(&mut self, key: K, at: Time, value: V, keep_ms: i64, cap: usize) {
        self.expire(at, keep_ms);
        match self.map.get_mut(&key) {
            Some(known) => known.1 = value,
            None => self.insert(key, at, value, keep_ms, cap),
        }
    }

    pub(crate) fn expire(&mut self, now: Time, keep_ms: i64) {
        while let Some((key, at)) = self.order.front().copied() {
            if now.since_ms(at) < keep_ms {
                break;
            }
            self.order.pop_front();
            self.map.remove(&key);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    /// Entries oldest first, for a snapshot.
    pub(crate) fn list(&self) -> impl Iterator<Item = (K, Time, &V)> {
        self.order.iter().filter_map(|(k, at)| self.map.get(k).map(|(_, v)| (*k, *at, v)))
    }

    pub(crate) fn restore(list: Vec<(K, Time, V)>) -> Recently<K, V> {
        let mut r = Recently { order: VecDeque::with_capacity(list.len()), map: FoldedMap::default(), evicted: 0 };
        for (k, at, v) in list {
            r.order.push_back((k, at));
            r.map.insert(k, (at, v));
        }
        r
    }
}

/// The answer that a request key had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The report's id.
    pub id: ReportId,
    /// Its service.
    pub service: Slug,
    /// Its symptom.
    pub symptom: SymptomId,
    /// Whether it counted.
    pub counted: bool,
    /// When it was accepted.
    pub at: Time,
}

pub(crate) type Sources = Recently<u64, ()>;
pub(crate) type Requests = Recently<RequestKeyBits, Remembered>;

/// A request key as a map's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct RequestKeyBits(pub u128);

impl From<RequestKey> for RequestKeyBits {
    fn from(k: RequestKey) -> Self {
        RequestKeyBits(k.0)
    }
}
