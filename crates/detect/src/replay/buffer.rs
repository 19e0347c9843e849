//! Signals wait here, by minute, until nothing earlier can come any more.

use allclear_model::time::MINUTE_MS;
use allclear_model::{Minute, Signal, Time};
use std::collections::VecDeque;

/// From how many networks counted reports come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Waiting {
    /// Reports of one minute: service and symptom as the runner numbers them, count, and networks (`u32::MAX`: each its own).
    Counted { service: u32, symptom: u32, count: u32, networks: u32, few: bool },
    /// `whole` reports in 15 minutes, each from its own network: of `left` of these minutes, with this one.
    Part { service: u32, symptom: u32, whole: u32, left: u32 },
    /// A signal, as the runner numbers it.
    Signal(u32),
    /// A line of a bundle, as the runner numbers it.
    Bundle(u32),
    /// The clock must come here.
    Time,
}

/// What waits, when it happened, and in which order it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub(super) at: Time,
    pub(super) order: u64,
    pub(super) what: Waiting,
}

impl Item {
    /// Minutes of a part that are still to come.
    fn left(&self) -> Option<u32> {
        match self.what {
            Waiting::Part { left, .. } => Some(left),
            _ => None,
        }
    }

    /// Goes on by some minutes. False when nothing is left of it then.
    fn after(&mut self, minutes: i64) -> bool {
        self.at = self.at.plus_ms(minutes * MINUTE_MS);
        match &mut self.what {
            Waiting::Part { left, .. } if i64::from(*left) > minutes => {
                *left -= minutes as u32;
                true
            }
            _ => false,
        }
    }
}

/// Items by minute.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    first: i64,
    minutes: VecDeque<Vec<Item>>,
    /// Parts that go on in the next minute, in order. Held once and not in each of their minutes, so that the buffer stays
    /// small enough for the processor's cache.
    going: Vec<Item>,
    spare: Vec<Vec<Item>>,
    order: u64,
    signals: Vec<Option<Signal>>,
    free: Vec<u32>,
}

impl Buffer {
    /// Adds an item. What is before the first minute still held goes into it.
    pub(super) fn push(&mut self, at: Time, what: Waiting) {
        let minute = at.minute().0;
        let i = usize::try_from(minute - self.first).unwrap_or(0);
        while self.minutes.len() <= i {
            self.minutes.push_back(self.spare.pop().unwrap_or_default());
        }
        self.order += 1;
        let order = self.order;
        if let Some(m) = self.minutes.get_mut(i) {
            m.push(Item { at, order, what });
        }
    }

    /// Adds a signal that is applied as the journal's writer would have appended it.
    pub(super) fn push_signal(&mut self, at: Time, signal: Signal) {
        let i = if let Some(i) = self.free.pop() {
            i
        } else {
            self.signals.push(None);
            (self.signals.len() - 1) as u32
        };
        if let Some(s) = self.signals.get_mut(i as usize) {
            *s = Some(signal);
        }
        self.push(at, Waiting::Signal(i));
    }

    /// Takes a signal out of its place.
    pub(super) fn signal(&mut self, i: u32) -> Option<Signal> {
        self.free.push(i);
        self.signals.get_mut(i as usize).and_then(Option::take)
    }

    /// Nothing before this minute will come.
    pub(super) fn begin(&mut self, first: Minute) {
        self.first = first.0;
    }

    /// The next minute before `until` that has anything, in order of time and then of reading.
    pub(super) fn take(&mut self, until: Minute) -> Option<Vec<Item>> {
        while self.first < until.0 {
            let next = self.minutes.pop_front();
            if next.is_none() && self.going.is_empty() {
                self.first = until.0;
                return None;
            }
            let mut items = next.unwrap_or_else(|| self.spare.pop().unwrap_or_default());
            self.first += 1;
            if items.is_empty() && self.going.is_empty() {
                self.spare.push(items);
                continue;
            }
            // Those that go on were mostly read before those that begin, so that this keeps the order.
            self.going.append(&mut items);
            std::mem::swap(&mut self.going, &mut items);
            if !items.is_sorted_by_key(|i| (i.at, i.order)) {
                items.sort_unstable_by_key(|i| (i.at, i.order));
            }
            self.going.extend(items.iter().copied().filter_map(|mut i| i.after(1).then_some(i)));
            return Some(items);
        }
        None
    }

    /// How many minutes from the first on, before `until`, have nothing in them but parts; they are in [`Buffer::going`].
    pub(super) fn only_parts(&mut self, until: Minute) -> i64 {
        if self.first >= until.0 {
            return 0;
        }
        if let Some(begin) = self.minutes.front_mut() {
            if !begin.iter().all(|i| matches!(i.what, Waiting::Part { .. })) {
                return 0;
            }
            self.going.append(begin);
            if !self.going.is_sorted_by_key(|i| (i.at, i.order)) {
                self.going.sort_unstable_by_key(|i| (i.at, i.order));
            }
        }
        let longest = self.going.iter().filter_map(Item::left).max().unwrap_or(0);
        let most = i64::from(longest).min(until.0 - self.first);
        self.minutes.iter().skip(1).position(|m| !m.is_empty()).map_or(most, |empty| most.min(empty as i64 + 1))
    }

    /// Parts that go on, in order of time and then of reading.
    pub(super) fn going(&self) -> &[Item] {
        &self.going
    }

    /// The first minute.
    pub(super) fn first(&self) -> Minute {
        Minute(self.first)
    }

    /// The next `minutes` minutes, as [`Buffer::only_parts`] gave them, are done.
    pub(super) fn pass(&mut self, minutes: i64) {
        for _ in 0..minutes {
            let Some(empty) = self.minutes.pop_front() else { break };
            self.give_back(empty);
        }
        self.first += minutes;
        self.going.retain_mut(|i| i.after(minutes));
    }

    /// Gives a list back for further use.
    pub(super) fn give_back(&mut self, mut items: Vec<Item>) {
        items.clear();
        if self.spare.len() < 64 {
            self.spare.push(items);
        }
    }
}
