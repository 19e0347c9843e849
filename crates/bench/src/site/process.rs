//! Child processes on loopback: the site under test, and what it is compared with. They are ended by their own id.

use anyhow::Context;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A child process that ends with its owner.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts a program, on one core when `core` says so.
    pub(crate) fn start(
        program: &Path,
        args: &[&str],
        envs: &[(&str, &str)],
        core: Option<usize>,
    ) -> anyhow::Result<Process> {
        let mut c = match core {
            Some(core) => {
                let mut c = Command::new("taskset");
                c.arg("-c").arg(core.to_string()).arg(program);
                c
            }
            None => Command::new(program),
        };
        c.args(args).envs(envs.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = c.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Process { child })
    }

    /// Its id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// CPU seconds of all its threads so far.
    pub(crate) fn cpu_s(&self) -> anyhow::Result<f64> {
        let mut ns = 0u64;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.id()))? {
            // A thread may end between being listed and being read.
            if let Ok(text) = std::fs::read_to_string(task?.path().join("schedstat")) {
                ns += text.split_whitespace().next().and_then(|v| v.parse::<u64>().ok()).unwrap_or(0);
            }
        }
        Ok(ns as f64 / 1e9)
    }

    /// Resident memory in MiB.
    pub(crate) fn resident_mib(&self) -> anyhow::Result<f64> {
        self.status_mib("VmRSS:")
    }

    /// The most that was resident since [`Process::forget_peak`], in MiB.
    pub(crate) fn peak_mib(&self) -> anyhow::Result<f64> {
        self.status_mib("VmHWM:")
    }

    /// From here on the most is measured.
    pub(crate) fn forget_peak(&self) -> anyhow::Result<()> {
        Ok(std::fs::write(format!("/proc/{}/clear_refs", self.id()), "5")?)
    }

    fn status_mib(&self, name: &'static str) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|l| l.strip_prefix(name)).context(name)?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }

    /// Asks it to end, and waits up to 10 seconds.
    pub(crate) fn end(&mut self) {
        let _ = Command::new("kill").arg("-TERM").arg(self.id().to_string()).stderr(Stdio::null()).status();
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(10) {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            self.end();
        }
    }
}

/// A running site.
pub(crate) struct Site {
    /// Its process.
    pub(crate) process: Process,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
}

/// What a site is started with.
#[derive(Clone, Default)]
pub(crate) struct Start {
    /// Core it is pinned to.
    pub(crate) core: Option<usize>,
    /// Further services.
    pub(crate) catalogue: Option<PathBuf>,
    /// With the limits of rates that a site has by itself; else without.
    pub(crate) limited: bool,
    /// Whether it shows the simulated day.
    pub(crate) demo: bool,
    /// Whether it runs checks and reads official pages.
    pub(crate) watches: bool,
    /// Settings as environment variables.
    pub(crate) envs: Vec<(&'static str, String)>,
}

impl Site {
    /// Starts the release binary on a free port and waits for its first line.
    pub(crate) fn start(binary: &Path, data: &Path, how: &Start) -> anyhow::Result<Site> {
        let data = data.display().to_string();
        let mut args = vec!["serve", "--listen", "127.0.0.1:0", "--data", &data];
        if !how.watches {
            args.extend(["--no-checks", "--no-official"]);
        }
        if how.demo {
            args.push("--demo");
        }
        let catalogue = how.catalogue.as_ref().map(|c| c.display().to_string());
        if let Some(c) = &catalogue {
            args.extend(["--catalogue", c]);
        }
        let mut envs = vec![("ALLCLEAR_HTTP__TRUSTED_PROXIES", "127.0.0.1/32")];
        if !how.limited {
            envs.push(("ALLCLEAR_LIMITS__REPORTS_PER_SOURCE_PER_HOUR", "0"));
            envs.push(("ALLCLEAR_LIMITS__REPORTS_PER_NETWORK_PER_MINUTE", "0"));
        }
        envs.extend(how.envs.iter().map(|(name, value)| (*name, value.as_str())));
        let mut process = Process::start(binary, &args, &envs, how.core)?;
        let out = process.child.stdout.take().context("no standard output")?;
        let mut line = String::new();
        let mut out = BufReader::new(out);
        out.read_line(&mut line)?;
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .with_context(|| format!("the site's first line is {line:?}; is {} a release build?", binary.display()))?
            .to_owned();
        // The pipe is read to its end so that the site never waits for a reader.
        #[expect(clippy::disallowed_methods, reason = "ends with the process it reads from")]
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        Ok(Site { process, address })
    }
}

/// An nginx that serves one folder with `gzip_static`, one worker, no log.
pub(crate) struct Nginx {
    /// Its process: with `master_process off` the only one.
    pub(crate) process: Process,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
}

impl Nginx {
    /// Starts nginx on a free port.
    pub(crate) fn start(root: &Path, work: &Path, core: Option<usize>) -> anyhow::Result<Nginx> {
        let address = free_address()?;
        let server = format!("server {{ listen {address}; root {}; }}", root.display());
        Nginx::serving(&server, &address, work, core)
    }

