//! What leads to a person: mail addresses, numbers that are telephones or cards, network addresses, and what web addresses
//! carry besides the place they name.

use super::Removed;
use super::view::View;

pub(super) fn mark(view: &mut View) {
    web(view);
    mail(view);
    addresses(view);
}

fn ends_a_word(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '"' | '\'' | '`' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | '|' | '‹' | '›')
}

/// `//user:password@host` loses user and password, `?a=b` and `#…` lose all, as does `?a=b` of an address without a host.
fn web(view: &mut View) {
    queries(view);
    let mut i = 0;
    while i + 3 < view.len() {
        if !view.says(i, "://") {
            i += 1;
            continue;
        }
        let from = i + 3;
        let to = view.until(from, |c| ends_a_word(c) || c == '\\');
        let host_end = view.until(from, |c| ends_a_word(c) || matches!(c, '/' | '?' | '#' | '\\')).min(to);
        if let Some(at) = (from..host_end).rev().find(|k| view.at(*k) == '@') {
            view.mark(from, at, Removed::Key);
        }
        if let Some(query) = (from..to).find(|k| matches!(view.at(*k), '?' | '#')).filter(|q| q + 1 < to) {
            view.mark(query + 1, to, Removed::Key);
        }
        i = to.max(i + 3);
    }
}

/// `?name=value`, wherever it stands.
fn queries(view: &mut View) {
    let mut i = 0;
    while i < view.len() {
        if view.at(i) != '?' {
            i += 1;
            continue;
        }
        let name = view.until(i + 1, |c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']')));
        if name == i + 1 || view.at(name) != '=' {
            i = name;
            continue;
        }
        let to = view.until(name, |c| ends_a_word(c) || c == '\\');
        if to > name + 1 {
            view.mark(i + 1, to, Removed::Key);
        }
        i = to.max(i + 1);
    }
}

fn of_a_mailbox(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%' | ':' | '~' | '!' | '#' | '$' | '&' | '*' | '=')
}

fn of_a_host(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || c == '.'
}

/// `name@host.tld`, with blanks around the sign or with "(at)" and "(dot)" instead of signs.
fn mail(view: &mut View) {
    const AT: [&str; 8] = ["@", "(at)", "[at]", "{at}", " at ", "(arroba)", "[arroba]", "＠"];
    const DOT: [&str; 8] = [".", "(dot)", "[dot]", "{dot}", " dot ", "(punkt)", " punkt ", " punto "];
    let mut i = 0;
    while i < view.len() {
        let Some(sign) = AT.iter().find(|a| view.says(i, a)) else {
            i += 1;
            continue;
        };
        let length = sign.chars().count();
        let spoken = *sign == " at ";
        let mut name_end = i;
        while name_end > 0 && view.at(name_end - 1) == ' ' && i - name_end < 2 {
            name_end -= 1;
        }
        let name = view.back(name_end, |c| !of_a_mailbox(c));
        let host = (i + length..i + length + 3).find(|k| of_a_host(view.at(*k))).unwrap_or(view.len());
        let mut to = view.until(host, |c| !of_a_host(c) || c == '.');
        let mut dots = 0;
        loop {
            let bracket = to + usize::from(view.at(to) == ' ' && matches!(view.at(to + 1), '(' | '[' | '{'));
            let Some(dot) = DOT.iter().find(|d| view.says(bracket, d)) else { break };
            let label = bracket + dot.chars().count();
            let label = if *dot == "." { label } else { view.until(label, |c| c != ' ') };
            let end = view.until(label, |c| !of_a_host(c) || c == '.');
            if end == label {
                break;
            }
            // "at openai.com" is a place, "at gmail dot com" is how an address is hidden.
            dots += usize::from(!spoken || *dot != ".");
            to = end;
        }
        if name < name_end && dots > 0 && to > host {
            view.mark(name, to, Removed::Mail);
            i = to;
        } else {
            i += length;
        }
    }
}

