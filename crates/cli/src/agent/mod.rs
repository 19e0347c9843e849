//! An agent: runs the checks of a site elsewhere, keeps what it finds on its own disk until the site has it, and sends it in order.

mod base;
mod courier;
mod door;
mod shared;
mod spool;

pub(crate) use base::Elsewhere;
pub(crate) use courier::Courier;
pub(crate) use door::{Door, server};
pub(crate) use shared::Shared;
pub(crate) use spool::Spool;
