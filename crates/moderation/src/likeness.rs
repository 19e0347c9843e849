//! The words of a text as they are compared with those of others.

use crate::tokens::{Token, tokens};

/// Fewer words say the same by chance: everybody writes "down, not working".
const WORDS_MIN: usize = 8;

/// Words that count, as they are compared: no digits, no signs, no accents, no capitals.
fn counted(words: &[Token]) -> impl Iterator<Item = &str> {
    words.iter().filter(|w| w.has_letters()).map(Token::plain)
}

/// Whether a text has enough words to be compared.
fn is_long(words: &[Token]) -> bool {
    counted(words).count() >= WORDS_MIN
}

/// What a program said: many people paste the same message, and mean what they say.
fn is_pasted(text: &str) -> bool {
    let lower = text.to_lowercase();
    let signs = [
        "{\"",
        "\":",
        "traceback",
        "exception",
        "http/",
        "err!",
        "error:",
        "error code",
        "status code",
        "::",
        "()",
        "curl:",
        "0x",
    ];
    signs.iter().any(|s| lower.contains(s))
}

/// A number for the words in their order; the same for ever.
pub(crate) fn of(text: &str) -> Option<u64> {
    let words = tokens(text);
    if !is_long(&words) || is_pasted(text) {
        return None;
    }
    // Fowler, Noll and Vo, 64 bits, variant 1a.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for word in counted(&words) {
        for byte in word.bytes().chain([b' ']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    Some(hash)
}
