//! Ready answers in memory, bounded in bytes, made once per change.
//!
//! A key is (document, subject, encoding): nothing a stranger can invent adds an entry, because only documents of
//! known subjects are made at all.

use crate::encoding::Encoding;
use crate::lock::lock;
use crate::payload::{Answer, Payload};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What a document was made from. While it is equal, the ready bytes are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Version of the service's picture; 0 for documents of the whole site.
    pub(crate) service: u64,
    /// A digest of what the document shows of the rest of the site.
    pub(crate) around: u64,
    /// Which of the pictures were past their time, and on which day.
    pub(crate) stale: u32,
}

/// An answer with every header it will ever have.
pub(crate) struct Ready {
    pub(crate) headers: HeaderMap,
    /// The headers of a 304.
    pub(crate) unchanged: HeaderMap,
    pub(crate) etag: HeaderValue,
    pub(crate) body: Bytes,
}

impl Ready {
    /// Answers a GET or HEAD.
    pub(crate) fn answer(&self, if_none_match: Option<&HeaderValue>, head: bool) -> Answer {
        if if_none_match.is_some_and(|v| names(v.as_bytes(), self.etag.as_bytes())) {
            let mut res = Response::new(Payload::empty());
            *res.status_mut() = StatusCode::NOT_MODIFIED;
            *res.headers_mut() = self.unchanged.clone();
            return res;
        }
        let mut res = Response::new(if head { Payload::empty() } else { Payload::Ready(Some(self.body.clone())) });
        *res.headers_mut() = self.headers.clone();
        res
    }

    fn bytes(&self) -> usize {
        // Headers share static values for the most part; the allowance covers both maps and the entry around them.
        self.body.len() + 2048
    }
}

/// Whether an `If-None-Match` names this tag. Weak tags match too: a proxy that compresses weakens them.
fn names(given: &[u8], etag: &[u8]) -> bool {
    given.split(|c| *c == b',').map(<[u8]>::trim_ascii).any(|t| t == b"*" || t.strip_prefix(b"W/").unwrap_or(t) == etag)
}

const SHARDS: usize = 16;

/// The cache.
pub(crate) struct Cache<D> {
    shards: [Mutex<HashMap<u64, Arc<Slot<D>>>>; SHARDS],
    hasher: RandomState,
    bytes: AtomicUsize,
    limit: usize,
    clock: AtomicU64,
    pub(crate) made: AtomicU64,
    pub(crate) evicted: AtomicU64,
}

struct Slot<D> {
    document: D,
    subject: Box<str>,
    encoding: Encoding,
    /// Held while the document is made: others who want it wait for it, at most once per change.
    content: Mutex<Option<Content>>,
    size: AtomicUsize,
    used: AtomicU64,
}

struct Content {
    stamp: Stamp,
    /// The version of the whole site for which `stamp.around` was last found to hold.
    whole: u64,
    ready: Arc<Ready>,
}

/// What is wanted, as cheap to know as possible.
pub(crate) struct Wanted<'a, D> {
    /// Which document.
    pub(crate) document: D,
    /// Of what: a slug, a path, or empty.
    pub(crate) subject: &'a str,
    /// In which encoding.
    pub(crate) encoding: Encoding,
    /// Version of the service's picture; 0 without one.
    pub(crate) service: u64,
    /// Version of the whole site's picture.
    pub(crate) whole: u64,
    /// Which of the pictures are past their time, and on which day.
    pub(crate) stale: u32,
}

impl<D: Copy + Eq + Hash> Cache<D> {
    pub(crate) fn new(limit: usize) -> Cache<D> {
        Cache {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            bytes: AtomicUsize::new(0),
            limit,
            clock: AtomicU64::new(0),
            made: AtomicU64::new(0),
            evicted: AtomicU64::new(0),
        }
    }

    /// The document made from these pictures: ready, or made now by `make`. `around` digests what the document shows of
    /// the rest of the site; it is asked only when the site has a new version.
    pub(crate) fn get(
        &self,
        w: &Wanted<'_, D>,
        around: impl FnOnce() -> u64,
        make: impl FnOnce() -> Ready,
    ) -> Arc<Ready> {
        let key = self.hasher.hash_one((w.document, w.subject, w.encoding));
        let slot = self.slot(key, w);
        slot.used.store(self.clock.load(Ordering::Relaxed), Ordering::Relaxed);
        let mut content = lock(&slot.content);
        let stamp = match &mut *content {
            Some(c) if c.stamp.service == w.service && c.stamp.stale == w.stale => {
                if c.whole == w.whole {
                    return c.ready.clone();
                }
                let stamp = Stamp { around: around(), ..c.stamp };
                if stamp == c.stamp {
                    c.whole = w.whole;
                    return c.ready.clone();
                }
                stamp
            }
            _ => Stamp { service: w.service, around: around(), stale: w.stale },
        };
        let ready = Arc::new(make());
        self.made.fetch_add(1, Ordering::Relaxed);
        self.clock.fetch_add(1, Ordering::Relaxed);
        *content = Some(Content { stamp, whole: w.whole, ready: ready.clone() });
        drop(content);
        let new = ready.bytes();
        let old = slot.size.swap(new, Ordering::Relaxed);
        self.bytes.fetch_add(new, Ordering::Relaxed);
        let all = self.bytes.fetch_sub(old, Ordering::Relaxed).saturating_sub(old);
        if all > self.limit {
            self.evict(key);
        }
        ready
    }

