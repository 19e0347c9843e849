//! Feeds: RSS 2.0 and Atom, read into items and folded into events.
//!
//! A feed is a log of announcements. It has no list of what is well, no common words and no agreed way to say that something
//! is over, so the rules of thumb stand here once, for all vendors: [`xml`] reads items, [`body`] takes one item's text apart,
//! [`fold`] makes events of items. What vendors write is in [`words`](super::words).

mod body;
mod fold;
mod xml;

pub(super) use fold::{Options, page};
pub(super) use xml::{Kind, read, read_if};
