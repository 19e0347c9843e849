//! What checks say of servers that work, fail, turn us away, or cannot be reached.

use crate::authority::Authority;
use crate::nameserver::{Kind, Nameserver};
use crate::upstream::{Act, Upstream, answer};
use crate::{dialer, dialer_trusting, http, no_nameserver, now, run, run_here, said};
use allclear_model::Time;
use allclear_model::check::{
    Check, Condition, DnsCheck, Family, HttpCheck, IcmpCheck, Outcome, Record, TcpCheck, TlsCheck, Version,
};
use allclear_signals::check::Checker;
use allclear_signals::dial::{Tls, Way};
use std::sync::Arc;

#[tokio::test]
async fn a_good_answer_is_up_with_its_phases_and_who_we_are_was_said() {
    let server = Upstream::answering(&answer("200 OK", "", "{\"status\":\"ok\"}")).await;
    let checked = run_here(&http(&server.url("/health?a=1"), &["json $.status == \"ok\""])).await;
    assert_eq!(checked.outcome, Outcome::Up);
    let phases = checked.phases_ms;
    assert!(phases.dns.is_none() && phases.tls.is_none(), "an address needs no name, http no handshake");
    let parts = phases.connect.unwrap() + phases.first_byte.unwrap();
    assert!(parts > 0.0 && parts <= phases.total, "{phases:?}");
    assert_eq!((checked.family, checked.address.as_deref()), (Some(Family::Ipv4), Some("127.0.0.1")));
    let http = checked.http.unwrap();
    assert_eq!((http.status, http.version), (200, Version::Http11));
    let request = server.requests.lock().unwrap().join("").to_lowercase();
    assert!(request.starts_with("get /health?a=1 http/1.1\r\n"), "{request}");
    assert!(request.contains("user-agent: allclear/test (+nobody@example.org)\r\n"), "{request}");
}

#[tokio::test]
async fn statuses_are_up_down_or_blocked() {
    for (status, headers, body, conditions, said_) in [
        ("204 No Content", "", "", &[][..], "up: "),
        ("401 Unauthorized", "", "", &[], "up: "),
        ("404 Not Found", "", "", &[], "up: "),
        ("404 Not Found", "", "", &["status == 200"], "down: the status is 404, expected: status == 200"),
        ("500 Oops", "", "", &[], "down: the status is 500"),
        ("503 Unavailable", "", "maintenance", &[], "down: the status is 503"),
        ("403 Forbidden", "", "", &[], "blocked: it answers 403 (forbidden) to our check"),
        ("403 Forbidden", "", "", &["body contains \"ok\""], "blocked: it answers 403 (forbidden) to our check"),
        ("403 Forbidden", "", "", &["status == 403"], "up: "),
        ("403 Forbidden", "", "", &["status in 200, 400..404"], "up: "),
        // A file that only bounds the status does not say that being turned away is right.
        ("403 Forbidden", "", "", &["status < 500"], "blocked: it answers 403 (forbidden) to our check"),
        ("403 Forbidden", "", "", &["total < 0 ms"], "down: milliseconds in all is"),
        ("503 Unavailable", "", "an error errors.edgesuite.net", &[], "down: the status is 503"),
        (
            "503 Unavailable",
            "",
            "<script src=/cdn-cgi/challenge-platform/x.js> database gone",
            &[],
            "down: the status is 503",
        ),
        ("200 OK", "x-datadome: protected\r\n", "", &[], "up: "),
        ("429 Too Many", "", "", &[], "blocked: it answers 429 (too many requests) to our check"),
        ("451 Legal", "", "", &[], "blocked: it answers 451 (not available for legal reasons) to our check"),
        (
            "403 Forbidden",
            "cf-mitigated: challenge\r\n",
            "",
            &["status == 403"],
            "blocked: Cloudflare asks for a proof that we are a person",
        ),
        (
            "503 Unavailable",
            "server: cloudflare\r\n",
            "<html><title>Just a moment...</title>",
            &[],
            "blocked: Cloudflare asks for a proof that we are a person",
        ),
        ("429 Slow", "", "<div class=\"g-recaptcha\">", &[], "blocked: a captcha stands before it"),
        (
            "405 No",
            "x-amzn-waf-action: captcha\r\n",
            "",
            &[],
            "blocked: the AWS firewall asks for a proof that we are a person",
        ),
        // An article about captchas is a page like any other.
        ("200 OK", "", "how g-recaptcha works", &["body contains \"works\""], "up: "),
    ] {
        let server = Upstream::answering(&answer(status, headers, body)).await;
        let said = said(&run_here(&http(&server.url("/"), conditions)).await);
        assert!(said == said_ || said_.ends_with(" is") && said.starts_with(said_), "{status} {conditions:?}: {said}");
    }
}

