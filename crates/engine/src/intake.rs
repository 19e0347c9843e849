//! The one way in for people: reports, votes, updates and page views.

use crate::EngineError;
use crate::authors::AuthorRequest;
use crate::command::{Answer, Command, ask};
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::place::Places;
use crate::visits::{Referrer, VisitCounters};
use allclear_model::signal::ReportChange;
use allclear_model::words::problems::NotNow;
use allclear_model::{Country, NetworkHash, ReportId, RequestKey, Slug, SourceKeys, SymptomId, Time};
use allclear_ports::Clock;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A report, parsed at the edge but not yet checked against the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct NewReport {
    /// Which service.
    pub service: Slug,
    /// Which symptom, or `other`.
    pub symptom: SymptomId,
    /// Country the reporter chose; wins over a looked-up one.
    pub country: Option<Country>,
    /// Hashes of the request's `Idempotency-Key`, if it had one.
    pub key: Option<RequestKeys>,
}

/// What a request's `Idempotency-Key` is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKeys {
    /// Under this hash it is kept.
    pub kept: RequestKey,
    /// Under this one it was kept while its source had another key of the day.
    pub older: Option<RequestKey>,
}

/// Who asks, without an address.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Origin {
    /// The source under the keys that are alive.
    pub source: SourceKeys,
    /// Its network.
    pub network: NetworkHash,
    /// Country looked up from the address, if an MMDB is configured.
    pub country: Option<Country>,
}

/// What the author of a report gets once it is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its id.
    pub id: ReportId,
    /// Follow link: whoever has it may amend or withdraw the report.
    pub token: String,
    /// False for a further report from one source and service within 6 hours.
    pub counted: bool,
    /// When it was accepted.
    pub at: Time,
    /// Until when it is public at the latest.
    pub shown_by: Time,
}

/// Shown by this long after it was accepted, at the latest. Seconds.
pub const SHOWN_WITHIN_S: i64 = 300;

/// From this length on an idempotency key is taken for unguessable (a UUID has 36 characters, 26 in base 32).
pub const UNGUESSABLE: usize = 20;

/// Amendments of one report, and withdrawals of one report, that are taken in an hour. Each is a durable entry; an author
/// who tries out every symptom of a service stays below it.
pub const CHANGES_PER_HOUR: u32 = 10;

/// Result of the use cases in here.
pub type IntakeResult<T> = Result<T, EngineError>;

/// How a vote was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoteReceipt {
    /// False for a further vote from one source and service within 6 hours.
    pub counted: bool,
}

/// The door. Cheap to clone; holds no store.
#[derive(Clone)]
pub struct Intake {
    inner: Arc<Behind>,
}

/// What the door leads to.
pub(crate) struct Behind {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) writer: mpsc::Sender<Command>,
    pub(crate) authors: mpsc::Sender<AuthorRequest>,
    pub(crate) visits: Arc<VisitCounters>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) places: Places,
    pub(crate) metrics: Metrics,
}

impl Intake {
    pub(crate) fn new(behind: Behind) -> Intake {
        Intake { inner: Arc::new(behind) }
    }

    /// A report or a vote is taken by the writer or refused; refusals are counted here, because those of a full queue
    /// never reach the writer.
    async fn take<T>(&self, make: impl FnOnce(Answer<T>) -> Command) -> IntakeResult<T> {
        let taken = match ask(&self.inner.writer, make).await {
            Err(EngineError::Unavailable { why: NotNow::Waiting, .. }) => Err(EngineError::not_now(NotNow::Busy)),
            taken => taken,
        };
        if let Err(e) = &taken {
            self.inner.metrics.refuse(e.label());
        }
        taken
    }

