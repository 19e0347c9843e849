//! The one way in for people: reports, votes, updates and page views.

use crate::EngineError;
use allclear_model::{Country, NetworkHash, ReportId, RequestKey, Slug, SourceKeys, SymptomId, Time};

/// A report, parsed at the edge but not yet checked against the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct NewReport {
    /// Which service.
    pub service: Slug,
    /// Which symptom, or `other`.
    pub symptom: SymptomId,
    /// Country the reporter chose; wins over a looked-up one.
    pub country: Option<Country>,
    /// Hash of the request's `Idempotency-Key`, if it had one.
    pub key: Option<RequestKey>,
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

/// Result of the use cases in here.
pub type IntakeResult<T> = Result<T, EngineError>;
