//! Reads the official pages of the catalogue from this process, and tells the site what they say.

use super::ATTEND_MS;
use super::here::{Followed, Here, LOOK};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::exit::Failure;
use crate::house::House;
use crate::lifecycle::Ring;
use allclear_engine::watch::{Ask, Came, Readings, Turn, What, plan};
use allclear_model::catalogue::Official;
use allclear_model::official::{OfficialPages, OfficialRead, OfficialSaid, OfficialWord};
use allclear_model::signal::reason_start;
use allclear_model::{Slug, Time};
use allclear_ports::Clock;
use allclear_signals::dial::Dialer;
use allclear_signals::official::{self, Belief, OfficialStatus, Read, Reading, Scope, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

/// What pages say is told together, so often. Milliseconds.
const TELL_MS: i64 = 2_000;
/// Readings that wait to be heard; there are never more under way.
const QUEUE: usize = 16;
/// What waits to be told, at most; more only comes together while nothing can be kept.
const UNTOLD: usize = 5_000;

/// Reads until the ring stops. `here` is shared with the checks.
///
/// # Errors
/// Exit code 2 when the settings of the way out cannot be used.
pub(crate) fn begin(house: Arc<House>, config: &Config, ring: &Ring, here: Here) -> Result<(), Failure> {
    // Tried once here, so that a bad setting ends the start and not the reading.
    drop(config.network.dialer("", BTreeSet::new(), TaskTracker::new())?);
    let reader = Reader {
        house,
        config: config.clone(),
        tracker: ring.tracker.clone(),
        readings: Readings::new(Here::chance(), here.hosts.clone()),
        here,
        pages: BTreeMap::new(),
        untold: Vec::new(),
        told: Time(0),
        looked: None,
        followed: Followed::default(),
        dialer: None,
    };
    ring.tracker.spawn(reader.run(ring.stop.clone()));
    Ok(())
}

struct Reader {
    house: Arc<House>,
    config: Config,
    tracker: TaskTracker,
    here: Here,
    readings: Readings,
    /// By address.
    pages: BTreeMap<String, Page>,
    /// In order.
    untold: Vec<OfficialRead>,
    told: Time,
    looked: Option<Time>,
    followed: Followed,
    /// Who asks: nobody where there is no way out that leaves those alone who opted out.
    dialer: Option<Arc<Dialer>>,
}

/// One page, and whom it is about.
struct Page {
    /// `None` while it is being read.
    source: Option<Source>,
    /// Somebody new wants to know: what has not changed says nothing to them.
    whole: bool,
    /// As the catalogue has it.
    known: Official,
    services: Vec<About>,
}

/// A service that a page is about.
struct About {
    service: Slug,
    asked: String,
    scope: Scope,
    belief: Belief,
}

/// A page that was read.
struct Done {
    turn: Turn,
    /// As the catalogue had the page when it was asked.
    known: Official,
    source: Source,
    wait_s: Option<u32>,
    requests: u32,
    found: Found,
}

/// What came of it.
enum Found {
    Same,
    Failed {
        why: String,
        ours: bool,
    },
    /// A status for each scope that was asked for.
    Read {
        url: String,
        statuses: Vec<(Scope, OfficialStatus)>,
    },
}

impl Reader {
    async fn run(mut self, stop: CancellationToken) {
        let (to, mut from) = mpsc::channel(QUEUE);
        loop {
            self.look();
            self.start(&to, &stop);
            self.tell().await;
            tokio::select! {
                () = stop.cancelled() => return,
                Some(done) = from.recv() => self.done(done),
                () = tokio::time::sleep(self.wait()) => {}
            }
        }
    }

    fn now(&self) -> Time {
        self.here.now()
    }

    fn wait(&self) -> Duration {
        let tell = (!self.untold.is_empty()).then(|| self.told.plus_ms(TELL_MS));
        self.here.until([self.readings.next(), tell])
    }

    /// Follows the catalogue, who opted out, and where something is going on.
    fn look(&mut self) {
        let now = self.now();
        // There is much to look through, and no hurry.
        if self.looked.is_some_and(|looked| now.since_ms(looked) < LOOK.as_millis() as i64) {
            return;
        }
        self.looked = Some(now);
        let whole = self.house.handles.site.whole();
        if self.followed.changed(&whole) {
            let opted_out: BTreeSet<String> = whole.opted_out.iter().cloned().collect();
            let manners = self.config.watch.manners(&self.config.network, &whole.catalogue, opted_out.clone());
            let asks = plan(&whole.catalogue, &manners, &|name| official::format(name).is_some());
            self.follow(&asks);
            self.readings.plan(&asks, now);
            let made = self.config.network.dialer(&self.config.site.contact, opted_out, self.tracker.clone());
            let dialer = made.map(Arc::new).inspect_err(|e| {
                // The file of certificates was good at the start. Whoever opted out since then is asked by nobody.
                tracing::error!("official: no page is read until the site starts again: {}", e.message);
            });
            self.dialer = dialer.ok();
        }
        let due = self.house.handles.attention.due();
        self.readings.attend(&due, now.plus_ms(ATTEND_MS));
    }

    /// Takes the pages of `asks`; what is known of those that are as they were is kept.
    fn follow(&mut self, asks: &[Ask<'_>]) {
        let mut before = std::mem::take(&mut self.pages);
        for ask in asks.iter().filter(|a| a.not.is_none()) {
            let What::Official(known) = ask.what else { continue };
            let (address, asked) = (ask.what.address(), known.asked());
            let same = |p: &&mut Page| place(&p.known) == place(known);
            let mut old = before.get_mut(&address).filter(same);
            let as_before = old.as_mut().and_then(|p| p.services.iter_mut().find(|a| a.service == *ask.service));
            let as_before = as_before.filter(|a| a.asked == asked);
            let is_new = as_before.is_none();
            let belief = if let Some(about) = as_before {
                std::mem::take(&mut about.belief).pinned(known.reference.as_deref())
            } else {
                // What is known of another page, or of another part of this one, says nothing here.
                let view = self.house.handles.site.service(ask.service);
                let word = view.and_then(|v| v.official.as_ref()?.word.clone());
                Belief::from(word.filter(|w| w.asked == asked)).pinned(known.reference.as_deref())
            };
            let page = self.pages.entry(address).or_insert_with(|| Page {
                source: old.and_then(|p| p.source.take()).or_else(|| Some(source(known, belief.word()))),
                whole: false,
                known: known.clone(),
                services: Vec::new(),
            });
            page.whole |= is_new;
            let scope = Scope::from(&known.part);
            page.services.push(About { service: ask.service.clone(), asked, scope, belief });
        }
    }

    /// Starts what is due.
    fn start(&mut self, to: &mpsc::Sender<Done>, stop: &CancellationToken) {
        let Some(dialer) = self.dialer.clone() else { return };
        for turn in self.readings.take(self.now()) {
            let Some(page) = self.pages.get_mut(&turn.page) else { continue };
            let mut source = page.source.take().unwrap_or_else(|| source(&page.known, None));
            if std::mem::take(&mut page.whole) {
                source.forget_marks();
            }
            let scopes: Vec<Scope> = page.services.iter().map(|a| a.scope.clone()).collect();
            source.about(scopes.iter().flat_map(|s| s.components.iter().cloned()).collect());
            let (kept, dialer, to, stop) = (source.clone(), dialer.clone(), to.clone(), stop.clone());
            let (alone, known) = (self.tracker.clone(), page.known.clone());
            self.tracker.spawn(async move {
                // On its own, so that a page that nobody foresaw costs one reading and not all of them.
                let work = AbortOnDropHandle::new(alone.spawn(async move {
                    let Reading { read, wait_s, requests } = source.read(&dialer, SystemClock.now()).await;
                    (source, wait_s, requests, judged(read, scopes))
                }));
                let (source, wait_s, requests, found) = tokio::select! {
                    // A page that hangs must not hold up a stop.
                    () = stop.cancelled() => return,
                    done = work => done.unwrap_or_else(|e| {
                        tracing::error!(page = %turn.page, "official: reading a page failed in itself: {e}");
                        let why = "our reader failed at this page".to_owned();
                        (kept, None, 1, Found::Failed { why, ours: false })
                    }),
                };
                // At a stop nobody listens any more.
                drop(to.send(Done { turn, known, source, wait_s, requests, found }).await);
            });
        }
    }

    fn done(&mut self, Done { turn, known, source, wait_s, requests, found }: Done) {
        let (now, at) = (self.now(), SystemClock.now());
        let came = match &found {
            Found::Failed { ours: true, .. } => Came::Unasked,
            Found::Failed { .. } => Came::Unread,
            Found::Same | Found::Read { .. } => Came::Read,
        };
        self.house.handles.watching.read(came);
        let wanted = self.readings.done(&turn, came, wait_s, requests, now);
        let Some(page) = self.pages.get_mut(&turn.page).filter(|_| wanted) else { return };
        if place(&page.known) != place(&known) {
            // The catalogue was corrected meanwhile: what was read was another page.
            return;
        }
        page.source = Some(source);
        let whole = self.house.handles.site.whole();
        let mut waits = false;
        for about in &mut page.services {
            // What was told already is not told again with whatever else is new.
            let before = about.belief.word().map(|w| w.warnings.clone()).unwrap_or_default();
            let said = match &found {
                Found::Same => about.belief.same(),
                Found::Failed { why, .. } => {
                    let served = about.belief.word().map(|w| w.format.as_str()).or(page.known.format.as_deref());
                    let is_ill =
                        |by: &str| whole.services.iter().any(|l| l.slug.as_str() == by && l.level.is_problem());
                    OfficialSaid::Unread { reason: reason_start(&with_vendor(why, served, is_ill)).to_owned() }
                }
                Found::Read { url, statuses } => {
                    // One that came while the page was being read has its turn with the next reading.
                    let Some((_, status)) = statuses.iter().find(|(scope, _)| *scope == about.scope) else { continue };
                    waits |= status.brief;
                    about.belief.hear(status, &about.asked, url, at)
                }
            };
            let lost = about.belief.lost();
            for sentence in &lost {
                self.house.lost_components.inc();
                tracing::warn!(service = %about.service, page = %turn.page, "official: {sentence}");
            }
            if let OfficialSaid::New { word } = &said {
                for warning in word.warnings.iter().filter(|w| !before.contains(*w) && !lost.contains(*w)) {
                    tracing::warn!(service = %about.service, page = %turn.page, "official: {warning}");
                }
            }
            put(&mut self.untold, OfficialRead { service: about.service.clone(), said });
        }
        if waits {
            // It is judged again soon, also when it has not changed by then: what began a moment ago is older.
            page.whole = true;
            let services = page.services.iter().map(|a| a.service.clone()).collect();
            self.readings.attend(&services, now.plus_ms(ATTEND_MS));
        }
    }

    /// Tells the site what pages said. What could not be kept is told again.
    async fn tell(&mut self) {
        let now = self.now();
        if self.untold.is_empty() || now.since_ms(self.told) < TELL_MS {
            return;
        }
        self.told = now;
        let read = std::mem::take(&mut self.untold);
        if let Err(e) = self.house.handles.admin.announced(OfficialPages { read: read.clone() }).await {
            tracing::warn!("official: what pages say was not kept, and is told again: {e}");
            self.untold = read;
            // What is the same can be said another time.
            self.untold.retain(|r| !matches!(r.said, OfficialSaid::Same));
            self.untold.truncate(UNTOLD);
        }
    }
}

/// What a page means for each of the scopes.
fn judged(read: Read, scopes: Vec<Scope>) -> Found {
    match read {
        Read::Same => Found::Same,
        Read::Failed { why, ours } => Found::Failed { why, ours },
        Read::Page { format, page, url } => {
            let at = SystemClock.now();
            let of = |scope: Scope| {
                let status = official::judge(format, page.clone(), &scope, at);
                (scope, status)
            };
            Found::Read { url, statuses: scopes.into_iter().map(of).collect() }
        }
    }
}

/// Why a page could not be read, with whoever serves such pages where that one has a problem itself: one outage is not to be read as a hundred.
fn with_vendor(why: &str, format: Option<&str>, is_ill: impl Fn(&str) -> bool) -> String {
    match format.and_then(official::served_by).filter(|by| is_ill(by)) {
        Some(by) => format!("{why}; {by}, which serves it, has a problem itself"),
        None => why.to_owned(),
    }
}

/// By what a page is the same one.
fn place(known: &Official) -> (&str, Option<&str>, Option<&str>) {
    (&known.page, known.feed.as_deref(), known.format.as_deref())
}

/// The source of a page, where it was found before.
fn source(known: &Official, word: Option<&OfficialWord>) -> Source {
    let format = known.format.as_deref().and_then(official::format);
    let source = Source::new(&known.page, known.feed.as_deref(), format);
    match word {
        Some(word) => source.found(&word.url, official::format(&word.format)),
        None => source,
    }
}

/// Puts a reading behind the others. What a service's page said before is news until it was told, and only its last word counts.
fn put(untold: &mut Vec<OfficialRead>, read: OfficialRead) {
    let is_new = |r: &OfficialRead| matches!(r.said, OfficialSaid::New { .. });
    match read.said {
        OfficialSaid::New { .. } => untold.retain(|r| r.service != read.service),
        OfficialSaid::Same if untold.iter().any(|r| r.service == read.service && is_new(r)) => {
            untold.retain(|r| r.service != read.service || is_new(r));
            return;
        }
        OfficialSaid::Same | OfficialSaid::Unread { .. } => {
            untold.retain(|r| r.service != read.service || is_new(r));
        }
    }
    untold.push(read);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_serves_official_pages_is_named_while_it_has_a_problem_itself() {
        let ill = |name: &'static str| move |by: &str| by == name;
        let why = "the status is 503";
        let both = "the status is 503; statuspage, which serves it, has a problem itself";
        assert_eq!(with_vendor(why, Some("statuspage"), ill("statuspage")), both);
        assert_eq!(with_vendor(why, Some("statuspage-compat"), ill("statuspage")), both);
        for (format, by) in [(Some("statuspage"), "instatus"), (Some("rss"), "rss"), (None, "statuspage")] {
            assert_eq!(with_vendor(why, format, ill(by)), why, "{format:?}");
        }
        for format in official::FORMATS {
            let by = official::served_by(format.name);
            assert!(by.is_none_or(|by| crate::embedded::file(&format!("services/{by}.toml")).is_some()), "{by:?}");
        }
    }

    #[test]
    fn what_was_not_told_yet_is_the_last_word_of_each_page() {
        let said = |service: &str, said| OfficialRead { service: Slug::parse(service).unwrap(), said };
        let unread = |why: &str| OfficialSaid::Unread { reason: why.to_owned() };
        let mut untold = Vec::new();
        for (service, what) in
            [("a", OfficialSaid::Same), ("b", unread("x")), ("b", unread("y")), ("a", OfficialSaid::Same)]
        {
            put(&mut untold, said(service, what));
        }
        assert_eq!(untold, [said("b", unread("y")), said("a", OfficialSaid::Same)]);
    }
}
