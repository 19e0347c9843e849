//! Where the site keeps its files.

use super::layer::Raw;
use super::reader::Reader;
use serde_json::Value as Json;
use std::path::PathBuf;

/// `[data]`
#[derive(Debug, Clone)]
pub(crate) struct Data {
    /// The data folder.
    pub(crate) dir: PathBuf,
}

impl Data {
    /// Reads the section.
    pub(crate) fn read(r: &mut Reader) -> Data {
        Data {
            dir: r.value(
                "data.dir",
                "the path of a folder",
                PathBuf::from("data"),
                |raw| match raw {
                    Raw::Text(t) if !t.is_empty() => Some(PathBuf::from(t)),
                    _ => None,
                },
                |d| Json::from(d.display().to_string()),
            ),
        }
    }
}
