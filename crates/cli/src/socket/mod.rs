//! The operator's door: HTTP with JSON over a Unix socket in the data folder. Whoever may use the file may operate the
//! site, so it has mode 0600 from its first instant on.

pub(crate) mod client;
pub(crate) mod operate;
pub(crate) mod protocol;
pub(crate) mod server;

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// File name in the data folder.
const NAME: &str = "allclear.sock";

/// Longest path of a socket that every system takes (Linux: 108 bytes with the final zero).
const PATH_MAX: usize = 100;

/// A path to a file in a folder that is short enough for a socket, however deep the folder lies.
struct Short {
    path: PathBuf,
    // Keeps the descriptor open that `path` goes through.
    _dir: Option<File>,
}

impl Short {
    fn new(dir: &Path, name: &str) -> io::Result<Short> {
        let path = dir.join(name);
        if path.as_os_str().as_bytes().len() <= PATH_MAX {
            return Ok(Short { path, _dir: None });
        }
        let dir = File::open(dir)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{name}", dir.as_raw_fd()));
        Ok(Short { path, _dir: Some(dir) })
    }
}
