//! Official status pages: what a payload says ([`Page`]), and what it means for one service ([`OfficialStatus`]).
//!
//! Reading is pure and in two steps. A [`Format`] turns bytes into a [`Page`]: the vendor's words in ours, nothing left out
//! and nothing judged. [`judge()`] applies the rules that hold for all formats: scope, third parties, open, stale, worst.
//! What cannot be read is an [`Unread`], never a level.

mod believe;
mod brief;
mod feed;
mod find;
mod formats;
mod further;
mod judge;
mod known;
mod nullable;
mod page;
mod read;
mod scope;
mod source;
mod times;
mod words;

pub use allclear_model::official::Trust;
pub use believe::Belief;
pub use find::{Found, NotFound, Tried, find};
pub use formats::{FORMATS, Format, detect, format, served_by};
pub use further::{beside, complete};
pub use judge::{EventStatus, OfficialStatus, judge};
pub use page::{Component, Event, EventKind, EventPhase, Page, Update};
pub use read::Unread;
pub use scope::Scope;
pub use source::{Read, Reading, Source};
