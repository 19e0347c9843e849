//! Runs of letters and digits that no language writes.
//!
//! A text falls into pieces of letters and digits, each of one [`Class`]. A long piece that could be no word is taken for a
//! secret, and so is a run of short pieces among which there are no words, so that blanks put into a key do not save it.

use super::Removed;
use super::view::View;
use std::collections::HashSet;
use std::sync::LazyLock;

/// An odd piece from this length on is removed by itself.
const LONG: usize = 10;
/// A run of pieces is removed from so many letters and digits on, ...
pub(super) const RUN: usize = 12;
/// ... with so much in it that people do not write: 2 for an odd piece, 1 for letters that are no word and for letters
/// with digits.
const EVIDENCE: usize = 4;
/// With so much of it the numbers at its ends go with it.
const SURE: usize = 8;
/// Signs between two pieces of one run, at most.
const GAP: usize = 5;
/// An identifier of so many letters has more of what can be said in it.
const LONG_NAME: usize = 14;
/// Capitals in a row that identifiers have.
const ACRONYMS: [&str; 48] = [
    "API", "APNS", "ASCII", "AWS", "BLE", "CDN", "CLI", "CORS", "CPU", "CSRF", "CSS", "CSV", "DNS", "DOM", "EOF",
    "GPS", "GPT", "GPU", "GUI", "GUID", "HLS", "HTML", "HTTP", "HTTPS", "JSON", "JWT", "LLM", "MFA", "NFC", "OTP",
    "PDF", "PNG", "RPC", "RTC", "SDK", "SMS", "SQL", "SSE", "SSH", "SSL", "SSO", "TCP", "TLS", "UDP", "URI", "URL",
    "UUID", "XML",
];
/// A piece longer than any word.
const NO_WORD: usize = 34;
/// Words up to this length may stand between odd pieces by chance.
const CHANCE: usize = 8;
/// Letters up to this length are words when they are in [`COMMON_WORDS`].
const SHORT: usize = 4;

/// What can stand behind digits: units, times, ordinals, sizes of models.
const UNITS: [&str; 77] = [
    "a", "am", "pm", "b", "bit", "bits", "c", "d", "e", "eme", "er", "es", "st", "nd", "rd", "th", "f", "fa", "fps",
    "g", "gb", "ghz", "gbps", "h", "hr", "hrs", "hz", "k", "kb", "kbps", "kg", "khz", "km", "l", "m", "mb", "mbit",
    "mbps", "mhz", "mi", "min", "mins", "mm", "ms", "n", "ns", "o", "os", "p", "px", "s", "sec", "secs", "t", "tb",
    "tps", "us", "uhr", "v", "w", "x", "xx", "y", "yo", "yrs", "z", "de", "da", "te", "ta", "ten", "usd", "eur", "gbp",
    "brl", "mah", "std",
];

/// Bigrams that hardly occur in ten European languages (each below 1 in 10,000 in all of them), counted in the message
/// catalogues of common programs: for each first letter the second letters.
const RARE: [&str; 26] = [
    "",
    "cdfkpqvwxz",
    "bfgmqvwx",
    "qx",
    "",
    "chjkmqvwxz",
    "cfjqvwxyz",
    "cdfghjkpqvxz",
    "",
    "bchjpqrwxy",
    "dfjqx",
    "qz",
    "jqwx",
    "x",
    "",
    "jqwx",
    "abcdefghijkmnopqrstvwxyz",
    "x",
    "x",
    "jqx",
    "hq",
    "dfghjkmqtwxyz",
    "bfgmjqtvx",
    "bdfghjklmnqrsuvwxz",
    "hqvxyz",
    "fhjqvx",
];

/// Words of two to four letters that are frequent in message catalogues of ten languages or in reports, abbreviations, and
/// longer ones that sound like nothing.
static COMMON_WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_words.txt").split_whitespace().collect());

pub(super) fn is_common(word: &str) -> bool {
    COMMON_WORDS.contains(word.to_ascii_lowercase().as_str())
}

/// What a piece of letters and digits may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A word, an identifier of a program, or a piece in a script in which no keys are written.
    Word,
    /// Digits, or a common mixture: "9am", "gpt4", "405b", "0x80070005".
    Number,
    /// A name in capitals and small letters: "ChatGPT", "getUserById".
    Camel,
    /// A few letters that may be an abbreviation.
    Unknown,
    /// Nothing that people write.
    Odd,
}

/// What is to be known of some signs of a text.
pub(super) struct Piece {
    /// Whether nothing in it is odd.
    pub(super) plain: bool,
    /// Whether something in it is an identifier in capitals and small letters.
    pub(super) camel: bool,
    pub(super) letters_and_digits: usize,
}

