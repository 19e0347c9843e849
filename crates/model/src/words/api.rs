//! Sentences in documents for programs.

use crate::Level;

/// Label of the symptom that every service has.
pub const OTHER_SYMPTOM: &str = "Something else";

/// The state of a service in a few words. What only one kind of witness says is never more than probable; `announced`: it is the
/// vendor who says so.
pub fn summary(level: Level, confirmed: bool, announced: bool) -> String {
    let words = match level {
        Level::Unknown => return "We cannot tell".to_owned(),
        Level::Operational => return "No sign of a problem".to_owned(),
        Level::UnderMaintenance => return "Under maintenance".to_owned(),
        Level::DegradedPerformance => "degraded performance",
        Level::PartialOutage => "a partial outage",
        Level::MajorOutage => "a major outage",
    };
    match (confirmed, announced) {
        (true, _) => format!("Confirmed: {words}"),
        (false, true) => format!("Probably {words}, as its official page says"),
        (false, false) => format!("Probably {words}, as people report"),
    }
}

/// Title of an incident that people report.
pub fn incident_name(service: &str) -> String {
    format!("People report problems with {service}")
}

/// One line of an incident's updates.
pub fn reports_in_window(count: u64) -> String {
    if count == 1 { "1 report in 15 minutes.".to_owned() } else { format!("{count} reports in 15 minutes.") }
}
