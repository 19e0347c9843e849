//! Requests to the site: signed, sent through the guarded dialer, and what comes of them.

use super::shared::Shared;
use crate::clock::SystemClock;
use crate::exit::Failure;
use allclear_engine::agents::protocol::Signed;
use allclear_engine::agents::{Heard, Token};
use allclear_model::Time;
use allclear_model::check::Method;
use allclear_ports::Clock;
use allclear_signals::dial::{Answer, Dialer, HostOf, Progress, Request, Target, Way};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Longest time for a request. A batch that waits for a busy disk at the site takes some seconds.
const PATIENCE: Duration = Duration::from_secs(20);
/// Most bytes of an answer: the plan of some thousand services.
const ANSWER_BYTES: usize = 16 << 20;

/// What this agent's own rules say of the way, as a code of a [`Refusal`].
pub(crate) const GUARD: &str = "guard";

/// The door of a site, from the outside.
pub(crate) struct Door {
    base: String,
    token: Token,
    dialer: Dialer,
    shared: Arc<Shared>,
}

/// What came of a request.
#[derive(Debug)]
pub(crate) enum Said<T> {
    /// This was answered.
    Yes(T),
    /// The site does not want this, and will not later either.
    No(Refusal),
    /// Nobody answered, or "not now": why, as a sentence without a full stop, and after how many seconds to try again, if that was said.
    Away(String, Option<u64>),
}

/// A problem document, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(crate) struct Refusal {
    /// Which kind.
    pub(crate) code: String,
    /// Why, as a sentence.
    #[serde(default)]
    pub(crate) detail: String,
    /// Number of the last batch that the site has, of one that came before.
    #[serde(default)]
    pub(crate) last: Option<u64>,
}

/// Reads `--server`: an address of the web, perhaps with a path, over HTTPS; over HTTP only to this very machine, or where `http` allows it.
///
/// # Errors
/// Exit code 2.
pub(crate) fn server(url: &str, http: bool) -> Result<String, Failure> {
    let bad = |why: String| Failure::bad_input(format!("--server {url}: {why}"));
    let target = Target::parse(url).map_err(|e| bad(format!("{e}; write it as https://status.example.org")))?;
    let here = match &target.host {
        HostOf::Ip(IpAddr::V4(ip)) => ip.is_loopback(),
        HostOf::Ip(IpAddr::V6(ip)) => ip.is_loopback(),
        HostOf::Name(name) => name == "localhost",
    };
    if !target.secure && !here && !http {
        return Err(bad(
            "over HTTP everybody on the way could read the plan and hold back results; use https://, or --allow-http on a network of your own".to_owned(),
        ));
    }
    if target.as_str().contains(['?', '#']) {
        return Err(bad("it must not have a query or a fragment".to_owned()));
    }
    Ok(target.as_str().trim_end_matches('/').to_owned())
}

impl Door {
    pub(crate) fn new(base: String, token: Token, dialer: Dialer, shared: Arc<Shared>) -> Door {
        Door { base, token, dialer, shared }
    }

    /// `GET`.
    pub(crate) async fn get<T: DeserializeOwned + Timed>(&self, path: &str) -> Said<T> {
        self.ask("GET", path, String::new()).await
    }

    /// `POST` of a JSON document.
    pub(crate) async fn post<T: DeserializeOwned + Timed>(&self, path: &str, body: String) -> Said<T> {
        self.ask("POST", path, body).await
    }

