//! Processes.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long anything may take before a test fails. Generous: the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a command said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Fails unless it ended with `code`.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Run {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }
}

fn command(dir: &Path, args: &[&str], env: &[(&str, &str)]) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_allclear"));
    c.args(args);
    alone(c, dir, env)
}

/// Without what the environment of the tests says.
fn alone(mut c: Command, dir: &Path, env: &[(&str, &str)]) -> Command {
    c.current_dir(dir).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(n, _)| n.starts_with("ALLCLEAR_") || n == "RUST_LOG") {
        c.env_remove(name);
    }
    c.envs(env.iter().copied());
    c
}

/// Runs a command to its end, in a folder without a configuration file.
pub(crate) fn allclear(args: &[&str]) -> Run {
    let dir = tempfile::tempdir().unwrap();
    allclear_in(dir.path(), args, &[], "")
}

/// Runs a command to its end with a working folder, environment variables and standard input.
pub(crate) fn allclear_in(dir: &Path, args: &[&str], env: &[(&str, &str)], stdin: &str) -> Run {
    let mut c = command(dir, args, env);
    let mut child = c.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // A command that does not read its input may be gone already.
    drop(std::io::Write::write_all(&mut input, stdin.as_bytes()));
    drop(input);
    let out = child.wait_with_output().unwrap();
    Run {
        code: out.status.code().unwrap_or(-1),
        stdout: String::from_utf8(out.stdout).unwrap(),
        stderr: String::from_utf8(out.stderr).unwrap(),
    }
}

/// Polls until `done` says so.
#[track_caller]
pub(crate) fn until<T>(what: &str, done: impl FnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, done)
}

/// The same for what takes longer by itself.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "a real process is waited for from outside of any runtime")]
pub(crate) fn until_within<T>(most: Duration, what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let begun = std::time::Instant::now();
    loop {
        if let Some(t) = done() {
            return t;
        }
        assert!(begun.elapsed() < most, "waited too long: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A serving process. Killed when dropped.
pub(crate) struct Site {
    child: Child,
    /// `ADDR:PORT`.
    pub(crate) addr: String,
    /// The data folder.
    pub(crate) data: PathBuf,
    log: Arc<Mutex<String>>,
    printed: Arc<Mutex<String>>,
}

impl Site {
    /// Starts `allclear serve` on a free port with its data in `data`, and waits for the first line.
    pub(crate) fn start(data: &Path, env: &[(&str, &str)]) -> Site {
        Site::start_with(data, &[], env)
    }

    /// As [`Site::start`], with further flags.
    #[track_caller]
    pub(crate) fn start_with(data: &Path, flags: &[&str], env: &[(&str, &str)]) -> Site {
        let mut args = vec!["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
        args.extend_from_slice(flags);
        Site::begin(command(data.parent().unwrap(), &args, env), data)
    }

    /// As [`Site::start_with`], listening where `env` says.
    #[track_caller]
    pub(crate) fn start_as(data: &Path, flags: &[&str], env: &[(&str, &str)]) -> Site {
        let args = [&["serve", "--data", data.to_str().unwrap()], flags].concat();
        Site::begin(command(data.parent().unwrap(), &args, env), data)
    }

    /// As [`Site::start`], from a shell that has said `limits` (`ulimit …`) before.
    #[track_caller]
    pub(crate) fn start_below(limits: &str, data: &Path) -> Site {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{limits} && exec \"$0\" serve --listen 127.0.0.1:0 --data \"$1\"")]);
        shell.arg(env!("CARGO_BIN_EXE_allclear")).arg(data);
        Site::begin(alone(shell, data.parent().unwrap(), &[]), data)
    }

    #[track_caller]
    fn begin(mut command: Command, data: &Path) -> Site {
        // No test asks strangers; those about watching say so.
        for setting in ["ALLCLEAR_WATCH__CHECKS", "ALLCLEAR_WATCH__OFFICIAL"] {
            if !command.get_envs().any(|(name, value)| name == setting && value.is_some()) {
                command.env(setting, "off");
            }
        }
        if !command.get_envs().any(|(name, _)| name == "ALLCLEAR_WATCH__CONTROLS") {
            command.env("ALLCLEAR_WATCH__CONTROLS", "");
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        follow(child.stderr.take().unwrap(), log.clone());
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let Some(addr) = first.trim_end().strip_prefix("listening on http://") else {
            drop(child.kill());
            drop(child.wait());
            panic!("first line: {first:?}; log: {}", log.lock().unwrap());
        };
        let addr = addr.to_owned();
        let printed = Arc::default();
        follow(out, Arc::clone(&printed));
        Site { child, addr, data: data.to_owned(), log, printed }
    }

    /// Runs a command on this site's folder.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        let mut all = args.to_vec();
        all.extend_from_slice(&["--data", self.data.to_str().unwrap()]);
        allclear_in(self.data.parent().unwrap(), &all, &[], "")
    }

    /// Process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged until now.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// What it has printed until now, behind the first line.
    pub(crate) fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// Sends a signal by name ("TERM").
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end; its exit code, `None` when a signal ended it.
    #[track_caller]
    pub(crate) fn wait(mut self) -> Option<i32> {
        until("the process ends", || self.child.try_wait().unwrap()).code()
    }

    /// SIGTERM, and fails unless it ends with 0. Returns all that it logged.
    #[track_caller]
    pub(crate) fn stop(self) -> String {
        self.signal("TERM");
        let log = self.log.clone();
        assert_eq!(self.wait(), Some(0), "{}", log.lock().unwrap());
        until("the log is read to its end", || (Arc::strong_count(&log) == 1).then_some(()));
        log.lock().unwrap().clone()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A process whose log and output are followed.
pub(super) type Begun = (Child, Arc<Mutex<String>>, Arc<Mutex<String>>);

/// Starts a program that goes on, in a working folder.
pub(super) fn begun(command: Command, dir: &Path, env: &[(&str, &str)]) -> Begun {
    let mut command = alone(command, dir, env);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (log, out) = (Arc::default(), Arc::default());
    follow(child.stderr.take().unwrap(), Arc::clone(&log));
    follow(child.stdout.take().unwrap(), Arc::clone(&out));
    (child, log, out)
}

#[expect(clippy::disallowed_methods, reason = "ends with the process it reads from")]
fn follow(from: impl Read + Send + 'static, log: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
}
