//! Fetching `robots.txt`: what is there, what is not, and what cannot be read.

use crate::upstream::{Act, Upstream, answer};
use crate::{dialer, no_nameserver, now};
use allclear_signals::dial::{Fault, Target};
use allclear_signals::robots::Robots;

async fn robots(server: &Upstream) -> Result<Robots, String> {
    let dialer = dialer(&["127.0.0.0/8"], no_nameserver());
    let target = Target::parse(&server.url("/deep/page?q=1")).unwrap();
    dialer.robots(&target, now()).await.map_err(|e| {
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
