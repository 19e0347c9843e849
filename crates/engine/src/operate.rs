//! What an operator does to reports, pages and queues: each act a signal with its actor.

use crate::command::{Command, ask};
use crate::{Admin, EngineError, IntakeResult};
use allclear_detect::{AGENTS_AT_ONCE, WAITS_MS};
use allclear_model::act::{Note, Outcome};
use allclear_model::signal::{Baseline, ModerationDecided, ModerationUndone, TextErased};
use allclear_model::words::agents;
use allclear_model::words::problems as words;
use allclear_model::{
    Act, Acted, Actor, AgentKey, Decider, Decision, FreeText, Incident, IncidentId, Reason, ReportId, Signal, Slug,
    TextState,
};
use allclear_ports::{AuditRow, Considered, DecisionRow, Listing, Queue, ReportRow, Suggestion};
use std::net::IpAddr;

/// A report with its text, as only its author and operators see it.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The report.
    pub report: ReportRow,
    /// Its text, if it still has one.
    pub text: Option<FreeText>,
}

impl Admin {
    /// Texts of a queue, newest first, with `seq < before`; and where the next page begins.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`], as for all methods here.
    pub async fn texts(
        &self,
        queue: Queue,
        before: Option<u64>,
        limit: u32,
    ) -> IntakeResult<(Vec<Looked>, Option<u64>)> {
        self.projected().await?;
        let page = self.archive().queue(queue, before, limit).await?;
        let ids: Vec<ReportId> = page.rows.iter().map(|r| r.id).collect();
        let mut texts = self.archive().texts(&ids).await?;
        let looked = page.rows.into_iter().map(|report| Looked { text: texts.remove(&report.id), report });
        Ok((looked.collect(), page.next))
    }

