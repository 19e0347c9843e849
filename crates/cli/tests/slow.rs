//! Clients that hold on to what they have, against the deadlines that are documented.

use crate::support::Site;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Head of a request, and a reader who takes nothing.
const TWENTY: f64 = 20.0;
/// Body of a request.
const TEN: f64 = 10.0;
/// How much later than it should something may happen on a machine that is busy.
const LATE: f64 = 15.0;

#[expect(clippy::disallowed_methods, reason = "a client of the tests, not of the product")]
fn connect(site: &Site, say: &str) -> TcpStream {
    let mut io = TcpStream::connect(&site.addr).unwrap();
    io.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    io.write_all(say.as_bytes()).unwrap();
    io
}

/// Sends this byte ten times a second until the other end has answered or is gone; what it said, and after how many
/// seconds.
#[expect(clippy::disallowed_methods, reason = "measures a real process from outside")]
fn drip(site: &Site, say: &str, byte: u8) -> (String, f64) {
    let begun = std::time::Instant::now();
    let mut io = connect(site, say);
    let (mut said, mut some) = (Vec::new(), [0; 4096]);
    while begun.elapsed().as_secs_f64() < TWENTY + 2.0 * LATE {
        match io.read(&mut some) {
            Ok(n) if n > 0 => said.extend_from_slice(&some[..n]),
            Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                if io.write_all(&[byte]).is_err() {
                    break;
                }
            }
            _ => break,
        }
    }
    (String::from_utf8_lossy(&said).into_owned(), begun.elapsed().as_secs_f64())
}

/// Asks for page after page and reads none of them; after how many seconds the other end is gone.
#[expect(clippy::disallowed_methods, reason = "measures a real process from outside")]
fn never_reads(site: &Site) -> f64 {
    let begun = std::time::Instant::now();
    let ask = "GET /s/openrouter HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
    let mut io = connect(site, &ask);
    io.set_write_timeout(Some(Duration::from_mins(1))).unwrap();
    while begun.elapsed().as_secs_f64() < TWENTY + 2.0 * LATE {
        match io.write_all(ask.as_bytes()) {
            Err(e) if e.kind() != std::io::ErrorKind::WouldBlock => break,
            _ => {}
        }
    }
    begun.elapsed().as_secs_f64()
}

#[test]
fn whoever_holds_on_is_cut_at_the_documented_time_and_the_others_are_served() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &[]);
    let slow_body = "POST /s/openrouter/report HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 8000\r\n\r\n";
    std::thread::scope(|s| {
        let head = s.spawn(|| drip(&site, "GET / HTTP/1.1\r\nx-pad: ", b'a'));
        let body = s.spawn(|| drip(&site, slow_body, b'a'));
        let reader = s.spawn(|| never_reads(&site));
        let mut answered = 0;
        while !(head.is_finished() && body.is_finished() && reader.is_finished()) {
            assert_eq!(site.get("/s/openrouter").status, 200);
            answered += 1;
            std::thread::park_timeout(Duration::from_millis(50));
        }
        assert!(answered > 20, "others are served all the time: {answered}");
        let ((said, after), (refused, at)) = (head.join().unwrap(), body.join().unwrap());
        assert!(!said.contains("200 OK") && (TWENTY..TWENTY + LATE).contains(&after), "{after}: {said}");
        assert!(refused.starts_with("HTTP/1.1 408") && (TEN..TEN + LATE).contains(&at), "{at}: {refused}");
        let after = reader.join().unwrap();
        assert!((TWENTY..TWENTY + LATE).contains(&after), "{after}");
    });
    site.stop();
}
