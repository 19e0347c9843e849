//! Clients that hold on to what they have.

use super::house::{House, Stream, parse};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;

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
fn a_live_reader_who_takes_nothing_is_dropped_while_the_others_read_on() {
    let house = House::narrow(|cfg| cfg.server.write_timeout = Duration::from_millis(300));
    house.published();
    let live = |house: &House| house.app.hot().live().counts()[0];
    house.engine.block_on(async {
        let mut reads = Stream::open(house.at, "/api/v1/live?service=chat", "").await;
        let first = reads.until("event: service\ndata: {").await + &reads.until("\n\n").await;
        let ask = "GET /api/v1/live?service=chat,mail,bank HTTP/1.1\r\nhost: x\r\n\r\n";
        // Held to the end: it is the server that gives up.
        let mut silent = Vec::new();
        for _ in 0..20 {
            silent.push(Stream::narrow(house.at, ask).await);
        }
        let begun = Instant::now();
        while house.connections.slow.load(Ordering::Relaxed) < 20 || live(&house) > 1 {
            assert!(begun.elapsed() < Duration::from_secs(20), "{} streams are still open", live(&house));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let from = house.engine.origin(1);
        house.engine.handles.intake.report(allclear_testkit::new_report("chat", "login"), from).await.unwrap();
        let second = reads.until("event: service\ndata: {").await + &reads.until("\n\n").await;
        assert!(second.contains("Cannot sign in") && second != first, "{second}");
        drop(silent);
    });
    assert_eq!(house.get("/s/chat").status, 200);
}

#[test]
fn a_reader_who_takes_a_page_in_sips_gets_all_of_it_however_long_it_takes() {
    let house = House::narrow(|cfg| cfg.server.write_timeout = Duration::from_secs(2));
    house.published();
    let whole = house.get("/s/chat");
    let begun = Instant::now();
    let sipped = house.engine.block_on(async {
        let ask = "GET /s/chat HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        Stream::narrow(house.at, ask).await.sip(16, Duration::from_millis(1)).await
    });
    assert!(begun.elapsed() > Duration::from_secs(2), "slower than the limit for taking nothing at all");
    assert!(parse(&sipped).body == whole.body, "{} of {} bytes", sipped.len(), whole.body.len());
    assert_eq!(house.connections.slow.load(Ordering::Relaxed), 0);
}

#[test]
fn a_head_that_comes_byte_by_byte_is_cut_at_the_same_time_as_one_that_does_not_come() {
    let limit = Duration::from_millis(500);
    let house = House::with(|cfg| cfg.server.header_timeout = limit);
    let pause = Duration::from_millis(10);
    house.engine.block_on(async {
        let begun = Instant::now();
        let said = Stream::raw(house.at, "GET / HTTP/1.1\r\nx-pad: ").await.drip(b'a', pause).await;
        assert!(begun.elapsed() >= limit && !said.contains("200"), "{said}");
        // And so is the second head of a connection that was honest once.
        let mut kept = Stream::open(house.at, "/", "").await;
        kept.until("</html>").await;
        kept.drip(b'G', pause).await;
    });
    assert_eq!(house.get("/").status, 200);
}

#[test]
fn a_body_that_comes_byte_by_byte_is_answered_at_the_same_time_as_one_that_does_not_come() {
    let house = House::with(|cfg| cfg.body_timeout = Duration::from_millis(500));
    let head = "POST /s/chat/report HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 8000\r\n\r\n";
    let said =
        house.engine.block_on(async { Stream::raw(house.at, head).await.drip(b'a', Duration::from_millis(10)).await });
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
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
