//! Allclear itself: a board with one service, fed with journal entries as the running site feeds it.

use allclear_detect::{Board, Limits};
use allclear_model::catalogue::Catalogue;
use allclear_model::signal::{Counted, ReportAccepted};
use allclear_model::{Entry, Minute, NetworkHash, Phase, ReportId, Signal, Slug, SourceHash, SymptomId, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Monday 2024-01-01 00:00 UTC.
const MONDAY: i64 = 28_401_120;
/// The service of the simulation.
const SLUG: &str = "simulated";

/// A report whose source and network are known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct One {
    /// Source.
    pub(crate) source: u128,
    /// Network.
    pub(crate) network: u64,
}

/// A board and the phase it last reported.
pub(crate) struct Ours {
    board: Board,
    slug: Slug,
    seq: u64,
    phase: Phase,
    /// How often an incident opened, and was called open again while recovering.
    openings: (u32, u32),
}

impl Ours {
    /// A site that was started with this service in minute 0.
    pub(crate) fn new() -> anyhow::Result<Ours> {
        let slug = Slug::parse(SLUG)?;
        let board = Board::new(Limits::default());
        let mut ours = Ours { board, slug: slug.clone(), seq: 0, phase: Phase::None, openings: (0, 0) };
        let service = crate::catalogue::service(&slug);
        let catalogue = Catalogue { services: BTreeMap::from([(slug, Arc::new(service))]), ..Catalogue::default() };
        ours.apply(Minute(MONDAY).start(), Signal::CatalogueChanged { catalogue: Arc::new(catalogue) });
        Ok(ours)
    }

    /// The same board, restored from its snapshot.
    pub(crate) fn copy(&self) -> anyhow::Result<Ours> {
        let board = Board::from_bytes(&self.board.to_bytes(), Limits::default())?;
        Ok(Ours { board, slug: self.slug.clone(), seq: self.seq, phase: self.phase, openings: self.openings })
    }

    /// From here on openings are counted.
    pub(crate) fn forget_openings(&mut self) {
        self.openings = (0, 0);
    }

    /// How often an incident opened since then, and how often it was called open again while recovering.
    pub(crate) fn openings(&self) -> (u32, u32) {
        self.openings
    }

    /// Whether an incident is called open.
    pub(crate) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether an incident is open or recovering.
    pub(crate) fn goes_on(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Recovering)
    }

    /// Bytes of the board, which has this one service, as its snapshot.
    pub(crate) fn bytes(&self) -> usize {
        self.board.to_bytes().len()
    }

    fn apply(&mut self, at: Time, signal: Signal) -> bool {
        self.seq += 1;
        let mut opened = false;
        for c in self.board.apply(&Entry { seq: self.seq, at, signal }) {
            if c.verdict.phase == Phase::Open {
                match self.phase {
                    Phase::Open => {}
                    Phase::Recovering => self.openings.1 += 1,
                    _ => self.openings.0 += 1,
                }
            }
            self.phase = c.verdict.phase;
            opened |= self.phase == Phase::Open;
        }
        opened
    }

    /// One minute with `x` reports, each from a source and network of its own, and these further ones; all are spread evenly
    /// over the minute. Returns 1 when an incident was open at any time in the minute.
    pub(crate) fn step(&mut self, minute: usize, x: u32, ones: &[One]) -> f64 {
        let start = Minute(MONDAY + minute as i64).start();
        let mut open = self.phase == Phase::Open;
        if x > 0 && ones.is_empty() {
            open |= self.counted(start.plus_ms(30_000), x);
        } else if !ones.is_empty() {
            let all = ones.len() as u32 + x;
            let (mut ours, mut theirs) = (0, 0);
            for k in 0..all {
                let at = start.plus_ms(i64::from(k) * 60_000 / i64::from(all));
                if u64::from(ours) * u64::from(all) < u64::from(x) * u64::from(k + 1) && ours < x {
                    ours += 1;
                    open |= self.counted(at, 1);
                } else if let Some(o) = ones.get(theirs) {
                    theirs += 1;
                    open |= self.one(at, *o);
                }
            }
            open |= (ours < x) && self.counted(start.plus_ms(59_999), x - ours);
        }
        open |= self.apply(Minute(MONDAY + minute as i64).end(), Signal::Tick);
        f64::from(u8::from(open))
    }

    fn counted(&mut self, at: Time, count: u32) -> bool {
        let signal = Counted {
            service: self.slug.clone(),
            symptom: SymptomId::other(),
            count: u64::from(count),
            networks: None,
        };
        self.apply(at, Signal::Counted(signal))
    }

    /// A single report; the writer's rule of one counted report per source and 6 hours holds.
    fn one(&mut self, at: Time, one: One) -> bool {
        let source = SourceHash(one.source);
        let keys = allclear_model::SourceKeys { today: source, yesterday: None };
        let counted = self.board.would_count_report(&self.slug, &keys, at);
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.seq.to_le_bytes());
        let signal = ReportAccepted {
            id: ReportId::new(at, random),
            service: self.slug.clone(),
            symptom: SymptomId::other(),
            country: None,
            counted,
            source: Some(source),
            network: Some(NetworkHash(one.network)),
            network_before: None,
            key: None,
            weight: allclear_model::signal::WHOLE,
            facts: None,
            moderated: None,
            text: None,
        };
        self.apply(at, Signal::ReportAccepted(signal))
    }
}
