//! Random signals and random ways to cut, prune and blank: the file always has what a plain list would have.

use allclear_model::signal::{Baseline, ReportAccepted, Visits, Vote};
use allclear_model::{Country, Entry, NetworkHash, ReportId, RequestKey, Signal, SourceHash, Time};
use allclear_ports::Journal;
use allclear_store::SqliteJournal;
use allclear_testkit::conformance::sample::{START, slug};
use proptest::option;
use proptest::prelude::*;
use tempfile::TempDir;

fn services() -> impl Strategy<Value = allclear_model::Slug> {
    "[a-z0-9]{1,12}(-[a-z0-9]{1,12}){0,3}".prop_map(|s| slug(&s))
}

fn countries() -> impl Strategy<Value = Option<Country>> {
    option::of(prop::sample::select(Country::all().collect::<Vec<_>>()))
}

fn signals() -> impl Strategy<Value = Signal> {
    let hashes = || (option::of(any::<u128>().prop_map(SourceHash)), option::of(any::<u64>().prop_map(NetworkHash)));
    let report = (
        any::<[u8; 10]>(),
        services(),
        services(),
        countries(),
        any::<[bool; 2]>(),
        hashes(),
        option::of(any::<u128>()),
    );
    let report = report.prop_map(|(id, service, symptom, country, [counted, renamed], (source, network), key)| {
        let id = ReportId::new(START, id);
        Signal::ReportAccepted(ReportAccepted {
            id,
            service,
            symptom,
            country,
            counted,
            source,
            network,
            network_before: network.filter(|_| renamed).map(|n| NetworkHash(!n.0)),
            key: key.map(RequestKey),
            weight: allclear_model::signal::WHOLE,
            facts: None,
            moderated: None,
            text: None,
        })
    });
    let vote = (services(), countries(), any::<bool>(), hashes());
    let vote = vote.prop_map(|(service, country, counted, (source, network))| {
        Signal::Vote(Vote { service, country, counted, source, network })
    });
    let visits = (services(), any::<[u64; 4]>()).prop_map(|(service, [direct, search, social, other])| {
        Signal::Visits(Visits { service, direct, search, social, other })
    });
    let number = || any::<f64>().prop_filter("finite", |x| x.is_finite());
    let baseline = (services(), prop::collection::vec(number(), 168), option::of(number()), option::of(number()));
    let baseline = baseline
        .prop_map(|(service, profile, alpha, weeks)| Signal::Baseline(Baseline { service, profile, alpha, weeks }));
    prop_oneof![8 => report, 3 => vote, 2 => visits, 1 => baseline, 1 => Just(Signal::Tick)]
}

#[derive(Debug, Clone)]
enum Act {
    Append(Vec<(Signal, u16)>),
    Prune { back: u64, limit: usize },
    Blank { back_ms: i64, limit: usize },
    BlankNames { back_ms: i64, limit: usize },
    Checkpoint,
    Restart,
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => prop::collection::vec((signals(), any::<u16>()), 1..30).prop_map(Act::Append),
        1 => (0..20u64, 0..15usize).prop_map(|(back, limit)| Act::Prune { back, limit }),
        1 => (-1000..100_000i64, 1..15usize).prop_map(|(back_ms, limit)| Act::Blank { back_ms, limit }),
        1 => (-1000..100_000i64, 1..15usize).prop_map(|(back_ms, limit)| Act::BlankNames { back_ms, limit }),
        1 => Just(Act::Checkpoint),
        1 => Just(Act::Restart),
    ]
}

/// The same as the journal, as a list.
#[derive(Default)]
struct Plain(Vec<Entry>);

impl Plain {
    fn last(&self) -> (u64, Time) {
        self.0.last().map_or((0, START), |e| (e.seq, e.at))
    }
    fn place(&self, signals: Vec<(Signal, u16)>) -> Vec<Entry> {
        let (mut seq, mut at) = self.last();
        let mut place = |(signal, ms)| {
            (seq, at) = (seq + 1, at.plus_ms(i64::from(ms)));
            Entry { seq, at, signal }
        };
        signals.into_iter().map(&mut place).collect()
    }
    fn prune(&mut self, before: u64, limit: usize) -> u64 {
        let old = self.0.iter().filter(|e| e.seq < before.min(self.last().0)).count().min(limit);
        self.0.drain(..old);
        old as u64
    }
    fn blank(&mut self, before: Time, limit: usize) -> u64 {
        let mut rows = 0;
        for e in self.0.iter_mut().filter(|e| e.at < before) {
            let (source, network, name) = match &mut e.signal {
                Signal::ReportAccepted(r) => (&mut r.source, &mut r.network, &mut r.network_before),
                Signal::Vote(v) => (&mut v.source, &mut v.network, &mut None),
                _ => continue,
            };
            if rows < limit as u64 && (source.is_some() || network.is_some()) {
                (*source, *network, *name) = (None, None, None);
                rows += 1;
            }
        }
        rows
    }
    fn blank_names(&mut self, before: Time, limit: usize) -> u64 {
        let names = self.0.iter_mut().filter(|e| e.at < before).filter_map(|e| match &mut e.signal {
            Signal::ReportAccepted(r) if r.network_before.is_some() => Some(&mut r.network_before),
            _ => None,
        });
        names.take(limit).map(|name| *name = None).count() as u64
    }
}

async fn play(acts: Vec<Act>) {
    let dir = TempDir::new().unwrap();
    let (mut plain, mut j) = (Plain::default(), SqliteJournal::open(dir.path()).await.unwrap());
    for act in acts {
        match act {
            Act::Append(signals) => {
                let entries = plain.place(signals);
                j.append(&entries).await.unwrap();
                plain.0.extend(entries);
            }
            Act::Prune { back, limit } => {
                let before = plain.last().0.saturating_sub(back);
                assert_eq!(j.prune(before, limit).await.unwrap(), plain.prune(before, limit));
            }
            Act::Blank { back_ms, limit } => {
                let before = plain.last().1.plus_ms(-back_ms);
                assert_eq!(j.blank_sources(before, limit).await.unwrap().rows, plain.blank(before, limit));
            }
            Act::BlankNames { back_ms, limit } => {
                let before = plain.last().1.plus_ms(-back_ms);
                assert_eq!(j.blank_network_names(before, limit).await.unwrap().rows, plain.blank_names(before, limit));
            }
            Act::Checkpoint => j.checkpoint().await.unwrap(),
            Act::Restart => {
                drop(j);
                j = SqliteJournal::open(dir.path()).await.unwrap();
            }
        }
        assert_eq!(j.read(0, usize::MAX).await.unwrap(), plain.0);
        assert_eq!(j.last().await.unwrap(), plain.0.last().map(|e| (e.seq, e.at)));
        assert_eq!(j.first().await.unwrap(), plain.0.first().map(|e| e.seq));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_journal_is_a_list_that_survives(acts in prop::collection::vec(acts(), 1..25)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(play(acts));
    }
}
