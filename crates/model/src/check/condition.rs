//! What must hold of an answer, in one readable line: `status < 500`, `body contains "ok"`, `json $.status == "ok"`.

use crate::ParseError;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json_path::JsonPath;
use std::borrow::Cow;

/// Longest condition, in bytes.
const LONGEST: usize = 300;

/// One condition: its text, and what that means.
///
/// ```text
/// status < 500                     status in 200, 204, 300..399
/// body contains "All good"         body lacks "maintenance"
/// header content-type contains "json"
/// json $.status == "ok"            json $.queue.length < 100
/// certificate > 14 days            total < 2500 ms
/// reply contains "220"             answer contains "192.0.2.7"
/// event contains "ready"
/// ```
#[derive(Debug, Clone)]
pub struct Condition {
    text: String,
    parsed: Parsed,
}

/// What a run saw that conditions may speak about; `None`: this kind of check does not see it.
#[derive(Debug, Clone, Default)]
pub struct Observed<'a> {
    /// HTTP status.
    pub status: Option<u16>,
    /// HTTP headers, names lower case.
    pub headers: &'a [(String, String)],
    /// Body, as far as it was read.
    pub body: Option<&'a [u8]>,
    /// Data of the events of a stream (`text/event-stream`), in order; `None`: it is none.
    pub events: Option<&'a [String]>,
    /// True when the body goes on after what was read.
    pub cut: bool,
    /// Days until the certificate ends.
    pub certificate_days: Option<i64>,
    /// Time in all, milliseconds.
    pub total_ms: Option<f64>,
    /// What a TCP connection answered.
    pub reply: Option<&'a [u8]>,
    /// Records of the DNS as text.
    pub answer: Option<&'a [String]>,
}

#[derive(Debug, Clone)]
enum Parsed {
    Status(Numbers),
    Body(Words),
    Event(Words),
    Header(String, Words),
    Json(JsonPath, Compared),
    Certificate(Numbers),
    Total(Numbers),
    Reply(Words),
    Answer(Words),
}

/// A comparison of a number.
#[derive(Debug, Clone)]
enum Numbers {
    Is(Op, f64),
    In(Vec<(u16, u16)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// A comparison of a text.
#[derive(Debug, Clone)]
enum Words {
    Contains(String),
    Lacks(String),
    Is(String),
    IsNot(String),
}

/// A comparison of a JSON value.
#[derive(Debug, Clone)]
enum Compared {
    With(Op, Value),
    Contains(String),
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// What cannot be understood, with what would be.
    pub fn parse(text: &str) -> Result<Condition, ParseError> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err(ParseError::new("condition", format!("is longer than {LONGEST} bytes")));
        }
        let parsed = parsed(text).map_err(|why| ParseError::new("condition", format!("`{text}`: {why}")))?;
        Ok(Condition { text: text.to_owned(), parsed })
    }

