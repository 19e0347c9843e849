//! Live streams: server-sent events, made once per change and shared by all readers.
//!
//! A stream holds no picture: it waits for a new version, then sends the newest one whole. So a reader that is slow, or
//! was away, skips versions instead of queueing them, and a gap needs no repair.

use crate::hot::around;
use crate::lock::lock;
use crate::page::{self, PageCx, PageSite};
use allclear_engine::Site;
use allclear_model::Slug;
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::fmt::Write;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, ReusableBoxFuture, WaitForCancellationFutureOwned};

/// Services one stream may follow.
pub(crate) const SERVICES_MAX: usize = 20;
/// Name of the whole site among the names of services.
pub(crate) const WHOLE: &str = "*";

/// Least time between two events of one stream about a service: more tells nobody more.
const PAUSE_SERVICE: Duration = Duration::from_secs(1);
/// The same for the whole site, whose event is larger.
const PAUSE_WHOLE: Duration = Duration::from_secs(5);
/// Readers come back after 2 to 6 seconds, so that a restart does not bring all of them at once.
const RETRY_MS: (u64, u64) = (2000, 4000);

/// Makes events and counts streams.
pub(crate) struct LiveHub {
    shared: Arc<Shared>,
}

struct Shared {
    site: Site,
    pages: Arc<PageSite>,
    channels: Mutex<HashMap<Slug, Weak<Channel>>>,
    whole: Mutex<Weak<Channel>>,
    open: AtomicUsize,
    most: usize,
    heartbeat: Duration,
    started: AtomicU64,
    made: AtomicU64,
}

/// The newest event about one subject, shared by everybody who follows it.
struct Channel {
    /// `None`: the whole site.
    slug: Option<Slug>,
    newest: Mutex<Option<Arc<Event>>>,
}

struct Event {
    version: u64,
    /// Digest of what it shows of other services.
    around: u64,
    /// Whether it was made of a picture past its time; then it says so, which one made before does not.
    stale: bool,
    tag: String,
    /// `id:` line and event.
    whole: Bytes,
    /// The same without the `id:` line.
    plain: Bytes,
}

/// Which picture of which subject a reader already has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Have(HashMap<String, String>);

impl Have {
    /// Reads `a@TAG,b@TAG`; anything else in it is ignored, and the reader then gets the whole picture.
    pub(crate) fn parse(text: &str) -> Have {
        let pairs = text.split(',').take(SERVICES_MAX + 1).filter_map(|p| p.trim().split_once('@'));
        Have(pairs.map(|(s, t)| (s.to_owned(), t.to_owned())).collect())
    }
}

/// Why a stream was not opened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoStream {
    /// All places are taken.
    Full,
    /// No service has this slug.
    NoService(String),
}

impl LiveHub {
    pub(crate) fn new(site: Site, pages: Arc<PageSite>, most: usize, heartbeat: Duration) -> LiveHub {
        LiveHub {
            shared: Arc::new(Shared {
                site,
                pages,
                channels: Mutex::default(),
                whole: Mutex::default(),
                open: AtomicUsize::new(0),
                most,
                heartbeat,
                started: AtomicU64::new(0),
                made: AtomicU64::new(0),
            }),
        }
    }

    /// Streams open now, streams opened so far, events made so far.
    pub(crate) fn counts(&self) -> [u64; 3] {
        let s = &self.shared;
        [s.open.load(Ordering::Relaxed) as u64, s.started.load(Ordering::Relaxed), s.made.load(Ordering::Relaxed)]
    }

