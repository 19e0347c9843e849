//! The one table of sentences. Journal and evidence carry ids and numbers; whatever a person reads is made from here.

pub mod agents;
pub mod api;
pub mod countries;
pub mod evidence;
pub mod official;
pub mod pages;
pub mod people;
pub mod phrases;
pub mod problems;
pub mod prose;
