//! `allclear status`

mod checks;

use crate::config::ConfigArgs;
use crate::exit::{CANNOT_TELL, Failure, OK, Outcome, PROBLEM};
use crate::house;
use crate::output;
use crate::socket::client::Client;
use crate::socket::protocol::{OfficialStatus, ServiceStatus, StatusAnswer, path};
use allclear_model::Level;
use allclear_model::official::Trust;
use allclear_model::signal::reason_start;
use std::collections::BTreeMap;

/// Show what the site says about one service or all
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without SLUG it lists the services with a problem and counts the others; --all lists every one. With SLUG it also says what \
our own checks found from each location and what the service's official page says. A location that is paused has lost its own \
way out, or thinks so, or has a wrong clock: what it finds says nothing. \
When no site is running in the data folder, it shows where the journal ends; nobody is listening then, so every level \
is `unknown`.

Examples:
  allclear status
  allclear status openrouter && ./deploy.sh
  allclear status --json | jq '.services[] | select(.level != \"operational\")'

Exit codes: 0 no problem; 1 the site could not be asked; 2 usage or unknown service; 3 a problem with SLUG, or without \
SLUG with any service; 4 (only with SLUG) nothing can be said about it.")]
pub(crate) struct Status {
    /// The service's slug
    slug: Option<String>,
    /// List all services, not only those with a problem
    #[arg(long, conflicts_with = "slug")]
    all: bool,
    /// Print JSON: {"measured_at","fresh","demo","paused":[…],"services":[{"slug","name","level","phase","confirmed","since","actual","expected","official","checks":[{"location","outcome","reason","at","age_s","ms","proven","speaks","failing_since","paused"}]}]}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Status {
    pub(crate) fn run(self) -> Outcome {
        let config = self.config.load(&[])?;
        super::block_on(async move {
            let mut answer: StatusAnswer = match Client::connect(&config.data.dir).await? {
                Some(site) => site.get(path::STATUS).await?,
                None => house::last_status(&config).await?,
            };
            if let Some(slug) = &self.slug {
                answer.services.retain(|s| s.slug.as_str() == slug);
                if answer.services.is_empty() {
                    return Err(Failure::bad_input(format!(
                        "no service has the slug {slug:?}; `allclear catalogue list` shows them"
                    )));
                }
            }
            if self.json {
                output::json(&answer)?;
            } else {
                output::print(&self.told(&answer))?;
            }
            Ok(code(&answer, self.slug.is_some()))
        })
    }

    fn told(&self, answer: &StatusAnswer) -> String {
        let listed: Vec<&ServiceStatus> =
            answer.services.iter().filter(|s| self.all || self.slug.is_some() || s.level.is_problem()).collect();
        let rows: Vec<Vec<String>> = listed
            .iter()
            .map(|s| {
                let phase = if s.phase.as_str() == "none" { String::new() } else { s.phase.as_str().to_owned() };
                let reports = format!("{} (usual {:.1})", s.actual, s.expected);
                vec![s.slug.to_string(), s.level.as_str().to_owned(), phase, s.since.to_string(), reports]
            })
            .collect();
        let table = if rows.is_empty() {
            String::new()
        } else {
            output::table(&["SERVICE", "LEVEL", "PHASE", "SINCE", "REPORTS IN 15 MIN"], &rows)
        };
        let sum = if self.slug.is_none() { counted(&answer.services) } else { String::new() };
        let one = self.slug.as_ref().and_then(|_| answer.services.first());
        let page = one.filter(|_| answer.fresh).map_or_else(String::new, |s| official(s.official.as_ref()));
        let found = one.filter(|_| answer.fresh).map_or_else(String::new, |s| checks::found(&s.checks));
        let paused = if answer.fresh { checks::paused(&answer.paused) } else { String::new() };
        let judged = answer.measured_at;
        let freshness = if answer.fresh {
            format!("As of {judged}\n")
        } else {
            format!("Not updated since {judged}; until somebody judges again every level is unknown\n")
        };
        let label = if answer.demo { "Everything on this site is simulated.\n" } else { "" };
        [&table, &sum, &found, &page, &paused, label, &freshness].concat()
    }
}

/// The line about the official page of a service.
fn official(page: Option<&OfficialStatus>) -> String {
    let Some(page) = page else { return "Official page: not watched yet\n".to_owned() };
    // A stranger's words, on a terminal.
    let because = page.unread.as_deref().map(|why| format!(": {}", reason_start(&output::one_line(why))));
    let because = because.unwrap_or_default();
    let log = if page.trust == Trust::Low { "; it only announces problems" } else { "" };
    match (page.level, &page.read_at) {
        (Some(level), Some(read)) if page.speaks => {
            format!("Official page: {} since {}, read {read}{log}\n", level.as_str(), page.since)
        }
        (Some(level), Some(read)) => {
            format!("Official page: not read since {read}{because}; it said {} then{log}\n", level.as_str())
        }
        _ => format!("Official page: never read so far{because}\n"),
    }
}

/// How many services there are at each level, worst first.
fn counted(services: &[ServiceStatus]) -> String {
    let mut counts: BTreeMap<Level, usize> = BTreeMap::new();
    for s in services {
        *counts.entry(s.level).or_default() += 1;
    }
    let parts: Vec<String> = counts.iter().rev().map(|(l, n)| format!("{n} {}", l.as_str())).collect();
    format!("{} services: {}\n", services.len(), parts.join(", "))
}

