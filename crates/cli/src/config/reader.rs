//! Reads settings one by one, and remembers for each what it is, who set it and what was wrong.
//!
//! A key exists exactly when a section asks for it here, so that the list of known keys, the effective configuration
//! and the warnings about unknown keys cannot disagree.

use super::layer::{Layer, Raw, Source, env_name};
use ipnet::IpNet;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// One effective setting.
#[derive(Debug, Clone)]
pub(crate) struct Effective {
    /// "http.listen".
    pub(crate) key: &'static str,
    /// Its value.
    pub(crate) value: Json,
    /// Who set it.
    pub(crate) source: Source,
}

/// What all sections together found.
#[derive(Debug)]
pub(crate) struct Findings {
    /// Every setting, in the order in which sections ask.
    pub(crate) effective: Vec<Effective>,
    /// Every error, in the same order.
    pub(crate) problems: Vec<String>,
    /// Every unknown key.
    pub(crate) warnings: Vec<String>,
}

/// Hands out settings from layers; the last layer that has a key wins.
pub(crate) struct Reader {
    layers: Vec<Layer>,
    effective: Vec<Effective>,
    problems: Vec<String>,
}

impl Reader {
    /// A reader over layers, weakest first.
    pub(crate) fn new(layers: Vec<Layer>) -> Reader {
        Reader { layers, effective: Vec::new(), problems: Vec::new() }
    }

    /// The setting `key`. `allowed` completes "must be ..."; `read` returns `None` for what is not allowed.
    pub(crate) fn value<T>(
        &mut self,
        key: &'static str,
        allowed: &str,
        default: T,
        read: impl Fn(&Raw) -> Option<T>,
        show: impl Fn(&T) -> Json,
    ) -> T {
        let found = self.layers.iter().rev().find_map(|l| l.get(key)).cloned();
        let (value, source) = match found {
            None => (default, Source::Default),
            Some((raw, source)) => {
                let value = read(&raw).unwrap_or_else(|| {
                    self.problems.push(format!("{key} ({source}): {raw} is not allowed; it must be {allowed}"));
                    default
                });
                (value, source)
            }
        };
        self.effective.push(Effective { key, value: show(&value), source });
        value
    }

    /// A whole number within `range`.
    pub(crate) fn number(&mut self, key: &'static str, range: RangeInclusive<u64>, default: u64, hint: &str) -> u64 {
        let allowed = format!("a whole number from {} to {}{hint}", range.start(), range.end());
        let read = |raw: &Raw| {
            let n = match raw {
                Raw::Int(n) => u64::try_from(*n).ok()?,
                Raw::Text(t) => t.trim().parse().ok()?,
                _ => return None,
            };
            range.contains(&n).then_some(n)
        };
        self.value(key, &allowed, default, read, |n| Json::from(*n))
    }

    /// Text without control characters, at most `max` characters; may be empty.
    pub(crate) fn text(&mut self, key: &'static str, max: usize, default: &str) -> String {
        let allowed = format!("text of at most {max} characters on one line");
        let read = |raw: &Raw| match raw {
            Raw::Text(t) if t.chars().count() <= max && !t.chars().any(char::is_control) => Some(t.trim().to_owned()),
            _ => None,
        };
        self.value(key, &allowed, default.to_owned(), read, |t| Json::from(t.as_str()))
    }

    /// A path; empty means none.
    pub(crate) fn path(&mut self, key: &'static str, allowed: &str) -> Option<PathBuf> {
        let read = |raw: &Raw| match raw {
            Raw::Text(t) if t.is_empty() => Some(None),
            Raw::Text(t) => Some(Some(PathBuf::from(t))),
            _ => None,
        };
        self.value(key, allowed, None, read, |p: &Option<PathBuf>| match p {
            Some(p) => Json::from(p.display().to_string()),
            None => Json::Null,
        })
    }

