//! Keys that say what they are: by their beginning, by the name before them, or by the lines around them.

use super::Removed;
use super::random::{Piece, RUN, goes_on};
use super::view::View;

/// Beginnings of keys and tokens that nothing else begins with, as their makers document them, in their own case.
const SURE: [&str; 43] = [
    "sk-or-",
    "sk-ant-",
    "sk-proj-",
    "sk-svcacct-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "rk_test_",
    "pk_live_",
    "pk_test_",
    "whsec_",
    "pplx-",
    "nvapi-",
    "tgp_v1_",
    "AIza",
    "ya29.",
    "GOCSPX-",
    "AKIA",
    "ASIA",
    "ABIA",
    "ACCA",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "glrt-",
    "glsoat-",
    "xoxb-",
    "xoxc-",
    "xoxd-",
    "xoxp-",
    "xoxa-",
    "xoxr-",
    "xoxs-",
    "xapp-",
    "dop_v1_",
    "doo_v1_",
    "shpat_",
    "lin_api_",
    "ATATT3",
];

/// Beginnings with which words begin too: what follows must be no word.
const LIKELY: [&str; 22] = [
    "sk-", "gsk_", "xai-", "hf_", "r8_", "fw_", "csk-", "jina_", "voy-", "pa-", "xoxe-", "xoxe.", "eyJ", "npm_",
    "pypi-", "SG.", "key-", "ntn_", "secret_", "dapi", "cfat_", "tskey-",
];

/// Names whose value is a secret, whatever it looks like.
const NAMES: [&str; 31] = [
    "api_key",
    "api-key",
    "apikey",
    "api key",
    "x-api-key",
    "api_token",
    "access_token",
    "refresh_token",
    "id_token",
    "auth_token",
    "token",
    "access key",
    "secret key",
    "client_secret",
    "secret_key",
    "secret",
    "password",
    "passwd",
    "passwort",
    "contraseña",
    "senha",
    "mot de passe",
    "şifre",
    "parola",
    "pwd",
    "authorization",
    "cookie",
    "session_id",
    "sessionid",
    "private_key",
    "key",
];

/// Names of passwords that are short for other things as well: the value has to look like one.
const SHORT_NAMES: [&str; 3] = ["pass", "pw", "passphrase"];

/// Names of what a query carries, where it is glued to its value.
const IN_QUERIES: [&str; 12] =
    ["sig", "signature", "code", "jsessionid", "phpsessid", "sid", "session", "auth", "jwt", "otp", "ticket", "pass"];

/// Names of headers whose value is a secret, also one that reads like a word.
const HEADERS: [&str; 4] = ["x-api-key", "x-auth-token", "authorization", "proxy-authorization"];

/// What stands between "my password" and what it is.
const IS: [&str; 11] = ["is", "was", "=", "ist", "war", "es", "é", "e", "est", "è", "era"];

/// Words after which a secret stands with nothing but a blank between.
const SCHEMES: [&str; 2] = ["bearer", "basic"];

/// Letters in a row from this length on are taken for a secret where one is to be expected.
const EXPECTED: usize = 16;

/// A value after a name is one from this length on; "token: no" is none.
const VALUE_MIN: usize = 4;

/// So many signs of a value are looked at to tell whether it is one. Nothing else would bound what a text of beginnings
/// costs.
const LOOK: usize = 256;

pub(super) fn mark(view: &mut View) {
    blocks(view);
    schemes(view);
    beginnings(view);
    names(view);
}

fn letter_or_digit(c: char) -> bool {
    c.is_alphanumeric()
}

/// Signs of which keys are made.
pub(super) fn of_a_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | '=' | '~' | '%')
}

/// `-----BEGIN …` up to the end of `-----END …-----`, or of the text: the middle alone is a secret too.
fn blocks(view: &mut View) {
    let mut i = 0;
    while i < view.len() {
        if !(view.says(i, "-----begin") || view.says(i, "---- begin")) {
            i += 1;
            continue;
        }
        let end = (i..view.len()).find(|k| view.says(*k, "-----end") || view.says(*k, "---- end"));
        let to = end.map_or(view.len(), |e| view.until(e, |c| c == '\n'));
        view.mark(i, to, Removed::Key);
        i = to;
    }
}

fn starts_a_word(view: &View, i: usize) -> bool {
    i == 0 || !letter_or_digit(view.at(i - 1))
}

fn beginnings(view: &mut View) {
    for i in 0..view.len() {
        if !starts_a_word(view, i) {
            continue;
        }
        let begins = |b: &&&str| view.read(i, i + b.len()) == **b;
        let sure = SURE.iter().find(begins);
        let Some(beginning) = sure.or_else(|| LIKELY.iter().find(begins)) else { continue };
        let body = i + beginning.len();
        let seen = view.within(body, LOOK, |c| !of_a_key(c));
        let piece = Piece::of(&view.read(body, seen));
        // A short rest may be the beginning of a key that goes on after a blank.
        let is_key = if sure.is_some() {
            piece.letters_and_digits > 0
        } else {
            let run = view.within(body, LOOK, |c| !c.is_ascii_alphanumeric()) - body;
            run >= EXPECTED
                || !piece.plain
                    && (piece.letters_and_digits >= 6 || piece.letters_and_digits >= 2 && goes_on(view, seen) > seen)
        };
        if is_key {
            let to = goes_on(view, view.until(seen, |c| !of_a_key(c)));
            view.mark(i, to, Removed::Key);
        }
    }
}

