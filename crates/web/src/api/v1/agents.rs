//! The door for agents: what they are to check, and what they found. Every request is signed; the table of who may send is the engine's.

use super::handlers::object;
use crate::app::App;
use crate::cold::json;
use crate::payload::Answer;
use crate::problem::{Problem, Refused};
use crate::routes::strict_parameter;
use allclear_engine::EngineError;
use allclear_engine::agents::Caller;
use allclear_engine::agents::protocol::Batch;
use allclear_model::words::agents as words;
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;

impl App {
    /// Looks at who says to be asking, before anything else of the request is read.
    pub(crate) fn agent_at_the_door(&self, headers: &HeaderMap) -> Result<Caller, Refused> {
        let mut all = headers.get_all(header::AUTHORIZATION).iter();
        let (first, second) = (all.next(), all.next());
        if second.is_some() {
            return Err(Problem::of_engine(EngineError::NoAgent(words::SIGNED_TWICE.to_owned())));
        }
        let said = first.and_then(|v| v.to_str().ok());
        self.cold().agents.at_the_door(said).map_err(Problem::of_engine)
    }

    /// GET `/api/v1/agents/work?have=&suspect=`.
    pub(crate) fn api_agent_work(&self, headers: &HeaderMap, query: Option<&str>) -> Result<Answer, Refused> {
        let agent = self.agent_at_the_door(headers)?.asks_for_work(query).map_err(Problem::of_engine)?;
        let have = strict_parameter(query, "have", words::TAG_IS)?;
        let suspects = strict_parameter(query, "suspect", words::SUSPECTS_ARE)?.unwrap_or_default();
        Ok(private(&self.cold().agents.work(&agent, have.as_deref(), &suspects)))
    }

    /// POST `/api/v1/agents/batches`.
    pub(crate) async fn api_agent_batch(&self, caller: Caller, body: &str) -> Result<Answer, Refused> {
        let agent = caller.sends(body.as_bytes()).map_err(Problem::of_engine)?;
        let batch: Batch = object(body)?;
        let kept = self.sure(self.cold().agents.take(&agent, batch)).await?;
        Ok(private(&kept))
    }
}

/// An answer for nobody but this agent: a plan may name hosts of the operator's own.
fn private(what: &impl Serialize) -> Answer {
    // Plain data of texts and numbers always has a JSON form.
    let mut res = json(StatusCode::OK, serde_json::to_string(what).unwrap_or_default());
    res.headers_mut().remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    res
}
