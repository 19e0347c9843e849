//! One official page over time: where its data stands, what was last sent, and when to look for it anew.

use super::find::{DEADLINE, Found, NotFound, find, get, is_given};
use super::formats::Format;
use super::further::{self, Asked};
use super::known;
use super::page::Page;
use crate::dial::{Answer, Dialer, Fault, Target};
use crate::manners::beside;
use allclear_model::Time;
use allclear_model::check::Beside;
use tokio::time::Instant;

/// An answer is read whole at least so often, whatever its marks say: what it says of an event that nobody mentions any more
/// changes with time. Milliseconds.
const WHOLE_MS: i64 = 3_600_000;
/// After so many answers in a row that could not be read, the page is looked for anew.
const MISSES: u32 = 3;
/// And not more often than this: looking asks for what may stand at twenty places. Milliseconds.
const LOOK_MS: i64 = 6 * 3_600_000;
/// Longest time for which an answer asks to be left alone that is heeded. Seconds.
const LONGEST_S: u32 = 3600;
/// The same for an answer that can be read: a page that is not read for half an hour says nothing.
const FRESH_S: u32 = 1200;

/// One official page.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where the catalogue says that the data is; else the page for people.
    given: String,
    page: String,
    wanted: Option<&'static Format>,
    /// Where the data was found, and as what.
    at: Option<(String, &'static Format)>,
    /// What the last answer is to be asked again with.
    etag: Option<String>,
    modified: Option<String>,
    whole: Option<Time>,
    misses: u32,
    looked: Option<Time>,
    /// Components that services of the page are.
    parts: Vec<String>,
    /// When the list of all components was last asked for and was of no use.
    useless: Option<Time>,
}

/// What came of reading a page.
#[derive(Debug)]
pub struct Reading {
    /// What.
    pub read: Read,
    /// The page should not be asked again for so long. Seconds.
    pub wait_s: Option<u32>,
    /// Requests that it took, at least 1 where any was sent.
    pub requests: u32,
}

/// The outcome of a reading.
#[derive(Debug)]
pub enum Read {
    /// What it was.
    Same,
    /// Read whole.
    Page {
        /// As this.
        format: &'static Format,
        /// It says this.
        page: Page,
        /// It stands there: the address that answered, after redirects.
        url: String,
    },
    /// It could not be read.
    Failed {
        /// Why.
        why: String,
        /// Whether that is our own fault, or a rule of ours: it says nothing about the page.
        ours: bool,
    },
}

impl Source {
    /// The page that the catalogue has at `page`, with data at `feed` if that is known, in `format` if that is known.
    pub fn new(page: &str, feed: Option<&str>, format: Option<&'static Format>) -> Source {
        let at = feed.map(str::to_owned).zip(format);
        Source {
            given: feed.unwrap_or(page).to_owned(),
            page: page.to_owned(),
            wanted: format,
            at,
            etag: None,
            modified: None,
            whole: None,
            misses: 0,
            looked: None,
            parts: Vec::new(),
            useless: None,
        }
    }

    /// The same, knowing where it was found before, if the catalogue does not say better.
    #[must_use]
    pub fn found(mut self, url: &str, format: Option<&'static Format>) -> Source {
        if self.at.is_none() && !url.is_empty() {
            self.at = format.map(|f| (url.to_owned(), f));
        }
        self
    }

    /// These components are what services of the page are: where the page leaves one out, its list of all components is read too.
    pub fn about(&mut self, parts: Vec<String>) {
        if self.parts != parts {
            self.parts = parts;
            self.useless = None;
        }
    }

    /// The next reading is a whole one, whatever has changed.
    pub fn forget_marks(&mut self) {
        (self.etag, self.modified) = (None, None);
    }

    /// Reads it.
    pub async fn read(&mut self, dialer: &Dialer, now: Time) -> Reading {
        let mut reading = self.first(dialer, now).await;
        if let Read::Page { format, page, .. } = &mut reading.read {
            match self.further(dialer, format, page, now).await {
                Ok(requests) => reading.requests += requests,
                // Without them the page would look as if it had lost them.
                Err((requests, why)) => {
                    reading.requests += requests;
                    reading.read = failed(format!("its list of components cannot be read: {why}"));
                    self.forget_marks();
                }
            }
        }
        let seldom = self.at.as_ref().map_or(0, |(url, _)| known::seldom(url));
        if seldom > 0 {
            reading.wait_s = reading.wait_s.max(Some(seldom));
        }
        reading
    }

    /// Reads the document that the page is known by.
    async fn first(&mut self, dialer: &Dialer, now: Time) -> Reading {
        // A clock that was set back must not keep anybody waiting.
        let may_look = self.looked.is_none_or(|looked| !(0..LOOK_MS).contains(&now.since_ms(looked)));
        match self.at.clone() {
            // It may have moved, or changed the product that serves it.
            Some((_, known)) if self.misses >= MISSES && may_look => self.look(dialer, Some(known), now).await,
            Some((url, format)) => self.again(dialer, &url, format, now).await,
            None if may_look => self.look(dialer, None, now).await,
            None => {
                let why = "nothing that a program can read was found; it is looked for again within hours";
                Reading { read: failed(why), wait_s: Some(LONGEST_S), requests: 0 }
            }
        }
    }

