//! Hosts that tell whether this place has a way out: asked when it matters, and never otherwise.

use super::hosts::Hosts;
use allclear_model::Time;
use allclear_model::check::Check;
use std::sync::Arc;

/// Between two rounds. Milliseconds; no stranger's host is asked more often.
const ROUND_MS: i64 = 60_000;
/// The same where all of them are one's own.
const OWN_ROUND_MS: i64 = 5_000;
/// What a round told holds for so long: until the next one has been heard. Milliseconds.
const HOLDS_MS: i64 = 75_000;
/// A control that was never reached from here is tried again so often. Milliseconds.
const PROVE_MS: i64 = 3_600_000;

/// The controls of a location.
#[derive(Debug, Default)]
pub struct Controls {
    all: Vec<Control>,
    round_ms: i64,
    round: Option<Time>,
    /// What the last round told, and when.
    word: Option<(Time, bool)>,
}

#[derive(Debug)]
struct Control {
    host: String,
    check: Arc<Check>,
    /// Whether it was ever reached from here. One that never was tells of a wall and not of a way.
    proven: bool,
    /// Whether it is being asked.
    open: bool,
    /// What it said in this round.
    said: Option<bool>,
}

impl Controls {
    /// These hosts, asked these things; `own`: all of them are one's own.
    pub fn new(all: Vec<(String, Check)>, own: bool) -> Controls {
        let control = |(host, check)| Control { host, check: Arc::new(check), proven: false, open: false, said: None };
        let round_ms = if own { OWN_ROUND_MS } else { ROUND_MS };
        Controls { all: all.into_iter().map(control).collect(), round_ms, ..Controls::default() }
    }

    /// Which to ask now, by number. They are asked once at the start, so that it is known which of them can be reached from here (the others each hour), and whenever `worried`:
    /// while a failure waits to be told, or the location takes itself for sick. Each must come back through [`Controls::heard`].
    pub fn take(&mut self, worried: bool, hosts: &Hosts, now: Time) -> Vec<(usize, Arc<Check>)> {
        let since = self.round.map_or(i64::MAX, |round| now.since_ms(round));
        let unproven = self.all.iter().any(|c| !c.proven) && since >= PROVE_MS;
        if self.all.iter().any(|c| c.open) || !(unproven || worried && since >= self.round_ms) {
            return Vec::new();
        }
        self.round = Some(now);
        let mut ask = Vec::new();
        for (i, control) in self.all.iter_mut().enumerate() {
            // What was reached once need not be asked until it matters.
            if control.proven && !worried {
                continue;
            }
            control.said = None;
            if hosts.busy_until(&control.host, now).is_none() {
                hosts.ask(&control.host, now.plus_ms(self.round_ms));
                control.open = true;
                ask.push((i, control.check.clone()));
            }
        }
        ask
    }

    /// The control of that number was reached, or was not.
    pub fn heard(&mut self, number: usize, reached: bool, now: Time) {
        let Some(control) = self.all.get_mut(number) else { return };
        control.open = false;
        control.proven |= reached;
        control.said = control.proven.then_some(reached);
        if self.all.iter().any(|c| c.open) {
            return;
        }
        let said: Vec<bool> = self.all.iter().filter_map(|c| c.said).collect();
        let reached = said.iter().filter(|r| **r).count();
        // One that fails is its own operator's affair; where most fail, the way is.
        self.word = (!said.is_empty()).then_some((now, 2 * reached >= said.len()));
    }

    /// Whether a round was heard after `at`, or none can be.
    pub(super) fn since(&self, at: Time) -> bool {
        !self.all.iter().any(|c| c.proven) || self.word.is_some_and(|(heard, _)| heard >= at)
    }

    /// Whether there is a way out, as far as a round not long ago told, and when it did.
    pub(super) fn word(&self, now: Time) -> Option<(Time, bool)> {
        self.word.filter(|(at, _)| now.since_ms(*at) <= HOLDS_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::check::HttpCheck;

    fn controls(n: usize) -> Controls {
        let host = |i| format!("c{i}.example");
        Controls::new(
            (0..n).map(|i| (host(i), Check::Http(HttpCheck::get(format!("http://{}/", host(i)))))).collect(),
            false,
        )
    }

    fn at(s: i64) -> Time {
        Time(s * 1000)
    }

    /// A round in which these are reached; how many were asked.
    fn round(c: &mut Controls, worried: bool, reached: &[usize], s: i64) -> usize {
        let asked = c.take(worried, &Hosts::default(), at(s));
        for (i, _) in &asked {
            c.heard(*i, reached.contains(i), at(s));
        }
        asked.len()
    }

    #[test]
    fn controls_are_asked_at_the_start_and_when_it_matters_at_most_once_a_minute() {
        let mut c = controls(3);
        assert_eq!(round(&mut c, false, &[0, 1, 2], 0), 3);
        assert_eq!(c.word(at(0)), Some((at(0), true)));
        for s in 1..7200 {
            assert_eq!(round(&mut c, false, &[], s), 0, "nobody is worried");
        }
        assert_eq!(c.word(at(7200)), None, "what was heard two hours ago says nothing");
        let asked: usize = (7200..7320).map(|s| round(&mut c, true, &[0, 1, 2], s)).sum();
        assert_eq!(asked, 6, "two rounds in two minutes");
        // A host that was asked for something else just now is left alone.
        let hosts = Hosts::default();
        hosts.ask("c1.example", at(9000));
        assert_eq!(c.take(true, &hosts, at(8000)).into_iter().map(|(i, _)| i).collect::<Vec<_>>(), [0, 2]);
        assert!(c.take(true, &hosts, at(8100)).is_empty(), "while a round is open there is no other");
    }

    #[test]
    fn most_of_those_that_were_ever_reached_from_here_decide_once_all_were_heard() {
        let mut c = controls(4);
        round(&mut c, true, &[0, 1, 2], 0);
        let asked = c.take(true, &Hosts::default(), at(60));
        c.heard(0, false, at(60));
        assert_eq!(c.word(at(60)), Some((at(0), true)), "half a round says nothing");
        for (i, _) in &asked[1..] {
            c.heard(*i, false, at(65));
        }
        assert_eq!(c.word(at(65)), Some((at(65), false)));
        round(&mut c, true, &[1, 2], 120);
        assert_eq!(c.word(at(120)), Some((at(120), true)), "the fourth was never reached: a wall, not the way");
        round(&mut c, true, &[1], 180);
        assert_eq!(c.word(at(180)), Some((at(180), false)));
        assert_eq!(round(&mut c, false, &[], 3780), 1, "only the one that was never reached is tried again by itself");
        let mut walled = controls(2);
        round(&mut walled, true, &[], 0);
        assert_eq!(walled.word(at(0)), None, "behind a wall controls say nothing");
        assert_eq!(controls(0).word(at(0)), None);
    }
}
