//! `allclear catalogue verify`: every check once, from here.

use super::{Of, manners, mark};
use crate::clock::SystemClock;
use crate::exit::{FAILED, Failure, INCONCLUSIVE, OK, Outcome as Ended};
use crate::output;
use allclear_engine::watch::{Ask, HOST_S, What, plan};
use allclear_model::check::{Check, Outcome, Reason};
use allclear_model::{Catalogue, Slug};
use allclear_ports::Clock;
use allclear_signals::check::Checker;
use allclear_signals::dial::{Dialer, Fault, Target};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

/// Hosts that are asked at a time.
const HOSTS: usize = 16;

#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// Services by slug; without any, all
    services: Vec<String>,
    /// Mark what passed in DIR/services/SLUG.toml
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Print JSON: {"asked","passed","written":[…],"results":[{"service","address","outcome","reason","ms"}],"not_asked":[{"service","why"}]}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    of: Of,
}

#[derive(Serialize)]
struct Told {
    asked: usize,
    passed: usize,
    written: Vec<String>,
    results: Vec<Ran>,
    not_asked: Vec<NotAsked>,
}

/// One check that was run.
#[derive(Serialize)]
struct Ran {
    service: Slug,
    address: String,
    #[serde(flatten)]
    outcome: Outcome,
    /// Milliseconds in all; null where nothing was asked.
    ms: Option<f64>,
}

#[derive(Serialize)]
struct NotAsked {
    service: Slug,
    why: String,
}

impl Verify {
    pub(super) fn run(self) -> Ended {
        let (config, content) = self.of.load()?;
        for slug in &self.services {
            has_check(&content, slug)?;
        }
        if let Some(dir) = self.write.as_deref().filter(|d| !d.is_dir()) {
            return Err(Failure::bad_input(format!("--write: {} is not a folder", dir.display())));
        }
        let dialer = Arc::new(config.network.dialer(&config.site.contact, TaskTracker::new())?);
        crate::commands::block_on(async move {
            let manners = manners(&config).await?;
            let wanted = |a: &Ask<'_>| {
                matches!(a.what, What::Check(_))
                    && (self.services.is_empty() || self.services.iter().any(|s| s == a.service.as_str()))
            };
            let (ask, not): (Vec<_>, Vec<_>) =
                plan(&content, &manners, &|_| false).into_iter().filter(wanted).partition(|a| a.not.is_none());
            let not_asked =
                not.iter().filter_map(|a| Some(NotAsked { service: a.service.clone(), why: a.not.as_ref()?.said() }));
            let not_asked: Vec<NotAsked> = not_asked.collect();
            let mut results = all(&ask, &dialer).await;
            results.sort_by(|a, b| a.service.cmp(&b.service));
            let passed: Vec<&Ran> = results.iter().filter(|r| r.outcome == Outcome::Up).collect();
            let mut written = Vec::new();
            if let Some(dir) = &self.write {
                for ran in &passed {
                    if !content.services.get(&ran.service).and_then(|s| s.check.as_ref()).is_some_and(|c| c.verified) {
                        let file = mark::verified(dir, config.catalogue.dir.as_deref(), &ran.service)?;
                        written.push(file.display().to_string());
                    }
                }
            }
            let passed = passed.len();
            let code = match passed {
                n if n == ask.len() => OK,
                0 if results.iter().all(|r| matches!(r.outcome, Outcome::Inconclusive(_))) => INCONCLUSIVE,
                _ => FAILED,
            };
            let told = Told { asked: ask.len(), passed, written, results, not_asked };
            if self.json {
                output::json(&told)?;
            } else {
                output::print(&told.text())?;
            }
            Ok(code)
        })
    }
}

fn has_check(content: &Catalogue, slug: &str) -> Result<(), Failure> {
    let service = content.services.get(slug).ok_or_else(|| {
        Failure::bad_input(format!("{slug:?} is no service's slug (`allclear catalogue list` shows them)"))
    })?;
    match service.check {
        Some(_) => Ok(()),
        None => Err(Failure::bad_input(format!("{slug} has no check: its file has no [check] table"))),
    }
}

