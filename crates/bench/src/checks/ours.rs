//! Our check, as the site makes it: guarded, every phase timed, what must hold looked at, the record written as JSON.

use super::Kind;
use super::client::Client;
use super::target::Target;
use crate::seed;
use allclear_model::check::{Check, Condition, HttpCheck, Outcome};
use allclear_signals::check::Checker;
use allclear_signals::dial::{Dialer, Guard, Names, Tls, Way};
use anyhow::Context;
use std::hint::black_box;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// The checker, and one check for each address of the target.
pub(super) struct Ours {
    checker: Checker,
    checks: Vec<Check>,
}

impl Ours {
    /// Checks of `target` that ask for its status and for a word in its body.
    pub(super) fn of(kind: Kind, target: &Target) -> anyhow::Result<Arc<Ours>> {
        // Loopback as operators name ranges of their own. Addresses need no name, so nobody is asked for one.
        let guard = Guard::with_ranges(vec!["127.0.0.0/8".parse()?]);
        let names = Names::of_server(([127, 0, 0, 1], 9).into());
        let tls = Tls::with_roots(vec![target.authority.root()])?;
        let agent = "Allclear/bench (+nobody@example.org)".to_owned();
        let dialer = Dialer::new(names, guard, tls, agent, TaskTracker::new());
        let conditions = [Condition::parse("status == 200")?, Condition::parse("body contains \"fine\"")?];
        let check = |url| Check::Http(HttpCheck { conditions: conditions.to_vec(), ..HttpCheck::get(url) });
        let checks = target.urls(kind).into_iter().map(check).collect();
        Ok(Arc::new(Ours { checker: Checker::new(Arc::new(dialer)), checks }))
    }
}

impl Client for Ours {
    async fn check(&self, n: usize) -> anyhow::Result<()> {
        let check = self.checks.get(n % self.checks.len()).context("no check")?;
        let checked = self.checker.run(check, Way::default(), seed::now()?).await;
        anyhow::ensure!(checked.outcome == Outcome::Up, "a check of ours says {:?}", checked.outcome);
        black_box(serde_json::to_vec(&checked)?);
        Ok(())
    }
}
