//! Walls before a service that turn programs away. Being turned away says nothing about the service, and is never evaded.

use crate::dial::Answer;

/// Headers that only a challenge carries: name, and what its value contains.
const HEADERS: [(&str, &str, &str); 2] = [
    ("cf-mitigated", "challenge", "Cloudflare asks for a proof that we are a person"),
    ("x-amzn-waf-action", "", "the AWS firewall asks for a proof that we are a person"),
];

/// Texts that only challenge pages have, lower case, and the statuses that they come with. An article about captchas is none, and an edge that
/// says 503 because the service behind it is dead is none either.
const BODIES: [(&str, &[u16], &str); 12] = [
    ("_cf_chl_opt", &[403, 429, 503], "Cloudflare asks for a proof that we are a person"),
    ("<title>just a moment...</title>", &[403, 429, 503], "Cloudflare asks for a proof that we are a person"),
    ("attention required! | cloudflare", &[403, 429], "Cloudflare turns us away"),
    ("_incapsula_resource", TURNED, "Imperva asks for a proof that we are a person"),
    ("px-captcha", TURNED, "HUMAN asks for a proof that we are a person"),
    ("captcha-delivery.com", TURNED, "DataDome asks for a proof that we are a person"),
    ("ddos-guard", TURNED, "DDoS-Guard asks for a proof that we are a browser"),
    ("g-recaptcha", TURNED, "a captcha stands before it"),
    ("h-captcha", TURNED, "a captcha stands before it"),
    ("cf-turnstile", TURNED, "a captcha stands before it"),
    ("awswafcaptcha", &[202, 403, 405], "the AWS firewall asks for a proof that we are a person"),
    ("errors.edgesuite.net", &[403], "Akamai turns us away"),
];

/// Statuses with which somebody is turned away.
const TURNED: &[u16] = &[401, 403, 405, 406, 429];

/// How much of a body is looked through.
const LOOK: usize = 64 * 1024;

/// What wall the answer is of, where it carries the mark of one.
pub(super) fn challenge(answer: &Answer) -> Option<&'static str> {
    let header = HEADERS
        .iter()
        .find(|(name, value, _)| answer.header(name).is_some_and(|v| v.to_ascii_lowercase().contains(value)));
    if let Some((_, _, what)) = header {
        return Some(what);
    }
    if !BODIES.iter().any(|(_, statuses, _)| statuses.contains(&answer.status)) {
        return None;
    }
    let body = answer.body.get(..answer.body.len().min(LOOK)).unwrap_or_default();
    let body = String::from_utf8_lossy(body).to_lowercase();
    let page = BODIES.iter().find(|(text, statuses, _)| statuses.contains(&answer.status) && body.contains(text));
    page.map(|(_, _, what)| *what)
}

/// What a status says by itself of being turned away.
pub(super) fn turned_away(status: u16) -> Option<&'static str> {
    match status {
        403 => Some("it answers 403 (forbidden) to our check"),
        429 => Some("it answers 429 (too many requests) to our check"),
        451 => Some("it answers 451 (not available for legal reasons) to our check"),
        _ => None,
    }
}