    async fn ask<T: DeserializeOwned + Timed>(&self, method: &str, path: &str, body: String) -> Said<T> {
        let signed = Signed::new(&self.token, self.shared.now(), method, path, body.as_bytes());
        let mut headers = vec![("authorization".to_owned(), signed.header())];
        if method == "POST" {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let target = match Target::parse(&format!("{}{path}", self.base)) {
            Ok(target) => target,
            Err(e) => return Said::Away(e.to_string(), None),
        };
        let request = Request {
            target,
            method: Method::Get,
            headers: &headers,
            redirects: 0,
            max_body: ANSWER_BYTES,
            named_port: true,
            polite: false,
            until: &[],
            keep: false,
            way: Way::default(),
        };
        let mut progress = Progress::default();
        let asked = self.shared.steady();
        let now = SystemClock.now();
        let sending = async {
            match method {
                "POST" => self.dialer.post(&request, body.into(), now, &mut progress).await,
                _ => self.dialer.ask(&request, now, &mut progress).await,
            }
        };
        let answer = match tokio::time::timeout(PATIENCE, sending).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(failure)) if failure.reason.code == "refused" => {
                return Said::No(Refusal { code: GUARD.to_owned(), detail: failure.reason.said, last: None });
            }
            Ok(Err(failure)) => return Said::Away(failure.reason.said, None),
            Err(_) => return Said::Away(format!("it did not answer within {} seconds", PATIENCE.as_secs()), None),
        };
        self.read(&answer, asked)
    }

    fn read<T: DeserializeOwned + Timed>(&self, answer: &Answer, asked: Time) -> Said<T> {
        let answered = self.shared.steady();
        let heard = |site, grain_ms| self.shared.hear(Heard { asked, answered, site, grain_ms });
        if answer.status == 200 {
            return match serde_json::from_slice::<T>(&answer.body) {
                Ok(said) => {
                    heard(said.now(), 1);
                    Said::Yes(said)
                }
                Err(e) => Said::Away(format!("what it answered cannot be read: {e}"), None),
            };
        }
        let wait = answer.header("retry-after").and_then(|v| v.parse().ok());
        match serde_json::from_slice::<Refusal>(&answer.body) {
            Ok(refusal) if (400..500).contains(&answer.status) && ![408, 429].contains(&answer.status) => {
                // The first signature of a machine whose clock is wrong: the answer says what time it is.
                if refusal.code == "wrong-time"
                    && let Some(site) = answer.header("date").and_then(date)
                {
                    heard(site, 1000);
                }
                Said::No(refusal)
            }
            Ok(refusal) => Said::Away(format!("it says: {}", refusal.detail), wait),
            Err(_) => Said::Away(format!("whoever answers there is no Allclear site (status {})", answer.status), wait),
        }
    }
}

/// Reads the header `Date`.
fn date(text: &str) -> Option<Time> {
    jiff::fmt::rfc2822::parse(text).ok().map(|at| Time(at.timestamp().as_millisecond()))
}

/// An answer that says which time it is at the site.
pub(crate) trait Timed {
    /// That time.
    fn now(&self) -> Time;
}

impl Timed for allclear_engine::agents::protocol::Work {
    fn now(&self) -> Time {
        self.now
    }
}

impl Timed for allclear_engine::agents::protocol::Kept {
    fn now(&self) -> Time {
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read() {
        assert_eq!(date("Sat, 28 Nov 2026 08:31:23 GMT"), Time::parse("2026-11-28T08:31:23Z").ok());
        assert_eq!(date("yesterday"), None);
    }

    #[test]
    fn a_site_is_asked_over_https_and_over_http_only_on_this_machine_or_where_that_is_allowed() {
        let ok = |url: &str, http| server(url, http).map_err(|f| f.message);
        assert_eq!(ok("https://up.example.org/status/", false).unwrap(), "https://up.example.org/status");
        for here in ["http://127.0.0.1:8080", "http://localhost:8080/", "http://[::1]:1/x"] {
            assert!(ok(here, false).is_ok(), "{here}");
        }
        assert!(ok("http://10.0.0.1:8080", false).unwrap_err().contains("--allow-http"));
        assert_eq!(ok("http://10.0.0.1:8080", true).unwrap(), "http://10.0.0.1:8080");
        for bad in ["up.example.org", "ftp://x.example", "https://a:b@x.example", "https://x.example/?a=b", ""] {
            assert!(ok(bad, true).is_err(), "{bad}");
        }
    }
}
