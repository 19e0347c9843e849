//! What a host asks programs not to fetch: `robots.txt` as RFC 9309 has it.
//!
//! Our own reader, because the only kept crates bring an engine for regular expressions and their own older copies of what
//! is here already, for what is a comparison of prefixes.

use crate::dial::{Dialer, Failure, Fault, Progress, Request, Stage, Target, Way, ms};
use allclear_model::Time;
use allclear_model::check::Method;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Most bytes that are read; at least 500 KiB must be (RFC 9309, section 2.5).
const MAX: usize = 512 * 1024;
/// Redirects that are followed on the way to it (section 2.3.1.2).
const HOPS: u8 = 5;
/// It should not be used for longer than a day (section 2.4).
const KEPT: Duration = Duration::from_hours(24);
/// Longest time for one that is asked for anew; where it does not come, what was known holds for another day.
const RENEW: Duration = Duration::from_secs(1);
/// Origins of which it is kept; beyond that all are asked anew.
const ORIGINS: usize = 10_000;
/// Time for all of it.
const DEADLINE: Duration = Duration::from_secs(10);
/// By which name we are spoken to; see the `User-Agent` that the dialer sends.
const TOKEN: &str = "allclear";

/// What may be fetched from one origin. The default: everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Robots {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// Normalised, with `*` and perhaps a `$` at the end.
    pattern: Vec<u8>,
    allow: bool,
}

impl Robots {
    /// Reads the rules that speak to us, or else those for everybody. What is no rule is passed over; no bytes are wrong.
    pub fn parse(body: &[u8]) -> Robots {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let (mut ours, mut everybodys) = (None, Vec::new());
        // Whom the group under way speaks to, and whether its rules have begun.
        let (mut us, mut all, mut begun) = (false, false, false);
        for line in body.get(..MAX).unwrap_or(body).split(|b| matches!(b, b'\n' | b'\r')) {
            let line = line.split(|b| *b == b'#').next().unwrap_or_default();
            let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
            let (key, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
            if key.eq_ignore_ascii_case(b"user-agent") {
                if begun {
                    (us, all, begun) = (false, false, false);
                }
                all |= value == b"*";
                // The name may be followed by a version.
                let name = value.iter().position(|b| !(b.is_ascii_alphabetic() || matches!(b, b'_' | b'-')));
                us |=
                    value.get(..name.unwrap_or(value.len())).is_some_and(|n| n.eq_ignore_ascii_case(TOKEN.as_bytes()));
                if us {
                    // A group without a rule speaks to us too: it lets us do everything.
                    ours.get_or_insert_with(Vec::new);
                }
                continue;
            }
            let allow = key.eq_ignore_ascii_case(b"allow");
            if !allow && !key.eq_ignore_ascii_case(b"disallow") {
                continue;
            }
            begun = true;
            if !matches!(value.first(), Some(b'/' | b'*')) {
                // Without a path it says nothing.
                continue;
            }
            let rule = || Rule { pattern: normal(value, true), allow };
            if us {
                ours.get_or_insert_with(Vec::new).push(rule());
            }
            if all {
                everybodys.push(rule());
            }
        }
        Robots { rules: ours.unwrap_or(everybodys) }
    }

    /// Whether `path_and_query` may be fetched: what the longest rule that fits says, and where two are as long, yes.
    pub fn allows(&self, path_and_query: &str) -> bool {
        let path = normal(path_and_query.as_bytes(), false);
        if path == b"/robots.txt" {
            return true;
        }
        let fitting = self.rules.iter().filter(|r| fits(&r.pattern, &path));
        fitting.max_by_key(|r| (r.pattern.len(), r.allow)).is_none_or(|r| r.allow)
    }
}

/// Signs that stand for themselves or for a part of an address (RFC 3986, section 2.2): with an escape they are another text.
const RESERVED: &[u8] = b":/?#[]@!$&'()*+,;=";
/// Those of them that programs write with an escape in a query; both sides are compared as if they had.
const ESCAPED_IN_QUERY: &[u8] = b":/?#[]@";

/// A path and query, or a pattern of one, as it is compared (RFC 9309, section 2.2.2): unreserved octets without an escape, reserved ones as they are, all
/// others with an escape in capitals. In a pattern `*`, and `$` at the end, are signs; elsewhere they are octets of the path.
fn normal(text: &[u8], pattern: bool) -> Vec<u8> {
    let digit = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16)).map(|d| d as u8);
    let escape = |out: &mut Vec<u8>, b: u8| out.extend_from_slice(format!("%{b:02X}").as_bytes());
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let mut out = Vec::with_capacity(text.len());
    let mut query = false;
    let mut rest = text;
    while let [b, tail @ ..] = rest {
        let b = *b;
        rest = tail;
        if b == b'%'
            && let (Some(high), Some(low)) = (digit(tail.first()), digit(tail.get(1)))
        {
            rest = tail.get(2..).unwrap_or_default();
            match high << 4 | low {
                c if unreserved(c) => out.push(c),
                c => escape(&mut out, c),
            }
            continue;
        }
        let sign = pattern && (b == b'*' || (b == b'$' && tail.is_empty()));
        let plain = RESERVED.contains(&b) && !matches!(b, b'*' | b'$') && !(query && ESCAPED_IN_QUERY.contains(&b));
        if sign || unreserved(b) || plain {
            out.push(b);
        } else {
            escape(&mut out, b);
        }
        query |= b == b'?';
    }
    out
}

