//! Keys in pieces that hyphens and underscores tie together, without a beginning that anybody knows.

use super::Removed;
use super::random::{Class, Part, RUN, parts};
use super::view::View;

/// Shortest odd piece by which such a key is known.
const ODD: usize = 4;
/// Letters from which on a word is one: what has one in it is a name, such as that of a model or of a host.
const WORD: usize = 4;

pub(super) fn mark(view: &mut View) {
    let parts = parts(view);
    let mut from = 0;
    while from < parts.len() {
        let mut to = from + 1;
        while to < parts.len() && tied(view, &parts[to - 1], &parts[to]) {
            to += 1;
        }
        if to - from > 1 && is_key(view, &parts[from..to]) {
            view.mark(parts[from].from, parts[to - 1].to, Removed::Key);
        }
        from = to;
    }
}

fn tied(view: &View, one: &Part, next: &Part) -> bool {
    (one.to..next.from).all(|i| matches!(view.at(i), '-' | '_'))
}

fn is_key(view: &View, parts: &[Part]) -> bool {
    let has = |which: fn(&char) -> bool| parts.iter().any(|p| (p.from..p.to).any(|i| which(&view.at(i))));
    parts.iter().map(Part::len).sum::<usize>() >= RUN
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && parts.iter().any(|p| p.class == Class::Odd && p.len() >= ODD)
        && !parts.iter().any(|p| p.class == Class::Word && p.len() >= WORD)
}
