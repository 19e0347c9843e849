//! Letters as they are read: capitals, accents, look-alikes of other scripts, digits and signs for letters, letters held
//! down.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Lower case. The dot that lower case leaves over of the Turkish `İ` is dropped.
pub(crate) fn lower(word: &str) -> String {
    word.to_lowercase().replace('\u{307}', "")
}

/// Without accents; letters that are Latin ones with a stroke as those.
pub(crate) fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ı' => out.push('i'),
            'ß' => out.push_str("ss"),
            'ø' => out.push('o'),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ł' => out.push('l'),
            'đ' | 'ð' => out.push('d'),
            c => out.push(c),
        }
    }
    out
}

/// At most `most` of the same letter in a row where there are three or more: `noooo` as `noo` or `no`.
pub(crate) fn held(word: &str, most: usize) -> String {
    let mut out = String::with_capacity(word.len());
    let c: Vec<char> = word.chars().collect();
    let mut i = 0;
    while i < c.len() {
        let end = (i..c.len()).find(|k| c[*k] != c[i]).unwrap_or(c.len());
        let n = end - i;
        let kept = if n >= 3 && c[i].is_alphabetic() { most } else { n };
        out.extend(std::iter::repeat_n(c[i], kept));
        i = end;
    }
    out
}

/// Signs that stand for a letter when letters are around them.
pub(crate) fn stands_for_letter(c: char) -> bool {
    matches!(c, '@' | '$' | '€' | '!' | '*' | '|' | '+' | '#' | '§' | '¡' | '£')
}

/// Digits and signs as the letters they resemble.
pub(crate) fn unleet(word: &str, one: char) -> String {
    word.chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '|' => one,
            '!' | '¡' => 'i',
            '3' | '€' => 'e',
            '4' | '@' => 'a',
            '5' | '$' | '§' => 's',
            '7' | '+' => 't',
            '8' => 'b',
            '9' => 'g',
            '£' => 'l',
            c => c,
        })
        .collect()
}

/// Each Latin letter with those of other scripts that look like it.
const ALIKE: [(char, &str); 26] = [
    ('a', "аАαΑᴀɑ"),
    ('b', "ВΒʙЬ"),
    ('c', "сСϲᴄ"),
    ('d', "ԁᴅ"),
    ('e', "еёЕЁεΕᴇ"),
    ('f', "ꜰ"),
    ('g', "ɡɢ"),
    ('h', "һНΗʜ"),
    ('i', "іїІЇιΙɪɩ"),
    ('j', "јЈϳᴊ"),
    ('k', "кКκΚᴋ"),
    ('l', "ӏƖʟ"),
    ('m', "мМΜᴍ"),
    ('n', "ηΝɴ"),
    ('o', "оОοΟσᴏ"),
    ('p', "рРρΡᴘ"),
    ('q', "ԛ"),
    ('r', "гʀ"),
    ('s', "ѕЅꜱ"),
    ('t', "тТτΤᴛ"),
    ('u', "υᴜ"),
    ('v', "νѵᴠ"),
    ('w', "ԝωᴡ"),
    ('x', "хХχΧ"),
    ('y', "уУγΥʏ"),
    ('z', "ΖᴢƵ"),
];

/// The Latin letter that `c`, of another script, looks like.
fn lookalike(c: char) -> Option<char> {
    if c.is_ascii() {
        return None;
    }
    ALIKE.iter().find(|(_, s)| s.contains(c)).map(|(l, _)| *l)
}

/// Letters of other scripts that look like Latin ones, read as those in a word that has Latin ones too, or that has only
/// such letters while the text around it is Latin.
pub(crate) fn unmask(word: &[char], latin: bool) -> String {
    let mixed = word.iter().any(char::is_ascii_alphabetic);
    let alike = word.iter().filter(|c| c.is_alphabetic()).all(|c| c.is_ascii() || lookalike(*c).is_some());
    if mixed || latin && alike {
        word.iter().map(|c| lookalike(*c).unwrap_or(*c)).collect()
    } else {
        word.iter().collect()
    }
}

/// White letters in a black circle or square as letters.
pub(crate) fn letter_of_sign(c: char) -> char {
    let letter = |from: u32| char::from_u32(u32::from('a') + u32::from(c) - from).unwrap_or(c);
    match c {
        '\u{1f150}'..='\u{1f169}' => letter(0x1f150),
        '\u{1f170}'..='\u{1f189}' => letter(0x1f170),
        c => c,
    }
}

/// Pictograms, and the signs of which flags and keys are made.
pub(crate) fn is_pictogram(c: char) -> bool {
    matches!(u32::from(c), 0x203c | 0x2049 | 0x2122 | 0x2139 | 0x2190..=0x21ff | 0x2300..=0x27bf | 0x2900..=0x2bff
        | 0x3030 | 0x303d | 0x1f000..=0x1faff)
}