/// IPv4, IPv6 and hardware addresses.
fn addresses(view: &mut View) {
    spelled(view);
    let mut i = 0;
    while i < view.len() {
        let sign = |c: char| c.is_ascii_hexdigit() || c == '.' || c == ':';
        let before = if i > 0 { view.at(i - 1) } else { ' ' };
        // "ip203.0.113.7"; but "v1.2.3.4" is a version.
        let glued = before.is_alphabetic() && !matches!(before, 'v' | 'V') && view.at(i).is_ascii_digit();
        if !sign(view.at(i)) || before.is_alphanumeric() && !glued {
            i += 1;
            continue;
        }
        let end = view.until(i, |c| !sign(c));
        let mut to = end;
        // A full stop or colon at the end belongs to the sentence.
        while to > i && matches!(view.at(to - 1), '.' | ':') && !(to >= 2 && view.at(to - 2) == ':') {
            to -= 1;
        }
        let word = view.read(i, to);
        if !view.at(to).is_alphanumeric() && (is_v4(&word) || !glued && is_v6(&word)) {
            view.mark(i, to, Removed::Address);
        }
        i = if glued { i + 1 } else { end.max(i + 1) };
    }
}

/// IPv4 with dots that are no dots: `203[.]0[.]113[.]7`.
fn spelled(view: &mut View) {
    const DOT: [&str; 7] = [".", "[.]", "(.)", "{.}", "[dot]", "(dot)", " dot "];
    for i in 0..view.len() {
        if !view.at(i).is_ascii_digit() || i > 0 && view.at(i - 1).is_ascii_digit() {
            continue;
        }
        let (mut from, mut plain) = (i, true);
        for part in 0..4 {
            let to = view.within(from, 4, |c| !c.is_ascii_digit());
            if !view.read(from, to).parse::<u16>().is_ok_and(|n| n < 256) {
                break;
            }
            if part == 3 {
                if !plain && !view.at(to).is_alphanumeric() {
                    view.mark(i, to, Removed::Address);
                }
                break;
            }
            let Some(dot) = DOT.iter().find(|d| view.says(to, d)) else { break };
            plain &= *dot == ".";
            from = to + dot.len();
        }
    }
}

fn is_v4(word: &str) -> bool {
    let host = word.split(':').next().unwrap_or_default();
    let parts: Vec<&str> = host.split('.').collect();
    parts.len() == 4 && parts.iter().all(|p| p.len() <= 3 && p.parse::<u16>().is_ok_and(|n| n < 256))
}

/// A status of HTTP, as people list them.
fn is_status(digits: &str) -> bool {
    let code = if digits.len() == 3 { digits.parse().unwrap_or(0) } else { 0 };
    matches!(code, 100..=103 | 200..=208 | 226 | 300..=308 | 400..=431 | 451 | 499 | 500..=511 | 520..=530 | 598 | 599)
}

