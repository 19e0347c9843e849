//! The door for agents over HTTP: what is read before it is known who sends it, and what is not.

use super::house::{Got, House, catalogue};
use super::security::check;
use allclear_engine::agents::Token;
use allclear_engine::agents::protocol::{BATCH_BYTES, BATCHES, Signed, WORK};
use allclear_model::{Actor, Slug};
use allclear_ports::Clock;
use allclear_testkit::TestEngine;

/// A site with one agent, perhaps below a base path.
fn house(base: &str) -> (House, Token) {
    let base = crate::BaseUrl::parse(&format!("http://up.example.org{base}")).unwrap();
    let house = House::over(TestEngine::new(catalogue()), |cfg| cfg.base_url = base);
    let token = Token::random().unwrap();
    let (name, actor) = (Slug::parse("oslo").unwrap(), Actor::parse("jo").unwrap());
    let admin = house.engine.handles.admin.clone();
    house.engine.block_on(async {
        admin.add_agent(name, token.key(), actor).await.unwrap();
        admin.catch_up().await.unwrap();
    });
    (house, token)
}

fn signed(house: &House, token: &Token, method: &str, path: &str, body: &str) -> String {
    Signed::new(token, house.engine.clock().now(), method, path, body.as_bytes()).header()
}

fn post(house: &House, base: &str, headers: &[(&str, &str)], body: &str) -> Got {
    let got = house.send("POST", &format!("{base}{BATCHES}"), headers, body);
    check("", &got);
    got
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn an_agent_asks_and_sends_also_below_a_base_path_and_its_answers_are_for_nobody_else() {
    for base in ["", "/status"] {
        let (house, token) = house(base);
        let path = format!("{WORK}?have=none");
        let header = signed(&house, &token, "GET", &path, "");
        let got = house.get_with(&format!("{base}{path}"), &[("authorization", &header)]);
        assert_eq!((got.status, got.json()["location"].as_str()), (200, Some("oslo")), "{base}");
        assert_eq!((got.header("cache-control"), got.header("access-control-allow-origin")), (Some("no-store"), None));
        let body = "{\"seq\":1,\"results\":[]}";
        let header = signed(&house, &token, "POST", BATCHES, body);
        let got = post(&house, base, &[JSON, ("authorization", &header)], body);
        assert_eq!((got.status, got.json()["seq"].as_u64()), (200, Some(1)), "{}", got.text());
        let got = post(&house, base, &[JSON, ("authorization", &header)], body);
        assert_eq!(
            (got.status, got.json()["code"].as_str(), got.json()["last"].as_u64()),
            (409, Some("replayed"), Some(1))
        );
        // The query is a part of what is signed.
        let header = signed(&house, &token, "GET", WORK, "");
        assert_eq!(house.get_with(&format!("{base}{path}"), &[("authorization", &header)]).status, 401);
    }
}

#[test]
fn whoever_is_no_agent_is_refused_before_anything_of_the_body_is_read() {
    let (house, token) = house("");
    let before = house.engine.entries().len();
    let stranger = signed(&house, &Token::random().unwrap(), "POST", BATCHES, "{}");
    let big = "x".repeat(1 << 20);
    for headers in [
        &[][..],
        &[JSON],
        &[("content-type", "text/plain")],
        &[("authorization", "x")],
        &[("authorization", &stranger)],
    ] {
        for body in ["", "{}", &big] {
            let got = post(&house, "", headers, body);
            assert_eq!((got.status, got.header("www-authenticate")), (401, Some("Allclear-Agent")), "{headers:?}");
            assert_eq!(got.header("content-type"), Some("application/problem+json"));
        }
    }
    // One that is an agent is refused what is no batch.
    let send = |more: &[(&str, &str)], body: &str| {
        let header = signed(&house, &token, "POST", BATCHES, body);
        post(&house, "", &[&[("authorization", &*header)], more].concat(), body).status
    };
    assert_eq!(send(&[("content-type", "text/plain")], "{}"), 415);
    assert_eq!(send(&[JSON, ("content-encoding", "gzip")], "{}"), 415);
    assert_eq!(send(&[JSON], &"x".repeat(BATCH_BYTES + 1)), 413);
    for bad in ["", "[]", "null", "{}", "{\"seq\":1}", "{\"seq\":-1,\"results\":[]}", "{\"seq\":1,\"results\":[{}]}"] {
        assert_eq!(send(&[JSON], bad), 400, "{bad}");
    }
    assert_eq!(send(&[JSON], "{\"seq\":0,\"results\":[]}"), 422);
    let twice = signed(&house, &token, "POST", BATCHES, "{}");
    let got = post(&house, "", &[JSON, ("authorization", &twice), ("authorization", &twice)], "{}");
    assert_eq!((got.status, got.json()["code"].as_str()), (401, Some("not-authorized")));
    assert_eq!(house.engine.entries().len(), before, "nothing of it was kept");
}
