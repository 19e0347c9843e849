//! Instants as whole milliseconds since 1970-01-01T00:00:00Z, and the minutes they fall in.
//!
//! A plain integer keeps decisions bit-equal on every machine; `jiff` does the calendar.

use crate::ParseError;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60_000;

/// An instant: milliseconds since the Unix epoch, UTC. Serialised as an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub i64);

/// A whole minute: minutes since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minute(pub i64);

impl Time {
    /// Latest instant that is accepted: the end of the year 9998 (the calendar library ends within 9999).
    pub const MAX: Time = Time(253_370_764_799_999);

    /// Whole seconds since the epoch, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The minute this instant falls in.
    pub fn minute(self) -> Minute {
        Minute(self.0.div_euclid(MINUTE_MS))
    }

    /// This instant moved by `ms` milliseconds (negative: back), saturating.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Time {
        Time(self.0.saturating_add(ms))
    }

    /// This instant moved by `s` seconds, saturating.
    #[must_use]
    pub fn plus_s(self, s: i64) -> Time {
        self.plus_ms(s.saturating_mul(1000))
    }

    /// Milliseconds from `earlier` to here (negative when `earlier` is later).
    pub fn since_ms(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads RFC 3339 (`2026-02-17T10:35:00Z`, fractions and offsets allowed), years 1970 to 9998.
    ///
    /// # Errors
    /// When the text is not such an instant.
    pub fn parse(text: &str) -> Result<Time, ParseError> {
        if let Some(t) = parse_common(text.as_bytes()) {
            return Ok(t);
        }
        let ts: jiff::Timestamp = text
            .parse()
            .map_err(|_| ParseError::new("time", format!("{text:?} is not RFC 3339, such as 2026-02-17T10:35:00Z")))?;
        let t = Time(ts.as_millisecond());
        if t.0 < 0 || t > Time::MAX {
            return Err(ParseError::new("time", format!("{text:?} is outside the years 1970 to 9998")));
        }
        Ok(t)
    }

    /// The calendar view of this instant.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0.clamp(-62_135_596_800_000, Time::MAX.0)).unwrap_or_default()
    }
}

/// The fixed-width shape `YYYY-MM-DDTHH:MM:SS[.mmm]Z`, read without a calendar library: replay
/// reads half a million of them per second.
fn parse_common(b: &[u8]) -> Option<Time> {
    if !(b.len() == 20 || b.len() == 24) || b[b.len() - 1] != b'Z' {
        return None;
    }
    if b[4] != b'-' || b[7] != b'-' || b[10] != b'T' || b[13] != b':' || b[16] != b':' {
        return None;
    }
    let n = |r: std::ops::Range<usize>| {
        b[r].iter().try_fold(0i64, |a, c| c.is_ascii_digit().then(|| a * 10 + i64::from(c - b'0')))
    };
    let (y, mo, d) = (n(0..4)?, n(5..7)?, n(8..10)?);
    let (h, mi, s) = (n(11..13)?, n(14..16)?, n(17..19)?);
    let ms = match b.len() {
        20 => 0,
        _ if b[19] == b'.' => n(20..23)?,
        _ => return None,
    };
    let leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    let days_in = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = usize::try_from(mo).ok()?.checked_sub(1)?;
    if !(1970..=9998).contains(&y) || d < 1 || d > *days_in.get(month)? || h > 23 || mi > 59 || s > 59 {
        return None;
    }
    // Days from the civil date (Howard Hinnant, "chrono-compatible low-level date algorithms").
    let yy = if mo <= 2 { y - 1 } else { y };
    let era = yy / 400;
    let yoe = yy - era * 400;
    let doy = (153 * (mo + if mo > 2 { -3 } else { 9 }) + 2) / 5 + d - 1;
    let days = era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468;
    Some(Time((((days * 24 + h) * 60 + mi) * 60 + s) * 1000 + ms))
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC, with milliseconds only when there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let z = self.to_jiff().to_zoned(jiff::tz::TimeZone::UTC);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            z.year(),
            z.month(),
            z.day(),
            z.hour(),
            z.minute(),
            z.second()
        )?;
        let ms = self.0.rem_euclid(1000);
        if ms != 0 {
            write!(f, ".{ms:03}")?;
        }
        f.write_str("Z")
    }
}

impl Minute {
    /// The first instant of this minute.
    pub fn start(self) -> Time {
        Time(self.0.saturating_mul(MINUTE_MS))
    }

    /// The first instant after this minute.
    pub fn end(self) -> Time {
        self.next().start()
    }

    /// The minute after this one.
    #[must_use]
    pub fn next(self) -> Minute {
        Minute(self.0 + 1)
    }

    /// Minute of the week, 0 = Monday 00:00 UTC, up to 10,079. (1970-01-01 was a Thursday.)
    pub fn of_week(self) -> usize {
        usize::try_from((self.0 + 3 * 1440).rem_euclid(10_080)).unwrap_or(0)
    }
}

/// Serialises a [`Time`] as RFC 3339 text, for what the outside reads:
/// `#[serde(with = "allclear_model::time::rfc3339")]`.
pub mod rfc3339 {
    use super::{Deserialize, Deserializer, Serializer, Time};

    /// Writes the instant as text.
    ///
    /// # Errors
    /// Those of the serialiser.
    pub fn serialize<S: Serializer>(t: &Time, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(t)
    }

    /// Reads the instant from text.
    ///
    /// # Errors
    /// When the text is not RFC 3339.
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Time, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(d)?;
        Time::parse(&text).map_err(serde::de::Error::custom)
    }

    /// The same for an instant that may be unknown, which is null.
    pub mod option {
        use super::{Deserialize, Deserializer, Serializer, Time};

        /// Writes the instant as text.
        ///
        /// # Errors
        /// Those of the serialiser.
        pub fn serialize<S: Serializer>(t: &Option<Time>, s: S) -> Result<S::Ok, S::Error> {
            match t {
                Some(t) => s.collect_str(t),
                None => s.serialize_none(),
            }
        }

        /// Reads the instant from text.
        ///
        /// # Errors
        /// When the text is not RFC 3339.
        pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Time>, D::Error> {
            let text = Option::<String>::deserialize(d)?;
            text.map(|t| Time::parse(&t)).transpose().map_err(serde::de::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_reader_agrees_with_the_calendar() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2026-02-17T10:35:00Z",
            "2024-02-29T23:59:59.123Z",
            "2100-03-01T00:00:00Z",
            "9998-12-31T23:59:59Z",
        ] {
            let slow: jiff::Timestamp = text.parse().unwrap();
            assert_eq!(parse_common(text.as_bytes()), Some(Time(slow.as_millisecond())), "{text}");
            assert_eq!(Time::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_an_instant_is_an_error() {
        for text in [
            "",
            "2026-02-30T00:00:00Z",
            "2026-02-17 10:35",
            "2026-13-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "x026-02-17T10:35:00Z",
            "9999-01-01T00:00:00Z",
        ] {
            assert!(Time::parse(text).is_err(), "{text}");
        }
        assert_eq!(Time::parse("2026-02-17T12:35:00+02:00").unwrap(), Time::parse("2026-02-17T10:35:00Z").unwrap());
    }

    #[test]
    fn weeks_begin_on_monday_at_midnight_utc() {
        assert_eq!(Time::parse("2026-11-23T00:00:00Z").unwrap().minute().of_week(), 0);
        assert_eq!(Time::parse("2026-11-22T23:59:00Z").unwrap().minute().of_week(), 10_079);
    }
}
