//! Free text without what must never be kept: keys, tokens, passwords, and what leads to a person.
//!
//! Everything here works on what a reader would see: zero-width signs are dropped, full-width letters and percent escapes
//! are read as what they stand for. Detectors mark stretches; each marked stretch becomes one mark such as `‹key›`. It errs
//! on the side of removing: a text that lost an order number still says what is wrong.
//!
//! | Room | What it marks |
//! |---|---|
//! | [`shapes`] | keys with a known beginning, `name = value` secrets, private key blocks |
//! | [`contact`] | mail addresses, secrets in web addresses, network addresses, long numbers |
//! | [`cut`] | rows of pieces of two or three signs, into which a key was cut |
//! | [`random`] | runs that no language writes, also when blanks were put between their pieces |

mod contact;
mod cut;
mod random;
mod rest;
mod shapes;
mod tied;
mod view;

#[cfg(test)]
mod tests;

use crate::ParseError;
use serde::{Deserialize, Serialize};
use std::fmt;
use view::View;

/// What was taken out of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Removed {
    /// A key, token or password.
    Key,
    /// An e-mail address.
    Mail,
    /// A telephone, card or other long number.
    Number,
    /// A network address.
    Address,
}

impl Removed {
    const ALL: [Removed; 4] = [Removed::Key, Removed::Mail, Removed::Number, Removed::Address];

    /// What stands in its place.
    pub fn mark(self) -> &'static str {
        match self {
            Removed::Key => "‹key›",
            Removed::Mail => "‹mail›",
            Removed::Number => "‹number›",
            Removed::Address => "‹address›",
        }
    }
}

/// What somebody wrote, without secrets and contact data. There is no way to make one that holds them: reading it back
/// from anywhere removes them again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FreeText(String);

impl FreeText {
    /// Longest text of a report, characters as typed.
    pub const MAX: usize = 500;

    /// Whether what was typed is short enough to be read.
    ///
    /// # Errors
    /// When it has more than `max` characters, a line break counting as one.
    pub fn check_length(raw: &str, max: usize) -> Result<(), ParseError> {
        if raw.chars().filter(|c| *c != '\r').count() > max {
            return Err(ParseError::new("text", format!("must have at most {max} characters")));
        }
        Ok(())
    }

    /// Reads what was typed. `None` when nothing is left to show.
    ///
    /// # Errors
    /// When it has more than `max` characters, a line break counting as one.
    pub fn parse(raw: &str, max: usize) -> Result<Option<FreeText>, ParseError> {
        FreeText::check_length(raw, max)?;
        let clean = redact(raw);
        Ok((!clean.is_empty()).then_some(FreeText(clean)))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What was taken out of it, each kind once.
    pub fn removed(&self) -> Vec<Removed> {
        Removed::ALL.into_iter().filter(|r| self.0.contains(r.mark())).collect()
    }
}

impl fmt::Debug for FreeText {
    /// Only the length: what people write does not belong into logs, even without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FreeText({} bytes)", self.0.len())
    }
}

impl TryFrom<String> for FreeText {
    type Error = ParseError;

    fn try_from(stored: String) -> Result<Self, Self::Error> {
        let clean = redact(&stored);
        if clean.is_empty() { Err(ParseError::new("text", "is empty")) } else { Ok(FreeText(clean)) }
    }
}

impl From<FreeText> for String {
    fn from(t: FreeText) -> String {
        t.0
    }
}

/// `raw` without secrets and contact data, without signs that cannot be seen, with at most one empty line in a row. Doing
/// it twice changes nothing more. Takes time linear in the length of the text, up to the longest word.
pub fn redact(raw: &str) -> String {
    let mut now = pass(raw);
    // As most texts are: nothing was removed, so nothing would be.
    if now == raw {
        return now;
    }
    // What was removed may have hidden what stands around it; it shrinks or stays, so this ends.
    for _ in 0..3 {
        let next = pass(&now);
        if next == now {
            break;
        }
        now = next;
    }
    now
}

/// The first `most` characters of what somebody sent, without secrets, for repeating it to them: what comes into an answer comes into
/// logs and caches, too. It is cut behind them first, because looking for secrets takes time, and at them last, because half a secret
/// may look like none.
pub fn beginning(raw: &str, most: usize) -> String {
    /// Characters by which a secret is known.
    const SECRET: usize = 300;
    redact(&raw.chars().take(most + SECRET).collect::<String>()).chars().take(most).collect()
}

fn pass(raw: &str) -> String {
    let mut view = View::of(raw);
    shapes::mark(&mut view);
    contact::mark(&mut view);
    cut::mark(&mut view);
    random::mark(&mut view);
    tied::mark(&mut view);
    rest::mark(&mut view);
    // Last: digits within a key are no number of their own.
    contact::numbers(&mut view);
    view.into_text()
}
