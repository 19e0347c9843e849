//! Agents as processes, and the way that each has to its site: one that can be cut, that can be slow, and that can lose an answer.

use super::Site;
use super::process::{Run, begun, until};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A running agent. Killed when dropped.
pub(crate) struct Agent {
    child: Child,
    /// Its folder.
    pub(crate) dir: PathBuf,
    log: Arc<Mutex<String>>,
    out: Arc<Mutex<String>>,
}

impl Agent {
    /// Starts `allclear agent` in a working folder with these flags and environment; `before` is what stands before the program on the command line.
    pub(crate) fn start(work: &Path, before: &[&str], flags: &[&str], env: &[(&str, &str)]) -> Agent {
        let name = flags.iter().position(|f| *f == "--location").and_then(|i| flags.get(i + 1)).unwrap();
        let dir = work.join(format!("agent-{name}"));
        let mut words = before.to_vec();
        words.push(env!("CARGO_BIN_EXE_allclear"));
        words.push("agent");
        words.extend_from_slice(flags);
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        let (child, log, out) = begun(command, work, env);
        Agent { child, dir, log, out }
    }

    /// Waits until the site has answered.
    #[track_caller]
    pub(crate) fn connected(&self) {
        until("the agent is connected", || {
            assert!(!self.log().contains("ERROR"), "{}", self.log());
            self.out.lock().unwrap().contains("connected to ").then_some(())
        });
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until it has logged this.
    #[track_caller]
    pub(crate) fn says(&self, what: &str) {
        until(what, || self.log().contains(what).then_some(()));
    }

    /// Files that wait to be sent.
    pub(crate) fn files(&self) -> usize {
        std::fs::read_dir(self.dir.join("batches")).map_or(0, Iterator::count)
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn ended(mut self) -> Run {
        let code = until("the agent ends", || self.child.try_wait().unwrap()).code().unwrap_or(-1);
        until("its log is read to the end", || (Arc::strong_count(&self.log) == 1).then_some(()));
        Run { code, stdout: self.out.lock().unwrap().clone(), stderr: self.log() }
    }

    /// SIGTERM.
    #[track_caller]
    pub(crate) fn stop(self) -> Run {
        let sent = Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.ended()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A stretch of the way to a site.
pub(crate) struct Way {
    /// Where it begins.
    pub(crate) at: SocketAddr,
    state: Arc<State>,
}

struct State {
    to: Mutex<String>,
    cut: AtomicBool,
    slow_ms: AtomicU64,
    /// Lose the answer to the next batch, and tell when it was there.
    lose: AtomicBool,
    lost: AtomicBool,
}

impl Way {
    /// From a free port of `host` to a site.
    pub(crate) fn to(host: &str, site: &Site) -> Way {
        Way::begin(host, site, None)
    }

    /// The same with a server of TLS at its beginning, as a proxy before a site has it.
    pub(crate) fn over_tls(host: &str, site: &Site, tls: Arc<rustls::ServerConfig>) -> Way {
        Way::begin(host, site, Some(tls))
    }

    fn begin(host: &str, site: &Site, tls: Option<Arc<rustls::ServerConfig>>) -> Way {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let state = Arc::new(State {
            to: Mutex::new(reached(&site.addr)),
            cut: AtomicBool::new(false),
            slow_ms: AtomicU64::new(0),
            lose: AtomicBool::new(false),
            lost: AtomicBool::new(false),
        });
        let shared = state.clone();
        drop(std::thread::Builder::new().spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (state, tls) = (shared.clone(), tls.clone());
                drop(std::thread::Builder::new().spawn(move || {
                    let Some(tls) = tls else { return drop(state.carry(stream)) };
                    let mut session = rustls::ServerConnection::new(tls).unwrap();
                    drop(state.carry(rustls::Stream::new(&mut session, &mut stream)));
                    session.send_close_notify();
                    drop(session.write_tls(&mut stream));
                }));
            }
        }));
        Way { at, state }
    }

    /// Leads to another site from here on.
    pub(crate) fn lead_to(&self, site: &Site) {
        *self.state.to.lock().unwrap() = reached(&site.addr);
    }

    /// Nothing comes through, or everything does again.
    pub(crate) fn cut(&self, cut: bool) {
        self.state.cut.store(cut, Ordering::SeqCst);
    }

    /// Each message takes so long, both ways.
    pub(crate) fn slow(&self, by: Duration) {
        self.state.slow_ms.store(by.as_millis() as u64, Ordering::SeqCst);
    }

    /// The answer to the next batch is lost, and nothing comes through from then on.
    pub(crate) fn lose_next_answer(&self) {
        self.state.lose.store(true, Ordering::SeqCst);
    }

    /// Whether that happened.
    pub(crate) fn has_lost(&self) -> bool {
        self.state.lost.load(Ordering::SeqCst)
    }
}

/// A site that listens everywhere is reached on this machine.
fn reached(addr: &str) -> String {
    addr.replace("0.0.0.0", "127.0.0.1")
}

impl State {
    /// Carries one request and its answer; both end where their connection does.
    #[expect(clippy::disallowed_methods, reason = "a part of the test, not of the product")]
    fn carry(&self, mut from: impl Read + Write) -> std::io::Result<()> {
        let late = || std::thread::sleep(Duration::from_millis(self.slow_ms.load(Ordering::SeqCst)));
        if self.cut.load(Ordering::SeqCst) {
            return Ok(());
        }
        let request = message(&mut from)?;
        late();
        let mut to = TcpStream::connect(&*self.to.lock().unwrap())?;
        to.write_all(&request)?;
        let answer = message(&mut to)?;
        late();
        if self.cut.load(Ordering::SeqCst) {
            return Ok(());
        }
        if request.starts_with(b"POST") && self.lose.swap(false, Ordering::SeqCst) {
            self.cut(true);
            self.lost.store(true, Ordering::SeqCst);
            return Ok(());
        }
        from.write_all(&answer)?;
        from.flush()
    }

    fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }
}

/// One message of HTTP whose head says how long it is.
fn message(from: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut some = [0; 4096];
    loop {
        let head = all.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4);
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&all[..head]).to_ascii_lowercase();
            let length = text.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            if all.len() >= head + length.unwrap_or(0) {
                return Ok(all);
            }
        }
        match from.read(&mut some)? {
            0 => return Ok(all),
            n => all.extend_from_slice(&some[..n]),
        }
    }
}
