//! Finds the entries of all word lists in a text, in time linear in its length.

use crate::disguise::Disguises;
use crate::pattern::{ANY, Entry, LANGUAGES, List, Literal, Piece, Sequence};
use crate::tokens::{Kind, Reading, Token};
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::{BTreeMap, HashMap};

/// Words `from..to` of a text; 0 stands before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// Most places at which one class is looked at in a text, so that a text of one word repeated takes no longer.
const SPANS_MAX: usize = 48;

/// A class by its place.
type ClassId = usize;

#[derive(Debug)]
enum Part {
    Literal(usize),
    Class(ClassId),
}

#[derive(Debug)]
struct Rule {
    class: ClassId,
    language: usize,
    sequences: Vec<Vec<(usize, Part)>>,
    without: Vec<ClassId>,
    beside: Vec<(ClassId, usize, bool)>,
}

/// All lists, ready to be looked for.
#[derive(Debug)]
pub(crate) struct Lexicon {
    classes: BTreeMap<String, ClassId>,
    plain: AhoCorasick,
    accented: AhoCorasick,
    /// Which literals the patterns of the two are.
    of_plain: Vec<usize>,
    of_accented: Vec<usize>,
    /// Classes and languages that a literal alone belongs to.
    alone: Vec<Vec<(ClassId, usize)>>,
    disguises: Disguises,
    rules: Vec<Rule>,
}

/// What of the lists a text has.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    lexicon: &'a Lexicon,
    /// By class and language.
    spans: Vec<Vec<Span>>,
}

impl Found<'_> {
    /// Whether the text has an entry of the class.
    pub(crate) fn has(&self, class: &str) -> bool {
        self.lexicon.classes.get(class).is_some_and(|c| self.any(*c))
    }

    /// In how many words of the text the class is found.
    pub(crate) fn count(&self, class: &str) -> usize {
        let Some(c) = self.lexicon.classes.get(class) else { return 0 };
        let mut words: Vec<usize> =
            (0..=ANY).flat_map(|l| &self.spans[slot(*c, l)]).flat_map(|s| s.from..s.to).collect();
        words.sort_unstable();
        words.dedup();
        words.len()
    }

    /// In how many words of the text a class is found in one language.
    pub(crate) fn count_of(&self, class: &str, language: usize) -> usize {
        let Some(c) = self.lexicon.classes.get(class) else { return 0 };
        let mut words: Vec<usize> = self.spans[slot(*c, language)].iter().flat_map(|s| s.from..s.to).collect();
        words.sort_unstable();
        words.dedup();
        words.len()
    }

    fn any(&self, class: ClassId) -> bool {
        (0..=ANY).any(|l| !self.spans[slot(class, l)].is_empty())
    }

    fn add(&mut self, class: ClassId, language: usize, span: Span) {
        let spans = &mut self.spans[slot(class, language)];
        if spans.len() < SPANS_MAX && !spans.contains(&span) {
            spans.push(span);
        }
    }

    /// Places of a class as a line of `language` sees it.
    fn seen(&self, class: ClassId, language: usize) -> impl Iterator<Item = Span> {
        let own = if language == ANY { &[][..] } else { &self.spans[slot(class, language)][..] };
        own.iter().chain(&self.spans[slot(class, ANY)]).copied()
    }
}

/// Where in a text each literal stands. A text has few of them, so only those take place.
struct Places {
    /// By literal: one more than its place in `spans`, or 0.
    index: Vec<u16>,
    spans: Vec<Vec<Span>>,
    /// The literals that the text has, as they came.
    had: Vec<usize>,
}

impl Places {
    fn new(literals: usize) -> Places {
        Places { index: vec![0; literals], spans: Vec::new(), had: Vec::new() }
    }

    fn of(&self, literal: usize) -> &[Span] {
        let at = usize::from(self.index[literal]).checked_sub(1);
        at.and_then(|i| self.spans.get(i)).map_or(&[], Vec::as_slice)
    }

    fn put(&mut self, literal: usize, span: Span) {
        if self.index[literal] == 0 {
            // A text has at most 500 signs and thus far fewer literals than that; one too many would not be found.
            let Ok(next) = u16::try_from(self.spans.len() + 1) else { return };
            self.index[literal] = next;
            self.spans.push(Vec::new());
            self.had.push(literal);
        }
        let spans = &mut self.spans[usize::from(self.index[literal]) - 1];
        if spans.len() < SPANS_MAX && !spans.contains(&span) {
            spans.push(span);
        }
    }
}

fn slot(class: ClassId, language: usize) -> usize {
    class * (ANY + 1) + language
}

