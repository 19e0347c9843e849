//! Clients that hold on to what they have.

use super::house::{House, Stream};
use std::sync::atomic::Ordering;
use std::time::Duration;

#[test]
fn a_reader_who_takes_nothing_is_dropped() {
    let house = House::with(|cfg| cfg.server.write_timeout = Duration::from_millis(200));
    house.published();
    house.engine.block_on(async {
        // Asks for page after page on one connection and reads none of them, until no buffer takes more.
        let mut s = Stream::open(house.at, "/s/chat", "").await;
        let asked = tokio::time::timeout(Duration::from_secs(20), s.ask_until_closed("/s/chat")).await;
        asked.expect("the server gives up on it");
    });
    assert_eq!(house.connections.slow.load(Ordering::Relaxed), 1);
}

#[test]
fn a_head_that_does_not_come_and_a_connection_left_idle_are_closed() {
    let house = House::with(|cfg| cfg.server.header_timeout = Duration::from_millis(200));
    house.engine.block_on(async {
        Stream::raw(house.at, "GET / HT").await.end().await;
        Stream::raw(house.at, "").await.end().await;
        let mut kept = Stream::open(house.at, "/", "").await;
        kept.until("HTTP/1.1 200").await;
        kept.end().await;
    });
}

#[test]
fn a_body_that_does_not_come_is_answered_in_time() {
    let house = House::with(|cfg| cfg.body_timeout = Duration::from_millis(200));
    let head = "POST /s/chat/report HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nsymp";
    let got = house.engine.block_on(async { Stream::raw(house.at, head).await.end().await });
    assert!(got.starts_with("HTTP/1.1 408"), "{got}");
}

#[test]
fn more_connections_than_allowed_are_told_to_come_back() {
    let house = House::with(|cfg| cfg.server.max_connections = 2);
    house.engine.block_on(async {
        let mut held = Vec::new();
        for _ in 0..2 {
            let mut s = Stream::open(house.at, "/", "").await;
            s.until("HTTP/1.1 200").await;
            held.push(s);
        }
        let third = Stream::raw(house.at, "").await.end().await;
        assert!(third.starts_with("HTTP/1.1 503") && third.contains("retry-after"), "{third}");
    });
    assert_eq!(house.connections.refused.load(Ordering::Relaxed), 1);
}

#[test]
fn a_head_longer_than_the_buffer_is_refused() {
    let house = House::new();
    let long = format!("GET /s/chat?{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(100_000));
    let got = house.raw(long.as_bytes());
    assert!(got.is_empty() || got.starts_with(b"HTTP/1.1 4"), "{:?}", String::from_utf8_lossy(&got));
    assert_eq!(house.get("/s/chat").status, 200);
}
