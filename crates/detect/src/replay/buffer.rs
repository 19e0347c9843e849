//! Signals wait here, by minute, until nothing earlier can come any more.

use allclear_model::{Minute, Signal, Time};
use std::collections::VecDeque;

/// From how many networks counted reports come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Waiting {
    /// Reports of one minute: service and symptom as the runner numbers them, count, and networks (`u32::MAX`: each its own).
    Counted { service: u32, symptom: u32, count: u32, networks: u32, few: bool },
    /// A minute's part of `whole` reports in 15 minutes, each from its own network.
    Part { service: u32, symptom: u32, count: u32, whole: u32 },
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

/// Items by minute.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    first: i64,
    minutes: VecDeque<Vec<Item>>,
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
            let Some(mut items) = self.minutes.pop_front() else {
                self.first = until.0;
                return None;
            };
            self.first += 1;
            if items.is_empty() {
                self.spare.push(items);
                continue;
            }
            if !items.is_sorted_by_key(|i| (i.at, i.order)) {
                items.sort_unstable_by_key(|i| (i.at, i.order));
            }
            return Some(items);
        }
        None
    }

    /// Gives a list back for further use.
    pub(super) fn give_back(&mut self, mut items: Vec<Item>) {
        items.clear();
        if self.spare.len() < 64 {
            self.spare.push(items);
        }
    }
}
