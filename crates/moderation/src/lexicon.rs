//! Finds the entries of all word lists in a text, in time linear in its length.

use crate::pattern::{ANY, Entry, LANGUAGES, List, Literal, Piece, Sequence};
use crate::tokens::{Kind, Reading, Token};
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::{BTreeMap, HashMap, HashSet};

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
    /// Literals of one word.
    single: HashMap<String, Vec<usize>>,
    /// All words of all literals: what letters that stood alone are taken apart into.
    known: HashSet<String>,
    /// Literals of one word that are also found in pieces.
    broken: HashMap<String, Vec<usize>>,
    /// Words that are also found with signs in place of letters, and whether more letters may follow.
    masked: Vec<(Vec<char>, bool)>,
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
        let mut single: HashMap<String, Vec<usize>> = HashMap::new();
        for (i, l) in all.iter().enumerate().filter(|(_, l)| !l.accented && !l.words.contains(' ')) {
            single.entry(l.words.clone()).or_default().push(i);
        }
        hidden.sort_unstable();
        hidden.dedup();
        let mut masked: Vec<(Vec<char>, bool)> = Vec::new();
        let mut seen: HashSet<(&str, bool)> = HashSet::new();
        let mut broken: HashMap<String, Vec<usize>> = HashMap::new();
        for i in &hidden {
            let l = &all[*i];
            if !l.accented && !l.words.contains(' ') && l.words.chars().count() >= 4 {
                broken.entry(l.words.clone()).or_default().push(*i);
            }
        }
        for l in hidden.into_iter().map(|i| &all[i]).filter(|l| !l.accented) {
            let last = l.words.split(' ').count() - 1;
            for (i, word) in l.words.split(' ').enumerate() {
                let open = l.open.1 && i == last;
                if word.chars().count() >= 3 && seen.insert((word, open)) {
                    masked.push((word.chars().collect(), open));
                }
            }
        }
        Ok(Lexicon {
            plain: automaton(&of_plain)?,
            accented: automaton(&of_accented)?,
            classes,
            of_plain,
            of_accented,
            alone,
            known: all.iter().flat_map(|l| l.words.split(' ').map(str::to_owned)).collect(),
            single,
            broken,
            masked,
            rules,
        })
    }

    /// Looks for everything in a text. `built_in` are the places of classes that come from elsewhere.
    /// `spoken` says of what was found which languages count.
    pub(crate) fn find(
        &self,
        words: &[Token],
        built_in: &[(&str, Span)],
        spoken: impl Fn(&[Token], &Found<'_>) -> [bool; LANGUAGES.len()],
    ) -> Found<'_> {
        let mut places: Vec<Vec<Span>> = vec![Vec::new(); self.alone.len()];
        let mut put = |literal: usize, span: Span| {
            let p = &mut places[literal];
            if p.len() < SPANS_MAX && !p.contains(&span) {
                p.push(span);
            }
        };
        let behind: Vec<Option<(String, String)>> = words.iter().map(|w| self.behind(w)).collect();
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
                self.within(w, |l| put(l, span));
            }
        }
        self.in_pieces(words, &mut put);
        let mut found = Found { lexicon: self, spans: vec![Vec::new(); self.classes.len() * (ANY + 1)] };
        for (class, span) in built_in {
            if let Some(c) = self.classes.get(*class) {
                found.add(*c, ANY, *span);
            }
        }
        for (literal, spans) in places.iter().enumerate() {
            for span in spans {
                for (class, language) in &self.alone[literal] {
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

    /// Takes letters that stood alone apart into the words that they are.
    pub(crate) fn take_apart(&self, words: Vec<Token>) -> Vec<Token> {
        let mut out = Vec::with_capacity(words.len());
        for w in words {
            match w.joined.then(|| self.parts(&w)).flatten() {
                Some(parts) if parts.len() > 1 => out.extend(parts.iter().map(|p| Token::of(p))),
                _ => out.push(w),
            }
        }
        out
    }

    /// The fewest known words that a word is made of.
    fn parts(&self, word: &Token) -> Option<Vec<String>> {
        let c: Vec<char> = word.read(Reading::LeetI).chars().take(60).collect();
        // For each end: how many words lead there, and where the last of them begins.
        let mut best: Vec<Option<(usize, usize)>> = vec![None; c.len() + 1];
        best[0] = Some((0, 0));
        for to in 1..=c.len() {
            for from in to.saturating_sub(20)..to {
                let Some((n, _)) = best[from] else { continue };
                let part: String = c[from..to].iter().collect();
                if (to - from > 1 || matches!(c[from], 'a' | 'i' | 'u' | 'y' | 'o' | 'e'))
                    && best[to].is_none_or(|(m, _)| n + 1 < m)
                    && self.known.contains(&part)
                {
                    best[to] = Some((n + 1, from));
                }
            }
        }
        let mut parts = Vec::new();
        let mut at = c.len();
        while at > 0 {
            let (_, from) = best[at]?;
            parts.push(c[from..at].iter().collect());
            at = from;
        }
        parts.reverse();
        Some(parts)
    }

    /// Words that a blank or a sign was put into: `id iot`, `mo.ron`.
    fn in_pieces(&self, words: &[Token], put: &mut impl FnMut(usize, Span)) {
        for from in 0..words.len() {
            let mut whole = String::new();
            let mut unknown = false;
            for (to, w) in words.iter().enumerate().take(from + 3).skip(from) {
                if w.kind != Kind::Word || !w.has_letters() {
                    break;
                }
                whole.push_str(w.read(Reading::LeetI));
                unknown |= !self.known.contains(w.plain());
                if to > from && unknown {
                    for l in self.broken.get(&whole).into_iter().flatten() {
                        put(*l, Span { from: from + 1, to: to + 2 });
                    }
                }
            }
        }
    }

    /// Words within letters that stood alone: nobody knows where the blanks between words were.
    fn within(&self, word: &Token, mut put: impl FnMut(usize)) {
        for how in [Reading::Plain, Reading::LeetI, Reading::LeetL] {
            let c: Vec<char> = word.read(how).chars().take(60).collect();
            for from in 0..c.len() {
                for to in from + 3..=c.len().min(from + 20) {
                    let part: String = c[from..to].iter().collect();
                    for l in self.single.get(&part).into_iter().flatten() {
                        put(*l);
                    }
                }
            }
        }
    }

    /// The words that one with signs in place of letters may be: `id*ot`. The first and the last that fit.
    fn behind(&self, word: &Token) -> Option<(String, String)> {
        let c: Vec<char> = word.plain().chars().take(30).collect();
        let seen = c.iter().filter(|x| x.is_alphabetic()).count();
        if seen < 2 || !c.contains(&'*') && !c.contains(&'#') || !c.first().is_some_and(|x| x.is_alphabetic()) {
            return None;
        }
        // Three letters are told by two only where nothing may follow.
        let fits = |l: &[char], open: bool| {
            seen * 2 >= l.len() && (l.len() > 3 || c.len() == 3 && !open) && hides(&c, l, open)
        };
        let mut fits = self.masked.iter().filter(|(l, open)| fits(l, *open));
        let first = fits.next()?;
        let last = fits.next_back().unwrap_or(first);
        Some((first.0.iter().collect(), last.0.iter().collect()))
    }
}

/// Whether the signs in `word` stand for letters of `literal`: each for one, a single one also for none or two.
fn hides(word: &[char], literal: &[char], open: bool) -> bool {
    let Some(sign) = word.iter().position(|c| matches!(c, '*' | '#')) else {
        return word == literal || open && word.starts_with(literal);
    };
    if literal.len() < sign {
        return open && word.starts_with(literal);
    }
    if word[..sign] != literal[..sign] {
        return false;
    }
    let run = word[sign..].iter().take_while(|c| matches!(c, '*' | '#')).count();
    let rest = &word[sign + run..];
    let lengths = if run == 1 { 0..=2 } else { run..=run };
    lengths.into_iter().any(|n| literal.get(sign + n..).is_some_and(|l| hides(rest, l, open)))
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
    fn spans(&self, found: &Found<'_>, places: &[Vec<Span>]) -> Vec<Span> {
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

    fn sequence(&self, parts: &[(usize, Part)], found: &Found<'_>, places: &[Vec<Span>]) -> Vec<Span> {
        let mut now: Option<Vec<Span>> = None;
        for (gap, part) in parts {
            let here: Vec<Span> = match part {
                Part::Literal(l) => places[*l].clone(),
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