/// Whether `pattern` is a beginning of `path`: `*` stands for anything, `$` at its end for the end of the path. Only the last star is ever tried
/// again, so hostile patterns cost their length times that of the path.
fn fits(pattern: &[u8], path: &[u8]) -> bool {
    let (pattern, whole) = match pattern.strip_suffix(b"$") {
        Some(p) => (p, true),
        None => (pattern, false),
    };
    let (mut p, mut s) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, s));
                p += 1;
                continue;
            }
            None if !whole || s == path.len() => return true,
            Some(c) if path.get(s) == Some(c) => {
                (p, s) = (p + 1, s + 1);
                continue;
            }
            _ => {}
        }
        match star {
            Some((at, from)) if from < path.len() => {
                star = Some((at, from + 1));
                (p, s) = (at + 1, from + 1);
            }
            _ => return false,
        }
    }
}

/// What was read of each origin, and until when it need not be asked for anew.
#[derive(Debug, Clone, Default)]
pub(crate) struct RobotsKept(Arc<Mutex<BTreeMap<String, (Instant, Robots)>>>);

impl RobotsKept {
    /// What is known of an origin, and whether it is fresh.
    fn of(&self, target: &Target) -> Option<(Robots, bool)> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&origin(target)).map(|(until, robots)| (robots.clone(), Instant::now() < *until))
    }

    fn keep(&self, target: &Target, robots: &Robots) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= ORIGINS {
            kept.clear();
        }
        kept.insert(origin(target), (Instant::now() + KEPT, robots.clone()));
    }
}

fn origin(target: &Target) -> String {
    format!("{}://{}", if target.secure { "https" } else { "http" }, target.authority())
}

