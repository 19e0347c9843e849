//! Finding services by what people type.

use allclear_model::{Catalogue, Slug};
use std::collections::BTreeMap;

/// Names, slugs and aliases in lower case, ready to be searched.
#[derive(Debug, Default)]
pub struct Names {
    entries: Vec<Entry>,
    aliases: BTreeMap<String, Slug>,
}

#[derive(Debug)]
struct Entry {
    slug: Slug,
    /// Name, slug and aliases.
    keys: Vec<Key>,
}

/// One thing a service is called, with what makes comparing it cheap: anybody may ask for any address.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    /// Lower case, words separated by single blanks.
    text: String,
    /// The same without blanks.
    joined: String,
    /// See [`letters`].
    letters: u64,
}

impl Key {
    fn new(text: &str) -> Key {
        let text = fold(text);
        Key { joined: text.replace(' ', ""), letters: letters(&text), text }
    }
}

/// Which characters occur, folded into 64 bits. An edit brings in at most one new character.
fn letters(text: &str) -> u64 {
    text.chars().fold(0, |set, c| set | 1 << (u32::from(c) % 64))
}

/// How well a key fits, best first. The order of the variants is the order of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Exact,
    Prefix,
    WordPrefix,
    Substring,
    Typo(usize),
}

/// Longest query that is looked at, in characters; the rest is cut off.
const QUERY_MAX: usize = 80;
/// Most typing errors that "did you mean" forgives.
const FORGIVEN: usize = 6;

impl Names {
    /// Prepares the names of a catalogue.
    pub fn new(catalogue: &Catalogue) -> Names {
        let mut names = Names::default();
        for s in catalogue.services.values() {
            let mut keys = vec![Key::new(&s.name), Key::new(&s.slug)];
            keys.extend(s.aliases.iter().map(|a| Key::new(a)));
            keys.dedup();
            for alias in &s.aliases {
                if let Some(slug) = slugged(alias) {
                    names.aliases.insert(slug, s.slug.clone());
                }
            }
            names.entries.push(Entry { slug: s.slug.clone(), keys });
        }
        for s in catalogue.services.values() {
            names.aliases.remove(s.slug.as_str());
            if let Some(slug) =
                slugged(&s.name).filter(|n| *n != *s.slug.as_str() && !catalogue.services.contains_key(n.as_str()))
            {
                names.aliases.entry(slug).or_insert_with(|| s.slug.clone());
            }
        }
        names
    }

    /// The service that an alias or a name stands for, written as it would stand in an address ("chat-gpt"). `None` for
    /// a slug itself and for what nobody uses.
    pub fn alias(&self, text: &str) -> Option<&Slug> {
        self.aliases.get(text)
    }

    /// Services that `query` may mean, best first, at most `limit`. The order depends on nothing but catalogue and query.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Slug> {
        let q = Key::new(&query.chars().take(QUERY_MAX).collect::<String>());
        if q.text.is_empty() {
            return Vec::new();
        }
        let mut hits: Vec<(Fit, usize, &Slug)> = Vec::new();
        for e in &self.entries {
            // Of equally good keys the shorter one says more.
            if let Some((fit, len)) = e.keys.iter().filter_map(|k| Some((fit(k, &q)?, k.text.len()))).min() {
                hits.push((fit, len, &e.slug));
            }
        }
        if hits.is_empty() {
            let typed = Typed::new(&q.text);
            hits = self.entries.iter().filter_map(|e| near(e, &q, &typed, allowed(typed.length))).collect();
        }
        hits.sort();
        hits.into_iter().take(limit).map(|(_, _, slug)| slug.clone()).collect()
    }

    /// The services whose names are nearest to a slug that does not exist, for "did you mean", at most `limit`.
    pub fn nearest(&self, slug: &str, limit: usize) -> Vec<Slug> {
        let found = self.search(slug, limit);
        if !found.is_empty() {
            return found;
        }
        let q = Key::new(&slug.chars().take(QUERY_MAX).collect::<String>());
        let typed = Typed::new(&q.text);
        let most = (typed.length / 2).clamp(1, FORGIVEN);
        let mut hits: Vec<_> = self.entries.iter().filter_map(|e| near(e, &q, &typed, most)).collect();
        hits.sort();
        hits.into_iter().take(limit).map(|(_, _, slug)| slug.clone()).collect()
    }
}

/// Lower case, with everything that is neither letter nor digit as one blank.
fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() || matches!(c, '+' | '.') {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A name as it would stand in an address, if it can.
pub(super) fn slugged(text: &str) -> Option<String> {
    let joined = fold(text).replace(['.', '+'], " ").split_whitespace().collect::<Vec<_>>().join("-");
    Slug::parse(&joined).ok().map(|s| s.as_str().to_owned())
}

fn fit(key: &Key, q: &Key) -> Option<Fit> {
    let (text, query) = (key.text.as_str(), q.text.as_str());
    if text == query {
        Some(Fit::Exact)
    } else if text.starts_with(query) {
        Some(Fit::Prefix)
    } else if text.match_indices(' ').any(|(i, _)| text[i + 1..].starts_with(query)) {
        Some(Fit::WordPrefix)
    } else if text.contains(query) || key.joined == q.joined {
        Some(Fit::Substring)
    } else {
        None
    }
}

/// Typing errors forgiven in a query of this length.
fn allowed(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    }
}

fn near<'a>(e: &'a Entry, q: &Key, typed: &Typed, most: usize) -> Option<(Fit, usize, &'a Slug)> {
    let lacks = |a: &Key, b: &Key| (a.letters & !b.letters).count_ones() as usize;
    let could = |k: &&Key| lacks(q, k) <= most && lacks(k, q) <= most;
    let one = |k: &Key| typed.distance(&k.text, most).map(|d| (Fit::Typo(d), k.text.len(), &e.slug));
    e.keys.iter().filter(could).filter_map(one).min()
}

