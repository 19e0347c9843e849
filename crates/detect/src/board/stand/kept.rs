//! Incidents as a snapshot has them among the rest of a service: without their reasons, which stand behind all else there.

use allclear_model::{Incident, IncidentEvent, IncidentId, Level, Slug, SymptomId, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize)]
struct Out<'a>(
    &'a IncidentId,
    &'a Slug,
    Time,
    Time,
    Option<Time>,
    Level,
    u64,
    Time,
    u64,
    &'a [(SymptomId, u64)],
    &'a [IncidentEvent],
);

#[derive(Deserialize)]
struct In(IncidentId, Slug, Time, Time, Option<Time>, Level, u64, Time, u64, Vec<(SymptomId, u64)>, Vec<IncidentEvent>);

pub(super) fn serialize<S: Serializer>(list: &[Incident], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(list.iter().map(|i| {
        let (peak, total) = (i.peak_reports, i.total_reports);
        let (symptoms, events) = (&i.symptoms[..], &i.events[..]);
        Out(&i.id, &i.service, i.since, i.opened, i.closed, i.peak_level, peak, i.peak_at, total, symptoms, events)
    }))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Incident>, D::Error> {
    let incident = |i: In| Incident {
        id: i.0,
        service: i.1,
        since: i.2,
        opened: i.3,
        closed: i.4,
        peak_level: i.5,
        peak_reports: i.6,
        peak_at: i.7,
        total_reports: i.8,
        symptoms: i.9,
        events: i.10,
        confirmed: false,
        evidence: Vec::new(),
    };
    Ok(Vec::<In>::deserialize(from)?.into_iter().map(incident).collect())
}
