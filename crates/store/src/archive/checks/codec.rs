//! Results of checks in few bytes. An usual one (up, in time, timed) of an hour is how far it came from where the one before
//! leads to expect it, and how its time differs from that one's: 3 to 4 bytes.
//!
//! Numbers are LEB128; those that may be negative are folded first (0, -1, 1, -2, …). Both layouts begin with the version and the
//! reasons that occur, each once. What is read may be damaged: nothing is taken for a result that does not read as one.

use allclear_model::check::CheckOutcome;
use allclear_model::signal::CheckResult;
use std::collections::BTreeMap;
use thiserror::Error;

/// Milliseconds of an hour.
pub(super) const HOUR_MS: i64 = 3_600_000;

const VERSION: u8 = 1;

/// Bits of the byte that says what a result has. The two lowest are the outcome.
const LATE: u8 = 4;
const MS: u8 = 8;
const REASON: u8 = 16;
const TIME: u8 = 32;

/// The order of the outcomes in two bits.
const OUTCOMES: [CheckOutcome; 4] =
    [CheckOutcome::Up, CheckOutcome::Down, CheckOutcome::Blocked, CheckOutcome::Inconclusive];

/// A body that was not written by us, or not as it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Malformed {
    #[error("results of checks end in the middle")]
    Short,
    #[error("results of checks have a number that is too large")]
    TooLarge,
    #[error("results of checks are of the unknown version {0}")]
    Version(u8),
    #[error("a reason of a check is no text")]
    Text,
    #[error("a result of a check has a mark that is not known")]
    Mark,
    #[error("a result of a check is of another hour")]
    OtherHour,
    #[error("something follows the results of checks")]
    Rest,
}

/// A result in its place in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Milliseconds.
    pub(crate) at: i64,
    pub(crate) outcome: CheckOutcome,
    pub(crate) late: bool,
    pub(crate) ms: Option<u32>,
    pub(crate) reason: Option<String>,
}

impl Found {
    /// A late result belongs where it was measured, any other to its entry. Both are kept within the years that have a name.
    pub(crate) fn of(entry_at: i64, r: &CheckResult) -> Found {
        let measured = if r.late { r.at.map_or(entry_at, |t| t.0) } else { entry_at };
        Found {
            at: measured.clamp(0, allclear_model::Time::MAX.0),
            outcome: r.outcome,
            late: r.late,
            ms: r.ms,
            reason: r.reason.clone(),
        }
    }

    pub(crate) fn hour(&self) -> i64 {
        self.at.div_euclid(HOUR_MS)
    }

    fn flags(&self) -> u8 {
        let outcome = OUTCOMES.iter().position(|o| *o == self.outcome).unwrap_or(0);
        let flag = |is: bool, bit: u8| if is { bit } else { 0 };
        u8::try_from(outcome).unwrap_or(0)
            | flag(self.late, LATE)
            | flag(self.ms.is_some(), MS)
            | flag(self.reason.is_some(), REASON)
    }
}

/// The results of one service from one location in one hour; they become ordered by time.
pub(crate) fn write_hour(hour: i64, results: &mut [Found]) -> Vec<u8> {
    results.sort_by_key(|f| f.at);
    let step = usual_step(results);
    let mut out = Out::new(results.iter().filter_map(|f| f.reason.as_deref()), results.len());
    out.number(step.unsigned_abs());
    let (mut expected, mut last_ms) = (hour.saturating_mul(HOUR_MS), 0);
    for f in results.iter() {
        let flags = f.flags();
        let plain = flags == MS;
        out.number(fold(f.at.saturating_sub(expected)) << 1 | u64::from(!plain));
        if !plain {
            out.bytes.push(flags);
        }
        if let Some(ms) = f.ms {
            out.number(fold(i64::from(ms) - last_ms));
            last_ms = i64::from(ms);
        }
        out.reason(f.reason.as_deref());
        expected = f.at.saturating_add(step);
    }
    out.bytes
}

/// The middle one of the distances between two results: with it the distances that are left are small.
fn usual_step(results: &[Found]) -> i64 {
    let mut steps: Vec<i64> = results.windows(2).map(|w| w[1].at.saturating_sub(w[0].at)).collect();
    let middle = steps.len() / 2;
    if steps.is_empty() { 0 } else { *steps.select_nth_unstable(middle).1 }
}