impl Piece {
    /// Looks at all pieces of `text` together.
    pub(super) fn of(text: &str) -> Piece {
        let pieces = || text.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty());
        Piece {
            plain: pieces().all(|p| class(p) != Class::Odd),
            camel: pieces().any(|p| class(p) == Class::Camel),
            letters_and_digits: pieces().map(|p| p.chars().count()).sum(),
        }
    }
}

/// Where a secret ends that seems to end at `from`: pieces that follow and are no words go with it.
pub(super) fn goes_on(view: &View, from: usize) -> usize {
    let (mut end, mut to) = (from, from);
    loop {
        let begin = view.until(to, char::is_alphanumeric);
        if begin >= view.len() || begin - to > GAP {
            return end;
        }
        to = view.until(begin, |c| !c.is_alphanumeric());
        let piece = view.read(begin, to);
        let letters = piece.bytes().filter(u8::is_ascii_alphabetic).count();
        let capitals = letters >= SHORT && piece.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        match class(&piece) {
            Class::Word if capitals && !is_common(&piece) => {}
            Class::Word => return end,
            Class::Number if letters >= SHORT => end = to,
            // Alone behind a key these are part of a sentence; before more of the key they are part of it.
            Class::Number | Class::Unknown | Class::Camel => {}
            Class::Odd => end = to,
        }
    }
}

/// A piece and where it stands.
pub(super) struct Part {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) class: Class,
}

impl Part {
    pub(super) fn len(&self) -> usize {
        self.to - self.from
    }
}

pub(super) fn mark(view: &mut View) {
    let parts = parts(view);
    let mut from = 0;
    while from < parts.len() {
        if parts[from].class == Class::Word {
            from += 1;
            continue;
        }
        let mut to = from + 1;
        while to < parts.len()
            && joined(view, parts[to - 1].to, parts[to].from)
            && (parts[to].class != Class::Word || by_chance(view, &parts, to))
        {
            to += 1;
        }
        judge(view, &parts, from, to);
        from = to;
    }
}

/// Whether a word within what is no language is there by chance: very short between odd pieces, or short between pieces
/// that no blank parts from it.
fn by_chance(view: &View, parts: &[Part], i: usize) -> bool {
    let (Some(before), Some(next)) = (i.checked_sub(1).and_then(|b| parts.get(b)), parts.get(i + 1)) else {
        return false;
    };
    let (part, odd) = (&parts[i], |p: &Part| p.class == Class::Odd);
    let blank = |from: usize, to: usize| (from..to).any(|k| view.at(k).is_whitespace());
    let tied = !blank(before.to, part.from) && !blank(part.to, next.from);
    let common = part.len() <= SHORT && is_common(&view.read(part.from, part.to));
    joined(view, part.to, next.from)
        && (part.len() <= 2 && odd(before) && odd(next)
            || tied && part.len() <= SHORT && next.class != Class::Word
            || !common
                && part.len() <= CHANCE
                && odd(before)
                && next.class != Class::Word
                && (next.class != Class::Number || next.len() >= CHANCE - 2))
}

/// Whether what stands between two pieces can stand within a key: few signs, and none that ends a thought.
pub(super) fn joined(view: &View, from: usize, to: usize) -> bool {
    to - from <= GAP && !(from..to).any(|i| matches!(view.at(i), ',' | ';' | '?' | '!' | '(' | ')' | '"'))
}

pub(super) fn parts(view: &View) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut i = 0;
    while i < view.len() {
        let from = view.until(i, char::is_alphanumeric);
        let to = view.until(from, |c| !c.is_alphanumeric());
        if from < to {
            let class = if is_contracted(view, from, to) { Class::Word } else { class(&view.read(from, to)) };
            parts.push(Part { from, to, class });
        }
        i = to.max(from + 1);
    }
    parts
}

/// The letters of "it's", "don't", "l'app" and "qu'il" that stand alone.
fn is_contracted(view: &View, from: usize, to: usize) -> bool {
    let apostrophe = |i: usize| matches!(view.at(i), '\'' | '’');
    let letter = |i: Option<usize>| i.is_some_and(|i| view.at(i).is_alphabetic());
    to - from <= 2
        && (from..to).all(|i| view.at(i).is_ascii_lowercase() || i == from && view.at(i).is_ascii_uppercase())
        && (from > 0 && apostrophe(from - 1) && letter(from.checked_sub(2)) || apostrophe(to) && letter(Some(to + 1)))
}

