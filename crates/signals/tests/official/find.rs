//! From the address of a page for people to its data, over real sockets on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use super::{noon, official};
use allclear_signals::dial::{Dialer, Guard, Names, Tls};
use official::Format;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

const DATADOG: &str = r#"{"id":"d1","name":"Mail","pageType":"public","domainPrefix":"mail","components":[{"id":"c1","name":"API","type":"Component","status":"operational"}],"incidents":[],"maintenances":null}"#;

/// Answers with `html` at `/` and with `data` at `path`, and gives the format of what is found from there. No name has an address.
async fn found(html: &str, path: &str, data: &str, wanted: Option<&'static Format>) -> Result<&'static str, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let serve = async {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 2048];
            let n = stream.read(&mut request).await.unwrap_or(0);
            let asked = String::from_utf8_lossy(&request[..n]).split(' ').nth(1).unwrap_or_default().to_owned();
            let (status, body) = match asked.as_str() {
                "/" => ("200 OK", html),
                asked if asked == path => ("200 OK", data),
                _ => ("404 Not Found", ""),
            };
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            drop(stream.write_all(answer.as_bytes()).await);
        }
    };
    let dialer = Dialer::new(
        Names::of_server(SocketAddr::from(([127, 0, 0, 1], 9))),
        Guard::with_ranges(vec!["127.0.0.0/8".parse().unwrap()]),
        Tls::with_roots(Vec::new()).unwrap(),
        "Allclear/test (+nobody@example.org)".to_owned(),
        TaskTracker::new(),
    );
    tokio::select! {
        () = serve => unreachable!(),
        found = official::find(&dialer, &url, wanted, noon()) => {
            found.map(|found| found.format.name).map_err(|not| not.to_string())
        }
    }
}

#[tokio::test]
async fn the_silence_of_another_host_does_not_end_the_search_on_the_pages_own() {
    let html = r#"<!doctype html><link rel="alternate" type="application/rss+xml" href="http://127.0.0.2/feed">"#;
    assert_eq!(found(html, "/config.json", DATADOG, None).await, Ok("datadog"));
}

#[tokio::test]
async fn a_page_that_shows_less_or_is_of_an_older_release_is_found_where_such_pages_have_it() {
    let status = r#"{"page":{"id":"abcdefgh1234","name":"Mail"},"status":{"indicator":"none","description":"fine"}}"#;
    assert_eq!(found("<!doctype html>", "/api/v2/status.json", status, None).await, Ok("statuspage"));
    let legacy = r#"{"page":{"name":"Mail","url":"https://status.mail.example","status":"UP"}}"#;
    assert_eq!(found("<!doctype html>", "/summary.json", legacy, None).await, Ok("instatus"));
}

#[tokio::test]
async fn what_one_vendor_writes_is_not_looked_for_on_other_hosts() {
    let calm = r#"{"status":"ok","active_incidents":[]}"#;
    let why = found("<!doctype html>", "/api/v2.0.0/current", calm, None).await.unwrap_err();
    assert!(!why.contains("/api/v2.0.0/current") && !why.contains("currentevents"), "{why}");
    let slack = official::format("slack");
    assert_eq!(found("<!doctype html>", "/api/v2.0.0/current", calm, slack).await, Ok("slack"));
}

#[tokio::test]
async fn where_a_vendor_is_known_to_have_its_data_it_is_asked_first() {
    let dialer = Dialer::new(
        Names::of_server(SocketAddr::from(([127, 0, 0, 1], 9))),
        Guard::with_ranges(Vec::new()),
        Tls::with_roots(Vec::new()).unwrap(),
        "Allclear/test (+nobody@example.org)".to_owned(),
        TaskTracker::new(),
    );
    let not = official::find(&dialer, "https://azure.status.microsoft/en-us/status", None, noon()).await.unwrap_err();
    let tried: Vec<&str> = not.tried.iter().map(|t| t.url.as_str()).collect();
    assert_eq!(
        tried,
        ["https://rssfeed.azure.status.microsoft/en-us/status/feed/", "https://azure.status.microsoft/en-us/status"]
    );
}

#[tokio::test]
async fn instances_are_asked_for_where_they_are_listed_without_a_product() {
    let list = r#"[{"key":"NA1","location":"NA","status":"OK"}]"#;
    let salesforce = official::format("salesforce");
    assert_eq!(found("<!doctype html>", "/v1/instances", list, salesforce).await, Ok("salesforce"));
}
