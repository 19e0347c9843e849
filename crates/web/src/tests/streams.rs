//! Live streams.

use super::house::{House, Stream};
use std::time::Duration;

/// The `id:` of the last event in this text.
fn id(text: &str) -> String {
    let line = text.lines().rev().find_map(|l| l.strip_prefix("id: ")).expect("an id");
    line.trim().to_owned()
}

#[test]
fn a_reader_gets_the_picture_at_once_and_after_every_change() {
    let house = House::new();
    house.published();
    house.engine.block_on(async {
        let mut s = Stream::open(house.at, "/api/v1/live?service=chat", "").await;
        let head = s.until("\r\n\r\n").await;
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        let first = s.until("\n\n\r\n").await + &s.until("\n\n").await;
        assert!(first.contains("retry: "), "{first}");
        assert!(first.contains("id: chat@") && first.contains("event: service\ndata: {"), "{first}");
        let from = house.engine.origin(1);
        house.engine.handles.intake.report(allclear_testkit::new_report("chat", "login"), from).await.unwrap();
        let second = s.until("event: service\ndata: ").await + &s.until("\n\n").await;
        assert!(second.contains("Cannot sign in"), "{second}");
        assert_ne!(id(&first), id(&second));
    });
}

#[test]
fn a_reader_who_comes_back_gets_only_what_it_does_not_have() {
    let house = House::with(|cfg| cfg.heartbeat = Duration::from_millis(100));
    house.published();
    let have = house.engine.block_on(async {
        let mut s = Stream::open(house.at, "/api/v1/live?service=chat,mail", "").await;
        let mut text = s.until("event: service").await;
        text += &s.until("event: service").await;
        id(&text)
    });
    assert!(have.contains("chat@") && have.contains(",mail@"), "one id says everything: {have}");
    house.engine.block_on(async {
        for (target, header) in [
            ("/api/v1/live?service=chat,mail".to_owned(), format!("last-event-id: {have}\r\n")),
            (format!("/api/v1/live?service=chat,mail&have={have}"), String::new()),
        ] {
            let mut s = Stream::open(house.at, &target, &header).await;
            let until_comment = s.until("\n:\n\n").await;
            assert!(!until_comment.contains("event:"), "nothing new: {until_comment}");
        }
        let mut s = Stream::open(house.at, "/api/v1/live?service=chat", "last-event-id: chat@0-0\r\n").await;
        s.until("event: service").await;
    });
}

#[test]
fn without_a_name_a_reader_follows_the_whole_site() {
    let house = House::new();
    house.published();
    house.engine.block_on(async {
        let mut s = Stream::open(house.at, "/api/v1/live", "").await;
        let text = s.until("event: site\ndata: {").await;
        assert!(text.contains("id: *@"), "{text}");
    });
    assert_eq!(house.get("/api/v1/live?service=none").status, 404);
    let many = (0..21).map(|n| format!("s{n}")).collect::<Vec<_>>().join(",");
    assert_eq!(house.get(&format!("/api/v1/live?service={many}")).status, 400);
}

#[test]
fn a_reader_who_comes_when_the_judge_stands_still_is_told_so() {
    let house = House::new();
    house.published();
    let first = |house: &House| {
        house.engine.block_on(async {
            let mut s = Stream::open(house.at, "/api/v1/live?service=chat", "").await;
            s.until("event: service\ndata: ").await;
            s.until("\n\n").await
        })
    };
    assert!(!first(&house).contains("Not updated since"), "made while the picture was fresh, and kept");
    house.engine.clock().advance_minutes(60);
    let late = first(&house);
    assert!(late.contains("\"level\":\"unknown\"") && late.contains("Not updated since"), "{late}");
}

#[test]
fn one_event_is_made_for_all_readers() {
    let house = House::new();
    house.published();
    house.engine.block_on(async {
        let mut all = Vec::new();
        for _ in 0..50 {
            all.push(Stream::open(house.at, "/api/v1/live?service=chat", "").await);
        }
        for s in &mut all {
            s.until("event: service").await;
        }
        let [open, _, made] = house.app.hot().live().counts();
        assert_eq!((open, made), (50, 1));
        drop(all);
    });
    // Places are given back once the server notices.
    for _ in 0..500 {
        house.engine.block_on(async { tokio::time::sleep(Duration::from_millis(10)).await });
        if house.app.hot().live().counts()[0] == 0 {
            return;
        }
    }
    panic!("streams stay open after their readers have gone");
}

#[test]
fn when_all_places_are_taken_a_reader_is_told_to_poll() {
    let house = House::with(|cfg| cfg.max_streams = 1);
    house.published();
    house.engine.block_on(async {
        let mut one = Stream::open(house.at, "/api/v1/live?service=chat", "").await;
        one.until("event: service").await;
        let two = Stream::open(house.at, "/api/v1/live?service=chat", "connection: close\r\n").await.end().await;
        assert!(two.starts_with("HTTP/1.1 503") && two.contains("retry-after: 30"), "{two}");
    });
}

#[test]
fn a_stop_ends_streams_and_idle_connections_at_once() {
    let house = House::with(|cfg| cfg.server.grace = Duration::from_mins(1));
    house.published();
    house.engine.block_on(async {
        let mut stream = Stream::open(house.at, "/api/v1/live?service=chat", "").await;
        stream.until("event: service").await;
        let mut idle = Stream::open(house.at, "/healthz-not-here", "").await;
        idle.until("HTTP/1.1 404").await;
        house.stop.cancel();
        house.tracker.close();
        stream.end().await;
        idle.end().await;
        // Well before the grace of a minute is over, or this would not end.
        tokio::time::timeout(Duration::from_secs(20), house.tracker.wait()).await.expect("all connections end");
    });
}
