//! The description of the API, made from the types it is written with.

#![expect(
    dead_code,
    reason = "these functions only carry descriptions; the requests are answered by the table of routes"
)]

use super::checks::RunList;
use super::types::{
    ChallengeBody, ChartNow, FlagBody, IncidentFull, IncidentList, NewReportBody, NewVoteBody, ProblemBody,
    ReceiptBody, ReportFull, ReportList, ServiceList, ServiceNow, UptimeList, VoteBody,
};
use crate::page::PageCx;
use crate::problem::status_of;
use crate::routes::{Route, ServicePart};
use allclear_model::words::problems::ProblemKind;
use http::StatusCode;
use utoipa::OpenApi;
use utoipa::openapi::{Content, Header, Ref, RefOr, Response, Responses};

/// What happens to services, for programs. Times are RFC 3339 in UTC. After `fresh_until` read every level as `unknown`.
/// Reading needs no key and may be done by scripts of any site; send `If-None-Match` to save bandwidth.
#[derive(OpenApi)]
#[openapi(
    info(title = "Allclear", version = "1", license(name = "Apache-2.0")),
    paths(
        services,
        service,
        chart,
        uptime,
        reports,
        incidents,
        checks,
        report,
        vote,
        one_report,
        flag,
        challenge,
        all_incidents,
        incident,
        live
    ),
    components(schemas(ProblemBody<'_>))
)]
struct Description;

/// The description as JSON, with this site's address.
pub(crate) fn json(cx: &PageCx) -> String {
    let mut doc = Description::openapi();
    for (path, item) in &mut doc.paths.paths {
        let Some(route) = Route::parse(path) else { continue };
        for (post, operation) in [(false, &mut item.get), (true, &mut item.post)] {
            if let Some(operation) = operation {
                describe_other_answers(&route, post, &mut operation.responses);
            }
        }
    }
    doc.servers = Some(vec![utoipa::openapi::Server::new(cx.absolute(""))]);
    doc.to_json().unwrap_or_default()
}

/// What an operation can refuse with.
fn refusals(route: &Route<'_>, post: bool) -> Vec<ProblemKind> {
    use ProblemKind as P;
    // Every address: a head that is no HTTP or too long, another method, a fault of ours, a full house.
    let mut kinds = vec![P::BadRequest, P::MethodNotAllowed, P::HeadTooLarge, P::Internal, P::Unavailable];
    match route {
        Route::Service(..) | Route::ApiVotes(_) | Route::ApiChecks(_) | Route::Live => kinds.push(P::NoService),
        Route::ApiIncident(_) | Route::ApiReport(_) | Route::ApiFlags(_) => kinds.push(P::NoSuchThing),
        _ => {}
    }
    if post {
        kinds.extend([P::CrossSite, P::Timeout, P::TooLarge, P::TooMany]);
    }
    // A flag says nothing but itself.
    if post && !matches!(route, Route::ApiFlags(_)) {
        kinds.extend([P::UnsupportedMedia, P::Invalid]);
    }
    if post && matches!(route, Route::Service(_, ServicePart::ApiReports)) {
        kinds.push(P::KeyReused);
    }
    kinds
}

/// Adds every status that an operation can answer beside its success.
fn describe_other_answers(route: &Route<'_>, post: bool, responses: &mut Responses) {
    let mut add = |status: StatusCode, response: Response| {
        responses.responses.insert(status.as_str().to_owned(), RefOr::T(response));
    };
    for kind in refusals(route, post) {
        let body = Content::builder().schema(Some(Ref::from_schema_name("ProblemBody"))).build();
        let mut response = Response::builder().description(kind.title()).content("application/problem+json", body);
        if matches!(kind, ProblemKind::TooMany | ProblemKind::Unavailable) {
            let seconds = Header::builder().description(Some("Seconds after which trying again makes sense")).build();
            response = response.header("Retry-After", seconds);
        }
        add(status_of(kind), response.build());
    }
    if !post && matches!(route, Route::Service(..) | Route::ApiChecks(_)) {
        let said = "The service has another slug; the same document is at `Location`";
        add(StatusCode::MOVED_PERMANENTLY, Response::builder().description(said).build());
    }
    // What is served from memory has a tag.
    if !post && matches!(route, Route::Service(..) | Route::Site(_)) {
        let said = "Nothing has changed since the document whose tag was sent as `If-None-Match`";
        add(StatusCode::NOT_MODIFIED, Response::builder().description(said).build());
    }
}

/// All services with their level.
#[utoipa::path(get, path = "/api/v1/services", responses((status = 200, body = ServiceList<'static>)))]
fn services() {}

/// One service: level, reasons, symptoms, last reports, related services.
#[utoipa::path(
    get, path = "/api/v1/services/{slug}", params(("slug" = String, Path)),
    responses((status = 200, body = ServiceNow<'static>))
)]
fn service() {}