impl Lexicon {
    /// Puts lists together. `built_in` are classes that come from elsewhere; `masked` says of which lists a word is also
    /// found with signs in place of letters.
    ///
    /// # Errors
    /// When an entry refers to a class that does not stand further up.
    pub(crate) fn new(lists: &[List], built_in: &[&str], masked: impl Fn(&str) -> bool) -> Result<Lexicon, String> {
        let mut classes: BTreeMap<String, ClassId> = BTreeMap::new();
        for name in built_in {
            let next = classes.len();
            classes.insert((*name).to_owned(), next);
        }
        let mut literals: HashMap<Literal, usize> = HashMap::new();
        let mut all: Vec<Literal> = Vec::new();
        let mut alone: Vec<Vec<(ClassId, usize)>> = Vec::new();
        let mut hidden: Vec<usize> = Vec::new();
        let mut rules = Vec::new();
        for list in lists {
            let next = classes.len();
            let class = *classes.entry(list.class.clone()).or_insert(next);
            for entry in &list.entries {
                let mut literal = |l: &Literal| {
                    *literals.entry(l.clone()).or_insert_with(|| {
                        all.push(l.clone());
                        alone.push(Vec::new());
                        all.len() - 1
                    })
                };
                if let Some(l) = plain_word(entry) {
                    let id = literal(l);
                    alone[id].push((class, entry.language));
                    if masked(&list.class) {
                        hidden.push(id);
                    }
                    continue;
                }
                let languages: Vec<usize> =
                    if entry.language == ANY && entry.refers() { (0..ANY).collect() } else { vec![entry.language] };
                for language in languages {
                    rules.push(rule(entry, class, language, &classes, &mut literal)?);
                }
            }
        }
        let pattern = |l: &Literal| {
            let edge = |open: bool| if open { "" } else { " " };
            format!("{}{}{}", edge(l.open.0), l.words, edge(l.open.1))
        };
        let of = |accented: bool| -> Vec<usize> { (0..all.len()).filter(|i| all[*i].accented == accented).collect() };
        let automaton = |ids: &[usize]| {
            AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                .build(ids.iter().map(|i| pattern(&all[*i])))
                .map_err(|e| e.to_string())
        };
        let (of_plain, of_accented) = (of(false), of(true));
        hidden.sort_unstable();
        hidden.dedup();
        Ok(Lexicon {
            plain: automaton(&of_plain)?,
            accented: automaton(&of_accented)?,
            classes,
            of_plain,
            of_accented,
            alone,
            disguises: Disguises::new(&all, &hidden),
            rules,
        })
    }

    /// Takes letters that stood alone apart into the words that they are.
    pub(crate) fn take_apart(&self, words: Vec<Token>) -> Vec<Token> {
        self.disguises.take_apart(words)
    }

    /// Looks for everything in a text. `built_in` are the places of classes that come from elsewhere.
    /// `spoken` says of what was found which languages count.
    pub(crate) fn find(
        &self,
        words: &[Token],
        built_in: &[(&str, Span)],
        spoken: impl Fn(&[Token], &Found<'_>) -> [bool; LANGUAGES.len()],
    ) -> Found<'_> {
        let mut places = Places::new(self.alone.len());
        let mut put = |literal: usize, span: Span| places.put(literal, span);
        let behind: Vec<Option<(String, String)>> = words.iter().map(|w| self.disguises.behind(w)).collect();
        for how in Reading::ALL {
            let (text, starts) = view(words, &behind, how);
            let (automaton, of) = if how == Reading::Accented {
                (&self.accented, &self.of_accented)
            } else {
                (&self.plain, &self.of_plain)
            };
            for m in automaton.find_overlapping_iter(&text) {
                // The blanks around a pattern belong to its neighbours.
                let matched = &text[m.range()];
                let from = m.start() + (matched.len() - matched.trim_start().len());
                let to = m.end() - (matched.len() - matched.trim_end().len());
                let word = |byte: usize| starts.partition_point(|s| *s <= byte).saturating_sub(1);
                put(of[m.pattern().as_usize()], Span { from: word(from), to: word(to - 1) + 1 });
            }
        }
        for (i, w) in words.iter().enumerate() {
            let span = Span { from: i + 1, to: i + 2 };
            if w.joined {
                self.disguises.within(w, |l| put(l, span));
            }
        }
        self.disguises.in_pieces(words, &mut put);
        let mut found = Found { lexicon: self, spans: vec![Vec::new(); self.classes.len() * (ANY + 1)] };
        for (class, span) in built_in {
            if let Some(c) = self.classes.get(*class) {
                found.add(*c, ANY, *span);
            }
        }
        // In the order of the lists, since of one class only so many are looked at.
        places.had.sort_unstable();
        for literal in &places.had {
            for span in places.of(*literal) {
                for (class, language) in &self.alone[*literal] {
                    found.add(*class, *language, *span);
                }
            }
        }
        let spoken = spoken(words, &found);
        for (slot, spans) in found.spans.iter_mut().enumerate() {
            if spoken.get(slot % (ANY + 1)) == Some(&false) {
                spans.clear();
            }
        }
        for rule in self.rules.iter().filter(|r| spoken.get(r.language) != Some(&false)) {
            for span in rule.spans(&found, &places) {
                found.add(rule.class, rule.language, span);
            }
        }
        found
    }
}

