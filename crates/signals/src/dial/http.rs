//! One request over HTTP, with what it redirects to: a new connection each unless one is to be kept, everything bounded.

use super::body::Awaited;
use super::failure::{Failure, Stage, io_below};
use super::link::{Link, Origin};
use super::open::{Progress, Security, Stream, Way, add, ms};
use super::target::Target;
use super::{Dialer, body};
use allclear_model::Time;
use allclear_model::check::{Condition, Method, Version};
use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, LOCATION, USER_AGENT,
};
use http_body_util::Full;
use hyper::body::Incoming;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use tokio::time::Instant;

/// Most bytes of the headers of an answer.
pub(super) const MAX_HEAD: usize = 64 * 1024;
/// Most headers of an answer.
pub(super) const MAX_HEADERS: usize = 200;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Where.
    pub target: Target,
    /// How.
    pub method: Method,
    /// Further headers; names and values that HTTP cannot carry are refused.
    pub headers: &'a [(String, String)],
    /// Most redirects that are followed; with 0 a redirect is the answer.
    pub redirects: u8,
    /// Most bytes of the body, after decompression.
    pub max_body: usize,
    /// True when the target's port stands in a file of ours; see [`super::Guard::check`].
    pub named_port: bool,
    /// True where the `robots.txt` of each origin on the way is asked for first, and obeyed.
    pub polite: bool,
    /// Of a stream of events, those conditions among these that are about an event: it is read until each holds of one.
    pub until: &'a [Condition],
    /// To which of the addresses.
    pub way: Way,
    /// True where the connection to the target itself is kept for the next request like this, and one that was kept is used. Never
    /// through a proxy, with a body, or where `way` avoids an address.
    pub keep: bool,
}

/// A request, and what is sent with it.
type Sent<'a> = (&'a Request<'a>, Option<Bytes>);

/// What is asked, where in the end, and since when.
#[derive(Clone, Copy)]
pub(super) struct Uses<'a> {
    request: &'a Request<'a>,
    target: &'a Target,
    start: Instant,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Version of HTTP.
    pub version: Version,
    /// Headers, names lower case, signs that are not UTF-8 replaced.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed, as far as it was read.
    pub body: Vec<u8>,
    /// True when it goes on.
    pub cut: bool,
    /// A coding of the body that we did not ask for and cannot undo.
    pub coding: Option<String>,
    /// Where the answer came from: another target after redirects.
    pub target: Target,
    /// Redirects that were followed.
    pub hops: u8,
}

impl Answer {
    /// Data of the events of a stream, as far as it was read; `None` when the answer is none.
    pub fn events(&self) -> Option<Vec<String>> {
        is_stream(self.header("content-type")?).then(|| {
            let events = crate::sse::Reader::default().push(&self.body).unwrap_or_default();
            events.into_iter().map(|e| e.data).collect()
        })
    }

    /// The first header of that name, lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl Dialer {
    /// Asks, follows redirects, and reads. Phases of all hops add up in `progress`. The caller sets the time limit and, when it is over,
    /// finds in `progress` what was under way.
    ///
    /// # Errors
    /// The first thing that failed.
    pub async fn ask(&self, request: &Request<'_>, now: Time, progress: &mut Progress) -> Result<Answer, Failure> {
        let mut target = request.target.clone();
        let mut hops = 0;
        if request.polite {
            self.may_fetch(&target, request.named_port, now, progress).await?;
        }
        loop {
            let mut answer = self.once((request, None), &target, now, progress).await?;
            answer.hops = hops;
            let location =
                answer.header(LOCATION.as_str()).filter(|_| matches!(answer.status, 301 | 302 | 303 | 307 | 308));
            let Some(location) = location.filter(|_| request.redirects > 0) else { return Ok(answer) };
            if hops == request.redirects {
                return Err(Failure::theirs(Stage::FirstByte, format!("more than {hops} redirects")));
            }
            let next = target.join(location)?;
            if target.secure && !next.secure {
                return Err(Failure::theirs(
                    Stage::FirstByte,
                    format!("a redirect leads from https to {}", next.shown()),
                ));
            }
            if request.polite {
                let named = request.named_port && next.same_origin(&request.target);
                self.may_fetch(&next, named, now, progress).await?;
            }
            target = next;
            hops += 1;
        }
    }

