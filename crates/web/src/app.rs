//! One request from its head to its answer: first from memory, else by the table of routes.

use crate::body::{self, Media};
use crate::cold::{Cold, moved};
use crate::config::{BaseUrl, WebConfig};
use crate::forms::Arrived;
use crate::forms::report::IDEMPOTENCY_KEY;
use crate::headers;
use crate::hot::{CountVisit, Hot};
use crate::origin;
use crate::payload::{Answer, Payload};
use crate::problem::{Problem, Refused, wants_json};
use crate::routes::{Route, ServicePart, decode};
use crate::server::{Handler, Reply};
use crate::turn::Turn;
use crate::unserved::Unserved;
use allclear_engine::agents::protocol::BATCH_BYTES;
use allclear_engine::view::{ServiceView, SiteView};
use allclear_engine::{EngineError, Handles};
use allclear_model::Slug;
use allclear_model::redact::beginning;
use allclear_model::words::problems::{self as words, NotNow, ProblemKind};
use futures_util::FutureExt;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::Body;
use hyper::body::Incoming;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::SemaphorePermit;
use tokio_util::sync::CancellationToken;

/// The site as a server's handler. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    hot: Hot,
    cold: Cold,
    base: BaseUrl,
    trusted: Vec<ipnet::IpNet>,
    body_timeout: Duration,
    cold_timeout: Duration,
    stop: CancellationToken,
    /// Pages that are written for one reader and not read from the archive: refusals, forms, results of a search.
    pages: Turn,
    /// Redacting what people write.
    texts: Turn,
    /// Refusals for programs.
    refusals: Turn,
}

/// Longest "did you mean" list.
const NEAREST: usize = 5;

impl App {
    /// The site over a running engine. Live streams end when `stop` is cancelled.
    pub fn new(cfg: &WebConfig, handles: &Handles, stop: CancellationToken) -> App {
        let visits = handles.intake.clone();
        App::counting(cfg, handles, stop, Arc::new(move |slug, from| visits.visit(slug, from)))
    }

    /// As [`App::new`], with page views counted by `visit`.
    pub(crate) fn counting(cfg: &WebConfig, handles: &Handles, stop: CancellationToken, visit: CountVisit) -> App {
        let hot = Hot::new(cfg, handles.site.clone(), visit);
        let cold =
            Cold::new(handles.intake.clone(), handles.archive.clone(), handles.admin.clone(), handles.agents.clone());
        App {
            inner: Arc::new(Inner {
                hot,
                cold,
                base: cfg.base_url.clone(),
                trusted: cfg.trusted_proxies.clone(),
                body_timeout: cfg.body_timeout,
                cold_timeout: cfg.cold_timeout,
                stop,
                pages: Turn::heavy(),
                texts: Turn::heavy(),
                refusals: Turn::light(),
            }),
        }
    }

    /// The part that answers from memory.
    pub fn hot(&self) -> &Hot {
        &self.inner.hot
    }

    pub(crate) fn cold(&self) -> &Cold {
        &self.inner.cold
    }

