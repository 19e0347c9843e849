//! Those who act, each over a connection of its own.

use super::operator::Operator;
use super::plan::{ABUSED, Act};
use crate::site::http;
use altcha::{Challenge, Payload, SolveChallengeOptions, solve_challenge};
use anyhow::Context;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Between opening a form and sending it.
const TYPING: Duration = Duration::from_secs(3);

/// Media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";
/// What feedback says of a page.
const CHOICE: &str = "wrong-problem";

/// What was answered.
#[derive(Default)]
pub(super) struct Tally {
    /// How many answers of each kind of act had which status.
    pub(super) statuses: BTreeMap<&'static str, BTreeMap<u16, u64>>,
    /// What became of texts, by kind of act.
    pub(super) texts: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// Milliseconds of people's reports, from sending to the answer.
    pub(super) ms: Vec<f64>,
    /// Requests that were not answered.
    pub(super) failures: Vec<String>,
}

impl Tally {
    /// How many texts of a kind of act are in such a state, and how many there are.
    pub(super) fn texts_that(&self, kind: &str, is: impl Fn(&str) -> bool) -> (u64, u64) {
        let texts = self.texts.get(kind).into_iter().flatten();
        texts.fold((0, 0), |(of, all), (state, n)| (of + if is(state) { *n } else { 0 }, all + n))
    }

    /// How many requests of a kind of act were answered, and how many of them with this status.
    pub(super) fn answered(&self, kind: &str, status: u16) -> (u64, u64) {
        let all = self.statuses.get(kind);
        (all.map_or(0, |s| s.values().sum()), all.and_then(|s| s.get(&status)).copied().unwrap_or(0))
    }
}

/// A site's visitors, and its operator.
pub(super) struct People {
    pub(super) address: String,
    pub(super) operator: Arc<Operator>,
    pub(super) slugs: Vec<String>,
    pub(super) tally: Mutex<Tally>,
}

/// One request; its status and body.
pub(super) async fn ask(address: &str, request: &str) -> anyhow::Result<(u16, String)> {
    let asked = async {
        let mut c = tokio::net::TcpStream::connect(address).await?;
        c.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        loop {
            if let Some((head, body)) = http::complete(&bytes)? {
                let text = String::from_utf8_lossy(&bytes[head..head + body]).into_owned();
                return Ok((http::status(&bytes), text));
            }
            anyhow::ensure!(c.read_buf(&mut bytes).await? > 0, "closed without an answer");
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asked).await?
}

/// The text of a `GET`.
pub(super) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
}

