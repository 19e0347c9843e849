//! Open files: a benchmark holds thousands of connections, and so does the site it starts, which inherits the limit.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Most connections that any part holds open at a time: the live streams of `memory`, and some to spare.
pub(crate) const MOST: u64 = 10_200;

/// Raises the limit of this process to what the system allows it; how many open files that is.
pub(crate) fn raise() -> anyhow::Result<u64> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)?;
    Ok(limit.maximum.unwrap_or(u64::MAX))
}
