//! Bytes that nobody meant well: always an answer, never ours to blame.

use super::house::{House, parse};
use crate::forms::Form;
use crate::routes::{Route, decode, parameter};
use proptest::prelude::*;
use std::sync::OnceLock;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One site for all cases; starting one takes longer than asking it.
fn house() -> &'static Mutex<House> {
    static HOUSE: OnceLock<Mutex<House>> = OnceLock::new();
    HOUSE.get_or_init(|| Mutex::new(House::with(|cfg| cfg.server.header_timeout = Duration::from_millis(100))))
}

fn ask(bytes: &[u8]) -> Option<u16> {
    let house = house().lock().unwrap_or_else(PoisonError::into_inner);
    let all = house.raw(bytes);
    (!all.is_empty()).then(|| parse(&all).status)
}

fn pieces() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "/",
        "s",
        "chat",
        "api",
        "v1",
        "services",
        "..",
        "%2e%2e",
        "%00",
        "%ff",
        "%",
        "?",
        "&",
        "=",
        "before",
        "window",
        "limit",
        "9223372036854775807",
        "-1",
        "🙂",
        "incidents",
        "reports",
        "r",
        "live",
        "service",
        "*",
        "is-",
        "-down",
        "\\",
        ";",
        "#",
        "@",
        "//",
        "%C3%A4",
        "have",
        "chat@",
        ",",
        "q",
        "search",
        "assets",
        "embed",
        "token",
    ]);
    prop::collection::vec(words, 0..12).prop_map(|w| format!("/{}", w.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_target_breaks_the_site(target in prop_oneof![pieces(), "/[ -~]{0,60}".prop_map(|s| s.replace(' ', "+"))]) {
        // A live stream never ends by itself, so these are asked with HEAD.
        let request = format!("HEAD {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        if let Some(status) = ask(request.as_bytes()) {
            prop_assert!(status < 500, "{target}: {status}");
        }
    }

    #[test]
    fn no_form_breaks_the_site(
        path in prop::sample::select(vec!["/s/chat/report", "/s/chat/vote", "/suggest", "/feedback", "/r/x"]),
        body in prop_oneof![
            "[a-z=&%+0-9]{0,80}".boxed(),
            "symptom=.{0,40}&text=.{0,80}&country=.{0,5}".boxed(),
            "name=.{0,100}&homepage=.{0,100}".boxed(),
            "choice=.{0,20}&level=.{0,20}&service=.{0,20}".boxed(),
        ],
    ) {
        let mut request = format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
        request.extend_from_slice(body.as_bytes());
        let status = ask(&request);
        prop_assert!(status.is_some_and(|s| s < 500), "{path} {body}: {status:?}");
    }

    #[test]
    fn no_json_breaks_the_site(body in prop_oneof![".{0,100}".boxed(), r#"\{"(symptom|text|error|country|x)":("[^"]{0,30}"|[0-9]{0,3}|null|\[\])\}"#.boxed()]) {
        let mut request = format!("POST /api/v1/services/chat/reports HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
        request.extend_from_slice(body.as_bytes());
        let status = ask(&request);
        prop_assert!(status.is_some_and(|s| s < 500), "{body}: {status:?}");
    }

    #[test]
    fn no_bytes_at_all_break_the_site(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = bytes;
        bytes.extend_from_slice(b"\r\n\r\n");
        if let Some(status) = ask(&bytes) {
            prop_assert!(status < 500, "{status}");
        }
    }

    #[test]
    fn no_text_breaks_the_readers(text in ".{0,200}") {
        let _ = Route::parse(&text);
        let _ = decode(&text);
        let _ = parameter(Some(&text), "before");
        let _ = Form::parse(&text);
    }
}

/// What is left when the first request has been answered: whether a second one was read out of its body.
fn answers(said: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(said);
    text.split("HTTP/1.1 ").skip(1).filter_map(|a| a.get(..3)?.parse().ok()).collect()
}

#[test]
fn a_request_whose_end_could_be_read_in_two_ways_is_refused_or_is_the_last_of_its_connection() {
    let house = house().lock().unwrap_or_else(PoisonError::into_inner);
    let second = "GET /privacy HTTP/1.1\r\nhost: x\r\n\r\n";
    let chunked = format!("0\r\n\r\n{second}");
    let n = chunked.len();
    let heads = [
        format!("content-length: {n}\r\ntransfer-encoding: chunked"),
        format!("transfer-encoding: chunked\r\ncontent-length: {n}"),
        "content-length: 0\r\ntransfer-encoding: chunked".to_owned(),
        format!("content-length: {n}\r\ncontent-length: 0"),
        format!("content-length: 0, {n}"),
        format!("content-length: +{n}"),
        format!("content-length: -{n}"),
        format!("content-length: 0x{n:x}"),
        format!("content-length: {n} "),
        format!("content-length : {n}"),
        "content-length: 99999999999999999999".to_owned(),
        "content-length: ".to_owned(),
        "transfer-encoding : chunked".to_owned(),
        "transfer-encoding: xchunked".to_owned(),
        "transfer-encoding: chunked, identity".to_owned(),
        "transfer-encoding: identity, chunked, chunked".to_owned(),
        "transfer-encoding: gzip, chunked".to_owned(),
        "transfer-encoding: \"chunked\"".to_owned(),
        "transfer-encoding: chunked\r\ntransfer-encoding: identity".to_owned(),
        "transfer-encoding:\u{b}chunked".to_owned(),
        "transfer-encoding\0: chunked".to_owned(),
        " transfer-encoding: chunked".to_owned(),
        "x: y\r\n\ttransfer-encoding: chunked".to_owned(),
        "x: y\rtransfer-encoding: chunked".to_owned(),
    ];
    for head in heads {
        let request = format!(
            "POST /s/chat/vote HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n{head}\r\n\r\n{chunked}"
        );
        let got = answers(&house.raw(request.as_bytes()));
        assert!(!got.is_empty() && got[0] < 500, "{head:?}: {got:?}");
        let clean = got[0] != 400 || got.len() == 1;
        // Two lengths that say different things: one of them is somebody else's.
        assert!(clean, "{head:?}: refused and then read on: {got:?}");
        if head.contains("content-length") {
            assert!(got.len() == 1 || got[1] >= 400, "{head:?}: a second request was read out of the first: {got:?}");
        }
    }
    assert_eq!(house.get("/s/chat").status, 200);
}

#[test]
fn more_headers_than_anybody_sends_are_refused_with_a_sentence() {
    let house = house().lock().unwrap_or_else(PoisonError::into_inner);
    for (headers, status) in [(90, 200), (101, 431), (5_000, 431)] {
        let lines = (0..headers).map(|n| format!("x{n}: {n}\r\n")).collect::<Vec<_>>().concat();
        let got = parse(&house.raw(format!("GET /privacy HTTP/1.1\r\n{lines}\r\n").as_bytes()));
        assert_eq!(got.status, status, "{headers} headers");
        super::security::check("", &got);
    }
}
