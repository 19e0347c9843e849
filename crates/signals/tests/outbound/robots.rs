//! Fetching `robots.txt`: what is there, what is not, and what cannot be read.

use crate::upstream::{Act, Upstream, answer};
use crate::{dialer, http, no_nameserver, now, said};
use allclear_signals::check::Checker;
use allclear_signals::dial::{Dialer, Fault, Guard, Names, Target, Tls, Way};
use allclear_signals::robots::Robots;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

async fn robots(server: &Upstream) -> Result<Robots, String> {
    let dialer = dialer(&["127.0.0.0/8"], no_nameserver());
    let target = Target::parse(&server.url("/deep/page?q=1")).unwrap();
    dialer.robots(&target, true, now()).await.map_err(|e| {
        assert_eq!(e.fault, Fault::Theirs, "{e}");
        e.reason.said
    })
}

#[tokio::test]
async fn it_is_asked_for_at_the_root_of_the_origin_and_its_rules_hold() {
    let server = Upstream::answering(&answer("200 OK", "", "User-agent: *\nDisallow: /deep/\n")).await;
    let robots = robots(&server).await.unwrap();
    assert!(!robots.allows("/deep/page?q=1") && robots.allows("/"));
    assert!(server.requests.lock().unwrap()[0].starts_with("GET /robots.txt HTTP/1.1\r\n"));
}

#[tokio::test]
async fn where_there_is_none_everything_may_be_fetched() {
    for status in ["404 Not Found", "403 Forbidden", "410 Gone", "429 Too Many Requests"] {
        let server = Upstream::answering(&answer(status, "", "User-agent: *\nDisallow: /\n")).await;
        assert_eq!(robots(&server).await, Ok(Robots::default()), "{status}");
    }
}

#[tokio::test]
async fn a_redirect_to_it_is_followed() {
    let server = Upstream::start("127.0.0.1:0", None, |_, request| {
        let moved = answer("301 Moved Permanently", "location: /there/robots.txt\r\n", "");
        let there = answer("200 OK", "", "User-agent: Allclear\nDisallow: /\n");
        Act::Send(if request.starts_with("GET /robots.txt") { moved } else { there }.into_bytes())
    })
    .await;
    assert!(!robots(&server).await.unwrap().allows("/"));
}

#[tokio::test]
async fn what_may_be_there_and_cannot_be_read_allows_nothing_yet() {
    let broken = Upstream::answering(&answer("503 Service Unavailable", "", "")).await;
    assert_eq!(robots(&broken).await.unwrap_err(), "status 503");
    let closing = Upstream::start("127.0.0.1:0", None, |_, _| Act::Close).await;
    assert!(robots(&closing).await.unwrap_err().contains("connection"));
    let endless = Upstream::start("127.0.0.1:0", None, |_, _| {
        Act::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), b"Disallow: /a\n".repeat(1000))
    })
    .await;
    // As much of it is read as must be, and no rule of it is for anybody.
    assert!(robots(&endless).await.unwrap().allows("/a"));
}

#[tokio::test]
async fn a_coding_that_cannot_be_read_allows_nothing_yet() {
    let server = Upstream::answering(&answer("200 OK", "content-encoding: br\r\n", "xyz")).await;
    assert!(robots(&server).await.unwrap_err().contains("compressed"));
}

/// A polite check of `url` by a dialer that leaves `out` alone; outcome and reason in one line.
async fn politely(url: &str, out: &[&str]) -> String {
    let guard = Guard::with_ranges(vec!["127.0.0.0/8".parse().unwrap()]);
    let guard = guard.without(out.iter().map(|h| (*h).to_owned()).collect::<BTreeSet<_>>());
    let tls = Tls::with_roots(Vec::new()).unwrap();
    let dialer = Dialer::new(Names::of_server(no_nameserver()), guard, tls, "us".to_owned(), TaskTracker::new());
    said(&Checker::new(Arc::new(dialer)).polite().run(&http(url, &[]), Way::default(), now()).await)
}

#[tokio::test]
async fn a_polite_check_obeys_each_host_that_it_is_led_to() {
    let shy = Upstream::start("127.0.0.2:0", None, |_, request| {
        let robots = answer("200 OK", "", "User-agent: *\nDisallow: /private\n");
        let page = answer("200 OK", "", "");
        Act::Send(if request.starts_with("GET /robots.txt") { robots } else { page }.into_bytes())
    })
    .await;
    // A stranger may lead to ports of the web only, so the port of the second is named by the first.
    let port = shy.address.port();
    let leading = Upstream::start(&format!("127.0.0.1:{port}"), None, move |_, request| {
        let none = answer("404 Not Found", "", "");
        let to = if request.contains("/a ") { "/private" } else { "/open" };
        let moved = answer("302 Found", &format!("location: http://127.0.0.2:8080{to}\r\n"), "");
        Act::Send(if request.starts_with("GET /robots.txt") { none } else { moved }.into_bytes())
    })
    .await;
    // Nobody listens at that port of the second host: its robots.txt cannot be read, and so nothing is fetched there.
    let told = politely(&leading.url("/a"), &[]).await;
    assert!(told.starts_with("inconclusive: its robots.txt cannot be read: "), "{told}");
    let paths: Vec<String> =
        leading.requests.lock().unwrap().iter().map(|r| r.lines().next().unwrap().to_owned()).collect();
    assert_eq!(paths, ["GET /robots.txt HTTP/1.1", "GET /a HTTP/1.1"]);
    assert_eq!(
        politely(&shy.url("/private"), &[]).await,
        "inconclusive: its robots.txt asks programs not to fetch this"
    );
    assert_eq!(politely(&shy.url("/open"), &[]).await, "up: ");
    // Who opted out is not even asked for that, neither at once nor through a redirect.
    let before = shy.connections();
    assert_eq!(politely(&shy.url("/open"), &["127.0.0.2"]).await, "inconclusive: 127.0.0.2 opted out");
    assert_eq!(politely(&leading.url("/b"), &["127.0.0.2"]).await, "inconclusive: 127.0.0.2 opted out");
    assert_eq!(shy.connections(), before);
}

#[tokio::test]
async fn a_redirect_within_a_host_is_a_request_too_and_one_to_a_strange_port_asks_nothing_there() {
    let server = Upstream::start("127.0.0.1:0", None, |_, request| {
        let robots = answer("200 OK", "", "User-agent: *\nDisallow: /login\n");
        let moved = answer("302 Found", "location: /login\r\n", "");
        Act::Send(if request.starts_with("GET /robots.txt") { robots } else { moved }.into_bytes())
    })
    .await;
    assert_eq!(politely(&server.url("/"), &[]).await, "inconclusive: its robots.txt asks programs not to fetch this");
    assert_eq!(server.requests.lock().unwrap().len(), 2, "robots.txt once, and what may be fetched");
    let inner = Upstream::answering(&answer("200 OK", "", "")).await;
    let at = inner.address;
    let leading = Upstream::start("127.0.0.2:0", None, move |_, request| {
        let moved = answer("302 Found", &format!("location: http://{at}/\r\n"), "");
        let none = answer("404 Not Found", "", "");
        Act::Send(if request.starts_with("GET /robots.txt") { none } else { moved }.into_bytes())
    })
    .await;
    let told = politely(&leading.url("/"), &[]).await;
    assert!(told.starts_with("inconclusive: port ") && told.ends_with(" is not allowed"), "{told}");
    assert_eq!(inner.connections(), 0);
}