/// Reads what [`write_hour`] wrote.
pub(crate) fn read_hour(hour: i64, body: &[u8]) -> Result<Vec<Found>, Malformed> {
    let mut read = In::new(body)?;
    let start = hour.checked_mul(HOUR_MS).ok_or(Malformed::TooLarge)?;
    let end = start.checked_add(HOUR_MS).ok_or(Malformed::TooLarge)?;
    let step = i64::try_from(read.number()?).map_err(|_| Malformed::TooLarge)?;
    let (mut expected, mut last_ms) = (start, 0_i64);
    let mut results = Vec::with_capacity(read.results);
    for _ in 0..read.results {
        let head = read.number()?;
        let at = expected.checked_add(unfold(head >> 1)).filter(|at| (start..end).contains(at));
        let at = at.ok_or(Malformed::OtherHour)?;
        let flags = if head & 1 == 0 { MS } else { read.byte()? };
        let ms = if flags & MS == 0 {
            None
        } else {
            last_ms = last_ms.checked_add(unfold(read.number()?)).ok_or(Malformed::TooLarge)?;
            Some(u32::try_from(last_ms).map_err(|_| Malformed::TooLarge)?)
        };
        if flags & TIME != 0 {
            return Err(Malformed::Mark);
        }
        results.push(read.rest_of(at, flags, ms)?);
        expected = at.checked_add(step).ok_or(Malformed::TooLarge)?;
    }
    read.end()?;
    Ok(results)
}

/// The results of one entry in the order in which they stand there, each with the number of its service.
pub(crate) fn write_batch(entry_at: i64, results: &[(i64, Found)]) -> Vec<u8> {
    let mut out = Out::new(results.iter().filter_map(|(_, f)| f.reason.as_deref()), results.len());
    for (service, f) in results {
        out.number(service.unsigned_abs());
        let own_time = f.at != entry_at;
        out.bytes.push(f.flags() | if own_time { TIME } else { 0 });
        if own_time {
            out.number(fold(f.at.wrapping_sub(entry_at)));
        }
        if let Some(ms) = f.ms {
            out.number(u64::from(ms));
        }
        out.reason(f.reason.as_deref());
    }
    out.bytes
}

/// Reads what [`write_batch`] wrote and hands the results on, each with the number of its service.
pub(crate) fn read_batch(entry_at: i64, body: &[u8], mut take: impl FnMut(i64, Found)) -> Result<(), Malformed> {
    let mut read = In::new(body)?;
    for _ in 0..read.results {
        let service = i64::try_from(read.number()?).map_err(|_| Malformed::TooLarge)?;
        let flags = read.byte()?;
        let at = if flags & TIME == 0 { entry_at } else { entry_at.wrapping_add(unfold(read.number()?)) };
        let ms =
            if flags & MS == 0 { None } else { Some(u32::try_from(read.number()?).map_err(|_| Malformed::TooLarge)?) };
        take(service, read.rest_of(at, flags & !TIME, ms)?);
    }
    read.end()
}

/// What both layouts begin with, and the reasons by their place in it.
struct Out<'a> {
    bytes: Vec<u8>,
    reasons: BTreeMap<&'a str, u64>,
}

impl<'a> Out<'a> {
    fn new(reasons: impl Iterator<Item = &'a str>, results: usize) -> Out<'a> {
        let mut out = Out { bytes: Vec::with_capacity(16 + 5 * results), reasons: BTreeMap::new() };
        let mut in_order = Vec::new();
        for reason in reasons {
            let next = in_order.len() as u64;
            out.reasons.entry(reason).or_insert_with(|| {
                in_order.push(reason);
                next
            });
        }
        out.bytes.push(VERSION);
        out.number(in_order.len() as u64);
        for reason in in_order {
            out.number(reason.len() as u64);
            out.bytes.extend_from_slice(reason.as_bytes());
        }
        out.number(results as u64);
        out
    }

    fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.bytes.push((n & 0x7f) as u8 | 0x80);
            n >>= 7;
        }
        self.bytes.push(n as u8);
    }

    fn reason(&mut self, reason: Option<&str>) {
        if let Some(place) = reason.and_then(|r| self.reasons.get(r).copied()) {
            self.number(place);
        }
    }
}

/// A body that is being read.
struct In<'a> {
    left: &'a [u8],
    reasons: Vec<&'a str>,
    results: usize,
}

