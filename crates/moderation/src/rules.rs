//! The rules: what each looks at, what it decides, and why.

use crate::lexicon::{Found, Lexicon};
use crate::link::{self, Link};
use crate::pattern::{List, read};
use crate::tokens::{Token, tokens};
use crate::{Context, Judged, language, likeness, noise, signs};
use allclear_model::moderation::{Decision, Reason};
use std::sync::LazyLock;

/// A text with all that the rules ask for.
pub(crate) struct Text<'a> {
    raw: &'a str,
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
}

/// Other reports of an hour with the same words that make a campaign.
const CAMPAIGN: u32 = 4;

/// All rules, in the order of their reasons.
pub(crate) const ALL: &[Rule] = &[
    Rule { name: "insult", reason: Reason::Insult, decides: |t| listed(t, "insult-hide", "insult-hold") },
    Rule { name: "hate", reason: Reason::Hate, decides: |t| listed(t, "hate-hide", "hate-hold") },
    Rule { name: "threat", reason: Reason::Threat, decides: |t| listed(t, "threat-hide", "threat-hold") },
    Rule { name: "sexual", reason: Reason::Sexual, decides: |t| listed(t, "sexual-hide", "sexual-hold") },
    Rule { name: "scam", reason: Reason::Scam, decides: |t| listed(t, "scam-hide", "scam-hold") },
    Rule { name: "advertising", reason: Reason::Advertising, decides: |t| listed(t, "ad-hide", "ad-hold") },
    Rule { name: "personal", reason: Reason::Personal, decides: |t| listed(t, "personal-hide", "personal-hold") },
    Rule { name: "noise-words", reason: Reason::Noise, decides: |t| listed(t, "noise-hide", "noise-hold") },
    Rule { name: "noise-flood", reason: Reason::Noise, decides: |t| hold(noise::floods(t.raw)) },
    Rule {
        name: "noise-repeat",
        reason: Reason::Noise,
        decides: |t| hold(noise::repeats(&t.words, t.on_topic(), t.found.count("trouble"))),
    },
    Rule { name: "noise-keys", reason: Reason::Noise, decides: |t| hold(noise::mashes(&t.words, t.on_topic())) },
    Rule { name: "incitement", reason: Reason::Incitement, decides: |t| listed(t, "incite-hide", "incite-hold") },
    Rule { name: "link", reason: Reason::Link, decides: |t| hold(!t.unknown.is_empty()) },
    Rule { name: "repeated", reason: Reason::Repeated, decides: |t| hold(t.is_campaign()) },
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

/// What each rule decides, in the order of [`ALL`].
pub(crate) fn decisions(raw: &str, cx: &Context<'_>) -> Vec<Decision> {
    let words = LEXICON.take_apart(tokens(raw));
    let mut unknown = link::links(raw);
    unknown.retain(|l| !link::is_harmless(&l.host) && (l.hidden || !(cx.known_host)(&l.host)));
    let found = LEXICON.find(&words, &signs::places(&words, !unknown.is_empty()), language::spoken);
    let text = Text { raw, words, unknown, found, alike: cx.alike };
    ALL.iter().map(|rule| (rule.decides)(&text)).collect()
}

/// Judges by all rules.
pub(crate) fn judge(raw: &str, cx: &Context<'_>) -> Judged {
    let mut judged = Judged { decision: Decision::Show, reasons: Vec::new() };
    for (rule, decision) in ALL.iter().zip(decisions(raw, cx)) {
        if decision == Decision::Show {
            continue;
        }
        judged.reasons.push(rule.reason);
        if judged.decision != Decision::Hide {
            judged.decision = decision;
        }
    }
    judged.reasons.sort_unstable();
    judged.reasons.dedup();
    judged
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
