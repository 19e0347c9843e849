//! What is left of a key around what was found of it.
//!
//! Beside a key more is lost by leaving a part of it than by taking a word too much: what is tied to it without a blank goes
//! with it, and so do pieces as long as the one before, which is how a key looks that was cut evenly.

use super::Removed;
use super::cut::ends;
use super::random::{Class, RUN, class};
use super::view::View;

/// Shortest piece whose length tells something.
const PIECE_MIN: usize = 4;

/// Signs that tie pieces of a key together.
fn ties(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty())
}

/// Whether all of it are words, or numbers as people write them.
fn plain(text: &str) -> bool {
    pieces(text).all(|p| matches!(class(p), Class::Word | Class::Number))
}

/// Whether there is something in it that is neither a word nor a number.
fn is_no_word(text: &str) -> bool {
    pieces(text).any(|p| matches!(class(p), Class::Odd | Class::Camel))
}

pub(super) fn mark(view: &mut View) {
    let mut from = 0;
    while from < view.len() {
        if !view.is_key(from) {
            from += 1;
            continue;
        }
        let mut to = from + 1;
        while view.is_key(to) {
            to += 1;
        }
        before(view, from);
        from = behind(view, from, to);
    }
}

/// Marks what follows `from..to`, and says where it ends.
fn behind(view: &mut View, from: usize, to: usize) -> usize {
    let mut to = to;
    loop {
        let blank = view.until(to, |c| !ties(c));
        if (to..blank).any(|i| view.at(i).is_ascii_alphanumeric()) {
            view.mark(to, blank, Removed::Key);
            to = blank;
        }
        let begin = (from..to).rev().find(|i| view.read_at(*i).is_whitespace()).map_or(from, |i| i + 1);
        let end = view.until(blank + 1, ends);
        let (last, next) = (blank - begin, end.saturating_sub(blank + 1));
        if last < PIECE_MIN || next == 0 || !view.read_at(blank).is_whitespace() || view.is_marked(blank) {
            return to;
        }
        // The last piece is what was left over; behind a single one it tells by itself that it is no name.
        let piece = view.read(blank + 1, end);
        let over = next < last && (begin > from && !plain(&piece) || next >= RUN && is_no_word(&piece));
        if next != last && !over {
            return to;
        }
        view.mark(to, end, Removed::Key);
        to = end;
        if over {
            return to;
        }
    }
}

/// Marks what stands before `from`.
fn before(view: &mut View, from: usize) {
    let mut from = from;
    loop {
        let tied = view.back(from, |c| !ties(c));
        if !plain(&view.read(tied, from)) {
            view.mark(tied, from, Removed::Key);
            from = tied;
        }
        let end = (from..view.len()).find(|i| ends(view.read_at(*i))).unwrap_or(view.len());
        let blank = from.checked_sub(1).filter(|b| view.read_at(*b).is_whitespace() && !view.is_marked(*b));
        let Some(blank) = blank else { return };
        let begin = view.back(blank, ends);
        let (first, next) = (end - from, blank - begin);
        if first < PIECE_MIN || next != first || plain(&view.read(begin, blank)) {
            return;
        }
        view.mark(begin, from, Removed::Key);
        from = begin;
    }
}
