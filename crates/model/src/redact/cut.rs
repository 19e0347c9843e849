//! Keys that were cut into pieces of a few signs.
//!
//! Nothing about `RX` or `7K` tells whether it is part of a key. A row of pieces as short as these does: people write a few
//! short words in a row, and know them. Of longer pieces it is their length that tells: no three words in a row have the same
//! one where two of them are none.

use super::Removed;
use super::random::{Class, Part, RUN, class, is_common, joined, parts};
use super::shapes::of_a_key;
use super::view::View;

/// Letters of a piece, at most. Longer ones tell by themselves what they are.
const SHORT: usize = 3;
/// What an odd piece counts for; another that is no word counts for 1.
const ODD: usize = 3;
/// So much is to be there besides what words weigh against it. Of 9,178 honest lines of moderation's corpus two have a row of
/// pairs, with nothing but words and numbers in it, and 280 one of threes, at best with as many strange pieces as words.
const EVIDENCE: usize = 2;

/// States, provinces and countries that people list: "down in CA NV AZ TX".
const PLACES: [&str; 122] = [
    "ae", "ak", "al", "am", "ap", "ar", "at", "au", "az", "ba", "bb", "bc", "be", "br", "bw", "by", "ca", "ce", "ch",
    "cl", "cn", "co", "ct", "cy", "cz", "dc", "de", "df", "dk", "ee", "eg", "es", "eu", "fi", "fl", "fr", "ga", "gb",
    "gr", "hb", "he", "hh", "hi", "hk", "hr", "hu", "ia", "id", "ie", "il", "in", "it", "jp", "kr", "ks", "ky", "la",
    "li", "lt", "lu", "lv", "ma", "mb", "md", "me", "mg", "mi", "mn", "mo", "ms", "mt", "mv", "mx", "my", "nb", "nc",
    "nd", "ne", "nh", "ni", "nj", "nl", "nm", "no", "ns", "nv", "nw", "ny", "nz", "oh", "ok", "on", "or", "pa", "pe",
    "ph", "pl", "pr", "pt", "qc", "ri", "rj", "ro", "rp", "rs", "ru", "sc", "se", "sg", "sh", "sk", "sl", "sn", "sp",
    "tn", "tr", "tx", "uk", "us", "ut", "wa", "za",
];

/// Longest piece that is looked at for its length alone, and how many of them there are at least.
const EVEN: usize = 12;
const EVEN_MIN: usize = 3;

/// Single signs in a row, at least, of which so many are letters and so many digits.
const SPELLED: (usize, usize) = (RUN, 3);

pub(super) fn mark(view: &mut View) {
    short(view);
    even(view);
    spelled(view);
}

/// A key whose every sign stands alone. Words are spelled so, too, and numbers, but not both in one.
fn spelled(view: &mut View) {
    let parts = parts(view);
    let alone = |p: &Part| p.len() == 1 && view.at(p.from).is_ascii();
    let mut rows = Vec::new();
    let mut from = 0;
    while from < parts.len() {
        let mut to = from;
        while to < parts.len() && alone(&parts[to]) && (to == from || joined(view, parts[to - 1].to, parts[to].from)) {
            to += 1;
        }
        let row = &parts[from..to];
        let digits = row.iter().filter(|p| view.at(p.from).is_ascii_digit()).count();
        let (all, each) = SPELLED;
        if row.len() >= all && digits >= each && row.len() - digits >= each {
            rows.push((row[0].from, row[row.len() - 1].to));
        }
        from = to.max(from + 1);
    }
    for (from, to) in rows {
        view.mark(from, to, Removed::Key);
    }
}

fn short(view: &mut View) {
    for most in 2..=SHORT {
        let parts = parts(view);
        let mut from = 0;
        while from < parts.len() {
            let fits = |p: &Part| p.len() <= most && (p.from..p.to).all(|i| view.at(i).is_ascii());
            let mut to = from;
            while to < parts.len() && fits(&parts[to]) && (to == from || joined(view, parts[to - 1].to, parts[to].from))
            {
                to += 1;
            }
            let row = &parts[from..to];
            if is_cut(view, row, most) {
                view.mark(row[0].from, row[row.len() - 1].to, Removed::Key);
            }
            from = to.max(from + 1);
        }
    }
}

