//! Answering operators.

use super::operate::OperateRequest;
use super::protocol::{BackupRequest, BaselinesRequest, Refusal, ReportRequest, VoteRequest, path};
use super::{NAME, Short};
use crate::exit::{Failure, While};
use crate::house::House;
use crate::lifecycle::Ring;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use tokio::net::UnixListener;

/// Where a socket is made before it gets its name: nobody else can enter.
const WORKSHOP: &str = ".socket";

/// Opens the socket of a folder whose lock this process holds, and answers there until the ring stops.
///
/// # Errors
/// When the socket cannot be made.
pub(crate) fn open(house: Arc<House>, ring: &Ring) -> Result<(), Failure> {
    let dir = house.folder.dir.clone();
    let listener = bind(&dir).or_cannot(format!("open the operators' socket {}", dir.join(NAME).display()))?;
    let stop = ring.stop.clone();
    let app = routes(house);
    ring.tracker.spawn(async move {
        let served = axum::serve(listener, app).with_graceful_shutdown(async move { stop.cancelled().await }).await;
        if let Err(e) = served {
            tracing::error!(error = %e, "the operators' socket is closed");
        }
    });
    Ok(())
}

/// Removes the socket; only for the holder of the lock.
pub(crate) fn remove(dir: &Path) {
    if let Err(e) = std::fs::remove_file(dir.join(NAME)) {
        tracing::debug!(error = %e, "the socket was gone already");
    }
}

/// Binds within a folder that only we can enter, narrows the mode, and then renames: the socket never has another mode
/// under its name, and one that a killed process left is replaced in the same step.
fn bind(dir: &Path) -> io::Result<UnixListener> {
    let workshop = dir.join(WORKSHOP);
    drop(std::fs::remove_dir_all(&workshop));
    DirBuilder::new().mode(0o700).create(&workshop)?;
    let made = (|| {
        let short = Short::new(&workshop, "s")?;
        let listener = UnixListener::bind(&short.path)?;
        std::fs::set_permissions(workshop.join("s"), Permissions::from_mode(0o600))?;
        std::fs::rename(workshop.join("s"), dir.join(NAME))?;
        Ok(listener)
    })();
    drop(std::fs::remove_dir_all(&workshop));
    made
}

/// Largest request with baselines: of ten thousand services.
const BASELINES_MAX: usize = 64 << 20;

fn routes(house: Arc<House>) -> Router {
    Router::new()
        .route(path::REPORT, post(report))
        .route(path::VOTE, post(vote))
        .route(path::STATUS, get(status))
        .route(path::INFO, get(info))
        .route(path::RELOAD, post(reload))
        .route(path::SNAPSHOT, post(snapshot))
        .route(path::OPERATE, post(operate))
        .route(path::BASELINES, post(baselines).layer(DefaultBodyLimit::max(BASELINES_MAX)))
        .route(path::BACKUP, post(backup))
        .route(path::STOP, post(stop))
        .fallback(async || answer::<()>(Err(bad("the site does not know this request; is it of another version?"))))
        .layer(DefaultBodyLimit::max(64 * 1024))
        .with_state(house)
}

fn bad(message: &str) -> Refusal {
    Refusal::bad_input(message)
}

/// 200 with the value, 400 for bad input, 503 for what did not work.
fn answer<T: Serialize>(result: Result<T, Refusal>) -> Response {
    let (status, body) = match &result {
        Ok(value) => (StatusCode::OK, serde_json::to_vec(value)),
        Err(r) if r.bad_input => (StatusCode::BAD_REQUEST, serde_json::to_vec(r)),
        Err(r) => (StatusCode::SERVICE_UNAVAILABLE, serde_json::to_vec(r)),
    };
    match body {
        Ok(body) => (status, [("content-type", "application/json")], body).into_response(),
        Err(e) => (StatusCode::INTERNAL_SERVER_ERROR, e.to_string()).into_response(),
    }
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|e| bad(&format!("the request is not understood: {e}")))
}

type At = State<Arc<House>>;

async fn report(State(house): At, body: Bytes) -> Response {
    answer(match parsed::<ReportRequest>(&body) {
        Ok(request) => house.report(request).await,
        Err(refused) => Err(refused),
    })
}

async fn vote(State(house): At, body: Bytes) -> Response {
    answer(match parsed::<VoteRequest>(&body) {
        Ok(request) => house.vote(request).await,
        Err(refused) => Err(refused),
    })
}

async fn status(State(house): At) -> Response {
    answer(Ok(house.status()))
}

async fn info(State(house): At) -> Response {
    answer(Ok(house.info()))
}

async fn reload(State(house): At) -> Response {
    answer(house.reload().await)
}

async fn snapshot(State(house): At) -> Response {
    answer(house.snapshot().await)
}

async fn operate(State(house): At, body: Bytes) -> Response {
    answer(match parsed::<OperateRequest>(&body) {
        Ok(request) => house.operate(request).await,
        Err(refused) => Err(refused),
    })
}

async fn baselines(State(house): At, body: Bytes) -> Response {
    answer(match parsed::<BaselinesRequest>(&body) {
        Ok(request) => house.learn(request).await,
        Err(refused) => Err(refused),
    })
}

async fn backup(State(house): At, body: Bytes) -> Response {
    answer(match parsed::<BackupRequest>(&body) {
        Ok(request) => house.backup(&request.to).await,
        Err(refused) => Err(refused),
    })
}

async fn stop(State(house): At) -> Response {
    house.ask_to_stop();
    answer(Ok(house.info()))
}
