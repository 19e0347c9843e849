//! What agents are asked to check, as the site says it and as an agent takes it.

use super::protocol::digits;
use crate::watch::{Ask, HOST_S, Manners, OWN_HOST_S, What, Why, host, plan};
use allclear_model::check::{Check, opted_out};
use allclear_model::{Catalogue, Slug};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Longest time that a check may take, milliseconds; more redirects and bytes than these are in no catalogue either.
const DEADLINE_MS: u32 = 120_000;
const REDIRECTS: u8 = 10;
const BODY: u32 = 4 << 20;

/// All that an agent needs to know.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// Checks, one for each service that has one and is asked.
    pub checks: Vec<PlannedCheck>,
    /// Hosts that want no request of ours; what lies below one is meant as well.
    pub opted_out: BTreeSet<String>,
}

/// A check and how often it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCheck {
    /// Whose.
    pub service: Slug,
    /// What is asked.
    pub check: Check,
    /// By which results are known to be of exactly this check.
    pub id: String,
    /// Seconds from one time to the next while nothing goes on there.
    pub every_s: u32,
    /// Least seconds between two requests to its host.
    pub host_s: u32,
}

impl Plan {
    /// The plan of a catalogue.
    pub fn of(catalogue: &Catalogue, manners: &Manners) -> Plan {
        let one = |a: Ask<'_>| match a.what {
            What::Check(check) if a.not.is_none() => Some(PlannedCheck {
                service: a.service.clone(),
                check: check.clone(),
                id: id_of(check),
                every_s: a.every_s,
                host_s: a.host_s,
            }),
            _ => None,
        };
        // That the site itself does not check is no word about agents.
        let manners = Manners { off: BTreeSet::new(), ..manners.clone() };
        let checks = plan(catalogue, &manners, &|_| false).into_iter().filter_map(one).collect();
        Plan { checks, opted_out: manners.opted_out }
    }

    /// A name for exactly this plan.
    pub(super) fn tag(&self) -> String {
        // Plain data of texts and numbers always has a JSON form.
        short(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// A name for exactly this check.
fn id_of(check: &Check) -> String {
    short(String::from(check.clone()).as_bytes())
}

/// Enough of a hash that nothing is taken for something else by chance.
fn short(bytes: &[u8]) -> String {
    let mut digits = digits(&Sha256::digest(bytes));
    digits.truncate(16);
    digits
}

/// What an agent makes of a plan: `own` says which hosts its own settings call its own. Those alone are asked more often than is polite towards
/// strangers, whatever the site says; and what no catalogue would have is not run at all.
pub fn asks<'p>(plan: &'p Plan, own: &dyn Fn(&str) -> bool) -> Vec<Ask<'p>> {
    let mut all: Vec<Ask<'p>> = Vec::new();
    for planned in plan.checks.iter().filter(|p| is_sound(&p.check)) {
        let Some(host) = host(&planned.check) else { continue };
        let least = if own(&host) { OWN_HOST_S } else { HOST_S };
        let not = opted_out(&host, &plan.opted_out).map(|h| Why::OptedOut(h.to_owned()));
        all.push(Ask {
            host,
            service: &planned.service,
            what: What::Check(&planned.check),
            every_s: planned.every_s.max(1),
            host_s: planned.host_s.max(least),
            not,
        });
    }
    let mut on_host: BTreeMap<String, u32> = BTreeMap::new();
    for ask in all.iter().filter(|a| a.not.is_none()) {
        *on_host.entry(ask.host.clone()).or_default() += 1;
    }
    for ask in &mut all {
        let many = on_host.get(&ask.host).copied().unwrap_or(1);
        ask.every_s = ask.every_s.max(many.saturating_mul(ask.host_s));
    }
    all
}

fn is_sound(check: &Check) -> bool {
    let bounded = (1..=DEADLINE_MS).contains(&check.deadline_ms());
    bounded && if let Check::Http(c) = check { c.redirects <= REDIRECTS && c.max_body <= BODY } else { true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::check::HttpCheck;

    fn planned(slug: &str, check: HttpCheck, host_s: u32) -> PlannedCheck {
        let check = Check::Http(check);
        PlannedCheck { service: Slug::parse(slug).unwrap(), id: id_of(&check), check, every_s: host_s, host_s }
    }

    #[test]
    fn an_agent_is_polite_by_its_own_rules_whatever_a_site_says() {
        let get = |url: &str| HttpCheck::get(url);
        let plan = Plan {
            checks: vec![
                planned("a", get("https://x.example.org/a"), 1),
                planned("b", get("https://X.example.org/b"), 1),
                planned("c", get("http://10.0.0.1/"), 1),
                planned("d", get("https://out.example.net/"), 60),
                planned("e", HttpCheck { deadline_ms: 10_000_000, ..get("https://e.example.org/") }, 60),
                planned("f", HttpCheck { max_body: u32::MAX, ..get("https://f.example.org/") }, 60),
                planned("g", get("no address"), 60),
            ],
            opted_out: BTreeSet::from(["example.net".to_owned()]),
        };
        let told: Vec<String> = asks(&plan, &|h| h == "10.0.0.1")
            .into_iter()
            .map(|a| format!("{} {} {} {}", a.service, a.every_s, a.host_s, a.not.map_or("", |_| "not")))
            .collect();
        assert_eq!(told, ["a 120 60 ", "b 120 60 ", "c 1 1 ", "d 60 60 not"]);
    }

    #[test]
    fn a_plan_comes_back_as_it_was_and_another_one_has_another_tag() {
        let plan =
            Plan { checks: vec![planned("a", HttpCheck::get("https://x.example.org/a"), 60)], ..Plan::default() };
        let read: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
        assert_eq!((read.tag(), &read), (plan.tag(), &plan));
        let out = Plan { opted_out: BTreeSet::from(["y.example".to_owned()]), ..plan.clone() };
        let other = Plan { checks: vec![planned("a", HttpCheck::get("https://x.example.org/b"), 60)], ..plan.clone() };
        assert!(out.tag() != plan.tag() && other.tag() != plan.tag() && plan.checks[0].id != other.checks[0].id);
    }
}