    /// Sends `body` with POST, whatever the request's method is. For a site of ours and not for strangers: no redirect is followed, for a body is meant for
    /// nobody else, and no `robots.txt` is asked for.
    ///
    /// # Errors
    /// The first thing that failed.
    pub async fn post(
        &self,
        request: &Request<'_>,
        body: Bytes,
        now: Time,
        progress: &mut Progress,
    ) -> Result<Answer, Failure> {
        self.once((request, Some(body)), &request.target, now, progress).await
    }

    async fn once(
        &self,
        sent: Sent<'_>,
        target: &Target,
        now: Time,
        progress: &mut Progress,
    ) -> Result<Answer, Failure> {
        let request = sent.0;
        let security = if target.secure { Security::Web } else { Security::Http };
        let named = request.named_port && target.same_origin(&request.target);
        if let Some(proxy) = self.proxy.as_ref().filter(|p| p.covers(&target.host, &self.guard)) {
            let stream = self.through(proxy, target, named, progress).await?;
            let stream = self.secure(stream, &target.host, security, now, progress).await?;
            return Ok(self.exchange(stream, sent, target, progress).await?.0);
        }
        let address = SocketAddr::new(self.resolve(&target.host, request.way, progress).await?, target.port);
        // What failed just now is asked over a new connection: the old one may be what failed.
        let keep =
            request.keep && sent.1.is_none() && request.way.avoid.is_none() && target.same_origin(&request.target);
        let origin = keep.then(|| (target.authority(), target.secure, address));
        // A visitor would be shown the certificate anew.
        let valid = |link: &Link| link.certificate(now).is_none_or(|c| c.days_left >= 0);
        if let Some(link) = origin.as_ref().and_then(|o| self.links.take(o)).filter(valid) {
            progress.stage = Stage::Rules;
            self.guard.check(address.ip(), address.port(), named)?;
            progress.address = Some(address.ip());
            progress.certificate = link.certificate(now);
            match self.over(link, (request, None), target, progress).await {
                Ok(answered) => return Ok(self.put_back(answered, origin)),
                // Ended while nobody used it, as servers may at any time: that says nothing (RFC 9112, 9.3.1).
                Err(e) if e.ended => progress.certificate = None,
                Err(e) => return Err(e),
            }
        }
        let stream = self.open(&target.host, address, named, security, now, progress).await?;
        Ok(self.put_back(self.exchange(stream, sent, target, progress).await?, origin))
    }

    /// Keeps the connection of an answer that was read to its end, where that is wanted.
    fn put_back(&self, (answer, link): (Answer, Link), origin: Option<Origin>) -> Answer {
        if let Some(origin) = origin.filter(|_| !answer.cut) {
            self.links.keep(origin, link);
        }
        answer
    }

    /// Keeps nothing open to the host of `target` at `address`: what came from there was not well, and others may be led elsewhere.
    pub(crate) fn let_go(&self, target: &Target, address: IpAddr) {
        self.links.drop_of(SocketAddr::new(address, target.port));
    }

    async fn exchange(
        &self,
        stream: Stream,
        sent: Sent<'_>,
        target: &Target,
        progress: &mut Progress,
    ) -> Result<(Answer, Link), Failure> {
        progress.stage = Stage::FirstByte;
        let link = Link::over(stream, progress.certificate.clone(), self.executor()).await.map_err(|e| failure(&e))?;
        self.over(link, sent, target, progress).await
    }

