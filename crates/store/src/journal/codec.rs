//! Entries as rows: JSON body (a long one deflated), the hashes in columns of their own, and a checksum.

use super::pack::{pack, unpack};
use allclear_model::signal::{ReportChange, ReportUpdated, TextChange};
use allclear_model::{Entry, FreeText, NetworkHash, ReportId, Signal, SourceHash, Time};

/// An entry ready to be written.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) kind: &'static str,
    pub(super) body: String,
    pub(super) source: Option<[u8; 16]>,
    pub(super) network: Option<[u8; 8]>,
    pub(super) network_before: Option<[u8; 8]>,
    pub(super) sum: i64,
    /// The body where it is long; then `body` is empty.
    pub(super) packed: Option<Vec<u8>>,
    /// What becomes of a text with it.
    pub(super) text: Option<Text>,
}

/// What an entry does to the texts beside the log.
#[derive(Debug, Clone)]
pub(super) enum Text {
    /// This report has this text from here on.
    Keep([u8; 16], String),
    /// This report has none any more.
    Drop([u8; 16]),
}

/// A row as SQLite holds it: a whole catalogue is megabytes, and is not copied to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'r> {
    pub(crate) seq: i64,
    at: i64,
    kind: &'r str,
    body: &'r str,
    source: Option<&'r [u8]>,
    network: Option<&'r [u8]>,
    network_before: Option<&'r [u8]>,
    sum: i64,
    packed: Option<&'r [u8]>,
}

/// The columns of [`Raw`] in their order.
pub(crate) const COLUMNS: &str = "seq, at, kind, body, source, network, sum, packed, network_before";

/// Why a row is not an entry.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Its bytes are not those that were written.
    Damaged(String),
    /// A later version wrote it.
    Newer(String),
}

impl<'r> Raw<'r> {
    /// Reads [`COLUMNS`].
    pub(crate) fn from_row(r: &'r rusqlite::Row<'_>) -> rusqlite::Result<Raw<'r>> {
        Ok(Raw {
            seq: r.get(0)?,
            at: r.get(1)?,
            kind: r.get_ref(2)?.as_str()?,
            body: r.get_ref(3)?.as_str()?,
            source: r.get_ref(4)?.as_blob_or_null()?,
            network: r.get_ref(5)?.as_blob_or_null()?,
            sum: r.get(6)?,
            packed: r.get_ref(7)?.as_blob_or_null()?,
            network_before: r.get_ref(8)?.as_blob_or_null()?,
        })
    }
}

/// Builds the row of `entry`; the error says what cannot be written.
pub(super) fn encode(entry: &Entry) -> Result<Row, String> {
    let seq = i64::try_from(entry.seq).map_err(|_| format!("the sequence number {} is too large", entry.seq))?;
    if !finite(&entry.signal) {
        return Err(format!("entry {seq} holds a number that is not finite"));
    }
    let body = serde_json::to_string(&entry.signal).map_err(|e| format!("entry {seq}: {e}"))?;
    let kind = entry.signal.kind();
    let (source, network, before) = match &entry.signal {
        Signal::ReportAccepted(r) => (r.source, r.network, r.network_before),
        Signal::Vote(v) => (v.source, v.network, None),
        Signal::Flagged(f) => (f.source, f.network, None),
        _ => (None, None, None),
    };
    let packed = pack(&body);
    let body = if packed.is_some() { String::new() } else { body };
    Ok(Row {
        seq,
        at: entry.at.0,
        kind,
        sum: sum(seq, entry.at.0, kind, packed.as_deref().unwrap_or(body.as_bytes())),
        body,
        packed,
        source: source.map(|s| s.0.to_be_bytes()),
        network: network.map(|n| n.0.to_be_bytes()),
        network_before: before.map(|n| n.0.to_be_bytes()),
        text: text(&entry.signal),
    })
}

fn text(signal: &Signal) -> Option<Text> {
    let keep = |id: &ReportId, t: &FreeText| Text::Keep(*id.0.as_bytes(), t.as_str().to_owned());
    let drop = |id: &ReportId| Some(Text::Drop(*id.0.as_bytes()));
    match signal {
        Signal::ReportAccepted(r) => r.text.as_ref().map(|t| keep(&r.id, t)),
        Signal::ReportUpdated(ReportUpdated { id, text: Some(t), .. }) => Some(keep(id, t)),
        Signal::ReportUpdated(u) => match &u.change {
            ReportChange::Amended { text: TextChange::Kept, .. } => None,
            ReportChange::Amended { .. } | ReportChange::Withdrawn => drop(&u.id),
        },
        Signal::TextErased(e) => drop(&e.id),
        _ => None,
    }
}

