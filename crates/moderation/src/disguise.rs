//! Words that are written so that no list finds them: letters that stand alone, blanks and signs within, signs in place of
//! letters.

use crate::lexicon::Span;
use crate::pattern::Literal;
use crate::tokens::{Kind, Reading, Token};
use std::collections::{HashMap, HashSet};

/// What the words of all lists are looked up by.
#[derive(Debug)]
pub(crate) struct Disguises {
    /// All words of all literals: what letters that stood alone are taken apart into.
    known: HashSet<String>,
    /// Literals of one word.
    single: HashMap<String, Vec<usize>>,
    /// Those that are also found in pieces.
    broken: HashMap<String, Vec<usize>>,
    /// Words that are also found with signs in place of letters, by their first letter, and whether more may follow.
    masked: HashMap<char, Vec<(Vec<char>, bool)>>,
}

impl Disguises {
    /// For all literals; `hidden` are those that people disguise.
    pub(crate) fn new(all: &[Literal], hidden: &[usize]) -> Disguises {
        let mut single: HashMap<String, Vec<usize>> = HashMap::new();
        for (i, l) in all.iter().enumerate().filter(|(_, l)| !l.accented && !l.words.contains(' ')) {
            single.entry(l.words.clone()).or_default().push(i);
        }
        let mut broken: HashMap<String, Vec<usize>> = HashMap::new();
        let mut masked: HashMap<char, Vec<(Vec<char>, bool)>> = HashMap::new();
        let mut seen: HashSet<(&str, bool)> = HashSet::new();
        for (i, l) in hidden.iter().map(|i| (*i, &all[*i])).filter(|(_, l)| !l.accented) {
            if !l.words.contains(' ') && l.words.chars().count() >= 4 {
                broken.entry(l.words.clone()).or_default().push(i);
            }
            let last = l.words.split(' ').count() - 1;
            for (n, word) in l.words.split(' ').enumerate() {
                let open = l.open.1 && n == last;
                let letters: Vec<char> = word.chars().collect();
                if letters.len() >= 3 && seen.insert((word, open)) {
                    masked.entry(letters[0]).or_default().push((letters, open));
                }
            }
        }
        let known = all.iter().flat_map(|l| l.words.split(' ').map(str::to_owned)).collect();
        Disguises { known, single, broken, masked }
    }

    /// Takes letters that stood alone apart into the words that they are.
    pub(crate) fn take_apart(&self, words: Vec<Token>) -> Vec<Token> {
        let mut out = Vec::with_capacity(words.len());
        for w in words {
            match w.joined.then(|| self.parts(&w)).flatten() {
                Some(parts) if parts.len() > 1 => out.extend(parts.iter().map(|p| Token::of(p))),
                _ => out.push(w),
            }
        }
        out
    }

    /// The fewest known words that a word is made of.
    fn parts(&self, word: &Token) -> Option<Vec<String>> {
        let c: Vec<char> = word.read(Reading::LeetI).chars().take(60).collect();
        // For each end: how many words lead there, and where the last of them begins.
        let mut best: Vec<Option<(usize, usize)>> = vec![None; c.len() + 1];
        best[0] = Some((0, 0));
        for to in 1..=c.len() {
            for from in to.saturating_sub(20)..to {
                let Some((n, _)) = best[from] else { continue };
                let part: String = c[from..to].iter().collect();
                if (to - from > 1 || matches!(c[from], 'a' | 'i' | 'u' | 'y' | 'o' | 'e'))
                    && best[to].is_none_or(|(m, _)| n + 1 < m)
                    && self.known.contains(&part)
                {
                    best[to] = Some((n + 1, from));
                }
            }
        }
        let mut parts = Vec::new();
        let mut at = c.len();
        while at > 0 {
            let (_, from) = best[at]?;
            parts.push(c[from..at].iter().collect());
            at = from;
        }
        parts.reverse();
        Some(parts)
    }

    /// Words that a blank or a sign was put into: `id iot`, `mo.ron`.
    pub(crate) fn in_pieces(&self, words: &[Token], put: &mut impl FnMut(usize, Span)) {
        for from in 0..words.len() {
            let mut whole = String::new();
            let mut unknown = false;
            for (to, w) in words.iter().enumerate().take(from + 3).skip(from) {
                if w.kind != Kind::Word || !w.has_letters() {
                    break;
                }
                whole.push_str(w.read(Reading::LeetI));
                unknown |= !self.known.contains(w.plain());
                if to > from && unknown {
                    for l in self.broken.get(&whole).into_iter().flatten() {
                        put(*l, Span { from: from + 1, to: to + 2 });
                    }
                }
            }
        }
    }

    /// Words within letters that stood alone: nobody knows where the blanks between words were.
    pub(crate) fn within(&self, word: &Token, mut put: impl FnMut(usize)) {
        for how in [Reading::Plain, Reading::LeetI, Reading::LeetL] {
            let c: Vec<char> = word.read(how).chars().take(60).collect();
            for from in 0..c.len() {
                for to in from + 3..=c.len().min(from + 20) {
                    let part: String = c[from..to].iter().collect();
                    for l in self.single.get(&part).into_iter().flatten() {
                        put(*l);
                    }
                }
            }
        }
    }

    /// The words that one with signs in place of letters may be: `id*ot`. The first and the last that fit.
    pub(crate) fn behind(&self, word: &Token) -> Option<(String, String)> {
        let c: Vec<char> = word.plain().chars().take(30).collect();
        let seen = c.iter().filter(|x| x.is_alphabetic()).count();
        if seen < 2 || !c.contains(&'*') && !c.contains(&'#') || !c.first().is_some_and(|x| x.is_alphabetic()) {
            return None;
        }
        // Three letters are told by two only where nothing may follow.
        let fits = |l: &[char], open: bool| {
            seen * 2 >= l.len() && (l.len() > 3 || c.len() == 3 && !open) && hides(&c, l, open)
        };
        let mut fits = self.masked.get(c.first()?)?.iter().filter(|(l, open)| fits(l, *open));
        let first = fits.next()?;
        let last = fits.next_back().unwrap_or(first);
        Some((first.0.iter().collect(), last.0.iter().collect()))
    }
}

/// Whether the signs in `word` stand for letters of `literal`: each for one, a single one also for none or two.
fn hides(word: &[char], literal: &[char], open: bool) -> bool {
    let Some(sign) = word.iter().position(|c| matches!(c, '*' | '#')) else {
        return word == literal || open && word.starts_with(literal);
    };
    if literal.len() < sign {
        return open && word.starts_with(literal);
    }
    if word[..sign] != literal[..sign] {
        return false;
    }
    let run = word[sign..].iter().take_while(|c| matches!(c, '*' | '#')).count();
    let rest = &word[sign + run..];
    let lengths = if run == 1 { 0..=2 } else { run..=run };
    lengths.into_iter().any(|n| literal.get(sign + n..).is_some_and(|l| hides(rest, l, open)))
}
