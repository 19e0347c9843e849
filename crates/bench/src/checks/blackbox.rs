//! blackbox_exporter, as its users run it: one request for each probe, answered with its metrics.

use super::Kind;
use super::client::{AT_ONCE, Figures};
use super::target::Target;
use crate::site::http;
use crate::site::process::{Process, free_address, listens, wrk_with};
use anyhow::Context;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// What its binary is called: in Debian, and by itself.
const NAMES: [&str; 2] = ["prometheus-blackbox-exporter", "blackbox_exporter"];

/// A running one.
pub(super) struct Blackbox {
    process: Process,
    address: String,
}

impl Blackbox {
    /// Starts it on `core`, where it is installed.
    pub(super) fn start(work: &Path, target: &Target, core: Option<usize>) -> anyhow::Result<Option<Blackbox>> {
        let Some(program) = installed() else { return Ok(None) };
        let address = free_address()?;
        let file = work.join("blackbox.yml");
        let modules = format!(
            "modules:\n  plain: {{prober: http, timeout: 10s, http: {{preferred_ip_protocol: ip4}}}}\n  \
             tls: {{prober: http, timeout: 10s, http: {{preferred_ip_protocol: ip4, tls_config: {{ca_file: {}}}}}}}\n",
            target.authority.root_file.display()
        );
        std::fs::write(&file, modules)?;
        let args = [
            format!("--config.file={}", file.display()),
            format!("--web.listen-address={address}"),
            "--log.level=error".to_owned(),
        ];
        let process = Process::start(&program, &args.each_ref().map(String::as_str), &[], core)?;
        listens(&address, "blackbox_exporter")?;
        Ok(Some(Blackbox { process, address }))
    }

    /// CPU of its probes of `target`, as many at a time as the others make.
    pub(super) fn measure(
        &self,
        kind: Kind,
        target: &Target,
        seconds: u64,
        loader: Option<usize>,
    ) -> anyhow::Result<Figures> {
        let module = match kind {
            Kind::Plain => "plain",
            Kind::Tls => "tls",
        };
        let url = target.urls(kind).into_iter().next().context("no address")?;
        let path = format!("/probe?module={module}&target={url}");
        self.succeeds(&path)?;
        let before = self.process.cpu_s()?;
        let rate = wrk_with(&format!("http://{}{path}", self.address), seconds, loader, AT_ONCE, &[])?;
        let cpu = self.process.cpu_s()? - before;
        self.succeeds(&path)?;
        Ok(Figures { per_second: rate, cpu_us: cpu / (rate * seconds as f64) * 1e6 })
    }

    /// It answers 200 whatever it finds; only its words tell whether the probe went well.
    fn succeeds(&self, path: &str) -> anyhow::Result<()> {
        let mut c = http::connect(&self.address)?;
        c.write_all(format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").as_bytes())?;
        let mut text = String::new();
        c.read_to_string(&mut text)?;
        anyhow::ensure!(text.contains("probe_success 1"), "blackbox_exporter's probe fails: {text}");
        Ok(())
    }
}

/// Where its binary is.
fn installed() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}
