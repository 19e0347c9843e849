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