    /// One report with its text and what was decided about it, oldest first.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn text(&self, id: ReportId) -> IntakeResult<(Looked, Vec<DecisionRow>)> {
        self.projected().await?;
        let report = self.archive().report(id).await?.ok_or(EngineError::NotFound)?;
        let text = self.archive().texts(&[id]).await?.remove(&id);
        Ok((Looked { report, text }, self.archive().decisions(id).await?))
    }

    /// Shows or hides a text; gives the act's number.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] when the report has no text.
    pub async fn decide(
        &self,
        id: ReportId,
        decision: Decision,
        reasons: Vec<Reason>,
        actor: Actor,
    ) -> IntakeResult<u64> {
        let (looked, _) = self.text(id).await?;
        let row = looked.report;
        if row.withdrawn || matches!(row.text, TextState::None | TextState::Erased) {
            return Err(EngineError::Invalid { field: "report", problem: words::NO_TEXT.to_owned() });
        }
        let reasons = match decision {
            Decision::Show => Vec::new(),
            _ if reasons.is_empty() => vec![Reason::Operator],
            _ => reasons,
        };
        let decider = Decider::Operator { name: actor };
        self.decided(Signal::ModerationDecided(ModerationDecided {
            id,
            service: row.service,
            decision,
            reasons,
            decider,
        }))
        .await
    }

    /// Takes the last decision about a text back: the one before it holds again. What waited then waits on for what is left of
    /// its time; where nothing is left of it, it is withheld.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Invalid`] when there is no text, or no decision but the first.
    pub async fn undo(&self, id: ReportId, actor: Actor) -> IntakeResult<u64> {
        let (looked, decisions) = self.text(id).await?;
        if looked.report.withdrawn || matches!(looked.report.text, TextState::None | TextState::Erased) {
            return Err(EngineError::Invalid { field: "report", problem: words::NO_TEXT.to_owned() });
        }
        // What was decided about a text that its author replaced says nothing about this one.
        let first = decisions.iter().rposition(|d| matches!(d.decider, Decider::Rules { .. })).unwrap_or(0);
        let mut holding = decisions.iter().skip(first).rev().filter(|d| !d.undone);
        let (Some(last), Some(before)) = (holding.next(), holding.next()) else {
            return Err(EngineError::Invalid { field: "report", problem: words::NOTHING_TO_UNDO.to_owned() });
        };
        let held = before.decision == Decision::Hold;
        let late = held && self.site().now().since_ms(before.at) >= WAITS_MS;
        let mut reasons = before.reasons.clone();
        if late && !reasons.contains(&Reason::Late) {
            reasons.push(Reason::Late);
        }
        self.decided(Signal::ModerationUndone(ModerationUndone {
            id,
            service: looked.report.service,
            undone: last.seq,
            decision: if late { Decision::Hide } else { before.decision },
            since: (held && !late).then_some(before.at),
            reasons,
            actor,
        }))
        .await
    }

    /// Overwrites the text of a report wherever it is kept. Doing it twice is no error.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn erase(&self, id: ReportId, actor: Actor) -> IntakeResult<u64> {
        let (looked, _) = self.text(id).await?;
        let service = looked.report.service;
        let seq = self.decided(Signal::TextErased(TextErased { id, service, actor })).await?;
        // The log that led to the file holds it until it is emptied.
        self.maintain().await?;
        Ok(seq)
    }

    /// Pins words on a service's page; gives the note's number.
    ///
    /// # Errors
    /// [`EngineError::NoService`], [`EngineError::Invalid`] for the link, or for an end that is over.
    pub async fn add_note(&self, service: Slug, note: Note, actor: Actor) -> IntakeResult<u64> {
        self.known(&service)?;
        if let Some(link) = &note.link
            && !is_link(link)
        {
            return Err(EngineError::Invalid { field: "link", problem: words::LINK_FORM.to_owned() });
        }
        if note.until.is_some_and(|until| until <= self.site().now()) {
            return Err(EngineError::Invalid { field: "until", problem: words::IS_OVER.to_owned() });
        }
        self.act(Act::NoteAdded { service, note }, actor).await
    }

    /// Takes what is usual for a service from elsewhere.
    ///
    /// # Errors
    /// [`EngineError::NoService`], [`EngineError::Invalid`] for the figures.
    pub async fn import_baseline(&self, baseline: Baseline, actor: Actor) -> IntakeResult<u64> {
        let service = baseline.service.clone();
        self.learned(baseline).await?;
        self.act(Act::BaselineImported { service }, actor).await
    }

    /// Takes a note away.
    ///
    /// # Errors
    /// [`EngineError::NoService`], [`EngineError::NotFound`] when no such note stands there.
    pub async fn remove_note(&self, service: Slug, note: u64, actor: Actor) -> IntakeResult<u64> {
        let view = self.site().service(&service).ok_or_else(|| EngineError::NoService(service.to_string()))?;
        if !view.notes.iter().any(|(n, _)| *n == note) {
            return Err(EngineError::NotFound);
        }
        self.act(Act::NoteRemoved { service, note }, actor).await
    }

    /// Says something about an incident; `None` takes back what was said.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn annotate(&self, incident: IncidentId, said: Option<FreeText>, actor: Actor) -> IntakeResult<u64> {
        let service = self.incident(&incident).await?.service;
        self.act(Act::IncidentAnnotated { service, incident, words: said }, actor).await
    }

    /// Says that an incident was none; no reason takes that back.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn retract(&self, incident: IncidentId, reason: Option<FreeText>, actor: Actor) -> IntakeResult<u64> {
        let service = self.incident(&incident).await?.service;
        self.act(Act::IncidentRetracted { service, incident, reason }, actor).await
    }

    async fn incident(&self, id: &IncidentId) -> IntakeResult<Incident> {
        self.projected().await?;
        self.archive().incident(id).await?.ok_or(EngineError::NotFound)
    }

    /// One suggestion.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn suggestion(&self, id: u64) -> IntakeResult<Suggestion> {
        self.projected().await?;
        let found = self.archive().suggestions(Listing::one(id)).await?;
        found.into_iter().find(|s| s.id == id).ok_or(EngineError::NotFound)
    }

    /// Decides a suggestion. The catalogue's file of an accepted one is the caller's to write, before.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Invalid`] when it is decided already, or open and to be opened.
    pub async fn consider(&self, id: u64, outcome: Outcome, actor: Actor) -> IntakeResult<u64> {
        let open = self.suggestion(id).await?.considered == Considered::Open;
        if open == (outcome == Outcome::Open) {
            return Err(EngineError::Invalid { field: "suggestion", problem: words::DECIDED_ALREADY.to_owned() });
        }
        self.act(Act::SuggestionDecided { suggestion: id, outcome }, actor).await
    }

    /// Closes a piece of feedback, or opens it again.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn close_feedback(&self, id: u64, closed: bool, actor: Actor) -> IntakeResult<u64> {
        let found = self.archive().surveys(Listing::one(id)).await?;
        if !found.iter().any(|s| s.id == id) {
            return Err(EngineError::NotFound);
        }
        self.act(Act::FeedbackClosed { feedback: id, closed }, actor).await
    }

    /// Says that no check may contact a host, or that one may again.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when it is no host name.
    pub async fn opt_out(&self, host: &str, out: bool, actor: Actor) -> IntakeResult<u64> {
        let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
        let label = |l: &str| {
            let signs = l.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
            signs && !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-')
        };
        // A name that stands alone may be a machine of one's own; nothing lies below it, as below `org`.
        let ip = host.parse::<IpAddr>().is_ok();
        if host.len() > 253 || !(ip || host.split('.').all(label)) {
            return Err(EngineError::Invalid { field: "host", problem: words::HOST_FORM.to_owned() });
        }
        self.act(Act::OptOut { host, out }, actor).await
    }

    /// Lets an agent that signs with `key` send results of checks, from a location of its name.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when the name is the site's own or in use, or when there are enough agents.
    pub async fn add_agent(&self, name: Slug, key: AgentKey, actor: Actor) -> IntakeResult<u64> {
        let bad = |problem: String| Err(EngineError::Invalid { field: "name", problem });
        if self.rules().location.as_ref() == Some(&name) {
            return bad(agents::OWN_LOCATION.to_owned());
        }
        // What was decided a moment ago is not yet in the picture.
        self.catch_up().await?;
        let whole = self.site().whole();
        let mut sending = whole.agents.iter().filter(|a| !a.revoked);
        if sending.clone().any(|a| a.name == name) {
            return bad(agents::NAME_TAKEN.to_owned());
        }
        if sending.by_ref().count() >= AGENTS_AT_ONCE {
            return bad(agents::too_many_agents(AGENTS_AT_ONCE));
        }
        self.act(Act::AgentAdded { name, key }, actor).await
    }

    /// Takes nothing from an agent any more, or takes it again.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Invalid`] when that is so already, or when there are enough agents.
    pub async fn revoke_agent(&self, name: Slug, revoked: bool, actor: Actor) -> IntakeResult<u64> {
        self.catch_up().await?;
        let whole = self.site().whole();
        let known = whole.agents.iter().find(|a| a.name == name).ok_or(EngineError::NotFound)?;
        let bad = |problem: String| Err(EngineError::Invalid { field: "name", problem });
        if known.revoked == revoked {
            return bad(agents::STATE_ALREADY.to_owned());
        }
        if !revoked && whole.agents.iter().filter(|a| !a.revoked).count() >= AGENTS_AT_ONCE {
            return bad(agents::too_many_agents(AGENTS_AT_ONCE));
        }
        self.act(Act::AgentRevoked { name, revoked }, actor).await
    }

    /// Acts of operators, newest first.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn audit(&self, before: Option<u64>, limit: u32) -> IntakeResult<Vec<AuditRow>> {
        self.projected().await?;
        self.archive().audit(before, limit).await
    }

    fn known(&self, service: &Slug) -> IntakeResult<()> {
        match self.site().service(service) {
            Some(_) => Ok(()),
            None => Err(EngineError::NoService(service.to_string())),
        }
    }

    async fn act(&self, act: Act, actor: Actor) -> IntakeResult<u64> {
        self.signal(Signal::Act(Acted { actor, act })).await
    }

    /// As [`Admin::signal`], for what readers of a single report are to see from the answer on. What is done is done, also when
    /// the archive is slow to take it in.
    async fn decided(&self, signal: Signal) -> IntakeResult<u64> {
        let seq = self.signal(signal).await?;
        let _ = self.projected().await;
        Ok(seq)
    }

    async fn signal(&self, signal: Signal) -> IntakeResult<u64> {
        ask(self.writer(), |answer| Command::Act { signal: Box::new(signal), answer }).await
    }
}

/// An address of the web that carries no user and password.
fn is_link(link: &str) -> bool {
    let rest = link.strip_prefix("https://").or(link.strip_prefix("http://"));
    rest.is_some_and(|r| !r.split(['/', '?', '#']).next().unwrap_or_default().contains('@'))
}
