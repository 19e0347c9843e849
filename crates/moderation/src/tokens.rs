//! The words of a text, each as it may be read: `b.o.m.b` and `b o m b` are one word, `id!ot` is one as well.

use crate::normalise::{fold, held, is_pictogram, letter_of_sign, lower, stands_for_letter, unleet, unmask};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Ways in which a word is read. `Accented` keeps accents and digits, `Plain` has neither accents nor look-alikes, the two
/// others also read digits and signs as the letters they resemble; `1` is an `i` in one and an `l` in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    Accented,
    Plain,
    LeetI,
    LeetL,
}

impl Reading {
    pub(crate) const ALL: [Reading; 4] = [Reading::Accented, Reading::Plain, Reading::LeetI, Reading::LeetL];
}

/// What a token is besides its letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Letters and digits.
    Word,
    /// A mark of the redaction, such as `‹mail›`.
    Mark,
    /// `@name`.
    Handle,
    /// Something that is neither letter nor digit and is looked at: a pictogram, a sign of money.
    Sign,
}

/// One word.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// As the readings have it, in the order of [`Reading::ALL`].
    readings: [String; 4],
    /// Whether it was put together from letters that stood alone.
    pub(crate) joined: bool,
    /// Whether it begins with a capital letter.
    pub(crate) capital: bool,
    /// Whether it has capital letters only.
    pub(crate) shouted: bool,
}

impl Token {
    pub(crate) fn read(&self, how: Reading) -> &str {
        &self.readings[how as usize]
    }

    /// Without accents and look-alikes.
    pub(crate) fn plain(&self) -> &str {
        self.read(Reading::Plain)
    }

    pub(crate) fn has_letters(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Handle) && self.plain().chars().any(char::is_alphabetic)
    }

    /// A word that was found within another.
    pub(crate) fn of(word: &str) -> Token {
        Token::new(Kind::Word, word, false)
    }

    fn new(kind: Kind, raw: &str, joined: bool) -> Token {
        let capital = raw.chars().next().is_some_and(char::is_uppercase);
        let accented: String = lower(raw);
        let plain = held(&fold(&accented), 2);
        let with_sign = if kind == Kind::Handle { format!("@{plain}") } else { plain.clone() };
        let leet = |one: char| {
            let read_as_is = !matches!(kind, Kind::Word | Kind::Handle) || plain.chars().all(|c| c.is_ascii_digit());
            if read_as_is { plain.clone() } else { held(&unleet(&with_sign, one), 1) }
        };
        let (leet_i, leet_l) = (leet('i'), leet('l'));
        let shouted = capital && !raw.chars().any(char::is_lowercase);
        Token { kind, readings: [accented, plain, leet_i, leet_l], joined, capital, shouted }
    }
}

/// The words of a text.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let text: String = text.nfkc().map(letter_of_sign).collect();
    let latin = text.chars().filter(char::is_ascii_alphabetic).count() * 2
        >= text.chars().filter(|c| c.is_alphabetic()).count();
    let mut pieces: Vec<Piece> = Vec::new();
    for chunk in text.split_whitespace() {
        cut(chunk, latin, &mut pieces);
    }
    join_single(pieces).into_iter().map(|p| Token::new(p.kind, &p.raw, p.joined)).collect()
}

/// A token before it is read.
#[derive(Debug)]
struct Piece {
    kind: Kind,
    raw: String,
    joined: bool,
}

