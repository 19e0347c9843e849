//! Classes of the word lists that are no words: names with a sign before them, marks of the redaction, numbers, capital
//! letters.

use crate::lexicon::Span;
use crate::tokens::{Kind, Token};

/// Their names.
pub(crate) const NAMES: [&str; 8] = ["link", "handle", "mail", "number", "key", "num", "cap", "name"];

/// Where they stand. `link` is whether the text has a link that is not known.
pub(crate) fn places(words: &[Token], link: bool) -> Vec<(&'static str, Span)> {
    let mut out = Vec::new();
    if link {
        out.push(("link", Span { from: 0, to: 1 }));
    }
    // A number whose digits are partly letters, so that nobody finds it.
    let digits = |w: &Token| w.plain().chars().filter(|c| c.is_ascii_digit() || matches!(c, 'o' | 'l' | 'i')).count();
    let mixed = |w: &Token| {
        let p = w.plain();
        p.len() >= 3 && digits(w) == p.len() && p.contains(['o', 'l', 'i']) && p.contains(|c: char| c.is_ascii_digit())
    };
    for (i, pair) in words.windows(2).enumerate() {
        if pair.iter().any(mixed) && pair.iter().all(|w| digits(w) == w.plain().len() && digits(w) > 2) {
            out.push(("number", Span { from: i + 1, to: i + 3 }));
        }
    }
    let named = |w: &Token| w.capital && w.kind == Kind::Word && is_name(w);
    for (i, w) in words.iter().enumerate() {
        let span = Span { from: i + 1, to: i + 2 };
        match w.kind {
            Kind::Handle => out.push(("handle", span)),
            Kind::Mark if w.plain() == "mail" => out.push(("mail", span)),
            Kind::Mark if w.plain() == "key" => out.push(("key", span)),
            Kind::Mark if w.plain() == "number" => out.push(("number", span)),
            Kind::Word if w.plain().starts_with(|c: char| c.is_ascii_digit()) => out.push(("num", span)),
            Kind::Word if named(w) => {
                out.push(("cap", span));
                if words.get(i + 1).is_some_and(named) {
                    out.push(("name", Span { from: i + 1, to: i + 3 }));
                }
            }
            _ => {}
        }
    }
    out
}

fn is_name(w: &Token) -> bool {
    w.plain().chars().count() >= 3 && w.plain().chars().all(char::is_alphabetic) && !w.shouted
}
