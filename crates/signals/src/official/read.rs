//! What every reader of a payload needs: JSON or not, plain text out of markup.

pub(super) use super::nullable::{Word, nullable};
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::fmt::{self, Write};

/// Why a payload says nothing. The level is `unknown` then, never a problem and never fine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// Nothing came.
    #[error("the answer is empty")]
    Empty,
    /// A page for people came where data was due.
    #[error("the answer is an HTML page, not data")]
    Html,
    /// Not what the format is written in.
    #[error("the answer is not {due}: {why}")]
    Syntax {
        /// "JSON", "XML".
        due: &'static str,
        /// What the reader said.
        why: String,
    },
    /// Well written, but not this format.
    #[error("the answer is not of the format {format}: {why}")]
    Shape {
        /// Format that was tried.
        format: &'static str,
        /// What is missing or wrong.
        why: String,
    },
    /// No format knows it.
    #[error("no format known here reads this answer")]
    NoFormat,
}

/// A shape error of `format`.
pub(super) fn not_of(format: &'static str, why: impl Into<String>) -> Unread {
    Unread::Shape { format, why: why.into() }
}

/// Reads a list in JSON, of things in the shape of `format`.
pub(super) fn list<T: DeserializeOwned>(format: &'static str, bytes: &[u8]) -> Result<Vec<T>, Unread> {
    json(format, bytes)
}

fn json<T: DeserializeOwned>(format: &'static str, bytes: &[u8]) -> Result<T, Unread> {
    let bytes = body(bytes)?;
    serde_json::from_slice(bytes).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => not_of(format, e.to_string()),
        _ => Unread::Syntax { due: "JSON", why: e.to_string() },
    })
}

/// Reads a JSON object into the shape of `format`. A derived shape would take a list for its fields in their order.
pub(super) fn object<T: DeserializeOwned>(format: &'static str, bytes: &[u8]) -> Result<T, Unread> {
    if body(bytes)?.starts_with(b"[") { Err(not_of(format, "it is a list")) } else { json(format, bytes) }
}

/// UTF-8 of a payload that a byte order mark says to be UTF-16. What is no character becomes the sign for that.
pub(super) fn decoded(payload: &[u8]) -> Cow<'_, [u8]> {
    let (from, rest): (fn([u8; 2]) -> u16, _) = match payload {
        [0xFE, 0xFF, rest @ ..] => (u16::from_be_bytes, rest),
        [0xFF, 0xFE, rest @ ..] => (u16::from_le_bytes, rest),
        _ => return Cow::Borrowed(payload),
    };
    let units = rest.as_chunks::<2>().0.iter().map(|pair| from(*pair));
    let mut text = String::with_capacity(rest.len() / 2);
    text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    Cow::Owned(text.into_bytes())
}

/// The payload without a byte order mark and blanks around it; an error when there is nothing, or a page for people.
pub(super) fn body(bytes: &[u8]) -> Result<&[u8], Unread> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii();
    let start = bytes.get(..bytes.len().min(15)).unwrap_or_default().to_ascii_lowercase();
    if bytes.is_empty() {
        Err(Unread::Empty)
    } else if start.starts_with(b"<!doctype html") || start.starts_with(b"<html") {
        Err(Unread::Html)
    } else {
        Ok(bytes)
    }
}

/// Plain text out of HTML: tags gone, common entities and characters by number resolved, blanks folded.
pub(super) fn plain(markup: &str) -> String {
    let mut text = Folded { text: String::with_capacity(markup.len()), gap: false };
    let mut rest = markup;
    loop {
        // Most of a text are words of ASCII: they are taken whole.
        let ends = |b: u8| !b.is_ascii_graphic() || matches!(b, b'<' | b'&');
        let (word, after) = rest.split_at(rest.bytes().position(ends).unwrap_or(rest.len()));
        text.word(word);
        rest = after;
        let Some(c) = rest.chars().next() else { break };
        if c == '<'
            && rest.get(1..).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)))
        {
            let Some(end) = rest.find('>') else { break };
            text.sign(' ');
            rest = rest.get(end + 1..).unwrap_or_default();
        } else if c == '&'
            && let Some((decoded, len)) = entity(rest)
        {
            text.sign(decoded);
            rest = rest.get(len..).unwrap_or_default();
        } else {
            text.sign(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    // Markup can be many times as long as its text, which is kept.
    text.text.shrink_to_fit();
    text.text
}

/// Text in which blanks are folded, and none stands at its ends.
struct Folded {
    text: String,
    /// True when a blank stands before what comes next.
    gap: bool,
}

impl Folded {
    /// Appends what has no blanks in it.
    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        if self.gap && !self.text.is_empty() {
            self.text.push(' ');
        }
        self.gap = false;
        self.text.push_str(word);
    }

    /// Appends one sign. What a terminal would obey is not text.
    fn sign(&mut self, c: char) {
        if c.is_whitespace() || c.is_control() {
            self.gap = true;
        } else {
            self.word(c.encode_utf8(&mut [0; 4]));
        }
    }
}