/// What `catalogue_changed` carries.
#[derive(serde::Deserialize)]
struct CatalogueBody {
    catalogue: std::sync::Arc<allclear_model::Catalogue>,
}

/// Reads a row back.
pub(crate) fn decode(raw: Raw<'_>) -> Result<Entry, Fault> {
    let damaged = |what: &str| Fault::Damaged(format!("entry {}: {what}", raw.seq));
    if !is_whole(&raw) {
        return Err(damaged("its checksum does not match"));
    }
    let unpacked = match raw.packed {
        None => None,
        Some(packed) => Some(unpack(packed).ok_or_else(|| damaged("its body does not unfold"))?),
    };
    let body = unpacked.as_deref().unwrap_or(raw.body);
    // A whole catalogue is megabytes, and reading it through the enum's tag would hold it several times over.
    let read = if raw.kind == "catalogue_changed" {
        serde_json::from_str(body).map(|b: CatalogueBody| Signal::CatalogueChanged { catalogue: b.catalogue })
    } else {
        serde_json::from_str(body)
    };
    let mut signal: Signal = match read {
        Ok(signal) => signal,
        // The checksum holds, so these are the words of a version that knows more kinds, or says more about this one.
        Err(e) => {
            let kind: String = raw.kind.chars().take(40).collect();
            return Err(Fault::Newer(format!("entry {} of the kind {kind:?}: {e}", raw.seq)));
        }
    };
    let source = raw.source.map(<[u8; 16]>::try_from).transpose().map_err(|_| damaged("its source is not 16 bytes"))?;
    let network = |column: Option<&[u8]>| {
        let bytes = column.map(<[u8; 8]>::try_from).transpose().map_err(|_| damaged("its network is not 8 bytes"))?;
        Ok(bytes.map(|b| NetworkHash(u64::from_be_bytes(b))))
    };
    let source = source.map(|b| SourceHash(u128::from_be_bytes(b)));
    let (network, before) = (network(raw.network)?, network(raw.network_before)?);
    match &mut signal {
        Signal::ReportAccepted(r) => (r.source, r.network, r.network_before) = (source, network, before),
        Signal::Vote(v) => (v.source, v.network) = (source, network),
        Signal::Flagged(f) => (f.source, f.network) = (source, network),
        _ => {}
    }
    let seq = u64::try_from(raw.seq).map_err(|_| Fault::Damaged(format!("entry {}: a negative number", raw.seq)))?;
    Ok(Entry { seq, at: Time(raw.at), signal })
}

/// Whether the bytes are those that were written, as far as the checksum goes.
pub(super) fn is_whole(raw: &Raw<'_>) -> bool {
    sum(raw.seq, raw.at, raw.kind, raw.packed.unwrap_or(raw.body.as_bytes())) == raw.sum
}

/// CRC-32 of all that is never blanked; of a packed body that of its packed bytes.
fn sum(seq: i64, at: i64, kind: &str, body: &[u8]) -> i64 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&seq.to_be_bytes());
    crc.update(&at.to_be_bytes());
    crc.update(kind.as_bytes());
    crc.update(&[0]);
    crc.update(body);
    i64::from(crc.finalize())
}

/// JSON has no infinities; writing one would make a row that cannot be read again.
fn finite(signal: &Signal) -> bool {
    match signal {
        Signal::Baseline(b) => b.profile.iter().chain(&b.alpha).chain(&b.weeks).all(|x| x.is_finite()),
        Signal::VerdictChanged { verdict: v, incident, .. } => {
            let mut weights = v.evidence.iter().chain(&v.against).flat_map(|e| [e.weight, e.actual, e.expected]);
            let mut events = incident.iter().flat_map(|i| &i.events);
            v.log_odds.is_finite()
                && v.reports.expected.is_finite()
                && v.reports.effective.is_finite()
                && weights.all(f64::is_finite)
                && events.all(|e| e.expected.is_finite())
        }
        Signal::CatalogueChanged { catalogue } => {
            catalogue.categories.values().all(|c| c.outages_per_30_days.is_finite())
        }
        _ => true,
    }
}
