//! Keys that say what they are: by their beginning, by the name before them, or by the lines around them.

use super::Removed;
use super::random::{Piece, goes_on};
use super::view::View;

/// Beginnings of keys and tokens that nothing else begins with, as their makers document them, in their own case.
const SURE: [&str; 41] = [
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

/// Words after which a secret stands with nothing but a blank between.
const SCHEMES: [&str; 2] = ["bearer", "basic"];

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
            !piece.plain
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
        if !Piece::of(&view.read(from, seen)).plain && seen - from >= VALUE_MIN || end > to {
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
        let Some(name) = NAMES.iter().find(|n| view.says(i, n)) else { continue };
        let behind = i + name.chars().count();
        if letter_or_digit(view.at(behind)) {
            continue;
        }
        let mut from = behind;
        let mut assigned = false;
        while from < view.len() && matches!(view.at(from), ' ' | '"' | '\'' | '`' | ':' | '=' | '>' | '“') {
            assigned |= matches!(view.at(from), ':' | '=');
            from += 1;
        }
        if !assigned {
            continue;
        }
        if SCHEMES.iter().any(|s| view.says(from, s)) {
            from = view.until(from, |c| c == ' ' || c == '\n');
            from = view.until(from, |c| c != ' ' && c != '\n');
        }
        let ends =
            |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '&' | '<' | '}' | ')' | '”');
        let seen = view.within(from, LOOK, ends);
        let piece = Piece::of(&view.read(from, seen));
        // After ":" a sentence may follow ("token: expired again"); after a word that means a secret, what follows is one.
        let sentence = piece.plain && !names_a_password(name);
        if seen - from >= VALUE_MIN && !sentence && !is_word_about_it(&view.read(from, seen)) {
            let to = view.until(seen, ends);
            let to = if piece.plain { to } else { goes_on(view, to) };
            view.mark(from, to, Removed::Key);
        }
    }
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