    /// Adds components that the first document of the page leaves out, where a service is one of them. Gives the requests that it took.
    ///
    /// # Errors
    /// Why there is no list though there may be one, with the requests that it took.
    async fn further(
        &mut self,
        dialer: &Dialer,
        format: &'static Format,
        page: &mut Page,
        now: Time,
    ) -> Result<u32, (u32, String)> {
        let Some((at, _)) = &self.at else { return Ok(0) };
        // A component that is in neither is not asked for each time.
        if self.useless.is_some_and(|then| (0..WHOLE_MS).contains(&now.since_ms(then))) {
            return Ok(0);
        }
        let asked = further::complete(dialer, (format, at), &self.given, page, &self.parts, now).await?;
        match asked {
            Asked::Nothing => {}
            // That the first document is the same says nothing of the second.
            Asked::Added(_) => self.forget_marks(),
            Asked::InVain(_) => self.useless = Some(now),
        }
        Ok(asked.requests())
    }

    /// Looks for the data: as the format that it was read as before, if there is one, then as any that may stand in its place.
    async fn look(&mut self, dialer: &Dialer, known: Option<&'static Format>, now: Time) -> Reading {
        self.looked = Some(now);
        self.misses = 0;
        (self.etag, self.modified) = (None, None);
        let mut requests = 0;
        let mut tried = |found: &Result<Found, NotFound>| {
            requests += found.as_ref().map_or_else(|not| not.tried.len(), |found| found.tried + 1) as u32;
        };
        let mut found = find(dialer, &self.given, known.or(self.wanted), now).await;
        tried(&found);
        if found.is_err() && (self.given != self.page || known.or(self.wanted).is_some()) {
            found = find(dialer, &self.page, None, now).await;
            tried(&found);
        }
        let read = match found {
            Ok(found) if !self.may_be(&found, known) => {
                failed(format!("what was found at {} cannot stand for the page that was known", found.url))
            }
            Ok(found) => {
                self.at = Some((found.url.clone(), found.format));
                self.whole = Some(now);
                Read::Page { format: found.format, page: found.page, url: found.from }
            }
            Err(not) => {
                let why = not.tried.first().map_or_else(String::new, |t| format!(": {}", t.why));
                failed(format!("no official status could be read{why}"))
            }
        };
        Reading { read, wait_s: None, requests }
    }

    /// Whether what was found may stand for the page: not an empty list, which any format could be, not a log where how things are
    /// was stated, and not a feed of another host, which may be anybody's news.
    fn may_be(&self, found: &Found, known: Option<&'static Format>) -> bool {
        let empty = found.page.components.is_empty() && found.page.events.is_empty() && found.page.indicator.is_none();
        let host = |url: &str| Target::parse(url).ok().map(|t| t.host);
        let named = |url: &String| known::data(url).is_some_and(|(data, _)| data == found.url);
        let own = [&self.given, &self.page].into_iter().any(|url| host(url) == host(&found.url) || named(url));
        let weaker = found.format.log && known.is_some_and(|k| !k.log);
        let lost = empty && self.whole.is_some();
        let foreign = found.format.log && !own;
        !(lost || weaker || foreign)
    }

    /// Asks for what has changed.
    async fn again(&mut self, dialer: &Dialer, url: &str, format: &'static Format, now: Time) -> Reading {
        let mut marks = Vec::new();
        if self.whole.is_some_and(|whole| (0..WHOLE_MS).contains(&now.since_ms(whole))) {
            marks.extend(self.etag.clone().map(|v| ("if-none-match".to_owned(), v)));
            marks.extend(self.modified.clone().map(|v| ("if-modified-since".to_owned(), v)));
        }
        let answer = match get(dialer, url, is_given(&self.given, url), &marks, now, Instant::now() + DEADLINE).await {
            Ok(answer) => answer,
            Err(failure) => {
                let ours = failure.fault == Fault::Ours;
                return Reading { read: Read::Failed { why: failure.to_string(), ours }, wait_s: None, requests: 1 };
            }
        };
        let (wait_s, requests) = (wait(&answer, now), u32::from(answer.hops) + 1);
        if answer.status == 304 && !marks.is_empty() {
            self.misses = 0;
            return Reading { read: Read::Same, wait_s: wait_s.map(|s| s.min(FRESH_S)), requests };
        }
        if !(200..300).contains(&answer.status) {
            // Somebody who asks for patience has not moved.
            let moved = matches!(answer.status, 300..=399 | 404 | 410);
            self.misses = if moved { self.misses.saturating_add(1) } else { self.misses };
            return Reading { read: failed(format!("the status is {}", answer.status)), wait_s, requests };
        }
        let read = if answer.cut {
            Err("the answer is larger than any page known".to_owned())
        } else {
            (format.parse)(&answer.body).map_err(|e| e.to_string())
        };
        match read {
            Ok(page) => {
                self.misses = 0;
                self.whole = Some(now);
                self.etag = answer.header("etag").map(str::to_owned);
                self.modified = answer.header("last-modified").map(str::to_owned);
                let wait_s = wait_s.map(|s| s.min(FRESH_S));
                let url = answer.target.as_str().to_owned();
                Reading { read: Read::Page { format, page, url }, wait_s, requests }
            }
            Err(why) => {
                self.misses = self.misses.saturating_add(1);
                Reading { read: failed(why), wait_s, requests }
            }
        }
    }
}

/// The page's own failure.
fn failed(why: impl Into<String>) -> Read {
    Read::Failed { why: why.into(), ours: false }
}

/// For how long an answer asks not to be fetched again. Seconds.
fn wait(answer: &Answer, now: Time) -> Option<u32> {
    let Beside { retry_s, fresh_s, .. } = beside(answer, now);
    retry_s.max(fresh_s).map(|s| s.min(LONGEST_S))
}
