//! What becomes of texts and what operators did: from entries to rows, and back.

use super::read::{REPORT, count, report_row, wrong};
use allclear_model::act::Outcome;
use allclear_model::signal::{Moderated, ModerationDecided, ModerationUndone, ReportChange, ReportUpdated, TextChange};
use allclear_model::{Act, Actor, Country, Decider, Decision, Reason, ReportId, Signal, TextState, Time};
use allclear_ports::{AuditRow, DecisionRow, Queue, ReportPage};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};
use serde_json::json;

/// Reasons as a column has them.
pub(super) fn told(reasons: &[Reason]) -> String {
    reasons.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(",")
}

/// Reasons as they were told; a word of another version is passed over.
pub(super) fn reasons(told: &str) -> Vec<Reason> {
    told.split(',').filter_map(Reason::parse).collect()
}

/// An entry about texts, or of an operator.
#[derive(Debug)]
pub(super) struct Said {
    at: Time,
    what: What,
}

#[derive(Debug)]
enum What {
    Decided { decided: ModerationDecided, decider: String },
    Undone(ModerationUndone),
    Erased { id: ReportId, actor: Actor },
    Act { actor: Actor, act: Act, detail: String },
}

impl Said {
    /// Takes what matters out of an entry of one of the four kinds.
    pub(super) fn of(at: Time, signal: Signal) -> Result<Said, serde_json::Error> {
        let what = match signal {
            Signal::ModerationDecided(d) => What::Decided { decider: serde_json::to_string(&d.decider)?, decided: d },
            Signal::ModerationUndone(u) => What::Undone(u),
            Signal::TextErased(e) => What::Erased { id: e.id, actor: e.actor },
            Signal::Act(a) => What::Act { detail: serde_json::to_string(&a.act)?, actor: a.actor, act: a.act },
            other => return Err(serde::de::Error::custom(format!("{} says nothing of people", other.kind()))),
        };
        Ok(Said { at, what })
    }

    pub(super) fn write(self, conn: &Connection, seq: i64) -> rusqlite::Result<()> {
        let at = self.at;
        match self.what {
            What::Decided { decided: d, decider } => {
                set_text(conn, d.id, d.decision.into(), &d.reasons)?;
                insert_decision(conn, seq, at, d.id, (d.decision, &d.reasons, &decider))?;
                if let Decider::Operator { name } = &d.decider {
                    let act = match d.decision {
                        Decision::Show => "text_approved",
                        Decision::Hold => "text_held",
                        Decision::Hide => "text_hidden",
                    };
                    let detail = json!({ "reasons": told(&d.reasons) }).to_string();
                    insert_act(conn, seq, at, name, (act, &d.id.to_string(), &detail))?;
                }
                Ok(())
            }
            What::Undone(u) => {
                set_text(conn, u.id, u.decision.into(), &u.reasons)?;
                let undone = i64::try_from(u.undone).unwrap_or(i64::MAX);
                conn.prepare_cached("UPDATE decision SET undone = 1 WHERE seq = $1 AND report = $2")?
                    .execute(params![undone, u.id.0.as_bytes()])?;
                let detail = json!({ "undone": u.undone }).to_string();
                insert_act(conn, seq, at, &u.actor, ("decision_undone", &u.id.to_string(), &detail))
            }
            What::Erased { id, actor } => {
                conn.prepare_cached("UPDATE report SET text = $1, reasons = '' WHERE id = $2")?
                    .execute(params![TextState::Erased.as_str(), id.0.as_bytes()])?;
                insert_act(conn, seq, at, &actor, ("text_erased", &id.to_string(), "{}"))
            }
            What::Act { actor, act, detail } => {
                decide(conn, &act)?;
                insert_act(conn, seq, at, &actor, (act.kind(), &subject(&act), &detail))
            }
        }
    }
}