fn is_v6(word: &str) -> bool {
    if word.contains('.') {
        // With an IPv4 address at its end, as logs of servers for both write it.
        return word.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let groups: Vec<&str> = word.split(':').collect();
    let filled = groups.iter().filter(|g| !g.is_empty()).count();
    let hex = groups.iter().all(|g| g.len() <= 4 && g.bytes().all(|c| c.is_ascii_hexdigit()));
    hex && (filled >= 5 || word.contains("::") && filled >= 2)
}

/// Digits of a number that is told from a count: local telephone numbers have 7 or more.
const NUMBER_MIN: usize = 7;
/// Digits of one that goes on in the next line, where a list of counts may stand, too.
const LINES_MIN: usize = 9;

/// Long numbers, with the signs people put between their digits.
pub(super) fn numbers(view: &mut View) {
    let mut i = 0;
    while i < view.len() {
        if !view.at(i).is_ascii_digit() || i > 0 && view.at(i - 1).is_alphanumeric() {
            i += 1;
            continue;
        }
        let (mut groups, mut to) = groups(view, i);
        // "00a": the last digits belong to a word.
        if view.at(to).is_alphabetic() && groups.len() > 1 {
            groups.pop();
            to = groups.last().map_or(to, |g| g.1);
        }
        let digits = |groups: &[(usize, usize)]| -> usize { groups.iter().map(|g| g.1 - g.0).sum() };
        let line = groups.windows(2).position(|g| (g[0].1..g[1].0).any(|k| view.at(k) == '\n'));
        if let Some(last) = line.filter(|_| digits(&groups) < LINES_MIN) {
            groups.truncate(last + 1);
            to = groups[last].1;
        }
        let counted = digits(&groups);
        let text = |g: &(usize, usize)| view.read(g.0, g.1);
        let date = groups.len() == 1 && is_day(&text(&groups[0]));
        let statuses = groups.iter().all(|g| is_status(&text(g)));
        let years = groups.iter().all(|g| g.1 - g.0 == 4 && (view.says(g.0, "19") || view.says(g.0, "20")));
        let years = years && !is_card(&groups.iter().map(text).collect::<Vec<_>>());
        let a_word = view.at(to).is_alphabetic();
        if counted >= NUMBER_MIN && !date && !statuses && !years && !a_word {
            view.mark(i, to, Removed::Number);
        }
        i = to.max(i + 1);
    }
}

/// Whether four groups that could be years are the number of a card: its last digit is right, and they are in no order.
fn is_card(groups: &[String]) -> bool {
    let sum = groups.concat().bytes().rev().enumerate().fold(0, |sum, (i, c)| {
        let digit = u32::from(c - b'0') * if i % 2 == 1 { 2 } else { 1 };
        sum + digit / 10 + digit % 10
    });
    groups.len() == 4 && sum % 10 == 0 && !groups.is_sorted() && !groups.iter().rev().is_sorted()
}

/// Groups of digits that belong to one number, and where it ends. Days and times stand for themselves.
fn groups(view: &View, from: usize) -> (Vec<(usize, usize)>, usize) {
    let mut groups = Vec::new();
    let mut at = from;
    let (mut counted, mut whole) = (0, NUMBER_MIN);
    loop {
        let to = view.until(at, |c| !c.is_ascii_digit());
        if let Some(end) = day_ends(view, at, to) {
            return if groups.is_empty() { (vec![(at, at)], end) } else { (groups, at) };
        }
        if view.at(to) == ':' && view.at(to + 1).is_ascii_digit() {
            // The hours of a time.
            let end = view.until(to, |c| !(c.is_ascii_digit() || c == ':' || c == '.'));
            return if groups.is_empty() { (vec![(at, at)], end) } else { (groups, at) };
        }
        groups.push((at, to));
        let next = view.until(to, |c| !matches!(c, ' ' | '\n' | '-' | '(' | ')' | '/' | '.' | '_' | '*' | '•'));
        let gap = next - to;
        // Three pairs and more, where a day has been told apart already.
        let digits = |from: usize| view.until(from, |c| !c.is_ascii_digit()) - from;
        let pairs = groups.iter().all(|g| g.1 - g.0 == 2)
            && digits(next) == 2
            && (groups.len() > 1 || view.at(next + 2) == '.' && digits(next + 3) == 2);
        let decimal = gap == 1
            && view.at(to) == '.'
            && !pairs
            && (to - at < 3 || groups.len() == 1 && view.until(next, |c| !c.is_ascii_digit()) - next < 3);
        // In the next line goes on what was no whole number yet, or is a card in fours.
        counted += to - at;
        let line = (to..next).any(|k| view.at(k) == '\n');
        let ended = line && (digits(next) < 2 || counted >= whole && digits(next) != to - at);
        whole = if line { LINES_MIN } else { whole };
        if gap == 0 || gap > 3 || !view.at(next).is_ascii_digit() || decimal || ended {
            return (groups, to);
        }
        at = next;
    }
}

/// Where a day ends that begins with the digits `from..to`: 2026-11-27, 27.11.2026, 11/27/26.
fn day_ends(view: &View, from: usize, to: usize) -> Option<usize> {
    let sign = view.at(to);
    if !matches!(sign, '-' | '.' | '/') {
        return None;
    }
    let second = view.until(to + 1, |c| !c.is_ascii_digit());
    if view.at(second) != sign {
        return None;
    }
    let third = view.until(second + 1, |c| !c.is_ascii_digit());
    // Further pairs: a telephone number, as the French write it.
    if view.at(third) == sign && view.at(third + 1).is_ascii_digit() {
        return None;
    }
    let lengths = (to - from, second - to - 1, third - second - 1);
    let number = |a: usize, b: usize| view.read(a, b).parse::<u32>().ok();
    let middle = number(to + 1, second)?;
    let is_day = match lengths {
        (4, 1 | 2, 1 | 2) => {
            (1900..2100).contains(&number(from, to)?) && middle <= 12 && number(second + 1, third)? <= 31
        }
        (1 | 2, 1 | 2, 4) => {
            (1900..2100).contains(&number(second + 1, third)?) && middle <= 31 && number(from, to)? <= 31
        }
        (1 | 2, 1 | 2, 2) => middle <= 31 && number(from, to)? <= 31,
        _ => false,
    };
    is_day.then_some(third)
}

/// `20261127`, as names of models and builds have it.
fn is_day(digits: &str) -> bool {
    let part = |r: std::ops::Range<usize>| digits.get(r).and_then(|d| d.parse::<u32>().ok()).unwrap_or(0);
    digits.len() == 8
        && (1990..2100).contains(&part(0..4))
        && (1..=12).contains(&part(4..6))
        && (1..=31).contains(&part(6..8))
}