/// Cuts what stands between two blanks into words.
fn cut(chunk: &str, latin: bool, out: &mut Vec<Piece>) {
    let c: Vec<char> = chunk.chars().collect();
    let at = |i: usize| c.get(i).copied().unwrap_or(' ');
    if let Some(letters) = dotted(&c) {
        out.push(Piece { kind: Kind::Word, raw: letters, joined: true });
        return;
    }
    if c.len() == 1 && stands_for_letter(c[0]) {
        out.push(Piece { kind: Kind::Sign, raw: chunk.to_owned(), joined: false });
        return;
    }
    let mut i = 0;
    while i < c.len() {
        let before = if i == 0 { ' ' } else { at(i - 1) };
        if c[i] == '‹' {
            let end = (i..c.len()).find(|k| c[*k] == '›').unwrap_or(c.len() - 1);
            out.push(Piece { kind: Kind::Mark, raw: c[i + 1..end.max(i + 1)].iter().collect(), joined: false });
            i = end + 1;
            continue;
        }
        let name = |k: usize| at(k).is_alphanumeric() || at(k) == '_';
        if c[i] == '@' && !before.is_alphanumeric() && (1..=3).all(|k| name(i + k)) {
            let end = (i + 1..=c.len()).find(|k| !(name(*k) || at(*k) == '.' && name(*k + 1))).unwrap_or(c.len());
            out.push(Piece { kind: Kind::Handle, raw: c[i + 1..end].iter().collect(), joined: false });
            i = end;
            continue;
        }
        let end = word_end(&c, i);
        if end > i {
            out.push(Piece { kind: Kind::Word, raw: unmask(&c[i..end], latin), joined: false });
            i = end;
            continue;
        }
        if matches!(c[i], '€' | '$' | '£' | '₺' | '%') || is_pictogram(c[i]) {
            out.push(Piece { kind: Kind::Sign, raw: c[i].to_string(), joined: false });
        }
        i += 1;
    }
}

/// Where a word ends that begins at `from`; `from` when none does.
fn word_end(c: &[char], from: usize) -> usize {
    let at = |i: usize| c.get(i).copied().unwrap_or(' ');
    let mut i = from;
    while i < c.len() {
        let here = c[i];
        let before = if i == 0 { ' ' } else { at(i - 1) };
        // Looked at for the signs only; nobody writes more of them in a row.
        let next = (i..c.len().min(i + 9)).find(|k| at(*k) != here).map_or(' ', at);
        let letterlike = |x: char| x.is_alphabetic() || stands_for_letter(x);
        let inside = match here {
            x if x.is_alphanumeric() => true,
            // A letter keeps its accents.
            x if is_combining_mark(x) => i > from,
            '@' | '$' | '€' | '£' => {
                letterlike(next) && !before.is_numeric() || before.is_alphabetic() && i > from && !next.is_numeric()
            }
            '*' if i > from && before.is_alphabetic() && next == ' ' => true,
            '*' | '!' | '|' | '+' | '#' | '§' | '¡' => {
                i > from && (before.is_alphanumeric() || stands_for_letter(before)) && next.is_alphabetic()
            }
            _ => false,
        };
        if !inside {
            break;
        }
        i += 1;
    }
    // A sign alone is no word.
    if c[from..i].iter().any(|x| x.is_alphanumeric()) { i } else { from }
}

/// `b.o.m.b.e`, `d-d-o-s`: at least three signs with the same sign between all of them.
fn dotted(c: &[char]) -> Option<String> {
    let c: Vec<char> = {
        let from = c.iter().position(|x| x.is_alphanumeric())?;
        let to = c.iter().rposition(|x| x.is_alphanumeric())?;
        c[from..=to].to_vec()
    };
    let between = *c.get(1)?;
    let letter = |x: char| x.is_alphanumeric() || stands_for_letter(x);
    let fits = c.len() >= 5
        && !between.is_alphanumeric()
        && !is_combining_mark(between)
        && c.iter().enumerate().all(|(i, x)| if i % 2 == 1 { *x == between } else { letter(*x) });
    let letters: String = c.iter().step_by(2).collect();
    (fits && c.len() % 2 == 1 && letters.chars().filter(|x| x.is_alphabetic()).count() >= 2).then_some(letters)
}

/// Puts letters together that stand alone, three or more in a row.
fn join_single(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut run: Vec<Piece> = Vec::new();
    let single = |p: &Piece| {
        let mut c = p.raw.chars().filter(|x| !is_combining_mark(*x));
        matches!((c.next(), c.next()), (Some(x), None) if x.is_alphanumeric() || stands_for_letter(x))
    };
    let flush = |run: &mut Vec<Piece>, out: &mut Vec<Piece>| {
        let letters = run.iter().filter(|p| p.raw.chars().all(char::is_alphabetic)).count();
        if run.len() >= 3 && letters >= 2 {
            let raw = run.drain(..).map(|p| p.raw).collect();
            out.push(Piece { kind: Kind::Word, raw, joined: true });
        } else {
            out.append(run);
        }
    };
    for p in pieces {
        if single(&p) {
            run.push(p);
        } else {
            flush(&mut run, &mut out);
            out.push(p);
        }
    }
    flush(&mut run, &mut out);
    out
}