/// The most characters of a name. What is copied to many is cut, since a payload may be one name with a million children.
pub(super) const LONGEST: usize = 200;
/// Most warnings that are kept, and most bytes of one.
const WARNINGS: usize = 50;
const LONGEST_WARNING: usize = 600;

/// A name of a group, a service or the like: plain text of bounded length, made in bounded time.
pub(super) fn name(markup: &str) -> String {
    let start = markup.get(..markup.floor_char_boundary(10 * LONGEST)).unwrap_or_default();
    plain(start).chars().take(LONGEST).collect()
}

/// Keeps a warning, unless there are many. A text that is not kept is not made either, and none is made longer than it is kept.
pub(super) fn tell(warnings: &mut Vec<String>, what: impl fmt::Display) {
    struct Cut(String);
    impl fmt::Write for Cut {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let left = LONGEST_WARNING - self.0.len();
            let fits = text.get(..text.floor_char_boundary(left)).unwrap_or_default();
            self.0.push_str(fits);
            if fits.len() < text.len() { Err(fmt::Error) } else { Ok(()) }
        }
    }
    match warnings.len() {
        0..WARNINGS => {
            let mut text = Cut(String::new());
            if write!(text, "{what}").is_err() {
                text.0.push('\u{2026}');
            }
            warnings.push(text.0);
        }
        WARNINGS => warnings.push("more was not understood".to_owned()),
        _ => {}
    }
}

/// The character of an entity at the start of `text`, and how many bytes it takes.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(12).position(|b| b == b';')?;
    let name = text.get(1..end)?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "mdash" => '\u{2014}',
        "ndash" => '\u{2013}',
        "rsquo" => '\u{2019}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control())?
        }
    };
    Some((c, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_plain_text() {
        assert_eq!(
            plain("<p>All&nbsp;is <b>well</b> &amp; good &#8212; 3 < 4</p>"),
            "All is well & good \u{2014} 3 < 4"
        );
        assert_eq!(plain("a &bogus; b &#0; c <unclosed"), "a &bogus; b &#0; c");
        assert_eq!(
            plain(" \u{3000}<br>a\u{1b}[1m\u{e9}\u{85}&#8195;<i>b</i>c &lt;d&gt; <3&\u{a0}\n"),
            "a [1m\u{e9} b c <d> <3&"
        );
    }

    #[test]
    fn a_name_that_is_copied_to_many_and_what_is_told_of_it_are_bounded() {
        assert_eq!(name(&format!(" <b>A &amp; B</b>{}", "\u{e9}".repeat(9999))).chars().count(), LONGEST);
        let mut warnings = Vec::new();
        for n in 0..1000 {
            tell(&mut warnings, format_args!("event {n} {:?} is odd", "\u{e9}".repeat(9999)));
        }
        assert_eq!(warnings.len(), WARNINGS + 1);
        assert!(warnings[0].starts_with("event 0 \"\u{e9}") && warnings[0].ends_with('\u{2026}'));
        assert!(warnings.iter().all(|w| w.len() <= LONGEST_WARNING + 3));
        assert_eq!(warnings[WARNINGS], "more was not understood");
    }

    #[test]
    fn a_page_for_people_is_not_data() {
        assert_eq!(body(b"\xEF\xBB\xBF  <!DOCTYPE html><html>"), Err(Unread::Html));
        assert_eq!(body(b" \n "), Err(Unread::Empty));
        assert_eq!(body(b"\xEF\xBB\xBF {} \n"), Ok(&b"{}"[..]));
    }
}