    async fn over(
        &self,
        mut link: Link,
        sent: Sent<'_>,
        target: &Target,
        progress: &mut Progress,
    ) -> Result<(Answer, Link), Failure> {
        progress.stage = Stage::FirstByte;
        let uses = Uses { request: sent.0, target, start: Instant::now() };
        let head = if link.is_two() {
            self.head(sent, target, format!("https://{}{}", target.authority(), target.path_and_query()), None)?
        } else {
            self.head(sent, target, target.path_and_query(), Some(target.authority()))?
        };
        let answer = link.carry(head, uses, progress).await?;
        Ok((answer, link))
    }

    fn head(
        &self,
        (request, body): Sent<'_>,
        target: &Target,
        uri: String,
        host: Option<String>,
    ) -> Result<http::Request<Full<Bytes>>, Failure> {
        let method = if body.is_some() { "POST" } else { request.method.as_str() };
        let mut head = http::Request::new(Full::new(body.unwrap_or_default()));
        *head.method_mut() = method.parse().map_err(|e| unsendable(&e))?;
        *head.uri_mut() = uri.try_into().map_err(|e| unsendable(&e))?;
        // They may be secrets of whom they were meant for: where a redirect leads elsewhere, they stay behind.
        let headers = if target.same_origin(&request.target) { request.headers } else { &[] };
        let given = |name: &str| headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        let ours = head.headers_mut();
        if let Some(host) = host {
            ours.append(HOST, host.try_into().map_err(|e| unsendable(&e))?);
            // Whoever will not ask again over a connection has to say so (RFC 9112, 9.3): the other side need not wait for more.
            if !request.keep && !given(CONNECTION.as_str()) {
                ours.append(CONNECTION, HeaderValue::from_static("close"));
            }
        }
        for (name, value) in [(USER_AGENT, self.user_agent.as_str()), (ACCEPT, "*/*"), (ACCEPT_ENCODING, "gzip")] {
            if !given(name.as_str()) {
                ours.append(name, value.try_into().map_err(|e| unsendable(&e))?);
            }
        }
        for (name, value) in headers {
            let name: HeaderName = name.try_into().map_err(|e| unsendable(&e))?;
            ours.try_append(name, value.try_into().map_err(|e| unsendable(&e))?).map_err(|e| unsendable(&e))?;
        }
        Ok(head)
    }
}

/// What HTTP cannot carry, and why.
fn unsendable(e: &dyn std::error::Error) -> Failure {
    Failure::ours(Stage::Rules, "refused", format!("the request cannot be sent: {e}"))
}

/// Whether a `Content-Type` is that of a stream of events.
fn is_stream(value: &str) -> bool {
    let essence = value.split(';').next();
    essence.is_some_and(|e| e.trim().eq_ignore_ascii_case("text/event-stream"))
}

/// Waits for the answer to what was asked, where and when, and reads it.
pub(super) async fn read(
    response: impl Future<Output = hyper::Result<http::Response<Incoming>>>,
    Uses { request, target, start }: Uses<'_>,
    progress: &mut Progress,
) -> Result<Answer, Failure> {
    let response = response.await.map_err(|e| failure(&e))?;
    add(&mut progress.phases.first_byte, ms(start));
    let streams = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(is_stream);
    let awaited = Awaited::new(if streams { request.until } else { &[] });
    progress.stage = if awaited.is_some() { Stage::Events } else { Stage::Body };
    let version = match response.version() {
        http::Version::HTTP_10 => Version::Http10,
        http::Version::HTTP_2 => Version::Http2,
        _ => Version::Http11,
    };
    let status = response.status().as_u16();
    let headers: Vec<(String, String)> = response
        .headers()
        .iter()
        .map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
        .collect();
    let encoding = headers.iter().find(|(n, _)| n == "content-encoding").map(|(_, v)| v.to_ascii_lowercase());
    let has = |name: &str| headers.iter().any(|(n, _)| n == name);
    let to_the_end = version != Version::Http2 && !has("content-length") && !has("transfer-encoding");
    let body::Read { bytes: body, cut, coding } =
        body::read(response.into_body(), encoding.as_deref(), to_the_end, request.max_body, awaited).await?;
    Ok(Answer { status, version, headers, body, cut, coding, target: target.clone(), hops: 0 })
}

