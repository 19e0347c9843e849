//! The `[check]` table of a service file: what a check of ours asks, and what must hold.

use super::reader::{At, FileCx, Section};
use allclear_model::check::{
    Check, Condition, DEADLINE_MS, DnsCheck, HttpCheck, IcmpCheck, MAX_BODY, Method, REDIRECTS, Record, TcpCheck,
    TlsCheck, header, host_and_port,
};

/// Kinds by the key that names what is asked.
const KINDS: [&str; 5] = ["url", "tcp", "tls", "dns", "icmp"];

/// Reads the table; `None` when it does not hold, and the context says why.
pub(super) fn check(cx: &mut FileCx<'_>, mut s: Section<'_, '_>) -> Option<Check> {
    let named: Vec<&str> = KINDS.iter().copied().filter(|k| s.has(k)).collect();
    let kind = match named.as_slice() {
        [kind] => *kind,
        [] => {
            cx.problem(s.at(), &s.name("url"), "is missing (or one of tcp, tls, dns and icmp)");
            "url"
        }
        [_, more @ ..] => {
            let problem = format!("stands beside {}: a check asks one thing", named[0]);
            cx.problem(s.at(), &s.name(more[0]), problem);
            return None;
        }
    };
    let conditions = conditions(cx, &mut s, if kind == "url" { "http" } else { kind });
    let deadline_ms = s.number(cx, "timeout_s", 1.0, 60.0).map_or(DEADLINE_MS, |t| (t * 1000.0) as u32);
    let check = match kind {
        "tcp" => {
            let (host, port) = place(cx, &mut s, "tcp", None)?;
            let send = s.verbatim(cx, "send", 500).map(|t| t.value).unwrap_or_default();
            Check::Tcp(TcpCheck { host, port, send, conditions, deadline_ms })
        }
        "tls" => {
            let (host, port) = place(cx, &mut s, "tls", Some(443))?;
            Check::Tls(TlsCheck { host, port, conditions, deadline_ms })
        }
        "dns" => {
            let name = host(cx, &mut s, "dns")?;
            let record = parsed(cx, &mut s, "record", Record::parse).unwrap_or(Record::A);
            Check::Dns(DnsCheck { name, record, conditions, deadline_ms })
        }
        "icmp" => Check::Icmp(IcmpCheck { host: host(cx, &mut s, "icmp")?, conditions, deadline_ms }),
        _ => {
            let url = s.url(cx, "url");
            let method = parsed(cx, &mut s, "method", Method::parse).unwrap_or_default();
            let headers = headers(cx, &mut s);
            let redirects = s.number(cx, "redirects", 0.0, 10.0).map_or(REDIRECTS, |n| n as u8);
            let max_body = s.number(cx, "max_body_kb", 1.0, 4096.0).map_or(MAX_BODY, |n| (n * 1024.0) as u32);
            let keep = s.flag(cx, "keep_connection").is_some_and(|f| f.value);
            let url = url?.value;
            Check::Http(HttpCheck { url, method, headers, conditions, redirects, max_body, deadline_ms, keep })
        }
    };
    s.finish(cx);
    Some(check)
}

fn conditions(cx: &mut FileCx<'_>, s: &mut Section<'_, '_>, kind: &str) -> Vec<Condition> {
    let mut all = Vec::new();
    for text in s.texts(cx, "expect", 300) {
        let name = s.name(&format!("expect[{}]", text.n));
        match Condition::parse_for(kind, &text.value) {
            Ok(c) => all.push(c),
            Err(e) => cx.problem(text.at, &name, e.problem),
        }
    }
    all
}

fn headers(cx: &mut FileCx<'_>, s: &mut Section<'_, '_>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for text in s.texts(cx, "headers", 500) {
        match header(&text.value) {
            Ok(header) => all.push(header),
            Err(e) => cx.problem(text.at, &s.name(&format!("headers[{}]", text.n)), e.problem),
        }
    }
    all
}

fn parsed<T>(
    cx: &mut FileCx<'_>,
    s: &mut Section<'_, '_>,
    key: &'static str,
    parse: impl Fn(&str) -> Result<T, allclear_model::ParseError>,
) -> Option<T> {
    let text = s.text(cx, key, 20)?;
    match parse(&text.value) {
        Ok(value) => Some(value),
        Err(e) => {
            cx.problem(text.at, &s.name(key), e.problem);
            None
        }
    }
}

/// A host by name or address.
fn host(cx: &mut FileCx<'_>, s: &mut Section<'_, '_>, key: &'static str) -> Option<String> {
    let At { value, at } = s.text(cx, key, 253)?;
    if is_host(&value) {
        return Some(value);
    }
    cx.problem(at, &s.name(key), format!("{value:?} is not a host, such as example.org"));
    None
}

/// A host and a port.
fn place(cx: &mut FileCx<'_>, s: &mut Section<'_, '_>, key: &'static str, usual: Option<u16>) -> Option<(String, u16)> {
    let At { value, at } = s.text(cx, key, 260)?;
    match host_and_port(&value, usual) {
        Ok((host, port)) if is_host(&host) => return Some((host, port)),
        Ok(_) => cx.problem(at, &s.name(key), format!("{value:?} is not a host and a port, such as example.org:22")),
        Err(e) => cx.problem(at, &s.name(key), e.problem),
    }
    None
}

fn is_host(text: &str) -> bool {
    let name = !text.contains(['/', '?', '#', '@', ':']);
    text.parse::<std::net::IpAddr>().is_ok() || name && super::reader::check_url(&format!("https://{text}/")).is_ok()
}
