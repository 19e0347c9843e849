//! Version 1 of the API. Fields are added, never removed or changed in meaning.

mod agents;
mod checks;
pub(crate) mod handlers;
pub(crate) mod openapi;
pub(crate) mod render;
pub(crate) mod summary;
pub(crate) mod types;
pub(crate) mod witnesses;