/// What hyper met. Its own words name the place in the protocol.
pub(super) fn failure(e: &hyper::Error) -> Failure {
    if let Some(io) = io_below(e) {
        return Failure::io(Stage::FirstByte, io);
    }
    if e.is_parse_too_large() {
        // A limit of ours says nothing about whether the service works.
        let said =
            format!("the answer has more than {MAX_HEADERS} headers, or more than {} KB of them", MAX_HEAD / 1024);
        return Failure::ours(Stage::FirstByte, "too_large", said);
    }
    let ended = e.is_incomplete_message() || e.is_closed() || e.is_canceled();
    let said = if e.is_parse() {
        "the answer is not HTTP".to_owned()
    } else if ended {
        "the connection ended before an answer".to_owned()
    } else {
        e.to_string()
    };
    Failure { ended, ..Failure::theirs(Stage::FirstByte, said) }
}

#[cfg(test)]
mod tests {
    use super::super::{Guard, Names, Tls};
    use super::*;
    use tokio_util::task::TaskTracker;

    fn dialer() -> Dialer {
        let names = Names::of_server(([127, 0, 0, 1], 9).into());
        let tls = Tls::with_roots(Vec::new()).unwrap();
        Dialer::new(names, Guard::default(), tls, "us".to_owned(), TaskTracker::new())
    }

    fn request<'a>(target: &Target, headers: &'a [(String, String)], keep: bool) -> Request<'a> {
        Request {
            target: target.clone(),
            method: Method::Get,
            headers,
            redirects: 5,
            max_body: 1,
            named_port: true,
            polite: false,
            until: &[],
            way: Way::default(),
            keep,
        }
    }

    #[test]
    fn a_header_that_was_meant_for_one_host_goes_to_no_other() {
        let dialer = dialer();
        let headers = [("authorization".to_owned(), "secret".to_owned()), ("user-agent".to_owned(), "x".to_owned())];
        let target = Target::parse("https://one.example/").unwrap();
        let request = request(&target, &headers, false);
        let sent = |to: &str| {
            let head = dialer.head((&request, None), &Target::parse(to).unwrap(), "/".to_owned(), None).unwrap();
            let text = |name: &str| head.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
            (text("authorization"), text("user-agent"))
        };
        assert_eq!(sent("https://one.example/else"), (Some("secret".to_owned()), Some("x".to_owned())));
        for other in
            ["https://two.example/", "http://one.example/", "https://one.example:8443/", "https://a.one.example/"]
        {
            assert_eq!(sent(other), (None, Some("us".to_owned())), "{other}");
        }
    }

    #[test]
    fn only_who_may_come_again_over_a_connection_of_http_1_does_not_say_that_it_ends() {
        let target = Target::parse("http://one.example/").unwrap();
        let sent = |keep, host: Option<&str>, headers: &[(String, String)]| {
            let request = request(&target, headers, keep);
            let head = dialer().head((&request, None), &target, "/".to_owned(), host.map(str::to_owned)).unwrap();
            let said = head.headers().get_all(CONNECTION).iter();
            said.map(|v| v.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(sent(false, Some("one.example"), &[]), ["close"]);
        assert_eq!(sent(true, Some("one.example"), &[]), [""; 0]);
        // HTTP/2 has no such header.
        assert_eq!(sent(false, None, &[]), [""; 0]);
        let own = [("Connection".to_owned(), "keep-alive".to_owned())];
        assert_eq!(sent(false, Some("one.example"), &own), ["keep-alive"]);
    }
}
