//! The entries of the word lists: what they look like, and how they are read.
//!
//! A list has classes of entries, a line per language:
//!
//! ```text
//! [harm]
//! en: kill, murder, burn .. down
//! [hide]
//! *: <will> ..3 <harm> ..2 <victim> !<game>
//! ```
//!
//! | Item | Meaning |
//! |---|---|
//! | `word` | the word; `word*`, `*word` and `*word*` also as part of one; `=word` with its accents; `^` and `¶` begin and end of the text |
//! | `<class>` | an entry of a class that stands further up, in the language of the line or in that of all |
//! | `..` `..7` | up to four words, or seven, may stand between |
//! | `~` `~7` | the same, in either order |
//! | `&` | both, anywhere in the text |
//! | `!<class>` | but not with this anywhere in the text |
//! | `!+2<class>` `!-2<class>` | but not with this within two words after, or before |
//!
//! The language `*` is all of them; where its line refers to classes, it stands for that line in each language.

use crate::tokens::{Reading, tokens};

/// The languages that have words of their own.
pub(crate) const LANGUAGES: [&str; 6] = ["en", "de", "es", "fr", "pt", "tr"];
/// The index of what belongs to no language in particular.
pub(crate) const ANY: usize = LANGUAGES.len();
/// Words that may stand in a gap whose width is not told.
const GAP: usize = 4;

/// Words in a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Literal {
    /// As read, with single blanks between the words.
    pub(crate) words: String,
    /// Whether the first word may begin before it, and the last end after it.
    pub(crate) open: (bool, bool),
    /// Whether accents count.
    pub(crate) accented: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Literal(Literal),
    Class(String),
}

/// Pieces one after the other, each with the number of words that may stand before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub(crate) pieces: Vec<(usize, Piece)>,
}

/// What must not stand beside the first sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beside {
    pub(crate) class: String,
    pub(crate) within: usize,
    pub(crate) after: bool,
}

/// One entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) language: usize,
    /// Each must be there.
    pub(crate) sequences: Vec<Sequence>,
    pub(crate) without: Vec<String>,
    pub(crate) beside: Vec<Beside>,
}

impl Entry {
    pub(crate) fn refers(&self) -> bool {
        self.sequences.iter().flat_map(|s| &s.pieces).any(|(_, p)| matches!(p, Piece::Class(_)))
    }
}

/// A class with its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) class: String,
    pub(crate) entries: Vec<Entry>,
}

/// Reads a file of word lists.
///
/// # Errors
/// Tells the line that is none.
pub(crate) fn read(file: &str) -> Result<Vec<List>, String> {
    let mut lists: Vec<List> = Vec::new();
    for (n, line) in file.lines().enumerate() {
        let line = line.split(" # ").next().unwrap_or_default().trim();
        let wrong = |why: &str| format!("line {}: {why}: {line}", n + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            lists.push(List { class: name.trim().to_owned(), entries: Vec::new() });
            continue;
        }
        let list = lists.last_mut().ok_or_else(|| wrong("before the first class"))?;
        let (language, rest) = line.split_once(':').ok_or_else(|| wrong("no language"))?;
        let language = match language.trim() {
            "*" => ANY,
            code => LANGUAGES.iter().position(|l| *l == code).ok_or_else(|| wrong("unknown language"))?,
        };
        for text in rest.split(',').map(str::trim).filter(|t| !t.is_empty()) {
            let entry = entry(text, language).map_err(|why| wrong(&format!("{why} in \"{text}\"")))?;
            for e in either_order(entry) {
                list.entries.extend(umlauts(&e));
                list.entries.push(e);
            }
        }
    }
    Ok(lists)
}

/// An entry, and where in its first sequence the order is free.
type Parsed = (Entry, Option<usize>);