/// Marks the run `parts[from..to]`, or the long odd pieces in it.
fn judge(view: &mut View, parts: &[Part], from: usize, to: usize) {
    let run = &parts[from..to];
    let digits = |p: &Part| (p.from..p.to).all(|i| view.at(i).is_ascii_digit());
    let evidence = |p: &Part| match p.class {
        Class::Odd if p.len() >= LONG => EVIDENCE,
        Class::Odd => 2,
        Class::Unknown => usize::from(p.len() > 2),
        Class::Number => usize::from(!digits(p)),
        Class::Word | Class::Camel => 0,
    };
    let all: usize = run.iter().map(Part::len).sum();
    let points: usize = run.iter().map(evidence).sum();
    if all >= RUN && points >= EVIDENCE {
        // Plain numbers and names at its ends stay, unless nearly all else is odd.
        let of_it = |p: &Part| points >= SURE || !digits(p) && p.class != Class::Camel;
        let mut first = from + run.iter().position(of_it).unwrap_or(0);
        let mut last = from + run.iter().rposition(of_it).unwrap_or(0);
        // What follows in the same manner belongs to it, also behind a word that is there by chance.
        let more = |i: usize| parts.get(i).is_some_and(|p| p.class == Class::Odd || points >= SURE && evidence(p) > 0);
        let short = |i: usize| parts[i].len() <= CHANCE;
        while last + 1 < parts.len() && joined(view, parts[last].to, parts[last + 1].from) {
            match (more(last + 1), more(last + 2) && short(last + 1)) {
                (true, _) => last += 1,
                (false, true) => last += 2,
                (false, false) => break,
            }
        }
        while first > 0 && joined(view, parts[first - 1].to, parts[first].from) {
            match (more(first - 1), first > 1 && more(first - 2) && short(first - 1)) {
                (true, _) => first -= 1,
                (false, true) => first -= 2,
                (false, false) => break,
            }
        }
        let (from, to) = (parts[first].from, parts[last].to);
        view.mark(from, to, Removed::Key);
        return;
    }
    let long: Vec<(usize, usize)> =
        run.iter().filter(|p| p.class == Class::Odd && p.len() >= LONG).map(|p| (p.from, p.to)).collect();
    for (from, to) in long {
        view.mark(from, to, Removed::Key);
    }
}

pub(super) fn class(piece: &str) -> Class {
    // Keys are written in ASCII; in other scripts there is no telling, and no need.
    if !piece.is_ascii() {
        return Class::Word;
    }
    let b = piece.as_bytes();
    let digits = b.iter().filter(|c| c.is_ascii_digit()).count();
    if digits == b.len() {
        return Class::Number;
    }
    if digits == 0 {
        return of_letters(piece);
    }
    if let Some(code) = piece.strip_prefix("0x").or_else(|| piece.strip_prefix("0X")) {
        let ok = code.len() <= 8 && code.bytes().all(|c| c.is_ascii_hexdigit());
        return if ok { Class::Number } else { Class::Odd };
    }
    let head = b.iter().take_while(|c| c.is_ascii_alphabetic()).count();
    let tail = b.iter().rev().take_while(|c| c.is_ascii_alphabetic()).count();
    let common = if head > 0 && head + digits == b.len() {
        digits <= 4 && head <= LONG && (head == 1 || matches!(of_letters(&piece[..head]), Class::Word | Class::Camel))
    } else if tail > 0 && tail + digits == b.len() {
        digits <= 6 && UNITS.contains(&piece[digits..].to_ascii_lowercase().as_str())
    } else {
        const MIXED: [&str; 12] =
            ["e2e", "p2p", "b2b", "b2c", "c2c", "k8s", "k3s", "i18n", "l10n", "a11y", "h2o", "w3c"];
        MIXED.contains(&piece.to_ascii_lowercase().as_str()) || is_time(b)
    };
    if common { Class::Number } else { Class::Odd }
}

/// "10h30", "2x4", "1m30s", and "27T12" of 2026-11-27T12:00.
fn is_time(b: &[u8]) -> bool {
    let letters = b.iter().filter(|c| c.is_ascii_alphabetic());
    b.len() <= 6
        && b[0].is_ascii_digit()
        && letters.clone().all(|c| matches!(c, b'h' | b'H' | b'm' | b's' | b'x' | b'd' | b'T'))
        && letters.count() <= 2
        && !b.windows(3).any(|w| w.iter().all(u8::is_ascii_digit))
}

