//! What an answer over HTTP asks of whoever comes again, and which time it names.

use crate::dial::Answer;
use allclear_model::Time;
use allclear_model::check::Beside;
use jiff::fmt::rfc2822;

/// All that an answer says beside its content. `now` is when it came.
pub(crate) fn beside(answer: &Answer, now: Time) -> Beside {
    Beside {
        retry_s: answer.header("retry-after").and_then(|v| later(v, now)),
        fresh_s: answer.header("cache-control").and_then(max_age),
        ahead_ms: ahead_ms(answer, now),
    }
}

/// `Retry-After`: seconds, or an instant.
fn later(value: &str, now: Time) -> Option<u32> {
    let value = value.trim();
    if let Ok(s) = value.parse::<u32>() {
        return Some(s);
    }
    u32::try_from(instant(value)?.since_ms(now).max(0) / 1000).ok()
}

/// `max-age` of a `Cache-Control`.
fn max_age(value: &str) -> Option<u32> {
    let parts = value.split(',').map(str::trim);
    let mut ages = parts.filter_map(|p| p.get(..8).filter(|n| n.eq_ignore_ascii_case("max-age=")).and(p.get(8..)));
    ages.find_map(|v| v.trim_matches('"').parse().ok())
}

/// How far the clock of `Date` is ahead of `now`. What a cache has kept since then is added (RFC 9111, section 5.1).
fn ahead_ms(answer: &Answer, now: Time) -> Option<i64> {
    let date = instant(answer.header("date")?)?;
    let age_s = match answer.header("age") {
        Some(age) => i64::from(age.trim().parse::<u32>().ok()?),
        None => 0,
    };
    // A date has whole seconds: in the middle of its second it is right most often.
    Some(date.plus_ms(age_s * 1000 + 500).since_ms(now))
}

fn instant(value: &str) -> Option<Time> {
    rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok().map(|t| Time(t.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dial::Target;
    use allclear_model::check::Version;

    fn answer(headers: &[(&str, &str)]) -> Answer {
        Answer {
            status: 200,
            version: Version::Http11,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: Vec::new(),
            cut: false,
            coding: None,
            target: Target::parse("https://example.org/").unwrap(),
            hops: 0,
        }
    }

    fn now() -> Time {
        Time::parse("2026-11-28T08:00:00Z").unwrap()
    }

    #[test]
    fn answers_say_for_how_long_they_want_to_be_left_alone() {
        let retry = |v: &str| beside(&answer(&[("retry-after", v)]), now()).retry_s;
        assert_eq!([retry("120"), retry(" 7 "), retry("soon")], [Some(120), Some(7), None]);
        assert_eq!(retry("Sat, 28 Nov 2026 08:05:00 GMT"), Some(300));
        assert_eq!(retry("Sat, 28 Nov 2026 07:05:00 GMT"), Some(0));
        let fresh = |v: &str| beside(&answer(&[("cache-control", v)]), now()).fresh_s;
        assert_eq!(fresh("public, Max-Age=90, must-revalidate"), Some(90));
        assert_eq!([fresh("no-cache"), fresh("s-maxage=5"), fresh("max-age=-1")], [None; 3]);
    }

    #[test]
    fn a_date_tells_how_far_our_clock_is_off_and_what_a_cache_kept_is_no_error_of_it() {
        let ahead = |headers: &[(&str, &str)]| beside(&answer(headers), now()).ahead_ms;
        assert_eq!(ahead(&[("date", "Sat, 28 Nov 2026 08:07:00 GMT")]), Some(420_500));
        assert_eq!(ahead(&[("date", "Sat, 28 Nov 2026 07:50:00 GMT"), ("age", "600")]), Some(500));
        for odd in [&[("date", "yesterday")][..], &[("date", "Sat, 28 Nov 2026 07:50:00 GMT"), ("age", "old")], &[]] {
            assert_eq!(ahead(odd), None);
        }
    }
}
