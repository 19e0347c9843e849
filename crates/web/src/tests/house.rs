//! A served site and a plain client.

#![expect(clippy::disallowed_methods, reason = "these are clients of their own server on loopback")]

use crate::{App, BaseUrl, Connections, SiteConfig, WebConfig, serve_connections};
use allclear_engine::Handles;
use allclear_engine::catalogue::{Include, Source, load};
use allclear_model::Catalogue;
use allclear_testkit::TestEngine;
use std::borrow::Cow;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Everything below has to happen well within this.
const PATIENCE: Duration = Duration::from_secs(20);

/// Three services; `chat` has an alias and a neighbour.
pub(super) fn catalogue() -> Catalogue {
    let category = "name = \"Work\"\ngroup = \"Work\"\nguide = \"work\"\noutages_per_30_days = 1.5\n\n[[symptoms]]\nid = \"login\"\nlabel = \"Cannot sign in\"\ntopic = \"login\"\n\n[[symptoms]]\nid = \"slow\"\nlabel = \"Very slow\"\ntopic = \"login\"\n";
    let guide = "# Work\n\n## Signing in {#login}\n\n### When the service is healthy\n\nLook.\n\n### When it is them\n\nWait.\n";
    let service = |slug: &str, name: &str, more: &str| {
        let text = format!(
            "name = \"{name}\"\ncategory = \"work\"\nhomepage = \"https://{slug}.example\"\n{more}[verified]\nhomepage = true\n"
        );
        (format!("services/{slug}.toml"), Cow::Owned(text))
    };
    let files = vec![
        ("categories/work.toml".to_owned(), Cow::Borrowed(category)),
        ("guides/work.md".to_owned(), Cow::Borrowed(guide)),
        service("bank", "Bank", "aliases = [\"api\"]\n"),
        service("chat", "Chat", "aliases = [\"chit chat\"]\nrelated = [\"mail\"]\n"),
        service("mail", "Mail", ""),
    ];
    load(&[Source { files, ..Source::default() }], &Include::All).expect("the catalogue of the tests holds").catalogue
}

/// A site on a free port. Its tasks run while a request of the test is under way.
pub(super) struct House {
    pub(super) engine: TestEngine,
    pub(super) app: App,
    pub(super) connections: Arc<Connections>,
    pub(super) at: SocketAddr,
    pub(super) stop: CancellationToken,
    pub(super) tracker: TaskTracker,
}

/// An answer as it came.
#[derive(Debug, Clone)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|l| l.split_once(": "));
        lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
}

impl House {
    pub(super) fn new() -> House {
        House::with(|_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut WebConfig)) -> House {
        House::over(TestEngine::new(catalogue()), change)
    }

    pub(super) fn over(engine: TestEngine, change: impl FnOnce(&mut WebConfig)) -> House {
        House::made(engine, change, crate::server::SEND_BUFFER, App::new)
    }

    /// A site whose connections hold next to nothing in the system's memory, so that a slow reader is felt at once.
    pub(super) fn narrow(change: impl FnOnce(&mut WebConfig)) -> House {
        House::made(TestEngine::new(catalogue()), change, 1, App::new)
    }

    pub(super) fn made(
        engine: TestEngine,
        change: impl FnOnce(&mut WebConfig),
        send_buffer: u32,
        app: impl FnOnce(&WebConfig, &Handles, CancellationToken) -> App,
    ) -> House {
        let site = SiteConfig {
            name: "Allclear".into(),
            contact: Some("mailto:desk@example.org".into()),
            ..SiteConfig::default()
        };
        let mut cfg = WebConfig::new(BaseUrl::parse("http://up.example.org").unwrap(), site);
        cfg.server.grace = Duration::from_millis(300);
        change(&mut cfg);
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        let app = app(&cfg, &engine.handles, stop.clone());
        let connections = Arc::new(Connections::default());
        let at = engine.block_on(async {
            let listener = crate::server::bind(([127, 0, 0, 1], 0).into(), send_buffer).unwrap();
            let at = listener.local_addr().unwrap();
            let (app, counts, ring, stop) = (app.clone(), connections.clone(), tracker.clone(), stop.clone());
            tracker.spawn(async move { serve_connections(listener, app, cfg.server, counts, &ring, stop).await });
            at
        });
        House { engine, app, connections, at, stop, tracker }
    }

    /// Sends bytes on a connection of their own and reads until the server closes.
    pub(super) fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        self.engine.block_on(async {
            let mut io = TcpStream::connect(self.at).await.unwrap();
            // The server may answer and close before all is written.
            let _ = io.write_all(bytes).await;
            let mut all = Vec::new();
            let _ = tokio::time::timeout(PATIENCE, io.read_to_end(&mut all)).await.expect("the server closes in time");
            all
        })
    }

    pub(super) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: x.invalid\r\nconnection: close\r\n");
        for (n, v) in headers {
            let _ = write!(text, "{n}: {v}\r\n");
        }
        if !body.is_empty() || method == "POST" {
            let _ = write!(text, "content-length: {}\r\n", body.len());
        }
        text.push_str("\r\n");
        text.push_str(body);
        parse(&self.raw(text.as_bytes()))
    }

    pub(super) fn get(&self, path: &str) -> Got {
        self.send("GET", path, &[], "")
    }

    pub(super) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Got {
        self.send("GET", path, headers, "")
    }

    pub(super) fn form(&self, path: &str, body: &str) -> Got {
        self.send("POST", path, &[("content-type", "application/x-www-form-urlencoded")], body)
    }

    pub(super) fn json(&self, path: &str, body: &str) -> Got {
        self.send("POST", path, &[("content-type", "application/json")], body)
    }

    /// Lets the engine publish what it has taken.
    pub(super) fn published(&self) {
        self.engine.minutes(1);
    }

    pub(super) fn documents_made(&self) -> u64 {
        self.app.hot().cache_counts()[0]
    }
}

