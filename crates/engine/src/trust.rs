//! How much a report is believed to come from a person. It is never refused for that, only weighed.
//!
//! A form carries a token with the instant it was made; who sends it back shows that a page was there, and for how long. In
//! the face of a flood the site also asks for a proof of work, which a browser gives by itself.

use allclear_model::Time;
use allclear_model::signal::WHOLE;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Between seeing a form and sending it, at least. Seconds: one tap takes that long.
pub const DWELL_S: i64 = 2;
/// A form's token is good for this long. Seconds.
pub const FORM_S: i64 = 24 * 3600;
/// Weight without a form's token, hundredths: programs may report, but a person speaks louder.
pub const UNSEEN: u8 = 70;
/// Weight during an attack without a proof of work, hundredths.
pub const UNWORKED: u8 = 25;
/// Weight of what filled in a field that no person sees, hundredths.
pub const TRAPPED: u8 = 5;
/// So many reports refused for their rate within a minute are an attack.
pub const ATTACK: u64 = 300;
/// An attack is over so long after the last such minute. Seconds.
pub const ATTACK_S: i64 = 600;

/// What speaks for a person behind a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signs {
    /// Seconds between the making of the form and its sending, if a token of ours came with it.
    pub dwell_s: Option<i64>,
    /// Whether a proof of work came with it.
    pub worked: bool,
    /// Whether the operator vouches for it.
    pub vouched: bool,
    /// Whether a field was filled in that no person sees.
    pub trapped: bool,
}

impl Signs {
    /// The weight of a report, hundredths.
    pub(crate) fn weight(self, attack: bool) -> u8 {
        match self {
            Signs { trapped: true, .. } => TRAPPED,
            Signs { vouched: true, .. } => WHOLE,
            Signs { worked: false, .. } if attack => UNWORKED,
            Signs { dwell_s: Some(s), .. } if s >= DWELL_S => WHOLE,
            Signs { .. } => UNSEEN,
        }
    }
}

/// Whether the site is under attack, from what had to be refused.
#[derive(Debug)]
pub struct Alert {
    minute: AtomicI64,
    refused: AtomicU64,
    last: AtomicI64,
}

impl Default for Alert {
    fn default() -> Alert {
        Alert { minute: AtomicI64::new(i64::MIN), refused: AtomicU64::new(0), last: AtomicI64::new(i64::MIN / 2) }
    }
}

impl Alert {
    /// Notes a refusal; true while it is one of a flood. Counts of a minute are not exact when it turns; they need not be.
    pub(crate) fn refused(&self, now: Time) -> bool {
        let minute = now.minute().0;
        if self.minute.swap(minute, Ordering::Relaxed) != minute {
            self.refused.store(0, Ordering::Relaxed);
        }
        let flood = self.refused.fetch_add(1, Ordering::Relaxed) + 1 >= ATTACK;
        if flood {
            self.last.store(now.seconds(), Ordering::Relaxed);
        }
        flood
    }

    /// Whether there is an attack.
    pub fn is_on(&self, now: Time) -> bool {
        now.seconds().saturating_sub(self.last.load(Ordering::Relaxed)) < ATTACK_S
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_weighs_what_speaks_for_a_person() {
        let seen = Signs { dwell_s: Some(5), ..Signs::default() };
        assert_eq!(seen.weight(false), 100);
        assert_eq!(Signs { dwell_s: Some(1), ..Signs::default() }.weight(false), UNSEEN);
        assert_eq!(Signs::default().weight(false), UNSEEN);
        assert_eq!((seen.weight(true), Signs { worked: true, ..seen }.weight(true)), (UNWORKED, 100));
        assert_eq!(Signs { vouched: true, ..Signs::default() }.weight(true), 100);
    }

    #[test]
    fn many_refusals_in_a_minute_are_an_attack_for_ten_more() {
        let a = Alert::default();
        assert!(!a.is_on(Time(0)));
        for n in 0..ATTACK - 1 {
            a.refused(Time(i64::try_from(n).unwrap()));
        }
        a.refused(Time(60_000));
        assert!(!a.is_on(Time(60_000)), "spread over two minutes they are not");
        for _ in 0..ATTACK {
            a.refused(Time(61_000));
        }
        assert!(a.is_on(Time(61_000 + 599_000)) && !a.is_on(Time(61_000 + 600_000)));
    }
}
