//! `allclear check`

use crate::clock::SystemClock;
use crate::config::{Config, ConfigArgs};
use crate::embedded;
use crate::exit::{BLOCKED, DOWN, Failure, INCONCLUSIVE, OK, Outcome};
use crate::output;
use allclear_model::check::{
    Check as Definition, Checked, Condition, DEADLINE_MS, DnsCheck, HttpCheck, IcmpCheck, Method, Outcome as Word,
    REDIRECTS, Record, TcpCheck, TlsCheck, header, host_and_port,
};
use allclear_ports::Clock;
use allclear_signals::check::Checker;
use allclear_signals::dial::{HostOf, Target};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// Run one check now and show its phases
#[derive(Debug, clap::Args)]
#[command(after_help = "\
TARGET is a service's slug, or what to ask:
  https://example.org/health    a request over HTTP (http:// as well)
  tls://example.org:443         a handshake: chain, name, days to expiry
  tcp://example.org:22          a connection
  dns://example.org/MX          records of a name (A when none is named)
  icmp://example.org            an echo request

Of a service its file says what is asked and what must hold. Of an address that is said with --expect, several times if need be:
  status < 500        status in 200, 204        body contains \"ok\"       header server contains \"nginx\"
  json $.status == \"ok\"    certificate > 14 days    total < 2000 ms
  event contains \"ready\" (a stream of events, read until there is one)
  reply contains \"SSH\" (tcp)    answer contains \"192.0.2.7\" (dns)

IPv4 and IPv6 are tried apart where the host has both. Only public addresses are asked; setting network.private_ranges \
names others. A refusal of programs (403, 429, a captcha) is `blocked`: it says nothing about the service.

Examples:
  allclear check openrouter
  allclear check https://example.org/health --expect 'json $.status == \"ok\"'
  allclear check tls://example.org --expect 'certificate > 21 days' --json

