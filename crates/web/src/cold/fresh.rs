//! What authors were told a moment ago.

use crate::lock::lock;
use allclear_engine::intake::Receipt;
use allclear_engine::rows::ReportRow;
use allclear_model::{Country, ReportId, Slug, SymptomId, TextState};
use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

/// By id, and in which order they came. Boxed: the table's free places would take as much as its rows.
type Rows = (HashMap<ReportId, Box<ReportRow>>, VecDeque<ReportId>);

/// Reports accepted a moment ago. The archive learns of a report shortly after its author does, and the author's next
/// request must not find nothing.
#[derive(Default)]
pub(crate) struct Fresh {
    rows: Mutex<Rows>,
}

/// How many are remembered: more than the archive lags behind at full speed.
const FRESH_MAX: usize = 8192;

impl Fresh {
    pub(crate) fn remember(&self, r: &Receipt, service: Slug, symptom: SymptomId, country: Option<Country>) {
        let row = ReportRow {
            id: r.id,
            seq: 0,
            service,
            symptom,
            country,
            at: r.at,
            counted: r.counted,
            withdrawn: false,
            text: r.text.map_or(TextState::None, TextState::from),
            // Of an answer that was given before nothing more is known here.
            reasons: Vec::new(),
            facts: None,
        };
        // The same idempotency key gives the same receipt again; what its author changed since stays changed.
        self.change(r.id, Some(row), |_| {});
    }

    pub(crate) fn get(&self, id: ReportId) -> Option<ReportRow> {
        lock(&self.rows).0.get(&id).map(|row| ReportRow::clone(row))
    }

    /// Forgets a report: the archive knows better.
    pub(crate) fn forget(&self, id: ReportId) {
        let mut rows = lock(&self.rows);
        if rows.0.remove(&id).is_some() {
            rows.1.retain(|r| *r != id);
        }
    }

    /// How many are remembered now.
    pub(crate) fn len(&self) -> usize {
        lock(&self.rows).0.len()
    }

    /// Changes what is remembered of a report; `row` is what to remember of it if nothing is yet.
    pub(crate) fn change(&self, id: ReportId, row: Option<ReportRow>, how: impl FnOnce(&mut ReportRow)) {
        let mut rows = lock(&self.rows);
        let (by_id, order) = &mut *rows;
        let known = match (by_id.get_mut(&id), row) {
            (Some(known), _) => known,
            (None, None) => return,
            (None, Some(row)) => {
                order.push_back(id);
                if order.len() > FRESH_MAX
                    && let Some(oldest) = order.pop_front()
                {
                    by_id.remove(&oldest);
                }
                by_id.entry(id).or_insert_with(|| Box::new(row))
            }
        };
        how(known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::Time;

    fn row(n: u8) -> ReportRow {
        ReportRow {
            id: ReportId::new(Time(1), [n; 10]),
            seq: 0,
            service: Slug::other(),
            symptom: SymptomId::other(),
            country: None,
            at: Time(1),
            counted: true,
            withdrawn: false,
            text: TextState::None,
            reasons: vec![],
            facts: None,
        }
    }

    #[test]
    fn a_change_that_was_under_way_does_not_undo_a_withdrawal() {
        let fresh = Fresh::default();
        let as_read = row(1);
        fresh.change(as_read.id, Some(row(1)), |r| r.withdrawn = true);
        fresh.change(as_read.id, Some(as_read.clone()), |r| r.country = Country::parse("DE").ok());
        let now = fresh.get(as_read.id).unwrap();
        assert!(now.withdrawn && now.country.is_some());
    }

    #[test]
    fn only_so_many_are_remembered() {
        let fresh = Fresh::default();
        fresh.change(row(1).id, None, |r| r.withdrawn = true);
        assert!(fresh.get(row(1).id).is_none(), "of nothing there is nothing to change");
        fresh.change(row(1).id, Some(row(1)), |_| {});
        for n in 0..FRESH_MAX {
            let id = ReportId::new(Time(i64::try_from(n).unwrap() + 2), [0; 10]);
            fresh.change(id, Some(ReportRow { id, ..row(0) }), |_| {});
        }
        assert!(fresh.get(row(1).id).is_none(), "the oldest is forgotten");
        assert_eq!(lock(&fresh.rows).0.len(), FRESH_MAX);
    }
}
