//! Every address there is against everything that nobody meant well: wrong methods, types, bodies, letters, paths and
//! headers. Each gets an answer that is right for it, never a fault of ours, always with our headers.

use super::house::{Got, House, parse};
use super::security::{check, every};
use crate::routes::{Methods, Route, ServicePart};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::IpAddr;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Never ends, so it is asked with `HEAD`.
const LIVE: &str = "/api/v1/live";

/// A request of bytes that need not be text.
struct Ask<'a> {
    method: &'a str,
    target: Vec<u8>,
    headers: Vec<(&'a str, Vec<u8>)>,
    body: Vec<u8>,
}

impl<'a> Ask<'a> {
    fn new(method: &'a str, target: impl AsRef<[u8]>) -> Ask<'a> {
        Ask { method, target: target.as_ref().to_vec(), headers: Vec::new(), body: Vec::new() }
    }

    fn header(mut self, name: &'a str, value: impl AsRef<[u8]>) -> Ask<'a> {
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    fn body(mut self, kind: &str, body: impl AsRef<[u8]>) -> Ask<'a> {
        self.body = body.as_ref().to_vec();
        self.header("content-type", kind)
    }

    /// How it reads in the message of a test that fails.
    fn told(&self) -> String {
        let headers: String = self.headers.iter().fold(String::new(), |mut all, (n, v)| {
            let _ = write!(all, " {n}: {:.60}", String::from_utf8_lossy(v));
            all
        });
        let (target, body) = (String::from_utf8_lossy(&self.target), String::from_utf8_lossy(&self.body));
        format!("{} {target:.120}{headers} {body:.80}", self.method)
    }

    fn send(&self, house: &House) -> Got {
        let mut bytes = self.method.as_bytes().to_vec();
        bytes.push(b' ');
        bytes.extend_from_slice(&self.target);
        bytes.extend_from_slice(b" HTTP/1.1\r\nconnection: close\r\n");
        if !self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("host")) {
            bytes.extend_from_slice(b"host: x.invalid\r\n");
        }
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        if !self.body.is_empty() || self.method == "POST" {
            bytes.extend_from_slice(format!("content-length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        let all = house.raw(&bytes);
        assert!(!all.is_empty(), "no answer: {}", self.told());
        let got = parse(&all);
        let path = String::from_utf8_lossy(&self.target).into_owned();
        let path = path.split('?').next().unwrap_or_default().to_owned();
        // Only the card itself may stand in frames, not what is said in its place.
        check(if got.status == 200 { &path } else { "" }, &got);
        got
    }

    /// Sends it and wants one of these statuses.
    #[track_caller]
    fn gets(&self, house: &House, allowed: &[u16]) -> Got {
        let got = self.send(house);
        assert!(allowed.contains(&got.status), "{}: {} is none of {allowed:?}", self.told(), got.status);
        got
    }
}

/// `GET`, or `HEAD` where that would never end.
fn read_of(path: &str) -> &'static str {
    if path.starts_with(LIVE) { "HEAD" } else { "GET" }
}

/// What an address answers to a plain `GET`.
fn plain(path: &str) -> u16 {
    match path {
        "/assets/none/none.css" => 404,
        p if p.ends_with("/flags") || p.ends_with("/votes") || p.ends_with("/batches") => 405,
        "/api/v1/agents/work" => 401,
        p if p.starts_with("/is-") => 301,
        _ => 200,
    }
}

/// What a `POST` to an address is read as; `None` for a flag of the API, which says nothing but itself.
fn posted_as(route: &Route<'_>) -> Option<&'static str> {
    match route {
        Route::ApiFlags(_) => None,
        Route::Service(_, ServicePart::ApiReports) | Route::ApiVotes(_) => Some(JSON),
        _ => Some(FORM),
    }
}

/// Addresses that take a `POST` of anybody: that of agents reads nothing of whoever is none.
fn doors(all: &[String]) -> Vec<(String, Option<&'static str>)> {
    let routes = all.iter().map(|p| (p, Route::parse(p).unwrap()));
    let open = |r: &Route<'_>| r.methods() != Methods::Get && *r != Route::ApiAgentBatches;
    routes.filter(|(_, r)| open(r)).map(|(p, r)| (p.clone(), posted_as(&r))).collect()
}

/// More than any body may have.
fn megabyte() -> Vec<u8> {
    let mut all = b"symptom=login&text=".to_vec();
    all.resize(1 << 20, b'x');
    all
}

#[test]
fn every_address_answers_a_stranger_and_refuses_every_method_that_it_does_not_take() {
    let house = House::new();
    let all = every(&house);
    let long = "X".repeat(1000);
    for path in &all {
        Ask::new(read_of(path), path).gets(&house, &[plain(path)]);
        let route = Route::parse(path).unwrap();
        let allow = route.methods().allow();
        for method in ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "get", "Post", "PRI", &long] {
            let got = Ask::new(method, path).gets(&house, &[405]);
            assert_eq!(got.header("allow"), Some(allow), "{method} {path}");
            // A method may come with a body, too, and nobody waits for that one.
            Ask::new(method, path).body(JSON, "{}").gets(&house, &[405]);
        }
        if route.methods() == Methods::Get {
            Ask::new("POST", path).body(FORM, "symptom=login").gets(&house, &[405]);
        }
        if route.methods() == Methods::Post {
            Ask::new("HEAD", path).gets(&house, &[405]);
        }
        Ask::new("OPTIONS", path).gets(&house, &[if route.is_api() { 204 } else { 405 }]);
        // Asks for a tunnel, and names no host to lead it to.
        Ask::new("CONNECT", path).gets(&house, &[400, 405]);
        for bad in [&b"G\xc3\x84T"[..], b"G(T", b"\"GET\"", b"G\0T", b"GET\t"] {
            let mut bytes = bad.to_vec();
            bytes.extend_from_slice(format!(" {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes());
            let got = parse(&house.raw(&bytes));
            assert_eq!(got.status, 400, "{bad:?} {path}");
            check("", &got);
        }
    }
}

#[test]
fn every_door_refuses_what_is_not_sent_as_what_it_reads() {
    let house = House::new();
    let all = every(&house);
    for (path, kind) in doors(&all) {
        // A flag of the API is taken with any body and reads none.
        let Some(kind) = kind else { continue };
        let other = if kind == FORM { JSON } else { FORM };
        let odd: [&[u8]; 12] = [
            b"",
            b"text/plain",
            other.as_bytes(),
            b"application/xml",
            b"multipart/form-data",
            b"multipart/form-data; boundary=\"\"",
            b"application/json, application/x-www-form-urlencoded",
            b"application/json/x-www-form-urlencoded",
            b"\xff\xfe",
            b"*/*",
            b";",
            b"application/octet-stream; charset=utf-8",
        ];
        for odd in odd {
            let mut ask = Ask::new("POST", &path).header("content-type", odd);
            ask.body = b"symptom=login&name=x&choice=good".to_vec();
            ask.gets(&house, &[415]);
        }
        for charset in ["utf-16", "iso-8859-1", "utf-7", ""] {
            Ask::new("POST", &path).body(&format!("{kind}; charset={charset}"), "x=1").gets(&house, &[415]);
        }
        for coding in ["gzip", "br", "deflate", "zstd", "gzip, identity", "\u{ff}"] {
            Ask::new("POST", &path).header("content-encoding", coding).body(kind, "x=1").gets(&house, &[415]);
        }
        Ask::new("POST", &path).body(kind, "x=1").header("content-type", kind).gets(&house, &[415]);
        for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "null")] {
            Ask::new("POST", &path).header(name, value).body(kind, "x=1").gets(&house, &[403]);
        }
    }
    assert_eq!(house.engine.metric("allclear_reports_accepted_total"), Some(accepted_by_every(&house)));
}

/// Reports that [`every`] made: nothing else was taken.
fn accepted_by_every(house: &House) -> f64 {
    house.engine.entries().iter().filter(|e| e.signal.kind() == "report_accepted").count() as f64
}

#[test]
fn a_body_of_a_megabyte_is_refused_where_one_is_read_and_changes_nothing_where_none_is() {
    let house = House::new();
    let all = every(&house);
    let before = house.engine.entries().len();
    let big = megabyte();
    for (path, kind) in doors(&all) {
        let got = Ask::new("POST", &path).body(kind.unwrap_or(JSON), &big).gets(&house, &[413]);
        assert_eq!(got.header("connection"), Some("close"), "{path}");
        // The same without a length that says so beforehand.
        let mut bytes = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {}\r\ntransfer-encoding: chunked\r\n\r\n",
            kind.unwrap_or(JSON)
        )
        .into_bytes();
        for chunk in big.chunks(1 << 14) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        let got = parse(&house.raw(&bytes));
        assert_eq!(got.status, 413, "{path} in chunks");
        check("", &got);
    }
    for path in &all {
        Ask::new(read_of(path), path).body(FORM, &big).gets(&house, &[plain(path)]);
        Ask::new("PUT", path).body(FORM, &big).gets(&house, &[405]);
    }
    assert_eq!(house.engine.entries().len(), before, "nothing of it was kept");
}

#[test]
fn bodies_that_are_no_text_or_hold_what_no_text_holds_are_refused_or_taken_without_it() {
    let house = House::new();
    let all = every(&house);
    for (path, kind) in doors(&all) {
        let Some(kind) = kind else {
            Ask::new("POST", &path).body(JSON, b"\xff\xfe").gets(&house, &[400]);
            continue;
        };
        for bad in [&b"symptom=\xff\xfe"[..], b"\x80", b"{\"symptom\":\"\xc3(\"}", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"]
        {
            Ask::new("POST", &path).body(kind, bad).gets(&house, &[400]);
        }
        let vote = path.ends_with("/vote") || path.ends_with("/votes");
        // A form in which nothing is typed reads no field but its own.
        let allowed: &[u16] = if vote { &[202, 303, 400, 422] } else { &[303, 400, 404, 422] };
        let nul: &[&[u8]] = if kind == FORM {
            &[b"symptom=\0", b"symptom=log%00in", b"country=D%00", b"name=%00&choice=%00", b"\0=\0&text=\0"]
        } else {
            &[b"{\"symptom\":\"\0\"}", b"{\"symptom\":\"log\\u0000in\",\"country\":\"D\\u0000\"}", b"{\0}", b"\0"]
        };
        for body in nul {
            Ask::new("POST", &path).body(kind, body).gets(&house, allowed);
        }
    }
    // In what people write a NUL is nothing at all.
    for (path, kind, body) in [
        ("/s/chat/report", FORM, "symptom=login&text=do%00wn%00+again"),
        ("/api/v1/services/chat/reports", JSON, r#"{"symptom":"login","text":"do\u0000wn\u0000 again"}"#),
    ] {
        Ask::new("POST", path).body(kind, body).gets(&house, &[202, 303]);
    }
    house.published();
    let page = house.get("/s/chat");
    assert!(!page.body.contains(&0) && page.text().contains("down again"), "{}", page.text());
    assert!(!house.get("/api/v1/services/chat").text().contains("\\u0000"));
}

#[test]
fn queries_that_are_no_text_change_nothing_or_are_refused_by_name() {
    let house = House::new();
    let all = every(&house);
    for path in &all {
        // Parameters that an address does not know change nothing, however broken they are.
        for query in ["x=%ff", "%ff", "%", "x=%00", "&&&&", "=", "x=%zz&y", "a[]=1&a[]=2", "?", ";"] {
            Ask::new(read_of(path), format!("{path}?{query}")).gets(&house, &[plain(path)]);
        }
        // Known ones are refused where they are read strictly.
        for name in ["before", "limit", "window", "service", "have", "q", "name", "n", "level", "choice", "new", "done"]
        {
            for value in ["%ff", "%00", "%", "%ed%a0%80", "%u0041", "-0", "1e3", "%F0%9F%99%82", "' OR 1=1 --", "../.."]
            {
                let target = format!("{path}?{name}={}", value.replace(' ', "+"));
                let mut allowed = vec![plain(path), 400];
                if name == "service" {
                    allowed.push(404);
                }
                Ask::new(read_of(path), target).gets(&house, &allowed);
            }
        }
        for raw in [&b"x=\xff"[..], b"x=\0", b"\x01", b"x=\x7f", b"x=\x1b[0m", b"before=\xed\xa0\x80"] {
            let mut target = format!("{path}?").into_bytes();
            target.extend_from_slice(raw);
            let got = Ask::new(read_of(path), target).send(&house);
            assert!(got.status == 400 || got.status == plain(path), "{path} {raw:?}: {}", got.status);
        }
        let long = format!("{path}?x={}", "y".repeat(20_000));
        Ask::new(read_of(path), long).gets(&house, &[plain(path)]);
        Ask::new(read_of(path), format!("{path}?x={}", "y".repeat(70_000))).gets(&house, &[431]);
    }
}

#[test]
fn tricks_with_paths_lead_nowhere_or_to_the_one_address_that_is_meant() {
    let house = House::new();
    let all = every(&house);
    let elsewhere: BTreeSet<&str> = all.iter().map(String::as_str).collect();
    for path in &all {
        let tricks = [
            format!("/..{path}"),
            format!("/.{path}"),
            format!("/%2e%2e{path}"),
            format!("/%2e{path}"),
            format!("/{path}"),
            format!("//x.invalid{path}"),
            format!("/\\x.invalid{path}"),
            format!("/%5cx.invalid{path}"),
            format!("{path}/"),
            format!("{path}//"),
            format!("{path}/.."),
            format!("{path}/../../../../etc/passwd"),
            format!("{path}/%2e%2e/%2e%2e/etc/passwd"),
            format!("{path}%2f..%2f..%2fetc%2fpasswd"),
            format!("{path}%252e%252e"),
            format!("{path}%00"),
            format!("{path}%00.html"),
            format!("{path}%0d%0aset-cookie:%20a=b"),
            format!("{path}%2f"),
            format!("{path}%5c"),
            format!("{path};jsessionid=1"),
            format!("{path};/../privacy"),
            format!("{path}%20"),
            format!("{path}+"),
            format!("{path}%"),
            format!("{path}%zz"),
            format!("{path}%ff"),
            format!("{path}%c0%ae%c0%ae"),
            format!("{path}/\u{1F642}"),
            format!("{path}\u{202e}"),
            format!("{path}%E2%80%AE"),
            format!("{path}~"),
            format!("{path}.json"),
            format!("{path}.bak"),
            format!("{path}/{}", "a/".repeat(4000)),
            format!("{path}{}", "a".repeat(20_000)),
            path.to_ascii_uppercase(),
        ];
        for trick in tricks {
            // The one page that a site has at `/` is also found behind slashes.
            let same = elsewhere.contains(trick.as_str());
            // Whoever may not read an address may not read it under another spelling either.
            let allowed: &[u16] = if same { &[plain(path)] } else { &[301, 400, 404, 405] };
            let got = Ask::new(read_of(&trick), &trick).gets(&house, allowed);
            if let Some(to) = got.header("location") {
                assert!(to.starts_with('/') && !to.starts_with("//") && !to.contains('\\'), "{trick} leads to {to}");
                let leads = Ask::new(read_of(to), to).send(&house).status;
                assert!([200, 301, plain(to), 405].contains(&leads), "{trick} leads to {to}, and that to {leads}");
            }
            assert!(!got.head.to_ascii_lowercase().contains("set-cookie"), "{trick}");
            assert!(!String::from_utf8_lossy(&got.body).contains("root:"), "{trick}");
        }
        Ask::new(read_of(path), format!("{path}{}", "a".repeat(70_000))).gets(&house, &[431]);
        for raw in [&b"\0"[..], b"\xff", b"\x01", b"\x7f", b"\xed\xa0\x80", b"\xc0\xae", b"<script>", b"\"", b"\t"] {
            let mut target = path.clone().into_bytes();
            target.extend_from_slice(raw);
            let got = Ask::new(read_of(path), target).send(&house);
            assert!([301, 400, 404, 405].contains(&got.status), "{path} {raw:?}: {}", got.status);
        }
    }
}

#[test]
fn forged_headers_of_proxies_change_no_answer_and_are_repeated_in_none() {
    let house = House::new();
    let all = every(&house);
    let forged: [(&str, &str); 20] = [
        ("host", "evil.example"),
        ("host", "evil.example:99999"),
        ("host", "evil.example, up.example.org"),
        ("host", ""),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-for", "203.0.113.9, evil.example"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "evil.example"),
        ("x-forwarded-prefix", "/evil.example"),
        ("x-forwarded-port", "evil.example"),
        ("forwarded", "for=203.0.113.9;host=evil.example;proto=https"),
        ("x-real-ip", "203.0.113.9"),
        ("true-client-ip", "evil.example"),
        ("x-original-url", "/evil.example"),
        ("x-rewrite-url", "/evil.example"),
        ("x-http-method-override", "DELETE"),
        ("via", "1.1 evil.example"),
        ("referer", "https://evil.example/?q=1"),
        ("cookie", "session=evil.example"),
        ("authorization", "Basic ZXZpbC5leGFtcGxl"),
    ];
    for path in &all {
        let method = read_of(path);
        let honest = Ask::new(method, path).send(&house);
        for (name, value) in forged {
            let got = Ask::new(method, path).header(name, value).send(&house);
            assert_eq!(got.status, honest.status, "{path} {name}: {value}");
            assert!(path == "/status" || got.body == honest.body, "{path} {name}: {value} changes the answer");
            let said = String::from_utf8_lossy(&got.body).into_owned() + &got.head;
            assert!(!said.contains("evil") && !said.contains("203.0.113"), "{path} repeats {name}: {value}");
            // What a shared cache keeps must not depend on who asked.
            let vary = got.header("vary").unwrap_or_default().to_ascii_lowercase();
            assert!(!vary.contains(name), "{path} varies with {name}");
        }
        let target = format!("http://evil.example{path}");
        let whole = Ask::new(method, target).gets(&house, &[plain(path)]);
        assert!(!String::from_utf8_lossy(&whole.body).contains("evil.example"), "{path}");
    }
    let bare = parse(&house.raw(b"GET /s/chat HTTP/1.0\r\n\r\n"));
    assert_eq!(bare.status, 200, "a client without a host");
}

#[test]
fn nobody_but_a_trusted_proxy_says_where_a_report_comes_from() {
    let taken = |house: &House, lines: &[(&str, &[u8])]| {
        let mut ask = Ask::new("POST", "/api/v1/services/chat/reports").body(JSON, r#"{"symptom":"login"}"#);
        for (name, value) in lines {
            ask = ask.header(name, value);
        }
        ask.gets(house, &[202]);
        let last = house.engine.entries().into_iter().rev().find_map(|e| match e.signal {
            allclear_model::Signal::ReportAccepted(r) => Some((r.source.unwrap(), r.network.unwrap())),
            _ => None,
        });
        last.unwrap()
    };
    let from = |house: &House, addr: &str| {
        let origin = house.engine.handles.intake.origin(addr.parse::<IpAddr>().unwrap());
        (origin.source.today, origin.network.today)
    };
    let odd: [&[(&str, &[u8])]; 16] = [
        &[("x-forwarded-for", b"203.0.113.7")],
        &[("x-forwarded-for", b"203.0.113.7, 10.0.0.1, 127.0.0.1")],
        &[("x-forwarded-for", b"203.0.113.7"), ("X-Forwarded-For", b"198.51.100.1")],
        &[("x-forwarded-for", b"\xff\xfe, 203.0.113.7")],
        &[("x-forwarded-for", b"203.0.113.7:99999")],
        &[("x-forwarded-for", b"::1")],
        &[("x-forwarded-for", b"[2001:db8::1]:1")],
        &[("forwarded", b"for=203.0.113.7")],
        &[("forwarded", b"for=\"[2001:db8::1]\";by=127.0.0.1")],
        &[("x-real-ip", b"203.0.113.7")],
        &[("x-client-ip", b"203.0.113.7"), ("client-ip", b"203.0.113.7")],
        &[("cf-connecting-ip", b"203.0.113.7"), ("true-client-ip", b"203.0.113.7")],
        &[("x-original-forwarded-for", b"203.0.113.7")],
        &[("x-cluster-client-ip", b"203.0.113.7")],
        &[("x-forwarded", b"203.0.113.7"), ("forwarded-for", b"203.0.113.7")],
        &[("x-forwarded-for", b"")],
    ];
    let open = House::new();
    for lines in odd {
        assert_eq!(taken(&open, lines), from(&open, "127.0.0.1"), "{lines:?}: nobody is trusted");
    }
    let others =
        House::with(|cfg| cfg.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    for lines in odd {
        assert_eq!(taken(&others, lines), from(&others, "127.0.0.1"), "{lines:?}: another one is trusted");
    }
    let behind = House::with(|cfg| {
        cfg.trusted_proxies = ["127.0.0.1/32", "10.0.0.0/8", "2001:db8:ffff::/48"].map(|n| n.parse().unwrap()).into();
    });
    let many = |hop: &str, n: usize| vec![hop; n].join(", ");
    let cases: Vec<(Vec<(&str, String)>, &str)> = vec![
        (vec![("x-forwarded-for", "203.0.113.7".into())], "203.0.113.7"),
        (vec![("x-forwarded-for", "203.0.113.7, 10.0.0.1, 10.9.9.9".into())], "203.0.113.7"),
        (vec![("x-forwarded-for", "1.1.1.1, 2.2.2.2, 203.0.113.7, 10.0.0.1".into())], "203.0.113.7"),
        (
            vec![("x-forwarded-for", "1.1.1.1".into()), ("x-forwarded-for", "203.0.113.7, 10.0.0.1".into())],
            "203.0.113.7",
        ),
        (vec![("x-forwarded-for", "203.0.113.7, 2001:db8:ffff::9".into())], "203.0.113.7"),
        (vec![("x-forwarded-for", "::ffff:203.0.113.7, ::ffff:10.0.0.1".into())], "203.0.113.7"),
        (vec![("x-forwarded-for", "  203.0.113.7:4711 ,\t[2001:db8:ffff::9]:443".into())], "203.0.113.7"),
        (vec![("x-forwarded-for", "1.1.1.1, 2001:db8:1:2::3, 10.0.0.1".into())], "2001:db8:1:2::3"),
        // Behind what is none there is nothing to believe: the last hop that was one is all that is known.
        (vec![("x-forwarded-for", "1.1.1.1, unknown, 10.0.0.1".into())], "10.0.0.1"),
        (vec![("x-forwarded-for", "1.1.1.1, , 10.0.0.1".into())], "10.0.0.1"),
        (vec![("x-forwarded-for", "1.1.1.1, 999.1.1.1".into())], "127.0.0.1"),
        (vec![("x-forwarded-for", "1.1.1.1,".into())], "127.0.0.1"),
        (vec![("x-forwarded-for", "1.1.1.1 2.2.2.2".into())], "127.0.0.1"),
        (vec![("x-forwarded-for", "203.0.113.7/24".into())], "127.0.0.1"),
        (vec![("x-forwarded-for", "0x7f000001".into())], "127.0.0.1"),
        (vec![("x-forwarded-for", "203.0.113.07".into())], "127.0.0.1"),
        (vec![("x-forwarded-for", "fe80::1%eth0".into())], "127.0.0.1"),
        (vec![("x-forwarded-for", "localhost".into())], "127.0.0.1"),
        (vec![("x-forwarded-for", String::new())], "127.0.0.1"),
        (vec![("x-forwarded-for", format!("1.1.1.1, {}", many("10.0.0.1", 31)))], "1.1.1.1"),
        (vec![("x-forwarded-for", format!("1.1.1.1, {}", many("10.0.0.1", 1000)))], "10.0.0.1"),
        // No other header is read, also from whoever is trusted.
        (vec![("forwarded", "for=203.0.113.7".into()), ("x-real-ip", "203.0.113.7".into())], "127.0.0.1"),
        (vec![("x-forwarded-for", "203.0.113.7".into()), ("x-real-ip", "1.1.1.1".into())], "203.0.113.7"),
    ];
    for (lines, wanted) in &cases {
        let lines: Vec<(&str, &[u8])> = lines.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
        let told: Vec<_> = lines.iter().map(|(n, v)| (n, String::from_utf8_lossy(v))).collect();
        assert!(taken(&behind, &lines) == from(&behind, wanted), "{told:.200?} is not taken for {wanted}");
    }
    let garbage: Vec<(&str, &[u8])> = vec![("x-forwarded-for", b"1.1.1.1, \xff\xfe\xc3(")];
    assert!(taken(&behind, &garbage) == from(&behind, "127.0.0.1"));
}

/// Planted everywhere; no twelve of its letters and digits may come back.
const SECRET: &str = "sk-or-v1-5f0e1d2c3b4a59687786958493a2b1c0d9e8f7a6";

#[track_caller]
fn assert_kept_to_ourselves(place: &str, got: &Got) {
    let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    // A redirect repeats the address that was asked for, to whoever asked for it, and that alone.
    let head: String = got.head.lines().filter(|l| !l.starts_with("location: ")).collect();
    let (secret, said) = (bare(SECRET), bare(&head) + " " + &bare(&String::from_utf8_lossy(&got.body)));
    for at in 0..=secret.len() - 12 {
        let part = &secret[at..at + 12];
        assert!(!said.contains(part), "{place} gives back {part}");
    }
}

#[test]
fn a_secret_that_is_put_anywhere_into_a_request_is_not_repeated_in_the_answer() {
    let house = House::new();
    let all = every(&house);
    let coded: String = SECRET.bytes().fold(String::new(), |mut all, b| {
        let _ = write!(all, "%{b:02x}");
        all
    });
    let spaced = SECRET.replace('-', "+");
    for path in &all {
        let method = read_of(path);
        let mut asks = Vec::new();
        for accept in ["text/html", "application/json"] {
            for name in [
                "before", "limit", "window", "service", "have", "q", "name", "n", "level", "choice", "new", "text", "x",
            ] {
                for value in [SECRET, &coded, &spaced] {
                    asks.push(Ask::new(method, format!("{path}?{name}={value}")).header("accept", accept));
                }
                let twice = format!("{path}?{name}={SECRET}&{name}={SECRET}&{SECRET}=1");
                asks.push(Ask::new(method, twice).header("accept", accept));
            }
            for target in [
                format!("{path}/{SECRET}"),
                format!("{path}{SECRET}"),
                format!("{path}/{coded}"),
                format!("/{SECRET}{path}"),
                path.replace("chat", SECRET),
                path.replace("chat", &coded),
                path.replace("work", SECRET),
            ] {
                if target != *path {
                    asks.push(Ask::new(read_of(&target), target).header("accept", accept));
                }
            }
            for name in [
                "user-agent",
                "referer",
                "cookie",
                "authorization",
                "x-api-key",
                "if-none-match",
                "origin",
                "last-event-id",
                "idempotency-key",
                "x-forwarded-for",
                "host",
                "accept-language",
                "range",
                "x-request-id",
            ] {
                asks.push(Ask::new(method, path).header("accept", accept).header(name, SECRET));
            }
            asks.push(Ask::new(method, path).header(SECRET, "1").header("accept", accept));
            asks.push(Ask::new("PUT", path).header("accept", accept).body(FORM, SECRET));
        }
        asks.push(Ask::new(SECRET, path));
        for ask in asks {
            let got = ask.send(&house);
            assert!(got.status < 500, "{}: {}", ask.told(), got.status);
            assert_kept_to_ourselves(&ask.told(), &got);
        }
    }
    for (path, kind) in doors(&all) {
        for accept in ["text/html", "application/json"] {
            let bodies = [
                format!("{SECRET}={SECRET}"),
                format!("{SECRET}=1&{SECRET}=2"),
                format!("symptom={SECRET}&country={SECRET}&made={SECRET}&work={SECRET}&website={SECRET}"),
                format!("symptom=nope&text={SECRET}&error={coded}"),
                format!("text=%zz&error={SECRET}"),
                format!("name={SECRET}&homepage={SECRET}&why={SECRET}&choice={SECRET}&level={SECRET}"),
                format!("choice=good&service={SECRET}&words={SECRET}"),
                format!("choice=good&level={SECRET}"),
                format!("name=x&homepage=https://{SECRET}.example/{SECRET}&why={}", "y".repeat(600)),
                format!(r#"{{"symptom":"{SECRET}","country":"{SECRET}","text":"{SECRET}","made":"{SECRET}"}}"#),
                format!(r#"{{"{SECRET}":1,"symptom":["{SECRET}"]}}"#),
                format!(r#"{{"symptom":{{"{SECRET}":1}}}}"#),
                format!(r#"{{"symptom":"a","symptom":"{SECRET}"}}"#),
                format!(r#"{{"symptom":{SECRET}}}"#),
                format!("{{{SECRET}"),
                SECRET.to_owned(),
            ];
            for body in &bodies {
                for kind in [kind.unwrap_or(JSON), "text/plain", "multipart/form-data; boundary=b"] {
                    let ask = Ask::new("POST", &path).header("accept", accept).body(kind, body);
                    let got = ask.send(&house);
                    assert!(got.status < 500, "{}: {}", ask.told(), got.status);
                    assert_kept_to_ourselves(&ask.told(), &got);
                }
            }
            let kind = format!("{SECRET}; boundary={SECRET}");
            assert_kept_to_ourselves("a content type", &Ask::new("POST", &path).body(&kind, SECRET).send(&house));
        }
    }
}

#[test]
fn half_a_secret_at_the_end_of_what_is_shown_again_is_not_shown() {
    let house = House::new();
    // Without a beginning that says what it is: the first dozen signs of it could be a word's.
    let secret = "q9x7z2v8w1k4m6p3t5r0b2n8d4h6j1";
    let words = "it is down ".repeat(240);
    let cut = |most: usize, shown: usize| format!("{} {secret}", &words[..most - shown - 1]);
    for shown in (9..secret.len()).step_by(4) {
        for (path, name, most) in [
            ("/s/chat/report", "text", 2000),
            ("/s/chat/report", "error", 2000),
            ("/s/chat/report", "symptom", 64),
            ("/suggest", "homepage", 200),
            ("/suggest", "why", 2000),
            ("/feedback", "words", 2000),
        ] {
            let got = house.form(path, &format!("{name}={}", cut(most, shown).replace(' ', "+")));
            assert_eq!(got.status, 422, "{path} {name}");
            assert!(!got.text().contains(&secret[..9]), "{path} {name}: {shown} signs of it are shown");
        }
        for (path, most) in [("/search?q=", 200), ("/suggest?name=", 80), ("/s/", 80)] {
            let got = house.get(&format!("{path}{}", cut(most, shown).replace(' ', "+")));
            assert!(!got.text().contains(&secret[..9]), "{path}: {shown} signs of it are shown");
        }
    }
}

#[test]
fn an_address_or_a_form_full_of_what_secrets_begin_with_costs_no_more_than_another() {
    let house = House::with(|cfg| cfg.cold_timeout = std::time::Duration::from_mins(1));
    let units =
        ["key=", "sk-", "a.", "..", "basic=", "://", "a@", "%41", "1-", "-----BEGIN%20", "password:", "(at)", "a%20"];
    for unit in units {
        let (path, text) = (unit.repeat(28_000 / unit.len()), unit.repeat(20_000 / unit.len()));
        // Each answer has to come within the time that these tests wait for one, whatever machine they run on.
        assert_eq!(house.get(&format!("/s/{path}")).status, 404, "{unit}");
        assert_eq!(house.get(&format!("/is-{path}-down")).status, 404, "{unit}");
        assert_eq!(house.get(&format!("/search?q={path}")).status, 200, "{unit}");
        assert_eq!(house.get(&format!("/suggest?name={path}")).status, 200, "{unit}");
        assert_eq!(house.get(&format!("/api/v1/live?service={path}")).status, 404, "{unit}");
        assert_eq!(house.form("/s/chat/report", &format!("symptom={text}")).status, 422, "{unit}");
        assert_eq!(house.form("/s/chat/report", &format!("text={text}&symptom=x")).status, 422, "{unit}");
        assert_eq!(house.form("/feedback", &format!("choice=x&words={text}")).status, 422, "{unit}");
        assert_eq!(house.form("/suggest", &format!("name={text}")).status, 422, "{unit}");
    }
}