impl<'a> In<'a> {
    fn new(body: &'a [u8]) -> Result<In<'a>, Malformed> {
        let mut read = In { left: body, reasons: Vec::new(), results: 0 };
        match read.byte()? {
            VERSION => {}
            other => return Err(Malformed::Version(other)),
        }
        for _ in 0..read.count()? {
            let length = read.count()?;
            let (text, left) = read.left.split_at_checked(length).ok_or(Malformed::Short)?;
            read.left = left;
            read.reasons.push(std::str::from_utf8(text).map_err(|_| Malformed::Text)?);
        }
        read.results = read.count()?;
        Ok(read)
    }

    /// A count of what takes a byte each at the least, so that no more is set aside than there can be.
    fn count(&mut self) -> Result<usize, Malformed> {
        let n = usize::try_from(self.number()?).map_err(|_| Malformed::TooLarge)?;
        if n > self.left.len() { Err(Malformed::Short) } else { Ok(n) }
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, left) = self.left.split_first().ok_or(Malformed::Short)?;
        self.left = left;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, Malformed> {
        let mut n = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            // Of the tenth byte only one bit has a place.
            if shift == 63 && part > 1 {
                return Err(Malformed::TooLarge);
            }
            n |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(n);
            }
        }
        Err(Malformed::TooLarge)
    }

    /// The result whose time, marks and length of run are read.
    fn rest_of(&mut self, at: i64, flags: u8, ms: Option<u32>) -> Result<Found, Malformed> {
        if flags & !(3 | LATE | MS | REASON) != 0 {
            return Err(Malformed::Mark);
        }
        let reason = if flags & REASON == 0 {
            None
        } else {
            let place = usize::try_from(self.number()?).map_err(|_| Malformed::TooLarge)?;
            Some((*self.reasons.get(place).ok_or(Malformed::Mark)?).to_owned())
        };
        let outcome = OUTCOMES.get(usize::from(flags & 3)).copied().ok_or(Malformed::Mark)?;
        Ok(Found { at, outcome, late: flags & LATE != 0, ms, reason })
    }

    fn end(&self) -> Result<(), Malformed> {
        if self.left.is_empty() { Ok(()) } else { Err(Malformed::Rest) }
    }
}

fn fold(n: i64) -> u64 {
    (n << 1 ^ n >> 63) as u64
}

fn unfold(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::option;
    use proptest::prelude::*;

    const HOUR: i64 = 492_343;

    fn found(at: impl Strategy<Value = i64>) -> impl Strategy<Value = Found> {
        let reason = option::of(prop::sample::select(vec!["", "the status is 503", "keine Antwort \u{e9}"]));
        let outcome = prop::sample::select(OUTCOMES.to_vec());
        (at, outcome, any::<bool>(), option::of(any::<u32>()), reason).prop_map(|(at, outcome, late, ms, reason)| {
            Found { at, outcome, late, ms, reason: reason.map(str::to_owned) }
        })
    }

    proptest! {
        #[test]
        fn the_results_of_an_hour_come_back_in_order(
            mut results in prop::collection::vec(found(HOUR * HOUR_MS..(HOUR + 1) * HOUR_MS), 0..100)
        ) {
            let body = write_hour(HOUR, &mut results);
            prop_assert!(results.is_sorted_by_key(|f| f.at));
            prop_assert_eq!(read_hour(HOUR, &body), Ok(results));
        }

        #[test]
        fn the_results_of_an_entry_come_back_as_they_stood_there(
            at in any::<i64>(),
            results in prop::collection::vec((0..i64::MAX, found(any::<i64>())), 0..50)
        ) {
            let mut back = Vec::new();
            read_batch(at, &write_batch(at, &results), |service, f| back.push((service, f))).unwrap();
            prop_assert_eq!(back, results);
        }

        #[test]
        fn hostile_bytes_are_refused_or_read_and_never_more(bytes in prop::collection::vec(any::<u8>(), 0..200), hour in any::<i64>()) {
            for body in [bytes.clone(), [&[VERSION, 0], &bytes[..]].concat()] {
                if let Ok(results) = read_hour(hour, &body) {
                    prop_assert!(results.len() <= body.len());
                }
                let mut n = 0;
                let _ = read_batch(hour, &body, |_, _| n += 1);
                prop_assert!(n <= body.len());
            }
        }

        #[test]
        fn a_body_that_is_cut_or_grown_is_refused(
            mut results in prop::collection::vec(found(HOUR * HOUR_MS..(HOUR + 1) * HOUR_MS), 1..20), cut in any::<prop::sample::Index>()
        ) {
            let body = write_hour(HOUR, &mut results);
            prop_assert!(read_hour(HOUR, &body[..cut.index(body.len())]).is_err());
            prop_assert_eq!(read_hour(HOUR, &[&body[..], &[0]].concat()), Err(Malformed::Rest));
        }
    }

    #[test]
    fn a_usual_result_takes_at_most_four_bytes() {
        // Each minute, told up to five seconds later; 80 to 400 ms.
        let mut state = 7_u32;
        let mut up_to = |n: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i64::from((state >> 8) % n)
        };
        let mut results: Vec<Found> = (0..60)
            .map(|n| Found {
                at: HOUR * HOUR_MS + n * 59_000 + up_to(5000),
                outcome: CheckOutcome::Up,
                late: false,
                ms: u32::try_from(80 + up_to(320)).ok(),
                reason: None,
            })
            .collect();
        let bytes = write_hour(HOUR, &mut results).len();
        assert!(bytes <= 4 * 60, "{bytes} bytes for 60 results");
    }
}
