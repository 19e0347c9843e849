//! Identifiers. They are minted outside (from the clock and random bytes that are passed in) and only parsed here.

use crate::{ParseError, Slug, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A report's public id: a version 7 UUID (RFC 9562), so that ids sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReportId(pub uuid::Uuid);

impl ReportId {
    /// Builds an id from an instant and 10 random bytes.
    pub fn new(at: Time, random: [u8; 10]) -> ReportId {
        let ms = u64::try_from(at.0).unwrap_or(0);
        ReportId(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
    }

    /// When it was made, by its first 48 bits; of an id that is none of ours, some instant.
    pub fn at(&self) -> Time {
        let ms = self.0.as_u128() >> 80;
        Time(i64::try_from(ms).unwrap_or(i64::MAX))
    }

    /// Reads the usual hyphenated form.
    ///
    /// # Errors
    /// When the text is not a UUID.
    pub fn parse(text: &str) -> Result<ReportId, ParseError> {
        uuid::Uuid::try_parse(text).map(ReportId).map_err(|_| ParseError::new("report id", "is not a UUID"))
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Hash of an `Idempotency-Key` together with the service and the door it came through; the key itself is not kept.
/// Serialised as 32 hexadecimal digits where people may read, because JSON numbers end at 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey(pub u128);

impl Serialize for RequestKey {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(&format_args!("{:032x}", self.0)) } else { s.serialize_u128(self.0) }
    }
}

impl<'de> Deserialize<'de> for RequestKey {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if !d.is_human_readable() {
            return u128::deserialize(d).map(RequestKey);
        }
        let text = std::borrow::Cow::<str>::deserialize(d)?;
        let digits = text.len() == 32 && text.bytes().all(|c| c.is_ascii_hexdigit());
        let value = if digits { u128::from_str_radix(&text, 16).ok() } else { None };
        value.map(RequestKey).ok_or_else(|| serde::de::Error::custom("a request key is 32 hexadecimal digits"))
    }
}

/// An incident's id: `{slug}-{onset of the alarm as YYYYMMDDtHHMM}`, so that recomputing it gives the same permalink.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub String);

impl IncidentId {
    /// The id of the incident of `service` that was opened at `opened`.
    pub fn new(service: &Slug, opened: Time) -> IncidentId {
        let z = opened.to_jiff().to_zoned(jiff::tz::TimeZone::UTC);
        IncidentId(format!("{service}-{:04}{:02}{:02}t{:02}{:02}", z.year(), z.month(), z.day(), z.hour(), z.minute()))
    }

    /// The id of one that is opened in the same minute, after this one was retracted: `…t0931`, `…t0931-2`, `…t0931-3`.
    #[must_use]
    pub fn next(&self) -> IncidentId {
        match self.0.rsplit_once('-').and_then(|(first, n)| Some((first, n.parse::<u32>().ok()?))) {
            Some((first, n)) => IncidentId(format!("{first}-{}", n.saturating_add(1))),
            None => IncidentId(format!("{self}-2")),
        }
    }

    /// Whose incident an id is, where it is made as [`IncidentId::new`] and [`IncidentId::next`] make them.
    pub fn service(&self) -> Option<&str> {
        let (service, opened) = self.0.rsplit_once('-')?;
        if opened.contains('t') { Some(service) } else { service.rsplit_once('-').map(|(service, _)| service) }
    }

    /// Reads an id; it has the characters of a slug and at most 80 of them.
    ///
    /// # Errors
    /// When it has other characters.
    pub fn parse(text: &str) -> Result<IncidentId, ParseError> {
        let ok = !text.is_empty()
            && text.len() <= 80
            && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-');
        if ok {
            Ok(IncidentId(text.to_owned()))
        } else {
            Err(ParseError::new("incident id", "is not an incident's id"))
        }
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_is_named_by_service_and_minute_and_a_further_one_of_that_minute_by_its_number() {
        let slug = Slug::parse("mail-2").unwrap();
        let mut id = IncidentId::new(&slug, Time(1_772_409_660_000));
        for name in ["mail-2-20260302t0001", "mail-2-20260302t0001-2", "mail-2-20260302t0001-3"] {
            assert_eq!((id.0.as_str(), id.service()), (name, Some("mail-2")));
            assert_eq!(IncidentId::parse(name), Ok(id.clone()));
            id = id.next();
        }
        assert_eq!(IncidentId::parse("mail").unwrap().service(), None);
    }
}
