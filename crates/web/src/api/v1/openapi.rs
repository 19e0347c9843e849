//! The description of the API, made from the types it is written with.

#![expect(
    dead_code,
    reason = "these functions only carry descriptions; the requests are answered by the table of routes"
)]

use super::types::{
    ChartNow, IncidentFull, IncidentList, NewReportBody, NewVoteBody, ProblemBody, ReceiptBody, ReportFull, ReportList,
    ServiceList, ServiceNow, UptimeList, VoteBody,
};
use crate::page::PageCx;
use utoipa::OpenApi;

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
        report,
        vote,
        one_report,
        all_incidents,
        incident,
        live
    ),
    components(schemas(ProblemBody))
)]
struct Description;

/// The description as JSON, with this site's address.
pub(crate) fn json(cx: &PageCx) -> String {
    let mut doc = Description::openapi();
    doc.servers = Some(vec![utoipa::openapi::Server::new(cx.absolute(""))]);
    doc.to_json().unwrap_or_default()
}

/// All services with their level.
#[utoipa::path(get, path = "/api/v1/services", responses((status = 200, body = ServiceList<'static>)))]
fn services() {}

/// One service: level, reasons, symptoms, last reports, related services.
#[utoipa::path(
    get, path = "/api/v1/services/{slug}", params(("slug" = String, Path)),
    responses((status = 200, body = ServiceNow<'static>), (status = 404, body = ProblemBody, content_type = "application/problem+json"))
)]
fn service() {}

/// Reports in bins of 15 minutes against the usual number.
#[utoipa::path(
    get, path = "/api/v1/services/{slug}/chart",
    params(("slug" = String, Path), ("window" = Option<String>, Query, description = "`24h` (the default) or `48h`")),
    responses((status = 200, body = ChartNow), (status = 404, body = ProblemBody, content_type = "application/problem+json"))
)]
fn chart() {}

/// Uptime by month: minutes at each level, newest month first. Time at an unknown level and time not watched count neither way.
#[utoipa::path(
    get, path = "/api/v1/services/{slug}/uptime", params(("slug" = String, Path)),
    responses((status = 200, body = UptimeList), (status = 404, body = ProblemBody, content_type = "application/problem+json"))
)]
fn uptime() {}

/// Reports, newest first.
#[utoipa::path(
    get, path = "/api/v1/services/{slug}/reports",
    params(
        ("slug" = String, Path),
        ("before" = Option<String>, Query, description = "`next` of an earlier answer"),
        ("limit" = Option<u32>, Query, description = "1 to 100")
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
        ("limit" = Option<u32>, Query, description = "1 to 100")
    ),
    responses((status = 200, body = IncidentList<'static>))
)]
fn incidents() {}

/// Reports a problem. Answered once the report is on disk.
#[utoipa::path(
    post, path = "/api/v1/services/{slug}/reports",
    params(
        ("slug" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same report, for 24 hours; one under 20 characters only from the same address, until 06:00 UTC of the next day at most")
    ),
    request_body = NewReportBody,
    responses(
        (status = 202, body = ReceiptBody),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json")
    )
)]
fn report() {}

/// Says "it works for me". Answered once the vote is on disk. The body may be left out.
#[utoipa::path(
    post, path = "/api/v1/services/{slug}/votes", params(("slug" = String, Path)), request_body = Option<NewVoteBody>,
    responses((status = 202, body = VoteBody), (status = 404, body = ProblemBody, content_type = "application/problem+json"))
)]
fn vote() {}

/// One report.
#[utoipa::path(
    get, path = "/api/v1/reports/{id}", params(("id" = String, Path)),
    responses((status = 200, body = ReportFull<'static>), (status = 404, body = ProblemBody, content_type = "application/problem+json"))
)]
fn one_report() {}

/// Incidents of all services, newest first.
#[utoipa::path(
    get, path = "/api/v1/incidents",
    params(
        ("before" = Option<String>, Query, description = "`next` of an earlier answer"),
        ("limit" = Option<u32>, Query, description = "1 to 100")
    ),
    responses((status = 200, body = IncidentList<'static>))
)]
fn all_incidents() {}

/// One incident with its timeline.
#[utoipa::path(
    get, path = "/api/v1/incidents/{id}", params(("id" = String, Path)),
    responses((status = 200, body = IncidentFull<'static>), (status = 404, body = ProblemBody, content_type = "application/problem+json"))
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
