//! Lines that our own replay bundles have beside those that anybody writes: `state`, `weighed` and `resumed`, and `check` with
//! what only the board knows of a location.

use super::line::{Line, Text, key, need};
use crate::RULE;
use crate::board::{Page, Planted, Says, Seen, Stance, Told, Weighed, read_seed};
use allclear_model::check::CheckOutcome;
use allclear_model::{Incident, Slug, SymptomId, Time};

/// The replay bundle of an incident: `lines` as they came with the judge's words ([`crate::Change::bundle`]), with what a
/// reader needs around them. `None` when the judge told nothing, as for incidents from before there were bundles.
pub fn bundle(incident: &Incident, category: &Slug, lines: &[String]) -> Option<String> {
    let at = |line: &String| {
        let value: serde_json::Value = serde_json::from_str(line).ok()?;
        Time::parse(value.get("at")?.as_str()?).ok()
    };
    let (first, last) = (at(lines.first()?)?, at(lines.last()?)?);
    // A minute's last line speaks of the instant after it.
    let end = last.plus_ms(1).max(incident.closed.unwrap_or(last));
    let head = serde_json::json!({
        "kind": "service", "at": first.to_string(), "service": incident.service, "category": category,
    });
    let tail = serde_json::json!({"kind": "end", "at": end.to_string()});
    let mut text = String::with_capacity(lines.iter().map(|l| l.len() + 1).sum::<usize>() + 200);
    for line in std::iter::once(&head.to_string()).chain(lines).chain(std::iter::once(&tail.to_string())) {
        text.push_str(line);
        text.push('\n');
    }
    Some(text)
}

/// One of them, read.
#[derive(Debug)]
pub(super) enum Bundle {
    /// What the board begins with.
    State(Box<Planted>),
    /// A state of other rules.
    Foreign,
    /// Counts, and what they were worth.
    Weighed(Weighed),
    /// Nobody listened since then.
    Resumed(Time),
    /// What a location of the checks said before, or that it says nothing more.
    Check(Slug, Told),
    /// What the official page said before, or that it says nothing more.
    Page(Page),
}

impl Bundle {
    pub(super) fn is_foreign(&self) -> bool {
        matches!(self, Bundle::Foreign)
    }

    /// A state; one that other rules wrote is known as such and not read.
    pub(super) fn state(l: &Line<'_>) -> Result<Bundle, String> {
        let ours = l.rule.as_ref().is_some_and(|Text(r)| **r == RULE.to_string());
        let (true, Some(Text(state))) = (ours, &l.state) else { return Ok(Bundle::Foreign) };
        let seed = read_seed(state).map_err(|e| format!("`state` {e}"))?;
        let outages = l.outages.ok_or("`outages` is missing")?;
        if !(outages.is_finite() && outages > 0.0) {
            return Err(format!("`outages` is {outages}, it must be above 0"));
        }
        Ok(Bundle::State(Box::new(Planted {
            seed,
            watching_since: time("watching_since", l.watching_since.as_ref())?,
            outages,
            listed: l.listed.ok_or("`listed` is missing")?,
            fine_since: l.fine_since.as_ref().map(|t| time("fine_since", Some(t))).transpose()?,
        })))
    }

    pub(super) fn weighed(l: &Line<'_>) -> Result<(Bundle, u64), String> {
        let finite = |name: &str, v: Option<f64>| match v {
            Some(v) if v.is_finite() && v >= 0.0 => Ok(v),
            Some(v) => Err(format!("`{name}` is {v}, it must be at least 0")),
            None => Err(format!("`{name}` is missing")),
        };
        let seen = match l.networks {
            None => None,
            Some(networks) => {
                Some(Seen { networks, heaviest: finite("heaviest", l.heaviest)?, doubted: finite("shared", l.shared)? })
            }
        };
        let networks = key::service | key::networks | key::heaviest | key::shared | key::ended;
        if l.ended == Some(true) {
            return Ok((Bundle::Weighed(Weighed { ended: true, seen, ..Weighed::default() }), networks));
        }
        let (symptoms, counts) = (l.symptoms.as_deref().unwrap_or_default(), l.counts.as_deref().unwrap_or_default());
        if symptoms.len() != counts.len() {
            return Err(format!("`symptoms` has {} names and `counts` {} numbers", symptoms.len(), counts.len()));
        }
        let counts = symptoms.iter().zip(counts).map(|(Text(s), n)| {
            let id = SymptomId::parse(s).map_err(|e| format!("`symptoms`: {}", e.problem))?;
            Ok((id, *n))
        });
        let weighed = Weighed {
            ended: false,
            counts: counts.collect::<Result<_, String>>()?,
            effective: finite("effective", l.effective)?,
            seen,
            kept: (finite("kept", l.kept)?, l.over.unwrap_or(false)),
        };
        let allowed = networks | key::symptoms | key::counts | key::effective | key::kept | key::over;
        Ok((Bundle::Weighed(weighed), allowed))
    }

    /// A `check` line that is no result; `None` for those that are.
    pub(super) fn check(
        l: &Line<'_>,
        at: Time,
        location: &Slug,
        outcome: CheckOutcome,
    ) -> Result<Option<Bundle>, String> {
        let told = if l.known == Some(true) {
            Told::Known(match outcome {
                CheckOutcome::Up => Stance::Good,
                CheckOutcome::Down => {
                    Stance::failing(at, l.ups.unwrap_or(0)).ok_or("`ups` is more than a failure outlasts")?
                }
                CheckOutcome::Blocked | CheckOutcome::Inconclusive => Stance::Silent,
            })
        } else if l.silent == Some(true) {
            Told::Silent
        } else if l.gone == Some(true) {
            Told::Gone
        } else if l.withdrawn == Some(true) {
            Told::Withdrawn
        } else {
            return Ok(None);
        };
        Ok(Some(Bundle::Check(location.clone(), told)))
    }

    /// An `official` line of a bundle; `None` for those that anybody writes.
    pub(super) fn official(l: &Line<'_>, says: Says) -> Option<Bundle> {
        let page = match (l.known, l.silent) {
            (Some(true), _) => Page::Known(says),
            (_, Some(true)) => Page::Silent,
            _ => return None,
        };
        Some(Bundle::Page(page))
    }

    pub(super) fn resumed(l: &Line<'_>) -> Result<(Bundle, u64), String> {
        Ok((Bundle::Resumed(time("stopped", l.stopped.as_ref())?), key::service | key::stopped))
    }
}

fn time(name: &str, text: Option<&Text<'_>>) -> Result<Time, String> {
    Time::parse(need(text, name)?).map_err(|e| format!("`{name}`: {}", e.problem))
}
