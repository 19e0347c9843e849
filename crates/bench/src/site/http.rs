//! As much of an HTTP/1.1 client as a load generator needs: keep-alive, one request at a time, bodies by length.

use anyhow::{Context, bail, ensure};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer.
pub(crate) struct Answer {
    /// Status code.
    pub(crate) status: u16,
    /// Head as text.
    pub(crate) head: String,
    /// Body as it came over the wire.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Value of a header, by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|l| {
            let (n, v) = l.split_once(':')?;
            n.eq_ignore_ascii_case(name).then(|| v.trim())
        })
    }
}

/// Length of a whole answer at the start of `bytes`: head, body. `None`: not all there yet.
pub(crate) fn complete(bytes: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end])?;
    let length = head.lines().find_map(|l| {
        let (n, v) = l.split_once(':')?;
        n.eq_ignore_ascii_case("content-length").then(|| v.trim().parse::<usize>())
    });
    let body = length.context("an answer without Content-Length")??;
    Ok((bytes.len() >= end + 4 + body).then_some((end + 4, body)))
}

/// Status code at the start of an answer.
pub(crate) fn status(bytes: &[u8]) -> u16 {
    bytes.get(9..12).and_then(|b| std::str::from_utf8(b).ok()).and_then(|t| t.parse().ok()).unwrap_or(0)
}

/// One request that is written as it is.
pub(crate) fn ask(connection: &mut TcpStream, request: &[u8]) -> anyhow::Result<Answer> {
    connection.write_all(request)?;
    let mut bytes = Vec::new();
    let mut part = [0; 16384];
    loop {
        if let Some((head, body)) = complete(&bytes)? {
            ensure!(bytes.len() == head + body, "more than one answer");
            let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
            return Ok(Answer { status: status(&bytes), head: text, body: bytes[head..].to_vec() });
        }
        let n = connection.read(&mut part)?;
        if n == 0 {
            bail!("the connection was closed in the middle of an answer");
        }
        bytes.extend_from_slice(&part[..n]);
    }
}

/// A connection with time limits.
pub(crate) fn connect(address: &str) -> anyhow::Result<TcpStream> {
    let c = TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
    c.set_read_timeout(Some(Duration::from_secs(10)))?;
    c.set_write_timeout(Some(Duration::from_secs(10)))?;
    c.set_nodelay(true)?;
    Ok(c)
}

/// `GET`, with gzip or without.
pub(crate) fn get(address: &str, path: &str, gzip: bool) -> anyhow::Result<Answer> {
    let mut c = connect(address)?;
    ask(&mut c, &get_request(path, gzip))
}

/// The bytes of a `GET`.
pub(crate) fn get_request(path: &str, gzip: bool) -> Vec<u8> {
    let encoding = if gzip { "Accept-Encoding: gzip\r\n" } else { "" };
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{encoding}\r\n").into_bytes()
}

/// The bytes of a report from the made-up address number `n` about a service.
pub(crate) fn report_request(slug: &str, n: u32) -> Vec<u8> {
    post(&format!("/api/v1/services/{slug}/reports"), n, "application/json", "{\"symptom\":\"other\"}")
}

/// What is written in reports that have a text.
pub(crate) const WRITTEN: &str = "it has not loaded for ten minutes";

/// The same with a text.
pub(crate) fn text_request(slug: &str, n: u32) -> Vec<u8> {
    let body = format!("{{\"symptom\":\"other\",\"text\":\"{WRITTEN}\"}}");
    post(&format!("/api/v1/services/{slug}/reports"), n, "application/json", &body)
}

/// The same with a text, through the form.
pub(crate) fn form_request(slug: &str, n: u32) -> Vec<u8> {
    let body = format!("symptom=other&text={}", WRITTEN.replace(' ', "+"));
    post(&format!("/s/{slug}/report"), n, "application/x-www-form-urlencoded", &body)
}

fn post(path: &str, n: u32, kind: &str, body: &str) -> Vec<u8> {
    // 10.0.0.0/8 and from there on: about 4 thousand million made-up addresses, 256 to a network.
    let a = std::net::Ipv4Addr::from(0x0a00_0000_u32.wrapping_add(n));
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nX-Forwarded-For: {a}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Slugs of all services of a site.
pub(crate) fn slugs(address: &str) -> anyhow::Result<Vec<String>> {
    let list: serde_json::Value = serde_json::from_slice(&get(address, "/api/v1/services", false)?.body)?;
    let slugs: Vec<String> = list["services"]
        .as_array()
        .context("no list of services")?
        .iter()
        .filter_map(|s| s["slug"].as_str().map(str::to_owned))
        .collect();
    ensure!(!slugs.is_empty(), "the site has no services");
    Ok(slugs)
}