/// What an act is about, in a word.
fn subject(act: &Act) -> String {
    match act {
        Act::NoteAdded { service, .. } | Act::BaselineImported { service } => service.to_string(),
        Act::NoteRemoved { service, note } => format!("{service} {note}"),
        Act::IncidentAnnotated { incident, .. } | Act::IncidentRetracted { incident, .. } => incident.0.clone(),
        Act::SuggestionDecided { suggestion, .. } => suggestion.to_string(),
        Act::FeedbackClosed { feedback, .. } => feedback.to_string(),
        Act::OptOut { host, .. } => host.clone(),
        Act::AgentAdded { name, .. } | Act::AgentRevoked { name, .. } => name.to_string(),
    }
}

/// What an act changes in the queues.
fn decide(conn: &Connection, act: &Act) -> rusqlite::Result<()> {
    let id = |n: &u64| i64::try_from(*n).unwrap_or(i64::MAX);
    match act {
        Act::SuggestionDecided { suggestion, outcome } => {
            let (state, service) = match outcome {
                Outcome::Accepted { service } => ("accepted", Some(service.as_str())),
                Outcome::Rejected => ("rejected", None),
                Outcome::Open => ("open", None),
            };
            conn.prepare_cached("UPDATE suggestion SET state = $1, service = $2 WHERE id = $3")?.execute(params![
                state,
                service,
                id(suggestion)
            ])?;
        }
        Act::FeedbackClosed { feedback, closed } => {
            conn.prepare_cached("UPDATE survey SET closed = $1 WHERE id = $2")?
                .execute(params![i64::from(*closed), id(feedback)])?;
        }
        _ => {}
    }
    Ok(())
}

fn set_text(conn: &Connection, id: ReportId, text: TextState, reasons: &[Reason]) -> rusqlite::Result<()> {
    // What is gone stays gone, whatever is decided about it.
    conn.prepare_cached("UPDATE report SET text = $1, reasons = $2 WHERE id = $3 AND text NOT IN ('none', 'erased')")?
        .execute(params![text.as_str(), told(reasons), id.0.as_bytes()])?;
    Ok(())
}

fn insert_decision(
    conn: &Connection,
    seq: i64,
    at: Time,
    id: ReportId,
    (decision, reasons, decider): (Decision, &[Reason], &str),
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO decision (seq, report, at, decision, reasons, decider, undone)
         VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT DO NOTHING",
    )?
    .execute(params![seq, id.0.as_bytes(), at.0, decision.as_str(), told(reasons), decider])?;
    Ok(())
}

/// What the rules said of a text that came with an entry.
pub(super) fn insert_moderated(
    conn: &Connection,
    seq: i64,
    at: Time,
    id: ReportId,
    m: &Moderated,
) -> rusqlite::Result<()> {
    let decider = json!({ "by": "rules", "version": m.rules }).to_string();
    insert_decision(conn, seq, at, id, (m.decision, &m.reasons, &decider))
}

fn insert_act(
    conn: &Connection,
    seq: i64,
    at: Time,
    actor: &Actor,
    (act, subject, detail): (&str, &str, &str),
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO act (seq, at, actor, act, subject, detail) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )?
    .execute(params![seq, at.0, actor.as_str(), act, subject, detail])?;
    Ok(())
}

/// The author changed or withdrew a report.
pub(super) fn update_report(conn: &Connection, seq: i64, at: Time, u: &ReportUpdated) -> rusqlite::Result<()> {
    let id = u.id.0.as_bytes();
    let text = match &u.change {
        ReportChange::Amended { symptom, country, text } => {
            let country = country.as_ref().map(Country::as_str);
            conn.prepare_cached("UPDATE report SET symptom = $1, country = $2 WHERE id = $3")?.execute(params![
                symptom.as_str(),
                country,
                id
            ])?;
            text
        }
        ReportChange::Withdrawn => {
            conn.prepare_cached("UPDATE report SET withdrawn = 1 WHERE id = $1")?.execute([id])?;
            &TextChange::Removed
        }
    };
    let mut set = conn.prepare_cached("UPDATE report SET text = $1, reasons = $2 WHERE id = $3")?;
    match text {
        TextChange::Kept => Ok(()),
        TextChange::Removed => set.execute(params![TextState::None.as_str(), "", id]).map(drop),
        TextChange::Replaced(m) => {
            set.execute(params![TextState::from(m.decision).as_str(), told(&m.reasons), id])?;
            insert_moderated(conn, seq, at, u.id, m)
        }
    }
}