/// Reports in bins of 15 minutes against the usual number.
#[utoipa::path(
    get, path = "/api/v1/services/{slug}/chart",
    params(
        ("slug" = String, Path),
        ("window" = Option<String>, Query, pattern = "^(24h|48h)$", description = "`24h` (the default) or `48h`")
    ),
    responses((status = 200, body = ChartNow))
)]
fn chart() {}

/// Uptime by month: minutes at each level, newest month first. Time at an unknown level and time not watched count neither way.
#[utoipa::path(
    get, path = "/api/v1/services/{slug}/uptime", params(("slug" = String, Path)),
    responses((status = 200, body = UptimeList))
)]
fn uptime() {}

/// Reports, newest first.
#[utoipa::path(
    get, path = "/api/v1/services/{slug}/reports",
    params(
        ("slug" = String, Path),
        ("before" = Option<String>, Query, description = "`next` of an earlier answer"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "1 to 100")
    ),
    responses((status = 200, body = ReportList<'static>))
)]
fn reports() {}

/// Incidents of a service, newest first.
#[utoipa::path(
    get, path = "/api/v1/services/{slug}/incidents",
    params(
        ("slug" = String, Path),
        ("before" = Option<String>, Query, description = "`next` of an earlier answer"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "1 to 100")
    ),
    responses((status = 200, body = IncidentList<'static>))
)]
fn incidents() {}

/// Single runs of a service's check, newest first; kept for 90 days.
#[utoipa::path(
    get, path = "/api/v1/services/{slug}/checks",
    params(
        ("slug" = String, Path),
        ("location" = Option<String>, Query, min_length = 1, max_length = 64, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$",
         description = "From there only; none: from everywhere"),
        ("from" = Option<String>, Query, format = DateTime, description = "From this instant on"),
        ("to" = Option<String>, Query, format = DateTime, description = "Before this instant"),
        ("before" = Option<String>, Query, description = "`next` of an earlier answer, with the same `location`, `from` and `to`"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "1 to 100")
    ),
    responses((status = 200, body = RunList<'static>))
)]
fn checks() {}

/// Reports a problem. Answered once the report is on disk. The slug may be any name of the service that reading is
/// redirected from (another case, an alias): what is sent is taken without a redirect.
#[utoipa::path(
    post, path = "/api/v1/services/{slug}/reports",
    params(
        ("slug" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 128, pattern = "^[!-~]+$",
         description = "The same key gives the same report, for 24 hours; one under 20 characters only from the same address, until 06:00 UTC of the next day at most")
    ),
    request_body = NewReportBody,
    responses(
        (status = 202, body = ReceiptBody)
    )
)]
fn report() {}

/// Says "it works for me". Answered once the vote is on disk. The body may be left out. The slug may be any name of the
/// service, as for reports.
#[utoipa::path(
    post, path = "/api/v1/services/{slug}/votes", params(("slug" = String, Path)), request_body = Option<NewVoteBody>,
    responses((status = 202, body = VoteBody))
)]
fn vote() {}

/// One report.
#[utoipa::path(
    get, path = "/api/v1/reports/{id}", params(("id" = String, Path)),
    responses((status = 200, body = ReportFull<'static>))
)]
fn one_report() {}

/// Flags the text of a report. Enough flags hold it until a person has looked at it.
#[utoipa::path(
    post, path = "/api/v1/reports/{id}/flags", params(("id" = String, Path)),
    responses((status = 202, body = FlagBody))
)]
fn flag() {}

/// What a form sends back with a report: when it was made, and a proof of work while one is asked for.
#[utoipa::path(get, path = "/api/v1/challenge", responses((status = 200, body = ChallengeBody)))]
fn challenge() {}

/// Incidents of all services, newest first.
#[utoipa::path(
    get, path = "/api/v1/incidents",
    params(
        ("before" = Option<String>, Query, description = "`next` of an earlier answer"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "1 to 100")
    ),
    responses((status = 200, body = IncidentList<'static>))
)]
fn all_incidents() {}

/// One incident with its timeline.
#[utoipa::path(
    get, path = "/api/v1/incidents/{id}", params(("id" = String, Path)),
    responses((status = 200, body = IncidentFull<'static>))
)]
fn incident() {}

/// A stream of server-sent events: one `service` event per service now and after every change, each whole; `site` events
/// without services. A comment every 25 seconds keeps the connection open.
#[utoipa::path(
    get, path = "/api/v1/live",
    params(
        ("service" = Option<String>, Query, description = "Up to 20 slugs, separated by commas; none or `*`: the whole site"),
        ("have" = Option<String>, Query, description = "The last event's id, where `Last-Event-ID` cannot be sent")
    ),
    responses((status = 200, content_type = "text/event-stream", body = String))
)]
fn live() {}
