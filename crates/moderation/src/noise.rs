//! Texts that say nothing: keys pressed at random, floods of signs, the same words over and over.

use crate::normalise::is_pictogram;
use crate::tokens::{Kind, Token};
use std::collections::HashMap;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Letters held down, at least so many in a row.
const HELD: usize = 18;
/// Pictograms that are a flood: so many among words, or fewer alone.
const PICTURES: usize = 20;
const PICTURES_ALONE: usize = 9;
/// Other signs in a row.
const SIGNS: usize = 40;

/// Signs without end, or letters buried under accents.
pub(crate) fn floods(text: &str) -> bool {
    let mut run = (' ', 0);
    let (mut letters, mut pictures, mut marks, mut held, mut seen) = (0, 0, 0, 0, Vec::new());
    for c in text.nfc() {
        run = if c == run.0 { (c, run.1 + 1) } else { (c, 1) };
        if c.is_alphabetic() && run.1 >= HELD || !c.is_alphanumeric() && !c.is_whitespace() && run.1 >= SIGNS {
            return true;
        }
        if is_combining_mark(c) {
            marks += 1;
        } else if is_pictogram(c) {
            pictures += 1;
        } else if c.is_alphabetic() {
            letters += 1;
            held += usize::from(run.1 > 3);
            if !seen.contains(&c) && seen.len() < 8 {
                seen.push(c);
            }
        }
    }
    marks > 8 && marks > letters / 2
        || pictures >= PICTURES && pictures * 4 > letters
        || pictures >= PICTURES_ALONE && letters < 3
        || letters >= 30 && seen.len() < 5
        || letters >= 15 && held * 2 >= letters && seen.len() < 8
}

/// The same word, or the same few words, over and over.
pub(crate) fn repeats(words: &[Token], on_topic: usize, troubled: usize) -> bool {
    let letters: Vec<&str> = words.iter().filter(|w| w.has_letters()).map(Token::plain).collect();
    if letters.len() < 3 {
        return false;
    }
    let (mut run, mut longest) = (1, 1);
    for pair in letters.windows(2) {
        run = if pair[0] == pair[1] { run + 1 } else { 1 };
        longest = longest.max(run);
    }
    let about = on_topic * 4 >= letters.len();
    let long = letters.iter().map(|w| w.chars().count()).max().unwrap_or(0) > 3;
    if longest >= 8 || longest >= 5 && long && on_topic == 0 {
        return true;
    }
    if longest >= 3 && long && letters.len() <= 8 && on_topic + troubled == 0 {
        return true;
    }
    most_often(&letters, 3) >= 5 || !about && most_often(&letters, 6) >= 2
}

/// How often the most frequent `n` words in a row are found.
fn most_often(letters: &[&str], n: usize) -> usize {
    let mut counts: HashMap<&[&str], usize> = HashMap::new();
    for part in letters.windows(n) {
        *counts.entry(part).or_default() += 1;
    }
    counts.into_values().max().unwrap_or(0)
}

/// Rows of keyboards, as they lie side by side.
const ROWS: [&str; 12] = [
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiopü",
    "asdfghjklöä",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklmù",
    "wxcvbn",
    "asdfghjklñ",
    "asdfghjklç",
    "asdfghjklşi",
];
/// Runs of keys that are in no word.
const WALKS: &str = "asdf sdfg dfgh fghj ghjk hjkl jkl lkj fdsa qwer wert qwe wertz qwertz azert azer zert qsdf wxcv zxcv \
    xcvb cvbn zxc vbnm poiu oiuy iuyt uytr mnbv kjh jhg hgf gfds lkjh asd sdf dfg fgh ghj hjk jkö klö ölk çlk ñlk lkñ şlk \
    kşl ğpo poğ qaz wsx edc rfv tgb yhn ujm jajsj jsjd sjd kjk hjh";

/// Keys pressed at random: most words are none.
pub(crate) fn mashes(words: &[Token], on_topic: usize) -> bool {
    // A run that no language writes may have been taken out as a key.
    let removed = |w: &&Token| w.kind == Kind::Mark && w.plain() == "key";
    let letters: Vec<&Token> = words.iter().filter(|w| w.kind == Kind::Word && w.has_letters() || removed(w)).collect();
    let mashed: usize =
        letters.iter().filter(|w| removed(w) || is_mash(w.read(crate::tokens::Reading::Accented))).count();
    mashed > 0 && on_topic == 0 && mashed * 2 >= letters.len()
}

fn is_mash(word: &str) -> bool {
    let c: Vec<char> = word.chars().collect();
    // The same few letters again and again; laughing does so too, but not for long.
    let again = |n: usize| c.len() >= 12 && c.len() >= 6 * n && c.windows(n + 1).all(|w| w[0] == w[n]);
    if (2..=4).any(again) && c.len() >= 16 {
        return true;
    }
    if c.len() < 4 || !c.iter().all(|x| x.is_alphabetic()) {
        return c.len() == 3 && matches!(word, "asd" | "qwe" | "zxc" | "jkl" | "hjk");
    }
    let walked =
        WALKS.split_ascii_whitespace().filter(|w| word.contains(w)).map(|w| w.chars().count()).max().unwrap_or(0);
    let near = c.windows(2).filter(|p| beside(p[0], p[1])).count();
    let vowels = c.iter().filter(|x| "aeiouyáéíóúàèìòùâêîôûäëïöüãõıåæøœ".contains(**x)).count();
    let latin = c.iter().all(|x| x.is_ascii() || ('\u{c0}'..'\u{250}').contains(x));
    let distinct = {
        let mut d = c.clone();
        d.sort_unstable();
        d.dedup();
        d.len()
    };
    latin
        && (walked >= 4 && near * 2 >= c.len() - 1
            || walked >= 3 && near * 5 >= (c.len() - 1) * 3
            || walked >= 3 && vowels * 5 <= c.len()
            || c.len() >= 6 && near * 10 >= (c.len() - 1) * 9 && distinct > 3
            || c.len() >= 7 && vowels == 0 && distinct > 3
            || c.len() >= 6 && distinct <= 3 && walked >= 2)
}

fn beside(a: char, b: char) -> bool {
    ROWS.iter().any(|row| {
        let at = |c: char| row.chars().position(|r| r == c);
        matches!((at(a), at(b)), (Some(x), Some(y)) if x.abs_diff(y) <= 1)
    })
}