    /// Waits until a page may be written for one reader alone, but not for ever.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Refused> {
        let turn = self.inner.pages.wait_at_most(self.inner.cold_timeout).await;
        turn.ok_or_else(|| {
            let mut busy = Problem::of_engine(EngineError::not_now(NotNow::Busy));
            busy.turnless = true;
            busy
        })
    }

    /// Waits until what somebody wrote may be redacted, if it is anything.
    pub(crate) async fn turn_of(&self, written: &[&str]) -> Result<Option<SemaphorePermit<'_>>, Refused> {
        if written.iter().all(|text| text.is_empty()) {
            return Ok(None);
        }
        let turn = self.inner.texts.wait_at_most(self.inner.cold_timeout).await;
        turn.map(Some).ok_or_else(|| Problem::of_engine(EngineError::not_now(NotNow::Busy)))
    }

    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.inner.stop
    }

    /// The path below the base path; `None` for an address that is not ours.
    fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(self.inner.base.path())?;
        match rest {
            "" => Some("/"),
            r if r.starts_with('/') => Some(r),
            _ => None,
        }
    }

    /// Answers from memory, if it can.
    fn hot_answer<B>(&self, req: &Request<B>) -> Option<Answer> {
        let path = self.below(req.uri().path())?;
        let route = Route::parse(path)?;
        match route {
            Route::Asset => self.inner.hot.asset(path, req.method(), req.headers()).filter(|_| is_read(req.method())),
            _ => self.inner.hot.answer(&route, req.method(), req.uri().query(), req.headers()),
        }
    }

    /// The refusal of a report or vote for its rate, from its head alone: a flood of them must cost little. What may be an
    /// old request again, and what shows a form again, goes the long way.
    fn limited<B>(&self, peer: IpAddr, req: &Request<B>) -> Option<Answer> {
        let (method, h) = (req.method(), req.headers());
        let path = self.below(req.uri().path()).filter(|_| *method == Method::POST)?;
        let door = Route::parse(path)?;
        if !matches!(door, Route::Service(_, ServicePart::ApiReports) | Route::ApiVotes(_))
            || !origin::may_post(h, &self.inner.base)
        {
            return None;
        }
        let intake = &self.cold().intake;
        let from = intake.origin(origin::client(peer, h, &self.inner.trusted));
        let refused = match door {
            Route::ApiVotes(_) => intake.refuses_vote(&from),
            _ => intake.refuses_report(&from, h.contains_key(IDEMPOTENCY_KEY)),
        };
        Some(Problem::of_engine(refused?).respond(&self.inner.hot.cx(), true))
    }

    /// Answers a request. Never fails: what goes wrong is an answer too.
    pub(crate) async fn cold_answer<B>(self, peer: IpAddr, req: Request<B>) -> Answer
    where
        B: Body<Data = bytes::Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (parts, body) = req.into_parts();
        let path = self.below(parts.uri.path()).unwrap_or(parts.uri.path());
        let as_json = wants_json(path, parts.headers.get(header::ACCEPT));
        let cold = self.inner.cold_timeout;
        // Each wait has a bound of its own: the body, a turn for what was written, the store's word, the archive's, a turn for
        // the page. This one is for what has none, so it is longer than their sum.
        let within = if parts.method == Method::POST { self.inner.body_timeout + 5 * cold } else { 2 * cold };
        let work = AssertUnwindSafe(self.route(peer, &parts, body)).catch_unwind();
        let answered = match tokio::time::timeout(within, work).await {
            Err(_) if parts.method == Method::POST => Err(Problem::unavailable(words::UNSURE, 10)),
            Err(_) => Err(Problem::unavailable(words::SLOW_ARCHIVE, 10)),
            Ok(Err(_)) => Ok(self.broken(as_json)),
            Ok(Ok(answered)) => answered,
        };
        let mut res = match answered {
            Ok(answer) => answer,
            Err(problem) => {
                let refusing = AssertUnwindSafe(self.refuse(problem, as_json)).catch_unwind();
                refusing.await.unwrap_or_else(|_| self.broken(as_json))
            }
        };
        if parts.method == Method::HEAD
            && let Payload::Ready(body) = res.body_mut()
        {
            let length = body.take().map_or(0, |b| b.len());
            res.headers_mut().entry(header::CONTENT_LENGTH).or_insert(HeaderValue::from(length));
        }
        res
    }

    /// The answer of a request whose handling broke off.
    fn broken(&self, as_json: bool) -> Answer {
        self.inner.hot.telemetry().panics.fetch_add(1, Ordering::Relaxed);
        Problem::new(ProblemKind::Internal, words::INTERNAL).respond(&self.inner.hot.cx(), as_json)
    }

    /// Writes a refusal, when its turn has come.
    async fn refuse(&self, mut problem: Refused, as_json: bool) -> Answer {
        if (!as_json || problem.tried.is_some())
            && !problem.turnless
            && let Ok(_turn) = self.turn().await
        {
            if let Some(tried) = &problem.tried {
                problem.nearest = self.nearest(tried);
            }
            return problem.respond(&self.inner.hot.cx(), as_json);
        }
        // Also where a page's turn did not come in time: what programs are told costs less.
        let _turn = self.inner.refusals.wait().await;
        problem.respond(&self.inner.hot.cx(), true)
    }

    async fn route<B>(&self, peer: IpAddr, parts: &Parts, body: B) -> Result<Answer, Refused>
    where
        B: Body<Data = bytes::Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let nothing = || Problem::new(ProblemKind::NotFound, words::NO_PAGE);
        let path = self.below(parts.uri.path()).ok_or_else(nothing)?;
        let query = parts.uri.query();
        let Some(route) = Route::parse(path) else {
            return self.other_spelling(path, query, &parts.method).ok_or_else(nothing);
        };
        if parts.method == Method::OPTIONS && route.is_api() {
            return Ok(preflight());
        }
        let methods = route.methods();
        let post = parts.method == Method::POST;
        let allowed = methods.allow().split(", ").any(|m| m == parts.method.as_str());
        if !allowed {
            let mut p = Problem::new(ProblemKind::MethodNotAllowed, words::methods(methods.allow()));
            p.allow = Some(methods.allow());
            return Err(p);
        }
        if post {
            return self.post(route, peer, parts, body).await;
        }
        self.get(route, path, query, parts).await
    }

    async fn get(&self, route: Route<'_>, path: &str, query: Option<&str>, parts: &Parts) -> Result<Answer, Refused> {
        let _turn = match route {
            Route::Service(_, ServicePart::Report)
            | Route::Search
            | Route::Suggest
            | Route::SuggestThanks
            | Route::Feedback
            | Route::FeedbackThanks => Some(self.turn().await?),
            _ => None,
        };
        match route {
            Route::Service(slug, part) => {
                if self.inner.hot.site().service(slug).is_none() {
                    return self.under_its_name(slug, path, query).ok_or_else(|| Self::no_service(slug));
                }
                match part {
                    ServicePart::Report => self.get_report(slug),
                    ServicePart::History => self.get_history(slug, query).await,
                    ServicePart::Reports => self.get_reports(slug, query).await,
                    ServicePart::ApiIncidents => self.api_incidents(Some(slug), query).await,
                    ServicePart::ApiReports => self.api_reports(slug, query).await,
                    ServicePart::ApiChart => self.api_chart(slug, query),
                    // Everything else of a known service is answered from memory.
                    _ => Err(Problem::new(ProblemKind::NotFound, words::NO_PAGE)),
                }
            }
            Route::Incident(slug, id) => {
                if self.inner.hot.site().service(slug).is_none() {
                    return self.under_its_name(slug, path, query).ok_or_else(|| Self::no_service(slug));
                }
                self.get_incident(slug, id).await
            }
            Route::Bundle(slug, id) => {
                if self.inner.hot.site().service(slug).is_none() {
                    return self.under_its_name(slug, path, query).ok_or_else(|| Self::no_service(slug));
                }
                self.get_bundle(slug, id).await
            }
            Route::ApiChecks(slug) => {
                if self.inner.hot.site().service(slug).is_none() {
                    return self.under_its_name(slug, path, query).ok_or_else(|| Self::no_service(slug));
                }
                self.api_checks(slug, query).await
            }
            Route::Flag(slug, id) => {
                if self.inner.hot.site().service(slug).is_none() {
                    return self.under_its_name(slug, path, query).ok_or_else(|| Self::no_service(slug));
                }
                self.get_flag(slug, id, query).await
            }
            Route::Follow(token) => self.get_follow(token, query).await,
            Route::IsDown(slug) => match self.resolve(slug) {
                Some(to) => Ok(moved(&self.inner.hot.cx(), &format!("/s/{to}"))),
                None => Err(Self::no_service(slug)),
            },
            Route::Search => Ok(self.get_search(query)),
            Route::Suggest => Ok(self.get_suggest(query)),
            Route::SuggestThanks => Ok(self.thanks(query, 'S', crate::page::suggest_thanks)),
            Route::Feedback => Ok(self.get_feedback(query)),
            Route::FeedbackThanks => Ok(self.thanks(query, 'H', crate::page::feedback_thanks)),
            Route::Status => Ok(self.get_status().await),
            Route::ApiIncident(id) => self.api_incident(id).await,
            Route::ApiAllIncidents => self.api_incidents(None, query).await,
            Route::ApiReport(id) => self.api_one_report(id).await,
            Route::ApiChallenge => Ok(self.api_challenge()),
            Route::Live => self.live(&parts.headers, query, parts.method == Method::HEAD),
            Route::ApiAgentWork => self.api_agent_work(&parts.headers, query),
            Route::Site(_)
            | Route::Category(_)
            | Route::Asset
            | Route::ApiVotes(_)
            | Route::ApiFlags(_)
            | Route::ApiAgentBatches => Err(Problem::new(ProblemKind::NotFound, words::NO_PAGE)),
        }
    }

    async fn post<B>(&self, route: Route<'_>, peer: IpAddr, parts: &Parts, body: B) -> Result<Answer, Refused>
    where
        B: Body<Data = bytes::Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        // Whoever sends something means the service, by whatever name a reader is led to it: a redirect would be followed
        // by few programs, and by some without the body.
        let own = match route {
            Route::Service(slug, _) | Route::Flag(slug, _) | Route::ApiVotes(slug)
                if self.inner.hot.site().service(slug).is_none() =>
            {
                self.resolve(slug)
            }
            _ => None,
        };
        let route = match (route, own.as_deref()) {
            (Route::Service(_, part), Some(own)) => Route::Service(own, part),
            (Route::Flag(_, id), Some(own)) => Route::Flag(own, id),
            (Route::ApiVotes(_), Some(own)) => Route::ApiVotes(own),
            (route, _) => route,
        };
        let client = origin::client(peer, &parts.headers, &self.inner.trusted);
        let within = self.inner.body_timeout;
        let h = &parts.headers;
        let ours = || {
            let cross_site = || Problem::new(ProblemKind::CrossSite, words::CROSS_SITE);
            origin::may_post(h, &self.inner.base).then_some(()).ok_or_else(cross_site)
        };
        match route {
            Route::Service(slug, ServicePart::ApiReports) => {
                ours()?;
                self.service(slug)?;
                body::expect(h, Media::Json)?;
                let text = body::read(h, body, within).await?;
                self.api_report(slug, h, &text, client).await
            }
            Route::ApiVotes(slug) => {
                ours()?;
                self.service(slug)?;
                let text = body::read(h, body, within).await?;
                if !text.is_empty() {
                    body::expect(h, Media::Json)?;
                }
                self.api_vote(slug, &text, client).await
            }
            Route::ApiAgentBatches => {
                // Nothing of the body is read before it is known who says to have sent it.
                let caller = self.agent_at_the_door(h)?;
                body::expect(h, Media::Json)?;
                let text = body::read_up_to(h, body, within, BATCH_BYTES).await?;
                self.api_agent_batch(caller, &text).await
            }
            Route::ApiFlags(id) => {
                ours()?;
                body::read(h, body, within).await?;
                self.api_flag(id, client).await
            }
            _ => {
                // Read before anything is refused, so that what was typed can be shown again.
                let arrived = Arrived::read(h, body, within, ours()).await;
                match route {
                    Route::Service(slug, ServicePart::Report) => {
                        return self.post_report(slug, h, arrived, client).await;
                    }
                    Route::Suggest => return self.post_suggest(arrived, client).await,
                    Route::Feedback => return self.post_feedback(arrived, client).await,
                    _ => {}
                }
                if let Route::Follow(token) = route {
                    return self.post_follow(token, arrived).await;
                }
                let form = arrived.taken()?;
                match route {
                    Route::Service(slug, ServicePart::Vote) => {
                        let as_json = wants_json("", h.get(header::ACCEPT));
                        self.post_vote(slug, &form, client, as_json).await
                    }
                    Route::Flag(slug, id) => self.post_flag(slug, id, &form, client).await,
                    _ => Err(Problem::new(ProblemKind::NotFound, words::NO_PAGE)),
                }
            }
        }
    }

    /// Waits for the writer's word. Without one it is not known whether anything was kept.
    pub(crate) async fn sure<T>(&self, asked: impl Future<Output = Result<T, EngineError>>) -> Result<T, Refused> {
        match tokio::time::timeout(self.inner.cold_timeout, asked).await {
            Ok(answered) => answered.map_err(Problem::of_engine),
            Err(_) => Err(Problem::unavailable(words::UNSURE, 10)),
        }
    }

    /// The pictures of a service that must exist.
    pub(crate) fn service(&self, slug: &str) -> Result<(Arc<ServiceView>, Arc<SiteView>), Refused> {
        self.inner.hot.pictures(slug).ok_or_else(|| Self::no_service(slug))
    }

    /// The slug that somebody means who writes this in an address: another case, blanks, a name, an alias.
    pub(crate) fn resolve(&self, written: &str) -> Option<String> {
        let decoded = decode(&written.replace('+', "%2B"))?;
        let mut slug = String::with_capacity(decoded.len());
        for c in decoded.trim().chars().take(100) {
            match c {
                c if c.is_alphanumeric() => slug.extend(c.to_lowercase()),
                _ if slug.is_empty() || slug.ends_with('-') => {}
                _ => slug.push('-'),
            }
        }
        let slug = slug.trim_end_matches('-');
        let site = self.inner.hot.site();
        if site.service(slug).is_some() {
            return Some(slug.to_owned());
        }
        site.names().alias(slug).filter(|s| site.service(s).is_some()).map(ToString::to_string)
    }

    /// A redirect to the same page under the service's own slug. `written` is a part of `path`.
    fn under_its_name(&self, written: &str, path: &str, query: Option<&str>) -> Option<Answer> {
        let to = self.resolve(written)?;
        if to == written {
            return None;
        }
        // Not the first place where these letters stand: `api` is a part of `/api/v1/services/api` twice.
        let at = written.as_ptr().addr().checked_sub(path.as_ptr().addr())?;
        let (front, rest) = (path.get(..at)?, path.get(at + written.len()..)?);
        Some(moved(&self.inner.hot.cx(), &with_query(&format!("{front}{to}{rest}"), query)))
    }

    /// A redirect for a path that is none, but nearly: slashes behind it.
    fn other_spelling(&self, path: &str, query: Option<&str>, method: &Method) -> Option<Answer> {
        if !is_read(method) {
            return None;
        }
        let short = path.trim_end_matches('/');
        if short.len() == path.len() {
            return None;
        }
        let short = if short.is_empty() { "/" } else { short };
        Route::parse(short)?;
        Some(moved(&self.inner.hot.cx(), &with_query(short, query)))
    }

    /// "No such service".
    fn no_service(written: &str) -> Refused {
        let tried = beginning(&decode(written).unwrap_or_else(|| written.to_owned()), 80);
        Problem::of_engine(EngineError::NoService(tried))
    }

    /// Services that may be meant by what was tried.
    fn nearest(&self, tried: &str) -> Vec<(Slug, String)> {
        let whole = self.inner.hot.site().whole();
        let near = self.inner.hot.site().names().nearest(tried, NEAREST).into_iter();
        near.filter_map(|s| whole.catalogue.services.get(&s).map(|v| (s.clone(), v.name.clone()))).collect()
    }
}

