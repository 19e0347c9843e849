//! The one table of addresses. Hot and cold serving, `Allow`, and the tests that walk every route all read it.

use crate::problem::{Problem, Refused};
use allclear_model::words::problems::{self as words, ProblemKind};

/// What an address below the base path means. Texts are slices of the path and not checked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// A page of the whole site.
    Site(SitePart),
    /// Something of one service.
    Service(&'a str, ServicePart),
    /// `/s/{slug}/incidents/{id}`.
    Incident(&'a str, &'a str),
    /// `/s/{slug}/incidents/{id}/bundle.jsonl`.
    Bundle(&'a str, &'a str),
    /// `/s/{slug}/reports/{id}/flag`.
    Flag(&'a str, &'a str),
    /// `/c/{category}`.
    Category(&'a str),
    /// `/assets/…`, `/favicon.*`.
    Asset,
    /// `/r/{token}`.
    Follow(&'a str),
    /// `/is-{slug}-down`.
    IsDown(&'a str),
    /// `/search`.
    Search,
    /// `/suggest`, `/feedback` and the thanks after them.
    Suggest,
    SuggestThanks,
    Feedback,
    FeedbackThanks,
    /// `/status`.
    Status,
    /// `/api/v1/incidents/{id}`.
    ApiIncident(&'a str),
    /// `/api/v1/incidents`.
    ApiAllIncidents,
    /// `/api/v1/reports/{id}`.
    ApiReport(&'a str),
    /// `/api/v1/reports/{id}/flags`.
    ApiFlags(&'a str),
    /// `/api/v1/challenge`.
    ApiChallenge,
    /// `/api/v1/services/{slug}/votes`.
    ApiVotes(&'a str),
    /// `/api/v1/services/{slug}/checks`.
    ApiChecks(&'a str),
    /// `/api/v1/live`.
    Live,
    /// `/api/v1/agents/work`.
    ApiAgentWork,
    /// `/api/v1/agents/batches`.
    ApiAgentBatches,
}

/// Documents of the whole site that depend on nothing but its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SitePart {
    Home,
    Privacy,
    Terms,
    Contact,
    How,
    ApiReference,
    Robots,
    Sitemap,
    Manifest,
    SecurityTxt,
    SearchIndex,
    ApiServices,
    OpenApi,
}

/// Documents and doors of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ServicePart {
    Page,
    Report,
    Vote,
    History,
    Guide,
    Reports,
    Feed,
    Badge,
    Embed,
    Summary,
    ApiOne,
    ApiChart,
    /// The same over 48 hours: a window of [`ServicePart::ApiChart`], not an address.
    ApiChartLong,
    ApiUptime,
    ApiIncidents,
    ApiReports,
}

/// Methods an address takes; `HEAD` always comes with `GET`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Methods {
    Get,
    Post,
    Both,
}

impl Methods {
    /// The value of `Allow`.
    pub(crate) fn allow(self) -> &'static str {
        match self {
            Methods::Get => "GET, HEAD",
            Methods::Post => "POST",
            Methods::Both => "GET, HEAD, POST",
        }
    }
}

impl<'a> Route<'a> {
    /// Reads a path below the base path; it begins with a slash.
    pub(crate) fn parse(path: &'a str) -> Option<Route<'a>> {
        if let Some(rest) = path.strip_prefix("/s/") {
            return Route::service(rest);
        }
        if let Some(rest) = path.strip_prefix("/api/") {
            return Route::api(rest);
        }
        let site = match path {
            "/" => SitePart::Home,
            "/privacy" => SitePart::Privacy,
            "/terms" => SitePart::Terms,
            "/contact" => SitePart::Contact,
            "/how" => SitePart::How,
            "/api" => SitePart::ApiReference,
            "/robots.txt" => SitePart::Robots,
            "/sitemap.xml" => SitePart::Sitemap,
            "/site.webmanifest" => SitePart::Manifest,
            "/.well-known/security.txt" => SitePart::SecurityTxt,
            "/search.json" => SitePart::SearchIndex,
            "/search" => return Some(Route::Search),
            "/suggest" => return Some(Route::Suggest),
            "/suggest/thanks" => return Some(Route::SuggestThanks),
            "/feedback" => return Some(Route::Feedback),
            "/feedback/thanks" => return Some(Route::FeedbackThanks),
            "/status" => return Some(Route::Status),
            _ => {
                let one = |rest: &'a str| (!rest.is_empty() && !rest.contains('/')).then_some(rest);
                if path.starts_with("/assets/") || path.starts_with("/favicon.") {
                    return Some(Route::Asset);
                }
                if let Some(rest) = path.strip_prefix("/c/") {
                    return one(rest).map(Route::Category);
                }
                if let Some(rest) = path.strip_prefix("/r/") {
                    return one(rest).map(Route::Follow);
                }
                let slug = path.strip_prefix("/is-")?.strip_suffix("-down")?;
                return one(slug).map(Route::IsDown);
            }
        };
        Some(Route::Site(site))
    }

    fn service(rest: &'a str) -> Option<Route<'a>> {
        let Some((slug, part)) = rest.split_once('/') else {
            return (!rest.is_empty()).then_some(Route::Service(rest, ServicePart::Page));
        };
        if slug.is_empty() {
            return None;
        }
        let part = match part {
            "report" => ServicePart::Report,
            "vote" => ServicePart::Vote,
            "history" => ServicePart::History,
            "guide" => ServicePart::Guide,
            "reports" => ServicePart::Reports,
            "feed.atom" => ServicePart::Feed,
            "badge.svg" => ServicePart::Badge,
            "embed" => ServicePart::Embed,
            "api/v2/summary.json" => ServicePart::Summary,
            _ => {
                if let Some(id) = part.strip_prefix("reports/") {
                    let id = id.strip_suffix("/flag")?;
                    return (!id.is_empty() && !id.contains('/')).then_some(Route::Flag(slug, id));
                }
                let id = part.strip_prefix("incidents/")?;
                if let Some(id) = id.strip_suffix("/bundle.jsonl") {
                    return (!id.is_empty() && !id.contains('/')).then_some(Route::Bundle(slug, id));
                }
                return (!id.is_empty() && !id.contains('/')).then_some(Route::Incident(slug, id));
            }
        };
        Some(Route::Service(slug, part))
    }

    fn api(rest: &'a str) -> Option<Route<'a>> {
        let rest = rest.strip_prefix("v1/")?;
        match rest {
            "services" => return Some(Route::Site(SitePart::ApiServices)),
            "openapi.json" => return Some(Route::Site(SitePart::OpenApi)),
            "live" => return Some(Route::Live),
            "challenge" => return Some(Route::ApiChallenge),
            "incidents" => return Some(Route::ApiAllIncidents),
            "agents/work" => return Some(Route::ApiAgentWork),
            "agents/batches" => return Some(Route::ApiAgentBatches),
            _ => {}
        }
        let (what, rest) = rest.split_once('/')?;
        let plain = !rest.is_empty() && !rest.contains('/');
        match what {
            "incidents" => return plain.then_some(Route::ApiIncident(rest)),
            "reports" => {
                let flags = rest.strip_suffix("/flags").filter(|id| !id.is_empty() && !id.contains('/'));
                return flags.map(Route::ApiFlags).or_else(|| plain.then_some(Route::ApiReport(rest)));
            }
            "services" => {}
            _ => return None,
        }
        let (slug, part) = match rest.split_once('/') {
            None => (rest, ServicePart::ApiOne),
            Some((slug, "chart")) => (slug, ServicePart::ApiChart),
            Some((slug, "uptime")) => (slug, ServicePart::ApiUptime),
            Some((slug, "incidents")) => (slug, ServicePart::ApiIncidents),
            Some((slug, "reports")) => (slug, ServicePart::ApiReports),
            Some((slug, "checks")) => return (!slug.is_empty()).then_some(Route::ApiChecks(slug)),
            Some((slug, "votes")) => return (!slug.is_empty()).then_some(Route::ApiVotes(slug)),
            Some(_) => return None,
        };
        (!slug.is_empty()).then_some(Route::Service(slug, part))
    }

    /// Which methods the address takes.
    pub(crate) fn methods(&self) -> Methods {
        match self {
            Route::ApiVotes(_) | Route::ApiFlags(_) | Route::ApiAgentBatches => Methods::Post,
            Route::Service(_, ServicePart::Report | ServicePart::Vote | ServicePart::ApiReports)
            | Route::Follow(_)
            | Route::Flag(..)
            | Route::Suggest
            | Route::Feedback => Methods::Both,
            _ => Methods::Get,
        }
    }

    /// True for addresses of the API that scripts of any site may read.
    pub(crate) fn is_api(&self) -> bool {
        match self {
            Route::Service(_, p) => p.is_api(),
            Route::Site(p) => matches!(p, SitePart::ApiServices | SitePart::OpenApi),
            Route::Bundle(..)
            | Route::ApiIncident(_)
            | Route::ApiAllIncidents
            | Route::ApiReport(_)
            | Route::ApiVotes(_)
            | Route::ApiChecks(_)
            | Route::ApiFlags(_)
            | Route::ApiChallenge
            | Route::Live => true,
            _ => false,
        }
    }

    /// One address of every route, for tests that walk them all. `SLUG`, `ID`, `TOKEN`, `CATEGORY` stand for real ones.
    #[cfg(test)]
    pub(crate) const EVERY: &'static [&'static str] = &[
        "/",
        "/privacy",
        "/terms",
        "/contact",
        "/how",
        "/api",
        "/robots.txt",
        "/sitemap.xml",
        "/site.webmanifest",
        "/.well-known/security.txt",
        "/search.json",
        "/search",
        "/suggest",
        "/suggest/thanks",
        "/feedback",
        "/feedback/thanks",
        "/status",
        "/favicon.svg",
        "/favicon.ico",
        "/assets/none/none.css",
        "/c/CATEGORY",
        "/r/TOKEN",
        "/is-SLUG-down",
        "/s/SLUG",
        "/s/SLUG/report",
        "/s/SLUG/vote",
        "/s/SLUG/history",
        "/s/SLUG/guide",
        "/s/SLUG/reports",
        "/s/SLUG/feed.atom",
        "/s/SLUG/badge.svg",
        "/s/SLUG/embed",
        "/s/SLUG/api/v2/summary.json",
        "/s/SLUG/incidents/ID",
        "/s/SLUG/incidents/ID/bundle.jsonl",
        "/s/SLUG/reports/ID/flag",
        "/api/v1/services",
        "/api/v1/openapi.json",
        "/api/v1/live",
        "/api/v1/incidents",
        "/api/v1/incidents/ID",
        "/api/v1/reports/ID",
        "/api/v1/reports/ID/flags",
        "/api/v1/challenge",
        "/api/v1/agents/work",
        "/api/v1/agents/batches",
        "/api/v1/services/SLUG",
        "/api/v1/services/SLUG/chart",
        "/api/v1/services/SLUG/uptime",
        "/api/v1/services/SLUG/incidents",
        "/api/v1/services/SLUG/reports",
        "/api/v1/services/SLUG/checks",
        "/api/v1/services/SLUG/votes",
    ];
}

impl ServicePart {
    /// True for JSON that scripts of any site may read, and for what is made to be shown elsewhere.
    pub(crate) fn is_api(self) -> bool {
        matches!(
            self,
            ServicePart::Summary
                | ServicePart::ApiOne
                | ServicePart::ApiChart
                | ServicePart::ApiChartLong
                | ServicePart::ApiUptime
                | ServicePart::ApiIncidents
                | ServicePart::ApiReports
        )
    }
}

/// Walks `name=value` pairs of a query or a form body without decoding them.
pub(crate) fn raw_pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('&').filter(|p| !p.is_empty()).map(|p| p.split_once('=').unwrap_or((p, "")))
}

/// The first value of a query parameter, decoded; `None` when it is absent or no UTF-8.
pub(crate) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let (_, raw) = raw_pairs(query?).find(|(n, _)| *n == name)?;
    decode(raw)
}

/// As [`parameter`], but refuses what is no UTF-8 or stands there twice: `allowed` says what it must be.
pub(crate) fn strict_parameter(query: Option<&str>, name: &str, allowed: &str) -> Result<Option<String>, Refused> {
    let bad = || Problem::new(ProblemKind::BadRequest, words::bad_parameter(name, allowed));
    let mut all = raw_pairs(query.unwrap_or_default()).filter(|(n, _)| *n == name);
    let Some((_, raw)) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(Problem::new(ProblemKind::BadRequest, words::parameter_twice(name)));
    }
    decode(raw).map(Some).ok_or_else(bad)
}

/// Undoes `+` and percent signs of a form value; `None` when an escape is broken or the result is no UTF-8.
pub(crate) fn decode(raw: &str) -> Option<String> {
    let bytes = raw.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'+' => out.push(b' '),
            b'%' => {
                let hex = |c: &u8| char::from(*c).to_digit(16).and_then(|d| u8::try_from(d).ok());
                let (hi, lo) = (bytes.get(i + 1).and_then(hex)?, bytes.get(i + 2).and_then(hex)?);
                out.push(hi << 4 | lo);
                i += 2;
            }
            c => out.push(c),
        }
        i += 1;
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_in_the_list_is_a_route_and_a_slash_behind_it_is_none() {
        for path in Route::EVERY {
            assert!(Route::parse(path).is_some(), "{path}");
            let behind = format!("{path}/");
            let asset = path.starts_with("/assets/") || path.starts_with("/favicon.");
            assert!(asset || Route::parse(&behind).is_none(), "{behind}");
        }
        for bad in [
            "",
            "x",
            "//",
            "/s/",
            "/s//report",
            "/c/",
            "/c/a/b",
            "/is--down",
            "/api/v2/services",
            "/api/v1/services/a/b/c",
        ] {
            assert_eq!(Route::parse(bad), None, "{bad}");
        }
    }

    /// The kinds of addresses, and which of them a route is; the compiler knows whether one is missing.
    macro_rules! kinds {
        ($($kind:pat),* $(,)?) => {
            const KINDS: &[&str] = &[$(stringify!($kind)),*];
            fn kind(route: &Route<'_>) -> &'static str {
                match route {
                    $($kind => stringify!($kind),)*
                }
            }
        };
    }

    kinds! {
        Route::Site(SitePart::Home),
        Route::Site(SitePart::Privacy),
        Route::Site(SitePart::Terms),
        Route::Site(SitePart::Contact),
        Route::Site(SitePart::How),
        Route::Site(SitePart::ApiReference),
        Route::Site(SitePart::Robots),
        Route::Site(SitePart::Sitemap),
        Route::Site(SitePart::Manifest),
        Route::Site(SitePart::SecurityTxt),
        Route::Site(SitePart::SearchIndex),
        Route::Site(SitePart::ApiServices),
        Route::Site(SitePart::OpenApi),
        Route::Service(_, ServicePart::Page),
        Route::Service(_, ServicePart::Report),
        Route::Service(_, ServicePart::Vote),
        Route::Service(_, ServicePart::History),
        Route::Service(_, ServicePart::Guide),
        Route::Service(_, ServicePart::Reports),
        Route::Service(_, ServicePart::Feed),
        Route::Service(_, ServicePart::Badge),
        Route::Service(_, ServicePart::Embed),
        Route::Service(_, ServicePart::Summary),
        Route::Service(_, ServicePart::ApiOne),
        // The longer window has the same address.
        Route::Service(_, ServicePart::ApiChart | ServicePart::ApiChartLong),
        Route::Service(_, ServicePart::ApiUptime),
        Route::Service(_, ServicePart::ApiIncidents),
        Route::Service(_, ServicePart::ApiReports),
        Route::Incident(..),
        Route::Bundle(..),
        Route::Flag(..),
        Route::Category(_),
        Route::Asset,
        Route::Follow(_),
        Route::IsDown(_),
        Route::Search,
        Route::Suggest,
        Route::SuggestThanks,
        Route::Feedback,
        Route::FeedbackThanks,
        Route::Status,
        Route::ApiIncident(_),
        Route::ApiAllIncidents,
        Route::ApiReport(_),
        Route::ApiFlags(_),
        Route::ApiChallenge,
        Route::ApiVotes(_),
        Route::ApiChecks(_),
        Route::Live,
        Route::ApiAgentWork,
        Route::ApiAgentBatches,
    }

    #[test]
    fn the_list_has_an_address_of_every_route() {
        let listed: Vec<_> = Route::EVERY.iter().filter_map(|p| Route::parse(p)).map(|r| kind(&r)).collect();
        for kind in KINDS {
            assert!(listed.contains(kind), "{kind}");
        }
    }

    #[test]
    fn escapes_are_undone_or_refused() {
        assert_eq!(decode("a+b%20c%C3%A4").as_deref(), Some("a b cä"));
        for bad in ["%", "%4", "%zz", "%ff", "a%C3"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
