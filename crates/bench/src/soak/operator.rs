//! The site's operator, who acts through the command, as one does.

use anyhow::Context;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Most texts that the command lists at once.
const PAGE: &str = "500";

/// One operator of one site.
pub(super) struct Operator {
    binary: PathBuf,
    data: PathBuf,
    /// Reports whose texts were decided, and what each is to be since.
    decided: Mutex<BTreeMap<String, &'static str>>,
}

impl Operator {
    pub(super) fn new(binary: &Path, data: &Path) -> Operator {
        Operator { binary: binary.to_owned(), data: data.to_owned(), decided: Mutex::default() }
    }

    /// What a command prints.
    pub(super) fn admin(&self, command: &[&str]) -> anyhow::Result<String> {
        let out = Command::new(&self.binary).arg("admin").args(command).arg("--data").arg(&self.data).output()?;
        anyhow::ensure!(out.status.success(), "admin {command:?}: {}", String::from_utf8_lossy(&out.stderr));
        Ok(String::from_utf8(out.stdout)?)
    }

    fn json(&self, command: &[&str]) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.admin(&[command, &["--json"]].concat())?)?)
    }

    /// Texts of a queue, all pages of it.
    pub(super) fn texts(&self, queue: &str) -> anyhow::Result<Vec<Value>> {
        let (mut all, mut before) = (Vec::new(), String::new());
        loop {
            let mut command = vec!["moderation", "list", "--queue", queue, "--limit", PAGE];
            if !before.is_empty() {
                command.extend(["--before", &before]);
            }
            let page = self.json(&command)?;
            all.extend(page["texts"].as_array().context("no list of texts")?.iter().cloned());
            let Some(next) = page["next"].as_u64() else { return Ok(all) };
            before = next.to_string();
        }
    }

    /// Suggestions or pieces of feedback: those that wait, or all.
    pub(super) fn list(&self, what: &str, all: bool) -> anyhow::Result<Vec<Value>> {
        let mut command = vec![what, "list", "--limit", "500"];
        command.extend(all.then_some("--all"));
        Ok(self.json(&command)?.as_array().with_context(|| format!("no list of {what}"))?.clone())
    }

    /// Looks at what waits: approves or hides one withheld text about `service` in turn, rejects what is suggested, closes feedback.
    pub(super) fn look(&self, service: &str) -> anyhow::Result<()> {
        let mut decided = self.decided.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = self.texts("withheld")?.iter().find(|t| t["service"] == service) {
            let report = text["report"].as_str().context("a text without a report")?;
            let (act, state) =
                if decided.len().is_multiple_of(2) { ("approve", "shown") } else { ("hide", "withheld") };
            self.admin(&["moderation", act, report])?;
            decided.insert(report.to_owned(), state);
        }
        for (what, name, act) in [("suggestions", "suggestion", "reject"), ("feedback", "feedback", "close")] {
            for one in self.list(what, false)? {
                self.admin(&[what, act, &one[name].to_string()])?;
            }
        }
        Ok(())
    }

    /// Reports whose texts were decided, and what each is to be since.
    pub(super) fn decided(&self) -> BTreeMap<String, &'static str> {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