fn post(path: &str, from: Ipv4Addr, kind: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nX-Forwarded-For: {from}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn solved(challenge: Value) -> anyhow::Result<Option<String>> {
    let challenge: Challenge = serde_json::from_value(challenge)?;
    let Some(solution) = solve_challenge(SolveChallengeOptions::new(&challenge))? else { return Ok(None) };
    Ok(Some(serde_json::to_string(&Payload { challenge, solution })?))
}

impl People {
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Tally) -> T) -> T {
        work(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks and counts the answer.
    async fn counted(&self, kind: &'static str, request: &str) -> anyhow::Result<String> {
        let (status, body) = ask(&self.address, request).await?;
        self.with(|t| *t.statuses.entry(kind).or_default().entry(status).or_default() += 1);
        Ok(body)
    }

    /// Does it; what goes wrong is counted.
    pub(super) async fn act(&self, act: Act) {
        if let Err(e) = self.try_act(&act).await {
            self.with(|t| t.failures.push(format!("{act:?}: {e:#}")));
        }
    }

    async fn report(&self, kind: &'static str, service: usize, from: Ipv4Addr, body: Value) -> anyhow::Result<()> {
        let path = format!("/api/v1/services/{}/reports", self.slugs[service]);
        let answer = self.counted(kind, &post(&path, from, "application/json", &body.to_string())).await?;
        if body["text"].is_string()
            && let Some(state) = serde_json::from_str::<Value>(&answer)?["text"].as_str()
        {
            self.with(|t| *t.texts.entry(kind).or_default().entry(state.to_owned()).or_default() += 1);
        }
        Ok(())
    }

    /// A report that its author changes or withdraws; an error when it is not so then.
    async fn change(&self, slug: &str, from: Ipv4Addr, withdraw: bool) -> anyhow::Result<()> {
        let service: Value =
            serde_json::from_str(&ask(&self.address, &get(&format!("/api/v1/services/{slug}"))).await?.1)?;
        let symptom = service["symptoms"][0]["id"].as_str().context("a service without symptoms")?;
        let path = format!("/api/v1/services/{slug}/reports");
        let sent = self.counted("own report", &post(&path, from, "application/json", r#"{"symptom":"other"}"#)).await?;
        let sent: Value = serde_json::from_str(&sent)?;
        let (id, token) = (sent["id"].as_str().context("no id")?, sent["token"].as_str().context("no token")?);
        let form = if withdraw { "withdraw=1".to_owned() } else { format!("symptom={symptom}") };
        self.counted("change", &post(&format!("/r/{token}"), from, FORM, &form)).await?;
        let now: Value = serde_json::from_str(&ask(&self.address, &get(&format!("/api/v1/reports/{id}"))).await?.1)?;
        let as_asked = if withdraw { now["state"] == "withdrawn" } else { now["symptom"] == symptom };
        anyhow::ensure!(as_asked, "not what its author made of it: {now}");
        Ok(())
    }

    async fn try_act(&self, act: &Act) -> anyhow::Result<()> {
        match act {
            Act::Report { service, from, text } => {
                let opened: Value =
                    serde_json::from_str(&self.counted("form opened", &get("/api/v1/challenge")).await?)?;
                tokio::time::sleep(TYPING).await;
                let (made, work) = (opened["made"].clone(), opened["work"].clone());
                let work =
                    if work.is_null() { None } else { tokio::task::spawn_blocking(move || solved(work)).await?? };
                let sent = Instant::now();
                let body = json!({ "symptom": "other", "text": text, "made": made, "work": work });
                self.report("report", *service, *from, body).await?;
                self.with(|t| t.ms.push(sent.elapsed().as_secs_f64() * 1000.0));
            }
            Act::Send { kind, service, from, text } => {
                self.report(kind, *service, *from, json!({ "symptom": "other", "text": text })).await?;
            }
            Act::Trapped { service, from } => {
                let path = format!("/s/{}/report", self.slugs[*service]);
                let form = "symptom=other&text=It+does+not+work&website=https%3A%2F%2Fexample.org";
                self.counted("trapped form", &post(&path, *from, FORM, form)).await?;
            }
            Act::Flag { service, from } => {
                let list = get(&format!("/api/v1/services/{}/reports?limit=20", self.slugs[*service]));
                let list: Value = serde_json::from_str(&self.counted("read", &list).await?)?;
                let shown = |r: &&Value| r["text_state"] == "shown";
                let Some(report) = list["reports"].as_array().and_then(|all| all.iter().find(shown)) else {
                    return Ok(());
                };
                let path = format!("/api/v1/reports/{}/flags", report["id"].as_str().unwrap_or_default());
                for from in from {
                    self.counted("flag", &post(&path, *from, "application/json", "")).await?;
                }
            }
            Act::Read { service, page } => {
                self.counted("read", &get(&format!("/s/{}{page}", self.slugs[*service]))).await?;
            }
            Act::Vote { service, from } => {
                let path = format!("/api/v1/services/{}/votes", self.slugs[*service]);
                self.counted("vote", &post(&path, *from, "application/json", "{}")).await?;
            }
            Act::Change { service, from, withdraw } => self.change(&self.slugs[*service], *from, *withdraw).await?,
            Act::Suggest { from, name } => {
                let form = format!("name={}&why=Many+ask+for+it&anyway=1", name.replace(' ', "+"));
                self.counted("suggestion", &post("/suggest", *from, FORM, &form)).await?;
            }
            Act::Feedback { service, from } => {
                let form = format!("service={}&choice={CHOICE}&words=It+works+here", self.slugs[*service]);
                self.counted("feedback", &post("/feedback", *from, FORM, &form)).await?;
            }
            Act::Operate => {
                let (operator, about) = (self.operator.clone(), self.slugs[ABUSED].clone());
                tokio::task::spawn_blocking(move || operator.look(&about)).await??;
            }
        }
        Ok(())
    }
}