    /// Starts nginx with these `server` blocks, one of which listens at `address`.
    pub(crate) fn serving(servers: &str, address: &str, work: &Path, core: Option<usize>) -> anyhow::Result<Nginx> {
        let file = work.join("nginx.conf");
        let work = work.display();
        let conf = format!(
            "daemon off; master_process off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/error.log;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; gzip_static on; etag on; open_file_cache max=100;\n\
             types {{ text/html html; }} client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;\n\
             uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;\n\
             {servers} }}\n"
        );
        std::fs::write(&file, conf)?;
        let program =
            ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx"].iter().map(Path::new).find(|p| p.exists());
        let program = program.context("nginx is not installed (make bench installs it)")?;
        let process = Process::start(
            program,
            &["-c", &file.display().to_string(), "-e", &format!("{work}/error.log")],
            &[],
            core,
        )?;
        listens(address, "nginx")?;
        Ok(Nginx { process, address: address.to_owned() })
    }
}

/// Two cores, if there are two: the measured program's and the other's.
pub(crate) fn cores() -> (Option<usize>, Option<usize>) {
    let n = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if n >= 2 { (Some(0), Some(1)) } else { (None, None) }
}

/// An address on loopback at which nobody listens.
pub(crate) fn free_address() -> anyhow::Result<String> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// Waits until `who` listens at `address`.
pub(crate) fn listens(address: &str, who: &str) -> anyhow::Result<()> {
    let begin = Instant::now();
    while std::net::TcpStream::connect(address).is_err() {
        anyhow::ensure!(begin.elapsed() < Duration::from_secs(5), "{who} did not start within 5 s");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Runs wrk with 64 connections that ask for gzip; requests per second.
pub(crate) fn wrk(url: &str, seconds: u64, core: Option<usize>) -> anyhow::Result<f64> {
    wrk_with(url, seconds, core, 64, &["Accept-Encoding: gzip"])
}

/// Runs wrk with so many connections and these headers; requests per second.
pub(crate) fn wrk_with(
    url: &str,
    seconds: u64,
    core: Option<usize>,
    connections: usize,
    headers: &[&str],
) -> anyhow::Result<f64> {
    let mut c = match core {
        Some(core) => {
            let mut c = Command::new("taskset");
            c.arg("-c").arg(core.to_string()).arg("wrk");
            c
        }
        None => Command::new("wrk"),
    };
    c.args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}s")]);
    c.args(headers.iter().flat_map(|header| ["-H", header])).arg(url);
    let out = c.output().context("wrk is not installed (make bench installs it)")?;
    let text = String::from_utf8_lossy(&out.stdout);
    anyhow::ensure!(!text.contains("Non-2xx"), "wrk got answers other than 2xx from {url}:\n{text}");
    let line = text
        .lines()
        .find_map(|l| l.trim().strip_prefix("Requests/sec:"))
        .with_context(|| format!("wrk said: {text}"))?;
    Ok(line.trim().parse()?)
}