    /// Opens a stream of `names` (slugs, or [`WHOLE`]), at least one of them.
    pub(crate) fn open(&self, names: &[String], have: &Have, stop: &CancellationToken) -> Result<LiveBody, NoStream> {
        let place = Place::take(&self.shared).ok_or(NoStream::Full)?;
        let mut followed = Vec::with_capacity(names.len());
        for name in names {
            let (channel, changes) = if name == WHOLE {
                (self.shared.whole_channel(), self.shared.site.watch_whole())
            } else {
                let no = || NoStream::NoService(name.clone());
                let view = self.shared.site.service(name).ok_or_else(no)?;
                let changes = self.shared.site.watch_service(name).ok_or_else(no)?;
                (self.shared.channel(&view.service.slug), changes)
            };
            followed.push(Followed::new(channel, changes, have.0.get(name.as_str()).cloned()));
        }
        let n = self.shared.started.fetch_add(1, Ordering::Relaxed);
        // Spread by the golden ratio: neighbours in time come back apart.
        let jitter = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % RETRY_MS.1;
        let hello = Bytes::from(format!("retry: {}\n\n", RETRY_MS.0 + jitter));
        Ok(LiveBody {
            place,
            followed,
            queue: VecDeque::from([hello]),
            pause: if names.iter().any(|n| n == WHOLE) { PAUSE_WHOLE } else { PAUSE_SERVICE },
            pausing: false,
            timer: Box::pin(tokio::time::sleep(self.shared.heartbeat)),
            stop: Box::pin(stop.clone().cancelled_owned()),
        })
    }
}

/// One of the places for open streams; given back when dropped.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Option<Place> {
        let most = shared.most;
        let taken = shared.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < most).then_some(n + 1));
        taken.ok().map(|_| Place(shared.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    fn channel(&self, slug: &Slug) -> Arc<Channel> {
        let mut channels = lock(&self.channels);
        if let Some(channel) = channels.get(slug).and_then(Weak::upgrade) {
            return channel;
        }
        // Forgets what nobody follows any more when the map would grow.
        if channels.len() == channels.capacity() {
            channels.retain(|_, c| c.strong_count() > 0);
        }
        let channel = Arc::new(Channel { slug: Some(slug.clone()), newest: Mutex::new(None) });
        channels.insert(slug.clone(), Arc::downgrade(&channel));
        channel
    }

    fn whole_channel(&self) -> Arc<Channel> {
        let mut whole = lock(&self.whole);
        whole.upgrade().unwrap_or_else(|| {
            let channel = Arc::new(Channel { slug: None, newest: Mutex::new(None) });
            *whole = Arc::downgrade(&channel);
            channel
        })
    }

    /// The newest event of a channel; `None` when its service is gone.
    fn event(&self, channel: &Channel) -> Option<Arc<Event>> {
        let whole = self.site.whole();
        let view = match &channel.slug {
            Some(slug) => Some(self.site.service(slug)?),
            None => None,
        };
        let version = view.as_ref().map_or(whole.version, |v| v.version);
        let now = self.site.now();
        let stale = view.as_ref().map_or_else(|| whole.is_stale(now), |v| v.is_stale(now));
        let around = view.as_ref().map_or(0, |v| around(v, &whole));
        // Held while the event is made: the others wait for it instead of making it again.
        let mut newest = lock(&channel.newest);
        if let Some(event) = newest.as_ref().filter(|e| (e.version, e.around, e.stale) == (version, around, stale)) {
            return Some(event.clone());
        }
        let cx = PageCx::new(self.pages.clone(), now);
        let (name, kind, tag, data) = match &view {
            Some(v) => (
                v.service.slug.as_str(),
                "service",
                page::live_tag(v.version, v.measured_at),
                page::live(&cx, v, &whole),
            ),
            None => (WHOLE, "site", page::live_tag(whole.version, whole.measured_at), page::live_home(&cx, &whole)),
        };
        let id = format!("id: {name}@{tag}\n");
        let mut text = String::with_capacity(id.len() + data.len() + 32);
        text.push_str(&id);
        text.push_str("event: ");
        text.push_str(kind);
        text.push_str("\ndata: ");
        // A line break would end the field; JSON has none outside strings and writes them escaped inside.
        text.extend(data.chars().filter(|c| *c != '\n' && *c != '\r'));
        text.push_str("\n\n");
        let bytes = Bytes::from(text);
        let event = Arc::new(Event { version, around, stale, tag, plain: bytes.slice(id.len()..), whole: bytes });
        self.made.fetch_add(1, Ordering::Relaxed);
        *newest = Some(event.clone());
        Some(event)
    }
}

type Changed = (Result<(), watch::error::RecvError>, watch::Receiver<()>);

async fn changed(mut changes: watch::Receiver<()>) -> Changed {
    let result = changes.changed().await;
    (result, changes)
}

struct Followed {
    channel: Arc<Channel>,
    /// Resolves when there is a newer picture.
    next: ReusableBoxFuture<'static, Changed>,
    /// Set until the first look: the reader gets what there is unless it has it.
    fresh: bool,
    /// Tag of the picture the reader has.
    tag: Option<String>,
    gone: bool,
}

impl Followed {
    fn new(channel: Arc<Channel>, changes: watch::Receiver<()>, tag: Option<String>) -> Followed {
        Followed { channel, next: ReusableBoxFuture::new(changed(changes)), fresh: true, tag, gone: false }
    }

    /// True when there is something to look at.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if self.gone {
            return false;
        }
        let mut look = std::mem::take(&mut self.fresh);
        while let Poll::Ready((result, changes)) = self.next.poll(cx) {
            look = true;
            self.next.set(changed(changes));
            if result.is_err() {
                self.gone = true;
                break;
            }
        }
        look
    }
}

