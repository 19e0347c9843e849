//! Open files: each connection is one, and a login shell often allows no more than 1,024.

use rustix::process::{Resource, getrlimit, setrlimit};

/// What a site holds open beside its public connections: two databases with their lanes and logs, sockets, the operators'
/// listener, a file that is being written.
const OTHERS: u64 = 128;

/// Raises the limit of this process to what the system allows it, and says how many of `wanted` public connections fit. More
/// would take the files that the journal needs.
pub(crate) fn connections(wanted: u64) -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(e) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(error = %e, "the limit of open files cannot be raised");
    }
    let fit = getrlimit(Resource::Nofile).current.map_or(u64::MAX, |files| files.saturating_sub(OTHERS).max(1));
    if fit < wanted {
        tracing::warn!(
            connections = fit,
            "http.max_connections is {wanted}, but the system allows this process only {} open files: set LimitNOFILE= in \
             the systemd unit, or raise the hard limit (`ulimit -Hn`)",
            fit.saturating_add(OTHERS)
        );
    }
    fit.min(wanted)
}
