//! Answers that are made to cost: endless, slow, swollen, broken.

use crate::upstream::{Act, Upstream, answer};
use crate::{http, run_here, said};
use allclear_model::check::{Check, HttpCheck};
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn sends(bytes: Vec<u8>) -> Upstream {
    Upstream::start("127.0.0.1:0", None, move |_, _| Act::Send(bytes.clone())).await
}

fn compressed(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn a_body_is_read_as_far_as_allowed_and_conditions_say_so() {
    let part = b"1000\r\n".iter().chain(&[b'x'; 4096]).chain(b"\r\n").copied().collect::<Vec<u8>>();
    let endless = Upstream::start("127.0.0.1:0", None, move |_, _| {
        Act::Endless(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec(), part.clone())
    })
    .await;
    let checked = run_here(&http(&endless.url("/"), &["body contains \"y\""])).await;
    assert_eq!(
        said(&checked),
        "down: the body (as far as it was read) does not contain it, expected: body contains \"y\""
    );
    assert_eq!(said(&run_here(&http(&endless.url("/"), &["body contains \"xxx\""])).await), "up: ");
}

#[tokio::test]
async fn a_compressed_body_is_read_and_one_that_swells_is_refused() {
    let good = sends(compressed(&gzip(b"all is well"))).await;
    assert_eq!(said(&run_here(&http(&good.url("/"), &["body == \"all is well\""])).await), "up: ");

    // However little may be read of it, and however much.
    let bomb = sends(compressed(&gzip(&vec![0; 64 << 20]))).await;
    let check = |max_body| Check::Http(HttpCheck { max_body, ..HttpCheck::get(bomb.url("/")) });
    for most in [256 * 1024, u32::MAX] {
        assert_eq!(
            said(&run_here(&check(most)).await),
            "inconclusive: the answer becomes more than 200 times as large"
        );
    }
    let members = sends(compressed(&[gzip(b"all is"), gzip(b" well")].concat())).await;
    assert_eq!(said(&run_here(&http(&members.url("/"), &["body == \"all is well\""])).await), "up: ");

    let broken = sends(compressed(b"\x1f\x8b\x08\x00nonsense nonsense nonsense")).await;
    assert_eq!(said(&run_here(&http(&broken.url("/"), &[])).await), "down: the answer cannot be decompressed");
    let cut = gzip(&(0..9999_u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
    let cut = sends(compressed(&cut[..cut.len() / 2])).await;
    assert_eq!(said(&run_here(&http(&cut.url("/"), &[])).await), "down: the answer cannot be decompressed");
    // A coding that we did not ask for keeps us from reading, and from nothing else.
    let other = sends(answer("200 OK", "content-encoding: zstd\r\n", "x").into_bytes()).await;
    assert_eq!(said(&run_here(&http(&other.url("/"), &["status == 200"])).await), "up: ");
    let unread = said(&run_here(&http(&other.url("/"), &["body contains \"y\""])).await);
    assert_eq!(unread, "inconclusive: the answer is compressed as \"zstd\", which we did not ask for and cannot read");
}

#[tokio::test]
async fn headers_are_bounded_and_what_is_not_http_is_named_so() {
    let large = format!("x-large: {}\r\n", "y".repeat(200_000));
    let large = sends(answer("200 OK", &large, "").into_bytes()).await;
    assert_eq!(
        said(&run_here(&http(&large.url("/"), &[])).await),
        "inconclusive: the answer has more than 200 headers, or more than 64 KB of them"
    );
    let many = "x-a: y\r\n".repeat(5000);
    let many = sends(answer("200 OK", &many, "").into_bytes()).await;
    assert!(
        said(&run_here(&http(&many.url("/"), &[])).await)
            .starts_with("inconclusive: the answer has more than 200 headers")
    );
    for bytes in [
        &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
        b"\x00\xff\x00\xff\x00\xff\n\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
    ] {
        let odd = sends(bytes.to_vec()).await;
        assert_eq!(said(&run_here(&http(&odd.url("/"), &[])).await), "down: the answer is not HTTP");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_or_half_costs_no_more_than_the_deadline() {
    let check = |url: String| Check::Http(HttpCheck { deadline_ms: 300, ..HttpCheck::get(url) });
    for (bytes, why) in [
        (&b""[..], "down: no answer after 300 ms"),
        (b"HTTP/1.1 200 OK\r\n", "down: no answer after 300 ms"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", "down: the answer had not ended after 300 ms"),
    ] {
        let silent = Upstream::start("127.0.0.1:0", None, move |_, _| Act::Hang(bytes.to_vec())).await;
        let checked = run_here(&check(silent.url("/"))).await;
        assert_eq!(said(&checked), why);
        assert!(checked.phases_ms.connect.is_some() && checked.phases_ms.total < 2000.0, "{checked:?}");
    }
    let cut = sends(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec()).await;
    assert_eq!(said(&run_here(&check(cut.url("/"))).await), "down: the answer broke off");
    let closed = Upstream::start("127.0.0.1:0", None, |_, _| Act::Close).await;
    assert!(
        ["down: the connection ended before an answer", "down: the connection was cut"]
            .contains(&said(&run_here(&check(closed.url("/"))).await).as_str())
    );
}