#[tokio::test]
async fn a_refused_connection_and_a_name_that_does_not_exist_are_down_a_resolver_without_a_way_out_is_ours() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let checked = run_here(&http(&format!("http://{gone}/"), &[])).await;
    assert_eq!(said(&checked), "down: the connection was refused");

    let check = http("http://nowhere.example/", &[]);
    for (kind, says) in [
        (Kind::Sound, "down: the name nowhere.example does not exist"),
        (Kind::Failing, "down: the servers of the name nowhere.example answer"),
        (Kind::NoWayOut, "inconclusive: our own resolver is of no use"),
    ] {
        let names = Nameserver::start(kind, [].into()).await;
        let checked = run(dialer(&[], names.address), &check).await;
        assert!(said(&checked).starts_with(says), "{}", said(&checked));
    }
    // Nobody answers at all.
    let checked = run(dialer(&[], no_nameserver()), &check).await;
    assert!(said(&checked).starts_with("inconclusive: our own resolver "), "{}", said(&checked));
}

#[tokio::test]
async fn a_stream_of_events_is_read_until_the_one_comes_that_is_waited_for() {
    let stream = |events: &str| {
        format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\r\n{events}").into_bytes()
    };
    let ready = ["event contains \"ready\"", "event contains \"three\"", "status == 200"];
    for (act, says) in [
        // It goes on for ever, and nobody waits for the rest.
        (Act::Hang(stream(": hello\n\ndata: warm\ndata: ready\n\ndata: three\n\ndata: half")), "up"),
        (Act::Endless(stream("data: ready\n\n"), b"data: three\n\n".to_vec()), "up"),
        (Act::Hang(stream("data: ready\n\n")), "down: no such event had come after 2000 ms"),
        (Act::Send(stream("data: ready\n\n")), "down: no such event came, expected: event contains \"three\""),
        (
            Act::Send(answer("200 OK", "", "data: ready\n\ndata: three\n\n").into_bytes()),
            "down: the answer is no stream",
        ),
        (Act::Endless(stream("data: "), vec![b'x'; 4096]), "down: no such event came"),
    ] {
        let upstream = Upstream::start("127.0.0.1:0", None, move |_, _| act.clone()).await;
        let checked = run_here(&http(&format!("http://{}/", upstream.address), &ready)).await;
        assert!(said(&checked).starts_with(says), "{says}: {}", said(&checked));
    }
}

#[tokio::test]
async fn a_resolver_that_says_nothing_costs_one_deadline_and_a_question_is_asked_once() {
    let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let checker = Checker::new(Arc::new(dialer(&[], silent.local_addr().unwrap())));
    let begun = tokio::time::Instant::now();
    let Check::Http(mut check) = http("http://nowhere.example/", &[]) else { unreachable!() };
    check.deadline_ms = 300;
    let checked = checker.run_families(&Check::Http(check), now()).await;
    assert_eq!(said(&checked), "inconclusive: our own resolver said nothing for 300 ms");
    assert!(begun.elapsed().as_millis() < 1500, "{:?}", begun.elapsed());

    let zone = [("has.example", vec![vec!["127.0.0.9".parse().unwrap()]])];
    let names = Nameserver::start(Kind::Sound, zone.into()).await;
    let name = "has.example".to_owned();
    let check = Check::Dns(DnsCheck { name, record: Record::A, conditions: Vec::new(), deadline_ms: 3000 });
    let checked = Checker::new(Arc::new(dialer(&[], names.address))).run_families(&check, now()).await;
    assert_eq!((said(&checked).as_str(), names.asked("has.example")), ("up: ", 1));
}

