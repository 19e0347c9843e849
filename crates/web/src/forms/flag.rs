//! Flagging a text that is shown.

use super::Form;
use crate::api::v1::{render, types::FlagBody};
use crate::app::App;
use crate::cold::{html, json, see_other};
use crate::page;
use crate::payload::Answer;
use crate::problem::{Problem, Refused};
use crate::routes::parameter;
use allclear_engine::EngineError;
use allclear_model::ReportId;
use http::StatusCode;
use std::net::IpAddr;

/// Signs of a report's id that make a receipt.
const RECEIPT: usize = 8;

/// What a reader may name a flag by: the end of the report's id, which nobody else's flag of another report has.
fn receipt(id: ReportId) -> String {
    let id = id.to_string().replace('-', "");
    format!("F-{}", id.get(id.len().saturating_sub(RECEIPT)..).unwrap_or_default())
}

impl App {
    /// GET `/s/{slug}/reports/{id}/flag`: shows the text again and asks, or (`?done=1`) gives the receipt.
    pub(crate) async fn get_flag(&self, slug: &str, id: &str, query: Option<&str>) -> Result<Answer, Refused> {
        let (view, _) = self.service(slug)?;
        let id = ReportId::parse(id).map_err(|_| Problem::of_engine(EngineError::NotFound))?;
        let cx = self.hot().cx();
        if parameter(query, "done").is_some() {
            return Ok(html(StatusCode::OK, page::flag_thanks(&cx, &view.service, &receipt(id))));
        }
        let row = self.own_report(id).await?;
        let text = self.shown_text(&row).await?.filter(|_| row.service == view.service.slug);
        let text = text.ok_or_else(|| Problem::of_engine(EngineError::NotFound))?;
        Ok(html(StatusCode::OK, page::flag(&cx, &view.service, &id.to_string(), text.as_str())))
    }

    /// POST `/s/{slug}/reports/{id}/flag`.
    pub(crate) async fn post_flag(
        &self,
        slug: &str,
        id: &str,
        _form: &Form,
        client: IpAddr,
    ) -> Result<Answer, Refused> {
        let (view, _) = self.service(slug)?;
        let id = self.take_flag(id, client).await?.0;
        Ok(see_other(&self.hot().cx(), &format!("/s/{}/reports/{id}/flag?done=1", view.service.slug)))
    }

    /// POST `/api/v1/reports/{id}/flags`.
    pub(crate) async fn api_flag(&self, id: &str, client: IpAddr) -> Result<Answer, Refused> {
        let (id, counted) = self.take_flag(id, client).await?;
        Ok(json(StatusCode::ACCEPTED, render::text(&FlagBody { receipt: receipt(id), counted })))
    }

    async fn take_flag(&self, id: &str, client: IpAddr) -> Result<(ReportId, bool), Refused> {
        let id = ReportId::parse(id).map_err(|_| Problem::of_engine(EngineError::NotFound))?;
        let intake = &self.cold().intake;
        let counted = self.sure(intake.flag(id, intake.origin(client))).await?;
        Ok((id, counted))
    }
}
