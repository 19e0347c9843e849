//! One's own report behind its secret link: thanks right after it was sent, follow, amend, withdraw.

use super::report::{self, Sent};
use super::{Arrived, Form};
use crate::app::App;
use crate::cold::{html, see_other};
use crate::page::{self, Follow, Thanks};
use crate::payload::Answer;
use crate::problem::{Problem, Refused};
use crate::routes::parameter;
use allclear_engine::EngineError;
use allclear_engine::intake::SHOWN_WITHIN_S;
use allclear_engine::rows::ReportRow;
use allclear_model::time::MINUTE_MS;
use allclear_model::{FreeText, ReportId, TextState, Time};
use http::StatusCode;

/// The instant in a version 7 id, and so when the report was accepted.
fn minted(id: ReportId) -> Time {
    let (s, ns) = id.0.get_timestamp().map_or((0, 0), |t| t.to_unix());
    Time(i64::try_from(s).unwrap_or(0) * 1000 + i64::from(ns / 1_000_000))
}

impl App {
    /// GET `/r/{token}`. Right after sending (`?new=SLUG`) it needs no archive.
    pub(crate) async fn get_follow(&self, token: &str, query: Option<&str>) -> Result<Answer, Refused> {
        let cx = self.hot().cx();
        let id = self.cold().intake.follow(token).ok_or_else(|| Problem::of_engine(EngineError::NotFound))?;
        let new = parameter(query, "new").and_then(|slug| self.hot().pictures(&slug));
        if let Some((view, _)) = new {
            let counted = match parameter(query, "counted").as_deref() {
                Some("1") => Some(true),
                Some("0") => Some(false),
                _ => None,
            };
            let shown_by = minted(id).plus_s(SHOWN_WITHIN_S);
            let text = parameter(query, "text").and_then(|t| TextState::parse(&t)).unwrap_or_default();
            let thanks = Thanks { service: &view.service, token, shown_by, counted, text };
            return Ok(html(StatusCode::OK, page::thanks(&cx, &thanks)));
        }
        let saved = parameter(query, "saved").is_some();
        Ok(html(StatusCode::OK, self.follow_page(token, id, saved, None).await?))
    }

    /// POST `/r/{token}`: `withdraw=1`, or `symptom`, `country` and perhaps `text`.
    pub(crate) async fn post_follow(&self, token: &str, arrived: Arrived) -> Result<Answer, Refused> {
        let Arrived { form, refused } = arrived;
        let cold = self.cold();
        let id = cold.intake.follow(token).ok_or_else(|| Problem::of_engine(EngineError::NotFound))?;
        let saved = || see_other(&self.hot().cx(), &format!("/r/{token}?saved=1"));
        if form.get("withdraw") == "1" {
            refused.map_or(Ok(()), Err)?;
            self.sure(cold.intake.withdraw(token)).await?;
            // The archive may learn of it later than its author reads on. Withdrawing does not need it.
            let row = self.own_report(id).await.ok();
            cold.fresh.change(id, row, |row| (row.withdrawn, row.text) = (true, TextState::None));
            return Ok(saved());
        }
        let changed = match refused {
            None => self.change(token, id, &form).await,
            Some(refused) => Err(refused),
        };
        match changed {
            Ok(()) => Ok(saved()),
            // Of a report that cannot be shown the reason is all there is to say.
            Err(problem) => match self.follow_page(token, id, false, Some((&form, &problem))).await {
                Ok(page) => Ok(problem.on_a_page(page)),
                Err(_) => Err(problem),
            },
        }
    }

