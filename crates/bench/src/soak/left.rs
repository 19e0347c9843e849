//! What is left when all is over: what waits, and whether what was asked was done.

use super::operator::Operator;
use super::people::{People, Tally};
use super::plan::CROWDED;
use crate::site::http;
use serde_json::Value;

/// What a site has at the end.
pub(super) struct Left {
    waiting: usize,
    withheld: usize,
    /// Suggestions and pieces of feedback: those that wait, and all.
    forms: [(&'static str, usize, usize); 2],
    /// Texts that the operator decided.
    decided: usize,
    /// Those of them that are not what was decided.
    undone: Vec<String>,
    /// Reports that counted on the service with the flood from many networks.
    pub(super) crowd: u64,
}

impl Left {
    pub(super) fn of(operator: &Operator, people: &People) -> anyhow::Result<Left> {
        let ask = |path: &str| -> anyhow::Result<Value> {
            Ok(serde_json::from_slice(&http::get(&people.address, path, false)?.body)?)
        };
        let decided = operator.decided();
        let mut undone = Vec::new();
        for (report, state) in &decided {
            let now = &ask(&format!("/api/v1/reports/{report}"))?["text_state"];
            if now != state {
                undone.push(format!("{report} is {now}, not {state}"));
            }
        }
        let form = |name, what| anyhow::Ok((name, operator.list(what, false)?.len(), operator.list(what, true)?.len()));
        let chart = ask(&format!("/api/v1/services/{}/chart?window=24h", people.slugs[CROWDED]))?;
        let bins = chart["bins"].as_array().into_iter().flatten();
        Ok(Left {
            waiting: operator.texts("waiting")?.len(),
            withheld: operator.texts("withheld")?.len(),
            forms: [form("suggestion", "suggestions")?, form("feedback", "feedback")?],
            decided: decided.len(),
            undone,
            crowd: bins.filter_map(|b| b["actual"].as_u64()).sum(),
        })
    }

    /// Says what must hold of it.
    pub(super) fn told(&self, tally: &Tally, must: &mut impl FnMut(bool, String)) {
        must(self.waiting == 0, format!("no text waits for an operator: {}", self.waiting));
        for (kind, waiting, all) in self.forms {
            let (sent, taken) = tally.answered(kind, 303);
            must(
                waiting == 0 && sent == taken && all as u64 == taken && taken > 0,
                format!("{kind}: {sent} sent, {taken} taken, {all} kept, {waiting} wait for an operator"),
            );
        }
        for (kind, status) in [("change", 303), ("own report", 202), ("vote", 202)] {
            let (sent, taken) = tally.answered(kind, status);
            must(sent == taken && taken > 0, format!("{kind}: {sent} sent, {taken} taken"));
        }
        must(
            self.decided > 0 && self.undone.is_empty(),
            format!("{} texts were approved or hidden by the operator and are so: {:?}", self.decided, self.undone),
        );
        // What a flag holds, and the text of a trapped form, may stand there as well.
        let kept = |kind| tally.texts_that(kind, |state| matches!(state, "withheld" | "checking")).0;
        let least = (kept("report") + kept("abusive text")).saturating_sub(self.decided as u64);
        let most = least + tally.answered("flag", 202).1 / 3 + tally.answered("trapped form", 303).0;
        must(
            (least..=most).contains(&(self.withheld as u64)),
            format!(
                "{} texts are withheld that no operator looked at, {least} to {most} by what was answered",
                self.withheld
            ),
        );
    }
}
