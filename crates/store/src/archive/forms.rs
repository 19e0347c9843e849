//! What people tell us that is no signal: suggestions and answers of the feedback form. What operators make of them is.

use super::read::{count, slug, wrong};
use allclear_model::{FreeText, Level, ReportId, Slug, Time};
use allclear_ports::{Considered, Listing, Suggestion, Survey};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};

const DAY_MS: i64 = 86_400_000;

/// The same name or host on the same day (UTC) is kept once, with the first number.
pub(super) fn suggest(conn: &Connection, s: &Suggestion) -> rusqlite::Result<u64> {
    let (key, day) = (s.name.trim().to_lowercase(), s.at.0.div_euclid(DAY_MS));
    let why = s.why.as_ref().map(FreeText::as_str);
    conn.prepare_cached(
        "INSERT INTO suggestion (name, host, name_key, day, at, why) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )?
    .execute(params![s.name, s.host, key, day, s.at.0, why])?;
    conn.prepare_cached(
        "SELECT id FROM suggestion WHERE day = $1 AND (name_key = $2 OR host = $3) ORDER BY id LIMIT 1",
    )?
    .query_row(params![day, key, s.host], |r| Ok(count(r.get(0)?)))
}

/// The columns of [`suggestion_row`].
pub(super) const SUGGESTION: &str = "id, name, host, at, why, state, service";

pub(super) fn suggestions(conn: &Connection, which: Listing) -> rusqlite::Result<Vec<Suggestion>> {
    let from = if which.open { "INDEXED BY suggestion_open WHERE state = 'open' AND" } else { "WHERE" };
    conn.prepare_cached(&format!("SELECT {SUGGESTION} FROM suggestion {from} id < $1 ORDER BY id DESC LIMIT $2"))?
        .query_map(params![below(which), which.limit], suggestion_row)?
        .collect()
}

/// Above every number there is, when none is said.
fn below(which: Listing) -> i64 {
    which.before.and_then(|b| i64::try_from(b).ok()).unwrap_or(i64::MAX)
}

pub(super) fn suggestion_row(r: &Row<'_>) -> rusqlite::Result<Suggestion> {
    let state: String = r.get(5)?;
    let considered = match state.as_str() {
        "open" => Considered::Open,
        "rejected" => Considered::Rejected,
        "accepted" => Considered::Accepted(slug(r, 6)?),
        _ => {
            let unknown = allclear_model::ParseError::new("state", format!("{state:?} is no state of a suggestion"));
            return Err(wrong(5, Type::Text, unknown));
        }
    };
    Ok(Suggestion {
        id: count(r.get(0)?),
        name: r.get(1)?,
        host: r.get(2)?,
        at: Time(r.get(3)?),
        why: words(r, 4)?,
        considered,
    })
}

/// Free text of a row; what does not read as one is none.
fn words(r: &Row<'_>, column: usize) -> rusqlite::Result<Option<FreeText>> {
    Ok(r.get::<_, Option<String>>(column)?.and_then(|w| FreeText::try_from(w).ok()))
}

pub(super) fn survey(conn: &Connection, s: &Survey) -> rusqlite::Result<u64> {
    let service = s.service.as_ref().map(Slug::as_str);
    let words = s.words.as_ref().map(FreeText::as_str);
    let report = s.report.map(|id| id.0.as_bytes().to_vec());
    conn.prepare_cached(
        "INSERT INTO survey (service, choice, level, at, words, report) VALUES ($1, $2, $3, $4, $5, $6)",
    )?
    .execute(params![service, s.choice.as_str(), s.level.map(Level::as_str), s.at.0, words, report])?;
    Ok(count(conn.last_insert_rowid()))
}

/// The columns of [`survey_row`].
pub(super) const SURVEY: &str = "service, choice, level, at, id, words, closed, report";

pub(super) fn surveys(conn: &Connection, which: Listing) -> rusqlite::Result<Vec<Survey>> {
    let from = if which.open { "INDEXED BY survey_open WHERE closed = 0 AND" } else { "WHERE" };
    conn.prepare_cached(&format!("SELECT {SURVEY} FROM survey {from} id < $1 ORDER BY id DESC LIMIT $2"))?
        .query_map(params![below(which), which.limit], survey_row)?
        .collect()
}

pub(super) fn survey_row(r: &Row<'_>) -> rusqlite::Result<Survey> {
    let service = if r.get_ref(0)? == rusqlite::types::ValueRef::Null { None } else { Some(slug(r, 0)?) };
    let level: Option<String> = r.get(2)?;
    Ok(Survey {
        id: count(r.get(4)?),
        service,
        choice: slug(r, 1)?,
        level: level.map(|l| read_level(&l)).transpose()?,
        words: words(r, 5)?,
        at: Time(r.get(3)?),
        closed: r.get::<_, i64>(6)? != 0,
        report: r.get::<_, Option<[u8; 16]>>(7)?.map(|id| ReportId(uuid::Uuid::from_bytes(id))),
    })
}

fn read_level(word: &str) -> rusqlite::Result<Level> {
    let unknown = || allclear_model::ParseError::new("level", format!("{word:?} is not a level"));
    Level::ALL.into_iter().find(|l| l.as_str() == word).ok_or_else(|| wrong(2, Type::Text, unknown()))
}