Exit codes: 0 up; 1 down; 2 usage; 3 blocked; 4 inconclusive, the fault is on our side.")]
pub(crate) struct Check {
    /// A slug, or an address
    target: String,
    /// What must hold of the answer
    #[arg(long, value_name = "CONDITION")]
    expect: Vec<String>,
    /// GET or HEAD [default: GET]
    #[arg(long)]
    method: Option<String>,
    /// A header to send, NAME:VALUE
    #[arg(long, value_name = "NAME:VALUE")]
    header: Vec<String>,
    /// What to send on a TCP connection
    #[arg(long, value_name = "TEXT")]
    send: Option<String>,
    /// Redirects to follow [default: 5]
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=10))]
    redirects: Option<u8>,
    /// Seconds it may take [default: 10]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=120))]
    timeout: Option<u32>,
    /// Print JSON: {"outcome","reason","phases_ms":{"dns","connect","tls","first_byte","total"},"address","family","http":{"version","status"},"tls":{…},"findings":[…]}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Check {
    pub(crate) fn run(self) -> Outcome {
        let config = self.config.load(&[])?;
        let check = self.definition(&config)?;
        let dialer = config.network.dialer(&config.site.contact, BTreeSet::new(), TaskTracker::new())?;
        super::block_on(async move {
            let checker = Checker::new(Arc::new(dialer));
            let checked = checker.run_families(&check, SystemClock.now()).await;
            if self.json {
                output::json(&checked)?;
            } else {
                output::print(&told(&self.target, &checked))?;
            }
            Ok(match checked.outcome {
                Word::Up => OK,
                Word::Down(_) => DOWN,
                Word::Blocked(_) => BLOCKED,
                Word::Inconclusive(_) => INCONCLUSIVE,
            })
        })
    }

    fn definition(&self, config: &Config) -> Result<Definition, Failure> {
        let Some((scheme, rest)) = self.target.split_once("://") else {
            return self.of_service(config);
        };
        let kind = if scheme == "https" { "http" } else { scheme };
        let deadline_ms = self.timeout.map_or(DEADLINE_MS, |s| s * 1000);
        let parts = |usual| host_and_port(rest, usual).map_err(Failure::bad_input);
        let conditions = |kind: &str| -> Result<Vec<Condition>, Failure> {
            let read = |text: &String| Condition::parse_for(kind, text).map_err(Failure::bad_input);
            self.expect.iter().map(read).collect()
        };
        let (check, host) = match kind {
            "http" => {
                Target::parse(&self.target).map_err(Failure::bad_input)?;
                return self.http(conditions(kind)?, deadline_ms);
            }
            "tls" => {
                let ((host, port), conditions) = (parts(Some(443))?, conditions(kind)?);
                (Definition::Tls(TlsCheck { host: host.clone(), port, conditions, deadline_ms }), host)
            }
            "tcp" => {
                let ((host, port), conditions) = (parts(None)?, conditions(kind)?);
                let send = self.send.clone().unwrap_or_default();
                (Definition::Tcp(TcpCheck { host: host.clone(), port, send, conditions, deadline_ms }), host)
            }
            "dns" => {
                let (name, record) = rest.split_once('/').unwrap_or((rest, "A"));
                let record = Record::parse(record).map_err(Failure::bad_input)?;
                let (name, conditions) = (name.to_owned(), conditions(kind)?);
                (Definition::Dns(DnsCheck { name: name.clone(), record, conditions, deadline_ms }), name)
            }
            "icmp" => {
                let host = rest.trim_end_matches('/').trim_matches(['[', ']']).to_owned();
                (Definition::Icmp(IcmpCheck { host: host.clone(), conditions: conditions(kind)?, deadline_ms }), host)
            }
            other => {
                return Err(Failure::bad_input(format!(
                    "{other:?} cannot be checked; known are http, https, tls, tcp, dns and icmp"
                )));
            }
        };
        self.only_for(kind)?;
        match (HostOf::parse(&host).map_err(Failure::bad_input)?, kind) {
            (HostOf::Ip(ip), "dns") => {
                Err(Failure::bad_input(format!("{ip} is an address: a DNS check asks about a name")))
            }
            _ => Ok(check),
        }
    }

    /// A flag that a check of this kind would ignore is a mistake.
    fn only_for(&self, kind: &str) -> Result<(), Failure> {
        for (flag, given, of) in [
            ("--method", self.method.is_some(), "http"),
            ("--header", !self.header.is_empty(), "http"),
            ("--redirects", self.redirects.is_some(), "http"),
            ("--send", self.send.is_some(), "tcp"),
        ] {
            if given && kind != of {
                return Err(Failure::bad_input(format!("{flag} is of no use for a check over {kind}")));
            }
        }
        Ok(())
    }

    fn http(&self, conditions: Vec<Condition>, deadline_ms: u32) -> Result<Definition, Failure> {
        self.only_for("http")?;
        let read = |text: &String| header(text).map_err(|e| Failure::bad_input(format!("--header: {}", e.problem)));
        let method = self.method.as_deref().map(Method::parse).transpose().map_err(Failure::bad_input)?;
        Ok(Definition::Http(HttpCheck {
            method: method.unwrap_or_default(),
            headers: self.header.iter().map(read).collect::<Result<_, _>>()?,
            conditions,
            redirects: self.redirects.unwrap_or(REDIRECTS),
            deadline_ms,
            ..HttpCheck::get(&self.target)
        }))
    }

    fn of_service(&self, config: &Config) -> Result<Definition, Failure> {
        let asked = [
            ("--expect", !self.expect.is_empty()),
            ("--method", self.method.is_some()),
            ("--header", !self.header.is_empty()),
            ("--send", self.send.is_some()),
            ("--redirects", self.redirects.is_some()),
            ("--timeout", self.timeout.is_some()),
        ];
        if let Some((flag, _)) = asked.iter().find(|(_, given)| *given) {
            return Err(Failure::bad_input(format!(
                "{flag} is for addresses: what is asked of a service, and what must hold, stands in its file"
            )));
        }
        let catalogue = embedded::effective(&config.catalogue)?;
        let service = catalogue
            .services
            .values()
            .find(|s| s.slug.as_str() == self.target || s.aliases.iter().any(|a| *a == self.target.to_lowercase()));
        let service = service.ok_or_else(|| {
            Failure::bad_input(format!(
                "{:?} is neither a service's slug (`allclear catalogue list` shows them) nor an address such as https://example.org/",
                self.target
            ))
        })?;
        let check = service.check.as_ref().map(|c| c.value.clone()).ok_or_else(|| {
            Failure::bad_input(format!("{} has no check: its file has no [check] table", service.name))
        })?;
        Ok(check)
    }
}

fn told(target: &str, checked: &Checked) -> String {
    let mut text = format!("{target}: {}\n", checked.outcome.as_str());
    let mut line = |name: &str, value: String| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "  {name:<12}{}", output::one_line(&value));
    };
    if let Some(why) = checked.outcome.why() {
        line("why", why.to_owned());
    }
    if let Some(address) = &checked.address {
        line("address", address.clone());
    }
    if let Some(http) = &checked.http {
        line("http", format!("{} over HTTP/{}", http.status, http.version.as_str()));
        if let Some(to) = &http.redirected_to {
            line("redirected", to.clone());
        }
    }
    if let Some(tls) = &checked.tls {
        line(
            "tls",
            format!("{}, for {}, issued by {}, {} days left", tls.version, tls.subject, tls.issuer, tls.days_left),
        );
    }
    let p = &checked.phases_ms;
    for (name, ms) in [
        ("dns", p.dns),
        ("connect", p.connect),
        ("handshake", p.tls),
        ("first byte", p.first_byte),
        ("total", Some(p.total)),
    ] {
        if let Some(ms) = ms {
            line(name, format!("{ms:.1} ms"));
        }
    }
    for finding in &checked.findings {
        line("noticed", finding.clone());
    }
    text
}
