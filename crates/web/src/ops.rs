//! The second listener: metrics and health, for operators only.

use crate::app::App;
use crate::headers::{self, Frame};
use crate::payload::{Answer, answer};
use crate::server::{Connections, Handler, Reply};
use crate::telemetry::{counter, gauge};
use crate::unserved::Unserved;
use allclear_model::words::problems as words;
use http::{HeaderValue, Method, Request, StatusCode, header};
use hyper::body::Incoming;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Answers `/metrics`, `/healthz` (the process lives) and `/readyz` (the picture is fresh). Bind it to loopback.
#[derive(Clone)]
pub struct Ops {
    app: App,
    connections: Arc<Connections>,
    engine: Arc<Registry>,
}

impl Ops {
    /// Operations of `app`, whose listener counts into `connections`; `engine` holds the engine's own metrics.
    pub fn new(app: App, connections: Arc<Connections>, engine: Arc<Registry>) -> Ops {
        Ops { app, connections, engine }
    }

    fn metrics(&self) -> String {
        let mut out = String::with_capacity(8192);
        if encode(&mut out, &self.engine).is_err() {
            // Writing to a string fails only when a metric itself does; the rest is still worth reading.
            tracing::warn!("a metric of the engine cannot be written");
        }
        let end = out.trim_end().strip_suffix("# EOF").map(str::len);
        out.truncate(end.unwrap_or(out.len()));
        let hot = self.app.hot();
        hot.telemetry().write(&mut out);
        let [made, evicted, entries, bytes] = hot.cache_counts();
        counter(&mut out, "allclear_pages_made", "Documents rendered", &[(String::new(), made)]);
        counter(
            &mut out,
            "allclear_pages_evicted",
            "Ready documents dropped to stay within the limit",
            &[(String::new(), evicted)],
        );
        gauge(&mut out, "allclear_pages_ready", "Ready documents in memory", entries);
        gauge(&mut out, "allclear_pages_ready_bytes", "Bytes of ready documents in memory", bytes);
        let cold = self.app.cold();
        gauge(
            &mut out,
            "allclear_fresh_reports",
            "Reports remembered for their authors until the archive has them, at most 8,192",
            cold.fresh.len() as u64,
        );
        let [networks, evicted] = cold.sparing.counts();
        gauge(
            &mut out,
            "allclear_form_networks",
            "Networks whose suggestions and feedback were counted in the hour of the last one, at most 10,000",
            networks,
        );
        counter(
            &mut out,
            "allclear_form_networks_evicted",
            "Networks forgotten before their hour was over, because too many sent suggestions or feedback",
            &[(String::new(), evicted)],
        );
        let [open, opened, events] = hot.live().counts();
        gauge(&mut out, "allclear_live_streams", "Live streams open now", open);
        counter(&mut out, "allclear_live_streams_opened", "Live streams opened", &[(String::new(), opened)]);
        counter(
            &mut out,
            "allclear_live_events",
            "Live events made, each for all its readers",
            &[(String::new(), events)],
        );
        let c = &self.connections;
        gauge(&mut out, "allclear_connections", "Connections open now", c.open.load(Ordering::Relaxed) as u64);
        let ended = [("accepted", &c.accepted), ("refused", &c.refused), ("slow", &c.slow)];
        let ended = ended.map(|(what, n)| (format!("what=\"{what}\""), n.load(Ordering::Relaxed)));
        counter(
            &mut out,
            "allclear_connection_events",
            "Connections accepted, turned away when full, dropped as too slow",
            &ended,
        );
        out.push_str("# EOF\n");
        out
    }

    fn answer(&self, method: &Method, path: &str) -> Answer {
        let (status, kind, text) = match path {
            "/metrics" => {
                let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
                (StatusCode::OK, kind, self.metrics())
            }
            // Starting again mends no file, so damage is told and the answer stays 200.
            "/healthz" => {
                let damage = self.app.cold().admin.status().damage;
                let lines = damage.iter().map(|d| format!("damaged: {d}\n"));
                (StatusCode::OK, headers::TEXT, std::iter::once("ok\n".to_owned()).chain(lines).collect())
            }
            "/readyz" => {
                let site = self.app.hot().site();
                if let Some(s) = site.clock_behind_s() {
                    let text = format!("the clock is {s} s behind the last entry of the journal\n");
                    (StatusCode::SERVICE_UNAVAILABLE, headers::TEXT, text)
                } else if site.whole().is_stale(site.now()) {
                    (StatusCode::SERVICE_UNAVAILABLE, headers::TEXT, "the judge stands still\n".to_owned())
                } else {
                    (StatusCode::OK, headers::TEXT, "ready\n".to_owned())
                }
            }
            _ => (StatusCode::NOT_FOUND, headers::TEXT, "see /metrics, /healthz, /readyz\n".to_owned()),
        };
        let res = if matches!(*method, Method::GET | Method::HEAD) {
            answer(status, kind, if *method == Method::HEAD { String::new() } else { text })
        } else {
            let mut res = answer(StatusCode::METHOD_NOT_ALLOWED, headers::TEXT, "GET only\n");
            res.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            res
        };
        dress(res)
    }
}

/// Gives an answer the headers that all have.
fn dress(mut res: Answer) -> Answer {
    headers::secure(res.headers_mut(), Frame::Never);
    res.headers_mut().insert(header::CACHE_CONTROL, headers::NO_STORE);
    res
}

impl Handler for Ops {
    fn refusal(&self, why: Unserved) -> Answer {
        let (status, said) = match why {
            Unserved::BadHead => (StatusCode::BAD_REQUEST, words::BAD_HEAD.to_owned()),
            Unserved::LongHead(limit) => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, words::head_too_large(limit)),
            Unserved::Full => (StatusCode::SERVICE_UNAVAILABLE, words::FULL.to_owned()),
        };
        dress(answer(status, headers::TEXT, said + "\n"))
    }

    fn call(&self, _peer: IpAddr, req: Request<Incoming>) -> Reply {
        Reply::Now(Some(self.answer(req.method(), req.uri().path())))
    }
}