#[tokio::test]
async fn headers_of_a_check_stay_behind_where_a_redirect_leads_elsewhere() {
    let elsewhere = Upstream::start("127.0.0.2:0", None, |_, _| Act::Send(answer("200 OK", "", "").into())).await;
    let location = format!("location: http://{}/\r\n", elsewhere.address);
    let first = Upstream::start("127.0.0.1:0", None, move |n, _| {
        Act::Send(match n {
            0 => answer("302 Found", "location: /again\r\n", "").into(),
            _ => answer("302 Found", &location, "").into(),
        })
    })
    .await;
    let headers = vec![("authorization".to_owned(), "Bearer secret".to_owned())];
    let check = Check::Http(HttpCheck { headers, ..HttpCheck::get(first.url("/")) });
    let checked = run_here(&check).await;
    // The other one's port is no port of the web, and nobody named it.
    assert!(said(&checked).starts_with("inconclusive: port "), "{}", said(&checked));
    assert_eq!(elsewhere.connections(), 0);
    let requests = first.requests.lock().unwrap().clone();
    assert!(requests.iter().all(|r| r.contains("authorization: Bearer secret")) && requests.len() == 2, "{requests:?}");
}

#[tokio::test]
async fn one_family_that_fails_is_a_finding_and_not_down() {
    let four = Upstream::answering(&answer("200 OK", "", "")).await;
    let port = four.address.port();
    let zone = [("both.example", vec![vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()]])];
    let names = Nameserver::start(Kind::Sound, zone.into()).await;
    let check = http(&format!("http://both.example:{port}/"), &[]);
    let checker = || Checker::new(Arc::new(dialer(&["127.0.0.0/8", "::1/128"], names.address)));

    let checked = checker().run_families(&check, now()).await;
    assert_eq!((said(&checked).as_str(), checked.family), ("up: ", Some(Family::Ipv4)));
    // A machine without IPv6 on its loopback finds nothing, which is right, too.
    if tokio::net::TcpListener::bind("[::1]:0").await.is_ok() {
        assert_eq!(checked.findings, ["IPv6 fails: the connection was refused"]);
        let six =
            Upstream::start(&format!("[::1]:{port}"), None, |_, _| Act::Send(answer("200 OK", "", "").into())).await;
        let checked = checker().run_families(&check, now()).await;
        assert_eq!((said(&checked).as_str(), checked.findings.len()), ("up: ", 0));
        drop(four);
        let checked = checker().run_families(&check, now()).await;
        assert_eq!((said(&checked).as_str(), checked.family), ("up: ", Some(Family::Ipv6)));
        assert_eq!(checked.findings, ["IPv4 fails: the connection was refused"]);
        drop(six);
        let checked = checker().run_families(&check, now()).await;
        assert_eq!(said(&checked), "down: the connection was refused");
    }
}

