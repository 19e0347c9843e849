//! The second listener.

use super::house::{House, parse};
use crate::{Connections, Ops, serve_connections};
use prometheus_client::registry::Registry;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

/// Asks over a socket file, which the accept loop takes as well as a port.
fn ask(house: &House, target: &str) -> super::house::Got {
    let all = house.engine.block_on(async {
        let file = house.engine.path().join(format!("ops{}", target.replace(['/', '?'], "-")));
        let listener = UnixListener::bind(&file).unwrap();
        let ops = Ops::new(house.app.clone(), house.connections.clone(), Arc::new(Registry::default()));
        let (ring, stop) = (house.tracker.clone(), house.stop.child_token());
        let ended = stop.clone();
        let limits = crate::ServerLimits::default();
        let served = house.tracker.spawn(async move {
            serve_connections(listener, ops, limits, Arc::new(Connections::default()), &ring, stop).await;
        });
        let mut io = UnixStream::connect(&file).await.unwrap();
        let text = format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        io.write_all(text.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        io.read_to_end(&mut all).await.unwrap();
        ended.cancel();
        served.await.unwrap();
        all
    });
    parse(&all)
}

#[test]
fn operators_read_metrics_and_health() {
    let house = House::new();
    house.published();
    house.get("/s/chat");
    house.get("/s/none");
    let got = ask(&house, "/metrics");
    assert_eq!(got.status, 200);
    for line in [
        "allclear_http_requests_total{from=\"memory\"} 1",
        "allclear_http_requests_total{from=\"router\"} 1",
        "allclear_http_responses_total{class=\"4xx\"} 1",
        "allclear_pages_made_total 1",
        "allclear_fresh_reports 0",
        "allclear_form_networks 0",
        "allclear_live_streams 0",
        "# EOF",
    ] {
        assert!(got.text().lines().any(|l| l == line), "{line} is missing: {}", got.text());
    }
    assert_eq!(got.text().matches("# EOF").count(), 1);
    assert_eq!(ask(&house, "/healthz").text(), "ok\n");
    assert_eq!(ask(&house, "/readyz").status, 200);
    house.engine.clock().advance_minutes(60);
    assert_eq!(ask(&house, "/readyz?").status, 503, "the judge stands still");
    house.engine.clock().advance_minutes(-61 - 10);
    let back = ask(&house, "/readyz?clock");
    assert_eq!(back.status, 503);
    assert!(back.text().contains("the clock is") && back.text().contains("behind"), "{}", back.text());
    assert_eq!(ask(&house, "/elsewhere").status, 404);
    assert_eq!(house.get("/metrics").status, 404, "not on the public listener");
}