/// Reads an answer with a length, without one, or in chunks.
pub(super) fn parse(all: &[u8]) -> Got {
    let end = all
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(all)));
    let head = String::from_utf8(all[..end].to_vec()).expect("heads are ASCII");
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
    Got { status, head, body: all[end + 4..].to_vec() }
}

/// A live stream under way.
pub(super) struct Stream {
    io: TcpStream,
    seen: Vec<u8>,
}

impl Stream {
    pub(super) async fn open(at: SocketAddr, target: &str, headers: &str) -> Stream {
        let mut io = TcpStream::connect(at).await.unwrap();
        let text = format!("GET {target} HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        io.write_all(text.as_bytes()).await.unwrap();
        Stream { io, seen: Vec::new() }
    }

    /// Reads until this text has come, and hands out everything up to its end.
    pub(super) async fn until(&mut self, text: &str) -> String {
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let seen = String::from_utf8_lossy(&self.seen).into_owned();
                if let Some(at) = seen.find(text) {
                    self.seen.drain(..at + text.len());
                    return seen[..at + text.len()].to_owned();
                }
                assert!(self.io.read_buf(&mut self.seen).await.unwrap() > 0, "the stream ended: {seen}");
            }
        });
        waited.await.unwrap_or_else(|_| panic!("{text:?} did not come: {}", String::from_utf8_lossy(&self.seen)))
    }

    /// Reads to the end.
    pub(super) async fn end(mut self) -> String {
        let read = tokio::time::timeout(PATIENCE, self.io.read_to_end(&mut self.seen));
        let _ = read.await.expect("the stream ends");
        String::from_utf8_lossy(&self.seen).into_owned()
    }
}

impl Stream {
    /// A connection on which this was written.
    pub(super) async fn raw(at: SocketAddr, bytes: &str) -> Stream {
        let mut io = TcpStream::connect(at).await.unwrap();
        let _ = io.write_all(bytes.as_bytes()).await;
        Stream { io, seen: Vec::new() }
    }

    /// The same on a connection whose reader's side holds next to nothing.
    pub(super) async fn narrow(at: SocketAddr, bytes: &str) -> Stream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(1).unwrap();
        let mut io = socket.connect(at).await.unwrap();
        io.write_all(bytes.as_bytes()).await.unwrap();
        Stream { io, seen: Vec::new() }
    }

    /// Asks for another page on the same connection.
    pub(super) async fn ask(&mut self, target: &str) {
        let text = format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n");
        self.io.write_all(text.as_bytes()).await.unwrap();
    }

    /// Asks again and again without reading, until the other end is gone.
    pub(super) async fn ask_until_closed(&mut self, target: &str) {
        let text = format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n").repeat(50);
        while self.io.write_all(text.as_bytes()).await.is_ok() {}
    }

    /// Sends `byte` again and again, one at a time with this pause, until the other end is gone or has answered; hands
    /// out what it said.
    pub(super) async fn drip(mut self, byte: u8, pause: Duration) -> String {
        let dripped = tokio::time::timeout(PATIENCE, async {
            loop {
                tokio::select! {
                    // What came is read before anything is sent: a byte to an end that is closed loses it.
                    biased;
                    read = self.io.read_buf(&mut self.seen) => match read {
                        Ok(n) if n > 0 => {}
                        _ => break,
                    },
                    () = tokio::time::sleep(pause) => {
                        if self.io.write_all(&[byte]).await.is_err() {
                            break;
                        }
                    }
                }
            }
        });
        dripped.await.expect("the server does not wait for ever");
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// Sends all of this and reads meanwhile, to the end.
    pub(super) async fn flood(at: SocketAddr, text: String) -> String {
        let (mut read, mut write) = TcpStream::connect(at).await.unwrap().into_split();
        let mut all = Vec::new();
        let both = async {
            tokio::join!(
                async {
                    let _ = write.write_all(text.as_bytes()).await;
                },
                async {
                    let _ = read.read_to_end(&mut all).await;
                }
            );
        };
        tokio::time::timeout(PATIENCE, both).await.expect("a flood comes to an end");
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Reads a few bytes at a time with a pause after each, to the end.
    pub(super) async fn sip(mut self, bytes: usize, pause: Duration) -> Vec<u8> {
        let mut sip = vec![0; bytes];
        let all = tokio::time::timeout(PATIENCE, async {
            while let Ok(n) = self.io.read(&mut sip).await
                && n > 0
            {
                self.seen.extend_from_slice(&sip[..n]);
                tokio::time::sleep(pause).await;
            }
            self.seen
        });
        all.await.expect("it comes to an end")
    }
}
