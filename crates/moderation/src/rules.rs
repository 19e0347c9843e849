//! The rules: what each looks at, what it decides, and why.

use crate::lexicon::{Found, Lexicon};
use crate::link::{self, Link};
use crate::pattern::{List, read};
use crate::tokens::{Token, tokens};
use crate::{Context, Judged, language, likeness, noise, resemblance, signs};
use allclear_model::moderation::{Decision, Reason};
use std::cell::LazyCell;
use std::sync::LazyLock;

/// A text with all that the rules ask for.
pub(crate) struct Text<'a> {
    raw: &'a str,
    /// As they stand there.
    said: Vec<Token>,
    /// As they are looked for: words within words apart.
    words: Vec<Token>,
    unknown: Vec<Link>,
    found: Found<'static>,
    alike: u32,
}

/// One rule.
pub(crate) struct Rule {
    /// What the tests call it.
    #[cfg_attr(not(test), expect(dead_code, reason = "names it where tests fail"))]
    pub(crate) name: &'static str,
    reason: Reason,
    decides: fn(&Text<'_>) -> Decision,
    /// Whether a text that it would hold may pass when it reads like honest ones.
    yields: bool,
}

/// A rule that looks for words: what it is not sure of yields.
const fn words(name: &'static str, reason: Reason, decides: fn(&Text<'_>) -> Decision) -> Rule {
    Rule { name, reason, decides, yields: true }
}

/// A rule that looks at something else.
const fn other(name: &'static str, reason: Reason, decides: fn(&Text<'_>) -> Decision) -> Rule {
    Rule { name, reason, decides, yields: false }
}

/// Words of a stretch of a text that is looked at by itself.
const STRETCH: usize = 8;
/// Other reports of an hour with the same words that make a campaign.
const CAMPAIGN: u32 = 4;

/// All rules, in the order of their reasons.
pub(crate) const ALL: &[Rule] = &[
    words("insult", Reason::Insult, |t| listed(t, "insult-hide", "insult-hold")),
    words("hate", Reason::Hate, |t| listed(t, "hate-hide", "hate-hold")),
    words("threat", Reason::Threat, |t| listed(t, "threat-hide", "threat-hold")),
    words("sexual", Reason::Sexual, |t| listed(t, "sexual-hide", "sexual-hold")),
    words("scam", Reason::Scam, |t| listed(t, "scam-hide", "scam-hold")),
    words("advertising", Reason::Advertising, |t| listed(t, "ad-hide", "ad-hold")),
    words("personal", Reason::Personal, |t| listed(t, "personal-hide", "personal-hold")),
    words("noise-words", Reason::Noise, |t| listed(t, "noise-hide", "noise-hold")),
    other("noise-flood", Reason::Noise, |t| hold(noise::floods(t.raw))),
    other("noise-repeat", Reason::Noise, |t| hold(noise::repeats(&t.words, t.on_topic(), t.found.count("trouble")))),
    other("noise-keys", Reason::Noise, |t| hold(noise::mashes(&t.words, t.on_topic()))),
    words("incitement", Reason::Incitement, |t| listed(t, "incite-hide", "incite-hold")),
    other("link", Reason::Link, |t| hold(!t.unknown.is_empty())),
    other("repeated", Reason::Repeated, |t| hold(t.is_campaign())),
];

fn hold(yes: bool) -> Decision {
    if yes { Decision::Hold } else { Decision::Show }
}

fn listed(t: &Text<'_>, hide: &str, held: &str) -> Decision {
    if t.found.has(hide) { Decision::Hide } else { hold(t.found.has(held)) }
}

impl Text<'_> {
    /// Words that speak of something that does not work.
    fn on_topic(&self) -> usize {
        self.found.count("topic")
    }

    /// Many write the same and it is not about anything that does not work: in an outage people copy one error message.
    fn is_campaign(&self) -> bool {
        self.alike >= CAMPAIGN && self.on_topic() == 0 && likeness::of(self.raw).is_some()
    }
}