fn schemes(view: &mut View) {
    for i in 0..view.len() {
        let Some(word) = SCHEMES.iter().find(|s| starts_a_word(view, i) && view.says(i, s)) else { continue };
        let blank = i + word.len();
        let from = view.until(blank, |c| !matches!(c, ' ' | ':' | '\n' | '\t'));
        if from == blank {
            continue;
        }
        let seen = view.within(from, LOOK, |c| !of_a_key(c));
        let to = view.until(seen, |c| !of_a_key(c));
        let end = goes_on(view, to);
        let value = view.read(from, seen);
        let expected = *word == "bearer" && seen - from >= EXPECTED && !speaks_of_it(&value);
        if expected || !Piece::of(&value).plain && seen - from >= VALUE_MIN || end > to {
            view.mark(from, end, Removed::Key);
        }
    }
}

fn names(view: &mut View) {
    for i in 0..view.len() {
        // `OPENROUTER_API_KEY=…` has the name as its end.
        if i > 0 && view.at(i - 1).is_alphanumeric() {
            continue;
        }
        let Some((name, behind)) = name(view, i) else { continue };
        let mut from = behind;
        let mut assigned = false;
        while from < view.len() && matches!(view.at(from), ' ' | '"' | '\'' | '`' | ':' | '=' | '>' | '“') {
            assigned |= matches!(view.at(from), ':' | '=');
            from += 1;
        }
        let glued = from == behind + 1 && view.at(behind) == '=';
        let told = !assigned && view.at(behind) == ' ';
        if told {
            let Some(value) = told_value(view, from) else { continue };
            from = value;
        }
        if !assigned && !told || IN_QUERIES.contains(&name) && !glued && !SHORT_NAMES.contains(&name) {
            continue;
        }
        let mut schemed = false;
        if SCHEMES.iter().any(|s| view.says(from, s)) {
            from = view.until(from, |c| c == ' ' || c == '\n');
            from = view.until(from, |c| c != ' ' && c != '\n');
            schemed = true;
        }
        let ends =
            |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '&' | '<' | '}' | ')' | '”');
        let seen = view.within(from, LOOK, ends);
        let value = view.read(from, seen);
        let piece = Piece::of(&value);
        let in_query = glued && (i > 0 && matches!(view.at(i - 1), '?' | '&' | ';') || view.at(seen) == '&');
        let header = HEADERS.contains(&name) && (schemed || name.starts_with("x-") || seen - from >= EXPECTED);
        let is_secret = if told || SHORT_NAMES.contains(&name) {
            looks_like_a_password(&value, &piece)
        } else if IN_QUERIES.contains(&name) {
            in_query
        } else {
            // After ":" a sentence may follow ("token: expired again"); after a word that means a secret, what follows is one.
            !piece.plain
                || in_query
                || names_a_password(name)
                || header && !speaks_of_it(&value)
                || glued && piece.camel && piece.letters_and_digits >= RUN
        };
        if seen - from >= VALUE_MIN && is_secret && !is_word_about_it(&value) {
            let to = view.until(seen, ends);
            let to = if piece.plain { to } else { goes_on(view, to) };
            view.mark(from, to, Removed::Key);
        }
    }
}

/// The name of a secret that stands at `i`, and where it ends.
fn name(view: &View, i: usize) -> Option<(&'static str, usize)> {
    let all = NAMES.iter().chain(&HEADERS).chain(&SHORT_NAMES).chain(&IN_QUERIES);
    all.map(|name| (*name, i + name.chars().count()))
        .find(|(name, behind)| view.says(i, name) && !letter_or_digit(view.at(*behind)))
}

/// Where a value begins behind "my password is".
fn told_value(view: &View, from: usize) -> Option<usize> {
    let to = view.within(from, VALUE_MIN, |c| c == ' ');
    let is = IS.iter().any(|is| to - from == is.chars().count() && view.says(from, is));
    (is && view.at(to) == ' ').then(|| view.within(to, VALUE_MIN, |c| !matches!(c, ' ' | '"' | '\'' | '`' | '“')))
}

/// Letters with digits behind them, or what nobody writes.
fn looks_like_a_password(value: &str, piece: &Piece) -> bool {
    let ends_in_digits = value.ends_with(|c: char| c.is_ascii_digit()) && value.starts_with(char::is_alphabetic);
    piece.letters_and_digits >= VALUE_MIN && (!piece.plain || ends_in_digits)
}

/// "Bearer authentication failed", "Authorization: Bearer token is missing".
fn speaks_of_it(value: &str) -> bool {
    const ABOUT: [&str; 7] = ["authenti", "autenti", "authori", "autori", "token", "header", "kimlik"];
    let value = value.to_lowercase();
    ABOUT.iter().any(|a| value.starts_with(a))
}

fn names_a_password(name: &str) -> bool {
    matches!(
        name,
        "password" | "passwd" | "passwort" | "contraseña" | "senha" | "mot de passe" | "şifre" | "parola" | "pwd"
    )
}

/// What people write behind "password:" when it is no password.
fn is_word_about_it(value: &str) -> bool {
    const ABOUT: [&str; 18] = [
        "wrong",
        "invalid",
        "incorrect",
        "expired",
        "null",
        "none",
        "empty",
        "true",
        "false",
        "required",
        "missing",
        "rejected",
        "undefined",
        "falsch",
        "incorrecta",
        "incorreta",
        "reset",
        "failed",
    ];
    let value = value.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    ABOUT.contains(&value.as_str())
}