    /// Reads a condition of a check of this `kind`, as [`super::Check::kind`] has it.
    ///
    /// # Errors
    /// As [`Condition::parse`], and when such a check does not see what it asks about.
    pub fn parse_for(kind: &str, text: &str) -> Result<Condition, ParseError> {
        let condition = Condition::parse(text)?;
        if condition.fits(kind) {
            return Ok(condition);
        }
        Err(ParseError::new("condition", format!("`{}` cannot be asked of a check over {kind}", condition.text)))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True when it says of one `status` that it is right, by `==` or in a list.
    pub fn names_status(&self, status: u16) -> bool {
        match &self.parsed {
            Parsed::Status(Numbers::Is(Op::Equal, n)) => *n == f64::from(status),
            Parsed::Status(Numbers::In(ranges)) => ranges.iter().any(|(a, b)| (*a..=*b).contains(&status)),
            _ => false,
        }
    }

    /// True when it is about the certificate, or the time: what holds of these does not depend on who answers.
    pub fn is_of_the_connection(&self) -> bool {
        matches!(self.parsed, Parsed::Certificate(_) | Parsed::Total(_))
    }

    /// True when it can only be judged with the body of an answer.
    pub fn needs_body(&self) -> bool {
        matches!(self.parsed, Parsed::Body(_) | Parsed::Json(..))
    }

    /// True when it is about an event of a stream: which is read until there is one of which this holds.
    pub fn needs_event(&self) -> bool {
        matches!(self.parsed, Parsed::Event(_))
    }

    /// Whether an event with this data is the one that is waited for.
    pub fn awaits(&self, data: &str) -> bool {
        matches!(&self.parsed, Parsed::Event(w) if words(w, Some(data), "", false).is_none())
    }

    /// True when it is about what a TCP connection answers.
    pub fn needs_reply(&self) -> bool {
        matches!(self.parsed, Parsed::Reply(_))
    }

    fn fits(&self, kind: &str) -> bool {
        match self.parsed {
            Parsed::Status(_) | Parsed::Body(_) | Parsed::Event(_) | Parsed::Header(..) | Parsed::Json(..) => {
                kind == "http"
            }
            Parsed::Certificate(_) => matches!(kind, "http" | "tls"),
            Parsed::Reply(_) => kind == "tcp",
            Parsed::Answer(_) => kind == "dns",
            Parsed::Total(_) => true,
        }
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// What was seen instead, as words that can be shown.
    pub fn holds(&self, seen: &Observed<'_>) -> Result<(), String> {
        let instead = match &self.parsed {
            Parsed::Status(n) => number(n, seen.status.map(f64::from), "the status"),
            Parsed::Certificate(n) => {
                number(n, seen.certificate_days.map(|d| d as f64), "days to the certificate's end")
            }
            Parsed::Total(n) => number(n, seen.total_ms, "milliseconds in all"),
            Parsed::Body(w) => words(w, seen.body.map(text).as_deref(), "the body", seen.cut),
            Parsed::Event(_) => match seen.events {
                None => Some("the answer is no stream of events".to_owned()),
                Some(all) => {
                    let came = all.iter().any(|data| self.awaits(data));
                    (!came).then(|| "no such event came".to_owned())
                }
            },
            Parsed::Reply(w) => words(w, seen.reply.map(text).as_deref(), "the reply", false),
            Parsed::Answer(w) => words(w, seen.answer.map(|a| a.join("\n")).as_deref(), "the answer", false),
            Parsed::Header(name, w) => {
                let value = seen.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect::<Vec<_>>();
                words(w, (!value.is_empty()).then(|| value.join(", ")).as_deref(), &format!("the header {name}"), false)
            }
            Parsed::Json(path, compared) => json(path, compared, seen.body.unwrap_or_default()),
        };
        match instead {
            None => Ok(()),
            Some(instead) => Err(format!("{instead}, expected: {}", self.text)),
        }
    }
}

// What a condition means follows from its text.
impl PartialEq for Condition {
    fn eq(&self, other: &Condition) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Condition, D::Error> {
        let text = String::deserialize(d)?;
        Condition::parse(&text).map_err(serde::de::Error::custom)
    }
}

fn parsed(text: &str) -> Result<Parsed, String> {
    let (subject, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    Ok(match subject {
        "status" => Parsed::Status(numbers(rest, "")?),
        "certificate" => Parsed::Certificate(numbers(rest, "days")?),
        "total" => Parsed::Total(numbers(rest, "ms")?),
        "body" => Parsed::Body(texts(rest)?),
        "event" => match texts(rest)? {
            Words::Lacks(_) | Words::IsNot(_) => {
                return Err("a stream has no end at which it could be said that no event had this; only contains and == can be asked of an event".to_owned());
            }
            words => Parsed::Event(words),
        },
        "reply" => Parsed::Reply(texts(rest)?),
        "answer" => Parsed::Answer(texts(rest)?),
        "header" => {
            let (name, rest) =
                rest.split_once(char::is_whitespace).ok_or("a header's name and a comparison must follow")?;
            if !name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c)) {
                return Err(format!("{name:?} is not a header's name"));
            }
            Parsed::Header(name.to_ascii_lowercase(), texts(rest.trim())?)
        }
        "json" => {
            let (path, compared) = split_path(rest).ok_or("a path and a comparison must follow: $.status == \"ok\"")?;
            let path = JsonPath::parse(path).map_err(|e| format!("{path:?} is not a JSON path (RFC 9535): {e}"))?;
            Parsed::Json(path, comparison(compared)?)
        }
        _ => {
            return Err(format!(
                "{subject:?} cannot be asked about; known are status, body, event, header, json, certificate, total, reply and answer"
            ));
        }
    })
}

/// Where the path ends: at the first blank outside of quotation marks and brackets.
fn split_path(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut quote) = (0_usize, None);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            (None, c) if c.is_whitespace() && depth == 0 => return Some((text.get(..i)?, text.get(i..)?.trim())),
            _ => {}
        }
    }
    None
}

fn op(text: &str) -> Option<(Op, &str)> {
    [("==", Op::Equal), ("!=", Op::Unequal), ("<=", Op::AtMost), (">=", Op::AtLeast), ("<", Op::Less), (">", Op::More)]
        .iter()
        .find_map(|(sign, op)| text.strip_prefix(sign).map(|rest| (*op, rest.trim())))
}

