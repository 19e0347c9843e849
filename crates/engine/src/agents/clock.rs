//! Which time it is at the site. An agent's results are dated by the site's clock, carried on by the machine's steady one: a clock of the day that is
//! wrong, or is set while the agent runs, dates nothing wrongly. A machine that slept is behind until it has heard the site again; then results look
//! older than they are, and what is old harms nobody.

use allclear_model::Time;
use std::collections::VecDeque;

/// Exchanges that are remembered. The quickest of them tells best.
const EXCHANGES: usize = 8;
/// What is older tells less than any newer one: by then a steady clock of 50 parts in a million is off by 30 ms. Milliseconds.
const OLD_MS: i64 = 600_000;

/// One exchange with the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// When it was asked, by the steady clock, milliseconds.
    pub asked: Time,
    /// When the answer was there, by the same.
    pub answered: Time,
    /// The time that the answer names.
    pub site: Time,
    /// How coarse that is: 1 for milliseconds, 1000 for the seconds of a header.
    pub grain_ms: i64,
}

impl Heard {
    /// How far off it may be, milliseconds: the answer may have been written at any instant between.
    fn doubt_ms(&self) -> i64 {
        let between = self.answered.since_ms(self.asked).max(0) + self.grain_ms;
        between / 2
    }

    /// What to add to the steady clock.
    fn offset_ms(&self) -> i64 {
        let middle = self.asked.plus_ms(self.answered.since_ms(self.asked) / 2);
        self.site.plus_ms(self.grain_ms / 2).since_ms(middle)
    }
}

/// The site's clock, as far as an agent knows it.
#[derive(Debug, Clone, Default)]
pub struct SiteClock {
    heard: VecDeque<Heard>,
}

impl SiteClock {
    /// Takes note of an exchange.
    pub fn hear(&mut self, heard: Heard) {
        // One that contradicts those before says that the site's clock was set, or that this machine slept.
        self.heard.retain(|h| {
            let apart = (h.offset_ms() - heard.offset_ms()).abs();
            apart <= h.doubt_ms() + heard.doubt_ms() + 100 && heard.answered.since_ms(h.answered) <= OLD_MS
        });
        self.heard.push_back(heard);
        while self.heard.len() > EXCHANGES {
            self.heard.pop_front();
        }
    }

    fn best(&self) -> Option<&Heard> {
        self.heard.iter().rev().min_by_key(|h| h.doubt_ms())
    }

    /// The time at the site when the steady clock shows `steady`; `None` before the first exchange.
    pub fn now(&self, steady: Time) -> Option<Time> {
        self.best().map(|h| steady.plus_ms(h.offset_ms()))
    }

    /// How far off that may be, milliseconds.
    pub fn doubt_ms(&self) -> Option<i64> {
        self.best().map(Heard::doubt_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heard(asked: i64, took: i64, site: i64) -> Heard {
        Heard { asked: Time(asked), answered: Time(asked + took), site: Time(site), grain_ms: 1 }
    }

    #[test]
    fn the_quickest_exchange_tells_and_a_slow_one_after_it_changes_nothing() {
        let mut clock = SiteClock::default();
        assert_eq!(clock.now(Time(0)), None);
        clock.hear(heard(0, 10, 5_000));
        assert_eq!((clock.now(Time(100)), clock.doubt_ms()), (Some(Time(5_095)), Some(5)));
        // Three seconds on the way there and none back.
        clock.hear(heard(20_000, 3_000, 27_995));
        assert_eq!(clock.now(Time(30_000)), Some(Time(34_995)));
    }

    #[test]
    fn a_site_whose_clock_was_set_and_a_machine_that_slept_are_believed_at_once() {
        let mut clock = SiteClock::default();
        clock.hear(heard(0, 4, 5_000));
        clock.hear(heard(1_000, 4, 3_606_000));
        assert_eq!(clock.now(Time(1_002)), Some(Time(3_606_000)));
    }

    #[test]
    fn a_header_of_whole_seconds_is_enough_to_begin_with_and_gives_way_to_milliseconds() {
        let mut clock = SiteClock::default();
        clock.hear(Heard { grain_ms: 1000, ..heard(0, 20, 60_000) });
        assert_eq!(clock.doubt_ms(), Some(510));
        clock.hear(heard(100, 20, 60_700));
        assert_eq!((clock.now(Time(110)), clock.doubt_ms()), (Some(Time(60_700)), Some(10)));
    }

    proptest! {
        #[test]
        fn the_error_is_never_more_than_it_says(
            offset in -100_000_000_i64..100_000_000,
            trips in proptest::collection::vec((0_i64..5_000, 0_i64..5_000, 0_i64..60_000), 1..40)
        ) {
            let mut clock = SiteClock::default();
            let mut steady = 0;
            for (there, back, pause) in trips {
                clock.hear(heard(steady, there + back, steady + there + offset));
                steady += there + back + pause;
                let said = clock.now(Time(steady)).unwrap();
                prop_assert!((said.0 - steady - offset).abs() <= clock.doubt_ms().unwrap() + 1);
            }
        }
    }
}
