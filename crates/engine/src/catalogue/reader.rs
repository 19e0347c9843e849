//! Reading one TOML file key by key: every problem is collected with its line, and keys nobody asked for are noticed.

use super::Problem;
use allclear_model::Slug;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and the byte where it stands in its file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// An item of a list, and which one it was as written: items that do not hold are left out, so counting anew would lie.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Nth<T> {
    pub(super) n: usize,
    pub(super) value: T,
    pub(super) at: usize,
}

/// Problems of one file, and what is needed to name them.
#[derive(Debug)]
pub(super) struct FileCx<'a> {
    pub(super) file: String,
    pub(super) text: &'a str,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
}

impl<'a> FileCx<'a> {
    pub(super) fn new(file: String, text: &'a str) -> FileCx<'a> {
        FileCx { file, text, problems: Vec::new(), warnings: Vec::new() }
    }

    pub(super) fn problem(&mut self, at: usize, key: &str, problem: impl Into<String>) {
        let p = self.named(at, key, problem.into());
        self.problems.push(p);
    }

    pub(super) fn warn(&mut self, at: usize, key: &str, problem: impl Into<String>) {
        let p = self.named(at, key, problem.into());
        self.warnings.push(p);
    }

    fn named(&self, at: usize, key: &str, problem: String) -> Problem {
        Problem { file: self.file.clone(), line: line_of(self.text, at), key: key.to_owned(), problem }
    }

    /// Parses the file; when it is not TOML, every place where it is not becomes a problem.
    pub(super) fn parse(&mut self) -> Option<Spanned<DeTable<'a>>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for e in &errors {
            self.problem(e.span().map_or(0, |s: Range<usize>| s.start), "", e.message().to_owned());
        }
        errors.is_empty().then_some(table)
    }
}

/// The line of a byte, from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count()
}

/// One table of a file.
pub(super) struct Section<'t, 'a> {
    table: &'t DeTable<'a>,
    at: usize,
    prefix: String,
    asked: BTreeSet<&'static str>,
}

impl<'t, 'a> Section<'t, 'a> {
    pub(super) fn root(table: &'t Spanned<DeTable<'a>>) -> Section<'t, 'a> {
        Section { table: table.get_ref(), at: table.span().start, prefix: String::new(), asked: BTreeSet::new() }
    }