    /// Takes a report. When this returns `Ok` it is on disk, counted and in the pictures' next version. The same request
    /// key gives the same receipt, also over restarts: for 24 hours, a short one until 06:00 UTC of the next day at most.
    ///
    /// # Errors
    /// [`EngineError::NoService`], [`EngineError::Invalid`] for the symptom, [`EngineError::Limited`],
    /// [`EngineError::KeyReused`], [`EngineError::Unavailable`] when it was not kept, or when nobody knows.
    pub async fn report(&self, new: NewReport, from: Origin) -> IntakeResult<Receipt> {
        let got = self.take(|answer| Command::Report { new, from, answer }).await?;
        Ok(Receipt {
            id: got.id,
            token: self.inner.keys.token(got.id),
            counted: got.counted,
            at: got.at,
            shown_by: got.at.plus_s(SHOWN_WITHIN_S),
        })
    }

    /// Takes an "it works for me". Durable when this returns `Ok`.
    ///
    /// # Errors
    /// As [`Intake::report`], without symptom and key.
    pub async fn vote(&self, service: Slug, country: Option<Country>, from: Origin) -> IntakeResult<VoteReceipt> {
        let counted = self.take(|answer| Command::Vote { service, country, from, answer }).await?;
        Ok(VoteReceipt { counted })
    }

    /// Changes symptom and country of the report that `token` follows. Saying what it says already is no change.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] when the token is not ours or the report is withdrawn or past its time,
    /// [`EngineError::Invalid`] for the symptom, [`EngineError::Limited`] beyond [`CHANGES_PER_HOUR`],
    /// [`EngineError::Unavailable`].
    pub async fn amend(&self, token: &str, symptom: SymptomId, country: Option<Country>) -> IntakeResult<()> {
        self.change(token, ReportChange::Amended { symptom, country }).await
    }

    /// Withdraws the report that `token` follows; doing it twice is no error.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Limited`] as for [`Intake::amend`], but counted apart, so that amending
    /// too often keeps nobody from withdrawing; [`EngineError::Unavailable`].
    pub async fn withdraw(&self, token: &str) -> IntakeResult<()> {
        self.change(token, ReportChange::Withdrawn).await
    }

    async fn change(&self, token: &str, change: ReportChange) -> IntakeResult<()> {
        let id = self.follow(token).ok_or(EngineError::NotFound)?;
        ask(&self.inner.authors, |answer| AuthorRequest { id, change, answer }).await
    }

    /// Counts a page view. Never waits and never fails; unknown services are not counted.
    pub fn visit(&self, service: &Slug, referrer: Referrer) {
        self.inner.visits.count(service, referrer);
    }

    /// What is kept of an address: keyed hashes, and the country when an MMDB file is configured.
    pub fn origin(&self, addr: std::net::IpAddr) -> Origin {
        let place = self.inner.places.look_up(addr);
        let (source, network) = self.inner.keys.origin(self.inner.clock.now(), addr, place.asn);
        Origin { source, network, country: place.country }
    }

    /// What is kept of whoever an operator reports for, by a name that means something to the operator only: hashed as an
    /// address would be. Each name is a source of its own, no address has the same, and all names are one network.
    pub fn named_origin(&self, name: &str) -> Origin {
        let (source, network) = self.inner.keys.named(self.inner.clock.now(), name);
        Origin { source, network, country: None }
    }

    /// Hashes of an `Idempotency-Key` within a service. A key of at least [`UNGUESSABLE`] characters belongs to whoever has
    /// it, a shorter one to its source.
    pub fn request_key(&self, service: &Slug, key: &str, from: &Origin) -> RequestKeys {
        self.inner.keys.request_key(service, key, from)
    }

    /// As [`Intake::request_key`], for whoever may use the data folder: nobody else can try these keys, so short ones need
    /// no source.
    pub fn own_request_key(&self, service: &Slug, key: &str) -> RequestKeys {
        self.inner.keys.own_request_key(service, key)
    }

    /// The report that a follow token was given for, if the token is one of ours. Needs no store.
    pub fn follow(&self, token: &str) -> Option<ReportId> {
        self.inner.keys.follow(token)
    }
}
