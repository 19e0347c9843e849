//! Whether what people wrote may be shown: pure rules over word lists in six languages, and how much a text resembles labelled
//! ones, measured on a corpus.
//!
//! [`judge`] reads a text as a reader would ([`normalise`], [`tokens`]), looks for the entries of all word lists at once
//! ([`lexicon`], [`pattern`]), asks each rule ([`rules`]) and what the corpus tells ([`resemblance`]). Swearing at what happened
//! is shown, insulting people is not. Where a rule is sure the text is hidden; where a person should look it is held.

mod disguise;
mod features;
mod language;
mod lexicon;
mod likeness;
mod link;
mod noise;
mod normalise;
mod pattern;
mod resemblance;
mod rules;
mod signs;
mod tokens;

#[cfg(test)]
mod tests;

use allclear_model::moderation::{Decision, Reason};
use allclear_model::redact::FreeText;

/// Grows whenever a rule or a weight changes.
pub const RULES: u32 = 3;

/// What of a text stands outside it.
pub struct Context<'a> {
    /// How many other reports of the last hour carry the same words, by [`likeness()`]; 0 for texts that have none.
    pub alike: u32,
    /// Whether a host (lower case, no port) belongs to a service of the catalogue or to its status page.
    pub known_host: &'a dyn Fn(&str) -> bool,
}

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What may be done with it.
    pub decision: Decision,
    /// Why it is not shown: sorted, each once; empty where it is shown.
    pub reasons: Vec<Reason>,
}

/// Judges a text. Nothing but the text and the context decides.
pub fn judge(text: &FreeText, cx: &Context<'_>) -> Judged {
    rules::judge(text.as_str(), cx)
}

/// The words of a text as they are compared with others: the same for texts that differ in capitals, accents, signs and
/// digits only. `None` below 8 words, and for what a program said: everybody pastes the same message.
pub fn likeness(text: &FreeText) -> Option<u64> {
    likeness::of(text.as_str())
}
