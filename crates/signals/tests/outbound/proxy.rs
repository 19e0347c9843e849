//! The way out through a proxy: what it is asked, and that its own faults are nobody else's.

use crate::authority::Authority;
use crate::upstream::{Act, Upstream, answer};
use crate::{dialer, dialer_trusting, http, no_nameserver, run, said};
use allclear_model::check::Checked;
use allclear_signals::dial::{Dialer, HostOf, Proxy};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A proxy that opens every tunnel to `to`, whatever it is asked for. Gives its address and the heads it was sent.
#[expect(clippy::disallowed_methods, reason = "a proxy of the tests, which ends with their runtime")]
async fn tunnels_to(to: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = heads.clone();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(from.read_u8().await.unwrap());
            }
            seen.lock().unwrap().push(String::from_utf8(head).unwrap());
            from.write_all(b"HTTP/1.1 200 Connection established\r\nvia: 1.1 here\r\n\r\n").await.unwrap();
            let mut on = TcpStream::connect(to).await.unwrap();
            tokio::spawn(async move { drop(tokio::io::copy_bidirectional(&mut from, &mut on).await) });
        }
    });
    (at, heads)
}

fn through(dialer: Dialer, proxy: SocketAddr) -> Dialer {
    dialer.with_proxy(
        Proxy::parse(&format!("http://jo:secret@{proxy}"), vec![HostOf::parse("inside.example").unwrap()]).unwrap(),
    )
}

/// A check of `url` through `proxy`, by a dialer without names of its own.
async fn by(proxy: SocketAddr, url: &str) -> Checked {
    run(through(dialer(&[], no_nameserver()), proxy), &http(url, &[])).await
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_the_certificate_is_the_service_s_own() {
    let authority = Authority::new();
    let server =
        Upstream::start("127.0.0.1:0", Some(authority.server("shop.example", (2030, 1, 1), &["http/1.1"])), |_, _| {
            Act::Send(answer("200 OK", "", "fine").into_bytes())
        })
        .await;
    let (proxy, heads) = tunnels_to(server.address).await;
    let checked = async |url: &str| {
        let dialer = through(dialer_trusting(&[], no_nameserver(), authority.tls()), proxy);
        run(dialer, &http(url, &["body contains \"fine\""])).await
    };
    let good = checked("https://shop.example/").await;
    assert_eq!(said(&good), "up: ");
    assert!(good.address.is_none() && good.phases_ms.connect.is_some() && good.phases_ms.tls.is_some());
    let head = heads.lock().unwrap()[0].clone();
    assert!(head.starts_with("CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n"), "{head}");
    assert!(head.contains("Proxy-Authorization: Basic am86c2VjcmV0\r\n"), "{head}");
    // The proxy's name and password are for the proxy alone.
    assert!(!server.requests.lock().unwrap().join("").to_lowercase().contains("proxy-"));
    let other = checked("https://other.example/").await;
    assert!(said(&other).starts_with("down: the certificate"), "{}", said(&other));
}

#[tokio::test]
async fn http_goes_through_a_tunnel_too_and_what_comes_through_it_is_the_service_s() {
    let server = Upstream::answering(&answer("503 Service Unavailable", "", "")).await;
    let (proxy, heads) = tunnels_to(server.address).await;
    assert_eq!(said(&by(proxy, "http://shop.example/a?b=1").await), "down: the status is 503");
    assert!(heads.lock().unwrap()[0].starts_with("CONNECT shop.example:80 HTTP/1.1\r\n"));
    let head = server.requests.lock().unwrap()[0].to_lowercase();
    assert!(head.starts_with("get /a?b=1 http/1.1\r\nhost: shop.example\r\n") && !head.contains("proxy-"), "{head}");
}

#[tokio::test]
async fn what_the_proxy_fails_at_says_nothing_about_the_service() {
    for (status, why) in [
        ("407 Proxy Authentication Required", "wants another name and password"),
        ("403 Forbidden", "gives no way to shop.example:"),
        ("503 Service Unavailable", "gives no way to shop.example:"),
        ("\u{1b}c\u{7} x", "does not speak HTTP"),
    ] {
        for url in ["https://shop.example/", "http://shop.example/"] {
            let proxy = Upstream::answering(&answer(status, "", "")).await;
            let told = said(&by(proxy.address, url).await);
            assert!(told.starts_with("inconclusive: the proxy") && told.contains(why), "{url}: {told}");
        }
    }
    let silent = Upstream::start("127.0.0.1:0", None, |_, _| Act::Hang(Vec::new())).await;
    let told = said(&by(silent.address, "http://shop.example/").await);
    assert_eq!(told, "inconclusive: the proxy gave no way on for 2000 ms");
    let closing = Upstream::start("127.0.0.1:0", None, |_, _| Act::Close).await;
    let told = said(&by(closing.address, "https://shop.example/").await);
    assert!(told.starts_with("inconclusive: the proxy "), "{told}");
    let gone = SocketAddr::from(([127, 0, 0, 1], 9));
    let told = said(&by(gone, "https://shop.example/").await);
    assert!(told.starts_with("inconclusive: the proxy cannot be reached"), "{told}");
}

#[tokio::test]
async fn inner_addresses_are_refused_through_a_proxy_too_and_those_named_are_reached_without_it() {
    let proxy = Upstream::answering(&answer("200 OK", "", "")).await;
    for url in ["http://127.0.0.1/", "https://169.254.169.254/latest", "http://[::1]:8080/", "http://0x7f.1/"] {
        let told = said(&by(proxy.address, url).await);
        assert!(told.starts_with("inconclusive: ") && told.contains("is not a public address"), "{url}: {told}");
    }
    assert_eq!(proxy.connections(), 0);
    let server = Upstream::answering(&answer("200 OK", "", "")).await;
    let dialer = through(dialer(&["127.0.0.0/8"], no_nameserver()), proxy.address);
    assert_eq!(said(&run(dialer, &http(&server.url("/"), &[])).await), "up: ");
    assert_eq!((proxy.connections(), server.connections()), (0, 1));
}
