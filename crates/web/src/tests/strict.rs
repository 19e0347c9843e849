//! What is read strictly, and what is taken by any of a service's names.

use super::house::House;

#[test]
fn a_cursor_or_window_that_cannot_be_read_is_refused_by_name() {
    let house = House::new();
    let bad = [
        ("before", "x"),
        ("before", ""),
        ("before", "%ff"),
        ("before", "%"),
        ("before", "-1"),
        ("before", "%2B1"),
        ("before", "9223372036854775808"),
        ("before", "1&before=2"),
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "%ff"),
        ("limit", "%2B5"),
        ("limit", "5&limit=5"),
        ("location", "Not+A+Slug"),
        ("location", "%ff"),
        ("location", "oslo&location=fra"),
        ("from", "yesterday"),
        ("from", "1772438400000"),
        ("to", "2026-02-30T00:00:00Z"),
        ("to", ""),
        ("window", "1y"),
        ("window", "%ff"),
        ("window", ""),
        ("window", "24h&window=48h"),
        ("service", "%ff"),
    ];
    for (name, value) in bad {
        let api: &[&str] = match name {
            "window" => &["/api/v1/services/chat/chart"],
            "service" => &["/api/v1/live"],
            "location" | "from" | "to" => &["/api/v1/services/chat/checks"],
            _ => &[
                "/api/v1/services/chat/reports",
                "/api/v1/services/chat/incidents",
                "/api/v1/incidents",
                "/api/v1/services/chat/checks",
            ],
        };
        for path in api {
            let got = house.get(&format!("{path}?{name}={value}"));
            assert_eq!((got.status, got.json()["code"].as_str()), (400, Some("bad-request")), "{path} {name}={value}");
            let detail = got.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.starts_with(&format!("The parameter {name} ")), "{detail}");
        }
        if name == "before" {
            for page in ["/s/chat/reports", "/s/chat/history"] {
                assert_eq!(house.get(&format!("{page}?{name}={value}")).status, 400, "{page} {value}");
            }
        }
    }
    assert_eq!(house.get("/api/v1/services/chat/chart?window=%32%34h").status, 200, "24h, written otherwise");
}

#[test]
fn what_is_sent_under_another_name_of_a_service_is_taken_for_it() {
    let house = House::new();
    for (n, name) in ["Chat", "chit-chat", "Chit%20Chat", "CHAT"].into_iter().enumerate() {
        let got = house.json(&format!("/api/v1/services/{name}/reports"), r#"{"symptom":"login"}"#);
        assert_eq!((got.status, got.json()["counted"].as_bool()), (202, Some(n == 0)), "{name}: {}", got.text());
        let kept = house.get(got.header("location").unwrap()).json();
        assert_eq!(kept["service"], "chat", "{name}");
        let vote = house.json(&format!("/api/v1/services/{name}/votes"), "{}");
        assert_eq!((vote.status, vote.json()["counted"].as_bool()), (202, Some(n == 0)), "{name}");
        let form = house.form(&format!("/s/{name}/report"), "symptom=login");
        assert_eq!(form.status, 303, "{name}");
        assert!(form.header("location").unwrap().contains("?new=chat&"), "{name}");
        assert_eq!(house.form(&format!("/s/{name}/vote"), "").header("location"), Some("/s/chat/vote"), "{name}");
    }
    let from_elsewhere = [("content-type", "application/json"), ("origin", "https://evil.example.net")];
    let got = house.send("POST", "/api/v1/services/CHAT/reports", &from_elsewhere, r#"{"symptom":"login"}"#);
    assert_eq!(got.status, 403, "the rules of origin hold under every name");
    assert_eq!(
        house.json("/api/v1/services/chatt/reports", r#"{"symptom":"login"}"#).status,
        404,
        "a guess is no name"
    );
}

#[test]
fn a_body_in_other_letters_than_utf_8_is_refused() {
    let house = House::new();
    let ask = |path: &str, kind: &str, body: &str| house.send("POST", path, &[("content-type", kind)], body).status;
    for (charset, taken) in [
        ("; charset=utf-8", true),
        (";charset=\"UTF-8\"", true),
        ("; boundary=x; Charset=us-ascii", true),
        ("; profile=x", true),
        (";", true),
        ("; charset=utf-16", false),
        ("; charset=iso-8859-1", false),
        ("; charset=", false),
        ("; charset=utf-8; charset=utf-16", false),
    ] {
        let api = ask("/api/v1/services/chat/reports", &format!("application/json{charset}"), r#"{"symptom":"login"}"#);
        assert_eq!(api, if taken { 202 } else { 415 }, "{charset}");
        let form = ask("/s/chat/report", &format!("application/x-www-form-urlencoded{charset}"), "symptom=login");
        assert_eq!(form, if taken { 303 } else { 415 }, "{charset}");
    }
    let two = [("content-type", "application/json"), ("Content-Type", "text/plain")];
    assert_eq!(house.send("POST", "/api/v1/services/chat/reports", &two, r#"{"symptom":"login"}"#).status, 415);
}