    fn slot(&self, key: u64, w: &Wanted<'_, D>) -> Arc<Slot<D>> {
        let mut shard = lock(&self.shards[(key as usize) % SHARDS]);
        if let Some(slot) = shard.get(&key)
            && slot.document == w.document
            && slot.encoding == w.encoding
            && *slot.subject == *w.subject
        {
            return slot.clone();
        }
        let slot = Arc::new(Slot {
            document: w.document,
            subject: w.subject.into(),
            encoding: w.encoding,
            content: Mutex::new(None),
            size: AtomicUsize::new(0),
            used: AtomicU64::new(0),
        });
        if let Some(other) = shard.insert(key, slot.clone()) {
            self.bytes.fetch_sub(other.size.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        slot
    }

    /// Drops entries, least recently used first, until an eighth of the limit is free again.
    fn evict(&self, keep: u64) {
        let mut all: Vec<(u64, u64, usize)> = Vec::new();
        for shard in &self.shards {
            all.extend(
                lock(shard).iter().map(|(k, s)| (s.used.load(Ordering::Relaxed), *k, s.size.load(Ordering::Relaxed))),
            );
        }
        all.sort_unstable();
        // Counted anew, so that an entry that grew while it was dropped does not count for ever.
        let mut bytes: usize = all.iter().map(|(_, _, size)| size).sum();
        let target = self.limit - self.limit / 8;
        for (_, key, size) in all.into_iter().filter(|(_, k, _)| *k != keep) {
            if bytes <= target {
                break;
            }
            if lock(&self.shards[(key as usize) % SHARDS]).remove(&key).is_some() {
                bytes -= size;
                self.evicted.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Bytes held now.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Entries held now.
    pub(crate) fn entries(&self) -> usize {
        self.shards.iter().map(|s| lock(s).len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(n: usize) -> Ready {
        let etag = HeaderValue::from_static("\"a\"");
        Ready { headers: HeaderMap::new(), unchanged: HeaderMap::new(), etag, body: Bytes::from(vec![b'x'; n]) }
    }

    fn wanted(subject: &str, service: u64, whole: u64) -> Wanted<'_, u8> {
        Wanted { document: 0, subject, encoding: Encoding::Identity, service, whole, stale: 0 }
    }

    #[test]
    fn a_document_is_made_once_per_change() {
        let cache: Cache<u8> = Cache::new(1 << 20);
        for version in [1, 1, 2, 2, 2] {
            cache.get(&wanted("a", version, 1), || 0, || ready(10));
        }
        assert_eq!(cache.made.load(Ordering::Relaxed), 2);
        for (whole, around) in [(2, 0), (3, 0), (4, 7), (4, 7), (5, 7)] {
            cache.get(&wanted("a", 2, whole), || around, || ready(10));
        }
        assert_eq!(cache.made.load(Ordering::Relaxed), 3, "only a change that the document shows makes it anew");
        assert_eq!(cache.entries(), 1);
    }

    #[test]
    fn a_document_whose_making_broke_off_is_made_by_the_next_who_wants_it() {
        let cache: Cache<u8> = Cache::new(1 << 20);
        for _ in 0..2 {
            let broken = std::panic::AssertUnwindSafe(|| cache.get(&wanted("a", 1, 1), || 0, || panic!("a fault")));
            assert!(std::panic::catch_unwind(broken).is_err());
        }
        assert_eq!(cache.get(&wanted("a", 1, 1), || 0, || ready(10)).body.len(), 10);
        assert_eq!((cache.made.load(Ordering::Relaxed), cache.entries()), (1, 1));
    }

    #[test]
    fn readers_who_come_at_once_share_one_making() {
        let cache: Cache<u8> = Cache::new(1 << 20);
        let together = std::sync::Barrier::new(8);
        std::thread::scope(|s| {
            for _ in 0..8 {
                s.spawn(|| {
                    together.wait();
                    for version in 1..50 {
                        cache.get(&wanted("a", version, 1), || 0, || ready(10));
                        together.wait();
                    }
                });
            }
        });
        assert_eq!(cache.made.load(Ordering::Relaxed), 49);
    }

    #[test]
    fn the_cache_stays_within_its_bytes_and_keeps_what_is_used() {
        let cache: Cache<u8> = Cache::new(100_000);
        for n in 0..200 {
            cache.get(&wanted("kept", 1, 1), || 0, || ready(5000));
            cache.get(&wanted(&n.to_string(), 1, 1), || 0, || ready(5000));
            assert!(cache.bytes() <= 100_000, "{}", cache.bytes());
        }
        assert_eq!(cache.made.load(Ordering::Relaxed), 201, "\"kept\" was made once");
        assert_eq!(cache.bytes(), cache.entries() * (5000 + 2048));
    }

    #[test]
    fn a_tag_is_found_in_a_list_of_tags() {
        for given in ["\"a\"", "W/\"a\"", "\"x\", \"a\"", "*", "\"x\",W/\"a\" "] {
            assert!(names(given.as_bytes(), b"\"a\""), "{given}");
        }
        for given in ["", "a", "\"ab\"", "\"x\""] {
            assert!(!names(given.as_bytes(), b"\"a\""), "{given}");
        }
    }
}