    /// Changes one's own report to what a form says.
    async fn change(&self, token: &str, id: ReportId, form: &Form) -> Result<(), Refused> {
        let cold = self.cold();
        let row = self.own_report(id).await?;
        let (view, _) = self.service(&row.service)?;
        let given = Sent::of(form);
        let (symptom, country) = report::check(&view, &given).map_err(Problem::fields)?;
        let turn = self.turn_of(&[given.text]).await?;
        let text = if form.has("text") { Some(report::text("text", given.text)?) } else { None };
        drop(turn);
        // The same text again is no change, and would have to wait for a decision again.
        let before = self.own_text(&row).await?;
        let text = text.filter(|t| t.as_ref() != before.as_ref());
        let rewritten = text.is_some();
        self.sure(cold.intake.amend(token, symptom.clone(), country, text)).await?;
        if rewritten {
            // Only the archive knows what the rules said of it.
            cold.fresh.forget(id);
            self.sure(cold.admin.projected()).await
        } else {
            // Not the row as it was read before: it may have been withdrawn meanwhile.
            cold.fresh.change(id, Some(row), |row| (row.symptom, row.country) = (symptom, country));
            Ok(())
        }
    }

    /// A report, from what was accepted a moment ago or from the archive.
    pub(crate) async fn own_report(&self, id: ReportId) -> Result<ReportRow, Refused> {
        let cold = self.cold();
        let fresh = cold.fresh.get(id);
        let mut kept = cold.archive.report(id).await;
        // Why a text is not shown only the archive knows, and what came through another door. It will in a moment.
        let soon = match &fresh {
            Some(f) => !matches!(f.text, TextState::None | TextState::Shown),
            // Whoever asks for an id that was not made just now is told at once.
            None => self.hot().site().now().since_ms(id.at()).abs() < MINUTE_MS,
        };
        if matches!(kept, Ok(None)) && soon && cold.admin.projected().await.is_ok() {
            kept = cold.archive.report(id).await;
        }
        // Until the archive has it, and while it does not answer, what its author was told has to do.
        match (kept, fresh) {
            (Ok(Some(row)), Some(fresh)) => {
                Ok(ReportRow { text: row.text, reasons: row.reasons, facts: row.facts, ..fresh })
            }
            (Ok(Some(row)), None) => Ok(row),
            (_, Some(fresh)) => Ok(fresh),
            (Ok(None), None) => Err(Problem::of_engine(EngineError::NotFound)),
            (Err(e), None) => Err(Problem::of_engine(e)),
        }
    }

    /// The text of a report, where everybody may read it.
    pub(crate) async fn shown_text(&self, row: &ReportRow) -> Result<Option<FreeText>, Refused> {
        if row.withdrawn || row.text != TextState::Shown {
            return Ok(None);
        }
        Ok(self.cold().archive.texts(&[row.id]).await.map_err(Problem::of_engine)?.remove(&row.id))
    }

    /// The text of one's own report, if it still has one.
    async fn own_text(&self, row: &ReportRow) -> Result<Option<FreeText>, Refused> {
        if row.withdrawn || matches!(row.text, TextState::None | TextState::Erased) {
            return Ok(None);
        }
        let mut texts = self.cold().archive.texts(&[row.id]).await.map_err(Problem::of_engine)?;
        Ok(texts.remove(&row.id))
    }

    /// The page of one's own report; `typed` is a change that was not taken, and why.
    async fn follow_page(
        &self,
        token: &str,
        id: ReportId,
        saved: bool,
        typed: Option<(&Form, &Problem)>,
    ) -> Result<String, Refused> {
        let row = self.own_report(id).await?;
        let (view, _) = self.service(&row.service)?;
        let text = self.own_text(&row).await?;
        let _turn = if typed.is_some() { Some(self.turn().await?) } else { None };
        let typed = typed.map(|(form, problem)| Sent::of(form).again(problem.for_a_form()));
        let follow = Follow {
            service: &view.service,
            token,
            id,
            symptom: &row.symptom,
            country: row.country,
            at: row.at,
            counted: row.counted,
            withdrawn: row.withdrawn,
            state: row.text,
            reasons: &row.reasons,
            text: text.as_ref(),
            saved,
            typed: typed.as_ref(),
        };
        Ok(page::follow(&self.hot().cx(), &follow))
    }
}
