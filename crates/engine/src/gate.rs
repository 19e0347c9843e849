//! The rate limits, at the door: what is refused for its rate never reaches the writer, so that a flood does not keep
//! others waiting.

use crate::intake::Origin;
use crate::keys::lasting;
use crate::limit::Limiter;
use crate::metrics::Metrics;
use crate::{EngineError, IntakeResult, LimitsConfig};
use allclear_model::{NetworkHash, SourceHash, Time};
use std::sync::{Mutex, PoisonError};

const HOUR_S: i64 = 3600;
const MINUTE_S: i64 = 60;

/// Flags that one source may set in an hour.
const FLAGS_PER_HOUR: u32 = 20;

/// What is limited, each kind apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Report,
    Vote,
    /// A request with an `Idempotency-Key` beyond the limit of reports: it may be an old one again.
    Again,
    Flag,
}

/// The limits. Shared by all who ask.
pub(crate) struct Gate {
    limiters: Mutex<Limiters>,
}

struct Limiters {
    sources: Limiter<SourceHash>,
    networks: Limiter<NetworkHash>,
    voters: Limiter<SourceHash>,
    voter_networks: Limiter<NetworkHash>,
    again: Limiter<SourceHash>,
    flaggers: Limiter<SourceHash>,
}

impl Gate {
    pub(crate) fn new(cfg: LimitsConfig) -> Gate {
        let source = || Limiter::new(cfg.reports_per_source_per_hour, HOUR_S);
        let network = || Limiter::new(cfg.reports_per_network_per_minute, MINUTE_S);
        Gate {
            limiters: Mutex::new(Limiters {
                sources: source(),
                networks: network(),
                voters: source(),
                voter_networks: network(),
                again: source(),
                flaggers: Limiter::new(FLAGS_PER_HOUR, HOUR_S),
            }),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Limiters) -> T) -> T {
        work(&mut self.limiters.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes one of the allowance of a source and its network.
    ///
    /// # Errors
    /// [`EngineError::Limited`].
    pub(crate) fn take(&self, what: What, from: &Origin, at: Time) -> IntakeResult<()> {
        let source = lasting(&from.source);
        let limited = |retry_after_s| EngineError::Limited { retry_after_s };
        self.with(|l| {
            let (sources, networks) = l.of(what);
            sources.take(source, at).map_err(limited)?;
            let Some(networks) = networks else { return Ok(()) };
            networks.take(from.network.today, at).map_err(|s| {
                sources.give_back(source);
                limited(s)
            })
        })
    }

    /// Whether one could be taken. Takes nothing.
    ///
    /// # Errors
    /// [`EngineError::Limited`].
    pub(crate) fn room(&self, what: What, from: &Origin, at: Time) -> IntakeResult<()> {
        self.with(|l| {
            let (sources, networks) = l.of(what);
            sources.room(lasting(&from.source), at)?;
            networks.map_or(Ok(()), |n| n.room(from.network.today, at))
        })
        .map_err(|retry_after_s| EngineError::Limited { retry_after_s })
    }

    /// Gives one back for what then was not kept.
    pub(crate) fn give_back(&self, what: What, from: &Origin) {
        self.with(|l| {
            let (sources, networks) = l.of(what);
            sources.give_back(lasting(&from.source));
            if let Some(networks) = networks {
                networks.give_back(from.network.today);
            }
        });
    }

    pub(crate) fn measure(&self, m: &Metrics) {
        let sizes = self.with(|l| {
            [
                ("limit_sources", l.sources.size()),
                ("limit_networks", l.networks.size()),
                ("limit_voters", l.voters.size()),
                ("limit_voter_networks", l.voter_networks.size()),
                ("limit_again", l.again.size()),
                ("limit_flaggers", l.flaggers.size()),
            ]
        });
        for (name, (entries, evicted)) in sizes {
            m.map(name, entries, evicted);
        }
    }
}

impl Limiters {
    fn of(&mut self, what: What) -> (&mut Limiter<SourceHash>, Option<&mut Limiter<NetworkHash>>) {
        match what {
            What::Report => (&mut self.sources, Some(&mut self.networks)),
            What::Vote => (&mut self.voters, Some(&mut self.voter_networks)),
            What::Again => (&mut self.again, None),
            What::Flag => (&mut self.flaggers, None),
        }
    }
}
