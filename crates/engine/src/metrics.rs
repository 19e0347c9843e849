//! What the engine counts, for Prometheus. Nothing in here carries a source, a network or a text.

use crate::progress::Progress;
use allclear_model::signal::{ReportChange, TextChange};
use allclear_model::{Decider, Decision, Signal};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Label of a bounded map.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct MapLabel {
    /// Which map.
    pub(crate) map: &'static str,
}

/// Label of a file of the data folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct FileLabel {
    /// `journal` or `archive`.
    pub(crate) file: &'static str,
}

/// Label of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ReasonLabel {
    /// Why.
    pub(crate) reason: &'static str,
}

/// Labels of a decision about a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct DecisionLabel {
    /// `show`, `hold` or `hide`.
    pub(crate) decision: &'static str,
    /// Who decided: `rules`, `readers`, `clock` or `operator`.
    pub(crate) decider: &'static str,
}

/// How far the archive is behind, read when it is asked for: a projector that stands still cannot say so itself.
#[derive(Debug)]
pub(crate) struct Lag(pub(crate) Arc<Progress>);

impl Collector for Lag {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let behind = self.0.seq().saturating_sub(self.0.projected());
        let gauge = ConstGauge::new(i64::try_from(behind).unwrap_or(i64::MAX));
        let name = "allclear_projector_lag_entries";
        gauge.encode(encoder.encode_descriptor(
            name,
            "Journal entries not yet in the archive",
            None,
            gauge.metric_type(),
        )?)
    }
}

/// All metrics of the engine. Clones count together.
#[derive(Clone)]
pub(crate) struct Metrics {
    pub(crate) accepted: Counter,
    pub(crate) duplicates: Counter,
    pub(crate) repeated: Counter,
    pub(crate) refused: Family<ReasonLabel, Counter>,
    pub(crate) votes: Counter,
    pub(crate) agent_results: Family<ReasonLabel, Counter>,
    pub(crate) agents_refused: Family<ReasonLabel, Counter>,
    pub(crate) decisions: Family<DecisionLabel, Counter>,
    pub(crate) flood: Gauge,
    pub(crate) append_seconds: Histogram,
    pub(crate) batch_size: Histogram,
    pub(crate) append_failures: Counter,
    pub(crate) services: Gauge,
    pub(crate) map_size: Family<MapLabel, Gauge>,
    pub(crate) map_evictions: Family<MapLabel, Gauge>,
    pub(crate) projector_failures: Counter,
    pub(crate) judged: Gauge,
    pub(crate) clock_behind: Gauge,
    pub(crate) mismatches: Counter,
    pub(crate) snapshot_seconds: Histogram,
    pub(crate) snapshot_bytes: Gauge,
    pub(crate) snapshot_failures: Counter,
    pub(crate) publish_seconds: Histogram,
    pub(crate) maintenance_failures: Counter,
    pub(crate) removed: Family<FileLabel, Counter>,
    pub(crate) checkpoints: Family<FileLabel, Counter>,
    pub(crate) damaged: Family<FileLabel, Gauge>,
    pub(crate) looked_through: Family<FileLabel, Gauge>,
    pub(crate) start_seconds: Gauge<f64, AtomicU64>,
    pub(crate) checks: Family<ReasonLabel, Counter>,
    pub(crate) checks_missed: Counter,
    pub(crate) checks_paused: Gauge,
    pub(crate) readings: Family<ReasonLabel, Counter>,
}