/// A queue, newest first.
pub(super) fn queue(conn: &Connection, queue: Queue, before: Option<u64>, limit: u32) -> rusqlite::Result<ReportPage> {
    let (text, more) = match queue {
        Queue::Waiting => (TextState::Checking, ""),
        Queue::Withheld => (
            TextState::Withheld,
            "AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.report = report.id AND d.undone = 0
                             AND d.decider LIKE '%\"by\":\"operator\"%')",
        ),
        Queue::Shown => (TextState::Shown, ""),
    };
    let before = before.and_then(|b| i64::try_from(b).ok()).unwrap_or(i64::MAX);
    let mut select = conn.prepare_cached(&format!(
        "SELECT {REPORT} FROM report WHERE text = $1 AND text <> 'none' AND withdrawn = 0 AND seq < $2 {more}
         ORDER BY seq DESC LIMIT $3"
    ))?;
    let rows = select.query_map(params![text.as_str(), before, i64::from(limit) + 1], report_row)?;
    Ok(super::read::page(rows.collect::<rusqlite::Result<_>>()?, limit))
}

/// The columns of [`decision_row`].
pub(super) const DECISION: &str = "seq, at, decision, reasons, decider, undone";

pub(super) fn decisions(conn: &Connection, id: ReportId) -> rusqlite::Result<Vec<DecisionRow>> {
    conn.prepare_cached(&format!("SELECT {DECISION} FROM decision WHERE report = $1 ORDER BY seq"))?
        .query_map([id.0.as_bytes()], decision_row)?
        .collect()
}

pub(super) fn decision_row(r: &Row<'_>) -> rusqlite::Result<DecisionRow> {
    let told: String = r.get(2)?;
    let decision = Decision::parse(&told);
    let unknown = || allclear_model::ParseError::new("decision", format!("{told:?} is none"));
    let decider: String = r.get(4)?;
    Ok(DecisionRow {
        seq: count(r.get(0)?),
        at: Time(r.get(1)?),
        decision: decision.ok_or_else(|| wrong(2, Type::Text, unknown()))?,
        reasons: reasons(&r.get::<_, String>(3)?),
        decider: serde_json::from_str(&decider).map_err(|e| wrong(4, Type::Text, e))?,
        undone: r.get::<_, i64>(5)? != 0,
    })
}

/// The columns of [`audit_row`].
pub(super) const ACT: &str = "seq, at, actor, act, subject, detail";

pub(super) fn audit(conn: &Connection, before: Option<u64>, limit: u32) -> rusqlite::Result<Vec<AuditRow>> {
    let before = before.and_then(|b| i64::try_from(b).ok()).unwrap_or(i64::MAX);
    conn.prepare_cached(&format!("SELECT {ACT} FROM act WHERE seq < $1 ORDER BY seq DESC LIMIT $2"))?
        .query_map(params![before, limit], audit_row)?
        .collect()
}

pub(super) fn audit_row(r: &Row<'_>) -> rusqlite::Result<AuditRow> {
    let actor: String = r.get(2)?;
    Ok(AuditRow {
        seq: count(r.get(0)?),
        at: Time(r.get(1)?),
        actor: Actor::parse(&actor).map_err(|e| wrong(2, Type::Text, e))?,
        act: r.get(3)?,
        subject: r.get(4)?,
        detail: r.get(5)?,
    })
}