impl<'a> Text<'a> {
    /// Looks for all that the rules ask for.
    pub(crate) fn read(raw: &'a str, cx: &Context<'_>) -> Text<'a> {
        let said = tokens(raw);
        let words = LEXICON.take_apart(said.clone());
        let mut unknown = link::links(raw);
        unknown.retain(|l| !link::is_harmless(&l.host) && (l.hidden || !(cx.known_host)(&l.host)));
        let found = LEXICON.find(&words, &signs::places(&words, !unknown.is_empty()), language::spoken);
        Text { raw, said, words, unknown, found, alike: cx.alike }
    }

    /// What each rule decides, in the order of [`ALL`].
    pub(crate) fn decisions(&self) -> impl Iterator<Item = (&'static Rule, Decision)> {
        ALL.iter().map(|rule| (rule, (rule.decides)(self)))
    }

    /// The rules that keep the text back. `score` says how much words resemble those that must not be shown ([`resemblance`]).
    pub(crate) fn kept(&self, score: &dyn Fn(&[Token]) -> f32) -> Vec<(&'static Rule, Decision)> {
        let honest = LazyCell::new(|| self.reads_like_honest_ones(score));
        let yields = |rule: &Rule, decision| rule.yields && decision == Decision::Hold && *honest;
        self.decisions().filter(|(rule, d)| *d != Decision::Show && !yields(rule, *d)).collect()
    }

    /// As a whole and in each stretch of it: an honest sentence must not speak for what stands before or after it.
    fn reads_like_honest_ones(&self, score: &dyn Fn(&[Token]) -> f32) -> bool {
        let stretches = (0..self.said.len()).step_by(STRETCH / 2).filter_map(|i| self.said.get(i..i + STRETCH));
        std::iter::once(&self.said[..]).chain(stretches).all(|words| score(words) < resemblance::HONEST)
    }

    /// Judges by all rules and by `score`.
    pub(crate) fn judge(&self, score: &dyn Fn(&[Token]) -> f32) -> Judged {
        self.decided(self.kept(score), score)
    }

    /// What comes of the rules that keep the text back.
    pub(crate) fn decided(&self, kept: Vec<(&'static Rule, Decision)>, score: &dyn Fn(&[Token]) -> f32) -> Judged {
        let mut judged = Judged { decision: Decision::Show, reasons: Vec::new() };
        for (rule, decision) in kept {
            judged.reasons.push(rule.reason);
            if judged.decision != Decision::Hide {
                judged.decision = decision;
            }
        }
        if judged.reasons.iter().all(|r| *r == Reason::Repeated) && score(&self.said) > resemblance::DOUBTFUL {
            judged.reasons.push(Reason::Resemblance);
            judged.decision = Decision::Hold;
        }
        judged.reasons.sort_unstable();
        judged.reasons.dedup();
        judged
    }
}

/// Judges by all rules and by what the corpus tells.
pub(crate) fn judge(raw: &str, cx: &Context<'_>) -> Judged {
    Text::read(raw, cx).judge(&resemblance::score)
}

/// The word lists, in the order in which they refer to each other, and whether signs may stand for letters in them.
const FILES: [(&str, bool, &str); 13] = [
    ("languages", false, include_str!("../words/languages.txt")),
    ("people", false, include_str!("../words/people.txt")),
    ("contact", false, include_str!("../words/contact.txt")),
    ("insult", true, include_str!("../words/insult.txt")),
    ("hate", true, include_str!("../words/hate.txt")),
    ("threat_said", true, include_str!("../words/threat_said.txt")),
    ("threat", true, include_str!("../words/threat.txt")),
    ("sexual", true, include_str!("../words/sexual.txt")),
    ("scam", false, include_str!("../words/scam.txt")),
    ("advertising", true, include_str!("../words/advertising.txt")),
    ("personal", false, include_str!("../words/personal.txt")),
    ("incitement", true, include_str!("../words/incitement.txt")),
    ("noise", false, include_str!("../words/noise.txt")),
];

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the lists are part of the program, and a test reads them")]
    lexicon().expect("the word lists are well written")
});

/// Puts all word lists together.
pub(crate) fn lexicon() -> Result<Lexicon, String> {
    let mut lists: Vec<List> = Vec::new();
    let mut masked: Vec<String> = Vec::new();
    for (name, signs, file) in FILES {
        let mut read = read(file).map_err(|why| format!("{name}: {why}"))?;
        for list in &read {
            if signs {
                masked.push(list.class.clone());
            }
        }
        lists.append(&mut read);
    }
    Lexicon::new(&lists, &signs::NAMES, |class| masked.iter().any(|m| m == class))
}
