//! What a text is made of, as numbers: its words, its pairs of words, and the parts of its words.

use crate::tokens::{Kind, Reading, Token};

/// How many numbers there are. Parts that share one are taken for the same; with four times as many the blind corpus is
/// judged no better, with a quarter of them a third more abuse is shown.
pub(crate) const BUCKETS: usize = 1 << BITS;
const BITS: u32 = 18;
/// Lengths of the parts of words: characters, the bounds of a word counted as one each.
const PARTS: std::ops::RangeInclusive<usize> = 2..=5;
/// Words that are looked at, and characters of each.
const WORDS: usize = 120;
const CHARS: usize = 40;

/// The numbers of a text, sorted, each once.
pub(crate) fn features(words: &[Token]) -> Vec<u32> {
    let mut out = Vec::with_capacity(words.len() * 24);
    let mut before = "^".to_owned();
    for w in words.iter().take(WORDS) {
        let word = shape(w);
        add(&mut out, "word", &[&word]);
        add(&mut out, "pair", &[&before, " ", &word]);
        if matches!(w.kind, Kind::Word | Kind::Handle) {
            parts(&mut out, &word);
            let leet = w.read(Reading::LeetI);
            if w.kind == Kind::Word && leet != w.plain() {
                add(&mut out, "word", &[leet]);
                parts(&mut out, leet);
            }
        }
        if w.joined {
            add(&mut out, "made", &["joined"]);
        }
        before = word;
    }
    add(&mut out, "pair", &[&before, " $"]);
    let length = match words.len() {
        0..=2 => "hardly any",
        3..=8 => "few",
        9..=30 => "some",
        _ => "many",
    };
    add(&mut out, "made", &[length]);
    out.sort_unstable();
    out.dedup();
    out
}

/// A word without accents and with the same digit for all; marks and names as what they are.
fn shape(w: &Token) -> String {
    match w.kind {
        Kind::Mark => format!("‹{}›", w.plain()),
        Kind::Handle => "@".to_owned(),
        Kind::Word | Kind::Sign => {
            w.plain().chars().take(CHARS).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
        }
    }
}

fn parts(out: &mut Vec<u32>, word: &str) {
    let bounded: String = std::iter::once('^').chain(word.chars().take(CHARS)).chain(std::iter::once('$')).collect();
    let ends: Vec<usize> = bounded.char_indices().map(|(i, _)| i).chain(std::iter::once(bounded.len())).collect();
    for n in PARTS {
        for part in ends.windows(n + 1).filter_map(|e| bounded.get(*e.first()?..*e.last()?)) {
            add(out, "part", &[part]);
        }
    }
}

/// Adds the number of a part: FNV-1a (32 bits) of what it is and of its letters, folded.
fn add(out: &mut Vec<u32>, kind: &str, letters: &[&str]) {
    let bytes = kind.bytes().chain(letters.iter().flat_map(|l| l.bytes()));
    let hash = bytes.fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    out.push(((hash >> (32 - BITS)) ^ hash) % (1 << BITS));
}