    /// A list, in the environment with commas. `read` returns `None` for an item that is not allowed.
    pub(crate) fn list<T>(
        &mut self,
        key: &'static str,
        allowed: &str,
        default: Vec<T>,
        read: impl Fn(&str) -> Option<T>,
        show: impl Fn(&T) -> String,
    ) -> Vec<T> {
        let read = |raw: &Raw| match raw {
            Raw::Text(t) => t.split(',').map(str::trim).filter(|t| !t.is_empty()).map(&read).collect(),
            Raw::List(items) => {
                items.iter().map(|i| if let Raw::Text(t) = i { read(t.trim()) } else { None }).collect()
            }
            _ => None,
        };
        self.value(key, allowed, default, read, |all| all.iter().map(&show).collect())
    }

    /// Networks; an address alone is a network of one.
    pub(crate) fn networks(&mut self, key: &'static str) -> Vec<IpNet> {
        let allowed = "a list of IP addresses or networks such as [\"127.0.0.1/32\", \"10.0.0.0/8\"]; in the environment with commas";
        self.list(key, allowed, Vec::new(), net, ToString::to_string)
    }

    /// Text that nobody is to read again: an error does not repeat it, and the effective configuration shows only that it is set. Empty means none.
    pub(crate) fn secret<T>(
        &mut self,
        key: &'static str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let found = self.layers.iter().rev().find_map(|l| l.get(key)).cloned();
        let (value, source) = match found {
            None => (None, Source::Default),
            Some((Raw::Text(t), source)) if t.trim().is_empty() => (None, source),
            Some((raw, source)) => {
                let value = if let Raw::Text(t) = &raw { read(t) } else { None };
                if value.is_none() {
                    self.problems
                        .push(format!("{key} ({source}): what it is set to is not allowed; it must be {allowed}"));
                }
                (value, source)
            }
        };
        let shown = if value.is_some() { Json::from("(set)") } else { Json::Null };
        self.effective.push(Effective { key, value: shown, source });
        value
    }

    /// One of a few words.
    pub(crate) fn choice(&mut self, key: &'static str, words: &[&'static str], default: &'static str) -> &'static str {
        let allowed = format!("one of {}", words.join(", "));
        let read = |raw: &Raw| match raw {
            Raw::Text(t) => words.iter().find(|w| w.eq_ignore_ascii_case(t.trim())).copied(),
            _ => None,
        };
        self.value(key, &allowed, default, read, |w| Json::from(*w))
    }

    /// Records that two settings do not go together.
    pub(crate) fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// Ends the reading.
    pub(crate) fn finish(self) -> Findings {
        let known: Vec<&str> = self.effective.iter().map(|e| e.key).collect();
        let mut unknown = BTreeMap::new();
        for layer in self.layers {
            for (key, (_, source)) in layer {
                if !known.contains(&key.as_str()) {
                    unknown.insert(key, source);
                }
            }
        }
        let warnings = unknown
            .into_iter()
            .map(|(key, source)| {
                let hint = nearest(&key, &known).map_or(String::new(), |k| match source {
                    Source::Env(_) => format!("; did you mean {}?", env_name(k)),
                    _ => format!("; did you mean {k}?"),
                });
                format!("{source}: there is no setting {key:?}, it is ignored{hint}")
            })
            .collect();
        Findings { effective: self.effective, problems: self.problems, warnings }
    }
}

fn net(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// The known key that differs from `key` by the fewest letters, at most 3 of them.
fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |s: &str| -> Vec<u8> {
        let s = s.to_ascii_lowercase();
        let s = s.strip_prefix("allclear_").unwrap_or(&s);
        s.bytes().filter(u8::is_ascii_alphanumeric).take(80).collect()
    };
    let wanted = plain(key);
    known.iter().map(|k| (distance(&wanted, &plain(k)), *k)).filter(|(d, _)| *d <= 3).min().map(|(_, k)| k)
}

/// Levenshtein's distance.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_finds_the_right_one() {
        let known = ["http.listen", "site.name", "limits.reports_per_source_per_hour"];
        assert_eq!(nearest("http.lisen", &known), Some("http.listen"));
        assert_eq!(nearest("ALLCLEAR_HTTP_LISTEN", &known), Some("http.listen"));
        assert_eq!(nearest("something.else", &known), None);
    }
}
