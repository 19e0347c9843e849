//! Connections that a check asks to be kept: used again, replaced without a word when the other side ended them, never the same one twice for a failure.

use crate::authority::Authority;
use crate::upstream::{Act, Upstream, answer};
use crate::{dialer, dialer_trusting, no_nameserver, now, said};
use allclear_model::Time;
use allclear_model::check::{Check, Condition, HttpCheck, Outcome};
use allclear_signals::check::Checker;
use allclear_signals::dial::{Dialer, Way};
use std::sync::Arc;

/// A server that takes so many requests over each connection.
async fn patient(requests: usize) -> Upstream {
    Upstream::start("127.0.0.1:0", None, move |_, _| Act::Keep(answer("200 OK", "", "fine").into_bytes(), requests))
        .await
}

/// The same over TLS, with a certificate that ends with 2039; who trusts it, and a check of it.
async fn secured() -> (Upstream, Checker, Check) {
    let authority = Authority::new();
    let config = authority.server("127.0.0.1", (2040, 1, 1), &["http/1.1"]);
    let server =
        Upstream::start("127.0.0.1:0", Some(config), |_, _| Act::Keep(answer("200 OK", "", "fine").into_bytes(), 100))
            .await;
    let checker = checker_of(dialer_trusting(&["127.0.0.0/8"], no_nameserver(), authority.tls()));
    let check = Check::Http(keeping(format!("https://{}/", server.address)));
    (server, checker, check)
}

fn keeping(url: String) -> HttpCheck {
    HttpCheck { keep: true, deadline_ms: 2000, ..HttpCheck::get(url) }
}

fn checker() -> Checker {
    checker_of(dialer(&["127.0.0.0/8"], no_nameserver()))
}

fn checker_of(dialer: Dialer) -> Checker {
    Checker::new(Arc::new(dialer))
}

#[tokio::test]
async fn a_check_opens_a_new_connection_unless_it_is_told_to_keep_one() {
    let (server, checker) = (patient(100).await, checker());
    let anew = Check::Http(HttpCheck { keep: false, ..keeping(server.url("/")) });
    for n in 1..=3 {
        let checked = checker.run(&anew, Way::default(), now()).await;
        assert!(checked.outcome == Outcome::Up && checked.phases_ms.connect.is_some());
        assert_eq!(server.connections(), n);
    }
    let kept = Check::Http(keeping(server.url("/")));
    for n in 0..3 {
        let checked = checker.run(&kept, Way::default(), now()).await;
        assert_eq!(checked.outcome, Outcome::Up, "{}", said(&checked));
        assert_eq!(checked.phases_ms.connect.is_some(), n == 0, "what did not happen has no time");
        assert!(checked.phases_ms.first_byte.is_some());
        assert_eq!(checked.address.as_deref(), Some("127.0.0.1"));
        assert_eq!(server.connections(), 4);
    }
    assert_eq!(server.requests.lock().unwrap().len(), 6);
}

#[tokio::test]
async fn a_kept_connection_that_the_server_ended_is_no_failure() {
    for requests in 1..=3 {
        let (server, checker) = (patient(requests).await, checker());
        let check = Check::Http(keeping(server.url("/")));
        for _ in 0..6 {
            let checked = checker.run(&check, Way::default(), now()).await;
            assert_eq!(checked.outcome, Outcome::Up, "{}", said(&checked));
        }
        assert_eq!((server.connections(), server.requests.lock().unwrap().len()), (6 / requests, 6));
    }
}

#[tokio::test]
async fn after_a_failure_and_beyond_what_was_read_nothing_is_kept() {
    let (server, checker) = (patient(100).await, checker());
    let wrong = vec![Condition::parse("body contains \"all is well\"").unwrap()];
    let check = Check::Http(HttpCheck { conditions: wrong, ..keeping(server.url("/")) });
    let first = checker.run(&check, Way::default(), now()).await;
    assert!(matches!(first.outcome, Outcome::Down(_)));
    // As a failure is asked about again: the address that failed is to be avoided, and it has no other.
    let avoid = first.address.and_then(|a| a.parse().ok());
    let again = checker.run(&check, Way { avoid, ..Way::default() }, now()).await;
    assert!(again.phases_ms.connect.is_some());
    assert_eq!(server.connections(), 2);
    // Nor is what failed asked the next time, when a failure is known and asked about once alone.
    checker.run(&check, Way::default(), now()).await;
    assert_eq!(server.connections(), 3);

    let (long, checker) = (patient(100).await, self::checker());
    let cut = Check::Http(HttpCheck { max_body: 2, ..keeping(long.url("/")) });
    for n in 1..=2 {
        checker.run(&cut, Way::default(), now()).await;
        assert_eq!(long.connections(), n, "what is left of an answer would be taken for the next one");
    }
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_never_taken_for_the_next_one() {
    let twice = [answer("200 OK", "", "fine"), answer("200 OK", "", "forged")].concat().into_bytes();
    let server = Upstream::start("127.0.0.1:0", None, move |_, _| Act::Keep(twice.clone(), 100)).await;
    let (checker, conditions) = (checker(), vec![Condition::parse("body == \"fine\"").unwrap()]);
    let check = Check::Http(HttpCheck { conditions, ..keeping(server.url("/")) });
    for _ in 0..5 {
        let checked = checker.run(&check, Way::default(), now()).await;
        assert_eq!(checked.outcome, Outcome::Up, "{}", said(&checked));
    }
    assert_eq!(server.connections(), 5);
}

#[tokio::test]
async fn a_certificate_that_has_ended_since_is_shown_again_to_be_judged() {
    let (server, checker, check) = secured().await;
    for (at, connections) in [("2026-11-28T12:00:00Z", 1), ("2039-12-31T12:00:00Z", 1), ("2040-01-02T12:00:00Z", 2)] {
        checker.run(&check, Way::default(), Time::parse(at).unwrap()).await;
        assert_eq!(server.connections(), connections, "{at}");
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_on_a_kept_connection_is_asked_over_a_new_one_when_that_fails() {
    let server = Upstream::start("127.0.0.1:0", None, |n, _| match n {
        0 => Act::Hang(answer("200 OK", "", "fine").into_bytes()),
        _ => Act::Send(answer("200 OK", "", "fine").into_bytes()),
    })
    .await;
    let checker = checker();
    let check = Check::Http(HttpCheck { deadline_ms: 300, ..keeping(server.url("/")) });
    assert_eq!(checker.run(&check, Way::default(), now()).await.outcome, Outcome::Up);
    let silent = checker.run(&check, Way::default(), now()).await;
    assert_eq!(said(&silent), "down: no answer after 300 ms");
    let avoid = silent.address.and_then(|a| a.parse().ok());
    let again = checker.run(&check, Way { avoid, ..Way::default() }, now()).await;
    assert_eq!((again.outcome, server.connections()), (Outcome::Up, 2));
}

#[tokio::test]
async fn a_kept_connection_tells_of_the_certificate_it_was_opened_with_by_the_days_that_are_left_now() {
    let (server, checker, check) = secured().await;
    let first = checker.run(&check, Way::default(), now()).await;
    assert!(first.phases_ms.tls.is_some() && first.findings.is_empty(), "{}", said(&first));
    let late = Time::parse("2039-12-21T12:00:00Z").unwrap();
    let later = checker.run(&check, Way::default(), late).await;
    assert!(later.phases_ms.tls.is_none());
    assert_eq!(later.findings, ["the certificate ends in 10 days"]);
    assert_eq!((later.outcome, server.connections()), (Outcome::Up, 1));
}
