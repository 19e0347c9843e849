//! A client that knows as much of HTTP as the tests need.

use super::Site;
use serde_json::Value as Json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// A header by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|l| {
            let (n, v) = l.split_once(':')?;
            n.eq_ignore_ascii_case(name).then(|| v.trim())
        })
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.body))
    }
}

/// One request on a connection of its own. `Err` when the other side is gone.
#[expect(clippy::disallowed_methods, reason = "a client of the tests, not of the product")]
pub(crate) fn http(
    addr: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut head = vec![format!("{method} {path} HTTP/1.1"), format!("host: {addr}"), "connection: close".to_owned()];
    head.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if method == "POST" {
        head.push(format!("content-length: {}", body.len()));
    }
    stream.write_all(format!("{}\r\n\r\n{body}", head.join("\r\n")).as_bytes())?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    parse(&all).ok_or_else(|| std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the answer is cut off"))
}

fn parse(all: &[u8]) -> Option<Answer> {
    let split = all.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8(all[..split].to_vec()).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let mut answer = Answer { status, head, body: String::new() };
    let rest = &all[split + 4..];
    let whole = match answer.header("content-length") {
        Some(n) => rest.get(..n.parse().ok()?)?.to_vec(),
        None if answer.header("transfer-encoding").is_some() => unchunk(rest)?,
        None => rest.to_vec(),
    };
    answer.body = String::from_utf8(whole).ok()?;
    Some(answer)
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let line = rest.windows(2).position(|w| w == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?.trim(), 16).ok()?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

impl Site {
    /// `GET`.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        http(&self.addr, "GET", path, &[], "").unwrap()
    }

    /// Posts a report as JSON, from a made-up address, with an idempotency key.
    pub(crate) fn report(&self, service: &str, symptom: &str, from: &str, key: &str) -> std::io::Result<Answer> {
        self.report_saying(service, symptom, from, key, None)
    }

    /// The same with a text.
    pub(crate) fn report_saying(
        &self,
        service: &str,
        symptom: &str,
        from: &str,
        key: &str,
        text: Option<&str>,
    ) -> std::io::Result<Answer> {
        let path = format!("/api/v1/services/{service}/reports");
        let headers = [("content-type", "application/json"), ("x-forwarded-for", from), ("idempotency-key", key)];
        http(&self.addr, "POST", &path, &headers, &serde_json::json!({"symptom": symptom, "text": text}).to_string())
    }
}
