//! `allclear catalogue verify`: every check once, from here.

use super::{Of, manners, mark};
use crate::clock::SystemClock;
use crate::exit::{FAILED, Failure, INCONCLUSIVE, OK, Outcome as Ended};
use crate::output;
use allclear_engine::watch::{Ask, HOST_S, What, plan};
use allclear_model::check::{Check, Outcome};
use allclear_model::{Catalogue, Slug};
use allclear_ports::Clock;
use allclear_signals::check::Checker;
use allclear_signals::dial::{Dialer, Way};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
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
    /// Mark what passed in the files of the operator's own folder (--catalogue, or setting catalogue.dir)
    #[arg(long)]
    write: bool,
    /// Print JSON: {"asked","passed","written":[…],"not_written":[{"service","why"}],"results":[{"service","address","outcome","reason","ms"}],"not_asked":[{"service","why"}]}
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
    not_written: Vec<Left>,
    results: Vec<Ran>,
    not_asked: Vec<Left>,
}

/// One check that was run.
#[derive(Serialize)]
struct Ran {
    service: Slug,
    address: String,
    #[serde(flatten)]
    outcome: Outcome,
    /// Milliseconds in all.
    ms: f64,
}

/// What was left as it is.
#[derive(Serialize)]
struct Left {
    service: Slug,
    why: String,
}

impl Verify {
    pub(super) fn run(self) -> Ended {
        let (config, content) = self.of.load()?;
        for slug in &self.services {
            has_check(&content, slug)?;
        }
        let own = config.catalogue.dir.clone();
        if self.write && own.is_none() {
            return Err(Failure::bad_input(
                "--write: say with --catalogue DIR in which folder of your own the marks are to stand",
            ));
        }
        crate::commands::block_on(async move {
            let mut manners = manners(&config, &content).await?;
            // Who asks by hand asks, whatever a running site does by itself.
            manners.off.clear();
            let dialer = config.network.dialer(&config.site.contact, manners.opted_out.clone(), TaskTracker::new())?;
            let wanted = |a: &Ask<'_>| {
                matches!(a.what, What::Check(_))
                    && (self.services.is_empty() || self.services.iter().any(|s| s == a.service.as_str()))
            };
            let (ask, not): (Vec<_>, Vec<_>) =
                plan(&content, &manners, &|_| false).into_iter().filter(wanted).partition(|a| a.not.is_none());
            let left = |a: &Ask<'_>| Some(Left { service: a.service.clone(), why: a.not.as_ref()?.said() });
            let not_asked: Vec<Left> = not.iter().filter_map(left).collect();
            let mut results = all(&ask, &Arc::new(dialer)).await;
            results.sort_by(|a, b| a.service.cmp(&b.service));
            let up = |r: &&Ran| r.outcome == Outcome::Up;
            let passed = results.iter().filter(up).count();
            let (mut written, mut not_written) = (Vec::new(), Vec::new());
            for ran in results.iter().filter(up).filter(|r| !is_marked(&content, &r.service)) {
                // One that cannot be marked takes nothing from the others.
                match own.as_deref().filter(|_| self.write).map(|dir| mark::verified(dir, &ran.service)) {
                    Some(Ok(file)) => written.push(file.display().to_string()),
                    Some(Err(e)) => not_written.push(Left { service: ran.service.clone(), why: e.message }),
                    None => {}
                }
            }
            let none_told = results.iter().all(|r| matches!(r.outcome, Outcome::Inconclusive(_)));
            let code = match passed {
                _ if none_told => INCONCLUSIVE,
                n if n == ask.len() && not_written.is_empty() => OK,
                _ => FAILED,
            };
            let told = Told { asked: ask.len(), passed, written, not_written, results, not_asked };
            if self.json {
                output::json(&told)?;
            } else {
                output::print(&told.text())?;
            }
            Ok(code)
        })
    }
}

fn is_marked(content: &Catalogue, slug: &Slug) -> bool {
    content.services.get(slug).and_then(|s| s.check.as_ref()).is_some_and(|c| c.verified)
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
                format!("{:.0}", r.ms),
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
        for not in &self.not_written {
            let _ = writeln!(text, "{}", not.why);
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

/// Runs one, obeying the hosts it leads to. The family is the one that a visitor would take: one request, not one for each.
async fn one(service: Slug, check: &Check, dialer: &Arc<Dialer>) -> Ran {
    let checked = Checker::new(dialer.clone()).polite().run(check, Way::default(), SystemClock.now()).await;
    Ran { service, address: check.address(), outcome: checked.outcome, ms: checked.phases_ms.total }
}
