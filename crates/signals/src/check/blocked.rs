//! Walls before a service that turn programs away. Being turned away says nothing about the service, and is never evaded.

use crate::dial::Answer;

/// Headers that only a challenge carries: name, and what its value contains.
const HEADERS: [(&str, &str, &str); 4] = [
    ("cf-mitigated", "challenge", "Cloudflare asks for a proof that we are a person"),
    ("x-amzn-waf-action", "", "the AWS firewall asks for a proof that we are a person"),
    ("x-datadome", "protected", "DataDome asks for a proof that we are a person"),
    ("server", "ddos-guard", "DDoS-Guard asks for a proof that we are a browser"),
];

/// Texts that only challenge pages have, lower case. They are looked for where the status is one that such pages come with: an article
/// about captchas is none.
const BODIES: [(&str, &str); 11] = [
    ("/cdn-cgi/challenge-platform/", "Cloudflare asks for a proof that we are a person"),
    ("<title>just a moment...</title>", "Cloudflare asks for a proof that we are a person"),
    ("attention required! | cloudflare", "Cloudflare turns us away"),
    ("_incapsula_resource", "Imperva asks for a proof that we are a person"),
    ("px-captcha", "HUMAN asks for a proof that we are a person"),
    ("captcha-delivery.com", "DataDome asks for a proof that we are a person"),
    ("g-recaptcha", "a captcha stands before it"),
    ("h-captcha", "a captcha stands before it"),
    ("cf-turnstile", "a captcha stands before it"),
    ("awswafcaptcha", "the AWS firewall asks for a proof that we are a person"),
    ("errors.edgesuite.net", "Akamai turns us away"),
];

/// Statuses that challenge pages come with. (202 is what one of them says while it works.)
const STATUSES: [u16; 7] = [202, 401, 403, 405, 406, 429, 503];

/// How much of a body is looked through.
const LOOK: usize = 64 * 1024;

/// What wall the answer is of, where it carries the mark of one.
pub(super) fn challenge(answer: &Answer) -> Option<&'static str> {
    let odd = STATUSES.contains(&answer.status);
    let header = HEADERS.iter().find(|(name, value, _)| {
        // A name of a server alone is no challenge, it must also turn away.
        (odd || *name != "server") && answer.header(name).is_some_and(|v| v.to_ascii_lowercase().contains(value))
    });
    if let Some((_, _, what)) = header {
        return Some(what);
    }
    if !odd {
        return None;
    }
    let body = answer.body.get(..answer.body.len().min(LOOK)).unwrap_or_default();
    let body = String::from_utf8_lossy(body).to_lowercase();
    BODIES.iter().find(|(text, _)| body.contains(text)).map(|(_, what)| *what)
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
