//! What people are told about their texts, and what is said of texts that are not shown.

use crate::{Reason, Removed, TextState};

/// Why a text is not shown, to its author.
pub fn reason(r: Reason) -> &'static str {
    match r {
        Reason::Insult => "it reads like an insult to a person",
        Reason::Hate => "it reads like an attack on people for what they are",
        Reason::Threat => "it reads like a threat",
        Reason::Sexual => "it reads as sexual",
        Reason::Scam => "it looks like a fraud: helpers, numbers or money that are not what they seem",
        Reason::Advertising => "it looks like an advertisement",
        Reason::Personal => "it seems to tell where another person can be found",
        Reason::Noise => "it does not seem to say anything about the problem",
        Reason::Incitement => "it seems to call for an attack, or to share what was taken from others",
        Reason::Link => "it has a link that leads neither to the service nor to its status page",
        Reason::Repeated => "the same words came several times",
        Reason::Flagged => "several readers flagged it",
        Reason::Crowded => "too many texts were waiting to be looked at",
        Reason::Late => "nobody could look at it in time",
        Reason::Operator => "whoever runs this site took it away",
        Reason::Resemblance => "it reads like texts that are not shown here",
    }
}

/// What became of a text, to its author.
pub fn text_state(s: TextState) -> &'static str {
    match s {
        TextState::None => "Your report has no text.",
        TextState::Checking => {
            "Your text is being looked at. Your report itself is public already. If nobody decides within 5 minutes, the text is withheld."
        }
        TextState::Shown => "Your text is public.",
        TextState::Withheld => "Your text is not shown. Your report itself is public and counts as every other.",
        TextState::Erased => "Your text was erased.",
    }
}

/// What stands in the place of a text that is not shown.
pub fn in_its_place(s: TextState) -> Option<&'static str> {
    match s {
        TextState::Checking => Some("text is being looked at"),
        TextState::Withheld => Some("text withheld"),
        TextState::Erased => Some("text erased"),
        TextState::None | TextState::Shown => None,
    }
}

/// What was taken out of a text, to its author.
pub fn removed(all: &[Removed]) -> String {
    let name = |r: &Removed| match r {
        Removed::Key => "keys or passwords",
        Removed::Mail => "e-mail addresses",
        Removed::Number => "long numbers",
        Removed::Address => "network addresses",
    };
    let names: Vec<&str> = all.iter().map(name).collect();
    let advice = if all.contains(&Removed::Key) {
        " If a real key was in it, make a new one: it has left your hands."
    } else {
        ""
    };
    format!("We took out what should not be public: {}. What you typed was not kept.{advice}", names.join(", "))
}

/// What several people pasted. `share` is of the last hour's reports.
pub fn error_row(error: &str, share: Option<String>, count: &str) -> String {
    let (what, host) = error.split_once(' ').unwrap_or((error, ""));
    let what = if what.bytes().all(|c| c.is_ascii_digit()) { what.to_owned() } else { what.replace('_', " ") };
    let from = if host.is_empty() { String::new() } else { format!(" from {host}") };
    match share {
        Some(share) => format!("{what}{from}: {share} of reports"),
        None => format!("{what}{from}: {count}"),
    }
}

/// What was taken off the reports of the last hour. Each part is a share such as "12 %".
pub fn discounted(repeated: Option<String>, shared: Option<String>, unproven: Option<String>) -> Option<String> {
    let parts: Vec<String> = [
        repeated.map(|s| format!("{s} were repeats of one source")),
        shared.map(|s| format!("{s} came off because several came from one network")),
        unproven.map(|s| format!("{s} came off because nothing spoke for a person behind them")),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| format!("Of the reports received in the last hour, {}.", parts.join(", ")))
}

/// Whom a service that was suggested is like.
pub fn watched_already(names: &[&str]) -> String {
    format!("We already watch this: {}.", names.join(", "))
}

/// What a receipt is for.
pub fn receipt(code: &str) -> String {
    format!("Your receipt is {code}. Name it if you write to us about this.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_discounts_read_as_sentences() {
        assert_eq!(error_row("401 openrouter.ai", Some("61 %".into()), ""), "401 from openrouter.ai: 61 % of reports");
        assert_eq!(error_row("connection_refused", None, "3"), "connection refused: 3");
        assert_eq!(discounted(None, None, None), None);
        assert_eq!(
            discounted(Some("8 %".into()), None, Some("4 %".into())).unwrap(),
            "Of the reports received in the last hour, 8 % were repeats of one source, 4 % came off because nothing spoke for a person behind them."
        );
        for r in Reason::ALL {
            assert!(!reason(r).is_empty() && !reason(r).ends_with('.'));
        }
    }
}