fn even(view: &mut View) {
    let mut i = 0;
    while i < view.len() {
        let start = view.until(i, |c| !ends(c));
        let first = view.until(start, ends);
        let (length, mut to, mut count) = (first - start, first, 1);
        while view.at(to).is_whitespace() && view.until(to + 1, ends) == to + 1 + length {
            to += 1 + length;
            count += 1;
        }
        if count >= EVEN_MIN && (SHORT + 1..=EVEN).contains(&length) {
            let piece = |k: usize| view.read(start + k * (length + 1), start + k * (length + 1) + length);
            let odd = (0..count).filter(|k| is_odd(&piece(*k))).count();
            let camel = (0..count).filter(|k| letters_and_digits(&piece(*k)).any(|p| class(p) == Class::Camel)).count();
            // Names of products have no digits in them, and paths of a site are words.
            let digit = (0..count).any(|k| piece(k).bytes().any(|c| c.is_ascii_digit()));
            let strange = (0..count)
                .any(|k| letters_and_digits(&piece(k)).any(|p| matches!(class(p), Class::Odd | Class::Camel)));
            if strange && odd >= 2 && odd * 2 >= count || digit && odd >= 1 && odd + camel == count {
                // What is left over at its end is shorter.
                let rest = view.until(to + 1, ends);
                let over = view.at(to).is_whitespace()
                    && rest <= to + length
                    && letters_and_digits(&view.read(to + 1, rest)).any(|p| class(p) != Class::Word);
                view.mark(start, if over { rest } else { to }, Removed::Key);
            }
        }
        i = to.max(i + 1);
    }
}

/// What ends a piece that is looked at for its length.
pub(super) fn ends(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '(' | ')' | '{' | '}' | '<' | '>' | '“' | '”')
}

fn letters_and_digits(piece: &str) -> impl Iterator<Item = &str> {
    piece.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty())
}

/// Whether a piece has signs of a key only, and something in it that is no word; or is cut where nobody would.
fn is_odd(piece: &str) -> bool {
    let odd = || letters_and_digits(piece).any(|p| p.len() >= SHORT && class(p) == Class::Odd);
    let tie = |c: char| matches!(c, '-' | '_');
    let cut = || {
        piece.starts_with(tie)
            || piece.ends_with(tie)
            || piece.contains(tie) && letters_and_digits(piece).any(|p| p.len() == 1)
    };
    let of_an_address = |c: char| matches!(c, ':' | '/' | '@' | '.' | '?' | '&');
    piece.chars().all(of_a_key) && (odd() || cut())
        || piece.starts_with(of_an_address) && piece.contains(|c: char| c.is_ascii_alphanumeric())
        || piece.contains('@') && piece.chars().all(|c| of_a_key(c) || c == '@')
}

/// Whether pieces of at most `most` signs are those of a key.
fn is_cut(view: &View, row: &[Part], most: usize) -> bool {
    let all: usize = row.iter().map(Part::len).sum();
    let (mut odd, mut words) = (0, 0);
    for part in row {
        let text = view.read(part.from, part.to);
        let place = text.len() == 2
            && text.bytes().all(|c| c.is_ascii_uppercase())
            && PLACES.contains(&text.to_ascii_lowercase().as_str());
        match part.class {
            // Of single letters and plain numbers honest lists are made.
            _ if text.len() == 1 || text.bytes().all(|c| c.is_ascii_digit()) || place => {}
            Class::Odd => odd += ODD,
            Class::Word if is_common(&text) => words += 1,
            _ => odd += 1,
        }
    }
    all >= RUN
        && row.iter().filter(|p| p.len() == most).count() * 2 > row.len()
        && odd >= EVIDENCE + if most == 2 { words / 2 } else { words }
}
