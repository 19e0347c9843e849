//! Putting a site on its listeners.

use crate::app::App;
use crate::config::{ServerLimits, WebConfig};
use crate::ops::Ops;
use crate::server::{Connections, serve_connections};
use allclear_engine::Handles;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A site that is ready to be served. Cheap to clone; one for all listeners of a process.
#[derive(Clone)]
pub struct Web {
    app: App,
    connections: Arc<Connections>,
    limits: ServerLimits,
    stop: CancellationToken,
}

impl Web {
    /// The site over a running engine. Cancelling `stop` ends its listeners, its live streams, and after
    /// `cfg.server.grace` whatever is still open.
    pub fn new(cfg: &WebConfig, handles: &Handles, stop: CancellationToken) -> Web {
        Web {
            app: App::new(cfg, handles, stop.clone()),
            connections: Arc::default(),
            limits: cfg.server.clone(),
            stop,
        }
    }

    #[cfg(test)]
    pub(crate) fn hot_for_tests(&self) -> &crate::Hot {
        self.app.hot()
    }

    #[cfg(test)]
    pub(crate) fn connections_for_tests(&self) -> &Connections {
        &self.connections
    }

    /// Serves the public site. Returns when the last connection is closed. Connections are tasks of `tracker`.
    pub async fn serve(self, listener: TcpListener, tracker: TaskTracker) {
        serve_connections(listener, self.app, self.limits, self.connections, &tracker, self.stop).await;
    }

    /// Serves metrics (`engine`'s and our own) and health. For a listener that the public cannot reach.
    pub async fn serve_ops(self, listener: TcpListener, engine: Arc<Registry>, tracker: TaskTracker) {
        let ops = Ops::new(self.app, self.connections, engine);
        let limits = ServerLimits { max_connections: 64, ..self.limits };
        serve_connections(listener, ops, limits, Arc::default(), &tracker, self.stop).await;
    }
}

/// Serves the public site alone: [`Web::new`] and [`Web::serve`] in one.
pub async fn serve(listener: TcpListener, cfg: WebConfig, handles: Handles, tracker: TaskTracker, stop: CancellationToken) {
    Web::new(&cfg, &handles, stop).serve(listener, tracker).await;
}
