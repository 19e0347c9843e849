//! What people tell us that is no signal: suggestions and answers of the feedback form.

use super::read::{slug, wrong};
use allclear_model::{Level, Slug, Time};
use allclear_ports::{Suggestion, Survey};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};

const DAY_MS: i64 = 86_400_000;

/// The same name or host on the same day (UTC) is kept once.
pub(super) fn suggest(conn: &Connection, s: &Suggestion) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO suggestion (name, host, name_key, day, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )?
    .execute(params![s.name, s.host, s.name.trim().to_lowercase(), s.at.0.div_euclid(DAY_MS), s.at.0])?;
    Ok(())
}

pub(super) fn suggestions(conn: &Connection, limit: u32) -> rusqlite::Result<Vec<Suggestion>> {
    conn.prepare_cached("SELECT name, host, at FROM suggestion ORDER BY id DESC LIMIT $1")?
        .query_map([limit], |r| Ok(Suggestion { name: r.get(0)?, host: r.get(1)?, at: Time(r.get(2)?) }))?
        .collect()
}

pub(super) fn survey(conn: &Connection, s: &Survey) -> rusqlite::Result<()> {
    let service = s.service.as_ref().map(Slug::as_str);
    conn.prepare_cached("INSERT INTO survey (service, choice, level, at) VALUES ($1, $2, $3, $4)")?
        .execute(params![service, s.choice.as_str(), s.level.map(Level::as_str), s.at.0])?;
    Ok(())
}

/// The columns of [`survey_row`].
pub(super) const SURVEY: &str = "service, choice, level, at";

pub(super) fn surveys(conn: &Connection, limit: u32) -> rusqlite::Result<Vec<Survey>> {
    conn.prepare_cached(&format!("SELECT {SURVEY} FROM survey ORDER BY id DESC LIMIT $1"))?
        .query_map([limit], survey_row)?
        .collect()
}

pub(super) fn survey_row(r: &Row<'_>) -> rusqlite::Result<Survey> {
    let service = if r.get_ref(0)? == rusqlite::types::ValueRef::Null { None } else { Some(slug(r, 0)?) };
    let level: Option<String> = r.get(2)?;
    Ok(Survey { service, choice: slug(r, 1)?, level: level.map(|l| read_level(&l)).transpose()?, at: Time(r.get(3)?) })
}

fn read_level(word: &str) -> rusqlite::Result<Level> {
    let unknown = || allclear_model::ParseError::new("level", format!("{word:?} is not a level"));
    Level::ALL.into_iter().find(|l| l.as_str() == word).ok_or_else(|| wrong(2, Type::Text, unknown()))
}
