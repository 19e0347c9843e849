//! Times as vendors write them: RFC 3339, RFC 822 with odd zones, without a zone, seconds and milliseconds.

use allclear_model::Time;

/// Zones of RFC 822 and those that feeds use beside them, minutes east of Greenwich.
const ZONES: &[(&str, i64)] = &[
    ("z", 0),
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("bst", 60),
    ("cet", 60),
    ("west", 60),
    ("cest", 120),
    ("eet", 120),
    ("eest", 180),
    ("ist", 330),
    ("jst", 540),
    ("aest", 600),
    ("aedt", 660),
    ("est", -300),
    ("edt", -240),
    ("cst", -360),
    ("cdt", -300),
    ("mst", -420),
    ("mdt", -360),
    ("pst", -480),
    ("pdt", -420),
];

/// No time is written longer.
const LONGEST: usize = 64;

/// A time as text: RFC 3339, the same without a zone (then UTC), RFC 822 or 2822 with a zone by name or number. `None` for
/// anything else and for years outside 1970 to 9998 (`0001-01-01` means "never" where Microsoft writes it).
pub(super) fn text(text: &str) -> Option<Time> {
    let text = text.trim();
    // What is no time is told from it here: the parser's errors repeat the text and cost a hundred times what a time does.
    if text.len() > LONGEST {
        return None;
    }
    if text.as_bytes().first().is_some_and(u8::is_ascii_digit) && text.as_bytes().get(4) == Some(&b'-') {
        let text = text.replacen(' ', "T", 1).replace(' ', "").replace("UTC", "Z");
        let zoned = text.get(10..).is_some_and(|rest| rest.contains(['Z', 'z', '+', '-']));
        return Time::parse(&if zoned { text } else { text + "Z" }).ok();
    }
    rfc_822(text)
}

/// Seconds or milliseconds since 1970; what is past the year 5138 as seconds is milliseconds.
pub(super) fn epoch(number: i64) -> Option<Time> {
    let ms = if number.unsigned_abs() >= 100_000_000_000 { number } else { number.checked_mul(1000)? };
    (0..=Time::MAX.0).contains(&ms).then_some(Time(ms))
}

/// The number of a month, of which three letters tell.
pub(super) fn month(word: &str) -> Option<i8> {
    let word = word.get(..3)?;
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    (1..).zip(months).find_map(|(number, month)| month.eq_ignore_ascii_case(word).then_some(number))
}

/// `Thu, 23 Jul 2026 17:05:00 PDT`: the day of the week and the seconds may be absent (RFC 822, section 5).
fn rfc_822(text: &str) -> Option<Time> {
    let text = text.split_once(',').map_or(text, |(_, rest)| rest);
    let mut words = text.split_whitespace();
    let day: i8 = words.next()?.parse().ok()?;
    let month = month(words.next()?)?;
    let year: i16 = words.next()?.parse().ok()?;
    let year = if year < 100 { year + if year < 70 { 2000 } else { 1900 } } else { year };
    let mut clock = words.next()?.split(':').map(|n| n.parse::<i8>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next().unwrap_or(Some(0))?);
    let zone = words.next().unwrap_or("z").to_ascii_lowercase();
    let east = match zone.as_str() {
        name if name.starts_with(['+', '-']) => {
            let digits = name.get(1..)?.replace(':', "");
            let number: i64 = digits.parse().ok().filter(|_| digits.len() == 4)?;
            let minutes = number / 100 * 60 + number % 100;
            if name.starts_with('-') { -minutes } else { minutes }
        }
        name => ZONES.iter().find(|(n, _)| *n == name)?.1,
    };
    let date = jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let utc = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond() - east * 60_000;
    (0..=Time::MAX.0).contains(&utc).then_some(Time(utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_zones_vendors_write() {
        let is = |written: &str, meant: &str| assert_eq!(text(written), Time::parse(meant).ok(), "{written}");
        is("2026-07-23T10:05:00-07:00", "2026-07-23T17:05:00Z");
        is("2026-07-23T17:05:00.250", "2026-07-23T17:05:00.250Z");
        is("2026-07-23 17:05:00", "2026-07-23T17:05:00Z");
        is("2026-07-23 17:05:00 +02:00", "2026-07-23T15:05:00Z");
        is("2026-07-23 17:05:00 UTC", "2026-07-23T17:05:00Z");
        is("Thu, 23 Jul 2026 10:05:00 PDT", "2026-07-23T17:05:00Z");
        is("Thu, 23 Jul 2026 17:05:00 Z", "2026-07-23T17:05:00Z");
        is("23 Jul 26 17:05 +0530", "2026-07-23T11:35:00Z");
        is("Thu, 23 July 2026 17:05:00 GMT", "2026-07-23T17:05:00Z");
        for never in ["", "0001-01-01T00:00:00", "yesterday", "Thu, 99 Jul 2026 17:05:00 Z", "23 Jul 2026 17:05 XYZ"] {
            assert_eq!(text(never), None, "{never}");
        }
    }

    #[test]
    fn numbers_are_seconds_or_milliseconds() {
        assert_eq!(epoch(1_784_826_300), epoch(1_784_826_300_000));
        assert_eq!(epoch(-1), None);
        assert_eq!((epoch(i64::MAX), epoch(i64::MIN)), (None, None));
    }
}