/// A query as it is compared with every name, at most [`QUERY_MAX`] characters: anybody may ask for any address.
struct Typed {
    length: usize,
    /// Each character once, with a bit for each of its places.
    places: Vec<(char, u128)>,
}

impl Typed {
    fn new(text: &str) -> Typed {
        let mut typed = Typed { length: 0, places: Vec::new() };
        for c in text.chars().take(QUERY_MAX) {
            let bit = 1 << typed.length;
            match typed.places.iter_mut().find(|(known, _)| *known == c) {
                Some((_, places)) => *places |= bit,
                None => typed.places.push((c, bit)),
            }
            typed.length += 1;
        }
        typed
    }

    /// Optimal string alignment distance (edits and swaps of neighbours), `None` when it is over `most`: a column of the
    /// table is two words of bits, that say where it rises and where it falls (Hyyrö 2003).
    fn distance(&self, text: &str, most: usize) -> Option<usize> {
        if text.chars().count().abs_diff(self.length) > most || self.length == 0 {
            return None;
        }
        let bottom = 1_u128 << (self.length - 1);
        let (mut rises, mut falls, mut diagonal, mut before) = (u128::MAX, 0, 0_u128, 0);
        let mut distance = self.length;
        for c in text.chars() {
            let here = self.places.iter().find(|(known, _)| *known == c).map_or(0, |(_, places)| *places);
            let swapped = ((!diagonal & here) << 1) & before;
            diagonal = ((here & rises).wrapping_add(rises) ^ rises) | here | falls | swapped;
            let (up, down) = (falls | !(diagonal | rises), diagonal & rises);
            distance += usize::from(up & bottom != 0);
            distance -= usize::from(down & bottom != 0);
            let up = (up << 1) | 1;
            rises = (down << 1) | !(diagonal | up);
            falls = up & diagonal;
            before = here;
        }
        Some(distance).filter(|d| *d <= most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[(&str, &str, &[&str])]) -> Names {
        let mut n = Names::default();
        for (slug, name, aliases) in list {
            let slug = Slug::parse(slug).unwrap();
            let mut keys = vec![Key::new(name), Key::new(&slug)];
            for a in *aliases {
                keys.push(Key::new(a));
                n.aliases.insert(slugged(a).unwrap(), slug.clone());
            }
            n.entries.push(Entry { slug, keys });
        }
        n
    }

    fn sample() -> Names {
        names(&[
            ("aws", "Amazon Web Services", &["amazon cloud"]),
            ("chatgpt", "ChatGPT", &["gpt", "chat gpt"]),
            ("github", "GitHub", &[]),
            ("github-copilot", "GitHub Copilot", &[]),
            ("git-tower", "Tower for Git", &[]),
            ("openai-api", "OpenAI API", &["gpt-4"]),
        ])
    }

    #[test]
    fn better_fits_come_first_and_ties_by_length_then_slug() {
        let n = sample();
        let found = |q: &str| n.search(q, 10).iter().map(|s| s.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(found("gpt"), ["chatgpt", "openai-api"]);
        assert_eq!(found("git"), ["github", "git-tower", "github-copilot"]);
        assert_eq!(found("GitHub "), ["github", "github-copilot"]);
        assert_eq!(found("web"), ["aws"]);
        assert_eq!(found("pilot"), ["github-copilot"]);
        assert_eq!(found("githbu"), ["github"]);
        assert_eq!(found("  "), [""; 0]);
        assert_eq!(found("zzzzzzz"), [""; 0]);
        assert_eq!(found(&"é".repeat(500)), [""; 0]);
    }

    #[test]
    fn aliases_lead_to_their_service_and_wrong_slugs_to_the_nearest() {
        let n = sample();
        assert_eq!(n.alias("chat-gpt").map(Slug::as_str), Some("chatgpt"));
        assert_eq!(n.alias("chatgpt"), None);
        assert_eq!(n.nearest("gihtub-copliot", 3).first().map(Slug::as_str), Some("github-copilot"));
    }

    /// As it is defined, with the whole table.
    fn plain_distance(a: &[char], b: &[char]) -> usize {
        let mut d = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                d[i][j] = match (i, j) {
                    (0, n) | (n, 0) => n,
                    _ => {
                        let change = usize::from(a[i - 1] != b[j - 1]);
                        (d[i - 1][j] + 1).min(d[i][j - 1] + 1).min(d[i - 1][j - 1] + change)
                    }
                };
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    d[i][j] = d[i][j].min(d[i - 2][j - 2] + 1);
                }
            }
        }
        d[a.len()][b.len()]
    }

    #[test]
    fn the_distance_is_what_the_whole_table_says() {
        // Words of up to six letters of three, and some as long as a query may be.
        let mut words: Vec<String> = vec![String::new()];
        for i in 0..364 {
            let word = words[i].clone();
            words.extend(["a", "b", "ä"].map(|c| word.clone() + c));
        }
        let words = words.into_iter().step_by(7).chain(["ab".repeat(40), "ab".repeat(39), "ba".repeat(40)]);
        let words: Vec<(String, Vec<char>)> = words.map(|w| (w.clone(), w.chars().collect())).collect();
        for (typed, b) in words.iter().filter(|(w, _)| !w.is_empty()) {
            let query = Typed::new(typed);
            for (text, a) in &words {
                let d = plain_distance(a, b);
                for most in [0, 1, 3, FORGIVEN] {
                    assert_eq!(query.distance(text, most), Some(d).filter(|d| *d <= most), "{text} {typed} {most}");
                }
            }
        }
    }
}
