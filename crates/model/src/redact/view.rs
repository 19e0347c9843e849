//! A text as it would be read, and which of it is to be removed.

use super::Removed;

/// One sign as read.
struct Sign {
    read: char,
    /// What is put out when it stays, if that is something else: an escape stays an escape.
    escape: Option<String>,
}

impl Sign {
    fn write(&self, out: &mut String) {
        match &self.escape {
            Some(escape) => out.push_str(escape),
            None => out.push(self.read),
        }
    }
}

/// The signs of a text, each perhaps marked.
pub(super) struct View {
    signs: Vec<Sign>,
    marks: Vec<Option<Removed>>,
}

/// Escapes within escapes that are still undone: `%2541` is `%41` is `A`.
const NESTED: usize = 3;

impl View {
    pub(super) fn of(raw: &str) -> View {
        let mut signs: Vec<Sign> = raw
            .chars()
            .filter(|c| *c != '\r' && !unseen(*c))
            .map(narrow)
            .map(|read| Sign { read, escape: None })
            .collect();
        for _ in 0..NESTED {
            let before = signs.len();
            signs = undo_escapes(signs);
            if signs.len() == before {
                break;
            }
        }
        let marks = vec![None; signs.len()];
        View { signs, marks }
    }

    pub(super) fn len(&self) -> usize {
        self.signs.len()
    }

    /// The sign at `i`; a blank outside the text and where something is marked, so that nothing is found twice.
    pub(super) fn at(&self, i: usize) -> char {
        match (self.signs.get(i), self.marks.get(i)) {
            (Some(s), Some(None)) => s.read,
            _ => ' ',
        }
    }

    /// The sign at `i`, marked or not; a blank outside the text.
    pub(super) fn read_at(&self, i: usize) -> char {
        self.signs.get(i).map_or(' ', |s| s.read)
    }

    pub(super) fn is_marked(&self, i: usize) -> bool {
        self.marks.get(i).is_some_and(Option::is_some)
    }

    pub(super) fn is_key(&self, i: usize) -> bool {
        self.marks.get(i) == Some(&Some(Removed::Key))
    }

    /// First place from `from` on at which `stops` is true, or the end.
    pub(super) fn until(&self, from: usize, stops: impl Fn(char) -> bool) -> usize {
        (from..self.len()).find(|i| stops(self.at(*i))).unwrap_or(self.len())
    }

    /// As [`View::until`], at most `most` signs further on.
    pub(super) fn within(&self, from: usize, most: usize, stops: impl Fn(char) -> bool) -> usize {
        let end = self.len().min(from.saturating_add(most)).max(from);
        (from..end).find(|i| stops(self.at(*i))).unwrap_or(end)
    }

    /// First place of the stretch that ends before `to` and in which `stops` is false.
    pub(super) fn back(&self, to: usize, stops: impl Fn(char) -> bool) -> usize {
        (0..to).rev().find(|i| stops(self.at(*i))).map_or(0, |i| i + 1)
    }

    /// Whether the signs from `i` on are `word`, capital or not. `word` is lower case.
    pub(super) fn says(&self, i: usize, word: &str) -> bool {
        word.chars().enumerate().all(|(k, c)| self.at(i + k).to_ascii_lowercase() == c)
    }

    /// The signs of a stretch.
    pub(super) fn read(&self, from: usize, to: usize) -> String {
        (from..to).map(|i| self.at(i)).collect()
    }

    pub(super) fn mark(&mut self, from: usize, to: usize, what: Removed) {
        for m in self.marks.iter_mut().take(to).skip(from) {
            *m = Some(m.unwrap_or(what));
        }
    }

    /// The text that is left, with one mark for each removed stretch.
    pub(super) fn into_text(self) -> String {
        let mut out = String::new();
        let mut last: Option<Removed> = None;
        for (sign, mark) in self.signs.into_iter().zip(self.marks) {
            match mark {
                Some(what) if last != Some(what) => out.push_str(what.mark()),
                Some(_) => {}
                None => sign.write(&mut out),
            }
            last = mark;
        }
        tidy(&out)
    }
}

/// No blanks at line ends, at most one empty line in a row, nothing around the whole.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim().to_owned()
}

/// Signs that leave no trace on the page, or turn what stands after them around.
fn unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || (c.is_control() && c != '\n' && c != '\t')
}

/// Full-width letters, digits and signs as their plain forms; every kind of blank as a blank.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\n' | '\u{2028}' | '\u{2029}' => '\n',
        c if c.is_whitespace() => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c => c,
    }
}

/// Joins `%41`, `\x41`, `\u0041` and `&#65;` to the sign they stand for, when that is a visible ASCII one or a blank.
fn undo_escapes(mut signs: Vec<Sign>) -> Vec<Sign> {
    if !signs.iter().any(|s| matches!(s.read, '%' | '\\' | '&')) {
        return signs;
    }
    let mut out: Vec<Sign> = Vec::with_capacity(signs.len());
    let mut i = 0;
    while i < signs.len() {
        let read = |k: usize| signs.get(i + k).map_or('\0', |s| s.read);
        let number = |from: usize, n: usize, radix: u32| -> Option<u32> {
            let digits: String = (from..from + n).map(read).collect();
            u32::from_str_radix(&digits, radix).ok()
        };
        let found: Option<(u32, usize)> = match (read(0), read(1)) {
            ('%', _) => number(1, 2, 16).map(|v| (v, 3)),
            ('\\', 'x') => number(2, 2, 16).map(|v| (v, 4)),
            ('\\', 'u') => number(2, 4, 16).map(|v| (v, 6)),
            ('&', '#') => {
                (2..=3).rev().find_map(|n| (read(2 + n) == ';').then(|| number(2, n, 10)).flatten().map(|v| (v, n + 3)))
            }
            _ => None,
        };
        let visible =
            found.and_then(|(v, n)| char::from_u32(v).filter(|c| c.is_ascii_graphic() || *c == ' ').map(|c| (c, n)));
        let (read, n) = visible.unwrap_or((read(0), 1));
        let end = (i + n).min(signs.len());
        let escape = if n == 1 {
            signs[i].escape.take()
        } else {
            let mut written = String::new();
            signs[i..end].iter().for_each(|s| s.write(&mut written));
            Some(written)
        };
        out.push(Sign { read, escape });
        i = end;
    }
    out
}
