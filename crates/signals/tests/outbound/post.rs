//! Sending to a site of ours: the same dialer, with a body.

use crate::authority::Authority;
use crate::nameserver::{Kind, Nameserver};
use crate::upstream::{Upstream, answer};
use crate::{dialer, dialer_trusting, no_nameserver, now};
use allclear_model::check::{Method, Version};
use allclear_signals::dial::{Answer, Dialer, Failure, Progress, Request, Target, Way};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::sync::Arc;

async fn post(dialer: &Dialer, url: &str, body: &str) -> Result<Answer, Failure> {
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let request = Request {
        target: Target::parse(url).unwrap(),
        method: Method::Get,
        headers: &headers,
        redirects: 5,
        max_body: 1 << 20,
        named_port: true,
        polite: false,
        until: &[],
        keep: false,
        way: Way::default(),
    };
    dialer.post(&request, Bytes::copy_from_slice(body.as_bytes()), now(), &mut Progress::default()).await
}

/// Says what came: method, type, length of the body and its beginning.
async fn echo(request: hyper::Request<Incoming>) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let kind = head.headers.get("content-type").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    let said = format!("{} {kind} {} {}", head.method, body.len(), String::from_utf8_lossy(&body[..5]));
    Ok(hyper::Response::new(Full::new(Bytes::from(said))))
}

#[tokio::test]
async fn a_body_comes_whole_over_tls_by_either_version_of_http() {
    let zone = [("site.example", vec![vec!["127.0.0.1".parse().unwrap()]])];
    let names = Nameserver::start(Kind::Sound, zone.into()).await;
    let body = format!("begin{}", "x".repeat(300_000));
    for (protocol, version) in [("http/1.1", Version::Http11), ("h2", Version::Http2)] {
        let authority = Authority::new();
        let config = authority.server("site.example", (2040, 1, 1), &[protocol]);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let server = async move {
            let (stream, _) = listener.accept().await.unwrap();
            let io = TokioIo::new(acceptor.accept(stream).await.unwrap());
            let echo = hyper::service::service_fn(echo);
            match version {
                Version::Http2 => {
                    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    drop(server.serve_connection(io, echo).await);
                }
                _ => drop(hyper::server::conn::http1::Builder::new().serve_connection(io, echo).await),
            }
            std::future::pending::<()>().await;
        };
        let dialer = dialer_trusting(&["127.0.0.0/8"], names.address, authority.tls());
        let url = format!("https://site.example:{port}/batches");
        tokio::select! {
            answered = post(&dialer, &url, &body) => {
                let answer = answered.unwrap();
                assert_eq!(String::from_utf8_lossy(&answer.body), "POST application/json 300005 begin");
                assert_eq!((answer.status, answer.version), (200, version));
            }
            () = server => panic!("the server ended first"),
        }
    }
}

#[tokio::test]
async fn a_body_is_carried_to_nobody_else_by_a_redirect_and_past_no_guard() {
    let elsewhere = Upstream::answering(&answer("200 OK", "", "thanks")).await;
    let moved = answer("307 Temporary Redirect", &format!("location: {}\r\n", elsewhere.url("/")), "");
    let site = Upstream::answering(&moved).await;
    let answered = post(&dialer(&["127.0.0.0/8"], no_nameserver()), &site.url("/batches"), "{}").await.unwrap();
    assert_eq!((answered.status, elsewhere.connections()), (307, 0));
    let refused = post(&dialer(&[], no_nameserver()), &site.url("/batches"), "{}").await.unwrap_err();
    assert_eq!((refused.reason.code.as_str(), site.connections()), ("refused", 1));
}