impl Told {
    fn text(&self) -> String {
        let row = |r: &Ran| {
            vec![
                r.service.to_string(),
                r.outcome.as_str().to_owned(),
                r.ms.map_or(String::new(), |ms| format!("{ms:.0}")),
                output::one_line(r.outcome.why().unwrap_or(&r.address)),
            ]
        };
        let rows: Vec<_> = self.results.iter().map(row).collect();
        let mut text = output::table(&["SERVICE", "OUTCOME", "MS", "WHY, OR WHAT WAS ASKED"], &rows);
        for not in &self.not_asked {
            // Writing to a String does not fail.
            let _ = writeln!(text, "{}: not asked, {}", not.service, not.why);
        }
        let (passed, asked, not) = (self.passed, self.asked, self.not_asked.len());
        let _ = writeln!(text, "{passed} of {asked} checks passed; {not} were not asked.");
        if !self.written.is_empty() {
            let _ = writeln!(text, "Marked as verified in {} files.", self.written.len());
        }
        text
    }
}

/// Runs all of them: many hosts at a time, each of them in turn and slowly.
async fn all(asks: &[Ask<'_>], dialer: &Arc<Dialer>) -> Vec<Ran> {
    let mut hosts: BTreeMap<&str, Vec<(Slug, Check)>> = BTreeMap::new();
    for ask in asks {
        if let What::Check(check) = ask.what {
            hosts.entry(&ask.host).or_default().push((ask.service.clone(), check.clone()));
        }
    }
    let room = Arc::new(Semaphore::new(HOSTS));
    let mut work = JoinSet::new();
    for checks in hosts.into_values() {
        let (room, dialer) = (room.clone(), dialer.clone());
        work.spawn(async move {
            let mut done = Vec::with_capacity(checks.len());
            for (n, (service, check)) in checks.into_iter().enumerate() {
                if n > 0 {
                    tokio::time::sleep(Duration::from_secs(HOST_S.into())).await;
                }
                // Nobody closes it.
                let _place = room.acquire().await;
                done.push(one(service, &check, &dialer).await);
            }
            done
        });
    }
    let mut all = Vec::with_capacity(asks.len());
    let of = asks.len();
    while let Some(done) = work.join_next().await {
        // A task that broke has nothing to tell; what it should have told is missing from the count.
        all.extend(done.unwrap_or_default());
        if all.len().is_multiple_of(50) && all.len() < of {
            output::note(&format!("{} of {of} checks have run", all.len()));
        }
    }
    all
}

/// Runs one, where its host lets programs fetch it.
async fn one(service: Slug, check: &Check, dialer: &Arc<Dialer>) -> Ran {
    let now = SystemClock.now();
    if let Some(reason) = forbidden(check, dialer).await {
        return Ran { service, address: check.address(), outcome: Outcome::Inconclusive(reason), ms: None };
    }
    let checked = Checker::new(dialer.clone()).run_families(check, now).await;
    Ran { service, address: check.address(), outcome: checked.outcome, ms: Some(checked.phases_ms.total) }
}

/// Why a check may not be run.
async fn forbidden(check: &Check, dialer: &Dialer) -> Option<Reason> {
    let Check::Http(http) = check else { return None };
    // What is no address is told by the check itself.
    let target = Target::parse(&http.url).ok()?;
    match dialer.robots(&target, SystemClock.now()).await {
        Ok(robots) if robots.allows(&target.path_and_query()) => None,
        Ok(_) => Some(Reason::new("robots", "its robots.txt asks programs not to fetch this")),
        Err(e) if e.fault == Fault::Ours => Some(e.reason),
        Err(e) => Some(Reason::new("robots", format!("its robots.txt cannot be read: {}", e.reason.said))),
    }
}
