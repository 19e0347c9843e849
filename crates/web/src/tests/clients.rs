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

#[test]
fn many_who_say_nothing_or_half_a_word_keep_nobody_from_reading_and_are_gone_in_time() {
    let limit = Duration::from_millis(1500);
    let house = House::with(|cfg| (cfg.server.header_timeout, cfg.server.max_connections) = (limit, 400));
    house.published();
    house.engine.block_on(async {
        let begun = Instant::now();
        let mut silent = Vec::new();
        for n in 0..300 {
            let half = ["", "G", "GET /s/chat HTTP/1.1\r\n", "GET / HTTP/1.1\r\nhost: x\r\nx: "][n % 4];
            silent.push(Stream::raw(house.at, half).await);
        }
        while begun.elapsed() < limit / 2 {
            let said = Stream::open(house.at, "/s/chat", "connection: close\r\n").await.end().await;
            assert!(said.starts_with("HTTP/1.1 200"), "{said}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(house.connections.open.load(Ordering::Relaxed) >= 300, "they are all still there");
        for s in silent {
            assert_eq!(s.end().await, "", "nothing is said to whoever asked for nothing");
        }
        assert!(begun.elapsed() >= limit);
    });
    // The last task ends a moment after its client has seen the end.
    let begun = Instant::now();
    while house.connections.open.load(Ordering::Relaxed) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        house.engine.block_on(async { tokio::time::sleep(Duration::from_millis(10)).await });
    }
}

#[test]
fn idle_connections_that_take_every_place_give_them_back_after_the_time_for_a_head() {
    let limit = Duration::from_millis(800);
    let house = House::with(|cfg| (cfg.server.header_timeout, cfg.server.max_connections) = (limit, 20));
    house.engine.block_on(async {
        let begun = Instant::now();
        let mut idle = Vec::new();
        for _ in 0..20 {
            idle.push(Stream::raw(house.at, "").await);
        }
        // Accepted in the order in which they came: this one is the first for whom there is no place.
        let said = Stream::raw(house.at, "").await.end().await;
        assert!(said.starts_with("HTTP/1.1 503") && begun.elapsed() < limit, "{said}");
        loop {
            let said = Stream::open(house.at, "/", "connection: close\r\n").await.end().await;
            if said.starts_with("HTTP/1.1 200") {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{said}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        drop(idle);
    });
}

#[test]
fn a_body_whose_pieces_never_end_is_cut_off_like_any_other() {
    let house = House::with(|cfg| cfg.body_timeout = Duration::from_millis(500));
    let head = "POST /s/chat/report HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n\r\n";
    let pause = Duration::from_millis(10);
    // The length of a piece, what may stand behind it, the piece itself, and lines behind the last one.
    for (begun, byte, allowed) in [
        ("", b'0', &["408", "400"][..]),
        ("1;x=", b'a', &["408", "400"]),
        ("fff\r\n", b'a', &["408"]),
        ("0\r\nx-more: ", b'a', &["408", "400"]),
    ] {
        let first = format!("{head}{begun}");
        let begun_at = Instant::now();
        // On a busy machine a byte that is still on its way when the other end closes can take the answer with it.
        let mut said = String::new();
        for _ in 0..3 {
            said = house.engine.block_on(async { Stream::raw(house.at, &first).await.drip(byte, pause).await });
            if !said.is_empty() {
                break;
            }
        }
        let status = said.split(' ').nth(1).unwrap_or_default();
        assert!(allowed.contains(&status), "{begun:?}: {said}");
        assert!(begun_at.elapsed() < Duration::from_secs(10), "{begun:?}");
    }
    // More lines behind the last piece than anybody has a use for.
    let many = format!("{head}0\r\n{}\r\n", "x: y\r\n".repeat(5_000));
    let said = house.engine.block_on(async { Stream::raw(house.at, &many).await.end().await });
    assert!(said.starts_with("HTTP/1.1 4"), "{said}");
}

#[test]
fn a_flood_of_requests_on_one_connection_is_answered_in_order_and_delays_nobody_else() {
    let house = House::new();
    house.published();
    const FLOOD: usize = 3_000;
    let ask = |n: usize| {
        let last = if n + 1 == FLOOD { "connection: close\r\n" } else { "" };
        match n % 3 {
            0 => format!("HEAD /s/chat HTTP/1.1\r\nhost: x\r\n{last}\r\n"),
            1 => format!("HEAD /none-{n} HTTP/1.1\r\nhost: x\r\n{last}\r\n"),
            _ => {
                let body = r#"{"symptom":"login"}"#;
                let head = "POST /api/v1/services/chat/votes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
                format!("{head}content-length: {}\r\n{last}\r\n{body}", body.len())
            }
        }
    };
    let asks = (0..FLOOD).map(ask).collect::<Vec<_>>().concat();
    let said = house.engine.block_on(async {
        let flood = Stream::flood(house.at, asks);
        let honest = async {
            for _ in 0..20 {
                let begun = Instant::now();
                let said = Stream::open(house.at, "/s/mail", "connection: close\r\n").await.end().await;
                assert!(said.starts_with("HTTP/1.1 200"), "{said}");
                assert!(begun.elapsed() < Duration::from_secs(5), "an honest reader waited {:?}", begun.elapsed());
            }
        };
        tokio::join!(flood, honest).0
    });
    let statuses: Vec<&str> = said.split("HTTP/1.1 ").skip(1).filter_map(|a| a.get(..3)).collect();
    let wanted: Vec<&str> = ["200", "404", "202"].into_iter().cycle().take(FLOOD).collect();
    assert!(statuses == wanted, "{} answers, {:?} …", statuses.len(), &statuses[..statuses.len().min(12)]);
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut all = length[1..].to_vec();
    all.extend_from_slice(&[kind, flags]);
    all.extend_from_slice(&stream.to_be_bytes());
    all.extend_from_slice(payload);
    all
}

/// What a client that speaks HTTP/2 from the first byte sends, and a thousand streams that it opens and resets at once.
fn rapid_reset() -> Vec<u8> {
    let mut all = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    all.extend_from_slice(&frame(4, 0, 0, &[]));
    for n in 0..1_000u32 {
        let stream = 2 * n + 1;
        // `:method GET`, `:scheme http`, `:path /`: indexed fields of the static table.
        all.extend_from_slice(&frame(1, 5, stream, &[0x82, 0x86, 0x84]));
        all.extend_from_slice(&frame(3, 0, stream, &8u32.to_be_bytes()));
    }
    all
}

#[test]
fn http_2_is_not_spoken_from_the_first_byte_nor_by_upgrade_so_no_stream_can_be_opened_and_reset() {
    let house = House::new();
    house.published();
    let answered =
        |house: &House| house.app.hot().telemetry().by_class.iter().map(|n| n.load(Ordering::Relaxed)).sum::<u64>();
    let before = answered(&house);
    let begun = Instant::now();
    for bytes in [rapid_reset(), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), b"PRI * HTTP/2.0\r\n\r\n".to_vec()] {
        let said = house.raw(&bytes);
        assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 400"), "{:?}", String::from_utf8_lossy(&said));
    }
    // Well before a head that does not come would be given up (20 s).
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
    assert_eq!(answered(&house), before, "nothing of it became a request");
    // Whoever asks for another protocol gets an answer in this one, and what then comes in the other is none.
    for (path, upgrade) in [
        ("/s/chat", "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n"),
        (
            "/api/v1/live?service=none",
            "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        ),
        ("/s/chat", "connection: Upgrade\r\nupgrade: TLS/1.0\r\n"),
    ] {
        let mut bytes = format!("HEAD {path} HTTP/1.1\r\nhost: x\r\n{upgrade}\r\n").into_bytes();
        bytes.extend_from_slice(&rapid_reset());
        let before = answered(&house);
        let begun = Instant::now();
        let all = house.raw(&bytes);
        let said = String::from_utf8_lossy(&all);
        assert!(said.starts_with("HTTP/1.1 200") || said.starts_with("HTTP/1.1 404"), "{upgrade}: {said}");
        assert!(!said.contains("HTTP/1.1 101") && !said.to_ascii_lowercase().contains("upgrade:"), "{upgrade}: {said}");
        assert!(said.matches("HTTP/1.1 ").count() <= 2, "{upgrade}: {said}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{upgrade}: it took {:?}", begun.elapsed());
        assert_eq!(answered(&house), before + 1, "{upgrade}: only the request itself was one");
    }
    assert_eq!(house.get("/s/chat").status, 200);
}
