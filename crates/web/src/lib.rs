//! Pages, forms, API, live stream, feeds, badges. Knows the engine and the model, never a database.
//!
//! A request goes to [`Hot`] first, which answers from memory; only what that cannot answer goes on to the archive or the
//! writer. [`App`] is both, [`Ops`] the second listener; [`serve_connections`] puts either on a socket.

mod api;
mod app;
mod body;
mod cache;
mod cold;
mod config;
mod deadline;
mod document;
mod encoding;
mod forms;
mod headers;
mod hot;
mod live;
mod lock;
mod ops;
mod origin;
pub mod page;
mod pages;
mod payload;
mod problem;
mod referrer;
mod routes;
mod server;
mod telemetry;
#[cfg(test)]
mod tests;
mod turn;
mod unserved;
mod uptime;

pub use app::App;
pub use config::{BaseUrl, Kept, ServerLimits, SiteConfig, WebConfig};
pub use hot::{CountVisit, Hot};
pub use live::LiveBody;
pub use ops::Ops;
pub use payload::{Answer, Payload};
pub use server::{Connections, Handler, Listen, Reply, SEND_BUFFER, bind, serve_connections};
pub use unserved::Unserved;
