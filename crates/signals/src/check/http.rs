//! An HTTP check: one request, its redirects, what must hold, and whether something before the service turned us away.

use super::{Checker, Seen, blocked, judged};
use crate::dial::{Failure, Progress, Request, Target, Way, ms};
use crate::manners::beside;
use allclear_model::Time;
use allclear_model::check::{Condition, HttpCheck, HttpFacts, Observed, Outcome, Reason};
use tokio::time::Instant;

impl Checker {
    pub(super) async fn http(
        &self,
        check: &HttpCheck,
        way: Way,
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
            polite: self.polite,
            until: &check.conditions,
            way,
            keep: check.keep,
        };
        let answer = self.dialer.ask(&request, now, progress).await?;
        let beside = beside(&answer, now.plus_ms(ms(start) as i64));
        let http = HttpFacts {
            version: answer.version,
            status: answer.status,
            redirected_to: (answer.hops > 0).then(|| answer.target.shown()),
        };
        let events = answer.events();
        let seen = Observed {
            status: Some(answer.status),
            headers: &answer.headers,
            body: Some(&answer.body),
            events: events.as_deref(),
            cut: answer.cut,
            certificate_days: progress.certificate.as_ref().map(|c| c.days_left),
            total_ms: Some(ms(start) - progress.aside),
            reply: None,
            answer: None,
        };
        let unread = answer.coding.as_ref().filter(|_| check.conditions.iter().any(Condition::needs_body));
        let of_connection = check.conditions.iter().filter(|c| c.is_of_the_connection());
        let outcome =
            match (judged(of_connection, &seen), blocked::challenge(&answer), judged(&check.conditions, &seen)) {
                // What a certificate lacks it lacks whoever answers.
                (down @ Outcome::Down(_), ..) => down,
                (_, Some(wall), _) => Outcome::Blocked(Reason::new("wall", wall)),
                (_, None, Outcome::Down(_)) if unread.is_some() => {
                    let coding = unread.map_or("", String::as_str);
                    let said =
                        format!("the answer is compressed as {coding:?}, which we did not ask for and cannot read");
                    Outcome::Inconclusive(Reason::new("unreadable", said))
                }
                // A file that names this status as right knows what it asks; else being turned away says nothing about the service.
                (.., Outcome::Up) if check.conditions.iter().any(|c| c.names_status(answer.status)) => Outcome::Up,
                (_, None, judged) => match blocked::turned_away(answer.status) {
                    Some(why) => Outcome::Blocked(Reason::new("wall", why)),
                    None if !(200..500).contains(&answer.status) && judged == Outcome::Up => {
                        Outcome::Down(Reason::new("http", format!("the status is {}", answer.status)))
                    }
                    None => judged,
                },
            };
        if let (true, false, Some(address)) = (check.keep, outcome == Outcome::Up, progress.address) {
            self.dialer.let_go(&request.target, address);
        }
        Ok(Seen { outcome, http: Some(http), beside })
    }
}