fn entry(text: &str, language: usize) -> Result<Parsed, String> {
    let mut e = Entry { language, ..Entry::default() };
    let mut now = Sequence::default();
    let mut words: Vec<&str> = Vec::new();
    let mut gap = 0;
    let mut free = None;
    for item in text.split_whitespace() {
        let width = |sign: &str| -> Option<usize> {
            let n = item.strip_prefix(sign)?;
            if n.is_empty() { Some(GAP) } else { n.parse().ok() }
        };
        if let Some(class) = named(item) {
            close(&mut now, &mut words, &mut gap)?;
            now.pieces.push((std::mem::take(&mut gap), Piece::Class(class)));
        } else if let Some(n) = width("..") {
            close(&mut now, &mut words, &mut gap)?;
            gap = n;
        } else if let Some(n) = width("~") {
            close(&mut now, &mut words, &mut gap)?;
            gap = n;
            free = Some(now.pieces.len());
        } else if item == "&" {
            close(&mut now, &mut words, &mut gap)?;
            e.sequences.push(std::mem::take(&mut now));
        } else if let Some(not) = item.strip_prefix('!').filter(|n| n.ends_with('>')) {
            if let Some(class) = named(not) {
                e.without.push(class);
            } else {
                let (n, class) = not.split_once('<').ok_or("no class")?;
                let (sign, n) = n.split_at_checked(1).ok_or("no width")?;
                let within = n.parse().map_err(|_| "no width")?;
                let class = class.trim_end_matches('>').to_owned();
                e.beside.push(Beside { class, within, after: sign == "+" });
            }
        } else {
            words.push(item);
        }
    }
    close(&mut now, &mut words, &mut gap)?;
    e.sequences.push(now);
    if gap > 0 || e.sequences.iter().any(|s| s.pieces.is_empty()) {
        return Err("nothing stands there".into());
    }
    Ok((e, free))
}

fn named(item: &str) -> Option<String> {
    item.strip_prefix('<')?.strip_suffix('>').map(str::to_owned)
}

/// Ends the words that were read as one literal.
fn close(now: &mut Sequence, words: &mut Vec<&str>, gap: &mut usize) -> Result<(), String> {
    if !words.is_empty() {
        let literal = literal(words).ok_or("no word")?;
        now.pieces.push((std::mem::take(gap), Piece::Literal(literal)));
        words.clear();
    }
    Ok(())
}

fn literal(words: &[&str]) -> Option<Literal> {
    let mut text = words.join(" ");
    let accented = text.starts_with('=');
    if accented {
        text.remove(0);
    }
    let open = (text.starts_with('*'), text.ends_with('*'));
    let text = text.trim_matches('*');
    let how = if accented { Reading::Accented } else { Reading::Plain };
    let mut read: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if matches!(word, "^" | "¶") {
            read.push(word.to_owned());
        } else {
            read.extend(tokens(word).iter().map(|t| t.read(how).to_owned()));
        }
    }
    let words = read.join(" ");
    (!words.is_empty()).then_some(Literal { words, open, accented })
}

/// An entry with a free order as two.
fn either_order((entry, free): Parsed) -> Vec<Entry> {
    let Some(at) = free else { return vec![entry] };
    let mut other = entry.clone();
    if let Some(first) = other.sequences.first_mut() {
        let mut back = first.pieces.split_off(at);
        let gap = back.first().map_or(0, |p| p.0);
        if let (Some(b), Some(f)) = (back.first_mut(), first.pieces.first_mut()) {
            b.0 = 0;
            f.0 = gap;
        }
        back.append(&mut first.pieces);
        first.pieces = back;
    }
    vec![entry, other]
}

/// German words as they are written where there are no umlauts.
fn umlauts(entry: &Entry) -> Option<Entry> {
    if LANGUAGES.get(entry.language) != Some(&"de") {
        return None;
    }
    let mut other = entry.clone();
    for (_, piece) in other.sequences.iter_mut().flat_map(|s| &mut s.pieces) {
        if let Piece::Literal(l) = piece {
            l.words = l.words.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
        }
    }
    (other != *entry).then_some(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_it_is_described() {
        let lists = read("[a]\nen: kill*, burn .. down\n[b]\n*: <a> ~2 you & me !<c> !+3<d>\n").unwrap();
        assert_eq!(lists[0].entries.len(), 2);
        assert_eq!(lists[0].entries[1].sequences[0].pieces[1].0, GAP);
        let [one, two] = &lists[1].entries[..] else { panic!("two orders") };
        assert_eq!((one.sequences.len(), &one.without[..]), (2, &["c".to_owned()][..]));
        assert_eq!(one.beside, [Beside { class: "d".into(), within: 3, after: true }]);
        assert_eq!(two.sequences[0].pieces[1], (2, Piece::Class("a".into())));
        assert!(read("en: a").is_err() && read("[a]\nxx: a").is_err() && read("[a]\nen: a &").is_err());
    }
}