fn code(answer: &StatusAnswer, one: bool) -> u8 {
    if answer.services.iter().any(|s| s.level.is_problem()) {
        PROBLEM
    } else if one && answer.services.iter().all(|s| s.level == Level::Unknown) {
        CANNOT_TELL
    } else {
        OK
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// What is printed of one service, its official page being `official` and its checks `checks`.
    fn told_of(fresh: bool, official: &Value, checks: &Value) -> String {
        let service = json!({
            "slug": "openrouter", "name": "OpenRouter", "level": "major_outage", "phase": "open", "confirmed": true,
            "since": "2026-11-22T10:31:00Z", "actual": 0, "expected": 2.0, "official": official,
            "checks": checks,
        });
        let answer =
            json!({"measured_at": "2026-11-22T15:33:00Z", "fresh": fresh, "paused": ["cellar"], "services": [service]});
        let answer: StatusAnswer = serde_json::from_value(answer).unwrap();
        let config = ConfigArgs::default();
        Status { slug: Some("openrouter".to_owned()), all: false, json: false, config }.told(&answer)
    }

    fn told(fresh: bool, official: &Value) -> String {
        told_of(fresh, official, &json!([]))
    }

    fn page(speaks: bool, trust: &str, unread: Option<&str>) -> Value {
        json!({
            "level": "major_outage", "trust": trust, "since": "2026-11-22T10:31:00Z", "read_at": "2026-11-22T15:30:00Z",
            "speaks": speaks, "unread": unread,
        })
    }

    #[test]
    fn one_service_has_a_line_about_its_official_page_whether_that_is_read_or_not() {
        let line = |official: &Value| told(true, official).lines().nth(3).unwrap_or_default().to_owned();
        assert_eq!(line(&Value::Null), "Official page: not watched yet");
        assert_eq!(
            line(&page(true, "full", None)),
            "Official page: major_outage since 2026-11-22T10:31:00Z, read 2026-11-22T15:30:00Z"
        );
        assert!(line(&page(true, "low", None)).ends_with("; it only announces problems"));
        assert_eq!(
            line(&page(false, "full", Some("HTTP 503\u{1b}[31m"))),
            "Official page: not read since 2026-11-22T15:30:00Z: HTTP 503 [31m; it said major_outage then"
        );
        let never = json!({
            "level": null, "trust": "full", "since": "2026-11-22T10:31:00Z", "read_at": null, "speaks": false, "unread": "HTML",
        });
        assert_eq!(line(&never), "Official page: never read so far: HTML");
    }

    #[test]
    fn one_service_has_a_line_for_each_location_that_checks_it() {
        let check = |location: &str, outcome: &str, reason: Option<&str>, age_s: i64, ms: Option<u32>| {
            json!({
                "location": location, "outcome": outcome, "reason": reason, "at": "2026-11-22T15:31:00Z", "age_s": age_s, "ms": ms,
                "proven": true, "speaks": true, "failing_since": null, "paused": false,
            })
        };
        let mut failing = check("oslo", "down", Some("the status is 503\u{1b}[31m"), 95, Some(1482));
        failing["failing_since"] = json!("2026-11-22T10:18:00Z");
        let mut again = failing.clone();
        (again["location"], again["outcome"], again["reason"]) = (json!("paris"), json!("up"), Value::Null);
        let mut paused = check("cellar", "inconclusive", Some("our checks from here are paused"), 4, None);
        (paused["paused"], paused["speaks"]) = (json!(true), json!(false));
        let mut old = check("tokyo", "up", None, 7320, Some(80));
        old["speaks"] = json!(false);
        let mut new = check("utrecht", "inconclusive", Some("unproven check"), 30, None);
        (new["proven"], new["speaks"]) = (json!(false), json!(false));
        let all = json!([paused, check("frankfurt", "up", None, 12, Some(182)), failing, again, old, new]);
        let told = told_of(true, &Value::Null, &all);
        let lines: Vec<&str> = told.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "OUR CHECKS FROM  SAY           AGO        TOOK",
                "cellar           inconclusive  4 s        -        our checks from here are paused",
                "frankfurt        up            12 s       182 ms",
                "oslo             down          95 s       1482 ms  the status is 503 [31m; fails since 2026-11-22T10:18:00Z",
                "paris            up            95 s       1482 ms  counts as failing since 2026-11-22T10:18:00Z",
                "tokyo            up            2 h 2 min  80 ms    too old to count",
                "utrecht          inconclusive  30 s       -        unproven check; never passed from there, so it does not count",
                "Official page: not watched yet",
                "Paused, as they do not believe what they find: cellar",
                "As of 2026-11-22T15:33:00Z",
            ]
        );
        assert!(!told.contains('\u{1b}'), "a stranger's words do not steer the terminal");
    }

    #[test]
    fn while_nobody_judges_neither_checks_nor_page_say_anything() {
        let told = told(false, &page(true, "full", None));
        assert!(!told.contains("Official page") && !told.contains("checks"), "{told}");
    }
}