/// The text as a reading has it, and where in it each word begins. It has a sign for its begin and one for its end.
fn view(words: &[Token], behind: &[Option<(String, String)>], how: Reading) -> (String, Vec<usize>) {
    let mut text = String::from(" ");
    let mut starts = vec![text.len()];
    text.push_str("^ ");
    for (w, masked) in words.iter().zip(behind) {
        starts.push(text.len());
        if w.kind == Kind::Mark {
            text.push('‹');
        }
        text.push_str(match (masked, how) {
            (Some((first, _)), Reading::LeetI) => first,
            (Some((_, last)), Reading::LeetL) => last,
            _ => w.read(how),
        });
        text.push(' ');
    }
    starts.push(text.len());
    text.push_str("¶ ");
    (text, starts)
}

/// The words of an entry that has nothing else.
fn plain_word(entry: &Entry) -> Option<&Literal> {
    match (&entry.sequences[..], entry.without.is_empty() && entry.beside.is_empty()) {
        ([Sequence { pieces }], true) => match &pieces[..] {
            [(_, Piece::Literal(l))] => Some(l),
            _ => None,
        },
        _ => None,
    }
}

fn rule(
    entry: &Entry,
    class: ClassId,
    language: usize,
    classes: &BTreeMap<String, ClassId>,
    literal: &mut impl FnMut(&Literal) -> usize,
) -> Result<Rule, String> {
    let known = |name: &String| classes.get(name).copied().ok_or_else(|| format!("no class <{name}> further up"));
    let mut sequences = Vec::new();
    for s in &entry.sequences {
        let mut parts = Vec::new();
        for (gap, piece) in &s.pieces {
            parts.push((
                *gap,
                match piece {
                    Piece::Literal(l) => Part::Literal(literal(l)),
                    Piece::Class(name) => Part::Class(known(name)?),
                },
            ));
        }
        sequences.push(parts);
    }
    Ok(Rule {
        class,
        language,
        sequences,
        without: entry.without.iter().map(known).collect::<Result<_, _>>()?,
        beside: entry
            .beside
            .iter()
            .map(|b| Ok((known(&b.class)?, b.within, b.after)))
            .collect::<Result<_, String>>()?,
    })
}

impl Rule {
    fn spans(&self, found: &Found<'_>, places: &Places) -> Vec<Span> {
        let mut first = Vec::new();
        for (i, s) in self.sequences.iter().enumerate() {
            let spans = self.sequence(s, found, places);
            if spans.is_empty() {
                return spans;
            }
            if i == 0 {
                first = spans;
            }
        }
        if self.without.iter().any(|c| found.any(*c)) {
            return Vec::new();
        }
        first.retain(|s| {
            !self.beside.iter().any(|(class, within, after)| {
                found.seen(*class, self.language).any(|o| {
                    if *after {
                        o.from >= s.to && o.from <= s.to + within
                    } else {
                        o.to <= s.from && o.to + within >= s.from
                    }
                })
            })
        });
        first
    }

    fn sequence(&self, parts: &[(usize, Part)], found: &Found<'_>, places: &Places) -> Vec<Span> {
        let mut now: Option<Vec<Span>> = None;
        for (gap, part) in parts {
            let here: Vec<Span> = match part {
                Part::Literal(l) => places.of(*l).to_vec(),
                Part::Class(c) => found.seen(*c, self.language).collect(),
            };
            let next = match now {
                None => here,
                Some(before) => {
                    let mut joined = Vec::new();
                    for b in &before {
                        for h in here.iter().filter(|h| h.from >= b.to && h.from <= b.to + gap) {
                            let span = Span { from: b.from, to: h.to };
                            if joined.len() < SPANS_MAX && !joined.contains(&span) {
                                joined.push(span);
                            }
                        }
                    }
                    joined
                }
            };
            if next.is_empty() {
                return next;
            }
            now = Some(next);
        }
        now.unwrap_or_default()
    }
}