    /// Byte where the section begins.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The dotted name of a key in here.
    pub(super) fn name(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn value(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'a>>> {
        self.asked.insert(key);
        self.table.get(key)
    }

    /// Whether a key stands there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A text of 1 to `max` characters on one line.
    pub(super) fn text(&mut self, cx: &mut FileCx<'_>, key: &'static str, max: usize) -> Option<At<String>> {
        self.text_that(cx, key, |text| check_text(text, max))
    }

    /// A text for programs, as it stands: with blanks, line ends and whatever else it has.
    pub(super) fn verbatim(&mut self, cx: &mut FileCx<'_>, key: &'static str, max: usize) -> Option<At<String>> {
        self.text_that(cx, key, |text| check_length(text, max))
    }

    fn text_that(
        &mut self,
        cx: &mut FileCx<'_>,
        key: &'static str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Option<At<String>> {
        let v = self.value(key)?;
        let at = v.span().start;
        let Some(text) = v.get_ref().as_str() else {
            cx.problem(at, &self.name(key), format!("is {}, must be a text in quotation marks", kind(v.get_ref())));
            return None;
        };
        match check(text) {
            Ok(()) => Some(At { value: text.to_owned(), at }),
            Err(e) => {
                cx.problem(at, &self.name(key), e);
                None
            }
        }
    }

    /// As [`Section::text`], but it must be there.
    pub(super) fn need_text(&mut self, cx: &mut FileCx<'_>, key: &'static str, max: usize) -> Option<At<String>> {
        if !self.has(key) {
            self.asked.insert(key);
            cx.problem(self.at, &self.name(key), "is missing");
        }
        self.text(cx, key, max)
    }

    /// A slug.
    pub(super) fn slug(&mut self, cx: &mut FileCx<'_>, key: &'static str) -> Option<At<Slug>> {
        let text = self.text(cx, key, usize::MAX)?;
        self.parsed_slug(cx, key, &text.value, text.at)
    }

    /// A slug that must be there.
    pub(super) fn need_slug(&mut self, cx: &mut FileCx<'_>, key: &'static str) -> Option<At<Slug>> {
        let text = self.need_text(cx, key, usize::MAX)?;
        self.parsed_slug(cx, key, &text.value, text.at)
    }

    fn parsed_slug(&self, cx: &mut FileCx<'_>, key: &str, text: &str, at: usize) -> Option<At<Slug>> {
        match Slug::parse(text) {
            Ok(value) => Some(At { value, at }),
            Err(e) => {
                cx.problem(at, &self.name(key), e.problem);
                None
            }
        }
    }

    /// An address that begins with http:// or https:// and names a host.
    pub(super) fn url(&mut self, cx: &mut FileCx<'_>, key: &'static str) -> Option<At<String>> {
        let text = self.text(cx, key, 500)?;
        match check_url(&text.value) {
            Ok(()) => Some(text),
            Err(e) => {
                cx.problem(text.at, &self.name(key), e);
                None
            }
        }
    }

    /// A list of texts; empty when the key is absent.
    pub(super) fn texts(&mut self, cx: &mut FileCx<'_>, key: &'static str, max: usize) -> Vec<Nth<String>> {
        let Some(v) = self.value(key) else { return Vec::new() };
        let Some(list) = v.get_ref().as_array() else {
            cx.problem(
                v.span().start,
                &self.name(key),
                format!("is {}, must be a list of texts in [ ]", kind(v.get_ref())),
            );
            return Vec::new();
        };
        let mut out = Vec::new();
        for (n, item) in list.iter().enumerate() {
            let (at, name) = (item.span().start, format!("{}[{n}]", self.name(key)));
            match item.get_ref().as_str().map(|t| (t, check_text(t, max))) {
                Some((t, Ok(()))) => out.push(Nth { n, value: t.to_owned(), at }),
                Some((_, Err(e))) => cx.problem(at, &name, e),
                None => {
                    cx.problem(at, &name, format!("is {}, must be a text in quotation marks", kind(item.get_ref())));
                }
            }
        }
        out
    }

    /// A list of slugs without doubles.
    pub(super) fn slugs(&mut self, cx: &mut FileCx<'_>, key: &'static str) -> Vec<Nth<Slug>> {
        let mut out: Vec<Nth<Slug>> = Vec::new();
        for text in self.texts(cx, key, usize::MAX) {
            let name = format!("{key}[{}]", text.n);
            let Some(slug) = self.parsed_slug(cx, &name, &text.value, text.at) else { continue };
            if out.iter().any(|o| o.value == slug.value) {
                cx.problem(slug.at, &self.name(&name), format!("{} stands there twice", slug.value));
            } else {
                out.push(Nth { n: text.n, value: slug.value, at: slug.at });
            }
        }
        out
    }

    /// A number that must be there and lie in the range.
    pub(super) fn need_number(
        &mut self,
        cx: &mut FileCx<'_>,
        key: &'static str,
        lowest: f64,
        highest: f64,
    ) -> Option<f64> {
        if !self.has(key) {
            self.asked.insert(key);
            cx.problem(self.at, &self.name(key), "is missing");
        }
        self.number(cx, key, lowest, highest)
    }

    /// A number that lies in the range, when it is there.
    pub(super) fn number(&mut self, cx: &mut FileCx<'_>, key: &'static str, lowest: f64, highest: f64) -> Option<f64> {
        let name = self.name(key);
        let v = self.value(key)?;
        let number = match v.get_ref() {
            DeValue::Integer(i) => i.as_str().replace('_', "").parse::<f64>().ok(),
            DeValue::Float(f) => f.as_str().replace('_', "").parse::<f64>().ok(),
            _ => None,
        };
        match number {
            Some(n) if n.is_finite() && n >= lowest && n <= highest => Some(n),
            _ => {
                cx.problem(v.span().start, &name, format!("must be a number from {lowest} to {highest}"));
                None
            }
        }
    }

    /// A truth value, with its place.
    pub(super) fn flag(&mut self, cx: &mut FileCx<'_>, key: &'static str) -> Option<At<bool>> {
        let v = self.value(key)?;
        let at = v.span().start;
        let value = v.get_ref().as_bool();
        if value.is_none() {
            cx.problem(at, &self.name(key), format!("is {}, must be true or false", kind(v.get_ref())));
        }
        value.map(|value| At { value, at })
    }

    /// A table within this one.
    pub(super) fn table(&mut self, cx: &mut FileCx<'_>, key: &'static str) -> Option<Section<'t, 'a>> {
        let v = self.value(key)?;
        let table = v.get_ref().as_table();
        if table.is_none() {
            cx.problem(v.span().start, &self.name(key), format!("is {}, must be a table", kind(v.get_ref())));
        }
        let prefix = format!("{}.", self.name(key));
        table.map(|table| Section { table, at: v.span().start, prefix, asked: BTreeSet::new() })
    }

    /// The tables of a list of tables, each with its number; empty when the key is absent.
    pub(super) fn tables(&mut self, cx: &mut FileCx<'_>, key: &'static str) -> Vec<(usize, Section<'t, 'a>)> {
        let Some(v) = self.value(key) else { return Vec::new() };
        let Some(list) = v.get_ref().as_array() else {
            cx.problem(
                v.span().start,
                &self.name(key),
                format!("is {}, must be a list of tables: [[{key}]]", kind(v.get_ref())),
            );
            return Vec::new();
        };
        let mut out = Vec::new();
        for (i, item) in list.iter().enumerate() {
            let (at, name) = (item.span().start, format!("{}[{i}]", self.name(key)));
            match item.get_ref().as_table() {
                Some(table) => {
                    out.push((i, Section { table, at, prefix: format!("{name}."), asked: BTreeSet::new() }));
                }
                None => cx.problem(at, &name, format!("is {}, must be a table", kind(item.get_ref()))),
            }
        }
        out
    }

    /// Warns of keys that nobody asked for.
    pub(super) fn finish(self, cx: &mut FileCx<'_>) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if !self.asked.contains(name) {
                cx.warn(key.span().start, &self.name(name), "is not a key of this file; it has no effect");
            }
        }
    }
}

