//! "This is wrong", and other fixed answers about a page.

use super::{Arrived, report};
use crate::app::App;
use crate::cold::{html, see_other};
use crate::page::{self, FEEDBACK_CHOICES, FeedbackForm};
use crate::payload::Answer;
use crate::problem::{Problem, Refused};
use crate::routes::parameter;
use allclear_engine::rows::Survey;
use allclear_model::redact::beginning;
use allclear_model::words::problems as words;
use allclear_model::{Level, ReportId, Slug};
use http::StatusCode;
use std::net::IpAddr;

fn level(text: &str) -> Option<Level> {
    Level::ALL.into_iter().find(|l| l.as_str() == text)
}

impl App {
    /// GET `/feedback?service=&level=&choice=&report=`. Names that mean nothing are left out.
    pub(crate) fn get_feedback(&self, query: Option<&str>) -> Answer {
        let view = parameter(query, "service").and_then(|s| self.hot().pictures(&s));
        let form = FeedbackForm {
            report: parameter(query, "report").and_then(|id| ReportId::parse(&id).ok()),
            service: view.as_ref().map(|(v, _)| &*v.service),
            level: parameter(query, "level").and_then(|l| level(&l)),
            choice: parameter(query, "choice").filter(|c| FEEDBACK_CHOICES.contains(&c.as_str())).unwrap_or_default(),
            ..FeedbackForm::default()
        };
        html(StatusCode::OK, page::feedback(&self.hot().cx(), &form))
    }

    /// POST `/feedback`.
    pub(crate) async fn post_feedback(&self, arrived: Arrived, client: IpAddr) -> Result<Answer, Refused> {
        let Arrived { form, refused } = arrived;
        let view = match form.get("service") {
            "" => None,
            slug => Some(self.service(slug)?.0),
        };
        let choice = form.get("choice");
        let known = FEEDBACK_CHOICES.contains(&choice).then(|| Slug::parse(choice).ok()).flatten();
        let shown = match form.get("level") {
            "" => None,
            word => Some(level(word).ok_or_else(|| Problem::field("level", words::NO_LEVEL))?),
        };
        // Of a report it is only said which; what is none is none.
        let about = ReportId::parse(form.get("report")).ok();
        let taken = async {
            refused.map_or(Ok(()), Err)?;
            let choice = known.ok_or_else(|| Problem::field("choice", words::CHOOSE_ONE))?;
            let typed = form.get("words");
            report::too_long("words", typed).map_or(Ok(()), |e| Err(Problem::fields(vec![e])))?;
            let now = self.hot().site().now();
            let network = self.cold().intake.origin(client).network.today;
            self.cold().sparing.room(network, now)?;
            let turn = self.turn_of(&[typed]).await?;
            let words = report::text("words", typed)?;
            drop(turn);
            self.cold().sparing.take(network, now)?;
            let service = view.as_ref().map(|v| v.service.slug.clone());
            let survey = Survey { id: 0, service, choice, level: shown, words, report: about, at: now, closed: false };
            self.cold().archive.survey(&survey).await.map_err(Problem::of_engine)
        };
        match taken.await {
            Ok(number) => Ok(see_other(&self.hot().cx(), &format!("/feedback/thanks?n={number}"))),
            Err(problem) => {
                let _turn = self.turn().await?;
                let form = FeedbackForm {
                    service: view.as_ref().map(|v| &*v.service),
                    level: shown,
                    report: about,
                    choice: beginning(choice, 64),
                    words: beginning(form.get("words"), 2000),
                    errors: problem.for_a_form(),
                };
                Ok(problem.on_a_page(page::feedback(&self.hot().cx(), &form)))
            }
        }
    }
}
