//! A pasted error reduced to its facts: status code, kind of error, model, endpoint, request id. The paste itself goes.

use crate::ParseError;
use serde::{Deserialize, Serialize};

/// What a pasted error says. Every field is a number, a word of a table here, or a host that the reader of facts knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Facts {
    /// HTTP status, 400 to 599.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Kind of error, a word of [`KINDS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Model, as far as [`FAMILIES`] vouch for it; at most [`MODEL_MAX`] letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Endpoint, a host of the catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The first [`REQUEST_MAX`] signs of the request id: enough to find one's own, too few to be a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// Longest model name.
pub const MODEL_MAX: usize = 48;
/// Signs of a request id that are kept.
pub const REQUEST_MAX: usize = 8;

/// How an error says what it is (lower case, compared within the text), and the word for it.
const KINDS: [(&str, &str); 47] = [
    ("invalid_api_key", "invalid_api_key"),
    ("incorrect api key", "invalid_api_key"),
    ("invalid api key", "invalid_api_key"),
    ("no auth credentials", "invalid_api_key"),
    ("authentication_error", "authentication"),
    ("invalid_grant", "authentication"),
    ("unauthorized", "authentication"),
    ("permission_error", "permission"),
    ("forbidden", "permission"),
    ("insufficient_quota", "quota"),
    ("insufficient credits", "quota"),
    ("payment required", "quota"),
    ("billing_hard_limit", "quota"),
    ("rate_limit", "rate_limit"),
    ("rate limit", "rate_limit"),
    ("too many requests", "rate_limit"),
    ("resource_exhausted", "rate_limit"),
    ("overloaded", "overloaded"),
    ("no instances available", "overloaded"),
    ("context_length_exceeded", "context_length"),
    ("maximum context length", "context_length"),
    ("model_not_found", "model_not_found"),
    ("no endpoints found", "model_not_found"),
    ("provider returned error", "provider"),
    ("content_filter", "content_filter"),
    ("service unavailable", "unavailable"),
    ("service_unavailable", "unavailable"),
    ("bad gateway", "bad_gateway"),
    ("gateway time", "gateway_timeout"),
    ("internal server error", "internal"),
    ("internal_server_error", "internal"),
    ("server_error", "internal"),
    ("nosuchbucket", "not_found"),
    ("econnrefused", "connection_refused"),
    ("connection refused", "connection_refused"),
    ("econnreset", "connection_reset"),
    ("connection reset", "connection_reset"),
    ("connection_reset", "connection_reset"),
    ("etimedout", "timeout"),
    ("timed out", "timeout"),
    ("timeout", "timeout"),
    ("enotfound", "name_not_resolved"),
    ("nxdomain", "name_not_resolved"),
    ("name_not_resolved", "name_not_resolved"),
    ("certificate", "certificate"),
    ("err_ssl", "certificate"),
    ("cloudflare", "edge"),
];

/// What names of models begin with; where that is a letter and a digit, nothing of either follows.
const FAMILIES: [&str; 45] = [
    "gpt-",
    "chatgpt-",
    "o1",
    "o3",
    "o4",
    "text-embedding-",
    "dall-e",
    "whisper-",
    "tts-",
    "sora",
    "claude-",
    "gemini-",
    "gemma-",
    "palm-",
    "llama-",
    "meta-llama",
    "mistral",
    "mixtral",
    "ministral",
    "codestral",
    "pixtral",
    "deepseek",
    "qwen",
    "qwq-",
    "grok-",
    "command-",
    "phi-",
    "nova-",
    "jamba",
    "kimi",
    "glm-",
    "yi-",
    "minimax",
    "hermes",
    "nemotron",
    "dbrx",
    "sonar",
    "stable-",
    "sdxl",
    "flux",
    "veo",
    "imagen",
    "titan-",
    "granite",
    "lfm-",
];

/// Names after which a status stands.
const STATUS_NAMES: [&str; 9] = ["status", "code", "http", "http/1.1", "http/2", "error", "erreur", "erro", "fehler"];

/// Statuses that are told by their number alone, without a name before it.
const PLAIN: [u16; 26] = [
    400, 401, 402, 403, 404, 405, 408, 409, 413, 418, 422, 429, 451, 500, 501, 502, 503, 504, 520, 521, 522, 523, 524,
    525, 526, 529,
];

