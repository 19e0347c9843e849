//! In a company: no way out but a proxy, and certificates of the company's own authority.

use super::authority::Authority;
use super::upstream::{Upstream, Way};
use crate::support::allclear_in;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A proxy that leads each host where it is told, and the first lines that it was sent. It ends with the process of the test.
fn proxy(to: BTreeMap<&'static str, SocketAddr>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(("127.0.0.35", 0)).unwrap();
    let at = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let lines = seen.clone();
    let accept = move || {
        for from in listener.incoming().map_while(Result::ok) {
            let (to, lines) = (to.clone(), lines.clone());
            drop(std::thread::Builder::new().spawn(move || tunnel(from, &to, &lines)));
        }
    };
    drop(std::thread::Builder::new().spawn(accept));
    (at, seen)
}

#[expect(clippy::disallowed_methods, reason = "a proxy of the tests")]
fn tunnel(mut from: TcpStream, to: &BTreeMap<&str, SocketAddr>, lines: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(from.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    lines.lock().unwrap().push(first.trim().to_owned());
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    let host = first.strip_prefix("CONNECT ")?.split(':').next()?;
    let Some(address) = to.get(host) else {
        return from.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").ok();
    };
    let mut on = TcpStream::connect(address).ok()?;
    from.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()?;
    let (mut back, mut out) = (on.try_clone().ok()?, from.try_clone().ok()?);
    drop(std::thread::Builder::new().spawn(move || std::io::copy(&mut back, &mut out)));
    std::io::copy(&mut reader, &mut on).ok().map(drop)
}

#[test]
fn behind_a_proxy_checks_are_made_and_pages_read_through_it_and_a_proxy_that_is_gone_is_nobody_elses_fault() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority.write(&dir.path().join("ca.pem"));
    let shop = Upstream::begin("127.0.0.36", Way::Never, Some(authority.server("shop.example", 90)));
    const CALM: &str = r#"{"page":{"id":"abcdefgh1234","name":"Shop"},"status":{"indicator":"none","description":"x"},"components":[{"id":"a","name":"API","status":"operational","group":false}],"incidents":[],"scheduled_maintenances":[]}"#;
    let tls = Some(authority.server("status.example", 90));
    let page = Upstream::begin("127.0.0.37", Way::Answers("200 OK", CALM), tls);
    page.fail();
    let (at, lines) = proxy(BTreeMap::from([("shop.example", shop.at), ("status.example", page.at)]));
    let run = |args: &[&str], proxy: &str| {
        let env = [("ALLCLEAR_NETWORK__HTTP_PROXY", proxy), ("ALLCLEAR_NETWORK__CA_FILE", "ca.pem")];
        allclear_in(dir.path(), &[args, &["--json"]].concat(), &env, "")
    };
    let here = format!("http://jo:secret@{at}");
    let check = ["check", "https://shop.example/up", "--expect", "json $.status == \"ok\""];
    let official = ["official", "https://status.example/api/v2/summary.json"];

    let up = run(&check, &here).ended(0).json();
    assert_eq!((up["outcome"].as_str(), up["tls"]["subject"].as_str()), (Some("up"), Some("shop.example")), "{up}");
    let calm = run(&official, &here).ended(0).json();
    assert_eq!((calm["format"].as_str(), calm["level"].as_str()), (Some("statuspage"), Some("operational")));
    let seen = lines.lock().unwrap().clone();
    assert_eq!(seen, ["CONNECT shop.example:443 HTTP/1.1", "CONNECT status.example:443 HTTP/1.1"], "only tunnels");

    let refused = run(&["check", "https://else.example/"], &here).ended(4).json();
    assert!(refused["reason"]["said"].as_str().unwrap().contains("proxy"), "{refused}");
    let gone = "http://jo:secret@127.0.0.38:9";
    let lost = run(&check, gone).ended(4);
    assert!(lost.json()["reason"]["said"].as_str().unwrap().contains("proxy"), "{}", lost.stdout);
    let unread = run(&official, gone).ended(3);
    for told in [&lost, &unread] {
        assert!(!format!("{}{}", told.stdout, told.stderr).contains("secret"));
    }
}
