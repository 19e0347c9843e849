//! The board's clock: it ends minutes, and knows of stretches in which nobody listened.

use super::counts::{self, BIN_MIN, BINS};
use super::remember::{REQUEST_MS, SOURCE_MS};
use super::state::{Cx, Ticked};
use super::{Board, Change};
use allclear_model::time::MINUTE_MS;
use allclear_model::{Minute, SymptomId, Time};

/// Stretches without watching that are kept, for the charts. Older ones than 48 hours are forgotten anyway.
const GAPS: usize = 256;
/// Minutes that are ended for one service before it is the next one's turn, when more than one has to be.
const BATCH: i64 = 60;
/// Minutes over which reports of a quarter of an hour are spread.
pub(crate) const PARTS: u32 = BIN_MIN as u32;

/// Reports of a quarter of an hour of which no minutes are known, each from a network of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    /// Whose, as a place on the board.
    pub place: usize,
    pub symptom: &'a SymptomId,
    /// Reports in all.
    pub whole: u32,
    /// Minutes of the quarter of an hour that are still to come.
    pub left: u32,
}

impl Part<'_> {
    /// Reports that are booked in the first of the minutes to come after `passed` of them, and the mean over all, which is
    /// what the sums see. The remainder comes with the last minute.
    fn in_minute(&self, passed: u32) -> Option<(u32, f64)> {
        let left = self.left.checked_sub(passed).filter(|left| *left > 0)?;
        let count = self.whole / PARTS + if left == 1 { self.whole % PARTS } else { 0 };
        Some((count, f64::from(self.whole) / f64::from(PARTS)))
    }
}

impl Board {
    /// Ends all minutes up to `to`.
    pub(crate) fn advance(&mut self, to: Time, out: &mut Vec<Change>) {
        if !self.started {
            self.start(to);
        }
        while self.minute.end() <= to {
            let left = to.minute().0 - self.minute.0;
            if self.active.is_empty() {
                self.pass(left);
            } else {
                self.run(left.min(BATCH), &[], out);
            }
        }
        self.at = self.at.max(to);
    }

    /// Counts the parts of the minute under way.
    pub(crate) fn part(&mut self, part: &Part<'_>) {
        let cx = self.service_cx(part.place);
        if let (Some((count, share)), Some(s)) = (part.in_minute(0), self.state(part.place)) {
            s.part(&cx, part.symptom, count, share);
        }
    }

    /// Ends `minutes` minutes (the next one's time must have come), each with its share of `parts`, which are in order of
    /// place. False, and nothing has happened, when one of them is of a service without state: that begins in the middle of a minute.
    pub(crate) fn parts(&mut self, minutes: i64, parts: &[Part<'_>], out: &mut Vec<Change>) -> bool {
        let ready = parts.iter().all(|p| self.services.get(p.place).is_none_or(|w| w.state.is_some()));
        if ready {
            for p in parts {
                if let Some(t) = self.touched.get_mut(p.place) {
                    *t = true;
                }
            }
            self.run(minutes, parts, out);
        }
        ready
    }

    pub(super) fn start(&mut self, at: Time) {
        self.started = true;
        self.at = at;
        self.minute = at.minute();
        self.watched_from = self.minute;
    }

    /// Ends `minutes` minutes. Services know nothing of each other, so each has all its minutes in turn while its state is in
    /// the processor's cache; what they say is put in order of time afterwards.
    fn run(&mut self, minutes: i64, mut parts: &[Part<'_>], out: &mut Vec<Change>) {
        let before = out.len();
        let board = self.cx();
        for &i in &self.active {
            let i = i as usize;
            let Some(w) = self.services.get_mut(i) else { continue };
            let watched_from = board.watched_from.max(w.since.minute());
            while let Some((first, rest)) = parts.split_first()
                && first.place < i
            {
                parts = rest;
            }
            let (mine, others) = parts.split_at(parts.iter().take_while(|p| p.place == i).count());
            parts = others;
            for k in 0..minutes {
                let minute = Minute(board.minute.0 + k);
                let cx = Cx { at: minute.end(), minute, watched_from, ..board };
                let mut done = Ticked::default();
                if let Some(s) = w.state.as_deref_mut() {
                    for p in mine {
                        if let Some((count, share)) = p.in_minute(k as u32) {
                            s.part(&cx, p.symptom, count, share);
                        }
                    }
                }
                let aged = w.age(cx.at, cx.at.plus_ms(-1));
                if let Some(s) = w.state.as_deref_mut() {
                    done = s.tick(&cx, &w.slug, w.others.as_deref());
                }
                done.changed |= w.turned();
                w.lived(minute, self.month.at(minute));
                self.touched[i] |= done.touched | done.changed | aged;
                if done.changed {
                    // Readers of changes see the board at the end of the minute.
                    out.push(w.word(&Cx { minute: minute.next(), ..cx }, &self.gaps));
                }
            }
        }
        if minutes > 1 {
            out[before..].sort_by_key(|c| c.verdict.at);
        }
        self.pass(minutes);
    }

    /// Goes to another minute.
    fn pass(&mut self, minutes: i64) {
        let bin = counts::bin_of(self.minute);
        self.minute = Minute(self.minute.0 + minutes);
        self.minutes += minutes.unsigned_abs();
        self.at = self.minute.start();
        let now = counts::bin_of(self.minute);
        if now != bin {
            self.all_touched = true;
            let turned = Minute(now * BIN_MIN);
            let old = turned.0 - BINS as i64 * BIN_MIN;
            self.gaps.retain(|(_, to)| *to > old);
            self.reporters.expire(turned.start(), SOURCE_MS);
            self.voters.expire(turned.start(), SOURCE_MS);
            self.requests.expire(turned.start(), REQUEST_MS);
            self.moderation.expire(turned.start());
            for w in &mut self.services {
                if let Some(people) = w.people.as_deref_mut() {
                    people.turn(turned.start());
                }
            }
        }
    }

    /// The site watches again. When not even one whole minute was missed, nothing was missed.
    pub(super) fn resume(&mut self, at: Time, stopped: Time, out: &mut Vec<Change>) {
        if !self.started {
            self.start(at);
            return;
        }
        let stopped = stopped.max(self.at).min(at);
        let first_missed =
            if stopped.0.rem_euclid(MINUTE_MS) == 0 { stopped.minute() } else { stopped.minute().next() };
        if first_missed.end() > at {
            self.advance(at, out);
            return;
        }
        self.advance(stopped, out);
        let to = at.minute();
        for &i in &self.active {
            let Some(w) = self.services.get_mut(i as usize) else { continue };
            w.age(at, stopped);
            if let Some(s) = w.state.as_deref_mut() {
                s.pause(stopped, at);
            }
        }
        if self.gaps.len() >= GAPS {
            self.gaps.remove(0);
        }
        self.gaps.push((self.minute.0, to.0));
        self.minute = to;
        self.watched_from = to;
        self.at = at;
        self.all_touched = true;
        for &i in &self.active {
            let cx = self.service_cx(i as usize);
            let Some(w) = self.services.get_mut(i as usize) else { continue };
            if w.turned() {
                out.push(w.word(&cx, &self.gaps));
            }
        }
    }
}
