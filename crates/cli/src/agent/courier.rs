//! Talks to the site: asks what to check, sends what was found, oldest first, and waits longer and longer while nobody answers.

use super::door::{Door, GUARD, Refusal, Said};
use super::shared::Shared;
use super::spool::Parcel;
use crate::exit::{Failure, REFUSED};
use crate::output;
use allclear_engine::agents::protocol::{BATCHES, Kept, PROTOCOL, WORK, Work};
use allclear_model::Slug;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often the site is asked what to check: changes of the catalogue and opt-outs reach an agent within a minute, also when one request is lost.
const ASK: Duration = Duration::from_secs(15);
/// First and longest wait after a request that nobody answered.
const WAIT: Duration = Duration::from_secs(1);
const WAIT_MOST: Duration = Duration::from_secs(30);

/// The half of an agent that talks.
pub(crate) struct Courier {
    door: Door,
    shared: Arc<Shared>,
    location: Slug,
    server: String,
    /// When the site is asked what to check.
    ask_at: Instant,
    /// How long to wait after the next request that fails; `None` while the site answers.
    away: Option<Duration>,
    not_before: Instant,
    /// Whether the site was ever heard.
    heard: bool,
    /// Whether the clock was corrected once without any use.
    timed: bool,
}

/// Why the conversation cannot go on.
type Ended = Result<(), Failure>;

impl Courier {
    pub(crate) fn new(door: Door, shared: Arc<Shared>, location: Slug, server: String) -> Courier {
        let now = Instant::now();
        Courier { door, shared, location, server, ask_at: now, away: None, not_before: now, heard: false, timed: false }
    }