impl Facts {
    /// Longest pasted error, characters as typed: a page of a log. Nothing of it is kept but its facts.
    pub const PASTED_MAX: usize = 2_000;

    /// Whether what was pasted is short enough to be read.
    ///
    /// # Errors
    /// When it has more than [`Facts::PASTED_MAX`] characters, a line break counting as one though browsers send two.
    pub fn check_length(pasted: &str) -> Result<(), ParseError> {
        if pasted.chars().filter(|c| *c != '\r').count() > Facts::PASTED_MAX {
            return Err(ParseError::new("error", format!("must have at most {} characters", Facts::PASTED_MAX)));
        }
        Ok(())
    }

    /// Reads what `text` says; `known` tells whether a host (lower case) is one of the catalogue's. `None` when there is
    /// nothing in it. `text` may be anything; nothing of it is kept but what the fields allow.
    pub fn of(text: &str, known: impl Fn(&str) -> bool) -> Option<Facts> {
        // Most reports paste nothing, and those of a flood do not either.
        if text.is_empty() {
            return None;
        }
        Facts::beside(text, &crate::redact::redact(text), known)
    }

    /// The same of a text that is redacted already: `redacted` is what is left of `text`.
    pub fn beside(text: &str, redacted: &str, known: impl Fn(&str) -> bool) -> Option<Facts> {
        // What is taken out of texts is no fact either, nor is a piece of it.
        let lower = redacted.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !of_a_word(c)).filter(|w| !w.is_empty()).collect();
        let facts = Facts {
            status: status(&words),
            kind: KINDS.iter().find(|(said, _)| lower.contains(said)).map(|(_, kind)| (*kind).to_owned()),
            model: words.iter().find_map(|w| model(w)),
            host: words.iter().find_map(|w| host(w, &known)),
            request: request(text),
        };
        (facts != Facts::default()).then_some(facts)
    }

    /// What reports of one error have in common: status and endpoint, or the kind of error where there is no status.
    pub fn cluster(&self) -> Option<String> {
        let what = self.status.map(|s| s.to_string()).or_else(|| self.kind.clone())?;
        Some(match &self.host {
            Some(host) => format!("{what} {host}"),
            None => what,
        })
    }
}

fn of_a_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | ':')
}

fn status(words: &[&str]) -> Option<u16> {
    let number = |w: &str| w.trim_matches(['.', ':', '-', '/']).parse::<u16>().ok().filter(|n| (400..600).contains(n));
    let named = words.windows(2).find_map(|w| {
        let name = w[0].trim_matches([':', '.', '/', '_', '-']);
        STATUS_NAMES.iter().any(|n| name.ends_with(n)).then(|| number(w[1])).flatten()
    });
    let glued = || {
        // "error:503", "code=429" is two words already, "e503" is npm's.
        words.iter().find_map(|w| {
            let at = w.find(|c: char| c.is_ascii_digit())?;
            let (name, rest) = w.split_at(at);
            let name = name.trim_end_matches([':', '-', '_', '/']);
            (name == "e" || STATUS_NAMES.contains(&name)).then(|| number(rest)).flatten()
        })
    };
    named.or_else(glued).or_else(|| words.iter().filter_map(|w| number(w)).find(|n| PLAIN.contains(n)))
}

fn model(word: &str) -> Option<String> {
    let word = word.trim_matches(['.', ':', '-', '/', '_']);
    let name = word.rsplit('/').next().unwrap_or(word);
    let version = name.chars().any(|c| c.is_ascii_digit()) || name.contains('-');
    let ok = version
        && name.len() <= MODEL_MAX
        && FAMILIES.iter().any(|f| is_of(name, f))
        && !name.contains("..")
        && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'.' | b'-' | b':' | b'_'))
        // A name is made of words and versions, not of what a key is made of.
        && crate::redact::redact(name) == name;
    ok.then(|| name.to_owned())
}

fn is_of(name: &str, family: &str) -> bool {
    let short = family.len() == 2;
    name.strip_prefix(family).is_some_and(|rest| !(short && rest.starts_with(char::is_alphanumeric)))
}

