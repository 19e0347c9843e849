//! Words of moderation: what became of a report's text, why, and who decided.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What may be done with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Everybody may read it.
    Show,
    /// A person should look at it first; what nobody has looked at in time is withheld.
    Hold,
    /// Nobody may read it but its author and the operators.
    Hide,
}

impl Decision {
    /// As the journal, the archive and the metrics have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Show => "show",
            Decision::Hold => "hold",
            Decision::Hide => "hide",
        }
    }

    /// Reads what [`Decision::as_str`] gives.
    pub fn parse(word: &str) -> Option<Decision> {
        [Decision::Show, Decision::Hold, Decision::Hide].into_iter().find(|d| d.as_str() == word)
    }
}

/// Why a text is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Insults a person.
    Insult,
    /// Attacks people for what they are.
    Hate,
    /// Threatens.
    Threat,
    /// Sexual.
    Sexual,
    /// A fraud: false helpers, false numbers, money for nothing.
    Scam,
    /// Advertises something.
    Advertising,
    /// Tells where another person can be found.
    Personal,
    /// Says nothing: keys pressed at random, floods of signs, chain letters.
    Noise,
    /// Calls for attacks, or shares what was stolen.
    Incitement,
    /// A link that does not lead to the service or its status page.
    Link,
    /// The same long text came several times.
    Repeated,
    /// Readers flagged it.
    Flagged,
    /// Too many texts were waiting for a person.
    Crowded,
    /// Nobody looked at it in time.
    Late,
    /// An operator took it away, for a reason of its own.
    Operator,
    /// It resembles texts that must not be shown; no rule says why.
    Resemblance,
}

impl Reason {
    /// All of them, in the order in which they are told.
    pub const ALL: [Reason; 16] = [
        Reason::Insult,
        Reason::Hate,
        Reason::Threat,
        Reason::Sexual,
        Reason::Scam,
        Reason::Advertising,
        Reason::Personal,
        Reason::Noise,
        Reason::Incitement,
        Reason::Link,
        Reason::Repeated,
        Reason::Flagged,
        Reason::Crowded,
        Reason::Late,
        Reason::Operator,
        Reason::Resemblance,
    ];

    /// As the journal and the API have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Insult => "insult",
            Reason::Hate => "hate",
            Reason::Threat => "threat",
            Reason::Sexual => "sexual",
            Reason::Scam => "scam",
            Reason::Advertising => "advertising",
            Reason::Personal => "personal",
            Reason::Noise => "noise",
            Reason::Incitement => "incitement",
            Reason::Link => "link",
            Reason::Repeated => "repeated",
            Reason::Flagged => "flagged",
            Reason::Crowded => "crowded",
            Reason::Late => "late",
            Reason::Operator => "operator",
            Reason::Resemblance => "resemblance",
        }
    }

    /// Reads what [`Reason::as_str`] gives.
    pub fn parse(word: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|r| r.as_str() == word)
    }
}

/// What everybody sees of a report's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextState {
    /// The report has none.
    #[default]
    None,
    /// It waits for a person, until its time is over.
    Checking,
    /// It is shown.
    Shown,
    /// "Text withheld."
    Withheld,
    /// Its author or an operator had it erased, or its time is over.
    Erased,
}

impl TextState {
    /// As the journal, the archive and the API have it.
    pub fn as_str(self) -> &'static str {
        match self {
            TextState::None => "none",
            TextState::Checking => "checking",
            TextState::Shown => "shown",
            TextState::Withheld => "withheld",
            TextState::Erased => "erased",
        }
    }

    /// Reads what [`TextState::as_str`] gives.
    pub fn parse(word: &str) -> Option<TextState> {
        [TextState::None, TextState::Checking, TextState::Shown, TextState::Withheld, TextState::Erased]
            .into_iter()
            .find(|s| s.as_str() == word)
    }
}

impl From<Decision> for TextState {
    fn from(d: Decision) -> TextState {
        match d {
            Decision::Show => TextState::Shown,
            Decision::Hold => TextState::Checking,
            Decision::Hide => TextState::Withheld,
        }
    }
}

/// Who decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Decider {
    /// The rules, of this version.
    Rules {
        /// Which version of them.
        version: u32,
    },
    /// Time: nobody had decided before a text's time was over.
    Clock,
    /// Readers, by flagging it.
    Readers,
    /// An operator.
    Operator {
        /// Who.
        name: Actor,
    },
}

/// Name of an operator: 1 to 40 letters, digits, dots, hyphens and underscores.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Actor(String);

impl Actor {
    /// Reads a name.
    ///
    /// # Errors
    /// When it is empty, too long or has another sign.
    pub fn parse(name: &str) -> Result<Actor, crate::ParseError> {
        let ok = (1..=40).contains(&name.chars().count())
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
        if ok {
            Ok(Actor(name.to_owned()))
        } else {
            Err(crate::ParseError::new("actor", "must be 1 to 40 letters, digits, dots, hyphens and underscores"))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Actor {
    type Error = crate::ParseError;
    fn try_from(s: String) -> Result<Self, crate::ParseError> {
        Actor::parse(&s)
    }
}

impl From<Actor> for String {
    fn from(a: Actor) -> String {
        a.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for r in Reason::ALL {
            assert_eq!(Reason::parse(r.as_str()), Some(r));
            assert_eq!(serde_json::to_string(&r).unwrap(), format!("\"{}\"", r.as_str()));
        }
        for s in [TextState::None, TextState::Checking, TextState::Shown, TextState::Withheld, TextState::Erased] {
            assert_eq!(TextState::parse(s.as_str()), Some(s));
        }
        assert!(Actor::parse("jo.smith").is_ok() && Actor::parse("").is_err() && Actor::parse("a b").is_err());
    }
}