/// Whether letters could be a word, an abbreviation or an identifier of a program.
fn of_letters(letters: &str) -> Class {
    let lower = letters.to_ascii_lowercase();
    let b = lower.as_bytes();
    let upper = letters.bytes().filter(u8::is_ascii_uppercase).count();
    let one_case = upper == 0 || upper == b.len() || upper == 1 && letters.as_bytes()[0].is_ascii_uppercase();
    let rare = b.windows(2).filter(|w| RARE[usize::from(w[0] - b'a')].as_bytes().contains(&w[1])).count();
    if one_case && b.len() > 1 && COMMON_WORDS.contains(lower.as_str()) {
        return Class::Word;
    }
    if is_brand(letters) {
        return Class::Camel;
    }
    if b.len() <= SHORT {
        return match b.len() {
            // Words of one letter in some language; the others are spelling, which is how keys are hidden.
            1 if matches!(b[0], b'a' | b'e' | b'i' | b'o' | b'u' | b'y' | b'x') => Class::Unknown,
            1 => Class::Odd,
            _ if !one_case || b.len() == SHORT && (rare > 0 || !b.iter().any(|c| is_vowel(*c))) => Class::Odd,
            _ => Class::Unknown,
        };
    }
    let vowels = b.iter().filter(|c| is_vowel(**c)).count();
    let silent = longest(b, |c| !is_vowel(c));
    let sounds = vowels * 7 >= b.len() && vowels * 4 <= b.len() * 3 && silent <= 6 && longest(b, is_vowel) <= 5;
    let word =
        b.len() <= NO_WORD && sounds && if one_case { rare <= b.len() / 8 } else { rare == 0 && !rough(letters) }
            || one_case && is_stretched(b);
    match (word, one_case) {
        (true, true) => Class::Word,
        (true, false) => Class::Camel,
        (false, _) => Class::Odd,
    }
}

/// "iPhone", "iCloud", "eBay": a name with one small letter before it.
fn is_brand(letters: &str) -> bool {
    let b = letters.as_bytes();
    (4..=LONG).contains(&b.len())
        && matches!(b[0], b'i' | b'e')
        && b[1].is_ascii_uppercase()
        && b[2..].iter().all(u8::is_ascii_lowercase)
        && b[1..].iter().any(|c| is_vowel(c.to_ascii_lowercase()))
}

/// "noooooo", "hahahaha", "zzzzzz": very few different letters.
fn is_stretched(b: &[u8]) -> bool {
    let mut seen = [false; 26];
    for c in b {
        seen[usize::from(c - b'a')] = true;
    }
    let letters = seen.iter().filter(|s| **s).count();
    letters <= 4 && letters * 3 <= b.len()
}

fn is_vowel(c: u8) -> bool {
    matches!(c, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

fn longest(b: &[u8], which: impl Fn(u8) -> bool) -> usize {
    b.iter().fold((0, 0), |(best, now), c| if which(*c) { (best.max(now + 1), now + 1) } else { (best, 0) }).0
}

/// Capitals where no identifier has them. An identifier falls into humps, each of which could be said.
fn rough(letters: &str) -> bool {
    let b = letters.as_bytes();
    let mut humps: Vec<&[u8]> = Vec::new();
    let mut from = 0;
    for i in 1..b.len() {
        if b[i].is_ascii_uppercase() && b[i - 1].is_ascii_lowercase() {
            humps.push(&b[from..i]);
            from = i;
        }
    }
    humps.push(&b[from..]);
    let small = |h: &[u8]| h.iter().filter(|c| c.is_ascii_lowercase()).count();
    let silent = |h: &[u8]| !h.iter().any(|c| is_vowel(c.to_ascii_lowercase()));
    // "HTTPSConnection" and "APIs" are written so, "YRGOKz" is not.
    let stuck = |h: &[u8]| h.len() - small(h) >= 2 && (1..=2).contains(&small(h)) && !h.ends_with(b"s");
    let odd = |h: &&&[u8]| h.len() == 1 || silent(h) || stuck(h);
    let short = humps.iter().filter(|h| h.len() <= 2 || odd(h)).count();
    let capitals = |h: &&&[u8]| {
        let end = h.iter().take_while(|c| c.is_ascii_uppercase()).count();
        // The last capital before small letters begins a word.
        let end = if end < h.len() { end.saturating_sub(1) } else { end };
        end >= 3 && !ACRONYMS.contains(&String::from_utf8_lossy(&h[..end]).as_ref())
    };
    let all = humps.len();
    let many = humps.iter().filter(odd).count();
    many * 2 >= all.max(2)
        || all * 2 > b.len() + 1
        || short * 2 > all.max(2)
        || b.len() >= LONG_NAME && humps.iter().filter(|h| odd(h) || capitals(h)).count() * 5 >= all * 2
}