fn with_query(path: &str, query: Option<&str>) -> String {
    query.map_or_else(|| path.to_owned(), |q| format!("{path}?{q}"))
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// What scripts of other sites may do: read.
fn preflight() -> Answer {
    let mut res = Response::new(Payload::empty());
    *res.status_mut() = StatusCode::NO_CONTENT;
    let h = res.headers_mut();
    headers::secure(h, headers::Frame::Never);
    headers::open_to_all(h);
    h.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
    h.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("accept, if-none-match, last-event-id"));
    h.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    // Browsers keep it for as long as that; nobody else has a use for it.
    h.insert(header::CACHE_CONTROL, headers::NO_STORE);
    res
}

impl Handler for App {
    fn refusal(&self, why: Unserved) -> Answer {
        let problem = match why {
            Unserved::BadHead => Problem::new(ProblemKind::BadRequest, words::BAD_HEAD),
            Unserved::LongHead(limit) => Problem::new(ProblemKind::HeadTooLarge, words::head_too_large(limit)),
            Unserved::Full => Problem::unavailable(words::FULL, 5),
        };
        // Nobody knows what the other end reads; what no browser sends is answered for programs.
        problem.respond(&self.inner.hot.cx(), true)
    }

    fn call(&self, peer: IpAddr, req: Request<Incoming>) -> Reply {
        let ready = std::panic::catch_unwind(AssertUnwindSafe(|| match self.hot_answer(&req) {
            Some(answer) => Some((answer, true)),
            None => self.limited(peer, &req).map(|refusal| (refusal, false)),
        }));
        let telemetry = self.inner.hot.telemetry();
        match ready {
            Ok(Some((answer, hot))) => {
                telemetry.count(answer.status(), hot);
                if hot {
                    return Reply::Now(Some(answer));
                }
                let app = self.clone();
                Reply::Later(Box::pin(async move {
                    let inner = &app.inner;
                    let answer = body::refuse_unread(answer, req.into_body(), inner.body_timeout).await;
                    inner.refusals.wait().await;
                    answer
                }))
            }
            Ok(None) => {
                let app = self.clone();
                Reply::Later(Box::pin(async move {
                    let answer = app.clone().cold_answer(peer, req).await;
                    app.hot().telemetry().count(answer.status(), false);
                    answer
                }))
            }
            Err(_) => {
                let path = self.below(req.uri().path()).unwrap_or("/");
                let answer = self.broken(wants_json(path, req.headers().get(header::ACCEPT)));
                telemetry.count(answer.status(), false);
                Reply::Now(Some(answer))
            }
        }
    }
}