fn kind(v: &DeValue<'_>) -> String {
    let word = v.type_str();
    let an = if word.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
    format!("{an} {word}")
}

fn check_length(text: &str, max: usize) -> Result<(), String> {
    let n = text.chars().count();
    if n > max { Err(format!("has {n} characters, at most {max} are allowed")) } else { Ok(()) }
}

fn check_text(text: &str, max: usize) -> Result<(), String> {
    check_length(text, max)?;
    if text.trim().is_empty() {
        Err("is empty".to_owned())
    } else if text.trim() != text {
        Err("has blanks at its beginning or end".to_owned())
    } else if text.chars().any(char::is_control) {
        Err("has a line break or another control character".to_owned())
    } else {
        Ok(())
    }
}

/// Whether a text is an address of the web: scheme, host, perhaps port and path (RFC 3986, without user information).
pub(super) fn check_url(text: &str) -> Result<(), String> {
    let bad = |why: &str| Err(format!("{text:?} is not an address such as https://example.com/: {why}"));
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return bad("it must begin with https:// or http://");
    };
    if !text
        .bytes()
        .all(|c| c.is_ascii_graphic() && !matches!(c, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'))
    {
        return bad("it has a character that must be percent-encoded");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return bad("a user name has no place in it");
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => match v6.split_once(']') {
            Some((host, rest)) if host.parse::<std::net::Ipv6Addr>().is_ok() => {
                (host, rest.strip_prefix(':').map_or((!rest.is_empty()).then_some("?"), Some))
            }
            _ => return bad("the part in [ ] is not an IPv6 address"),
        },
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if host.is_empty() {
        return bad("it names no host");
    }
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
    };
    if !authority.starts_with('[')
        && (host.len() > 253 || !host.strip_suffix('.').unwrap_or(host).split('.').all(label))
    {
        return bad("its host is not a host name");
    }
    if port.is_some_and(|p| p.parse::<u16>().is_err() || p.starts_with('+')) {
        return bad("its port is not a number up to 65535");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host() {
        for good in
            ["https://a.b", "http://localhost:8080/x?y#z", "https://[::1]:1/", "https://xn--bcher-kva.example/a_b"]
        {
            assert!(check_url(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a.b",
            "ftp://a.b",
            "https://",
            "https:///x",
            "https://a b",
            "https://ü.de",
            "https://a:99999/",
            "https://u@a.b",
            "https://[::1",
            "https://[::1]x",
            "https://-a.b",
            "https://a..b",
            "javascript:alert(1)",
            "https://a.b/<x>",
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }
}