impl Dialer {
    /// Whether the origin of `target` lets us fetch it. `named_port`: as for a request.
    ///
    /// # Errors
    /// [`Stage::Robots`], ours, when it does not, or when that cannot be known.
    pub(crate) fn may_fetch<'a>(
        &'a self,
        target: &'a Target,
        named_port: bool,
        now: Time,
        progress: &'a mut Progress,
    ) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>> {
        // Boxed, because fetching a robots.txt is a request itself.
        Box::pin(async move {
            progress.stage = Stage::Robots;
            let start = Instant::now();
            let robots = match self.robots_kept().of(target) {
                Some((kept, true)) => Ok(kept),
                // What was known of a host that cannot be reached holds on (section 2.4): else an outage would look like a wish. Nor may asking anew
                // take the time in which the outage would be seen.
                Some((kept, false)) => {
                    let robots = match tokio::time::timeout(RENEW, self.robots(target, named_port, now)).await {
                        Ok(Ok(robots)) => robots,
                        Ok(Err(_)) | Err(_) => kept,
                    };
                    self.robots_kept().keep(target, &robots);
                    Ok(robots)
                }
                None => {
                    let read = self.robots(target, named_port, now).await;
                    read.inspect(|robots| self.robots_kept().keep(target, robots))
                }
            };
            progress.aside += ms(start);
            let refused = |said: String| Err(Failure::ours(Stage::Robots, "robots", said));
            match robots {
                Ok(robots) if robots.allows(&target.path_and_query()) => Ok(()),
                Ok(_) => refused("its robots.txt asks programs not to fetch this".to_owned()),
                Err(e) if e.fault == Fault::Ours => Err(e),
                Err(e) => refused(format!("its robots.txt cannot be read: {}", e.reason.said)),
            }
        })
    }

    /// Fetches the `robots.txt` of the origin of `target`; `named_port` as for a request. Where there is none (any status from 400 to 499), everything may be
    /// fetched (RFC 9309, section 2.3.1.3).
    ///
    /// # Errors
    /// When it cannot be read though it may be there: until then nothing should be fetched (section 2.3.1.4).
    pub async fn robots(&self, target: &Target, named_port: bool, now: Time) -> Result<Robots, Failure> {
        let request = Request {
            target: target.join("/robots.txt")?,
            method: Method::Get,
            headers: &[],
            redirects: HOPS,
            max_body: MAX,
            named_port,
            polite: false,
            until: &[],
            way: Way::default(),
            keep: false,
        };
        let mut progress = Progress::default();
        let asked = tokio::time::timeout(DEADLINE, self.ask(&request, now, &mut progress)).await;
        let answer = match asked {
            Ok(answer) => answer?,
            Err(_) => return Err(Failure::timeout(progress.stage, DEADLINE.as_millis() as u32)),
        };
        match answer.status {
            200..=299 => match answer.coding {
                None => Ok(Robots::parse(&answer.body)),
                Some(coding) => Err(Failure::theirs(progress.stage, format!("it is compressed as {coding:?}"))),
            },
            400..=499 => Ok(Robots::default()),
            status => Err(Failure::theirs(progress.stage, format!("status {status}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dial::{Guard, Names, Tls};
    use proptest::prelude::*;
    use tokio_util::task::TaskTracker;

    #[tokio::test]
    async fn what_is_known_of_a_host_that_hangs_holds_after_a_second_and_is_not_asked_for_again_at_once() {
        // It takes connections and says nothing.
        let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let at = mute.local_addr().unwrap();
        let guard = Guard::with_ranges(vec!["127.0.0.0/8".parse().unwrap()]);
        let tls = Tls::with_roots(Vec::new()).unwrap();
        let dialer = Dialer::new(Names::of_server(at), guard, tls, "us".to_owned(), TaskTracker::new());
        let target = Target::parse(&format!("http://{at}/open")).unwrap();
        let closed = Robots::parse(b"user-agent: *\ndisallow: /closed");
        // A day has gone by since.
        dialer.robots_kept().0.lock().unwrap().insert(origin(&target), (Instant::now(), closed));
        let now = Time::parse("2026-11-28T12:00:00Z").unwrap();
        for longest in [Duration::from_secs(8), Duration::from_millis(500)] {
            let begun = Instant::now();
            assert!(dialer.may_fetch(&target, true, now, &mut Progress::default()).await.is_ok());
            assert!(begun.elapsed() < longest, "{:?}", begun.elapsed());
        }
        let other = target.join("/closed").unwrap();
        assert!(dialer.may_fetch(&other, true, now, &mut Progress::default()).await.is_err());
    }

    fn allows(robots: &str, path: &str) -> bool {
        Robots::parse(robots.as_bytes()).allows(path)
    }

    #[test]
    fn the_group_that_names_us_holds_and_else_that_of_everybody() {
        let text = "User-agent: *\nDisallow: /\n\nUser-Agent: other\nuser-agent: ALLCLEAR/1.0\nSitemap: /x\nDisallow: /private\n";
        assert!(allows(text, "/") && !allows(text, "/private/x"));
        let others = "User-agent: other\nDisallow: /\n";
        assert!(allows(others, "/"));
        assert!(!allows("User-agent: *\nDisallow: /\n", "/"));
        assert!(!allows("User-agent: x\nUser-agent: *\nDisallow: /a", "/a"), "several names share their rules");
        assert!(
            !allows("user-agent: allclear\nallow: /\n\nuser-agent: allclear\ndisallow: /a/\n", "/a/b"),
            "groups add up"
        );
        assert!(allows("User-agent: *\nDisallow: /\n\nUser-agent: allclear\n", "/a"), "a group of ours without a rule");
        assert!(allows("User-agent: allclearer\nDisallow: /\n", "/"), "a longer name is another one");
    }

    #[test]
    fn the_longest_rule_holds_and_of_two_as_long_the_one_that_allows() {
        let text = "User-agent: *\nDisallow: /\nAllow: /status\nDisallow: /status/private\nDisallow: /x\nAllow: /x\n";
        assert!(allows(text, "/status?a=1") && !allows(text, "/status/private/1") && !allows(text, "/other"));
        assert!(allows(text, "/x") && allows(text, "/robots.txt"));
    }

    #[test]
    fn stars_ends_and_escapes_are_understood() {
        for (rule, yes, no) in [
            ("/*.php$", &["/a.php", "/a/b.php"][..], &["/a.php?x", "/a.phpx"][..]),
            ("/a*b", &["/ab", "/axxb/c"], &["/a", "/b"]),
            ("*/end$", &["/x/end"], &["/x/end/"]),
            ("/f%C3%bcr", &["/f\u{fc}r", "/f%c3%BCr"], &["/fur"]),
            ("/%7ejoe", &["/~joe/"], &["/joe"]),
            ("/a%2Fb", &["/a%2fb"], &["/a/b"]),
            ("/$", &["/"], &["/a"]),
            // The examples of RFC 9309, sections 2.2.2 and 2.2.3.
            ("/path/file-with-a-%2A.html", &["/path/file-with-a-*.html"], &["/path/file-with-a-b.html"]),
            ("/path/foo-%24", &["/path/foo-$"], &["/path/foo-"]),
            (
                "/foo/bar?baz=https://foo.bar",
                &["/foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https://foo.bar"],
                &["/foo/bar"],
            ),
            ("/{x}|", &["/%7Bx%7D%7c"], &["/x"]),
            ("/a$b", &["/a$b"], &["/a"]),
        ] {
            let text = format!("User-agent: *\r\nDisallow: {rule} # why\r\n");
            for p in yes {
                assert!(!allows(&text, p), "{rule} forbids {p}");
            }
            for p in no {
                assert!(allows(&text, p), "{rule} says nothing of {p}");
            }
        }
    }

    #[test]
    fn what_is_no_rule_forbids_nothing() {
        for text in [
            "",
            "<html><body>Not found: here</body></html>",
            "Disallow: /\n",
            "User-agent: *\nDisallow:\n",
            "User-agent: *\nDisallow: relative\n",
            "\u{feff}",
        ] {
            assert!(allows(text, "/a"), "{text:?}");
        }
        assert!(
            !allows("\u{feff}User-agent: *\nDisallow: /a", "/a"),
            "a mark of the order of bytes is none of the text"
        );
    }

    #[test]
    fn hostile_patterns_are_compared_in_little_time() {
        let text = format!("User-agent: *\nDisallow: /{}b$\n", "*a".repeat(1000)).repeat(100);
        let path = format!("/{}", "a".repeat(4000));
        // Most of what can be done is the length of the one times that of the other; backtracking over each star would not end.
        assert!(allows(&text, &path));
    }

    /// The plain meaning, without any care for time.
    fn naive(pattern: &[u8], path: &[u8]) -> bool {
        match pattern {
            [] => true,
            [b'$'] => path.is_empty(),
            [b'*', rest @ ..] => (0..=path.len()).any(|i| naive(rest, &path[i..])),
            [c, rest @ ..] => path.first() == Some(c) && naive(rest, &path[1..]),
        }
    }

    proptest! {
        #[test]
        fn patterns_mean_what_they_say(pattern in "/[ab*]{0,8}[$]?", path in "/[ab]{0,8}") {
            prop_assert_eq!(fits(pattern.as_bytes(), path.as_bytes()), naive(pattern.as_bytes(), path.as_bytes()));
        }

        #[test]
        fn any_bytes_are_rules_or_none(body in proptest::collection::vec(any::<u8>(), 0..400), path in ".{0,40}") {
            let _ = Robots::parse(&body).allows(&path);
            let text = [b"user-agent: *\ndisallow: ".as_slice(), &body].concat();
            let _ = Robots::parse(&text).allows(&path);
        }
    }
}