    /// Talks until `stop`.
    ///
    /// # Errors
    /// Exit code 3 when the site does not take this agent, 2 when the token is of another one.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> Ended {
        loop {
            let work = async {
                let at = self.ask_at.max(self.not_before);
                tokio::select! {
                    () = tokio::time::sleep_until(at) => {}
                    () = self.shared.news.notified(), if self.heard => {}
                }
                tokio::time::sleep_until(self.not_before).await;
                self.turn().await
            };
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                done = work => done?,
            }
        }
    }

    /// Asks when that is due, and sends all that waits.
    async fn turn(&mut self) -> Ended {
        loop {
            // Also between two batches: what waits for hours takes a while to send, and an opt-out has to reach this agent meanwhile.
            if self.shared.has_to_tell() {
                self.ask_at = Instant::now();
            }
            if Instant::now() >= self.ask_at && !self.ask().await? {
                return Ok(());
            }
            let Some(parcel) = self.shared.spool().oldest() else { return Ok(()) };
            if !self.send(parcel).await? {
                return Ok(());
            }
        }
    }

    /// False when there was no answer.
    async fn ask(&mut self) -> Result<bool, Failure> {
        let path = match self.shared.job() {
            Some(job) => match self.shared.suspects() {
                none if none.is_empty() => format!("{WORK}?have={}", job.tag),
                some => format!("{WORK}?have={}&suspect={some}", job.tag),
            },
            None => WORK.to_owned(),
        };
        match self.door.get::<Work>(&path).await {
            Said::Yes(work) => {
                self.take(work)?;
                self.answered();
                Ok(true)
            }
            Said::No(refusal) => {
                self.refused(&refusal)?;
                Ok(false)
            }
            Said::Away(why, wait) => {
                self.silent(&why, wait);
                Ok(false)
            }
        }
    }

    fn take(&mut self, work: Work) -> Ended {
        self.timed = false;
        if work.protocol != PROTOCOL {
            let side = if work.protocol > PROTOCOL { "this agent" } else { "the site" };
            return Err(refusal(format!(
                "the site speaks version {} of the protocol, this agent version {PROTOCOL}: update {side}",
                work.protocol
            )));
        }
        if work.location != self.location {
            return Err(Failure::bad_input(format!(
                "--location {}: the token is that of {}; the site takes the location from the token",
                self.location, work.location
            )));
        }
        self.shared.spool().begin_after(work.last);
        let version = work.version.clone();
        if self.shared.take(work) {
            let checks = self.shared.job().map_or(0, |j| j.plan.checks.len());
            tracing::info!(checks, "agent: the site has another plan");
        }
        if !std::mem::replace(&mut self.heard, true) {
            tracing::info!(site = %version, skew_ms = self.shared.skew_ms(), "agent: connected");
            // That nobody reads it any more is no reason to stop.
            drop(output::print(&format!("connected to {} as {}\n", self.server, self.location)));
        }
        self.ask_at = Instant::now() + ASK;
        Ok(())
    }

    /// False when the rest has to wait.
    async fn send(&mut self, parcel: Parcel) -> Result<bool, Failure> {
        let Parcel { seq, results, again } = parcel;
        let dropped = self.shared.spool().dropped();
        let skew_ms = self.shared.skew_ms();
        let body = format!("{{\"seq\":{seq},\"skew_ms\":{skew_ms},\"dropped\":{dropped},\"results\":[{results}]}}");
        match self.door.post::<Kept>(BATCHES, body).await {
            Said::Yes(kept) => {
                self.timed = false;
                self.shared.spool().sent(seq);
                if kept.ignored > 0 {
                    tracing::info!(seq, ignored = kept.ignored, "agent: results about nothing in the site's plan");
                }
                if self.shared.job().is_none_or(|j| j.tag != kept.tag) {
                    self.ask_at = Instant::now();
                }
                self.answered();
                Ok(true)
            }
            Said::No(Refusal { code, last, .. }) if code == "replayed" && again => {
                // It was kept, and the answer was lost on its way.
                tracing::info!(seq, last, "agent: the site had this batch already");
                self.shared.spool().sent(seq);
                Ok(true)
            }
            Said::No(Refusal { code, last: Some(last), .. }) if code == "replayed" => {
                tracing::warn!(
                    seq,
                    last,
                    "agent: the site has later batches of this agent; if two programs use this token, give one of them another"
                );
                self.shared.spool().renumber_after(last);
                Ok(true)
            }
            Said::No(refusal) if ["bad-request", "invalid-field", "too-large"].contains(&&*refusal.code) => {
                tracing::error!(
                    seq,
                    why = refusal.detail,
                    "agent: the site refuses this batch; its results are given up"
                );
                self.shared.spool().give_up(seq);
                Ok(true)
            }
            Said::No(refusal) => {
                self.refused(&refusal)?;
                Ok(false)
            }
            Said::Away(why, wait) => {
                self.silent(&why, wait);
                Ok(false)
            }
        }
    }

    fn answered(&mut self) {
        if self.away.take().is_some() {
            tracing::info!(waiting = self.shared.spool().waiting(), "agent: the site answers again");
        }
        self.not_before = Instant::now();
    }

    /// Nobody answered: what was found is kept, and it is tried again, later each time.
    fn silent(&mut self, why: &str, wait: Option<u64>) {
        if self.away.is_none() {
            tracing::warn!(why, "agent: the site cannot be reached; what is found is kept until it can");
        }
        let before = self.away.unwrap_or(WAIT);
        self.away = Some((before * 2).min(WAIT_MOST));
        let wait = wait.map_or(before, |s| before.max(Duration::from_secs(s.min(600))));
        // Agents that lost a site together do not come back together.
        let mut chance = [0];
        let _ = getrandom::fill(&mut chance);
        self.not_before = Instant::now() + wait + wait * u32::from(chance.first().copied().unwrap_or(0)) / 1024;
    }

    /// The site does not want this agent, unless it was only about the time.
    fn refused(&mut self, refusal: &Refusal) -> Ended {
        if refusal.code == "wrong-time" {
            // The answer told the time; the next request is signed with that.
            if std::mem::replace(&mut self.timed, true) {
                self.silent(&format!("it says: {}", refusal.detail), None);
            }
            self.ask_at = Instant::now();
            return Ok(());
        }
        if refusal.code == GUARD {
            let why = format!(
                "{}; if the site is on a network of your own, name its range in network.private_ranges",
                refusal.detail
            );
            if self.heard {
                self.silent(&why, None);
                return Ok(());
            }
            return Err(Failure::bad_input(format!("--server {}: {why}", self.server)));
        }
        let what = match refusal.code.as_str() {
            "not-found" => {
                "it has no door for agents: is it the site's own address, with its base path? Or update the site"
                    .to_owned()
            }
            _ => refusal.detail.clone(),
        };
        Err(self::refusal(format!("{} does not take this agent: {what}", self.server)))
    }
}

fn refusal(message: String) -> Failure {
    Failure { code: REFUSED, message }
}