fn numbers(text: &str, unit: &str) -> Result<Numbers, String> {
    if let Some(list) = text.strip_prefix("in ") {
        let range = |part: &str| {
            let (from, to) = part.split_once("..").unwrap_or((part, part));
            Some((from.trim().parse::<u16>().ok()?, to.trim().parse::<u16>().ok()?)).filter(|(a, b)| a <= b)
        };
        let ranges: Option<Vec<_>> = list.split(',').map(|p| range(p.trim())).collect();
        return ranges.map(Numbers::In).ok_or_else(|| format!("{list:?} is not a list such as 200, 204, 300..399"));
    }
    let (op, value) = op(text).ok_or("a comparison must follow: ==, !=, <, <=, >, >= or `in`")?;
    let value = value.strip_suffix(unit).unwrap_or(value).trim();
    match value.parse::<f64>() {
        Ok(n) if n.is_finite() => Ok(Numbers::Is(op, n)),
        _ => Err(format!("{value:?} is not a number")),
    }
}

fn quoted(text: &str) -> Result<String, String> {
    match serde_json::from_str::<String>(text) {
        Ok(s) if !s.is_empty() => Ok(s),
        _ => Err(format!("{text} must be a text in quotation marks")),
    }
}

fn texts(text: &str) -> Result<Words, String> {
    if let Some(rest) = text.strip_prefix("contains ") {
        return Ok(Words::Contains(quoted(rest.trim())?));
    }
    if let Some(rest) = text.strip_prefix("lacks ") {
        return Ok(Words::Lacks(quoted(rest.trim())?));
    }
    match op(text) {
        Some((Op::Equal, rest)) => Ok(Words::Is(quoted(rest)?)),
        Some((Op::Unequal, rest)) => Ok(Words::IsNot(quoted(rest)?)),
        _ => Err("one of contains, lacks, == or != and a text in quotation marks must follow".to_owned()),
    }
}

fn comparison(text: &str) -> Result<Compared, String> {
    if let Some(rest) = text.strip_prefix("contains ") {
        return Ok(Compared::Contains(quoted(rest.trim())?));
    }
    let (op, value) = op(text).ok_or("a comparison must follow the path: ==, !=, <, <=, >, >= or contains")?;
    let value: Value =
        serde_json::from_str(value).map_err(|_| format!("{value} is not a JSON value, such as \"ok\", 3 or true"))?;
    if !matches!(op, Op::Equal | Op::Unequal) && !value.is_number() {
        return Err(format!("{value} is not a number, and only numbers are more or less"));
    }
    Ok(Compared::With(op, value))
}

fn compare(op: Op, seen: f64, wanted: f64) -> bool {
    match op {
        Op::Equal => seen == wanted,
        Op::Unequal => seen != wanted,
        Op::Less => seen < wanted,
        Op::AtMost => seen <= wanted,
        Op::More => seen > wanted,
        Op::AtLeast => seen >= wanted,
    }
}

/// Bytes as text. Most are: to look at them at once is several times as fast as to look for what is not.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// What was seen instead, if anything; so are the next ones.
fn number(wanted: &Numbers, seen: Option<f64>, what: &str) -> Option<String> {
    let Some(n) = seen else { return Some(format!("{what} was not seen")) };
    let holds = match wanted {
        Numbers::Is(op, value) => compare(*op, n, *value),
        Numbers::In(ranges) => ranges.iter().any(|(from, to)| (f64::from(*from)..=f64::from(*to)).contains(&n)),
    };
    (!holds).then(|| format!("{what} is {}", (n * 10.0).round() / 10.0))
}

fn words(wanted: &Words, seen: Option<&str>, what: &str, cut: bool) -> Option<String> {
    let Some(text) = seen else { return Some(format!("{what} was not seen")) };
    let within = if cut { " (as far as it was read)" } else { "" };
    let (holds, within, instead) = match wanted {
        Words::Contains(w) => (text.contains(w.as_str()), within, "does not contain it"),
        Words::Lacks(w) => (!text.contains(w.as_str()), "", "contains it"),
        Words::Is(w) => (text.trim() == w, within, "is something else"),
        Words::IsNot(w) => (text.trim() != w, "", "is that"),
    };
    (!holds).then(|| format!("{what}{within} {instead}"))
}

fn json(path: &JsonPath, compared: &Compared, body: &[u8]) -> Option<String> {
    let Ok(document) = serde_json::from_slice::<Value>(body) else {
        return Some("the body is not JSON".to_owned());
    };
    let found = path.query(&document).all();
    if found.is_empty() {
        return Some("the path leads to nothing".to_owned());
    }
    let holds = |v: &Value| match compared {
        Compared::With(Op::Equal, wanted) => same(v, wanted),
        Compared::With(Op::Unequal, wanted) => !same(v, wanted),
        Compared::With(op, wanted) => v.as_f64().zip(wanted.as_f64()).is_some_and(|(a, b)| compare(*op, a, b)),
        Compared::Contains(w) => match v {
            Value::String(s) => s.contains(w.as_str()),
            Value::Array(a) => a.iter().any(|x| x.as_str() == Some(w)),
            _ => false,
        },
    };
    // Of a path with many ends, all must hold: the one that does not is the news.
    let odd = found.iter().find(|v| !holds(v))?;
    let shown: String = odd.to_string().chars().filter(|c| !c.is_control()).take(60).collect();
    Some(format!("the value is {shown}"))
}