#[tokio::test]
async fn a_handshake_is_judged_by_chain_name_and_end() {
    let authority = Authority::new();
    let zone = [("good.example", vec![vec!["127.0.0.1".parse().unwrap()]])];
    let names = Nameserver::start(Kind::Sound, zone.into()).await;
    let checked = async |server: rustls::ServerConfig, tls: Tls, conditions: &[&str]| {
        let up =
            Upstream::start("127.0.0.1:0", Some(server), |_, _| Act::Send(answer("200 OK", "", "fine").into())).await;
        let conditions: Vec<_> = conditions.iter().map(|c| Condition::parse(c).unwrap()).collect();
        let (host, port) = ("good.example".to_owned(), up.address.port());
        let bare = Check::Tls(TlsCheck { host, port, conditions, deadline_ms: 2000 });
        let web = http(&format!("https://good.example:{port}/"), &[]);
        let dialer = || dialer_trusting(&["127.0.0.0/8"], names.address, tls.clone());
        (run(dialer(), &bare).await, run(dialer(), &web).await)
    };

    let (bare, web) = checked(
        authority.server("good.example", (2040, 1, 1), &["http/1.1"]),
        authority.tls(),
        &["certificate > 300 days"],
    )
    .await;
    assert_eq!((said(&bare).as_str(), said(&web).as_str()), ("up: ", "up: "));
    let facts = web.tls.unwrap();
    assert_eq!(
        (facts.version.as_str(), facts.subject.as_str(), facts.issuer.as_str()),
        ("1.3", "good.example", "Test Authority")
    );
    assert_eq!(facts.not_after.to_string(), "2040-01-01T00:00:00Z");
    assert!(web.phases_ms.tls.unwrap() > 0.0 && web.phases_ms.dns.unwrap() > 0.0 && bare.findings.is_empty());

    // The age of a certificate is judged at the time that is handed in: ten days before its end.
    let up = Upstream::start("127.0.0.1:0", Some(authority.server("good.example", (2040, 1, 1), &[])), |_, _| {
        Act::Send(answer("200 OK", "", "").into())
    })
    .await;
    let late = Time::parse("2039-12-21T12:00:00Z").unwrap();
    let url = format!("https://good.example:{}/", up.address.port());
    let checker = Checker::new(Arc::new(dialer_trusting(&["127.0.0.0/8"], names.address, authority.tls())));
    let checked_late = checker.run(&http(&url, &["certificate > 14 days"]), Way::default(), late).await;
    assert_eq!(said(&checked_late), "down: days to the certificate's end is 10, expected: certificate > 14 days");
    assert_eq!(checked_late.findings, ["the certificate ends in 10 days"]);

    for (server, tls, says) in [
        (
            authority.server("good.example", (2021, 2, 3), &[]),
            authority.tls(),
            "down: the certificate expired on 2021-02-03",
        ),
        (
            authority.server("other.example", (2040, 1, 1), &[]),
            authority.tls(),
            "down: the certificate is not for good.example, but for other.example",
        ),
        (
            authority.server("good.example", (2040, 1, 1), &[]),
            Tls::with_roots(Vec::new()).unwrap(),
            "down: nobody we trust has issued the certificate",
        ),
    ] {
        let (bare, web) = checked(server, tls, &[]).await;
        assert!(said(&bare).starts_with(says) && said(&web).starts_with(says), "{} / {}", said(&bare), said(&web));
    }
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_named_so() {
    let plain = Upstream::start("127.0.0.1:0", None, |_, _| Act::Send(b"220 smtp.example ESMTP\r\n".to_vec())).await;
    let checked = run_here(&http(&format!("https://{}/", plain.address), &[])).await;
    assert_eq!(said(&checked), "down: the other side does not speak TLS");
}

#[tokio::test]
async fn http_2_is_spoken_where_a_server_offers_it_and_its_connection_can_be_kept() {
    let authority = Authority::new();
    let config = authority.server("two.example", (2040, 1, 1), &["h2", "http/1.1"]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let server = async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = acceptor.accept(stream).await.unwrap();
        let service = hyper::service::service_fn(|request: hyper::Request<hyper::body::Incoming>| async move {
            let seen = format!("{} {}", request.method(), request.uri().path());
            Ok::<_, std::convert::Infallible>(hyper::Response::new(http_body_util::Full::new(bytes::Bytes::from(seen))))
        });
        let io = hyper_util::rt::TokioIo::new(stream);
        drop(
            hyper::server::conn::http2::Builder::new(hyper_util::rt::TokioExecutor::new())
                .serve_connection(io, service)
                .await,
        );
    };
    let zone = [("two.example", vec![vec!["127.0.0.1".parse().unwrap()]])];
    let names = Nameserver::start(Kind::Sound, zone.into()).await;
    let Check::Http(check) = http(&format!("https://two.example:{port}/path"), &["body == \"GET /path\""]) else {
        panic!("not over HTTP")
    };
    let check = Check::Http(HttpCheck { keep: true, ..check });
    let checker = Checker::new(Arc::new(dialer_trusting(&["127.0.0.0/8"], names.address, authority.tls())));
    // The server takes one connection alone.
    let runs = async {
        for n in 0..3 {
            let checked = checker.run(&check, Way::default(), now()).await;
            assert_eq!(said(&checked), "up: ");
            assert_eq!((checked.http.unwrap().version, checked.phases_ms.tls.is_some()), (Version::Http2, n == 0));
        }
    };
    tokio::select! {
        () = runs => {}
        () = server => panic!("the server ended first"),
    }
}

#[tokio::test]
async fn a_tcp_check_sends_and_awaits() {
    let server = Upstream::start("127.0.0.1:0", None, |_, request| {
        Act::Hang(if request.starts_with("PING") { b"+PONG\r\n".to_vec() } else { b"220 ready\r\n".to_vec() })
    })
    .await;
    let check = |send: &str, conditions: &[&str]| {
        Check::Tcp(TcpCheck {
            host: "127.0.0.1".to_owned(),
            port: server.address.port(),
            send: send.to_owned(),
            conditions: conditions.iter().map(|c| Condition::parse(c).unwrap()).collect(),
            deadline_ms: 1000,
        })
    };
    assert_eq!(said(&run_here(&check("", &[])).await), "up: ");
    assert_eq!(said(&run_here(&check("PING\r\n\r\n", &["reply contains \"PONG\""])).await), "up: ");
    assert_eq!(said(&run_here(&check("", &["reply contains \"220\""])).await), "up: ");
    assert_eq!(
        said(&run_here(&check("", &["reply contains \"250\""])).await),
        "down: the answer had not ended after 1000 ms"
    );
}

#[tokio::test]
async fn a_dns_check_reads_records() {
    let zone = [("has.example", vec![vec!["127.0.0.9".parse().unwrap()]])];
    let names = Nameserver::start(Kind::Sound, zone.into()).await;
    let checked = async |name: &str, record: Record, conditions: &[&str]| {
        let conditions = conditions.iter().map(|c| Condition::parse(c).unwrap()).collect();
        let check = Check::Dns(DnsCheck { name: name.to_owned(), record, conditions, deadline_ms: 3000 });
        said(&run(dialer(&[], names.address), &check).await)
    };
    assert_eq!(checked("has.example", Record::A, &["answer contains \"127.0.0.9\""]).await, "up: ");
    assert!(
        checked("has.example", Record::A, &["answer contains \"192.0.2.1\""])
            .await
            .starts_with("down: the answer does not contain")
    );
    assert_eq!(checked("has.example", Record::Aaaa, &[]).await, "down: the name has.example has no AAAA record");
    assert_eq!(checked("gone.example", Record::A, &[]).await, "down: the name gone.example does not exist");
    assert!(checked("127.0.0.1", Record::A, &[]).await.starts_with("inconclusive: 127.0.0.1 is an address"));
}

#[tokio::test]
async fn an_echo_is_answered_or_the_system_s_refusal_is_told() {
    let check = Check::Icmp(IcmpCheck { host: "127.0.0.1".to_owned(), conditions: Vec::new(), deadline_ms: 1000 });
    let checked = run_here(&check).await;
    match &checked.outcome {
        Outcome::Up => assert!(checked.phases_ms.first_byte.is_some()),
        other => {
            let why = other.why().unwrap_or_default();
            assert!(matches!(other, Outcome::Inconclusive(_)) && why.contains("ping_group_range"), "{why}");
        }
    }
    let refused = run(dialer(&[], no_nameserver()), &check).await;
    assert_eq!(said(&refused), "inconclusive: 127.0.0.1 is not a public address (loopback)");
}