/// The body of one stream.
pub struct LiveBody {
    place: Place,
    followed: Vec<Followed>,
    queue: VecDeque<Bytes>,
    pause: Duration,
    /// True while the timer counts the pause after an event, false while it counts to the next comment.
    pausing: bool,
    timer: Pin<Box<Sleep>>,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl LiveBody {
    /// The next piece of the stream; `None` at its end.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if let Some(bytes) = self.queue.pop_front() {
                return Poll::Ready(Some(bytes));
            }
            if self.stop.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            if self.timer.as_mut().poll(cx).is_ready() {
                if !self.pausing {
                    self.queue.push_back(Bytes::from_static(b":\n\n"));
                }
                self.pausing = false;
                self.wait(self.place.0.heartbeat);
                continue;
            }
            if self.pausing {
                return Poll::Pending;
            }
            if self.look(cx) {
                self.pausing = true;
                self.wait(self.pause);
                continue;
            }
            if self.followed.iter().all(|f| f.gone) {
                return Poll::Ready(None);
            }
            return Poll::Pending;
        }
    }

    /// Queues events for what has changed. True when there was one.
    fn look(&mut self, cx: &mut Context<'_>) -> bool {
        let mut events = Vec::new();
        for f in &mut self.followed {
            if !f.poll(cx) {
                continue;
            }
            match self.place.0.event(&f.channel) {
                Some(event) if f.tag.as_deref() != Some(&*event.tag) => {
                    f.tag = Some(event.tag.clone());
                    events.push(event);
                }
                Some(_) => {}
                None => f.gone = true,
            }
        }
        if events.is_empty() {
            return false;
        }
        if self.followed.len() == 1 {
            self.queue.extend(events.iter().map(|e| e.whole.clone()));
        } else {
            // The id says everything this reader has, so that it may resume anywhere. The browser keeps the last one.
            let mut id = String::from("id: ");
            for f in &self.followed {
                if let Some(tag) = &f.tag {
                    let sep = if id.ends_with(' ') { "" } else { "," };
                    let _ = write!(id, "{sep}{}@{tag}", f.channel.slug.as_deref().unwrap_or(WHOLE));
                }
            }
            id.push('\n');
            let id = Bytes::from(id);
            for e in events {
                self.queue.push_back(id.clone());
                self.queue.push_back(e.plain.clone());
            }
        }
        true
    }

    fn wait(&mut self, time: Duration) {
        self.timer.as_mut().reset(Instant::now() + time);
    }
}