fn host(word: &str, known: &impl Fn(&str) -> bool) -> Option<String> {
    let rest = word.split_once("//").map_or(word, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next()?.trim_matches('.');
    let plain = host.len() <= 253
        && host.contains('.')
        && host.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-'));
    (plain && known(host) && crate::redact::redact(host) == host).then(|| host.to_owned())
}

/// The beginning of a request id that its maker marks as one.
fn request(text: &str) -> Option<String> {
    const NAMES: [&str; 7] = ["request_id", "request-id", "request id", "requestid", "cf-ray", "x-ray", "trace_id"];
    let lower = text.to_ascii_lowercase();
    let from = NAMES.iter().find_map(|n| lower.find(n).map(|i| i + n.len()))?;
    let value = lower.get(from..)?.trim_start_matches([' ', ':', '=', '"', '\'']);
    let value = value.strip_prefix("req_").or_else(|| value.strip_prefix("gen-")).unwrap_or(value);
    let id: String = value.chars().take_while(char::is_ascii_alphanumeric).take(REQUEST_MAX).collect();
    (id.len() == REQUEST_MAX && id.bytes().any(|c| c.is_ascii_digit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> Facts {
        Facts::of(text, |h| h == "openrouter.ai" || h.ends_with(".openai.com")).unwrap_or_default()
    }

    fn told(text: &str) -> (Option<u16>, Option<String>, Option<String>, Option<String>) {
        let f = facts(text);
        (f.status, f.kind, f.model, f.host)
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is compared with what may be none")]
    fn some(s: &str) -> Option<String> {
        Some(s.to_owned())
    }

    #[test]
    fn a_pasted_error_is_reduced_to_its_facts() {
        assert_eq!(
            told(
                "openai.AuthenticationError: Error code: 401 - {'error': {'message': 'No auth credentials found', 'code': 401}} POST https://openrouter.ai/api/v1/chat/completions model=anthropic/claude-3.5-sonnet"
            ),
            (Some(401), some("invalid_api_key"), some("claude-3.5-sonnet"), some("openrouter.ai"))
        );
        assert_eq!(told("HTTP/1.1 429 Too Many Requests"), (Some(429), some("rate_limit"), None, None));
        assert_eq!(told("npm ERR! code E503"), (Some(503), None, None, None));
        assert_eq!(
            told("HTTPSConnectionPool(host='api.openai.com', port=443): Read timed out. (gpt-4o-mini)"),
            (None, some("timeout"), some("gpt-4o-mini"), some("api.openai.com"))
        );
        assert_eq!(told("401 since 9am ???").0, Some(401));
        assert_eq!(told("paid 450 dollars, flight 417"), (None, None, None, None));
        assert_eq!(Facts::of("it is down", |_| true), None);
    }

    #[test]
    fn only_the_catalogues_hosts_and_the_tables_words_are_kept() {
        let f =
            facts("503 from https://buy-my-shop.example.net/x, model evil-corp-9000, request_id: req_0123456789abcdef");
        assert_eq!((f.host, f.model, f.request), (None, None, some("01234567")));
        assert_eq!(facts("model: gpt-sk0A9b8C7d6E5f4G3h2I1j0").model, None);
    }

    #[test]
    fn no_piece_of_what_is_taken_out_of_a_text_becomes_a_fact() {
        for text in [
            "sk proj 9Q8w o3cot 7E6r5T4y o1 3U2i1O0p",
            "password: o3-mini-503",
            "Bearer gpt-4oAb3dEf6h/gpt-4o-Ij9kLm2nOp5qRs8t",
            "AK IA o1 3U o3 RX PS 7K o4 9x",
            "call 401 555 0199",
            "https://example.net/x?model=gpt-4o",
        ] {
            assert_eq!(facts(text).model, None, "{text}");
            assert_eq!(facts(text).status, None, "{text}");
        }
        for (text, model) in [("o3 is slow", "o3"), ("model=o1-mini", "o1-mini"), ("openai/o4-mini", "o4-mini")] {
            assert_eq!(facts(text).model, some(model), "{text}");
        }
        assert_eq!(facts("o3cot").model, None);
    }

    #[test]
    fn reports_of_one_error_meet_in_one_cluster() {
        let a = facts("Error code: 401 at openrouter.ai").cluster();
        assert_eq!(a, some("401 openrouter.ai"));
        assert_eq!(a, facts("{\"code\":401} https://openrouter.ai/api/v1/key invalid api key").cluster());
        assert_eq!(facts("connect ECONNREFUSED").cluster(), some("connection_refused"));
        assert_eq!(facts("gpt-4o is bad").cluster(), None);
    }
}
