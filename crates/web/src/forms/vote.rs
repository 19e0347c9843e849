//! "It works for me."

use super::{Form, report};
use crate::api::v1::{render, types::VoteBody};
use crate::app::App;
use crate::cold::{json, see_other};
use crate::payload::Answer;
use crate::problem::{Problem, Refused};
use http::StatusCode;
use std::net::IpAddr;

impl App {
    /// Counts a vote.
    pub(crate) async fn take_vote(&self, slug: &str, country: &str, client: IpAddr) -> Result<bool, Refused> {
        let (view, _) = self.service(slug)?;
        let country = report::country(country).map_err(|e| Problem::fields(vec![e]))?;
        let intake = &self.cold().intake;
        let vote = self.sure(intake.vote(view.service.slug.clone(), country, intake.origin(client))).await?;
        Ok(vote.counted)
    }

    /// POST `/s/{slug}/vote`: a redirect for a form, JSON for a script.
    pub(crate) async fn post_vote(
        &self,
        slug: &str,
        form: &Form,
        client: IpAddr,
        as_json: bool,
    ) -> Result<Answer, Refused> {
        let counted = self.take_vote(slug, form.get("country"), client).await?;
        if as_json {
            return Ok(json(StatusCode::ACCEPTED, render::text(&VoteBody { counted })));
        }
        Ok(see_other(&self.hot().cx(), &format!("/s/{slug}/vote")))
    }
}
