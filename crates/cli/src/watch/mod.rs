//! Running checks from this process: for the site that it is, or for one elsewhere. The loop is the same; what is planned, where results go and which
//! time it is differ, and stand behind [`Base`].

mod runner;
mod site;

pub(crate) use runner::{Base, Runner};
pub(crate) use site::begin;
