//! The second listener, for metrics and health.

use super::http::parse_listen;
use super::layer::Raw;
use super::reader::Reader;
use serde_json::Value as Json;
use std::net::SocketAddr;

/// `[ops]`
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ops {
    /// Where metrics and health are served; `None`: nowhere.
    pub(crate) listen: Option<SocketAddr>,
}

impl Ops {
    /// Reads the section.
    pub(crate) fn read(r: &mut Reader) -> Ops {
        Ops {
            listen: r.value(
                "ops.listen",
                "off, or an IP address and a port such as 127.0.0.1:9090",
                None,
                |raw| match raw {
                    Raw::Text(t) if t.is_empty() || t.trim() == "off" => Some(None),
                    Raw::Text(t) => parse_listen(t).map(Some),
                    _ => None,
                },
                |a| a.map_or(Json::from("off"), |a| Json::from(a.to_string())),
            ),
        }
    }
}
