//! A scripted service on a host of its own: it is well until it is told to fail, in its own way.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// In which way a service fails.
#[derive(Clone)]
pub(super) enum Way {
    /// It never does.
    Never,
    /// Nobody listens any more.
    Refuses,
    /// It answers after so long.
    Slow(Duration),
    /// It answers so: status with further headers, and body.
    Answers(&'static str, &'static str),
    /// It shows another certificate.
    Certificate(Arc<rustls::ServerConfig>),
}

pub(super) struct Upstream {
    pub(super) at: SocketAddr,
    bad: Arc<AtomicBool>,
    connections: Arc<AtomicU32>,
}

impl Upstream {
    /// Begins well; over TLS where there is a certificate. It ends with the process of the test.
    pub(super) fn begin(host: &str, way: Way, tls: Option<Arc<rustls::ServerConfig>>) -> Upstream {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        // So that whoever refuses can go away by itself.
        listener.set_nonblocking(true).unwrap();
        let bad = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(AtomicU32::new(0));
        let (fails, seen) = (bad.clone(), connections.clone());
        drop(std::thread::Builder::new().spawn(move || accept(&listener, &way, tls.as_ref(), &fails, &seen)));
        Upstream { at, bad, connections }
    }

    pub(super) fn fail(&self) {
        self.bad.store(true, Ordering::SeqCst);
    }

    /// How many have connected so far.
    pub(super) fn connections(&self) -> u32 {
        self.connections.load(Ordering::SeqCst)
    }
}

#[expect(clippy::disallowed_methods, reason = "a server of the tests, without a runtime")]
fn accept(
    listener: &TcpListener,
    way: &Way,
    tls: Option<&Arc<rustls::ServerConfig>>,
    bad: &AtomicBool,
    seen: &AtomicU32,
) {
    loop {
        let fails = bad.load(Ordering::SeqCst);
        if fails && matches!(way, Way::Refuses) {
            return;
        }
        let Ok((stream, _)) = listener.accept() else {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        };
        seen.fetch_add(1, Ordering::SeqCst);
        let (way, tls) = (if fails { way.clone() } else { Way::Never }, tls.cloned());
        // Each on its own: one that is slow holds up nobody.
        drop(std::thread::Builder::new().spawn(move || answer(stream, &way, tls)));
    }
}

fn answer(mut stream: TcpStream, way: &Way, tls: Option<Arc<rustls::ServerConfig>>) {
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let config = match way {
        Way::Certificate(other) => Some(other.clone()),
        _ => tls,
    };
    match config {
        Some(config) => {
            let mut session = rustls::ServerConnection::new(config).unwrap();
            say(rustls::Stream::new(&mut session, &mut stream), way);
            session.send_close_notify();
            drop(session.write_tls(&mut stream));
        }
        None => say(&mut stream, way),
    }
}

/// Reads one request and answers it.
#[expect(clippy::disallowed_methods, reason = "being slow is what this server is for")]
fn say(mut stream: impl Read + Write, way: &Way) {
    let mut lines = BufReader::new(&mut stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    lines.take_while(|l| !l.is_empty()).for_each(drop);
    let (status, body) = match way {
        _ if first.contains(" /robots.txt ") => ("404 Not Found", ""),
        Way::Answers(status, body) => (*status, *body),
        Way::Slow(ms) => {
            std::thread::sleep(*ms);
            ("200 OK", "{\"status\":\"ok\"}")
        }
        Way::Never | Way::Refuses | Way::Certificate(_) => ("200 OK", "{\"status\":\"ok\"}"),
    };
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    let _ = stream.flush();
}

/// The ways by which a server answers that Cloudflare's wall stands before it.
pub(super) const WALL: Way = Way::Answers("403 Forbidden\r\ncf-mitigated: challenge", "are you a person?");
