//! All rules side by side on one service.

use super::ours::Ours;
use super::reference::Reference;
use super::rules::{FixedRatio, IsUpMap, StatusDetector};

/// Which rule a statistic belongs to; also its place in [`Panel::step`]'s answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Allclear's detector.
    Ours,
    /// The plain CUSUM-3 beside it.
    Reference,
    /// Reports of 15 minutes over the time-of-day mean.
    Ratio,
    /// StatusDetector's score.
    StatusDetector,
    /// isUpMap's surge.
    IsUpMap,
}

/// How many rules there are.
pub(crate) const RULES: usize = 5;

/// A rule and the value of its statistic from which it alarms.
#[derive(Debug, Clone)]
pub(crate) struct Alarm {
    /// Name in the tables.
    pub(crate) name: String,
    /// Whose statistic.
    pub(crate) rule: Rule,
    /// Alarm from here.
    pub(crate) from: f64,
}

/// All rules on one service.
pub(crate) struct Panel {
    ours: Ours,
    reference: Reference,
    ratio: FixedRatio,
    statusdetector: StatusDetector,
    isupmap: IsUpMap,
}

impl Panel {
    /// After these training minutes (from Monday 00:00).
    pub(crate) fn learn(counts: &[u32]) -> anyhow::Result<Panel> {
        let mut statusdetector = StatusDetector::new();
        let mut isupmap = IsUpMap::new();
        let mut ours = Ours::new()?;
        for (m, x) in counts.iter().enumerate() {
            statusdetector.step(m, *x);
            isupmap.step(m, *x);
            ours.step(m, *x, &[]);
        }
        Ok(Panel {
            ours,
            reference: Reference::learn(counts),
            ratio: FixedRatio::learn(counts),
            statusdetector,
            isupmap,
        })
    }

    /// The same rules in the same state.
    pub(crate) fn copy(&self) -> anyhow::Result<Panel> {
        Ok(Panel {
            ours: self.ours.copy()?,
            reference: self.reference.clone(),
            ratio: self.ratio.clone(),
            statusdetector: self.statusdetector.clone(),
            isupmap: self.isupmap.clone(),
        })
    }

    /// Allclear's board.
    pub(crate) fn ours(&self) -> &Ours {
        &self.ours
    }

    /// Takes the next minute; the statistics by [`Rule`].
    pub(crate) fn step(&mut self, minute: usize, x: u32) -> [f64; RULES] {
        [
            self.ours.step(minute, x, &[]),
            self.reference.step(minute, x),
            self.ratio.step(minute, x),
            self.statusdetector.step(minute, x),
            self.isupmap.step(minute, x),
        ]
    }
}