impl Metrics {
    pub(crate) fn new(registry: &mut Registry) -> Metrics {
        // Appends take from 50 microseconds (memory disk) to seconds (a dying one).
        let seconds = || Histogram::new(exponential_buckets(0.000_05, 2.5, 14));
        let m = Metrics {
            accepted: Counter::default(),
            duplicates: Counter::default(),
            repeated: Counter::default(),
            refused: Family::default(),
            votes: Counter::default(),
            agent_results: Family::default(),
            agents_refused: Family::default(),
            decisions: Family::default(),
            flood: Gauge::default(),
            append_seconds: seconds(),
            batch_size: Histogram::new(exponential_buckets(1.0, 2.0, 12)),
            append_failures: Counter::default(),
            services: Gauge::default(),
            map_size: Family::default(),
            map_evictions: Family::default(),
            projector_failures: Counter::default(),
            judged: Gauge::default(),
            clock_behind: Gauge::default(),
            mismatches: Counter::default(),
            snapshot_seconds: seconds(),
            snapshot_bytes: Gauge::default(),
            snapshot_failures: Counter::default(),
            publish_seconds: seconds(),
            maintenance_failures: Counter::default(),
            removed: Family::default(),
            checkpoints: Family::default(),
            damaged: Family::default(),
            looked_through: Family::default(),
            start_seconds: Gauge::default(),
            checks: Family::default(),
            checks_missed: Counter::default(),
            checks_paused: Gauge::default(),
            readings: Family::default(),
        };
        let r = registry.sub_registry_with_prefix("allclear");
        r.register("reports_accepted", "Reports accepted, counted or not", m.accepted.clone());
        r.register(
            "reports_duplicate",
            "Reports accepted and not counted: one source, one service, 6 hours",
            m.duplicates.clone(),
        );
        r.register("reports_repeated", "Requests answered from their idempotency key", m.repeated.clone());
        r.register("reports_refused", "Reports and votes refused", m.refused.clone());
        r.register("votes_accepted", "Votes accepted, counted or not", m.votes.clone());
        r.register(
            "agent_results",
            "Results of agents: in time, late, or ignored because nothing of the kind is planned",
            m.agent_results.clone(),
        );
        r.register("agent_requests_refused", "Requests of agents refused", m.agents_refused.clone());
        r.register("text_decisions", "Decisions about texts of reports", m.decisions.clone());
        r.register(
            "flood_timestamp_seconds",
            "When so many reports were last refused that forms ask for a proof of work",
            m.flood.clone(),
        );
        r.register("journal_append_seconds", "Time for one durable group append", m.append_seconds.clone());
        r.register("journal_batch_entries", "Entries of one append", m.batch_size.clone());
        r.register(
            "journal_append_failures",
            "Appends that failed; their callers were told",
            m.append_failures.clone(),
        );
        r.register("board_services", "Services on the board", m.services.clone());
        r.register("map_entries", "Entries of the maps that outside input can grow", m.map_size.clone());
        r.register("map_evictions", "Evictions from those maps since the start", m.map_evictions.clone());
        r.register("projector_failures", "Projections that failed and are tried again", m.projector_failures.clone());
        r.register("judged_timestamp_seconds", "Up to when the judge has judged", m.judged.clone());
        r.register("clock_behind_milliseconds", "How far the clock is behind the last stamp", m.clock_behind.clone());
        r.register("verdict_mismatches", "Journalled verdicts that recomputing did not give", m.mismatches.clone());
        r.register("snapshot_seconds", "Time for making and writing one snapshot", m.snapshot_seconds.clone());
        r.register("snapshot_bytes", "Size of the newest snapshot", m.snapshot_bytes.clone());
        r.register("snapshot_failures", "Snapshots that could not be written", m.snapshot_failures.clone());
        r.register("publish_seconds", "Time for making and publishing pictures", m.publish_seconds.clone());
        r.register(
            "maintenance_failures",
            "Steps of retention, pruning, blanking and checkpoints that failed",
            m.maintenance_failures.clone(),
        );
        r.register("maintenance_removed_rows", "Rows that had passed their time and were removed", m.removed.clone());
        r.register("checkpoints", "Checkpoints of the file's log that did not fail", m.checkpoints.clone());
        r.register("damaged", "1 when damage was found in the file; the log and /healthz say where", m.damaged.clone());
        r.register(
            "looked_through_timestamp_seconds",
            "When the file was last looked through to its end without finding damage",
            m.looked_through.clone(),
        );
        r.register("start_seconds", "Time from the start to the first pictures", m.start_seconds.clone());
        r.register("checks", "Checks that ran from here, by what they said", m.checks.clone());
        r.register(
            "checks_missed",
            "Turns of checks that were left out because they came too late",
            m.checks_missed.clone(),
        );
        r.register(
            "checks_paused",
            "1 while checks from here say nothing because this place is unwell",
            m.checks_paused.clone(),
        );
        r.register("official_readings", "Official pages asked from here, by what came", m.readings.clone());
        m.begin();
        m
    }

    /// What an operator is told to watch stands at 0 from the start: an alarm on a rise would miss the first one otherwise.
    fn begin(&self) {
        for decision in [Decision::Show, Decision::Hold, Decision::Hide] {
            for decider in ["rules", "clock", "readers", "operator"] {
                self.decisions.get_or_create(&DecisionLabel { decision: decision.as_str(), decider }).inc_by(0);
            }
        }
        for reason in ["no_agent", "wrong_time", "other_version", "replayed", "invalid"] {
            self.agents_refused.get_or_create(&ReasonLabel { reason }).inc_by(0);
        }
        for reason in ["in_time", "late", "ignored"] {
            self.agent_results.get_or_create(&ReasonLabel { reason }).inc_by(0);
        }
    }

    pub(crate) fn refuse(&self, reason: &'static str) {
        self.refused.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// Counts what an entry decides about a text.
    pub(crate) fn decided(&self, signal: &Signal) {
        let (decision, decider) = match signal {
            Signal::ReportAccepted(r) => match &r.moderated {
                Some(m) => (m.decision, "rules"),
                None => return,
            },
            Signal::ReportUpdated(u) => match &u.change {
                ReportChange::Amended { text: TextChange::Replaced(m), .. } => (m.decision, "rules"),
                _ => return,
            },
            Signal::ModerationDecided(d) => {
                let decider = match d.decider {
                    Decider::Rules { .. } => "rules",
                    Decider::Clock => "clock",
                    Decider::Readers => "readers",
                    Decider::Operator { .. } => "operator",
                };
                (d.decision, decider)
            }
            _ => return,
        };
        self.decisions.get_or_create(&DecisionLabel { decision: decision.as_str(), decider }).inc();
    }

    pub(crate) fn map(&self, map: &'static str, entries: usize, evicted: u64) {
        self.map_size.get_or_create(&MapLabel { map }).set(i64::try_from(entries).unwrap_or(i64::MAX));
        self.map_evictions.get_or_create(&MapLabel { map }).set(i64::try_from(evicted).unwrap_or(i64::MAX));
    }
}
