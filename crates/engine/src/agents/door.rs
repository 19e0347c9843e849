//! The site's door for agents: who may come in, what they are given, what is taken from them.

use super::plan::Plan;
use super::protocol::{BATCHES, Batch, Kept, OLDEST, PROGRAM, PROTOCOL, RESULTS_MAX, SUSPECTS, Signed, WORK, Work};
use crate::attention::Attention;
use crate::command::{Command, ask};
use crate::config::WatchRules;
use crate::limit::Limiter;
use crate::metrics::{Metrics, ReasonLabel};
use crate::view::AgentNow;
use crate::{EngineError, IntakeResult, Site};
use allclear_model::signal::{CheckResult, CheckResults};
use allclear_model::words::agents as words;
use allclear_model::{AgentBatch, AgentKey, Catalogue, Slug, Time};
use allclear_ports::Clock;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// How far the time of a signature may be from the site's. What was overheard cannot be used any longer than this; a clock that is off by more was never
/// set. Milliseconds.
const SIGNED_MS: i64 = 120_000;
/// How far in the future a result may lie: as far as two clocks that were compared may differ. Milliseconds.
const AHEAD_MS: i64 = 5_000;
/// What is older than this is shown nowhere. Milliseconds.
const SHOWN_MS: i64 = 7 * 24 * 3_600_000;
/// Requests of one agent in a minute. One that catches up sends some a second.
const PER_MINUTE: u32 = 1_200;
const MINUTE_S: i64 = 60;

/// The door. Cheap to clone; holds no store.
#[derive(Clone)]
pub struct Agents {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    site: Site,
    writer: mpsc::Sender<Command>,
    rules: WatchRules,
    attention: Attention,
    metrics: Metrics,
    limiter: Mutex<Limiter<AgentKey>>,
    plan: Mutex<Option<Arc<Planned>>>,
    seen: Mutex<BTreeMap<Slug, Seen>>,
}

/// A plan, and what it was made of.
struct Planned {
    catalogue: Arc<Catalogue>,
    opted_out: Arc<[String]>,
    plan: Arc<Plan>,
    tag: String,
    ids: BTreeMap<Slug, String>,
}

/// What is known of an agent since the start, beside what the journal says.
#[derive(Debug, Clone, Default)]
struct Seen {
    at: Time,
    version: String,
    ignored: u64,
}

/// Whoever says that they are this agent: nothing is proven yet.
#[derive(Debug)]
pub struct Caller {
    name: Slug,
    signed: Signed,
    last_seq: u64,
}

/// An agent that has signed what it asks for.
#[derive(Debug)]
pub struct Agent {
    name: Slug,
    signed: Signed,
    last_seq: u64,
}

/// An agent as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What the journal says.
    pub agent: AgentNow,
    /// When it last asked or sent anything, if that was since the start of this process.
    pub seen: Option<Time>,
    /// Version of its program, as it said last.
    pub version: String,
    /// Results since the start that were about nothing in the plan.
    pub ignored: u64,
}