/// Equal values; 1 and 1.0 are the same number.
fn same(a: &Value, b: &Value) -> bool {
    a == b || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, seen: &Observed<'_>) -> Result<(), String> {
        Condition::parse(text).unwrap().holds(seen)
    }

    #[test]
    fn conditions_hold_or_say_what_was_seen_instead() {
        let headers = [("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
        let answer = ["192.0.2.7".to_owned(), "192.0.2.8".to_owned()];
        let events = ["starting".to_owned(), "ready 3".to_owned()];
        let seen = Observed {
            status: Some(204),
            headers: &headers,
            body: Some(br#"{"status":"ok","n":1.0,"list":[{"up":true},{"up":false}],"a b":["x"]}"#),
            events: Some(&events),
            cut: false,
            certificate_days: Some(12),
            total_ms: Some(1234.5),
            reply: Some(b"220 ready"),
            answer: Some(&answer),
        };
        for good in [
            "status < 500",
            "status == 204",
            "status != 200",
            "status in 200, 204, 300..399",
            "body contains \"\\\"ok\\\"\"",
            "body lacks \"maintenance\"",
            "header Content-Type contains \"json\"",
            "json $.status == \"ok\"",
            "json $.n == 1",
            "json $.n >= 0.5",
            "json $.list[0].up == true",
            "json $['a b'] contains \"x\"",
            "json $.list[?@.up == true].up == true",
            "event contains \"ready\"",
            "event == \"starting\"",
            "certificate > 10 days",
            "total < 2500 ms",
            "reply contains \"220\"",
            "answer contains \"192.0.2.8\"",
        ] {
            assert_eq!(holds(good, &seen), Ok(()), "{good}");
        }
        for (bad, says) in [
            ("status >= 500", "the status is 204, expected: status >= 500"),
            ("status in 300..399", "the status is 204"),
            ("body contains \"fine\"", "the body does not contain it"),
            ("header server == \"x\"", "the header server was not seen"),
            ("json $.status == \"down\"", "the value is \"ok\""),
            ("json $.list[*].up == true", "the value is false"),
            ("event == \"ready\"", "no such event came, expected: event"),
            ("json $.gone == 1", "the path leads to nothing"),
            ("certificate > 14 days", "days to the certificate's end is 12"),
        ] {
            let instead = holds(bad, &seen).unwrap_err();
            assert!(instead.starts_with(says), "{bad}: {instead}");
        }
        assert_eq!(
            holds("json $.a == 1", &Observed { body: Some(b"<html>"), ..Observed::default() }).unwrap_err(),
            "the body is not JSON, expected: json $.a == 1"
        );
    }

    #[test]
    fn what_cannot_be_understood_says_why() {
        for (text, why) in [
            ("", "cannot be asked about"),
            ("colour == 3", "cannot be asked about"),
            ("status", "a comparison must follow"),
            ("status < many", "is not a number"),
            ("status in 500..400", "is not a list"),
            ("status < NaN", "is not a number"),
            ("body contains ok", "in quotation marks"),
            ("body like \"x\"", "contains, lacks"),
            ("event lacks \"x\"", "has no end"),
            ("header", "a header's name"),
            ("header x:y contains \"a\"", "is not a header's name"),
            ("json $.a", "a path and a comparison"),
            ("json a.b == 1", "is not a JSON path"),
            ("json $.a == ok", "is not a JSON value"),
            ("json $.a < \"ok\"", "is not a number"),
        ] {
            let e = Condition::parse(text).unwrap_err();
            assert!(e.problem.contains(why), "{text}: {e}");
        }
        assert!(Condition::parse(&format!("body contains \"{}\"", "x".repeat(400))).is_err());
    }

    #[test]
    fn a_condition_knows_which_checks_it_can_be_about() {
        let c = |t: &str| Condition::parse(t).unwrap();
        for (text, fits, odd) in [("status < 500", "http", "tcp"), ("certificate > 3 days", "tls", "dns")] {
            assert_eq!(Condition::parse_for(fits, text), Ok(c(text)));
            let e = Condition::parse_for(odd, text).unwrap_err();
            assert_eq!(e.problem, format!("`{text}` cannot be asked of a check over {odd}"));
        }
        assert!(Condition::parse_for("icmp", "total < 9 ms").is_ok());
        assert!(c("status in 200, 400..404").names_status(403) && !c("status < 500").names_status(403));
        assert!(c("json $.a == 1").needs_body() && !c("header a == \"b\"").needs_body());
    }
}
