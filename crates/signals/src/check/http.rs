//! An HTTP check: one request, its redirects, what must hold, and whether something before the service turned us away.

use super::{Checker, Seen, blocked, judged, total};
use crate::dial::{Failure, Progress, Request, Target};
use allclear_model::Time;
use allclear_model::check::{Family, HttpCheck, HttpFacts, Observed, Outcome, Reason};
use tokio::time::Instant;

impl Checker {
    pub(super) async fn http(
        &self,
        check: &HttpCheck,
        family: Option<Family>,
        now: Time,
        progress: &mut Progress,
    ) -> Result<Seen, Failure> {
        let start = Instant::now();
        let request = Request {
            target: Target::parse(&check.url)?,
            method: check.method,
            headers: &check.headers,
            redirects: check.redirects,
            max_body: check.max_body as usize,
            named_port: true,
            family,
        };
        let answer = self.dialer.ask(&request, now, progress).await?;
        let http = HttpFacts {
            version: answer.version,
            status: answer.status,
            redirected_to: (answer.hops > 0).then(|| answer.target.shown()),
        };
        let seen = Observed {
            status: Some(answer.status),
            headers: &answer.headers,
            body: Some(&answer.body),
            cut: answer.cut,
            certificate_days: progress.certificate.as_ref().map(|c| c.days_left),
            total_ms: Some(total(&progress.phases, start)),
            reply: None,
            answer: None,
        };
        let outcome = match (blocked::challenge(&answer), judged(&check.conditions, &seen)) {
            (Some(wall), _) => Outcome::Blocked(wall.to_owned()),
            // A file that says which status is right knows what it asks; else being turned away says nothing about the service.
            (None, Outcome::Up) if check.conditions.iter().any(|c| c.as_str().starts_with("status ")) => Outcome::Up,
            (None, judged) => match blocked::turned_away(answer.status) {
                Some(why) => Outcome::Blocked(why.to_owned()),
                None if answer.status >= 500 && judged == Outcome::Up => {
                    Outcome::Down(Reason::new("http", format!("the status is {}", answer.status)))
                }
                None => judged,
            },
        };
        Ok(Seen { outcome, http: Some(http) })
    }
}
