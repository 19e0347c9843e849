//! Texts that pages show, in memory: reading never touches a database.

use allclear_model::{FreeText, ReportId};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Bytes of text that are held. The last reports of a thousand busy services need about a tenth of it.
const BYTES: usize = 16 << 20;

/// The texts. When there are too many, the oldest are only found on the page with all reports.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    by_report: HashMap<ReportId, Arc<FreeText>>,
    order: VecDeque<ReportId>,
    bytes: usize,
    evicted: u64,
}

impl Texts {
    /// Holds the text of a report; another one of the same report goes.
    pub(crate) fn put(&mut self, id: ReportId, text: FreeText) {
        self.drop(id);
        self.bytes += text.as_str().len();
        self.by_report.insert(id, Arc::new(text));
        self.order.push_back(id);
        while self.bytes > BYTES
            && let Some(oldest) = self.order.pop_front()
        {
            if let Some(old) = self.by_report.remove(&oldest) {
                self.bytes -= old.as_str().len();
                self.evicted += 1;
            }
        }
    }

    /// Forgets the text of a report.
    pub(crate) fn drop(&mut self, id: ReportId) {
        if let Some(old) = self.by_report.remove(&id) {
            self.bytes -= old.as_str().len();
            self.order.retain(|o| *o != id);
        }
    }

    pub(crate) fn get(&self, id: ReportId) -> Option<&Arc<FreeText>> {
        self.by_report.get(&id)
    }

    /// Keeps only the texts of reports that are still wanted.
    pub(crate) fn keep(&mut self, wanted: impl Fn(ReportId) -> bool) {
        let gone: Vec<ReportId> = self.order.iter().copied().filter(|id| !wanted(*id)).collect();
        if gone.is_empty() {
            return;
        }
        for id in gone {
            if let Some(old) = self.by_report.remove(&id) {
                self.bytes -= old.as_str().len();
            }
        }
        let known = &self.by_report;
        self.order.retain(|id| known.contains_key(id));
    }

    /// Texts held, and texts dropped for want of room.
    pub(crate) fn size(&self) -> (usize, u64) {
        (self.by_report.len(), self.evicted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::Time;

    #[test]
    fn a_bounded_number_of_bytes_is_held_and_the_oldest_goes_first() {
        let mut t = Texts::default();
        let id = |n: usize| ReportId::new(Time(i64::try_from(n).unwrap()), [0; 10]);
        let text = FreeText::parse(&"down again ".repeat(40), 500).unwrap().unwrap();
        let n = BYTES / text.as_str().len() + 10;
        for i in 0..n {
            t.put(id(i), text.clone());
        }
        assert!(t.bytes <= BYTES && t.get(id(0)).is_none() && t.get(id(n - 1)).is_some());
        assert_eq!(t.size().1, 10);
        t.put(id(n - 1), text.clone());
        t.drop(id(n - 2));
        assert!(t.get(id(n - 2)).is_none());
        t.keep(|i| i == id(n - 1));
        assert_eq!((t.size().0, t.order.len(), t.bytes), (1, 1, text.as_str().len()));
    }
}