impl Agents {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        site: Site,
        writer: mpsc::Sender<Command>,
        rules: WatchRules,
        attention: Attention,
        metrics: Metrics,
    ) -> Agents {
        Agents {
            inner: Arc::new(Inner {
                clock,
                site,
                writer,
                rules,
                attention,
                metrics,
                limiter: Mutex::new(Limiter::new(PER_MINUTE, MINUTE_S)),
                plan: Mutex::default(),
                seen: Mutex::default(),
            }),
        }
    }

    /// Looks at the header of a request, before anything else of it is read. A key is compared in plain time: it is no secret, and knowing one proves
    /// nothing.
    ///
    /// # Errors
    /// [`EngineError::NoAgent`], [`EngineError::OtherVersion`], [`EngineError::WrongTime`], [`EngineError::Limited`].
    pub fn at_the_door(&self, authorization: Option<&str>) -> IntakeResult<Caller> {
        let refused = |e: EngineError| {
            self.inner.metrics.agents_refused.get_or_create(&ReasonLabel { reason: e.label() }).inc();
            e
        };
        self.look_at(authorization).map_err(refused)
    }

    fn look_at(&self, authorization: Option<&str>) -> IntakeResult<Caller> {
        let unsigned = || EngineError::NoAgent(words::UNSIGNED.to_owned());
        let signed = match Signed::parse(authorization.ok_or_else(unsigned)?) {
            Ok(signed) => signed,
            Err(None) => return Err(unsigned()),
            Err(Some(v)) => return Err(EngineError::OtherVersion(words::other_version(v, OLDEST, PROTOCOL))),
        };
        let whole = self.inner.site.whole();
        let known = whole.agents.iter().find(|a| a.key == signed.key);
        let known = known.ok_or_else(|| EngineError::NoAgent(words::UNKNOWN.to_owned()))?;
        if known.revoked {
            return Err(EngineError::NoAgent(words::revoked(&known.name)));
        }
        let now = self.inner.clock.now();
        if now.since_ms(signed.time).abs() > SIGNED_MS {
            return Err(EngineError::WrongTime(words::wrong_time(signed.time, now)));
        }
        let limited = |retry_after_s| EngineError::Limited { retry_after_s };
        let mut limiter = self.inner.limiter.lock().unwrap_or_else(PoisonError::into_inner);
        limiter.take(signed.key, now).map_err(limited)?;
        Ok(Caller { name: known.name.clone(), signed, last_seq: known.last_seq })
    }

    /// What an agent that has the plan `have` is to do. `suspects` are services that failed there just now: other locations are told to look at them, at
    /// most [`SUSPECTS`] of those that are in the plan.
    pub fn work(&self, agent: &Agent, have: Option<&str>, suspects: &str) -> Work {
        self.note(agent, 0);
        let planned = self.planned();
        let known = suspects.split(',').filter_map(|s| planned.ids.get_key_value(s)).map(|(slug, _)| slug.clone());
        let known: BTreeSet<Slug> = known.take(SUSPECTS).collect();
        let seen = |s: &Slug| Some((s.clone(), self.inner.attention.elsewhere(&agent.name, s)?));
        let elsewhere = known.iter().filter_map(seen).collect();
        self.inner.attention.suspect(&agent.name, known);
        Work {
            protocol: PROTOCOL,
            version: PROGRAM.to_owned(),
            now: self.inner.clock.now(),
            location: agent.name.clone(),
            last: agent.last_seq,
            plan: (have != Some(&*planned.tag)).then(|| planned.plan.clone()),
            tag: planned.tag.clone(),
            attend: self.inner.attention.due().into_iter().collect(),
            elsewhere,
        }
    }

    /// Takes a batch. When this returns it is on disk and on the board.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a batch that no honest clock makes, [`EngineError::Replayed`], [`EngineError::NoAgent`] when it was revoked meanwhile,
    /// [`EngineError::Unavailable`]; then nothing of it is kept.
    pub async fn take(&self, agent: &Agent, batch: Batch) -> IntakeResult<Kept> {
        let bad = |problem: String| Err(EngineError::Invalid { field: "batch", problem });
        if batch.seq == 0 {
            return bad(words::NO_SEQ.to_owned());
        }
        if batch.results.len() > RESULTS_MAX {
            return bad(words::too_many_results(RESULTS_MAX));
        }
        let now = self.inner.clock.now();
        if let Some(ahead) = batch.results.iter().map(|r| r.at).find(|at| at.since_ms(now) > AHEAD_MS) {
            return bad(words::from_the_future(ahead, now));
        }
        let planned = self.planned();
        let all = batch.results.len();
        let in_plan = batch.results.into_iter().filter(|r| {
            planned.ids.get(&r.service).is_some_and(|id| *id == r.check)
                && (0..SHOWN_MS).contains(&now.since_ms(r.at).max(0))
        });
        let results: Vec<CheckResult> = in_plan
            .map(|r| {
                // What cannot be seen on a page has no business in a reason.
                let reason = r.reason.map(|why| why.replace(char::is_control, " "));
                CheckResult {
                    at: Some(r.at),
                    certificate: r.certificate,
                    withdraws: r.withdraws,
                    ..CheckResult::new(r.service, r.outcome, reason.as_deref(), r.ms)
                }
            })
            .collect();
        let ignored = all - results.len();
        let said = AgentBatch {
            seq: batch.seq,
            dropped: batch.dropped,
            skew_ms: batch.skew_ms,
            version: agent.signed.version.clone(),
        };
        let kept = results.len();
        let results = Box::new(CheckResults { location: agent.name.clone(), results, batch: Some(said) });
        let key = agent.signed.key;
        let late = ask(&self.inner.writer, |answer| Command::Batch { results, key, answer }).await?;
        self.note(agent, ignored);
        for (what, n) in [("in_time", kept - late), ("late", late), ("ignored", ignored)] {
            let count = self.inner.metrics.agent_results.get_or_create(&ReasonLabel { reason: what });
            count.inc_by(u64::try_from(n).unwrap_or(0));
        }
        Ok(Kept {
            protocol: PROTOCOL,
            now: self.inner.clock.now(),
            seq: batch.seq,
            kept,
            late,
            ignored,
            tag: planned.tag.clone(),
        })
    }

    /// All agents, in order of name.
    pub fn list(&self) -> Vec<Listed> {
        let seen = self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let one = |agent: &AgentNow| {
            let since = seen.get(&agent.name).filter(|s| s.at >= agent.since);
            Listed {
                agent: agent.clone(),
                seen: since.map(|s| s.at),
                version: since.map_or_else(|| agent.version.clone(), |s| s.version.clone()),
                ignored: since.map_or(0, |s| s.ignored),
            }
        };
        self.inner.site.whole().agents.iter().map(one).collect()
    }

    fn note(&self, agent: &Agent, ignored: usize) {
        let mut seen = self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = self.inner.site.whole();
        // No more than there are agents.
        seen.retain(|name, _| whole.agents.iter().any(|a| a.name == *name));
        let s = seen.entry(agent.name.clone()).or_default();
        s.at = self.inner.clock.now();
        s.version.clone_from(&agent.signed.version);
        s.ignored = s.ignored.saturating_add(u64::try_from(ignored).unwrap_or(u64::MAX));
    }

    /// The plan of the catalogue and the opt-outs of now; it is made anew when these are others.
    fn planned(&self) -> Arc<Planned> {
        let whole = self.inner.site.whole();
        let mut kept = self.inner.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |p: &&Arc<Planned>| {
            Arc::ptr_eq(&p.catalogue, &whole.catalogue) && Arc::ptr_eq(&p.opted_out, &whole.opted_out)
        };
        if let Some(planned) = kept.as_ref().filter(same) {
            return planned.clone();
        }
        let opted_out: BTreeSet<String> = whole.opted_out.iter().cloned().collect();
        let plan = Plan::of(&whole.catalogue, &self.inner.rules.manners(&whole.catalogue, opted_out));
        let planned = Arc::new(Planned {
            catalogue: whole.catalogue.clone(),
            opted_out: whole.opted_out.clone(),
            tag: plan.tag(),
            ids: plan.checks.iter().map(|c| (c.service.clone(), c.id.clone())).collect(),
            plan: Arc::new(plan),
        });
        *kept = Some(planned.clone());
        planned
    }
}

impl Caller {
    /// Whether the token has signed exactly this request; `path` below the base path, with its query.
    ///
    /// # Errors
    /// [`EngineError::NoAgent`].
    fn proven(self, method: &str, path: &str, body: &[u8]) -> IntakeResult<Agent> {
        if !self.signed.fits(method, path, body) {
            return Err(EngineError::NoAgent(words::BAD_SIGNATURE.to_owned()));
        }
        Ok(Agent { name: self.name, signed: self.signed, last_seq: self.last_seq })
    }

    /// The agent, when it has signed a request for [`WORK`] with this query.
    ///
    /// # Errors
    /// [`EngineError::NoAgent`].
    pub fn asks_for_work(self, query: Option<&str>) -> IntakeResult<Agent> {
        match query {
            Some(query) => self.proven("GET", &format!("{WORK}?{query}"), b""),
            None => self.proven("GET", WORK, b""),
        }
    }

    /// The agent, when it has signed this body for [`BATCHES`].
    ///
    /// # Errors
    /// [`EngineError::NoAgent`].
    pub fn sends(self, body: &[u8]) -> IntakeResult<Agent> {
        self.proven("POST", BATCHES, body)
    }
}
